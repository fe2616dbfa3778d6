"""Load, decide, save, tell: what a batch of commands does, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.quotas.domain.commands import Command
from services.quotas.domain.decide import decide
from services.quotas.domain.model import Books, Needs, Verdict
from services.quotas.facts import published
from services.quotas.store import journal
from services.quotas.store.journal import Number
from services.quotas.store.load import first_wanted, load
from services.quotas.store.save import claim, save
from shared.events.envelope import AnyEvent
from shared.messaging import outbox
from shared.persistence.database import Tx, driver

STARTS_MAX: Final = 40
"""So often a batch may start over with more locked; each start adds something, so more would mean a fault of ours."""


async def apply(
    tx: Tx,
    commands: Sequence[Command],
    causes: Mapping[UUID, AnyEvent] | None = None,
    *,
    number: Number | None = None,
    whole: bool = False,
) -> Verdict:
    """Decide the commands in their order and write what follows: places, books, decisions, events. All of it, or nothing.

    `causes` are the events behind the commands, by id. `whole`: where one of them is short of places, none is done and nothing is
    written. Raises `Waits` where a programme was not published yet.

    The commands are recorded in the journal with what they came to; `number` is their batch's, where they were recorded before.
    """
    verdict, books = await judge(tx, commands)
    if (verdict.cells or verdict.places) and not (whole and verdict.short):
        connection = await driver(tx)
        await claim(connection, books, verdict)
        number = number or await journal.draw(connection)
        acts, hashes = [journal.act_of(command) for command in commands], [one.hash for one in verdict.decisions]
        recorded = journal.told(number, acts, at=commands[-1].at, hashes=hashes)
        await save(connection, books, verdict, number)
        await outbox.copy(connection, [*recorded, *published(verdict, books.terms, causes or {})])
    return verdict


async def judge(tx: Tx, commands: Sequence[Command]) -> tuple[Verdict, Books]:
    """What the commands come to on the books as they are, under their locks; nothing is written. The books are given beside it.

    Where deciding needs more than was locked, all locks are let go and taken again in their one order with the larger set.
    """
    if not commands:
        return Verdict(), Books({}, {}, {}, {})
    connection = await driver(tx)
    wanted = await first_wanted(connection, commands)
    for _start in range(STARTS_MAX):
        await connection.execute("savepoint before_locks")
        loaded = await load(connection, commands, wanted)
        verdict = decide(loaded, commands) if isinstance(loaded, Books) else Verdict(needs=loaded)
        if verdict.needs is None:
            assert isinstance(loaded, Books), "only books are decided upon"
            await connection.execute("release savepoint before_locks")
            return verdict, loaded
        await connection.execute("rollback to savepoint before_locks")
        wanted = wanted.and_also(verdict.needs)
    raise RuntimeError(f"a batch of {len(commands)} commands still needed more after {STARTS_MAX} starts: {_names(verdict.needs)}")


def _names(needs: Needs | None) -> str:
    return (
        ", ".join(
            sorted(map(str, (*needs.cells, *needs.limits, *needs.lists, *needs.whole, *needs.gaining, *needs.pools, *needs.programmes)))[:5]
        )
        if needs
        else ""
    )
