"""A folder that holds no plan, or is none, is told as what it is; so is a file in it that cannot be read."""

import shutil
from pathlib import Path

import pytest

from services.applications.plan import Plan, check_folder, read
from tests.conftest import PLAN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLAN, tmp_path / "plan"))


def errors(folder: Path) -> list[str]:
    found = read(folder)
    assert isinstance(found, list), "the plan was accepted"
    return [str(error) for error in found]


def test_a_folder_that_is_not_there_is_said_in_a_line_and_one_without_a_name_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (tmp_path / "nowhere", folder / "plan.toml"):
        assert check_folder(wrong).lines == (f"{wrong} is no folder; nothing was loaded. Name the folder that holds a plan.toml.",)
    (folder / "countries.toml").unlink()
    monkeypatch.chdir(folder)
    assert check_folder(Path()).lines[-1].endswith(" in plan; nothing was loaded.")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert isinstance(found, list)
    assert [error.file for error in found] == ["countries.toml", "participation.toml", "plan.toml", "programmes"]


def test_missing_and_unreadable_files_are_named(folder: Path) -> None:
    (folder / "countries.toml").unlink()
    (folder / "plan.toml").write_bytes(b"\xff\xfe")
    (folder / "programmes" / "cases" / "bridges.toml").write_text("")
    found = "\n".join(errors(folder))
    assert "countries.toml:1: the file is missing" in found
    assert "plan.toml:1: the file cannot be read" in found
    assert 'programmes/cases/bridges.toml:1: there is no programme "bridges"' in found


@pytest.mark.parametrize("file", ["countries.toml", "plan.toml", "common.toml", "programmes/training.toml"])
def test_a_byte_that_is_no_text_is_found_by_its_line_and_what_follows_from_it_is_not_said(folder: Path, file: str) -> None:
    lines = (folder / file).read_bytes().splitlines(keepends=True)
    (folder / file).write_bytes(b"".join([*lines[:4], b"# caf\xe9\n", *lines[4:]]))
    found = errors(folder)
    assert f"{file}:5: the file cannot be read: the byte 0xe9 is no text here; expected a text file in UTF-8" in found
    assert not [error for error in found if error.endswith(("one of ", ": ")) or "there is no programme" in error]


@pytest.mark.parametrize("text", ["deep = " + "[" * 5000, "deep = " + "[" * 5000 + "]" * 5000, "deep = " + "{a=" * 5000 + "1" + "}" * 5000])
def test_lists_that_stand_too_deep_in_each_other_are_said(folder: Path, text: str) -> None:
    (folder / "plan.toml").write_text(f"# a plan\n{text}\n")
    found = errors(folder)
    assert "plan.toml:1: somewhere in it lists or tables stand too deep in each other; expected TOML 1.0" in found


def test_lists_as_deep_as_can_be_read_are_said_to_be_unknown(folder: Path) -> None:
    """At every depth near that at which reading them ends: one of the two is said."""
    whole = (folder / "plan.toml").read_text(encoding="utf-8")
    for depth in range(380, 500, 12):
        (folder / "plan.toml").write_text(f"deep = {'[' * depth}{']' * depth}\n{whole}", encoding="utf-8")
        assert any('"deep" is not known here' in one or "too deep in each other" in one for one in errors(folder)), depth


def test_a_file_that_begins_with_a_byte_order_mark_is_read_as_any_other(folder: Path) -> None:
    """As the Notepad of Windows wrote it."""
    for file in folder.rglob("*.toml"):
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert isinstance(read(folder), Plan)


def test_where_what_programmes_share_is_missing_that_is_the_one_error(folder: Path) -> None:
    (folder / "common.toml").unlink()
    (found,) = errors(folder)
    assert found == 'common.toml:1: the file is missing; expected a file of that name: programmes take entries over from it with "use"'


def test_where_what_programmes_share_cannot_be_read_that_is_the_one_error_beside_those_of_other_files(folder: Path) -> None:
    common = (folder / "common.toml").read_text(encoding="utf-8")
    (folder / "common.toml").write_text(common.replace("max_length = 120", "max_length = ", 1), encoding="utf-8")
    (folder / "countries.toml").unlink()
    found = errors(folder)
    assert {error.split(":")[0] for error in found} - {"participation.toml"} == {"common.toml", "countries.toml"}, found
    assert "not TOML" in found[0]


def test_a_programme_that_cannot_be_read_is_named_beside_what_programmes_share(folder: Path) -> None:
    (folder / "common.toml").unlink()
    (folder / "programmes" / "masters.toml").write_text("offer_days = ")
    assert [error.split(":")[0] for error in errors(folder)] == ["common.toml", "programmes/masters.toml"]
