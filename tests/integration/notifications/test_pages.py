"""The inbox shows people what is theirs, in their language; staff see which mails went out, and send one again."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.notifications.promises import PROMISES
from services.notifications.store import checks
from shared.events.applications import ApplicationReturned, ApplicationSubmitted
from shared.events.quotas import PlaceOffered, PlaceWaiting
from shared.kernel.ids import derived_id
from shared.web.catalogues import check_catalogues
from tests.integration.notifications.house import House

ROOT = Path(__file__).parents[3]
JSON = {"Accept": "application/json"}


async def told(house: House, name: str = "ana") -> UUID:
    """Somebody who handed in an application and waits; returns who."""
    ids: dict[str, Any] = {"application": derived_id("application", name), "person": house.person(name, language="es")}
    await house.say(ApplicationSubmitted(**ids))
    house.clock.move(timedelta(hours=1))
    closes = house.clock.now() + timedelta(days=100)
    await house.say(PlaceWaiting(**ids, rank=7, lacking=["cell:scholarship:PE:2016"], list_closes=closes, decision=1))
    return derived_id("person", name)


async def inbox_id(house: House, template: str) -> str:
    [row] = await house.rows("select id from message where channel = 'inbox' and template = :template", template=template)
    return str(row["id"])


def test_every_text_of_the_pages_is_in_every_language() -> None:
    assert check_catalogues([ROOT / "services" / "notifications"]) == []


async def test_the_inbox_lists_what_is_new_first_and_marks_what_was_read(house: House) -> None:
    ana = await told(house)
    async with house.browser(ana) as browser:
        page = (await browser.get("/messages")).text
        assert page.index("You are on the waiting list") < page.index("We have your application")
        assert "2 messages that you have not read" in page and page.count(">New<") == 2
        assert "(Lima)" in page, "in the zone that the applications service knows"
        opened = await browser.get(f"/messages/{await inbox_id(house, 'place_waiting')}")
        assert "You are number 7 on the waiting list" in opened.text
        assert "<li>a free place among those of your country in this year</li>" in opened.text
        assert f'href="/applications/{derived_id("application", "ana")}"' in opened.text
        assert "1 message that you have not read" in (await browser.get("/messages")).text
        await browser.get(f"/messages/{await inbox_id(house, 'application_submitted')}")
        assert "You have read everything." in (await browser.get("/messages")).text


async def test_a_message_is_read_in_the_language_of_the_moment(house: House) -> None:
    ana = await told(house)
    async with house.browser(ana) as browser:
        address = f"/messages/{await inbox_id(house, 'place_waiting')}"
        for language, words in {
            "fr": "Vous êtes numéro 7",
            "zh": "您在候补名单中排第7位",
            "pt": "Você é o número 7",
            "nl": "U bent nummer 7",
        }.items():
            page = await browser.get(address, params={"lang": language})
            assert words in page.text


async def test_nobody_reads_anybody_elses_messages(house: House) -> None:
    """A message of somebody else, a mail's id, and a made-up one all do not exist."""
    await told(house)
    [mail] = await house.rows("select id from message where channel = 'email' limit 1")
    async with house.browser(house.person("luis")) as browser:
        for wrong in (await inbox_id(house, "place_waiting"), str(mail["id"]), str(derived_id("x")), "nonsense"):
            assert (await browser.get(f"/messages/{wrong}")).status_code == 404
        assert "No messages yet" in (await browser.get("/messages")).text
    assert await house.rows("select 1 as one from message where read_at is not null") == []


