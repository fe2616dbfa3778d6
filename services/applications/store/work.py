"""What staff work through: lists that a page shows a part of, counts for their tabs, and what stands beside a decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, extract, false, func, literal, or_, select, text, tuple_
from sqlmodel import col

from services.applications.accounts.tables import Account
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.store.visible import visible_to
from services.applications.tables import Application, PageAnswers, Review
from shared.kernel.cells import Cell
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Slice:
    """Applications in one of `states`, to one of `programmes` (any where none is said), scored or not (either where none)."""

    states: frozenset[str]
    programmes: frozenset[str] | None = None
    scored: bool | None = None

    def holds(self, one: "Count") -> bool:
        """Whether what was counted belongs to the slice; says the same as `_inside`."""
        return (
            one.state in self.states
            and (self.programmes is None or one.programme in self.programmes)
            and (self.scored is None or one.scored is self.scored)
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which applications; nothing means all that the viewer may see. `search` is a receipt, or a part of a name."""

    slices: tuple[Slice, ...] = ()
    programme: str = ""
    year: int = 0
    country: str = ""
    search: str = ""


class Count(NamedTuple):
    """How many applications there are of a kind."""

    programme: str
    year: int
    state: str
    scored: bool
    number: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, and whether there is more before and after it."""

    rows: tuple[Application, ...]
    before: bool
    after: bool


TODO: Final[Mapping[str, int]] = {State.SUBMITTED: 0, State.RETURNED: 1, State.NOMINATED: 2}
"""What a country has to do comes first; every other state after these."""
ORDERS: Final = ("todo", "submitted", "score", "changed")
"""What a country has to do; earliest sent; best scored; last changed. Ties by id."""


def _order(name: str) -> tuple[Any, ...]:
    """What to sort by, all ascending, so that one comparison of rows finds where a part begins."""
    submitted, key = col(Application.submitted_at), col(Application.id)
    match name:
        case "todo":
            return case(TODO, value=col(Application.state), else_=len(TODO)), submitted, key
        case "score":
            return -func.coalesce(col(Application.score), -1), submitted, key
        case "changed":
            return -extract("epoch", col(Application.changed_at)), key
        case _:
            return submitted, key


def _inside(slices: Sequence[Slice]) -> ColumnElement[bool]:
    found = []
    for one in slices:
        parts = [col(Application.state).in_(one.states)]
        if one.programmes is not None:
            parts.append(col(Application.programme).in_(one.programmes))
        if one.scored is not None:
            parts.append(col(Application.score).is_not(None) if one.scored else col(Application.score).is_(None))
        found.append(and_(*parts))
    return or_(false(), *found)


def _named(search: str, name_keys: Collection[str]) -> ColumnElement[bool]:
    """By receipt, or where the search is none, by a part of the account's or the form's name."""
    letters = "".join(letter for letter in search.upper() if letter.isalnum())
    if len(letters) == 10 and letters.isascii():
        return col(Application.receipt) == f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
    account = select(col(Account.id)).where(
        col(Account.id) == col(Application.person_id), col(Account.name).icontains(search, autoescape=True)
    )
    form = select(col(PageAnswers.page)).where(
        col(PageAnswers.application_id) == col(Application.id),
        or_(false(), *(col(PageAnswers.answers)[key].astext.icontains(search, autoescape=True) for key in name_keys)),
    )
    return or_(account.exists(), form.exists(), col(Application.receipt).istartswith(search, autoescape=True))


def _wanted(viewer: Viewer, chosen: Chosen, name_keys: Collection[str]) -> list[ColumnElement[bool]]:
    parts = [visible_to(viewer), col(Application.receipt).is_not(None)]
    for column, value in (
        (col(Application.programme), chosen.programme),
        (col(Application.country), chosen.country),
        (col(Application.year), chosen.year),
    ):
        if value:
            parts.append(column == value)
    if chosen.slices:
        parts.append(_inside(chosen.slices))
    if chosen.search:
        parts.append(_named(chosen.search, name_keys))
    return parts


async def part(
    tx: Tx,
    viewer: Viewer,
    chosen: Chosen,
    *,
    order: str,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int,
    name_keys: Collection[str] = (),
) -> Part:
    """At most `limit` applications after (or before) one of them; from the beginning where that one is not to be seen."""
    keys = _order(order)
    statement = select(Application).where(*_wanted(viewer, chosen, name_keys))
    mark = after or before
    backwards = after is None and before is not None
    edge = None
    if mark is not None:
        edge = (await tx.execute(select(*keys).where(col(Application.id) == mark, visible_to(viewer)))).one_or_none()
    if edge is not None:
        here, there = tuple_(*keys), tuple_(*(literal(value) for value in edge))
        statement = statement.where(here < there if backwards else here > there)
    statement = statement.order_by(*(key.desc() if backwards else key for key in keys)).limit(limit + 1)
    found = list((await tx.execute(statement)).scalars())
    more = len(found) > limit
    rows = found[:limit]
    if backwards and edge is not None:
        return Part(tuple(reversed(rows)), before=more, after=True)
    return Part(tuple(rows if not backwards else reversed(rows)), before=edge is not None, after=more)


async def some(tx: Tx, viewer: Viewer, ids: Collection[UUID]) -> list[Application]:
    """Those of these applications that the viewer may see, best scored first, as places are given."""
    if not ids:
        return []
    statement = select(Application).where(visible_to(viewer), col(Application.receipt).is_not(None), col(Application.id).in_(ids))
    return list((await tx.execute(statement.order_by(*_order("score")))).scalars())


async def counts(tx: Tx, viewer: Viewer, *, programme: str = "", year: int = 0, country: str = "") -> list[Count]:
    """How many submitted applications the viewer may see, by programme, year, state, and whether they are scored."""
    scored = col(Application.score).is_not(None)
    columns = (col(Application.programme), col(Application.year), col(Application.state), scored)
    chosen = Chosen(programme=programme, year=year, country=country)
    statement = select(*columns, func.count()).where(*_wanted(viewer, chosen, ())).group_by(*columns)
    return [Count(*row) for row in await tx.execute(statement)]


async def names(tx: Tx, applications: Collection[Application], name_keys: Collection[str]) -> dict[UUID, str]:
    """Application to the name that its form gives, else the account's; those of whom neither is known are absent."""
    if not applications:
        return {}
    ids = [one.id for one in applications]
    accounts = select(col(Application.id), col(Account.name)).join(Account, col(Account.id) == col(Application.person_id))
    found = {key: name for key, name in await tx.execute(accounts.where(col(Application.id).in_(ids))) if name}
    for name_key in name_keys:
        given = col(PageAnswers.answers)[name_key].astext
        forms = select(col(PageAnswers.application_id), given).where(col(PageAnswers.application_id).in_(ids), given.is_not(None))
        found |= {key: name for key, name in await tx.execute(forms) if name}
    return found


