"""The embedded PostgreSQL where one process ends and another starts at the same time."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.persistence.embedded import EmbeddedPostgres
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