async def test_strangers_are_led_to_the_sign_in_and_back(house: House) -> None:
    async with house.browser() as browser:
        answer = await browser.get("/messages")
        assert (answer.status_code, answer.headers["location"]) == (303, "/identity?return=%2Fmessages")
        refused = await browser.get("/messages/api/v1/inbox", headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_first")


async def test_a_long_inbox_is_turned_over_and_shows_everything_once(house: House) -> None:
    ids: dict[str, Any] = {"application": derived_id("application"), "person": house.person("ana")}
    for _ in range(60):
        await house.say(ApplicationSubmitted(**ids))
    async with house.browser(ids["person"]) as browser:
        seen: list[str] = []
        address: str | None = "/messages/api/v1/inbox?limit=25"
        while address:
            answer = (await browser.get(address, headers=JSON)).json()
            seen += [message["id"] for message in answer["messages"]]
            address = answer["next"] and f"/messages/api/v1/inbox?limit=25&before={answer['next']}"
        assert len(seen) == len(set(seen)) == 60
        first = (await browser.get("/messages")).text
        assert first.count("app-timeline__item") == 25 and "Next page" in first
        assert (await browser.get("/messages?before=nonsense")).status_code == 200


async def test_the_inbox_opens_while_the_applications_service_is_away(house: House) -> None:
    """Times are in UTC and Beijing's then."""
    ana = await told(house)
    house.book.away = True
    async with house.browser(ana) as browser:
        page = await browser.get(f"/messages/{await inbox_id(house, 'place_waiting')}")
        assert page.status_code == 200 and "(UTC) / " in page.text


async def test_programs_read_the_same_inbox(house: House) -> None:
    ana = await told(house)
    async with house.browser(ana, language="es") as browser:
        answer = (await browser.get("/messages/api/v1/inbox", headers=JSON)).json()
        assert (answer["unread"], answer["next"]) == (2, None)
        newest = answer["messages"][0]
        assert (newest["subject"], newest["country"], newest["read"]) == ("Está en la lista de espera", "Perú", False)
        assert (await browser.get(f"/messages/api/v1/inbox/{newest['id']}", headers=JSON)).json() == newest
        read = await browser.post(f"/messages/api/v1/inbox/{newest['id']}/read", headers={**JSON, "Sec-Fetch-Site": "same-origin"})
        assert read.status_code == 204
        assert (await browser.get("/messages/api/v1/inbox", headers=JSON)).json()["unread"] == 1
        assert (await browser.get(f"/messages/api/v1/inbox/{derived_id('x')}", headers=JSON)).status_code == 404


async def test_staff_see_mails_without_addresses_and_why_they_failed(house: House) -> None:
    house.sink.refusing = {"ana@example.org": "550 5.1.1 nobody here", "eva@example.org": "451 later"}.get
    for name in ("ana", "luis", "eva"):
        await told(house, name)
    await house.work()
    async with house.browser(derived_id("officer"), role="officer") as browser:
        assert (await browser.get("/messages")).headers["location"] == "/messages/outgoing"
        page = (await browser.get("/messages/outgoing", params={"state": "failed"})).text
        assert page.count("The mail server says that this address accepts no mail.") == 2
        assert "example.org" not in page and "Luis" not in page
        everything = (await browser.get("/messages/outgoing")).text
        assert "(Beijing)" in everything and "(UTC)" not in everything, "as on every page of the donor's side"
        assert everything.count("next try") == 2 and everything.count("Send again") == 4
        narrowed = await browser.get("/messages/outgoing", params={"application": str(derived_id("application", "luis"))})
        assert narrowed.text.count("Send again") == 2
        assert "No email matches this filter." in (await browser.get("/messages/outgoing", params={"state": "sending"})).text
        counted = (await browser.get("/messages/api/v1/outgoing", headers=JSON)).json()
        assert counted["counts"] == {"failed": 2, "failed_temporarily": 2, "sent": 2}


async def test_a_failed_mail_is_sent_again_by_staff_with_an_audit_row(house: House) -> None:
    house.sink.refusing = lambda _to: "550 5.1.1 nobody here"
    await told(house)
    await house.work()
    house.sink.refusing = lambda _to: None
    failed = [str(row["id"]) for row in await house.rows("select id from message where state = 'failed' order by created_at")]
    async with house.browser(derived_id("officer"), role="officer") as browser:
        same = {"Sec-Fetch-Site": "same-origin"}
        answer = await browser.post(f"/messages/outgoing/{failed[0]}/resend", data={"state": "failed"}, headers=same)
        assert answer.headers["location"] == f"/messages/outgoing?state=failed&done=resend&mail={failed[0]}"
        again = await browser.post(f"/messages/outgoing/{failed[0]}/resend", data={}, headers=same)
        assert again.headers["location"] == f"/messages/outgoing?state=&done=on_its_way&mail={failed[0]}"
        assert "The email is sent again within a minute." in (await browser.get(answer.headers["location"])).text
        assert "on its way already" in (await browser.get(again.headers["location"])).text
        by_program = await browser.post(f"/messages/api/v1/outgoing/{failed[1]}/resend", headers={**JSON, **same})
        assert (by_program.status_code, by_program.json()["state"]) == (202, "created")
        twice = await browser.post(f"/messages/api/v1/outgoing/{failed[1]}/resend", headers={**JSON, **same})
        assert (twice.status_code, twice.json()["code"]) == (409, "on_its_way")
    await house.work()
    assert len(house.sink) == 2
    async with house.browser(derived_id("officer"), role="officer") as browser:
        later = (await browser.get(answer.headers["location"])).text
        assert "The email was sent again." in later and "within a minute" not in later, "loaded again, when it is so"
        assert "on its way already" not in (await browser.get(again.headers["location"])).text
        assert "sent again" not in (await browser.get("/messages/outgoing?done=resend")).text, "an address alone says nothing"
    audit = await house.rows("select act, role, subject, detail from audit_entry order by at")
    assert [(row["act"], row["role"], row["detail"]["reason"]) for row in audit] == [
        ("message.send_again", "officer", "address_refused")
    ] * 2
    assert await house.broken() == {}


async def test_only_staff_see_the_mails_and_an_auditor_sends_none(house: House) -> None:
    await told(house)
    await house.work()
    [mail, *_] = await house.rows("select id from message where channel = 'email'")
    resend, same = f"/messages/outgoing/{mail['id']}/resend", {"Sec-Fetch-Site": "same-origin"}
    for role in ("applicant", "coordinator", "reviewer"):
        async with house.browser(house.person("luis"), role=role) as browser:
            assert (await browser.get("/messages/outgoing")).status_code == 404
            assert (await browser.post(resend, headers=same)).status_code == 404
            assert (await browser.get("/messages/api/v1/outgoing", headers=JSON)).status_code == 403
    async with house.browser(derived_id("auditor"), role="auditor") as browser:
        assert "Send again" not in (await browser.get("/messages/outgoing")).text
        assert (await browser.post(resend, headers=same)).status_code == 404
    async with house.browser(derived_id("operator"), role="operator") as browser:
        assert (await browser.post(resend, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
        assert (await browser.post(f"/messages/outgoing/{derived_id('x')}/resend", headers=same)).status_code == 404


async def test_health_says_what_the_service_needs_and_what_it_promises(house: House) -> None:
    async with house.browser() as browser:
        assert (await browser.get("/messages/health/live")).status_code == 200
        assert (await browser.get("/messages/health/ready")).json() == {"status": "ready", "needs": {"database": "ok"}}
        checks = (await browser.get("/messages/health/invariants")).json()
        assert checks["status"] == "held" and len(checks["checks"]) == 7


MAILS = "where channel = 'email' returning id"
BREAKS = {
    "nobody is told twice": (
        "alter table message drop constraint message_once",
        "insert into message select gen_random_uuid(), event_id, about, application, recipient, channel, template, cell, facts, "
        "created_at, stored_at, state, attempts, next_try_at, tried_at, last_reason, sent_at, language, read_at from message returning id",
    ),
    "what was sent has its moment": (
        "alter table message drop constraint message_sent",
        f"update message set sent_at = null {MAILS}",
    ),
    "what failed says why": (
        "alter table message drop constraint message_why",
        f"update message set state = 'failed', sent_at = null, last_reason = null {MAILS}",
    ),
    "nothing waits for an hour without a try": (
        "update message set state = 'created', sent_at = null, next_try_at = now(), tried_at = null, "
        f"stored_at = now() - interval '2 hours' {MAILS}",
    ),
    "nothing is being sent for an hour": (
        f"update message set state = 'sending', sent_at = null, next_try_at = now(), tried_at = now() - interval '2 hours' {MAILS}",
    ),
    "every mail that ended was published": ("update application_state set published = 0 returning application",),
    "a settled reminder was not sent": ("update reminder set state = 'settled' where kind = 'offer' returning id",),
}


@pytest.mark.parametrize("name", sorted(BREAKS))
async def test_each_live_check_can_fail(house: House, name: str) -> None:
    """Some only where a constraint of the database is taken away first."""
    ids: dict[str, Any] = {"application": derived_id("application"), "person": house.person("ana")}
    correct_by = (house.clock.now() + timedelta(days=10)).date()
    await house.say(ApplicationReturned(**ids, reasons=["incomplete"], correct_by=correct_by))
    await house.say(PlaceOffered(**ids, answer_by=house.clock.now() + timedelta(days=14), decision=1, cause="approval"))
    await house.work()
    await house.later(days=12)
    assert await house.broken() == {}
    assert set(BREAKS) == set(await house.service.invariants())
    for statement in BREAKS[name]:
        await house.execute(statement)
    assert name in await house.broken()


async def test_operators_see_how_messages_stand(house: House) -> None:
    assert set(PROMISES) == set(checks.CHECKS)
    async with house.browser(derived_id("operator"), "operator") as operator, house.browser(derived_id("officer"), "officer") as officer:
        page = await operator.get("/messages/operations")
        assert page.status_code == 200 and "Nobody is told anything twice" in page.text and 'aria-current="page"' in page.text
        assert (await officer.get("/messages/operations")).status_code == 404