# ---- what stands beside a decision


@dataclass(frozen=True, slots=True)
class Beside:
    """About a cell: how many its country has put forward, how many approvals quotas has not answered, and who is nominated."""

    put_forward: int
    asking: int
    nominated: int


_HELD: Final = (
    "slate_rank is not null and not (state = 'withdrawn' and offer_version is null) and coalesce(reason_limit, '') not like 'nomination:%'"
)
"""A candidate counts as put forward unless withdrawn before a place was given, or refused because the country's limit was used up."""
_BESIDE: Final = text(f"""
    select
        count(*) filter (where {_HELD}),
        count(*) filter (where state = 'approved'),
        count(*) filter (where state = 'nominated')
    from application where programme = :programme and year = :year and country = :country
""")  # noqa: S608 - made of constants
_CAPS: Final = text("""
    select programme, year, capacity from fixed_limit where kind = 'nomination' and country = :country and capacity is not null
""")
_PUT_FORWARD: Final = text(f"select programme, year, count(*) from application where country = :country and {_HELD} group by 1, 2")  # noqa: S608


async def beside(tx: Tx, cell: Cell) -> Beside:
    """What this service knows of a cell by itself."""
    return Beside(*(await tx.execute(_BESIDE, cell._asdict())).one())


async def put_forward(tx: Tx, country: str) -> dict[Cell, int]:
    """How many candidates a country has put forward, by cell."""
    return {Cell(programme, country, year): number for programme, year, number in await tx.execute(_PUT_FORWARD, {"country": country})}


