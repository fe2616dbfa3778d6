"""Made-up referees: an applicant names them on the page, the mail brings each a link, and they write on the page that it opens."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from services.applications.domain.answers import Answer, Question
from services.applications.domain.kinds import MAX_LENGTH
from services.applications.plan.model import Programme
from services.run.acting import Applicant, Letterbox
from services.run.browser import Browser, Page
from services.run.filling import Person
from services.run.names import full_name
from services.run.prose import prose

RELATIONS: Final = {
    "es": "Dirigió mi tesis",
    "pt": "Orientou a minha tese",
    "en": "Supervised my thesis",
    "fr": "A dirigé mon mémoire",
    "nl": "Begeleidde mijn scriptie",
    "zh": "我的论文导师",
}


def referees_of(person: Person, programme: Programme, answers: Mapping[str, Answer]) -> list[dict[str, str]]:
    """The fewest referees that this person needs, as the fields of the form: named as is usual where the person lives."""
    asked = programme.referees
    if asked is None or not asked.asked_of(answers):
        return []
    found, (local, _, domain) = [], person.email.partition("@")
    for number in range(1, asked.minimum + 1):
        random = Random(f"{person.email}:{programme.code}:{number}")  # noqa: S311 - a made-up name needs no secret
        found.append(
            {
                "name": full_name(random, person.language, person.country),
                "email": f"{local}.{programme.code}.referee{number}@{domain}",
                "relation": RELATIONS.get(person.language, RELATIONS["en"]),
                "kind": asked.kinds[(number - 1) % len(asked.kinds)],
                "language": person.language,
            }
        )
    return found


async def ask(applicant: Applicant, application: str, referees: Sequence[Mapping[str, str]]) -> None:
    """The applicant asks each of them, one form a person."""
    for referee in referees:
        await applicant.ask_referee(application, referee)


class Writer:
    """A referee with a browser of their own and no account. With `brisk`, forms are sent without being looked at before and after."""

    def __init__(
        self, email: str, origin: str, letterbox: Letterbox, *, transport: httpx2.AsyncHTTPTransport | None = None, brisk: bool = False
    ) -> None:
        self.email = email
        self.browser = Browser(origin, transport=transport)
        self._letterbox = letterbox
        self._brisk = brisk

    async def write(self, programme: Programme, language: str) -> None:
        """Open the link of the newest mail, answer the questions of the letter, check it, and send it."""
        assert programme.referees is not None, "letters are asked for"
        path = urlsplit(await self._letterbox.letter_link(self.email)).path
        random = Random(self.email)  # noqa: S311 - a made-up letter needs no secret
        values = {question.key: _answer(question, language, random) for question in programme.referees.questions}
        if self._brisk:
            await self.browser.post(path, {}, follow=False, expect=())
            await self.browser.post(f"{path}/write", {**values, "saved": "0"}, follow=False, expect=())
            await self.browser.post(f"{path}/send", {"agree": "yes", "saved": "1"}, follow=False, expect=())
            return
        page = await self.open(path)
        page = await self.browser.send(page.form(action=f"{path}/write"), values)
        await self.browser.send(page.form(action=f"{path}/send"), {"agree": "yes"})

    async def open(self, path: str = "") -> Page:
        """Open the link of the newest mail and press its button."""
        path = path or urlsplit(await self._letterbox.letter_link(self.email)).path
        page = await self.browser.get(path)
        return await self.browser.send(page.form(action=path), {})

    async def decline(self, reason: str) -> None:
        """Say that no letter will come."""
        path = urlsplit(await self._letterbox.letter_link(self.email)).path
        page = await self.browser.get(f"{path}/decline")
        await self.browser.send(page.form(action=f"{path}/decline"), {"reason": reason})

    async def close(self) -> None:
        await self.browser.close()


def _answer(question: Question, language: str, random: Random) -> Any:
    if question.kind in ("radio", "select"):
        return question.options[random.randrange(min(2, len(question.options)))].key
    if question.kind == "yes_no":
        return "yes"
    if question.kind == "number":
        return str(question.minimum or 1)
    if question.kind == "long_text":
        return prose(random, language, (question.min_words or 40) + 10, question.max_length or MAX_LENGTH[question.kind])
    return "2012-2015"
