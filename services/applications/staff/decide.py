"""One application on one page for the officer: what was written, and beside it scores, nomination, the cell's figures and the acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.letters import APPEAL, of_kind
from services.applications.domain.lifecycle import Act, State
from services.applications.domain.outcomes import ReasonsWrong
from services.applications.domain.viewers import Viewer
from services.applications.pages.giving import awaits_day, giving
from services.applications.pages.preferences import of_application
from services.applications.staff.correction import changes, told
from services.applications.staff.courses import Choice, choices_of, course_field, elsewhere, single_words
from services.applications.staff.kit import Asked, File, asked_in, attempt, done, file_of, form_of, name_keys, terms_in, text_of, texts_of
from services.applications.staff.kit import version_of as version
from services.applications.staff.lost import stopped
from services.applications.staff.officer import BASE, PATH, READERS, chosen_in, sort_of
from services.applications.staff.parts import Cellside, cellside_of, foresight, reason_options, sheet
from services.applications.staff.words import refused, score_words, state_said
from services.applications.store import work
from services.applications.store.trail import staff_names
from services.applications.tables import Application
from services.applications.use_cases.steps import wrong_reasons
from shared.persistence.database import Tx
from shared.web.formats import format_number, labelled, sentences
from shared.web.i18n import N_, current_language, translate
from shared.web.pages import render
from shared.web.switching import sent_to, told_again

_ = translate
router = APIRouter(include_in_schema=False)

REASONED: Final = {
    "reject": ("reject_reasons", "rejection", N_("Choose at least one reason")),
    "end": ("end_reason", "ending", N_("Choose a reason")),
    "withdraw": ("withdraw_reason", "withdrawal", N_("Choose a reason")),
}
"""The acts that need reasons: their field, what the plan calls such reasons, and what is said where none fits."""
UNCHOSEN: Final = N_("Choose the course that it is approved for")
DONE: Final = {
    "approve": N_("It is approved. The places service now answers: an offer, the waiting list, or a refusal with its reason."),
    "reject": N_("It is not carried forward. The applicant is told the reasons."),
    "end": N_("The stay is ended."),
    "withdraw": N_("It is withdrawn, and the place goes back."),
}
STANDS: Final = {"approve": State.APPROVED, "reject": State.REJECTED, "end": State.ENDED, "withdraw": State.WITHDRAWN}
"""How it stands for as long as what is said of the act is true: a page that is loaded again keeps its address, and says it no more."""
ANSWERED: Final = (State.OFFERED, State.WAITING, State.REFUSED)
"""The answers of the places service to an approval."""


@dataclass(frozen=True, slots=True)
class Points:
    """One review, in words: who, what was given for each criterion, the weighted sum, and the note."""

    who: str
    score: str
    given: tuple[tuple[str, str], ...]
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What is read beside the application: its cell, its courses, the next one of the queue with its person's name, and who reviewed."""

    side: Cellside
    courses: list[Choice]
    upcoming: Application | None
    name: str
    reviewers: Mapping[str, str]


def reviews(file: File, names: Mapping[str, str]) -> list[Points]:
    """Every review, in the order in which they came."""
    language, criteria = current_language(), file.dossier.programme.criteria
    return [
        Points(
            who=names.get(str(one.reviewer_id)) or _("Reviewer"),
            score=score_words(one.score),
            given=tuple(
                (criterion.names[language], _("{n} of {most}", n=format_number(one.points[criterion.key]), most=criterion.maximum))
                for criterion in criteria
                if criterion.key in one.points
            ),
            note=one.note,
            at=one.submitted_at,
        )
        for one in file.dossier.reviews
    ]


