"""A TOML table that is asked for what it should hold, and collects everything that is wrong with it.

Each getter returns a value of the promised type even where the file is wrong, so that reading goes on and all errors
come at once; whoever reads must look at `Problems` before using what was read. The keys that were asked for are the
known ones: `done` reports every other key.
"""

import contextlib
import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path as FilePath
from typing import Any, Final

import msgspec

from services.applications.domain.answers import LANGUAGES, Texts
from services.applications.plan.lines import Path, positions

NO_TEXTS: Final = Texts("", "", "", "", "", "")
NO_DAY: Final = date(1, 1, 1)
ALL: Final = "all"
"""Stands for a list of everything that could be named."""
CODE: Final = re.compile(r"[a-z][a-z0-9_-]*")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
OF_NONE: Final = ("one of ", ": ")
"""How what is expected ends where there is nothing to choose from."""


class PlanError(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing that is wrong in a plan's files; the text form is for people."""

    file: str
    line: int
    problem: str
    expected: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        expected = f"; expected {self.expected}" if self.expected else ""
        nearest = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        return f"{self.file}:{self.line}: {self.problem}{expected}{nearest}"


class Source:
    """One file: its name inside the plan's folder, and where its values stand (worked out when first asked)."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._text = text
        self._lines: dict[Path, int] | None = None

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest table around it."""
        if self._lines is None:
            with contextlib.suppress(RecursionError):  # in a text that is as deep as `tomllib` just reads
                self._lines = positions(self._text)
            self._lines = self._lines or {(): 1}
        return next(self._lines[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self._lines)


class Problems:
    """The errors found so far, each kept once."""

    def __init__(self) -> None:
        self._found: dict[PlanError, None] = {}
        self._unread: set[PlanError] = set()

    def unread(self, error: PlanError) -> None:
        """A file of which nothing is known."""
        self._unread.add(error)
        self.add(error)

    def add(self, error: PlanError) -> None:
        self._found[error] = None

    def all(self, following: str = "") -> list[PlanError]:
        """By file and line, without what only follows from a file that could not be read: choices of nothing, whatever `following` have."""
        out = {one for one in self._found if one.expected.endswith(OF_NONE) or (following and one.file.startswith(following))}
        return sorted(self._found.keys() - (out - self._unread if self._unread else set()))


def near(wrong: object, right: Iterable[str]) -> str:
    """The right spelling that is nearest to what was written, or nothing where none is near."""
    by_lower = {spelling.lower(): spelling for spelling in right}
    found = difflib.get_close_matches(str(wrong).lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else ""


def listing(values: Iterable[object]) -> str:
    """Values as part of a sentence."""
    return ", ".join(str(value) for value in values)


class Table:
    """One table of a file. `base` lends what the table itself does not say (see `use` in the forms)."""

    def __init__(self, source: Source, path: Path, values: Mapping[str, Any], problems: Problems, base: "Table | None" = None) -> None:
        self.source = source
        self.path = path
        self.values = values
        self.problems = problems
        self.base = base
        self._asked: set[str] = set()

    def line(self, key: str | None = None) -> int:
        """The line of that key, or of the table."""
        return self.source.line(self.path if key is None else (*self.path, key))

    def wrong(self, key: str | None, problem: str, expected: str = "", nearest: str = "", *, index: int | None = None) -> None:
        """Report an error at that key (or its element, or at the table)."""
        owner = self._owner(key) if key is not None else self
        path = owner.path if key is None else (*owner.path, key) if index is None else (*owner.path, key, index)
        line = owner.source.line(path)
        self.problems.add(PlanError(file=owner.source.file, line=line, problem=problem, expected=expected, nearest=nearest))

    def has(self, key: str) -> bool:
        """Whether the key is there; asking makes it a known key."""
        self._asked.add(key)
        return key in self.values or (self.base is not None and self.base.has(key))

    def holds(self, key: str) -> bool:
        """Whether the key is there; it is no known key for that."""
        return key in self.values or (self.base is not None and self.base.holds(key))

    def _owner(self, key: str) -> "Table":
        if key not in self.values and self.base is not None and self.base.has(key):
            return self.base._owner(key)
        return self

    def _get(self, key: str, types: type | tuple[type, ...], expected: str) -> Any:
        if not self.has(key):
            self.wrong(None, f'"{key}" is missing', expected)
            return None
        value = self._owner(key).values[key]
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            self.wrong(key, f'"{key}" is {_shown(value)}', expected)
            return None
        return value

    def text(self, key: str, shape: re.Pattern[str] | None = None, expected: str = "a text") -> str:
        """A text that is not empty and matches `shape` whole."""
        value = self._get(key, str, expected)
        if value is None:
            return ""
        if not value.strip() or (shape and not shape.fullmatch(value)):
            self.wrong(key, f'"{key}" is {_shown(value)}', expected)
        return str(value)

    def maybe_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def whole(self, key: str, least: int = 0, most: int | None = None) -> int:
        """A whole number within the bounds."""
        expected = f"a whole number of {least} or more" if most is None else f"a whole number from {least} to {most}"
        value = self._get(key, int, expected)
        if value is None:
            return least
        if value < least or (most is not None and value > most):
            self.wrong(key, f'"{key}" is {value}', expected)
        return int(value)

    def maybe_whole(self, key: str, least: int = 0, most: int | None = None) -> int | None:
        return self.whole(key, least, most) if self.has(key) else None

    def number(self, key: str) -> float:
        """A number of 0 or more."""
        value = self._get(key, (int, float), "a number of 0 or more")
        if value is None:
            return 0.0
        if value < 0:
            self.wrong(key, f'"{key}" is {value}', "a number of 0 or more")
        return float(value)

    def maybe_number(self, key: str) -> float | None:
        return self.number(key) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """True or false; false where absent."""
        return bool(self._get(key, bool, "true or false")) if self.has(key) else False

    def flag_or(self, key: str, options: Collection[str]) -> bool | str:
        """True, false or one of the options; false where absent."""
        if not self.has(key):
            return False
        if isinstance(self._owner(key).values[key], str):
            return self.choice(key, options)
        return bool(self._get(key, bool, f"true, false or one of {listing(options)}"))

    def choice(self, key: str, options: Collection[str]) -> str:
        """One of the options."""
        value = self._get(key, str, f"one of {listing(options)}")
        if value is not None and value not in options:
            self.wrong(key, f'"{key}" is {_shown(value)}', f"one of {listing(options)}", near(value, options))
        return "" if value is None else str(value)

    def texts(self, key: str, options: Collection[str] | None = None, *, empty: bool = False) -> tuple[str, ...]:
        """A list of texts, each of them one of the options and named once."""
        expected = "a list of texts" if options is None else f"a list of some of {listing(options)}"
        value = self._get(key, list, expected)
        if value is None:
            return ()
        if not value and not empty:
            self.wrong(key, f'"{key}" is empty', expected)
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self.wrong(key, f'"{key}" holds {_shown(item)}', expected, index=index)
            elif item in value[:index]:
                self.wrong(key, f'"{key}" names "{item}" twice', "each one once", index=index)
            elif options is not None and item not in options:
                self.wrong(key, f'"{key}" holds "{item}"', f"one of {listing(options)}", near(item, options), index=index)
        return tuple(str(item) for item in value)

    def maybe_texts(self, key: str, options: Collection[str] | None = None) -> tuple[str, ...]:
        return self.texts(key, options) if self.has(key) else ()

    def day(self, key: str) -> date:
        """A day without a time."""
        value = self._get(key, date, "a day such as 2016-02-28")
        if isinstance(value, datetime):
            self.wrong(key, f'"{key}" has a time of day', "a day such as 2016-02-28")
            return value.date()
        return NO_DAY if value is None else value

    def maybe_day(self, key: str) -> date | None:
        return self.day(key) if self.has(key) else None

    def in_languages(self, key: str) -> Texts:
        """One text in each of the six languages."""
        expected = f"a text in each of {listing(LANGUAGES)}"
        table = self.table(key, expected)
        if table is None:
            return NO_TEXTS
        lacking = [language for language in LANGUAGES if language not in table.values]
        if lacking:
            table.wrong(None, f'"{key}" has no text in {listing(lacking)}', expected)
        found = [table.text(language) if language not in lacking else "" for language in LANGUAGES]
        table._asked.update(LANGUAGES)
        table.done()
        return Texts(*found)

    def maybe_in_languages(self, key: str) -> Texts | None:
        return self.in_languages(key) if self.has(key) else None

    def table(self, key: str, expected: str = "a table") -> "Table | None":
        """The table under that key."""
        value = self._get(key, dict, expected)
        if value is None:
            return None
        owner = self._owner(key)
        return Table(owner.source, (*owner.path, key), value, self.problems)

    def maybe_table(self, key: str) -> "Table | None":
        return self.table(key) if self.has(key) else None

    def tables(self, key: str, *, least: int = 0) -> list["Table"]:
        """The list of tables under that key; an absent one is empty."""
        if not self.has(key) and least == 0:
            return []
        value = self._get(key, list, "a list of tables")
        if value is None:
            return []
        owner = self._owner(key)
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(Table(owner.source, (*owner.path, key, index), item, self.problems))
            else:
                self.wrong(key, f'"{key}" holds {_shown(item)}', "a list of tables", index=index)
        if len(value) < least:
            self.wrong(key, f'"{key}" is empty', "at least one")
        return found

    def done(self) -> None:
        """Report every key that nobody asked for."""
        for key in self.values:
            if key not in self._asked:
                free = [known for known in self._asked if known not in self.values]
                nearest = near(key, free) or near(key, self._asked)
                self.wrong(key, f'"{key}" is not known here', f"one of {listing(sorted(self._asked))}", nearest)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"' if value.strip() else "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)


def load(folder: FilePath, file: str, problems: Problems) -> Table | None:
    """The file as a table; nothing, and a problem, where it is missing or no TOML."""
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")  # Windows' Notepad begins a file with a byte order mark
    except FileNotFoundError:
        problems.unread(PlanError(file=file, line=1, problem="the file is missing", expected="a file of that name in the plan's folder"))
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"the file cannot be read: the byte 0x{error.object[error.start]:02x} is no text here"
        problems.unread(PlanError(file=file, line=line, problem=what, expected="a text file in UTF-8"))
        return None
    except OSError as error:
        problems.unread(PlanError(file=file, line=1, problem=f"the file cannot be read: {error.strerror}", expected="a file"))
        return None
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        deep, at = isinstance(error, RecursionError), re.search(r"at line (\d+)", str(error))
        line = int(at.group(1)) if at else 1 if deep else text.count("\n") + 1
        what = "somewhere in it lists or tables stand too deep in each other" if deep else f"not TOML: {error}"
        problems.unread(PlanError(file=file, line=line, problem=what, expected="TOML 1.0"))
        return None
    return Table(Source(file, text), (), values, problems)
