"""The Kafka broker from its own artifacts: fetched once by Maven, configured by hand, run as one Java process.

KRaft with one node that is broker and controller. Writing `meta.properties` stands in for the format step, which is
needed only for users with passwords.
"""

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from typing import Final

from shared.messaging import broker_classes as classes
from shared.persistence.file_lock import wait_for
from shared.persistence.server_process import ServerProcess

__all__ = ["KAFKA_VERSION", "Found", "ServerProcess", "find", "launch", "settings"]

KAFKA_VERSION: Final = "4.1.1"
"""The broker's version, here and in deploy/docker-compose.yml."""
JAVA_MAJOR_MIN: Final = 17
CACHE: Final = Path(__file__).resolve().parents[2] / ".cache"
LIBRARIES: Final = CACHE / f"kafka-{KAFKA_VERSION}"
FETCH_SECONDS: Final = 600
STOP_SECONDS: Final = 15.0
JVM: Final = (
    *("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"),
    "-Dlog4j2.StatusLogger.level=OFF",  # the second logging library among its jars, which writes nothing, says that nobody configured it
)

PROJECT: Final = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka-dist</artifactId><version>1</version>
<dependencies>
  <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>1.7.36</version></dependency>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>
</dependencies></project>
"""
LOGGING: Final = """log4j.rootLogger=WARN, file
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File={file}
log4j.appender.file.MaxFileSize=4MB
log4j.appender.file.MaxBackupIndex=1
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{{ISO8601}} %p %c: %m%n
"""


@dataclass(frozen=True)
class Found:
    """A Java that is new enough, and the folder with the broker's jars."""

    java: Path
    libraries: Path


def quietly(_words: str) -> None:
    """Says nothing."""


def find(say: Callable[[str], None] = quietly) -> Found | str:
    """Java and the artifacts, which are fetched here where they are missing, with a word before; or why they cannot be had."""
    java = find_java()
    if isinstance(java, str):
        return java
    told = fetch(say=say)
    return told or Found(java, LIBRARIES)


def find_java() -> Path | str:
    """A Java of version 17 or newer from `JAVA_HOME` or the PATH; or why there is none."""
    home = os.environ.get("JAVA_HOME")
    for place in ([str(Path(home, "bin", "java"))] if home else []) + [shutil.which("java") or ""]:
        if not place or not Path(place).exists():
            continue
        try:
            told = subprocess.run([place, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
        except (OSError, subprocess.TimeoutExpired):
            continue
        version = re.search(r'version "(\d+)', told)
        if version and int(version.group(1)) >= JAVA_MAJOR_MIN:
            return Path(place)
        return f"Java at {place} is too old: Kafka {KAFKA_VERSION} needs {JAVA_MAJOR_MIN}"
    return "no Java"


def fetch(artifact: str = "kafka_2.13", libraries: Path = LIBRARIES, say: Callable[[str], None] = quietly) -> str | None:
    """Make sure that an artifact of Kafka's and what it needs are in the cache; why they cannot be fetched, or None.

    Two that fetch at once take turns.
    """
    if libraries.is_dir():
        return None
    maven = shutil.which("mvn")
    if not maven:
        return f"no Maven to fetch Kafka {KAFKA_VERSION} with"
    try:
        CACHE.mkdir(exist_ok=True)
        say(f"Kafka {KAFKA_VERSION} is fetched by Maven, once; that takes a minute")
        lock = wait_for(CACHE / "kafka.lock")
    except OSError as error:
        return f"Kafka {KAFKA_VERSION} has no place to be kept: {error}"
    try:
        if libraries.is_dir():
            return None
        with tempfile.TemporaryDirectory(prefix="kafka.new.", dir=CACHE) as fresh:
            Path(fresh, "pom.xml").write_text(PROJECT.format(artifact=artifact, version=KAFKA_VERSION))
            command = [maven, "-B", "-q", "dependency:copy-dependencies", f"-DoutputDirectory={fresh}/libs", "-DincludeScope=runtime"]
            done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
            if done.returncode != 0:
                return f"Maven cannot fetch Kafka {KAFKA_VERSION}: {(done.stdout or done.stderr).strip()[-500:]}"
            Path(fresh, "libs").rename(libraries)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"Maven cannot fetch Kafka {KAFKA_VERSION}: {error}"
    finally:
        os.close(lock)
    return None


def settings(port: int, controller_port: int, *, data: str, outside: str = "127.0.0.1") -> dict[str, str]:
    """The broker's properties for one node: quick to start, quick to notice that a member went away."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://{outside}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "300",
        "metadata.max.idle.interval.ms": "0",  # by itself it writes twice a second that there is nothing to write
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "auto.create.topics.enable": "false",
        "num.network.threads": "1",
        "num.io.threads": "2",
        "log.cleaner.dedupe.buffer.size": "1048577",
    }


def launch(
    folder: Path, found: Found, port: int, controller_port: int, *, archive: Path | None = None, makes_archive: bool = False
) -> ServerProcess:
    """Start the broker on the data in `folder` (made where missing). It may take seconds until it answers.

    With its classes from the `archive`, or such that it makes one in `folder` when it ends.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        (data / "meta.properties").write_text(f"version=1\ncluster.id={cluster}\nnode.id=1\n")
    # Every path is relative to the folder, since a properties file reads some characters as escapes.
    lines = [f"{name}={value}" for name, value in settings(port, controller_port, data="data").items()]
    (folder / "server.properties").write_text("\n".join(lines) + "\n")
    (folder / "log4j.properties").write_text(LOGGING.format(file="broker.log"))
    (folder / "broker.log").touch()
    libraries = folder / "libs"  # a colon in the path of the checkout would split the class path
    libraries.unlink(missing_ok=True)
    libraries.symlink_to(found.libraries)
    flags = [classes.MAKE] if makes_archive else []
    if archive is not None:
        (folder / classes.ARCHIVE).unlink(missing_ok=True)
        (folder / classes.ARCHIVE).symlink_to(archive)
        flags = [classes.USE]
    return ServerProcess(
        [
            found.java,
            *(*JVM, *flags, "-Dlog4j.configuration=file:log4j.properties"),
            *("-cp", "libs/*", "kafka.Kafka", "server.properties"),
        ],
        log=folder / "output.log",
        cwd=folder,
        stop_signal=SIGTERM,
        stop_seconds=classes.MAKE_SECONDS if makes_archive else STOP_SECONDS,
    )
