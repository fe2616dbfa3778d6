"""A page of the form on somebody's screen: who may have it, what they typed into it, and what to do when two had it at once."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Fault, Page, Question
from services.applications.domain.correction import Returned
from services.applications.domain.lifecycle import EDITABLE, State
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.folder import zone_with
from services.applications.pages.beside import Beside
from services.applications.pages.corrections import of_page
from services.applications.pages.fields import shown
from services.applications.pages.kit import applicant, clock_time, id_from
from services.applications.pages.refusals import problem
from services.applications.plan.model import Country
from services.applications.store.answers import Typed
from services.applications.store.copies import last_returned
from services.applications.use_cases.opened import Refused
from services.applications.use_cases.sheet import Sheet, sheet
from services.applications.use_cases.unsaved import Kept, KeptElsewhere, Window, WrongPage
from shared.persistence.database import Tx
from shared.web.filled import VERSION
from shared.web.i18n import current_language
from shared.web.pages import render
from shared.web.problems import Problem, Redirect
from shared.web.switching import typed_before

OFFERED: Final = "_offered"
"""The hidden field of a form beside which a text was offered that had been typed and not saved; no question has such a key."""
KEPT: Final = "_kept"
"""The hidden field that tells which text, of those that were typed and not saved, a form was filled in with or has beside it."""
WINDOW: Final = "_window"
"""The hidden field that tells one window from any other: made as the page is opened, and carried through whatever its form is answered."""
_WINDOW_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,40}")
MARK_HEADER: Final = "x-kept"
TIME_HEADER: Final = "x-kept-at"
"""The time of day as the page says it of what was kept before: in the account's zone, which need not be the browser's."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """A page of the form on somebody's screen, with the zone and the moment to show times in."""

    sheet: Sheet
    page: Page
    zone: str
    now: datetime
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
        return clock_time(moment, self.zone, self.now) if moment else ""

    @property
    def saved_at(self) -> str:
        found = self.sheet.saved.get(self.page.key)
        return self.time(found.at if found else None)


async def desktop(request: Request, raw_id: str, key: str) -> Desktop:
    """The page, for whoever may answer it now: 404 where it is somebody else's, away from it where it is not asked or not editable."""
    viewer, desk, application_id = applicant(request), desk_of(request), id_from(raw_id)

    async def read(tx: Tx) -> tuple[Sheet | None, Returned | None]:
        found = await sheet(tx, viewer, application_id)
        return found, await _sent_back(tx, found) if found else None

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
    return _on(found, page, desk.clock.now(), returned)


def _on(found: Sheet, page: Page, now: datetime, returned: Returned | None) -> Desktop:
    return Desktop(found, page, zone_with(found.account, found.application.country), now, returned)


async def _sent_back(tx: Tx, found: Sheet) -> Returned | None:
    return await last_returned(tx, found.application.id) if found.application.state == State.RETURNED else None


async def refused(request: Request, outcome: WrongPage, key: str) -> Desktop:
    """The page that was refused just now, as the use case left it; it is read again only for what a coordinator said of it."""
    page = outcome.sheet.page(key)
    assert page is not None, "a page that is not asked is refused otherwise"
    desk, returned = desk_of(request), outcome.sheet.application.state == State.RETURNED
    return _on(outcome.sheet, page, desk.clock.now(), await desk.db.run(lambda tx: _sent_back(tx, outcome.sheet)) if returned else None)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it was sent: its fields as they were typed, the version of the page that it was made for, and what its window knew."""

    fields: dict[str, str]
    seen: int | None
    window: Window

    def grew_from(self, kept: Typed | None) -> bool:
        """Whether it was filled in with what is kept, or kept it."""
        return kept is not None and not self.window.offered and self.window.has(kept)

    def holds(self, kept: Typed) -> bool:
        """Whether the same was typed."""
        return all(self.fields.get(name, "").replace("\x00", "") == value for name, value in kept.fields.items())


def as_sent(pairs: Iterable[tuple[str, object]]) -> Sent:
    """The form out of names and values. Of two versions the first one counts: a form that was on its way to another language and went over
    a sign-in holds the newest as well, which nobody has chosen to overwrite.
    """
    said = [(name, value) for name, value in pairs if isinstance(value, str)]
    version = next((value for name, value in said if name == VERSION), "")
    fields = dict(said)
    key = fields.get(WINDOW, "")
    window = Window(fields.get(KEPT), fields.get(OFFERED) == "1", key if _WINDOW_KEY.fullmatch(key) else "")
    own = {name: value for name, value in fields.items() if name not in (VERSION, KEPT, OFFERED, WINDOW)}
    return Sent(own, int(version) if version.isdecimal() and len(version) < 10 else None, window)


async def typed_in(request: Request) -> Sent:
    """The form that was sent."""
    return as_sent((await request.form()).multi_items())


@dataclass(frozen=True, slots=True)
class Again:
    """A text that a page shows in the place of what is saved: as it was `sent`, with its faults. `mine` says that it is what is kept, and
    `fresh` that it comes from a form, and not from what is kept.
    """

    sent: Sent
    faults: Mapping[str, Fault]
    mine: bool = False
    fresh: bool = True


def opened_with(request: Request, found: Desktop, kept_as: str, faults: Callable[[Mapping[str, str]], Mapping[str, Fault]]) -> Again | None:
    """What the page opens with beside what is saved: the form that asked for it in another language, or a kept text that was asked for or
    was refused; none otherwise. `faults` finds what is wrong with its fields.
    """
    kept, typed = found.sheet.typed.get(kept_as), typed_before(request)
    if typed is not None:
        sent = as_sent(typed)
        return Again(sent, faults(sent.fields), mine=sent.grew_from(kept))
    if kept is not None and ("typed" in request.query_params or _waits(kept, found.sheet.version(found.page))):
        sent = Sent(kept.fields, kept.seen, Window(kept.mark))
        return Again(sent, faults(kept.fields) if kept.refused else {}, mine=True, fresh=False)
    return None


def _waits(kept: Typed, version: int) -> bool:
    """Whether it was refused and nothing was saved since: who comes back finds it as it was."""
    return kept.refused and kept.seen in (None, version)


def version_on(found: Desktop, again: Again | None) -> int:
    """The version that the form on the screen was made for, which is the present one where it does not say."""
    return found.sheet.version(found.page) if again is None or again.sent.seen is None else again.sent.seen


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What a page tells of a text that was typed on it and not saved; `mark` is of the one that is kept, `window` the key of its window.

    One of three: another text is offered (`offered_at`; `instead` where this form holds one too), this one was kept (`kept_at`), or this
    one was refused and is shown to somebody who came back (`refused_at`). `address` is where a text is kept and let go of.
    """

    address: str
    window: str
    mark: str = ""
    offered_at: str = ""
    instead: bool = False
    kept_at: str = ""
    refused_at: str = ""


