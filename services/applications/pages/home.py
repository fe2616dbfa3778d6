"""What anybody may read: the first page, and a programme."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications.access import viewer_of
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import When
from services.applications.domain.eligibility import COMPARING, Rule
from services.applications.domain.lifecycle import FINISHED, State
from services.applications.pages.away import away
from services.applications.pages.chosen import chosen_country, remembering, zone_here
from services.applications.pages.courses import choices, courses
from services.applications.pages.giving import answers_day, giving_day
from services.applications.pages.help import every_country, focal
from services.applications.pages.mine import said_of
from services.applications.pages.referees import needed_words
from services.applications.pages.seasons import Season, following, programme_in, season, soonest, takes_part, taking_part
from services.applications.pages.words import size_words, type_words
from services.applications.plan.model import Call, Document, Programme
from services.applications.store.applications import live
from services.applications.store.plans import InForce, all_in_force
from services.applications.store.seats import Fixed, fixed
from services.applications.tables import Application
from services.applications.views import Line, mine
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.formats import listed
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render

_ = translate
router = APIRouter(include_in_schema=False)

STAGES = {
    "submission": N_("With your application"),
    "nomination": N_("Before your country puts you forward"),
    "after_nomination": N_("Once your country has put you forward"),
    "after_offer": N_("After a place is offered to you"),
}


@router.get("/")
async def home(request: Request) -> Response:
    desk = desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[list[InForce], str, list[Line]]:
        return await all_in_force(tx), await zone_here(tx, request), await _offers(tx, request, now)

    terms, zone, offers = await desk.db.run(read)
    chosen = chosen_country(request)
    # Where the chosen country takes no part comes last.
    seasons = sorted(
        (season(one, now) for one in terms), key=lambda one: (bool(chosen) and not takes_part(one, chosen, now), *soonest(one))
    )
    plans = list({one.terms.plan.code: one.terms.plan for one in seasons}.values())
    page = render(
        request,
        "home.html",
        seasons=seasons,
        plans=plans,
        countries=every_country(plans),
        focal=focal(plans, request),
        part=lambda one: takes_part(one, chosen, now),
        zone=zone,
        now=now,
        needed=needed,
        giving_day=giving_day,
        offers=offers,
        signed_out="signed-out" in request.query_params,
    )
    return remembering(request, page)


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


async def _own(tx: Tx, request: Request, found: Season) -> Application | None:
    """The application that whoever asks has to the call that is open: one may have one."""
    identity = context_of(request).identity
    if identity is None or found.call is None or not (found.open and _is_applicant(request)):
        return None
    return await live(tx, viewer_of(identity).account_id, found.programme.code, found.call.year)


@router.get("/programmes/{code}")
async def programme_page(request: Request, code: str) -> Response:
    desk = desk_of(request)
    now = desk.clock.now()

    async def read(tx: Tx) -> tuple[Season, list[InForce], str, Application | None, Fixed]:
        found = season(await programme_in(tx, code), now)
        seats = await fixed(tx, [found.programme.code] if found.programme.courses else [])
        return found, await all_in_force(tx), await zone_here(tx, request), await _own(tx, request, found), seats

    found, every, zone, own, seats = await desk.db.run(read)
    terms = found.terms
    page = render(
        request,
        "programme.html",
        terms=terms,
        plan_countries=every_country([terms.plan]),
        focal=focal([terms.plan], request),
        part=takes_part(found, chosen_country(request), now),
        away=away(found, every, chosen_country(request), now),
        season=found,
        zone=zone,
        now=now,
        giving_day=giving_day,
        answers_day=answers_day,
        conditions=conditions(terms.programme, found.call),
        courses=courses(terms, found.call, seats, chosen_country(request)),
        choices=choices(terms.programme),
        stages=[(_(text), papers(terms.programme, stage)) for stage, text in STAGES.items() if papers(terms.programme, stage)],
        referees=needed_words(terms.programme.referees) if terms.programme.referees else "",
        referees_only_for=only_for(terms.programme, terms.programme.referees.when) if terms.programme.referees else "",
        countries=taking_part(terms, found.call, now),
        own=own,
        own_state=_(said_of(own, terms).name) if own else "",
        over=own is not None and own.state in FINISHED,
        following=following(terms.programme, now),
        may_start=(context_of(request).identity is None or _is_applicant(request)) and found.open,
    )
    return remembering(request, page)


def conditions(programme: Programme, call: Call | None) -> list[str]:
    """What the rules ask, in words, each once; rules of other years are left out."""
    language = current_language()
    opens = call.day(call.opens) if call else None

    def counts(rule: Rule) -> bool:
        return opens is None or not ((rule.start and opens < rule.start) or (rule.end and opens > rule.end))

    return list(dict.fromkeys(rule.reason[language] for rule in programme.rules if counts(rule) and rule.kind not in COMPARING))


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


def needed(programme: Programme) -> list[str]:
    """What one has to have to apply: the papers of the application, those that a country waits for, and letters if asked for."""
    names = [_name(paper.name, paper.optional, bool(paper.only_for)) for paper in papers(programme)]
    names += [_("{document} (before your country puts you forward)", document=paper.name) for paper in papers(programme, "nomination")]
    asked = programme.referees
    return [*names, _name(_("Letters of recommendation"), asked.minimum == 0, asked.when is not None)] if asked else names


def _name(name: str, optional: bool, some: bool) -> str:
    """The name, with whether it is left to everybody or asked of some only."""
    if optional:
        return _("{document} (optional)", document=name)
    return _("{document} (some applicants)", document=name) if some else name


def in_words(document: Document, programme: Programme) -> Paper:
    """A paper for people to read."""
    language = current_language()
    groups = only_for(programme, document.when)
    hint = document.hint[language] if document.hint else ""
    types, size = type_words(document.accepted), size_words(document.max_bytes)
    return Paper(document.names[language], hint, types, size, document.optional, groups, document.max_files)


def only_for(programme: Programme, when: When | None) -> str:
    """In words, those of whom alone something is asked; empty where it is everybody."""
    question = programme.question(when.question) if when is not None else None
    options = [question.option(key) for key in when.options] if question and when else []
    return listed((option.label[current_language()] for option in options if option), apart=True)


def _is_applicant(request: Request) -> bool:
    identity = context_of(request).identity
    return identity is not None and identity.role == "applicant"
