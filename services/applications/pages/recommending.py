"""The referee's own pages, opened by the link of a mail: what is asked, the letter, checking and sending it, declining.
There is no account: the secret in the address is the key, so these pages are kept nowhere and no address of theirs is logged.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from services.applications.accounts import zones
from services.applications.accounts.desk import desk_of
from services.applications.accounts.throttle import count
from services.applications.documents.receiving import Received, UploadRefused, receive
from services.applications.documents.scanner import Infected, Unknown
from services.applications.domain.accounts import Window, refused
from services.applications.domain.answers import Fault
from services.applications.domain.referees import REASONS, LetterRefused, LinkGone
from services.applications.pages.fields import field, shown
from services.applications.pages.refused_files import NO_FILE, refusal_words
from services.applications.pages.words import country_name, size_words, type_words
from services.applications.referees import writing
from services.applications.referees.writing import Saved, Seat
from services.applications.uploads import AT_ONCE_SECONDS, documents_of, room_of, scanner_of
from shared.persistence.database import Tx
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

UPLOADS: Final = "/letter/"
ACCEPTED: Final = ("application/pdf",)
# Links that lead nowhere, from one network address: nobody guesses a secret of 256 bits, and nobody is to try at full speed.
MISSES: Final = Window(60, timedelta(minutes=15))
WRITES: Final = Window(120, timedelta(hours=1))
"""Saves and files of one referee in an hour."""
WORDS: Final = {
    "no_time": N_("I have no time for it before the date"),
    "not_known": N_("I do not know this person, or not well enough"),
    "conflict": N_("I should not write it: we are related, or I take part in the decision"),
    "other": N_("Another reason"),
}
REFUSALS: Final = {
    "too_late": N_("The time for this letter has passed, so it was not taken."),
    "incomplete": N_("The letter is not complete yet."),
    "unseen": N_("This letter was changed in another window. Read it as it is now, then confirm and send it."),
    "changed": N_("This letter was changed in another window. What you see here is what you typed now; press the button again to keep it."),
}


def answer(request: Request, template: str, seat: Seat | None, *, status: int = 200, **context: Any) -> Response:
    """A page that no cache keeps. With a stricter referrer policy, forms of older browsers would look like those of strangers."""
    page = render(request, template, status=status, seat=seat, **(_around(request, seat) if seat else {}), **context)
    page.headers["cache-control"] = "no-store"
    return page


def _around(request: Request, seat: Seat) -> dict[str, Any]:
    language, plan = current_language(), seat.terms.plan
    return {
        "path": f"/letter/{request.path_params['token']}",
        "programme": seat.terms.programme.names[language],
        "description": seat.terms.programme.description[language],
        "country": country_name(seat.application.country, plan),
        "zone": zones.zone_of(seat.application.country),
        "now": desk_of(request).clock.now(),
        "writes": "write" in seat.asked.ways,
        "uploads": "upload" in seat.asked.ways,
        "types": type_words(ACCEPTED),
        "most": size_words(seat.asked.max_bytes),
    }


async def gone(request: Request, typed: Mapping[str, str] | None = None) -> Response:
    """One page for every link that does not count, whatever the reason; too many from one address are answered with a pause."""
    desk, ip = desk_of(request), request.client.host if request.client else ""
    used = await desk.db.run(lambda tx: count(tx, f"letter:{ip}", MISSES, now=desk.clock.now()))
    if refused(used, MISSES):
        raise Problem(429, code="too_many_requests")
    kept = [text for text in (typed or {}).values() if len(text) > 40]
    return answer(request, "letter/gone.html", None, status=410, kept=kept)


def _number(typed: object) -> int:
    """The number of saves that a form showed; -1 where it carries none."""
    return int(typed) if isinstance(typed, str) and typed.isdecimal() and len(typed) < 9 else -1


async def _seat(request: Request) -> Seat | LinkGone:
    desk, token = desk_of(request), request.path_params["token"]
    return await desk.db.run(lambda tx: writing.seat(tx, token, now=desk.clock.now()))


async def _may_write(request: Request, seat: Seat) -> None:
    """Counts what one referee sends; 429 where it is too much."""
    desk = desk_of(request)

    async def counted(tx: Tx) -> bool:
        return refused(await count(tx, f"writes:{seat.referee.id}", WRITES, now=desk.clock.now()), WRITES)

    if await desk.db.run(counted):
        raise Problem(429, code="too_many_requests")


def cover(request: Request, seat: Seat, *, status: int = 200, error: str = "") -> Response:
    """What is asked, or what became of it."""
    return answer(request, "letter/cover.html", seat, status=status, error=error, saved="saved" in request.query_params)


def refusal(request: Request, seat: Seat, outcome: LetterRefused) -> Response:
    """The letter was not taken: sent or declined already (which the page shows), or too late."""
    if outcome.code in REFUSALS:
        return cover(request, seat, status=409, error=_(REFUSALS[outcome.code]))
    return RedirectResponse(f"/letter/{request.path_params['token']}", 303)


@router.get("/letter/{token}")
async def cover_page(request: Request, token: str) -> Response:
    found = await _seat(request)
    return await gone(request) if isinstance(found, LinkGone) else cover(request, found)


@router.post("/letter/{token}")
async def open_it(request: Request, token: str) -> Response:
    """The button of the first page: from here on the applicant is shown that the page was opened."""
    desk = desk_of(request)
    outcome = await desk.db.run(lambda tx: writing.open_page(tx, token, now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    if isinstance(outcome, LetterRefused):
        return await _refused(request, outcome)
    first = "write" if "write" in outcome.asked.ways and not outcome.file else "file"
    return RedirectResponse(f"/letter/{token}/{first}", 303)


async def _refused(request: Request, outcome: LetterRefused) -> Response:
    found = await _seat(request)
    return await gone(request) if isinstance(found, LinkGone) else refusal(request, found, outcome)


async def _open_seat(request: Request, way: str = "") -> Seat | Response:
    """The seat of a page on which something is still to be done; else the answer in its place."""
    found = await _seat(request)
    if isinstance(found, LinkGone):
        return await gone(request)
    if way and way not in found.asked.ways:
        raise Problem(404, code="not_found")
    return found if found.open else RedirectResponse(f"/letter/{request.path_params['token']}", 303)


# ---- writing


@router.get("/letter/{token}/write")
async def write_page(request: Request, token: str) -> Response:
    found = await _open_seat(request, "write")
    return draw(request, found, found.typed) if isinstance(found, Seat) else found


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
    form = {key: value for key, value in (await request.form(max_fields=50)).items() if isinstance(value, str)}
    found = await _seat(request)
    if isinstance(found, LinkGone):
        return await gone(request, form)
    if "write" not in found.asked.ways:
        raise Problem(404, code="not_found")
    await _may_write(request, found)
    outcome = await desk.db.run(lambda tx: writing.save(tx, token, form, saved=_number(form.get("saved")), now=now))
    if isinstance(outcome, LinkGone):
        return await gone(request, form)
    if isinstance(outcome, LetterRefused):
        fresh = await _seat(request)
        if outcome.code == "changed" and isinstance(fresh, Seat):
            return draw(request, fresh, form, status=409, other=_(REFUSALS[outcome.code]))
        return await _refused(request, outcome)
    if form.get("then") == "later":
        return RedirectResponse(f"/letter/{token}?saved=1", 303)
    if outcome.faults:
        fresh = await _seat(request)
        assert isinstance(fresh, Seat), "it was there a moment ago"
        return draw(request, fresh, fresh.typed, outcome.faults, status=422)
    return RedirectResponse(f"/letter/{token}/check", 303)


# ---- a file instead


@router.get("/letter/{token}/file")
async def file_page(request: Request, token: str) -> Response:
    found = await _open_seat(request, "upload")
    return draw_file(request, found) if isinstance(found, Seat) else found


def draw_file(request: Request, seat: Seat, *, error: str = "") -> Response:
    size = size_words(seat.letter.size_bytes) if seat.letter and seat.letter.size_bytes else ""
    return answer(request, "letter/file.html", seat, status=422 if error else 200, error=error, size=size, accepted=",".join(ACCEPTED))


@router.post("/letter/{token}/file")
async def add_file(request: Request, token: str) -> Response:
    """A PDF that is checked by its content; it is the letter from then on."""
    desk, documents = desk_of(request), documents_of(request)
    found = await _open_seat(request, "upload")
    if not isinstance(found, Seat):
        return found
    await _may_write(request, found)
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return RedirectResponse(f"/letter/{token}/check", 303) if found.file else draw_file(request, found, error=_(NO_FILE))
        async with room_of(request).place():
            received = await receive(upload, upload.filename, accepted=ACCEPTED, max_bytes=found.asked.max_bytes)
            against = refusal_words(received) if isinstance(received, UploadRefused) else await _scanned(request, found, received)
            if isinstance(received, UploadRefused) or against:
                return draw_file(request, found, error=against)
            key = await documents.put(found.application.id, received.content)
    outcome = await desk.db.run(lambda tx: writing.attach(tx, token, received, key, now=desk.clock.now()))
    if isinstance(outcome, Saved):
        return RedirectResponse(f"/letter/{token}/check", 303)
    await documents.delete(key)
    return await gone(request) if isinstance(outcome, LinkGone) else await _refused(request, outcome)


async def _scanned(request: Request, seat: Seat, file: Received) -> str:
    """What the virus scanner has against the file, in words; where it does not answer, nothing is taken unseen."""
    verdict = await scanner_of(request).scan(file.content, seconds=AT_ONCE_SECONDS)
    if isinstance(verdict, Infected):
        size, most = len(file.content), seat.asked.max_bytes
        return refusal_words(UploadRefused("infected", file.filename, size, file.content_type, ACCEPTED, most))
    if isinstance(verdict, Unknown):
        return _("The file cannot be checked for viruses now, so it was not taken. Try again in a few minutes, or write the letter here.")
    return ""


@router.post("/letter/{token}/file/remove")
async def remove_file(request: Request, token: str) -> Response:
    desk = desk_of(request)
    outcome = await desk.db.run(lambda tx: writing.detach(tx, token, now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    return RedirectResponse(f"/letter/{token}/file", 303) if isinstance(outcome, Saved) else await _refused(request, outcome)


# ---- checking, sending, declining


@router.get("/letter/{token}/check")
@router.get("/letter/{token}/send")
async def check_page(request: Request, token: str) -> Response:
    found = await _open_seat(request)
    return draw_check(request, found) if isinstance(found, Seat) else found


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
    if form.get("agree") != "yes":
        found = await _open_seat(request)
        return draw_check(request, found, error=_("Confirm that you wrote this letter, to send it")) if isinstance(found, Seat) else found
    outcome = await desk.db.run(lambda tx: writing.send(tx, token, saved=_number(form.get("saved")), now=now))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    if isinstance(outcome, LetterRefused) and outcome.code == "incomplete":
        return RedirectResponse(f"/letter/{token}/check", 303)
    return await _refused(request, outcome) if isinstance(outcome, LetterRefused) else RedirectResponse(f"/letter/{token}", 303)


@router.get("/letter/{token}/decline")
async def decline_page(request: Request, token: str) -> Response:
    found = await _open_seat(request)
    return draw_decline(request, found) if isinstance(found, Seat) else found


def draw_decline(request: Request, seat: Seat, *, error: str = "") -> Response:
    options = [{"key": one, "label": _(WORDS[one])} for one in REASONS]
    hint = _("The applicant is told the reason, and can ask somebody else.")
    reason = {"key": "reason", "kind": "radio", "label": _("Why can you not write it?"), "hint": hint, "options": options, "error": error}
    return answer(request, "letter/decline.html", seat, status=422 if error else 200, reason=reason)


@router.post("/letter/{token}/decline")
async def decline(request: Request, token: str) -> Response:
    desk = desk_of(request)
    form = await request.form(max_fields=10)
    reason = str(form.get("reason", ""))
    if reason not in REASONS:
        found = await _open_seat(request)
        return draw_decline(request, found, error=_("Choose a reason")) if isinstance(found, Seat) else found
    outcome = await desk.db.run(lambda tx: writing.decline(tx, token, reason, now=desk.clock.now()))
    if isinstance(outcome, LinkGone):
        return await gone(request)
    return await _refused(request, outcome) if isinstance(outcome, LetterRefused) else RedirectResponse(f"/letter/{token}", 303)
