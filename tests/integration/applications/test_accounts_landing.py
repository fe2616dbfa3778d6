"""Where signing in leads: to the page that was asked for, or to where a person's work begins; never to another site."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from services.applications.accounts import people
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened
from tests.integration.applications.people import with_the_plan


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def test_who_signs_in_without_a_wish_begins_where_their_work_is(front: Front) -> None:
    for role, country, page in (("officer", None, "/officer"), ("coordinator", "PE", "/country")):
        hire = partial(people.add_staff, email=f"{role}@example.org", role=role, country=country, now=front.clock.now())
        assert isinstance(await front.db.run(hire), UUID)
        async with front.browser() as browser:
            assert (await front.sign_in(browser, f"{role}@example.org", "")).headers["location"] == page
            assert (await browser.get("/sign-in")).headers["location"] == page, "who is signed in already goes there too"
            assert (await front.sign_in(browser, f"{role}@example.org", "/quotas")).headers["location"] == "/quotas"
    async with front.browser() as browser:
        assert (await front.sign_in(browser, "ana@example.org", "")).headers["location"] == "/"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
)
async def test_a_return_to_another_site_leads_home(front: Front, back: str) -> None:
    async with front.browser() as browser:
        welcome = await front.sign_in(browser, "ana@example.org", back)
        assert welcome.headers["location"] == "/"
        assert (await browser.get("/identity", params={"return": back})).headers["location"] == "/"
        assert (await browser.get("/sign-in", params={"return": back})).headers["location"] == "/"
