"""The pages of questions, one at a time. Every Continue saves, with the version of the page that it was made for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Fault, Question
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.pages import checked
from services.applications.pages.desktop import (
    Again,
    Desktop,
    Sent,
    desktop,
    draw_both,
    kept_answer,
    not_instead,
    onward,
    opened_with,
    refused,
    status_of,
    then,
    typed_in,
    unsaved,
    version_on,
)
from services.applications.pages.entries import draw_list
from services.applications.pages.fields import Field, condition, field
from services.applications.pages.form import earlier_of
from services.applications.pages.kit import applicant, id_from
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from services.applications.use_cases.unsaved import WrongPage, faults_of
from shared.web.i18n import current_language
from shared.web.pages import render

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """What a page that was never saved holds already: answers `taken` over from an application of `year`, and what was `told` the check.
    `anew` are questions of it, in words, that are answered anew each time, `checked` those that the check was told.
    """

    year: int = 0
    taken: bool = False
    anew: tuple[str, ...] = ()
    told: bool = False
    checked: tuple[str, ...] = ()


FILLED_WITH_NOTHING: Final = Filled()


@router.get("/applications/{application_id}/pages/{key}")
async def question_page(request: Request, application_id: str, key: str) -> Response:
    found = await desktop(request, application_id, key)
    new = found.page.key not in found.sheet.saved
    if found.page.group is not None:
        return draw_list(request, found, before=await earlier_of(request, found.sheet.application) if new else None)
    again = opened_with(request, found, found.page.key, lambda fields: faults_of(found.sheet, found.page, fields, found.now))
    if again is not None:
        return draw(request, found, again=again)
    before = await earlier_of(request, found.sheet.application) if new else None
    answers: Mapping[str, Answer] = found.sheet.answers
    keys = {question.key for question in found.page.questions}
    taken = {key: answer for key, answer in before.answers.items() if key in keys} if before else {}
    told: Mapping[str, Answer] = {}
    asked_again: list[Question] = []
    if new:  # what the person has said of herself before goes before what this browser was told
        sheet, known = found.sheet, known_of_person(found)
        told = checked.told(request, sheet.terms, sheet.call, found.now, found.page, sheet.application.id)
        told = {key: answer for key, answer in told.items() if key not in taken}
        asked_again = checked.anew(request, sheet.terms, sheet.call, found.now, found.page, sheet.application.id)
        answers = {**known, **told, **taken, **answers}
    anew = [label[current_language()] for key, label in before.anew.items() if key in keys] if before else []
    filled = Filled(
        before.year if before else 0,
        bool(taken),
        tuple(anew),
        bool(told),
        tuple(one.label[current_language()] for one in asked_again if not anew),
    )
    return draw(request, found, answers=answers, filled=filled)


@router.post("/applications/{application_id}/pages/{key}")
async def save_page(request: Request, application_id: str, key: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    sent, one, now = await typed_in(request), id_from(application_id), desk.clock.now()
    outcome = await desk.db.run(
        lambda tx: use_cases.save_page(tx, viewer, one, key, sent.fields, seen=sent.seen, window=sent.window, now=now)
    )
    if isinstance(outcome, Done):
        return onward(request, f"/applications/{one}", key)
    if isinstance(outcome, WrongPage):
        return draw(request, await refused(request, outcome, key), again=Again(sent, outcome.faults, mine=outcome.kept))
    found = await desktop(request, application_id, key)
    if isinstance(outcome, WrongAnswers):
        return draw_list(request, found, faults=outcome.faults)
    if isinstance(outcome, PageChanged):
        return draw_both_of_page(request, found, outcome, sent)
    raise problem(outcome, found.zone)


def draw_both_of_page(request: Request, found: Desktop, outcome: PageChanged, sent: Sent) -> Response:
    kept, forget = found.sheet.typed.get(found.page.key), f"{found.here}/typed?forget=1{then(request).replace('?', '&')}"
    return draw_both(request, found, outcome, sent, kept=kept, forget=forget)


def draw(
    request: Request,
    found: Desktop,
    *,
    answers: Mapping[str, Answer] | None = None,
    again: Again | None = None,
    filled: Filled = FILLED_WITH_NOTHING,
) -> Response:
    """The page with its questions: with the text that is shown `again`, or else as they were saved.

    Nothing is kept by itself while another text is offered that was kept before: it would take its place before the person chose.
    """
    faults = again.faults if again else {}
    fields = fields_of(found, answers=answers or {}, typed=again.sent.fields if again else None, faults=faults)
    return render(
        request,
        "question_page.html",
        status=status_of(request, wrong=bool(faults)),
        page=found.page,
        focal=found.focal,
        fields=fields,
        remarks=found.remarks,
        filled=filled,
        wrong=bool(faults),
        action=found.here + then(request),
        version=version_on(found, again),
        back=f"{found.path}/check" if then(request) else f"{found.path}/tasks",
        number=found.sheet.pages.index(found.page) + 1,
        all=len(found.sheet.pages),
        saved_at=found.saved_at,
        changed=found.sheet.changed_since(found.page),
        unsaved=unsaved(found, found.page.key, f"{found.here}/typed", again),
        keeps=any(question.kind == "long_text" for question in found.page.questions),
    )


def fields_of(
    found: Desktop, *, answers: Mapping[str, Answer], typed: Mapping[str, str] | None, faults: Mapping[str, Fault]
) -> list[Field]:
    """The questions of the page that are asked, and those that may be asked as one answers it."""
    plan, page = found.sheet.terms.plan, found.page
    before, own = found.sheet.before(page), {question.key for question in page.questions}
    fields, saved = [], page.key in found.sheet.saved
    for question in page.questions:
        if question.when is None or question.when.question in own or question.when.holds(before):
            drawn = field(question, plan, answer=answers.get(question.key), typed=typed, fault=faults.get(question.key), saved=saved)
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
    sent, now = await typed_in(request), desk.clock.now()
    fields = {} if "forget" in request.query_params else sent.fields
    outcome = await desk.db.run(lambda tx: use_cases.keep_typed(tx, viewer, one, key, fields, window=sent.window, seen=sent.seen, now=now))
    if not_instead(request, outcome):
        found = await desktop(request, application_id, key)
        faults = faults_of(found.sheet, found.page, sent.fields, now)
        if isinstance(outcome, PageChanged) and not faults:
            return draw_both_of_page(request, found, outcome, sent)
        return draw(request, found, again=Again(sent, faults))
    return kept_answer(request, outcome, f"/applications/{one}/pages/{quote(key)}")
