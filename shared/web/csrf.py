"""Refuses requests that another site makes a browser send.

A browser says where a request comes from: `Sec-Fetch-Site`, and `Origin` in browsers older than 2023. A request that changes something
is let in when it comes from our own pages, or from no browser at all (neither header, so no cookie of a person is abused).
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.i18n import N_
from shared.web.problems import Problem

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def comes_from_elsewhere(method: str, headers: Headers) -> bool:
    """Whether this request changes something and was made by a page that is not ours."""
    if method in SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site.lower() not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    return not origin or urlsplit(origin).netloc.lower() != headers.get("host", "").lower() or origin == "null"


class CrossOriginGuard:
    """The middleware: a request from elsewhere is answered 403 before anything reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and comes_from_elsewhere(scope["method"], Headers(scope=scope)):
            raise Problem(
                403,
                N_("This request came from another site"),
                N_("Nothing was changed. Open the page here again and repeat what you did."),
                code="cross_origin",
            )
        await self._app(scope, receive, send)
