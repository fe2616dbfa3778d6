"""The pages where people sign in and out, renew their identity, and keep their details."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse, Response

from services.applications.access import viewer_of
from services.applications.accounts.desk import CHECK_COOKIE, KEPT_PATH, Desk, desk_of
from services.applications.accounts.details import router as details
from services.applications.accounts.emails import email_of
from services.applications.accounts.fresh import router as fresh
from services.applications.accounts.keep_layer import KeepLayer
from services.applications.accounts.mail import send_code
from services.applications.accounts.session_layer import SessionLayer
from services.applications.accounts.sessions import router as sessions
from services.applications.accounts.use_cases import (
    Entered,
    SignedIn,
    TooManyRequests,
    ask_to_sign_in,
    asked_for,
    enter_code,
    look_at_link,
    sign_out,
    sign_out_everywhere,
    signed_in,
    use_link,
)
from services.applications.domain.accounts import CODE_DIGITS, CodeOutcome, first_page, safe_return
from services.applications.domain.devices import device_of
from services.applications.domain.viewers import Viewer
from services.applications.store import lists
from shared.mail.smtp import Reason
from shared.observability.logging import get_logger
from shared.persistence.database import Tx
from shared.web.context import context_of
from shared.web.formats import format_datetime
from shared.web.i18n import N_, current_language, translate
from shared.web.identity import clear_identity_cookie, set_identity_cookie
from shared.web.pages import render
from shared.web.routes import add_routes
from shared.web.switching import told_again

_ = translate
log = get_logger(__name__)
router = APIRouter(include_in_schema=False)

OUTCOMES = {
    CodeOutcome.WRONG: N_("That is not the code in the message. Check it and enter it again."),
    CodeOutcome.TOO_MANY_TRIES: N_(
        "Too many wrong codes were entered, so this code no longer works. Open the link in the message, or ask for a new code."
    ),
    CodeOutcome.BARRED: N_(
        "Too many wrong codes were entered for this address, perhaps by somebody else. Open the link in the message instead: it works."
    ),
    CodeOutcome.CROWDED: N_("Too many codes were entered from your network. Open the link in the message instead: it works."),
    CodeOutcome.EXPIRED: N_("This code is too old and no longer works. Ask for a new one."),
    CodeOutcome.USED: N_("This code was already used. Ask for a new one."),
}


def install(app: FastAPI, desk: Desk) -> None:
    """Add signing in to the application: its pages, and the innermost layers, which keep identities fresh and forms over a sign-in."""
    app.state.desk = desk
    add_routes(app, router, details, sessions, fresh)
    app.user_middleware += [Middleware(SessionLayer, desk=desk), Middleware(KeepLayer, desk=desk)]


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    going_to = safe_return(request.query_params.get("return"))
    identity = context_of(request).identity
    if identity is not None:
        desk = desk_of(request)
        return RedirectResponse(await desk.db.run(lambda tx: _led_to(tx, viewer_of(identity), going_to)), 303)
    error = told_again(request, no_address) or ""
    return render(request, "accounts/sign_in.html", going_to=going_to, kept=going_to == KEPT_PATH, email="", error=error)


def no_address(form: FormData) -> str:
    return "" if email_of(str(form.get("email", "")).strip()) else _("Enter an email address, such as name@example.org")


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    desk = desk_of(request)
    form = await request.form()
    typed, going_to = str(form.get("email", "")).strip(), safe_return(str(form.get("return", "")))

    def again(error: str, status: int) -> Response:
        kept = going_to == KEPT_PATH
        return render(request, "accounts/sign_in.html", status=status, going_to=going_to, kept=kept, email=typed, error=error)

    email = email_of(typed)
    if email is None:
        return again(no_address(form), 422)
    asked = await desk.db.run(
        lambda tx: ask_to_sign_in(
            tx,
            email=email,
            ip=request.client.host if request.client else "",
            language=current_language(),
            timezone="UTC",
            return_to=going_to,
            rules=desk.rules,
            now=desk.clock.now(),
        )
    )
    if isinstance(asked, TooManyRequests):
        said = N_("Too many codes were asked for. Wait until {time}, then try again.")
        if asked.mailed:
            said = N_(
                "Several messages were sent to this address already. If you have not signed in since the newest one, its link works: "
                "open it. Or try again after {time}."
            )
        return again(_(said, time=format_datetime(asked.again_at)), 429)
    refusal = await send_code(desk, asked)
    if refusal is Reason.ADDRESS_REFUSED:
        return again(_("The mail server does not accept mail for this address. Check it for typing mistakes."), 422)
    if refusal is not None:
        return again(
            _("We could not send the message, because our mail server does not answer. Nothing is lost: try again in a minute."), 503
        )
    return RedirectResponse(f"/sign-in/code?attempt={asked.attempt}", 303)


@router.get("/sign-in/code")
async def code_page(request: Request) -> Response:
    attempt = _uuid(request.query_params.get("attempt"))
    email = await desk_of(request).db.run(lambda tx: asked_for(tx, attempt)) if attempt else None
    if email is None:
        return RedirectResponse("/sign-in", 303)
    return draw_code(request, attempt, email, told_again(request, refused_before) or "", error=told_again(request, no_code) or "")


def draw_code(request: Request, attempt: UUID | None, email: str, outcome: str = "", *, error: str = "", status: int = 200) -> Response:
    """The form for the code, with what came of the code before. `outcome` goes along in the form: no code is judged again, and counted,
    to say it in another language.
    """
    said = _(OUTCOMES[CodeOutcome(outcome)]) if outcome else error
    spent = outcome not in ("", CodeOutcome.WRONG)
    values = {"attempt": attempt, "email": email, "error": said, "spent": spent, "outcome": outcome}
    return render(request, "accounts/code.html", status=status, **values)


def refused_before(form: FormData) -> str:
    """What came of the code that was sent before, as the page says that the form was on."""
    outcome = str(form.get("outcome", ""))
    return outcome if outcome in OUTCOMES else ""


def digits_in(form: FormData) -> str:
    return "".join(letter for letter in str(form.get("code", "")) if letter.isdecimal())


def no_code(form: FormData) -> str:
    return "" if len(digits_in(form)) == CODE_DIGITS else _("Enter the {digits} digits of the code", digits=CODE_DIGITS)


@router.post("/sign-in/code")
async def code(request: Request) -> Response:
    desk = desk_of(request)
    form = await request.form()
    attempt = _uuid(str(form.get("attempt", "")))
    if attempt is None:
        return RedirectResponse("/sign-in", 303)

    async def again(outcome: str = "", *, error: str = "") -> Response:
        email = await desk.db.run(lambda tx: asked_for(tx, attempt)) or ""
        return draw_code(request, attempt, email, outcome, error=error, status=422)

    if error := no_code(form):
        return await again(error=error)
    ip = request.client.host if request.client else ""
    former, device, now = desk.token(request), _device(request), desk.clock.now()
    entered = await desk.db.run(
        lambda tx: enter_code(tx, attempt=attempt, code=digits_in(form), ip=ip, rules=desk.rules, now=now, former=former, device=device)
    )
    if entered.outcome is CodeOutcome.ACCEPTED:
        return await _welcome(desk, entered)
    return await again(entered.outcome)


@router.get("/sign-in/link/{token}")
async def link_page(request: Request, token: str) -> Response:
    desk = desk_of(request)
    outcome, email = await desk.db.run(lambda tx: look_at_link(tx, token=token, now=desk.clock.now()))
    good = outcome is CodeOutcome.ACCEPTED
    return render(request, "accounts/link.html", status=200 if good else 410, good=good, email=email)


@router.post("/sign-in/link/{token}")
async def link(request: Request, token: str) -> Response:
    desk = desk_of(request)
    former, device, now = desk.token(request), _device(request), desk.clock.now()
    entered = await desk.db.run(lambda tx: use_link(tx, token=token, rules=desk.rules, now=now, former=former, device=device))
    if entered.outcome is CodeOutcome.ACCEPTED:
        return await _welcome(desk, entered)
    return render(request, "accounts/link.html", status=410, good=False, email="")


@router.post("/sign-out")
async def sign_out_here(request: Request) -> Response:
    """End this session, or all of the person's with `everywhere=yes`."""
    desk = desk_of(request)
    form = await request.form()
    token, now = desk.token(request), desk.clock.now()

    async def end(tx: Tx) -> None:
        person = await signed_in(tx, token=token, rules=desk.rules, now=now)
        if person is not None and form.get("everywhere") == "yes":
            await sign_out_everywhere(tx, account=person.account, now=now)
        await sign_out(tx, token=token, now=now)

    if token:
        await desk.db.run(end)
    response = RedirectResponse("/?signed-out=1", 303)
    desk.take_back(response)
    clear_identity_cookie(response, secure=desk.secure)
    return response


