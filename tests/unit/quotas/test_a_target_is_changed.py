"""More places come from the pool; fewer go back to it as far as they are free; nothing that is held is revoked."""

from services.quotas.domain.commands import SetTarget
from tests.unit.quotas.shelf import NOW, PE, Person, Shelf


def test_a_raise_takes_from_the_pool() -> None:
    shelf = Shelf(pool=10)
    shelf.cell(PE, 4)
    assert shelf.pools == {"training": 6} and shelf.figures(PE) == (4, 4, 0, 0, 0)


def test_a_raise_beyond_the_pool_is_not_made_and_says_what_is_missing() -> None:
    shelf = Shelf(pool=3)
    shelf.cell(PE, 2)
    (short,) = shelf.run(SetTarget(cell=PE, at=NOW, target=5)).short
    assert (short.has, short.wanted) == (1, 3)
    assert shelf.figures(PE) == (2, 2, 0, 0, 0) and shelf.pools == {"training": 1}


def test_a_cut_gives_back_only_what_is_free() -> None:
    shelf, people = Shelf(pool=5), [Person() for _ in range(3)]
    shelf.cell(PE, 4)
    shelf.run(*[one.asks() for one in people])
    shelf.run(SetTarget(cell=PE, at=NOW, target=1))
    assert shelf.figures(PE) == (1, 0, 3, 0, 0)
    assert shelf.pools == {"training": 2} and set(shelf.state(*people)) == {"offered"}


def test_what_frees_over_the_target_goes_to_the_pool_until_it_is_met() -> None:
    shelf, people, new = Shelf(pool=5), [Person() for _ in range(3)], Person()
    shelf.cell(PE, 3)
    shelf.run(*[one.asks() for one in people], new.asks())
    shelf.run(SetTarget(cell=PE, at=NOW, target=1))
    shelf.run(people[0].declines(), people[1].withdraws())
    assert shelf.state(new) == ["waiting"] and shelf.figures(PE) == (1, 0, 1, 0, 1)
    assert shelf.pools == {"training": 4}
    shelf.run(people[2].withdraws())
    assert shelf.state(new) == ["offered"], "from here on the place is the cell's own"


def test_a_raise_up_to_what_is_held_needs_nothing_of_the_pool() -> None:
    shelf, people = Shelf(pool=3), [Person() for _ in range(3)]
    shelf.cell(PE, 3)
    shelf.run(*[one.asks() for one in people])
    shelf.run(SetTarget(cell=PE, at=NOW, target=0))
    shelf.run(SetTarget(cell=PE, at=NOW, target=3))
    assert shelf.pools == {"training": 0} and shelf.figures(PE) == (3, 0, 3, 0, 0)


def test_the_same_target_again_is_no_decision() -> None:
    shelf = Shelf()
    shelf.cell(PE, 2)
    assert shelf.run(SetTarget(cell=PE, at=NOW, target=2)).decisions == ()