def said_of(act: str, file: File) -> str:
    """What is said of an act that was just done; nothing of what is none, or where it is not so any more."""
    call, state = file.dossier.call, State(file.application.state)
    awaits = act == "approve" and awaits_day(file.application, call, file.now)
    if awaits:
        said = _("It is approved. {giving}", giving=giving(call, file.now))
    elif act == "approve" and state in ANSWERED:
        said = _("It was approved. The places service has answered: {state}.", state=state_said(state).name)
    else:
        said = _(DONE[act]) if STANDS.get(act) == state else ""
    if act != "approve" or not said:
        return said
    course = of_application(file.application, file.dossier.programme)
    return sentences(said, labelled(_("Course"), course) if course else "")


@router.get("/officer/applications/{application_id}")
async def application_page(request: Request, application_id: str) -> Response:
    file = await file_of(request, application_id, BASE, *READERS)
    wrong = told_again(request, lambda form: unreasoned(file, form, sent_to(request)))
    return await draw(request, file, asked_in(request.query_params), errors=wrong)


def unreasoned(file: File, form: FormData, act: str) -> dict[str, str]:
    """What is wrong with the reasons of an act, by field, as its use case judges them; or that no course is chosen."""
    if act == "approve" and len(file.application.listed) > 1 and not text_of(form, "course", 60) and not stopped(file):
        return {"course": _(UNCHOSEN)}
    if act not in REASONED:
        return {}
    key, use, said = REASONED[act]
    chosen = [one for one in texts_of(form, key) if one]
    return {key: _(said)} if wrong_reasons(file.dossier.programme, use, chosen) else {}


async def draw(
    request: Request,
    file: File,
    asked: Asked,
    *,
    status: int = 200,
    opened: str = "",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, list[str]] | None = None,
    others: Sequence[str] = (),
) -> Response:
    """The page; `opened` is the act whose form stays open."""
    around = await desk_of(request).db.run(lambda tx: _around(tx, file, asked))
    programme, wrong, given = file.dossier.programme, errors or {}, typed or {}

    def choice(key: str, label: str, use: str, kind: str = "checkboxes") -> dict[str, Any]:
        options, value = reason_options(programme.reasons_for(use)), given.get(key, [])
        chosen: Any = value if kind == "checkboxes" else "".join(value[:1])
        return {"key": key, "kind": kind, "label": label, "options": options, "value": chosen, "error": wrong.get(key, ""), "small": True}

    fields = {
        "course": course_field(file, around.courses, wrong.get("course", "")),
        "reject_reasons": choice("reject_reasons", _("Why is it not carried forward?"), "rejection"),
        "end_reason": choice("end_reason", _("Why does the stay end?"), "ending", "radio"),
        "withdraw_reason": choice("withdraw_reason", _("Why is it withdrawn?"), "withdrawal", "radio"),
    }
    just = text_of(request.query_params, "done", 20)
    may = [str(act) for act in file.dossier.acts]
    lost = stopped(file) if Act.APPROVE in may else ""
    return render(
        request,
        "staff/officer_application.html",
        status=status,
        **sheet(file),
        wrong=[one for one in fields.values() if one and one["error"]],
        told=told(file),
        changes=changes(file),
        appeals=of_kind(file.dossier.letters, APPEAL),
        side=around.side,
        foresight=sentences(foresight(file, around.side), single_words(file, around.courses)) if Act.APPROVE in may else "",
        stopped=lost,
        elsewhere=elsewhere(file, around.courses),
        reviews=reviews(file, around.reviewers),
        reviewed="review" in programme.route,
        may=may,
        unscored="review" in programme.route and file.application.score is None,
        fields=fields,
        opened=opened,
        others=list(others),
        said=said_of(just, file),
        asked=asked,
        query=asked.query(),
        queue=f"{PATH}{asked.query()}",
        upcoming=f"{BASE}/{around.upcoming.id}{asked.query()}" if around.upcoming else "",
        upcoming_name=around.name,
    )


async def _around(tx: Tx, file: File, asked: Asked) -> Around:
    terms = await terms_in(tx)
    side, courses = await cellside_of(tx, file), await choices_of(tx, file)
    following = await next_of(tx, file.viewer, asked, file.application.id)
    names = await work.names(tx, [following], name_keys(terms)) if following else {}
    reviewers = await staff_names(tx, {str(one.reviewer_id) for one in file.dossier.reviews})
    return Around(side, courses, following, names.get(following.id, following.receipt or "") if following else "", reviewers)


