"""The country that a reader chose before there is an account: times are those of its capital, its focal point is the one to ask."""

import re
from typing import Final

from fastapi import Request
from starlette.responses import Response

from services.applications.pages.kit import zone_for
from shared.persistence.database import Tx

COOKIE: Final = "puente_country"
NAME: Final = "country"
YEAR_SECONDS: Final = 31_536_000
_CODE: Final = re.compile("[A-Z]{2}")


def chosen_country(request: Request) -> str:
    """The code that the address names, else the one chosen before in this browser; empty where none was. It may be of no country."""
    for said in (request.query_params.get(NAME, ""), request.cookies.get(COOKIE, "")):
        if _CODE.fullmatch(said):
            return said
    return ""


def remembering(request: Request, response: Response, chosen: str = "") -> Response:
    """The answer; a country that was `chosen`, or that the address names, is kept for the pages that follow, in the browser alone."""
    said = chosen or request.query_params.get(NAME, "")
    if _CODE.fullmatch(said) and said != request.cookies.get(COOKIE):
        secure = request.app.state.settings.secure
        response.set_cookie(COOKIE, said, max_age=YEAR_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
    return response


async def zone_here(tx: Tx, request: Request) -> str:
    """The time zone to show moments in to somebody who reads: the account's, else the chosen country's, else UTC."""
    return await zone_for(tx, request, chosen_country(request))
