"""Erasing a person: asked for, taken back, done when it is due, and done again after an older backup was put back.

What stays is what the books and the statistics need: ids, codes and moments (`store.STAYS`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.applications.accounts import people
from services.applications.accounts.use_cases import sign_out_everywhere
from services.applications.domain.accounts import APPLICANT
from services.applications.domain.lifecycle import BEFORE_PLACED, State
from services.applications.domain.viewers import Viewer
from services.applications.privacy import mailing, store
from services.applications.privacy.tables import Erasure
from services.applications.store.applications import lock_person
from services.applications.tables import Application
from services.applications.use_cases.offers import withdraw
from services.applications.use_cases.steps import Done
from shared.events.applications import ApplicantErased
from shared.events.catalogue import event
from shared.events.envelope import Event
from shared.kernel.ids import derived_id
from shared.messaging import outbox
from shared.persistence import audit
from shared.persistence.database import Tx

UNUSED: Final = "unused"
"""Cause of an erasure that nobody asked for: the account had stood empty for long."""
AGAIN_AFTER: Final = timedelta(hours=1)
WITHDRAWN_FIRST: Final = BEFORE_PLACED
"""Nothing of these is settled yet: they are withdrawn in the ordinary way, so that a place goes to the next."""


@dataclass(frozen=True, slots=True)
class Asked:
    """It will be done at `due_at`, and can be taken back until then. `mail` tells of it, where this was the first time."""

    due_at: datetime
    mail: mailing.Waiting | None = None


@dataclass(frozen=True, slots=True)
class HoldsPlace:
    """The person holds places: the country and the donor must know who does. They are given back first, or end."""

    applications: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class NoAccount:
    """There is no such account of an applicant."""


@dataclass(frozen=True, slots=True)
class Erased:
    """It was done. `keys` name the bytes that are to be removed after the commit; `mail` is the last word to the person."""

    keys: tuple[str, ...]
    mail: mailing.Waiting | None = None


async def ask(tx: Tx, person: UUID, *, grace: timedelta, now: datetime) -> Asked | HoldsPlace | NoAccount:
    """Note the person's request, and sign them out everywhere. Asked twice, the first one counts."""
    await lock_person(tx, person)
    account = await people.by_id(tx, person, lock=True)
    if account is None or account.role != APPLICANT:
        return NoAccount()
    held = tuple(one.id for one in await store.applications_of(tx, person) if one.state == State.PLACED)
    if held:
        return HoldsPlace(held)
    before, mail = await store.asked(tx, person, lock=True), None
    if before is None:
        before = Erasure(person_id=person, cause="asked", asked_at=now, due_at=now + grace)
        tx.add(before)
        await tx.flush()
        await _noted(tx, "erasure.asked", person, {"due_at": before.due_at.isoformat()}, role=APPLICANT, now=now)
        mail = mailing.new(mailing.ASKED, person, account.email, account.language, before.due_at, now=now)
        await mailing.asked_again(tx, person)
        await mailing.add(tx, [mail], now=now, held=True)
    await sign_out_everywhere(tx, account=person, now=now)
    return Asked(before.due_at, mail)


async def keep(tx: Tx, person: UUID, *, now: datetime) -> bool:
    """Take the request back; False where there is none, or where it was done."""
    await lock_person(tx, person)
    found = await store.asked(tx, person, lock=True)
    if found is None or found.erased_at is not None:
        return False
    await tx.delete(found)
    await tx.flush()
    await mailing.take_back(tx, person, now=now)
    await _noted(tx, "erasure.taken_back", person, {}, role=APPLICANT, now=now)
    return True


async def erase_next(tx: Tx, *, now: datetime) -> Erased | None:
    """Erase the person whose time has come first; none where nobody's has."""
    person = await store.next_due(tx, now)
    if person is None:
        return None
    await lock_person(tx, person)
    found = await store.asked(tx, person, lock=True)
    if found is None or found.erased_at is not None:
        return Erased(())  # taken back, or done by another worker, while we waited
    applications = await store.applications_of(tx, person)
    if any(one.state == State.PLACED for one in applications):
        return Erased(())  # the place was taken while we waited: it is given back first, or ends
    if found.cause == UNUSED and (applications or await store.signed_in(tx, person)):
        await tx.delete(found)  # the account is used after all
        return Erased(())
    account = await people.by_id(tx, person)
    mail = mailing.new(mailing.DONE, person, account.email, account.language, now, now=now) if account else None
    keys = await _erase(tx, found, now=now)
    await mailing.add(tx, [mail] if mail else [], now=now, held=True)
    return Erased(keys, mail)


async def put_off(tx: Tx, *, now: datetime) -> None:
    """Let those behind the person whose erasure failed come first; it is tried again after a while."""
    person = await store.next_due(tx, now)
    found = await store.asked(tx, person, lock=True) if person is not None else None
    if found is not None and found.erased_at is None:
        found.due_at = now + AGAIN_AFTER


async def erased_before(tx: Tx, event: Event[ApplicantErased]) -> None:
    """Hear that a person was erased. It is news only where an older backup of this service was put back: then it is done again."""
    await erase_again(tx, event.data.person, now=event.time)


async def erase_again(tx: Tx, person: UUID, *, now: datetime) -> Erased | None:
    """Erase a person who was erased before a backup of that time was put back; none where nothing of them is there.

    The bytes of documents go with the sweep of those that nothing refers to.
    """
    await lock_person(tx, person)
    found = await store.asked(tx, person, lock=True)
    if found is not None and found.erased_at is not None and await people.by_id(tx, person) is None:
        return None
    if found is None:
        found = Erasure(person_id=person, cause="again", asked_at=now, due_at=now)
        tx.add(found)
        await tx.flush()
    return Erased(await _erase(tx, found, now=now))


async def _erase(tx: Tx, found: Erasure, *, now: datetime) -> tuple[str, ...]:
    """Do it; the keys of the bytes that are to be removed after the commit."""
    person = found.person_id
    account = await people.by_id(tx, person, lock=True)
    applications = await store.applications_of(tx, person)
    await _withdraw(tx, Viewer(person, APPLICANT), applications, now)
    ids = [one.id for one in applications]
    keys = await store.keys_of(tx, ids)
    counts = await store.remove(tx, person, ids, account.email if account else None)
    found.erased_at = now
    await tx.flush()
    told = ApplicantErased(person=person)
    key = str(person)
    await outbox.add(tx, event(told, subject=key, version=1, key=key, at=now, event_id=derived_id("erased", key)))
    await _noted(tx, "applicant.erased", person, {"cause": found.cause, "rows": counts}, role="system", now=now)
    return tuple(keys)


async def _withdraw(tx: Tx, viewer: Viewer, applications: Sequence[Application], now: datetime) -> None:
    for one in applications:
        if one.state in WITHDRAWN_FIRST:
            done = await withdraw(tx, viewer, one.id, expected_version=None, now=now)
            assert isinstance(done, Done), f"a person may withdraw what is {one.state}, but: {done}"


async def _noted(tx: Tx, act: str, person: UUID, detail: dict[str, object], *, role: str, now: datetime) -> None:
    actor = str(person) if role == APPLICANT else "system"
    await audit.record(tx, at=now, actor=actor, role=role, act=act, subject=str(person), detail=detail)
