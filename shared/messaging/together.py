"""Parts that run side by side and end together, whichever way the first one ends wrongly."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Cancelled(Exception):
    """A part was cancelled although nobody ended it, as a client does that passes its own cancellations on: a fault like any other."""


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all parts to their ends. The first one that fails ends the others, and its error is raised.

    A task group would take a cancelled part for a finished one, and the others would go on without it.
    """
    tasks = [asyncio.create_task(part) for part in parts]
    left = set(tasks)
    try:
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.cancelled():
                    raise Cancelled(f"{task.get_coro().__qualname__} was cancelled")  # type: ignore[union-attr]
                task.result()
    finally:
        for task in left:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
