"""The gate of a release: logs that were recorded once come to the same decisions on today's code, hash for hash."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.quotas import exports, rebuild
from services.quotas.domain.commands import ServeRound
from services.quotas.domain.decide import DECISIONS
from services.quotas.rebuild import CannotRebuild, log_of
from services.quotas.store import journal
from shared.events.catalogue import decode
from shared.persistence.database import Database
from tests.integration.quotas.record import FOLDER, HISTORIES
from tests.integration.quotas.scene import START, held, rows
from tests.integration.quotas.test_export import fault_of

RECORDED = sorted(FOLDER.glob("*.jsonl"))


def test_there_is_a_log_of_every_history_and_every_act_that_may_change_the_books_is_in_one() -> None:
    """Whoever adds a command adds a history with it, and records it."""
    assert {path.stem for path in RECORDED} == set(HISTORIES)
    acts = {act.name for path in RECORDED for batch in log_of(map(decode, path.read_bytes().splitlines())).batches for act in batch.acts}
    assert set(journal.COMMANDS) | set(rebuild.ON_PROGRAMMES) == acts


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_log_comes_to_the_same_decisions(path: Path, new_db: Callable[[str], Awaitable[Database]]) -> None:
    db = await new_db("quotas")
    log = log_of(map(decode, path.read_bytes().splitlines()))
    made = await rebuild.rebuild(db, log)
    assert made.decisions == len(await rows(db, "select 1 from decision")) >= 25
    assert await held(db) == {}
    assert fault_of(b"".join([piece async for piece in exports.pieces(db, "", START)])) is None


async def test_code_that_decides_otherwise_does_not_pass(
    new_db: Callable[[str], Awaitable[Database]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that would be served as if nobody waited."""
    monkeypatch.setitem(DECISIONS, ServeRound, lambda _desk, _command: None)
    log = log_of(map(decode, (FOLDER / "a-year-at-random.jsonl").read_bytes().splitlines()))
    with pytest.raises(CannotRebuild, match="this version decides otherwise than the one that wrote it"):
        await rebuild.rebuild(await new_db("quotas"), log)
