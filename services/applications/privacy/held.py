"""Everything that this service holds on a person, as they may have it: for machines as JSON, for reading as pages, and their files.

Not in it: what referees and reviewers wrote, who they are, and scores that were not decided upon yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from services.applications.accounts.tables import Account, Session, SignInAttempt
from services.applications.domain.lifecycle import FINISHED, State
from services.applications.domain.papers import FileState
from services.applications.domain.viewers import Viewer
from services.applications.privacy.tables import Erasure
from services.applications.store import applications as store
from services.applications.store import copies
from services.applications.store.answers import standing
from services.applications.tables import Application, Document, SentAnswers, TimelineEntry
from services.applications.views import Dossier, dossier
from shared.persistence.database import Tx

DECIDED: Final = frozenset({State.WAITING, State.OFFERED, State.ACCEPTED, State.PLACED}) | FINISHED
"""The score has done its work: it may be told."""
OPEN: Final = frozenset(
    {
        "reasons",
        "reason",
        "limit",
        "rank",
        "lacking",
        "answer_by",
        "correct_by",
        "receipt",
        "place_version",
        "agreed",
        "language",
        "course",
        "choice",
        "of",
    }
)
"""What a timeline entry says to its applicant; a score under way and the rank on a country's slate are not theirs to see."""
NOT_TOLD: Final = frozenset({"reorder"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A document: its path in the archive, and where its bytes are."""

    path: str
    storage_key: str


@dataclass(frozen=True, slots=True)
class Held:
    """All of it. `data` is the JSON; `dossiers` are the applications for the readable page, in the same order."""

    account: Account
    data: Json
    dossiers: tuple[Dossier, ...]
    files: tuple[File, ...]


async def held_on(tx: Tx, person: UUID, *, now: datetime) -> Held | None:
    """What is held on the person at `now`; none where there is no such account."""
    account = await tx.get(Account, person)
    if account is None:
        return None
    dossiers, applications, files = [], [], []
    mine = select(col(Application.id)).where(col(Application.person_id) == person).order_by(col(Application.id).desc())
    for number, application_id in enumerate((await tx.execute(mine)).scalars(), start=1):
        found = await dossier(tx, Viewer(person, "applicant"), application_id)
        assert found is not None, "a person may see their own application"
        papers = await store.documents(tx, application_id)
        dossiers.append(found)
        mine_here = _files(number, found.application, papers)
        sent = await _copies(tx, number, found.application)
        files += sent
        files += [file for file, paper in zip(mine_here, papers, strict=True) if paper.state == FileState.READY]
        applications.append(await _application(tx, found, papers, mine_here) | {"copies": [one.path for one in sent]})
    data = {
        "made_at": now.isoformat(),
        "account": _account(account),
        "sessions": await _sessions(tx, person),
        "sign_ins": await _sign_ins(tx, account.email),
        "deletion": await _deletion(tx, person),
        "applications": applications,
    }
    return Held(account, data, tuple(dossiers), tuple(files))


def _account(account: Account) -> Json:
    return {
        "id": str(account.id),
        "email": account.email,
        "name": account.name,
        "role": account.role,
        "language": account.language,
        "timezone": account.timezone,
        "created_at": account.created_at.isoformat(),
    }


async def _sessions(tx: Tx, person: UUID) -> list[Json]:
    found = (await tx.execute(select(Session).where(col(Session.account_id) == person).order_by(col(Session.created_at)))).scalars()
    times = ("created_at", "last_seen_at", "expires_at", "ended_at")
    return [{"device": one.device, **{name: _moment(getattr(one, name)) for name in times}} for one in found]


async def _sign_ins(tx: Tx, email: str) -> list[Json]:
    asked = select(SignInAttempt).where(func.lower(col(SignInAttempt.email)) == email.lower()).order_by(col(SignInAttempt.created_at))
    found = (await tx.execute(asked)).scalars()
    return [{"asked_at": _moment(one.created_at), "used_at": _moment(one.used_at), "return_to": one.return_to} for one in found]


async def _deletion(tx: Tx, person: UUID) -> Json | None:
    found = await tx.get(Erasure, person)
    return {"asked_at": _moment(found.asked_at), "due_at": _moment(found.due_at)} if found else None


async def _application(tx: Tx, found: Dossier, papers: Sequence[Document], files: Sequence[File]) -> Json:
    one = found.application
    fields = (
        "programme",
        "country",
        "year",
        "state",
        "receipt",
        "course",
        "courses",
        "channel",
        "parts",
        "reasons",
        "reason_limit",
        "waiting_rank",
    )
    times = ("started_at", "changed_at", "submitted_at", "answer_by", "list_closes", "correct_by")
    return {
        "id": str(one.id),
        **{name: getattr(one, name) for name in fields},
        **{name: _moment(getattr(one, name)) for name in times},
        "score_thousandths": one.score if one.state in DECIDED else None,
        "answers": await store.stored_answers(tx, one.id),
        "typed_and_not_saved": {page: typed.fields for page, typed in (await standing(tx, one))[2].items()},
        "sent_before": await _sent_before(tx, one.id),
        "documents": [
            {
                "kind": paper.kind,
                "filename": paper.filename,
                "content_type": paper.content_type,
                "size_bytes": paper.size_bytes,
                "sha256": paper.sha256,
                "uploaded_at": _moment(paper.uploaded_at),
                "state": paper.state,
                "in_this_archive": file.path if paper.state == FileState.READY else None,
            }
            for paper, file in zip(papers, files, strict=True)
        ],
        "letters": [
            {"kind": each.kind, "at": _moment(each.at), "by": each.role, "text": each.body, "closes": each.closes} for each in found.letters
        ],
        "timeline": [_entry(entry) for entry in found.timeline if entry.act not in NOT_TOLD],
    }


async def _sent_before(tx: Tx, application_id: UUID) -> list[Json]:
    """What was in submissions that were sent back."""
    kept = select(SentAnswers).where(col(SentAnswers.application_id) == application_id).order_by(col(SentAnswers.number))
    found = (await tx.execute(kept)).scalars()
    return [{"kept_at": _moment(one.kept_at), "answers": one.answers, "documents": one.papers, "remarks": one.marks} for one in found]


async def _copies(tx: Tx, number: int, application: Application) -> list[File]:
    """The PDFs of what was sent."""
    found = await copies.of_application(tx, application.id)
    folder = _folder(number, application)
    return [File(f"{folder}/sent-{one.number}.pdf", one.storage_key) for one in found if one.storage_key]


def _folder(number: int, application: Application) -> str:
    return f"documents/{number}-{application.programme}-{application.year}"


def _entry(entry: TimelineEntry) -> Json:
    detail: Mapping[str, Any] = {key: value for key, value in entry.detail.items() if key in OPEN}
    return {"at": _moment(entry.at), "act": entry.act, "by_role": entry.actor_role, "from": entry.source, "to": entry.target, **detail}


def _files(number: int, application: Application, papers: Sequence[Document]) -> list[File]:
    folder = _folder(number, application)
    return [File(f"{folder}/{place}-{paper.kind}-{paper.filename}", paper.storage_key) for place, paper in enumerate(papers, start=1)]


def _moment(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())
