"""Keeps the identity fresh: whenever it is missing or older than a minute, the session is asked again.

So a session that was ended, an account that was closed and a role that was changed bite within that minute here, and within
the identity's life in the other services.
"""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.applications.accounts.desk import Desk
from services.applications.accounts.use_cases import SignedIn, signed_in
from shared.web.context import WebContext, context_of
from shared.web.i18n import LANGUAGE_COOKIE, LANGUAGES, Translation, speak
from shared.web.identity import IDENTITY_COOKIE, IDENTITY_LIFE, Identity

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
        context = context_of(request)
        token = self._desk.token(request)
        if not token or not self._desk.issuer.refresh_due(context.identity, self._desk.clock.now()):
            await self._app(scope, receive, send)
            return
        now = self._desk.clock.now()
        person = await self._desk.db.run(lambda tx: signed_in(tx, token=token, rules=self._desk.rules, now=now))
        cookie = self._renew(request, context, person)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not _sets_identity(message):
                message["headers"] = [*message["headers"], (b"set-cookie", cookie)]
            await send(message)

        await self._app(scope, receive, with_cookie)

    def _renew(self, request: Request, context: WebContext, person: SignedIn | None) -> bytes:
        """Put the person (or nobody) into the request's context; the cookie that says the same to the browser."""
        if person is None:
            context.identity = None
            return self._cookie("", 0)
        now = self._desk.clock.now()
        country = person.country or ""
        context.identity = Identity(
            str(person.account), person.role, country, person.language, str(person.session), now, now + IDENTITY_LIFE
        )
        if request.query_params.get("lang") not in LANGUAGES and request.cookies.get(LANGUAGE_COOKIE) not in LANGUAGES:
            context.language = person.language
            speak(Translation(person.language, self._desk.texts))
        # The cookie outlives the token, so that its expiry is noticed and not mistaken for a stranger.
        return self._cookie(self._desk.identity_token(person), int(IDENTITY_LIFE.total_seconds()) * 12)

    def _cookie(self, value: str, age_seconds: int) -> bytes:
        secure = "; Secure" if self._desk.secure else ""
        return f"{IDENTITY_COOKIE}={value}; Max-Age={age_seconds}; Path=/; HttpOnly; SameSite=Lax{secure}".encode("latin-1")


def _sets_identity(message: Message) -> bool:
    prefix = f"{IDENTITY_COOKIE}=".encode()
    return any(name == b"set-cookie" and value.startswith(prefix) for name, value in message["headers"])
