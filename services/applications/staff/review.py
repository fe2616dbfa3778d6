"""The reviewer's queue, and scoring on the page of the application itself; saving leads to the next one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import scored_in
from services.applications.domain.outcomes import PointsWrong
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Criterion
from services.applications.staff.kit import (
    Asked,
    File,
    asked_in,
    attempt,
    done,
    file_of,
    form_of,
    name_keys,
    number_of,
    programme_filters,
    terms_in,
    text_of,
    version_of,
)
from services.applications.staff.listing import Line, line_of
from services.applications.staff.parts import sheet
from services.applications.staff.words import refused, score_words
from services.applications.store import work
from services.applications.store.plans import InForce
from services.applications.tables import Application, Review
from shared.persistence.database import Tx
from shared.web.formats import format_number, format_percent
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.switching import told_again

_ = translate
router = APIRouter(include_in_schema=False)

BASE: Final = "/review/applications"
SHOWN: Final = 50
NOTE_MAX: Final = 4_000


def due(terms: Iterable[InForce]) -> tuple[work.Slice, ...]:
    """What is scored now: each programme's applications in the state in which its route has its review."""
    found: list[work.Slice] = []
    for one in terms:
        state = scored_in(one.programme.route)
        if state is not None:
            found.append(work.Slice(frozenset({state}), frozenset({one.programme.code})))
    return tuple(found)


def queue_of(terms: Sequence[InForce], asked: Asked) -> work.Chosen:
    """What the reviewer asks for; a programme without a review has an empty queue."""
    slices = due(terms) or (work.Slice(frozenset()),)
    return work.Chosen(slices=slices, programme=asked.programme, year=asked.year)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An application that the reviewer has scored, and with how much."""

    line: Line
    receipt: str
    review: Review
    score: str
    open: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything that the list shows."""

    lines: tuple[tuple[Line, int], ...]
    number: int
    reviewed: tuple[Reviewed, ...]
    terms: tuple[InForce, ...]


@router.get("/review")
async def queue_page(request: Request) -> Response:
    viewer, asked = viewer_in(request, "reviewer"), asked_in(request.query_params)

    async def read(tx: Tx) -> Queue:
        terms = await terms_in(tx)
        chosen = queue_of(terms, asked)
        rows = await work.to_review(tx, viewer, chosen, limit=SHOWN)
        scored = await work.reviewed(tx, viewer, work.Chosen(programme=asked.programme, year=asked.year), limit=SHOWN)
        names = await work.names(tx, [row for row, _number in (*rows, *scored)], name_keys(terms))
        states = {one.programme.code: scored_in(one.programme.route) for one in terms}

        def line(row: Application) -> Line:
            return line_of(row, names.get(row.id, ""), terms, f"{BASE}/{row.id}{asked.query()}")

        return Queue(
            lines=tuple((line(row), number) for row, number in rows),
            number=await work.to_review_in_all(tx, viewer, chosen),
            reviewed=tuple(
                Reviewed(line(row), row.receipt or "", review, score_words(review.score), row.state == states.get(row.programme))
                for row, review in scored
            ),
            terms=tuple(terms),
        )

    found = await desk_of(request).db.run(read)
    saved = text_of(request.query_params, "saved", 20)
    over = not found.lines and any(one.receipt == saved for one in found.reviewed)
    return render(
        request,
        "staff/review.html",
        found=found,
        filters=programme_filters(found.terms, asked),
        asked=asked,
        said=_("The scores of {receipt} are saved. Nothing more waits for you here.", receipt=saved) if over else "",
    )


async def own(request: Request, raw_id: str) -> File:
    return await file_of(request, raw_id, BASE, "reviewer")


@router.get("/review/applications/{application_id}")
async def application_page(request: Request, application_id: str) -> Response:
    file = await own(request, application_id)
    criteria = file.dossier.programme.criteria
    wrong = told_again(request, lambda form: unfit(criteria, typed_in(criteria, form)))
    return await draw(request, file, asked_in(request.query_params), errors=wrong)


def typed_in(criteria: Sequence[Criterion], form: FormData) -> dict[str, str]:
    return {one.key: text_of(form, f"points-{one.key}", 10) for one in criteria} | {"note": text_of(form, "note", NOTE_MAX)}


