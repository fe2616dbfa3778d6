"""The processes of a test run share a broker: the first starts it, and it is there until the last has left."""

import threading
from pathlib import Path

import pytest

from shared.messaging.broker import Broker, BrokerFailure, GivenBroker
from tests.one_broker import shared


class Told(GivenBroker):
    """Says what becomes of it."""

    def __init__(self, said: list[str], *, starts: bool = True) -> None:
        super().__init__("127.0.0.1:9")
        self.said, self.starts = said, starts

    def start(self) -> None:
        if not self.starts:
            raise BrokerFailure("it does not start")
        self.said.append("started")

    def stop(self) -> None:
        self.said.append("stopped")


def nobody() -> Broker:
    raise AssertionError("there is one already")


def test_the_first_starts_it_and_waits_for_the_others_before_it_ends_it(tmp_path: Path) -> None:
    said: list[str] = []
    there, leave = threading.Event(), threading.Event()

    def first() -> None:
        with shared(tmp_path / "run", lambda: Told(said)):
            there.set()
            leave.wait(30)
        said.append("left")

    thread = threading.Thread(target=first)
    thread.start()
    assert there.wait(30)
    with shared(tmp_path / "run", nobody) as broker:
        assert broker.bootstrap == "127.0.0.1:9"
        leave.set()
        thread.join(0.3)
        assert thread.is_alive(), "it waits for us"
        said.append("used")
    thread.join(30)
    assert said == ["started", "used", "stopped", "left"]
    with shared(tmp_path / "run", lambda: Told(said)):
        assert said[-1] == "started", "whoever comes after that starts one anew"


def test_where_it_does_not_start_the_next_one_tries(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(BrokerFailure), shared(tmp_path / "run", lambda: Told(said, starts=False)):
        raise AssertionError
    with shared(tmp_path / "run", lambda: Told(said)):
        assert said == ["started"]
