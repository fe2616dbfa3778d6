"""The servers that an installation starts for itself, watched: a broker that ended is started again, the end of a database is told.

The processes of the services are kept by `services.run.processes`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from services.run.processes import unless
from shared.messaging.broker import Broker, BrokerFailure
from shared.persistence.server_process import ServerProcess

DATABASE: Final = "database"
LOOK_SECONDS: Final = 0.5
PAUSES_S: Final = (0.0, 2.0, 20.0)
"""Before each new start of a broker. The last one outlives a restart of Docker, during which every start fails at once."""
STARTS_MAX: Final = len(PAUSES_S)
STEADY_SECONDS: Final = 60.0
"""A broker that ran this long stays; of one that ended sooner the starts are counted."""


class ServerEnded(Exception):
    """A server without which nothing goes on ended by itself and does not run again; the text says which, why and what to do."""

    safe_text = True


async def watch_database(server: ServerProcess, stop: asyncio.Event) -> None:
    """Whoever runs the installation is told where its database ends by itself; without it nothing would ever answer again."""
    while server.alive():
        if await unless(stop, LOOK_SECONDS):
            return
    raise ServerEnded(f"The database server ended by itself ({server.log}). Start again: whatever was committed is there.")


async def ended_beneath(watchers: Mapping[str, asyncio.Task[None]], error: Exception) -> ServerEnded | None:
    """What ended by itself where work failed with this error: the watcher of the database is given the time to look once more."""
    if DATABASE in watchers and not isinstance(error, ServerEnded):
        await asyncio.wait([watchers[DATABASE]], timeout=2 * LOOK_SECONDS)
    found = [one.exception() for one in watchers.values() if one.done() and not one.cancelled()]
    return next((one for one in found if isinstance(one, ServerEnded)), None)


async def keep_broker(broker: Broker, say: Callable[[str], None], stop: asyncio.Event) -> None:
    """Start a broker of our own again wherever it ended, whoever ended it, until `stop`; each time with a note.

    People go on meanwhile, and events wait in the outboxes. `ServerEnded` where it does not stay.
    """
    began, starts, failed = time.monotonic(), 0, ""
    while not await unless(stop, LOOK_SECONDS):
        how = failed or await asyncio.to_thread(broker.ended)
        if not how:
            continue
        lived = time.monotonic() - began
        starts = 1 if lived > STEADY_SECONDS else starts + 1
        if starts > STARTS_MAX:
            raise ServerEnded(
                f"The broker at {broker.bootstrap} ended by itself, and after {STARTS_MAX} new starts it does not stay: {how}\n"
                f"Its logs: {broker.logs}. Put right what they say and start again: events wait in the databases, and nothing is lost. "
                "Without Kafka: --transport local"
            )
        if failed:
            say(f"the broker did not start and is tried again ({starts} of {STARTS_MAX}). Its logs: {broker.logs}")
        else:
            say(
                f"the broker ended by itself after {lived:.0f} s ({how}) and is started again on the same data; "
                f"people go on, events wait meanwhile. Its logs: {broker.logs}"
            )
        if await unless(stop, PAUSES_S[starts - 1]):
            return
        failed = await _failure(broker)
        began = time.monotonic()
        if not failed and not stop.is_set():
            say(f"the broker answers again at {broker.bootstrap}; what waited goes on by itself")


async def _failure(broker: Broker) -> str:
    """Start it again; why that failed, empty where it did not."""
    try:
        await asyncio.to_thread(broker.restart)
    except (BrokerFailure, OSError) as failure:
        return str(failure) or repr(failure)
    return ""
