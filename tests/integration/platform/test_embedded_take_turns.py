"""The embedded PostgreSQL where one process ends and another starts at the same time."""

import os
import pwd
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.persistence.embedded import EmbeddedPostgres
from shared.persistence.server_process import Identity
from tests.integration.platform.test_embedded_postgres import ROOT_ONLY, keeper, runs
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
    assert not postgres.leave()
    postgres.stop()
    EmbeddedPostgres(tmp_path / "away").remove()


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_whoever_leaves_knows_whether_others_work_on_its_server_and_nobody_joins_it_any_more(tmp_path: Path, umask: int) -> None:
    first, second, third = (EmbeddedPostgres(tmp_path / "pg") for _ in range(3))
    before = os.umask(umask)
    try:
        first.start()
        second.start()
    finally:
        os.umask(before)
    assert first.server is not None and second.server is None
    assert first.leave()
    second.ensure_database("books")
    with ThreadPoolExecutor() as threads:
        starting = threads.submit(third.start)
        assert first.leave() and not starting.done()
        second.stop()
        assert not first.leave()
        first.stop()
        starting.result(30)
    try:
        assert third.server is not None, "it joined nobody that was about to end"
        assert not third.leave()
    finally:
        third.remove()


def test_of_many_who_look_at_once_nobody_takes_a_server_for_one_that_stays(tmp_path: Path) -> None:
    """Each look at the owner is a lock of its own for a moment; it is no sign of life to another."""
    first, second = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    first.start()
    place = first.place
    second.start()
    assert place is not None and first.leave()
    with ThreadPoolExecutor(5) as threads:
        found = threads.map(lambda _: EmbeddedPostgres(tmp_path / "pg")._join(place), range(2_000))
        assert not any(found)
    second.stop()
    first.remove()


def test_somebody_who_joined_and_was_killed_is_not_waited_for_nor_one_of_the_server_before(tmp_path: Path) -> None:
    first, outlives = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    first.start()
    outlives.start()
    first.stop()
    with first, keeper(tmp_path / "pg") as (process, told):
        assert not told["owner"]
        process.kill()
        process.wait()
        assert not first.leave()
    outlives.stop()


def test_whoever_owns_the_server_and_starts_again_goes_on_owning_it(tmp_path: Path) -> None:
    first, second = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    assert first.start() == first.start()
    assert second.start() == first.address and second.server is None, "somebody else joins it"
    second.stop()
    first.remove()


def test_whoever_joins_again_leaves_nothing_open_behind(tmp_path: Path) -> None:
    first, second = EmbeddedPostgres(tmp_path / "pg"), EmbeddedPostgres(tmp_path / "pg")
    first.start()
    second.start()
    second.start()
    second.stop()
    assert not first.leave()
    first.remove()


@ROOT_ONLY
def test_root_joins_and_shuts_nobody_out(ground: Path) -> None:
    """As in `sudo puente check` beside somebody's demonstration."""
    entry = pwd.getpwnam("nobody")
    account = Identity(entry.pw_uid, entry.pw_gid)
    python = next(found for found in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3") if runs(account, found))
    (ground / "mine").mkdir(mode=0o755)
    os.chown(ground / "mine", account.uid, account.gid)
    with keeper(ground / "mine" / "pg", python=python, account=account):
        of_root = EmbeddedPostgres(ground / "mine" / "pg")
        of_root.start()
        assert of_root.server is None
        with keeper(ground / "mine" / "pg", python=python, account=account) as (_, joined):
            assert not joined["owner"]
        of_root.stop()
