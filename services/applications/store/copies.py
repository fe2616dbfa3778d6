"""The PDFs of submissions: which are wanted, which are due, which are there; and what was in a submission that was sent back."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Text

from services.applications.domain.correction import Mark, Returned
from shared.persistence.database import Tx

TRIES_MAX: Final = 6
"""After so many the copy is left to a person; a live check counts those."""

# An application that is not here, as after its database was put back, is passed over: its copy is nothing that a cell should wait for.
_WANT: Final = text(
    "insert into sent_copy (application_id, number, wanted_at, tries, try_at) "
    "select a.id, :number, :at, 0, :at from application a where a.id = :id and a.receipt is not null and a.facts >= :number "
    "and not exists (select 1 from erasure e where e.person_id = a.person_id and e.erased_at is not null) "
    "on conflict do nothing"
)
_DUE: Final = text(
    "select c.application_id, c.number, c.tries, a.person_id, k.language from sent_copy c "
    "join application a on a.id = c.application_id left join account k on k.id = a.person_id "
    "where c.made_at is null and c.tries < :tries_max and c.try_at <= :now order by c.try_at, c.application_id, c.number limit :most"
).columns(column("application_id"), column("number"), column("tries"), column("person_id"), column("language", Text))
_AS_SENT: Final = text(
    "select a.answers, coalesce(p.papers, a.papers) from (select 1) one "
    "left join sent_answers a on a.application_id = :id and a.number = :number "
    "left join sent_papers p on p.application_id = :id and p.number = :number"
).columns(column("answers", JSONB), column("papers", JSONB))
_MADE: Final = text(
    "update sent_copy set made_at = :at, storage_key = :storage_key, size_bytes = :size_bytes, sha256 = :sha256, failure = null "
    "where application_id = :id and number = :number and made_at is null returning number"
)
_FAILED: Final = text(
    "update sent_copy set tries = tries + 1, try_at = :again_at, failure = :failure "
    "where application_id = :id and number = :number and made_at is null"
)
_OF: Final = text(
    "select number, made_at, storage_key, size_bytes, tries < :tries_max as under_way from sent_copy "
    "where application_id = :id order by number desc"
)
_PAPERS: Final = (
    "coalesce((select jsonb_agg(jsonb_build_object('kind', d.kind, 'filename', d.filename, 'size_bytes', d.size_bytes, "
    "'sha256', d.sha256) order by d.uploaded_at) from document d where d.application_id = a.id and d.state <> 'refused'), '[]')"
)
_KEEP_PAPERS: Final = text(
    f"insert into sent_papers (application_id, number, papers) select a.id, t.number, {_PAPERS} from application a "  # noqa: S608
    "cross join lateral (select max(t.fact) as number from timeline_entry t where t.application_id = a.id and t.act = 'submit') t "
    "where a.id = :id and t.number is not null and not exists (select 1 from sent_copy c "
    "where c.application_id = a.id and c.number = t.number and c.made_at is not null) on conflict do nothing"
)
_KEEP_ANSWERS: Final = text(
    "insert into sent_answers (application_id, number, answers, papers, marks, kept_at) "  # noqa: S608 - a part of our own
    "select a.id, (select max(t.fact) from timeline_entry t where t.application_id = a.id and t.act = 'submit'), "
    "coalesce((select jsonb_object_agg(e.key, e.value order by g.saved_at) from page_answers g, jsonb_each(g.answers) e "
    "where g.application_id = a.id), '{}'), "
    f"{_PAPERS}, cast(:marks as jsonb), :at from application a where a.id = :id on conflict do nothing"
)


_RETURNED: Final = text(
    "select number, kept_at, answers, papers, marks from sent_answers where application_id = :id order by number desc limit 1"
).columns(column("number"), column("kept_at"), column("answers", JSONB), column("papers", JSONB), column("marks", JSONB))
_CORRECTED: Final = text("select distinct application_id from sent_answers where application_id = any(:ids)")


class Due(NamedTuple):
    """A copy to be made."""

    application_id: UUID
    number: int
    tries: int
    person_id: UUID
    language: str | None


class AsSent(NamedTuple):
    """What was in a submission, where it is no longer what the application holds: answers, and papers; none of either that is still so."""

    answers: dict[str, Any] | None
    papers: list[dict[str, Any]] | None


class Copy(NamedTuple):
    """A copy of a submission: when it was made and where its bytes are, or whether it is still being tried."""

    number: int
    made_at: datetime | None
    storage_key: str | None
    size_bytes: int | None
    under_way: bool


async def want(tx: Tx, application_id: UUID, number: int, at: datetime) -> None:
    """Ask for the copy of a submission; nothing happens where it was asked for before."""
    await tx.execute(_WANT, {"id": application_id, "number": number, "at": at})


async def due(tx: Tx, now: datetime, most: int) -> list[Due]:
    """Copies to make now, those that wait longest first."""
    return [Due(*row) for row in await tx.execute(_DUE, {"now": now, "most": most, "tries_max": TRIES_MAX})]


async def as_sent(tx: Tx, one: Due) -> AsSent:
    """What was in the submission, where it has been sent back since, or where papers came or went.

    To be asked after the application was read: whoever changes anything keeps what was sent before, so what was read until a none is that.
    """
    return AsSent(*(await tx.execute(_AS_SENT, {"id": one.application_id, "number": one.number})).one())


async def made(tx: Tx, one: Due, *, storage_key: str, size_bytes: int, sha256: str, at: datetime) -> bool:
    """Note the bytes of a copy; no where it was made before, or is not wanted any more."""
    values = {"id": one.application_id, "number": one.number, "storage_key": storage_key, "size_bytes": size_bytes, "sha256": sha256}
    return (await tx.execute(_MADE, values | {"at": at})).first() is not None


async def failed(tx: Tx, one: Due, *, failure: str, again_at: datetime) -> None:
    """Note that a copy could not be made, and when to try again."""
    await tx.execute(_FAILED, {"id": one.application_id, "number": one.number, "failure": failure, "again_at": again_at})


async def of_application(tx: Tx, application_id: UUID) -> Sequence[Copy]:
    """The copies of an application, the newest submission's first."""
    return [Copy(*row) for row in await tx.execute(_OF, {"id": application_id, "tries_max": TRIES_MAX})]


async def keep_answers(tx: Tx, application_id: UUID, marks: Sequence[Mark], at: datetime) -> None:
    """Keep what is in the submission that is being sent back, under its number, before the applicant changes it; and what is marked."""
    await tx.execute(_KEEP_ANSWERS, {"id": application_id, "at": at, "marks": json.dumps([asdict(one) for one in marks])})


async def keep_papers(tx: Tx, application_id: UUID) -> None:
    """Keep which papers were sent, before one of them comes or goes; not where the PDF that shows them is made, or they are kept."""
    await tx.execute(_KEEP_PAPERS, {"id": application_id})


async def last_returned(tx: Tx, application_id: UUID) -> Returned | None:
    """The submission that was sent back last."""
    row = (await tx.execute(_RETURNED, {"id": application_id})).one_or_none()
    return None if row is None else Returned(row.number, row.kept_at, row.answers, row.papers, tuple(Mark(**one) for one in row.marks))


async def corrected(tx: Tx, applications: Collection[UUID]) -> set[UUID]:
    """Those of the applications that were sent back at some time."""
    return set((await tx.execute(_CORRECTED, {"ids": list(applications)})).scalars()) if applications else set()
