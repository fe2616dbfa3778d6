"""A page of the form on somebody's screen: who may have it, what they typed into it, and what to do when two had it at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Page, Question
from services.applications.domain.correction import Returned
from services.applications.domain.lifecycle import EDITABLE, State
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.pages.corrections import of_page
from services.applications.pages.fields import shown
from services.applications.pages.kit import applicant, clock_time, id_from, zone_with
from services.applications.pages.refusals import problem
from services.applications.plan.model import Country
from services.applications.store.copies import last_returned
from services.applications.use_cases import Done
from services.applications.use_cases.answering import Refused
from services.applications.use_cases.sheet import Sheet, sheet
from shared.persistence.database import Tx
from shared.web.filled import VERSION
from shared.web.i18n import current_language
from shared.web.pages import render
from shared.web.problems import Problem, Redirect

OFFERED = "_offered"
"""The hidden field of a form beside which a text was offered that had been typed and not saved; no question has such a key."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """A page of the form on somebody's screen, with the zone to show moments in."""

    sheet: Sheet
    page: Page
    zone: str
    returned: Returned | None = None

    @property
    def remarks(self) -> dict[str, str]:
        """What the coordinator said of the page that was sent back."""
        return of_page(self.returned, self.page)

    @property
    def focal(self) -> Country | None:
        """The country whose focal point the foot of the page names."""
        return self.sheet.terms.plan.country(self.sheet.application.country)

    @property
    def path(self) -> str:
        return f"/applications/{self.sheet.application.id}"

    @property
    def here(self) -> str:
        return f"{self.path}/pages/{quote(self.page.key)}"

    def time(self, moment: datetime | None) -> str:
        return clock_time(moment, self.zone) if moment else ""

    @property
    def saved_at(self) -> str:
        found = self.sheet.saved.get(self.page.key)
        return self.time(found.at if found else None)


async def desktop(request: Request, raw_id: str, key: str) -> Desktop:
    """The page, for whoever may answer it now: 404 where it is somebody else's, away from it where it is not asked or not editable."""
    viewer, desk, application_id = applicant(request), desk_of(request), id_from(raw_id)

    async def read(tx: Tx) -> tuple[Sheet | None, Returned | None]:
        found = await sheet(tx, viewer, application_id)
        sent_back = found is not None and found.application.state == State.RETURNED
        return found, await last_returned(tx, application_id) if sent_back else None

    found, returned = await desk.db.run(read)
    if found is None:
        raise Problem(404, code="not_found")
    path = f"/applications/{found.application.id}"
    if found.application.state not in EDITABLE:
        raise Redirect(path)
    page = found.page(key)
    if page is None:
        if found.programme.page(key) is None:
            raise Problem(404, code="not_found")
        raise Redirect(f"{path}/tasks")
    return Desktop(found, page, zone_with(found.account, found.application.country), returned)


async def typed_in(request: Request) -> tuple[dict[str, str], int | None]:
    """The fields of the form as they were typed, and the version of the page that it was made for: the first one, as a form that was on
    its way to another language and went over a sign-in holds the newest as well, which nobody has chosen to overwrite.
    """
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    typed.pop(VERSION, None)
    version = next((one for one in form.getlist(VERSION) if isinstance(one, str)), "")
    return typed, int(version) if version.isdecimal() and len(version) < 10 else None


def kept_answer(request: Request, outcome: Done | WrongAnswers | PageChanged | Refused, back: str) -> Response:
    """What the script hears that keeps what is typed; and where the button leads that lets go of it."""
    if isinstance(outcome, PageChanged):
        return Response(status_code=409)  # for the script, which says so
    if isinstance(outcome, WrongAnswers):
        return Response(status_code=422)
    if not isinstance(outcome, Done):
        raise problem(outcome, "UTC")
    return RedirectResponse(back, 303) if "forget" in request.query_params else Response(status_code=204)


def onward(request: Request, path: str, key: str) -> Response:
    """After a page was saved: back to where one came from."""
    if request.query_params.get("then") == "check":
        return RedirectResponse(f"{path}/check#{quote(key)}", 303)
    return RedirectResponse(f"{path}/tasks?saved={quote(key)}", 303)


def then(request: Request) -> str:
    """The part of an address that remembers the check page, where one came from there."""
    return "?then=check" if request.query_params.get("then") == "check" else ""


def draw_both(request: Request, found: Desktop, outcome: PageChanged, typed: Mapping[str, str], *, action: str = "") -> Response:
    """What is saved now beside what was typed, to choose from: the page was saved elsewhere since it was shown here."""
    plan, language = found.sheet.terms.plan, current_language()

    def lines(question: Question, answers: Mapping[str, Answer]) -> list[str]:
        return shown(question, answers.get(question.key), plan).split("\n")

    rows = [
        {"label": question.label[language], "saved": lines(question, outcome.saved), "typed": lines(question, outcome.typed)}
        for question in found.page.questions
        if outcome.saved.get(question.key) != outcome.typed.get(question.key)
    ]
    return render(
        request,
        "both.html",
        status=409,
        page=found.page,
        focal=found.focal,
        rows=rows,
        action=action or found.here + then(request),
        here=found.here + then(request),
        version=outcome.version,
        saved_at=found.time(outcome.at),
        typed=typed,
    )
