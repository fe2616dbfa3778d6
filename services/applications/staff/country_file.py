"""One application on the page of its country's coordinator: read it, add the country's papers, put it forward, send it back, or end it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import DATE_BOXES
from services.applications.domain.correction import REMARK_MAX
from services.applications.domain.dates import read_date
from services.applications.domain.letters import QUESTION, of_kind
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import DateWrong, Incomplete, MarksMissing, MarksWrong, ReasonsWrong
from services.applications.pages.kit import id_from
from services.applications.pages.refused_files import NO_FILE, refusal_words
from services.applications.staff.correction import MARKS, REMARK, changes, groups, marks_of, place_of, told, typed_in
from services.applications.staff.kit import File, attempt, done, file_of, form_of, permitted, text_of, texts_of, version_of
from services.applications.staff.parts import cellside_of, reason_options, sheet
from services.applications.staff.words import refused, to_tick
from services.applications.uploads import UploadRefused, take
from services.applications.use_cases.country import tidied, wrong_extension, wrong_return
from services.applications.use_cases.steps import wrong_reasons
from shared.web.formats import format_date
from shared.web.i18n import N_, translate
from shared.web.pages import render
from shared.web.switching import sent_to, told_again

_ = translate
router = APIRouter(include_in_schema=False)

UPLOADS: Final = "/country/applications/"
BASE: Final = UPLOADS.rstrip("/")
BOX_MAX: Final = 20
"""Characters of a box of a day: the longest name of a month, and what is pasted along."""
NO_DAY: Final = N_("Enter the last day for the correction: day, month and year")
CORRECTION_DAYS: Final = 14
"""Proposed for a correction; the coordinator may name any later day."""
DONE: Final = {
    "return": N_("It is sent back. The applicant is told what to correct, and until when."),
    "extend": N_("There is more time now. The applicant is told until when."),
    "nominate": N_("It is on the slate. The places service now checks how many your country may put forward."),
    "reject": N_("It is not carried forward. The applicant is told the reasons."),
    "added": N_("The document is added."),
    "removed": N_("The document is removed."),
}
STANDS: Final = {"return": State.RETURNED, "extend": State.RETURNED, "nominate": State.NOMINATED, "reject": State.REJECTED}
"""How it stands for as long as what is said of the act is true: a page that is loaded again keeps its address, and says it no more."""


async def own(request: Request, raw_id: str) -> File:
    """The application, if it is one of the coordinator's country."""
    return await file_of(request, raw_id, BASE, "coordinator")


@router.get("/country/applications/{application_id}")
async def application_page(request: Request, application_id: str) -> Response:
    file = await own(request, application_id)
    return await draw(request, file, errors=told_again(request, lambda form: faults_in(file, sent_to(request), form)))


def said_of(act: str, file: File) -> str:
    """What is said of an act that was just done; nothing of what is none, or where it is not so any more."""
    true = act in DONE and STANDS.get(act, file.application.state) == file.application.state
    return _(DONE[act]) if true else ""


def faults_in(file: File, act: str, form: FormData) -> dict[str, str]:
    """What is wrong with the form of an act by itself, by field, as its route and its use case judge it."""
    programme, call = file.dossier.programme, file.dossier.call
    outcome: ReasonsWrong | DateWrong | MarksWrong | MarksMissing | None = None
    match act:
        case "reject":
            outcome = wrong_reasons(programme, "rejection", texts_of(form, "reject_reasons"))
            return {"reject_reasons": refused(outcome, file)} if outcome else {}
        case "return":
            found, day = unfilled(form), day_in(boxes_of(form))
            if day is not None and not found:
                marks = tidied(marks_of(typed_in(form, file)))
                reasons = texts_of(form, "return_reasons")
                outcome = wrong_return(programme, file.dossier.answers, call, file.now, reasons=reasons, correct_by=day, marks=marks)
        case "extend" if file.application.correct_by:
            day = day_in(boxes_of(form))
            found = {"correct_by": _(NO_DAY)} if day is None else {}
            outcome = wrong_extension(file.application, call, file.now, correct_by=day) if day else None
        case _:
            return {}
    return {field_of(outcome, file): refused(outcome, file)} if outcome else found


def unfilled(form: FormData) -> dict[str, str]:
    """What a return lacks, by field."""
    found = {} if texts_of(form, "return_reasons") else {"return_reasons": _("Choose at least one reason")}
    return found if day_in(boxes_of(form)) else found | {"correct_by": _(NO_DAY)}


