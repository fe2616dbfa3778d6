"""The throw-away server of tests and measurements, and the folder in memory that tests write in."""

import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from shared.persistence.embedded import temporary
from shared.persistence.file_lock import trying
from tests import memory
from tests import postgres as throw_away
from tests.conftest import ROOT


async def test_a_temporary_server_leaves_nothing() -> None:
    with temporary() as postgres:
        connection = await asyncpg.connect(postgres.address.dsn("postgres"))
        assert await connection.fetchval("show fsync") == "off"
        await connection.close()
        folder = postgres.folder
    assert not folder.exists()


def test_a_run_that_was_killed_leaves_nothing_in_memory_for_the_next(tmp_path: Path) -> None:
    """Whose run still lives, or whose server has not ended yet, stays."""
    left, running, ending = (tmp_path / f"{memory.PREFIX}{name}" for name in ("left", "running", "ending"))
    for folder in (left, running, ending):
        folder.mkdir()
        (folder / "data").write_text("pages")
    with trying(running / memory.RUN), trying(ending / "lock"):
        memory.sweep(tmp_path)
        assert [folder.exists() for folder in (left, running, ending)] == [False, True, True]
    memory.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_only_looks_like_the_folder_of_a_run_is_left_alone(tmp_path: Path) -> None:
    elsewhere, link = tmp_path / "elsewhere", tmp_path / f"{memory.PREFIX}link"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    memory.sweep(tmp_path)
    assert link.is_symlink() and list(elsewhere.iterdir()) == []
    if os.geteuid() == 0:
        foreign = tmp_path / f"{memory.PREFIX}foreign"
        foreign.mkdir()
        (foreign / memory.RUN).symlink_to(elsewhere / "made")
        os.chown(foreign, 65534, 65534)
        memory.sweep(tmp_path)
        assert foreign.is_dir() and list(elsewhere.iterdir()) == []


def test_a_folder_of_a_run_is_its_own_until_it_is_left_or_removed(tmp_path: Path) -> None:
    kept, gone = memory.Folder(tmp_path), memory.Folder(tmp_path)
    memory.sweep(tmp_path)
    assert kept.path.is_dir() and gone.path.is_dir()
    gone.remove()
    kept.leave()
    assert list(tmp_path.iterdir()) == [kept.path]
    memory.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("free", "flags", "well"), [(4 << 30, 0, True), ((4 << 30) - 4096, 0, False), (4 << 30, os.ST_NOEXEC, False)])
def test_what_is_too_small_or_lets_no_program_start_is_not_used(free: int, flags: int, well: bool) -> None:
    assert memory.fits(os.statvfs_result((4096, 4096, free >> 12, free >> 12, free >> 12, 0, 0, 0, flags, 255))) is well


def test_what_a_failing_test_wrote_is_kept_until_the_next_run_and_all_else_is_not(tmp_path: Path) -> None:
    if not memory.has_room():
        pytest.skip(f"no room for a run in {memory.MEMORY}")
    made = tmp_path / "test_two.py"
    made.write_text("def test_well(tmp_path): (tmp_path / 'a').touch()\ndef test_ill(tmp_path): (tmp_path / 'b').touch(); assert False\n")
    order = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-o",
        f"cache_dir={tmp_path}",
        "-c",
        str(ROOT / "pyproject.toml"),
        str(made),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(order, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    told = re.search(r"What the failing tests wrote is in (\S+), until the next run begins", done.stdout)
    assert told, done.stdout
    folder = Path(told[1])
    assert folder.is_relative_to(memory.MEMORY) and [one.name for one in folder.rglob("?")] == ["b"]
    memory.sweep()
    assert not folder.exists()


async def test_without_memory_enough_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ROOM_BYTES", 1 << 62)
    with throw_away.server(tmp_path) as postgres:
        assert not postgres.folder.is_relative_to(tmp_path)
        connection = await asyncpg.connect(postgres.address.dsn("postgres"))
        await connection.close()
    with throw_away.server(tmp_path / "no such folder") as postgres:
        assert postgres.folder.exists()
