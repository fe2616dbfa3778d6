"""Two officers who propose and decide through the API, on the small programme: two places of 2016 for each of four countries."""

from dataclasses import dataclass
from typing import Any

import httpx2

from shared.kernel.ids import new_id
from tests.integration.quotas.pages_front import Front

API = "/quotas/api/v1/proposals"
PE, BR, AR, CL = (f"training:{code}:2016" for code in ("PE", "BR", "AR", "CL"))
ANA, BO = str(new_id()), str(new_id())
WHY = "People wait there."


@dataclass
class Office:
    """What they ask of the service, and its answers."""

    front: Front

    async def ask(self, account: str, method: str, path: str, body: Any = None, *, key: str = "", role: str = "officer") -> httpx2.Response:
        async with self.front.browser(role, account=account) as browser:
            headers = {"Accept": "application/json", "Idempotency-Key": key or str(new_id())}
            return await browser.request(method, path, json=body, headers=headers)

    async def propose(self, kind: str, params: Any, *, by: str = ANA, key: str = "", role: str = "officer") -> httpx2.Response:
        return await self.ask(by, "POST", API, {"kind": kind, "params": params, "reason": WHY}, key=key, role=role)

    async def filed(self, kind: str, params: Any) -> str:
        """The id of a proposal that Ana filed."""
        answer = await self.propose(kind, params)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["proposal"])

    async def look(self, kind: str, params: Any) -> httpx2.Response:
        return await self.ask(ANA, "POST", f"{API}/preview", {"kind": kind, "params": params})

    async def shown(self, proposal: str) -> Any:
        """The proposal as its reader sees it."""
        return (await self.ask(BO, "GET", f"{API}/{proposal}")).json()

    async def adopt(self, proposal: str, *, by: str = BO, state: str | None = None) -> httpx2.Response:
        """Adopt it on the state that is shown now, or on one that was seen before."""
        if state is None:
            state = (await self.shown(proposal)).get("effect", {}).get("state", "")
        return await self.ask(by, "POST", f"{API}/{proposal}/approve", {"state": state})

    async def adopted(self, kind: str, params: Any) -> str:
        proposal = await self.filed(kind, params)
        answer = await self.adopt(proposal)
        assert answer.status_code == 200, answer.text
        return proposal


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def move(source: str | None, target: str | None, places: int) -> dict[str, Any]:
    return {"moves": [{"source": source, "target": target, "places": places}]}
