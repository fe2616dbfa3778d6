"""How a server that was stopped has ended: by itself, by a signal, or by force."""

import os
import signal
from pathlib import Path

import pytest

from shared.persistence.server_process import ServerProcess
from tests.integration.platform.waiting import until


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done", 7),
        ("echo ready; exec sleep 60", 256 - 15),
        ("trap '' TERM; echo ready; exec sleep 60", 137),
    ],
    ids=["by itself", "by the signal", "by force"],
)
def test_a_stop_tells_how_it_ended(tmp_path: Path, program: str, code: int) -> None:
    log = tmp_path / "log"
    server = ServerProcess(["/bin/sh", "-c", program], log=log, stop_seconds=30.0 if code != 137 else 0.2)
    until(lambda: log.read_text() == "ready\n")
    assert server.ended() == ""
    assert server.stop() == code
    assert server.stop() == code, "it may be asked again"
    assert server.ended() == ("signal SIGTERM" if code == 256 - 15 else f"exit code {code}")


def test_a_stop_after_a_kill_tells_of_the_kill(tmp_path: Path) -> None:
    server = ServerProcess(["/bin/sleep", "60"], log=tmp_path / "log")
    server.kill()
    assert server.stop() == 256 - 9
    assert server.ended() == "signal SIGKILL"


def test_a_guard_that_is_killed_is_told_too(tmp_path: Path) -> None:
    server = ServerProcess(["/bin/sleep", "60"], log=tmp_path / "log")
    os.kill(server.guard_pid, signal.SIGKILL)
    until(lambda: server.ended() == "signal SIGKILL to its guard")
    server.stop()
