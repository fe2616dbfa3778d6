"""Several policies for a year side by side, as a table and as maps of all countries; one of them can be proposed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.quotas import lookups, views
from services.quotas.access import MAY_PROPOSE, desk_of
from services.quotas.pages import asking, kit
from services.quotas.pages.changes import ROUNDING, policy_words
from services.quotas.pages.effects import Effect
from services.quotas.pages.words import groups_of
from services.quotas.problems import in_words, problem_of
from services.quotas.proposals.kind import ProposalRefused
from services.quotas.proposals.policy import AllotByPolicy, bounds_fault, fault_of, targets_of
from services.quotas.rows import Board, CellRow, ProgrammeRow
from shared.events.applications import AllotmentPolicy
from shared.persistence.database import Tx
from shared.web.formats import format_number, labelled, listed
from shared.web.i18n import N_, ngettext, translate
from shared.web.identity import require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)

PATH: Final = "/quotas/policies"
KIND: Final = "policy"
GROUPS: Final = ("LDC", "LLDC", "SIDS")
COLUMNS: Final = {"plan": N_("The plan’s policy"), "a": N_("Policy A"), "b": N_("Policy B")}


@dataclass(frozen=True, slots=True)
class Column:
    """One policy: what it says, what every cell would have by it, and where it can be proposed."""

    name: str
    words: str
    targets: Mapping[str, int]
    href: str
    gains: str
    tiles: Sequence[Mapping[str, Any]]


class _Read(NamedTuple):
    """What the page shows; `targets` and `faulty` by column, each policy in one of them."""

    programmes: Sequence[ProgrammeRow]
    board: Board
    policies: Mapping[str, AllotByPolicy]
    targets: Mapping[str, Mapping[str, int]]
    faulty: Mapping[str, ProposalRefused]


@router.get(PATH)
async def policies_page(request: Request) -> Response:
    require(request, *kit.READERS)
    query = request.query_params

    async def read(tx: Tx) -> _Read:
        programmes, board, plan = await _year(tx, request)
        policies = {key: _asked(query, key, board, plan) for key in COLUMNS}
        # The plan's own stays to be compared with, also where the year has too few places for its minima.
        faults = {key: bounds_fault(one) if key == "plan" else await fault_of(tx, one) for key, one in policies.items()}
        targets = {key: await targets_of(tx, one) for key, one in policies.items() if faults[key] is None}
        return _Read(programmes, board, policies, targets, {key: fault for key, fault in faults.items() if fault is not None})

    programmes, board, policies, targets, faulty = await desk_of(request).db.run(read)
    columns = [_column(key, one, board, targets.get(key)) for key, one in policies.items()]
    return render(
        request,
        "policies.html",
        caption=f"{kit.local(board.programme.names)} {board.year}",
        programme=board.programme,
        note=kit.local(board.programme.example_note),
        selectors=kit.year_selectors(programmes, board.programme, board.year),
        editors=[(key, _(COLUMNS[key]), _fields(key, policies[key])) for key in ("a", "b")],
        columns=columns,
        rows=[_row(cell, columns, policies) for cell in sorted(board.cells, key=lambda one: kit.sort_key(one.names))],
        against=[labelled(_(COLUMNS[key]), in_words(problem_of(fault))) for key, fault in faulty.items()],
    )


@router.get(PATH + "/propose")
async def propose_page(request: Request) -> Response:
    require(request, *MAY_PROPOSE)
    board, params = await desk_of(request).db.run(lambda tx: _of_address(tx, request))
    return _form(request, board, params, {}, asking.told(request, asking.reason_faults))


@router.post(PATH + "/propose")
async def propose_sent(request: Request) -> Response:
    """The policy stands in the address; what it would do to every country is shown before it is filed."""
    who, typed = require(request, *MAY_PROPOSE), await asking.typed_in(request)
    over = typed.get("allow_over") == "yes"
    fault = asking.reason_fault(typed.get("reason", ""))

    async def look(tx: Tx) -> tuple[Board, AllotByPolicy, Effect | None]:
        board, params = await _of_address(tx, request, over=over)
        return board, params, None if fault else await asking.look_at(tx, request, who, KIND, params)

    board, params, shown = await desk_of(request).db.run(look)
    if shown is None or typed.get("step") == "change":
        return _form(request, board, params, typed, {"reason": fault} if fault and typed.get("step") != "change" else {})
    if typed.get("step") != "send":
        rows = [(_("Policy"), policy_words(_plain(params))), (_("Reason"), typed["reason"])]
        return asking.check_page(request, caption=_caption(board), rows=rows, shown=shown, typed=typed)
    return await asking.file(request, who, KIND, params, typed)


async def _year(tx: Tx, request: Request) -> tuple[Sequence[ProgrammeRow], Board, AllotmentPolicy]:
    """The programmes, the year that the address asks for, and the plan's policy."""
    programmes, now = await views.programmes(tx), kit.now(request)
    code = request.query_params.get("programme", "")
    programme = next((one for one in programmes if one.code == code), None)
    if programme is None and (code or not programmes):
        raise Problem(404, code="unknown_board")
    programme = programme or max(programmes, key=lambda one: one.places_total)
    asked = kit.number_from(request.query_params.get("year")) or now.year
    year = min(programme.years, key=lambda one: (abs(one - asked), one))
    board = await views.board(tx, programme.code, year, now=now)
    assert board is not None, "a programme has the cells of its years"
    return programmes, board, await lookups.policy(tx, programme.code)


