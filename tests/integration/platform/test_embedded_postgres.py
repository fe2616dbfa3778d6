"""The embedded PostgreSQL, row by row: what a machine may look like, and what may be killed."""

import contextlib
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from shared.persistence import postgres_place
from shared.persistence.database import Database
from shared.persistence.embedded import EmbeddedPostgres, ServerAddress
from shared.persistence.file_lock import trying
from shared.persistence.postgres_place import EmbeddedFailure, Place, find_programs
from shared.persistence.server_process import Identity, run_as
from tests.integration.platform.waiting import gone, until

ROOT = Path(__file__).resolve().parents[3]
KEEPER = Path(__file__).with_name("keeper.py")
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can step down to another account")


def started(folder: Path, *, python: str = sys.executable, account: Identity | None = None) -> "subprocess.Popen[str]":
    """Another process that has only just begun to keep the server of `folder`."""
    options: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return subprocess.Popen(
        [python, str(KEEPER), str(folder)],
        cwd="/",
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{find_programs().parents[2]}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


@contextlib.contextmanager
def keeper(
    folder: Path, *, python: str = sys.executable, account: Identity | None = None
) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """Another process that keeps the server of `folder`, and what it said about it."""
    process = started(folder, python=python, account=account)
    assert process.stdin and process.stdout
    try:
        line = process.stdout.readline()
        assert line, "the keeper told nothing"
        yield process, json.loads(line)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


async def query(address: ServerAddress, statement: str, database: str = "books") -> Any:
    connection = await asyncpg.connect(address.dsn(database))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def write_rows(address: ServerAddress, count: int) -> None:
    connection = await asyncpg.connect(address.dsn("books"))
    try:
        await connection.execute("create table if not exists line (number int)")
        for number in range(count):
            await connection.execute("insert into line values ($1)", number)
    finally:
        await connection.close()


async def test_rows_survive_a_stop_and_a_start(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg") as postgres:
        postgres.ensure_database("books")
        postgres.ensure_database("books")
        await write_rows(postgres.address, 3)
        pid = postgres.server.pid if postgres.server else 0
    assert gone(pid)
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert await query(postgres.address, "select count(*) from line") == 3
        database = Database(postgres.address.url("books"))
        assert await database.ready() is None
        await database.close()


async def test_nobody_gets_in_without_the_password_nor_over_the_network(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg") as postgres:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(ServerAddress(postgres.address.socket, "guessed"), "select 1", "postgres")
        assert postgres.server
        postgres.ensure_database("books")
        assert psutil.Process(postgres.server.pid).net_connections("inet") == []
        for path in (postgres.address.socket, ground / "pg" / "data"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE((ground / "pg" / "password").stat().st_mode) == 0o600
        assert await query(postgres.address, "show dynamic_shared_memory_type") == "mmap"
        assert await query(postgres.address, "show fsync") == "on"
        assert await query(postgres.address, "show data_checksums") == "on"


async def test_the_server_ends_with_a_parent_that_is_killed_outright(ground: Path) -> None:
    with keeper(ground / "pg") as (process, told):
        await write_rows(ServerAddress(Path(told["socket"]), told["password"]), 20)
        process.kill()
        until(lambda: gone(told["pid"]))
        until(lambda: gone(told["guard"]))
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert await query(postgres.address, "select count(*) from line") == 20


async def test_the_server_ends_with_a_guard_that_is_killed_outright(ground: Path) -> None:
    with keeper(ground / "pg") as (_, told):
        os.kill(told["guard"], signal.SIGKILL)
        until(lambda: gone(told["pid"]))
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert await query(postgres.address, "select 1") == 1


async def test_nothing_committed_is_lost_when_all_are_killed(ground: Path) -> None:
    with keeper(ground / "pg") as (process, told):
        await write_rows(ServerAddress(Path(told["socket"]), told["password"]), 200)
        for pid in (process.pid, told["guard"], told["pid"]):
            os.kill(pid, signal.SIGKILL)
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert await query(postgres.address, "select count(*) from line") == 200


async def test_a_start_while_the_old_server_is_still_ending_waits_for_it(ground: Path) -> None:
    with keeper(ground / "pg") as (process, told):
        process.kill()
        process.wait()
        with EmbeddedPostgres(ground / "pg") as postgres:
            assert postgres.server and postgres.server.pid != told["pid"]
            assert await query(postgres.address, "select 1") == 1


async def test_a_pid_file_that_names_a_stranger_is_not_believed(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert postgres.server
        postgres.ensure_database("books")
        await write_rows(postgres.address, 5)
        postgres.server.kill()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        pid_file = ground / "pg" / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with EmbeddedPostgres(ground / "pg") as postgres:
            assert await query(postgres.address, "select count(*) from line") == 5
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_kill_in_the_middle_of_the_first_start_leaves_nothing_half_made(ground: Path) -> None:
    process = started(ground / "pg")
    until(lambda: any((ground / "pg").glob("data.new.*/data/PG_VERSION")))
    initdb = next(child for child in psutil.Process(process.pid).children() if child.name() == "initdb")
    initdb.suspend()  # so that it surely outlives its parent
    process.kill()
    process.communicate()
    assert not (ground / "pg" / "data").exists()
    with trying(ground / "pg" / "lock") as lock:
        assert lock is None, "the next start waits while what was begun still writes"
    initdb.resume()
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert await query(postgres.address, "select 1", "postgres") == 1
        assert list((ground / "pg").glob("data.new.*")) == []


async def test_of_several_at_once_one_owns_the_server_and_the_others_use_it(ground: Path) -> None:
    with contextlib.ExitStack() as stack:
        told = [stack.enter_context(keeper(ground / "pg"))[1] for _ in range(2)]
        with EmbeddedPostgres(ground / "pg") as joined:
            assert joined.server is None
            assert await query(joined.address, "select 1") == 1
        assert await query(ServerAddress(Path(told[0]["socket"]), told[0]["password"]), "select 1") == 1
        assert [found["owner"] for found in told] == [True, False]


def test_of_four_that_start_in_the_same_moment_one_owns_the_server(ground: Path) -> None:
    four = [started(ground / "pg") for _ in range(4)]
    told = [json.loads(process.stdout.readline()) for process in four if process.stdout]
    assert sorted(found["owner"] for found in told) == [False, False, False, True]
    for process in four:
        process.communicate()
        assert process.returncode == 0


@pytest.mark.parametrize("name", ["with space", "ñandú 'quoted\" a,b:5432", "x" * 120], ids=["space", "accents-quotes", "long"])
async def test_any_path_will_do(ground: Path, name: str) -> None:
    with EmbeddedPostgres(ground / name / "pg") as postgres:
        assert await query(postgres.address, "select 1", "postgres") == 1
        used = postgres.address.socket
        database = Database(postgres.address.url("postgres"))
        assert await database.ready() is None
        await database.close()
    assert not used.exists()


def test_without_the_wheel_the_message_says_what_to_do(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_place, "PACKAGE", "no_such_package")
    with pytest.raises(EmbeddedFailure, match="PUENTE_DATABASE_URL"):
        EmbeddedPostgres(ground / "pg").start()


def test_a_server_that_does_not_start_says_why(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg"):
        pass
    (ground / "pg" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedFailure, match="pg_control"):
        EmbeddedPostgres(ground / "pg").start()


def test_data_of_another_version_is_refused(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg"):
        pass
    (ground / "pg" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedFailure, match="PostgreSQL 16"):
        EmbeddedPostgres(ground / "pg").start()


@ROOT_ONLY
async def test_root_steps_down_to_an_account_without_rights(ground: Path) -> None:
    with EmbeddedPostgres(ground / "pg") as postgres:
        assert postgres.server
        assert psutil.Process(postgres.server.pid).uids().effective != 0
        assert (ground / "pg" / "data").stat().st_uid == psutil.Process(postgres.server.pid).uids().effective
        assert (ground / "pg" / "password").stat().st_uid == 0


@ROOT_ONLY
async def test_below_a_closed_home_the_data_go_elsewhere_and_no_mode_changes(ground: Path) -> None:
    home = ground / "home"
    home.mkdir(mode=0o700)
    postgres = EmbeddedPostgres(home / "var" / "pg")
    postgres.start()
    postgres.ensure_database("books")
    await write_rows(postgres.address, 2)
    postgres.stop()
    with EmbeddedPostgres(home / "var" / "pg") as again:
        assert await query(again.address, "select count(*) from line") == 2
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    elsewhere = Path((home / "var" / "pg" / "elsewhere").read_text())
    assert elsewhere.is_dir()
    postgres.remove()
    assert not elsewhere.exists()
    assert not (home / "var" / "pg").exists()


@ROOT_ONLY
async def test_an_ordinary_user_keeps_a_server_too(ground: Path) -> None:
    entry = pwd.getpwnam("nobody")
    account = Identity(entry.pw_uid, entry.pw_gid)
    mine = ground / "mine"
    mine.mkdir(mode=0o700)
    os.chown(mine, account.uid, account.gid)
    pythons = [found for found in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3") if runs(account, found)]
    with keeper(mine / "pg", python=pythons[0], account=account) as (_, told):
        assert told["uid"] == account.uid
        assert psutil.Process(told["pid"]).uids().effective == account.uid
        assert await query(ServerAddress(Path(told["socket"]), told["password"]), "select 1") == 1
        with pytest.raises(EmbeddedFailure, match="another account"):
            # a second ordinary account meets a folder that is not its own
            raise_as_other(ground, pythons[0])


def runs(account: Identity, python: str) -> bool:
    """Whether `account` can run this Python, of the version that we need, and read the checkout."""
    try:
        check = f"import sys; sys.path.insert(0, {str(ROOT)!r}); assert sys.version_info >= (3, 11); import shared.persistence.embedded"
        return run_as(account, [python, "-B", "-c", check]).returncode == 0
    except OSError:
        return False


def raise_as_other(ground: Path, python: str) -> None:
    entry = pwd.getpwnam("daemon")
    packages = find_programs().parents[2]
    done = run_as(
        Identity(entry.pw_uid, entry.pw_gid),
        [python, "-B", KEEPER, ground / "mine" / "pg"],
        PYTHONPATH=f"{ROOT}{os.pathsep}{packages}",
    )
    assert done.returncode != 0
    raise EmbeddedFailure("told by the other process", done.stderr, "")


@ROOT_ONLY
async def test_where_accounts_cannot_be_changed_a_user_namespace_serves(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ground / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_place, "_candidates", lambda folder: iter(()))
    with EmbeddedPostgres(home / "pg") as postgres:
        assert isinstance(postgres.place, Place) and postgres.place.identity and postgres.place.identity.namespace
        assert await query(postgres.address, "select 1", "postgres") == 1
    monkeypatch.undo()
    with EmbeddedPostgres(home / "pg") as postgres:  # the data stay root's, so the next start does the same
        assert await query(postgres.address, "select 1", "postgres") == 1
