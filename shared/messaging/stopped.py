"""What stopped, as the people who operate see it, and going on with it from a page: no request does more than one portion."""

from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.messaging import parking
from shared.messaging.service import Handle
from shared.persistence.database import Database, Tx

ITS_TURN: Final = "its turn"
"""What a key waits for that somebody resumed and that has more behind it than one request may do: the worker goes on with it."""
SHOWN: Final = 10


class Stopped(NamedTuple):
    """One parked key as people are shown it: the first events behind it, in the order in which they would be resumed, and how many are.

    `done`: how many were handled since somebody resumed it, where it goes on by itself.
    """

    key: str
    waits_for: str | None
    first: tuple[parking.Parked, ...]
    events: int
    done: int

    @property
    def goes_on(self) -> bool:
        return self.waits_for == ITS_TURN

    @property
    def comes_again(self) -> bool:
        """Nothing is known to be wrong with it: the database did not finish its first event, and the worker tries that again."""
        return self.waits_for == parking.AGAIN


async def stopped(tx: Tx, most: int) -> list[Stopped]:
    """The first `most` parked keys in their order, each with a few of the events behind it, however many there are."""
    rows = await tx.execute(
        text(
            "select k.key, k.waits_for, e.*, (select count(*) from parked_event o where o.key = k.key and o.settled_at is null) as events, "
            "case when k.waits_for = :its_turn then (select count(*) from parked_event d where d.key = k.key "
            "and d.settled_how = 'handled' and d.settled_at >= k.parked_at) else 0 end as done "
            "from (select key, waits_for, parked_at from parked_key order by key limit :most) as k left join lateral ("
            "select id, topic, type, reason_code, reason, parked_at, value is not null from parked_event "
            "where key = k.key and settled_at is null order by id limit :shown) as e on true order by k.key, e.id"
        ),
        {"its_turn": ITS_TURN, "most": most, "shown": SHOWN},
    )
    found: dict[str, Stopped] = {}
    for key, waits_for, number, topic, kind, code, reason, parked_at, kept, events, done in rows:
        first = () if number is None else (parking.Parked(number, key, topic, kind, code, reason, parked_at, waits_for, kept),)
        known = found.get(key)
        found[key] = known._replace(first=known.first + first) if known else Stopped(key, waits_for, first, events, done)
    return list(found.values())


async def how_many(tx: Tx) -> int:
    """The number of parked keys."""
    return int((await tx.execute(text("select count(*) from parked_key"))).scalar_one())


class Resumed(NamedTuple):
    """How many events were handled, and how many are `left` to go on with by themselves."""

    done: int
    left: int


async def begin(db: Database, handle: Handle, key: str, *, now: datetime, actor: str, tally: parking.Tally | None = None) -> Resumed:
    """Go on with a parked key as far as one portion, which says at once whether it can; the worker does what is left, portion by portion.

    Raises what `parking.resume` raises; `tally` says how many were handled before that.
    """
    begun = await db.run(_moment)
    done = await parking.resume(db, handle, key, now=now, actor=actor, most=parking.CHUNK, tally=tally)
    left = await db.run(partial(_hand_over, key=key, since=begun))
    return Resumed(done, left)


async def _moment(tx: Tx) -> datetime:
    found: datetime = (await tx.execute(text("select now()"))).scalar_one()
    return found


async def _hand_over(tx: Tx, *, key: str, since: datetime) -> int:
    """Leave the key to the worker, counted from `since`; how many events are behind it."""
    handed = text("update parked_key set waits_for = :its_turn, parked_at = :since where key = :key returning key")
    if (await tx.execute(handed, {"its_turn": ITS_TURN, "since": since, "key": key})).first() is None:
        return 0
    left = text("select count(*) from parked_event where key = :key and settled_at is null")
    return int((await tx.execute(left, {"key": key})).scalar_one())


class Heard(NamedTuple):
    """How far a service has come in one partition of a topic, and when it last moved."""

    topic: str
    partition: int
    next_offset: int
    moved_at: datetime


async def heard(tx: Tx) -> list[Heard]:
    return [
        Heard(*row)
        for row in await tx.execute(text("select topic, partition, next_offset, moved_at from consumer_offset order by topic, partition"))
    ]
