"""The quick question whether one may apply, before there is an account. Nothing is kept: the answers are in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Page, Question, field_names, parse_page
from services.applications.domain.eligibility import check
from services.applications.pages.chosen import chosen_country, remembering, zone_here
from services.applications.pages.fields import country_field, field
from services.applications.pages.home import Season, programme_in, season, taking_part
from services.applications.plan.model import Call, Programme
from services.applications.store.plans import InForce, all_in_force
from shared.persistence.database import Tx
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another programme that nothing speaks against so far; `href` asks there what is still to be asked."""

    season: Season
    href: str


@router.get("/programmes/{code}/check")
async def quick_check(request: Request, code: str) -> Response:
    """Asks what the rules ask; says in words what speaks against it, and what to do then."""
    desk = desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[InForce, list[InForce], str]:
        return await programme_in(tx, code), await all_in_force(tx), await zone_here(tx, request)

    terms, every, zone = await desk.db.run(read)
    found = season(terms, now)
    questions = asked_by_rules(terms.programme)
    if found.call is None or not questions:
        raise Problem(404, code="not_found")
    typed = dict(request.query_params)
    asked = "checked" in typed
    countries = taking_part(terms, found.call, now)
    page = Page(key="check", title=terms.programme.names, questions=questions)
    today: date = found.call.day(now)
    parsed = parse_page(page, typed, today=today, countries={country.code for country in terms.plan.countries}) if asked else None
    faults = parsed.faults if parsed else {}
    country = typed.get("country", "") if asked else chosen_country(request)
    missing = asked and country not in {one for one, _name in countries}
    fields = [field(question, terms.plan, typed=typed, fault=faults.get(question.key)) for question in questions]
    against: list[str] | None = None
    others: list[Elsewhere] = []
    if parsed is not None and not faults and not missing:
        against = reasons_against(terms, found.call, parsed.answers, country)
        others = elsewhere(every, code, parsed.answers, typed, now) if against else []
    error = _("Choose the country of your nationality") if missing else ""
    answer = render(
        request,
        "quick_check.html",
        status=422 if faults or missing else 200,
        terms=terms,
        season=found,
        fields=[country_field(countries, country, error), *fields],
        wrong=bool(faults or missing),
        against=against,
        others=others,
        following=following(terms.programme, now),
        focal=terms.plan.country(country),
        zone=zone,
        now=now,
    )
    return remembering(request, answer)


def reasons_against(terms: InForce, call: Call, answers: Mapping[str, Answer], country: str) -> list[str]:
    """In words, why the rules speak against these answers; empty where they do not."""
    language = current_language()
    return [reason.text[language] for reason in check(terms.programme.rules, answers, call.context(country))]


def elsewhere(every: list[InForce], code: str, answers: Mapping[str, Answer], typed: Mapping[str, str], now: datetime) -> list[Elsewhere]:
    """Programmes with a call now or later in which the country takes part, and which these answers do not rule out; the open ones first."""
    found = []
    for one in every:
        there = season(one, now)
        if one.programme.code == code or there.call is None:
            continue
        if typed["country"] not in {country for country, _name in taking_part(one, there.call, now)}:
            continue
        asked = asked_by_rules(one.programme)
        known = {question.key: answers[question.key] for question in asked if question.key in answers}
        if asked and not reasons_against(one, there.call, known, typed["country"]):
            names = ["country", *(name for question in asked for name in field_names(question))]
            query = urlencode({name: typed[name] for name in names if typed.get(name)})
            found.append(Elsewhere(there, f"/programmes/{one.programme.code}/check?{query}"))
    return sorted(found, key=lambda one: (not one.season.open, one.season.programme.code))


def following(programme: Programme, now: datetime) -> Call | None:
    """The next call that is yet to open."""
    return next((call for call in programme.calls if call.opens > now), None)


def asked_by_rules(programme: Programme) -> tuple[Question, ...]:
    """The questions that the rules look at and that take a moment to answer, in the order of the form.

    What is to be confirmed on the form's last page is left out: there is nothing to confirm yet.
    """
    last = {question.key for question in programme.pages[-1].questions}
    judged = [rule for rule in programme.rules if rule.kind != "must_be_yes" or rule.question not in last]
    keys = {key for rule in judged for key in (rule.question, rule.when.question if rule.when else None) if key}
    quick = ("date", "select", "radio", "yes_no", "number", "country")
    return tuple(question for page in programme.pages for question in page.questions if question.key in keys and question.kind in quick)
