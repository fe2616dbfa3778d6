"""Parts end together, and one that is cancelled by a stray hand is not taken for one that is done."""

import asyncio

import pytest

from shared.messaging.together import Cancelled, together


class Parts:
    """Parts that say how they ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def endless(self, name: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks[name] = task
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(name)

    async def failing(self) -> None:
        await asyncio.sleep(0)
        raise ArithmeticError("one")

    async def cancelling(self, name: str) -> None:
        while name not in self.tasks:  # noqa: ASYNC110 - the other part needs one turn
            await asyncio.sleep(0)
        self.tasks[name].cancel()
        await self.endless("other")


async def test_all_parts_run_to_their_ends() -> None:
    done: list[int] = []

    async def part(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    await together(part(1), part(2))
    assert done == [1, 2]


async def test_the_first_error_ends_the_others_and_is_raised_as_it_is() -> None:
    parts = Parts()
    with pytest.raises(ArithmeticError, match="one"):
        await together(parts.endless("a"), parts.failing())
    assert parts.ended == ["a"]


async def test_a_part_that_somebody_else_cancelled_is_a_fault() -> None:
    """A task group would go on without it, in silence."""
    parts = Parts()
    with pytest.raises(Cancelled, match="endless"):
        await together(parts.endless("a"), parts.cancelling("a"))
    assert sorted(parts.ended) == ["a", "other"]


async def test_a_cancellation_of_the_whole_ends_every_part_and_passes_on() -> None:
    parts = Parts()
    task = asyncio.create_task(together(parts.endless("a"), parts.endless("b")))
    while len(parts.tasks) < 2:  # noqa: ASYNC110 - each part needs one turn
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(parts.ended) == ["a", "b"]
