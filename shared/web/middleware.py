"""The four layers around every service's routes, outermost first. Plain ASGI: none of them copies a body or starts a task."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from time import perf_counter
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.clock import Clock
from shared.kernel.ids import new_id
from shared.observability.logging import get_logger
from shared.persistence.database import sqlstate
from shared.web.context import WebContext, context_in, keep
from shared.web.i18n import HTML_TAGS, LANGUAGE_COOKIE, LANGUAGES, Texts, Translation, negotiate, speak
from shared.web.identity import IDENTITY_COOKIE, Identity, IdentityRefused, IdentityVerifier
from shared.web.problems import AWAY, Problem, problem_response
from shared.web.switching import asked_switch

log = get_logger(__name__)

NO_TEXT: Final = "22021"
"""PostgreSQL's word for a text that no text can hold: a NUL in an address or a field, which no keyboard makes."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=(), usb=()"),
)
TRANSPORT_SECURITY: Final = (b"strict-transport-security", b"max-age=31536000")
YEAR_SECONDS: Final = 31_536_000


class Surroundings:
    """Request id, identity and language before; security headers and one line in the log after."""

    def __init__(self, app: ASGIApp, *, service: str, texts: Texts, clock: Clock, verifier: IdentityVerifier | None, secure: bool) -> None:
        self._app = app
        self._service = service
        self._texts = texts
        self._clock = clock
        self._verifier = verifier
        self._secure = secure
        self._headers = [*HEADERS, TRANSPORT_SECURITY] if secure else [*HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        headers = Headers(scope=scope)
        cookies = _cookies(headers.get("cookie", ""))
        identity = self._identity(cookies.get(IDENTITY_COOKIE))
        asked = _asked_language(scope)
        language = negotiate(asked, cookies.get(LANGUAGE_COOKIE), identity.language if identity else None, headers.get("accept-language"))
        context = WebContext(self._service, _request_id(headers.get("x-request-id")), language, identity)
        keep(scope, context)
        speak(Translation(language, self._texts))
        status = 500

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(MutableHeaders(raw=message["headers"]), context, asked)
            await send(message)

        try:
            await self._app(scope, receive, send_dressed)
        finally:
            _access_line(scope, context, status, perf_counter() - started)

    def _identity(self, token: str | None) -> Identity | None:
        if not token or self._verifier is None:
            return None
        try:
            return self._verifier.verify(token, self._clock.now())
        except IdentityRefused as refused:
            if refused.reason != "expired":
                log.warning("identity.refused", reason=refused.reason)
            return None

    def _dress(self, headers: MutableHeaders, context: WebContext, asked: str | None) -> None:
        present = set(headers.keys())
        headers.raw.extend(pair for pair in self._headers if pair[0].decode() not in present)
        headers["x-request-id"] = context.request_id
        if headers.get("content-type", "").startswith("text/html"):
            headers.setdefault("content-language", HTML_TAGS[context.language])
            headers.add_vary_header("Cookie, Accept-Language")
        # A page about a person must not stay behind on a shared computer after the sign-out.
        headers.setdefault("cache-control", "no-store" if context.identity else "private, no-cache")
        if asked is not None:
            secure = "; Secure" if self._secure else ""
            headers.append("set-cookie", f"{LANGUAGE_COOKIE}={asked}; Max-Age={YEAR_SECONDS}; Path=/; SameSite=Lax{secure}")


class ErrorBoundary:
    """Whatever the routes did not foresee becomes a page or a problem with the request's number, and a line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            # Somebody's line broke while they were sending: nobody is there to be answered, and nothing here is wrong.
            log.info("request.cut_off", method=scope["method"], route=_route(scope))
        except Exception as error:
            problem = error if isinstance(error, Problem) else self._report(scope, error)
            if started:
                raise
            response = problem_response(Request(scope, receive), problem)
            await response(scope, receive, send)

    @staticmethod
    def _report(scope: Scope, error: Exception) -> Problem:
        context = context_in(scope)
        if sqlstate(error) == NO_TEXT:
            log.info("request.malformed", request_id=context.request_id, method=scope["method"], route=_route(scope))
            return Problem(400, code="malformed")
        log.error("request.failed", request_id=context.request_id, method=scope["method"], route=_route(scope), exc_info=error)
        if isinstance(error, AWAY):
            return Problem(503, code="unavailable", headers={"Retry-After": "30"})
        return Problem(500, code="internal")


class BodyLimit:
    """Refuses a body over `limit(path)` bytes, whether it says so or not, with a page that says what to do."""

    DRAIN_BYTES: Final = 64 * 1024 * 1024
    """A body up to this size is read to its end before the refusal: a browser that is cut off while sending shows no answer at all."""

    def __init__(self, app: ASGIApp, *, limit: Callable[[str], int]) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await self._drain(receive, 0)
            raise Problem(413, code="too_large")
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            if message["type"] == "http.request":
                size += len(message.get("body", b""))
                if size > limit:
                    if message.get("more_body"):
                        await self._drain(receive, size)
                    raise Problem(413, code="too_large")
            return message

        await self._app(scope, counted, send)

    async def _drain(self, receive: Receive, size: int) -> None:
        while size <= self.DRAIN_BYTES:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _asked_language(scope: Scope) -> str | None:
    switch = asked_switch(scope)
    if switch is not None:
        return switch
    query: bytes = scope.get("query_string", b"")
    if b"lang=" not in query or scope["method"] not in ("GET", "HEAD"):
        return None
    asked = parse_qs(query.decode("latin-1")).get("lang", [""])[0]
    return asked if asked in LANGUAGES else None


def _request_id(given: str | None) -> str:
    """The gateway's request id where it is a plain one, else a new one."""
    if given and 8 <= len(given) <= 64 and all(letter.isalnum() or letter == "-" for letter in given):
        return given
    return str(new_id())


def _route(scope: Scope) -> str:
    """The route's pattern, never the address as typed: that could hold a sign-in code."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "(none)"


def _access_line(scope: Scope, context: WebContext, status: int, seconds: float) -> None:
    if "/health/" in scope["path"] or scope["path"].startswith("/assets/"):
        return
    log.info(
        "request",
        request_id=context.request_id,
        method=scope["method"],
        route=_route(scope),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        language=context.language,
        role=context.identity.role if context.identity else None,
    )
