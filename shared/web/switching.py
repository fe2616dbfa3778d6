"""Another language on a page with faults keeps what was typed, without a script as well.

Such a page is the answer to a form that was sent, and its languages are no links there: they send the form, as it stands, to its own
address with `?switch=`. That changes nothing and reads no more than the page does: it is answered with the page as one opens it, in that
language, its form filled in again. It looks at requests and answers only, so no route and no template has to know of it; a page that can
tell by itself what is wrong with what was typed asks for that (`told_again`, `typed_before`), and shows it again.
"""

from collections.abc import Callable
from html import escape
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, Headers, MutableHeaders
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.filled import SWITCH, Fields, filled, with_switch
from shared.web.i18n import LANGUAGES, in_language, translate
from shared.web.kept_body import KeptBody
from shared.web.problems import Problem

_ = translate

FORM: Final = "application/x-www-form-urlencoded"
RENEWAL, SIGN_IN = "/identity", "/sign-in"
KEPT_BYTES: Final = 512 * 1024
"""Of a form that is sent: more than any page of ours can hold. What is larger is answered as it always was."""
FIELDS_MOST: Final = 2000
PARTS_MOST: Final = 12
"""Of an address that a page is looked for above: more than any of ours has. Each part is one more search through all the routes."""

TYPED: Final = "puente.typed"
"""Where the request that opens a page in another language holds what its form was sent with; nothing that is sent reaches it."""

SENT_TO: Final = "puente.sent_to"
FAULTS: Final = 422

Told = TypeVar("Told")
"""What a page tells of a form that is wrong: a sentence, or one for each field."""

Holds = Callable[[int, Headers], bool]
"""Whether an answer with this status and these headers is held until it is whole."""


class SwitchLayer:
    """Around the routes; whatever is no form, and no answer that refuses one, is passed on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        language = asked_switch(scope)
        if language and _taken(scope["app"].router.routes, "POST", scope["path"]):
            await self._switch(scope, body, send, language)
            return
        answer = _Answer(send, lambda status, headers: 400 <= status < 500 and _is_page(headers))
        await self._app(scope, body.receive, answer.send)
        page = answer.page
        if page is not None:
            typed = body.fields(Headers(scope=scope)) or []
            page = with_switch(page, scope["path"], scope["query_string"].decode("latin-1"), typed)
        await answer.finish(page)

    async def _switch(self, scope: Scope, body: "_Body", send: Send, language: str) -> None:
        await body.whole()
        typed = body.fields(Headers(scope=scope))
        if typed is None:
            raise Problem(400, code="malformed")
        query = in_language(scope["query_string"].decode("latin-1"), "", without=SWITCH)
        answer = _Answer(send, lambda _status, headers: _is_page(headers) or _leads_to(headers).startswith((RENEWAL, SIGN_IN)))
        await self._app(_opening(scope, query, language, typed), body.instead(b""), answer.send)
        if answer.location.startswith(RENEWAL):
            await self._app(scope, body.again(), send)  # the form goes over the renewal of its identity, and comes back here
            return
        if answer.location.startswith(SIGN_IN):
            # Nobody is signed in any more: what was typed is kept as with any other form, and nothing is done with it before that.
            await self._app({**scope, "query_string": query.encode("latin-1")}, body.again(), send)
            return
        page = answer.page
        await answer.finish(filled(page, scope["path"], query, typed, _note()) if page is not None else None, opened=True)


def typed_before(request: Request) -> Fields | None:
    """What was typed into the form of a page that is opened in another language; none where it is opened otherwise."""
    typed: Fields | None = request.scope.get(TYPED)
    return typed


def told_again(request: Request, look: Callable[[FormData], Told]) -> Told | None:
    """What `look`, which the form's own route asks as well, finds wrong in what was typed; none where the page is opened otherwise."""
    typed = typed_before(request)
    return None if typed is None else look(FormData(list(typed)))


def sent_to(request: Request) -> str:
    """The last part of the address that a form was sent to whose page is opened in another language: which of the page's forms it is."""
    return str(request.scope.get(SENT_TO, "")).rpartition("/")[2]


