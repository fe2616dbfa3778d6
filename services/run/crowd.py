"""Many people at once: at most so many on the pages at a time, and those of one country in turn where their order counts."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def at_once(items: Iterable[T], act: Callable[[T], Awaitable[None]], *, most: int, done: Callable[[], None] = lambda: None) -> None:
    """`act` on every item, at most `most` at a time, begun in the order given. The first error stops the rest and is raised."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await act(item)
            done()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(most):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def lanes(groups: Iterable[Sequence[T]], act: Callable[[T], Awaitable[None]], *, most: int, done: Callable[[], None]) -> None:
    """`act` on every item; the items of one group strictly one after the other, the groups side by side, the longest first."""

    async def one_lane(group: Sequence[T]) -> None:
        for item in group:
            await act(item)
            done()

    await at_once(sorted(groups, key=len, reverse=True), one_lane, most=most)


class Turns:
    """Lets the members of each group pass one point in the order in which they were announced."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Event] = {}

    def announce(self, group: str) -> tuple[asyncio.Event | None, asyncio.Event]:
        """What to wait for before one's turn (nothing for the first), and what to set after it."""
        before, own = self._last.get(group), asyncio.Event()
        self._last[group] = own
        return before, own
