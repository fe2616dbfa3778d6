"""Sends the mails that are due: claims a portion, asks for addresses, writes the mails, hands them over, keeps what became of each.

Nothing is held open between those steps. A worker that dies in the middle leaves a lease behind; when it ends, the mail is sent
again under the same Message-ID. So a mail may arrive twice after a crash, and is never lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from services.notifications.addresses import Address, Addresses, Contact, NoAddress
from services.notifications.domain.choose import FOR_REFEREES
from services.notifications.domain.render import Reader, Terms, Told, as_mail, render
from services.notifications.store import sending
from services.notifications.store.sending import Claimed, Outcome
from services.notifications.tables import Message, Programme
from services.notifications.use_cases import settle
from services.notifications.wording import wordings
from shared.kernel.cells import Cell
from shared.mail.messages import mailbox, message
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.persistence.database import Database
from shared.web.i18n import HTML_TAGS
from shared.web.service_tokens import SUBJECTS_MOST

log = get_logger(__name__)

PORTION: Final = SUBJECTS_MOST
"""All of a portion may be about applications of one person, which one question names."""
LEASE: Final = timedelta(minutes=10)
"""Longer than a portion can take: eight addresses at a time at 10 s, a minute for the batch, and the last message."""
AWAY_WAIT: Final = timedelta(seconds=30)
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
NOT_TRIED: Final = frozenset({Reason.SERVER_AWAY, Reason.SIGN_IN_REFUSED, Reason.SENDER_REFUSED, NoAddress.AWAY})
"""Reasons that say nothing about the message: they never use up its tries."""
NOT_WRITTEN: Final = "text_missing"
"""The reason where a message could not be put into words."""


class SendsMail(Protocol):
    """See `shared.mail.smtp.Mailer`."""

    async def send(self, messages: Sequence[EmailMessage]) -> Sequence[Reason | None]: ...


@dataclass(frozen=True, slots=True)
class Post:
    """Everything that sending needs."""

    db: Database
    mailer: SendsMail
    addresses: Addresses
    public_url: str
    sender: str
    tries: int


def link_of(public_url: str, application: UUID) -> str:
    """The page on which a person sees the application."""
    return f"{public_url.rstrip('/')}/applications/{application}"


def terms_of(programme: Programme) -> Terms:
    return Terms(
        programme.names,
        programme.countries,
        programme.reasons,
        {int(year): datetime.fromisoformat(moment) for year, moment in programme.rounds.items()},
    )


def told_of(row: Claimed | Message, public_url: str) -> Told:
    return Told(row.template, Cell.parse(row.cell), row.facts, link_of(public_url, row.application))


async def deliver(post: Post, now: datetime) -> int:
    """Send one portion of what is due; returns how many messages ended, as sent or as failed."""
    claimed = await post.db.run(partial(sending.claim, now=now, lease=now + LEASE, most=PORTION))
    if not claimed:
        return 0
    programmes = await post.db.run(sending.programmes)
    people = await post.addresses.of(_people(claimed))
    referees = await post.addresses.of_referees({(one.recipient, one.template) for one in claimed if one.template in FOR_REFEREES})
    outcomes: list[Outcome] = []
    ready: list[tuple[Claimed, Address, EmailMessage]] = []
    for one in claimed:
        address = referees[one.recipient, one.template] if one.template in FOR_REFEREES else people[one.recipient]
        if isinstance(address, NoAddress):
            outcomes.append(_put_off(one, address, permanent=address is NoAddress.UNKNOWN, now=now, tries=post.tries))
            continue
        try:
            ready.append((one, address, _mail(post, one, address, programmes, now)))
        except (LookupError, TypeError, ValueError) as error:
            # A fault of ours in one text must not hold up the others; it is shown, and can be sent again once it is mended.
            log.error("message.not_written", template=one.template, event_id=str(one.about), exc_info=error)
            outcomes.append(Outcome(claimed=one, state="failed", reason=NOT_WRITTEN))
    answers = await post.mailer.send([mail for _one, _address, mail in ready]) if ready else []
    for (one, address, _sent), answer in zip(ready, answers, strict=True):
        if answer is None:
            outcomes.append(Outcome(claimed=one, state="sent", language=address.language))
        else:
            outcomes.append(_put_off(one, answer, permanent=answer.permanent, now=now, tries=post.tries))
    await post.db.run(lambda tx: settle(tx, outcomes, now=now))
    return sum(1 for outcome in outcomes if outcome.state != "failed_temporarily")


def _people(claimed: Sequence[Claimed]) -> dict[UUID, set[UUID]]:
    """Whom the mails go to that go to no referee, and which of their applications they are about."""
    found: dict[UUID, set[UUID]] = {}
    for one in claimed:
        if one.template not in FOR_REFEREES:
            found.setdefault(one.recipient, set()).add(one.application)
    return found


def _mail(post: Post, one: Claimed, address: Address, programmes: dict[str, Programme], now: datetime) -> EmailMessage:
    told, reader, wording = told_of(one, post.public_url), _reader(address, one.application), wordings()[address.language]
    if told.template in FOR_REFEREES:
        told = replace(told, link=address.link)
    shown = render(told, reader, wording, terms_of(programmes[told.cell.programme]))
    return message(
        sender=post.sender,
        to=mailbox(address.name, address.email),
        subject=shown.subject,
        text=as_mail(shown, told, reader, wording),
        now=now,
        language=HTML_TAGS[address.language],
        identity=str(one.id),
    )


def _reader(address: Address, application: UUID) -> Reader:
    contact = address.applications.get(str(application), Contact())
    return Reader(
        address.timezone,
        address.name,
        address.applicant,
        receipt=contact.receipt,
        focal_point=tuple(way for way in (contact.focal_point, contact.focal_phone) if way),
        papers=tuple(contact.papers),
        marked=tuple(contact.marked),
        course=contact.course,
        choice=(contact.choice, contact.listed),
    )


def _put_off(one: Claimed, reason: Reason | NoAddress, *, permanent: bool, now: datetime, tries: int) -> Outcome:
    """Try again later, or give up: for good where trying again is useless, or where the allowed tries are used up."""
    if reason in NOT_TRIED:
        return Outcome(claimed=one, state="failed_temporarily", reason=reason, next_try_at=now + AWAY_WAIT, uncounted=True)
    if permanent or one.attempts >= tries:
        return Outcome(claimed=one, state="failed", reason=reason)
    return Outcome(claimed=one, state="failed_temporarily", reason=reason, next_try_at=now + wait_after(one.attempts))


def wait_after(attempts: int) -> timedelta:
    """How long to wait after this many tries: a minute, doubling, up to six hours."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 20)))
