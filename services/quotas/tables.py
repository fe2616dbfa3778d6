"""The tables of the quotas service; the messaging tables beside them are `shared.messaging`'s.

Times are aware, in UTC. A score is in thousandths of a point. Decisions and transfers are only ever added.
"""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, DateTime, Identity, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import declared_attr, registry
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

PLACE_STATES = ("nominated", "nomination_refused", "waiting", "offered", "taken", "released", "refused")
PROPOSAL_STATES = ("open", "approved", "rejected")
_WAITS = text("state = 'waiting'")
_BETWEEN_CELLS = text("starts_with(source, 'free:') and starts_with(target, 'free:')")


def _one_of(column: str, names: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(name) for name in names)})"


def _moment(*, optional: bool = False) -> Any:
    column: Column[datetime] = Column(DateTime(timezone=True), nullable=optional)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


def _text(*, optional: bool = False, primary: bool = False, sorted_by_bytes: bool = False) -> Any:
    column: Column[str] = Column(Text(collation="C" if sorted_by_bytes else None), nullable=optional, primary_key=primary)
    return Field(default=None, sa_column=column) if optional else Field(sa_column=column)


def _count(name: str, check: str) -> CheckConstraint:
    return CheckConstraint(check, name=name)


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; a table is named after its class, in snake case."""

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Programme(Table, table=True):
    """A programme's terms as last published: `terms` is the event's data as JSON, `version` the last version applied of its subject.

    `funded` is how many places the plan has put into its books. `changes` are those of participation that were adopted since, in order.
    """

    __table_args__ = (_count("programme_funded", "funded >= 0"),)

    code: str = _text(primary=True)
    plan: str = _text()
    plan_version: str = _text()
    version: int
    terms: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    places_total: int
    funded: int
    changes: list[Any] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]"))
    published_at: datetime = _moment()


class Cell(Table, table=True):
    """Programme x country x year: its places by account, its list, and the head of its chain of decisions.

    `listed` is false where a request came for a cell that no plan has. `planned` is the plan's own figure, `target` the one in force.
    `served`: the round was served; `closed`: the waiting list was closed; `settled`: its year was.
    The row's lock orders everything that happens in the cell.
    """

    __table_args__ = (
        Index("cell_board", "programme", "year", "country"),
        _count("cell_target", "target >= 0"),
        _count("cell_free", "free = greatest(0, target - offered - taken)"),
        _count("cell_offered", "offered >= 0"),
        _count("cell_taken", "taken >= 0"),
        _count("cell_waiting", "waiting >= 0"),
    )

    key: str = _text(primary=True, sorted_by_bytes=True)
    programme: str = _text()
    country: str = _text()
    year: int
    listed: bool
    planned: int = 0
    target: int = 0
    free: int = 0
    offered: int = 0
    taken: int = 0
    waiting: int = 0
    last_decision: int = 0
    last_hash: str = _text()
    grants_from: datetime | None = _moment(optional=True)
    list_closes: datetime | None = _moment(optional=True)
    served: bool = False
    closed: bool = False
    settled: bool = False


class LimitCounter(Table, table=True):
    """A limit that is counted apart from the cell, such as `nomination:<cell>` or `person:<id>`. No capacity means no end.

    `capacity` is as it was when the limit was last drawn on; `fixed` is a capacity that officers set, or nothing where the plan's counts.
    """

    __table_args__ = (_count("limit_counter_used", "used >= 0"), _count("limit_counter_fixed", "fixed >= 0"))

    key: str = _text(primary=True, sorted_by_bytes=True)
    kind: str = _text()
    capacity: int | None = None
    used: int = 0
    version: int = 0
    fixed: int | None = None


class Place(Table, table=True):
    """What one application has of a cell. `application_version` is the last fact of the application that was applied;
    `version` counts the facts that were published about it; `decision` is the number of its last decision in the cell's chain.

    `parts`: those that the place is in, by the terms in force when it was asked for; before that, those in which it may come to be.
    `nominated`: it counts against the nomination cap. `ended`: the stay is over, the person is free, the place stays counted.
    `position` is its place on the list when it was last told; 0 before the round.
    """

    __table_args__ = (
        Index("place_list", "cell", text("(-score)"), "submitted_at", "application", postgresql_include=["score"], postgresql_where=_WAITS),
        Index("place_waiter", "person", postgresql_where=_WAITS),
        Index("place_course_waiter", "cell", "course", postgresql_where=text("state = 'waiting' and course is not null")),
        Index("place_due", "answer_by", postgresql_where=text("state = 'offered'")),
        CheckConstraint(_one_of("state", PLACE_STATES), name="place_state"),
        CheckConstraint("(state = 'offered') = (answer_by is not null)", name="place_offer"),
        CheckConstraint("state <> 'waiting' or submitted_at is not null", name="place_rank"),
    )

    application: UUID = Field(primary_key=True)
    person: UUID
    cell: str = _text(sorted_by_bytes=True)
    state: str = _text()
    application_version: int
    version: int
    decision: int
    score: int = 0
    submitted_at: datetime | None = _moment(optional=True)
    parts: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    course: str | None = _text(optional=True)
    channel: str | None = _text(optional=True)
    nominated: bool = False
    ended: bool = False
    position: int | None = None
    answer_by: datetime | None = _moment(optional=True)
    reason: str | None = _text(optional=True)
    reason_limit: str | None = _text(optional=True)
    decided_at: datetime = _moment()


class ListRange(Table, table=True):
    """A stretch of a long waiting list: `count` wait from this rank on up to the next row's.

    Follows from the places; `store.ranks` keeps it.
    """

    __table_args__ = (_count("list_range_count", "count > 0"),)

    cell: str = _text(primary=True, sorted_by_bytes=True)
    minus_score: int = Field(primary_key=True)
    submitted_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    application: UUID = Field(primary_key=True)
    count: int


class Decision(Table, table=True):
    """One link of a cell's chain: `record` is the canonical JSON that `hash` (SHA-256, hexadecimal) is of.

    `batch` is the number in the journal, `turn` counts from 0 inside it: together they say in which order everything was decided.
    """

    __table_args__ = (Index("decision_target_set", "cell", "number", postgresql_where=text("outcome = 'target_set'")),)

    cell: str = _text(primary=True, sorted_by_bytes=True)
    number: int = Field(primary_key=True)
    application: UUID | None = None
    at: datetime = _moment()
    outcome: str = _text()
    record: str = _text()
    hash: str = _text()
    batch: int = Field(sa_column=Column(BigInteger, nullable=False))
    turn: int


class DayCount(Table, table=True):
    """How many decisions of an outcome a cell had on a day (UTC). Follows from the decisions; `tally` keeps it."""

    __table_args__ = (_count("day_count_count", "count > 0"),)

    cell: str = _text(primary=True, sorted_by_bytes=True)
    day: date = Field(primary_key=True)
    outcome: str = _text(primary=True)
    count: int


class CountedCell(Table, table=True):
    """The last decision of a cell that is in its day counts."""

    __table_args__ = (_count("counted_cell_number", "number > 0"),)

    cell: str = _text(primary=True, sorted_by_bytes=True)
    number: int


class Transfer(Table, table=True):
    """`count` places went from account `source` to account `target`; without a cell where a programme as a whole was funded.

    `batch` and `turn` are those of the decision.
    """

    __table_args__ = (
        _count("transfer_count", "count > 0"),
        Index("transfer_of_cell", "cell", "id"),
        Index("transfer_between_cells", "target", "id", postgresql_where=_BETWEEN_CELLS),
        Index("transfer_out_of_cell", "cell", postgresql_where=text("starts_with(target, 'lapsed:') or starts_with(target, 'pool:')")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    programme: str = _text()
    cell: str | None = Field(default=None, sa_column=Column(Text(collation="C"), nullable=True))
    decision: int | None = None
    source: str = _text()
    target: str = _text()
    count: int
    cause: str = _text()
    at: datetime = _moment()
    batch: int = Field(sa_column=Column(BigInteger, nullable=False))
    turn: int


class Account(Table, table=True):
    """The balance of an account that no cell keeps: `pool:<programme>`, `lapsed:<programme>:<year>`."""

    __table_args__ = (_count("account_balance", "balance >= 0"),)

    key: str = _text(primary=True, sorted_by_bytes=True)
    programme: str = _text()
    balance: int = 0


class Proposal(Table, table=True):
    """A change that waits for a second person. `kind` is a key of `proposals.KINDS`, `params` is what it asks for, `cells` those by whose
    figures it is judged (`cell`: where it is one). `seen` are their figures when it was proposed, and the pool's balance.

    `outcome` is what its adoption did; `counters` the adopted proposal that it would undo. `proposed_role`: empty where nobody did.
    """

    __table_args__ = (
        Index("proposal_open", "proposed_at", postgresql_where=text("state = 'open'")),
        CheckConstraint(_one_of("state", PROPOSAL_STATES), name="proposal_state"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="proposal_decided"),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="proposal_four_eyes"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = _text()
    programme: str = _text()
    cell: str | None = Field(default=None, sa_column=Column(Text(collation="C"), nullable=True))
    cells: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    params: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    seen: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    outcome: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    counters: UUID | None = Field(default=None, foreign_key="proposal.id")
    reason: str = _text()
    proposed_by: str = _text()
    proposed_role: str = _text()
    proposed_at: datetime = _moment()
    state: str = _text()
    decided_by: str | None = _text(optional=True)
    decided_at: datetime | None = _moment(optional=True)
    note: str = _text()


class AllotmentPolicy(Table, table=True):
    """A policy that two people adopted for a year, with its version: `params` are `AllotByPolicy`."""

    programme: str = _text(primary=True)
    year: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    proposal: UUID = Field(foreign_key="proposal.id")
    params: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    adopted_by: str = _text()
    adopted_at: datetime = _moment()


class ProposalConsent(Table, table=True):
    """A country that is asked whether another may return, and its answer (`yes`, `no`, none yet): who gave it and when."""

    __table_args__ = (CheckConstraint("answer in ('yes', 'no')", name="proposal_consent_answer"),)

    proposal: UUID = Field(primary_key=True, foreign_key="proposal.id")
    country: str = _text(primary=True)
    answer: str | None = _text(optional=True)
    by: str | None = _text(optional=True)
    role: str | None = _text(optional=True)
    at: datetime | None = _moment(optional=True)
    note: str = _text()


class IdempotencyKey(Table, table=True):
    """A request that was made with a key, and its answer."""

    principal: str = _text(primary=True)
    key: str = _text(primary=True)
    request_hash: str = _text()
    body: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    created_at: datetime = _moment()
