"""The browser without a screen believes a certificate only after it looked at it, wherever it comes upon one."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Never

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.run.browser import Browser

NOBODY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody that is known")])


def shown(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate of its own making for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateBuilder().subject_name(NOBODY).issuer_name(NOBODY).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    kept = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both = folder / "nobody.pem"
    both.write_bytes(key.private_bytes(*kept) + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def answering(head: str, secure: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that answers everything with this head and an empty page; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=secure)
    async with server:
        yield f"{'https' if secure else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_address_by_https_is_verified_where_one_is_led_there_too(tmp_path: Path) -> None:
    async with answering("200 OK", shown(tmp_path)) as there, answering(f"303 See Other\r\nLocation: {there}/") as here:
        async with httpx2.AsyncClient(verify=False, trust_env=False) as anybody:
            assert (await anybody.get(there)).status_code == 200, "whoever does not look hears an answer"
        for origin in (there, here):
            browser = Browser(origin)
            with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await browser.get("/")
            await browser.close()


async def test_where_nothing_is_by_https_no_certificates_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(**_named: object) -> Never:
        raise AssertionError("the certificates of the world were read")

    monkeypatch.setattr("httpcore2.default_ssl_context", read)
    async with answering("200 OK") as here:
        browser = Browser(here)
        assert (await browser.get("/")).status == 200
        await browser.close()
