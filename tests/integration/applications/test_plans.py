"""A plan is put in force once, and a promise is broken only by two people."""

import asyncio
import dataclasses
from typing import Any

import msgspec

from services.applications import use_cases
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import Forbidden, NotFound
from services.applications.plan import Plan, content_hash
from services.applications.store import plans
from services.applications.use_cases.plans import ChangeReplaced, Loaded, NeedsConfirmation, ProgrammeTaken, SamePerson, Unchanged
from shared.events import quotas
from shared.events.catalogue import event
from tests.integration.applications.people import AUDITOR, CELL, OFFICER, PROGRAMME, SECOND_OFFICER, World, the_plan


def next_version(version: str = "99", **changes: Any) -> Plan:
    return msgspec.structs.replace(the_plan(), version=version, **changes)


def without_question(key: str) -> Plan:
    """The next version, in which the scholarships no longer ask one question."""
    plan = next_version()

    def pruned(programme: Any) -> Any:
        if programme.code != PROGRAMME:
            return programme
        pages = tuple(
            dataclasses.replace(page, questions=tuple(question for question in page.questions if question.key != key))
            for page in programme.pages
        )
        rules = tuple(rule for rule in programme.rules if rule.question != key)
        return msgspec.structs.replace(programme, pages=pages, rules=rules)

    return msgspec.structs.replace(plan, programmes=tuple(pruned(programme) for programme in plan.programmes))


async def version_in_force(world: World) -> str:
    found = await world.db.run(lambda tx: plans.in_force(tx, PROGRAMME))
    assert found is not None
    return found.plan.version


async def test_each_programme_is_published_whole_and_once(world: World) -> None:
    published = await world.published()
    assert [one.subject for one in published] == [programme.code for programme in the_plan().programmes]
    assert {(one.type, one.subjectversion, one.partitionkey == one.subject) for one in published} == {
        ("puente.programme.published.v1", 1, True)
    }
    assert await world.do(use_cases.load_plan, the_plan(), actor="tests") == Unchanged()
    assert len(await world.published()) == len(published)


async def test_loading_at_once_loads_once(world: World) -> None:
    outcomes = await asyncio.gather(*(world.do(use_cases.load_plan, next_version(), actor=f"tests {n}") for n in range(4)))
    assert sorted(type(one).__name__ for one in outcomes) == ["Loaded", "Unchanged", "Unchanged", "Unchanged"]


async def test_a_newer_version_replaces_the_terms_and_counts_on(world: World) -> None:
    outcome = await world.do(use_cases.load_plan, next_version(), actor="tests")
    assert isinstance(outcome, Loaded)
    again = (await world.published())[-len(outcome.programmes) :]
    assert {(one.subjectversion, one.data.plan_version) for one in again} == {(2, "99")}
    assert await version_in_force(world) == "99"


async def test_the_same_version_with_other_content_is_refused_whole(world: World) -> None:
    other = msgspec.structs.replace(the_plan(), source="elsewhere")
    assert content_hash(other) != content_hash(the_plan())
    outcome = await world.do(use_cases.load_plan, other, actor="tests")
    assert outcome.code == "version_changed"
    assert len(await world.published()) == len(the_plan().programmes)


async def test_a_programme_of_another_plan_is_not_taken_over(world: World) -> None:
    stranger = msgspec.structs.replace(the_plan(), code="another-plan")
    outcome = await world.do(use_cases.load_plan, stranger, actor="tests")
    assert outcome == ProgrammeTaken(the_plan().programmes[0].code, the_plan().code)


