"""The broker that tests and the demonstration run on: found in its order, hurt in every way, and gone with its parent."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from shared.messaging import broker_classes, broker_docker, broker_java
from shared.messaging.broker import Broker, BrokerFailure, DockerBroker, GivenBroker, JavaBroker, Missing, find_broker
from shared.messaging.broker_ports import answers, free_port
from tests.integration.platform.waiting import gone, until

ROOT = Path(__file__).resolve().parents[3]
KINDS = ["java", *(["docker"] if broker_docker.missing(fetch=False) is None else [])]


def made(kind: str, folder: Path) -> Broker:
    if kind == "docker":
        return DockerBroker()
    found = broker_java.find()
    assert isinstance(found, broker_java.Found), found
    return JavaBroker(folder, found)


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with made(request.param, tmp_path / "a folder, with é") as broker:
        yield broker


def write(broker: Broker, count: int, first: int = 0) -> None:
    """Acknowledged writes of numbers; every one must be acknowledged."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.idempotence": True, "message.timeout.ms": 60_000})
    refused: list[KafkaError] = []
    for number in range(first, first + count):
        producer.produce("numbers", str(number).encode(), on_delivery=lambda error, _: refused.append(error) if error else None)
    assert producer.flush(60) == 0
    assert refused == []


def read(broker: Broker, count: int) -> list[int]:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition("numbers", 0, 0)])
    try:
        messages = consumer.consume(count, 30)
        return [int(message.value() or b"-1") for message in messages]
    finally:
        consumer.close()


def make_topic(broker: Broker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic("numbers", 1, 1)])["numbers"].result(30)


def test_what_was_acknowledged_survives_a_kill_and_a_restart(broker: Broker) -> None:
    make_topic(broker)
    write(broker, 500)
    before = broker.bootstrap
    assert broker.ended() == ""
    broker.kill()
    assert not answers(broker.bootstrap)
    assert broker.ended() == ("signal SIGKILL" if isinstance(broker, JavaBroker) else "exit code 137")
    broker.restart()
    assert broker.bootstrap == before and broker.ended() == ""
    write(broker, 500, first=500)
    assert read(broker, 1000) == list(range(1000))


def test_a_paused_broker_is_silent_and_goes_on_afterwards(broker: Broker) -> None:
    make_topic(broker)
    broker.pause()
    assert not answers(broker.bootstrap, 0.5)
    broker.resume()
    until(lambda: answers(broker.bootstrap))
    write(broker, 10)
    assert read(broker, 10) == list(range(10))


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    with made("java", tmp_path) as broker:
        assert isinstance(broker, JavaBroker)
        listening = [found.laddr.ip for found in psutil.Process(broker.pid).net_connections("inet") if found.status == psutil.CONN_LISTEN]
        assert len(listening) == 2
        assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
        kept = rf"/{re.escape(broker_java.LIBRARIES.name)}-[0-9a-f]+\.jsa$"
        assert re.search(kept, Path(f"/proc/{broker.pid}/maps").read_text(), re.MULTILINE), "its classes come from the kept file"
    assert (tmp_path / "output.log").read_text() == "", "a start that went well complains of nothing"


@pytest.fixture
def found(tmp_path: Path) -> broker_java.Found:
    """The broker's jars in a cache of its own, and a Java that can be told what to do before it becomes Java: by `before.sh`, none yet."""
    real = broker_java.find()
    assert isinstance(real, broker_java.Found), real
    libraries = tmp_path / "cache" / real.libraries.name
    libraries.parent.mkdir()
    libraries.symlink_to(real.libraries)
    (tmp_path / "before.sh").touch()
    java = tmp_path / "java"
    java.write_text(f'#!/bin/sh\n. "{tmp_path}/before.sh"\nexec "{real.java}" "$@"\n')
    java.chmod(0o755)
    return broker_java.Found(java, libraries)


def beside(found: broker_java.Found) -> set[str]:
    """What there is beside the jars, but for the lock."""
    return {path.name for path in found.libraries.parent.iterdir()} - {found.libraries.name, "kafka.lock"}


def test_a_file_of_classes_that_was_cut_costs_one_start_and_is_dropped(found: broker_java.Found, tmp_path: Path) -> None:
    with made("java", tmp_path / "first"):
        (whole,) = broker_java.LIBRARIES.parent.glob("*.jsa")

    def cut(folder: Path) -> bool:
        with whole.open("rb") as read:
            return (folder / broker_classes.ARCHIVE).write_bytes(read.read(whole.stat().st_size // 2)) > 0

    archive = broker_classes.kept(found.java, found.libraries, cut)
    assert archive is not None
    with JavaBroker(tmp_path / "second", found) as broker:
        make_topic(broker)
        write(broker, 10)
    died = "A fatal error" in (tmp_path / "second" / "output.log").read_text()  # Java 17 does; another may see that the file is cut
    assert beside(found) == (set() if died else {archive.name}), "the next start makes a new one"


def test_one_whose_maker_ends_in_the_middle_of_writing_it_leaves_nothing(found: broker_java.Found, tmp_path: Path) -> None:
    """It may write 30 MiB to a file: all but this one are smaller."""
    (tmp_path / "before.sh").write_text('case "$*" in *ArchiveClassesAtExit*) touch ../asked; ulimit -f 61440;; esac\n')
    with JavaBroker(tmp_path / "data", found) as broker:
        assert answers(broker.bootstrap)
    assert beside(found) == {"asked"}


def test_a_maker_that_does_not_start_leaves_nothing(found: broker_java.Found, tmp_path: Path) -> None:
    (tmp_path / "before.sh").write_text('case "$*" in *ArchiveClassesAtExit*) touch ../asked; exit 1;; esac\n')
    with JavaBroker(tmp_path / "data", found) as broker:
        assert answers(broker.bootstrap)
    assert beside(found) == {"asked"}


def test_a_file_of_classes_that_is_broken_or_anothers_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").write_bytes(os.urandom(100_000))
    monkeypatch.setattr(broker_classes, "kept", lambda *_given: tmp_path / "broken")
    with made("java", tmp_path / "data") as broker:
        make_topic(broker)
        write(broker, 10)


def test_it_ends_with_a_parent_that_is_killed_outright(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from shared.messaging.broker import JavaBroker; from shared.messaging import broker_java\n"
        "broker = JavaBroker(Path(sys.argv[1]), broker_java.find()); broker.start(); print(broker.pid, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    pid = int(process.stdout.readline())
    assert not gone(pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until(lambda: gone(pid))


def test_an_address_in_the_environment_comes_first_and_is_never_hurt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", f"127.0.0.1:{free_port()}")
    found = find_broker(tmp_path)
    assert isinstance(found, GivenBroker) and not found.ours
    with pytest.raises(BrokerFailure, match="not ours"):
        found.kill()
    with pytest.raises(BrokerFailure, match="PUENTE_KAFKA_BOOTSTRAP"):
        found.start()


def test_without_docker_and_java_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PUENTE_KAFKA_BOOTSTRAP", raising=False)
    found = find_broker(tmp_path)
    assert isinstance(found, Missing)
    assert "no Docker" in found.reason and "no Java" in found.reason
    assert "apt-get install" in found.what_to_do


def test_a_listener_that_is_no_kafka_is_not_taken_for_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(100)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        assert not answers(f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert not answers(f"127.0.0.1:{free_port()}")


def test_two_ports_that_are_drawn_alike_are_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker needs one for itself and one for its controller, and neither listens while the other is drawn."""
    monkeypatch.setattr(os, "urandom", bytes)
    first = free_port()
    assert free_port(but=first) not in (first, 0)