def field_of(outcome: ReasonsWrong | DateWrong | MarksWrong | MarksMissing, file: File) -> str:
    """The field of a return that the refusal is about."""
    if isinstance(outcome, MarksWrong | MarksMissing):
        return place_of(outcome, file)
    return "return_reasons" if isinstance(outcome, ReasonsWrong) else "correct_by"


def boxes_of(form: FormData) -> dict[str, str]:
    """The day as it was typed."""
    return {box: text_of(form, f"correct_by-{box}", BOX_MAX).strip() for box in DATE_BOXES}


async def draw(
    request: Request,
    file: File,
    *,
    status: int = 200,
    opened: str = "",
    errors: dict[str, str] | None = None,
    others: Sequence[str] = (),
    typed: dict[str, Any] | None = None,
) -> Response:
    """The page; `opened` is the act whose form stays open, `errors` are by field, `others` belong to none."""
    wrong, given = errors or {}, typed or {}
    programme = file.dossier.programme
    nominating = "nomination" in programme.route
    side = await desk_of(request).db.run(lambda tx: cellside_of(tx, file))
    fields = {
        "return_reasons": _reasons("return_reasons", _("What has to be corrected?"), programme.reasons_for("return"), wrong, given),
        "correct_by": _day(file, wrong, given),
        "reject_reasons": _reasons("reject_reasons", _("Why is it not carried forward?"), programme.reasons_for("rejection"), wrong, given),
    }
    return render(
        request,
        "staff/country_application.html",
        status=status,
        **sheet(file),
        side=side if nominating else None,
        may=[str(act) for act in file.dossier.acts],
        missing=missing(file),
        fields=fields,
        marks=groups(file, given.get("marks", {})),
        marks_wrong=_marks_wrong(wrong),
        remark_max=REMARK_MAX,
        to_tick=to_tick(programme.reasons_for("return")),
        told=told(file),
        changes=changes(file),
        questions=of_kind(file.dossier.letters, QUESTION),
        paper_errors={key.removeprefix("paper-"): text for key, text in wrong.items() if key.startswith("paper-")},
        opened=opened,
        others=list(others),
        slate=f"/country/slate?programme={file.application.programme}&year={file.application.year}" if nominating else "",
        said=said_of(request.query_params.get("done", ""), file),
    )


def missing(file: File) -> list[str]:
    """In words what must be there before it can be put forward and is not, as the use case refuses it."""
    papers = tuple(
        one.paper.key for one in file.dossier.papers if one.paper.stage == "nomination" and not one.paper.optional and not one.file
    )
    letters = file.dossier.referees_lacking("nomination")
    found = [Incomplete((), papers)] if papers else []
    return [refused(one, file) for one in (*found, *([Incomplete((), (), referees=letters)] if letters else []))]


def _marks_wrong(wrong: dict[str, str]) -> dict[str, str]:
    """What is wrong with the marks, at the remark that it is about or at the places as a whole."""
    key = next((key for key in wrong if key.startswith(REMARK)), MARKS)
    return {"key": key, "error": wrong.get(key, "")}


