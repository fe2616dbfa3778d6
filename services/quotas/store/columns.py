"""Rows as a statement with arrays takes them."""

from collections.abc import Iterable, Sequence


def columns(width: int, rows: Iterable[Sequence[object]]) -> list[Sequence[object]]:
    """Rows turned into columns; as many empty columns where there is no row."""
    return list(zip(*rows, strict=True)) or [()] * width
