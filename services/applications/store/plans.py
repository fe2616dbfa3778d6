"""Plans as they were loaded, and the programmes in force."""

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import func, select, text
from sqlmodel import col

from services.applications.domain.letters import APPEAL, APPEALABLE
from services.applications.domain.lifecycle import APPLICANT, FINISHED, State
from services.applications.domain.participation import Change, Period, Share, shares_on
from services.applications.plan.model import Call, Plan, Programme
from services.applications.plan.versions import decode
from services.applications.tables import PlanChange, PlanVersion
from shared.persistence.database import Tx

KEPT_MAX = 8
_decoded: dict[str, Plan] = {}
"""Plans by the hash of their content, which never changes under a hash: no process asks for the same plan twice."""

IN_FORCE = """
    select p.programme, p.number, v.plan, v.version, v.content_hash, (
        select jsonb_agg(jsonb_build_object(
            'country', c.country, 'takes_part', c.takes_part, 'start', c.first_day, 'end', c.last_day, 'parts', c.parts
        ) order by c.country, c.number) from participation_change c where c.programme = p.programme
    ) as changes
    from (select distinct on (programme) programme, number, plan, plan_version from programme_version order by programme, number desc) p
    join plan_version v on v.plan = p.plan and v.version = p.plan_version
"""


class CallDropped(Exception):
    """A newer version of the plan has no longer the call that an application belongs to. Two people agreed to that."""

    def __init__(self, programme: str, year: int) -> None:
        super().__init__(f"{programme} has no call in {year} any more")
        self.programme, self.year = programme, year


class InForce(NamedTuple):
    """A programme as it is now, in its plan. `number` counts the programme's published versions.

    `changes` are what was adopted since about who takes part, each country's in its order.
    """

    plan: Plan
    programme: Programme
    number: int
    changes: tuple[Change, ...] = ()

    def call(self, year: int) -> Call:
        """The call of a year that somebody has applied to; `CallDropped` where a newer version of the plan has it no longer."""
        found = self.programme.call(year)
        if found is None:
            raise CallDropped(self.programme.code, year)
        return found

    def shares(self, country: str, day: date) -> tuple[Share, ...]:
        """What the country takes part in on that day; nothing where it takes no part."""
        planned = [one for one in self.plan.participation if one.country == country and one.programme == self.programme.code]
        return shares_on(day, planned, [one for one in self.changes if one.country == country])

    def away_from(self, country: str, first: date, last: date) -> date | None:
        """The first of these days on which the country takes no part in anything; none where there is no such day."""
        periods = [one for one in self.plan.participation if one.country == country and one.programme == self.programme.code]
        known: list[Period] = [*periods, *(one for one in self.changes if one.country == country)]
        turns = {first, *(one.start for one in known), *(one.end + timedelta(days=1) for one in known if one.end)}
        return next((day for day in sorted(turns) if first <= day <= last and not self.shares(country, day)), None)

    def named_parts(self, country: str) -> frozenset[str]:
        """The parts that the plan, or a change since, names for the country."""
        planned = [one.parts for one in self.plan.participation if one.country == country and one.programme == self.programme.code]
        return frozenset().union(*planned, *(one.parts for one in self.changes if one.country == country))


_ALL_IN_FORCE: Final = text(IN_FORCE)
_ONE_IN_FORCE: Final = text(f"{IN_FORCE} where p.programme = :programme")


async def in_force(tx: Tx, programme: str) -> InForce | None:
    """The programme with that code, as last published."""
    row = (await tx.execute(_ONE_IN_FORCE, {"programme": programme})).one_or_none()
    return None if row is None else await read(tx, *row)


async def all_in_force(tx: Tx) -> list[InForce]:
    """Every programme as last published, in the order of its plan's files."""
    rows = (await tx.execute(_ALL_IN_FORCE)).all()
    found = [await read(tx, *row) for row in rows]
    return sorted(found, key=lambda one: (one.plan.code, [p.code for p in one.plan.programmes].index(one.programme.code)))


async def at(tx: Tx, programme: str, moment: datetime) -> Programme | None:
    """The programme as it was published at that moment; none where it was published later."""
    statement = text(
        "select p.programme, p.number, v.plan, v.version, v.content_hash, null from programme_version p "
        "join plan_version v on v.plan = p.plan and v.version = p.plan_version "
        "where p.programme = :programme and p.loaded_at <= :moment order by p.number desc limit 1"
    )
    row = (await tx.execute(statement, {"programme": programme, "moment": moment})).one_or_none()
    return None if row is None else (await read(tx, *row)).programme


async def dropped(tx: Tx, programme: str, year: int) -> datetime | None:
    """When the call of a year that the programme has no longer was over: on the day that it had last, or when it was dropped before that.

    It was dropped by the first version without it since it was there last, however many came after that. None where there was no version.
    """
    statement = text(
        "select p.loaded_at, p.number, v.plan, v.version, v.content_hash from programme_version p "
        "join plan_version v on v.plan = p.plan and v.version = p.plan_version where p.programme = :programme order by p.number desc"
    )
    since = None
    for loaded_at, number, plan, version, content_hash in (await tx.execute(statement, {"programme": programme})).all():
        call = (await read(tx, programme, number, plan, version, content_hash, None)).programme.call(year)
        if call is not None:
            return min(call.closes, since or call.closes)
        since = loaded_at
    return since


