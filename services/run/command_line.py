"""What every command of `puente` is made with: a loop, services opened for it, an exit code, and the console."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import typer
from rich.console import Console

from services.run.failures import said_in_a_line
from services.run.registry import NAMES

T = TypeVar("T")

out = Console(soft_wrap=True)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop. Ctrl-C, which ended the process until now, cancels it."""
    import uvloop

    signal.signal(signal.SIGINT, signal.default_int_handler)
    with said_in_a_line(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def ended(well: bool) -> None:
    """Leave with 0 or 1."""
    raise typer.Exit(0 if well else 1)


def on_services(work: Callable[[dict[str, Any]], Awaitable[T]], *names: str, may_make: bool = False) -> T:
    """Run `work` on these services, opened for it; `may_make`: also where nothing was started yet."""
    from services.run.opened import opened

    async def go() -> T:
        async with opened(names or NAMES, may_make=may_make) as services:
            return await work(services)

    return run(go())
