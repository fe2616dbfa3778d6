"""The books made again from the journal: the same acts, in the same order, come to the same decisions, hash for hash.

A log is what the topics `puente.programmes.v1` and `puente.journal.v1` hold, in any order and with repeats. Each batch says what it
came to, so that the first one that comes to something else is named, and nothing after it is done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import text

from services.quotas.allotting import allotments
from services.quotas.domain.commands import Command
from services.quotas.store import journal, programmes
from services.quotas.store.journal import Number
from services.quotas.use_cases import apply
from shared.events.applications import ProgrammePublished
from shared.events.catalogue import JOURNAL
from shared.events.envelope import AnyEvent
from shared.events.quotas import Act, BatchDecided
from shared.persistence.database import Database, Tx

Progress = Callable[[int], None]
"""Told how many batches are done."""
Published = Mapping[tuple[str, int], ProgrammePublished]
"""Programme and version -> the terms that were published."""


class CannotRebuild(Exception):
    """The books cannot be made again; the text says why and what to do. Batches before the one that it names are done."""

    safe_text = True


@dataclass(frozen=True, slots=True)
class Batch:
    """One transaction of the past: what was asked, how many decisions came of it, and their digest."""

    number: Number
    acts: tuple[Act, ...]
    decisions: int
    digest: str


@dataclass(frozen=True, slots=True)
class Log:
    """What was kept of the past: the batches in the order of their numbers, and the terms that were published."""

    batches: tuple[Batch, ...]
    published: Published


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made again."""

    batches: int
    decisions: int


def log_of(events: Iterable[AnyEvent]) -> Log:
    """The log that these events hold; other events pass by. Raises `CannotRebuild` for a batch that is torn or told in two ways."""
    parts: dict[int, dict[int, BatchDecided]] = {}
    published: dict[tuple[str, int], ProgrammePublished] = {}
    for event in events:
        if isinstance(event.data, BatchDecided):
            known = parts.setdefault(event.subjectversion, {})
            if known.setdefault(event.data.part, event.data) != event.data:
                raise CannotRebuild(
                    f"batch {event.subjectversion} is in the log twice, and not alike: two databases have written to one log. "
                    "Take the log of one of them (puente export journal) and name that file"
                )
        elif isinstance(event.data, ProgrammePublished):
            published[event.data.programme, event.subjectversion] = event.data
    return Log(tuple(_whole(parts)), published)


def _whole(parts: Mapping[int, Mapping[int, BatchDecided]]) -> Iterator[Batch]:
    for number, found in sorted(parts.items()):
        first = next(iter(found.values()))
        missing = sorted(set(range(1, first.parts + 1)).difference(found))
        if missing:
            raise CannotRebuild(
                f"part {missing[0]} of {first.parts} of batch {number} is not in the log. Read the whole log, or an older copy"
            )
        acts = tuple(act for _part, data in sorted(found.items()) for act in data.acts)
        yield Batch(Number(number), acts, first.decisions, first.digest)


_FILLED: Final = text("select exists (select from programme), exists (select from cell), exists (select from decision)")
_HASHES: Final = text("select hash from decision where batch = :batch order by turn")
_RECORDED: Final = text(f"update outbox set sent_at = now() where topic = '{JOURNAL.name}' and sent_at is null")  # noqa: S608 - a constant
_GO_ON: Final = text("select setval('batch_number', :last)")


async def must_be_empty(db: Database) -> None:
    """Raises `CannotRebuild` where the database of quotas holds anything."""
    if any(await db.run(lambda tx: _one(tx, _FILLED))):
        raise CannotRebuild(
            "this database holds programmes, cells or decisions already; only an empty one can be rebuilt. Keep it until the books were "
            "compared, and name another place: a folder of its own in PUENTE_HOME, or new databases in PUENTE_DATABASE_URL"
        )


async def rebuild(db: Database, log: Log, progress: Progress = lambda _done: None) -> Rebuilt:
    """Make the books of an empty, migrated database again; `progress` is told how many batches are done.

    Raises `CannotRebuild` where the database is not empty, terms are missing, or a batch comes to other decisions than it did.
    What was told to others then is told again by the relay; they skip what they know. The journal itself is not sent again.
    """
    await must_be_empty(db)
    decisions = 0
    for done, batch in enumerate(log.batches, 1):
        await db.run(lambda tx, batch=batch: _again(tx, batch, log.published))  # type: ignore[misc]
        decisions += batch.decisions
        progress(done)
    if log.batches:
        await db.run(lambda tx: tx.execute(_GO_ON, {"last": log.batches[-1].number}))
    return Rebuilt(len(log.batches), decisions)


async def _one(tx: Tx, statement: Any) -> Any:
    return (await tx.execute(statement)).one()


async def _again(tx: Tx, batch: Batch, published: Published) -> None:
    commands: list[Command] = []
    for act in batch.acts:
        on_programme = ON_PROGRAMMES.get(act.name)
        if on_programme is not None:
            await on_programme(tx, act, batch.number, published)
            continue
        try:
            commands.append(journal.command_of(act))
        except (KeyError, msgspec.ValidationError) as error:
            raise CannotRebuild(
                f"batch {batch.number} holds the act {act.name!r}, which this version cannot do again: {error}. "
                "Use the version that wrote it"
            ) from error
    await apply(tx, commands, number=batch.number)
    hashes = list((await tx.execute(_HASHES, {"batch": batch.number})).scalars())
    if len(hashes) != batch.decisions or journal.digest_of(hashes) != batch.digest:
        first = batch.acts[0]
        raise CannotRebuild(
            f"batch {batch.number} ({len(batch.acts)} acts, first {first.name} of {first.given.get('cell', first.given.get('programme'))}) "
            f"came to {batch.decisions} decisions with the digest {batch.digest}; "
            f"now it comes to {len(hashes)} with {journal.digest_of(hashes)}. "
            "Either a batch before it is missing from the log, or this version decides otherwise than the one that wrote it"
        )
    await tx.execute(_RECORDED)


async def _in_force(tx: Tx, act: Act, number: Number, published: Published) -> None:
    given = msgspec.convert(act.given, programmes.InForce)
    data = published.get((given.programme, given.version))
    if data is None:
        raise CannotRebuild(
            f"batch {number} put version {given.version} of {given.programme} in force, and its terms are not in the log. They are in the "
            "outbox of the applications service (puente.programmes.v1), which keeps them for good: export the journal with that database"
        )
    changes = await programmes.changes(tx, given.programme)
    await programmes.put_in_force(tx, data, allotments(data, changes), version=given.version, at=given.at, number=number)


async def _fund(tx: Tx, act: Act, number: Number, _published: Published) -> None:
    given = msgspec.convert(act.given, programmes.Fund)
    await programmes.fund(tx, given.programme, given.total, at=given.at, only_more=given.only_more, number=number)


async def _participation(tx: Tx, act: Act, number: Number, _published: Published) -> None:
    given = msgspec.convert(act.given, programmes.ChangedParticipation)
    await programmes.change_participation(tx, given.programme, given.change, at=given.at, number=number)


ON_PROGRAMMES: Final[Mapping[str, Callable[[Tx, Act, Number, Published], Any]]] = {
    programmes.IN_FORCE: _in_force,
    programmes.FUND: _fund,
    programmes.PARTICIPATION: _participation,
}
"""The acts that are no commands of a cell."""
