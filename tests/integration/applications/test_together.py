"""Several people at once, what each may see, and what is written down of whom."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.applications import use_cases, views
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import (
    Changed,
    DateWrong,
    Forbidden,
    Incomplete,
    NotFound,
    NotScored,
    PointsWrong,
    ReasonsWrong,
    SlateChanged,
)
from services.applications.domain.viewers import Viewer, may_know
from services.applications.store import applications as store
from services.applications.store.lists import Mark, Wanted, find_many, mark_of
from services.applications.use_cases import Done
from shared.events.catalogue import decode
from shared.kernel.ids import new_id
from shared.persistence.database import Tx
from tests.integration.applications.people import (
    ABROAD,
    AUDITOR,
    COORDINATOR,
    COUNTRY,
    OFFICER,
    OPERATOR,
    PROGRAMME,
    REVIEWER,
    SECOND_OFFICER,
    YEAR,
    World,
    new_applicant,
    reason,
    the_plan,
)

WANTED = Wanted(programme=PROGRAMME, year=YEAR)


# ------------------------------------------------------------------------------------------------------------ at once


async def test_of_two_officers_at_once_the_second_is_shown_what_the_first_did(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    await world.score(application.id)
    seen = (await world.application(application.id)).version
    approve = world.do(use_cases.approve, OFFICER, application.id, expected_version=seen)
    reject = world.do(use_cases.reject, SECOND_OFFICER, application.id, reasons=[reason("rejection")], expected_version=seen)
    outcomes = await asyncio.gather(approve, reject)
    done = [one for one in outcomes if isinstance(one, Done)]
    assert len(done) == 1
    after = await world.application(application.id)
    assert [one for one in outcomes if not isinstance(one, Done)] == [Changed(State(after.state), seen + 1)]
    assert len(await world.published(application.id)) == application.facts + 1


async def test_the_outbox_keeps_every_applications_order_also_between_people(world: World) -> None:
    """Events are added under the application's row lock: by id, no later fact of it stands before an earlier one."""
    applicants = [await world.reach(State.SUBMITTED) for _ in range(12)]

    async def at_once(applicant: Viewer, application_id: UUID) -> None:
        await asyncio.gather(
            world.do(use_cases.nominate, COORDINATOR, application_id, expected_version=None),
            world.do(use_cases.reject, OFFICER, application_id, reasons=[reason("rejection")], expected_version=None),
            world.do(use_cases.withdraw, applicant, application_id, expected_version=None),
        )

    await asyncio.gather(*(at_once(applicant, application.id) for applicant, application in applicants))
    last: dict[str, int] = {}
    for (value,) in await world.rows("select value from outbox order by id"):
        told = decode(bytes(value))
        if told.type.startswith("puente.application"):
            assert told.subjectversion == last.get(told.subject, 0) + 1, f"{told.type} of {told.subject} is out of order"
            last[told.subject] = told.subjectversion
    assert sum(last.values()) >= 2 * len(applicants)


