"""Everything that one installation needs, on this machine: database, keys, clock, mail sink, the three services, and Kafka where asked for.

`local`: one process, one port, events handed over directly. `kafka`: a broker, six processes and a gateway. Either way
people use one address, and everything that was started ends with this process, in order.
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Literal, Self

import httpx2

from services.run import databases, ports
from services.run.gateway import Gateway
from services.run.home import Home
from services.run.mail import MailDesk
from services.run.opened import environment, tell_topics, values_of
from services.run.processes import Child, Supervisor
from services.run.registry import NAMES, build, prefix_of, settings_of
from services.run.replay import LOCAL, begin_log
from services.run.serving import Front, lifespans, run_workers, serve_app
from services.run.settling import Settling
from services.run.watching import DATABASE, ended_beneath, keep_broker, watch_database
from shared.kernel.clock import SteeredClock
from shared.mail.sink import MAILS_MAX
from shared.messaging.broker import Broker, BrokerFailure, Missing, find_broker
from shared.messaging.consumer import Consumer
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalTransport
from shared.messaging.service import Service
from shared.persistence.file_lock import try_lock
from shared.settings import CommonSettings
from shared.web.keys import ensure_key_pair

Say = Callable[[str], None]
READY_SECONDS: Final = 60.0
KEY_PAIRS: Final = ("identity", "notifications")


class NotStarted(Exception):
    """The stack could not be started; the text says why and what to do."""

    safe_text = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to start. `starts` is the moment that the clock shows at the first start; `settings` stand above everything, by field name.

    Raises `NoPort` for a number that no port has: before anything is started, or removed to begin anew.
    """

    transport: Literal["local", "kafka"] = "local"
    port: int = 8080
    mail_port: int = 8025
    mails_most: int = MAILS_MAX
    """Mails that stay to be read; the oldest go first."""
    starts: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    database_url: str | None = None
    """The server to use, as in `PUENTE_DATABASE_URL`; the embedded one where empty, and what the environment says where not given."""

    def __post_init__(self) -> None:
        for port in (self.port, self.mail_port):
            ports.must_be_one(port)


