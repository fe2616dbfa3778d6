"""One service speaks to another: a short-lived token, signed with the caller's own key, for one audience and one scope."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey
from starlette.requests import Request

from shared.observability.logging import get_logger
from shared.web.context import context_of
from shared.web.i18n import N_
from shared.web.identity import IdentityRefused, believe, sign
from shared.web.keys import private_key, public_key
from shared.web.problems import Problem

log = get_logger(__name__)
TOKEN_LIFE: Final = timedelta(seconds=60)
SUBJECTS_MOST: Final = 100
"""As many things as one question of a service to another may be about: who asks takes no more at a time, who is asked takes these."""


class ServiceTokens:
    """What a calling service signs with: `issue` a token for each request, sent as `Authorization: Bearer ...`."""

    def __init__(self, service: str, key: OKPKey) -> None:
        self._service = service
        self._key = key

    @classmethod
    def from_folder(cls, folder: Path, service: str) -> "ServiceTokens":
        return cls(service, private_key(folder, service))

    def issue(self, *, audience: str, scope: str, now: datetime) -> str:
        return sign(self._key, {"iss": self._service, "sub": self._service, "aud": f"service:{audience}", "scope": scope}, now, TOKEN_LIFE)


class ServiceTokenVerifier:
    """What a called service checks with: the callers that it knows, each with its public key."""

    def __init__(self, audience: str, callers: Mapping[str, OKPKey]) -> None:
        self._audience = audience
        self._callers = dict(callers)

    @classmethod
    def from_folder(cls, folder: Path, audience: str, *callers: str) -> "ServiceTokenVerifier":
        return cls(audience, {name: public_key(folder, name) for name in callers})

    def verify(self, token: str, *, scope: str, now: datetime) -> str:
        """The name of the service that calls; `IdentityRefused` where no known caller signed this for us and for `scope`."""
        reason = "signature"
        for name, key in self._callers.items():
            try:
                claims = believe(key, token, f"service:{self._audience}", now)
            except IdentityRefused as refused:
                reason = refused.reason if refused.reason != "signature" else reason
                continue
            if claims.get("iss") != name:
                reason = "issuer"
            elif claims.get("scope") != scope:
                reason = "scope"
            else:
                return name
        raise IdentityRefused(reason)

    def require(self, request: Request, *, scope: str, now: datetime) -> str:
        """The calling service of `request`, or a 401 problem; a refusal is logged with its reason."""
        kind, _space, token = request.headers.get("authorization", "").partition(" ")
        try:
            if kind.lower() != "bearer":
                raise IdentityRefused("absent")
            return self.verify(token.strip(), scope=scope, now=now)
        except IdentityRefused as refused:
            log.warning("service_token.refused", reason=refused.reason, scope=scope, request_id=context_of(request).request_id)
            detail = N_("This address is for services with a valid token.")
            raise Problem(401, N_("Sign in first"), detail, code="service_token_refused") from None
