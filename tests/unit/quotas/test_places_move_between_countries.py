"""Free places go from a country to another, to the pool or out of it; both chains tell it, and whoever waits is served at once."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.quotas.domain.commands import MovePlaces, SetTarget
from services.quotas.domain.model import Verdict
from services.quotas.domain.terms import Period
from tests.unit.quotas.exports import fault_of, lines_of
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, terms


def move(shelf: Shelf, source: str | None, target: str | None, places: int, **other: Any) -> Verdict:
    return shelf.run(MovePlaces(cell=source or target or "", at=NOW, source=source, target=target, places=places, **other))


def shelf_of_two(peru: int = 4, brazil: int = 1) -> Shelf:
    shelf = Shelf(pool=10)
    shelf.cell(PE, peru)
    shelf.cell(BR, brazil)
    return shelf


def test_places_go_from_free_to_free_and_serve_who_waits() -> None:
    shelf = shelf_of_two()
    people = [Person(BR) for _ in range(3)]
    shelf.run(*[one.asks() for one in people])
    verdict = move(shelf, PE, BR, 2)
    assert shelf.figures(PE) == (2, 2, 0, 0, 0) and shelf.figures(BR) == (3, 0, 3, 0, 0)
    assert set(shelf.state(*people)) == {"offered"} and shelf.pools == {"training": 5}
    assert next((one.source, one.target, one.places) for one in verdict.transfers) == (f"free:{PE}", f"free:{BR}", 2)
    assert [(one.cell, one.cause, one.outcome.kind) for one in verdict.decisions] == [
        (PE, "transferred", "target_set"), (BR, "transferred", "target_set"), (BR, "raised", "offered"), (BR, "raised", "offered"),
    ]  # fmt: skip
    assert fault_of(lines_of(shelf)) is None
    balances = shelf.balances()
    assert (balances[f"free:{PE}"], balances[f"free:{BR}"], balances[f"offered:{BR}"]) == (2, 0, 3)


def test_to_the_pool_and_back_again() -> None:
    shelf = shelf_of_two()
    move(shelf, PE, None, 3, cause="returned")
    assert shelf.figures(PE) == (1, 1, 0, 0, 0) and shelf.pools == {"training": 8}
    move(shelf, None, PE, 3)
    assert shelf.figures(PE) == (4, 4, 0, 0, 0) and shelf.pools == {"training": 5}


@pytest.mark.parametrize(
    ("source", "target", "places", "said"),
    [(PE, BR, 5, ("free_short", 4, 5)), (PE, None, 5, ("free_short", 4, 5)), (None, BR, 6, ("pool_short", 5, 6))],
)
def test_more_than_there_is_moves_nothing(source: str | None, target: str | None, places: int, said: tuple[str, int, int]) -> None:
    shelf = shelf_of_two()
    before = len(shelf.decisions), dict(shelf.cells), dict(shelf.pools)
    (short,) = move(shelf, source, target, places).short
    assert (short.reason, short.has, short.wanted) == said
    assert (len(shelf.decisions), shelf.cells, shelf.pools) == before


def test_what_is_held_is_not_free_to_move() -> None:
    shelf = shelf_of_two(peru=2)
    shelf.run(Person(PE).asks())
    (short,) = move(shelf, PE, BR, 2).short
    assert (short.reason, short.has) == ("free_short", 1)


def test_a_country_that_holds_too_many_gets_none() -> None:
    shelf = shelf_of_two(brazil=3)
    shelf.run(*[Person(BR).asks() for _ in range(3)])
    shelf.run(SetTarget(cell=BR, at=NOW, target=1))
    (short,) = move(shelf, PE, BR, 1).short
    assert (short.reason, short.has, short.wanted) == ("holds_too_many", 1, 3)


def test_a_country_that_takes_no_part_gets_none() -> None:
    left = Period(date(2015, 1, 9), (NOW - timedelta(days=1)).date(), frozenset())
    shelf = Shelf(terms(participation={"PE": (Period(date(2015, 1, 9), None, frozenset()),), "BR": (left,)}))
    shelf.cell(PE, 2)
    shelf.cell(BR)
    (short,) = move(shelf, PE, BR, 1).short
    assert short.reason == "takes_no_part"


def test_another_programme_gets_none() -> None:
    shelf = Shelf(terms("training"), terms("masters"))
    shelf.cell(PE, 2)
    (short,) = move(shelf, PE, shelf.cell("masters:PE:2016"), 1).short
    assert short.reason == "unknown_cell"


def test_a_cell_that_no_plan_has_gets_none() -> None:
    shelf = shelf_of_two()
    other = shelf.cell("training:CL:2016", listed=False)
    (short,) = move(shelf, PE, other, 1).short
    assert short.reason == "unknown_cell"
