"""Answers of quotas: applied once, whatever is redelivered, late or out of order."""

from itertools import permutations
from typing import Any

import pytest

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.events import CELL_CHANGED, HANDLERS
from shared.events import quotas
from shared.events.catalogue import event, types_for
from shared.events.envelope import AnyEvent
from shared.kernel.ids import new_id
from tests.integration.applications.people import CELL, COORDINATOR, OFFICER, World, new_applicant, reason

EVERYTHING = (
    "select state, version, facts, place_version, answer_by, offer_version, waiting_rank, list_closes, reasons, reason_limit, slate_rank, "
    "changed_at, (select count(*) from timeline_entry), (select count(*) from outbox) from application order by id"
)


async def heard_again_changes_nothing(world: World, history: list[AnyEvent]) -> None:
    """Three more times, alone, all at once and backwards."""
    before = await world.rows(EVERYTHING)
    await world.hears(*history)
    for one in reversed(history):
        await world.hears(one)
    await world.hears(*history, *history)
    assert await world.rows(EVERYTHING) == before


def test_every_event_that_the_catalogue_sends_here_has_a_handler() -> None:
    assert {*HANDLERS, CELL_CHANGED} == types_for("applications")


async def test_waiting_then_offered_then_taken(world: World) -> None:
    ana, application = await world.reach(State.APPROVED)
    history = [world.waiting(application, rank=4)]
    await world.hears(*history)
    waiting = await world.application(application.id)
    assert (waiting.state, waiting.waiting_rank, waiting.place_version) == (State.WAITING, 4, history[0].subjectversion)
    history.append(world.offered(application))
    await world.hears(history[-1])
    offered = await world.application(application.id)
    assert (offered.state, offered.offer_version, offered.waiting_rank) == (State.OFFERED, history[-1].subjectversion, None)
    assert offered.answer_by == history[-1].data.answer_by
    await world.act(use_cases.accept_offer, ana, application.id, place_version=offered.offer_version)
    history.append(world.taken(application))
    await world.hears(history[-1])
    assert (await world.application(application.id)).state == State.PLACED
    await heard_again_changes_nothing(world, history)


async def test_a_whole_batch_of_one_cell_is_applied_in_one_transaction(world: World) -> None:
    applications = [(await world.reach(State.APPROVED))[1] for _ in range(5)]
    history = [world.waiting(one, rank=rank) for rank, one in enumerate(applications, start=1)]
    history += [world.offered(applications[0]), world.refused(applications[4])]
    await world.hears(*history)
    states = [(await world.application(one.id)).state for one in applications]
    assert states == [State.OFFERED, State.WAITING, State.WAITING, State.WAITING, State.REFUSED]
    await heard_again_changes_nothing(world, history)


async def test_a_refused_place_names_its_reason_and_limit(world: World) -> None:
    for start in (State.APPROVED, State.WAITING):
        _, application = await world.reach(start)
        history = [world.refused(application)]
        await world.hears(*history)
        after = await world.application(application.id)
        assert (after.state, after.reasons, after.reason_limit) == (State.REFUSED, ["list_full"], f"cell:{CELL.key}")
        await heard_again_changes_nothing(world, history)


