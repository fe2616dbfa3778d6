"""Referees by the use cases: who may be asked, what a link opens, when a letter counts, who is told, who reads, what is erased."""

from datetime import timedelta
from typing import Any

from services.applications import use_cases
from services.applications.domain.lifecycle import NotAllowed, State
from services.applications.domain.outcomes import Forbidden, Incomplete, NotFound
from services.applications.domain.referees import Invitee, LinkGone, RefereeRefused
from services.applications.domain.viewers import Viewer
from services.applications.privacy.erasing import erase_again
from services.applications.referees import chasing, writing
from services.applications.referees.asking import SENT_AGAIN, invite, remind
from services.applications.referees.reading import read_letter
from services.applications.referees.tables import Referee
from services.applications.referees.telling import Letterhead, letterhead
from services.applications.use_cases import Submitted
from tests.integration.applications.letters import a_referee, written
from tests.integration.applications.people import (
    ABROAD,
    AUDITOR,
    COORDINATOR,
    OFFICER,
    REVIEWER,
    World,
    good_form,
    new_applicant,
    the_plan,
)
from tests.integration.applications.recommending import ask, link_to, ready, state_of, told

# ------------------------------------------------------------------------------------------------------------- asking


async def test_people_must_be_asked_before_the_application_is_sent_and_letters_be_there_before_it_is_put_forward(world: World) -> None:
    person, application = await ready(world)
    assert await world.submit(person, application.id) == Incomplete((), (), referees=2)
    referees = [await ask(world, person, application, number) for number in range(2)]
    assert isinstance(await world.submit(person, application.id), Submitted)
    version = (await world.application(application.id)).version
    early = await world.do(use_cases.nominate, COORDINATOR, application.id, expected_version=version)
    assert early == Incomplete((), (), referees=2)
    for referee in referees:
        await world.db.run(lambda tx, one=referee: written(tx, one.id, world.now))  # type: ignore[misc]
    await world.act(use_cases.nominate, COORDINATOR, application.id)


async def test_where_letters_come_with_the_application_it_waits_for_them(world: World) -> None:
    masters = the_plan().programme("masters")
    assert masters is not None
    call = masters.call(2016)
    assert call is not None
    world.now = call.opens + timedelta(days=3)
    person, application = await ready(world, "masters")
    referee = await ask(world, person, application, kind="professional")
    assert await world.submit(person, application.id) == Incomplete((), (), referees=1)
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    assert isinstance(await world.submit(person, application.id), Submitted)


async def test_nobody_is_their_own_referee_and_nobody_is_asked_twice(world: World) -> None:
    person, application = await ready(world)
    await world.rows(
        "insert into account (id, email, role, language, timezone, created_at) "
        "values (:id, 'ana@example.org', 'applicant', 'es', 'UTC', now()) returning id",
        id=person.account_id,
    )

    async def refused(email: str) -> Any:
        return await world.do(invite, person, application.id, Invitee(**{**a_referee(), "email": email}))

    own = await refused("ANA@example.org")
    assert isinstance(own, RefereeRefused) and own.code == "own_address"
    assert isinstance(await refused("prof@example.org"), Referee)
    twice = await refused("Prof@Example.org")
    assert isinstance(twice, RefereeRefused) and twice.code == "address_twice"


async def test_no_more_are_asked_than_the_programme_says_and_a_replaced_one_makes_room(world: World) -> None:
    person, application = await ready(world)
    referees = [await ask(world, person, application, number) for number in range(3)]
    fourth = await world.do(invite, person, application.id, Invitee(**{**a_referee(), "email": "fourth@example.org"}))
    assert isinstance(fourth, RefereeRefused) and (fourth.code, fourth.parameters) == ("too_many", {"maximum": 3})
    same = await world.do(invite, person, application.id, Invitee(**{**a_referee(), "email": referees[0].email}), replaces=referees[0].id)
    assert isinstance(same, RefereeRefused) and same.code == "address_twice", "nobody is put in their own place, with two mails each time"
    token = await link_to(world, referees[0])
    await world.do(writing.save, token, {"acquaintance": "Since 1999"}, saved=0)
    await world.do(invite, person, application.id, Invitee(**{**a_referee(), "email": "fourth@example.org"}), replaces=referees[0].id)
    assert not await world.rows("select 1 from recommendation where referee_id = :id", id=referees[0].id), "what was begun is gone"
    assert await state_of(world, referees[0]) == "replaced"
    assert await told(world) == ["invited", "invited", "invited", "released", "invited"]
    assert await world.do(writing.seat, token) == LinkGone()
    assert await world.do(letterhead, referees[0].id, "referee_invited") is None
    assert isinstance(await world.do(letterhead, referees[0].id, "referee_released"), Letterhead)


