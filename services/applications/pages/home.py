"""What anybody may read: the first page, a programme, and the quick question whether one may apply."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_of
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Page, Question, parse_page
from services.applications.domain.eligibility import Rule, check
from services.applications.domain.lifecycle import State
from services.applications.pages.fields import country_field, field
from services.applications.pages.kit import zone_for
from services.applications.pages.words import country_name, size_words, type_words
from services.applications.plan.model import Call, Document, Programme
from services.applications.store.plans import InForce, all_in_force, in_force
from services.applications.views import Line, mine
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.formats import listed, sort_key
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

STAGES = {
    "submission": N_("With your application"),
    "nomination": N_("Before your country puts you forward"),
    "after_nomination": N_("Once your country has put you forward"),
    "after_offer": N_("After a place is offered to you"),
}


@dataclass(frozen=True, slots=True)
class Season:
    """A programme with the call that counts now: the open one, else the next one, else none."""

    terms: InForce
    call: Call | None
    open: bool

    @property
    def programme(self) -> Programme:
        return self.terms.programme


def season(terms: InForce, now: datetime) -> Season:
    """Where the programme stands at `now`."""
    call = terms.programme.open_call(now)
    if call is not None:
        return Season(terms, call, True)
    return Season(terms, next((one for one in terms.programme.calls if one.opens > now), None), False)


async def programme_in(tx: Tx, code: str) -> InForce:
    """The programme with that code; 404 where there is none."""
    terms = await in_force(tx, code)
    if terms is None:
        raise Problem(404, code="not_found")
    return terms


@router.get("/")
async def home(request: Request) -> Response:
    desk = desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[list[InForce], str, list[Line]]:
        return await all_in_force(tx), await zone_for(tx, request), await _offers(tx, request, now)

    terms, zone, offers = await desk.db.run(read)
    seasons = sorted((season(one, now) for one in terms), key=_soonest)
    return render(
        request,
        "home.html",
        seasons=seasons,
        plans=list({one.terms.plan.code: one.terms.plan for one in seasons}.values()),
        zone=zone,
        now=now,
        papers=lambda programme: papers(programme),
        offers=offers,
        signed_out="signed-out" in request.query_params,
    )


async def _offers(tx: Tx, request: Request, now: datetime) -> list[Line]:
    """The offers that wait for the answer of whoever asks, the most urgent first; none of anybody who is no applicant."""
    identity = context_of(request).identity
    if identity is None or not _is_applicant(request):
        return []
    waiting = [
        (line.application.answer_by, line)
        for line in await mine(tx, viewer_of(identity))
        if line.application.state == State.OFFERED and line.application.answer_by is not None
    ]
    return [line for answer_by, line in sorted(waiting, key=lambda one: one[0]) if now <= answer_by]


def _soonest(one: Season) -> tuple[bool, str]:
    """What is open first, by when it closes; then what opens, by when; then the rest."""
    moment = None if one.call is None else one.call.closes if one.open else one.call.opens
    return not one.open, moment.isoformat() if moment else "~"


@router.get("/programmes/{code}")
async def programme_page(request: Request, code: str) -> Response:
    desk = desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[InForce, str]:
        return await programme_in(tx, code), await zone_for(tx, request)

    terms, zone = await desk.db.run(read)
    found = season(terms, now)
    return render(
        request,
        "programme.html",
        terms=terms,
        season=found,
        zone=zone,
        now=now,
        conditions=conditions(terms.programme, found.call),
        stages=[(_(text), papers(terms.programme, stage)) for stage, text in STAGES.items() if papers(terms.programme, stage)],
        countries=taking_part(terms, found.call, now),
        may_start=(context_of(request).identity is None or _is_applicant(request)) and found.open,
    )


@router.get("/programmes/{code}/check")
async def quick_check(request: Request, code: str) -> Response:
    """Asks what the rules ask, before anybody signs in; nothing is kept. The answers are in the address, so the page can be sent on."""
    desk = desk_of(request)
    now = desk.clock.now()
    terms = await desk.db.run(lambda tx: programme_in(tx, code))
    found = season(terms, now)
    questions = asked_by_rules(terms.programme)
    if found.call is None or not questions:
        raise Problem(404, code="not_found")
    typed = dict(request.query_params)
    asked = "country" in typed
    countries = taking_part(terms, found.call, now)
    page = Page(key="check", title=terms.programme.names, questions=questions)
    today: date = found.call.day(now)
    parsed = parse_page(page, typed, today=today, countries={country.code for country in terms.plan.countries}) if asked else None
    faults = parsed.faults if parsed else {}
    missing = asked and typed.get("country") not in {code for code, _name in countries}
    fields = [field(question, terms.plan, typed=typed, fault=faults.get(question.key)) for question in questions]
    against: list[str] | None = None
    if parsed is not None and not faults and not missing:
        against = reasons_against(terms, found.call, parsed.answers, typed["country"])
    country_error = _("Choose the country of your nationality") if missing else ""
    return render(
        request,
        "quick_check.html",
        status=422 if faults or missing else 200,
        terms=terms,
        season=found,
        fields=[country_field(countries, typed.get("country", ""), country_error), *fields],
        wrong=bool(faults or missing),
        against=against,
    )


def reasons_against(terms: InForce, call: Call, answers: Mapping[str, Answer], country: str) -> list[str]:
    """In words, why the rules speak against these answers; empty where they do not."""
    language = current_language()
    return [reason.text[language] for reason in check(terms.programme.rules, answers, call.context(country))]


def asked_by_rules(programme: Programme) -> tuple[Question, ...]:
    """The questions that the rules look at and that take a moment to answer, in the order of the form.

    What is to be confirmed on the form's last page is left out: there is nothing to confirm yet.
    """
    last = {question.key for question in programme.pages[-1].questions}
    judged = [rule for rule in programme.rules if rule.kind != "must_be_yes" or rule.question not in last]
    keys = {key for rule in judged for key in (rule.question, rule.when.question if rule.when else None) if key}
    quick = ("date", "select", "radio", "yes_no", "number", "country")
    return tuple(question for page in programme.pages for question in page.questions if question.key in keys and question.kind in quick)


def conditions(programme: Programme, call: Call | None) -> list[str]:
    """What the rules ask, in words, each once; rules of other years are left out."""
    language = current_language()
    opens = call.day(call.opens) if call else None

    def counts(rule: Rule) -> bool:
        return opens is None or not ((rule.start and opens < rule.start) or (rule.end and opens > rule.end))

    return list(dict.fromkeys(rule.reason[language] for rule in programme.rules if counts(rule)))


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that is asked for, in words. `only_for` names those who need it, where not everybody does."""

    name: str
    hint: str
    types: str
    size: str
    optional: bool
    only_for: str
    files: int = 1


