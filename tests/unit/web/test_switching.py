"""What a form that asks for another language may set going: one page is opened, and nothing that has no end."""

from collections.abc import Iterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from shared.web.switching import SwitchLayer

FORM = '<nav class="app-languages"></nav><form method="post"><input name="x"></form>'
SENT: Message = {"type": "http.request", "body": b"x=typed", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


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
