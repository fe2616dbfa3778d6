"""Referees, their links and letters, in the database.

Whoever locks an application and one of its referees locks the application first.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from services.applications.domain.lifecycle import State
from services.applications.domain.referees import OPEN, Standing, may_write
from services.applications.referees.tables import Recommendation, Referee, RefereeLink
from services.applications.tables import Application
from shared.persistence.database import Tx

_STILL_OF_USE = tuple(state.value for state in State if may_write(state))


def hash_of_letter_link(token: str) -> bytes:
    """What is stored of a link; bound to what it is for, so that no other kind of link can stand in for it."""
    return hashlib.sha256(b"letter\x1f" + token.encode()).digest()


_OF: Final = select(Referee).where(col(Referee.application_id) == bindparam("id")).order_by(col(Referee.invited_at), col(Referee.id))
_FIND: Final = select(Referee).where(col(Referee.id) == bindparam("id"))
_FIND_LOCKED: Final = _FIND.with_for_update().execution_options(populate_existing=True)
_LINK: Final = select(RefereeLink).where(col(RefereeLink.token_hash) == bindparam("hash"))
_LETTER: Final = select(Recommendation).where(col(Recommendation.referee_id) == bindparam("id"))
_APPLICATION: Final = select(Application).where(col(Application.id) == bindparam("id"))


async def of_application(tx: Tx, application_id: UUID) -> list[Referee]:
    """Everybody who was ever asked, in the order of asking."""
    return list((await tx.execute(_OF, {"id": application_id})).scalars())


async def find(tx: Tx, referee_id: UUID, *, lock: bool = False) -> Referee | None:
    """The referee with that id; `lock` holds the row until the end of the transaction."""
    return (await tx.execute(_FIND_LOCKED if lock else _FIND, {"id": referee_id})).scalar_one_or_none()


async def link_of(tx: Tx, token: str) -> RefereeLink | None:
    """The link that this secret is of, whether it still counts or not."""
    return (await tx.execute(_LINK, {"hash": hash_of_letter_link(token)})).scalar_one_or_none()


async def letter_of(tx: Tx, referee_id: UUID) -> Recommendation | None:
    """What the referee has written so far."""
    return (await tx.execute(_LETTER, {"id": referee_id})).scalar_one_or_none()


async def application_of(tx: Tx, referee: Referee) -> Application:
    """The application that the letter is for."""
    return (await tx.execute(_APPLICATION, {"id": referee.application_id})).scalar_one()


async def to_chase(tx: Tx, *, now: datetime, most: int) -> Sequence[Referee]:
    """Up to `most` referees whose reminder has come due, locked; those that another worker holds are left out."""
    found = select(Referee).where(col(Referee.next_chase_at) <= now).order_by(col(Referee.next_chase_at), col(Referee.id)).limit(most)
    return (await tx.execute(found.with_for_update(skip_locked=True).execution_options(populate_existing=True))).scalars().all()


async def to_release(tx: Tx, *, most: int) -> Sequence[Referee]:
    """Up to `most` referees who are still asked though their application can use no letter any more, locked."""
    found = (
        select(Referee)
        .join(Application, col(Application.id) == col(Referee.application_id))
        .where(col(Referee.state).in_(tuple(OPEN)), col(Application.state).not_in(_STILL_OF_USE))
        .order_by(col(Referee.id))
        .limit(most)
        .with_for_update(of=Referee, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await tx.execute(found)).scalars().all()


async def purge_links(tx: Tx, *, before: datetime, most: int) -> int:
    """Remove links that expired before a moment; how many there were."""
    old = select(col(RefereeLink.token_hash)).where(col(RefereeLink.expires_at) < before).limit(most)
    gone = delete(RefereeLink).where(col(RefereeLink.token_hash).in_(old)).returning(col(RefereeLink.token_hash))
    return len((await tx.execute(gone)).all())


async def revoke_links(tx: Tx, referee_id: UUID) -> None:
    """Every link of the referee leads nowhere from now on."""
    await tx.execute(delete(RefereeLink).where(col(RefereeLink.referee_id) == referee_id))


async def received_letter(tx: Tx, application_id: UUID, referee_id: UUID) -> tuple[Referee, Recommendation] | None:
    """A letter of this application that has arrived."""
    found = (
        select(Referee, Recommendation)
        .join(Recommendation, col(Recommendation.referee_id) == col(Referee.id))
        .where(col(Referee.id) == referee_id, col(Referee.application_id) == application_id, col(Referee.state) == Standing.RECEIVED)
    )
    row = (await tx.execute(found)).one_or_none()
    return None if row is None else (row[0], row[1])