def papers(programme: Programme, stage: str = "submission") -> list[Paper]:
    """The papers of a stage, those that only some need too."""
    return [in_words(document, programme) for document in programme.documents if document.stage == stage]


def in_words(document: Document, programme: Programme) -> Paper:
    """A paper for people to read."""
    language = current_language()
    only_for = ""
    if document.when is not None:
        question = programme.question(document.when.question)
        options = [question.option(key) for key in document.when.options] if question else []
        only_for = listed(option.label[language] for option in options if option)
    hint = document.hint[language] if document.hint else ""
    types, size = type_words(document.accepted), size_words(document.max_bytes)
    return Paper(document.names[language], hint, types, size, document.optional, only_for, document.max_files)


def taking_part(terms: InForce, call: Call | None, now: datetime) -> list[tuple[str, str]]:
    """Codes and names of the countries that take part in the programme on the call's day, by name."""
    day = call.day(max(now, call.opens)) if call else now.date()
    codes = [country.code for country in terms.plan.countries_of(terms.programme)]
    named = [(code, country_name(code, terms.plan)) for code in codes if terms.shares(code, day)]
    return sorted(named, key=lambda one: sort_key(one[1]))


def _is_applicant(request: Request) -> bool:
    identity = context_of(request).identity
    return identity is not None and identity.role == "applicant"
