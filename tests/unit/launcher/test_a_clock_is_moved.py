"""The clock of a demonstration is moved on by a command, never back, and says what is wrong with a moment."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from services.run import databases
from services.run.home import Home
from services.run.moving import move
from shared.kernel.clock import SteeredClock
from shared.persistence.file_lock import trying

START = datetime(2016, 2, 24, 14, 0, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SteeredClock:
    monkeypatch.setenv("PUENTE_HOME", str(tmp_path))
    monkeypatch.delenv("PUENTE_DATABASE_URL", raising=False)
    monkeypatch.delenv("PUENTE_CLOCK_FILE", raising=False)
    return SteeredClock(tmp_path / "clock")


def said(moment: str) -> tuple[bool, str]:
    console = Console(file=StringIO(), soft_wrap=True)
    done = move(moment, console)
    assert isinstance(console.file, StringIO)
    return done, console.file.getvalue()


@pytest.mark.parametrize(("moment", "then"), [("2016-06-01", "Wednesday 01 June 2016, 00:00"), ("2016-06-01T10:30-05:00", "15:30 UTC")])
def test_it_goes_on_to_the_moment_and_says_so(clock: SteeredClock, moment: str, then: str) -> None:
    clock.move_to(START)
    told = "It is Wednesday 24 February 2016, 14:00 UTC. To move it on, add a day: puente clock 2016-06-01\n"
    assert said("") == (True, told)
    done, words = said(moment)
    assert done and then in words and "24 February 2016" in words
    assert clock.now().date() == datetime(2016, 6, 1, tzinfo=UTC).date()
    assert said("")[1].endswith("add a day: puente clock 2016-06-08\n"), "the day named is one to come"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2016-02-01", "Time goes on only"),
        ("yesterday", "'yesterday' is no day or moment"),
        ("2016-02-30", "is no day or moment"),
        ("9999-12-31", "to 2099 at the latest"),
        ("9999-12-31T23:59-23:59", "as far as 9999"),
        ("2099-12-31T23:59-23:59", "as far as 2100"),
        ("0001-01-01T00:00+23:59", "Time goes on only"),
    ],
)
def test_what_it_cannot_be_moved_to_is_said_and_changes_nothing(clock: SteeredClock, moment: str, words: str) -> None:
    clock.move_to(START)
    done, found = said(moment)
    assert not done and words in found
    assert clock.now().date() == START.date()


def test_it_stays_where_it_is_until_the_sample_people_have_applied(clock: SteeredClock, tmp_path: Path) -> None:
    clock.move_to(START)
    home = Home(tmp_path)
    home.begun.touch()
    done, words = said("2016-06-01")
    assert not done and "is still being filled" in words
    assert clock.now().date() == START.date()
    home.seeded.touch()
    assert said("2016-06-01")[0]


def test_it_says_when_what_is_due_happens(clock: SteeredClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.move_to(START)
    assert "within a minute of the next start (nothing runs now)" in said("2016-06-01")[1]
    Home(tmp_path).running.touch()
    assert "nothing runs now" in said("2016-06-02")[1], "an address that a killed one left behind is not somebody who runs"
    with trying(tmp_path / "lock"):
        assert "happens within a minute, in no set order" in said("2016-06-03")[1]
    monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://puente@db.example.org/{service}")
    monkeypatch.setenv("PUENTE_CLOCK_FILE", str(clock.path))
    assert "within a minute where the services run" in said("2016-06-04")[1]


def test_where_there_is_no_demonstration_it_is_said(clock: SteeredClock) -> None:
    done, words = said("2016-06-01")
    assert not done and "make demo" in words
    assert not clock.is_set()


def test_a_real_installation_goes_by_the_real_time(clock: SteeredClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://puente@db.example.org/{service}")
    done, words = said("2016-06-01")
    assert not done and "goes by the real time" in words


def test_a_demonstration_on_a_server_of_ones_own_is_found(clock: SteeredClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the shell in which it was started the address is set; in another one it may not be."""
    clock.move_to(START)
    databases.tell_where(Home(tmp_path), "postgresql://puente@db.example.org/{service}")
    assert said("2016-06-01")[0]
    monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://puente:secret@db.example.org/{service}")
    assert said("2016-06-02")[0]
    assert clock.now().date() == datetime(2016, 6, 2, tzinfo=UTC).date()
    monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://puente@db.example.org/other_{service}")
    done, words = said("2016-06-03")
    assert not done and "goes by the real time" in words, "another database is another installation"
