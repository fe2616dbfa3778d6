"""Two rows that are counted up, for tests of what a transaction does."""

from typing import Any

import asyncpg
from sqlalchemy import text

from shared.persistence.database import Tx


async def add(tx: Tx, name: str) -> None:
    await tx.execute(text("update counter set n = n + 1 where name = :name"), {"name": name})


async def read(beside: "asyncpg.Connection[Any]") -> dict[str, int]:
    return {row["name"]: row["n"] for row in await beside.fetch("select name, n from counter")}
