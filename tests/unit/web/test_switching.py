"""What a form that asks for another language may set going: one page is opened, and nothing that has no end."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from shared.web.pages import path_with_language
from shared.web.switching import PARTS_MOST, SwitchLayer

FORM = '<nav class="app-languages"></nav><form method="post"><input name="x"></form>'
SENT: Message = {"type": "http.request", "body": b"x=typed", "more_body": False}
GONE: Message = {"type": "http.disconnect"}
ADDRESS = re.compile(r'\.(?:get|post)\(\s*f?"(/[^"]*)"')
PREFIX_PARTS = 3
"""The most parts that a service and its programs' interface put before an address: `/quotas/api/v1`."""


class Endless:
    """An answer without an end: it says one thing, and then waits for the browser to go."""

    def __init__(self) -> None:
        self.got: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await send({"type": "http.response.body", "body": b": here\n\n", "more_body": True})
        while not self.got or self.got[-1]["type"] == "http.request":
            self.got.append(await receive())
            assert len(self.got) < 3, "told again and again that there is nothing, it would never let go of the loop"


async def page(_request: object) -> Response:
    return HTMLResponse(FORM)


def site(endless: Endless) -> Starlette:
    routes = [
        Route("/page", page, methods=["GET", "POST"]),
        Route("/export", page),
        Route("/live", endless, methods=["GET"]),
        Route("/live/ask", page, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(SwitchLayer)])


async def posted(app: Starlette, path: str, came: Iterator[Message], sent: list[Message]) -> None:
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "query_string": b"switch=en", "headers": headers}

    async def receive() -> Message:
        return next(came)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)


async def test_a_page_is_opened_and_filled_in_again() -> None:
    sent: list[Message] = []
    await posted(site(Endless()), "/page", iter([SENT]), sent)
    assert sent[0]["status"] == 200
    assert b'value="typed"' in sent[1]["body"]


async def test_nothing_is_opened_where_no_form_can_be_sent() -> None:
    sent: list[Message] = []
    await posted(site(Endless()), "/export", iter([SENT]), sent)
    assert sent[0]["status"] == 405, "answered as the form that it is"


async def test_an_answer_without_an_end_is_passed_on_at_once_and_ends_with_its_reader() -> None:
    endless, sent = Endless(), list[Message]()

    def came() -> Iterator[Message]:
        yield SENT
        assert [one["type"] for one in sent] == ["http.response.start", "http.response.body"], "not held until it is whole"
        yield GONE

    await posted(site(endless), "/live/ask", came(), sent)
    assert [one["type"] for one in endless.got] == ["http.request", "http.disconnect"]
    assert endless.got[0]["body"] == b"", "what was typed is not for the page that is opened"


class Counted(Route):
    """A route that counts how often it is asked."""

    asked = 0

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        self.asked += 1
        return super().matches(scope)


@pytest.mark.parametrize(("deep", "most"), [(16_000, 0), (3, 4)])
def test_the_page_above_an_address_is_looked_for_once_and_not_above_a_very_long_one(deep: int, most: int) -> None:
    path, route = "/page" + "/a" * deep, Counted("/page", page, methods=["GET"])
    query = b"lang=fr&then=check"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": query, "headers": [(b"host", b"a")]}
    with_language = path_with_language(Request({**scope, "app": Starlette(routes=[route])}))
    opened = "/page" if most else path
    codes = ("es", "en", "zh")
    assert [with_language(code) for code in codes] == [f"{opened}?then=check&lang={code}" for code in codes]
    assert route.asked == most


def test_no_address_of_ours_is_too_long_to_be_looked_for() -> None:
    services = Path(__file__).parents[3] / "services"
    found = [address for file in services.rglob("*.py") for address in ADDRESS.findall(file.read_text())]
    assert len(found) > 100, "the addresses are found"
    assert max(address.count("/") for address in found) + PREFIX_PARTS < PARTS_MOST
