"""Answering an offer, and withdrawing: each has a page of its own that says what it means, and happens by the press on it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.lifecycle import REASON_NEEDED, Act, State
from services.applications.domain.outcomes import NotAllowed, OfferPassed, ReasonsWrong
from services.applications.folder import Folder
from services.applications.pages.kit import applicant, folder_of
from services.applications.pages.place import facts
from services.applications.pages.refusals import problem
from services.applications.use_cases import Done
from services.applications.use_cases.steps import wrong_reasons
from shared.web.formats import countdown
from shared.web.i18n import current_language, translate
from shared.web.pages import render
from shared.web.problems import Problem, Redirect
from shared.web.switching import told_again

_ = translate
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Answering:
    """One of the two answers to an offer: what does it, its page, and the states that say that it was given."""

    use_case: Callable[..., Awaitable[object]]
    template: str
    given: tuple[State, ...]


ANSWERS: Final[Mapping[str, Answering]] = {
    "accept": Answering(use_cases.accept_offer, "offer_accept.html", (State.ACCEPTED, State.PLACED)),
    "decline": Answering(use_cases.decline_offer, "offer_decline.html", (State.DECLINED,)),
}


@dataclass(frozen=True, slots=True)
class Offered:
    """The place that is held for the person, as each of the three pages shows it: facts in words, and what is asked for with it.

    `papers` are names of documents that are asked for once the place is offered and that are not there yet.
    """

    facts: list[tuple[str, str]]
    left: str
    papers: list[str]


def offered(folder: Folder) -> Offered:
    """Who looks at an offer whose time has passed is told so instead; where there is none, the application says what there is."""
    application, language = folder.application, current_language()
    if Act.ACCEPT not in folder.dossier.acts:
        raise Redirect(folder.path)
    assert application.answer_by is not None, "an offered application has a deadline"
    if folder.now > application.answer_by or application.passed_version == application.offer_version:
        raise problem(OfferPassed(application.answer_by), folder.zone, back=folder.path)
    later = [one for one in folder.dossier.papers if one.paper.stage == "after_offer" and one.lacking]
    return Offered(facts(folder), countdown(application.answer_by, folder.now), [one.paper.names[language] for one in later])


@router.get("/applications/{application_id}/offer")
async def offer_page(request: Request, application_id: str) -> Response:
    folder = await folder_of(request, application_id)
    return render(request, "offer.html", folder=folder, offer=offered(folder))


def answering(raw: str) -> Answering:
    """The answer that an address names; any other word is no page."""
    if raw not in ANSWERS:
        raise Problem(404, code="not_found")
    return ANSWERS[raw]


@router.get("/applications/{application_id}/offer/{answer}")
async def answer_page(request: Request, application_id: str, answer: str) -> Response:
    """What the answer means, before it is given; opening it does nothing."""
    asked = answering(answer)
    folder = await folder_of(request, application_id)
    return render(request, asked.template, folder=folder, offer=offered(folder))


@router.post("/applications/{application_id}/offer/{answer}")
async def answer_offer(request: Request, application_id: str, answer: str) -> Response:
    """Accept or decline the offer that the form showed. A repeated answer that came through shows what it led to."""
    asked = answering(answer)
    viewer, desk = applicant(request), desk_of(request)
    now = desk.clock.now()
    version = str((await request.form()).get("place_version", ""))
    folder = await folder_of(request, application_id)
    place_version = int(version) if version.isdecimal() and len(version) < 10 else -1
    outcome: Any = await desk.db.run(lambda tx: asked.use_case(tx, viewer, folder.application.id, place_version=place_version, now=now))
    if isinstance(outcome, Done) or (isinstance(outcome, NotAllowed) and outcome.state in asked.given):
        return RedirectResponse(f"{folder.path}?answered={answer}", 303)
    raise problem(outcome, folder.zone, back=folder.path)


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
    return draw_withdrawal(request, folder, error=told_again(request, lambda form: unreasoned(folder, form)) or "")


def unreasoned(folder: Folder, form: FormData) -> str:
    """What is wrong with the reason of a withdrawal, as `use_cases.withdraw` judges it."""
    reason = str(form.get("reason", ""))
    asked = reason or reason_needed(folder)
    wrong = asked and wrong_reasons(folder.dossier.programme, "withdrawal", [reason] if reason else [])
    return _("Choose a reason") if wrong else ""


def draw_withdrawal(request: Request, folder: Folder, *, error: str = "") -> Response:
    """The page that asks once more; the version that it showed goes with the form."""
    return render(
        request,
        "withdraw.html",
        status=422 if error else 200,
        folder=folder,
        choices=withdrawal_choices(folder),
        needed=reason_needed(folder),
        state=folder.application.state,
        open=folder.dossier.call.is_open(folder.now),
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
        return RedirectResponse(f"{folder.path}?answered=withdraw", 303)
    if not isinstance(outcome, Done):
        raise problem(outcome, folder.zone, back=folder.path)
    return RedirectResponse(f"{folder.path}?answered=withdraw", 303)
