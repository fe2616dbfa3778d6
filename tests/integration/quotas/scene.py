"""A small programme and its events, as the applications service would publish them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.quotas.events import handle
from services.quotas.store import checks
from shared.events import applications as facts
from shared.events.catalogue import decode, event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact
from shared.kernel.ids import new_id
from shared.persistence.database import Database, Tx

START = datetime(2016, 1, 20, 9, 0, tzinfo=UTC)
_turns = count()
COUNTRIES = ("AR", "BR", "CL", "PE")


def names(word: str) -> facts.Names:
    return facts.Names(word, word, word, word, word, word)


def programme(
    code: str = "training",
    *,
    places: int = 8,
    countries: Sequence[str] = COUNTRIES,
    grants_from: datetime | None = None,
    list_closes: datetime = datetime(2016, 8, 15, 15, 59, 59, tzinfo=UTC),
    participation: Sequence[facts.Participation] | None = None,
    route: Sequence[str] = ("approval",),
    nomination_ratio: float | None = None,
    version: str = "1",
    **other: Any,
) -> facts.ProgrammePublished:
    """A programme of one year, 2016, whose places are split evenly unless the policy says otherwise."""
    call = facts.CallTerms(
        year=2016,
        opens=datetime(2015, 11, 15, tzinfo=UTC),
        closes=datetime(2016, 2, 28, tzinfo=UTC),
        grants_from=grants_from,
        answers_due=datetime(2016, 5, 31, tzinfo=UTC),
        list_closes=list_closes,
        returns_on=date(2016, 9, 1),
        timezone="Asia/Shanghai",
    )
    terms: dict[str, Any] = {
        "plan": "example",
        "plan_version": version,
        "programme": code,
        "names": names(code),
        "example_note": names("example"),
        "places_total": places,
        "places_per_year": {2016: places},
        "sides": ["CELAC"],
        "side_places": {"CELAC": 1.0},
        "countries": [facts.CountryTerms(code=c, side="CELAC", names=names(c), tile=(i, 0)) for i, c in enumerate(countries)],
        "participation": participation or [facts.Participation(country=c, start=date(2015, 1, 9)) for c in countries],
        "policy": facts.AllotmentPolicy(base=0, minimum=0),
        "calls": [call],
        "route": list(route),
        "offer_days": 14,
        "waiting_list": facts.ListRule(ratio=1.0, at_least=2),
        "nomination_ratio": nomination_ratio,
    }
    return facts.ProgrammePublished(**{**terms, **other})


@dataclass
class Person:
    """Somebody's application to a cell, and how many facts were published about it."""

    cell: str
    application: UUID = field(default_factory=new_id)
    person: UUID = field(default_factory=new_id)
    published: int = 0
    score: int = 50_000
    turn: int = field(default_factory=lambda: next(_turns))
    """People handed in one after the other, in the order in which a test names them."""
    course: str | None = None
    channel: str | None = None

    def tells(self, data: Fact, at: datetime) -> AnyEvent:
        self.published += 1
        return event(data, subject=str(self.application), version=self.published, key=self.cell, at=at)

    def nominated(self, at: datetime = START) -> AnyEvent:
        parts = [self.course] if self.course else []
        return self.tells(facts.ApplicationNominated(application=self.application, person=self.person, slate_rank=1, parts=parts), at)

    def approved(self, at: datetime = START, submitted_at: datetime | None = None) -> AnyEvent:
        when = submitted_at or START - timedelta(days=10) + timedelta(seconds=self.turn)
        return self.tells(
            facts.ApplicationApproved(
                application=self.application,
                person=self.person,
                score=self.score,
                submitted_at=when,
                course=self.course,
                channel=self.channel,
            ),
            at,
        )

    def withdrawn(self, at: datetime = START) -> AnyEvent:
        return self.tells(
            facts.ApplicationWithdrawn(application=self.application, person=self.person, by_role="applicant", from_state="offered"), at
        )

    def ended(self, at: datetime = START, reason: str = "left") -> AnyEvent:
        return self.tells(facts.ApplicationEnded(application=self.application, person=self.person, reason=reason), at)

    def accepts(self, version: int, at: datetime = START) -> AnyEvent:
        return self.tells(facts.OfferAccepted(application=self.application, person=self.person, place_version=version), at)

    def declines(self, version: int, at: datetime = START) -> AnyEvent:
        return self.tells(facts.OfferDeclined(application=self.application, person=self.person, place_version=version), at)


async def let_pass(db: Database, at: datetime) -> int:
    """Applications tells of every offer whose deadline was before `at`; answers with how many there were."""
    due = await rows(
        db, "select application, person, cell, version, answer_by from place where state = 'offered' and answer_by < :at", at=at
    )
    for one in due:
        fact = facts.OfferUnanswered(application=one.application, person=one.person, place_version=one.version, answer_by=one.answer_by)
        await apply_events(db, event(fact, subject=f"offer:{one.application}", version=one.version, key=one.cell, at=at))
    return len(due)


def publication(data: facts.ProgrammePublished, *, version: int = 1, at: datetime = START) -> AnyEvent:
    return event(data, subject=data.programme, version=version, key=data.programme, at=at)


async def apply_events(db: Database, *events: AnyEvent) -> None:
    """One batch, in one transaction."""
    await db.run(lambda tx: handle(tx, events))


async def rows(db: Database, statement: str, **values: Any) -> list[Any]:
    async def work(tx: Tx) -> list[Any]:
        return list((await tx.execute(text(statement), values)).all())

    return await db.run(work)


async def figures(db: Database, cell: str) -> tuple[int, int, int, int, int]:
    """Target, free, offered, taken, waiting."""
    (row,) = await rows(db, "select target, free, offered, taken, waiting from cell where key = :cell", cell=cell)
    return tuple(row)


async def states(db: Database, *people: Person) -> list[str | None]:
    """What each of them has, in order."""
    known = {row.application: row.state for row in await rows(db, "select application, state from place")}
    return [known.get(one.application) for one in people]


async def told(db: Database, kind: str = "") -> list[AnyEvent]:
    """The events in the outbox, in order, of a type where asked."""
    events = [decode(bytes(row.value)) for row in await rows(db, "select value from outbox order by id")]
    return [one for one in events if kind in one.type]


TABLES = ("programme", "cell", "limit_counter", "place", "decision", "transfer", "account", "outbox")


async def picture(db: Database) -> dict[str, list[Any]]:
    """Everything in the service's tables, to compare before and after."""
    return {table: [tuple(row) for row in await rows(db, f"select * from {table} order by 1, 2")] for table in TABLES}


async def held(db: Database, now: datetime = datetime(2016, 6, 1, tzinfo=UTC)) -> dict[str, int]:
    """The live checks that do not hold; empty is the normal answer."""
    found = await db.run(lambda tx: checks.broken(tx, now))
    return {name: number for name, number in found.items() if number}
