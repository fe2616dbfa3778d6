"""Live figures over HTTP: what changes comes by itself, to everybody, for one look at the database; and it ends when it should."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.quotas import watch
from services.quotas.access import Desk
from services.quotas.pages.tiles import values
from services.quotas.rows import Board
from services.quotas.seats import Seats
from services.quotas.views import board as read_board
from services.quotas.watch import token_of
from services.run.gateway import Gateway
from services.run.serving import STOP_SECONDS, serve_app
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.quotas.pages_front import Front, after
from tests.integration.quotas.statements import statements
from tests.served import served

CHINA = "bridge:CN:2016"
"""Fifty places, given as approvals come."""
PATH = "/quotas/live?programme=bridge&year=2016"


async def rolling(service: Front) -> None:
    await service.publish("bridge")


@pytest.fixture
async def service(new_database: NewDatabase, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Front]:
    """The service with the rolling programme; it looks often, so that nobody waits."""
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    made = await after(rolling, new_database, clock, tmp_path)
    yield made
    await made.db.close()


@dataclass
class Stream:
    """What a browser hears of a board."""

    parts: AsyncIterator[str]
    status: int
    headers: httpx2.Headers

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event: its id and its data. Comments are passed over."""
        id_ = ""
        async for line in self.parts:
            if line.startswith("id: "):
                id_ = line[4:]
            if line.startswith("data: "):
                return id_, json.loads(line[6:])
        raise EOFError("the stream ended")

    async def line(self, start: str) -> str:
        async for line in self.parts:
            if line.startswith(start):
                return line
        raise EOFError("the stream ended")


@asynccontextmanager
async def listening(address: str, path: str = PATH, **headers: str) -> AsyncIterator[Stream]:
    async with (
        httpx2.AsyncClient(base_url=address, timeout=20, trust_env=False, headers={"Accept-Language": "en", **headers}) as client,
        client.stream("GET", path) as answer,
    ):
        yield Stream(answer.aiter_lines(), answer.status_code, answer.headers)


async def shown(service: Front) -> Board:
    found = await service.db.run(lambda tx: read_board(tx, "bridge", 2016, now=service.clock.now()))
    assert found is not None
    return found


def desk(service: Front) -> Desk:
    found: Desk = service.app.state.desk
    return found


