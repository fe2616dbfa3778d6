"""A folder that holds no plan, or is none, is told as what it is; so is a file in it that cannot be read."""

import shutil
from pathlib import Path

import pytest

from services.applications.plan import check_folder, read
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


@pytest.mark.parametrize("file", ["countries.toml", "plan.toml", "programmes/training.toml"])
def test_a_byte_that_is_no_text_is_found_by_its_line_and_what_follows_from_it_is_not_said(folder: Path, file: str) -> None:
    lines = (folder / file).read_bytes().splitlines(keepends=True)
    (folder / file).write_bytes(b"".join([*lines[:4], b"# caf\xe9\n", *lines[4:]]))
    found = errors(folder)
    assert f"{file}:5: the file cannot be read: the byte 0xe9 is no text here; expected a text file in UTF-8" in found
    assert not [error for error in found if error.endswith(("one of ", ": ")) or "there is no programme" in error]
