"""Signing in and out, and keeping accounts. Each function is one transaction's work; the caller reads the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, select, text, update
from sqlmodel import col

from services.applications.accounts.secrets import hash_of_code, hash_of_link, hash_of_session, same
from services.applications.accounts.tables import Account, Session, SignInAttempt
from services.applications.accounts.throttle import count, forget, give_back
from services.applications.accounts.zones import named
from services.applications.domain.accounts import (
    APPLICANT,
    CODE_LIFE,
    TRIES_MAX,
    Attempt,
    CodeOutcome,
    Rules,
    SessionTimes,
    judge,
    judge_link,
    network_of,
    refused,
    session_counts,
)
from shared.kernel.ids import new_code, new_id, new_secret
from shared.persistence.database import Tx

SEEN_EVERY: Final = timedelta(seconds=60)
"""A session's last sight is written at most this often."""
_ASKED_FOR: Final = select(col(SignInAttempt.email)).where(col(SignInAttempt.id) == bindparam("id"))
_ATTEMPT_LOCKED: Final = select(SignInAttempt).where(col(SignInAttempt.id) == bindparam("id")).with_for_update()
_SIGNED_IN: Final = (
    select(Session, Account).join(Account, col(Account.id) == col(Session.account_id)).where(col(Session.token_hash) == bindparam("hash"))
)
_BY_EMAIL: Final = select(Account).where(func.lower(col(Account.email)) == bindparam("email"))
_USE_UP: Final = text("update sign_in_attempt set used_at = :now where lower(email) = :email and used_at is null")
# Two codes of a new address may be entered at once: the second finds the account that the first made.
_MAKE_ACCOUNT: Final = text(
    "insert into account (id, email, role, language, timezone, zone_chosen, name, created_at) "
    "values (:id, :email, :role, :language, :timezone, false, '', :now) on conflict (lower(email)) do nothing"
)
_ONE_AT_A_TIME: Final = text("select pg_advisory_xact_lock(hashtextextended(:key, 0))")


