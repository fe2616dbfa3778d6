"""The file that decisions leave in, line by line, and its check: JSON Lines that anybody can read (`docs/verifying.md` describes them).

A head says what the file covers; then come decisions, each followed by its transfers, in the order in which everything
happened; then where the books stand; and an end with counts and the hash of all bytes before it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.quotas.domain.audit import Audit, Chain
from services.quotas.domain.chain import canonical, read
from services.quotas.domain.ledger import Move
from services.quotas.domain.shapes import Wrong

FORMAT: Final = "puente-decisions"
VERSION: Final = 1

_SHAPES: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "head": {"format": (str,), "version": (int,), "covers": (str,), "taken_at": (str,)},
    "decision": {"record": (str,), "hash": (str,)},
    "transfer": {
        "programme": (str,), "cell": (str, type(None)), "decision": (int, type(None)), "source": (str,), "target": (str,),
        "places": (int,), "cause": (str,), "at": (str,),
    },
    "cell": {
        "cell": (str,), "places": (int,), "free": (int,), "offered": (int,), "taken": (int,), "waiting": (int,), "decisions": (int,),
        "hash": (str,),
    },
    "account": {"account": (str,), "programme": (str,), "balance": (int,)},
    "programme": {"programme": (str,), "places": (int,)},
    "end": {"lines": (int,), "decisions": (int,), "transfers": (int,), "sha256": (str,)},
}  # fmt: skip
"""Kind of line -> its fields beside `line` (counted from 1) and `is`."""
_NAMES: Final = {kind: frozenset(("is", "line", *shape)) for kind, shape in _SHAPES.items()}
_FOLLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("head",),
    "head": ("decision", "transfer", "cell", "account", "programme", "end"),
    "decision": ("decision", "transfer", "cell", "account", "programme", "end"),
    "transfer": ("decision", "transfer", "cell", "account", "programme", "end"),
    "cell": ("cell", "account", "programme", "end"),
    "account": ("account", "programme", "end"),
    "programme": ("programme", "end"),
    "end": (),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing at fault: its line (from 1; 0 in a chain without a file), its decision where it has one, and a stable code.

    `detail` says what was found and what was expected.
    """

    line: int
    cell: str | None
    number: int | None
    code: str
    detail: str

    def __str__(self) -> str:
        where = f"decision {self.number} of {self.cell}" if self.number is not None else self.cell or "the export"
        return printable(f"line {self.line}, {where}: {self.code}: {self.detail}")


