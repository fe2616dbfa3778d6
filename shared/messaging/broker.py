"""A real Kafka for tests, the benchmark and the demonstration: one that is named, or one that is started here.

Looked for in this order: an address in `PUENTE_KAFKA_BOOTSTRAP`; Docker (`apache/kafka`); Java 17 with the broker's own
artifacts, fetched once by Maven into `.cache/`. A started broker listens on 127.0.0.1 only and ends with this process.
Everything here blocks: call it from a thread where an event loop runs.
"""

import abc
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from shared.messaging import broker_classes as classes
from shared.messaging import broker_docker as docker
from shared.messaging import broker_java as java
from shared.messaging.broker_ports import answers, free_port

KAFKA_VERSION: Final = java.KAFKA_VERSION
START_SECONDS: Final = 60.0
TRIES_MAX: Final = 3


@dataclass(frozen=True)
class Missing:
    """No broker can be had here: why, and what to do about it."""

    reason: str
    what_to_do: str


class BrokerFailure(Exception):
    """A broker was found but does not start or answer."""


class BrokerDied(BrokerFailure):
    """Its process ended before it answered."""


class Broker(abc.ABC):
    """A broker that can be hurt. A context manager: started at the beginning, stopped at the end."""

    bootstrap: str
    """host:port."""
    kind: str
    """`given`, `docker` or `java`."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def ours(self) -> bool:
        """Whether it may be killed, paused and restarted; one that the environment names may not."""
        return True

    @property
    def logs(self) -> str:
        """Where a person reads what it wrote; empty where that is not known."""
        return ""

    def ended(self) -> str:
        """How it ended; empty while it runs (a paused one does), before its start, and where it is not ours."""
        return ""

    @abc.abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers; `BrokerFailure` where it does not."""

    @abc.abstractmethod
    def stop(self) -> None:
        """End it in good order. Harmless to repeat."""

    @abc.abstractmethod
    def kill(self) -> None:
        """End it as a power cut would."""

    @abc.abstractmethod
    def restart(self) -> None:
        """After its end, however it came: start it again on the same data and the same port, and wait until it answers.

        `BrokerFailure` or `OSError` where that fails. One that is stopped from another thread meanwhile is stopped after it.
        """

    @abc.abstractmethod
    def pause(self) -> None:
        """Let it stand still with its connections open."""

    @abc.abstractmethod
    def resume(self) -> None:
        """Let it go on after `pause`."""


def find_broker(folder: Path, say: Callable[[str], None] = java.quietly) -> Broker | Missing:
    """The first broker of the order above, not started yet. Its data, where it is ours, go to `folder`; `say` is told what takes time."""
    named = os.environ.get("PUENTE_KAFKA_BOOTSTRAP", "").strip()
    if named:
        return GivenBroker(named)
    no_docker = docker.missing()
    if no_docker is None:
        return DockerBroker()
    found = java.find(say)
    if isinstance(found, java.Found):
        return JavaBroker(folder, found)
    return Missing(
        f"{no_docker}; {found}",
        "Start Docker, or install Java 17 and Maven (on Debian: apt-get install openjdk-17-jre-headless maven), "
        "or name a broker in PUENTE_KAFKA_BOOTSTRAP.",
    )


class GivenBroker(Broker):
    """A broker that the environment names. It is somebody else's: it is used, and never stopped or hurt."""

    kind = "given"

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    @property
    def ours(self) -> bool:
        return False

    def start(self) -> None:
        if not answers(self.bootstrap, 10.0):
            raise BrokerFailure(f"PUENTE_KAFKA_BOOTSTRAP names {self.bootstrap}, where no broker answers; correct it or remove it.")

    def stop(self) -> None:
        return

    def kill(self) -> None:
        raise BrokerFailure(f"the broker at {self.bootstrap} is not ours to kill")

    restart = pause = resume = kill


