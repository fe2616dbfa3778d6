"""A stranger who knows somebody's address can neither guess their way in nor shut the owner out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, attempt_of, opened, words

OWNER = "ana@example.org"


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications"), clock, tmp_path) as front:
        yield front


def from_network(front: Front, address: str) -> httpx2.AsyncClient:
    """A browser in another network."""
    transport = httpx2.ASGITransport(app=front.app, client=(address, 4711))
    return httpx2.AsyncClient(
        transport=transport, base_url=front.settings.public_url, headers={"Accept": "text/html", "Accept-Language": "en"}
    )


def other_than(code: str) -> str:
    return "111111" if code != "111111" else "222222"


async def guess(front: Front, browser: httpx2.AsyncClient, *, sign_ins: int) -> list[str]:
    """Ask for that many sign-ins of the owner's and enter five wrong codes for each; what the last answer of each says."""
    said = []
    for _ in range(sign_ins):
        asked = await browser.post("/sign-in", data={"email": OWNER})
        assert asked.status_code == 303, words(asked)
        wrong = other_than(front.code(OWNER))
        for _ in range(5):
            last = await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": wrong})
        said.append(words(last))
    return said


async def test_wrong_codes_spend_a_code_and_never_its_link(front: Front) -> None:
    async with front.browser() as browser:
        asked = await browser.post("/sign-in", data={"email": OWNER})
        right = front.code()
        for _ in range(5):
            await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": other_than(right)})
        assert (await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": right})).status_code == 422
        assert (await browser.get(front.link())).status_code == 200
        assert (await browser.post(front.link())).status_code == 303
        assert (await browser.get("/account")).status_code == 200


async def test_a_strangers_guesses_do_not_spend_the_owners_code(front: Front) -> None:
    async with front.browser() as owner, from_network(front, "198.51.100.9") as stranger:
        mine = await owner.post("/sign-in", data={"email": OWNER})
        code = front.code(OWNER)
        await guess(front, stranger, sign_ins=3)
        assert (await owner.post("/sign-in/code", data={"attempt": attempt_of(mine), "code": code})).status_code == 303


async def test_a_strangers_requests_leave_the_owner_a_newer_code(front: Front) -> None:
    async with front.browser() as owner, from_network(front, "198.51.100.9") as stranger:
        answers = [(await stranger.post("/sign-in", data={"email": OWNER})).status_code for _ in range(7)]
        assert answers == [303] * 5 + [429] * 2
        assert (await front.sign_in(owner, OWNER)).status_code == 303


async def test_whoever_is_refused_a_message_has_a_link_that_works(front: Front) -> None:
    """At every moment at which no more messages go out, the newest one is young enough."""
    async with from_network(front, "203.0.113.200") as owner:
        for network in range(4):
            async with from_network(front, f"198.51.100.{network}") as stranger:
                for _ in range(5):
                    assert (await stranger.post("/sign-in", data={"email": OWNER})).status_code == 303
                    front.clock.move(timedelta(seconds=2))
        newest = front.link(OWNER)
        refused = await owner.post("/sign-in", data={"email": OWNER})
        assert refused.status_code == 429
        assert "If you have not signed in since the newest one, its link works" in words(refused)
        # To the last second of the window: then a message goes out again.
        front.clock.move(timedelta(minutes=15) - timedelta(seconds=41))
        assert (await owner.post("/sign-in", data={"email": OWNER})).status_code == 429
        assert (await owner.get(newest)).status_code == 200
        assert (await owner.post(newest)).status_code == 303
        # Who they are is proved, so what strangers asked for no longer counts.
        assert (await front.sign_in(owner, OWNER)).status_code == 303


async def test_whoever_used_every_message_is_promised_no_link_that_works(front: Front) -> None:
    """Their own network asked five times, and each message was used: the refusal says since when a link must be, and when to ask again."""
    for _ in range(5):
        async with front.browser() as browser:
            assert (await front.sign_in(browser, OWNER)).status_code == 303
    async with front.browser() as browser:
        refused = await browser.post("/sign-in", data={"email": OWNER})
        assert refused.status_code == 429
        assert "If you have not signed in since the newest one" in words(refused)
        assert (await browser.get(front.link(OWNER))).status_code == 410, "they have"
        front.clock.move(timedelta(minutes=15))
        assert (await front.sign_in(browser, OWNER)).status_code == 303


async def test_an_address_takes_twenty_wrong_codes_a_day_and_then_its_link_only(front: Front) -> None:
    async with from_network(front, "198.51.100.9") as one, from_network(front, "198.51.100.10") as two, front.browser() as owner:
        assert all("Too many wrong codes" in said for said in await guess(front, one, sign_ins=4))
        asked = await two.post("/sign-in", data={"email": OWNER})
        barred = await two.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": front.code(OWNER)})
        assert barred.status_code == 422, "the twenty-first code is not looked at, not even the right one"
        assert "Open the link in the message instead" in words(barred)
        assert (await two.get("/account")).status_code == 303
        # An hour later it still is so, and the owner signs in by the link; after that codes count again.
        front.clock.move(timedelta(hours=1))
        assert (await owner.post("/sign-in", data={"email": OWNER})).status_code == 303
        assert (await owner.post(front.link(OWNER))).status_code == 303
        assert (await front.sign_in(owner, OWNER)).status_code == 303


async def test_a_network_that_tries_too_many_codes_has_the_links(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> None:
    few = opened(await new_database("applications"), clock, tmp_path, codes_tried_per_address=2)
    async with few as front, front.browser() as neighbour, front.browser() as owner:
        asked = await neighbour.post("/sign-in", data={"email": "ben@example.org"})
        for _ in range(2):
            await neighbour.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": other_than(front.code("ben@example.org"))})
        mine = await owner.post("/sign-in", data={"email": OWNER})
        crowded = await owner.post("/sign-in/code", data={"attempt": attempt_of(mine), "code": front.code(OWNER)})
        assert "from your network" in words(crowded)
        assert (await owner.post(front.link(OWNER))).status_code == 303


async def test_one_subscribers_addresses_are_one_network(front: Front) -> None:
    async with from_network(front, "2001:db8:1:2::1") as one, from_network(front, "2001:db8:1:2:ffff::9") as other:
        for _ in range(5):
            assert (await one.post("/sign-in", data={"email": OWNER})).status_code == 303
        assert (await other.post("/sign-in", data={"email": OWNER})).status_code == 429
        async with from_network(front, "2001:db8:1:3::1") as neighbour:
            assert (await neighbour.post("/sign-in", data={"email": OWNER})).status_code == 303
