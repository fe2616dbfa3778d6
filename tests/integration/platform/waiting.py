"""Waiting for what other processes do, where there is no event to wait on."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import psutil


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


async def nothing_is_left_open(beside: "asyncpg.Connection[Any]") -> None:
    """No transaction of this database is: what was cancelled is rolled back while nobody waits for it."""
    held = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
    async with asyncio.timeout(30):
        while await beside.fetchval(held):  # noqa: ASYNC110 - the database knows
            await asyncio.sleep(0.01)