async def test_a_move_of_quotas_under_an_open_form_is_shown_too(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    await world.hears(world.no_room_to_nominate(application))
    outcome = await world.do(use_cases.approve, OFFICER, application.id, expected_version=application.version)
    assert outcome == Changed(State.SUBMITTED, application.version + 1)


async def test_many_nominations_at_once_get_a_rank_each(world: World) -> None:
    applications = [(await world.reach(State.SUBMITTED))[1] for _ in range(6)]
    await asyncio.gather(*(world.do(use_cases.nominate, COORDINATOR, one.id, expected_version=one.version) for one in applications))
    ranks = [(await world.application(one.id)).slate_rank for one in applications]
    assert sorted(rank for rank in ranks if rank) == [1, 2, 3, 4, 5, 6]


# -------------------------------------------------------------------------------------------------------------- slate


async def test_the_country_orders_its_slate(world: World) -> None:
    ids = [(await world.reach(State.NOMINATED))[1].id for _ in range(3)]
    order = [ids[2], ids[0], ids[1]]
    assert isinstance(await world.do(use_cases.reorder_slate, COORDINATOR, programme=PROGRAMME, year=YEAR, order=order), Done)
    slate = await world.db.run(lambda tx: views.slate(tx, OFFICER, PROGRAMME, YEAR, COUNTRY))
    assert [line.application.id for line in slate.lines] == order
    audited = await world.rows("select detail from audit_entry where act = 'application.reorder'")
    assert len(audited) == 3
    again = await world.do(use_cases.reorder_slate, COORDINATOR, programme=PROGRAMME, year=YEAR, order=order)
    assert isinstance(again, Done) and len(await world.rows("select 1 from audit_entry where act = 'application.reorder'")) == 3


async def test_nobody_orders_a_slate_that_their_own_application_is_on(world: World) -> None:
    """Whoever applied before they became a coordinator keeps their account."""
    (person, own), (_, other) = await world.reach(State.NOMINATED), await world.reach(State.NOMINATED)
    conflicted = Viewer(person.account_id, "coordinator", COUNTRY)
    refused = await world.do(use_cases.reorder_slate, conflicted, programme=PROGRAMME, year=YEAR, order=[own.id, other.id])
    assert refused == Forbidden() and await world.rows("select 1 from audit_entry where act = 'application.reorder'") == []


async def test_a_slate_that_changed_meanwhile_is_not_overwritten(world: World) -> None:
    ids = [(await world.reach(State.NOMINATED))[1].id for _ in range(3)]
    for order in ([], ids[:2], [*ids, new_id()], [ids[0]] * 3):
        assert await world.do(use_cases.reorder_slate, COORDINATOR, programme=PROGRAMME, year=YEAR, order=order) == SlateChanged()
    assert await world.do(use_cases.reorder_slate, ABROAD, programme=PROGRAMME, year=YEAR, order=ids) == SlateChanged()
    assert await world.do(use_cases.reorder_slate, OFFICER, programme=PROGRAMME, year=YEAR, order=ids) == Forbidden()


async def test_a_rank_is_never_given_twice_also_when_somebody_left_the_slate(world: World) -> None:
    first = (await world.reach(State.NOMINATED))[1]
    second = (await world.reach(State.NOMINATED))[1]
    await world.act(use_cases.reject, OFFICER, second.id, reasons=[reason("rejection")])
    third = (await world.reach(State.NOMINATED))[1]
    assert [first.slate_rank, second.slate_rank, third.slate_rank] == [1, 2, 3]


async def test_papers_that_the_nomination_needs_are_asked_for(world: World) -> None:
    ana = new_applicant()
    programme = the_plan().programme("bridge")
    assert programme is not None
    call = programme.call(YEAR)
    assert call is not None
    world.now = call.opens + timedelta(hours=1)
    application = await world.submitted(ana, "bridge")
    assert isinstance(await world.do(use_cases.remove_document, ana, application.id, "endorsement"), Done)
    outcome = await world.do(use_cases.nominate, COORDINATOR, application.id, expected_version=application.version)
    assert outcome == Incomplete((), ("endorsement",))
    assert isinstance(await world.attach(COORDINATOR, application.id, "endorsement"), Done)
    assert (await world.act(use_cases.nominate, COORDINATOR, application.id)).state == State.NOMINATED


# ----------------------------------------------------------------------------------------------------------- judging


async def test_the_score_is_the_mean_of_the_reviewers_and_may_be_given_anew(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    second = Viewer(new_id(), "reviewer")
    await world.score(application.id, REVIEWER, 1.0)
    assert (await world.application(application.id)).score == 100_000
    await world.score(application.id, second, 0.0)
    assert (await world.application(application.id)).score == 50_000
    await world.score(application.id, second, 1.0)
    after = await world.application(application.id)
    assert (after.score, after.version) == (100_000, application.version)
    assert len(await world.rows("select 1 from review")) == 2


async def test_points_must_fit_their_criteria(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    too_many = {criterion.key: criterion.maximum + 1 for criterion in programme.criteria}
    outcome = await world.do(use_cases.score, REVIEWER, application.id, points=too_many, reason="", expected_version=application.version)
    assert outcome == PointsWrong({criterion.key: criterion.maximum for criterion in programme.criteria}, too_many)
    assert await world.rows("select 1 from review") == []


async def test_nobody_is_approved_unscored_where_the_route_has_a_review(world: World) -> None:
    _, application = await world.reach(State.NOMINATED)
    assert await world.do(use_cases.approve, OFFICER, application.id, expected_version=application.version) == NotScored()


async def test_only_reviewers_score_and_only_while_it_counts(world: World) -> None:
    _, application = await world.reach(State.SUBMITTED)
    score: Any = {"points": {}, "reason": "", "expected_version": None}
    assert (await world.do(use_cases.score, REVIEWER, application.id, **score)).reason == "not_in_this_state"
    assert await world.do(use_cases.score, OFFICER, application.id, **score) == Forbidden()
    assert await world.do(use_cases.score, OPERATOR, application.id, **score) == NotFound()
    _, short = await world.reach(State.SUBMITTED, programme="short")
    assert (await world.do(use_cases.score, REVIEWER, short.id, **score)).reason == "not_in_this_route"


@pytest.mark.parametrize("given", [[], ["no_such_reason"], [""]])
async def test_reasons_are_those_of_the_programme(world: World, given: list[str]) -> None:
    _, application = await world.reach(State.SUBMITTED)
    seen = application.version
    rejected = await world.do(use_cases.reject, COORDINATOR, application.id, reasons=given, expected_version=seen)
    day = world.now.date()
    returned = await world.do(
        use_cases.return_for_correction, COORDINATOR, application.id, reasons=given, correct_by=day, expected_version=seen
    )
    assert isinstance(rejected, ReasonsWrong)
    assert isinstance(returned, ReasonsWrong)
    assert (await world.application(application.id)).version == seen


async def test_nothing_is_to_be_corrected_by_yesterday(world: World) -> None:
    _, application = await world.reach(State.SUBMITTED)
    today = world.now.date()
    outcome = await world.do(
        use_cases.return_for_correction,
        COORDINATOR,
        application.id,
        reasons=[reason("return")],
        correct_by=today - timedelta(days=2),
        expected_version=application.version,
    )
    assert isinstance(outcome, DateWrong)


# -------------------------------------------------------------------------------------------------------------- seeing


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.PLACED, State.WITHDRAWN])
async def test_each_sees_what_is_theirs_and_the_query_says_the_same_as_the_rule(world: World, state: State) -> None:
    """There is another person's application too, which would show if something leaked."""
    owner, application = await world.reach(state)
    stranger, other = await world.reach(State.SUBMITTED)
    for viewer in (owner, stranger, COORDINATOR, ABROAD, Viewer(new_id(), "coordinator"), REVIEWER, OFFICER, AUDITOR, OPERATOR):
        knows = may_know(viewer, person_id=application.person_id, country=application.country, submitted=application.receipt is not None)

        async def look(tx: Tx, viewer: Viewer = viewer) -> tuple[bool, bool, set[Any]]:
            found = await store.find(tx, viewer, application.id)
            whole = await views.dossier(tx, viewer, application.id)
            listed = {one.application.id for one in await find_many(tx, viewer, Wanted())}
            return found is not None, whole is not None, listed

        found, whole, listed = await world.db.run(look)
        assert (found, whole) == (knows, knows), viewer
        assert (application.id in listed) == (knows and application.submitted_at is not None), viewer
        assert (other.id in listed) == may_know(viewer, person_id=other.person_id, country=other.country, submitted=True), viewer


async def test_the_applicant_sees_neither_scores_nor_who_gave_them(world: World) -> None:
    owner, application = await world.reach(State.NOMINATED)
    await world.score(application.id)
    mine = await world.db.run(lambda tx: views.dossier(tx, owner, application.id))
    theirs = await world.db.run(lambda tx: views.dossier(tx, OFFICER, application.id))
    assert mine is not None
    assert theirs is not None
    assert (mine.reviews, mine.figures, dict(mine.names)) == ((), None, {})
    assert len(theirs.reviews) == 1
    assert [len(one.answers) for one in (mine, theirs)] == [len(mine.answers)] * 2
    assert mine.complete


async def test_a_long_list_is_read_page_by_page_without_gap_or_repeat(world: World) -> None:
    applications = [(await world.reach(State.NOMINATED))[1] for _ in range(5)]
    for share, one in zip((0.5, 1.0, 0.5, 0.0, 1.0), applications, strict=True):
        await world.score(one.id, share=share)
    for order in ("submitted", "score"):
        wanted = Wanted(programme=PROGRAMME, year=YEAR, states=(State.NOMINATED,), order=order)

        async def read(tx: Tx, after: Mark | None, wanted: Wanted = wanted, limit: int = 2) -> list[Any]:
            return await find_many(tx, OFFICER, wanted, after=after, limit=limit)

        pages: list[Any] = []
        mark: Mark | None = None
        while page := await world.db.run(lambda tx, mark=mark: read(tx, mark)):  # type: ignore[misc]
            pages += page
            mark = mark_of(page[-1])
        whole = await world.db.run(lambda tx: read(tx, None, limit=50))
        assert [one.application.id for one in pages] == [one.application.id for one in whole]
        assert len(pages) == 5
        scores = [one.application.score for one in whole]
        assert order == "submitted" or scores == sorted(scores, reverse=True)


# ------------------------------------------------------------------------------------------------------------- audited


async def test_every_administrative_act_leaves_its_row_with_ids_and_codes_only(world: World) -> None:
    _, application = await world.reach(State.ENDED)
    rows = await world.rows("select actor, role, act, detail from audit_entry where subject = :id order by at, id", id=str(application.id))
    acts = [(row.role, row.act) for row in rows]
    assert acts == [
        ("coordinator", "application.nominate"),
        ("reviewer", "application.score"),
        ("officer", "application.approve"),
        ("officer", "application.end"),
    ]
    assert [row.actor for row in rows] == [str(one.account_id) for one in (COORDINATOR, REVIEWER, OFFICER, OFFICER)]
    assert "sound" not in str([row.detail for row in rows])


async def test_an_act_that_fails_on_the_way_leaves_no_audit_row(world: World) -> None:
    """The row is in the transaction of the act: what is rolled back takes it along."""
    _, application = await world.reach(State.SUBMITTED)
    before = await world.rows("select count(*) from audit_entry")

    async def nominate_and_fail(tx: Tx) -> None:
        await use_cases.nominate(tx, COORDINATOR, application.id, expected_version=application.version, now=world.now)
        raise RuntimeError("the connection is lost")

    with pytest.raises(RuntimeError):
        await world.db.run(nominate_and_fail)
    assert await world.rows("select count(*) from audit_entry") == before
    after = await world.application(application.id)
    assert (after.state, after.version) == (State.SUBMITTED, application.version)
    assert len(await world.published(application.id)) == 1
