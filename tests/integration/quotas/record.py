"""Records the logs in `recorded/`: `python -m tests.integration.quotas.record NAME` lives through a history and keeps its journal.

A recorded log stays as it is for good: it says what this code decided when it was recorded. Record a new one when commands are
added; never record an old one again because the gate says that something is decided otherwise now.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from services.quotas.domain.commands import MovePlaces, Reorder, SetLimit
from services.quotas.domain.limits import named
from services.quotas.settings import QuotasSettings
from services.quotas.store.programmes import change_participation
from services.quotas.store.terms import StoredChange
from services.quotas.sweeps import sweeps
from services.quotas.use_cases import apply
from shared.events import applications as facts
from shared.events.envelope import AnyEvent, encode
from shared.kernel.ids import new_id
from shared.persistence import migrate
from shared.persistence.database import Database
from shared.persistence.embedded import temporary
from tests.integration.quotas.history import a_history, adopt, journal_of
from tests.integration.quotas.scene import COUNTRIES, START, Person, apply_events, let_pass, programme, publication, rows

FOLDER: Final = Path(__file__).parent / "recorded"


async def everything_once(db: Database) -> Sequence[AnyEvent]:
    """The history that the tests of the rebuild live through."""
    return await a_history(db)


async def a_year_at_random(db: Database) -> Sequence[AnyEvent]:
    """Two programmes, a rolling one and a ranked round with nominations, a year long, with persons who apply to both."""
    dice, persons = Random(2016), [new_id() for _ in range(25)]
    published = [
        publication(programme("training", places=10)),
        publication(
            programme(
                "scholarship", places=8, grants_from=START + timedelta(days=60), route=("nomination", "approval"), nomination_ratio=3.0
            )
        ),
    ]
    await apply_events(db, *published)
    people: list[Person] = []
    for day in range(0, 360, 4):
        at = START + timedelta(days=day)
        if day < 120:
            code = dice.choice(["training", "scholarship"])
            one = Person(f"{code}:{dice.choice(COUNTRIES)}:2016", person=dice.choice(persons), score=dice.randrange(1_000))
            people.append(one)
            await apply_events(db, *([one.nominated(at)] if code == "scholarship" else []), one.approved(at))
        await _somebody_acts(db, dice, people, at)
        if day in (40, 100):
            await adopt(db, "allotment_change", cell="training:PE:2016", target=1 if day == 40 else 2)
        if day == 80:
            published.append(await _second_terms(db, at))
        if day == 84:
            more = programme("training", places=12, version="3", holders=facts.HoldersTerms(each=9))
            published.append(publication(more, version=3, at=at))
            await apply_events(db, published[-1])
        await _sweep(db, at)
    return published


async def a_country_that_comes_back(db: Database) -> Sequence[AnyEvent]:
    """The round's moment falls into a gap of Peru's participation; two people change the order of its list; then it takes part again."""
    gap = [facts.Participation(country="PE", start=date(2015, 1, 9), end=date(2016, 1, 31))]
    gap.append(facts.Participation(country="PE", start=date(2016, 3, 1)))
    others = [facts.Participation(country=code, start=date(2015, 1, 9)) for code in COUNTRIES if code != "PE"]
    terms = publication(programme(participation=[*others, *gap], grants_from=START + timedelta(days=20)))
    await apply_events(db, terms)
    people = [Person(f"training:{code}:2016", score=1_000 - n) for n in range(4) for code in COUNTRIES]
    await apply_events(db, *[one.approved() for one in people])
    for at in (START + timedelta(days=21), datetime(2016, 3, 1, tzinfo=UTC), datetime(2016, 3, 2, tzinfo=UTC)):
        listed = [one for one in people if one.cell == "training:PE:2016"]
        if at.month < 3:
            order = Reorder(cell=listed[0].cell, at=at, application=listed[2].application, ahead_of=listed[1].application)
            await db.run(lambda tx, order=order: apply(tx, [order]))  # type: ignore[misc]
        for sweep in sweeps(db, QuotasSettings()):
            while sweep.name in ("rounds", "participation_again") and await sweep.run(at):
                pass
    return [terms]


async def _second_terms(db: Database, at: datetime) -> AnyEvent:
    """Holders are counted from now on, officers set one such limit, a place goes back to the pool, and Brazil leaves in the summer."""
    counted = programme("training", places=12, version="2", holders=facts.HoldersTerms(each=1))
    terms = publication(counted, version=2, at=at)
    await apply_events(db, terms)
    key = "holders:training:PE"
    limit = named(key)
    assert limit is not None
    fixed = SetLimit(cell=limit.home(2016), key=key, capacity=2, at=at)
    await db.run(lambda tx: apply(tx, [fixed]))
    moved = MovePlaces(cell="training:CL:2016", source="training:CL:2016", target=None, places=1, at=at)
    await db.run(lambda tx: apply(tx, [moved]))
    await apply_events(db, *[Person("training:CL:2016", score=2_000 + n).approved(at) for n in range(3)])
    leaves = StoredChange(country="BR", takes_part=False, start=(at + timedelta(days=60)).date())
    await db.run(lambda tx: change_participation(tx, "training", leaves, at=at))
    return terms


async def _somebody_acts(db: Database, dice: Random, people: Sequence[Person], at: datetime) -> None:
    one = dice.choice(people)
    version = await _version(db, one)
    acts: list[Callable[[], AnyEvent]] = [
        lambda: one.accepts(version, at),
        lambda: one.accepts(version, at),
        lambda: one.declines(version, at),
        lambda: one.withdrawn(at),
        lambda: one.ended(at, dice.choice(["left", "finished"])),
    ]
    await apply_events(db, dice.choice(acts)())


async def _version(db: Database, one: Person) -> int:
    found = await rows(db, "select version from place where application = :application", application=one.application)
    return int(found[0].version) if found else 1


async def _sweep(db: Database, at: datetime) -> None:
    await let_pass(db, at)
    for sweep in sweeps(db, QuotasSettings()):
        if sweep.name in ("rounds", "lists", "years", "participation"):
            while await sweep.run(at):
                pass


HISTORIES: Final[dict[str, Callable[[Database], Awaitable[Sequence[AnyEvent]]]]] = {
    "everything-once": everything_once,
    "a-year-at-random": a_year_at_random,
    "a-country-that-comes-back": a_country_that_comes_back,
}


async def record(name: str, url: str) -> None:
    await migrate.upgrade(url, "quotas")
    db = Database(url)
    events = [*await HISTORIES[name](db), *await journal_of(db)]
    await db.close()
    path = FOLDER / f"{name}.jsonl"
    path.write_bytes(b"".join(encode(one) + b"\n" for one in events))
    decisions = sum(one.data.decisions for one in events if hasattr(one.data, "decisions"))
    print(f"{path}: {len(events)} events, {decisions} decisions, {path.stat().st_size // 1024} KiB")


def main(names: Sequence[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in names or sorted(HISTORIES):
        if (FOLDER / f"{name}.jsonl").exists():
            sys.exit(f"{name} was recorded already, and stays; give the new history another name in HISTORIES")
        with temporary() as postgres:
            asyncio.run(record(name, postgres.url("postgres")))


if __name__ == "__main__":
    main(sys.argv[1:])
