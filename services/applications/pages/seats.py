"""What each page of a referee works with: who is behind the link, how often they may ask, and the pages that answer in another's place."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts import zones
from services.applications.accounts.desk import desk_of
from services.applications.accounts.throttle import count
from services.applications.domain.accounts import Window, refused
from services.applications.domain.referees import LetterRefused, LinkGone
from services.applications.pages.words import country_name, size_words, type_words
from services.applications.referees import writing
from services.applications.referees.writing import Seat
from shared.persistence.database import Tx
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate

ACCEPTED: Final = ("application/pdf",)
# Links that lead nowhere, from one network address: nobody guesses a secret of 256 bits, and nobody is to try at full speed.
MISSES: Final = Window(60, timedelta(minutes=15))
WRITES: Final = Window(120, timedelta(hours=1))
"""Saves and files of one referee in an hour."""
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


def number_of(typed: object) -> int:
    """The number of saves that a form showed; -1 where it carries none."""
    return int(typed) if isinstance(typed, str) and typed.isdecimal() and len(typed) < 9 else -1


async def seat_of(request: Request) -> Seat | LinkGone:
    desk, token = desk_of(request), request.path_params["token"]
    return await desk.db.run(lambda tx: writing.seat(tx, token, now=desk.clock.now()))


async def count_write(request: Request, seat: Seat) -> None:
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


async def refused_page(request: Request, outcome: LetterRefused) -> Response:
    found = await seat_of(request)
    return await gone(request) if isinstance(found, LinkGone) else refusal(request, found, outcome)


async def open_seat(request: Request, way: str = "") -> Seat | Response:
    """The seat of a page on which something is still to be done; else the answer in its place."""
    found = await seat_of(request)
    if isinstance(found, LinkGone):
        return await gone(request)
    if way and way not in found.asked.ways:
        raise Problem(404, code="not_found")
    return found if found.open else RedirectResponse(f"/letter/{request.path_params['token']}", 303)
