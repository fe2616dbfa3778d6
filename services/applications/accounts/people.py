"""Accounts themselves: what people say of themselves, who is staff, who is let out."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from services.applications.accounts import kept, throttle, zones
from services.applications.accounts.emails import email_of
from services.applications.accounts.tables import Account, Session, SignInAttempt
from services.applications.accounts.use_cases import account_by_email, sign_out_everywhere
from services.applications.domain.accounts import APPLICANT, staff_fault
from services.applications.plan.model import Country
from services.applications.plan.tables import near
from services.applications.store import plans
from shared.kernel.ids import new_id
from shared.persistence.audit import record
from shared.persistence.database import Tx
from shared.web.i18n import LANGUAGES


@dataclass(frozen=True, slots=True)
class Address:
    """Where and how a person is written to."""

    email: str
    name: str
    language: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed. `code`: unknown_account, email_unknown, language_unknown, or as `staff_fault` says.

    `near`: the code of the country that may be meant.
    """

    code: str
    near: str = ""


async def add_staff(
    tx: Tx,
    *,
    email: str,
    role: str,
    country: str | None = None,
    name: str = "",
    language: str = "en",
    timezone: str = "UTC",
    actor: str = "system",
    now: datetime,
) -> UUID | Refused:
    """The staff account of this e-mail, made or brought to this role and country; its id. An applicant's account becomes staff.

    Who works for a country and chose no time zone has that country's.
    Leaves an audit row where anything changed. A changed role bites when the identities that are out expire, minutes later.
    """
    normal = email_of(email)
    if normal is None:
        return Refused("email_unknown")
    if language not in LANGUAGES:
        return Refused("language_unknown")
    countries = {one.code: one for found in await plans.all_in_force(tx) for one in found.plan.countries} if country else {}
    fault = staff_fault(role, country, countries)
    if fault:
        return Refused(fault, _nearest(country or "", countries.values()) if fault == "country_unknown" else "")
    email = normal
    account = await account_by_email(tx, email)
    if account is not None and (account.role, account.country, account.disabled_at) == (role, country, None):
        return account.id
    before = account.role if account else ""
    if account is None:
        account = Account(
            id=new_id(), email=email, role=role, country=country, language=language, timezone=timezone, name=name, created_at=now
        )
        tx.add(account)
    follows = not zones.named(account) or (not account.zone_chosen and account.timezone == zones.zone_of(account.country or ""))
    account.role, account.country, account.disabled_at = role, country, None
    if country and follows:
        account.timezone = zones.zone_of(country)
    await tx.flush()
    detail = {"before": before, "after": role, "country": country}
    await record(tx, at=now, actor=actor, role="operator", act="account.made_staff", subject=str(account.id), detail=detail)
    return account.id


def _nearest(typed: str, countries: Iterable[Country]) -> str:
    """The code of the country that is called so, or nearly, in some language or by another code; empty where none is."""
    called = {name: one.code for one in countries for name in (*astuple(one.names), one.alpha3, one.code)}
    return called.get(near(typed, called), "")


async def disable(tx: Tx, *, account: UUID, actor: str, now: datetime) -> Refused | None:
    """Close an account and end its sessions; it can sign in no more until it is made staff anew."""
    row = await by_id(tx, account, lock=True)
    if row is None:
        return Refused("unknown_account")
    if row.disabled_at is None:
        row.disabled_at = now
        await tx.flush()
        await sign_out_everywhere(tx, account=account, now=now)
        await record(tx, at=now, actor=actor, role="operator", act="account.disabled", subject=str(account))
    return None


async def make_applicant(tx: Tx, *, account: UUID, actor: str, now: datetime) -> Refused | None:
    """Take a staff role away."""
    row = await by_id(tx, account, lock=True)
    if row is None:
        return Refused("unknown_account")
    if row.role != APPLICANT:
        before, row.role, row.country = row.role, APPLICANT, None
        await tx.flush()
        detail = {"before": before, "after": APPLICANT}
        await record(tx, at=now, actor=actor, role="operator", act="account.made_applicant", subject=str(account), detail=detail)
    return None


async def change_details(tx: Tx, *, account: UUID, name: str, language: str, timezone: str) -> None:
    """What the person says of themselves. A `timezone` that is empty, or the one that they were shown, chooses none: that of a country
    goes on to follow it.
    """
    row = await by_id(tx, account, lock=True)
    if row is not None:
        row.name, row.language = name, language
        if timezone and timezone != zones.of_account(row):
            row.timezone, row.zone_chosen = timezone, True
        await tx.flush()


async def address_of(tx: Tx, person: UUID) -> Address | None:
    """Where to write to a person now; None where the account is unknown or closed."""
    row = await by_id(tx, person)
    return None if row is None or row.disabled_at else Address(row.email, row.name, row.language, row.timezone)


async def settle_zone(tx: Tx, account: UUID, country: str) -> None:
    """Deadlines are shown to a person who chose no zone in that of the country of their first draft; they can change it."""
    row = await by_id(tx, account, lock=True)
    if row is not None and not zones.named(row):
        row.timezone = zones.zone_of(country)
        await tx.flush()


_BY_ID: Final = select(Account).where(col(Account.id) == bindparam("id"))
_BY_ID_LOCKED: Final = _BY_ID.with_for_update()


async def by_id(tx: Tx, account: UUID, *, lock: bool = False) -> Account | None:
    return (await tx.execute(_BY_ID_LOCKED if lock else _BY_ID, {"id": account})).scalar_one_or_none()


async def staff(tx: Tx) -> list[Account]:
    """Every account that is not an applicant's, by role, country and e-mail."""
    found = select(Account).where(col(Account.role) != APPLICANT).order_by(col(Account.role), col(Account.country), col(Account.email))
    return list((await tx.execute(found)).scalars())


async def clean(tx: Tx, *, before: datetime, now: datetime, most: int = 1000) -> int:
    """Remove sign-ins and sessions that were over before `before`, throttle windows and kept forms that are over; returns how many rows."""
    old_attempts = select(col(SignInAttempt.id)).where(col(SignInAttempt.expires_at) < before).limit(most)
    old_sessions = select(col(Session.id)).where(col(Session.expires_at) < before).limit(most)
    attempts = await tx.execute(delete(SignInAttempt).where(col(SignInAttempt.id).in_(old_attempts)).returning(col(SignInAttempt.id)))
    sessions = await tx.execute(delete(Session).where(col(Session.id).in_(old_sessions)).returning(col(Session.id)))
    others = await throttle.clean(tx, now=now, most=most) + await kept.clean(tx, now=now, most=most)
    return len(attempts.all()) + len(sessions.all()) + others
