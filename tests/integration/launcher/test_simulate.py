"""A whole call with made-up people, on each transport: the seed alone decides who gets a place."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pytest
from rich.console import Console
from typer.testing import CliRunner

from services.launcher import app
from services.run.simulate import Order
from services.run.simulate import run as simulation
from services.run.simulate.outcome import Outcome, Row, write
from services.run.simulate.run import play
from shared.messaging.broker import Broker

SEED = 11
APPLICATIONS = 60


async def table(folder: Path, transport: Literal["local", "kafka"], programme: str = "scholarship") -> dict[str, Any]:
    """The outcome as it is written to a file; fails where anything was lost or broken."""
    order = Order(programme=programme, year=2016, applications=APPLICATIONS, seed=SEED, transport=transport)
    shown = io.StringIO()
    outcome = await play(order, keep=folder / transport / programme, console=Console(file=shown))
    assert not outcome.lost, outcome.lost
    assert outcome.broken == 0, outcome.invariants
    assert outcome.well
    write(outcome, folder / f"{transport}.json")
    total = asdict(outcome.total())
    assert total["applied"] + sum("conditions" in note for note in outcome.notes) > 0
    assert total["taken"] <= total["offered"] <= total["approved"] <= total["nominated"] <= total["applied"] <= APPLICATIONS
    assert total["taken"] > 0
    found: dict[str, Any] = json.loads((folder / f"{transport}.json").read_text())
    return found


@pytest.mark.timeout(600)
async def test_a_round_is_played_to_its_end_with_every_invariant_kept(tmp_path: Path) -> None:
    found = await table(tmp_path, "local")
    assert set(found["states"]) <= {"rejected", "waiting", "refused", "declined", "lapsed", "withdrawn", "placed"}


@pytest.mark.timeout(600)
async def test_a_rolling_call_is_played_to_its_end(tmp_path: Path) -> None:
    await table(tmp_path, "local", "training")


@pytest.mark.kafka
@pytest.mark.timeout(900)
async def test_the_same_seed_gives_the_same_table_on_both_transports(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", kafka.bootstrap)
    assert await table(tmp_path, "local") == await table(tmp_path, "kafka")


@pytest.mark.parametrize(
    ("lost", "broken", "code"),
    [((), 0, 0), ((), 1, 1), (("application 7 still is approved",), 0, 1)],
    ids=["well", "an invariant is broken", "somebody has no answer"],
)
def test_the_command_ends_with_an_error_where_the_books_or_the_answers_are_wrong(
    monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...], broken: int, code: int
) -> None:
    """What the run came to is given; what is made of it is the command's."""

    async def played(order: Order, **_: Any) -> Outcome:
        line = f"invariants: 30 checked, {broken} broken"
        return Outcome({"seed": order.seed}, [Row("PE", places=1)], {"placed": 1}, [], lost, line, broken, None)

    monkeypatch.setattr(simulation, "play", played)
    done = CliRunner().invoke(app, ["simulate", "--applications", "1"])
    assert done.exit_code == code, done.output
    assert f"invariants: 30 checked, {broken} broken" in done.output
    assert all(line in done.output for line in lost)
