"""Decisions of a cell are chained by their hashes, so that an outsider can check them from an export alone.

A decision's record is canonical JSON: keys sorted, no blanks, ASCII. It holds the hash of the decision before it; its own hash
is the SHA-256 of the record in hexadecimal.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring_ascii as _text
from typing import Any, Final
from uuid import UUID

from services.quotas.domain.model import GENESIS, Use

_canonical: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, check_circular=False)

OF_CELL: Final = frozenset({"cell", "nomination"})
"""The kinds of limit whose whole history stands in one cell's chain."""


def seal(body: Mapping[str, Any]) -> tuple[str, str]:
    """The canonical record of a decision, and its hash."""
    record = _canonical.encode(body)
    return record, digest(record)


def link(
    *,
    application: UUID | None,
    at: datetime,
    cause: str,
    cell: str,
    event: UUID | None,
    lacking: Iterable[str],
    limit: str | None,
    limits: Iterable[Use],
    number: int,
    outcome: str,
    position: int | None,
    prev: str,
    rank: tuple[int, datetime] | None,
    reason: str | None,
    rule: str,
    skips: Iterable[tuple[UUID, str]],
    until: datetime | None,
) -> tuple[str, str]:
    """The record and hash of a decision: what `seal` makes of the same fields, written field by field, which takes a third of the time."""
    uses = ",".join(
        [
            f'{{"after":{after},"before":{before},"capacity":{_number(capacity)},"key":{_text(key)},"kind":"{kind}","version":{version}}}'
            for key, kind, capacity, version, before, after in limits
        ]
    )
    passed = ",".join([f'["{one}",{_text(key)}]' for one, key in skips]) if skips else ""
    record = (
        f'{{"application":{_id(application)},"at":"{at.isoformat()}","cause":"{cause}","cell":{_text(cell)},"event":{_id(event)},'
        f'"lacking":[{",".join(map(_text, lacking))}],"limit":{_optional(limit)},"limits":[{uses}],"number":{number},"outcome":"{outcome}",'
        f'"position":{_number(position)},"prev":"{prev}","rank":{_rank(rank)},"reason":{_optional(reason)},"rule":{_text(rule)},'
        f'"skips":[{passed}],"until":{_moment(until)}}}'
    )
    return record, digest(record)


def _id(value: UUID | None) -> str:
    return "null" if value is None else f'"{value}"'


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _optional(value: str | None) -> str:
    return "null" if value is None else _text(value)


def _moment(value: datetime | None) -> str:
    return "null" if value is None else f'"{value.isoformat()}"'


def _rank(value: tuple[int, datetime] | None) -> str:
    return "null" if value is None else f'[{value[0]},"{value[1].isoformat()}"]'


def digest(record: str) -> str:
    """The hash of a canonical record."""
    return hashlib.sha256(record.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Fault:
    """The first decision at fault, by its number; `code` is stable, `detail` says what was found and what was expected."""

    number: int
    code: str
    detail: str


def verify(decisions: Iterable[tuple[str, str]]) -> Fault | None:
    """Check a cell's chain from its first decision on, given as record and hash; the first fault, or none.

    Found are a broken chain (`hash`, `link`, `number`), a counter that jumps (`counter`), a grant over capacity (`capacity`), and
    a waiter who was overtaken without a reason (`overtaken`).
    """
    audit = _Audit()
    for record, kept in decisions:
        fault = audit.read(record, kept)
        if fault is not None:
            return fault
    return None


_Rank = tuple[int, str, str]


@dataclass(slots=True)
class _Audit:
    """What is known after the decisions read so far."""

    number: int = 0
    prev: str = GENESIS
    used: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, _Rank] = field(default_factory=dict)

    def read(self, record: str, kept: str) -> Fault | None:
        number = self.number + 1
        if digest(record) != kept:
            return Fault(number, "hash", f"the record hashes to {digest(record)}, kept is {kept}")
        body = json.loads(record)
        if body["number"] != number:
            return Fault(number, "number", f"number {body['number']} follows {self.number}")
        if body["prev"] != self.prev:
            return Fault(number, "link", f"the one before has the hash {self.prev}, this one names {body['prev']}")
        fault = self._limits(number, body) or self._order(number, body)
        self.number, self.prev = number, kept
        self._follow(body)
        return fault

    def _limits(self, number: int, body: Mapping[str, Any]) -> Fault | None:
        for use in body["limits"]:
            key, before, after, capacity = use["key"], use["before"], use["after"], use["capacity"]
            if use["kind"] in OF_CELL and self.used.get(key, 0) != before:
                return Fault(number, "counter", f"{key} stood at {self.used.get(key, 0)}, the decision says {before}")
            if capacity is not None and after > before and after > capacity:
                return Fault(number, "capacity", f"{key} went to {after} of {capacity}")
            self.used[key] = after
        return None

    def _order(self, number: int, body: Mapping[str, Any]) -> Fault | None:
        if body["outcome"] != "offered":
            return None
        mine = self.waiting.get(body["application"])
        passed = {application for application, _limit in body["skips"]}
        for application, rank in self.waiting.items():
            if (mine is None or rank < mine) and application not in passed:
                return Fault(number, "overtaken", f"{application} waits, ranks before {body['application']}, and no reason is given")
        return None

    def _follow(self, body: Mapping[str, Any]) -> None:
        application = body["application"]
        if body["outcome"] == "waiting":
            score, submitted_at = body["rank"]
            self.waiting[application] = (-score, submitted_at, application)
        elif application is not None:
            self.waiting.pop(application, None)
