"""A country leaves or returns: whoever it concerns is told once, in words, also who had told this service nothing before."""

from datetime import date
from uuid import UUID

from shared.events.applications import ApplicationConcerned, ApplicationSubmitted
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.kernel.ids import derived_id
from tests.integration.notifications.house import CELL, House

ANA = derived_id("application", "ana")


def concerned(house: House, number: int, change: str, person: UUID, *, end: date | None = None) -> AnyEvent:
    fact = ApplicationConcerned(application=ANA, person=person, change=change, start=date(2016, 4, 1), end=end)  # type: ignore[arg-type]
    made = derived_id("concerned", str(number))
    return event(fact, subject=f"participation:{ANA}", version=number, key=CELL, at=house.clock.now(), event_id=made)


async def test_who_is_still_writing_is_told_once_whatever_is_heard_again(house: House) -> None:
    ana = house.person("ana", language="en")
    left, back = concerned(house, 1, "left", ana, end=date(2017, 3, 31)), concerned(house, 2, "returned", ana)
    await house.hear(left, back)
    await house.hear(back, left)
    await house.work()
    assert sorted(mail.subject for mail in house.sink.mails("ana@example.org")) == [
        "Your country takes part again",
        "Your country will take no part in the programme of your application",
    ]
    text = next(mail.text for mail in house.sink.mails("ana@example.org") if "no part" in mail.subject)
    assert "takes no part in this programme from 1 April 2016 to 31 March 2017" in " ".join(text.split())
    again = next(mail.text for mail in house.sink.mails("ana@example.org") if "again" in mail.subject)
    assert "from 1 April 2016 on" in " ".join(again.split())
    await house.hear(left, back)
    await house.work()
    assert len(list(house.sink.mails("ana@example.org"))) == 2


async def test_it_does_not_hide_the_next_fact_about_the_application(house: House) -> None:
    """Its version is the change's, not the application's: a high one is not taken for news of the application."""
    ana = house.person("ana", language="en")
    await house.hear(concerned(house, 7, "left_in_part", ana))
    await house.say(ApplicationSubmitted(application=ANA, person=ana))
    await house.work()
    assert len(list(house.sink.mails("ana@example.org"))) == 2
    assert await house.broken() == {}
