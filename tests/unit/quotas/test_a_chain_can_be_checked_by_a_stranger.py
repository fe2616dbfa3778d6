"""`verify` reads only records and hashes, and names the first decision at fault."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asyncpg.pgproto.pgproto import UUID as StoredUUID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.quotas.domain.chain import link, seal, verify
from services.quotas.domain.model import Use
from tests.unit.quotas.shelf import NOW, PE, Person, Shelf


@pytest.fixture
def chain() -> list[tuple[str, str]]:
    """Target, three offers and two who wait, a decline with a promotion, an acceptance, an expiry with a promotion."""
    shelf, people = Shelf(), [Person(score=n) for n in range(5)]
    shelf.cell(PE, 3)
    shelf.run(*[one.asks() for one in people])
    shelf.run(people[0].declines(), people[1].accepts(), people[2].expires(at=NOW + timedelta(days=15)))
    return shelf.chain(PE)


def resealed(chain: list[tuple[str, str]], number: int, change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    """A forger's chain: one record changed, and every hash from there on made anew."""
    forged, prev = list(chain[: number - 1]), chain[number - 2][1]
    for record, _hash in chain[number - 1 :]:
        body = json.loads(record)
        if body["number"] == number:
            change(body)
        body["prev"] = prev
        forged.append(seal(body))
        prev = forged[-1][1]
    return forged


def test_a_sound_chain_has_no_fault(chain: list[tuple[str, str]]) -> None:
    assert len(chain) == 11 and verify(chain) is None


def test_a_changed_record_no_longer_fits_its_hash(chain: list[tuple[str, str]]) -> None:
    record, digest = chain[4]
    fault = verify([*chain[:4], (record.replace('"score"', '"x"').replace("waiting", "offered"), digest), *chain[5:]])
    assert fault is not None and (fault.number, fault.code) == (5, "hash")


def test_a_decision_that_is_left_out_is_missed(chain: list[tuple[str, str]]) -> None:
    fault = verify([*chain[:4], *chain[5:]])
    assert fault is not None and (fault.number, fault.code) == (5, "number")


def test_a_decision_put_in_with_a_fitting_number_does_not_fit_the_link(chain: list[tuple[str, str]]) -> None:
    body = json.loads(chain[4][0])
    body["at"] = "2016-01-01T00:00:00+00:00"
    fault = verify([*chain[:4], seal(body), *chain[5:]])
    assert fault is not None and (fault.number, fault.code) == (6, "link")


def test_a_grant_over_capacity_is_found_though_all_hashes_fit(chain: list[tuple[str, str]]) -> None:
    fault = verify(resealed(chain, 4, lambda body: body["limits"][0].update(capacity=2)))
    assert fault is not None and (fault.number, fault.code) == (4, "capacity")


def test_a_counter_that_jumps_is_found(chain: list[tuple[str, str]]) -> None:
    fault = verify(resealed(chain, 3, lambda body: body["limits"][0].update(before=0, after=1)))
    assert fault is not None and (fault.number, fault.code) == (3, "counter")


def test_an_overtaken_waiter_is_found(chain: list[tuple[str, str]]) -> None:
    other = json.loads(chain[4][0])["application"]
    fault = verify(resealed(chain, 8, lambda body: body.update(application=other)))
    assert fault is not None and (fault.number, fault.code) == (8, "overtaken")


def test_a_record_is_canonical() -> None:
    assert seal({"b": (1, None), "a": "ñ"})[0] == '{"a":"\\u00f1","b":[1,null]}'


def test_every_record_of_a_chain_is_canonical(chain: list[tuple[str, str]]) -> None:
    assert [seal(json.loads(record)) for record, _hash in chain] == chain


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


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_fields)
def test_a_link_is_what_any_json_library_writes_of_its_fields(fields: dict[str, Any]) -> None:
    def plain(value: object) -> object:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    body = {**fields, "limits": [use._asdict() for use in fields["limits"]]}
    expected = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=plain)
    assert link(**fields) == seal(json.loads(expected))
    assert link(**fields)[0] == expected
