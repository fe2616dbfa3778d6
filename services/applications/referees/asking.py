"""The applicant's side: ask somebody for a letter, remind, put another in somebody's place. Each function is one transaction's work."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from services.applications.accounts import people
from services.applications.accounts.throttle import count
from services.applications.domain.accounts import Window, refused
from services.applications.domain.answers import Answer, Stored, given
from services.applications.domain.lifecycle import NotAllowed, State
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.referees import (
    LIVE,
    OPEN,
    REPLACEABLE,
    Invitee,
    RefereeRefused,
    Referees,
    Standing,
    may_ask,
    next_chase,
    passed,
    remind_again_at,
    same_address,
)
from services.applications.domain.viewers import Viewer
from services.applications.referees import store
from services.applications.referees.tables import Referee
from services.applications.referees.telling import about, due_now, due_of, name_said, open_until, release, taken_until, tell
from services.applications.store import applications
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import terms_of
from shared.events.applications import RefereeInvited, RefereeReminded
from shared.kernel.ids import new_id
from shared.persistence.database import Tx

QUIET: Final = timedelta(days=1)
"""So long after an invitation the calendar does not remind."""
SENT_AGAIN: Final = timedelta(hours=1)
"""So long the same form is taken for the one before, sent again; later it is somebody who asks a person twice."""
ONE_TO_ONE: Final = Window(3, timedelta(days=1))
BY_APPLICANT: Final = Window(20, timedelta(days=1))
TO_ADDRESS: Final = Window(200, timedelta(days=1))
"""Invitations of one applicant to one address, of one applicant, and to one address whoever asks, in a day: nobody is flooded through
us, and it takes many accounts to keep others from asking somebody."""

NotAsked = NotFound | Forbidden | NotAllowed


class Ground(NamedTuple):
    """An application (locked) that the applicant may ask for letters for; its answers as they are `stored`, and those that count."""

    application: Application
    terms: InForce
    asked: Referees
    stored: dict[str, Stored]
    answers: dict[str, Answer]
    others: list[Referee]


async def invite(
    tx: Tx, viewer: Viewer, application_id: UUID, who: Invitee, *, replaces: UUID | None = None, now: datetime
) -> Referee | RefereeRefused | NotAsked:
    """Ask `who` for a letter; the mail follows by the event. `replaces` is somebody who has not written, in whose place this one comes.

    The same form sent again, as by a second press, finds the person asked: they are written to once.
    """
    ground = await _ground(tx, viewer, application_id)
    if not isinstance(ground, Ground):
        return ground
    application, terms, asked = ground.application, ground.terms, ground.asked
    former = next((one for one in ground.others if one.id == replaces), None)
    if replaces is not None and former is None:
        return NotFound()
    if former is not None:
        await tx.refresh(former, with_for_update=True)
    already = _already(ground, who, former, now)
    if already is not None:
        return already
    against = await _against(tx, viewer, ground, who, former, now)
    if against is not None:
        return against
    if former is not None:
        await release(tx, application, [former], Standing.REPLACED, "replaced", now=now)
    due = due_now(due_of(terms, application.year, asked), application, terms, asked)
    referee = Referee(
        id=new_id(),
        application_id=application.id,
        name=who.name,
        email=who.email,
        relation=who.relation,
        kind=who.kind,
        language=who.language,
        state=Standing.INVITED,
        due_at=due,
        invited_at=now,
        next_chase_at=next_chase(due, asked.remind_days, now + QUIET),
    )
    tx.add(referee)
    await tx.flush()
    last = taken_until(due, application, terms, asked, now)
    await tell(tx, application, (referee, RefereeInvited(**about(application, referee), due=last)), now=now)
    return referee


def _already(ground: Ground, who: Invitee, former: Referee | None, now: datetime) -> Referee | None:
    """The person whom the same form asked a short while ago, in the same place."""
    for one in ground.others:
        same = Invitee(name=one.name, email=one.email, relation=one.relation, kind=one.kind, language=one.language) == who
        in_place = former is None or (former.state == Standing.REPLACED and former.settled_at == one.invited_at)
        if same and in_place and one.state in LIVE and now - one.invited_at <= SENT_AGAIN:
            return one
    return None


async def _against(tx: Tx, viewer: Viewer, ground: Ground, who: Invitee, former: Referee | None, now: datetime) -> RefereeRefused | None:
    """What speaks against asking this person, if anything does."""
    application, terms, asked = ground.application, ground.terms, ground.asked
    live = [one for one in ground.others if one.state in LIVE and one is not former]
    pair = f"referee:{viewer.account_id}:{who.email.lower()}"
    account = await people.by_id(tx, viewer.account_id)
    until = open_until(due_of(terms, application.year, asked), application, terms, asked)
    if former is not None and former.state not in REPLACEABLE:
        return RefereeRefused("not_open")
    if passed(until, now):
        return RefereeRefused("too_late", {"due": until})
    if account is not None and same_address(account.email, who.email):
        return RefereeRefused("own_address")
    if any(same_address(one.email, who.email) for one in (*live, *([former] if former else []))):
        return RefereeRefused("address_twice")
    if len(live) >= asked.maximum:
        return RefereeRefused("too_many", {"maximum": asked.maximum})
    if not (name_said(terms, ground.stored) or (account and account.name)):
        return RefereeRefused("name_needed")
    for key, window in ((pair, ONE_TO_ONE), (f"referees:{viewer.account_id}", BY_APPLICANT), (f"referee:{who.email.lower()}", TO_ADDRESS)):
        used = await count(tx, key, window, now=now)
        if refused(used, window):
            return RefereeRefused("throttled", {"again_at": used.ends_at})
    return None


async def remind(tx: Tx, viewer: Viewer, application_id: UUID, referee_id: UUID, *, now: datetime) -> Referee | RefereeRefused | NotAsked:
    """Remind somebody who has not answered: not more often than may be, and as long as the letter would still be taken."""
    ground = await _ground(tx, viewer, application_id)
    if not isinstance(ground, Ground):
        return ground
    referee = next((one for one in ground.others if one.id == referee_id), None)
    if referee is None:
        return NotFound()
    await tx.refresh(referee, with_for_update=True)
    if referee.state not in OPEN:
        return RefereeRefused("not_open")
    until = open_until(referee.due_at, ground.application, ground.terms, ground.asked)
    if passed(until, now):
        return RefereeRefused("too_late", {"due": until})
    again_at = remind_again_at(told_at(referee), referee.asked_again)
    if again_at is None:
        return RefereeRefused("reminded_enough")
    if now < again_at:
        return RefereeRefused("too_soon", {"again_at": again_at})
    referee.asked_again_at, referee.asked_again = now, referee.asked_again + 1
    due = due_now(referee.due_at, ground.application, ground.terms, ground.asked)
    if due != referee.due_at:  # what the mail says stays true when the application is sent again before that day
        referee.due_at, referee.next_chase_at = due, next_chase(due, ground.asked.remind_days, now + QUIET)
    fact = RefereeReminded(**about(ground.application, referee), due=until if passed(due, now) else due, by_applicant=True)
    await tell(tx, ground.application, (referee, fact), now=now)
    return referee


def told_at(referee: Referee) -> datetime:
    """When the referee was last written to."""
    return max(moment for moment in (referee.invited_at, referee.chased_at, referee.asked_again_at) if moment is not None)


async def _ground(tx: Tx, viewer: Viewer, application_id: UUID) -> Ground | RefereeRefused | NotAsked:
    application = await applications.find(tx, viewer, application_id, lock=True)
    if application is None:
        return NotFound()
    if viewer.role != "applicant":
        return Forbidden()
    terms = await terms_of(tx, application.programme)
    asked = terms.programme.referees
    if asked is None:
        return NotFound()
    state = State(application.state)
    if not may_ask(asked.needed, state):
        return NotAllowed("not_in_this_state", state)
    stored = await applications.stored_answers(tx, application.id)
    answers = given(terms.programme.pages, stored)
    if not asked.asked_of(answers):
        return RefereeRefused("not_asked")
    return Ground(application, terms, asked, stored, answers, await store.of_application(tx, application.id))
