"""How many events wait for each service, and for how long the oldest has; `puente check` prints it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from services.run.opened import how_events_travel
from shared.events.catalogue import topics_of
from shared.kernel.clock import Clock
from shared.messaging.backlog import Lookout, lookout, reads_topics
from shared.messaging.outbox import UnsentOfTopic, unsent_by_topic
from shared.messaging.service import Service

HOW_TO_FIND_TOPICS: Final = (
    "start the demonstration whose broker it is, or name the broker: PUENTE_TRANSPORT=kafka and PUENTE_KAFKA_BOOTSTRAP=host:port"
)


class Line(NamedTuple):
    """What waits for one service: in the outboxes of those it listens to, and on the topics (none: that is not known).

    `seconds`: for how long the oldest of all has waited.
    """

    service: str
    in_outboxes: int
    on_topics: int | None
    seconds: int
    note: str = ""


async def lines(services: Mapping[str, Service], lookouts: Mapping[str, Lookout | None], now: datetime) -> list[Line]:
    """What waits for each service. What is not sent yet waits for everybody who listens to its topic."""
    unsent = [one for service in services.values() for one in await service.db.run(unsent_by_topic)]
    return [await _line(service, lookouts[name], unsent, now) for name, service in services.items()]


async def _line(service: Service, looks: Lookout | None, unsent: list[UnsentOfTopic], now: datetime) -> Line:
    heard = {topic.name for topic in topics_of(service.name)}
    theirs = [one for one in unsent if one.topic in heard]
    number = sum(one.number for one in theirs)
    ages = [max(0, int((now - one.since).total_seconds())) for one in theirs]
    if looks is None:
        reads = await service.db.run(reads_topics)
        note = f"its worker reads Kafka: {HOW_TO_FIND_TOPICS}" if reads else ""
        return Line(service.name, number, None if reads else 0, max(ages, default=0), note)
    found = await looks.look()
    if found.away:
        return Line(service.name, number, None, max(ages, default=0), found.away)
    return Line(service.name, number, found.number, max([*ages, found.seconds or 0]))


async def look(services: Mapping[str, Service], clock: Clock) -> list[Line]:
    """What waits for each service; the settings say where the topics are, or the stack that runs here."""
    settings = how_events_travel()
    return await lines(services, {name: lookout(settings, name, service.db) for name, service in services.items()}, clock.now())


def show(found: Sequence[Line], console: Console) -> None:
    """A line for each service, and what is to be said of it."""
    table = Table(box=None, pad_edge=False)
    table.add_column("events that wait for")
    for heading in ("in outboxes", "on topics", "the oldest for (s)"):
        table.add_column(heading, justify="right")
    for one in found:
        table.add_row(one.service, str(one.in_outboxes), "?" if one.on_topics is None else str(one.on_topics), str(one.seconds))
    console.print(table)
    for one in found:
        if one.note:
            console.print(f"{one.service}: {one.note}", highlight=False, markup=False)
