"""The throw-away server of tests and measurements."""

import asyncpg

from shared.persistence.embedded import temporary


async def test_a_temporary_server_leaves_nothing() -> None:
    with temporary() as postgres:
        connection = await asyncpg.connect(postgres.address.dsn("postgres"))
        assert await connection.fetchval("show fsync") == "off"
        await connection.close()
        folder = postgres.folder
    assert not folder.exists()
