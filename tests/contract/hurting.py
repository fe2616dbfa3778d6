"""Hurting the real processes at crash points, one harm after the other, and seeing each of them go on by itself."""

import asyncio
import signal
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack

from shared.events.envelope import AnyEvent
from shared.kernel.crash_points import POINTS
from tests.contract.counter import Counter
from tests.contract.member import LEASE_SECONDS
from tests.contract.members import Member, running
from tests.contract.places import Field, waves

WORKER_POINTS = [point for point in POINTS if not point.startswith("request.")]
REQUEST_POINTS = [point for point in POINTS if point.startswith("request.")]
Harms = Sequence[tuple[str, str]]
"""Points with the fault that happens there, one after the other."""


def armed(harms: Harms, nth: int, *, ends: Collection[str] = ("kill", "stop")) -> list[str]:
    """What one process is told: to be hurt when each point is reached for the `nth` time, up to the first fault that ends its turn."""
    last = next((number for number, (_, fault) in enumerate(harms) if fault in ends), len(harms) - 1)
    return [part for point, fault in harms[: last + 1] for part in ("--harm", point, fault, str(nth))]


async def hurt_worker(harms: Harms, ground: Field) -> None:
    """Hurt the quotas worker at each point in turn, under load. Whatever befell it, in the end everything is applied and sent."""
    left = list(waves())
    async with AsyncExitStack() as exits:
        worker = await exits.enter_async_context(running(*ground.worker, *armed(harms, 2)))
        before = 0
        while harms:
            (point, fault), harms = harms[0], harms[1:]
            await until_hurt(worker, before, point, ground, left)
            before += 1
            if fault == "kill":
                assert await worker.gone() == -signal.SIGKILL
            elif fault == "stop":
                await sleep_through(worker, ground, left)
            if fault == "kill" or (fault == "stop" and harms):
                # A supervisor starts a process anew that died; one that slept makes room, so that the next harm finds its worker.
                assert fault == "kill" or await worker.end() == 0
                worker, before = await exits.enter_async_context(running(*ground.worker, *armed(harms, 1))), 0
        for portion in left:
            await ground.publish(portion)
        await ground.until_applied("at the end")
        assert not worker.ended, "it ended although nobody had killed it"
        assert await worker.end() == 0


async def until_hurt(worker: Member, before: int, point: str, ground: Field, left: list[tuple[AnyEvent, ...]]) -> None:
    """Give it work until it is hurt once more."""

    def hurt() -> bool:
        return worker.times("hurt") > before

    while not hurt() and left:
        await ground.publish(left.pop(0))
        await ground.until_applied(f"before {point}", unless=hurt)
    assert hurt(), f"{point} was not reached"


async def sleep_through(sleeper: Member, ground: Field, left: list[tuple[AnyEvent, ...]]) -> None:
    """While one worker stands still for twice its lease, another one does all that there is to do; then the first one wakes."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with running(*ground.worker) as other:
        if left:
            await ground.publish(left.pop(0))
        await ground.until_applied("while the worker is stopped")
        await asyncio.sleep(began + 2 * LEASE_SECONDS - loop.time())
        sleeper.signal(signal.SIGCONT)
        if left:
            await ground.publish(left.pop(0))
        await ground.until_applied("after it woke")
        assert not sleeper.ended and not other.ended
        assert await other.end() == 0


async def hurt_api(harms: Harms, desk: Counter) -> None:
    """Three people hand in; the API is hurt at each point in turn while the second one does, who asks again until it is answered."""
    first, second, third = [await desk.draft() for _ in range(3)]
    alone = len(harms) == 1
    async with AsyncExitStack() as exits:
        api = await exits.enter_async_context(running(*desk.api))
        answered = [await desk.hand_in(first)]
        await api.end()
        await api.start(*armed(harms, 1, ends=("kill",)))
        asking = asyncio.create_task(desk.hand_in(second))
        before = 0
        while harms:
            (point, fault), harms = harms[0], harms[1:]
            before += 1
            await api.until_times("hurt", before)
            if fault == "kill":
                assert await api.gone() == -signal.SIGKILL
                if alone:
                    # What is committed is committed, what is not is not: whether the answer arrived has no say in it.
                    assert await desk.state(second) == ("submitted" if point == "request.committed" else "draft")
                await api.start(*armed(harms, 1, ends=("kill",)))
                before = 0
            elif fault == "stop":
                await asyncio.sleep(2 * LEASE_SECONDS)
                api.signal(signal.SIGCONT)
        answered += [await asking, await desk.hand_in(third)]
        assert not api.ended, "it ended although nobody had killed it"
        assert [await desk.hand_in(one) for one in (first, second, third)] == answered, "the same key gets the same answer"
        assert await api.end() == 0
    await desk.check([first, second, third])
