"""The books of quotas on their way out, and made again: exports of decisions and of the journal, and the rebuild."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Final

from rich.console import Console
from sqlalchemy import text

from services.quotas import exports, rebuild
from services.quotas.rebuild import CannotRebuild
from services.run.commands import clock
from services.run.opened import how_events_travel, opened
from services.run.waiting import HOW_TO_FIND_TOPICS
from services.run.written import many, tell, whole
from shared.events.catalogue import JOURNAL, PROGRAMMES, decode
from shared.events.envelope import AnyEvent, Refusal
from shared.messaging.backlog import reads_topics
from shared.messaging.kafka import KafkaTransport
from shared.messaging.reading import read_all
from shared.messaging.service import Service
from shared.persistence.database import Database, Tx
from shared.settings import CommonSettings

PAGE: Final = 500
_EVENTS: Final = text("select id, value from outbox where topic = :topic and id > :after order by id limit :most")


async def export_decisions(quotas: Service, file: Path | None, programme: str | None, cell: str | None) -> bool:
    """Write the export."""
    covers = exports.scope_of(programme, cell)
    if covers:
        await exports.known(quotas.db, covers)
    last = b""
    with whole(file) as target:
        async for piece in exports.pieces(quotas.db, covers, clock().now()):
            target.write(piece)
            last = piece or last
    end = json.loads(last.splitlines()[-1])
    holds = f"{many(end['decisions'], 'decision')} and {many(end['transfers'], 'transfer')} of {covers or 'everything'}"
    tell(file, holds, f"Anybody can check it: puente verify {quote(str(file))}")
    return True


async def export_journal(services: Mapping[str, Service], file: Path | None) -> bool:
    """Write the programmes' terms and the journal, an event a line, from the outboxes that keep both for good."""
    written = {PROGRAMMES: 0, JOURNAL: 0}
    with whole(file) as target:
        for name, topic in (("applications", PROGRAMMES), ("quotas", JOURNAL)):
            async for value in _kept(services[name].db, topic.name):
                target.write(value + b"\n")
                written[topic] += 1
    holds = f"{many(written[PROGRAMMES], 'event')} of the programmes' terms and {written[JOURNAL]:,} of the journal"
    tell(file, holds, f"It is checked by making the books again, in an empty database: puente rebuild quotas --journal {quote(str(file))}")
    return True


async def rebuild_quotas(journal: Path | None, console: Console) -> bool:
    """Make the books again from a file, or from the topics; where those hold no terms, from the outbox of applications."""
    async with opened(("applications", "quotas")) as services:
        events = _from_file(journal) if journal is not None else await from_topics(services["applications"].db, how_events_travel())
        log = rebuild.log_of(events)
        if not log.batches:
            raise CannotRebuild(f"{journal or JOURNAL.name} holds no batch: there is nothing to rebuild from")
        await rebuild.must_be_empty(services["quotas"].db)
        console.print(f"{len(log.batches):,} batches to do again", highlight=False)
        made = await rebuild.rebuild(services["quotas"].db, log, _progress(console, len(log.batches)))
        broken = {name: count for name, count in (await services["quotas"].invariants()).items() if count}
    console.print(f"{made.decisions:,} decisions in {made.batches:,} batches, each the same, hash for hash", highlight=False)
    for name, count in broken.items():
        console.print(f"but {name}: {count}", highlight=False)
    return not broken


def _progress(console: Console, number: int) -> rebuild.Progress:
    def say(done: int) -> None:
        if done % 1_000 == 0 and done < number:
            console.print(f"{done:,} of {number:,} batches", highlight=False)

    return say


async def _kept(db: Database, topic: str) -> AsyncIterator[bytes]:
    after = 0
    while True:

        async def page(tx: Tx, after: int = after) -> list[tuple[int, bytes]]:
            rows = await tx.execute(_EVENTS, {"topic": topic, "after": after, "most": PAGE})
            return [(row.id, bytes(row.value)) for row in rows]

        found = await db.run(page)
        if not found:
            return
        for _number, value in found:
            yield value
        after = found[-1][0]


def _from_file(path: Path) -> Iterator[AnyEvent]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield decode(line.rstrip(b"\n"))
                except Refusal as refusal:
                    raise CannotRebuild(
                        f"line {number} of {path} is no event: {refusal}. Name a file of puente export journal"
                    ) from refusal
    except OSError as error:
        raise CannotRebuild(f"{path} cannot be read: {error.strerror}") from error


async def from_topics(applications: Database, settings: CommonSettings) -> list[AnyEvent]:
    """Every event of the programmes' terms and of the journal; `CannotRebuild` where there are no topics, or it is not known where."""
    if settings.transport != "kafka":
        if await applications.run(reads_topics):
            raise CannotRebuild(f"events travel by Kafka: {HOW_TO_FIND_TOPICS}. Or name a file: puente rebuild quotas --journal FILE")
        raise CannotRebuild(
            "events travel by the local transport, whose log is the lost database itself. Name a file that puente export journal wrote "
            "before: puente rebuild quotas --journal FILE"
        )
    transport = KafkaTransport(settings)
    events = [decode(value) for topic in (PROGRAMMES, JOURNAL) for value in await read_all(transport, topic)]
    events += [decode(value) async for value in _kept(applications, PROGRAMMES.name)]
    return events
