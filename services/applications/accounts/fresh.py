"""Some acts need more than a session: a code entered within the last hour, by whoever reads the person's mail."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlmodel import col
from starlette.responses import RedirectResponse, Response

from services.applications.accounts.desk import desk_of
from services.applications.accounts.mail import send_code
from services.applications.accounts.people import by_id
from services.applications.accounts.tables import Session
from services.applications.accounts.use_cases import Asked, TooManyRequests, ask_to_sign_in
from services.applications.domain.accounts import safe_return
from shared.persistence.database import Tx
from shared.web.i18n import N_, current_language
from shared.web.identity import Identity, require
from shared.web.problems import Problem

FRESH: Final = timedelta(hours=1)
router = APIRouter(include_in_schema=False)


async def fresh(request: Request, who: Identity) -> bool:
    """Whether the person signed in within the last hour, with the session that they use now."""
    desk = desk_of(request)
    now = desk.clock.now()

    async def began(tx: Tx) -> bool:
        moment = (await tx.execute(select(col(Session.created_at)).where(col(Session.id) == UUID(who.session_id)))).scalar_one_or_none()
        return moment is not None and now - moment < FRESH

    return await desk.db.run(began)


@router.post("/account/confirm")
async def confirm(request: Request) -> Response:
    """Send a code to the person who is signed in, and ask for it; it leads back to where it was needed."""
    who, desk = require(request), desk_of(request)
    form = await request.form()

    async def begin(tx: Tx) -> Asked | TooManyRequests | None:
        account = await by_id(tx, UUID(who.account_id))
        if account is None:
            return None
        return await ask_to_sign_in(
            tx,
            email=account.email,
            ip=request.client.host if request.client else "",
            language=current_language(),
            timezone=account.timezone,
            return_to=safe_return(str(form.get("return", ""))),
            rules=desk.rules,
            now=desk.clock.now(),
        )

    asked = await desk.db.run(begin)
    if asked is None:
        raise Problem(404, code="not_found")
    if isinstance(asked, TooManyRequests):
        raise Problem(429, code="too_many_codes")
    if await send_code(desk, asked) is not None:
        away = N_("Our mail server does not answer. Try again in a minute.")
        raise Problem(503, N_("We could not send the code"), away, code="mail_away")
    return RedirectResponse(f"/sign-in/code?attempt={asked.attempt}", 303)
