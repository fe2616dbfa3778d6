"""The pages of messages in a real browser: they fit, are accessible and light, in every language (`tests/looks.py`)."""

import re
from dataclasses import replace

import msgspec
import pytest
from playwright.async_api import Browser

from services.notifications import office, pages
from services.notifications.domain.render import Template, Wording
from services.notifications.wording import wordings
from shared.kernel.ids import derived_id
from shared.web.identity import IDENTITY_COOKIE
from tests import pseudo
from tests.integration.notifications.house import House, programme
from tests.integration.notifications.test_pages import told
from tests.looks import Looks, alone, unseen
from tests.served import served

pytestmark = pytest.mark.browser
OWN = ["Puente", "UTC", "PE"]
"""What is called the same in every language."""
PAGES = re.compile(r"/messages(?!.*(/api/|/openapi|/health|/metrics))")


async def speaks_longer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on every text, the messages themselves and what the plan calls things, is marked and longer."""
    pseudo.speak(monkeypatch)
    longer = {language: _longer(one) for language, one in wordings().items()}
    for module in (pages, office):
        monkeypatch.setattr(module, "wordings", lambda: longer)
    known = programme(2)
    await house.hear(msgspec.structs.replace(known, data=pseudo.longer_plan(known.data)))


def _longer(one: Wording) -> Wording:
    templates = {name: Template(pseudo.longer(text.subject), pseudo.longer(text.body)) for name, text in one.templates.items()}
    words = {group: {code: pseudo.longer(text) for code, text in texts.items()} for group, texts in one.words.items()}
    return replace(one, templates=templates, words=words)


async def test_every_page_fits_is_accessible_light_keeps_the_policy_and_speaks_its_language(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page by turns in six languages and on three screens; then in the one with longer words."""
    house.sink.refusing = {"ana@example.org": "550 5.1.1 nobody here", "eva@example.org": "451 later"}.get
    for name in ("luis", "eva", "ana"):
        ana = await told(house, name)
    await house.work()
    [message, *_more] = await house.rows("select id from message where channel = 'inbox' and recipient = :who", who=ana)
    shown = {
        (ana, "applicant"): ["/messages", f"/messages/{message['id']}"],
        (derived_id("nobody"), "applicant"): ["/messages"],
        (derived_id("officer"), "officer"): ["/messages/outgoing", "/messages/outgoing?state=failed", "/messages/outgoing?state=sending"],
        (derived_id("operator"), "operator"): ["/messages/operations"],
    }
    assert unseen(house.service.api, PAGES, [path for paths in shown.values() for path in paths]) == []
    async with served(alone(house.service.api)) as address:
        looks = Looks(address)
        windows = {who: await looks.window(browser, {IDENTITY_COOKIE: house.token(*who)}) for who in shown}
        for who, paths in shown.items():
            for path in paths:
                await looks.look(windows[who], path)
        await speaks_longer(house, monkeypatch)
        for who, paths in shown.items():
            for path in paths:
                await looks.longer(windows[who], path, OWN)
        for page in windows.values():
            await page.context.close()
    assert looks.found() == ""
