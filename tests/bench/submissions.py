"""Durable submissions beside the same route that does everything but write: same checks, same database, same server."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from rich.console import Console

from services.applications import agreements, use_cases
from services.applications.domain.viewers import Viewer
from shared.kernel.ids import new_id
from shared.messaging.broker_ports import free_port
from shared.persistence.database import Database
from shared.web.identity import IdentityIssuer
from shared.web.keys import ensure_key_pair
from tests.bench.cost import Meter
from tests.bench.decisions import process
from tests.bench.world import MOMENT, Databases, watching
from tests.integration.applications.people import World, new_applicant, the_plan

PROGRAMME = "short"
APPLICATIONS = 600
WRONG = """
select abs(count(*) filter (where state = 'submitted' and receipt is not null) - $1)
    + (select abs(count(*) - $1) from outbox where type = 'puente.application.submitted.v1')
    + (select abs(count(*) - $1) from idempotency_key)
from application
"""
"""How far the end state is from `$1` applications handed in, each told once."""
CONNECTIONS = 32
WARM = 160
"""So many before anything is measured: each connection of the server's has prepared and planned its statements then."""
RUSH = 500
"""Applicants who press the button in the same moment, each with a connection of their own."""

Ready = tuple[UUID, Viewer, str]
"""An application that can be handed in, its owner, and the owner's identity."""


async def drafts(world: World, issuer: IdentityIssuer, number: int) -> list[Ready]:
    """Complete drafts of as many people, made by the real use cases."""

    async def one() -> Ready:
        owner = new_applicant()
        application = await world.draft(owner, PROGRAMME)
        await world.fill(owner, application)
        token = issuer.issue(
            account_id=str(owner.account_id), role="applicant", country="", language="en", session_id=str(new_id()), now=MOMENT
        )
        return application.id, owner, token

    made: list[Ready] = []
    while len(made) < number:
        made += await asyncio.gather(*(one() for _ in range(min(8, number - len(made)))))
    return made


AGREED = {"agree": "yes", "agreed": agreements.marked(agreements.versions_in_force())}
AGREED_BY_PROGRAM = json.dumps({"agreed": agreements.versions_in_force(), "language": "en"})


@dataclass(frozen=True)
class Route:
    """What is asked for, and the status of the answer that is right. `fields` are a form's; the API is sent JSON."""

    path: str
    expected: int
    fields: Mapping[str, str] | None = None

    def request(self, ready: Ready) -> bytes:
        """The request as it goes over the wire."""
        application, _, token = ready
        lines = ["Host: 127.0.0.1", f"Cookie: puente_identity={token}"]
        if self.fields is None:
            start, body = f"POST /api/v1/applications/{application}/{self.path} HTTP/1.1", AGREED_BY_PROGRAM
            lines += [f"Idempotency-Key: {application}", "Accept: application/json", "Content-Type: application/json"]
        else:
            start, body = f"POST /applications/{application}/{self.path} HTTP/1.1", urlencode({"key": str(application), **self.fields})
            lines += ["Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: same-origin", "Accept-Encoding: identity"]
        return "\r\n".join([start, *lines, f"Content-Length: {len(body)}", "", body]).encode()


CHECKED, STORED = Route("rehearsal", 204), Route("submission", 200)
PAGE_CHECKED, PAGE_STORED = Route("send", 422, {}), Route("send", 303, AGREED)
"""The page by which one sends: without the agreement it reads and checks all the same, and is drawn again with what is missing."""


async def rate(port: int, ready: Sequence[Ready], route: Route, *, connections: int = CONNECTIONS) -> tuple[float, list[float]]:
    """Answers a second over so many connections, and the milliseconds of each; a client that does next to nothing, so that the server
    is what is measured. Every answer is the right one."""
    waiting = iter([route.request(one) for one in ready])
    took: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in waiting:
            asked = time.perf_counter()
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            body = await reader.readexactly(length)
            took.append((time.perf_counter() - asked) * 1e3)
            assert status == route.expected, f"{route.path} answered {status}: {body[:300]!r}"
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(connections)))
    return len(ready) / (time.perf_counter() - began), sorted(took)


async def listening(port: int) -> None:
    """Wait until the server answers."""
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


class Both(NamedTuple):
    """Answers a second, and CPU milliseconds of the server an answer, of a durable submission and of one that is only checked."""

    durable: float
    checking: float
    durable_cpu: float
    checking_cpu: float


class Found(NamedTuple):
    """One round: by the API, by the page, and everybody pressing at once: answers a second, p50 and p99 in milliseconds."""

    api: Both
    page: Both
    rush: tuple[float, float, float]


async def measure(databases: Databases, folder: Path, rounds: int, console: Console) -> list[Found]:
    """Each round on applications of its own, which are checked first and handed in then."""
    ensure_key_pair(folder / "keys", "identity")
    issuer = IdentityIssuer.from_folder(folder / "keys")
    url = await databases.new("applications")
    db, port = Database(url), free_port()
    found: list[Found] = []
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    async with process("tests.bench.api", url, str(folder), str(port), **quiet) as server, watching(url) as look:
        await listening(port)
        world = World(db, MOMENT)
        await world.do(use_cases.load_plan, the_plan(), actor="bench")

        async def both(ready: Sequence[Ready], checked: Route, stored: Route, what: str) -> Both:
            meter, sides = Meter(look, {server.pid: "server"}), []
            for route in (checked, stored):
                await meter.start()
                answers, _ = await rate(port, ready, route)
                await meter.note()
                sides.append((answers, sum(meter.spent().values()) / len(ready) * 1e3))
            (checking, checking_cpu), (durable, durable_cpu) = sides
            console.print(
                f"submissions by the {what}: {durable:,.0f}/s durable ({durable_cpu:.2f} ms of CPU each), "
                f"{checking:,.0f}/s validating only ({checking_cpu:.2f} ms)"
            )
            return Both(durable, checking, durable_cpu, checking_cpu)

        warm = await drafts(world, issuer, WARM)
        for route in (CHECKED, PAGE_CHECKED, STORED):
            await rate(port, warm, route)
        for number in range(rounds):
            api = await both(await drafts(world, issuer, APPLICATIONS), CHECKED, STORED, "API")
            page = await both(await drafts(world, issuer, APPLICATIONS), PAGE_CHECKED, PAGE_STORED, "page")
            answers, took = await rate(port, await drafts(world, issuer, RUSH), PAGE_STORED, connections=RUSH)
            found.append(Found(api, page, (answers, took[len(took) // 2], took[len(took) * 99 // 100])))
            wrong = await look.fetchval(WRONG, WARM + (2 * APPLICATIONS + RUSH) * (number + 1))
            assert wrong == 0, f"the end state is wrong by {wrong}"
    await db.close()
    return found
