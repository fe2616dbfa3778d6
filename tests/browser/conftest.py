"""`house`, the whole platform in one process, as the stories of `tests/flows` have it; and people who come to it in Chromium."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import Visitor
from tests.flows.conftest import databases, house, plan
from tests.flows.stack import House

__all__ = ["databases", "house", "plan"]

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit(house: House, browser: Browser) -> AsyncIterator[Visit]:
    """Makes people at screens. Whatever the browser complained of on their pages fails the test."""
    visitors: list[Visitor] = []

    async def come(email: str, *, kind: type[Visitor] = Visitor, **screen: Any) -> Visitor:
        visitors.append(await kind.come(browser, house, email, **screen))
        return visitors[-1]

    yield come
    for visitor in visitors:
        await visitor.page.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []
