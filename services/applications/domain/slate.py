"""A country's slate: its nominated applications in the country's order, ranks counting from 1. Pure."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

Id = TypeVar("Id")


def next_rank(ranks: Sequence[int | None]) -> int:
    """The rank of a newcomer: after everybody."""
    return max((rank for rank in ranks if rank is not None), default=0) + 1


def reordered(slate: Mapping[Id, int], order: Sequence[Id]) -> dict[Id, int] | None:
    """New rank by id, only those that change; none where `order` does not hold exactly those on the slate, each once."""
    if len(order) != len(slate) or set(order) != set(slate):
        return None
    return {one: rank for rank, one in enumerate(order, start=1) if slate[one] != rank}
