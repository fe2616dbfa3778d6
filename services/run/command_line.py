"""What every command of `puente` is made with: a loop, services opened for it, an exit code, and the console.

What not every command needs is imported where it is used, here and in `services.launcher`: whoever asks for help waits for no database's
library.
"""

import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import typer
from rich.console import Console
from typer.core import TyperGroup

from services.run.failures import in_words, said_in_a_line
from services.run.registry import NAMES

T = TypeVar("T")

out = Console(soft_wrap=True)


class Worded(TyperGroup):
    """Commands whose errors, those of their options too, are told in words of our own where a person can put them right."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with said_in_a_line():
                return super().invoke(ctx)
        except typer.BadParameter as error:
            from pydantic import ValidationError

            if isinstance(error.__cause__, ValidationError):
                error.message = "; ".join(map(in_words, error.__cause__.errors()))
            raise


def commands(about: str) -> typer.Typer:
    """The command itself, which holds all others."""
    return typer.Typer(
        cls=Worded, help=about, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop. Ctrl-C, which ended the process until now, cancels it."""
    import asyncio

    import uvloop

    signal.signal(signal.SIGINT, signal.default_int_handler)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
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
