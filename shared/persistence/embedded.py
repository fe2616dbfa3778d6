"""PostgreSQL for a checkout: starts the programs of a Python wheel on a folder, for as long as this process lives.

Only on a unix socket, only with a password, in a data folder with mode 0700. One process at a time owns the server of a
folder; others that ask for it meanwhile use the same one. A start after any kind of crash cleans up what the crash left.
Everything here blocks: call it from a thread where an event loop runs.
"""

import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from shared.persistence import postgres_place
from shared.persistence.file_lock import share_of, take, try_lock, trying
from shared.persistence.postgres_initdb import initialise
from shared.persistence.postgres_leftovers import STOP_SECONDS, end_leftovers, pid_line
from shared.persistence.postgres_place import (
    PORT,
    PREFIX,
    SOCKET_NAME,
    Place,
    cannot_be_used,
    choose,
    not_started,
    private_folder,
    remove_elsewhere,
)
from shared.persistence.server_process import ServerProcess, clean_environment, run_as

USER: Final = "puente"
VERSION: Final = "18"
START_SECONDS: Final = 60.0
OWNER_SECONDS: Final = 5.0
JOINED: Final = "joined"
"""The file of a server of whose lock everybody has a share who works on it without being its owner; each start makes it anew."""
SOCKET_BYTES_MAX: Final = 103
LOG_BYTES_MAX: Final = 4_000_000

SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm may be tiny or read-only
    "io_method": "sync",  # no helper processes for so small a server
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class ServerAddress:
    """How to reach a server: the folder of its unix socket, and the password of its only user."""

    socket: Path
    password: str

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of the asyncpg driver."""
        return self.dsn(database).replace("postgresql://", "postgresql+asyncpg://", 1)

    def dsn(self, database: str) -> str:
        """The URL for asyncpg and other PostgreSQL clients. `{service}` in the name stays as it is, for `PUENTE_DATABASE_URL`."""
        return f"postgresql://{USER}:{quote(self.password)}@/{database}?host={quote(str(self.socket), safe='/')}"

    def answers(self) -> bool:
        """Whether something listens at the socket."""
        return postgres_place.answers(self.socket)


class EmbeddedPostgres:
    """The server of `folder` (made where it is missing). A context manager; `start` and `stop` do the same by hand."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """`durable=False` leaves out the waiting for the disk: a crash of the machine, but not of a process, may lose the data."""
        self.folder = folder.absolute()
        self._durable = durable
        self.place: Place | None = None
        self._server: ServerProcess | None = None
        self._owner: int | None = None
        self._joined: int | None = None
        self._address: ServerAddress | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def address(self) -> ServerAddress:
        assert self._address, "started"
        return self._address

    def url(self, database: str) -> str:
        """See `ServerAddress.url`."""
        return self.address.url(database)

    def dsn(self, database: str) -> str:
        """See `ServerAddress.dsn`."""
        return self.address.dsn(database)

    @property
    def server(self) -> ServerProcess | None:
        """The server's process where this object owns it; None where another process does."""
        return self._server

    def start(self) -> ServerAddress:
        """Start the server, or join the one that another process has started here; `EmbeddedFailure` where neither works."""
        try:
            if self._server is None:
                self._let_go()
            self.folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            self.place = self.place or choose(self.folder)
            deadline = time.monotonic() + START_SECONDS
            while time.monotonic() < deadline:
                with trying(self.folder / "lock") as lock:
                    address = self._own(self.place, lock) if lock is not None else self._join(self.place)
                if address:
                    self._address = address
                    return address
                time.sleep(0.02)
        except OSError as error:
            raise cannot_be_used(self.folder, error) from error
        raise not_started(f"another process holds {self.folder} and its server does not answer")

    def leave(self) -> bool:
        """From here on nobody joins the server that this object owns. Whether somebody works on it who has joined before."""
        self._let_go()
        if self._server is None:
            return False
        try:
            descriptor = os.open(self.folder / JOINED, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # a folder that was deleted is no reason not to stop
            return False
        try:
            return not take(descriptor)
        finally:
            os.close(descriptor)

    def _let_go(self) -> None:
        for held in (self._owner, self._joined):
            if held is not None:
                os.close(held)
        self._owner = self._joined = None

    def stop(self) -> None:
        """Stop the server where this object owns it: connections are closed, everything committed is on disk."""
        server, self._server = self._server, None
        self._let_go()  # first, so that nobody joins a server that is about to end
        if server and self.place and self._address:
            server.stop()
            with contextlib.suppress(FileNotFoundError), trying(self.folder / "lock") as lock:
                if lock is not None:  # else somebody has started another one, and the socket is that one's
                    self._forget_socket(self.place)
        self._address = None

    def remove(self) -> None:
        """Stop the server and delete everything of it, for good."""
        self.stop()
        remove_elsewhere(self.folder)
        shutil.rmtree(self.folder)

    def ensure_database(self, name: str) -> None:
        """Create the database `name` unless it exists; two processes may ask at once."""
        assert re.fullmatch(r"[a-z_][a-z0-9_]*", name), "a plain lower-case name"
        if not self._sql(f"select 1 from pg_database where datname = '{name}'"):  # noqa: S608 - checked above
            with contextlib.suppress(_AlreadyThere):
                self._sql(f'create database "{name}"')

    def _sql(self, statement: str) -> str:
        assert self.place and self._address, "started"
        psql: list[str | Path] = [
            self.place.programs / "psql",
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self._address.socket,
        ]
        environment = {"PGPASSWORD": self._address.password, "PGCONNECT_TIMEOUT": "10"}
        done = run_as(None, [*psql, "-p", str(PORT), "-U", USER, "-d", "postgres", "-c", statement], held=(), **environment)
        if done.returncode == 0:
            return done.stdout.strip()
        if "already exists" in done.stderr or "pg_database_datname_index" in done.stderr:
            raise _AlreadyThere(done.stderr)
        raise not_started(done.stderr.strip())

    # ----------------------------------------------------------------------------------------------- owning, joining
    def _join(self, place: Place) -> ServerAddress | None:
        """The server of another owner, if that one lives: the server of a dead one is about to end."""
        # Held before the look at the owner: whoever finds one that lives is seen by it when it stops.
        joined = share_of(self.folder / JOINED)
        try:
            with trying(self.folder / "owner", shared=True) as dead:
                if dead is not None:
                    return None
            address = ServerAddress(Path((place.home / "socket").read_text()), (place.home / "password").read_text())
            if pid_line(place.home / "data", 7) != "ready" or not address.answers():
                return None
            self._joined, joined = joined, None
            return address
        except FileNotFoundError:
            return None
        finally:
            if joined is not None:
                os.close(joined)

    def _own(self, place: Place, lock: int) -> ServerAddress:
        data, log = place.home / "data", place.home / "server.log"
        if not data.is_dir():
            initialise(place, USER, lock)
        version = (data / "PG_VERSION").read_text().strip()
        if version != VERSION:
            raise not_started(f"{data} is of PostgreSQL {version}, the programs are {VERSION}")
        if lasting := end_leftovers(data):
            raise not_started(f"an earlier server on {data} does not end (processes {lasting})")
        self._forget_socket(place)
        address = ServerAddress(self._socket_folder(place), (place.home / "password").read_text())
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.unlink()
        began = log.stat().st_size if log.exists() else 0
        settings = {
            **SETTINGS,
            "fsync": "on" if self._durable else "off",
            "unix_socket_directories": '"' + str(address.socket).replace('"', '""') + '"',
        }
        server = ServerProcess(
            [place.programs / "postgres", "-D", data, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
            log=log,
            identity=place.identity,
            stop_signal=signal.SIGINT,
            stop_seconds=STOP_SECONDS,
            environment=clean_environment(),
            held=[lock],
        )
        deadline = time.monotonic() + START_SECONDS
        while not (pid_line(data, 0) == str(server.pid) and pid_line(data, 7) == "ready" and address.answers()):
            if not server.alive() or time.monotonic() > deadline:
                server.stop()
                raise not_started(log.read_bytes()[began:].decode(errors="replace").strip()[-2000:] or "it ended without a word")
            time.sleep(0.01)
        (self.folder / JOINED).unlink(missing_ok=True)  # whoever outlived the server before is not waited for
        (self.folder / JOINED).touch(0o644)
        deadline = time.monotonic() + OWNER_SECONDS
        while (owner := try_lock(self.folder / "owner")) is None:
            if time.monotonic() > deadline:
                server.stop()
                whose = (self.folder / "owner").read_text().strip()
                raise not_started(f"process {whose}, which started the server of {self.folder}, lives on without it; end that one first")
            time.sleep(0.001)  # somebody who would join looks at it in this very moment
        os.pwrite(owner, b"%-20d" % os.getpid(), 0)
        self._server, self._owner = server, owner
        return address

    def _socket_folder(self, place: Place) -> Path:
        """A private folder for the socket, below the data where its path is short and plain enough, else a temporary one."""
        wanted = place.home / "run"
        plain = re.fullmatch(r"[\w/. +@=-]+", str(wanted), re.ASCII)
        if plain and len(os.fsencode(wanted / SOCKET_NAME)) <= SOCKET_BYTES_MAX:
            private_folder(wanted, place.identity)
        else:
            wanted = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))  # the shortest path there is; new and 0700
            if place.identity and not place.identity.namespace:
                os.chown(wanted, place.identity.uid, place.identity.gid)
        (place.home / "socket").write_text(str(wanted))
        return wanted

    def _forget_socket(self, place: Place) -> None:
        """Remove the socket's folder of the last start, with what a crash left in it."""
        noted = place.home / "socket"
        if noted.is_file():
            postgres_place.remove_socket(place.home, Path(noted.read_text(errors="replace").replace("\0", "")))
            noted.unlink()
        shutil.rmtree(place.home / "run", ignore_errors=True)


@contextlib.contextmanager
def temporary() -> Iterator[EmbeddedPostgres]:
    """A server on a new folder that is deleted afterwards; for tests."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that root steps down to passes through
    postgres = EmbeddedPostgres(folder, durable=False)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.remove()


class _AlreadyThere(Exception):
    """The database was created by somebody else in the same moment."""
