"""The order of the tests themselves: what takes long is begun by every process at once."""

from itertools import pairwise

import pytest

from tests.order import long_first

LONG = {"h1": 90.0, "h2": 40.0, "s1": 60.0, "l1": 50.0, "b1": 100.0}
"""By file and number."""
TESTS = [*"abcdefg", "h1", "h3", "h2", "i", "j", "s1", "l1", "k", "b1", *"lmnopqrtu"]


def seconds(test: str) -> float:
    return LONG.get(test, 0)


def file(test: str) -> str:
    return test[0]


def shares(tests: list[str], processes: int) -> list[list[str]]:
    """As `worksteal` deals them out."""
    ends = [0]
    for left in range(processes, 0, -1):
        ends.append(ends[-1] + (len(tests) - ends[-1]) // left)
    return [tests[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_every_process_begins_with_its_part_of_the_long_tests(processes: int) -> None:
    order = long_first(TESTS, seconds, file, processes)
    assert sorted(order) == sorted(TESTS), "each once"
    assert [test for test in order if test not in LONG] == [test for test in TESTS if test not in LONG], "neighbours stay together"
    sums = []
    for share in shares(order, processes):
        begun = [seconds(test) for test in share]
        assert begun == [*filter(None, begun), *(0 for one in begun if not one)], "the long ones first"
        sums.append(sum(begun))
    assert min(sums) > 0
    assert max(sums) - min(sums) <= 130, "as even as the longest file allows"
    assert order.index("h2") == order.index("h1") + 1, "of one file, one after the other"


def test_with_nothing_but_long_ones_none_is_lost() -> None:
    assert sorted(long_first(list(LONG), seconds, file, 3)) == sorted(LONG)
    assert long_first([], seconds, file, 3) == []