async def test_a_refused_nomination_goes_back_with_the_limit_and_may_be_tried_again(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    history = [world.no_room_to_nominate(application)]
    await world.hears(*history)
    after = await world.application(application.id)
    assert (after.state, after.reason_limit, after.slate_rank) == (State.SUBMITTED, f"nomination:{CELL.key}", None)
    await heard_again_changes_nothing(world, history)
    again = await world.act(use_cases.nominate, COORDINATOR, application.id)
    assert (again.state, again.reason_limit, again.reasons) == (State.NOMINATED, None, [])
    await heard_again_changes_nothing(world, history)


async def test_an_officer_who_approved_meanwhile_is_not_overruled_by_the_cap(world: World) -> None:
    """Quotas answers the approval itself; the late answer to the nomination is only noted."""
    _, application = await world.reach(State.APPROVED)
    await world.hears(world.no_room_to_nominate(application))
    assert (await world.application(application.id)).state == State.APPROVED
    await world.hears(world.refused(application))
    assert (await world.application(application.id)).state == State.REFUSED


async def test_an_expired_offer_lapses_and_the_other_releases_are_no_news(world: World) -> None:
    _, offered = await world.reach(State.OFFERED)
    _, declined = await world.reach(State.DECLINED)
    _, withdrawn = await world.reach(State.WITHDRAWN)
    _, ended = await world.reach(State.ENDED)
    history = [
        world.released(offered, "expired"),
        world.released(declined, "declined"),
        world.released(withdrawn, "withdrawn"),
        world.released(ended, "ended"),
    ]
    await world.hears(*history)
    after = [(await world.application(one.id)).state for one in (offered, declined, withdrawn, ended)]
    assert after == [State.LAPSED, State.DECLINED, State.WITHDRAWN, State.ENDED]
    await heard_again_changes_nothing(world, history)


async def test_an_acceptance_that_came_too_late_for_quotas_is_not_left_hanging(world: World) -> None:
    _, application = await world.reach(State.ACCEPTED)
    await world.hears(world.released(application, "expired"))
    assert (await world.application(application.id)).state == State.LAPSED


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REJECTED, State.DECLINED, State.LAPSED])
async def test_answers_to_somebody_who_is_gone_are_only_noted(world: World, state: State) -> None:
    _, application = await world.reach(state)
    for one in (world.waiting(application), world.offered(application), world.refused(application), world.taken(application)):
        await world.hears(one)
        after = await world.application(application.id)
        assert (after.state, after.version, after.place_version) == (state, application.version, one.subjectversion)


async def test_whatever_the_order_of_the_answers_the_newest_ones_count(world: World) -> None:
    """Out of order within a key does not happen on our topics; a restored backup may show it all the same."""
    for order in permutations(range(3)):
        _, application = await world.reach(State.APPROVED)
        base = world.places + 1
        answers = [world.waiting(application, base, rank=9), world.offered(application, base + 1), world.waiting(application, base, rank=9)]
        world.places = base + 1
        for index in order:
            await world.hears(answers[index])
        after = await world.application(application.id)
        assert (after.state, after.place_version) == (State.OFFERED, base + 1)


async def test_a_new_rank_on_the_list_is_shown_and_is_no_move(world: World) -> None:
    _, application = await world.reach(State.WAITING)
    await world.hears(world.waiting(application, rank=1))
    after = await world.application(application.id)
    assert (after.waiting_rank, after.version) == (1, application.version)


async def test_an_answer_that_makes_no_sense_stops_its_cell_with_a_reason(world: World) -> None:
    _, draft = await world.reach(State.DRAFT)
    with pytest.raises(ValueError, match="which is draft: the table has no such move"):
        await world.hears(world.offered(draft))
    assert (await world.application(draft.id)).place_version == 0


async def test_an_answer_about_a_stranger_stops_its_cell_with_a_reason(world: World) -> None:
    fact = quotas.PlaceTaken(application=new_id(), person=new_id(), decision=1)
    with pytest.raises(ValueError, match="which is not in this service"):
        await world.hears(event(fact, subject=str(fact.application), version=1, key=CELL.key, at=world.now))


async def test_the_moment_of_a_move_is_the_events_own(world: World) -> None:
    _, application = await world.reach(State.APPROVED)
    told = world.offered(application)
    world.now = world.now.replace(year=2018)
    await world.hears(told)
    rows = await world.rows(
        "select at, actor_role from timeline_entry where application_id = :id order by number desc limit 1", id=application.id
    )
    assert [tuple(row) for row in rows] == [(told.time, "quotas")]


