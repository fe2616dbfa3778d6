"""A small reverse proxy for one machine: one address for the pages of three processes. In production, Caddy has this place.

Bodies are streamed in both directions. The client's own forwarding headers are dropped, because this is the edge.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final

import httpx2
from starlette.types import Receive, Scope, Send

from services.run.registry import service_for
from shared.observability.logging import get_logger
from shared.web.streams import END, EVENT_STREAM, STOPPING, until_gone

log = get_logger(__name__)

HOP_BY_HOP: Final = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
FORWARDED: Final = frozenset(
    (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-real-ip")
)
TIMEOUT: Final = httpx2.Timeout(60.0, connect=2.0)
RETRY_SECONDS: Final = 5.0
"""A request without a body waits this long for a process that is being started again."""
AWAY: Final = (
    "<!doctype html><meta charset=utf-8><title>Puente</title>"
    "<p>This part of Puente is starting again. Nothing is lost: reload in a few seconds."
    "<p lang=es>Esta parte de Puente se está reiniciando. No se ha perdido nada: recargue la página en unos segundos."
    "<p lang=pt>Esta parte do Puente está a reiniciar. Nada se perdeu: recarregue a página dentro de alguns segundos."
    "<p lang=fr>Cette partie de Puente redémarre. Rien n’est perdu : rechargez la page dans quelques secondes."
    "<p lang=zh>Puente 的这一部分正在重新启动。没有任何内容丢失，请几秒后刷新。"
    "<p lang=nl>Dit deel van Puente start opnieuw. Er is niets verloren: laad de pagina over enkele seconden opnieuw."
).encode()


class Gateway:
    """Passes each request to the process of the service that owns its path. `upstreams`: service -> its address."""

    def __init__(self, upstreams: Mapping[str, str]) -> None:
        self._upstreams = {name: url.rstrip("/") for name, url in upstreams.items()}
        # The bare transport: a client would add headers and keep cookies of its own.
        limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=15)
        self._transport = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def close(self) -> None:
        await self._transport.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        base = self._upstreams[service_for(scope["path"])]
        query = scope["query_string"]
        url = httpx2.URL(base).copy_with(raw_path=scope["raw_path"] + (b"?" + query if query else b""))
        headers = forwarded_headers(scope["headers"], client=(scope.get("client") or ("", 0))[0], scheme=scope["scheme"])
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
        response = await self._ask(scope["method"], url, headers, _body(receive) if has_body else None)
        if response is None:
            await _away(send)
            return
        endless = response.headers.get("content-type", "").startswith(EVENT_STREAM)
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": end_to_end(response.headers.raw)})
            if not await until_gone(_pass_on(response, send), receive, scope.get(STOPPING) if endless else None):
                await send(END)
        finally:
            await response.aclose()

    async def _ask(
        self, method: str, url: httpx2.URL, headers: list[tuple[bytes, bytes]], body: AsyncIterator[bytes] | None
    ) -> httpx2.Response | None:
        """The upstream's answer, or None where it is away. A body cannot be sent twice, so only a request without one is repeated."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + RETRY_SECONDS
        while True:
            try:
                request = httpx2.Request(method, url, headers=headers, content=body, extensions={"timeout": TIMEOUT.as_dict()})
                return await self._transport.handle_async_request(request)
            except httpx2.ConnectError as error:
                # Nothing was sent yet, so any request may wait for the process to come back.
                if loop.time() > deadline:
                    log.warning("gateway.upstream_away", path=url.path, reason=type(error).__name__)
                    return None
            except httpx2.TransportError as error:
                if method not in ("GET", "HEAD") or body is not None or loop.time() > deadline:
                    log.warning("gateway.upstream_lost", path=url.path, reason=type(error).__name__)
                    return None
            await asyncio.sleep(0.1)


def forwarded_headers(headers: Iterable[tuple[bytes, bytes]], *, client: str, scheme: str) -> list[tuple[bytes, bytes]]:
    """What goes upstream: the request's own headers (its `Host` too), and where it really came from."""
    kept = [(name, value) for name, value in end_to_end(headers) if name not in FORWARDED]
    host = next((value for name, value in kept if name == b"host"), b"")
    return [
        *kept,
        (b"x-forwarded-for", client.encode("latin-1")),
        (b"x-forwarded-proto", scheme.encode("latin-1")),
        (b"x-forwarded-host", host),
    ]


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers that may pass a proxy, lower-cased: without those of one hop, among them those that `Connection` names."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in lowered if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in lowered if name not in HOP_BY_HOP and name not in named]


async def _pass_on(response: httpx2.Response, send: Send) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    async for chunk in response.stream:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send(END)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise httpx2.WriteError("the browser went away before it had sent everything")
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def _away(send: Send) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"retry-after", b"2"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(AWAY)).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": AWAY})
