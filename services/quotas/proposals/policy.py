"""Allotting a year by a policy: base, weights of the groups, minima, maxima, rounding. Adopted as a whole, and kept with its version."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text

from services.quotas.allotting import allotted, sides_of
from services.quotas.domain.allotment import ROUNDINGS, Policy, weights_of
from services.quotas.domain.commands import Command, SetTarget
from services.quotas.domain.model import Verdict
from services.quotas.domain.participation import Change
from services.quotas.proposals.kind import PLACES_MAX, Filed, Kind, Params, ProposalRefused
from services.quotas.store.terms import changes_of, published
from services.quotas.use_cases import apply, judge
from shared.events.applications import ProgrammePublished
from shared.kernel.cells import Cell
from shared.persistence.database import Tx

_TERMS: Final = text("select terms, changes::text as changes, version from programme where code = :programme")
_CELLS: Final = text("select key from cell where programme = :programme and year = :year and listed order by key")
_KEEP: Final = text(
    "insert into allotment_policy (programme, year, version, proposal, params, adopted_by, adopted_at) "
    "select :programme, :year, coalesce(max(version), 0) + 1, :proposal, cast(:params as jsonb), :by, :at "
    "from allotment_policy where programme = :programme and year = :year"
)


class AllotByPolicy(Params, frozen=True, kw_only=True):
    """The year's places (`places`: so many in all; the plan's own number where absent) split by this policy.

    `weights` add to the 1 that every country has, by group. `allow_over`: also where a country gets fewer than it holds.
    """

    programme: str
    year: int
    base: int
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    minimum: int = 0
    maximum: int | None = None
    rounding: str = "largest_remainder"
    places: int | None = None
    allow_over: bool = False


class Allotments(Params, frozen=True, kw_only=True):
    """The targets of several cells of one programme, by key; also below what is held, so that what frees goes to the pool."""

    targets: dict[str, int]


class ChangeAllotments(Kind[Allotments]):
    """Several targets at once, all of them or none: what undoes a policy."""

    name, params, act, strict = "allotments", Allotments, "allotment", True

    def programme(self, params: Allotments) -> str:
        return next(iter(sorted(params.targets)), "").partition(":")[0]

    async def cells(self, _tx: Tx, params: Allotments) -> tuple[str, ...]:
        return tuple(sorted(params.targets))

    async def objection(self, _tx: Tx, filed: Filed[Allotments]) -> ProposalRefused | None:
        targets = filed.params.targets
        if not targets or set(targets) - set(filed.figures):
            return ProposalRefused("unknown_cell")
        if any(Cell.parse(key).programme != filed.programme for key in targets):
            return ProposalRefused("other_programme")
        if any(not 0 <= target <= PLACES_MAX for target in targets.values()):
            return ProposalRefused("bad_policy_number")
        unchanged = all(filed.figures[key]["target"] == target for key, target in targets.items())
        return ProposalRefused("unchanged_policy") if unchanged else None

    def commands(self, filed: Filed[Allotments]) -> Sequence[Command]:
        return _lower_first(filed, filed.params.targets, "adopted")

    def counter(self, _params: Allotments, outcome: Mapping[str, Any]) -> tuple[str, Params] | None:
        return self.name, Allotments(targets={key: one["target"] for key, one in outcome["cells"].items()})


class AdoptPolicy(Kind[AllotByPolicy]):
    name, params, act = "policy", AllotByPolicy, "policy"
    strict = True

    def programme(self, params: AllotByPolicy) -> str:
        return params.programme

    async def cells(self, tx: Tx, params: AllotByPolicy) -> tuple[str, ...]:
        rows = await tx.execute(_CELLS, {"programme": params.programme, "year": params.year})
        return tuple(row.key for row in rows)

    async def basis(self, tx: Tx, params: AllotByPolicy) -> str:
        """What beside the cells it was judged by: the plan's version, and who takes part."""
        row = (await tx.execute(_TERMS, {"programme": params.programme})).first()
        return f"{row.version} {row.changes}" if row is not None else ""

    async def objection(self, tx: Tx, filed: Filed[AllotByPolicy]) -> ProposalRefused | None:
        if not filed.figures:
            return ProposalRefused("unknown_year")
        params, fault = filed.params, await fault_of(tx, filed.params)
        if fault is not None:
            return fault
        targets = await targets_of(tx, params)
        if all(figures["target"] == targets.get(key, 0) for key, figures in filed.figures.items()):
            return ProposalRefused("unchanged_policy")
        below = [key for key, one in filed.figures.items() if targets.get(key, 0) < min(one["target"], one["offered"] + one["taken"])]
        if below and not params.allow_over:
            return ProposalRefused("policy_below_held", {"countries": len(below), "first": Cell.parse(below[0]).country})
        return None

    async def look(self, tx: Tx, filed: Filed[AllotByPolicy]) -> Verdict:
        verdict, _terms = await judge(tx, _lower_first(filed, await targets_of(tx, filed.params), "policy"))
        return verdict

    def counter(self, _params: AllotByPolicy, outcome: Mapping[str, Any]) -> tuple[str, Params] | None:
        """The targets that the cells had before it; what a policy splits cannot always be said by another one."""
        before = {key: one["target"] for key, one in outcome["cells"].items()}
        return ("allotments", Allotments(targets=before)) if before else None

    async def carry_out(self, tx: Tx, filed: Filed[AllotByPolicy]) -> Verdict:
        """Lower targets first, so that the pool has what the higher ones need; the policy is kept with its version."""
        verdict = await apply(tx, _lower_first(filed, await targets_of(tx, filed.params), "policy"), whole=True)
        if not verdict.short:
            row = {"programme": filed.programme, "year": filed.params.year, "proposal": filed.proposal, "by": filed.by, "at": filed.now}
            await tx.execute(_KEEP, {**row, "params": msgspec.json.encode(filed.params).decode()})
        return verdict