def unfit(criteria: Sequence[Criterion], typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the points, by criterion."""
    return {
        one.key: _("“{criterion}” needs a whole number from 0 to {most}", criterion=one.names[current_language()], most=one.maximum)
        for one in criteria
        if not _fits(number_of(typed[one.key]), one)
    }


def review_by(file: File) -> Review | None:
    """The viewer's own scores; nobody else's are shown to a reviewer."""
    return next((one for one in file.dossier.reviews if one.reviewer_id == file.viewer.account_id), None)


async def draw(
    request: Request,
    file: File,
    asked: Asked,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    others: Sequence[str] = (),
) -> Response:
    """The application with the form beside it, or with one's own scores where scoring is over."""
    mine, criteria = review_by(file), file.dossier.programme.criteria
    given = typed or ({one.key: str(mine.points.get(one.key, "")) for one in criteria} if mine else {})
    upcoming = await _next(request, file.viewer, asked, file)
    saved = text_of(request.query_params, "saved", 20)
    return render(
        request,
        "staff/review_application.html",
        status=status,
        **sheet(file) | {"score": ""},
        fields=[_field(one, given.get(one.key, ""), (errors or {}).get(one.key, "")) for one in criteria],
        note={
            "key": "note",
            "kind": "long_text",
            "label": _("Note"),
            "hint": _("For the programme’s officers. The applicant and the country do not see it."),
            "optional": True,
            "rows": 4,
            "value": (typed or {}).get("note", mine.note if mine else ""),
            "attributes": {"maxlength": str(NOTE_MAX)},
        },
        mine=mine,
        own_score=score_words(mine.score) if mine else "",
        scorable=file.dossier.scorable,
        upcoming=f"{BASE}/{upcoming.id}{asked.query()}" if upcoming else "",
        queue=f"/review{asked.query()}",
        asked=asked,
        others=list(others),
        said=_("The scores of {receipt} are saved. This is the next one.", receipt=saved) if saved and mine is None else "",
    )


def _field(criterion: Criterion, value: str, error: str) -> dict[str, Any]:
    weight = _("counts for {percent} of the score", percent=format_percent(criterion.weight / 100))
    hint = _("0 to {most} points; {weight}", most=format_number(criterion.maximum), weight=weight)
    label = criterion.names[current_language()]
    return {
        "key": f"points-{criterion.key}",
        "kind": "number",
        "label": label,
        "hint": hint,
        "value": value,
        "error": error,
        "width": 3,
        "attributes": {"autocomplete": "off"},
    }


async def _next(request: Request, viewer: Viewer, asked: Asked, file: File) -> Application | None:
    """The first of the queue that is not this one."""

    async def read(tx: Tx) -> Application | None:
        rows = await work.to_review(tx, viewer, queue_of(await terms_in(tx), asked), limit=1, without=file.application.id)
        return rows[0][0] if rows else None

    return await desk_of(request).db.run(read)


@router.post("/review/applications/{application_id}")
async def score(request: Request, application_id: str) -> Response:
    """Save the points; then comes the next of the queue."""
    file, form = await own(request, application_id), await form_of(request)
    asked, criteria = asked_in(form), file.dossier.programme.criteria
    typed = typed_in(criteria, form)
    points, errors = {one.key: number_of(typed[one.key]) for one in criteria}, unfit(criteria, typed)
    if errors:
        return await draw(request, file, asked, status=422, typed=typed, errors=errors)
    outcome = await attempt(
        request,
        file.viewer,
        use_cases.score,
        file.application.id,
        points={key: number for key, number in points.items() if number is not None},
        reason=typed["note"],
        expected_version=version_of(form),
    )
    if not done(outcome):
        fresh = await own(request, application_id)
        status = 422 if isinstance(outcome, PointsWrong) else 409
        return await draw(request, fresh, asked, status=status, typed=typed, others=[refused(outcome, fresh)])
    upcoming = await _next(request, file.viewer, asked, file)
    saved = asked.query(saved=file.application.receipt or "")
    return RedirectResponse(f"{BASE}/{upcoming.id}{saved}" if upcoming else f"/review{saved}", 303)


def _fits(number: int | None, criterion: Criterion) -> bool:
    return number is not None and number <= criterion.maximum
