"""The limits `course` and `course_country`: seats of one course for all countries, and a country's norm inside it."""

from services.quotas.domain.outcomes import Offered, Refused, Waiting
from services.quotas.domain.terms import Course
from tests.unit.quotas.shelf import BR, PE, Person, Shelf, terms

SOLAR, WIND = "course:training:2016:solar", "course:training:2016:wind"
SOLAR_OF_PERU = "course_country:training:PE:2016:solar"


def courses(seats: int | None = 2, per_country: int | None = None) -> Shelf:
    """Two courses, and places enough in two countries."""
    shelf = Shelf(terms(courses={(2016, "solar"): Course(seats, per_country), (2016, "wind"): Course(9, None)}), pool=20)
    shelf.cell(PE, 5), shelf.cell(BR, 5)
    return shelf


def test_seats_are_counted_over_all_countries() -> None:
    shelf = courses(seats=2)
    ana, ben, eva = Person(course="solar"), Person(BR, course="solar"), Person(course="solar")
    shelf.run(ana.asks(), ben.asks(), eva.asks())
    assert shelf.state(ana, ben, eva) == ["offered", "offered", "waiting"]
    assert shelf.last(eva).outcome == Waiting(1, (SOLAR,))
    assert shelf.limits[SOLAR].used == 2


def test_another_course_has_its_own_seats() -> None:
    shelf = courses(seats=1)
    ana, ben = Person(course="solar"), Person(course="wind")
    shelf.run(ana.asks(), ben.asks())
    assert shelf.state(ana, ben) == ["offered", "offered"]


def test_a_countrys_norm_bounds_it_where_the_course_has_seats_left() -> None:
    shelf = courses(seats=4, per_country=1)
    ana, ben, eva = Person(course="solar"), Person(course="solar"), Person(BR, course="solar")
    shelf.run(ana.asks(), ben.asks(), eva.asks())
    assert shelf.state(ana, ben, eva) == ["offered", "waiting", "offered"]
    assert shelf.last(ben).outcome == Waiting(1, (SOLAR_OF_PERU,))


def test_every_limit_that_lacks_room_is_named() -> None:
    shelf = Shelf(terms(courses={(2016, "solar"): Course(1, 1)}))
    shelf.cell(PE, 1)
    ana, ben = Person(course="solar"), Person(course="solar")
    shelf.run(ana.asks(), ben.asks())
    assert shelf.last(ben).outcome == Waiting(1, (f"cell:{PE}", SOLAR, SOLAR_OF_PERU))


def test_a_freed_seat_serves_the_best_ranked_in_whatever_country() -> None:
    shelf = courses(seats=1)
    ana, near, far = Person(course="solar"), Person(course="solar", score=10_000), Person(BR, course="solar", score=20_000)
    shelf.run(ana.asks(), near.asks(), far.asks())
    verdict = shelf.run(ana.withdraws())
    assert shelf.state(near, far) == ["waiting", "offered"]
    assert [(one.cell, one.cause) for one in verdict.decisions] == [(PE, "withdrawn"), (BR, "limit_freed")]


def test_at_home_and_abroad_the_list_is_one_by_rank() -> None:
    shelf = courses(seats=2)
    holders = [Person(course="solar"), Person(BR, course="solar")]
    waiters = [Person(cell, course="solar", score=score) for cell, score in ((PE, 10), (BR, 40), (PE, 30), (BR, 20))]
    shelf.run(*[one.asks() for one in (*holders, *waiters)])
    shelf.run(*[one.declines() for one in holders])
    assert shelf.state(*waiters) == ["waiting", "offered", "offered", "waiting"]


def test_who_waits_for_another_course_is_passed_over_by_name_of_its_limit() -> None:
    shelf = courses(seats=1)
    for course in ["wind"] * 3:
        shelf.run(Person(course=course).asks())
    shelf.run(Person(BR, course="solar").asks())
    first, second = Person(course="solar", score=90_000), Person(course="wind", score=10_000)
    shelf.cell("training:CL:2016")
    shelf.run(first.asks())
    shelf.run(second.asks())
    outcome = shelf.last(second).outcome
    assert isinstance(outcome, Offered) and outcome.skips == ((first.application, SOLAR),)


def test_a_seat_stays_counted_when_the_stay_is_over_as_its_place_does() -> None:
    shelf = courses(seats=1)
    ana, ben = Person(course="solar"), Person(BR, course="solar")
    shelf.run(ana.asks(), ana.accepts(), ben.asks(), ana.ends("finished"))
    assert shelf.state(ben) == ["waiting"]
    assert shelf.limits[SOLAR].used == 1


def test_who_leaves_frees_the_seat_with_the_place() -> None:
    shelf = courses(seats=1)
    ana, ben = Person(course="solar"), Person(BR, course="solar")
    shelf.run(ana.asks(), ana.accepts(), ben.asks(), ana.ends("left"))
    assert shelf.state(ana, ben) == ["released", "offered"]


def test_a_course_that_is_not_given_is_refused_by_name() -> None:
    shelf = courses()
    ana = Person(course="water")
    shelf.run(ana.asks())
    assert shelf.last(ana).outcome == Refused("unknown_course", "course:training:2016:water")


def test_a_programme_without_courses_looks_at_none() -> None:
    shelf = Shelf()
    shelf.cell(PE, 1)
    ana = Person(course="water")
    shelf.run(ana.asks())
    assert shelf.state(ana) == ["offered"]
    assert not any(key.startswith("course") for key in shelf.limits)


def test_seats_without_an_end_are_counted_all_the_same() -> None:
    shelf = courses(seats=None)
    people = [Person(course="solar") for _ in range(5)]
    shelf.run(*[one.asks() for one in people])
    assert shelf.limits[SOLAR].used == 5 and shelf.limits[SOLAR].capacity is None
