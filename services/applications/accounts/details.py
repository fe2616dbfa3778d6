"""The page where people say what to call them, in which language to write to them, and in which time zone they live."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.applications.accounts import zones
from services.applications.accounts.desk import desk_of
from services.applications.accounts.people import by_id, change_details
from services.applications.accounts.sessions import browsers
from services.applications.accounts.tables import Account
from services.applications.accounts.use_cases import signed_in
from services.applications.domain.writing import lettered, tidy
from services.applications.privacy.store import asked
from services.applications.privacy.tables import Erasure
from shared.persistence.database import Tx
from shared.web.i18n import LANGUAGES, translate
from shared.web.identity import clear_identity_cookie, require, set_identity_cookie
from shared.web.pages import render
from shared.web.switching import told_again

_ = translate
NAME_MAX = 100
router = APIRouter(include_in_schema=False)


@router.get("/account")
async def details_page(request: Request) -> Response:
    who, desk = require(request), desk_of(request)
    person = UUID(who.account_id)

    async def read(tx: Tx) -> tuple[Account | None, Erasure | None]:
        return await by_id(tx, person), await asked(tx, person)

    account, erasure = await desk.db.run(read)
    if account is None:
        # It was erased a moment ago, and the identity counts for a minute more.
        response = RedirectResponse("/?signed-out=1", 303)
        desk.take_back(response)
        clear_identity_cookie(response, secure=desk.secure)
        return response
    typed = {"name": account.name, "language": account.language, "timezone": zones.of_account(account)}
    again = told_again(request, lambda form: faults_in(typed_in(form)))
    anew = again is None
    return await _page(request, account.email, typed, again or {}, anew=anew, saved="saved" in request.query_params, erasure=erasure)


def typed_in(form: FormData) -> dict[str, str]:
    return {name: tidy(str(form.get(name, ""))) for name in ("name", "language", "timezone")}


def faults_in(typed: dict[str, str]) -> dict[str, str]:
    """What is wrong with the details as they were typed, by field."""
    faults = {}
    if len(typed["name"]) > NAME_MAX:
        faults["name"] = _("Your name must have {most} characters or fewer", most=NAME_MAX)
    elif typed["name"] and not lettered(typed["name"]):
        faults["name"] = _("Your name cannot be only digits or signs: write it in letters, in any script")
    if typed["language"] not in LANGUAGES:
        faults["language"] = _("Choose one of the languages")
    if typed["timezone"] and not zones.exists(typed["timezone"]):
        faults["timezone"] = _("Choose one of the time zones")
    return faults


@router.post("/account")
async def save_details(request: Request) -> Response:
    who, desk = require(request), desk_of(request)
    typed = typed_in(await request.form())
    faults, account = faults_in(typed), UUID(who.account_id)
    if faults:
        row = await desk.db.run(lambda tx: by_id(tx, account))
        return await _page(request, row.email if row else "", typed, faults)
    await desk.db.run(lambda tx: change_details(tx, account=account, **typed))
    response = RedirectResponse("/account?saved=1", 303)
    token = desk.token(request)
    person = await desk.db.run(lambda tx: signed_in(tx, token=token, rules=desk.rules, now=desk.clock.now())) if token else None
    if person is not None:
        # The other services learn the language from the identity, so it goes out anew at once.
        set_identity_cookie(response, desk.identity_token(person), secure=desk.secure)
    return response


async def _page(
    request: Request,
    email: str,
    typed: dict[str, str],
    faults: dict[str, str],
    *,
    anew: bool = False,
    saved: bool = False,
    erasure: Erasure | None = None,
) -> Response:
    who, desk = require(request), desk_of(request)
    now = desk.clock.now()
    mine = await desk.db.run(lambda tx: browsers(tx, UUID(who.account_id), here=who.session_id, rules=desk.rules, now=now))
    chosen, offered = typed["timezone"], zones.offered()
    if chosen not in offered and zones.exists(chosen):
        offered = (chosen, *offered)
    return render(
        request,
        "accounts/details.html",
        status=422 if faults else 200,
        email=email,
        saved=saved,
        ended="ended" in request.query_params,
        browsers=mine,
        zone=chosen if zones.exists(chosen) else zones.UTC,
        kept="kept" in request.query_params,
        erasure=erasure,
        fields=_fields(typed, faults, [{"key": zone, "label": zones.label(zone, now)} for zone in offered], anew=anew),
    )


def _fields(typed: dict[str, str], faults: dict[str, str], offered: list[dict[str, str]], *, anew: bool) -> list[dict[str, Any]]:
    """The page's questions, as `macros/form.html` draws them; `anew` unless the page comes back with what was typed."""
    languages = [{"key": code, "label": name} for code, name in LANGUAGES.items()]
    fields: list[dict[str, Any]] = [
        {
            "key": "name",
            "kind": "text",
            "label": _("What should we call you?"),
            "hint": _("We use it to address you in messages."),
            "optional": True,
            "autocomplete": "name",
        },
        {"key": "language", "kind": "select", "label": _("Language of messages"), "options": languages},
        {
            "key": "timezone",
            "kind": "select",
            "label": _("Your time zone"),
            "hint": _("Deadlines are shown in this time and in Beijing time."),
            "options": offered,
        },
    ]
    if anew and not typed["timezone"]:
        fields[-1]["attributes"] = {"data-zone": ""}  # nothing was chosen: a script offers the browser's, and sending the form chooses it
    return [{**one, "value": typed[one["key"]], "error": faults.get(one["key"], "")} for one in fields]
