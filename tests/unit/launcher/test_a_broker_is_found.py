"""Commands beside a demonstration on Kafka find its topics as they find its database."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.run import databases
from services.run.home import Home
from services.run.opened import how_events_travel, tell_topics
from shared.messaging import broker_java
from shared.messaging.broker_java import fetch
from shared.persistence.file_lock import trying
from shared.settings import CommonSettings


def test_the_topics_of_the_stack_that_runs_here_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRANSPORT", "KAFKA_BOOTSTRAP", "KAFKA_PREFIX", "KAFKA_PASSWORD", "DATABASE_URL"):
        monkeypatch.delenv(f"PUENTE_{name}", raising=False)
    home = Home(tmp_path)
    assert how_events_travel(home).transport == "local", "nothing runs here"
    tell_topics(home, CommonSettings(kafka_bootstrap="127.0.0.1:9", kafka_prefix="ours-", kafka_password=SecretStr("secret")))
    assert "secret" not in home.topics.read_text()
    home.running.touch()
    assert how_events_travel(home).transport == "local", "left behind by one that was killed"
    with trying(tmp_path / "lock"):
        found = how_events_travel(home)
        assert (found.transport, found.kafka_bootstrap, found.kafka_prefix) == ("kafka", "127.0.0.1:9", "ours-")
        monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", "127.0.0.1:9")
        found = how_events_travel(home)
        assert (found.transport, found.kafka_prefix) == ("kafka", "ours-"), "the demonstration runs on the broker that is named"
        monkeypatch.setenv("PUENTE_TRANSPORT", "kafka")
        assert how_events_travel(home).kafka_prefix == "ours-", "and that is named as a broker changes nothing of it"
        monkeypatch.delenv("PUENTE_TRANSPORT")
        monkeypatch.setenv("PUENTE_KAFKA_BOOTSTRAP", "127.0.0.1:8")
        assert how_events_travel(home).kafka_bootstrap == "127.0.0.1:8", "who names a broker means that one"
        monkeypatch.delenv("PUENTE_KAFKA_BOOTSTRAP")
        home.topics.unlink()
        assert how_events_travel(home).transport == "local", "it runs, and not on Kafka"
        monkeypatch.setenv("PUENTE_DATABASE_URL", "postgresql://u@elsewhere/puente_{service}")
        assert how_events_travel(home).transport == "local", "another database is another installation"
        databases.tell_where(home, "postgresql://u@elsewhere/puente_{service}")
        tell_topics(home, CommonSettings(kafka_bootstrap="127.0.0.1:9"))
        assert how_events_travel(home).transport == "kafka", "the stack that runs here is on that one"


def test_whoever_waits_for_a_fetch_is_told_of_it_and_of_its_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho 'nobody answers there'\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    said: list[str] = []
    told = fetch(libraries=tmp_path / "libraries", say=said.append)
    assert len(said) == 1 and "is fetched by Maven, once" in said[0]
    assert told is not None and told.endswith("nobody answers there")
    (tmp_path / "libraries").mkdir()
    assert fetch(libraries=tmp_path / "libraries", say=said.append) is None and len(said) == 1


def test_whoever_has_no_place_for_it_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mvn").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "file").touch()
    monkeypatch.setattr(broker_java, "CACHE", tmp_path / "file" / "cache")
    told = fetch(libraries=tmp_path / "libraries")
    assert told is not None and "has no place to be kept" in told and "file/cache" in told
