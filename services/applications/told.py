"""The tables of what quotas told that is about no application: who takes part, the figures of cells, and the limits that officers set."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, Column, Text
from sqlmodel import Field

from services.applications.accounts.tables import MOMENT
from services.applications.tables import Table


class ParticipationChange(Table, table=True):
    """A change of who takes part; `number` counts the changes of a country in a programme, in their order."""

    programme: str = Field(sa_type=Text, primary_key=True)
    country: str = Field(sa_type=Text, primary_key=True)
    number: int = Field(primary_key=True)
    takes_part: bool
    first_day: date
    last_day: date | None = None
    parts: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    at: datetime = Field(sa_type=MOMENT)


class CellFigures(Table, table=True):
    """A cell's newest figures; beside the officer's decision."""

    cell: str = Field(sa_type=Text, primary_key=True)
    version: int
    capacity: int
    free: int
    offered: int
    taken: int
    waiting: int
    last_decision: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime = Field(sa_type=MOMENT)


class FixedLimit(Table, table=True):
    """What officers set for a limit, by its key; where `capacity` is absent the plan's own counts again.

    What the key does not name is absent. `version` is the limit's when it was set: an older one is passed by.
    """

    key: str = Field(sa_type=Text, primary_key=True)
    version: int
    kind: str = Field(sa_type=Text)
    programme: str = Field(sa_type=Text)
    year: int | None = None
    country: str | None = Field(default=None, sa_type=Text)
    course: str | None = Field(default=None, sa_type=Text)
    capacity: int | None = None
    at: datetime = Field(sa_type=MOMENT)
