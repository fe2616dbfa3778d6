"""Where each value of a TOML text stands, so that an error can name its line.

The text was already accepted by `tomllib`; this only follows its structure and never judges it.
"""

import re
from bisect import bisect_right
from typing import Final

Path = tuple[str | int, ...]

_GAP: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_GAP_IN_LINE: Final = re.compile(r"[ \t]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'", re.DOTALL)
_SCALAR: Final = re.compile(r"\d{4}-\d\d-\d\d[ Tt]\d\d:[^\s,\]}#]*|[^\s,\]}#]+")


def positions(text: str) -> dict[Path, int]:
    """The line, from 1, of each table, key and element, by its path (keys, and indexes into arrays)."""
    return _Follower(text).follow()


class _Follower:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {(): 1}
        self.counts: dict[Path, int] = {}

    def follow(self) -> dict[Path, int]:
        prefix: Path = ()
        self._skip(_GAP)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip(_GAP)
        return self.lines

    def _header(self) -> Path:
        line = self._line()
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        keys = self._key()
        self.at += 2 if double else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._last((*path, key))
            self.lines.setdefault(path, line)
        path = (*path, keys[-1])
        self.lines.setdefault(path, line)
        if double:
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
            self.lines[path] = line
        return path

    def _last(self, path: Path) -> Path:
        """The path itself, or its last element where it is an array of tables."""
        return (*path, self.counts[path]) if path in self.counts else path

    def _pair(self, prefix: Path) -> None:
        line = self._line()
        path = prefix
        for key in self._key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._skip(_GAP_IN_LINE)
        self.at += 1
        self._skip(_GAP_IN_LINE)
        self._value(path)

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_GAP_IN_LINE)
            string = _STRING.match(self.text, self.at)
            match = string or _BARE_KEY.match(self.text, self.at)
            assert match is not None, "the text was accepted as TOML"
            keys.append(match.group()[1:-1] if string else match.group())
            self.at = match.end()
            self._skip(_GAP_IN_LINE)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening == "[":
            self._elements(path)
        elif opening == "{":
            self._inline(path)
        else:
            match = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            assert match is not None, "the text was accepted as TOML"
            self.at = match.end()

    def _elements(self, path: Path) -> None:
        self.at += 1
        index = 0
        self._skip(_GAP)
        while self.text[self.at] != "]":
            self.lines[*path, index] = self._line()
            self._value((*path, index))
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        self._skip(_GAP)
        while self.text[self.at] != "}":
            self._pair(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        self._skip(_GAP)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_GAP)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _line(self) -> int:
        return bisect_right(self.newlines, self.at - 1) + 1
