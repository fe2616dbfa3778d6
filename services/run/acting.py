"""What people do, each through the pages or the API that is there for them: applicants, and staff of every role."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import urljoin

import httpx2

from services.applications.domain.answers import Answer
from services.applications.plan.model import Programme
from services.run.browser import Browser, Page, Unexpected
from services.run.filling import asked_of, fields, small_pdf

_ATTEMPT: Final = re.compile(r"[?&]attempt=([0-9a-f-]{36})")
_ID: Final = re.compile(r"/applications/([0-9a-f-]{36})")
LIST_SIZE: Final = 200
SIGN_INS_MAX: Final = 5


class Letterbox(Protocol):
    """Where the mails of the demonstration and the simulation arrive."""

    async def code(self, email: str) -> str:
        """The sign-in code in the newest mail to `email`; waits for it, within bounds."""
        ...

    async def letter_link(self, email: str) -> str:
        """The link in the newest mail that asks `email` for a letter; waits for it, within bounds."""
        ...


class Somebody:
    """A person with a browser of their own, who can sign in. With `brisk`, forms are sent without being looked at before and after."""

    def __init__(
        self,
        email: str,
        origin: str,
        letterbox: Letterbox,
        *,
        language: str = "en",
        transport: httpx2.AsyncHTTPTransport | None = None,
        brisk: bool = False,
    ) -> None:
        self.email = email
        self.browser = Browser(origin, language=language, transport=transport)
        self._letterbox = letterbox
        self._brisk = brisk

    async def sign_in(self) -> None:
        """Ask for a code, take it from the mail, enter it."""
        for _ in range(SIGN_INS_MAX):
            self.browser.forget()
            page = await (self._sign_in_briskly() if self._brisk else self._sign_in_by_the_pages())
            if page.status < 400 and not page.path.startswith("/sign-in"):
                return
            if not page.repeated:
                break  # otherwise the code was taken, and the answer with the session was lost: ask for another one
        raise Unexpected(f"{self.email} could not sign in: {page.words()[:400]}")

    async def _sign_in_by_the_pages(self) -> Page:
        page = await self.browser.get("/sign-in")
        page = await self.browser.send(page.form(action="/sign-in", having="email"), {"email": self.email})
        form = page.form(action="/sign-in/code", having="code")
        return await self.browser.send(form, {"code": await self._letterbox.code(self.email)}, expect=(200, 422))

    async def _sign_in_briskly(self) -> Page:
        page = await self.browser.post("/sign-in", {"email": self.email}, follow=False, expect=())
        attempt = _ATTEMPT.search(page.headers.get("location", ""))
        if attempt is None:
            raise Unexpected(f"{self.email} got no code: {page.words()[:400]}")
        values = {"attempt": attempt.group(1), "code": await self._letterbox.code(self.email)}
        page = await self.browser.post("/sign-in/code", values, follow=False, expect=(422,))
        return replace(page, url=urljoin(page.url, page.headers.get("location", page.url)))


@dataclass
class Applied:
    """What became of a form that was sent: the application, its receipt, or why it was refused."""

    application: str
    receipt: str = ""
    refused: str = ""


class Applicant(Somebody):
    """Fills in a form page by page."""

    async def start(self, programme: str, country: str) -> str:
        """Begin an application in the open call; its id."""
        path = f"/programmes/{programme}/start"
        if self._brisk:
            page = await self.browser.post(path, {"country": country}, follow=False, expect=())
            where = page.headers.get("location", "")
        else:
            form = (await self.browser.get(path)).form(having="country")
            page = await self.browser.send(form, {"country": country})
            where = page.path
        found = _ID.search(where)
        if found is None:
            raise Unexpected(f"no application was begun: {page.status} {where} {page.words()[:400]}")
        return found.group(1)

    async def save_page(self, application: str, key: str, values: Mapping[str, str]) -> None:
        """Answer one page and continue."""
        path = f"/applications/{application}/pages/{key}"
        if self._brisk:
            await self.browser.post(path, values, follow=False, expect=())
        else:
            await self.browser.send((await self.browser.get(path)).form(action=path), values)

    async def fill(self, application: str, programme: Programme, answers: Mapping[str, Answer], *, pages: int | None = None) -> None:
        """Answer every page, or the first `pages`."""
        for page in asked_of(programme, answers)[:pages]:
            await self.save_page(application, page.key, fields(programme, page.key, answers))

    async def attach(self, application: str, programme: Programme, answers: Mapping[str, Answer], title: str) -> None:
        """Add each document that must come with the application."""
        for paper in programme.documents_for("submission", answers):
            if not paper.optional:
                await self.attach_one(application, paper.key, f"{title} - {paper.names.en}")

    async def attach_one(self, application: str, kind: str, title: str) -> None:
        path = f"/applications/{application}/papers/{kind}"
        files = {"file": (f"{kind}.pdf", small_pdf(title), "application/pdf")}
        if self._brisk:
            await self.browser.post(path, {}, files=files, follow=False, expect=())
        else:
            await self.browser.send((await self.browser.get(path)).form(action=path, having="file"), {}, files=files)

    async def ask_referee(self, application: str, fields: Mapping[str, str]) -> None:
        """Name somebody for a letter; the mail goes out by itself."""
        path = f"/applications/{application}/referees/add"
        if self._brisk:
            await self.browser.post(path, fields, follow=False, expect=())
        else:
            await self.browser.send((await self.browser.get(path)).form(action=path), fields)

    async def send(self, application: str) -> Applied:
        """Check the answers, agree, and send. A refusal by the rules is an answer, with its words."""
        path = f"/applications/{application}"
        if not self._brisk:
            await self.browser.get(f"{path}/check")
        form = (await self.browser.get(f"{path}/send")).form(action=f"{path}/send")
        page = await self.browser.send(form, {"agree": "yes"}, expect=(200, 422))
        if page.status == 422:
            return Applied(application, refused=page.words())
        found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{2}\b", page.words())
        return Applied(application, receipt=found.group(0) if found else "")

    async def mine(self) -> list[dict[str, Any]]:
        """Own applications, as the read API gives them."""
        found: list[dict[str, Any]] = await self.browser.json("/api/v1/applications")
        return found

    async def answer_offer(self, application: str, answer: str) -> None:
        """Accept or decline the place, on the page that says what the answer means."""
        path = f"/applications/{application}/offer/{answer}"
        page = await self.browser.get(path)
        await self.browser.send(page.form(action=path), {})

    async def withdraw(self, application: str, reason: str = "") -> None:
        """Withdraw, on the page that asks once more."""
        path = f"/applications/{application}/withdraw"
        page = await self.browser.get(path)
        await self.browser.send(page.form(action=path), {"reason": reason} if reason else {})


@dataclass
class Wanted:
    """Which applications a member of staff looks for."""

    programme: str
    year: int
    country: str = ""
    states: Sequence[str] = field(default_factory=tuple)


class Staff(Somebody):
    """Coordinators, reviewers and officers at work."""

    async def applications(self, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
        """Every application that fits, earliest submitted first."""
        after = ""
        while True:
            query: list[tuple[str, Any]] = [("programme", wanted.programme), ("year", str(wanted.year)), ("limit", str(LIST_SIZE))]
            query += [("country", wanted.country)] if wanted.country else []
            query += [("state", state) for state in wanted.states]
            query += [("after", after)] if after else []
            found = await self.browser.json(f"/api/v1/applications?{httpx2.QueryParams(query)}")
            for one in found:
                yield one
            if len(found) < LIST_SIZE:
                return
            after = found[-1]["id"]

    async def few(self, wanted: Wanted) -> list[dict[str, Any]]:
        """The first of those that fit, to see whether there are any."""
        query: list[tuple[str, Any]] = [("programme", wanted.programme), ("year", str(wanted.year)), ("limit", "1")]
        query += [("state", state) for state in wanted.states]
        found: list[dict[str, Any]] = await self.browser.json(f"/api/v1/applications?{httpx2.QueryParams(query)}")
        return found

    async def listed(self, wanted: Wanted) -> list[dict[str, Any]]:
        return [one async for one in self.applications(wanted)]

    async def act(self, application: str, act: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do one act on one application."""
        done: dict[str, Any] = await self.browser.post_json(f"/api/v1/applications/{application}/{act}", body)
        return done

    async def attach(self, one: Mapping[str, Any], programme: Programme) -> None:
        """Add each document that the country must send along with a nomination."""
        for paper in programme.documents:
            if paper.stage == "nomination" and not paper.optional:
                upload = (f"{paper.key}.pdf", small_pdf(f"{one['receipt']} - {paper.names.en}"), "application/pdf")
                await self.browser.put_file(f"/api/v1/applications/{one['id']}/documents/{paper.key}", upload)

    async def nominate(self, one: Mapping[str, Any]) -> dict[str, Any]:
        return await self.act(one["id"], "nominate", {"expected_version": one["version"]})

    async def return_for_correction(
        self, one: Mapping[str, Any], reasons: Sequence[str], correct_by: date, marks: Sequence[Mapping[str, str]] = ()
    ) -> dict[str, Any]:
        """Send it back; `marks` are of places in the form, each with `kind`, `key` and `remark`."""
        body = {"expected_version": one["version"], "reasons": list(reasons), "correct_by": correct_by.isoformat(), "marks": list(marks)}
        return await self.act(one["id"], "return", body)

    async def score(self, one: Mapping[str, Any], points: Mapping[str, int]) -> dict[str, Any]:
        return await self.act(one["id"], "score", {"expected_version": one["version"], "points": dict(points)})

    async def approve(self, one: Mapping[str, Any], *, second: bool = False) -> dict[str, Any]:
        """Approve for the first of the courses that were listed, or for the `second` where there is one."""
        named = {"course": one["courses"][1]} if second and len(one["courses"]) > 1 else {}
        return await self.act(one["id"], "approve", {"expected_version": one["version"], **named})

    async def reject(self, one: Mapping[str, Any], reasons: Sequence[str]) -> dict[str, Any]:
        return await self.act(one["id"], "reject", {"expected_version": one["version"], "reasons": list(reasons)})