async def fixed_caps(tx: Tx, country: str) -> dict[Cell, int]:
    """How many candidates a country may put forward where officers have set that, by cell."""
    return {Cell(programme, country, year): capacity for programme, year, capacity in await tx.execute(_CAPS, {"country": country})}


async def standing_by_score(tx: Tx, application: Application) -> tuple[int, int]:
    """Where the application stands by score among the scored ones of its cell and state, and how many those are."""
    score, submitted, key = col(Application.score), col(Application.submitted_at), col(Application.id)
    same = and_(score == application.score, tuple_(submitted, key) < tuple_(literal(application.submitted_at), literal(application.id)))
    statement = select(func.count().filter(or_(score > application.score, same)), func.count()).where(
        col(Application.programme) == application.programme,
        col(Application.year) == application.year,
        col(Application.country) == application.country,
        col(Application.state) == application.state,
        score.is_not(None),
    )
    better, among = (await tx.execute(statement)).one()
    return better + 1, among


_SLATE_PLACES: Final = text("""
    select id, number, among from (
        select id, row_number() over (partition by programme, year, country order by slate_rank, id) as number,
            count(*) over (partition by programme, year, country) as among
        from application where state = 'nominated' and slate_rank is not null and (programme, year, country) in (
            select programme, year, country from application where id = any(cast(:ids as uuid[]))
        )
    ) ranked where id = any(cast(:ids as uuid[]))
""")


async def slate_places(tx: Tx, applications: Sequence[Application]) -> dict[UUID, tuple[int, int]]:
    """Which one in its country's order each of those that are nominated is now, counting from 1, and of how many on the slate.

    Stored ranks only order: they have gaps where somebody has left the slate.
    """
    ids = [one.id for one in applications if one.state == State.NOMINATED]
    if not ids:
        return {}
    return {one: (number, among) for one, number, among in await tx.execute(_SLATE_PLACES, {"ids": ids})}


async def numbered(tx: Tx, applications: Sequence[Application]) -> dict[UUID, int]:
    """The same without of how many."""
    return {one: number for one, (number, _among) in (await slate_places(tx, applications)).items()}


# ---- reviewers


def _to_review(viewer: Viewer, chosen: Chosen) -> Select[Any]:
    """Applications that the reviewer has not scored; those with the fewest reviews first, then the earliest sent."""
    mine = select(col(Review.score)).where(col(Review.application_id) == col(Application.id), col(Review.reviewer_id) == viewer.account_id)
    return select(Application).where(*_wanted(viewer, chosen, ()), ~mine.exists())


def _reviews() -> ColumnElement[int]:
    counted = select(func.count()).where(col(Review.application_id) == col(Application.id)).scalar_subquery()
    return func.coalesce(counted, 0)


async def to_review(tx: Tx, viewer: Viewer, chosen: Chosen, *, limit: int, without: UUID | None = None) -> list[tuple[Application, int]]:
    """The first of the reviewer's queue with the number of reviews that each has; `without` is passed over."""
    statement = _to_review(viewer, chosen).add_columns(_reviews().label("reviews"))
    if without is not None:
        statement = statement.where(col(Application.id) != without)
    statement = statement.order_by(text("reviews"), col(Application.submitted_at), col(Application.id)).limit(limit)
    return [(application, number) for application, number in await tx.execute(statement)]


async def to_review_in_all(tx: Tx, viewer: Viewer, chosen: Chosen) -> int:
    """How long the reviewer's queue is."""
    return int((await tx.execute(select(func.count()).select_from(_to_review(viewer, chosen).subquery()))).scalar_one())


async def reviewed(tx: Tx, viewer: Viewer, chosen: Chosen, *, limit: int) -> list[tuple[Application, Review]]:
    """What the reviewer has scored, the last one first."""
    statement = (
        select(Application, Review)
        .join(Review, and_(col(Review.application_id) == col(Application.id), col(Review.reviewer_id) == viewer.account_id))
        .where(*_wanted(viewer, chosen, ()))
        .order_by(col(Review.submitted_at).desc(), col(Application.id))
        .limit(limit)
    )
    return [(application, review) for application, review in await tx.execute(statement)]