def printable(text: str) -> str:
    """The text, with what no terminal should be given (half a character, an order to the terminal) written as Python writes it."""
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class Writer:
    """Writes the lines of one export, in order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._counts = dict.fromkeys(_SHAPES, 0)
        self._lines = 0

    def line(self, kind: str, **values: Any) -> bytes:
        """The next line, with its end."""
        self._lines += 1
        self._counts[kind] += 1
        made = canonical({"is": kind, "line": self._lines, **values}).encode() + b"\n"
        self._hash.update(made)
        return made

    def head(self, *, covers: str, taken_at: str) -> bytes:
        """The first line. `covers`: nothing for everything, a programme's code, or a cell's key."""
        return self.line("head", format=FORMAT, version=VERSION, covers=covers, taken_at=taken_at)

    def end(self) -> bytes:
        """The last line."""
        sha256 = self._hash.hexdigest()
        counts = self._counts
        return self.line("end", lines=self._lines, decisions=counts["decision"], transfers=counts["transfer"], sha256=sha256)


@dataclass(slots=True)
class Reader:
    """Reads the lines of one export and says what is wrong first. `heads` are chains as an earlier export left them, by cell.

    Where this export comes to a decision at which an earlier one ended, both must have the same hash: history was not written anew.
    """

    heads: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    audit: Audit = field(default_factory=Audit)
    lines: int = 0
    _last: str = ""
    _hash: Any = field(default_factory=hashlib.sha256)
    _ended: set[str] = field(default_factory=set)
    _sums: dict[str, int] = field(default_factory=dict)

    def read(self, raw: bytes) -> Fault | None:
        """Read the next line, with its end; what is at fault, or nothing. After a fault nothing more is to be read."""
        self.lines += 1
        try:
            self._line(raw)
        except Wrong as wrong:
            return Fault(self.lines, wrong.cell, wrong.number, wrong.code, wrong.detail)
        except (ValueError, RecursionError) as error:  # of numbers and lists that can be read, and not be written or added up
            return Fault(self.lines, None, None, "line", f"the line holds what is too large or too deep: {error}")
        return None

    def close(self) -> Fault | None:
        """After the last line: whether the export is whole."""
        if self._last == "end":
            return None
        return Fault(self.lines + 1, None, None, "cut_off", f"the file ends after {self.lines} lines without its closing line")

    def chain_heads(self) -> dict[str, tuple[int, str]]:
        """Number and hash of each cell's last decision, for the next export."""
        return {key: (chain.number, chain.hash) for key, chain in self.audit.chains.items()}

    def _line(self, raw: bytes) -> None:
        values = _values(raw)
        kind = values.pop("is")
        number = values.pop("line")
        if kind not in _FOLLOWS[self._last]:
            last = f"a {self._last} line" if self._last else "nothing"
            raise Wrong("order", f"a {kind} line cannot follow {last}; expected one of {', '.join(_FOLLOWS[self._last]) or 'the end'}")
        if number != self.lines:
            raise Wrong("line", f"the line says that it is number {number}; expected {self.lines}", *_decision_on(values))
        self._last = kind
        getattr(self, f"_{kind}")(**values)
        self._hash.update(raw)

    def _head(self, format: str, version: int, covers: str, taken_at: str) -> None:
        if (format, version) != (FORMAT, VERSION):
            raise Wrong("format", f"the file is {format} {version}; this checker reads {FORMAT} {VERSION}")
        self.audit.scope = covers
        self.audit.ledger.scope = covers if ":" in covers else ""

    def _decision(self, record: str, hash: str) -> None:
        cell = self.audit.decision(record, hash)
        chain, known = self.audit.chains[cell], self.heads.get(cell)
        if known is not None and chain.number == known[0] and chain.hash != known[1]:
            raise Wrong(
                "rewritten", f"an export before this one has the hash {known[1]} here; this one has {chain.hash}", cell, chain.number
            )

    def _transfer(self, **values: Any) -> None:
        self.audit.transfer(Move(**values))

    def _cell(self, cell: str, places: int, free: int, offered: int, taken: int, waiting: int, decisions: int, hash: str) -> None:
        self.audit.ledger.nothing_is_on_its_way()
        chain = self.audit.chains.get(cell, Chain())
        found = (places, free, offered, taken, waiting, decisions, hash)
        told = (chain.target, *self.audit.ledger.cell(cell), len(chain.waiters), chain.number, chain.hash)
        if found != told:
            raise Wrong(
                "cell",
                f"places, free, offered, taken, waiting, decisions, hash are said to be {found}; by what stands above they are {told}",
                cell,
                chain.number or None,
            )
        if cell in self._ended:
            raise Wrong("cell", "the cell stands there twice", cell)
        known = self.heads.get(cell)
        if known is not None and known[0] > chain.number:
            raise Wrong("rewritten", f"an earlier export has {known[0]} decisions; this one has {chain.number}", cell, chain.number)
        self._ended.add(cell)
        self._add(cell.partition(":")[0], free + offered + taken)

    def _account(self, account: str, programme: str, balance: int) -> None:
        told = self.audit.ledger.balance(account)
        if balance != told:
            raise Wrong("account", f"{account} is said to have {balance}; by its transfers it has {told}")
        self._add(programme, balance)

    def _programme(self, programme: str, places: int) -> None:
        funded, inside = self.audit.ledger.funded(programme), self._sums.pop(programme, 0)
        if not places == funded == inside:
            raise Wrong("conservation", f"{programme} has {places} places; its plan put {funded} in, and its accounts hold {inside}")

    def _end(self, lines: int, decisions: int, transfers: int, sha256: str) -> None:
        self.audit.ledger.nothing_is_on_its_way()
        missing = sorted(set(self.audit.chains).difference(self._ended))
        if missing:
            raise Wrong("cell", "the export does not say where the cell stands", missing[0], self.audit.chains[missing[0]].number)
        if not self.audit.scope.count(":") and any(self._sums.values()):
            raise Wrong("conservation", f"no line says how many places {next(iter(self._sums))} has")
        counted = (self.lines - 1, self.audit.decisions, self.audit.ledger.transfers, self._hash.hexdigest())
        if (lines, decisions, transfers, sha256) != counted:
            raise Wrong(
                "end", f"lines, decisions, transfers and hash are said to be {(lines, decisions, transfers, sha256)}, found {counted}"
            )

    def _add(self, programme: str, places: int) -> None:
        self._sums[programme] = self._sums.get(programme, 0) + places


def _decision_on(values: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """The decision that a line is of, as far as it says: its cell and its number there."""
    try:
        found = read(values["record"]) if "record" in values else {"cell": values.get("cell"), "number": values.get("decision")}
    except (ValueError, RecursionError):
        return None, None
    cell, number = (found.get("cell"), found.get("number")) if isinstance(found, dict) else (None, None)
    return (cell, number if type(number) is int else None) if isinstance(cell, str) else (None, None)


def _values(raw: bytes) -> dict[str, Any]:
    if not raw.endswith(b"\n"):
        raise Wrong("cut_off", "the line has no end")
    try:
        values: Any = read(raw.decode())
    except (ValueError, RecursionError) as error:
        raise Wrong("line", f"the line is no JSON: {error}") from error
    shape = _SHAPES.get(str(values.get("is"))) if isinstance(values, dict) else None
    if shape is None or values.keys() != _NAMES[values["is"]] or type(values["line"]) is not int:
        raise Wrong("line", f"expected an object with line, is ({', '.join(_SHAPES)}) and the fields of that kind; found {raw[:200]!r}")
    for name, types in shape.items():
        if type(values[name]) not in types:
            raise Wrong("line", f"{name} is {values[name]!r}, expected {' or '.join(one.__name__ for one in types)}")
    found: dict[str, Any] = values
    return found
