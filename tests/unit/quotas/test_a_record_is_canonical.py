"""A record has one way to be written, however it is made."""

import json
from datetime import UTC, datetime
from typing import Any

from asyncpg.pgproto.pgproto import UUID as StoredUUID
from hypothesis import given
from hypothesis import strategies as st

from services.quotas.domain.chain import link, seal
from services.quotas.domain.model import Use


def test_a_record_is_canonical() -> None:
    assert seal({"b": (1, None), "a": "ñ"})[0] == '{"a":"\\u00f1","b":[1,null]}'


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_moments = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
_counts = st.integers(0, 2**31)
_ids = st.uuids() | st.uuids().map(lambda one: StoredUUID(one.bytes))
_fields = st.fixed_dictionaries(
    {
        "application": st.none() | _ids,
        "at": _moments,
        "cause": st.just("approved"),
        "cell": _texts,
        "event": st.none() | _ids,
        "lacking": st.lists(_texts, max_size=2),
        "limit": st.none() | _texts,
        "limits": st.lists(st.builds(Use, _texts, st.just("cell"), st.none() | _counts, _counts, _counts, _counts), max_size=3),
        "number": _counts,
        "outcome": st.just("offered"),
        "position": st.none() | _counts,
        "prev": st.just("ab" * 32),
        "rank": st.none() | st.tuples(st.integers(), _moments),
        "reason": st.none() | _texts,
        "rule": _texts,
        "skips": st.lists(st.tuples(_ids, _texts), max_size=2),
        "until": st.none() | _moments,
    }
)


@given(_fields)
def test_a_link_is_what_any_json_library_writes_of_its_fields(fields: dict[str, Any]) -> None:
    def plain(value: object) -> object:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    body = {**fields, "limits": [use._asdict() for use in fields["limits"]]}
    expected = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=plain)
    assert link(**fields) == seal(json.loads(expected))
    assert link(**fields)[0] == expected
