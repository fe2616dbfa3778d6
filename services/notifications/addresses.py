"""Where to write to a person: asked of the applications service at the moment of writing, kept nowhere, and never logged."""

import asyncio
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import httpx2
import msgspec

from shared.observability.logging import get_logger
from shared.web.i18n import DEFAULT_LANGUAGE, spoken
from shared.web.service_tokens import ServiceTokens

log = get_logger(__name__)

AT_ONCE: Final = 8
SECONDS: Final = 10.0
AUDIENCE: Final = "applications"
SCOPE: Final = "address"
NOT_FOUND: Final = "not_found"

K = TypeVar("K")


class Contact(msgspec.Struct, frozen=True):
    """What a mail about an application names: its receipt number, once it was sent, and the focal point of its country."""

    receipt: str = ""
    focal_point: str = ""
    focal_phone: str = ""
    papers: list[str] = []
    """Documents that a later stage asks for now and that are not there, by name in the reader's language."""
    marked: list[str] = []
    """Pages, questions and documents of the form that are to be corrected now, by name in the reader's language."""
    course: str = ""
    """The course that it is for, by name in the reader's language: the `choice`th of those that the reader `listed`."""
    choice: int = 0
    listed: int = 0


class Address(msgspec.Struct, frozen=True):
    """Where and how a person is written to. `timezone` is an IANA name."""

    email: str
    language: str = DEFAULT_LANGUAGE
    timezone: str = "UTC"
    name: str = ""
    applicant: str = ""
    """Who asks, where a referee is written to."""
    link: str = ""
    """A page of the reader's own, for this one mail."""
    applications: dict[str, Contact] = {}
    """What mails about the person's applications name, by application."""


class _Refusal(msgspec.Struct):
    """The stable word of a problem; a page of somebody in between has none, and is no answer about the person."""

    code: str = ""


class _Question(NamedTuple):
    """One question about one person; with a body it is put as a POST, as its answer makes something new."""

    person: UUID
    path: str
    body: dict[str, str] | None = None


def _path(person: UUID, about: Collection[UUID]) -> str:
    return f"/api/v1/people/{person}/address?{urlencode([('application', str(one)) for one in sorted(about)])}"


class NoAddress(StrEnum):
    """Why there is no address: the person has none (any more), or the applications service could not be asked."""

    UNKNOWN = "no_address"
    AWAY = "applications_away"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Asks the applications service at `url`. `now` tells the time for the tokens; `transport` is for tests."""

    url: str
    tokens: ServiceTokens
    now: Callable[[], datetime]
    transport: httpx2.AsyncBaseTransport | None = None

    async def of(self, people: Mapping[UUID, Collection[UUID]]) -> dict[UUID, Address | NoAddress]:
        """The address of each person, with what mails about these applications of theirs name; at most eight questions at a time.

        Raises nothing: whoever is away is an answer.
        """
        return await self._all({person: _Question(person, _path(person, about)) for person, about in people.items()})

    async def of_referees(self, mails: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Address | NoAddress]:
        """The same for mails to referees, each a referee and a template: what a mail brings depends on which one it is."""
        asked = {
            (referee, template): _Question(referee, f"/api/v1/referees/{referee}/address", {"template": template})
            for referee, template in mails
        }
        return await self._all(asked)

    async def _all(self, questions: Mapping[K, _Question]) -> dict[K, Address | NoAddress]:
        if not questions:
            return {}
        gate = asyncio.Semaphore(AT_ONCE)
        secure = ssl.create_default_context() if self.url.startswith("https:") else False
        async with httpx2.AsyncClient(
            base_url=self.url, verify=secure, timeout=SECONDS, trust_env=False, transport=self.transport
        ) as client:
            answers = await asyncio.gather(*(self._ask(client, gate, question) for question in questions.values()))
            return dict(zip(questions, answers, strict=True))

    async def _ask(self, client: httpx2.AsyncClient, gate: asyncio.Semaphore, question: _Question) -> Address | NoAddress:
        person = question.person
        async with gate:
            token = self.tokens.issue(audience=AUDIENCE, scope=SCOPE, now=self.now())
            try:
                method = "GET" if question.body is None else "POST"
                answer = await client.request(method, question.path, json=question.body, headers={"Authorization": f"Bearer {token}"})
            except httpx2.HTTPError as error:
                log.warning("address.not_answered", person_id=str(person), error_type=type(error).__name__)
                return NoAddress.AWAY
        try:
            if answer.status_code == 404 and msgspec.json.decode(answer.content, type=_Refusal).code == NOT_FOUND:
                return NoAddress.UNKNOWN
            if answer.status_code == 200:
                found = msgspec.json.decode(answer.content, type=Address)
                return msgspec.structs.replace(found, language=spoken(found.language))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("address.not_understood", person_id=str(person), status=answer.status_code)
            return NoAddress.AWAY
        log.warning("address.refused", person_id=str(person), status=answer.status_code)
        return NoAddress.AWAY
