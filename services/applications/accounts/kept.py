"""Forms that somebody sent without being signed in: kept for a while, sealed, and handed back to the same browser after the sign-in.

So nothing is lost where a session ended while somebody typed, and a draft may be begun before there is an account. A row can be read only
with the secret in the browser's cookie; the database alone holds nothing of what strangers typed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import delete, select
from sqlmodel import col

from services.applications.accounts.secrets import hash_of_kept, hash_of_session, key_of_kept
from services.applications.accounts.tables import KeptForm, Session
from services.applications.accounts.throttle import count
from services.applications.domain.accounts import Rules, network_of, refused
from shared.kernel.ids import new_id, new_secret
from shared.persistence.database import Tx

BYTES_MOST: Final = 64 * 1024
"""A form's fields together; the longest page of questions is well below."""
SEALED_BY: Final = {"alg": "dir", "enc": "A256GCM"}


class Form(msgspec.Struct, frozen=True):
    """What was sent: where to, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept form as it is handed back; `account` is whose session had ended, None of a stranger."""

    form: Form
    account: UUID | None


async def keep(tx: Tx, form: Form, *, session_token: str, ip: str, rules: Rules, now: datetime) -> str | None:
    """Keep a form; the secret that hands it back, or None where it is too large or this network keeps too many."""
    plain = msgspec.json.encode(form)
    if len(plain) > BYTES_MOST or refused(
        await count(tx, f"kept:{network_of(ip)}", rules.kept_forms_per_ip, now=now), rules.kept_forms_per_ip
    ):
        return None
    former = select(col(Session.account_id)).where(col(Session.token_hash) == hash_of_session(session_token))
    account = (await tx.execute(former)).scalar_one_or_none() if session_token else None
    secret = new_secret()
    tx.add(
        KeptForm(
            id=new_id(),
            secret_hash=hash_of_kept(secret),
            account_id=account,
            sealed=_sealed(plain, secret),
            created_at=now,
            expires_at=now + rules.kept_life,
        )
    )
    await tx.flush()
    return secret


async def kept(tx: Tx, secret: str, *, now: datetime) -> Kept | None:
    """The form that this secret belongs to, while it is kept."""
    found = select(KeptForm).where(col(KeptForm.secret_hash) == hash_of_kept(secret), col(KeptForm.expires_at) > now)
    row = (await tx.execute(found)).scalar_one_or_none()
    plain = _opened(row.sealed, secret) if row else None
    if row is None or plain is None:
        return None
    return Kept(msgspec.json.decode(plain, type=Form), row.account_id)


async def forget(tx: Tx, secret: str) -> None:
    """Remove the form: it was sent again, or is not wanted."""
    await tx.execute(delete(KeptForm).where(col(KeptForm.secret_hash) == hash_of_kept(secret)))


async def clean(tx: Tx, *, now: datetime, most: int = 1000) -> int:
    """Remove forms that nobody came back for; returns how many."""
    old = select(col(KeptForm.id)).where(col(KeptForm.expires_at) <= now).limit(most)
    return len((await tx.execute(delete(KeptForm).where(col(KeptForm.id).in_(old)).returning(col(KeptForm.id)))).all())


def _sealed(plain: bytes, secret: str) -> bytes:
    return jwe.encrypt_compact(SEALED_BY, plain, OctKey.import_key(key_of_kept(secret)), algorithms=list(SEALED_BY.values())).encode()


def _opened(sealed: bytes, secret: str) -> bytes | None:
    try:
        return jwe.decrypt_compact(sealed, OctKey.import_key(key_of_kept(secret)), algorithms=list(SEALED_BY.values())).plaintext
    except (JoseError, ValueError):
        return None
