"""The one call between services, with both of them real: the address of whoever signed in, by a token, at the moment of sending."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.applications import use_cases
from services.applications.accounts import people
from services.applications.accounts.use_cases import account_by_email
from services.applications.domain.correction import Mark
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.use_cases.plans import Loaded
from services.notifications.addresses import Address, Addresses, NoAddress
from services.run.serving import serve_app
from shared.events.applications import ApplicationReturned, ApplicationSubmitted
from shared.events.quotas import PlaceTaken
from shared.kernel.clock import ManualClock
from shared.kernel.ids import derived_id
from shared.persistence.database import Tx
from shared.web.keys import ensure_key_pair
from shared.web.service_tokens import ServiceTokens
from tests.integration.applications.front import Front
from tests.integration.applications.front import opened as opened_applications
from tests.integration.applications.people import COORDINATOR, PROGRAMME, World, new_applicant, reason, the_plan
from tests.integration.notifications.house import opened


@pytest.fixture
async def front(new_database: Callable[[str], Awaitable[str]], clock: ManualClock, tmp_path: Path) -> AsyncIterator[tuple[Front, str]]:
    """The applications service, and where it listens."""
    ensure_key_pair(tmp_path / "keys", "notifications")
    listener, stop = socket.create_server(("127.0.0.1", 0)), asyncio.Event()
    async with opened_applications(await new_database("applications"), clock, tmp_path) as front:
        serving = asyncio.create_task(serve_app(front.app, stop, sockets=[listener]))
        try:
            yield front, f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            await serving


async def somebody(front: Front) -> UUID:
    """Ana signs in for the first time and says who she is; her account's id."""
    async with front.browser("fr") as browser:
        await front.sign_in(browser, "ana@example.org")

    async def work(tx: Tx) -> UUID:
        account = await account_by_email(tx, "ana@example.org")
        assert account is not None
        await people.change_details(tx, account=account.id, name="Ana Núñez", language="fr", timezone="America/Cayenne")
        return account.id

    return await front.db.run(work)


async def test_a_mail_reaches_the_address_that_the_person_signed_in_with(
    front: tuple[Front, str], new_database: Callable[[str], Awaitable[str]], clock: ManualClock, tmp_path: Path
) -> None:
    """And it names what only the applications service knows: the receipt number, and whom to ask; to nobody but its owner."""
    ana, other = await somebody(front[0]), new_applicant()
    assert isinstance(await front[0].db.run(lambda tx: use_cases.load_plan(tx, the_plan(), actor="tests", now=clock.now())), Loaded)
    world = World(front[0].db, clock.now())
    _person, application = await world.reach(State.SUBMITTED, Viewer(ana, "applicant"))
    _other, hers = await world.reach(State.SUBMITTED, other)
    async with opened(await new_database("notifications"), clock, tmp_path, applications_url=front[1]) as house:
        await house.say(ApplicationSubmitted(application=hers.id, person=ana))
        await house.work()
        clock.move(timedelta(minutes=1))  # her own is the newest
        await house.say(ApplicationSubmitted(application=application.id, person=ana))
        await house.work()
        await house.sink.wait_for("ana@example.org", lambda mail: str(hers.id) in mail.text)
        mail = await house.sink.wait_for("ana@example.org", lambda mail: str(application.id) in mail.text)
        assert mail.subject == "Nous avons reçu votre candidature"
        assert mail.text.startswith("Bonjour Ana Núñez,")
        assert f"Numéro de reçu\u00a0: {application.receipt}\n" in mail.text
        assert "point focal de votre pays\u00a0: focal-point.pe@example.org, +51 1 555 0100\n" in mail.text
        assert not any(str(hers.receipt) in one.text for one in house.sink.mails("ana@example.org"))
        async with house.browser(ana) as browser:
            inbox = (await browser.get("/messages")).text
            for page in (inbox, (await browser.get(re.findall(r'href="(/messages/[0-9a-f-]{36})"', inbox)[0])).text):
                assert 'mailto:focal-point.pe@example.org"' in page and "tel:+5115550100" in page, "whom to ask, on these pages too"


