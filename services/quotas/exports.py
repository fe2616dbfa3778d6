"""Decisions and transfers on their way out: one consistent picture, streamed in the order in which everything happened.

Memory stays flat: rows come through cursors of the server, a few hundred at a time, and leave as lines of `domain.export`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from services.quotas.domain.export import Writer
from services.quotas.seats import Seats
from shared.kernel.cells import Cell
from shared.persistence.database import Database, away_told

PREFETCH: Final = 500
PIECE_BYTES: Final = 64 * 1024
AT_ONCE: Final = 2
"""So many exports may be under way in one process; each holds a connection as long as its reader takes."""
PAUSE_MAX_MS: Final = 60_000
"""A reader that takes nothing for so long is given up, so that it does not hold the connection."""

_SETTINGS: Final = (
    "set local statement_timeout = 0",
    f"set local idle_in_transaction_session_timeout = {PAUSE_MAX_MS}",
    "set local enable_seqscan = on",
    "set local work_mem = '32MB'",
)
_DECISIONS: Final = """
    select batch, turn, record, hash from decision where $1 = '' or cell = $1 or starts_with(cell, $1 || ':') order by batch, turn
"""
_TRANSFERS: Final = """
    select batch, turn, programme, cell, decision, source, target, count as places, cause, at from transfer
    where $1 = '' or cell = $1 or target = 'free:' || $1 or programme = $1 order by batch, turn, id
"""
_CELLS: Final = """
    select key as cell, target as places, free, offered, taken, waiting, last_decision as decisions, last_hash as hash from cell
    where $1 = '' or key = $1 or programme = $1 order by key
"""
_ACCOUNTS: Final = "select key as account, programme, balance from account where $1 = '' or programme = $1 order by key"
_PROGRAMMES: Final = "select code as programme, funded as places from programme where $1 = '' or code = $1 order by code"
_KNOWN: Final = "select exists (select from programme where code = $1) or exists (select from cell where key = $1)"


class UnknownScope(Exception):
    """There is no such programme or cell."""

    safe_text = True


class Exports:
    """Gives out exports of one database, a few at a time and one to an address."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seats = Seats(AT_ONCE, 1)

    async def open(self, covers: str, now: datetime, address: str) -> AsyncIterator[bytes]:
        """The export in pieces of whole lines, the first of them read already. Closing the iterator frees the connection.

        Raises `NoSeat` where as many as may be are under way, `UnknownScope` where there is nothing of that name.
        """
        if covers:
            await known(self._db, covers)
        made = self._pieces(covers, now, address)
        first = await anext(made)
        return _again(first, made)

    async def _pieces(self, covers: str, now: datetime, address: str) -> AsyncGenerator[bytes, None]:
        with self._seats.one(address):
            async with aclosing(pieces(self._db, covers, now)) as made:
                async for piece in made:
                    yield piece


async def _again(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def known(db: Database, covers: str) -> None:
    """Raises `UnknownScope` where there is neither a programme nor a cell of that name, `Unavailable` where the database is away."""
    with away_told():
        async with db.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            if not await raw.fetchval(_KNOWN, covers):
                raise UnknownScope(f"there is no programme and no cell {covers!r}: name one such as scholarship or scholarship:PE:2016")


async def pieces(db: Database, covers: str, now: datetime) -> AsyncGenerator[bytes, None]:
    """The export of everything, of a programme or of a cell (`covers`), as the database is at this moment, in pieces of whole lines.

    Raises `Unavailable` where the database is away.
    """
    with away_told():
        async with db.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            transaction = raw.transaction(isolation="repeatable_read", readonly=True)
            await transaction.start()
            try:
                for statement in _SETTINGS:
                    await raw.execute(statement)
                piece = bytearray()
                async for line in _lines(raw, covers, now):
                    piece += line
                    if len(piece) >= PIECE_BYTES:
                        yield bytes(piece)
                        piece.clear()
                yield bytes(piece)
            finally:
                await asyncio.shield(_over(transaction))


async def _over(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return  # the connection is gone, and with it the transaction


class _Spot(NamedTuple):
    """Where something stands in the order of everything; a decision stands before its transfers."""

    batch: int
    turn: int
    kind: int


async def _lines(raw: "asyncpg.Connection[Any]", covers: str, now: datetime) -> AsyncIterator[bytes]:
    writer = Writer()
    yield writer.head(covers=covers, taken_at=now.isoformat())
    decisions, transfers = _rows(raw, _DECISIONS, covers, 0), _rows(raw, _TRANSFERS, covers, 1)
    decision, transfer = await anext(decisions, None), await anext(transfers, None)
    while decision is not None or transfer is not None:
        if transfer is None or (decision is not None and decision[0] < transfer[0]):
            assert decision is not None
            yield writer.line("decision", record=decision[1]["record"], hash=decision[1]["hash"])
            decision = await anext(decisions, None)
        else:
            values = transfer[1]
            yield writer.line("transfer", **values | {"at": values["at"].isoformat()})
            transfer = await anext(transfers, None)
    of_cell = ":" in covers
    for kind, statement in (("cell", _CELLS), *(() if of_cell else (("account", _ACCOUNTS), ("programme", _PROGRAMMES)))):
        async for _spot, values in _rows(raw, statement, covers, 0):
            yield writer.line(kind, **values)
    yield writer.end()


async def _rows(raw: "asyncpg.Connection[Any]", statement: str, covers: str, kind: int) -> AsyncIterator[tuple[_Spot, dict[str, Any]]]:
    async for row in raw.cursor(statement, covers, prefetch=PREFETCH):
        values = dict(row)
        yield _Spot(values.pop("batch", 0), values.pop("turn", 0), kind), values


def scope_of(programme: str | None, cell: str | None) -> str:
    """What an export covers, from what was asked for: at most one of both. Raises `UnknownScope` for what can be neither."""
    if programme and cell:
        raise UnknownScope("name a programme or a cell, not both: a cell's key begins with its programme")
    if cell:
        try:
            return Cell.parse(cell).key
        except ValueError as error:
            raise UnknownScope(str(error)) from error
    if programme and ":" in programme:
        raise UnknownScope(f"{programme!r} is no programme's code; a cell is named as such")
    return programme or ""
