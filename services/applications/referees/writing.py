"""The referee's side, by the secret of a link: look, open, write, attach, send, decline. Each function is one transaction's work.

Whoever has the link is the referee: there is no account. A link that does not count says nothing, not even why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.applications.documents.receiving import Received
from services.applications.domain.answers import Answer, Fault, Parsed, field_names, from_stored, given, parse_page, to_stored
from services.applications.domain.lifecycle import State
from services.applications.domain.referees import (
    OPEN,
    REASONS,
    LetterRefused,
    LinkGone,
    Referees,
    Standing,
    Tally,
    may_write,
    passed,
    tally,
)
from services.applications.referees import store
from services.applications.referees.tables import Recommendation, Referee
from services.applications.referees.telling import applicant_name, due_of, open_until, taken_until, tell
from services.applications.store import applications
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.steps import terms_of
from shared.events.applications import RefereeDeclined, RefereeReceived
from shared.persistence.database import Tx

TYPED_MAX: Final = 40_000
"""Characters that are kept of one answer while it is being written, good or not."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A referee at their page: the request, what it is for, who asks, what was written so far, and until when it is taken.

    `applicant` is empty where the row is held: then something is done, and nothing shown.
    """

    referee: Referee
    application: Application
    terms: InForce
    asked: Referees
    applicant: str
    letter: Recommendation | None
    until: datetime

    @property
    def open(self) -> bool:
        return self.referee.state in OPEN

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the fields, as it was typed last."""
        return {str(key): str(value) for key, value in (self.letter.typed if self.letter else {}).items()}

    @property
    def answers(self) -> dict[str, Answer]:
        """The good answers, to the questions as they are asked now."""
        return from_stored([self.asked.page], self.letter.answers if self.letter else {})

    @property
    def saved(self) -> int:
        """How often it was saved; a form carries the number that it showed."""
        return self.letter.saved if self.letter else 0

    @property
    def file(self) -> str:
        """The name of the file that is the letter; empty where none was added."""
        return (self.letter.filename or "") if self.letter else ""

    @property
    def complete(self) -> bool:
        """Whether there is something to send: a file, or good answers to all that needs one."""
        return bool(self.file) or ("write" in self.asked.ways and not read(self.asked, self.typed).faults)


@dataclass(frozen=True, slots=True)
class Saved:
    """What was typed is kept; `faults` by question are what stands against sending it as it is."""

    faults: Mapping[str, Fault]


def read(asked: Referees, typed: Mapping[str, str]) -> Parsed:
    """What was typed, as answers and faults."""
    return parse_page(asked.page, typed, today=date.min)


async def seat(tx: Tx, token: str, *, now: datetime, lock: bool = False, held: Application | None = None) -> Seat | LinkGone:
    """The page that this link opens; it changes nothing, for mail scanners open links. `lock` holds the referee's row; the application's
    is `held` already, where it is given.
    """
    link = await store.link_of(tx, token)
    if link is None or passed(link.expires_at, now):
        return LinkGone()
    referee = await store.find(tx, link.referee_id, lock=lock)
    if referee is None or referee.state in (Standing.REPLACED, Standing.RELEASED):
        return LinkGone()
    application = held or await store.application_of(tx, referee)
    terms = await terms_of(tx, application.programme)
    asked = terms.programme.referees
    if asked is None or (referee.state in OPEN and not may_write(State(application.state))):
        return LinkGone()
    return Seat(
        referee=referee,
        application=application,
        terms=terms,
        asked=asked,
        applicant="" if lock else await applicant_name(tx, application, terms),
        letter=await store.letter_of(tx, referee.id),
        until=open_until(referee.due_at, application, terms, asked),
    )


async def _to_settle(tx: Tx, token: str, now: datetime) -> Seat | LinkGone | LetterRefused:
    """The seat, its row locked behind its application's: what is told counts all letters of that, so they are settled one by one."""
    link = await store.link_of(tx, token)
    referee = await store.find(tx, link.referee_id) if link else None
    held = await applications.locked(tx, referee.application_id) if referee else None
    return await _to_write(tx, token, now, held)


async def _to_write(tx: Tx, token: str, now: datetime, held: Application | None = None) -> Seat | LinkGone | LetterRefused:
    """The seat, its row locked, as long as a letter may still be written."""
    found = await seat(tx, token, now=now, lock=True, held=held)
    if isinstance(found, LinkGone):
        return found
    if not found.open:
        return LetterRefused("not_open")
    return LetterRefused("too_late") if passed(found.until, now) else found


async def open_page(tx: Tx, token: str, *, now: datetime) -> Seat | LinkGone | LetterRefused:
    """Somebody has pressed the button of the link's page: a person, no scanner."""
    found = await _to_write(tx, token, now)
    if isinstance(found, Seat) and found.referee.state == Standing.INVITED:
        found.referee.state, found.referee.opened_at = Standing.OPENED, now
        await tx.flush()
    return found