async def test_the_same_form_sent_twice_asks_once(world: World) -> None:
    """A second press is answered as the first, also where somebody was replaced or where nobody else may be asked; later it is refused."""
    person, application = await ready(world)
    forms = [Invitee(**a_referee(number)) for number in range(4)]

    async def sent(number: int, replaces: Referee | None = None) -> Referee | RefereeRefused:
        outcome = await world.do(invite, person, application.id, forms[number], replaces=replaces.id if replaces else None)
        assert isinstance(outcome, Referee | RefereeRefused), outcome
        return outcome

    asked = [one for number in range(3) if isinstance(one := await sent(number), Referee)]
    again = await sent(2)
    assert isinstance(again, Referee) and again.id == asked[2].id
    world.now += timedelta(minutes=1)
    first, second = await sent(3, asked[0]), await sent(3, asked[0])
    assert isinstance(first, Referee) and isinstance(second, Referee) and second.id == first.id
    assert await told(world) == ["invited", "invited", "invited", "released", "invited"]
    other = await sent(1, asked[0])
    assert isinstance(other, RefereeRefused) and other.code == "not_open", "it was somebody else who came in that place"
    world.now += SENT_AGAIN + timedelta(seconds=1)
    later = await sent(2)
    assert isinstance(later, RefereeRefused) and later.code == "address_twice"


