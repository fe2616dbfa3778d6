"""Mails reach people through everything that can go wrong with a mail server and with the service that knows the addresses."""

from datetime import timedelta
from uuid import UUID

from services.notifications.delivery import wait_after
from shared.events.applications import ApplicationSubmitted
from shared.events.quotas import PlaceOffered
from shared.kernel.ids import derived_id
from tests.integration.notifications.house import House, programme


def submitted(house: House, name: str = "ana", **details: str) -> ApplicationSubmitted:
    return ApplicationSubmitted(application=derived_id("application", name), person=house.person(name, **details))


def application(name: str = "ana") -> UUID:
    return derived_id("application", name)


async def test_a_mail_is_in_the_persons_language_and_time_zone(house: House) -> None:
    """Asked for when sending: whoever changed the language since the event gets the new one."""
    ids = {"application": application(), "person": house.person("ana", language="en")}
    await house.say(PlaceOffered(**ids, answer_by=house.clock.now() + timedelta(days=14), decision=1, cause="approval"))
    house.person("ana", language="pt", timezone="America/Sao_Paulo")
    await house.work()
    mail = await house.sink.wait_for("ana@example.org")
    assert mail.subject == "Uma vaga está reservada para você: responda, por favor"
    assert mail.text.startswith("Olá, Ana,\n\nParabéns! Uma vaga em “Bolsas governamentais” (Peru, 2016)")
    assert "3 de fevereiro de 2016, 07:00 (São Paulo) / 3 de fevereiro de 2016, 17:00 (Pequim)" in mail.text
    assert f"http://puente.test/applications/{application()}" in mail.text
    assert mail.date == house.clock.now()
    assert (await house.mails())["place_offered"] == ("sent", 1, None)


async def test_an_address_that_is_refused_for_good_ends_as_failed_and_is_published(house: House) -> None:
    house.sink.refusing = {"ana@example.org": "550 5.1.1 nobody here"}.get
    await house.say(submitted(house), submitted(house, "luis"))
    await house.work()
    states = await house.rows("select state, last_reason, next_try_at from message where channel = 'email' order by state")
    assert states == [
        {"state": "failed", "last_reason": "address_refused", "next_try_at": None},
        {"state": "sent", "last_reason": None, "next_try_at": None},
    ]
    [failed] = [event for event in await house.published() if event["type"] == "puente.message.failed.v1"]
    assert (failed["data"]["reason"], failed["data"]["attempts"]) == ("address_refused", 1)
    assert len(await house.rows("select 1 as one from message where channel = 'inbox'")) == 2, "the inbox has it all the same"
    await house.later(days=30)
    assert len(house.sink) == 1


async def test_a_mail_that_is_put_off_is_tried_again_with_longer_and_longer_waits(house: House) -> None:
    house.sink.refusing = lambda _to: "451 4.7.1 come back later"
    await house.say(submitted(house))
    await house.work()
    assert (await house.mails())["application_submitted"] == ("failed_temporarily", 1, "refused_for_now")
    assert await house.later(seconds=59) == 0
    assert (await house.mails())["application_submitted"][1] == 1
    await house.later(seconds=1)
    assert (await house.mails())["application_submitted"][1] == 2
    await house.later(seconds=60)
    assert (await house.mails())["application_submitted"][1] == 2
    house.sink.refusing = lambda _to: None
    await house.later(seconds=60)
    assert (await house.mails())["application_submitted"] == ("sent", 3, None)
    assert len(house.sink) == 1


async def test_the_tries_have_a_limit_and_then_it_is_said_that_the_person_could_not_be_told(house: House) -> None:
    house.sink.refusing = lambda _to: "451 4.7.1 come back later"
    await house.say(submitted(house))
    for _ in range(20):
        await house.later(hours=6)
    assert (await house.mails())["application_submitted"] == ("failed", 12, "refused_for_now")
    assert [event["type"] for event in await house.published()] == ["puente.message.failed.v1"]
    assert await house.broken() == {}


