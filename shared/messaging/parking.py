"""A bad event stops only its own key: it is kept, shown with its reason, and resumed in order by an audited command.

A key is parked in the transaction that found the fault. Everything that arrives for a parked key is appended behind it.
Whoever handles a key locks its row first, so that resuming and arriving never overtake each other.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import Final, NamedTuple

from sqlalchemy import text

from shared.events.catalogue import decode
from shared.events.envelope import Refusal
from shared.messaging.behind import copies, keep, key_of
from shared.messaging.service import Handle, Waits
from shared.messaging.transport import Record
from shared.observability.logging import get_logger
from shared.persistence import audit
from shared.persistence.database import RETRIED, Database, Tx, Unavailable, is_unfinished, said, sqlstate

log = get_logger(__name__)

CHUNK: Final = 500
"""So many events of a key are handled in one transaction; whoever has more for the key waits for one such portion at most."""
TURN: Final = 2_000
"""After about so many events of one key the next key that waits has its turn."""
AGAIN: Final = "another try"
"""What a key waits for whose event the database did not finish: nothing is known to be wrong with it."""
AGAIN_S: Final = 300.0
"""From one try of such a key to the next."""
_LOCK: Final = text("select key from parked_key where key = any(cast(:keys as text[])) order by key for no key update")
_WAITING: Final = text(
    "select key, waits_for from parked_key where waits_for is not null "
    "and (waits_for <> :again or parked_at < now() - make_interval(secs => :pause)) order by parked_at, key"
)


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked event as people are shown it; `value` is never part of it."""

    id: int
    key: str
    topic: str
    type: str | None
    reason_code: str
    reason: str
    parked_at: datetime
    waits_for: str | None
    kept: bool
    """Whether its bytes are: what is no event of ours can only be dropped."""


class ResumeFailed(Exception):
    """The key stays parked: what stopped it is still there."""


async def locked(tx: Tx, keys: Collection[str]) -> frozenset[str]:
    """Those of `keys` that are parked, locked until this transaction ends: nobody resumes them, or keeps the same behind them."""
    return frozenset((await tx.execute(_LOCK, {"keys": sorted(keys)})).scalars())


async def park(tx: Tx, record: Record, *, code: str, reason: str, waits_for: str | None = None) -> None:
    """Stop the record's key at this record. A key that is stopped already keeps its first reason."""
    await tx.execute(
        text(
            "insert into parked_key (key, reason_code, reason, waits_for) values (:key, :code, :reason, :waits_for) "
            "on conflict (key) do update set reason = parked_key.reason"  # which locks it
        ),
        {"key": key_of(record), "code": code, "reason": reason[:2000], "waits_for": waits_for},
    )
    await keep(tx, [record], code=code, reason=reason)


async def release(tx: Tx, what: str) -> None:
    """Say that `what` is known now: the worker goes on with the keys that wait for it, at its next look (within seconds).

    A key that somebody is busy with is not waited for: whoever holds it may wait for what this transaction has locked.
    """
    await tx.execute(
        text(
            "update parked_key set parked_at = now() where key in "
            "(select key from parked_key where waits_for = :what order by key for update skip locked)"
        ),
        {"what": what},
    )


async def waiting(tx: Tx) -> list[tuple[str, str]]:
    """The keys that go on by themselves and may be asked now, each with what it waits for: all but those that were tried a moment ago."""
    rows = await tx.execute(_WAITING, {"again": AGAIN, "pause": AGAIN_S})
    return [(row.key, row.waits_for) for row in rows]


async def listing(tx: Tx) -> list[Parked]:
    """Every open parked event, in the order in which it would be resumed."""
    rows = await tx.execute(
        text(
            "select e.id, e.key, e.topic, e.type, e.reason_code, e.reason, e.parked_at, k.waits_for, e.value is not null "
            "from parked_event e left join parked_key k using (key) where e.settled_at is null order by e.key, e.id"
        )
    )
    return [Parked(*row) for row in rows]


@dataclass(slots=True)
class Tally:
    """How many events were handled so far, for whoever asked also where what stops the key is raised."""

    done: int = 0


async def resume(
    db: Database,
    handle: Handle,
    key: str,
    *,
    now: datetime,
    actor: str,
    portion: int = CHUNK,
    most: int | None = None,
    tally: Tally | None = None,
) -> int:
    """Go on with a parked key, in order, until nothing is behind it or `most` events were handled; returns how many that were.

    Handles portions of 500 (the first of `portion`), each in one transaction with its audit row. Where an event fails, those before it
    are handled, and it and all behind it stay parked, with the new reason: raises `ResumeFailed`, or what the handler raised. Raises
    `Waits` where it still waits, or where the database did not finish it; from then on the key goes on by itself. `tally` says in each
    case how many were handled.
    """
    tally, size = tally or Tally(), portion
    while most is None or tally.done < most:
        tried = _Tried()
        try:
            handled = await db.run(partial(_resume_portion, handle=handle, key=key, size=size, now=now, actor=actor, tried=tried))
        except Exception as error:
            unfinished = is_unfinished(error) and tried.event is not None
            if not unfinished and (isinstance(error, Unavailable) or sqlstate(error) in RETRIED):
                raise
            if size == 1:
                await db.run(partial(_stays, key=key, event=tried.event, why=_why(error)))
                if unfinished:
                    log.warning("event_not_finished", key=key, error=said(error))
                    raise Waits(AGAIN) from error
                if isinstance(error, Refusal):
                    raise ResumeFailed(f"{key} stays parked: {error}") from error
                raise
            # One of them fails; the smaller portions find out which. What waits does so at its first event, as a rule.
            size = 1 if unfinished or isinstance(error, Waits) else size // 2
            continue
        if handled is None:
            break
        tally.done, size = tally.done + handled, min(CHUNK, size * 2)
    return tally.done


