"""Alembic, driven from code: each service owns `services/<name>/migrations/versions`, in its own database."""

from collections.abc import Callable
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

ROOT = Path(__file__).resolve().parents[2]
ADVISORY_LOCK = 0x70756E74


def config(service: str) -> Config:
    """Alembic's configuration for one service; needs no ini file."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "services" / service / "migrations").replace("%", "%%"))
    return made


async def upgrade(url: str, service: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`; processes that start together take turns under an advisory lock."""
    await _under_lock(url, service, lambda settings: command.upgrade(settings, revision))


async def downgrade(url: str, service: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`; used by the test of every migration."""
    await _under_lock(url, service, lambda settings: command.downgrade(settings, revision))


def head(service: str) -> str | None:
    """The newest revision in the code."""
    return ScriptDirectory.from_config(config(service)).get_current_head()


async def _under_lock(url: str, service: str, act: Callable[[Config], None]) -> None:
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
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()
