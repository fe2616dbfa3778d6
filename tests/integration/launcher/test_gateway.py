"""The small reverse proxy in front of three processes, held against a service that shows what reached it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from services.run import ports
from services.run.gateway import Gateway, end_to_end, forwarded_headers
from services.run.serving import serve_app
from tests.served import kept_port


@dataclass
class Upstream:
    """A service that answers what it was asked."""

    name: str
    received: list[int] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        async def show(request: Request) -> Response:
            body = await request.body()
            return JSONResponse(
                {
                    "service": self.name,
                    "path": request.scope["raw_path"].decode(),
                    "query": request.url.query,
                    "headers": [[name.decode(), value.decode("latin-1")] for name, value in request.headers.raw],
                    "client": request.client.host if request.client else "",
                    "bytes": len(body),
                }
            )

        async def cookies(_request: Request) -> Response:
            answer = RedirectResponse("/elsewhere?a=1", 303)
            answer.set_cookie("one", "1")
            answer.set_cookie("two", "2")
            answer.headers["Connection"] = "x-private"
            answer.headers["X-Private"] = "for one hop"
            return answer

        async def take(request: Request) -> Response:
            async for chunk in request.stream():
                self.received.append(len(chunk))
            return JSONResponse(sum(self.received))

        async def slowly(_request: Request) -> Response:
            async def parts() -> AsyncIterator[bytes]:
                yield b"first"
                await self.go_on.wait()
                yield b"second"

            return StreamingResponse(parts(), media_type="text/plain")

        return Starlette(
            routes=[
                Route("/cookies", cookies),
                Route("/take", take, methods=["POST"]),
                Route("/slowly", slowly),
                Route("/{rest:path}", show, methods=["GET", "POST"]),
            ]
        )


@dataclass
class Rig:
    url: str
    upstream: Upstream
    client: httpx2.AsyncClient


def listener(say: Callable[[str], None] = lambda _text: None) -> socket.socket:
    return ports.listen(0, "a test", say)


def address(found: socket.socket) -> str:
    return f"http://127.0.0.1:{found.getsockname()[1]}"


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """The gateway before three services; `quotas` is away."""
    stop, tasks, upstreams = asyncio.Event(), [], {}
    made = {name: Upstream(name) for name in ("applications", "notifications")}
    for name, upstream in made.items():
        found = listener()
        upstreams[name] = address(found)
        tasks.append(asyncio.create_task(serve_app(upstream.app(), stop, sockets=[found])))
    front = listener()
    with kept_port() as nobodys:
        gateway = Gateway({**upstreams, "quotas": f"http://127.0.0.1:{nobodys}"})
        tasks.append(asyncio.create_task(serve_app(gateway, stop, sockets=[front])))
        async with httpx2.AsyncClient(base_url=address(front), trust_env=False, timeout=20) as client:
            yield Rig(address(front), made["applications"], client)
    stop.set()
    await asyncio.gather(*tasks)
    await gateway.close()


async def test_each_path_goes_to_the_service_that_owns_its_prefix(rig: Rig) -> None:
    for path, service in (("/", "applications"), ("/messages/inbox", "notifications"), ("/messagesx", "applications")):
        assert (await rig.client.get(path)).json()["service"] == service


async def test_path_and_query_arrive_byte_for_byte(rig: Rig) -> None:
    shown = (await rig.client.get("/a%2Fb/%E4%B8%AD?q=a%20b&q=%26")).json()
    assert (shown["path"], shown["query"]) == ("/a%2Fb/%E4%B8%AD", "q=a%20b&q=%26")


async def test_the_service_learns_where_a_request_really_came_from_and_believes_no_one_else(rig: Rig) -> None:
    false = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}
    shown = (await rig.client.get("/", headers=false)).json()
    headers = dict(shown["headers"])
    assert headers["host"] == rig.url.removeprefix("http://") == headers["x-forwarded-host"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert "203.0.113.9" not in json.dumps(shown)


async def test_the_proxy_adds_no_headers_of_its_own_taste(rig: Rig) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(rig.url.rpartition(":")[2]))
    writer.write(b"GET /bare HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    shown = json.loads(answer.partition("\r\n\r\n")[2])
    assert sorted(name for name, _ in shown["headers"]) == ["host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]


async def test_every_cookie_and_the_redirect_come_back_and_headers_of_one_hop_do_not(rig: Rig) -> None:
    answer = await rig.client.get("/cookies")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/elsewhere?a=1"
    assert len(answer.headers.get_list("set-cookie")) == 2
    assert "x-private" not in answer.headers


async def test_a_large_body_is_passed_on_whole_in_pieces(rig: Rig) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    answer = await rig.client.post("/take", content=body())
    assert answer.json() == 64 * 65_536
    assert len(rig.upstream.received) > 4, "the body was not gathered first"


async def test_an_answer_is_passed_on_while_it_is_made(rig: Rig) -> None:
    async with rig.client.stream("GET", "/slowly") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"first"
        rig.upstream.go_on.set()
        assert b"".join([part async for part in parts]) == b"second"


async def test_a_service_that_is_away_is_said_to_be_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.run.gateway.RETRY_SECONDS", 0.2)
    answer = await rig.client.get("/quotas/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert "Nothing is lost" in answer.text


def test_headers_that_connection_names_are_of_one_hop() -> None:
    headers = [(b"Connection", b"keep-alive, X-Secret"), (b"X-Secret", b"1"), (b"Te", b"trailers"), (b"Accept", b"*/*")]
    assert end_to_end(headers) == [(b"accept", b"*/*")]
    forwarded = forwarded_headers([(b"Host", b"here"), (b"X-Forwarded-For", b"1.1.1.1")], client="::1", scheme="https")
    assert forwarded == [(b"host", b"here"), (b"x-forwarded-for", b"::1"), (b"x-forwarded-proto", b"https"), (b"x-forwarded-host", b"here")]
