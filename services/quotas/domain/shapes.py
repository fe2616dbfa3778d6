"""What a decision's record looks like, and what each outcome may say and do. A new outcome is one entry in each table."""

import re
from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

from services.quotas.domain.chain import read
from services.quotas.domain.model import NOMINATED, NOMINATION_REFUSED, OFFERED, REFUSED, RELEASED, TAKEN, WAITING


class Wrong(Exception):
    """What was read cannot be: a stable code, what was found and what was expected, and the decision that is at fault."""

    def __init__(self, code: str, detail: str, cell: str | None = None, number: int | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.cell, self.number = code, detail, cell, number


class CountedUse(NamedTuple):
    """One limit at a decision, as it is written in the record."""

    after: int
    before: int
    capacity: int | None
    key: str
    kind: str
    version: int

    def had_room(self) -> bool:
        """Whether one more could draw on it before the decision."""
        return self.capacity is None or self.before < self.capacity


REORDERED: Final = "reordered"

SAYS: Final[Mapping[str, tuple[str, ...]]] = {
    NOMINATED: (),
    NOMINATION_REFUSED: ("limit", "reason"),
    OFFERED: ("skips", "until"),
    WAITING: ("lacking", "position"),
    REFUSED: ("limit", "reason"),
    TAKEN: (),
    RELEASED: (),
    "left": (),
    "ended": (),
    "target_set": (),
    REORDERED: ("position",),
    "limit_set": ("limit",),
    "recounted": (),
}
"""Outcome -> the fields that it alone fills, beside those that every decision has."""

_AFTER: Final[Mapping[str, tuple[str, ...]]] = {
    NOMINATED: ("",),
    NOMINATION_REFUSED: ("",),
    OFFERED: ("", NOMINATED, WAITING),
    WAITING: ("", NOMINATED, WAITING),
    REFUSED: ("", NOMINATED, WAITING),
    TAKEN: (OFFERED,),
    RELEASED: (OFFERED, TAKEN),
    "left": (NOMINATED, WAITING),
    "ended": (TAKEN,),
    REORDERED: (WAITING,),
}
_CHANGES: Final[Mapping[str, tuple[int, ...]]] = {OFFERED: (1, 0), RELEASED: (-1,), "ended": (-1,), TAKEN: (), NOMINATED: (), "left": ()}
_NOMINATION: Final[Mapping[str, tuple[int, ...]]] = {
    NOMINATED: (1,),
    OFFERED: (1,),
    WAITING: (1,),
    REFUSED: (0, 1),
    NOMINATION_REFUSED: (0,),
    "left": (-1,),
    "limit_set": (0,),
}


def comes_after(outcome: str) -> tuple[str, ...]:
    """The states in which an application may be before it; none for what is about no application."""
    return _AFTER.get(outcome, ())


def changes_allowed(outcome: str, kind: str) -> range | tuple[int, ...]:
    """By how much the decision may change a counter of that kind."""
    if outcome == "recounted":
        return range(-(10**9), 10**9)
    return _NOMINATION.get(outcome, ()) if kind == NOMINATION else _CHANGES.get(outcome, (0,))


NOMINATION: Final = "nomination"


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_ID: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_outcome(value: Any) -> bool:
    return isinstance(value, str) and value in SAYS


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


_OF_A_USE: Final = frozenset(CountedUse._fields)
_VALUES_OF_A_USE: Final = itemgetter(*CountedUse._fields)
_TYPES_OF_A_USE: Final = tuple((int, int, capacity, str, str, int) for capacity in (int, type(None)))


def _is_use(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != _OF_A_USE:
        return False
    _after, before, _capacity, key, kind, version = found = _VALUES_OF_A_USE(value)
    return tuple(map(type, found)) in _TYPES_OF_A_USE and before >= 0 and version >= 0 and bool(key and kind)


def _is_rank(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and type(value[0]) is int and _is_moment(value[1])


def _is_skip(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_id(value[0]) and _is_text(value[1])


def _all(check: Any) -> Any:
    return lambda value: isinstance(value, list) and all(map(check, value))


_FIELDS: Final[Mapping[str, tuple[Any, str]]] = {
    "application": (_is_id, "an id or null"),
    "at": (_is_moment, "a moment with its zone"),
    "cause": (_is_text, "a word"),
    "cell": (_is_text, "a cell's key"),
    "event": (_is_id, "an id or null"),
    "lacking": (_all(_is_text), "a list of limits"),
    "limit": (_is_text, "a limit or null"),
    "limits": (_all(_is_use), "a list of uses (after, before, capacity, key, kind, version)"),
    "number": (_is_count, "a number from 1"),
    "outcome": (_is_outcome, f"one of {', '.join(SAYS)}"),
    "position": (_is_count, "a number or null"),
    "prev": (_is_text, "a hash"),
    "rank": (_is_rank, "score and moment, or null"),
    "reason": (_is_text, "a code or null"),
    "rule": (_is_text, "the plan's version"),
    "skips": (_all(_is_skip), "a list of application and limit"),
    "until": (_is_moment, "a moment with its zone, or null"),
}
_MAY_BE_NONE: Final = frozenset(("application", "event", "limit", "position", "rank", "reason", "until"))


def body_of(record: str) -> dict[str, Any]:
    """The record's fields, each of its kind. Raises `Wrong` for anything else."""
    try:
        body = read(record)
    except (ValueError, RecursionError) as error:
        raise Wrong("record", f"the record is no JSON: {error}") from error
    if not isinstance(body, dict) or body.keys() != _FIELDS.keys():
        found = sorted(body) if isinstance(body, dict) else type(body).__name__
        raise Wrong("record", f"a record has the fields {', '.join(_FIELDS)}; found {found}")
    for name, (check, expected) in _FIELDS.items():
        value = body[name]
        if not (value is None and name in _MAY_BE_NONE) and not check(value):
            cell, number = (body[one] if _FIELDS[one][0](body[one]) else None for one in ("cell", "number"))
            raise Wrong("record", f"{name} is {body[name]!r}, expected {expected}", cell, number)
    return body