class JavaBroker(Broker):
    """One node, broker and controller, as a process of this machine on the artifacts in `.cache/`."""

    kind = "java"

    def __init__(self, folder: Path, found: java.Found, *, makes_archive: bool = False) -> None:
        self.folder = folder.absolute()
        self.bootstrap = ""
        self._found = found
        self._makes_archive = makes_archive
        self._archive: Path | None = None
        self._ports = (0, 0)
        self._process: java.ServerProcess | None = None
        self._turn = threading.RLock()

    @property
    def pid(self) -> int:
        """The process; 0 where it does not run."""
        return self._process.pid if self._process and self._process.alive() else 0

    @property
    def logs(self) -> str:
        return str(self.folder / "*.log")

    def ended(self) -> str:
        return self._process.ended() if self._process else ""

    def start(self) -> None:
        if not self._makes_archive:
            self._archive = classes.kept(self._found.java, self._found.libraries, self._make_archive)
        said = ""
        for _ in range(TRIES_MAX):
            first = free_port()
            self._ports = (first, free_port(but=first))
            self.bootstrap = f"127.0.0.1:{self._ports[0]}"
            try:
                return self._launch()
            except BrokerFailure as failure:  # a port taken in between is the one failure that another try mends
                said = str(failure)
                if "BindException" not in said and "in use" not in said:
                    break
        raise BrokerFailure(said)

    def _make_archive(self, folder: Path) -> bool:
        """Start and end another one, which leaves the archive of its classes in `folder`; whether it did both in good order.

        Where it does not start, this one will say why.
        """
        other = JavaBroker(folder, self._found, makes_archive=True)
        try:
            other.start()
        except BrokerFailure:
            return False
        assert other._process, "started"
        return other._process.stop() == classes.MADE

    def _launch(self) -> None:
        """Start it and wait until it answers. Where it dies with the archive and starts without, the archive is damaged."""
        try:
            self._run(self._archive)
        except BrokerDied:
            if self._archive is None:
                raise
            self._run(None)
            classes.drop(self._archive)
            self._archive = None

    def _run(self, archive: Path | None) -> None:
        self._process = java.launch(self.folder, self._found, *self._ports, archive=archive, makes_archive=self._makes_archive)
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.bootstrap):
            died = not self._process.alive()
            if died or time.monotonic() > deadline:
                self._process.stop()
                log = (self.folder / "broker.log").read_text(errors="replace")[-3000:]
                said = f"Kafka did not start on {self.bootstrap}. Its last words:\n{log}"
                raise BrokerDied(said) if died else BrokerFailure(said)
            time.sleep(0.05)

    def restart(self) -> None:
        assert self._ports[0], "started before"
        with self._turn:
            self.stop()
            self._launch()

    def stop(self) -> None:
        with self._turn:
            if self._process:
                self._process.stop()

    def kill(self) -> None:
        if self._process:
            self._process.kill()

    def pause(self) -> None:
        assert self._process, "started"
        self._process.pause()

    def resume(self) -> None:
        assert self._process, "started"
        self._process.resume()


class DockerBroker(Broker):
    """One node in a container, on a port of its own of 127.0.0.1."""

    kind = "docker"

    def __init__(self) -> None:
        self.bootstrap = ""
        self._container: docker.Container | None = None
        self._turn = threading.RLock()

    @property
    def container(self) -> docker.Container:
        assert self._container, "started"
        return self._container

    @property
    def logs(self) -> str:
        return f"docker logs {self.container.name}, while it is there"

    def ended(self) -> str:
        return self._container.ended() if self._container else ""

    def start(self) -> None:
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self._container = docker.Container(port)
        try:
            self._wait()
        except BrokerFailure:
            self.stop()
            raise

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.bootstrap):
            if self.container.ended() or time.monotonic() > deadline:
                raise BrokerFailure(f"Kafka did not start in Docker. Its last words:\n{self.container.log()}")
            time.sleep(0.1)

    def restart(self) -> None:
        with self._turn:
            self.container.restart()
            self._wait()

    def stop(self) -> None:
        with self._turn:
            if self._container:
                self._container.remove()
                self._container = None

    def kill(self) -> None:
        with self._turn:
            self.container.kill()

    def pause(self) -> None:
        self.container.pause()

    def resume(self) -> None:
        self.container.resume()
