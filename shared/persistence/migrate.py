"""Alembic, driven from code: each service owns `services/<name>/migrations/versions`, in its own database.

It is imported only where there is something to migrate: every command and every start asks for the newest revision, and mostly the
database is at it.
"""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.persistence.database import connect

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]
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
    """The newest revision in the code: the one that no other follows. The files are only read, as Alembic would find them."""
    files = sorted((ROOT / "services" / service / "migrations" / "versions").glob("*.py"))
    said = {file.name: _revision(file) for file in files if not file.name.startswith((".#", "__init__"))}
    followed = {name for _, before in said.values() for name in before}
    heads = {file: name for file, (name, _) in said.items() if name not in followed}
    if len(heads) > 1:
        raise LookupError(
            f"the migrations of {service} end in {' and in '.join(heads)}: one of them has to follow the other, "
            "with a revision of its own and that of the other as its down_revision"
        )
    if said and not heads:
        raise LookupError(f"the migrations of {service} follow each other in a circle: the first of them has down_revision = None")
    return next(iter(heads.values()), None)


def _revision(file: Path) -> tuple[str, Sequence[str]]:
    """What a migration is called, and what it follows: nothing, one other, or several that it brings together."""
    found: dict[str, Any] = {}
    try:
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                        found[target.id] = ast.literal_eval(node.value)
    except (SyntaxError, ValueError) as error:
        raise _unreadable(file, str(error)) from error
    match found:
        case {"revision": str(name), "down_revision": None}:
            return name, ()
        case {"revision": str(name), "down_revision": str(before)}:
            return name, (before,)
        case {"revision": str(name), "down_revision": [*several]} if several and all(isinstance(one, str) for one in several):
            return name, several
    raise _unreadable(file, f"it says {', '.join(f'{name} = {value!r}' for name, value in found.items()) or 'neither'}")


def _unreadable(file: Path, why: str) -> LookupError:
    return LookupError(
        f"what {file.relative_to(ROOT)} is called and what it follows cannot be read: {why}. Expected are two lines such as "
        """revision = "0002" and down_revision = "0001" (None for the first; ("0002", "0003") for one that joins two)"""
    )


async def _under_lock(url: str, service: str, act: "Callable[[Config], None]") -> None:
    def run(connection: Connection) -> None:
        settings = config(service)
        settings.attributes["connection"] = connection
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
        act(settings)

    engine = create_async_engine(url, async_creator=lambda: connect(url))
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
