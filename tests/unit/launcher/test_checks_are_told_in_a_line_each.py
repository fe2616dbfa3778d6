"""What `puente check` prints: a line for each check, within the terminal, and the name of one that is broken in any case."""

import io
import re

import pytest
from rich.console import Console

from services.run.checks import Checked, promises, show

BROKEN = "accounts that differ from their transfers"


def printed(width: int, *, terminal: bool) -> list[str]:
    counts = {service: {name: 2 if name == BROKEN else 0 for name in said} for service, said in promises().items()}
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, no_color=True, highlight=False)
    show(Checked(counts), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    return [line.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") for line in text.splitlines()]


@pytest.mark.parametrize("width", [80, 130])
def test_each_check_has_a_line_of_its_own_that_the_terminal_has_room_for(width: int) -> None:
    lines = printed(width, terminal=True)
    assert max(map(len, lines)) <= width
    number = sum(len(said) for said in promises().values())
    assert len([line for line in lines if line.startswith("   0  ")]) == number - 1
    assert any(line.startswith("   2  Every account is what its transfers add up to") for line in lines)
    assert sum(BROKEN in line for line in lines) == 1, "whoever looks for it finds it by its name"
    assert lines[-1] == f"invariants: {number} checked, 1 broken"


def test_a_check_is_called_by_words_in_every_service() -> None:
    names = [name for said in promises().values() for name in said]
    assert [name for name in names if not re.fullmatch(r"[a-z]+( [a-z]+)+", name)] == []
    assert len({*names}) == len(names)


def test_where_nobody_watches_every_name_is_printed_whole_for_whoever_searches_the_log() -> None:
    lines = printed(40, terminal=False)
    pairs = [pair for said in promises().values() for pair in said.items()]
    assert [name for name, sentence in pairs if not any(sentence in line and line.endswith(f"  {name}") for line in lines)] == []