def _note() -> str:
    said = _("What you typed here may not have been saved. It is filled in again; it counts once you save it.")
    return f'<div class="govuk-inset-text" role="status">{escape(said)}</div>'


def asked_switch(scope: Scope) -> str | None:
    """The language that a form asks its page to be shown in."""
    query: bytes = scope.get("query_string", b"")
    if scope["method"] != "POST" or f"{SWITCH}=".encode() not in query:
        return None
    found = dict(parse_qsl(query.decode("latin-1"))).get(SWITCH)
    return found if found in LANGUAGES else None


def opened_at(routes: list[BaseRoute], path: str) -> str:
    """The page that a form was sent from: its own address where that can be opened, else the next one above it that can."""
    if path.count("/") > PARTS_MOST:
        return path
    parts = path.split("/")
    for length in range(len(parts), 1, -1):
        tried = "/".join(parts[:length]) or "/"
        if _taken(routes, "GET", tried):
            return tried
    return path


def _taken(routes: list[BaseRoute], method: str, path: str) -> bool:
    """Whether some route takes this method at this address."""
    asked = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return any(route.matches(asked)[0] is Match.FULL for route in routes)


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html")


def _leads_to(headers: Headers) -> str:
    return headers.get("location", "")


def _opening(scope: Scope, query: str, language: str, typed: Fields) -> Scope:
    """The request that opens the page in that language: as a link to it does, so that nothing on the way takes the account's instead."""
    path = opened_at(scope["app"].router.routes, scope["path"])
    asked = in_language(query, language).encode("latin-1")
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"content-type", b"transfer-encoding")]
    opens = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": asked, "headers": headers}
    return {**scope, **opens, TYPED: typed, SENT_TO: scope["path"]}


class _Body(KeptBody):
    """The body of a form that may be asked for another language."""

    def __init__(self, receive: Receive) -> None:
        super().__init__(receive, KEPT_BYTES)

    def again(self) -> Receive:
        """The request with the body that was kept."""
        return self.instead(self.kept or b"")

    def instead(self, body: bytes) -> Receive:
        """The request with this body, once it was read to its end: after it comes what really comes, which is that somebody goes away.

        Who asks again must be made to wait: the end of an answer is looked for so, and one that is told at once never lets go of the loop.
        """
        left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return left.pop() if left else await self.more()

        return receive

    def fields(self, headers: Headers) -> Fields | None:
        """The form's fields; none where they are no form of ours."""
        kept = self.kept
        if kept == b"":
            return []
        if kept is None or not headers.get("content-type", "").startswith(FORM):
            return None
        try:
            return parse_qsl(kept.decode(), keep_blank_values=True, max_num_fields=FIELDS_MOST)
        except ValueError:
            return None


class _Answer:
    """An answer on its way out; one that `holds` wants is held until it is whole. What is no page may have no end, and goes on at once."""

    def __init__(self, send: Send, holds: Holds) -> None:
        self._send = send
        self._holds = holds
        self._held: list[Message] = []
        self._through = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._through = not self._holds(message["status"], Headers(raw=message["headers"]))
        if self._through:
            await self._send(message)
        else:
            self._held.append(message)

    @property
    def _headers(self) -> Headers:
        return Headers(raw=self._held[0]["headers"] if self._held else [])

    @property
    def location(self) -> str:
        """Where the answer that is held leads to."""
        return _leads_to(self._headers)

    @property
    def page(self) -> str | None:
        """The page that is held; none where the answer is no page."""
        if not _is_page(self._headers):
            return None
        return b"".join(one.get("body", b"") for one in self._held[1:]).decode()

    async def finish(self, page: str | None, *, opened: bool = False) -> None:
        """Let go of what was held: as it was, or this page in its stead. One that was only `opened` refuses nothing."""
        if opened and self._held and self._held[0]["status"] == FAULTS:
            self._held[0]["status"] = 200
        if page is not None:
            body = page.encode()
            MutableHeaders(raw=self._held[0]["headers"])["content-length"] = str(len(body))
            self._held[1:] = [{"type": "http.response.body", "body": body}]
        for message in self._held:
            await self._send(message)
