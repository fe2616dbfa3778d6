"""Loading a plan: the same version once, a broken promise only with a second officer, one event for each programme."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.promises import Held, broken_promises, stranded
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Plan
from services.applications.plan.publish import programme_published
from services.applications.plan.versions import LoadRefused, content_hash, decode, encode, judge_load
from services.applications.store import plans as store
from services.applications.store.seats import fixed
from services.applications.tables import PlanChange, PlanVersion, ProgrammeVersion
from shared.events.catalogue import event
from shared.kernel.ids import new_id
from shared.messaging import outbox
from shared.persistence import audit
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plan is in force; these programmes were published."""

    programmes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """This version with this content was loaded before; nothing was changed."""


@dataclass(frozen=True, slots=True)
class NeedsConfirmation:
    """The plan breaks promises already made; a second officer must confirm `change_id`. Nothing is in force yet."""

    change_id: UUID
    breaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SamePerson:
    """Who proposed a change may not confirm it."""


@dataclass(frozen=True, slots=True)
class ChangeReplaced:
    """What would be confirmed is no longer what was shown: another proposal, or more promises that it breaks by now. Show it again."""

    change_id: UUID
    breaks: tuple[str, ...]
    code: str = "change_replaced"


@dataclass(frozen=True, slots=True)
class Stranded:
    """Applications that were sent could neither go on nor end in the plan: nobody can agree to that, and nothing is in force."""

    lines: tuple[str, ...]
    code: str = "applications_stranded"


@dataclass(frozen=True, slots=True)
class ProgrammeTaken:
    """A programme's code belongs to another plan."""

    programme: str
    plan: str


async def load_plan(
    tx: Tx, plan: Plan, *, actor: str, role: str = "operator", now: datetime
) -> Loaded | Unchanged | NeedsConfirmation | LoadRefused | ProgrammeTaken | Stranded:
    """Put a plan that was read and checked in force. `actor` is an account id, or a name such as `puente plan load`."""
    await store.lock_loading(tx)
    verdict = judge_load(plan, await store.content_of(tx, plan.code, plan.version))
    if isinstance(verdict, LoadRefused):
        return verdict
    if verdict == "unchanged":
        return Unchanged()
    before = await store.all_in_force(tx)
    owned = {one.programme.code: one.plan.code for one in before}
    for programme in plan.programmes:
        if owned.get(programme.code, plan.code) != plan.code:
            return ProgrammeTaken(programme.code, owned[programme.code])
    breaks = await _breaks(tx, plan, [one for one in before if one.plan.code == plan.code], now)
    if isinstance(breaks, Stranded):
        return breaks
    if breaks:
        return await _propose(tx, plan, breaks, actor=actor, role=role, now=now)
    return await _put_in_force(tx, plan, actor=actor, role=role, confirmed_by=None, now=now)


async def confirm_change(
    tx: Tx, viewer: Viewer, plan_code: str, *, change_id: UUID, now: datetime
) -> Loaded | NotFound | Forbidden | SamePerson | ChangeReplaced | Stranded:
    """A second officer puts the proposed version in force, though it breaks what it names. `change_id` is what they were shown."""
    if viewer.role != "officer":
        return Forbidden()
    await store.lock_loading(tx)
    change = await store.open_change(tx, plan_code)
    if change is None:
        return NotFound()
    if change.proposed_by == str(viewer.account_id):
        return SamePerson()
    if change.id != change_id:
        return ChangeReplaced(change.id, tuple(change.breaks))
    plan = decode(change.content)
    breaks = await _breaks(tx, plan, [one for one in await store.all_in_force(tx) if one.plan.code == plan.code], now)
    if isinstance(breaks, Stranded):
        return breaks
    if not set(breaks) <= set(change.breaks):
        # People went on applying meanwhile: nobody agreed to break what is new in the list.
        change.id, change.breaks = new_id(), breaks
        await tx.flush()
        return ChangeReplaced(change.id, tuple(breaks))
    change.confirmed_by = str(viewer.account_id)
    change.confirmed_at = now
    return await _put_in_force(tx, plan, actor=change.proposed_by, role=viewer.role, confirmed_by=change.confirmed_by, now=now)


async def _breaks(tx: Tx, plan: Plan, before: Sequence[store.InForce], now: datetime) -> list[str] | Stranded:
    """The promises that the plan breaks and the one in force keeps, for a second officer to agree to; or what nobody can agree to."""
    found, never = list[str](), list[str]()
    for one in before:
        code = one.programme.code
        held = Held(
            questions=frozenset(await store.answered_questions(tx, code)),
            places=await store.held_by_year(tx, code),
            years=frozenset(await store.applied_years(tx, code)),
            seats=await store.seats_held(tx, code),
            fixed={(course.year, course.course) for course in await fixed(tx, [code]) if course.country is None},
            channels=await store.channels_named(tx, code),
            under_way=await store.under_way(tx, code),
            # The last day of an appeal counts to its end, in whatever zone the call is.
            answerable=await store.answerable(tx, code, now - timedelta(days=one.programme.appeal_days + 1)),
        )
        agreed = broken_promises(code, one.programme, held)
        found += [line for line in broken_promises(code, plan.programme(code), held) if line not in agreed]
        never += stranded(code, plan.programme(code), held)
    return Stranded(tuple(never)) if never else found


async def _propose(tx: Tx, plan: Plan, breaks: Sequence[str], *, actor: str, role: str, now: datetime) -> NeedsConfirmation:
    change = await store.open_change(tx, plan.code)
    if change is not None and change.content_hash == content_hash(plan) and change.version == plan.version:
        return NeedsConfirmation(change.id, tuple(change.breaks))
    if change is not None:
        await tx.delete(change)
        await tx.flush()
    change = PlanChange(
        id=new_id(),
        plan=plan.code,
        version=plan.version,
        content_hash=content_hash(plan),
        content=encode(plan),
        breaks=list(breaks),
        proposed_by=actor,
        proposed_at=now,
    )
    tx.add(change)
    await tx.flush()
    detail = {"version": plan.version, "breaks": list(breaks)}
    await audit.record(tx, at=now, actor=actor, role=role, act="plan.propose", subject=plan.code, detail=detail)
    return NeedsConfirmation(change.id, tuple(breaks))


async def _put_in_force(tx: Tx, plan: Plan, *, actor: str, role: str, confirmed_by: str | None, now: datetime) -> Loaded:
    tx.add(
        PlanVersion(
            plan=plan.code,
            version=plan.version,
            content_hash=content_hash(plan),
            content=encode(plan),
            loaded_at=now,
            loaded_by=actor,
            confirmed_by=confirmed_by,
        )
    )
    made = []
    for programme in plan.programmes:
        statement = select(func.coalesce(func.max(col(ProgrammeVersion.number)), 0)).where(
            col(ProgrammeVersion.programme) == programme.code
        )
        number = (await tx.execute(statement)).scalar_one() + 1
        tx.add(ProgrammeVersion(programme=programme.code, number=number, plan=plan.code, plan_version=plan.version, loaded_at=now))
        data = programme_published(plan, programme)
        made.append(event(data, subject=programme.code, version=number, key=programme.code, at=now))
    await tx.flush()
    await outbox.add(tx, *made)
    detail = {"version": plan.version, "hash": content_hash(plan), "confirmed_by": confirmed_by}
    await audit.record(tx, at=now, actor=confirmed_by or actor, role=role, act="plan.load", subject=plan.code, detail=detail)
    return Loaded(tuple(programme.code for programme in plan.programmes))
