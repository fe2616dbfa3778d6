"""Every row of the table, through the real use cases on a real database; and every move that is not in it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import TABLE, Act, Moved, NotAllowed, State, move
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.domain.viewers import Viewer, may_know
from services.applications.tables import Application
from services.applications.use_cases import Done, Submitted
from tests.integration.applications.people import (
    AUDITOR,
    COORDINATOR,
    OFFICER,
    OPERATOR,
    REVIEWER,
    WAY,
    World,
    handed_in,
    new_applicant,
    reason,
    the_plan,
)

STATES = [State.DRAFT, *WAY]
FULL = ("nomination", "review", "approval")
SUMMARY = (
    "select version, facts, state, (select count(*) from timeline_entry), (select count(*) from outbox), (select count(*) from audit_entry)"
)


def people_acts(application: Application, now: datetime) -> dict[Act, tuple[Callable[..., Any], dict[str, Any]]]:
    """Each act of a person with arguments that are good in themselves."""
    seen = {"expected_version": application.version}
    return {
        Act.SUBMIT: (handed_in, {}),
        Act.RETURN: (
            use_cases.return_for_correction,
            {**seen, "reasons": [reason("return")], "correct_by": now.date() + timedelta(days=2)},
        ),
        Act.EXTEND: (use_cases.extend, {**seen, "correct_by": now.date() + timedelta(days=30)}),
        Act.NOMINATE: (use_cases.nominate, seen),
        Act.REJECT: (use_cases.reject, {**seen, "reasons": [reason("rejection")]}),
        Act.APPROVE: (use_cases.approve, seen),
        Act.ACCEPT: (use_cases.accept_offer, {"place_version": application.offer_version or 0}),
        Act.DECLINE: (use_cases.decline_offer, {"place_version": application.offer_version or 0}),
        Act.END: (use_cases.end, {**seen, "reason": reason("ending")}),
        Act.WITHDRAW: (use_cases.withdraw, {**seen, "reason": reason("withdrawal")}),
    }


async def test_every_act_of_the_table_is_walked_here(world: World) -> None:
    _, application = await world.reach(State.DRAFT)
    people = {row.act for row in TABLE if not {"quotas", "system"} & set(row.who)} - {Act.START}
    assert people == set(people_acts(application, world.now))


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_reached_and_its_story_adds_up(world: World, state: State) -> None:
    """The timeline has one row for each version and ends in the state; the facts are numbered 1, 2, 3 in the outbox."""
    _, application = await world.reach(state)
    timeline = await world.rows(
        "select number, source, target, fact from timeline_entry where application_id = :id order by number", id=application.id
    )
    assert [row.number for row in timeline] == list(range(1, application.version + 1))
    assert timeline[-1].target == state
    assert [row.source for row in timeline[1:]] == [row.target for row in timeline[:-1]]
    published = await world.published(application.id)
    assert [one.subjectversion for one in published] == list(range(1, application.facts + 1)) == [row.fact for row in timeline if row.fact]


@pytest.mark.parametrize("state", STATES)
async def test_in_each_state_each_role_does_what_the_table_allows_and_nothing_else(world: World, state: State) -> None:
    """All acts, all roles, the owner and a stranger: done where a row says so; otherwise refused with the state, and nothing is written."""
    owner, application = await world.reach(state)
    if state in (State.DRAFT, State.RETURNED):
        await world.fill(owner, application)
    viewers = [owner, new_applicant(), COORDINATOR, REVIEWER, OFFICER, AUDITOR, OPERATOR]
    for act, (use_case, arguments) in people_acts(application, world.now).items():
        for viewer in viewers:
            expected = move(state, act, viewer.role, route=FULL)
            if viewer.role == "applicant" and viewer is not owner:
                expected = NotAllowed("unknown", None)
            if isinstance(expected, Moved):
                continue
            before = await world.rows(f"{SUMMARY} from application where id = :id", id=application.id)
            outcome = await world.do(use_case, viewer, application.id, **arguments)
            assert await world.rows(f"{SUMMARY} from application where id = :id", id=application.id) == before, (act, viewer)
            _is_the_right_refusal(outcome, state, act, viewer, application)


def _is_the_right_refusal(outcome: Any, state: State, act: Act, viewer: Viewer, application: Application) -> None:
    known = may_know(viewer, person_id=application.person_id, country=application.country, submitted=application.receipt is not None)
    if not known:
        assert isinstance(outcome, NotFound), (act, viewer, outcome)
    elif any(row.act is act and viewer.role in row.who for row in TABLE):
        assert isinstance(outcome, NotAllowed | Forbidden), (act, viewer, outcome)
        assert not isinstance(outcome, NotAllowed) or outcome.state == state
    else:
        assert isinstance(outcome, Forbidden), (act, viewer, outcome)


@pytest.mark.parametrize(
    ("state", "act", "role"),
    [
        (source, row.act, role)
        for row in TABLE
        if row.route != "-nomination"
        for source in row.sources
        for role in row.who
        if role not in ("quotas", "system")
    ],
)
async def test_each_allowed_move_of_a_person_is_done_and_told(world: World, state: State, act: Act, role: str) -> None:
    owner, application = await world.reach(state)
    if act is Act.SUBMIT:
        await world.fill(owner, application)
    if act is Act.APPROVE:
        await world.score(application.id)
    viewer = {"applicant": owner, "coordinator": COORDINATOR, "officer": OFFICER}[role]
    application = await world.application(application.id)
    audited = len(await world.rows("select 1 from audit_entry"))
    use_case, arguments = people_acts(application, world.now)[act]
    outcome = await world.do(use_case, viewer, application.id, **arguments)
    assert isinstance(outcome, Done | Submitted), outcome
    expected = move(state, act, role, route=FULL)
    assert isinstance(expected, Moved)
    after = await world.application(application.id)
    assert (after.state, after.version, after.facts) == (expected.target, application.version + 1, application.facts + bool(expected.event))
    last = (await world.published(application.id))[-1:]
    if expected.event:
        assert [one.type for one in last] == [f"puente.{expected.event}.v1"]
        assert last[0].time == world.now
        assert last[0].partitionkey == "scholarship:PE:2016"
    assert len(await world.rows("select 1 from audit_entry")) == audited + (role != "applicant")


async def test_where_the_route_has_no_nomination_the_officer_approves_what_was_submitted(world: World) -> None:
    for programme in ("open", "short"):
        _, application = await world.reach(State.SUBMITTED, programme=programme)
        refused = await world.do(use_cases.nominate, COORDINATOR, application.id, expected_version=application.version)
        assert refused == NotAllowed("not_in_this_route", State.SUBMITTED)
        if programme == "open":
            await world.score(application.id, share=1.0)
        approved = await world.act(use_cases.approve, OFFICER, application.id)
        told = (await world.published(application.id))[-1].data
        assert (approved.score, told.score) == ((100_000, 100_000) if programme == "open" else (0, 0))


OWN = [
    (state, act, role)
    for state in (State.SUBMITTED, State.NOMINATED, State.PLACED)
    for act in Act
    for role in ("coordinator", "officer")
    if isinstance(move(state, act, role, route=FULL), Moved)
]


@pytest.mark.parametrize(("state", "act", "role"), OWN)
async def test_whoever_became_staff_does_not_decide_the_own_application(world: World, state: State, act: Act, role: str) -> None:
    """The account stays the same when an applicant is made staff, and sees the country's applications, the own one among them."""
    person, application = await world.reach(state)
    if act is Act.APPROVE:
        await world.score(application.id)
    application = await world.application(application.id)
    before = await world.rows(f"{SUMMARY} from application")
    use_case, arguments = people_acts(application, world.now)[act]
    same = Viewer(person.account_id, role, application.country if role == "coordinator" else "")
    assert isinstance(await world.do(use_case, same, application.id, **arguments), Forbidden)
    assert await world.rows(f"{SUMMARY} from application") == before


async def test_a_reviewer_does_not_score_the_own_application(world: World) -> None:
    person, application = await world.reach(State.NOMINATED)
    terms = the_plan().programme(application.programme)
    assert terms is not None
    points = {one.key: 1 for one in terms.criteria}
    given = {"points": points, "reason": "", "expected_version": application.version}
    own = await world.do(use_cases.score, Viewer(person.account_id, "reviewer"), application.id, **given)
    assert isinstance(own, Forbidden)
    assert isinstance(await world.do(use_cases.score, REVIEWER, application.id, **given), Done)
