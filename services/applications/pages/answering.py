"""Answering an offer, and withdrawing. Each asks once more before anything happens."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import REASON_NEEDED, Act, State
from services.applications.domain.outcomes import NotAllowed, OfferPassed, ReasonsWrong
from services.applications.pages.kit import Folder, applicant, folder_of
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.problems import Redirect

_ = translate
router = APIRouter(include_in_schema=False)


@router.get("/applications/{application_id}/offer")
async def offer_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    if Act.ACCEPT not in folder.dossier.acts:
        raise Redirect(folder.path)
    answer_by = folder.application.answer_by
    assert answer_by is not None, "an offered application has a deadline"
    if folder.now > answer_by:
        raise problem(OfferPassed(answer_by), folder.zone)
    return draw_offer(request, folder)


def draw_offer(request: Request, folder: Folder, *, error: str = "") -> Response:
    return render(request, "offer.html", status=422 if error else 200, folder=folder, error=error)


@router.post("/applications/{application_id}/offer")
async def answer_offer(request: Request, application_id: str) -> Response:
    """Accept or decline the offer that the form showed. A repeated answer that came through shows what it led to."""
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()
    form = await request.form()
    answer, version = str(form.get("answer", "")), str(form.get("place_version", ""))
    folder = await folder_of(request, application_id)
    if answer not in ("accept", "decline"):
        if Act.ACCEPT not in folder.dossier.acts:
            raise Redirect(folder.path)
        return draw_offer(request, folder, error=_("Choose whether you accept the place"))
    use_case = use_cases.accept_offer if answer == "accept" else use_cases.decline_offer
    place_version = int(version) if version.isdecimal() and len(version) < 10 else -1
    outcome = await desk.db.run(lambda tx: use_case(tx, viewer, folder.application.id, place_version=place_version, now=now))
    if isinstance(outcome, Done):
        return RedirectResponse(f"{folder.path}?answered={answer}", 303)
    done = {"accept": (State.ACCEPTED, State.PLACED), "decline": (State.DECLINED,)}[answer]
    if isinstance(outcome, NotAllowed) and outcome.state in done:
        return RedirectResponse(f"{folder.path}?answered={answer}", 303)
    raise problem(outcome, folder.zone)


def withdrawal_choices(folder: Folder) -> list[dict[str, str]]:
    """The programme's reasons for withdrawing."""
    return [
        {"key": reason.code, "label": reason.names[current_language()]} for reason in folder.dossier.programme.reasons_for("withdrawal")
    ]


def reason_needed(folder: Folder) -> bool:
    return (State(folder.application.state), Act.WITHDRAW) in REASON_NEEDED


@router.get("/applications/{application_id}/withdraw")
async def withdraw_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    if Act.WITHDRAW not in folder.dossier.acts:
        raise Redirect(folder.path)
    return draw_withdrawal(request, folder)


def draw_withdrawal(request: Request, folder: Folder, *, error: str = "") -> Response:
    """The page that asks once more; the version that it showed goes with the form."""
    return render(
        request,
        "withdraw.html",
        status=422 if error else 200,
        folder=folder,
        choices=withdrawal_choices(folder),
        needed=reason_needed(folder),
        draft=folder.application.state == State.DRAFT,
        error=error,
    )


@router.post("/applications/{application_id}/withdraw")
async def withdraw(request: Request, application_id: str) -> Response:
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()
    form = await request.form()
    reason, seen = str(form.get("reason", "")), str(form.get("version", ""))
    folder = await folder_of(request, application_id)
    version = int(seen) if seen.isdecimal() and len(seen) < 10 else None
    outcome = await desk.db.run(
        lambda tx: use_cases.withdraw(tx, viewer, folder.application.id, reason=reason or None, expected_version=version, now=now)
    )
    if isinstance(outcome, ReasonsWrong):
        return draw_withdrawal(request, folder, error=_("Choose a reason"))
    if isinstance(outcome, NotAllowed) and outcome.state is State.WITHDRAWN:
        return RedirectResponse(folder.path, 303)
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone)
    return RedirectResponse(folder.path, 303)
