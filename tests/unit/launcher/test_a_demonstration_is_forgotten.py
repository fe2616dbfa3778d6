"""Beginning a demonstration anew can be cut off anywhere: the next start never takes what is left for a whole one."""

import shutil
from pathlib import Path

import pytest
from rich.console import Console

from services.run import demo
from services.run.home import VARIABLE, Home
from services.run.ports import NoPort
from shared.persistence import postgres_place
from shared.persistence.postgres_place import OWNER, POINTER, PREFIX


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


def test_what_root_keeps_outside_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "PLACES_ROOT", (str(tmp_path),))
    home, outside = Home(tmp_path / "demo").make(), tmp_path / f"{PREFIX}outside"
    home.postgres.mkdir()
    (outside / "data").mkdir(parents=True)
    (outside / OWNER).write_text(str(home.postgres))
    (home.postgres / POINTER).write_text(str(outside))
    demo.forget(home)
    assert not outside.exists() and not home.postgres.exists()


@pytest.mark.parametrize("ports", [{"port": 99_999, "mail_port": 0}, {"port": 0, "mail_port": 99_999}])
async def test_nothing_is_removed_for_a_start_with_a_number_that_no_port_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ports: dict[str, int]
) -> None:
    home = Home(tmp_path / "demo").make()
    home.seeded.touch()
    monkeypatch.setenv(VARIABLE, str(home.folder))
    with pytest.raises(NoPort, match=r"^99999 is no port: name one from 1 to 65535"):
        await demo.demonstrate(transport="local", fresh=True, console=Console(), **ports)
    assert home.seeded.exists()