def test_waits_double_up_to_six_hours_and_all_of_them_last_about_a_day() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 12)]
    assert waits[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert max(waits) == wait_after(10_000) == timedelta(hours=6)
    assert timedelta(hours=18) < sum(waits, timedelta()) < timedelta(hours=30)


async def test_a_server_that_breaks_off_after_accepting_gets_the_mail_again_under_the_same_id(house: House) -> None:
    """It may have been delivered, or not: the person may get it twice, and their mail program knows that it is one."""
    house.sink.breaking_off = lambda _to: True
    await house.say(submitted(house))
    await house.work()
    assert (await house.mails())["application_submitted"] == ("failed_temporarily", 1, "connection_lost")
    house.sink.breaking_off = lambda _to: False
    await house.later(minutes=1)
    assert (await house.mails())["application_submitted"] == ("sent", 2, None)
    assert len(house.sink) == 2 and len({mail.message_id for mail in house.sink.mails()}) == 1


async def test_a_mail_server_that_is_away_for_days_uses_up_no_tries_and_loses_nothing(house: House) -> None:
    await house.sink.stop()
    await house.say(*(submitted(house, f"p{n}") for n in range(5)))
    for _ in range(30):
        await house.later(hours=3)
    rows = await house.rows("select distinct state, attempts, last_reason from message where channel = 'email'")
    assert rows == [{"state": "failed_temporarily", "attempts": 0, "last_reason": "server_away"}]
    await house.sink.start()
    await house.later(seconds=30)
    assert len(house.sink) == 5
    assert await house.broken() == {}


async def test_while_addresses_cannot_be_asked_for_everything_waits_and_nothing_is_lost(house: House) -> None:
    house.book.away = True
    await house.say(submitted(house))
    for _ in range(30):
        await house.later(hours=1)
    assert (await house.mails())["application_submitted"] == ("failed_temporarily", 0, "applications_away")
    assert len(house.sink) == 0
    house.book.away = False
    await house.later(seconds=30)
    assert (await house.mails())["application_submitted"] == ("sent", 1, None)


async def test_a_person_without_an_address_is_reported_and_holds_nobody_up(house: House) -> None:
    """An account that was closed or erased."""
    fact = submitted(house)
    await house.say(fact, submitted(house, "luis"))
    del house.book.people[fact.person]
    await house.work()
    assert len(house.sink) == 1
    [failed] = await house.rows("select last_reason from message where state = 'failed'")
    assert failed["last_reason"] == "no_address"


async def test_one_person_s_address_is_asked_for_once_a_portion(house: House) -> None:
    for _ in range(5):
        await house.say(submitted(house))
    await house.work()
    assert len(house.sink) == 5 and house.book.asked == 1


async def test_an_event_of_a_programme_that_is_not_known_yet_is_kept_and_sent_when_it_is(house: House) -> None:
    """Topics have no order among each other."""
    await house.say(submitted(house), key="bridge:PE:2018")
    await house.work()
    assert len(house.sink) == 0 and (await house.mails())["application_submitted"] == ("created", 0, None)
    await house.hear(programme(programme="bridge", names=dict.fromkeys(("en", "es", "pt", "fr", "zh", "nl"), "Puente al futuro")))
    await house.work()
    assert "«Puente al futuro» (Perú, 2018)" in (await house.sink.wait_for("ana@example.org")).text


async def test_a_new_version_of_a_programme_changes_the_words_and_an_old_one_does_not(house: House) -> None:
    names = dict.fromkeys(("en", "es", "pt", "fr", "zh", "nl"), "Nombre nuevo")
    await house.hear(programme(3, names=names), programme(2))
    await house.say(submitted(house))
    await house.work()
    assert "«Nombre nuevo» (Perú, 2016)" in (await house.sink.wait_for("ana@example.org")).text


async def test_a_message_that_cannot_be_put_into_words_is_shown_as_failed_and_holds_nobody_up(house: House) -> None:
    await house.say(submitted(house), submitted(house, "luis"))
    await house.rows("update message set template = 'gone' where application = :id returning id", id=application())
    await house.work()
    assert len(house.sink) == 1
    assert (await house.mails())["gone"] == ("failed", 1, "text_missing")


async def test_a_batch_of_thousands_is_written_with_a_few_statements(house: House) -> None:
    """The number of statements does not grow with the batch."""
    from sqlalchemy import event as listen

    counted = 0

    def count(*_args: object) -> None:
        nonlocal counted
        counted += 1

    listen.listen(house.service.db.engine.sync_engine, "before_cursor_execute", count)
    await house.hear(*(house.fact(submitted(house, f"p{n}")) for n in range(10)))
    few, counted = counted, 0
    await house.hear(*(house.fact(submitted(house, f"q{n}")) for n in range(2_000)))
    assert counted == few <= 8
