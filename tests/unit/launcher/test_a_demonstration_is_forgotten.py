"""Beginning a demonstration anew can be cut off anywhere: the next start never takes what is left for a whole one."""

import shutil
from pathlib import Path

import pytest

from services.run import demo
from services.run.home import Home
from shared.persistence.postgres_place import POINTER


class CutOff(BaseException):
    """The process ends here."""


def test_what_a_cut_off_left_behind_is_never_said_to_be_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "demo").make()
    home.postgres.mkdir()
    for file in (home.seeded, home.clock, home.folder / "lock"):
        file.touch()

    def cut_off(_folder: Path) -> None:
        raise CutOff

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut_off)
        with pytest.raises(CutOff):
            demo.forget(home)
    assert home.postgres.exists() and home.being_filled(), "the next start begins anew"
    demo.forget(home)
    assert [one.name for one in home.folder.iterdir()] == ["lock"]


def test_what_root_keeps_outside_goes_with_it(tmp_path: Path) -> None:
    home, outside = Home(tmp_path / "demo").make(), tmp_path / "outside"
    home.postgres.mkdir()
    (outside / "data").mkdir(parents=True)
    (home.postgres / POINTER).write_text(str(outside))
    demo.forget(home)
    assert not outside.exists() and not home.postgres.exists()
