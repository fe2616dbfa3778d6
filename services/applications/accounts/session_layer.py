"""Keeps the identity fresh, and looks at every request whether its session was ended meanwhile.

Once a minute, and whenever the identity is missing, the session is asked who the person is: a role that was changed bites within that
minute here, and within the identity's life in the other services. A session that was ended lets nobody in from that moment on, here.
"""

import re
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.applications.accounts.desk import Desk
from services.applications.accounts.use_cases import SignedIn, ended, signed_in
from services.applications.domain.viewers import SessionEnded
from shared.persistence.database import Question
from shared.web.context import WebContext, context_of
from shared.web.csrf import SAFE_METHODS
from shared.web.i18n import LANGUAGE_COOKIE, LANGUAGES, Translation, speak
from shared.web.identity import IDENTITY_COOKIE, IDENTITY_LIFE, Identity
from shared.web.kept_body import KeptBody

LOOKS_ITSELF: Final = re.compile("/applications/[^/]+/pages/")
"""Pages of questions: the first statement of each (`store.answers.whose`) says whether the session was ended, so none is asked for it."""
WAS_ENDED: Final = Question(select(ended(bindparam("session"))))
BODY_MOST: Final = 1024 * 1024
"""Bytes of a form; more than these pages take (`pages.kit.FORM_ROOM_BYTES`)."""
SLOW_SECONDS: Final = 1.0
"""A body that took longer to come is long enough for its session to be ended meanwhile, so that is asked once more at its end."""
PASSED_BY: Final = ("/assets/", "/health/", "/session/left")
"""Nothing that these answer is about a person, or lengthens a session."""


class SessionLayer:
    """The innermost layer, where language, refusals and the database's absence are already taken care of."""

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PASSED_BY):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        identity, token = context_of(request).identity, self._desk.token(request)
        if token and self._desk.issuer.refresh_due(identity, self._desk.clock.now()):
            await self._renewed(scope, receive, send, token)
        elif identity is None:
            await self._app(scope, receive, send)
        elif not LOOKS_ITSELF.match(scope["path"]) and await self._desk.db.look(WAS_ENDED, UUID(identity.session_id)):
            await self._renewed(scope, receive, send, token)
        else:
            await self._for(UUID(identity.session_id), scope, receive, send, token)

    async def _for(self, session: UUID, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        """Answer; where a page finds by itself that the session was ended, answer the same request once more, as that of nobody.

        So it is where the body was slow to come, which is looked at again: who signed out everywhere meanwhile is not to find that it was
        sent. Whoever reads the body is stopped by `SessionEnded`; what they make of that is not answered.
        """
        body, began, was_ended = KeptBody(receive, BODY_MOST), monotonic(), False

        async def read() -> Message:
            nonlocal was_ended
            message = await body.receive()
            acts = scope["method"] not in SAFE_METHODS
            at_its_end = message["type"] == "http.request" and not message.get("more_body", False)
            if acts and at_its_end and monotonic() - began > SLOW_SECONDS and await self._desk.db.look(WAS_ENDED, session):
                was_ended = True
                raise SessionEnded
            return message

        async def answer(message: Message) -> None:
            if not was_ended:
                await send(message)

        try:
            await self._app(scope, read, answer)
        except SessionEnded:
            was_ended = True
        if was_ended:
            await body.whole()
            await self._renewed(scope, _once_more(body), send, token)

    async def _renewed(self, scope: Scope, receive: Receive, send: Send, token: str) -> None:
        """Answer for whom the session belongs to now, or for nobody, and tell the browser so."""
        request = Request(scope)
        now = self._desk.clock.now()
        person = await self._desk.db.run(lambda tx: signed_in(tx, token=token, rules=self._desk.rules, now=now)) if token else None
        cookie = self._renew(request, context_of(request), person)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not _sets_identity(message):
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        if person is None:
            await self._app(scope, receive, with_cookie)
        else:
            await self._for(person.session, scope, receive, with_cookie, token)

    def _renew(self, request: Request, context: WebContext, person: SignedIn | None) -> bytes:
        """Put the person (or nobody) into the request's context; the cookie that says the same to the browser."""
        if person is None:
            context.identity = None
            return self._cookie("", 0)
        now = self._desk.clock.now()
        country = person.country or ""
        context.identity = Identity(
            str(person.account),
            person.role,
            country,
            person.language,
            str(person.session),
            now,
            now + IDENTITY_LIFE,
            zone=person.timezone,
        )
        if request.query_params.get("lang") not in LANGUAGES and request.cookies.get(LANGUAGE_COOKIE) not in LANGUAGES:
            context.language = person.language
            speak(Translation(person.language, self._desk.texts))
        # The cookie outlives the token, so that its expiry is noticed and not mistaken for a stranger.
        return self._cookie(self._desk.identity_token(person), int(IDENTITY_LIFE.total_seconds()) * 12)

    def _cookie(self, value: str, age_seconds: int) -> bytes:
        secure = "; Secure" if self._desk.secure else ""
        return f"{IDENTITY_COOKIE}={value}; Max-Age={age_seconds}; Path=/; HttpOnly; SameSite=Lax{secure}".encode("latin-1")


def _once_more(body: KeptBody) -> Receive:
    """The body that was read, from its beginning; an empty one where it is more than is kept."""
    whole: list[Message] = [{"type": "http.request", "body": body.kept or b""}]

    async def receive() -> Message:
        return whole.pop() if whole else await body.more()

    return receive


def _sets_identity(message: Message) -> bool:
    prefix = f"{IDENTITY_COOKIE}=".encode()
    return any(name == b"set-cookie" and value.startswith(prefix) for name, value in message["headers"])
