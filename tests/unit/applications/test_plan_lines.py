"""The line of each value in a TOML text."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from services.applications.plan.lines import positions

TEXT = (
    """# a comment with [brackets] = "and quotes
title = "a # b" # c
"quoted key".x = 'it"""
    + """'s'
"""
    + '''
[a.b]
date = 2015-01-01 10:00:00
list = [1, # one
  [2, 3], {k = "v", deep.er = [ true ]},
]

[[items]]
text = """
[not] = "a header"
"""
n = 1
[items.sub]
z = {}
[[items]]
n = 2
  [[items.inner]]
  m = 1
'''
)


def test_lines_of_tables_keys_and_elements() -> None:
    text = TEXT.replace("'it's'", "'its'")
    tomllib.loads(text)
    lines = positions(text)
    at = dict(enumerate(text.split("\n"), 1))
    expected = {
        ("title",): "title",
        ("quoted key", "x"): '"quoted key"',
        ("a", "b"): "[a.b]",
        ("a", "b", "date"): "date",
        ("a", "b", "list", 0): "list",
        ("a", "b", "list", 1, 1): "  [2",
        ("a", "b", "list", 2, "deep", "er", 0): "  [2",
        ("items", 0): "[[items]]",
        ("items", 0, "n"): "n = 1",
        ("items", 0, "sub", "z"): "z",
        ("items", 1, "n"): "n = 2",
        ("items", 1, "inner", 0, "m"): "  m",
    }
    assert {path: at[lines[path]].startswith(start) for path, start in expected.items()} == dict.fromkeys(expected, True)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inner for found in paths(item, (*path, key)))]


FILES = sorted((Path(__file__).parents[3] / "plans").rglob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_value_of_a_real_file_has_a_line_that_holds_its_key(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines, source = positions(text), text.split("\n")
    for path in paths(tomllib.loads(text)):
        assert path in lines
        if path and isinstance(path[-1], str):
            assert path[-1] in source[lines[path] - 1]