async def save(tx: Tx, token: str, form: Mapping[str, str], *, saved: int, now: datetime) -> Saved | LinkGone | LetterRefused:
    """Keep what was typed, good or not. `saved` is the number of saves that the form showed: another window may have saved since.

    The same once more, as after an answer that was lost, is no further save: what was read before sending still stands.
    """
    found = await _to_write(tx, token, now)
    if not isinstance(found, Seat):
        return found
    names = [name for question in found.asked.questions for name in field_names(question)]
    typed = {name: form[name][:TYPED_MAX].replace("\x00", "") for name in names if name in form}
    if saved != found.saved and typed != found.typed:
        return LetterRefused("changed")
    parsed = read(found.asked, typed)
    if found.letter is not None and typed == found.typed:
        return Saved(parsed.faults)
    letter = await _letter(tx, found, now)
    letter.typed, letter.answers = typed, to_stored(parsed.answers)
    await tx.flush()
    return Saved(parsed.faults)


async def attach(tx: Tx, token: str, file: Received, storage_key: str, *, now: datetime) -> Saved | LinkGone | LetterRefused:
    """Note a file that was checked and stored; it is the letter, instead of what was written, until it is removed."""
    found = await _to_write(tx, token, now)
    if not isinstance(found, Seat):
        return found
    letter = await _letter(tx, found, now)
    letter.filename, letter.content_type, letter.size_bytes = file.filename, file.content_type, len(file.content)
    letter.sha256, letter.storage_key = file.sha256, storage_key
    await tx.flush()
    return Saved({})


async def detach(tx: Tx, token: str, *, now: datetime) -> Saved | LinkGone | LetterRefused:
    """Take the file back. Its bytes are swept away later, once nothing refers to them."""
    found = await _to_write(tx, token, now)
    if not isinstance(found, Seat):
        return found
    letter = await _letter(tx, found, now)
    letter.filename = letter.content_type = letter.sha256 = letter.storage_key = letter.size_bytes = None
    await tx.flush()
    return Saved({})


async def send(tx: Tx, token: str, *, saved: int, now: datetime) -> Seat | LinkGone | LetterRefused:
    """The letter as it stands is the letter; `saved` is the number of saves of what was read before sending.

    A second time, from whatever window, it is found sent, and nothing happens.
    """
    found = await _to_settle(tx, token, now)
    if not isinstance(found, Seat):
        return found
    if saved != found.saved:
        return LetterRefused("unseen")
    if not found.complete:
        return LetterRefused("incomplete")
    referee = found.referee
    _settle(referee, Standing.RECEIVED, now)
    referee.late = passed(referee.due_at, now)
    standing = await _standing(tx, found)
    fact = RefereeReceived(
        application=found.application.id,
        person=found.application.person_id,
        referee=referee.id,
        received=standing.received if standing else None,
        needed=standing.needed if standing else None,
        letters_lacking=standing.letters if standing else None,
        due=_until(found, now) if standing else None,
    )
    await tell(tx, found.application, (referee, fact), now=now)
    return found


async def decline(tx: Tx, token: str, reason: str, *, now: datetime) -> Seat | LinkGone | LetterRefused:
    """No letter will come, for one of `REASONS`; what was written so far is removed."""
    assert reason in REASONS, f"{reason} is one of the reasons that the page offers"
    found = await _to_settle(tx, token, now)
    if not isinstance(found, Seat):
        return found
    referee = found.referee
    _settle(referee, Standing.DECLINED, now)
    referee.reason = reason
    if found.letter is not None:
        await tx.delete(found.letter)
    standing = await _standing(tx, found)
    fact = RefereeDeclined(
        application=found.application.id,
        person=found.application.person_id,
        referee=referee.id,
        reason=reason,
        referees_lacking=standing.referees if standing else None,
        due=_until(found, now) if standing else None,
    )
    await tell(tx, found.application, (referee, fact), now=now)
    return found


async def _standing(tx: Tx, found: Seat) -> Tally | None:
    """How the application's letters stand now, with what was just written down."""
    await tx.flush()
    filled = await applications.filled_in(tx, found.application.id)
    return tally(found.asked, filled.referees, given(found.terms.programme.pages, filled.answers))


def _until(found: Seat, now: datetime) -> datetime:
    """By when letters of the application must be here."""
    due = due_of(found.terms, found.application.year, found.asked)
    return taken_until(due, found.application, found.terms, found.asked, now)


def _settle(referee: Referee, state: Standing, now: datetime) -> None:
    """Nothing is asked of the referee any more, so nothing reminds."""
    referee.state, referee.settled_at, referee.next_chase_at = state, now, None
    referee.opened_at = referee.opened_at or now


async def _letter(tx: Tx, found: Seat, now: datetime) -> Recommendation:
    """The letter under way, begun if need be, one save further."""
    letter = found.letter
    if letter is None:
        letter = Recommendation(referee_id=found.referee.id, saved_at=now)
        tx.add(letter)
    letter.saved, letter.saved_at = letter.saved + 1, now
    if found.referee.state == Standing.INVITED:
        found.referee.state, found.referee.opened_at = Standing.OPENED, now
    return letter
