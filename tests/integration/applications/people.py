"""Everybody who acts on an application, and how to bring one to any state by the real use cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text

from services.applications import events, use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.plan import Plan, Programme, read
from services.applications.store import applications as store
from services.applications.tables import Application
from services.applications.use_cases import Done, NewFile, Submission, Submitted
from services.applications.use_cases.plans import Loaded
from shared.events import quotas
from shared.events.catalogue import decode, event
from shared.events.envelope import AnyEvent
from shared.events.fact import Fact
from shared.kernel.cells import Cell
from shared.kernel.ids import new_id
from shared.persistence.database import Database, Tx
from tests.conftest import PLAN
from tests.integration.applications.forms import form_of
from tests.integration.applications.letters import recommended

T = TypeVar("T")
PROGRAMME, YEAR, COUNTRY = "scholarship", 2016, "PE"
PUBLISHED: Final = datetime(2016, 1, 20, 9, tzinfo=UTC)
"""When the plan was put in force; where the clock stands as tests begin."""
CELL: Final = Cell(PROGRAMME, COUNTRY, YEAR)

COORDINATOR: Final = Viewer(new_id(), "coordinator", COUNTRY)
ABROAD: Final = Viewer(new_id(), "coordinator", "CL")
REVIEWER: Final = Viewer(new_id(), "reviewer")
OFFICER: Final = Viewer(new_id(), "officer")
SECOND_OFFICER: Final = Viewer(new_id(), "officer")
AUDITOR: Final = Viewer(new_id(), "auditor")
OPERATOR: Final = Viewer(new_id(), "operator")


def new_applicant() -> Viewer:
    return Viewer(new_id(), "applicant")


@cache
def the_plan() -> Plan:
    """The shipped plan, and beside its programmes two with another route: without nomination, and with nothing but approval."""
    plan = read(PLAN)
    assert isinstance(plan, Plan), plan
    scholarship = plan.programme(PROGRAMME)
    assert scholarship is not None
    return with_programmes(plan, route_of(scholarship, "open", ("review", "approval")), route_of(scholarship, "short", ("approval",)))


def with_programmes(plan: Plan, *more: Programme) -> Plan:
    """The plan with more programmes, in which the countries take part as in the scholarships."""
    parts = [msgspec.structs.replace(p, programme=one.code) for one in more for p in plan.participation if p.programme == PROGRAMME]
    return msgspec.structs.replace(plan, programmes=(*plan.programmes, *more), participation=(*plan.participation, *parts))


def route_of(programme: Programme, code: str, route: tuple[str, ...]) -> Programme:
    return msgspec.structs.replace(programme, code=code, route=route, documents=(), referees=None)


def good_form(programme: str = PROGRAMME) -> dict[str, dict[str, str]]:
    """Page key to the fields of somebody who is eligible."""
    return form_of(the_plan(), programme, PROGRAMME)


async def with_the_plan(db: Database) -> None:
    """Put the plan in force, once for all tests that begin with it."""
    loaded = await db.run(lambda tx: use_cases.load_plan(tx, the_plan(), actor="tests", now=PUBLISHED))
    assert isinstance(loaded, Loaded), loaded


async def handed_in(tx: Tx, person: Viewer, application_id: UUID, *, now: datetime, key: str | None = None) -> Any:
    """One submission, alone."""
    return await use_cases.submit(tx, Submission(person, application_id, key or str(new_id()), now))


async def rehearsed(tx: Tx, person: Viewer, application_id: UUID, *, now: datetime) -> Any:
    """What handing it in would be answered."""
    return await use_cases.submit(tx, Submission(person, application_id, "", now, rehearsal=True))


@dataclass
class World:
    """The service's database with the plan in force, and a moment that tests move by hand."""

    db: Database
    now: datetime
    places: int = 0

    async def do(self, use_case: Callable[..., Any], *values: Any, **named: Any) -> Any:
        """One use case in one transaction, at `now` where it takes a moment."""
        if use_case not in (store.find,):
            named.setdefault("now", self.now)
        return await self.db.run(lambda tx: use_case(tx, *values, **named))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async def work(tx: Tx) -> list[Any]:
            return list((await tx.execute(text(statement), values)).all())

        return await self.db.run(work)

    async def application(self, application_id: UUID) -> Application:
        async def work(tx: Tx) -> Application:
            found = await tx.get(Application, application_id)
            assert found is not None
            return found

        return await self.db.run(work)

    async def published(self, application_id: UUID | None = None) -> list[AnyEvent]:
        """The events in the outbox, in order; about one application where it is named."""
        found = [decode(bytes(row.value)) for row in await self.rows("select value from outbox order by id")]
        return [one for one in found if application_id is None or one.subject == str(application_id)]

    async def hears(self, *heard: AnyEvent) -> None:
        """The service takes these events, in one transaction."""
        await self.db.run(lambda tx: events.handle(tx, heard))

    # ------------------------------------------------------------------ people

    async def draft(self, person: Viewer, programme: str = PROGRAMME, country: str = COUNTRY) -> Application:
        done = await self.do(use_cases.start_draft, person, programme=programme, year=YEAR, country=country)
        assert isinstance(done, Done), done
        return done.application

    async def fill(self, person: Viewer, application: Application) -> None:
        for page, fields in good_form(application.programme).items():
            done = await self.do(use_cases.save_page, person, application.id, page, fields)
            assert isinstance(done, Done), (page, done)
        found = the_plan().programme(application.programme)
        assert found is not None
        for paper in found.documents:
            if paper.stage in ("submission", "nomination"):
                await self.attach(person, application.id, paper.key)
        if found.referees is not None:
            await self.recommend(person, application.id, found.referees.minimum)

    async def attach(self, viewer: Viewer, application_id: UUID, kind: str) -> Any:
        file = NewFile("a.pdf", "application/pdf", 9, f"{new_id()}", f"x/{new_id()}")
        return await self.do(use_cases.attach_document, viewer, application_id, kind, file)

    async def recommend(self, person: Viewer, application_id: UUID, number: int) -> None:
        """So many letters in all, asked for and written in one transaction."""
        await self.db.run(lambda tx: recommended(tx, person, application_id, number, self.now))

    async def submit(self, person: Viewer, application_id: UUID, key: str | None = None) -> Any:
        return await self.do(handed_in, person, application_id, key=key)

    async def submitted(self, person: Viewer, programme: str = PROGRAMME, country: str = COUNTRY) -> Application:
        application = await self.draft(person, programme, country)
        await self.fill(person, application)
        outcome = await self.submit(person, application.id)
        assert isinstance(outcome, Submitted), outcome
        return await self.application(application.id)

    async def act(self, use_case: Callable[..., Any], viewer: Viewer, application_id: UUID, **named: Any) -> Application:
        """An act that must succeed, on the version that is there now."""
        if use_case not in (use_cases.accept_offer, use_cases.decline_offer):
            named["expected_version"] = (await self.application(application_id)).version
        done = await self.do(use_case, viewer, application_id, **named)
        assert isinstance(done, Done), done
        return done.application

    async def score(self, application_id: UUID, viewer: Viewer = REVIEWER, share: float = 0.5) -> None:
        programme = the_plan().programme((await self.application(application_id)).programme)
        assert programme is not None
        points = {criterion.key: int(criterion.maximum * share) for criterion in programme.criteria}
        await self.act(use_cases.score, viewer, application_id, points=points, reason="sound")

    # ------------------------------------------------------------------ quotas

    def place(self, kind: type[Fact], application: Application, version: int | None = None, **data: Any) -> AnyEvent:
        """A fact of quotas about the application; the next version of its place where none is named."""
        self.places += 1
        if kind is not quotas.NominationRefused:
            data.setdefault("decision", self.places)
        fact = kind(application=application.id, person=application.person_id, **data)
        cell = Cell(application.programme, application.country, application.year).key
        return event(fact, subject=str(application.id), version=version or self.places, key=cell, at=self.now)

    def offered(self, application: Application, version: int | None = None) -> AnyEvent:
        return self.place(quotas.PlaceOffered, application, version, answer_by=self.now + timedelta(days=14), cause="approved")

    def waiting(self, application: Application, version: int | None = None, rank: int = 3) -> AnyEvent:
        closes = self.now + timedelta(days=90)
        return self.place(quotas.PlaceWaiting, application, version, rank=rank, lacking=[f"cell:{CELL.key}"], list_closes=closes)

    def refused(self, application: Application, version: int | None = None) -> AnyEvent:
        return self.place(quotas.PlaceRefused, application, version, reason="list_full", limit=f"cell:{CELL.key}")

    def no_room_to_nominate(self, application: Application, version: int | None = None) -> AnyEvent:
        limit = f"nomination:{CELL.key}"
        return self.place(quotas.NominationRefused, application, version, reason="nomination_cap", limit=limit)

    def taken(self, application: Application, version: int | None = None) -> AnyEvent:
        return self.place(quotas.PlaceTaken, application, version)

    def released(self, application: Application, cause: str, version: int | None = None) -> AnyEvent:
        return self.place(quotas.PlaceReleased, application, version, cause=cause)

    # ------------------------------------------------------------------ to any state

    async def reach(self, state: State, person: Viewer | None = None, programme: str = PROGRAMME) -> tuple[Viewer, Application]:
        """A new application in that state, by the shortest way through the real use cases."""
        person = person or new_applicant()
        if state is State.DRAFT:
            return person, await self.draft(person, programme)
        application = await self.submitted(person, programme)
        for step in WAY[state]:
            await getattr(self, f"_to_{step}")(person, application)
            application = await self.application(application.id)
        assert application.state == state, (application.state, state)
        return person, application

    async def _to_returned(self, person: Viewer, application: Application) -> None:
        by = (self.now + timedelta(days=7)).date()
        await self.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=[reason("return")], correct_by=by)

    async def _to_nominated(self, person: Viewer, application: Application) -> None:
        if application.programme == PROGRAMME:
            await self.act(use_cases.nominate, COORDINATOR, application.id)

    async def _to_rejected(self, person: Viewer, application: Application) -> None:
        await self.act(use_cases.reject, COORDINATOR, application.id, reasons=[reason("rejection")])

    async def _to_approved(self, person: Viewer, application: Application) -> None:
        if application.programme != "short":
            await self.score(application.id)
        await self.act(use_cases.approve, OFFICER, application.id)

    async def _to_waiting(self, person: Viewer, application: Application) -> None:
        await self.hears(self.waiting(application))

    async def _to_refused(self, person: Viewer, application: Application) -> None:
        await self.hears(self.refused(application))

    async def _to_offered(self, person: Viewer, application: Application) -> None:
        await self.hears(self.offered(application))

    async def _to_accepted(self, person: Viewer, application: Application) -> None:
        await self.act(use_cases.accept_offer, person, application.id, place_version=application.offer_version)

    async def _to_declined(self, person: Viewer, application: Application) -> None:
        await self.act(use_cases.decline_offer, person, application.id, place_version=application.offer_version)

    async def _to_lapsed(self, person: Viewer, application: Application) -> None:
        await self.hears(self.released(application, "expired"))

    async def _to_placed(self, person: Viewer, application: Application) -> None:
        await self.hears(self.taken(application))

    async def _to_withdrawn(self, person: Viewer, application: Application) -> None:
        await self.act(use_cases.withdraw, person, application.id)

    async def _to_ended(self, person: Viewer, application: Application) -> None:
        await self.act(use_cases.end, OFFICER, application.id, reason=reason("ending"))


def reason(use: str) -> str:
    """The first reason that the scholarships allow for that use and that needs no place of the form."""
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    return next(one.code for one in programme.reasons_for(use) if not one.marked)


WAY: Final = {
    State.SUBMITTED: (),
    State.RETURNED: ("returned",),
    State.NOMINATED: ("nominated",),
    State.REJECTED: ("rejected",),
    State.APPROVED: ("nominated", "approved"),
    State.WAITING: ("nominated", "approved", "waiting"),
    State.REFUSED: ("nominated", "approved", "refused"),
    State.OFFERED: ("nominated", "approved", "offered"),
    State.DECLINED: ("nominated", "approved", "offered", "declined"),
    State.LAPSED: ("nominated", "approved", "offered", "lapsed"),
    State.ACCEPTED: ("nominated", "approved", "offered", "accepted"),
    State.PLACED: ("nominated", "approved", "offered", "accepted", "placed"),
    State.ENDED: ("nominated", "approved", "offered", "accepted", "placed", "ended"),
    State.WITHDRAWN: ("withdrawn",),
}
