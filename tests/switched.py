"""Held to at every form that a test sees come back with faults: another language keeps what was typed, and does nothing."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2

NOT_KEPT = re.compile(r"data-upload|multipart/form-data")


def hook(transport: httpx2.AsyncBaseTransport) -> dict[str, list[Callable[..., Any]]]:
    """For a browser of that transport: each page with faults is asked for in its own language again, beside what the test does."""

    async def look(response: httpx2.Response) -> None:
        request = response.request
        if response.status_code != 422 or request.method != "POST" or "html" not in response.headers.get("content-type", ""):
            return
        await response.aread()
        text, path = response.text, request.url.path
        forms = re.findall(r'<form method="post"[^>]*>', text)
        own = [one for one in forms if re.search(f'action="{re.escape(path)}[?"]', one) or "action=" not in one]
        if not own or any(map(NOT_KEPT.search, own)):
            return
        assert "switch=" in text, f"{path}: the languages of a page with faults carry along what was typed"
        language = response.headers["content-language"].split("-")[0]
        [to] = set(re.findall(r'formaction="([^"]+[?&;]switch=)', text))
        headers = {name: value for name, value in request.headers.items() if name not in ("content-length", "host")}
        again = httpx2.Request("POST", request.url.join(unescape(to) + language), headers=headers, content=_sent_by(text, own[0], request))
        answer = await transport.handle_async_request(again)
        await answer.aread()
        if answer.status_code == 303:
            return  # nothing was typed: there are only boxes to tick
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        assert re.search(r'<form [^>]*id="typed-form"', answer.text), f"{path}: a form that the languages belong to"
        told = "govuk-error-message" in text
        assert not told or "govuk-error-message" in answer.text, f"{path}: what is wrong is not said in another language"
        before, after = _said(text), _said(answer.text)
        for name, value in parse_qsl(request.content.decode(), keep_blank_values=True):
            typed = " ".join(value.split())
            assert typed not in before or typed in after, f"{path}: {name} is lost with another language"

    return {"response": [look]}


def _sent_by(page: str, form: str, request: httpx2.Request) -> bytes:
    """What the form sends: what was typed, and what came of it where the form carries that along, as nothing else can tell it again."""
    outcome = re.search(r'<input type="hidden" name="outcome" value="([^"]*)"', page[page.index(form) :].partition("</form>")[0])
    return request.content + (b"&" + urlencode({"outcome": outcome[1]}).encode() if outcome else b"")


def _said(page: str) -> str:
    return " ".join(unescape(page).split())
