"""`verify` reads only records and hashes, and names the first decision at fault."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.quotas.domain.chain import seal, verify
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