async def test_whoever_takes_a_place_is_told_which_documents_are_asked_for_from_then_on(
    front: tuple[Front, str], new_database: Callable[[str], Awaitable[str]], clock: ManualClock, tmp_path: Path
) -> None:
    ana = await somebody(front[0])
    assert isinstance(await front[0].db.run(lambda tx: use_cases.load_plan(tx, the_plan(), actor="tests", now=clock.now())), Loaded)
    _person, application = await World(front[0].db, clock.now()).reach(State.PLACED, Viewer(ana, "applicant"))
    reached = the_plan().programme(PROGRAMME)
    assert reached is not None
    examined = next(one.names.fr for one in reached.documents if one.key == "physical_examination")
    async with opened(await new_database("notifications"), clock, tmp_path, applications_url=front[1]) as house:
        await house.say(ApplicationSubmitted(application=application.id, person=ana))
        await house.say(PlaceTaken(application=application.id, person=ana, decision=1))
        await house.work()
        told = await house.sink.wait_for("ana@example.org", lambda mail: "vous sont demandés maintenant" in mail.text)
        assert told.subject == "Votre place est confirmée" and f"- {examined}\n" in told.text
        assert sum(examined in mail.text for mail in house.sink.mails("ana@example.org")) == 1


async def test_who_is_to_correct_something_is_told_what_by_name_and_no_remark(
    front: tuple[Front, str], new_database: Callable[[str], Awaitable[str]], clock: ManualClock, tmp_path: Path
) -> None:
    """In the mail and in the reminder, as the plan calls it; nothing is asked for any more once it came again."""
    ana = await somebody(front[0])
    assert isinstance(await front[0].db.run(lambda tx: use_cases.load_plan(tx, the_plan(), actor="tests", now=clock.now())), Loaded)
    world = World(front[0].db, clock.now())
    person, application = await world.reach(State.SUBMITTED, Viewer(ana, "applicant"))
    marks = (Mark("question", "full_name", "Two names"), Mark("page", "contact"), Mark("document", "transcripts"))
    given, by = [reason("return")], clock.now().date() + timedelta(days=5)
    await world.act(use_cases.return_for_correction, COORDINATOR, application.id, reasons=given, correct_by=by, marks=marks)
    async with opened(await new_database("notifications"), clock, tmp_path, applications_url=front[1]) as house:
        await house.say(ApplicationReturned(application=application.id, person=ana, reasons=given, correct_by=by))
        await house.work()
        await house.later(days=4)
        said = "\n\nÀ corriger dans votre candidature\u00a0:\n- Nom complet\n- Comment vous joindre\n- Relevés de notes\n\n"
        mails = house.sink.mails("ana@example.org")
        told = [mail for mail in mails if "demande une correction" in mail.subject]
        assert [mail.subject.startswith("Rappel") for mail in told] == [True, False], [mail.subject for mail in mails]
        assert all(said in mail.text and "Two names" not in mail.text for mail in told)
    await world.submit(person, application.id)
    ours = Addresses(front[1], ServiceTokens.from_folder(tmp_path / "keys", "notifications"), clock.now)
    found = (await ours.of({ana: (application.id,)}))[ana]
    assert isinstance(found, Address) and found.applications[str(application.id)].marked == []


async def test_a_closed_account_has_no_address_and_a_stranger_s_token_gets_none(
    front: tuple[Front, str], clock: ManualClock, tmp_path: Path
) -> None:
    ana = await somebody(front[0])
    ours = Addresses(front[1], ServiceTokens.from_folder(tmp_path / "keys", "notifications"), clock.now)
    assert await ours.of({ana: ()}) == {ana: Address("ana@example.org", "fr", "America/Cayenne", "Ana Núñez")}
    strangers = Addresses(front[1], ServiceTokens.from_folder(tmp_path / "other-keys", "notifications"), clock.now)
    assert await strangers.of({ana: ()}) == {ana: NoAddress.AWAY}
    await front[0].db.run(lambda tx: people.disable(tx, account=ana, actor="tests", now=clock.now()))
    nobody = derived_id("nobody")
    assert await ours.of({ana: (), nobody: ()}) == {ana: NoAddress.UNKNOWN, nobody: NoAddress.UNKNOWN}
    assert await ours.of({}) == {}


async def test_a_service_that_is_not_there_is_away_and_its_stand_in_knows_nobody(
    unused_tcp_port: int, clock: ManualClock, tmp_path: Path
) -> None:
    """A page of a gateway that says 404 or 200 says nothing about the person."""
    tokens, person = ServiceTokens.from_folder(tmp_path, "notifications"), derived_id("ana")
    assert await Addresses(f"http://127.0.0.1:{unused_tcp_port}", tokens, clock.now).of({person: ()}) == {person: NoAddress.AWAY}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(pages.pop() + b"\r\nContent-Length: 4\r\nConnection: close\r\n\r\npage")
        await writer.drain()
        writer.close()

    pages = [b"HTTP/1.1 404 Not Found", b"HTTP/1.1 200 OK", b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/"]
    server = await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port)
    async with server:
        while pages:
            assert await Addresses(f"http://127.0.0.1:{unused_tcp_port}", tokens, clock.now).of({person: ()}) == {person: NoAddress.AWAY}
