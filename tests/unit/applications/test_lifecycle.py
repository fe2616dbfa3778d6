"""The life of an application: the table allows what it says and nothing else."""

from itertools import product
from pathlib import Path

import pytest

from services.applications import domain
from services.applications.domain.lifecycle import (
    BEFORE_PLACED,
    EDITABLE,
    FINISHED,
    TABLE,
    WITH_COUNTRY,
    WITH_QUOTAS,
    Act,
    Moved,
    NotAllowed,
    Row,
    State,
    acts,
    diagram,
    move,
    scored_in,
)
from shared.events.catalogue import BY_TYPE

FULL = ("nomination", "review", "approval")
ROUTES = (FULL, ("nomination", "approval"), ("review", "approval"), ("approval",))
ROLES = ("applicant", "coordinator", "reviewer", "officer", "auditor", "operator", "quotas", "system")
SERVICE = Path(domain.__file__).parents[1]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.act}-{row.target}-{row.route}")
def test_every_row_may_be_walked_by_whom_it_names_and_by_nobody_else(row: Row) -> None:
    route = ("review", "approval") if row.route.startswith("-") else FULL
    for source, role in product(row.sources or (None,), ROLES):
        found = move(source, row.act, role, route=route)
        if role in row.who:
            assert found == Moved(source, row.target, row.event)
        else:
            assert found == NotAllowed("not_in_this_role", source)


@pytest.mark.parametrize("route", ROUTES, ids="-".join)
def test_a_move_that_is_not_in_the_table_is_refused_with_the_state(route: tuple[str, ...]) -> None:
    rows = {(source, row.act, role): row for row in TABLE for source in row.sources or (None,) for role in row.who if _holds(row, route)}
    for state, act, role in product([None, *State], Act, ROLES):
        found = move(state, act, role, route=route)
        if (state, act, role) in rows:
            assert found == Moved(state, rows[state, act, role].target, rows[state, act, role].event)
        else:
            assert isinstance(found, NotAllowed)
            assert found.state is state
            assert found.reason in ("not_in_this_state", "not_in_this_role", "not_in_this_route")


def _holds(row: Row, route: tuple[str, ...]) -> bool:
    return not row.route or (row.route[1:] in route) == row.route.startswith("+")


def test_no_move_has_two_ends() -> None:
    """For one state, act and route there is one row: nobody has to guess."""
    for route in ROUTES:
        seen = [(source, row.act) for row in TABLE if _holds(row, route) for source in row.sources or (None,)]
        assert len(seen) == len(set(seen))


def test_nothing_follows_a_finished_state_and_something_follows_every_other() -> None:
    sources = {source for row in TABLE for source in row.sources}
    assert sources == set(State) - FINISHED
    assert {row.target for row in TABLE} == set(State)


def test_groups_of_states_cover_the_life() -> None:
    assert BEFORE_PLACED | FINISHED | {State.PLACED} == set(State)
    assert EDITABLE | WITH_COUNTRY | WITH_QUOTAS == BEFORE_PLACED


def test_everything_before_placed_may_be_withdrawn_by_the_applicant() -> None:
    for state in BEFORE_PLACED:
        assert isinstance(move(state, Act.WITHDRAW, "applicant"), Moved)
        assert isinstance(move(state, Act.WITHDRAW, "officer"), NotAllowed)


def test_every_event_of_the_table_is_in_the_catalogue() -> None:
    told = {f"puente.{row.event}.v1" for row in TABLE if row.event}
    assert told <= set(BY_TYPE)
    published = {entry.type for entry in BY_TYPE.values() if entry.producer == "applications"}
    others = {
        "puente.programme.published.v1",
        "puente.offer.unanswered.v1",
        "puente.application.concerned.v1",
        "puente.applicant.erased.v1",
        "puente.letter.written.v1",
    }
    assert {one for one in published - told if not one.startswith("puente.referee.")} == others, "none of them is a move of an application"


def test_scoring_comes_just_before_the_approval() -> None:
    assert [scored_in(route) for route in ROUTES] == [State.NOMINATED, None, State.SUBMITTED, None]


def test_pages_offer_what_the_table_allows() -> None:
    assert acts(State.SUBMITTED, "coordinator", route=FULL) == (Act.RETURN, Act.NOMINATE, Act.REJECT)
    assert acts(State.RETURNED, "coordinator", route=FULL) == (Act.EXTEND,)
    assert acts(State.SUBMITTED, "officer", route=FULL) == (Act.REJECT,)
    assert acts(State.SUBMITTED, "officer", route=("approval",)) == (Act.REJECT, Act.APPROVE)
    assert acts(State.PLACED, "auditor", route=FULL) == ()


def test_the_readme_shows_the_diagram_of_the_table() -> None:
    """Drawn by `diagram()`; where it differs, put its text into the card."""
    assert f"```mermaid\n{diagram()}```" in (SERVICE / "README.md").read_text()
