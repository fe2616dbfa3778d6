"""The pages of questions, one at a time. Every Continue saves, with the version of the page that it was made for."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Fault
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.earlier import Earlier
from services.applications.pages.desktop import OFFERED, Desktop, desktop, draw_both, kept_answer, onward, then, typed_in
from services.applications.pages.entries import draw_list
from services.applications.pages.fields import Field, condition, field
from services.applications.pages.form import earlier_of
from services.applications.pages.kit import applicant, id_from
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from shared.web.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/applications/{application_id}/pages/{key}")
async def question_page(request: Request, application_id: str, key: str) -> Response:
    found = await desktop(request, application_id, key)
    new = found.page.key not in found.sheet.saved
    before = await earlier_of(request, found.sheet.application) if new else None
    if found.page.group is not None:
        return draw_list(request, found, before=before)
    kept = found.sheet.typed.get(found.page.key)
    if kept is not None and "typed" in request.query_params:
        return draw(request, found, typed=kept.fields)
    answers: Mapping[str, Answer] = found.sheet.answers
    keys = {question.key for question in found.page.questions}
    taken = {key: answer for key, answer in before.answers.items() if key in keys} if before else {}
    if new:
        answers = {**known_of_person(found), **taken, **answers}
    return draw(request, found, answers=answers, before=before if taken else None)


@router.post("/applications/{application_id}/pages/{key}")
async def save_page(request: Request, application_id: str, key: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    typed, seen = await typed_in(request)
    offered = typed.pop(OFFERED, "") == "1"
    one = id_from(application_id)
    outcome = await desk.db.run(lambda tx: use_cases.save_page(tx, viewer, one, key, typed, seen=seen, now=desk.clock.now()))
    if isinstance(outcome, Done):
        return onward(request, f"/applications/{one}", key)
    found = await desktop(request, application_id, key)
    if isinstance(outcome, WrongAnswers) and found.page.group is not None:
        return draw_list(request, found, faults=outcome.faults)
    if isinstance(outcome, WrongAnswers):
        return draw(request, found, typed=typed, faults=outcome.faults, seen=seen, offered=offered, status=422)
    if isinstance(outcome, PageChanged):
        return draw_both(request, found, outcome, typed)
    raise problem(outcome, found.zone)


def draw(
    request: Request,
    found: Desktop,
    *,
    answers: Mapping[str, Answer] | None = None,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, Fault] | None = None,
    seen: int | None = None,
    before: Earlier | None = None,
    offered: bool = False,
    status: int = 200,
) -> Response:
    """The page with its questions: as they were typed, or else as they were saved.

    Nothing is kept by itself while what was kept before is offered: it would take its place before the person chose. `offered` says that
    it was offered when this was typed, and no choice was made.
    """
    fields = fields_of(found, answers=answers or {}, typed=typed, faults=faults or {})
    kept = found.sheet.typed.get(found.page.key)
    return render(
        request,
        "question_page.html",
        status=status,
        page=found.page,
        focal=found.focal,
        fields=fields,
        remarks=found.remarks,
        before=before,
        wrong=bool(faults),
        action=found.here + then(request),
        version=found.sheet.version(found.page) if seen is None else seen,
        back=f"{found.path}/check" if then(request) else f"{found.path}/tasks",
        number=found.sheet.pages.index(found.page) + 1,
        all=len(found.sheet.pages),
        saved_at=found.saved_at,
        changed=found.sheet.changed_since(found.page),
        typed_at=found.time(kept.at) if kept and (typed is None or offered) else "",
        typed=f"{found.here}/typed" if any(question.kind == "long_text" for question in found.page.questions) else "",
    )


def fields_of(
    found: Desktop, *, answers: Mapping[str, Answer], typed: Mapping[str, str] | None, faults: Mapping[str, Fault]
) -> list[Field]:
    """The questions of the page that are asked, and those that may be asked as one answers it."""
    plan, page = found.sheet.terms.plan, found.page
    before, own = found.sheet.before(page), {question.key for question in page.questions}
    fields = []
    for question in page.questions:
        if question.when is None or question.when.question in own or question.when.holds(before):
            drawn = field(question, plan, answer=answers.get(question.key), typed=typed, fault=faults.get(question.key))
            fields.append({**drawn, "when": condition(question, page, plan)})
    return fields


def known_of_person(found: Desktop) -> dict[str, Answer]:
    """What the account says already, for questions of a page that was never saved: the name and the e-mail are not asked for twice."""
    account = found.sheet.account
    known = {"name": account.name, "email": account.email} if account else {}
    questions = [question for question in found.page.questions if known.get(str(question.autocomplete))]
    return {question.key: known[str(question.autocomplete)] for question in questions}


@router.post("/applications/{application_id}/pages/{key}/typed")
async def keep_typed(request: Request, application_id: str, key: str) -> Response:
    """What a script keeps of a page while somebody types; and the button that lets go of it."""
    viewer, desk, one = applicant(request), desk_of(request), id_from(application_id)
    typed, seen = await typed_in(request)
    fields = {} if "forget" in request.query_params else typed
    outcome = await desk.db.run(lambda tx: use_cases.keep_typed(tx, viewer, one, key, fields, seen=seen, now=desk.clock.now()))
    return kept_answer(request, outcome, f"/applications/{one}/pages/{quote(key)}{then(request)}")
