"""What every test may use: a real PostgreSQL, a fresh migrated database for each test that asks, a clock that stands still.

`PUENTE_TEST_DATABASE_URL` (such as postgresql://user:password@host:5432/{database}) names another server to test on.
"""

import gc
import logging
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
import structlog
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser, expect

from shared.kernel.clock import ManualClock
from shared.messaging.broker import Broker, Missing, find_broker
from shared.persistence.database import Database
from shared.persistence.postgres_place import POINTER, remove_elsewhere
from tests import compiled, memory, one_broker, postgres
from tests.chromium import NoChromium, Shared, program
from tests.order import long_first
from tests.postgres import Prepare, Server

ROOT = Path(__file__).resolve().parents[1]
PLAN = ROOT / "plans" / "china-celac-2015-2019"

# What a page is to come to is awaited for as long as a slow machine takes.
expect.set_options(timeout=30_000)

# Examples are about what comes out of them. A fifth of a second, which is the library's own bound, passes on any machine where others work.
settings.register_profile("puente", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("puente")

compiled.once_in_a_process()


class NewDatabase(Protocol):
    """Service name -> the SQLAlchemy URL of a new, migrated database of that service: empty, or as `prepare` leaves it."""

    async def __call__(self, service: str, prepare: Prepare | None = None, /) -> str: ...


class NewDb(Protocol):
    """The same, as a `Database` that is closed after the test."""

    async def __call__(self, service: str, prepare: Prepare | None = None, /) -> Database: ...


WRITTEN = pytest.StashKey[memory.Folder]()
"""Where the run's tests write, if that is in memory."""
ENDED = pytest.StashKey[int]()
"""The run's exit status."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tests write in memory, where there is room: installations of their own, each with a database and a broker that wait for the disk."""
    if config.option.basetemp is None and memory.has_room():
        folder = config.stash[WRITTEN] = memory.Folder()
        config.option.basetemp = str(folder.path / "tests")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    if exitstatus and WRITTEN in config.stash:
        terminalreporter.line(f"What the failing tests wrote is in {config.option.basetemp}, until the next run begins.")


def pytest_unconfigure(config: pytest.Config) -> None:
    if WRITTEN in config.stash:
        folder = config.stash[WRITTEN]
        folder.leave() if config.stash.get(ENDED, 1) else folder.remove()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """See `long_first`: at the end no process of the run waits for the last test of another."""

    def seconds(item: pytest.Item) -> float:
        marked = item.get_closest_marker("long")
        return float(marked.args[0]) if marked else 0.0

    items[:] = long_first(items, seconds, lambda item: item.path, getattr(config, "workerinput", {}).get("workercount", 1))


def pytest_collection() -> None:
    """Next to nothing of what is imported is ever garbage: to look through it while it grows was a quarter of the time that it takes."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is imported by now stays to the end: to look through a million such objects again and again was a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2000, 10, 50)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What is left is looked through once more, for what was not closed; pytest and the interpreter would do it eight times."""
    session.config.stash[ENDED] = exitstatus
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A program that a test runs in this process sets up logs of its own; the next test finds them as they were."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for the whole run: the one that the environment names, or the embedded one in a folder of its own."""
    given = os.environ.get("PUENTE_TEST_DATABASE_URL")
    if given:
        url = given.replace("postgresql://", "postgresql+asyncpg://", 1)
        with Server(lambda database: url.replace("{database}", database)) as server:
            yield server
        return
    with postgres.server() as started, Server(started.url) as server:
        yield server


@pytest.fixture
async def new_database(server: Server) -> AsyncIterator[NewDatabase]:
    """A factory of fresh databases; all are dropped after the test."""
    names: list[str] = []

    async def make(service: str, prepare: Prepare | None = None, /) -> str:
        template = await server.template(service, prepare)
        server.made += 1
        name = f"t_{service}_{server.run}_{server.made}"
        await server.copy(template, name)
        names.append(name)
        return server.url_of(name)

    yield make
    for name in names:
        await server.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
async def new_db(new_database: NewDatabase) -> AsyncIterator[NewDb]:
    """A factory of `Database` objects on fresh databases; closed after the test."""
    opened: list[Database] = []

    async def make(service: str, prepare: Prepare | None = None, /) -> Database:
        db = Database(await new_database(service, prepare))
        opened.append(db)
        return db

    yield make
    for db in opened:
        await db.close()


@pytest.fixture
def now() -> datetime:
    """A moment inside the scholarship call of 2016."""
    return datetime(2016, 1, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> ManualClock:
    """A clock that stands at `now` until it is moved."""
    return ManualClock(now)


def whole_run(factory: pytest.TempPathFactory) -> Path:
    """The folder of the run, where it is on several processes."""
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session", autouse=True)
def nothing_left_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Below a folder that is closed to all but its owner root keeps databases elsewhere: 140 MB each, that nobody would delete."""
    base = tmp_path_factory.getbasetemp()
    if base.is_relative_to(memory.MEMORY):
        passed_through(whole_run(tmp_path_factory), base)
    yield
    _remove_elsewhere(base)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A new folder, through which the account passes to which root steps down for a database, so that its data are in there."""
    passed_through(tmp_path)
    yield tmp_path
    _remove_elsewhere(tmp_path)


def passed_through(*folders: Path) -> None:
    """Open them for whoever knows what is in there, where this is root."""
    if os.geteuid() == 0:
        for one in folders:
            one.chmod(memory.PASSED_THROUGH)


def _remove_elsewhere(folder: Path) -> None:
    for pointer in folder.rglob(f"postgres/{POINTER}"):
        remove_elsewhere(pointer.parent)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker for the whole run; tests take topics of their own by a prefix."""

    def find() -> Broker:
        found = find_broker(tmp_path_factory.mktemp("kafka"))
        if isinstance(found, Missing):
            if os.environ.get("CI") == "true":
                pytest.fail(f"no Kafka: {found.reason}; {found.what_to_do}")
            pytest.skip(f"no Kafka: {found.reason}; {found.what_to_do}")
        return found

    with one_broker.shared(whole_run(tmp_path_factory) / "broker", find) as broker:
        yield broker


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Chromium of this machine, one for the whole run; `PUENTE_CHROMIUM` names another program."""
    try:
        found = program()
    except NoChromium as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    shared = Shared(found, tmp_path_factory.mktemp("chromium"))
    yield shared
    shared.stop()


@pytest.fixture
async def browser(chromium: Shared) -> AsyncIterator[Browser]:
    """A connection to Chromium, in which nothing is open."""
    async with chromium.browser() as connected:
        yield connected
