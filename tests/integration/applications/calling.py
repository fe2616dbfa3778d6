"""Calling the whole service as another program does, with one person's identity on each call."""

from pathlib import Path
from typing import Any

import httpx2

from services.applications.domain.viewers import Viewer
from services.applications.main import build
from services.applications.settings import ApplicationsSettings
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.messaging.service import Service
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from tests.integration.applications.people import World


class Api:
    """The service behind its whole web layer; each client carries one person's identity."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        settings = ApplicationsSettings(
            database_url=world.db.url, keys_folder=folder / "keys", documents_folder=folder / "documents", public_url="http://puente.test"
        )
        self.clock = ManualClock(world.now)
        self.service: Service = build(settings, clock=self.clock)
        self.issuer = IdentityIssuer.from_folder(folder / "keys")

    def client(self, viewer: Viewer | None = None) -> httpx2.AsyncClient:
        cookies = {}
        if viewer is not None:
            cookies[IDENTITY_COOKIE] = self.token(viewer)
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.service.api), base_url="http://puente.test", cookies=cookies)

    def token(self, viewer: Viewer) -> str:
        """What the cookie of somebody who is signed in holds."""
        return self.issuer.issue(
            account_id=str(viewer.account_id),
            role=viewer.role,
            country=viewer.country,
            language="en",
            session_id=str(new_id()),
            now=self.clock.now(),
        )

    async def send(self, viewer: Viewer | None, method: str, path: str, **more: Any) -> httpx2.Response:
        async with self.client(viewer) as client:
            return await client.request(method, path, **more)


def code_of(answer: httpx2.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return str(answer.json()["code"])
