"""A whole call with made-up people, on each transport: the seed alone decides who gets a place."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console
from typer.testing import CliRunner

from services.launcher import app
from services.notifications.delivery import LEASE
from services.run.home import Home, NoHome
from services.run.settling import DidNotSettle
from services.run.simulate import Order
from services.run.simulate import run as simulation
from services.run.simulate.outcome import Outcome, Row
from services.run.simulate.people import Crowd
from services.run.simulate.phases import MAIL_TRIES, Phases
from services.run.simulate.run import wish_for
from services.run.stack import NotStarted
from services.run.written import NotWritten
from shared.kernel.clock import SteeredClock
from shared.messaging.broker import Broker
from shared.persistence import postgres_place
from shared.persistence.postgres_place import OWNER, POINTER, PREFIX
from tests.played import Table, order, played, undisturbed

__all__ = ["undisturbed"]

Undisturbed = Callable[[], Awaitable[Table]]


@pytest.mark.long(105)
@pytest.mark.timeout(600)
async def test_a_round_is_played_to_its_end_with_every_invariant_kept(undisturbed: Undisturbed) -> None:
    found = await undisturbed()
    assert set(found["states"]) <= {"rejected", "waiting", "refused", "declined", "lapsed", "withdrawn", "placed"}


@pytest.mark.long(110)
@pytest.mark.timeout(600)
async def test_a_rolling_call_is_played_to_its_end(tmp_path: Path) -> None:
    await played(order("local", "training", 60), tmp_path)


@pytest.mark.long(95)
@pytest.mark.kafka
@pytest.mark.timeout(900)
async def test_the_same_seed_gives_the_same_table_on_both_transports(
    tmp_path: Path, kafka: Broker, monkeypatch: pytest.MonkeyPatch, undisturbed: Undisturbed
) -> None:
    monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", kafka.bootstrap)
    assert await played(order("kafka"), tmp_path) == await undisturbed()


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


async def test_what_root_keeps_outside_goes_with_the_folder_of_a_simulation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres_place, "PLACES_ROOT", (str(tmp_path),))
    outside = tmp_path / f"{PREFIX}outside"
    outside.mkdir()

    def begun(home: Home, *_: Any) -> Any:
        home.postgres.mkdir(parents=True)
        (home.postgres / POINTER).write_text(str(outside))
        (outside / OWNER).write_text(str(home.postgres))
        raise NotStarted("it went no further")

    monkeypatch.setattr(simulation, "Stack", begun)
    with pytest.raises(NotStarted, match="no further"):
        await simulation.play(order("local"), keep=None, console=Console(quiet=True))
    assert not outside.exists()


@pytest.mark.parametrize("rest", ["", "/below"])
async def test_a_folder_that_is_a_file_is_refused_with_what_to_name(tmp_path: Path, rest: str) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(
        (NotStarted, NoHome), match=r"is a file: a simulation needs a folder of its own|name another folder, .* with --keep"
    ):
        await simulation.play(order("local"), keep=Path(f"{tmp_path}/kept{rest}"), console=Console(quiet=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("table.txt", "/table.txt says not how to write the table: give it a name that ends in .json or .csv, such as {0}/table.json"),
        ("found.", "/found. says not how to write the table: give it a name that ends in .json or .csv, such as {0}/found.json"),
        (".json", "/.json says not how to write the table: give it a name that ends in .json or .csv, such as {0}/table.json"),
        ("folder.json", "/folder.json is a folder: name a file in it, such as {0}/folder.json/table.json"),
        ("kept/table.json", "/kept/table.json cannot be written: Not a directory. Name a file in a folder."),
        ("/proc/table.csv", "/proc/table.csv cannot be written: No such file or directory. Make its folder first, or name another file."),
        ("/proc/none/table.csv", "/proc/none/table.csv cannot be written: No such file or directory."),
    ],
)
async def test_a_table_that_cannot_be_written_is_refused_before_anybody_applies(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, said: str
) -> None:
    """With a name that would be taken."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "kept").touch()
    monkeypatch.setattr(simulation, "play", lambda *_, **__: pytest.fail("somebody applies"))
    with pytest.raises(NotWritten, match=re.escape(said.format(tmp_path))):
        await simulation.simulate_call(order("local"), keep=None, table=tmp_path / name, console=Console(quiet=True))


class Writer:
    """A referee to whom a mail comes at the `nth` look only."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    async def write(self, _programme: object, _language: str) -> None:
        self.left -= 1
        if self.left:
            raise TimeoutError


@pytest.mark.parametrize("nth", [1, 3, MAIL_TRIES])
async def test_a_mail_that_a_killed_worker_had_is_looked_for_when_its_lease_has_ended(nth: int, tmp_path: Path) -> None:
    writer, clock, starts = Writer(nth), SteeredClock(tmp_path / "clock"), datetime(2016, 1, 20, 9, tzinfo=UTC)
    clock.move_to(starts)
    await phases_with(writer, clock)._write({"email": "r@example.org", "language": "en"}, cast(Any, None))
    assert writer.left == 0
    assert timedelta(0) <= clock.now() - starts - (nth - 1) * LEASE < timedelta(minutes=5)


async def test_a_mail_that_never_comes_is_said_by_its_address(tmp_path: Path) -> None:
    clock = SteeredClock(tmp_path / "clock")
    with pytest.raises(DidNotSettle, match=r"no mail that asks for a letter came to r@example\.org"):
        await phases_with(Writer(MAIL_TRIES + 1), clock)._write({"email": "r@example.org", "language": "en"}, cast(Any, None))


def phases_with(writer: Writer, clock: SteeredClock) -> Phases:
    crowd = SimpleNamespace(writer=lambda _email, _member: writer, stack=SimpleNamespace(clock=clock), members=())
    nothing: Any = None
    return Phases(cast(Crowd, crowd), nothing, nothing, nothing, nothing)


def test_no_mail_of_a_large_call_goes_before_it_is_read() -> None:
    """Seven mails a person come before the first letter is written: with two thousand people more than the sink keeps of itself."""
    large = order("local", applications=2000)
    assert wish_for(large, datetime(2016, 1, 18, tzinfo=UTC)).mails_most >= 2000 * 7
