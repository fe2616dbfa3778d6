"""Keeps what was typed where nobody is signed in any more: the layer inside of the one that knows the session.

A form of ours that is answered with "sign in first" is kept sealed, and the way leads to the sign-in and from there to `/kept`, where one
press sends it again. It looks at answers only, so no page has to know of it. Files are not kept; their page opens again after the sign-in.
"""

from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.applications.accounts import kept
from services.applications.accounts.desk import KEPT_PATH, Desk
from services.applications.domain.accounts import safe_return
from shared.web.context import context_of
from shared.web.kept_body import KeptBody

TYPED: Final = "application/x-www-form-urlencoded"
SIGN_IN: Final = b"/sign-in"
RENEWAL: Final = "/identity"
BODY_MOST: Final = 3 * kept.BYTES_MOST
"""Bytes of a form as a browser writes them: a letter may take nine."""

FIELDS_MOST: Final = 1000


class KeepLayer:
    """For POSTs only; whatever else comes is passed on."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].startswith("/sign-"):
            await self._app(scope, receive, send)
            return
        if context_of(Request(scope)).identity is not None:
            await self._app(scope, receive, self._forgetting(Request(scope), send))
            return
        body = KeptBody(receive, BODY_MOST)

        async def keeping(message: Message) -> None:
            if message["type"] == "http.response.start" and _leads_to_sign_in(message):
                await self._keep(Request(scope), body, MutableHeaders(raw=message["headers"]))
            await send(message)

        await self._app(scope, body.receive, keeping)

    async def _keep(self, request: Request, body: KeptBody, headers: MutableHeaders) -> None:
        """Keep what was typed and lead over `/kept`; where it cannot be kept, lead back to the page it came from."""
        path = _path(request)
        raw = await body.whole() if _typed_by_a_person(request.headers) else None
        secret = None
        fields = _fields(raw) if raw is not None else None
        if fields is not None:
            form = kept.Form(path, fields)
            desk, ip = self._desk, request.client.host if request.client else ""
            token = desk.token(request)
            secret = await desk.db.run(lambda tx: kept.keep(tx, form, session_token=token, ip=ip, rules=desk.rules, now=desk.clock.now()))
        if secret is None:
            headers["location"] = f"/sign-in?return={quote(path, safe='')}"
            return
        headers["location"] = f"/sign-in?return={quote(KEPT_PATH, safe='')}"
        headers.append("set-cookie", self._desk.kept_cookie(secret))

    def _forgetting(self, request: Request, send: Send) -> Send:
        """A form that arrives after the sign-in is the kept one, sent again: it need not be kept any longer."""
        secret = self._desk.kept_secret(request)
        if not secret or request.url.path == KEPT_PATH or not _typed_by_a_person(request.headers):
            return send

        async def forgetting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400 and await self._sent_again(request, secret):
                await self._desk.db.run(lambda tx: kept.forget(tx, secret))
                MutableHeaders(raw=message["headers"]).append("set-cookie", self._desk.kept_cookie(""))
            await send(message)

        return forgetting

    async def _sent_again(self, request: Request, secret: str) -> bool:
        """Whether the kept form goes to where this one went; another form, or what a script sends, leaves it kept."""
        now = self._desk.clock.now()
        found = await self._desk.db.run(lambda tx: kept.kept(tx, secret, now=now))
        return found is None or found.form.path == _path(request)


def _leads_to_sign_in(message: Message) -> bool:
    return message["status"] in (302, 303) and any(name == b"location" and value.startswith(SIGN_IN) for name, value in message["headers"])


def _typed_by_a_person(headers: Headers) -> bool:
    """A form that a page sent by being left, not what a script sends beside it."""
    return headers.get("content-type", "").startswith(TYPED) and headers.get("sec-fetch-mode", "navigate") == "navigate"


def _fields(raw: bytes) -> list[tuple[str, str]] | None:
    """The form's fields; None where they are more than any form of ours has."""
    try:
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        return None


def _path(request: Request) -> str:
    """Where the form goes: to this address, or to the one in another service that asked for an identity on the way."""
    if request.url.path == RENEWAL:
        return safe_return(request.query_params.get("return"))
    split = urlsplit(str(request.url))
    return split.path + (f"?{split.query}" if split.query else "")