async def next_of(tx: Tx, viewer: Viewer, asked: Asked, present: UUID) -> Application | None:
    """The one after `present` in the list that the officer came from, else the first one of it."""
    chosen, order = chosen_in(await terms_in(tx), asked), sort_of(asked)
    for after in (present, None):
        part = await work.part(tx, viewer, chosen, order=order, after=after, limit=2)
        found = next((row for row in part.rows if row.id != present), None)
        if found is not None:
            return found
    return None


async def own(request: Request, raw_id: str) -> File:
    """The application, for an officer who acts on it."""
    return await file_of(request, raw_id, BASE, "officer")


async def answer(request: Request, file: File, outcome: Any, act: str, asked: Asked) -> Response:
    """On to the page that shows what was done, or the page as it is now with what stood against it."""
    if done(outcome):
        return RedirectResponse(f"{file.base}{asked.query(done=act)}", 303)
    fresh = await own(request, str(file.application.id))
    return await draw(request, fresh, asked, status=409, others=[refused(outcome, fresh)])


@router.post("/officer/applications/{application_id}/approve")
async def approve(request: Request, application_id: str) -> Response:
    """Approve, for the course that was chosen, or for the only one; quotas is asked for a place."""
    file, form = await own(request, application_id), await form_of(request)
    asked, seen = asked_in(form), version(form)
    wrong = unreasoned(file, form, "approve")
    if wrong and seen == file.application.version and Act.APPROVE in file.dossier.acts:
        return await draw(request, file, asked, status=422, opened="approve", errors=wrong)
    course = text_of(form, "course", 60) or next(iter(file.application.listed), None)
    outcome = await attempt(request, file.viewer, use_cases.approve, file.application.id, expected_version=seen, course=course)
    return await answer(request, file, outcome, "approve", asked)


@router.post("/officer/applications/{application_id}/reject")
async def reject(request: Request, application_id: str) -> Response:
    """Do not carry it forward, for reasons."""
    file, form = await own(request, application_id), await form_of(request)
    reasons, asked = texts_of(form, "reject_reasons"), asked_in(form)
    outcome = await attempt(request, file.viewer, use_cases.reject, file.application.id, reasons=reasons, expected_version=version(form))
    if isinstance(outcome, ReasonsWrong):
        return await again(request, file, asked, "reject", reasons)
    return await answer(request, file, outcome, "reject", asked)


@router.post("/officer/applications/{application_id}/end")
async def end(request: Request, application_id: str) -> Response:
    """A placed person finished or left."""
    file, form = await own(request, application_id), await form_of(request)
    reason, asked = text_of(form, "end_reason", 60), asked_in(form)
    outcome = await attempt(request, file.viewer, use_cases.end, file.application.id, reason=reason, expected_version=version(form))
    if isinstance(outcome, ReasonsWrong):
        return await again(request, file, asked, "end", [reason])
    return await answer(request, file, outcome, "end", asked)


@router.post("/officer/applications/{application_id}/withdraw")
async def withdraw(request: Request, application_id: str) -> Response:
    """Withdraw a placed person, with a reason."""
    file, form = await own(request, application_id), await form_of(request)
    reason, asked = text_of(form, "withdraw_reason", 60), asked_in(form)
    outcome = await attempt(request, file.viewer, use_cases.withdraw, file.application.id, reason=reason, expected_version=version(form))
    if isinstance(outcome, ReasonsWrong):
        return await again(request, file, asked, "withdraw", [reason])
    return await answer(request, file, outcome, "withdraw", asked)


async def again(request: Request, file: File, asked: Asked, act: str, typed: list[str]) -> Response:
    """The page with the act's form open and what is wrong in it."""
    key, _use, said = REASONED[act]
    return await draw(request, file, asked, status=422, opened=act, errors={key: _(said)}, typed={key: typed})
