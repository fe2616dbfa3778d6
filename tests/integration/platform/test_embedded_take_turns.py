"""The embedded PostgreSQL where one process ends and another starts at the same time."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.file_lock import trying
from tests.integration.platform.test_embedded_postgres import keeper
from tests.integration.platform.waiting import until


def test_whoever_lost_its_server_leaves_the_next_one_its_socket(tmp_path: Path) -> None:
    """The next one has started by then, and waits for the first to say that it is gone."""
    first, second = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    first.start()
    lost = first.server
    assert lost is not None
    os.kill(lost.pid, signal.SIGKILL)
    until(lambda: not lost.alive())
    with ThreadPoolExecutor() as threads:
        starting = threads.submit(second.start)
        until(lambda: first.address.answers())
        first.stop()
        address = starting.result(30)
    try:
        assert second.server is not None and address.answers()
        second.ensure_database("books")
    finally:
        second.remove()


def test_a_folder_that_was_deleted_is_no_reason_not_to_stop(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "pg")
    postgres.start()
    (tmp_path / "pg").rename(tmp_path / "away")
    postgres.stop()
    EmbeddedPostgres(tmp_path / "away").remove()


def test_whoever_started_the_server_waits_for_those_who_joined_and_others_for_the_next_one(tmp_path: Path) -> None:
    """Several commands at once on an installation that does not run: none takes the server away from another."""
    first, second, third = (EmbeddedPostgres(tmp_path / "pg") for _ in range(3))
    first.start()
    second.start()
    assert first.server is not None and second.server is None

    def nobody_can_join() -> bool:
        with trying(tmp_path / "pg" / "owner") as dead:
            return dead is not None

    with ThreadPoolExecutor() as threads:
        stopping = threads.submit(first.stop, others_seconds=60)
        until(nobody_can_join)
        starting = threads.submit(third.start)
        second.ensure_database("books")
        assert not stopping.done() and not starting.done()
        second.stop()
        stopping.result(30)
        starting.result(30)
    try:
        assert third.server is not None, "it joined nobody that was about to end"
    finally:
        third.remove()


def test_it_waits_no_longer_than_it_is_told_to(tmp_path: Path) -> None:
    first, second = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    first.start()
    second.start()
    first.stop(others_seconds=0.1)
    assert not second.address.answers()
    second.stop()
    first.remove()


def test_somebody_who_joined_and_was_killed_is_not_waited_for(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "pg") as first, keeper(tmp_path / "pg") as (process, told):
        assert not told["owner"]
        process.kill()
        process.wait()
        began = time.monotonic()
        first.stop(others_seconds=60)
        assert time.monotonic() - began < 60