async def until(true: Callable[[], bool]) -> None:
    """Wait for what another task brings about."""
    for _turn in range(1_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


async def test_a_place_that_is_given_is_told_with_what_it_changes_and_nothing_else(service: Front) -> None:
    async with served(service.app) as address, listening(address, f"{PATH}&seen={token_of((await shown(service)).cells)}") as stream:
        assert stream.status == 200 and stream.headers["content-type"].startswith("text/event-stream")
        assert "no-transform" in stream.headers["cache-control"]
        await until(lambda: desk(service).watch.listeners == 1)
        await service.approve(CHINA, 1)
        first, _all = await stream.event()
        await service.approve(CHINA, 1)
        second, told = await stream.event()
        now = await shown(service)
        assert second == token_of(now.cells) != first
        cell = next(one for one in now.cells if one.country == "CN")
        assert told["values"]["CN.offered"] == str(cell.offered) == "2"
        assert told["values"]["CN.label"] == f"2/{cell.target}"
        assert {name.split(".")[0] for name in told["values"]} == {"CN", "all", "none"}, "China, the sums, and those of no group"
        assert told["say"].startswith("Places taken: 0; offered: 2")


async def test_whoever_has_an_old_picture_gets_the_whole_and_whoever_comes_back_says_what_they_had(service: Front) -> None:
    await service.approve(CHINA, 1)
    async with served(service.app) as address:
        async with listening(address, f"{PATH}&seen=00000000") as stream:
            id_, told = await stream.event()
        expected = {name: value for name, value in values(await shown(service)).items() if not name.endswith(("title", ".bar"))}
        assert {name: value for name, value in told["values"].items() if name in expected} == expected
        async with listening(address, f"{PATH}&seen=00000000", **{"Last-Event-ID": id_}) as stream:
            await until(lambda: desk(service).watch.listeners == 1)
            await service.approve(CHINA, 1)
            _id, told = await stream.event()
            assert told["values"]["CN.offered"] == "2"


async def test_it_is_told_in_the_language_of_the_page(service: Front) -> None:
    async with served(service.app) as address, listening(address, f"{PATH}&seen=1", **{"Accept-Language": "zh"}) as stream:
        _id, told = await stream.event()
        assert "空余" in told["say"] and "中国" in told["values"]["CN.title"]


async def test_one_look_serves_everybody_and_nobody_looks_when_nobody_watches(service: Front) -> None:
    async with served(service.app) as address:
        token = token_of((await shown(service)).cells)
        async with listening(address, f"{PATH}&seen={token}") as one, listening(address, f"{PATH}&seen={token}") as two:
            await until(lambda: desk(service).watch.listeners == 2)
            await service.approve(CHINA, 1)
            assert (await one.event()) == (await two.event())
            with statements(service.db) as seen:
                await until(lambda: len(seen) >= 3)
                assert len({*seen}) == 1, "while nothing changes, each look is the same one statement, for both"
        await until(lambda: desk(service).watch.listeners == 0)
        await until(lambda: not desk(service).watch.looking)
        with statements(service.db) as seen:
            await asyncio.sleep(0.3)
        assert seen == []


async def test_a_quiet_board_is_heard_to_be_alive(service: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "HEARTBEAT_SECONDS", 0.1)
    async with served(service.app) as address, listening(address, f"{PATH}&seen={token_of((await shown(service)).cells)}") as stream:
        assert await stream.line("retry:") == "retry: 3000"
        assert [await stream.line(":") for _ in range(3)] == [": still here"] * 3


@pytest.mark.parametrize(("most", "each"), [(1, 9), (9, 1)], ids=["in all", "from one address"])
async def test_more_than_may_are_turned_away_and_a_seat_that_is_left_is_free_again(service: Front, most: int, each: int) -> None:
    seats = desk(service).watch.seats = Seats(most, each)
    async with served(service.app) as address, httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        async with listening(address) as stream:
            await stream.event()
            refused = await client.get(PATH)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
            assert seats.free_for("192.0.2.1") is (most > 1), "others watch on"
        await until(lambda: desk(service).watch.listeners == 0)
        async with listening(address) as stream:
            assert (await stream.event())[1]["values"]


@pytest.mark.parametrize(
    "query", ["programme=nothing&year=2016", "programme=bridge&year=1999", "programme=bridge", "", "programme=bridge&year=x"]
)
async def test_a_board_that_is_none_is_not_found(service: Front, query: str) -> None:
    async with service.browser() as browser:
        assert (await browser.get(f"/quotas/live?{query}")).status_code == 404


async def test_the_stream_ends_when_the_server_stops_and_does_not_hold_it_up(service: Front) -> None:
    loop = asyncio.get_running_loop()
    async with served(service.app) as address:
        stream = listening(address)
        heard = await stream.__aenter__()
        await heard.event()
        began = loop.time()
    assert loop.time() - began < STOP_SECONDS / 2
    with pytest.raises(EOFError):
        await heard.event()
    await stream.__aexit__(None, None, None)
    assert desk(service).watch.listeners == 0


async def test_a_database_that_is_away_is_waited_for(service: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.persistence.database import Unavailable

    looks, real = 0, service.db.run

    async def run(work: Any, **more: Any) -> Any:
        nonlocal looks
        if getattr(work, "__name__", "") == "_look":
            looks += 1
            if looks < 4:
                raise Unavailable("gone for a moment")
        return await real(work, **more)

    monkeypatch.setattr(service.db, "run", run)
    async with served(service.app) as address, listening(address, f"{PATH}&seen=1") as stream:
        assert (await stream.event())[1]["values"]
    assert looks >= 4


@asynccontextmanager
async def behind_the_gateway(service: Front) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The service behind our own reverse proxy; the event stops the proxy."""
    stop = asyncio.Event()
    async with served(service.app) as upstream:
        gateway = Gateway(dict.fromkeys(("applications", "quotas", "notifications"), upstream))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            task = asyncio.create_task(serve_app(gateway, stop, sockets=[listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}", stop
            finally:
                stop.set()
                await task
                await gateway.close()


async def test_through_the_gateway_an_event_comes_at_once_and_a_browser_that_goes_gives_its_seat_back(service: Front) -> None:
    async with behind_the_gateway(service) as (address, _stop):
        async with listening(address) as stream:
            await stream.event()
            for n in (1, 2, 3):
                await service.approve(CHINA, 1)
                assert (await stream.event())[1]["values"]["CN.offered"] == str(n)
        await until(lambda: desk(service).watch.listeners == 0)


async def test_a_gateway_that_stops_lets_its_streams_go(service: Front) -> None:
    loop = asyncio.get_running_loop()
    async with behind_the_gateway(service) as (address, stop), listening(address) as stream:
        await stream.event()
        began = loop.time()
        stop.set()
        with pytest.raises(EOFError):
            await stream.event()
        assert loop.time() - began < STOP_SECONDS / 2
        await until(lambda: desk(service).watch.listeners == 0)