@dataclass(slots=True)
class _Tried:
    """The event at which a portion began, the last time that it was tried; none where it came to none."""

    event: int | None = None


async def _resume_portion(tx: Tx, *, handle: Handle, key: str, size: int, now: datetime, actor: str, tried: _Tried) -> int | None:
    found = (await tx.execute(text("select 1 from parked_key where key = :key for update"), {"key": key})).first()
    if found is None:
        return None
    open_ones = (
        await tx.execute(
            text("select id, topic, value, reason from parked_event where key = :key and settled_at is null order by id limit :n"),
            {"key": key, "n": size},
        )
    ).all()
    if not open_ones:
        await tx.execute(text("delete from parked_key where key = :key"), {"key": key})
        return None
    tried.event = open_ones[0].id
    rows = list(takewhile(lambda row: row.value is not None, open_ones))
    if not rows:
        raise ResumeFailed(
            f"{key} stays parked: {open_ones[0].id}, which is first now, is no event of ours ({open_ones[0].reason}); "
            "drop it with a reason, then resume"
        )
    await handle(tx, [decode(row.value, topic=row.topic) for row in rows])
    await _settle(tx, [row.id for row in rows], "handled")
    await audit.record(tx, at=now, actor=actor, role="operator", act="events.resume", subject=key, detail={"events": len(rows)})
    return len(rows)


async def drop(tx: Tx, parked: int, *, now: datetime, actor: str, reason: str) -> bool:
    """Give up one parked event for good, for a stated reason; False where it is not open. The key stays parked until it is resumed.

    It is passed over whenever it comes again (`behind.given_up`), and goes with every copy that is kept behind the key already.
    Its key is locked first, as by whoever goes on with it: an event that is being handled is not dropped as well.
    """
    key = text("select key from parked_key where key = (select key from parked_event where id = :id) for update")
    await tx.execute(key, {"id": parked})
    found = (
        await tx.execute(text("select key from parked_event where id = :id and settled_at is null for update"), {"id": parked})
    ).first()
    if found is None:
        return False
    await _settle(tx, await copies(tx, parked), "dropped")
    await audit.record(
        tx, at=now, actor=actor, role="operator", act="events.drop", subject=found.key, detail={"parked": parked, "reason": reason}
    )
    return True


async def _settle(tx: Tx, ids: list[int], how: str) -> None:
    await tx.execute(
        text(
            "update parked_event set settled_at = now(), settled_how = :how where id = any(cast(:ids as bigint[])) and settled_at is null"
        ),
        {"ids": ids, "how": how},
    )


async def resume_waiting(db: Database, handle: Handle, *, now: datetime, going_on: Callable[[], bool] = lambda: True) -> int:
    """Give every key that waits for something a turn; those for which it is known now go on. Returns how many events were handled.

    A key with more behind it than a turn goes on at the next call, so that a long one keeps no other waiting. Of the keys that wait for
    the same, one is asked at a time. `going_on` is asked before each key.

    A key of which an event fails for another reason waits for nothing any more: it is kept for a person, with that reason, and the
    keys after it have their turn. Raises `Unavailable` where the database is away, and what it says itself where it can do nothing now.
    """
    done, unknown = 0, set[str]()
    for key, what in await db.run(waiting):
        if what in unknown:
            continue
        if not going_on():
            break
        try:
            done += await resume(db, handle, key, now=now, actor="system", portion=1, most=TURN)
        except Unavailable:
            raise
        except Waits as waits:
            unknown.add(waits.what)
        except Exception as error:
            if is_unfinished(error):
                raise  # not even that could be noted
            if sqlstate(error) not in RETRIED:
                log.error("event_parked", key=key, error=said(error), exc_info=error)
    return done


class _Why(NamedTuple):
    """Why a key stays parked: what it waits for, where it does; and the reason, where it is another than the event has already."""

    waits_for: str | None
    code: str | None = None
    reason: str = ""


def cause_of(error: Exception) -> tuple[str, str | None]:
    """The code of what stopped an event, and what it waits for, where it goes on by itself."""
    if is_unfinished(error):
        return "unfinished", AGAIN
    if isinstance(error, Waits):
        return "waits", error.what
    return error.code if isinstance(error, Refusal) else "handler_failed", None


def _why(error: Exception) -> _Why:
    if isinstance(error, ResumeFailed):
        return _Why(None)
    code, waits_for = cause_of(error)
    return _Why(waits_for, code, said(error))


async def _stays(tx: Tx, *, key: str, event: int | None, why: _Why) -> None:
    """Note at which event the key stays parked, and why: it goes on by itself once what it waits for is known, or is a person's to look at.

    Those before the event were handled. Where it is the key's first no longer, somebody else has gone on since, or dropped it: what they
    found counts, and nothing is noted.
    """
    stored = (await tx.execute(text("select waits_for, reason_code from parked_key where key = :key for update"), {"key": key})).first()
    first = text("select min(id) from parked_event where key = :key and settled_at is null")
    if stored is None or event is None or (await tx.execute(first, {"key": key})).scalar() != event:
        return
    if why.code == "waits" and tuple(stored) == (why.waits_for, why.code):
        return  # asked every few seconds, and the answer is the same
    waits = {"what": why.waits_for, "key": key}
    await tx.execute(text("update parked_key set waits_for = :what, parked_at = now() where key = :key"), waits)
    if why.code is not None:
        noted = {"key": key, "event": event, "code": why.code, "reason": why.reason[:2000]}
        await tx.execute(text("update parked_key set reason_code = :code, reason = :reason where key = :key"), noted)
        await tx.execute(text("update parked_event set reason_code = :code, reason = :reason where id = :event"), noted)
