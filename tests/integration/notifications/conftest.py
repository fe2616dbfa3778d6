"""The notifications service on a database of its own, at a moment inside the scholarship call of 2016."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from tests.integration.notifications.house import House, opened


@pytest.fixture
async def house(new_database: Callable[[str], Awaitable[str]], clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(await new_database("notifications"), clock, tmp_path) as made:
        yield made
