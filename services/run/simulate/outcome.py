"""What a simulation comes to: a table per country that depends on the seed alone, and rates, which depend on the machine."""

import contextlib
import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from services.run.written import NotWritten, must_be_writable, refuse_folder, whole


@dataclass
class Row:
    """One country. `offered` counts everybody who ever had an offer; `waiting` and `taken` stand at the end; `refused` by the limits."""

    country: str
    places: int = 0
    applied: int = 0
    nominated: int = 0
    approved: int = 0
    offered: int = 0
    waiting: int = 0
    refused: int = 0
    taken: int = 0


COLUMNS = [one.name for one in fields(Row)]


@dataclass
class Phase:
    """One part of the run: what was done, how often, in how many seconds."""

    name: str
    what: str
    count: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0


@dataclass
class Outcome:
    """The whole of it. `lost` names what did not come to an answer; `invariants` is the line of `puente check`."""

    order: Mapping[str, Any]
    rows: Sequence[Row]
    final: Mapping[str, int]
    phases: Sequence[Phase]
    lost: Sequence[str]
    invariants: str
    broken: int
    memory_megabytes: int | None
    notes: Sequence[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return not self.lost and not self.broken

    def total(self) -> Row:
        made = Row("all")
        for row in self.rows:
            for column in COLUMNS[1:]:
                setattr(made, column, getattr(made, column) + getattr(row, column))
        return made


def show(outcome: Outcome, console: Console) -> None:
    """The table, the rates, and the lines that say whether all is well."""
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "country" else "right")
    for row in outcome.rows:
        table.add_row(*(str(value) for value in asdict(row).values()))
    table.add_section()
    table.add_row(*(str(value) for value in asdict(outcome.total()).values()), style="bold")
    console.print(table)
    console.print()
    console.print("at the end: " + ", ".join(f"{count} {state}" for state, count in sorted(outcome.final.items())), highlight=False)
    console.print()
    rates = Table(box=None, pad_edge=False)
    for heading in ("phase", "done", "seconds", "a second"):
        rates.add_column(heading, justify="left" if heading == "phase" else "right")
    for phase in outcome.phases:
        rates.add_row(phase.name, f"{phase.count} {phase.what}", f"{phase.seconds:.1f}", f"{phase.rate:.1f}" if phase.count else "")
    console.print(rates)
    console.print()
    for note in outcome.notes:
        console.print(note, highlight=False, markup=False)
    if outcome.memory_megabytes is not None:
        console.print(f"memory: {outcome.memory_megabytes} MB in all, at its most", highlight=False)
    for line in outcome.lost:
        console.print(f"[bold red]lost[/]: {line}", highlight=False)
    console.print(outcome.invariants, highlight=False)


KINDS: Final = (".json", ".csv")
"""How a table's file is named."""
SUCH_AS: Final = "table.json"


def place(path: Path) -> None:
    """Raise `NotWritten` where a table cannot be written there, before anybody applies for it; nothing is changed."""
    refuse_folder(path, SUCH_AS)
    if path.suffix not in KINDS:
        such_as = path.with_name(SUCH_AS if path.name.startswith(".") else f"{path.stem.rstrip('.')}.json")
        raise NotWritten(f"{path} says not how to write the table: give it a name that ends in {' or '.join(KINDS)}, such as {such_as}")
    must_be_writable(path)


def write(outcome: Outcome, path: Path) -> None:
    """The table as JSON (with states and the order, and nothing that depends on the machine) or, by its name, as CSV."""
    rows = [asdict(row) for row in (*outcome.rows, outcome.total())]
    if path.suffix == ".csv":
        lines = io.StringIO(newline="")
        writer = csv.DictWriter(lines, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        content = lines.getvalue()
    else:
        table = {"order": dict(outcome.order), "table": rows, "states": dict(sorted(outcome.final.items()))}
        content = json.dumps(table, indent=2) + "\n"
    with contextlib.suppress(OSError):  # where it cannot be made, the file says so
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as target:
        target.write(content.encode())
