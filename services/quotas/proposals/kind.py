"""What a proposal is made of: its kind, what it asks for, and the answers of those who file and decide it."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from services.quotas.domain.commands import Command
from services.quotas.domain.model import Verdict
from services.quotas.domain.terms import Terms
from services.quotas.use_cases import apply, judge
from shared.persistence.database import Tx

SYSTEM: Final = "system"
"""Who proposes what a new version of a plan asks for and may not do by itself."""
NEWER_PLAN: Final = "newer_plan"
"""Who closes it once a newer version asks for something else: not whoever proposed it, as with everything that is decided."""
REASON_MAX: Final = 1_000
PLACES_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposal is filed and waits for another person."""

    proposal: UUID


@dataclass(frozen=True, slots=True)
class Decided:
    """The proposal was adopted or rejected."""

    proposal: UUID
    state: str


@dataclass(frozen=True, slots=True)
class ProposalRefused:
    """Nothing changed. `reason` is a key of `problems.WORDS`; `figures` are those that explain it, such as `has` and `wanted`."""

    reason: str
    figures: Mapping[str, int | str | date] = field(default_factory=dict)


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a proposal of some kind asks for, as it is stored."""


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class Filed(Generic[P]):
    """A proposal that is being looked at, filed or carried out. `figures` are those of its cells, by key, as they are now."""

    programme: str
    params: P
    figures: Mapping[str, Mapping[str, int]]
    now: datetime
    by: str
    proposal: UUID | None = None
    basis: str = ""
    """What beside the figures it was judged by (`Kind.basis`)."""
    terms: Terms | None = None
    """The programme's terms as they are in force; none where no cell of it is known."""

    @property
    def state(self) -> str:
        """A word for the state of the books that it is judged by; another one as soon as one of its cells is decided upon."""
        heads = "\n".join(f"{key} {self.figures[key]['last_decision']}" for key in sorted(self.figures))
        return hashlib.sha256(f"{heads}\n{self.basis}".encode()).hexdigest()[:16]


class Kind(ABC, Generic[P]):
    """One kind of proposal; `KINDS` in `kinds` has one entry for each.

    `act` is the word of its audit rows. `strict`: what could not be adopted now is not even filed. `of_programme`: it changes
    the programme itself, which is locked before its cells are.
    `by_country`: a country's coordinator may propose it too, for that country (`params.country`).
    """

    name: str
    params: type[P]
    act: str
    strict: bool = False
    of_programme: bool = False
    by_country: bool = False

    @abstractmethod
    def programme(self, params: P) -> str:
        """The programme that it is about."""

    @abstractmethod
    async def cells(self, tx: Tx, params: P) -> tuple[str, ...]:
        """The cells whose figures it was judged by; where one of them was decided upon since, it has to be looked at again."""

    async def basis(self, _tx: Tx, _params: P) -> str:
        """What beside the figures of its cells it was judged by; where that has changed, it has to be looked at again too."""
        return ""

    async def objection(self, _tx: Tx, _filed: Filed[P]) -> ProposalRefused | None:
        """What stands against it, whatever places there are; asked when it is filed, and again when it is adopted."""
        return None

    def subject(self, params: P, cells: Sequence[str]) -> str:
        """What its audit rows are about."""
        return cells[0] if len(cells) == 1 else self.programme(params)

    async def filed(self, tx: Tx, filed: Filed[P], proposal: UUID) -> None:
        """What has to be done besides when it was filed under this id."""

    def commands(self, filed: Filed[P]) -> Sequence[Command]:
        """What it asks the books for."""
        return ()

    async def look(self, tx: Tx, filed: Filed[P]) -> Verdict:
        """What it would come to. Whatever is written for it is taken back."""
        verdict, _terms = await judge(tx, self.commands(filed))
        return verdict

    async def carry_out(self, tx: Tx, filed: Filed[P]) -> Verdict:
        """Do it. Where the verdict is short of something, whatever was written for it is taken back."""
        return await apply(tx, self.commands(filed), whole=True)

    def counter(self, _params: P, _outcome: Mapping[str, Any]) -> tuple[str, Params] | None:
        """Kind and parameters of the proposal that would undo it, by what it did when it was adopted; none where there is none."""
        return None
