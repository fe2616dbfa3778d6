"""Somebody at a screen: finds links and buttons by their words, in their own language, on the pages of all three services.

Nothing here sleeps: Playwright waits for what is looked for, and a click that sends a form waits for the page that follows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from playwright.async_api import Browser, ConsoleMessage, FilePayload, Locator, Page

from services.applications.domain.answers import Answer, Entries, Question, as_form
from services.applications.plan.model import Programme
from services.run.filling import Person, asked_of, fields, small_pdf
from services.run.referees import referees_of
from shared.web.i18n import Texts
from tests.conftest import ROOT
from tests.flows.stack import House

SERVICES: Final = ("applications", "quotas", "notifications")
TEXTS: Final = Texts.load(*(ROOT / "services" / name / "locale" for name in SERVICES), ROOT / "shared/web/locale")
LOCALES: Final = {"es": "es-PE", "pt": "pt-BR", "en": "en-GB", "fr": "fr-FR", "zh": "zh-CN", "nl": "nl-NL"}
"""What a browser bought in that language says of itself."""
RECEIPT: Final = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{2}\b")
PATIENCE_MS: Final = 30_000
REFUSED: Final = "Failed to load resource: the server responded with a status of 4"
"""What Chromium says of every page that refuses something; whether that was right is the test's to say."""


@dataclass
class Visitor:
    """A person with a browser window. `complaints` are script errors and breaches of the content security policy."""

    email: str
    language: str
    page: Page
    house: House
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def come(
        cls, browser: Browser, house: House, email: str, *, language: str = "es", javascript: bool = True, width: int = 1280
    ) -> Self:
        """A new window, `width` pixels wide, of a browser in that language."""
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript, locale=LOCALES[language], base_url=house.stack.url
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = cls(email, language, await context.new_page(), house)
        visitor.listen(visitor.page)
        return visitor

    def listen(self, page: Page) -> None:
        def hear(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(REFUSED):
                self.complaints.append(f"{page.url}: {message.text}")

        page.on("console", hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    # ------------------------------------------------------------------------------------------------------------ words
    def say(self, text: str, **params: Any) -> str:
        """A text of ours, written in English, in this person's language."""
        return TEXTS.gettext(self.language, text, **params)

    async def heading(self) -> str:
        return (await self.page.locator("main h1").first.inner_text()).strip()

    async def reads(self) -> str:
        """The words of the page's content, with single spaces."""
        return " ".join((await self.page.locator("main").inner_text()).split())

    async def receipt(self) -> str:
        found = RECEIPT.search(await self.reads())
        assert found is not None, await self.reads()
        return found.group()

    # ------------------------------------------------------------------------------------------------------------- acts
    def button(self, text: str, **params: Any) -> Locator:
        return self.page.locator("main").get_by_role("button", name=self.say(text, **params), exact=True)

    async def press(self, text: str, **params: Any) -> None:
        """Press the button with this text, and wait for the page that follows."""
        async with self.page.expect_navigation():
            await self.button(text, **params).click()

    async def follow(self, name: str) -> None:
        """Follow the first link of the content with these words, which are this person's already."""
        async with self.page.expect_navigation():
            await self.page.locator("main").get_by_role("link", name=name).first.click()

    async def answer(self, values: Mapping[str, str]) -> None:
        """Fill in the form of the page: boxes, choices and lists, by their names."""
        form = self.page.locator("main form")
        for name, value in values.items():
            box = form.locator(f"[name='{name}']")
            kind = await box.first.evaluate("one => one.type")
            if kind in ("radio", "checkbox"):
                await form.locator(f"[name='{name}'][value='{value}']").check()
            elif kind == "select-one":
                await box.select_option(value)
            else:
                await box.fill(value)

    async def sign_in(self, path: str = "") -> None:
        """Sign in, on the page where that is asked or at `path`, with the code that stands in the mail."""
        if path:
            await self.page.goto(path)
        await self.page.fill("#email", self.email)
        await self.press("Send me a code")
        await self.house.stack.mail.code(self.email)  # the mail is there
        text = await self.read_mail(self.say("Your code to sign in"))
        code = re.search(r"^\d{6}$", text, re.MULTILINE)
        assert code is not None, text
        await self.page.fill("#code", code.group())
        await self.press("Sign in")

    async def read_mail(self, subject: str) -> str:
        """Open the newest mail to this person with that subject, on the page of the mail sink, in a tab beside; its text."""
        tab = await self.page.context.new_page()
        self.listen(tab)
        await tab.goto(f"{self.house.stack.mail.url}/?to={self.email}")
        await tab.get_by_role("link", name=subject).first.click()
        text = await tab.locator(".paper").text_content()
        await tab.close()
        return text or ""

    # ------------------------------------------------------------------------------------------------------------- form
    async def fill_in(self, programme: Programme, answers: Mapping[str, Answer]) -> None:
        """Every page of questions, from the task list and back to it."""
        for page in asked_of(programme, answers):
            await self.follow(page.title[self.language])
            if page.group is not None:
                await self.add_entries(page.group, answers.get(page.group.key))
            else:
                await self.answer({name: value for name, value in fields(programme, page.key, answers).items() if value})
            await self.press("Save and continue")

    async def add_entries(self, group: Question, answer: Answer | None) -> None:
        """Each entry of a group on a page of its own, from the list and back to it."""
        entries = answer.each if isinstance(answer, Entries) else ()
        for number, entry in enumerate(entries):
            await self.press("Add another" if number else "Add the first one")
            typed = {name: value for one in group.questions for name, value in as_form(one, entry.get(one.key)).items() if value}
            await self.answer(typed)
            await self.press("Save and continue")

    async def hand_in(self, programme: Programme, answers: Mapping[str, Answer]) -> Sequence[str]:
        """Add each document that must come along and name each referee who is asked for, from the task list; the files' names."""
        added = []
        for paper in programme.documents_for("submission", answers):
            if not paper.optional:
                name = f"{paper.key}.pdf"
                await self.follow(paper.names[self.language])
                await self.add(name, small_pdf(paper.names.en), several=paper.max_files > 1)
                assert name in await self.reads()
                added.append(name)
                if paper.max_files > 1:
                    await self.press("Continue")
        await self.name_referees(programme, answers)
        return added

    async def name_referees(self, programme: Programme, answers: Mapping[str, Answer]) -> None:
        """Ask as many people for a letter as the programme wants, from the task list and back to it."""
        name = answers.get("full_name")
        asked = referees_of(Person(str(name), self.email, "PE", self.language), programme, answers)
        if not asked:
            return
        await self.follow(self.say("Letters of recommendation"))
        for referee in asked:
            await self.press("Ask somebody for a letter")
            await self.answer(referee)
            await self.press("Ask this person")
            assert referee["name"] in await self.reads()
        await self.follow(self.say("Continue with the application"))

    async def add(self, name: str, body: bytes, *, several: bool = False) -> None:
        await self.choose(name, body)
        await self.press("Add" if several else "Add and continue")

    async def choose(self, *files: str | bytes) -> None:
        """Choose files, given as names and bytes in turn."""
        pairs = zip(files[::2], files[1::2], strict=True)
        chosen = [FilePayload(name=str(name), mimeType="application/pdf", buffer=body) for name, body in pairs if isinstance(body, bytes)]
        await self.page.set_input_files("#file", chosen)
