"""Decisions of a cell are chained by their hashes, so that an outsider can check them from an export alone.

A decision's record is canonical JSON: keys sorted, no blanks, ASCII. It holds the hash of the decision before it; its own hash
is the SHA-256 of the record in hexadecimal. `audit` checks what records say.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from json import JSONDecoder
from json.encoder import c_make_encoder  # type: ignore[attr-defined]  # of CPython, as the whole project
from json.encoder import encode_basestring_ascii as _text
from typing import Any, Final, NoReturn
from uuid import UUID

from services.quotas.domain.ids import text_of_id
from services.quotas.domain.model import Use


def _cannot_be_written(value: object) -> NoReturn:
    raise TypeError(f"{value!r} has no place in a record")


_pieces: Final[Callable[[Any, int], tuple[str, ...]]] = c_make_encoder(
    None, _cannot_be_written, _text, None, ":", ",", True, False, True
)  # fmt: skip
"""What `json.JSONEncoder` with sorted keys and no blanks makes anew for every value that it writes: a third of the time of a line."""


read: Final[Callable[[str], Any]] = JSONDecoder().decode
"""What `json.loads` makes of a text, without its looking for options and encodings first. Raises `ValueError` for anything else."""


def seal(body: Mapping[str, Any]) -> tuple[str, str]:
    """The canonical record of a decision, and its hash."""
    record = canonical(body)
    return record, digest(record)


def canonical(body: Mapping[str, Any]) -> str:
    """The one way to write these values down."""
    return "".join(_pieces(body, 0))


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
    passed = ",".join([f'["{text_of_id(one)}",{_text(key)}]' for one, key in skips]) if skips else ""
    lacks = ",".join(map(_text, lacking)) if lacking else ""
    record = (
        f'{{"application":{_id(application)},"at":"{at.isoformat()}","cause":"{cause}","cell":{_text(cell)},"event":{_id(event)},'
        f'"lacking":[{lacks}],"limit":{_optional(limit)},"limits":[{uses}],"number":{number},"outcome":"{outcome}",'
        f'"position":{_number(position)},"prev":"{prev}","rank":{_rank(rank)},"reason":{_optional(reason)},"rule":{_text(rule)},'
        f'"skips":[{passed}],"until":{_moment(until)}}}'
    )
    return record, digest(record)


def _id(value: UUID | None) -> str:
    return "null" if value is None else f'"{text_of_id(value)}"'


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
