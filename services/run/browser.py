"""A browser without a screen: reads pages, fills in their forms and posts them, as the people of demonstration and simulation do.

It knows only what a browser knows: addresses, forms, fields and cookies. Nothing here reaches around the pages.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx2

REDIRECTS_MAX: Final = 8
TIMEOUT: Final = httpx2.Timeout(60.0, connect=5.0).as_dict()
AGAIN_S: Final = 0.5
PATIENCE_S: Final = 60.0
"""So long people ask again where a part of Puente is starting again."""
Upload = tuple[str, bytes, str]
"""File name, bytes, media type."""


class Unexpected(Exception):
    """A page answered otherwise than people would expect; the text holds the address, the status and the page's own words."""

    safe_text = True


@dataclass
class Form:
    """A form as it stands on its page: `fields` are the values that would be sent if nothing were changed, without the buttons."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    multipart: bool = False


@dataclass
class Page:
    """An answer: where it came from in the end, its status, and its text; `content` are its bytes, as of a file to save."""

    url: str
    status: int
    text: str
    headers: Mapping[str, str]
    content: bytes = b""
    repeated: bool = False
    """Whether it was asked for more than once: an earlier asking may have been heard, and its answer lost."""
    _forms: list[Form] | None = None
    _links: list[str] | None = None

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def forms(self) -> list[Form]:
        self._parse()
        return self._forms or []

    @property
    def links(self) -> list[str]:
        """Addresses of the links on the page, whole."""
        self._parse()
        return self._links or []

    def form(self, *, action: str = "", having: str = "", button: str = "") -> Form:
        """The first form to send whose action contains `action`, that has a field `having` and a button valued `button`."""
        for one in self.forms:
            fits = action in one.action and (not having or having in one.names)
            if fits and (not button or any(value == button for _, value in one.buttons)):
                return one
        raise Unexpected(f"{self.path} has no form {action or having or button!r}: {self.words()[:400]}")

    def words(self) -> str:
        """The text of the page as people read it, on one line."""
        body = re.sub(r"(?s)<(script|style|svg|head)\b.*?</\1>", " ", self.text)
        main = re.search(r"(?s)<main\b.*?</main>", body)
        return " ".join(re.sub(r"<[^>]+>", " ", main.group(0) if main else body).split())

    def _parse(self) -> None:
        if self._forms is None:
            reader = _Reader(self.url)
            reader.feed(self.text)
            self._forms, self._links = reader.forms, reader.links


class _Verifying(httpx2.AsyncBaseTransport):
    """Speaks with whoever shows a good certificate; the certificates of the world are read when the first address by https is asked."""

    def __init__(self) -> None:
        self._made: httpx2.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._made is None:
            self._made = httpx2.AsyncHTTPTransport(trust_env=False)
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()


class Browser:
    """One person's browser, with cookies of its own, on connections that it may share with others.

    It speaks without httpx2's client, which makes ready to follow each answer that leads on: most here are followed by nobody.
    """

    def __init__(self, origin: str, *, language: str = "en", transport: httpx2.AsyncHTTPTransport | None = None) -> None:
        self.origin = origin.rstrip("/")
        self._http = transport or httpx2.AsyncHTTPTransport(verify=False, trust_env=False)  # of http alone, which shows no certificate
        self._https = transport or _Verifying()
        self._owns = transport is None
        self._headers = {
            "Accept": "text/html,application/json;q=0.9",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": language,
            "User-Agent": "puente",
        }
        self._cookies = httpx2.Cookies()
        self.requests = 0

    def forget(self) -> None:
        """Drop the cookies, as a person does who ends a private window."""
        self._cookies.clear()

    async def get(self, path: str, *, expect: Sequence[int] = (200,)) -> Page:
        return await self._go("GET", urljoin(self.origin + "/", path), expect=expect)

    async def json(self, path: str) -> Any:
        """A read API's answer."""
        response, _ = await self._ask("GET", urljoin(self.origin + "/", path), headers={"Accept": "application/json"})
        if response.status_code != 200:
            raise Unexpected(f"GET {path} answered {response.status_code}: {response.text[:400]}")
        return response.json()

    async def send(
        self,
        form: Form,
        values: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, Upload] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Sequence[int] = (200,),
        follow: bool = True,
    ) -> Page:
        """Send a form with `values` above what stands in it; follows to the page that comes next."""
        return await self.post(form.action, {**form.fields, **(values or {})}, files=files, headers=headers, expect=expect, follow=follow)

    async def post(
        self,
        path: str,
        values: Mapping[str, str],
        *,
        files: Mapping[str, Upload] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Sequence[int] = (200,),
        follow: bool = True,
    ) -> Page:
        """Post form fields as a browser does, saying from which origin."""
        url = urljoin(self.origin + "/", path)
        sent = {"Origin": self.origin, **(headers or {})}
        return await self._go("POST", url, expect=expect, follow=follow, data=dict(values), files=dict(files or {}) or None, headers=sent)

    async def post_json(self, path: str, body: Mapping[str, Any]) -> Any:
        """A write API's answer. An act that was repeated and is out of date by now was done the first time."""
        headers = {"Accept": "application/json", "Origin": self.origin}
        response, repeated = await self._ask("POST", urljoin(self.origin + "/", path), json=dict(body), headers=headers)
        if response.status_code >= 400 and not (repeated and response.status_code == 409):
            raise Unexpected(f"POST {path} answered {response.status_code}: {response.text[:400]}")
        return response.json()

    async def put_file(self, path: str, upload: Upload) -> None:
        """Hand in a file by the write API."""
        headers = {"Accept": "application/json", "Origin": self.origin}
        response, _ = await self._ask("PUT", urljoin(self.origin + "/", path), files={"file": upload}, headers=headers)
        if response.status_code >= 400:
            raise Unexpected(f"PUT {path} answered {response.status_code}: {response.text[:400]}")

    async def close(self) -> None:
        """Close connections that are this browser's own; shared ones are their owner's to close."""
        if self._owns:
            await self._http.aclose()
            await self._https.aclose()

    async def _go(self, method: str, url: str, *, expect: Sequence[int], follow: bool = True, **sent: Any) -> Page:
        first = f"{method} {urlsplit(url).path}"
        repeated = False
        for _ in range(REDIRECTS_MAX):
            response, again = await self._ask(method, url, **sent)
            repeated |= again
            if not response.is_redirect or not follow:
                break
            url = urljoin(url, response.headers["location"])
            if response.status_code not in (307, 308):
                method, sent = "GET", {}
        page = Page(url, response.status_code, response.text, response.headers, response.content, repeated)
        done_before = repeated and page.status == 409
        if response.status_code not in expect and not (response.is_redirect and not follow) and not done_before:
            raise Unexpected(f"{first} answered {page.status} at {page.path}: {page.words()[:600]}")
        return page

    async def _ask(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **sent: Any) -> tuple[httpx2.Response, bool]:
        """The answer, and whether it was asked for more than once.

        People ask again where they are told that this part of Puente is starting again. What they did may have been
        done all the same; then the second asking finds it done.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        repeated = False
        while True:
            self.requests += 1
            response = await self._ask_once(method, url, {**self._headers, **(headers or {})}, **sent)
            if response.status_code != 503 or "retry-after" not in response.headers or loop.time() > deadline:
                return response, repeated
            repeated = True
            await asyncio.sleep(AGAIN_S)

    async def _ask_once(self, method: str, url: str, headers: Mapping[str, str], **sent: Any) -> httpx2.Response:
        request = httpx2.Request(method, url, headers=headers, cookies=self._cookies, extensions={"timeout": TIMEOUT}, **sent)
        response = await (self._https if request.url.scheme == "https" else self._http).handle_async_request(request)
        response.request = request
        await response.aread()
        self._cookies.extract_cookies(response)
        return response


class _Reader(HTMLParser):
    """Finds forms, their fields with their present values, and links."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._text: str | None = None
        self._select: str | None = None
        self._written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in found:
            self.links.append(urljoin(self._url, found["href"]))
        elif tag == "form":
            action = urljoin(self._url, found.get("action", ""))
            self._form = Form(action, found.get("method", "get").lower(), multipart="multipart" in found.get("enctype", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, found)

    def _field(self, form: Form, tag: str, found: Mapping[str, str]) -> None:
        name = found.get("name", "")
        kind = found.get("type", "text" if tag == "input" else "submit").lower()
        if tag == "button" or (tag == "input" and kind in ("submit", "image")):
            form.buttons.append((name, found.get("value", "")))
        elif name and tag == "input":
            form.names.add(name)
            if kind in ("radio", "checkbox"):
                if "checked" in found:
                    form.fields[name] = found.get("value", "on")
            elif kind != "file":
                form.fields[name] = found.get("value", "")
        elif name and tag == "textarea":
            form.names.add(name)
            self._text, self._written = name, []
        elif name and tag == "select":
            form.names.add(name)
            self._select = name
        elif tag == "option" and self._select is not None and ("selected" in found or self._select not in form.fields):
            form.fields[self._select] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._written.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._text is not None and self._form is not None:
            self._form.fields[self._text] = "".join(self._written)
            self._text = None
