"""Ways to lose events or connections that look harmless in a review: none is in the code, and each is seen where it is planted."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MESSAGING = sorted((ROOT / "shared/messaging").glob("*.py"))
OURS = sorted(path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py"))
_NOTIFY = re.compile(r"\b(pg_notify|(un)?listen\s+\w+|notify\s+\w+)", re.IGNORECASE)
_SQL = re.compile(r"^\s*(select|insert|update|delete|with|listen|notify|unlisten)\b", re.IGNORECASE)


def client_misused(source: str) -> Iterator[str]:
    """`async for` passes over what cannot be read; a fetch in a timeout loses what arrives with it; a commit hangs in a rebalance."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AsyncFor):
            yield "async for"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "wait_for":
                yield "wait_for"
            if node.func.attr == "commit" and "consumer" in ast.unparse(node.func.value):
                yield "commit of offsets to Kafka"
        if isinstance(node, ast.AsyncWith) and any("timeout" in ast.unparse(item.context_expr) for item in node.items):
            inside = [one for one in ast.walk(node) if isinstance(one, ast.Attribute) and one.attr in ("getmany", "getone", "fetch")]
            yield from ("fetch in a timeout" for one in inside if "connection" not in ast.unparse(one))


def cancellations_swallowed(source: str) -> Iterator[str]:
    """Whoever catches a cancellation raises it again, at least where it was meant for them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and node.type is not None and "CancelledError" in ast.unparse(node.type):
            if not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                yield f"line {node.lineno}"
        elif isinstance(node, ast.Call) and "suppress" in ast.unparse(node.func) and "CancelledError" in ast.unparse(node):
            yield f"line {node.lineno}"


def notifications_in_sql(source: str) -> Iterator[str]:
    """NOTIFY takes a lock of the whole database at commit, and LISTEN breaks behind a pooler."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value) and _NOTIFY.search(node.value):
            yield node.value


@pytest.mark.parametrize("path", MESSAGING, ids=lambda path: path.name)
def test_the_client_is_used_in_the_ways_that_lose_nothing(path: Path) -> None:
    """In shared/messaging, where the client is."""
    assert list(client_misused(path.read_text())) == []


@pytest.mark.parametrize("guard", [cancellations_swallowed, notifications_in_sql])
def test_no_cancellation_is_swallowed_and_nothing_is_notified(guard: object) -> None:
    """Everywhere in our code."""
    assert callable(guard)
    found = {str(path.relative_to(ROOT)): list(guard(path.read_text())) for path in OURS}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("guard", "planted"),
    [
        (client_misused, "async def f(c):\n async for record in c:\n  pass"),
        (client_misused, "async def f(c):\n await asyncio.wait_for(c.getmany(), 1)"),
        (client_misused, "async def f(consumer):\n await consumer.commit()"),
        (client_misused, "async def f(c):\n async with asyncio.timeout(1):\n  await c.getmany()"),
        (client_misused, "async def f(source):\n async with asyncio.timeout(1):\n  await source.fetch(max_records=1, timeout_ms=1)"),
        (cancellations_swallowed, "try:\n pass\nexcept asyncio.CancelledError:\n pass"),
        (cancellations_swallowed, "try:\n pass\nexcept (ValueError, CancelledError):\n log()"),
        (cancellations_swallowed, "with contextlib.suppress(asyncio.CancelledError):\n pass"),
        (notifications_in_sql, "x = \"select pg_notify('outbox', '')\""),
        (notifications_in_sql, "x = 'listen outbox'"),
    ],
)
def test_each_guard_bites(guard: object, planted: str) -> None:
    """A guard that was never seen red is not believed."""
    assert callable(guard)
    assert list(guard(planted)) != []