@dataclass(frozen=True, slots=True)
class Asked:
    """A sign-in that was begun: what the mail must hold, and in which language. `closed`: the account is, so no code counts."""

    attempt: UUID
    email: str
    language: str
    code: str
    link: str
    expires_at: datetime
    closed: bool = False
    ip: str = ""


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """Nothing was begun: too many requests for this e-mail or from this network; the next one counts from `again_at`.

    `mailed`: messages went to this e-mail within the window, so that the link in the newest one still works, unless somebody signed in
    since. Whether they did is not looked up: it would tell a stranger.
    """

    again_at: datetime
    mailed: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a code or link. With `ACCEPTED` come the session's secret (given out this once) and where to go on."""

    outcome: CodeOutcome
    token: str = ""
    account: UUID | None = None
    session: UUID | None = None
    language: str = ""
    return_to: str = "/"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session that counts. `timezone` is empty where their account names none."""

    account: UUID
    session: UUID
    email: str
    name: str
    role: str
    country: str | None
    language: str
    timezone: str


async def ask_to_sign_in(
    tx: Tx, *, email: str, ip: str, language: str, timezone: str, return_to: str, rules: Rules, now: datetime
) -> Asked | TooManyRequests:
    """Begin a sign-in for an address that was checked for its form. Does the same whether or not the address is known."""
    windows = {
        f"ip:{network_of(ip)}": rules.requests_per_ip,
        _here(email, ip): rules.requests_per_email_here,
        f"email:{email.lower()}": rules.requests_per_email,
    }
    for key, window in windows.items():
        # One after the other: what this network may not ask any more does not count against the e-mail.
        counted = await count(tx, key, window, now=now)
        if refused(counted, window):
            return TooManyRequests(counted.ends_at, mailed=not key.startswith("ip:"))
    known = await account_by_email(tx, email)
    language = known.language if known else language
    code, link, attempt = new_code(), new_secret(), new_id()
    tx.add(
        SignInAttempt(
            id=attempt,
            email=email,
            language=language,
            timezone=timezone,
            return_to=return_to,
            code_hash=hash_of_code(attempt, code),
            link_hash=hash_of_link(link),
            created_at=now,
            expires_at=now + CODE_LIFE,
        )
    )
    await tx.flush()
    to, closed = known.email if known else email, bool(known and known.disabled_at)
    return Asked(attempt, to, language, code, link, now + CODE_LIFE, closed=closed, ip=ip)


async def mail_was_not_sent(tx: Tx, asked: Asked) -> None:
    """The mail server was away: the request does not count against the person, and the code and link that nobody has are void."""
    await give_back(tx, _here(asked.email, asked.ip))
    await give_back(tx, f"email:{asked.email.lower()}")
    void = update(SignInAttempt).where(col(SignInAttempt.id) == asked.attempt)
    await tx.execute(void.values(tries=TRIES_MAX, expires_at=col(SignInAttempt.created_at)))


async def enter_code(
    tx: Tx, *, attempt: UUID, code: str, ip: str, rules: Rules, now: datetime, former: str = "", device: str = ""
) -> Entered:
    """Let the person in who has the code of `attempt`. A wrong one is counted, and counts, whatever comes after.

    Nobody but the browser that asked knows the attempt's id, so a stranger can try codes only of sign-ins of their own asking; for those
    an e-mail has a window too, after which codes no longer count for it and links do.
    """
    guesses = await count(tx, f"code:{network_of(ip)}", rules.codes_per_ip, now=now)
    if refused(guesses, rules.codes_per_ip):
        return Entered(CodeOutcome.CROWDED)
    email = await asked_for(tx, attempt)
    if email is None:
        return Entered(CodeOutcome.EXPIRED)
    await _one_at_a_time(tx, email)
    row = (await tx.execute(_ATTEMPT_LOCKED, {"id": attempt})).scalar_one()
    outcome = judge(_state(row), matches=same(row.code_hash, hash_of_code(attempt, code)), now=now)
    if outcome in (CodeOutcome.ACCEPTED, CodeOutcome.WRONG, CodeOutcome.TOO_MANY_TRIES) and row.tries < TRIES_MAX:
        tried = await count(tx, f"wrong:{email.lower()}", rules.wrong_codes_per_email, now=now)
        if refused(tried, rules.wrong_codes_per_email):
            return Entered(CodeOutcome.BARRED, return_to=row.return_to)
    if outcome is CodeOutcome.ACCEPTED:
        return await _let_in(tx, row, rules, now, former, device)
    if row.used_at is None and row.tries < TRIES_MAX:
        row.tries += 1
    await tx.flush()
    return Entered(outcome, return_to=row.return_to)


async def asked_for(tx: Tx, attempt: UUID) -> str | None:
    """The e-mail that a sign-in was asked for; None where there is no such sign-in."""
    return (await tx.execute(_ASKED_FOR, {"id": attempt})).scalar_one_or_none()


async def look_at_link(tx: Tx, *, token: str, now: datetime) -> tuple[CodeOutcome, str]:
    """Whether the link would let in, and the e-mail it was sent to; changes nothing, for mail scanners open links."""
    row = (await tx.execute(select(SignInAttempt).where(col(SignInAttempt.link_hash) == hash_of_link(token)))).scalar_one_or_none()
    if row is None:
        return CodeOutcome.EXPIRED, ""
    return judge_link(_state(row), now=now), row.email


async def use_link(tx: Tx, *, token: str, rules: Rules, now: datetime, former: str = "", device: str = "") -> Entered:
    """Let the person in who has the link, once. It is not throttled: nobody guesses 256 bits, and it is the way in when codes are."""
    found = select(SignInAttempt).where(col(SignInAttempt.link_hash) == hash_of_link(token))
    email = (await tx.execute(found.with_only_columns(col(SignInAttempt.email)))).scalar_one_or_none()
    if email is None:
        return Entered(CodeOutcome.EXPIRED)
    await _one_at_a_time(tx, email)
    row = (await tx.execute(found.with_for_update())).scalar_one()
    outcome = judge_link(_state(row), now=now)
    if outcome is CodeOutcome.ACCEPTED:
        return await _let_in(tx, row, rules, now, former, device)
    return Entered(outcome, return_to=row.return_to)


async def open_session(tx: Tx, *, account: UUID, rules: Rules, now: datetime, device: str = "") -> tuple[UUID, str]:
    """A new session of an account, as its id and its secret."""
    session, token = new_id(), new_secret()
    tx.add(
        Session(
            id=session,
            token_hash=hash_of_session(token),
            account_id=account,
            created_at=now,
            last_seen_at=now,
            expires_at=now + rules.absolute,
            device=device,
        )
    )
    await tx.flush()
    return session, token


async def signed_in(tx: Tx, *, token: str, rules: Rules, now: datetime) -> SignedIn | None:
    """The person whose session this secret opens, as they are now; None where the session or the account no longer counts."""
    row = (await tx.execute(_SIGNED_IN, {"hash": hash_of_session(token)})).one_or_none()
    if row is None:
        return None
    session, account = row
    if account.disabled_at or not session_counts(_times(session), idle=rules.idle, now=now):
        return None
    if now - session.last_seen_at >= SEEN_EVERY:
        await tx.execute(
            update(Session).where(col(Session.id) == session.id).values(last_seen_at=func.greatest(col(Session.last_seen_at), now))
        )
    return SignedIn(account.id, session.id, account.email, account.name, account.role, account.country, account.language, named(account))


def ended(session: UUID | BindParameter[UUID] | None) -> ColumnElement[bool]:
    """Whether this session was ended, as a column of a statement that is asked anyway. One that is not known was not."""
    return select(col(Session.id)).where(col(Session.id) == session, col(Session.ended_at).is_not(None)).exists()


async def sign_out(tx: Tx, *, token: str, now: datetime) -> None:
    """End the session that this secret opens; one that is unknown or ended stays so."""
    ended = update(Session).where(col(Session.token_hash) == hash_of_session(token), col(Session.ended_at).is_(None))
    await tx.execute(ended.values(ended_at=now))


async def sign_out_everywhere(tx: Tx, *, account: UUID, now: datetime, but: UUID | None = None) -> None:
    """End every session of an account, except `but`."""
    ended = update(Session).where(col(Session.account_id) == account, col(Session.ended_at).is_(None))
    if but is not None:
        ended = ended.where(col(Session.id) != but)
    await tx.execute(ended.values(ended_at=now))


async def account_by_email(tx: Tx, email: str) -> Account | None:
    """The account with this e-mail, without regard to case."""
    return (await tx.execute(_BY_EMAIL, {"email": email.lower()})).scalar_one_or_none()


async def _let_in(tx: Tx, row: SignInAttempt, rules: Rules, now: datetime, former: str, device: str) -> Entered:
    """A person who proved the address: an account (made now if there is none), a new session; every open code of the address is void.

    What was asked and guessed for the address until now no longer counts against it.
    """
    account = await _account_of(tx, row, now)
    await forget(tx, f"email:{row.email.lower()}", f"wrong:{row.email.lower()}")
    await tx.execute(_USE_UP, {"email": row.email.lower(), "now": now})
    if account.disabled_at is not None:
        return Entered(CodeOutcome.EXPIRED)
    if former:
        await sign_out(tx, token=former, now=now)
    session, token = await open_session(tx, account=account.id, rules=rules, now=now, device=device)
    return Entered(CodeOutcome.ACCEPTED, token, account.id, session, account.language, row.return_to)


async def _account_of(tx: Tx, row: SignInAttempt, now: datetime) -> Account:
    values = {"id": new_id(), "email": row.email, "role": APPLICANT, "language": row.language, "timezone": row.timezone, "now": now}
    await tx.execute(_MAKE_ACCOUNT, values)
    account = await account_by_email(tx, row.email)
    assert account is not None, "the account was inserted or stood there"
    return account


def _here(email: str, ip: str) -> str:
    """The throttle's key of what one network asks for one e-mail."""
    return f"here:{email.lower()} {network_of(ip)}"


async def _one_at_a_time(tx: Tx, email: str) -> None:
    """Sign-ins of one e-mail end one after the other, as each of them touches all that are open."""
    await tx.execute(_ONE_AT_A_TIME, {"key": f"sign-in:{email.lower()}"})


def _state(row: SignInAttempt) -> Attempt:
    return Attempt(row.expires_at, row.tries, row.used_at)


def _times(session: Session) -> SessionTimes:
    return SessionTimes(session.last_seen_at, session.expires_at, session.ended_at)
