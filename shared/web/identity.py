"""Who is asking: a short-lived signed identity that one service issues and every service can verify with the public key.

Applications keeps the sessions and issues the cookie `puente_identity`, a JWT signed with Ed25519; it lives for five minutes, so a
sign-out or a changed role bites within that time. The other services keep no session. The algorithm and the audience are
fixed here; whatever a token says about its own algorithm is not believed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import Response

from shared.observability.logging import get_logger
from shared.web.context import context_of, is_api
from shared.web.i18n import N_
from shared.web.keys import private_key, public_key
from shared.web.problems import Problem, Redirect

log = get_logger(__name__)

IDENTITY_COOKIE: Final = "puente_identity"
IDENTITY_LIFE: Final = timedelta(minutes=5)
IDENTITY_REFRESH_AFTER: Final = timedelta(seconds=60)
AUDIENCE: Final = "puente"
ALGORITHM: Final = "Ed25519"
KEY_NAME: Final = "identity"
ROLES: Final = ("applicant", "coordinator", "reviewer", "officer", "auditor", "operator")


class IdentityRefused(Exception):
    """A token that cannot be believed; `reason` is a stable word: expired, audience, signature, malformed."""

    safe_text = True

    def __init__(self, reason: str) -> None:
        super().__init__(f"the identity token was refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """An account that is signed in, as its session said when the token was issued."""

    account_id: str
    role: str
    country: str
    """ISO 3166 alpha-2 of a coordinator's or applicant's country; empty where none."""
    language: str
    session_id: str
    issued_at: datetime
    expires_at: datetime
    zone: str = ""
    """The IANA time zone that the account's moments are shown in; empty where it is not known."""


class IdentityIssuer:
    """Signs identities; only the service that keeps the sessions has one."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    @classmethod
    def from_folder(cls, folder: Path) -> "IdentityIssuer":
        return cls(private_key(folder, KEY_NAME))

    def issue(
        self,
        *,
        account_id: str,
        role: str,
        country: str,
        language: str,
        session_id: str,
        now: datetime,
        zone: str = "",
        life: timedelta = IDENTITY_LIFE,
    ) -> str:
        """A token for this account that is valid from `now` on for `life`."""
        if role not in ROLES:
            raise ValueError(f"{role!r} is no role: expected one of {', '.join(ROLES)}")
        claims = {"sub": account_id, "role": role, "country": country, "lang": language, "sid": session_id, "aud": AUDIENCE, "zone": zone}
        return sign(self._key, claims, now, life)

    def refresh_due(self, identity: Identity | None, now: datetime) -> bool:
        """Whether a new token should go out with this answer: there is none, or it is older than a minute."""
        return identity is None or now - identity.issued_at >= IDENTITY_REFRESH_AFTER


class IdentityVerifier:
    """Believes only tokens signed by the key that it was given, for our audience, before they expire."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    @classmethod
    def from_folder(cls, folder: Path) -> "IdentityVerifier":
        return cls(public_key(folder, KEY_NAME))

    def verify(self, token: str, now: datetime) -> Identity:
        """The identity in `token`; `IdentityRefused` says why not."""
        claims = believe(self._key, token, AUDIENCE, now)
        try:
            return Identity(
                account_id=str(claims["sub"]),
                role=str(claims["role"]),
                country=str(claims["country"]),
                language=str(claims["lang"]),
                session_id=str(claims["sid"]),
                issued_at=datetime.fromtimestamp(claims["iat"], UTC),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                zone=str(claims.get("zone", "")),
            )
        except (KeyError, TypeError):
            raise IdentityRefused("malformed") from None


def set_identity_cookie(response: Response, token: str, *, secure: bool, life: timedelta = IDENTITY_LIFE) -> None:
    """Put the identity on the answer. The cookie outlives the token, so that its expiry is noticed and not mistaken for a stranger."""
    age = int(life.total_seconds()) * 12
    response.set_cookie(IDENTITY_COOKIE, token, max_age=age, path="/", secure=secure, httponly=True, samesite="lax")


def clear_identity_cookie(response: Response, *, secure: bool) -> None:
    """Take the identity away, at sign-out."""
    response.delete_cookie(IDENTITY_COOKIE, path="/", secure=secure, httponly=True, samesite="lax")


def require(request: Request, *roles: str, hidden: bool = False) -> Identity:
    """The identity of whoever asks, who must have one of `roles` (any, where none is named).

    Nobody signed in: pages lead to the sign-in and back, the API answers 401. A wrong role: 404 where `hidden` (they may not
    know that this exists), 403 otherwise; both are logged.
    """
    identity = context_of(request).identity
    if identity is None:
        raise _sign_in_first(request)
    if roles and identity.role not in roles:
        raise refuse(request, hidden=hidden)
    return identity


def needs(*roles: str, hidden: bool = False) -> Callable[[Request], Identity]:
    """`require` as a dependency: `who: Annotated[Identity, Depends(needs("officer"))]`."""

    def dependency(request: Request) -> Identity:
        return require(request, *roles, hidden=hidden)

    return dependency


def refuse(request: Request, *, hidden: bool = False) -> Problem:
    """The refusal to raise when somebody acts beyond their role or country; written to the log with who and where, not what."""
    context = context_of(request)
    who = context.identity
    log.warning(
        "access.refused",
        request_id=context.request_id,
        account_id=who.account_id if who else None,
        role=who.role if who else None,
        method=request.method,
        route=getattr(request.scope.get("route"), "path", None),
        status=404 if hidden else 403,
    )
    return Problem(404, code="not_found") if hidden else Problem(403, code="forbidden")


def _sign_in_first(request: Request) -> Exception:
    if is_api(request.scope):
        return Problem(401, N_("Sign in first"), N_("This address needs a valid identity. Sign in and try again."), code="sign_in_first")
    safe = request.method in ("GET", "HEAD")
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if context_of(request).service != "applications":
        # 307 keeps the method and what was typed: the identity is renewed on the way and the form arrives after all.
        return Redirect(f"/identity?return={quote(path, safe='')}", status=303 if safe else 307)
    return Redirect(f"/sign-in?return={quote(path if safe else '/', safe='')}", status=303)


def local_path(value: str | None, otherwise: str = "/") -> str:
    """`value` where it is a path on this site, else `otherwise`; so that `return=` never leads to a stranger's site."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or any(ord(letter) < 32 for letter in value):
        return otherwise
    return value


def sign(key: OKPKey, claims: dict[str, Any], now: datetime, life: timedelta) -> str:
    """A JWT over `claims`, valid from `now` for `life`."""
    dated = {**claims, "iat": int(now.timestamp()), "exp": int((now + life).timestamp())}
    return jwt.encode({"alg": ALGORITHM}, dated, key, algorithms=[ALGORITHM])


def believe(key: OKPKey, token: str, audience: str, now: datetime) -> dict[str, Any]:
    """The claims of a token that `key` signed for `audience` and that is valid at `now`; else `IdentityRefused`."""
    try:
        claims = dict(jwt.decode(token, key, algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError, TypeError):
        raise IdentityRefused("signature") from None
    if claims.get("aud") != audience:
        raise IdentityRefused("audience")
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise IdentityRefused("malformed")
    if not issued - 60 <= now.timestamp() < expires:
        raise IdentityRefused("expired")
    return claims
