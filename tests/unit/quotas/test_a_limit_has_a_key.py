"""The key of a limit names what tells its counter from another, in the order in which its kind says so."""

from uuid import UUID

import pytest

from services.quotas.domain.limits import CELL, KINDS, Kind, Named, named

SOMEBODY = UUID("6f2b1c1e-0b0c-4c59-9b6f-0d4b2f2d7a11")
ASKED = Named(CELL, "training", "PE", 2016, "wind", "province", SOMEBODY)
"""Stands for a cell and for a place in it."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_key_is_the_name_of_its_kind_and_the_fields_that_it_counts_by(kind: Kind) -> None:
    assert kind.key(ASKED, ASKED) == ":".join([kind.name, *(str(getattr(ASKED, one)) for one in kind.fields)])


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_key_is_read_as_what_it_was_made_of(kind: Kind) -> None:
    read = named(kind.key(ASKED, ASKED))
    assert read is not None and read.kind is kind
    assert [getattr(read, one) for one in kind.fields] == [getattr(ASKED, one) for one in kind.fields]
