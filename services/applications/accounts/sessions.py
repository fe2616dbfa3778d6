"""Where a person is signed in: the list of browsers, the end of one of them, and how long this one lasts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import func, select, update
from sqlmodel import col
from starlette.responses import JSONResponse, RedirectResponse, Response

from services.applications.accounts import kept
from services.applications.accounts.desk import KEPT_PATH, desk_of
from services.applications.accounts.secrets import hash_of_session
from services.applications.accounts.tables import Session
from services.applications.domain.accounts import Rules, SessionTimes, session_counts, session_end
from shared.persistence.database import Tx
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem

LISTED_MOST: Final = 50
LEFT_PATH: Final = "/session/left"
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Browser:
    """One browser that is signed in; `this` is the one that asks."""

    id: UUID
    device: str
    since: datetime
    last_seen: datetime
    this: bool


async def browsers(tx: Tx, account: UUID, *, here: str, rules: Rules, now: datetime) -> list[Browser]:
    """The account's browsers that are signed in now: this one (its session's id is `here`), then the last seen."""
    mine = select(Session).where(col(Session.account_id) == account, col(Session.ended_at).is_(None), col(Session.expires_at) > now)
    rows = (await tx.execute(mine.order_by(col(Session.last_seen_at).desc()).limit(LISTED_MOST))).scalars()
    found = [
        Browser(one.id, one.device, one.created_at, one.last_seen_at, str(one.id) == here)
        for one in rows
        if session_counts(_times(one), idle=rules.idle, now=now)
    ]
    return sorted(found, key=lambda one: not one.this)


async def end_one(tx: Tx, account: UUID, session: UUID, *, now: datetime) -> bool:
    """End one session of this account; False where it has none such."""
    ended = update(Session).where(col(Session.id) == session, col(Session.account_id) == account)
    done = await tx.execute(ended.values(ended_at=func.coalesce(col(Session.ended_at), now)).returning(col(Session.id)))
    return done.first() is not None


@router.post("/account/sessions/{session}")
async def sign_out_there(request: Request, session: str) -> Response:
    who, desk = require(request), desk_of(request)
    try:
        wanted = UUID(session)
    except ValueError:
        raise Problem(404, code="not_found") from None
    if not await desk.db.run(lambda tx: end_one(tx, UUID(who.account_id), wanted, now=desk.clock.now())):
        raise Problem(404, code="not_found")
    return RedirectResponse("/account?ended=1#devices", 303)


@router.get(LEFT_PATH)
async def left(request: Request) -> Response:
    """Seconds until this session ends if nobody does anything; asking does not lengthen it. `firm`: nothing lengthens it."""
    desk = desk_of(request)
    token, now = desk.token(request), desk.clock.now()
    times = await desk.db.run(lambda tx: _times_of(tx, token)) if token else None
    if times is None or not session_counts(times, idle=desk.rules.idle, now=now):
        return JSONResponse({"seconds": 0, "firm": True})
    ends = session_end(times, idle=desk.rules.idle)
    return JSONResponse({"seconds": int((ends - now).total_seconds()), "firm": ends == times.expires_at})


@router.post("/session")
async def stay(request: Request) -> Response:
    """Somebody is still there: the session layer has noted it on the way here."""
    require(request)
    return await left(request)


@router.get(KEPT_PATH)
async def kept_page(request: Request) -> Response:
    """The form that was kept over the sign-in, to be sent again with one press; it is shown to nobody else than whose it is."""
    who, desk = require(request), desk_of(request)
    secret = desk.kept_secret(request)
    found = await desk.db.run(lambda tx: kept.kept(tx, secret, now=desk.clock.now())) if secret else None
    if found is not None and found.account not in (None, UUID(who.account_id)):
        found = None
    return render(request, "accounts/kept.html", form=found.form if found else None)


@router.post(KEPT_PATH)
async def throw_away(request: Request) -> Response:
    """The kept form is not wanted."""
    require(request)
    desk = desk_of(request)
    secret = desk.kept_secret(request)
    if secret:
        await desk.db.run(lambda tx: kept.forget(tx, secret))
    response = RedirectResponse("/", 303)
    response.headers.append("set-cookie", desk.kept_cookie(""))
    return response


async def _times_of(tx: Tx, token: str) -> SessionTimes | None:
    row = (await tx.execute(select(Session).where(col(Session.token_hash) == hash_of_session(token)))).scalar_one_or_none()
    return _times(row) if row else None


def _times(session: Session) -> SessionTimes:
    return SessionTimes(session.last_seen_at, session.expires_at, session.ended_at)