async def fault_of(tx: Tx, params: AllotByPolicy) -> ProposalRefused | None:
    """What the policy may not say, by itself or of as many places and countries as the year has."""
    fault = bounds_fault(params)
    if fault is not None:
        return fault
    data, changes = await _plan(tx, params.programme)
    for share in sides_of(data, params.year, _places(params, data.places_per_year), changes).values():
        needed = max(params.base, params.minimum) * len(share.groups)
        if needed > share.places:
            return ProposalRefused("minima_exceed", {"needed": needed, "places": share.places, "countries": len(share.groups)})
    return None


def bounds_fault(params: AllotByPolicy) -> ProposalRefused | None:
    """What no policy may say, whatever the plan."""
    numbers = (params.base, params.minimum, *(one for one in (params.maximum, params.places) if one is not None))
    if any(not 0 <= number <= PLACES_MAX for number in numbers):
        return ProposalRefused("bad_policy_number")
    if params.maximum is not None and params.maximum < max(params.base, params.minimum):
        return ProposalRefused("bad_bounds", {"least": max(params.base, params.minimum), "most": params.maximum})
    if any(not 0 <= weight <= 1_000 for weight in params.weights.values()):
        return ProposalRefused("bad_weights")
    return None if params.rounding in ROUNDINGS else ProposalRefused("unknown_rounding", {"methods": ", ".join(ROUNDINGS)})


async def targets_of(tx: Tx, params: AllotByPolicy) -> dict[str, int]:
    """What every cell of the year would have by the policy."""
    data, changes = await _plan(tx, params.programme)
    policy = Policy(params.base, weights_of(params.weights), params.minimum, params.maximum, params.rounding)
    return allotted(data, params.year, _places(params, data.places_per_year), policy, changes)


def _lower_first(filed: Filed[Any], targets: Mapping[str, int], cause: str) -> Sequence[Command]:
    changed = [(targets.get(key, 0), key) for key, figures in filed.figures.items() if targets.get(key, 0) != figures["target"]]
    lower_first = sorted(changed, key=lambda one: (one[0] > filed.figures[one[1]]["target"], one[1]))
    return tuple(SetTarget(cell=key, at=filed.now, target=target, cause=cause) for target, key in lower_first)


def _places(params: AllotByPolicy, planned: Mapping[int, int]) -> int:
    return params.places if params.places is not None else planned.get(params.year, 0)


async def _plan(tx: Tx, programme: str) -> tuple[ProgrammePublished, tuple[Change, ...]]:
    row = (await tx.execute(_TERMS, {"programme": programme})).one()
    return published(row.terms), changes_of(row.changes)
