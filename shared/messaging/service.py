"""What a service hands to the process that runs it: its API, its event handlers, its sweeps, its live checks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from shared.events.envelope import AnyEvent
from shared.persistence.database import Database, Tx

if TYPE_CHECKING:
    from fastapi import FastAPI

Handle = Callable[[Tx, Sequence[AnyEvent]], Awaitable[None]]
"""Applies a batch of events, in order, inside the transaction. Must skip what its subject's version shows as applied.

Passes over types that its service does not listen to: what an older version kept behind a key that stopped may hold some.
"""
UseCase = Callable[[Tx, AnyEvent], Awaitable[None]]


class Waits(Exception):
    """Raised by a handler that cannot go on before something is known, such as `programme:scholarship`.

    The event's key is parked until the same service calls `parking.release(tx, what)`, and then goes on by itself.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"waits for {what}")
        self.what = what


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work started by time: `run(now)` does a bounded portion and returns how many things it did; called again at once while not 0."""

    name: str
    every_seconds: float
    run: Callable[[datetime], Awaitable[int]]


@dataclass(frozen=True)
class Service:
    """One service, put together. Its API and its worker may run in one process or in two.

    Its API, its handler of events and its sweeps are made where each is first asked for: a process loads what it runs.
    """

    name: str
    db: Database
    make_api: "Callable[[], FastAPI]"
    make_handle: Callable[[], Handle]
    make_sweeps: Callable[[], tuple[Sweep, ...]]
    invariants: Callable[[], Awaitable[Mapping[str, int]]]
    """Name of each live check -> how many rows break it; 0 is the normal value."""

    @cached_property
    def api(self) -> "FastAPI":
        return self.make_api()

    @cached_property
    def handle(self) -> Handle:
        return self.make_handle()

    @cached_property
    def sweeps(self) -> tuple[Sweep, ...]:
        return self.make_sweeps()

    def load_work(self) -> None:
        """Make what a worker runs now, before its first event: what cannot be loaded ends its start, and stops no key."""
        _ = self.handle, self.sweeps


def one_by_one(handlers: Mapping[str, UseCase]) -> Handle:
    """The `Handle` of a service that takes its events one at a time; events of other types pass by."""

    async def handle(tx: Tx, events: Sequence[AnyEvent]) -> None:
        for event in events:
            use_case = handlers.get(event.type)
            if use_case is not None:
                await use_case(tx, event)

    return handle
