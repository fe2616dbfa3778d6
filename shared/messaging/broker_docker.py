"""The Kafka broker in a container, by testcontainers.

The container ends with this process: a guarded `docker attach` hands the end of this process on to it as a signal. That
needs no second container with power over the engine, which is what testcontainers starts otherwise.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from shared.kernel.ids import new_secret
from shared.messaging.broker_java import KAFKA_VERSION, settings
from shared.persistence.server_process import ServerProcess, process_exists

IMAGE: Final = f"apache/kafka:{KAFKA_VERSION}"
NAME: Final = "puente-kafka-"
CONTROLLER_PORT: Final = 19093
PULL_SECONDS: Final = 300


def missing(*, fetch: bool = True) -> str | None:
    """Why no broker can be started in Docker; None where one can. Fetches the image where it is not there yet, if it may."""
    program = shutil.which("docker")
    if not program:
        return "no Docker"
    try:
        if _docker("version").returncode:
            return "Docker's engine does not answer"
        if _docker("image", "inspect", IMAGE).returncode == 0:
            return None
        if fetch and _docker("pull", "--quiet", IMAGE, seconds=PULL_SECONDS).returncode == 0:
            return None
    except (OSError, subprocess.TimeoutExpired):
        return "Docker's engine does not answer in time"
    return f"Docker cannot fetch {IMAGE}" if fetch else f"Docker has no {IMAGE} yet"


class Container:
    """A started container with one node of Kafka on `port` of 127.0.0.1; it may take seconds until it answers."""

    def __init__(self, port: int) -> None:
        # A package of the tests, which the image for deployment does not have.
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        testcontainers_config.ryuk_disabled = True
        _sweep()
        made: Any = DockerContainer(IMAGE).with_name(f"{NAME}{os.getpid()}-{new_secret(16).strip('-_')}")
        made.ports[f"{port}/tcp"] = ("127.0.0.1", port)
        # Inside its own network the broker must listen on every address; outside it is bound to 127.0.0.1.
        inside = settings(port, CONTROLLER_PORT, outside="0.0.0.0", data="/tmp/kafka-data")  # noqa: S104, S108
        for name, value in inside.items():
            made.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
        made.with_env("KAFKA_HEAP_OPTS", "-Xmx512m")
        self._container = made.start().get_wrapped_container()
        self._guard: ServerProcess | None = self._attach()

    def _attach(self) -> ServerProcess:
        program = shutil.which("docker")
        assert program, "looked for before"
        log = Path(tempfile.gettempdir(), f"{self._container.name}.log")
        return ServerProcess([program, "attach", "--no-stdin", self._container.name], log=log, stop_seconds=15)

    def _detach(self) -> None:
        if self._guard:
            self._guard.stop()
            self._guard = None
        Path(tempfile.gettempdir(), f"{self._container.name}.log").unlink(missing_ok=True)

    @property
    def name(self) -> str:
        return str(self._container.name)

    def ended(self) -> str:
        """How it ended, for a person; empty while it runs. The engine is asked only where the guard, which ends with it, has ended."""
        if self._guard is not None and self._guard.alive():
            return ""
        try:
            self._container.reload()
        except OSError as error:
            return f"Docker does not tell how: {error}"
        state = self._container.attrs["State"]
        if state["Running"]:
            return "what ends it with this process has ended"
        return "there was no memory left" if state["OOMKilled"] else f"exit code {state['ExitCode']}"

    def kill(self) -> None:
        self._container.kill()
        self._detach()

    def restart(self) -> None:
        self._detach()
        self._container.start()  # nothing to do where it runs
        self._guard = self._attach()

    def pause(self) -> None:
        self._container.pause()

    def resume(self) -> None:
        self._container.unpause()

    def log(self) -> str:
        """The end of what it wrote."""
        return str(self._container.logs(tail=30).decode(errors="replace"))

    def remove(self) -> None:
        """Stop it and delete it with its data. Harmless where somebody has deleted it; one whose engine is away goes at the next start."""
        with contextlib.suppress(OSError):  # which everything is that the engine refuses
            self._container.remove(force=True, v=True)
        self._detach()


def _docker(*arguments: str, seconds: float = 20) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)


def _sweep() -> None:
    """Delete the stopped containers of processes that were killed before they could do so themselves."""
    for name in _docker("ps", "--all", "--filter", "status=exited", "--filter", f"name={NAME}", "--format", "{{.Names}}").stdout.split():
        owner = name.removeprefix(NAME).partition("-")[0]
        with contextlib.suppress(OSError):
            if owner.isdigit() and not process_exists(int(owner)):
                _docker("rm", "--volumes", name)
