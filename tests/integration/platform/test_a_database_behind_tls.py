"""A server of one's own that is reached over TLS: the address says how it is secured, and everything that connects goes by it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.engine import make_url

from services.run import databases
from shared.messaging import relay
from shared.persistence.database import Database, Unavailable
from shared.persistence.postgres_place import SOCKET_NAME
from tests.conftest import NewDatabase
from tests.postgres import Server

HOST = "127.0.0.1"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of this host, signed by itself: the certificate and its key."""
    key, (since, until) = ec.generate_private_key(ec.SECP256R1()), (datetime(year, 1, 1, tzinfo=UTC) for year in (2016, 2116))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), since, until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key.private_bytes(*plain))
    return folder / "server.crt", folder / "server.key"


class Door:
    """Takes connections over TCP for the server of the run, whose programs know no TLS; `tls` where it secures them as PostgreSQL does."""

    def __init__(self, socket: str, tls: ssl.SSLContext | None) -> None:
        self._socket, self._tls = socket, tls
        self.secured = self.plain = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(8)
        if first[4:] == (80877103).to_bytes(4, "big"):  # SSLRequest
            writer.write(b"S" if self._tls else b"N")
            await writer.drain()
            if self._tls:
                await writer.start_tls(self._tls)
            first = b""
        onward, away = await asyncio.open_unix_connection(self._socket)
        self.secured += writer.get_extra_info("ssl_object") is not None
        self.plain += writer.get_extra_info("ssl_object") is None
        away.write(first)
        await asyncio.gather(_pass_on(reader, away), _pass_on(onward, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def door(url: str, tls: ssl.SSLContext | None) -> AsyncIterator[tuple[Door, str]]:
    """A door to the database at `url`, and its address through it."""
    made = make_url(url)
    opened = Door(f"{made.query['host']}/{SOCKET_NAME}", tls)
    async with await asyncio.start_server(opened.take, HOST, 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        yield opened, f"postgresql+asyncpg://{made.username}:{quote(str(made.password))}@{HOST}:{port}/{made.database}"


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server shows, and the file with the certificate that it is known by."""
    shown, key = certificate(tmp_path / "of the server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, key)
    return context, shown


async def test_all_that_connects_goes_by_what_the_address_says(
    server: Server, new_database: NewDatabase, tls: tuple[ssl.SSLContext, Path]
) -> None:
    context, known_by = tls
    async with door(await new_database("quotas"), context) as (opened, address):
        url = f"{address}?sslmode=verify-full&sslrootcert={quote(str(known_by))}"
        assert databases.unreadable(url) == ""
        db = Database(url)
        try:
            secured = "select count(*) from pg_stat_activity where pid = pg_backend_pid()"
            assert (await db.run(lambda tx: tx.execute(text(secured)))).scalar_one() == 1
        finally:
            await db.close()
        await (await relay.connect(url)).close()
        fresh = f"tls_{server.run}"
        try:
            await databases.prepare(url.replace(str(make_url(url).database), fresh), ["quotas"])
        finally:
            await server.execute(f"drop database if exists {fresh} with (force)")
        assert (opened.secured >= 5, opened.plain) == (True, 0)


async def test_a_server_that_shows_another_certificate_is_given_no_password(
    new_database: NewDatabase, tls: tuple[ssl.SSLContext, Path], tmp_path: Path
) -> None:
    other, _ = certificate(tmp_path / "of another")
    async with door(await new_database("quotas"), tls[0]) as (opened, address):
        db = Database(f"{address}?sslmode=verify-full&sslrootcert={quote(str(other))}")
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await db.run(lambda tx: tx.execute(text("select 1")))
        await db.close()
        assert (opened.secured, opened.plain) == (0, 0)


async def test_a_server_without_tls_is_refused_where_the_address_requires_it(new_database: NewDatabase) -> None:
    async with door(await new_database("quotas"), None) as (_, address):
        for connect in (relay.connect, _one_look):
            with pytest.raises(Unavailable, match="rejected SSL upgrade"):
                await connect(f"{address}?sslmode=require")
        await (await relay.connect(f"{address}?sslmode=disable")).close()


async def _one_look(url: str) -> None:
    db = Database(url)
    try:
        await db.run(lambda tx: tx.execute(text("select 1")))
    finally:
        await db.close()
