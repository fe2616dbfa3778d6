"""The real applications API in a process of its own, and people who hand in there and ask again where no answer came."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from services.applications import use_cases
from services.applications.agreements import versions_in_force
from services.applications.domain.viewers import Viewer
from services.applications.store import checks
from shared.kernel.ids import new_id
from shared.persistence.database import Database
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from shared.web.keys import ensure_key_pair
from tests.contract.rig import MOMENT
from tests.integration.applications.people import World, new_applicant, the_plan
from tests.served import kept_port

PROGRAMME = "short"
PATIENCE_S = 1.0
"""After this long without an answer a person asks again."""
TRIES_MAX = 60
TOLD = (
    "select cast(convert_from(value, 'UTF8') as json) ->> 'subject', count(*) from outbox "
    "where type = 'puente.application.submitted.v1' group by 1"
)
OPEN = (
    "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%' "
    "and pid <> pg_backend_pid()"
)


class Counter:
    """Where people hand in."""

    def __init__(self, world: World, folder: Path, port: int) -> None:
        self._world = world
        self._port = port
        self._owners: dict[UUID, Viewer] = {}
        ensure_key_pair(folder / "keys", "identity")
        self._issuer = IdentityIssuer.from_folder(folder / "keys")
        self.api = ["api", "--producer", world.db.url, "--folder", str(folder), "--port", str(self._port)]

    async def draft(self) -> UUID:
        """A complete application of somebody new, not handed in."""
        owner = new_applicant()
        application = await self._world.draft(owner, PROGRAMME)
        await self._world.fill(owner, application)
        self._owners[application.id] = owner
        return application.id

    async def hand_in(self, application: UUID) -> Any:
        """Hand it in, again and again with the same key, until it is answered; the answer."""
        said = ""
        async with self._client(self._owners[application]) as client:
            for _ in range(TRIES_MAX):
                try:
                    answer = await client.post(
                        f"/api/v1/applications/{application}/submission",
                        headers={"Idempotency-Key": f"key-of-{application}"},
                        json={"agreed": versions_in_force(), "language": "es"},
                    )
                except httpx2.TransportError as error:
                    said = repr(error)
                else:
                    if answer.status_code == 200:
                        return answer.json()
                    said = f"{answer.status_code} {answer.text}"
                    assert answer.status_code >= 500, said
                await asyncio.sleep(0.1)
        raise AssertionError(f"no answer after {TRIES_MAX} tries: {said}")

    def _client(self, viewer: Viewer) -> httpx2.AsyncClient:
        token = self._issuer.issue(
            account_id=str(viewer.account_id), role=viewer.role, country="", language="en", session_id=str(new_id()), now=MOMENT
        )
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self._port}", cookies={IDENTITY_COOKIE: token}, timeout=PATIENCE_S, trust_env=False
        )

    async def state(self, application: UUID) -> str:
        """Where an application stands."""
        ((state,),) = await self._world.rows("select state from application where id = :id", id=application)
        return str(state)

    async def check(self, applications: Sequence[UUID]) -> None:
        """Each was handed in once, and told once; nothing is broken, and no transaction was left open."""
        assert [await self.state(one) for one in applications] == ["submitted"] * len(applications)
        assert {row[0]: row[1] for row in await self._world.rows(TOLD)} == {str(one): 1 for one in applications}
        assert [name for name, count in (await self._world.db.run(checks.broken)).items() if count] == []
        async with asyncio.timeout(60):
            # A process that was killed is noticed by the server a moment later, and its transaction ended.
            while [tuple(row) for row in await self._world.rows(OPEN)] != [(0,)]:  # noqa: ASYNC110 - the database knows
                await asyncio.sleep(0.05)


@asynccontextmanager
async def counter(db: Database, folder: Path) -> AsyncIterator[Counter]:
    """A counter on a database with the plan in force."""
    world = World(db, MOMENT)
    await world.do(use_cases.load_plan, the_plan(), actor="tests")
    with kept_port() as port:
        yield Counter(world, folder, port)