def _reasons(key: str, label: str, reasons: Any, wrong: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    options, value = reason_options(reasons), given.get(key, [])
    return {"key": key, "kind": "checkboxes", "label": label, "options": options, "value": value, "error": wrong.get(key, "")}


def _day(file: File, wrong: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    today = file.dossier.call.day(file.now)
    proposed = max(today, file.application.correct_by or today) + timedelta(days=CORRECTION_DAYS)
    boxes = {"day": str(proposed.day), "month": str(proposed.month), "year": str(proposed.year)}
    hint = _("The last day on which the applicant can send it again, for example {day}", day=format_date(proposed))
    value, error = given.get("correct_by", boxes), wrong.get("correct_by", "")
    return {"key": "correct_by", "kind": "date", "label": _("To be corrected by the end of"), "hint": hint, "value": value, "error": error}


def day_in(boxes: dict[str, str]) -> date | None:
    """The day that three boxes name, as an applicant may write it; none where there is no such day."""
    found = read_date([boxes[box] for box in DATE_BOXES], past=False, today=date.min)
    return found if isinstance(found, date) else None


@router.post("/country/applications/{application_id}/return")
async def send_back(request: Request, application_id: str) -> Response:
    """Return it for correction, with reasons and a day."""
    file, form = await own(request, application_id), await form_of(request)
    reasons, boxes = texts_of(form, "return_reasons"), boxes_of(form)
    marks = typed_in(form, file)
    typed = {"return_reasons": reasons, "correct_by": boxes, "marks": marks}
    day, errors = day_in(boxes), unfilled(form)
    if day is None or errors:
        return await draw(request, file, status=422, opened="return", errors=errors, typed=typed)
    outcome = await attempt(
        request,
        file.viewer,
        use_cases.return_for_correction,
        file.application.id,
        reasons=reasons,
        correct_by=day,
        marks=marks_of(marks),
        expected_version=version_of(form),
    )
    if isinstance(outcome, MarksWrong | MarksMissing | DateWrong | ReasonsWrong):
        return await draw(request, file, status=422, opened="return", errors={field_of(outcome, file): refused(outcome, file)}, typed=typed)
    return await answer(request, file, outcome, "return")


@router.post("/country/applications/{application_id}/extend")
async def extend(request: Request, application_id: str) -> Response:
    """Name a later day for the correction."""
    file, form = await own(request, application_id), await form_of(request)
    boxes = boxes_of(form)
    day, typed = day_in(boxes), {"correct_by": boxes}
    if day is None:
        return await draw(request, file, status=422, opened="extend", errors={"correct_by": _(NO_DAY)}, typed=typed)
    outcome = await attempt(request, file.viewer, use_cases.extend, file.application.id, correct_by=day, expected_version=version_of(form))
    if isinstance(outcome, DateWrong):
        return await draw(request, file, status=422, opened="extend", errors={"correct_by": refused(outcome, file)}, typed=typed)
    return await answer(request, file, outcome, "extend")


@router.post("/country/applications/{application_id}/nominate")
async def nominate(request: Request, application_id: str) -> Response:
    """Put it last on the slate; from the slate's page one comes back there."""
    file, form = await own(request, application_id), await form_of(request)
    outcome = await attempt(request, file.viewer, use_cases.nominate, file.application.id, expected_version=version_of(form))
    if done(outcome) and form.get("back") == "slate":
        there = f"/country/slate?programme={file.application.programme}&year={file.application.year}"
        return RedirectResponse(f"{there}&done={file.application.receipt}", 303)
    return await answer(request, file, outcome, "nominate")


@router.post("/country/applications/{application_id}/reject")
async def reject(request: Request, application_id: str) -> Response:
    """Do not carry it forward."""
    file, form = await own(request, application_id), await form_of(request)
    reasons = texts_of(form, "reject_reasons")
    outcome = await attempt(request, file.viewer, use_cases.reject, file.application.id, reasons=reasons, expected_version=version_of(form))
    if isinstance(outcome, ReasonsWrong):
        errors, typed = {"reject_reasons": refused(outcome, file)}, {"reject_reasons": reasons}
        return await draw(request, file, status=422, opened="reject", errors=errors, typed=typed)
    return await answer(request, file, outcome, "reject")


async def answer(request: Request, file: File, outcome: Any, act: str) -> Response:
    """On to the page that shows what was done, or the page as it is now with what stood against it."""
    if done(outcome):
        return RedirectResponse(f"{file.base}?done={act}", 303)
    fresh = await own(request, str(file.application.id))
    return await draw(request, fresh, status=409, others=[refused(outcome, fresh)])


@router.post("/country/applications/{application_id}/papers/{kind}")
async def add_paper(request: Request, application_id: str, kind: str) -> Response:
    """Add a paper that the country sends along, such as its letter."""
    file = await own(request, application_id)
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get(f"paper-{kind}")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return await draw(request, file, status=422, errors={f"paper-{kind}": _(NO_FILE)})
        outcome = permitted(request, await take(request, file.viewer, file.application.id, kind, upload, upload.filename))
    if isinstance(outcome, UploadRefused):
        return await draw(request, file, status=422, errors={f"paper-{kind}": refusal_words(outcome)})
    return await answer(request, file, outcome, "added")


@router.post("/country/applications/{application_id}/papers/{kind}/remove")
async def remove_paper(request: Request, application_id: str, kind: str) -> Response:
    """Take such a paper back."""
    file, form = await own(request, application_id), await form_of(request)
    which = id_from(text_of(form, "document")) if form.get("document") else None
    outcome = await attempt(request, file.viewer, use_cases.remove_document, file.application.id, kind, document_id=which)
    return await answer(request, file, outcome, "removed")
