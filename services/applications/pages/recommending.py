"""The referee's own pages, opened by the link of a mail: what is asked, the letter, checking and sending it, declining.
There is no account: the secret in the address is the key, so these pages are kept nowhere and no address of theirs is logged.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Fault
from services.applications.domain.referees import REASONS, LetterRefused, LinkGone
from services.applications.pages.fields import field, shown
from services.applications.pages.seats import REFUSALS, answer, count_write, cover, gone, number_of, open_seat, refused_page, seat_of
from services.applications.referees import writing
from services.applications.referees.writing import Seat, read
from shared.web.i18n import N_, current_language, translate
from shared.web.problems import Problem
from shared.web.switching import told_again

_ = translate
router = APIRouter(include_in_schema=False)

WORDS: Final = {
    "no_time": N_("I have no time for it before the date"),
    "not_known": N_("I do not know this person, or not well enough"),
    "conflict": N_("I should not write it: we are related, or I take part in the decision"),
    "other": N_("Another reason"),
}


@router.get("/letter/{token}")
async def cover_page(request: Request, token: str) -> Response:
    found = await seat_of(request)
    return await gone(request) if isinstance(found, LinkGone) else cover(request, found)


@router.post("/letter/{token}")
async def open_it(request: Request, token: str) -> Response:
    """The button of the first page: from here on the applicant is shown that the page was opened."""
    desk = desk_of(request)
    outcome = await desk.db.run(lambda tx: writing.open_page(tx, token, now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    if isinstance(outcome, LetterRefused):
        return await refused_page(request, outcome)
    first = "write" if "write" in outcome.asked.ways and not outcome.file else "file"
    return RedirectResponse(f"/letter/{token}/{first}", 303)


# ---- writing


@router.get("/letter/{token}/write")
async def write_page(request: Request, token: str) -> Response:
    found = await open_seat(request, "write")
    if not isinstance(found, Seat):
        return found
    return draw(request, found, found.typed, told_again(request, lambda form: read(found.asked, typed_in(form)).faults))


def typed_in(form: FormData) -> dict[str, str]:
    return {key: value for key, value in form.items() if isinstance(value, str)}


def draw(
    request: Request, seat: Seat, typed: Mapping[str, str], faults: Mapping[str, Fault] | None = None, *, status: int = 200, other: str = ""
) -> Response:
    """The letter's questions with what was typed."""
    fields = [
        {**field(question, seat.terms.plan, typed=typed, fault=(faults or {}).get(question.key)), "rows": 16}
        for question in seat.asked.questions
    ]
    return answer(request, "letter/write.html", seat, status=status, fields=fields, others=[other] if other else [])


@router.post("/letter/{token}/write")
async def write(request: Request, token: str) -> Response:
    """Keep what was typed, good or not; then the letter is shown to be checked."""
    desk, now = desk_of(request), desk_of(request).clock.now()
    form = typed_in(await request.form(max_fields=50))
    found = await seat_of(request)
    if isinstance(found, LinkGone):
        return await gone(request, form)
    if "write" not in found.asked.ways:
        raise Problem(404, code="not_found")
    await count_write(request, found)
    outcome = await desk.db.run(lambda tx: writing.save(tx, token, form, saved=number_of(form.get("saved")), now=now))
    if isinstance(outcome, LinkGone):
        return await gone(request, form)
    if isinstance(outcome, LetterRefused):
        fresh = await seat_of(request)
        if outcome.code == "changed" and isinstance(fresh, Seat):
            return draw(request, fresh, form, status=409, other=_(REFUSALS[outcome.code]))
        return await refused_page(request, outcome)
    if form.get("then") == "later":
        return RedirectResponse(f"/letter/{token}?saved=1", 303)
    if outcome.faults:
        fresh = await seat_of(request)
        assert isinstance(fresh, Seat), "it was there a moment ago"
        return draw(request, fresh, fresh.typed, outcome.faults, status=422)
    return RedirectResponse(f"/letter/{token}/check", 303)


# ---- checking, sending, declining


@router.get("/letter/{token}/check")
@router.get("/letter/{token}/send")
async def check_page(request: Request, token: str) -> Response:
    found = await open_seat(request)
    return draw_check(request, found, error=told_again(request, unconfirmed) or "") if isinstance(found, Seat) else found


def unconfirmed(form: FormData) -> str:
    return "" if form.get("agree") == "yes" else _("Confirm that you wrote this letter, to send it")


def draw_check(request: Request, seat: Seat, *, error: str = "") -> Response:
    """The letter as it would be sent."""
    language, plan = current_language(), seat.terms.plan
    rows = [(one.label[language], shown(one, seat.answers.get(one.key), plan).split("\n")) for one in seat.asked.questions]
    return answer(request, "letter/check.html", seat, status=422 if error else 200, rows=[] if seat.file else rows, error=error)


@router.post("/letter/{token}/send")
async def send(request: Request, token: str) -> Response:
    desk = desk_of(request)
    # The moment that counts is the one at which the request arrived, not the one at which the database got to it.
    now = desk.clock.now()
    form = await request.form(max_fields=10)
    if error := unconfirmed(form):
        found = await open_seat(request)
        return draw_check(request, found, error=error) if isinstance(found, Seat) else found
    outcome = await desk.db.run(lambda tx: writing.send(tx, token, saved=number_of(form.get("saved")), now=now))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    if isinstance(outcome, LetterRefused) and outcome.code == "incomplete":
        return RedirectResponse(f"/letter/{token}/check", 303)
    return await refused_page(request, outcome) if isinstance(outcome, LetterRefused) else RedirectResponse(f"/letter/{token}", 303)


@router.get("/letter/{token}/decline")
async def decline_page(request: Request, token: str) -> Response:
    found = await open_seat(request)
    return draw_decline(request, found, error=told_again(request, unreasoned) or "") if isinstance(found, Seat) else found


def unreasoned(form: FormData) -> str:
    return "" if form.get("reason") in REASONS else _("Choose a reason")


def draw_decline(request: Request, seat: Seat, *, error: str = "") -> Response:
    options = [{"key": one, "label": _(WORDS[one])} for one in REASONS]
    hint = _("The applicant is told the reason, and can ask somebody else.")
    reason = {"key": "reason", "kind": "radio", "label": _("Why can you not write it?"), "hint": hint, "options": options, "error": error}
    return answer(request, "letter/decline.html", seat, status=422 if error else 200, reason=reason)


@router.post("/letter/{token}/decline")
async def decline(request: Request, token: str) -> Response:
    desk = desk_of(request)
    form = await request.form(max_fields=10)
    if error := unreasoned(form):
        found = await open_seat(request)
        return draw_decline(request, found, error=error) if isinstance(found, Seat) else found
    outcome = await desk.db.run(lambda tx: writing.decline(tx, token, str(form["reason"]), now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    return await refused_page(request, outcome) if isinstance(outcome, LetterRefused) else RedirectResponse(f"/letter/{token}", 303)
