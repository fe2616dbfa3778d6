"""What people say of themselves on the page of their account, and what is not taken for something that they said."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from services.applications.accounts import people
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened
from tests.integration.applications.people import with_the_plan


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def test_details_are_kept_and_wrong_ones_refused_with_all_that_was_typed(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        wrong = await browser.post("/account", data={"name": "Ana María", "language": "xx", "timezone": "Mars/Olympus"})
        assert wrong.status_code == 422
        assert 'value="Ana María"' in wrong.text
        signs = await browser.post("/account", data={"name": "123 😀", "language": "es", "timezone": ""})
        assert signs.status_code == 422 and 'value="123 😀"' in signs.text
        assert "Your name cannot be only digits or signs: write it in letters, in any script" in signs.text
        saved = await browser.post("/account", data={"name": "Ana  María", "language": "fr", "timezone": "America/Lima"})
        assert saved.headers["location"] == "/account?saved=1"
        page = await browser.get("/account?lang=fr")
        assert 'value="Ana María"' in page.text
        assert '<html lang="fr"' in page.text
    account = (await front.db.run(lambda tx: tx.execute(text("select id from account")))).scalar_one()
    address = await front.db.run(lambda tx: people.address_of(tx, account))
    assert address == people.Address("ana@example.org", "Ana María", "fr", "America/Lima")


async def test_utc_on_purpose_is_not_taken_for_no_zone_at_all(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        account = (await front.db.run(lambda tx: tx.execute(text("select id from account")))).scalar_one()
        assert "data-zone" in (await browser.get("/account")).text, "the browser's is offered"
        wrong = await browser.post("/account", data={"name": "Ana", "language": "xx", "timezone": ""})
        assert wrong.status_code == 422 and "data-zone" not in wrong.text, "what was typed stays"
        await browser.post("/account", data={"name": "Ana", "language": "es", "timezone": ""})
        assert "data-zone" in (await browser.get("/account")).text, "a new name by itself chooses none"
        await browser.post("/account", data={"name": "Ana", "language": "es", "timezone": "UTC"})
        page = (await browser.get("/account")).text
        assert "data-zone" not in page and '<option value="UTC" selected' in page
    await front.db.run(lambda tx: people.settle_zone(tx, account, "PE"))
    address = await front.db.run(lambda tx: people.address_of(tx, account))
    assert address == people.Address("ana@example.org", "Ana", "es", "UTC"), "nor does the country of a draft"


async def test_a_new_name_leaves_a_coordinator_the_zone_of_whatever_country_they_work_for(front: Front) -> None:
    now, email = front.clock.now(), "cora@example.org"
    await front.db.run(lambda tx: people.add_staff(tx, email=email, role="coordinator", country="PE", now=now))
    async with front.browser() as browser:
        await front.sign_in(browser, email)
        assert '<option value="America/Lima" selected' in (await browser.get("/account")).text
        await browser.post("/account", data={"name": "Cora", "language": "en", "timezone": "America/Lima"})
        await front.db.run(lambda tx: people.add_staff(tx, email=email, role="coordinator", country="AR", now=now))
        await front.sign_in(browser, email)
        assert '<option value="America/Argentina/Buenos_Aires" selected' in (await browser.get("/account")).text


async def test_who_has_a_language_that_no_page_speaks_signs_in_all_the_same(front: Front) -> None:
    """Whatever put it there: nobody is locked out by it, and the page of their details mends it."""
    made = await front.db.run(lambda tx: people.add_staff(tx, email="ben@example.org", role="officer", now=front.clock.now()))
    assert isinstance(made, UUID)
    await front.db.run(lambda tx: tx.execute(text("update account set language = 'xx'")))
    async with front.browser() as browser:
        await front.sign_in(browser, "ben@example.org")
        page = await browser.get("/account")
        assert (page.status_code, '<option value="es" selected' in page.text) == (200, True)
    address = await front.db.run(lambda tx: people.address_of(tx, made))
    assert address is not None and address.language == "es"
    assert front.mail("ben@").language == "es"