def unsaved(found: Desktop, kept_as: str, address: str, again: Again | None) -> Unsaved:
    """What is told of the text that is kept as `kept_as`, on a page that shows `again`, or else what is saved."""
    kept, window = found.sheet.typed.get(kept_as), (again.sent.window.key if again else "") or token_urlsafe(16)
    if kept is None:
        return Unsaved(address, window)
    at = found.time(kept.at)
    if again is None or not again.mine:
        return Unsaved(address, window, kept.mark, offered_at=at, instead=again is not None)
    by_sending = kept.refused and not again.fresh
    return Unsaved(address, window, kept.mark, refused_at=at if by_sending else "", kept_at="" if by_sending else at)


def not_instead(request: Request, outcome: Kept | KeptElsewhere | WrongAnswers | PageChanged | Refused) -> bool:
    """Whether the person chose this text instead of the one that was kept, and it could not be: it is shown again, as it was sent."""
    return "instead" in request.query_params and isinstance(outcome, KeptElsewhere | WrongAnswers | PageChanged)


def status_of(request: Request, *, wrong: bool) -> int:
    """Of a page with a form: what was sent and is shown again is not saved, whether something is `wrong` with it or not."""
    return 200 if request.method != "POST" else 422 if wrong else 409


def kept_answer(request: Request, outcome: Kept | KeptElsewhere | WrongAnswers | PageChanged | Refused, path: str) -> Response:
    """What the script hears that keeps what is typed; and where the buttons lead that let go of it, or keep this in its stead."""
    back = path + then(request)
    if "instead" in request.query_params and isinstance(outcome, Kept):
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}typed=1", 303)
    if isinstance(outcome, Kept | KeptElsewhere) and "forget" in request.query_params:
        return RedirectResponse(back, 303)  # what another window has kept since is offered there
    match outcome:
        case Kept():
            zone, now = zone_with(outcome.sheet.account, outcome.sheet.application.country), desk_of(request).clock.now()
            return Response(status_code=204, headers={MARK_HEADER: outcome.mark, TIME_HEADER: clock_time(now, zone, now)})
        case PageChanged():
            return Response(status_code=409)  # for the script, which says so
        case KeptElsewhere():
            return Response(status_code=412)
        case WrongAnswers():
            return Response(status_code=422)
        case _:
            raise problem(outcome, "UTC")


def onward(request: Request, path: str, key: str) -> Response:
    """After a page was saved: back to where one came from."""
    if request.query_params.get("then") == "check":
        return RedirectResponse(f"{path}/check#answers-{quote(key)}", 303)
    return RedirectResponse(f"{path}/tasks?saved={quote(key)}", 303)


def then(request: Request) -> str:
    """The part of an address that remembers the check page, where one came from there."""
    return "?then=check" if request.query_params.get("then") == "check" else ""


def draw_both(
    request: Request,
    found: Desktop,
    outcome: PageChanged,
    sent: Sent,
    *,
    rows: Sequence[Beside] = (),
    kept: Typed | None = None,
    action: str = "",
    forget: str = "",
    entry: str = "",
    add: str = "",
) -> Response:
    """What is saved now beside what was typed, to choose from: the page was saved elsewhere since it was shown here.

    What was typed is kept as well (`kept`), if it is; choosing the other lets go of it, at the address `forget`. What was typed into an
    `entry` of a list may take its place, or be added to the list at the address `add`.
    """
    plan, language = found.sheet.terms.plan, current_language()

    def said(question: Question, answers: Mapping[str, Answer]) -> str:
        return shown(question, answers.get(question.key), plan)

    rows = rows or [
        Beside.of(question.label[language], said(question, outcome.saved), said(question, outcome.typed))
        for question in found.page.questions
        if outcome.saved.get(question.key) != outcome.typed.get(question.key)
    ]
    mine = kept is not None and (sent.grew_from(kept) or sent.holds(kept))
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
        typed=sent.fields,
        window=sent.window.key,
        mark=kept.mark if kept is not None and mine else sent.window.mark or "",
        forget=forget if mine else "",
        entry=entry,
        add=add,
    )
