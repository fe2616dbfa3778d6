"""The call that the tests of simulation play: one table of it, undisturbed, is what every other way of playing it has to come to."""

import asyncio
import fcntl
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pytest
from rich.console import Console

from services.run.simulate import Order
from services.run.simulate.outcome import Outcome, write
from services.run.simulate.run import play
from tests.conftest import passed_through, whole_run

SEED = 11
APPLICATIONS = 60

Table = dict[str, Any]
"""What depends on the seed alone, as it is written to a file: the order, a row for each country, how many end in which state."""


def order(transport: Literal["local", "kafka"], programme: str = "scholarship", applications: int = APPLICATIONS) -> Order:
    return Order(programme=programme, year=2016, applications=applications, seed=SEED, transport=transport)


def table(outcome: Outcome, file: Path) -> Table:
    """The outcome as it is written to `file`; fails where anything was lost or broken."""
    assert not outcome.lost, outcome.lost
    assert outcome.broken == 0, outcome.invariants
    assert outcome.well
    write(outcome, file)
    total = asdict(outcome.total())
    most = outcome.order["applications"]
    assert total["applied"] + sum("conditions" in note for note in outcome.notes) > 0
    assert total["taken"] <= total["offered"] <= total["approved"] <= total["nominated"] <= total["applied"] <= most
    assert total["taken"] > 0
    found: Table = json.loads(file.read_text())
    return found


async def played(order: Order, folder: Path) -> Table:
    """The table of a whole call on a stack of its own in `folder`."""
    outcome = await play(order, keep=folder / "home", console=Console(file=io.StringIO()))
    return table(outcome, folder / "table.json")


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Awaitable[Table]]:
    """Gives the table of the call on the local transport, where nothing disturbs it; whichever process of the run asks first plays it."""
    folder = whole_run(tmp_path_factory) / "undisturbed"

    async def give() -> Table:
        folder.mkdir(exist_ok=True)
        kept = folder / "kept.json"
        with (folder / "lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            if not kept.exists():
                ground = tmp_path_factory.mktemp("undisturbed")
                passed_through(ground)
                kept.write_text(json.dumps(await played(order("local"), ground)))
            found: Table = json.loads(kept.read_text())
            return found

    return give