async def _of_address(tx: Tx, request: Request, *, over: bool = False) -> tuple[Board, AllotByPolicy]:
    _programmes, board, plan = await _year(tx, request)
    asked = _asked(request.query_params, "a", board, plan)
    fault = bounds_fault(asked)
    if fault is not None:
        raise problem_of(fault)
    return board, AllotByPolicy(**{**_plain(asked), "allow_over": over})


def _asked(query: Mapping[str, str], key: str, board: Board, plan: AllotmentPolicy) -> AllotByPolicy:
    """The policy of a column: the plan's own, or what the address says; by itself, A is without weights and B with twice the plan's."""
    times = {"plan": 1.0, "a": 0.0, "b": 2.0}[key]
    weights = {group: plan.weights.get(group, 0.0) * times for group in (*GROUPS, *plan.weights)}
    if key == "plan" or f"{key}_base" not in query:
        numbers: dict[str, Any] = {"base": plan.base, "minimum": plan.minimum, "maximum": plan.maximum, "rounding": plan.rounding}
        return AllotByPolicy(programme=board.programme.code, year=board.year, weights=weights, **numbers)
    return AllotByPolicy(
        programme=board.programme.code,
        year=board.year,
        base=_number(query, f"{key}_base") or 0,
        minimum=_number(query, f"{key}_minimum") or 0,
        maximum=_number(query, f"{key}_maximum"),
        rounding=query.get(f"{key}_rounding", plan.rounding),
        weights={group: _weight(query.get(f"{key}_{group}", "")) for group in weights},
        places=_number(query, f"{key}_places"),
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    typed = query.get(name, "").strip()
    if not typed:
        return None
    number = asking.whole_number(typed)
    return -1 if number is None else number  # said to be impossible by whoever judges the policy


def _weight(typed: str) -> float:
    try:
        return float(typed.strip().replace(",", ".") or 0)
    except ValueError:
        return -1.0


def _plain(params: AllotByPolicy) -> dict[str, Any]:
    return {name: getattr(params, name) for name in params.__struct_fields__}


def _address(params: AllotByPolicy, more: str = "") -> str:
    """The address of the page with this policy in column A."""
    query = {"programme": params.programme, "year": params.year, "a_base": params.base, "a_minimum": params.minimum}
    query |= {"a_rounding": params.rounding, **{f"a_{group}": weight for group, weight in params.weights.items()}}
    query |= {f"a_{name}": value for name in ("maximum", "places") if (value := getattr(params, name)) is not None}
    return f"{PATH}{more}?{urlencode(query)}"


def _caption(board: Board) -> str:
    return f"{kit.local(board.programme.names)} {board.year}"


def _column(key: str, params: AllotByPolicy, board: Board, targets: Mapping[str, int] | None) -> Column:
    known = targets or {}
    gaining = sum(known.get(cell.key, 0) > cell.target for cell in board.cells) if targets is not None else 0
    losing = sum(known.get(cell.key, 0) < cell.target for cell in board.cells) if targets is not None else 0
    counted = ngettext("{n} country gains", "{n} countries gain", gaining), ngettext("{n} country loses", "{n} countries lose", losing)
    gains = listed(counted, apart=True) if gaining or losing else _("No country gains or loses a place.")
    tiles = [_tile(cell, known.get(cell.key, 0)) for cell in sorted(board.cells, key=lambda one: (one.tile[1], one.tile[0]))]
    href = _address(params, "/propose") if gaining or losing else ""
    return Column(_(COLUMNS[key]), policy_words(_plain(params)), known, href, gains, tiles if targets is not None else ())


def _tile(cell: CellRow, target: int) -> dict[str, Any]:
    column, row = cell.tile
    words = {"country": kit.local(cell.names), "now": format_number(cell.target), "after": format_number(target)}
    title = _("{country}: {now} places today, {after} by this policy", **words)
    step = "5" if target > cell.target else "over" if target < cell.target else "0" if cell.participates or target else "out"
    label = _signed(target - cell.target) or format_number(target)
    return {
        "code": cell.country,
        "column": column,
        "row": row,
        "label": label,
        "title": title,
        "href": kit.cell_path(cell.key),
        "step": step,
    }


def _signed(difference: int) -> str:
    if not difference:
        return ""
    return f"{'+' if difference > 0 else '−'}{format_number(abs(difference))}"


def _row(cell: CellRow, columns: Sequence[Column], policies: Mapping[str, AllotByPolicy]) -> dict[str, Any]:
    cells = []
    for column, policy in zip(columns, policies.values(), strict=True):
        if not column.href:
            cells.append((column.name, "–", "", ""))
            continue
        target = column.targets.get(cell.key, 0)
        weight = 1 + sum(policy.weights.get(group, 0.0) for group in cell.groups)
        why = _("weight {weight}", weight=format_number(weight)) if target else ""
        cells.append((column.name, format_number(target), _signed(target - cell.target), why))
    return {"name": kit.local(cell.names), "href": kit.cell_path(cell.key), "groups": groups_of(cell), "cell": cell, "cells": cells}


def _fields(key: str, params: AllotByPolicy) -> list[dict[str, Any]]:
    """The fields of a policy that may be tried out."""
    maximum = "" if params.maximum is None else params.maximum
    found: list[dict[str, Any]] = [
        {"key": f"{key}_base", "kind": "number", "label": _("Base for everybody"), "value": params.base},
        {"key": f"{key}_minimum", "kind": "number", "label": _("At least"), "value": params.minimum},
        {"key": f"{key}_maximum", "kind": "number", "label": _("At most"), "value": maximum},
        {"key": f"{key}_places", "kind": "number", "label": _("Places in all"), "value": "" if params.places is None else params.places},
    ]
    found += [
        {"key": f"{key}_{group}", "kind": "text", "width": 5, "label": _("Weight of {group}", group=group), "value": format(weight, "g")}
        for group, weight in params.weights.items()
    ]
    rounding = [{"key": name, "label": _(words)} for name, words in ROUNDING.items()]
    return [*found, {"key": f"{key}_rounding", "kind": "select", "label": _("Rounding"), "options": rounding, "value": params.rounding}]


def _form(request: Request, board: Board, params: AllotByPolicy, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    over = {
        "key": "allow_over",
        "kind": "checkboxes",
        "label": _("If fewer are wanted than are held"),
        "options": [
            {
                "key": "yes",
                "label": _("Also below what is held"),
                "hint": _("Nobody loses a place. What frees goes to the pool until the number is met, and no new one is given before."),
            }
        ],
        "value": ["yes"] if typed.get("allow_over") == "yes" else [],
    }
    return asking.form_page(
        request,
        heading=_("Propose a policy for the year"),
        caption=_caption(board),
        back=_address(params),
        lead=policy_words(_plain(params)),
        questions=[over, asking.reason_question(typed, errors)],
        typed=typed,
        errors=errors,
    )
