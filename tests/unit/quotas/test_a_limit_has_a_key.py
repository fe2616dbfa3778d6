"""The key of a limit names what tells its counter from another, in the order in which its kind says so."""

from uuid import UUID

import pytest

from services.quotas.domain.limits import CELL, KINDS, Kind, Named, named

SOMEBODY = UUID("6f2b1c1e-0b0c-4c59-9b6f-0d4b2f2d7a11")
ASKED = Named(CELL, "training", "PE", 2016, "wind", "province", SOMEBODY)
"""Stands for a cell and for a place in it."""


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (("programme", "course"), "new:training:wind"),
        (("year", "course"), "new:2016:wind"),
        (("course",), "new:wind"),
        (("course", "channel"), "new:wind:province"),
        (("course", "programme", "year"), "new:wind:training:2016"),
        (("programme",), "new:training"),
        (("year", "programme"), "new:2016:training"),
        (("country", "programme", "course"), "new:PE:training:wind"),
        (("programme", "year", "course", "channel"), "new:training:2016:wind:province"),
        (("programme", "person"), f"new:training:{SOMEBODY}"),
    ],
    ids=str,
)
def test_a_new_kind_may_count_by_any_fields_in_any_order(fields: tuple[str, ...], key: str) -> None:
    assert Kind(name="new", fields=fields, capacity=lambda _terms, _cell, _place: 1).key(ASKED, ASKED) == key


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_key_is_read_as_what_it_was_made_of(kind: Kind) -> None:
    read = named(kind.key(ASKED, ASKED))
    assert read is not None and read.kind is kind
    assert [getattr(read, one) for one in kind.fields] == [getattr(ASKED, one) for one in kind.fields]
