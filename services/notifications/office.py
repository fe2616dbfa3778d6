"""What the pages and the API need, and what they show: messages in the words of whoever reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from fastapi import Request

from services.notifications.addresses import Address, Addresses, Contact
from services.notifications.delivery import link_of, terms_of, told_of
from services.notifications.domain.render import Reader, Rendered, Terms, render
from services.notifications.store import sending
from services.notifications.tables import Message, Programme
from services.notifications.wording import wordings
from shared.kernel.cells import Cell
from shared.kernel.clock import Clock
from shared.persistence.database import Database
from shared.web.i18n import current_language
from shared.web.identity import Identity
from shared.web.problems import Problem

STAFF: Final = ("officer", "operator", "auditor")
"""Who may see which mails went out; they see ids, never addresses."""
MAY_SEND_AGAIN: Final = ("officer", "operator")


@dataclass(frozen=True, slots=True)
class Office:
    db: Database
    clock: Clock
    addresses: Addresses
    public_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in the reader's language. `programme` and `country` are names; `at` is the moment of what it tells."""

    id: UUID
    application: UUID
    template: str
    subject: str
    body: str
    programme: str
    country: str
    year: int
    at: datetime
    read: bool
    link: str

    @property
    def blocks(self) -> list[tuple[list[str], list[str]]]:
        """The body's paragraphs, each as its lines and the items of the list that it ends with."""
        return [_block(block) for block in re.split(r"\n\s*\n", self.body.strip())]


def office_of(request: Request) -> Office:
    return cast(Office, request.app.state.office)


def shown(office: Office, message: Message, programmes: Mapping[str, Programme], zone: str) -> Shown:
    """The message in the current language, with moments in `zone` (an IANA name) and in Beijing's."""
    cell, language = Cell.parse(message.cell), current_language()
    known = programmes.get(cell.programme)
    terms = terms_of(known) if known else Terms({})
    text: Rendered = render(told_of(message, office.public_url), Reader(zone), wordings()[language], terms)
    return Shown(
        id=message.id,
        application=message.application,
        template=message.template,
        subject=text.subject,
        body=text.body,
        programme=terms.names.get(language) or cell.programme,
        country=terms.countries.get(cell.country, {}).get(language) or cell.country,
        year=cell.year,
        at=message.created_at,
        read=message.read_at is not None,
        link=link_of("", message.application),
    )


async def programmes_of(office: Office) -> Mapping[str, Programme]:
    return await office.db.run(sending.programmes)


@dataclass(frozen=True, slots=True)
class Focal:
    """Whom to ask: the focal point of a country, by its name; `dial` is the telephone number as a `tel:` address has it."""

    country: str
    mail: str
    phone: str

    @property
    def dial(self) -> str:
        return self.phone.replace(" ", "")


async def known_of(office: Office, person: UUID, application: UUID | None = None) -> tuple[str, Contact]:
    """The person's time zone and whom to ask about an application of theirs, asked for where they are kept.

    UTC and nobody while they cannot be asked for.
    """
    found = (await office.addresses.of({person: () if application is None else (application,)}))[person]
    if not isinstance(found, Address):
        return "UTC", Contact()
    return found.timezone, found.applications.get(str(application), Contact())


async def zone_of(office: Office, person: UUID) -> str:
    """The person's time zone alone."""
    return (await known_of(office, person))[0]


def focal_of(contact: Contact, message: Shown | None) -> Focal | None:
    """For the foot of a page about a message; nothing where nobody is known."""
    return Focal(message.country, contact.focal_point, contact.focal_phone) if message is not None and contact.focal_point else None


def person_of(identity: Identity) -> UUID:
    return UUID(identity.account_id)


def id_in(text: str) -> UUID:
    """The id that an address holds; a page that does not exist where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem(404, code="not_found") from None


def id_or_none(text: str | None) -> UUID | None:
    """The id in a query; none where it is absent or is no id."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _block(block: str) -> tuple[list[str], list[str]]:
    lines = block.strip().splitlines()
    return [line for line in lines if not line.startswith("- ")], [line[2:] for line in lines if line.startswith("- ")]
