"""Applications, their answers and their timelines.

A statement that many requests ask is built once, with parameters: to build it anew costs as much as half of asking it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Select, bindparam, column, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text
from sqlmodel import col

from services.applications.domain.answers import Stored
from services.applications.domain.papers import FileState
from services.applications.domain.viewers import Viewer
from services.applications.store import plans
from services.applications.store.idempotency import Known
from services.applications.store.visible import seen_by, visible, visible_to
from services.applications.tables import Application, Document, PageAnswers, Review, TimelineEntry
from shared.kernel.cells import Cell
from shared.persistence.database import Tx


@cache
def _find(role: str, of_country: bool, lock: bool) -> Select[Application]:
    statement = select(Application).where(col(Application.id) == bindparam("id"), visible(role, of_country))
    return statement.with_for_update().execution_options(populate_existing=True) if lock else statement


async def find(tx: Tx, viewer: Viewer, application_id: UUID, *, lock: bool = False) -> Application | None:
    """The application, if the viewer may know of it; `lock` holds its row until the end of the transaction."""
    statement = _find(viewer.role, bool(viewer.country), lock)
    return (await tx.execute(statement, {"id": application_id, **seen_by(viewer)})).scalar_one_or_none()


_LOCKED: Final = (
    select(Application).where(col(Application.id) == bindparam("id")).with_for_update().execution_options(populate_existing=True)
)


async def locked(tx: Tx, application_id: UUID) -> Application | None:
    """The application for the service itself, its row locked: quotas' answers are for whomever they are."""
    return (await tx.execute(_LOCKED, {"id": application_id})).scalar_one_or_none()


