"""A folder that holds no plan, or is none, is told as what it is."""

import shutil
from pathlib import Path

import pytest

from services.applications.plan import check_folder, read
from tests.conftest import PLAN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLAN, tmp_path / "plan"))


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