async def test_a_question_with_answers_goes_only_with_a_second_officer(world: World) -> None:
    await world.reach(State.SUBMITTED)
    plan = without_question("birth_date")
    proposed = await world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer")
    assert isinstance(proposed, NeedsConfirmation)
    shown = proposed.change_id
    assert proposed.breaks == (f'{PROGRAMME}: question "birth_date" has answers and would no longer be asked',)
    assert await version_in_force(world) == the_plan().version
    assert await world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer") == proposed
    assert await world.do(use_cases.confirm_change, OFFICER, plan.code, change_id=shown) == SamePerson()
    assert await world.do(use_cases.confirm_change, AUDITOR, plan.code, change_id=shown) == Forbidden()
    assert await world.do(use_cases.confirm_change, SECOND_OFFICER, "another-plan", change_id=shown) == NotFound()
    assert isinstance(await world.do(use_cases.confirm_change, SECOND_OFFICER, plan.code, change_id=shown), Loaded)
    assert await version_in_force(world) == "99"
    assert await world.do(use_cases.confirm_change, SECOND_OFFICER, plan.code, change_id=shown) == NotFound()
    acts = [
        tuple(row) for row in await world.rows("select act, actor from audit_entry where subject = :plan order by at, id", plan=plan.code)
    ]
    assert acts[1:] == [("plan.propose", str(OFFICER.account_id)), ("plan.load", str(SECOND_OFFICER.account_id))]


async def test_a_question_that_nobody_answered_may_go(world: World) -> None:
    assert isinstance(await world.do(use_cases.load_plan, without_question("birth_date"), actor="tests"), Loaded)


async def test_fewer_places_than_are_held_need_a_second_officer(world: World) -> None:
    figures = quotas.CellChanged(cell=CELL.key, capacity=36, free=0, offered=6, taken=30, waiting=0, last_decision=36, last_hash="0" * 64)
    await world.hears(event(figures, subject=CELL.key, version=1, key=CELL.key, at=world.now))
    programmes = tuple(
        msgspec.structs.replace(one, places_per_year={**one.places_per_year, CELL.year: 35}) if one.code == PROGRAMME else one
        for one in the_plan().programmes
    )
    proposed = await world.do(use_cases.load_plan, next_version(programmes=programmes), actor="tests")
    assert isinstance(proposed, NeedsConfirmation)
    assert proposed.breaks == (f"{PROGRAMME}: 36 places of {CELL.year} are held and 35 would remain",)


async def test_another_proposal_takes_the_place_of_the_one_that_waits(world: World) -> None:
    await world.reach(State.SUBMITTED)
    first = await world.do(use_cases.load_plan, without_question("birth_date"), actor="tests")
    second = await world.do(use_cases.load_plan, without_question("full_name"), actor="tests")
    assert first.change_id != second.change_id
    assert len(await world.rows("select 1 from plan_change")) == 1


async def test_only_what_was_shown_is_confirmed(world: World) -> None:
    """Another proposal came meanwhile, or people went on applying: the second officer is shown it as it is now, and nothing is in force."""
    await world.reach(State.SUBMITTED)
    plan = without_question("birth_date")
    first = await world.do(use_cases.load_plan, plan, actor="puente:root")
    second = await world.do(use_cases.load_plan, without_question("full_name"), actor="puente:root")
    stale = await world.do(use_cases.confirm_change, OFFICER, plan.code, change_id=first.change_id)
    assert stale == ChangeReplaced(second.change_id, second.breaks)

    gone = msgspec.structs.replace(the_plan(), version="100", programmes=tuple(p for p in the_plan().programmes if p.code != PROGRAMME))
    third = await world.do(use_cases.load_plan, gone, actor="puente:root")
    fewer = next_version(programmes=tuple(p for p in gone.programmes if p.code != "short"))
    fourth = await world.do(use_cases.load_plan, fewer, actor="puente:root")
    assert fourth.breaks == third.breaks
    await world.reach(State.SUBMITTED, programme="short")
    more = await world.do(use_cases.confirm_change, OFFICER, plan.code, change_id=fourth.change_id)
    assert isinstance(more, ChangeReplaced)
    assert set(more.breaks) - set(fourth.breaks) == {"short: the programme would be gone, and it has applications"}
    assert await version_in_force(world) == the_plan().version
    assert isinstance(await world.do(use_cases.confirm_change, OFFICER, plan.code, change_id=more.change_id), Loaded)
