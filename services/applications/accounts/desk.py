"""What the routes of accounts work with, kept on the application; and the cookie of a session."""

from dataclasses import dataclass, field
from typing import Final, cast

from starlette.requests import HTTPConnection
from starlette.responses import Response

from services.applications.accounts.use_cases import SignedIn
from services.applications.domain.accounts import Rules
from shared.kernel.clock import Clock
from shared.mail.smtp import Mailer
from shared.persistence.database import Database
from shared.web.i18n import Texts
from shared.web.identity import IdentityIssuer

SESSION_COOKIE: Final = "puente_session"
KEPT_COOKIE: Final = "puente_kept"
CHECK_COOKIE: Final = "puente_check"
"""What the check whether one may apply was told in this browser, for its page and for the form that is begun after it."""
KEPT_PATH: Final = "/kept"
"""Where a form that was kept over a sign-in is sent from again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people sign in."""

    db: Database
    clock: Clock
    mailer: Mailer
    issuer: IdentityIssuer
    texts: Texts
    public_url: str
    mail_from: str
    rules: Rules = field(default_factory=Rules)

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """The session cookie's name; with the prefix, browsers take it from this very host and over TLS only."""
        return self._named(SESSION_COOKIE)

    def token(self, request: HTTPConnection) -> str:
        """The session's secret that the browser carries; empty where it carries none."""
        return request.cookies.get(self.cookie, "")

    def give(self, response: Response, token: str) -> None:
        """Hand the session's secret to the browser."""
        age = int(self.rules.absolute.total_seconds())
        response.set_cookie(self.cookie, token, max_age=age, path="/", secure=self.secure, httponly=True, samesite="lax")

    def take_back(self, response: Response) -> None:
        """Who signs out leaves nothing behind that was told before there was an account, either."""
        for name in (self.cookie, CHECK_COOKIE):
            response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")

    def kept_secret(self, request: HTTPConnection) -> str:
        """The secret of a form that was kept for this browser; empty where none was."""
        return request.cookies.get(self._named(KEPT_COOKIE), "")

    def kept_cookie(self, secret: str) -> str:
        """The header that gives that secret to the browser, or takes it back where it is empty."""
        age = int(self.rules.kept_life.total_seconds()) if secret else 0
        secure = "; Secure" if self.secure else ""
        return f"{self._named(KEPT_COOKIE)}={secret}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{secure}"

    def _named(self, cookie: str) -> str:
        return f"__Host-{cookie}" if self.secure else cookie

    def identity_token(self, person: SignedIn) -> str:
        """The signed identity of a person, as of now."""
        return self.issuer.issue(
            account_id=str(person.account),
            role=person.role,
            country=person.country or "",
            language=person.language,
            session_id=str(person.session),
            now=self.clock.now(),
            zone=person.timezone,
        )


def desk_of(request: HTTPConnection) -> Desk:
    """The desk of the application that serves this request."""
    return cast(Desk, request.app.state.desk)
