"""The tables can be made, taken away and made again."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from services.notifications.tables import Table
from shared.persistence import migrate
from shared.persistence.database import Database


async def test_up_down_and_up_again(new_db: Callable[[str], Awaitable[Database]]) -> None:
    """And they have the columns that the classes say."""
    db = await new_db("notifications")
    await migrate.downgrade(db.url, "notifications")
    await migrate.upgrade(db.url, "notifications")
    async with db.engine.connect() as connection:
        rows = await connection.execute(
            text("select table_name, column_name, is_nullable from information_schema.columns where table_schema = 'public'")
        )
        found: dict[str, dict[str, str]] = {}
        for table, column, nullable in rows:
            found.setdefault(table, {})[column] = nullable
    for name, table in Table.metadata.tables.items():
        assert found[name] == {column.name: "YES" if column.nullable else "NO" for column in table.columns}, name
