"""The throw-away server of tests and measurements."""

from pathlib import Path

import asyncpg
import pytest

from shared.persistence.embedded import temporary
from shared.persistence.file_lock import trying
from tests import postgres as throw_away


async def test_a_temporary_server_leaves_nothing() -> None:
    with temporary() as postgres:
        connection = await asyncpg.connect(postgres.address.dsn("postgres"))
        assert await connection.fetchval("show fsync") == "off"
        await connection.close()
        folder = postgres.folder
    assert not folder.exists()


def test_a_run_that_was_killed_leaves_nothing_in_memory_for_the_next(tmp_path: Path) -> None:
    """Whose run still lives, or whose server has not ended yet, stays."""
    left, running, ending = (tmp_path / f"{throw_away.PREFIX}{name}" for name in ("left", "running", "ending"))
    for folder in (left, running, ending):
        folder.mkdir()
        (folder / "data").write_text("pages")
    with trying(running / throw_away.RUN), trying(ending / "lock"):
        throw_away.sweep(tmp_path)
        assert [folder.exists() for folder in (left, running, ending)] == [False, True, True]
    throw_away.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_without_memory_enough_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throw_away, "ROOM_BYTES", 1 << 62)
    with throw_away.server(tmp_path) as postgres:
        assert not postgres.folder.is_relative_to(tmp_path)
        connection = await asyncpg.connect(postgres.address.dsn("postgres"))
        await connection.close()
    with throw_away.server(tmp_path / "no such folder") as postgres:
        assert postgres.folder.exists()
