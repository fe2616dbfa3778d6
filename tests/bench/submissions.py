"""Durable submissions beside the same route that does everything but write: same checks, same database, same server."""

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from rich.console import Console

from services.applications import use_cases
from services.applications.agreements import versions_in_force
from services.applications.domain.viewers import Viewer
from shared.kernel.ids import new_id
from shared.messaging.broker import free_port
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


def request(ready: Ready, path: str) -> bytes:
    """The request as it goes over the wire."""
    application, _, token = ready
    body = json.dumps({"agreed": versions_in_force(), "language": "en"})
    lines = [
        f"POST /api/v1/applications/{application}/{path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: puente_identity={token}",
        f"Idempotency-Key: {application}",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", body]).encode()


async def rate(port: int, ready: Sequence[Ready], path: str, expected: int) -> float:
    """Answers a second over a fixed number of connections; a client that does next to nothing, so that the server is what is measured."""
    waiting = iter([request(one, path) for one in ready])

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in waiting:
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
            body = await reader.readexactly(length)
            assert status == expected, f"{path} answered {status}: {body[:300]!r}"
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return len(ready) / (time.perf_counter() - began)


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


async def measure(databases: Databases, folder: Path, rounds: int, console: Console) -> list[Both]:
    """Each round on applications of its own, which are checked first and handed in then."""
    ensure_key_pair(folder / "keys", "identity")
    issuer = IdentityIssuer.from_folder(folder / "keys")
    url = await databases.new("applications")
    db, port = Database(url), free_port()
    rounds_found: list[Both] = []
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    async with process("tests.bench.api", url, str(folder), str(port), **quiet) as server, watching(url) as look:
        await listening(port)
        world = World(db, MOMENT)
        await world.do(use_cases.load_plan, the_plan(), actor="bench")
        for number in range(rounds):
            ready = await drafts(world, issuer, APPLICATIONS)
            meter = Meter(look, {server.pid: "server"})
            sides = {}
            for path, status in (("rehearsal", 204), ("submission", 200)):
                await meter.start()
                found = await rate(port, ready, path, status)
                await meter.note()
                sides[path] = (found, sum(meter.spent().values()) / len(ready) * 1e3)
            (durable, durable_cpu), (checking, checking_cpu) = sides["submission"], sides["rehearsal"]
            rounds_found.append(Both(durable, checking, durable_cpu, checking_cpu))
            console.print(
                f"submissions, round {number + 1}: {durable:,.0f}/s durable ({durable_cpu:.2f} ms of CPU each), "
                f"{checking:,.0f}/s validating only ({checking_cpu:.2f} ms)"
            )
            wrong = await look.fetchval(WRONG, len(ready) * (number + 1))
            assert wrong == 0, f"the end state is wrong by {wrong}"
    await db.close()
    return rounds_found