async def test_the_figures_of_a_cell_are_the_newest_that_were_told(world: World) -> None:
    def changed(version: int, free: int, cell: str = CELL.key) -> AnyEvent:
        data = quotas.CellChanged(
            cell=cell, capacity=36, free=free, offered=1, taken=2, waiting=3, last_decision=version, last_hash="0" * 64
        )
        return event(data, subject=cell, version=version, key=cell, at=world.now)

    first, second = changed(1, 20), changed(2, 10)
    for history in ([first], [second], [first, second, first], [second, first]):
        await world.hears(*history)
    rows: list[Any] = await world.rows("select version, free from cell_figures")
    assert [tuple(row) for row in rows] == [(2, 10)]
    elsewhere = "masters:BO:2016"
    await world.hears(changed(3, 9), changed(7, 4, elsewhere), changed(4, 8), changed(6, 5, elsewhere))
    rows = await world.rows(
        "select cell, version, capacity, free, offered, taken, waiting, last_decision, at from cell_figures order by cell"
    )
    assert {tuple(row) for row in rows} == {
        (CELL.key, 4, 36, 8, 1, 2, 3, 4, world.now),
        (elsewhere, 7, 36, 4, 1, 2, 3, 7, world.now),
    }
    many = [f"bridge:{country}:2016" for country in ("PE", "AR", "UY", "BO", "CL")]
    await world.hears(*(changed(1, 2, cell) for cell in many))
    written = await world.rows("select cell from cell_figures where cell like 'bridge:%' order by ctid")
    assert [cell for (cell,) in written] == sorted(many), "one order for all: two batches wait for each other's rows in no circle"


# -------------------------------------------------------------------------------------------------------- answers of people


async def test_an_answer_reaches_only_the_offer_that_was_shown(world: World) -> None:
    ana, application = await world.reach(State.OFFERED)
    assert application.offer_version is not None
    for use_case in (use_cases.accept_offer, use_cases.decline_offer):
        outcome = await world.do(use_case, ana, application.id, place_version=application.offer_version - 1)
        assert outcome.code == "offer_replaced"
    accepted = await world.act(use_cases.accept_offer, ana, application.id, place_version=application.offer_version)
    assert accepted.state == State.ACCEPTED
    told = (await world.published(application.id))[-1]
    assert told.data.place_version == application.offer_version


async def test_the_deadline_of_an_offer_is_inside(world: World) -> None:
    for use_case in (use_cases.accept_offer, use_cases.decline_offer):
        ana, application = await world.reach(State.OFFERED)
        assert application.answer_by is not None
        late = application.answer_by.replace(microsecond=1)
        outcome = await world.do(use_case, ana, application.id, place_version=application.offer_version, now=late)
        assert (outcome.code, outcome.answer_by) == ("offer_passed", application.answer_by)
        await world.do(use_case, ana, application.id, place_version=application.offer_version, now=application.answer_by)
        assert (await world.application(application.id)).state in (State.ACCEPTED, State.DECLINED)


async def test_a_withdrawal_says_from_where_and_by_whom(world: World) -> None:
    ana, application = await world.reach(State.WAITING)
    await world.act(use_cases.withdraw, ana, application.id)
    told = (await world.published(application.id))[-1].data
    assert (told.from_state, told.by_role) == ("waiting", "applicant")


async def test_after_a_place_was_taken_a_withdrawal_needs_a_reason(world: World) -> None:
    ana, application = await world.reach(State.PLACED)
    for given in (None, "", "no_such_reason"):
        outcome = await world.do(use_cases.withdraw, ana, application.id, reason=given, expected_version=application.version)
        assert outcome.code == "reasons_wrong"
        assert outcome.allowed
    withdrawn = await world.act(use_cases.withdraw, OFFICER, application.id, reason=reason("withdrawal"))
    assert (withdrawn.state, withdrawn.reasons) == (State.WITHDRAWN, [reason("withdrawal")])


async def test_a_draft_goes_without_a_word(world: World) -> None:
    ana = new_applicant()
    application = await world.draft(ana)
    await world.act(use_cases.withdraw, ana, application.id)
    assert await world.published(application.id) == []