class Stack:
    """A running installation. A context manager; `start` and `stop` do the same by hand."""

    def __init__(self, home: Home, wish: Wish, say: Say) -> None:
        self.home = home.make()
        self.wish = wish
        self.clock = SteeredClock(home.clock)
        self.url = ""
        self.mail: MailDesk
        self.services: dict[str, Service] = {}
        self.supervisor = Supervisor(say)
        self.broker: Broker | None = None
        self.values: dict[str, Any] = {}
        self._say = say
        self._log = LOCAL
        self._stop = asyncio.Event()
        self._exit = AsyncExitStack()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException as error:
            await self._stop_after(error)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._stop_after(error)

    async def _stop_after(self, error: BaseException | None) -> None:
        """Stop everything. Whoever works on a server that ended finds it gone before its watcher looks: what is told is that it ended."""
        ended = await ended_beneath(self._tasks, error) if isinstance(error, Exception) else None
        await self.stop()
        if ended is not None and ended is not error:
            raise ended from error

    # ---------------------------------------------------------------------------------------------------------- starting
    async def start(self) -> None:
        """Start everything, in the order of need, and return when the pages answer and events are received."""
        self._lock()
        given = CommonSettings().database_url if self.wish.database_url is None else self.wish.database_url
        if wrong := databases.moved(self.home, given):
            raise NotStarted(wrong)
        listener = ports.listen(self.wish.port, "Puente", self._say)
        self._exit.callback(listener.close)
        self.url = f"http://{ports.HOST}:{listener.getsockname()[1]}"
        if not self.home.clock.exists():
            self.clock.move_to(self.wish.starts)
        for name in KEY_PAIRS:
            ensure_key_pair(self.home.keys, name)
        url = await self._exit.enter_async_context(
            databases.server(self.home, given, lambda server: self._run(DATABASE, watch_database(server, self._stop)))
        )
        await databases.prepare(url)
        databases.tell_where(self.home, given)
        desk = MailDesk(self.home, self.wish.mail_port, self._say, public_url=self.url, most=self.wish.mails_most)
        self.mail = await self._exit.enter_async_context(desk)
        self.values = {
            **values_of(self.home, url),
            "transport": self.wish.transport,
            "public_url": self.url,
            "applications_url": self.url,
            "smtp_host": ports.HOST,
            "smtp_port": self.mail.smtp_port,
            **self.wish.settings,
        }
        if self.wish.transport == "kafka":
            await self._start_broker()
        for name in NAMES:
            service = build(name, settings_of(name, self.values), self.clock)
            self.services[name] = service
            self._exit.push_async_callback(service.db.close)
        if await begin_log(self.home, self.services, self._log):
            self._say("events go through another log than before: all are published again, which changes nothing that was applied")
        if self.wish.transport == "kafka":
            await self._start_processes(listener)
        else:
            await self._start_here(listener)
        await self._answers(self.url)
        self.home.running.write_text(self.url)

    def _lock(self) -> None:
        """One stack at a time in a folder."""
        descriptor = try_lock(self.home.folder / "lock")
        if descriptor is None:
            where = self.home.running.read_text().strip() if self.home.running.exists() else "another process"
            raise NotStarted(
                f"Puente runs in {self.home.folder} already ({where}). End that one first, or name another folder in PUENTE_HOME."
            )
        self._exit.callback(os.close, descriptor)
        # One that was killed left it behind, and this one may have no broker.
        self.home.topics.unlink(missing_ok=True)
        self._exit.callback(self.home.running.unlink, missing_ok=True)

    async def _start_here(self, listener: Any) -> None:
        services, received, accepting = list(self.services.values()), asyncio.Event(), asyncio.Event()
        await self._exit.enter_async_context(lifespans(services))
        self._run("workers", run_workers(services, LocalTransport(), self.clock, self._stop, ready=received))
        self._run("pages", serve_app(Front(services), self._stop, sockets=[listener], started=accepting))
        await self._first(received.wait(), accepting.wait())

    async def _start_broker(self) -> None:
        broker = await asyncio.to_thread(find_broker, self.home.broker, self._say)
        if isinstance(broker, Missing):
            raise NotStarted(f"There is no Kafka here: {broker.reason}. {broker.what_to_do} Without it: --transport local")
        try:
            await asyncio.to_thread(broker.start)
        except (BrokerFailure, OSError) as failure:
            raise NotStarted(str(failure)) from failure
        self.broker = broker
        self._exit.push_async_callback(asyncio.to_thread, broker.stop)
        if broker.ours:
            self._run("broker", keep_broker(broker, self._say, self._stop))
        self._say(f"Kafka ({broker.kind}) is at {broker.bootstrap}")
        self.values["kafka_bootstrap"] = broker.bootstrap
        if broker.kind == "given" and not CommonSettings().kafka_prefix:
            # Somebody else's broker: topics of our own, by the folder that they belong to.
            self.values["kafka_prefix"] = f"puente-{hashlib.sha256(bytes(self.home.folder)).hexdigest()[:8]}-"
        tell_topics(self.home, CommonSettings(**{name: value for name, value in self.values.items() if name.startswith("kafka_")}))
        self._exit.callback(self.home.topics.unlink, missing_ok=True)
        # A container's log ends with it, so each is a new one.
        self._log = f"{broker.kind} {broker.bootstrap if broker.kind != 'java' else self.home.broker}"

    async def _start_processes(self, listener: Any) -> None:
        upstreams: dict[str, str] = {}
        started = {**environment(self.values)}
        self._exit.push_async_callback(self.supervisor.stop)
        for name in NAMES:
            port = ports.free_port()
            upstreams[name] = f"http://{ports.HOST}:{port}"
            await self._child(f"{name} api", ["serve", "api", name, "--port", str(port)], started)
            await self._child(f"{name} worker", ["serve", "worker", name], started)
        for name, address in upstreams.items():
            await self._answers(address, [name])
        gateway = Gateway(upstreams)
        self._exit.push_async_callback(gateway.close)
        accepting = asyncio.Event()
        self._run("supervisor", self.supervisor.watch(self._stop))
        self._run("gateway", serve_app(gateway, self._stop, sockets=[listener], started=accepting))
        await self._first(accepting.wait())

    async def _child(self, name: str, arguments: list[str], started: Mapping[str, str]) -> None:
        log = self.home.logs / f"{name.replace(' ', '-')}.log"
        await self.supervisor.start(Child(name, arguments, started, log))

    async def _answers(self, address: str, names: Sequence[str] = NAMES) -> None:
        """Wait until each of these services answers at the address."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_SECONDS
        async with httpx2.AsyncClient(base_url=address, timeout=10, trust_env=False) as client:
            for path in (f"{prefix_of(name)}/health/live" for name in names):
                while True:
                    self.raise_failures()
                    try:
                        if (await client.get(path)).status_code == 200:
                            break
                    except httpx2.TransportError:
                        pass
                    if loop.time() > deadline:
                        raise NotStarted(f"{path} does not answer after {READY_SECONDS:.0f} s; the logs are in {self.home.logs}")
                    await asyncio.sleep(0.05)

    # ---------------------------------------------------------------------------------------------------------- running
    @contextlib.asynccontextmanager
    async def settling(self) -> AsyncIterator[Settling]:
        """What knows whether events are under way in this stack."""
        if self.wish.transport == "local":
            yield Settling(self.services)
            return
        applications = self.services["applications"]
        source = await KafkaTransport(settings_of("applications", self.values)).source("applications", Consumer(applications))
        try:
            yield Settling(self.services, source)
        finally:
            await source.close()

    def _run(self, name: str, work: Any) -> None:
        self._tasks[name] = asyncio.create_task(work, name=name)

    async def _first(self, *waits: Awaitable[Any]) -> None:
        """Wait for all of these, or for the first part that fails."""

        async def all_of_them() -> None:
            for one in waits:
                await one

        waiting = asyncio.create_task(all_of_them())
        await asyncio.wait([waiting, *self._tasks.values()], return_when=asyncio.FIRST_COMPLETED)
        self.raise_failures()
        await waiting

    def raise_failures(self) -> None:
        for task in self._tasks.values():
            if task.done() and not self._stop.is_set():
                task.result()
                raise NotStarted(f"{task.get_name()} ended by itself; the logs are in {self.home.logs}")

    async def wait(self, stop: asyncio.Event) -> None:
        """Run until `stop`; a part that fails by itself is raised."""
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopping, *self._tasks.values()], return_when=asyncio.FIRST_COMPLETED)
            self.raise_failures()
        finally:
            stopping.cancel()

    async def stop(self) -> None:
        """Stop everything, in the reverse order of need. Harmless to repeat."""
        self._stop.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=20)
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._tasks.clear()
        await self._exit.aclose()
