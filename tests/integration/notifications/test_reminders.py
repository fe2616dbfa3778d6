"""Reminders come when they are useful, are bound to what they were set for, and never come late."""

from datetime import timedelta
from typing import Any

from shared.events.applications import ApplicationApproved, ApplicationReturned, ApplicationSubmitted, ApplicationWithdrawn
from shared.events.quotas import PlaceOffered, PlaceReleased, PlaceTaken
from shared.kernel.ids import derived_id
from tests.integration.notifications.house import House


def ids(house: House) -> dict[str, Any]:
    return {"application": derived_id("application", "ana"), "person": house.person("ana", language="en")}


def offered(house: House, *, days: float = 14, decision: int = 1, **who: Any) -> PlaceOffered:
    return PlaceOffered(**(who or ids(house)), answer_by=house.clock.now() + timedelta(days=days), decision=decision, cause="approval")


def told(house: House) -> list[str]:
    """Subjects, oldest first."""
    return [mail.subject for mail in house.sink.mails()][::-1]


OFFER, REMINDER = "A place is held for you: please answer", "Reminder: a place is held for you"


async def test_an_offer_without_an_answer_is_recalled_once(house: House) -> None:
    await house.say(offered(house))
    await house.later(days=10, hours=23)
    assert told(house) == [OFFER]
    await house.later(hours=1)
    assert told(house) == [OFFER, REMINDER]
    await house.hear(*house.said)
    await house.later(days=1)
    assert told(house) == [OFFER, REMINDER]
    inbox = await house.rows("select template from message where channel = 'inbox' order by created_at")
    assert [row["template"] for row in inbox] == ["place_offered", "reminder_offer"]
    assert await house.broken() == {}


async def test_an_offer_that_was_answered_or_withdrawn_from_is_not_recalled(house: House) -> None:
    for end in (
        PlaceTaken(**ids(house), decision=2),
        PlaceReleased(**ids(house), cause="expired", decision=2),
        ApplicationWithdrawn(**ids(house), by_role="applicant", from_state="offered"),
    ):
        await house.say(offered(house))
        await house.say(end)
        await house.later(days=13)
    assert REMINDER not in told(house)
    assert {row["state"] for row in await house.rows("select state from reminder")} == {"settled"}


async def test_within_one_batch_too(house: House) -> None:
    """Set and settled before anything was stored."""
    await house.say(offered(house), PlaceTaken(**ids(house), decision=2))
    await house.later(days=13)
    assert REMINDER not in told(house)


async def test_an_approval_that_comes_late_does_not_settle_the_offer_that_it_led_to(house: House) -> None:
    """The two come on different topics, which have no order among each other."""
    await house.say(offered(house))
    await house.say(ApplicationApproved(**ids(house), score=1, submitted_at=house.clock.now()))
    await house.later(days=12)
    assert REMINDER in told(house)


async def test_a_newer_offer_is_recalled_by_its_own_deadline(house: House) -> None:
    await house.say(offered(house, days=14))
    await house.later(days=5)
    await house.say(offered(house, days=30, decision=2))
    await house.later(days=7)
    assert told(house) == [OFFER, OFFER]
    await house.later(days=21)
    assert told(house) == [OFFER, OFFER, REMINDER]


async def test_a_reminder_that_would_come_after_its_deadline_is_left_out(house: House) -> None:
    """The worker was away for a fortnight."""
    await house.say(offered(house))
    await house.later(days=15)
    assert told(house) == [OFFER]
    assert (await house.rows("select state from reminder"))[0]["state"] == "late"


async def test_a_correction_is_recalled_until_it_was_made(house: House) -> None:
    reminder = "Reminder: your application needs a correction"
    returned = ApplicationReturned(**ids(house), reasons=["incomplete"], correct_by=(house.clock.now() + timedelta(days=10)).date())
    await house.say(returned)
    await house.later(days=9)
    assert told(house)[-1] == reminder
    returned = ApplicationReturned(**ids(house), reasons=["incomplete"], correct_by=(house.clock.now() + timedelta(days=10)).date())
    await house.say(returned)
    await house.say(ApplicationSubmitted(**ids(house)))
    await house.later(days=9)
    assert told(house).count(reminder) == 1


async def test_of_two_days_for_a_correction_the_later_one_is_recalled(house: House) -> None:
    """The coordinator gave more time."""
    first, later = ((house.clock.now() + timedelta(days=days)).date() for days in (10, 20))
    for day in (first, later):
        await house.say(ApplicationReturned(**ids(house), reasons=["incomplete"], correct_by=day))
    await house.later(days=9)
    assert told(house) == ["Your application needs a correction"] * 2, "the person hears of the later day"
    await house.later(days=10)
    assert told(house)[2:] == ["Reminder: your application needs a correction"]