async def locked_now(tx: Tx, application_ids: Sequence[UUID]) -> dict[UUID, Application]:
    """Those of the applications that nobody else holds, their rows locked, and the plans held as well; it waits for no row."""
    statement = (
        select(Application, plans.HELD)
        .where(col(Application.id).in_(application_ids))
        .order_by(col(Application.id))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {one.id: one for one in (await tx.execute(statement)).scalars()}


class Hopeful(NamedTuple):
    """An application that may come to a place yet."""

    id: UUID
    person_id: UUID
    year: int


_HOPEFUL = text(
    "select a.id, a.person_id, a.year from application a where a.programme = :programme and a.country = :country "
    "and a.year = any(cast(:years as int[])) and a.state in ('draft', 'returned', 'submitted', 'nominated', 'approved', 'waiting') "
    "and (cardinality(cast(:parts as text[])) = 0 or a.course = any(cast(:parts as text[])) or a.parts && cast(:parts as text[]) "
    "or exists (select from page_answers g where g.application_id = a.id and (g.answers->>'level' = any(cast(:parts as text[])) "
    "or a.state not in ('approved', 'waiting') and g.answers->'course' ?| cast(:parts as text[])))) "
    "and (cast(:after as uuid) is null or a.id > cast(:after as uuid)) order by a.id limit :most"
)


async def hopeful(
    tx: Tx, programme: str, country: str, years: Sequence[int], parts: Sequence[str], *, after: UUID | None, most: int
) -> Sequence[Hopeful]:
    """Applications of the country to these calls that may come to a place yet, by id behind `after`; with `parts`, to one of them.

    Of courses that are listed each counts until there is an approval, which is for one of them.
    """
    given = {"programme": programme, "country": country, "years": list(years), "parts": list(parts), "after": after, "most": most}
    return [Hopeful(*row) for row in await tx.execute(_HOPEFUL, given)]


_LIVE: Final = select(Application).where(
    col(Application.person_id) == bindparam("person"),
    col(Application.programme) == bindparam("programme"),
    col(Application.year) == bindparam("year"),
    col(Application.state) != "withdrawn",
)


async def live(tx: Tx, person_id: UUID, programme: str, year: int) -> Application | None:
    """The person's one application to that call that was not withdrawn."""
    return (await tx.execute(_LIVE, {"person": person_id, "programme": programme, "year": year})).scalar_one_or_none()


_SENT_BEFORE: Final = (
    select(Application)
    .where(
        col(Application.person_id) == bindparam("person"),
        col(Application.id) != bindparam("id"),
        col(Application.submitted_at).is_not(None),
    )
    .order_by((col(Application.programme) == bindparam("programme")).desc(), col(Application.submitted_at).desc())
    .limit(1)
)


async def sent_before(tx: Tx, person_id: UUID, application: Application) -> Application | None:
    """The newest application that the person has sent besides this one; one to the same programme goes before any other."""
    values = {"person": person_id, "id": application.id, "programme": application.programme}
    return (await tx.execute(_SENT_BEFORE, values)).scalar_one_or_none()


_LOCK_SLATE: Final = text("select pg_advisory_xact_lock(hashtextextended(:key, 1))")
_LOCK_PERSON: Final = text("select pg_advisory_xact_lock(hashtextextended(:key, 2))")
_WAS_ERASED: Final = text("select exists (select 1 from erasure where person_id = :person and erased_at is not null)")


async def lock_slate(tx: Tx, cell: Cell) -> None:
    """Take turns on a cell's slate, until the end of the transaction; always before any row of it is locked."""
    await tx.execute(_LOCK_SLATE, {"key": f"slate:{cell.key}"})


async def lock_person(tx: Tx, person_id: UUID) -> None:
    """Take turns on what a person starts, so that two tabs do not start the same call twice."""
    await tx.execute(_LOCK_PERSON, {"key": f"person:{person_id}"})


async def was_erased(tx: Tx, person_id: UUID) -> bool:
    """Whether the person's data were erased, so that nothing new may begin under that id."""
    return bool((await tx.execute(_WAS_ERASED, {"person": person_id})).scalar_one())


async def slate(tx: Tx, cell: Cell, *, lock: bool = False) -> list[Application]:
    """The nominated applications of a cell, in the country's order."""
    statement = (
        select(Application)
        .where(
            col(Application.programme) == cell.programme,
            col(Application.year) == cell.year,
            col(Application.country) == cell.country,
            col(Application.state) == "nominated",
        )
        .order_by(col(Application.slate_rank), col(Application.id))
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list((await tx.execute(statement)).scalars())


async def slate_ranks(tx: Tx, cell: Cell) -> list[tuple[int, bool]]:
    """Every rank that was given on this slate, those of applications that went on too, so that none is given twice.

    The second says whether its application is on the slate still.
    """
    statement = select(col(Application.slate_rank), col(Application.state) == "nominated").where(
        col(Application.programme) == cell.programme,
        col(Application.year) == cell.year,
        col(Application.country) == cell.country,
        col(Application.slate_rank).is_not(None),
    )
    return [(rank, there) for rank, there in await tx.execute(statement) if rank is not None]


_ANSWERS: Final = (
    select(col(PageAnswers.answers)).where(col(PageAnswers.application_id) == bindparam("id")).order_by(col(PageAnswers.saved_at))
)


async def stored_answers(tx: Tx, application_id: UUID) -> dict[str, Stored]:
    """All answers by question key, as JSON keeps them; what was saved last counts where a question changed its page."""
    answers: dict[str, Stored] = {}
    for page in (await tx.execute(_ANSWERS, {"id": application_id})).scalars():
        answers |= page
    return answers


_FILLED_IN = text(
    "select w.place, coalesce((select jsonb_agg(jsonb_build_array(g.page, g.form, g.answers) order by g.saved_at) "
    "from page_answers g where g.application_id = w.id), '[]'), "
    "array(select d.kind from document d where d.application_id = w.id and d.state = 'ready'), "
    "array(select d.kind from document d where d.application_id = w.id and d.state = 'checking'), "
    "array(select r.state from referee r where r.application_id = w.id), "
    "(select jsonb_build_array(k.request_hash, k.body) from idempotency_key k where k.principal = w.principal and k.key = w.key) "
    "from unnest(cast(:ids as uuid[]), cast(:principals as uuid[]), cast(:keys as text[])) with ordinality w(id, principal, key, place) "
    "order by w.place"
).columns(
    column("place", BigInteger),
    column("pages", JSONB),
    column("papers", ARRAY(Text)),
    column("checking", ARRAY(Text)),
    column("referees", ARRAY(Text)),
    column("known", JSONB),
)


class FilledIn(NamedTuple):
    """All answers as `stored_answers`, kinds of papers, states of referees, what is known of an idempotency key, and by page the print of
    what was asked when it was answered.

    `papers` are the kinds with a file that is ready, `checking` those with one that is still being checked.
    """

    answers: dict[str, Stored]
    papers: set[str]
    checking: set[str]
    referees: list[str]
    known: Known | None
    forms: dict[str, str]


class Asked(NamedTuple):
    """An application, and the idempotency key with which `principal` asks about it; none where nobody does."""

    application_id: UUID
    principal: UUID | None = None
    key: str | None = None


async def filled_in(tx: Tx, application_id: UUID) -> FilledIn:
    """What a submission is judged on."""
    return (await all_filled_in(tx, [Asked(application_id)]))[0]


async def all_filled_in(tx: Tx, asked: Sequence[Asked]) -> list[FilledIn]:
    """What each of these submissions is judged on, in one statement."""
    ids, principals, keys = zip(*asked, strict=True)
    found: list[FilledIn] = []
    values = {"ids": list(ids), "principals": list(principals), "keys": list(keys)}
    for _, pages, papers, checking, referees, known in await tx.execute(_FILLED_IN, values):
        answers: dict[str, Stored] = {}
        for _page, _form, said in pages:
            answers |= said
        forms = {page: form for page, form, _said in pages}
        found.append(FilledIn(answers, set(papers), set(checking), list(referees), Known(*known) if known else None, forms))
    return found


_DOCUMENTS: Final = (
    select(Document).where(col(Document.application_id) == bindparam("id")).order_by(col(Document.uploaded_at), col(Document.id))
)


async def documents(tx: Tx, application_id: UUID) -> list[Document]:
    """The files attached to an application, in the order in which they came."""
    return list((await tx.execute(_DOCUMENTS, {"id": application_id})).scalars())


async def documents_before(tx: Tx, viewer: Viewer, application_id: UUID, *, most: int) -> list[tuple[Document, Application]]:
    """Files that are ready of the viewer's other applications, each with its application, the newest first."""
    statement = (
        select(Document, Application)
        .join(Application, col(Application.id) == col(Document.application_id))
        .where(
            col(Application.person_id) == viewer.account_id,
            col(Application.id) != application_id,
            col(Document.state) == FileState.READY,
        )
        .order_by(col(Document.uploaded_at).desc(), col(Document.id))
        .limit(most)
    )
    return [(document, application) for document, application in (await tx.execute(statement)).all()]


_TIMELINE: Final = select(TimelineEntry).where(col(TimelineEntry.application_id) == bindparam("id")).order_by(col(TimelineEntry.number))


async def timeline(tx: Tx, application_id: UUID) -> list[TimelineEntry]:
    """Every move, the first one first."""
    return list((await tx.execute(_TIMELINE, {"id": application_id})).scalars())


async def reviews(tx: Tx, application_id: UUID) -> Sequence[Review]:
    """The reviewers' scores."""
    statement = select(Review).where(col(Review.application_id) == application_id).order_by(col(Review.submitted_at))
    return (await tx.execute(statement)).scalars().all()


_SCORES: Final = select(col(Review.score)).where(col(Review.application_id) == bindparam("id"))


async def scores(tx: Tx, application_id: UUID) -> list[int]:
    """Each reviewer's score, in thousandths."""
    return list((await tx.execute(_SCORES, {"id": application_id})).scalars())


async def count_by_state(tx: Tx, viewer: Viewer, programme: str, year: int) -> dict[str, int]:
    """State to number of applications of a call that the viewer may see."""
    statement = (
        select(col(Application.state), func.count())
        .where(col(Application.programme) == programme, col(Application.year) == year, visible_to(viewer))
        .group_by(col(Application.state))
    )
    return dict((await tx.execute(statement)).all())
