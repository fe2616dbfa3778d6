"""In which order the tests run: what takes long begins first, and not all of it in one process."""

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")


def long_first(tests: Sequence[T], seconds: Callable[[T], float], file: Callable[[T], Hashable], processes: int) -> list[T]:
    """The tests in the order in which `processes` that share them begin the long ones first, each about as many `seconds` of them.

    Each process takes a share of neighbours, as pytest-xdist's `worksteal` cuts them, and one that is done takes the last half of what
    another still has: in one share alone the long tests would wait for each other, and at the end all would wait for the last of them.
    The long ones of one `file` stay together; they may use what was made once.
    """
    together = [list(found) for _, found in groupby(filter(seconds, tests), key=file)]
    first: list[list[T]] = [[] for _ in range(processes)]
    taken = [0.0] * processes
    for some in sorted(together, key=lambda some: sum(map(seconds, some)), reverse=True):
        least = taken.index(min(taken))
        first[least] += some
        taken[least] += sum(map(seconds, some))
    short, order = [test for test in tests if not seconds(test)], list[T]()
    for number, begun in enumerate(first):
        size = (len(tests) - len(order)) // (processes - number)
        rest = max(0, size - len(begun))
        order += [*begun, *short[:rest]]
        del short[:rest]
    return order + short
