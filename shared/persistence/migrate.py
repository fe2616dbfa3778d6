"""Alembic, driven from code: each service owns `services/<name>/migrations/versions`, in its own database.

It is imported only where there is something to migrate: every command and every start asks for the newest revision, and mostly the
database is at it.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]
_NAMED: Final = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)
ADVISORY_LOCK = 0x70756E74


def config(service: str) -> "Config":
    """Alembic's configuration for one service; needs no ini file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(ROOT / "services" / service / "migrations").replace("%", "%%"))
    return made


async def upgrade(url: str, service: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`; processes that start together take turns under an advisory lock."""
    from alembic import command

    await _under_lock(url, service, lambda settings: command.upgrade(settings, revision))


async def downgrade(url: str, service: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`; used by the test of every migration."""
    from alembic import command

    await _under_lock(url, service, lambda settings: command.downgrade(settings, revision))


def head(service: str) -> str | None:
    """The newest revision in the code: the one that no other follows, by what the files say in their first lines."""
    found = [
        one for file in (ROOT / "services" / service / "migrations" / "versions").glob("*.py") for one in _NAMED.findall(file.read_text())
    ]
    followed = {name for down, name in found if down}
    heads = [name for down, name in found if not down and name not in followed]
    if len(heads) > 1:
        raise LookupError(f"the migrations of {service} end in {' and '.join(sorted(heads))}: give one of them the other as down_revision")
    return heads[0] if heads else None


async def _under_lock(url: str, service: str, act: "Callable[[Config], None]") -> None:
    def run(connection: Connection) -> None:
        settings = config(service)
        settings.attributes["connection"] = connection
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        act(settings)

    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def run_env() -> None:
    """The body of every service's `migrations/env.py`: run inside the connection and transaction of `upgrade`."""
    from alembic import context

    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()
