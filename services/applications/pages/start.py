"""Beginning an application: the country of nationality; and for whoever has no account yet the first page, which signing in saves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts import people
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Fault, Parsed, parse_page
from services.applications.domain.lifecycle import FINISHED
from services.applications.domain.outcomes import AlreadyApplied, CallClosed, Forbidden, NotFound, NotTakingPart
from services.applications.domain.viewers import Viewer
from services.applications.pages import checked
from services.applications.pages.away import away
from services.applications.pages.chosen import chosen_country, remembering, zone_here
from services.applications.pages.fields import country_field, field
from services.applications.pages.kit import applicant
from services.applications.pages.refusals import problem
from services.applications.pages.seasons import Season, programme_in, season, taking_part
from services.applications.store.applications import live
from services.applications.store.lists import of_person
from services.applications.store.plans import InForce, all_in_force
from services.applications.use_cases import Done
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.switching import told_again, typed_before

_ = translate
router = APIRouter(include_in_schema=False)
Started = Done | AlreadyApplied | CallClosed | NotTakingPart | NotFound | Forbidden


@router.get("/programmes/{code}/start")
async def start_page(request: Request, code: str) -> Response:
    desk, viewer = desk_of(request), asking(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[Season, list[InForce], str, str, str]:
        found = season(await programme_in(tx, code), now)
        begun = await live(tx, viewer.account_id, code, found.call.year) if viewer and found.call else None
        before = await of_person(tx, viewer) if viewer else []
        # The programme's page says of an application that is over when one may apply again.
        already = "" if begun is None else f"/programmes/{code}" if begun.state in FINISHED else f"/applications/{begun.id}"
        return found, await all_in_force(tx), already, await zone_here(tx, request), before[0].country if before else ""

    found, every, already, zone, before = await desk.db.run(read)
    if already:
        return RedirectResponse(already, 303)
    if not found.open:
        return RedirectResponse(f"/programmes/{code}", 303)
    error = told_again(request, lambda form: wrong_country(found, form, now)) or ""
    return draw_start(request, found, every, zone, before=before, error=error)


def wrong_country(found: Season, form: FormData, now: datetime) -> str:
    return "" if _takes_part(found, str(form.get("country", "")), now) else _("Choose the country of your nationality")


def asking(request: Request) -> Viewer | None:
    """The applicant who asks, or None for somebody without an account; whoever else is signed in is refused."""
    return applicant(request) if context_of(request).identity is not None else None


def draw_start(
    request: Request, found: Season, every: Sequence[InForce], zone: str, *, chosen: str = "", before: str = "", error: str = ""
) -> Response:
    """The page that asks for the country; that of the newest application, `before`, is chosen already, else one chosen in this browser.

    One that cannot put anybody forward is told of, with what there is instead.
    """
    now, code = desk_of(request).clock.now(), chosen or before or chosen_country(request)
    page = render(
        request,
        "start.html",
        status=422 if error else 200,
        season=found,
        country=country_field(taking_part(found.terms, found.call, now), code, error),
        away=away(found, every, code, now),
        focal=found.terms.plan.country(code),
        zone=zone,
        stranger=context_of(request).identity is None,
    )
    return remembering(request, page)


@router.post("/programmes/{code}/start")
async def start(request: Request, code: str) -> Response:
    desk, viewer = desk_of(request), asking(request)
    now = desk.clock.now()
    form = await request.form()
    country = str(form.get("country", ""))
    found, zone = await desk.db.run(lambda tx: _season(tx, request, code, now))
    if found.call is None:
        return RedirectResponse(f"/programmes/{code}", 303)
    if error := wrong_country(found, form, now):
        return draw_start(request, found, await desk.db.run(all_in_force), zone, chosen=country, error=error)
    if viewer is None:
        return RedirectResponse(begin_path(code, country), 303)
    outcome = await desk.db.run(lambda tx: begin(tx, viewer, found, country, now))
    return _after(request, outcome, zone, code)


@router.get("/programmes/{code}/begin")
async def first_page(request: Request, code: str) -> Response:
    """The first page of questions, for whoever has no account yet."""
    desk = desk_of(request)
    now = desk.clock.now()
    found, _zone = await desk.db.run(lambda tx: _season(tx, request, code, now))
    country = request.query_params.get("country", "")
    if not found.open or not _takes_part(found, country, now) or asking(request) is not None:
        return RedirectResponse(f"/programmes/{code}/start", 303)
    typed = dict(typed_before(request) or ())
    return remembering(request, draw_first(request, found, country, typed, read_first(found, typed, now).faults if typed else {}))


@router.post("/programmes/{code}/begin")
async def save_first_page(request: Request, code: str) -> Response:
    """Looks at the answers first, then asks who it is; what was typed is kept over the sign-in and comes here again."""
    desk = desk_of(request)
    now = desk.clock.now()
    async with request.form() as form:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
    found, zone = await desk.db.run(lambda tx: _season(tx, request, code, now))
    country = request.query_params.get("country", "")
    if found.call is None or not _takes_part(found, country, now):
        return RedirectResponse(f"/programmes/{code}/start", 303)
    page, parsed = found.programme.pages[0], read_first(found, typed, now)
    if parsed.faults:
        return draw_first(request, found, country, typed, parsed.faults)
    viewer = applicant(request)

    async def both(tx: Tx) -> Started:
        outcome = await begin(tx, viewer, found, country, now)
        if isinstance(outcome, Done):
            await use_cases.save_page(tx, viewer, outcome.application.id, page.key, typed, now=now)
        return outcome

    return _after(request, await desk.db.run(both), zone, code)


def read_first(found: Season, typed: Mapping[str, str], now: datetime) -> Parsed:
    """The first page of questions as it was typed."""
    assert found.call is not None, "who answers was shown a call"
    today, codes = found.call.day(now), found.terms.plan.codes
    return parse_page(found.programme.pages[0], typed, today=today, countries=codes, language=current_language())


def draw_first(request: Request, found: Season, country: str, typed: Mapping[str, str], faults: Mapping[str, Fault]) -> Response:
    """The first page of questions, with what was typed where something is wrong with it, or else with what the check was told."""
    assert found.call is not None, "who answers was shown a call"
    page, plan, now = found.programme.pages[0], found.terms.plan, desk_of(request).clock.now()
    known, told = (typed, {}) if faults else (None, checked.told(request, found.terms, found.call, now, found.programme.pages[0]))
    fields = [
        field(question, plan, answer=told.get(question.key), typed=known, fault=faults.get(question.key)) for question in page.questions
    ]
    return render(
        request,
        "begin.html",
        status=422 if faults else 200,
        season=found,
        page=page,
        fields=fields,
        wrong=bool(faults),
        checked=bool(told),
        action=begin_path(found.programme.code, country),
    )


def begin_path(code: str, country: str) -> str:
    """Where the first page is, and its form goes; nothing of the address that it was opened with piles up in it."""
    return f"/programmes/{quote(code)}/begin?{urlencode({'country': country})}"


async def begin(tx: Tx, viewer: Viewer, found: Season, country: str, now: datetime) -> Started:
    """A draft in the call; the first one sets the zone in which deadlines are shown."""
    assert found.call is not None, "who begins was shown a call"
    outcome = await use_cases.start_draft(tx, viewer, programme=found.programme.code, year=found.call.year, country=country, now=now)
    if isinstance(outcome, Done):
        await people.settle_zone(tx, viewer.account_id, country)
    return outcome


def _after(request: Request, outcome: Started, zone: str, code: str) -> Response:
    if isinstance(outcome, Done):
        onward = RedirectResponse(f"/applications/{outcome.application.id}/tasks", 303)
        return checked.begun(request, onward, code, outcome.application.id)
    if isinstance(outcome, AlreadyApplied):
        return RedirectResponse(f"/applications/{outcome.application_id}", 303)
    raise problem(outcome, zone)


def _takes_part(found: Season, country: str, now: datetime) -> bool:
    return country in {code for code, _name in taking_part(found.terms, found.call, now)}


async def _season(tx: Tx, request: Request, code: str, now: datetime) -> tuple[Season, str]:
    return season(await programme_in(tx, code), now), await zone_here(tx, request)