async def read(tx: Tx, programme: str, number: int, plan: str, version: str, content_hash: str, changes: Any) -> InForce:
    """The programme of a row of `IN_FORCE`; its plan is fetched once a process."""
    if content_hash not in _decoded:
        statement = select(col(PlanVersion.content)).where(col(PlanVersion.plan) == plan, col(PlanVersion.version) == version)
        while len(_decoded) >= KEPT_MAX:
            del _decoded[next(iter(_decoded))]
        _decoded[content_hash] = decode((await tx.execute(statement)).scalar_one())
    found = _decoded[content_hash].programme(programme)
    assert found is not None, f"{plan} {version} was loaded with {programme}"
    return InForce(_decoded[content_hash], found, number, msgspec.convert(changes or (), tuple[Change, ...]))


async def content_of(tx: Tx, plan: str, version: str) -> bytes | None:
    """That version of the plan as it was loaded; none where it never was."""
    statement = select(col(PlanVersion.content)).where(col(PlanVersion.plan) == plan, col(PlanVersion.version) == version)
    return (await tx.execute(statement)).scalar_one_or_none()


async def lock_loading(tx: Tx) -> None:
    """One plan is loaded at a time, and while nobody hands in by the plan before it (`HELD`)."""
    await tx.execute(text("select pg_advisory_xact_lock(hashtextextended('plan', 3))"))


HELD: Final = func.pg_advisory_xact_lock_shared(func.hashtextextended("plan", 3))
"""A column of a statement after which no plan is loaded until the transaction ends: what is read of one after that stays true."""
_HOLD: Final = select(HELD)


async def hold(tx: Tx) -> None:
    """The same, by a statement of its own."""
    await tx.execute(_HOLD)


async def open_change(tx: Tx, plan: str) -> PlanChange | None:
    """The proposed version of the plan that waits for a second officer."""
    statement = select(PlanChange).where(col(PlanChange.plan) == plan, col(PlanChange.confirmed_at).is_(None)).with_for_update()
    return (await tx.execute(statement)).scalar_one_or_none()


async def answered_questions(tx: Tx, programme: str) -> set[str]:
    """Keys of the questions of a programme that somebody has answered in an application that is not withdrawn."""
    statement = text(
        "select distinct jsonb_object_keys(g.answers) from page_answers g join application a on a.id = g.application_id "
        "where a.programme = :programme and a.state <> 'withdrawn'"
    )
    return set((await tx.execute(statement, {"programme": programme})).scalars())


async def held_by_year(tx: Tx, programme: str) -> dict[int, int]:
    """Year to places offered or taken, as quotas last told."""
    statement = text(
        "select split_part(cell, ':', 3)::int, sum(offered + taken)::int from cell_figures "
        "where split_part(cell, ':', 1) = :programme group by 1"
    )
    return {int(year): int(held) for year, held in (await tx.execute(statement, {"programme": programme}))}


async def applied_years(tx: Tx, programme: str) -> set[int]:
    """Years of the programme that somebody has applied to."""
    statement = text("select distinct year from application where programme = :programme and state <> 'withdrawn'")
    return set((await tx.execute(statement, {"programme": programme})).scalars())


async def under_way(tx: Tx, programme: str) -> dict[int, int]:
    """Year -> applications that were sent and have not come to an end: a draft is nobody's business but its owner's."""
    statement = text(
        "select year, count(*)::int as number from application where programme = :programme and state <> all(:over) group by year"
    )
    over = [State.DRAFT, *FINISHED]
    return {row.year: row.number for row in await tx.execute(statement, {"programme": programme, "over": over})}


async def answerable(tx: Tx, programme: str, decided_since: datetime) -> dict[int, int]:
    """Year -> applications that have come to an end, about which staff owe an answer, or the person may still begin an appeal against what
    was decided since that moment.
    """
    statement = text(
        "select year, count(*)::int as number from application a where programme = :programme and state = any(:over) and ("
        "exists (select 1 from letter l where l.application_id = a.id and l.role = :applicant and not exists ("
        "select 1 from letter n where n.application_id = l.application_id and n.kind = l.kind and n.number > l.number)) "
        "or (state = any(:appealable) and changed_at > :since "
        "and not exists (select 1 from letter c where c.application_id = a.id and c.kind = :appeal and c.closes))) group by year"
    )
    given = {"programme": programme, "over": list(FINISHED), "applicant": APPLICANT, "appealable": list(APPEALABLE), "appeal": APPEAL}
    return {row.year: row.number for row in await tx.execute(statement, {**given, "since": decided_since})}


async def seats_held(tx: Tx, programme: str) -> dict[tuple[int, str], int]:
    """Year and course -> applications that hold a seat of it, or held one until their stay was over and did not give it back."""
    statement = text(
        "select year, course, count(*)::int as seats from application where programme = :programme and course is not null "
        "and state in ('offered', 'accepted', 'placed', 'ended') and not gave_back group by year, course"
    )
    return {(row.year, row.course): row.seats for row in await tx.execute(statement, {"programme": programme})}


async def channels_named(tx: Tx, programme: str) -> dict[str, int]:
    """Channel -> applications that name it, were sent, and on which quotas has not decided."""
    statement = text(
        "select channel, count(*)::int as number from application where programme = :programme and channel is not null "
        "and state = any(:undecided) group by channel"
    )
    undecided = [State.SUBMITTED, State.RETURNED, State.NOMINATED, State.APPROVED]
    return {row.channel: row.number for row in await tx.execute(statement, {"programme": programme, "undecided": undecided})}
