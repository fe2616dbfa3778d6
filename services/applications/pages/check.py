"""The quick question whether one may apply, before there is an account.

Nothing is kept on the server, and no answer is in an address, which would end in histories and logs: right answers lie in the browser that
gave them, in a cookie for ten minutes, so that the page that says what they come to can be loaded again and read in another language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Fault, Parsed, Question, field_names, parse_page
from services.applications.domain.eligibility import check
from services.applications.pages.away import away
from services.applications.pages.checked import SECONDS, as_page, asked_by_rules, keeping, kept, kept_as
from services.applications.pages.chosen import chosen_country, remembering, zone_here
from services.applications.pages.fields import country_field, field
from services.applications.pages.seasons import Season, following, programme_in, season, taking_part
from services.applications.plan.model import Call
from services.applications.store.plans import InForce, all_in_force
from shared.persistence.database import Tx
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem
from shared.web.switching import typed_before

_ = translate
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another programme that nothing speaks against so far; `href` asks there what is still to be asked."""

    season: Season
    href: str


@dataclass(frozen=True, slots=True)
class Check:
    """The check of one programme: what it asks, and where and when it is asked."""

    terms: InForce
    every: list[InForce]
    season: Season
    call: Call
    questions: tuple[Question, ...]
    zone: str
    now: datetime

    @property
    def code(self) -> str:
        return self.terms.programme.code

    @property
    def countries(self) -> list[tuple[str, str]]:
        return taking_part(self.terms, self.call, self.now)

    def own(self, typed: Mapping[str, str]) -> dict[str, str]:
        """What was typed, of the check's own fields."""
        names = {"country", *(name for question in self.questions for name in field_names(question))}
        return {name: value for name, value in typed.items() if name in names}

    def read(self, typed: Mapping[str, str]) -> Parsed:
        """The answers, and what is wrong with them; the country's fault is under `country`."""
        parsed = parse_page(as_page(self.terms.programme), typed, today=self.call.day(self.now), countries=self.terms.plan.codes)
        missing = typed.get("country", "") not in {one for one, _name in self.countries}
        return Parsed(parsed.answers, {**parsed.faults, **({"country": Fault("required")} if missing else {})})


async def checked(request: Request, code: str) -> Check:
    """404 where the programme has no call now or later, or no rule that can be asked about in a moment."""
    now = desk_of(request).clock.now()

    async def read(tx: Tx) -> tuple[InForce, list[InForce], str]:
        return await programme_in(tx, code), await all_in_force(tx), await zone_here(tx, request)

    terms, every, zone = await desk_of(request).db.run(read)
    found, questions = season(terms, now), asked_by_rules(terms.programme)
    if found.call is None or not questions:
        raise Problem(404, code="not_found")
    return Check(terms, every, found, found.call, questions, zone, now)


@router.get("/programmes/{code}/check")
async def quick_check(request: Request, code: str) -> Response:
    """Asks what the rules ask; after an answer says in words what speaks against it, and what to do then."""
    found = await checked(request, code)
    switched = typed_before(request)
    if switched is not None:
        return draw(request, found, dict(switched), faults=found.read(dict(switched)).faults)
    if "answered" not in request.query_params:
        return remembering(request, draw(request, found, {}))
    judged, typed, _begun = kept(request)
    parsed = found.read(typed)
    if judged != code or parsed.faults:  # what another programme was told is filled in here, or nothing is there any more
        return draw(request, found, typed, gone=not judged)
    return draw(request, found, typed, answers=parsed.answers)


@router.post("/programmes/{code}/check")
async def answer_check(request: Request, code: str) -> Response:
    """Right answers go into the browser, for ten minutes, and on to the page that says what they come to: never into an address."""
    found, form = await checked(request, code), await request.form()
    typed = found.own({name: value for name, value in form.items() if isinstance(value, str)})
    parsed = found.read(typed)
    if parsed.faults:
        return draw(request, found, typed, faults=parsed.faults)
    value = kept_as(code, typed)
    if value is None:  # answered on the spot, and what lies there of before is not taken for it when the page is loaded again
        return remembering(request, keeping(request, draw(request, found, typed, answers=parsed.answers), ""), typed["country"])
    response = keeping(request, RedirectResponse(f"/programmes/{code}/check?answered=1", 303), value)
    return remembering(request, response, typed["country"])


def draw(
    request: Request,
    found: Check,
    typed: Mapping[str, str],
    *,
    faults: Mapping[str, Fault] | None = None,
    answers: Mapping[str, Answer] | None = None,
    gone: bool = False,
) -> Response:
    """The check with what was typed: with its faults, or with what right `answers` come to. `gone`: they are not there any more."""
    wrong, country = faults or {}, typed.get("country") or chosen_country(request)
    fields = [field(question, found.terms.plan, typed=typed, fault=wrong.get(question.key)) for question in found.questions]
    against = reasons_against(found.terms, found.call, answers, country) if answers is not None else None
    error = _("Choose the country of your nationality") if "country" in wrong else ""
    return render(
        request,
        "quick_check.html",
        status=422 if wrong else 200,
        terms=found.terms,
        season=found.season,
        fields=[country_field(found.countries, country, error), *fields],
        wrong=bool(wrong),
        against=against,
        others=elsewhere(found, answers, country) if answers is not None and against else [],
        following=following(found.terms.programme, found.now),
        focal=found.terms.plan.country(country),
        zone=found.zone,
        now=found.now,
        away=away(found.season, found.every, country, found.now),
        gone=gone,
        minutes=SECONDS // 60,
    )


def reasons_against(terms: InForce, call: Call, answers: Mapping[str, Answer], country: str) -> list[str]:
    """In words, why the rules speak against these answers; empty where they do not."""
    language = current_language()
    return [reason.text[language] for reason in check(terms.programme.rules, answers, call.context(country))]


def elsewhere(check: Check, answers: Mapping[str, Answer], country: str) -> list[Elsewhere]:
    """Programmes with a call now or later in which the country takes part, and which these answers do not rule out; the open ones first."""
    found = []
    for one in check.every:
        there = season(one, check.now)
        if one.programme.code == check.code or there.call is None:
            continue
        if country not in {code for code, _name in taking_part(one, there.call, check.now)}:
            continue
        asked = asked_by_rules(one.programme)
        known = {question.key: answers[question.key] for question in asked if question.key in answers}
        if asked and not reasons_against(one, there.call, known, country):
            found.append(Elsewhere(there, f"/programmes/{one.programme.code}/check?answered=1"))
    return sorted(found, key=lambda one: (not one.season.open, one.season.programme.code))
