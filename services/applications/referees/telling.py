"""Saying to the notifications service what happened, and giving it, when it writes, where to write and a link of the mail's own."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.applications.accounts import people, zones
from services.applications.domain.answers import Stored, from_stored, name_in
from services.applications.domain.lifecycle import State
from services.applications.domain.referees import OPEN, Referees, may_write, passed, shifted
from services.applications.referees import store
from services.applications.referees.tables import Referee, RefereeLink
from services.applications.store import applications
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import cell_of, facts_of, terms_of
from shared.events.applications import RefereeDeclined, RefereeInvited, RefereeReceived, RefereeReleased, RefereeReminded, RefereeUnreached
from shared.events.catalogue import event
from shared.kernel.ids import new_secret
from shared.messaging import outbox
from shared.persistence.database import Tx

Told = RefereeInvited | RefereeReminded | RefereeReceived | RefereeDeclined | RefereeReleased | RefereeUnreached

NAME_MAX: Final = 100
WITH_LINK: Final = frozenset({"referee_invited", "referee_reminded"})
"""Mails that bring a link, and that are of no use any more once the request is settled."""


async def tell(tx: Tx, application: Application, *told: tuple[Referee, Told], now: datetime) -> None:
    """Put what happened to referees (their rows locked and changed) into the outbox; each counts its own facts."""
    made = []
    for referee, fact in told:
        referee.version += 1
        key = cell_of(application).key
        made.append(event(fact, subject=f"referee:{referee.id}", version=referee.version, key=key, at=now))
        if isinstance(fact, RefereeInvited | RefereeReminded):
            referee.mailed, referee.unreached_at = made[-1].id, None
    await tx.flush()
    await outbox.add(tx, *made)


def about(application: Application, referee: Referee) -> dict[str, UUID]:
    """What every event about a referee says first."""
    return {**facts_of(application), "referee": referee.id}


def due_of(terms: InForce, year: int, asked: Referees) -> datetime:
    """The last second for a letter to that year's call, by the plan."""
    call = terms.call(year)
    moment: datetime = getattr(call, asked.due_of)
    assert moment is not None, "the plan's files were checked to say so"
    return asked.due(moment, call.timezone)


def due_now(due: datetime, application: Application, terms: InForce, asked: Referees) -> datetime:
    """When a letter is due that was asked for until `due`: not before the plan's day, should the call have been made longer since,
    and for a returned application not before the day by which it is to be corrected."""
    call = terms.call(application.year)
    due = max(due, due_of(terms, application.year, asked))
    if application.state == State.RETURNED and application.correct_by is not None:
        day_over = datetime.combine(application.correct_by, time(23, 59, 59), ZoneInfo(call.timezone)).astimezone(UTC)
        due = max(due, day_over)
    return due


def open_until(due: datetime, application: Application, terms: InForce, asked: Referees) -> datetime:
    """The last second in which a letter due then is taken: with the grace after it."""
    return shifted(due_now(due, application, terms, asked), asked.late_days, terms.call(application.year).timezone)


def taken_until(due: datetime, application: Application, terms: InForce, asked: Referees, now: datetime) -> datetime:
    """The last second that is told for a letter due then: the due one, or, once that is over, the end of the grace after it."""
    present = due_now(due, application, terms, asked)
    return open_until(due, application, terms, asked) if passed(present, now) else present


async def applicant_name(tx: Tx, application: Application, terms: InForce) -> str:
    """What the applicant is called: as the form says, else as the account does; empty where neither says."""
    if named := name_said(terms, await applications.stored_answers(tx, application.id)):
        return named
    account = await people.by_id(tx, application.person_id)
    return account.name if account else ""


def name_said(terms: InForce, answers: Mapping[str, Stored]) -> str:
    """What the form says that the applicant is called; empty where it does not."""
    return name_in(terms.programme.pages, from_stored(terms.programme.pages, answers))


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Where and how a referee is written to. `path` is the address of their page with a new secret in it, or empty."""

    email: str
    name: str
    language: str
    timezone: str
    applicant: str
    path: str


async def letterhead(tx: Tx, referee_id: UUID, template: str, *, now: datetime) -> Letterhead | None:
    """What a mail of this template to the referee needs now; none where the referee is gone, or the mail has become pointless.

    Each mail that brings a link brings a new one; only its hash stays here.
    """
    referee = await store.find(tx, referee_id, lock=True)
    if referee is None:
        return None
    application = await store.application_of(tx, referee)
    terms = await terms_of(tx, application.programme)
    asked = terms.programme.referees
    path = ""
    if template in WITH_LINK:
        if asked is None or referee.state not in OPEN or not may_write(State(application.state)):
            return None
        until = open_until(referee.due_at, application, terms, asked)
        if passed(until, now):
            return None
        token = new_secret()
        tx.add(RefereeLink(token_hash=store.hash_of_letter_link(token), referee_id=referee.id, made_at=now, expires_at=until))
        await tx.flush()
        path = f"/letter/{token}?lang={referee.language}"
    zone, name = zones.zone_of(application.country), await applicant_name(tx, application, terms)
    return Letterhead(referee.email, plain_name(referee.name), referee.language, zone, plain_name(name), path)


def plain_name(name: str) -> str:
    """A name as it may stand in a mail to somebody else: what an applicant types must carry no address to strangers' mailboxes."""
    letters = "".join(one for one in name if unicodedata.category(one)[0] in "LMN" or one in " .'’‘-‐·,()")
    return " ".join(re.sub(r"\.(?=\S)", ". ", letters).split())[:NAME_MAX]


async def release(tx: Tx, application: Application, referees: Sequence[Referee], state: str, cause: str, *, now: datetime) -> None:
    """No letter is needed from these (locked, open or declined): their links lead nowhere, what they had begun to write is removed,
    and those who were still asked are told."""
    told = []
    for referee in referees:
        was_open = referee.state in OPEN
        referee.state, referee.settled_at, referee.next_chase_at = state, now, None
        await tx.flush()
        await store.revoke_links(tx, referee.id)
        begun = await store.letter_of(tx, referee.id)
        if begun is not None:
            await tx.delete(begun)
        if was_open:
            told.append((referee, RefereeReleased(**about(application, referee), cause=cause)))
    await tell(tx, application, *told, now=now)