@router.api_route("/identity", methods=["GET", "POST"])
async def identity(request: Request) -> Response:
    """Sends on to `return` with a fresh identity, which the session layer puts on every answer that needs one.

    A POST goes on as a POST, so that a form filled in at another service arrives after all.
    """
    going_to = safe_return(request.query_params.get("return"))
    if context_of(request).identity is not None:
        return RedirectResponse(going_to, 307 if request.method == "POST" else 303)
    back = going_to if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?return={quote(back, safe='')}", 303)


async def _welcome(desk: Desk, entered: Entered) -> Response:
    async def read(tx: Tx) -> tuple[SignedIn | None, str]:
        person = await signed_in(tx, token=entered.token, rules=desk.rules, now=desk.clock.now())
        if person is None:
            return None, entered.return_to
        return person, await _led_to(tx, Viewer(person.account, person.role, person.country or ""), entered.return_to)

    person, going_to = await desk.db.run(read)
    response = RedirectResponse(going_to, 303)
    desk.give(response, entered.token)
    if going_to != KEPT_PATH and not going_to.startswith("/programmes/"):  # the check may have been another's, at the same computer
        response.delete_cookie(CHECK_COOKIE, path="/")
    if person is not None:
        set_identity_cookie(response, desk.identity_token(person), secure=desk.secure)
    return response


async def _led_to(tx: Tx, viewer: Viewer, asked: str) -> str:
    """The page that whoever has signed in goes on to."""
    return first_page(asked, viewer.role, has_applications=bool(await lists.of_person(tx, viewer)))


def _device(request: Request) -> str:
    return device_of(request.headers.get("user-agent", ""))


def _uuid(raw: str | None) -> UUID | None:
    try:
        return UUID(raw or "")
    except ValueError:
        return None