async def test_a_letter_that_is_there_is_not_replaced(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    other = Invitee(**{**a_referee(), "email": "other@example.org"})
    refusal = await world.do(invite, person, application.id, other, replaces=referee.id)
    assert isinstance(refusal, RefereeRefused) and refusal.code == "not_open"
    assert await world.do(invite, person, application.id, other, replaces=application.id) == NotFound()


async def test_strangers_staff_and_those_who_were_decided_about_ask_nobody(world: World) -> None:
    _, application = await ready(world)
    who = Invitee(**a_referee())
    assert await world.do(invite, new_applicant(), application.id, who) == NotFound()
    assert await world.do(invite, COORDINATOR, application.id, who) == NotFound()
    owner, nominated = await world.reach(State.NOMINATED)
    assert await world.do(invite, COORDINATOR, nominated.id, who) == Forbidden()
    assert await world.do(invite, owner, nominated.id, who) == NotAllowed("not_in_this_state", State.NOMINATED)
    _, training = await world.reach(State.DRAFT, programme="short")
    assert await world.do(invite, Viewer(training.person_id, "applicant"), training.id, who) == NotFound()


async def test_somebody_without_a_name_asks_nobody_as_a_referee_must_know_who_asks(world: World) -> None:
    person = new_applicant()
    application = await world.draft(person)
    await world.do(use_cases.save_page, person, application.id, "studies", good_form()["studies"])
    refusal = await world.do(invite, person, application.id, Invitee(**a_referee()))
    assert isinstance(refusal, RefereeRefused) and refusal.code == "name_needed"


async def test_a_reminder_is_sent_at_most_every_other_day(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    soon = await world.do(remind, person, application.id, referee.id)
    assert isinstance(soon, RefereeRefused) and soon.code == "too_soon"
    world.now += timedelta(days=2)
    assert isinstance(await world.do(remind, person, application.id, referee.id), Referee)
    again = await world.do(remind, person, application.id, referee.id)
    assert isinstance(again, RefereeRefused) and again.code == "too_soon"
    assert await told(world) == ["invited", "reminded"]
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    world.now += timedelta(days=2)
    settled = await world.do(remind, person, application.id, referee.id)
    assert isinstance(settled, RefereeRefused) and settled.code == "not_open"


# ------------------------------------------------------------------------------------------------------------- chasing


async def swept(world: World) -> None:
    await world.do(chasing.chase, most=100)
    await world.do(chasing.let_go, most=100)


async def test_reminders_come_as_the_plan_says_once_each_and_end_with_the_letter(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    await swept(world)
    assert await told(world) == ["invited"]
    for days, expected in ((7, 1), (2, 2)):
        world.now = referee.due_at - timedelta(days=days)
        await swept(world)
        await swept(world)
        assert (await told(world)).count("reminded") == expected
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    world.now = referee.due_at - timedelta(hours=1)
    await swept(world)
    assert (await told(world)).count("reminded") == 2


async def test_a_reminder_that_comes_after_the_due_moment_is_not_sent(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    world.now = referee.due_at + timedelta(days=2)
    await swept(world)
    assert await told(world) == ["invited"]
    assert await world.rows("select 1 from referee where next_chase_at is not null") == []


async def test_nobody_is_chased_for_an_application_that_was_withdrawn(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application)
    token = await link_to(world, referee)
    await world.act(use_cases.withdraw, person, application.id)
    assert await world.do(writing.seat, token) == LinkGone()
    await swept(world)
    await swept(world)
    assert await state_of(world, referee) == "released"
    world.now = referee.due_at - timedelta(days=7)
    await swept(world)
    assert await told(world) == ["invited", "released"]


# ------------------------------------------------------------------------------------------------------------- reading


async def test_letters_are_read_by_whom_the_programme_names_and_each_reading_is_noted(world: World) -> None:
    person, application = await world.reach(State.NOMINATED)
    [row, _] = await world.rows("select id from referee order by email")
    for viewer in (person, COORDINATOR, ABROAD, AUDITOR, new_applicant(), Viewer(application.person_id, "officer")):
        assert await world.do(read_letter, viewer, application.id, row.id) is None, viewer
    assert await world.rows("select 1 from audit_entry where act = 'application.letter_read'") == []
    for viewer in (REVIEWER, OFFICER):
        found = await world.do(read_letter, viewer, application.id, row.id)
        assert found is not None and found[3].answers["judgement"] == "yes"
    noted = await world.rows("select actor, role, subject, detail from audit_entry where act = 'application.letter_read' order by at, id")
    assert {(one.actor, one.role) for one in noted} == {(str(v.account_id), v.role) for v in (REVIEWER, OFFICER)}
    assert {(one.subject, one.detail["referee"]) for one in noted} == {(str(application.id), str(row.id))}


async def test_a_letter_that_has_not_come_and_one_of_another_application_are_not_read(world: World) -> None:
    _, application = await world.reach(State.SUBMITTED)
    _, other = await world.reach(State.SUBMITTED)
    [row, *_] = await world.rows("select id from referee where application_id = :id", id=other.id)
    assert await world.do(read_letter, OFFICER, application.id, row.id) is None
    await world.rows("update referee set state = 'declined' where id = :id returning id", id=row.id)
    assert await world.do(read_letter, OFFICER, other.id, row.id) is None


# ------------------------------------------------------------------------------------------------------------- privacy


async def test_no_event_carries_anything_of_a_person(world: World) -> None:
    person, application = await ready(world)
    referee = await ask(world, person, application, name="Dr. Ñuflo Çelik", email="nuflo@example.org")
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    raw = b"".join(bytes(row.value) for row in await world.rows("select value from outbox")).decode()
    for word in ("Çelik", "nuflo", "thesis", "@", "word word"):
        assert word not in raw


async def test_a_name_cannot_carry_an_address_into_a_mail_to_others(world: World) -> None:
    person, application = await ready(world)
    named = {**good_form()["identity"], "full_name": "Ana <b>http://evil.example/x</b> win@evil.example"}
    await world.do(use_cases.save_page, person, application.id, "identity", named)
    referee = await ask(world, person, application)
    head = await world.do(letterhead, referee.id, "referee_invited")
    assert isinstance(head, Letterhead)
    assert "Ana" in head.applicant
    assert not set("<>/:@") & set(head.applicant) and "evil.example" not in head.applicant
    lured = await ask(world, person, application, 1, name="https://evil.example/verify your grant")
    head = await world.do(letterhead, lured.id, "referee_invited")
    assert isinstance(head, Letterhead) and not set("/:") & set(head.name) and "evil.example" not in head.name


async def test_erasing_a_person_takes_names_addresses_links_and_letters_of_their_referees(world: World) -> None:
    person, application = await world.reach(State.SUBMITTED)
    _, other = await world.reach(State.SUBMITTED)
    [row, *_] = await world.rows("select id from referee where application_id = :id", id=application.id)
    await world.rows("update recommendation set storage_key = 'a/b', filename = 'x.pdf' where referee_id = :id returning 1", id=row.id)
    erased = await world.do(erase_again, person.account_id)
    assert erased is not None and "a/b" in erased.keys
    left = await world.rows("select r.application_id as whose from referee r join recommendation l on l.referee_id = r.id")
    assert {one.whose for one in left} == {other.id}
    assert {one.whose for one in await world.rows("select application_id as whose from referee")} == {other.id}
    assert await world.do(letterhead, row.id, "referee_thanked") is None


async def test_a_fact_about_a_referee_counts_for_the_referee_alone(world: World) -> None:
    """A letter that comes while staff decide makes no form out of date."""
    person, application = await ready(world)
    version = (await world.application(application.id)).version
    referee = await ask(world, person, application)
    await world.db.run(lambda tx: written(tx, referee.id, world.now))
    assert (await world.application(application.id)).version == version
    found = [one for one in await world.published() if one.type.startswith("puente.referee.")]
    assert [(one.subject, one.subjectversion) for one in found] == [(f"referee:{referee.id}", 1), (f"referee:{referee.id}", 2)]
