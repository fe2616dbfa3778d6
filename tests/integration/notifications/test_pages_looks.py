"""The pages of messages in a real browser: they fit, are accessible and light, in every language (`tests/looks.py`)."""

import re

import pytest
from playwright.async_api import Browser

from shared.kernel.ids import derived_id
from shared.web.identity import IDENTITY_COOKIE
from tests.integration.notifications.house import House
from tests.integration.notifications.test_pages import told
from tests.looks import Looks, unseen
from tests.served import served

pytestmark = pytest.mark.browser
PAGES = re.compile(r"/messages(?!.*(/api/|/openapi|/health|/metrics))")


async def test_every_page_fits_is_accessible_light_and_keeps_the_policy(house: House, browser: Browser) -> None:
    house.sink.refusing = {"ana@example.org": "550 5.1.1 nobody here", "eva@example.org": "451 later"}.get
    for name in ("luis", "eva", "ana"):
        ana = await told(house, name)
    await house.work()
    [message, *_more] = await house.rows("select id from message where channel = 'inbox' and recipient = :who", who=ana)
    pages = {
        (ana, "applicant"): ["/messages", f"/messages/{message['id']}"],
        (derived_id("nobody"), "applicant"): ["/messages"],
        (derived_id("officer"), "officer"): ["/messages/outgoing", "/messages/outgoing?state=failed", "/messages/outgoing?state=sending"],
    }
    assert unseen(house.service.api, PAGES, [path for paths in pages.values() for path in paths]) == []
    async with served(house.service.api) as address:
        looks = Looks(address)
        for (person, role), paths in pages.items():
            page = await looks.window(browser, {IDENTITY_COOKIE: house.token(person, role)})
            for path in paths:
                await looks.look(page, path)
            await page.context.close()
    assert looks.faults == [], "\n".join(looks.faults)
