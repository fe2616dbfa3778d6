"""All SQL of erasing a person. What becomes of each table is one literal table, and a test holds the database to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlmodel import col

from services.applications.accounts.tables import Account, Session, SignInAttempt
from services.applications.domain.lifecycle import State
from services.applications.privacy.tables import Erasure, PrivacyMail
from services.applications.referees.tables import Recommendation, Referee
from services.applications.tables import Application, Document, SentCopy
from shared.persistence.database import Tx

GOES_WITH_APPLICATION: Final = (
    "page_answers",
    "page_typed",
    "document",
    "sent_copy",
    "sent_answers",
    "sent_papers",
    "letter",
    "draft_warning",
    "referee",
)
"""Tables whose rows go, found by `application_id`. A new table about an application with anything that somebody wrote belongs here."""
GOES_WITH_PERSON: Final[Mapping[str, str]] = {
    "idempotency_key": "principal",
    "kept_form": "account_id",
    "session": "account_id",
    "privacy_mail": "person_id",
    "account": "id",
}
"""Tables whose rows go, and the column that holds the person's id; the account at the end. The mail that says so is written after it."""
GOES_OTHERWISE: Final = ("sign_in_attempt", "recommendation", "referee_link")
"""By the address; and, with the referee, what they wrote and the links to their page."""
STAYS: Final[Mapping[str, str]] = {
    "application": "ids, codes and moments; a draft that was never sent goes whole",
    "timeline_entry": "ids, codes and moments",
    "review": "points and ids; what a reviewer wrote is blanked",
    "erasure": "the id, so that it can be done again after a backup was put back",
    "throttle": "hashes that end within a day",
    "plan_version": "nobody's",
    "programme_version": "nobody's",
    "plan_change": "nobody's",
    "participation_change": "nobody's",
    "cell_figures": "nobody's",
    "fixed_limit": "nobody's",
}
"""Table -> what is left in it, or why it has nothing of a person."""

_NOTES: Final = text("update review set note = '' where application_id = any(:ids) and note <> ''")


async def applications_of(tx: Tx, person: UUID) -> Sequence[Application]:
    """Every application of the person, locked, in one fixed order."""
    statement = select(Application).where(col(Application.person_id) == person).order_by(col(Application.id))
    return (await tx.execute(statement.with_for_update().execution_options(populate_existing=True))).scalars().all()


async def asked(tx: Tx, person: UUID, *, lock: bool = False) -> Erasure | None:
    """The person's request, or that it was done; none where there is neither."""
    statement = select(Erasure).where(col(Erasure.person_id) == person)
    return (await tx.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()


async def signed_in(tx: Tx, person: UUID) -> bool:
    """Whether a browser is, or was lately, signed in to the account."""
    statement = select(col(Session.id)).where(col(Session.account_id) == person).limit(1)
    return (await tx.execute(statement)).scalar_one_or_none() is not None


async def next_due(tx: Tx, now: datetime) -> UUID | None:
    """The person whose erasure is due first. It waits for as long as a place is held, and until the person was told that it was asked for;
    who has become staff since is passed over."""
    holds = (
        select(col(Application.id))
        .where(col(Application.person_id) == col(Erasure.person_id), col(Application.state) == State.PLACED)
        .exists()
    )
    untold = (
        select(col(PrivacyMail.id)).where(col(PrivacyMail.person_id) == col(Erasure.person_id), col(PrivacyMail.kind) == "asked").exists()
    )
    statement = (
        select(col(Erasure.person_id))
        .join(Account, col(Account.id) == col(Erasure.person_id))
        .where(col(Erasure.erased_at).is_(None), col(Erasure.due_at) <= now, col(Account.role) == "applicant", ~holds, ~untold)
    )
    return (await tx.execute(statement.order_by(col(Erasure.due_at), col(Erasure.person_id)).limit(1))).scalar_one_or_none()


async def keys_of(tx: Tx, applications: Sequence[UUID]) -> list[str]:
    """Where the bytes of these applications' documents, of the copies of what was sent, and of referees' letters are stored."""
    papers = select(col(Document.storage_key)).where(col(Document.application_id).in_(applications))
    copies = select(col(SentCopy.storage_key)).where(col(SentCopy.application_id).in_(applications), col(SentCopy.storage_key).is_not(None))
    letters = select(col(Recommendation.storage_key)).join(Referee, col(Referee.id) == col(Recommendation.referee_id))
    letters = letters.where(col(Referee.application_id).in_(applications), col(Recommendation.storage_key).is_not(None))
    found = [(await tx.execute(statement)).scalars() for statement in (papers, copies, letters)]
    return [key for keys in found for key in keys if key]


async def remove(tx: Tx, person: UUID, applications: Sequence[UUID], email: str | None) -> dict[str, int]:
    """Remove what is personal; table -> how many rows went. Applications that were never sent go with everything of theirs."""
    counts: dict[str, int] = {}
    ids = list(applications)
    for table in GOES_WITH_APPLICATION:
        counts[table] = await _delete(tx, table, "application_id = any(:value)", ids)
    await tx.execute(_NOTES, {"ids": ids})
    unsent = delete(Application).where(col(Application.person_id) == person, col(Application.receipt).is_(None))
    counts["application"] = len((await tx.execute(unsent.returning(col(Application.id)))).all())
    if email is not None:
        attempts = delete(SignInAttempt).where(func.lower(col(SignInAttempt.email)) == email.lower())
        counts["sign_in_attempt"] = len((await tx.execute(attempts.returning(col(SignInAttempt.id)))).all())
    for table, column in GOES_WITH_PERSON.items():
        counts[table] = await _delete(tx, table, f"{column} = :value", person)
    return {table: count for table, count in counts.items() if count}


async def _delete(tx: Tx, table: str, where: str, value: object) -> int:
    statement = text(f"delete from {table} where {where} returning 1")  # noqa: S608 - names from the tables above
    return len((await tx.execute(statement, {"value": value})).all())
