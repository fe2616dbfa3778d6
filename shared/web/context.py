"""What the web layer knows about one request, kept in its scope."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection
from starlette.types import Scope

if TYPE_CHECKING:
    from shared.web.identity import Identity

_KEY = "puente.context"


@dataclass(slots=True)
class WebContext:
    """Made once for a request, before anything else sees it."""

    service: str
    request_id: str
    language: str
    identity: "Identity | None"


def keep(scope: Scope, context: WebContext) -> None:
    scope[_KEY] = context


def context_of(request: HTTPConnection) -> WebContext:
    """The context of this request; every request that comes through `create_web_app` has one."""
    return context_in(request.scope)


def context_in(scope: Scope) -> WebContext:
    return cast(WebContext, scope[_KEY])


def is_api(scope: Scope) -> bool:
    """Whether this request is answered for programs: an API path or an `Accept` that names JSON and no HTML."""
    path: str = scope.get("path", "")
    if "/api/" in path or path.endswith("/openapi.json"):
        return True
    accept = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), "")
    return "json" in accept and "text/html" not in accept
