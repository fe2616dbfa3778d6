"""`puente verify`: exports of decisions read line by line, with nothing but the files."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from services.quotas.domain.export import Fault, Reader, printable
from services.run.written import many

PROGRESS_SECONDS: Final = 2.0


class Unreadable(Exception):
    """A file cannot be opened; the text says which and why."""

    safe_text = True


@dataclass(slots=True)
class _Progress:
    """Says every two seconds how far a large file is read."""

    path: Path
    size: int
    console: Console
    done: int = 0
    _next: float = 0.0

    def __post_init__(self) -> None:
        self._next = time.monotonic() + PROGRESS_SECONDS

    def add(self, count: int, reader: Reader) -> None:
        self.done += count
        if reader.lines % 1000 == 0 and time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_SECONDS
            share = 100 * self.done // max(1, self.size)
            self.console.print(f"{self.path}: {share} %, {reader.audit.decisions:,} decisions", highlight=False, markup=False)


def verify_files(paths: Sequence[Path], out: Console, err: Console) -> bool:
    """Check each file by itself, the oldest first, and each against those before it; whether none is at fault."""
    heads: dict[str, tuple[int, str]] = {}
    sound = True
    for path in sorted(paths, key=_taken_at):
        reader = Reader(heads=heads)
        fault = _read(path, reader, err)
        if fault is not None:
            sound = False
            out.print(printable(f"{path}: {fault}"), highlight=False, markup=False)
            continue
        audit, compared = reader.audit, ""
        if heads:
            both = len(heads.keys() & audit.chains.keys())
            compared = f"; held against what was taken before: {many(both, 'cell')} in both, nothing written anew"
        heads |= reader.chain_heads()
        found = ((audit.decisions, "decision"), (audit.ledger.transfers, "transfer"), (len(audit.chains), "cell"))
        counts = ", ".join(many(number, one) for number, one in found)
        said = f"{path}: {counts} of {audit.scope or 'everything'}: no fault{compared}"
        out.print(printable(said), highlight=False, markup=False)
    return sound


def _read(path: Path, reader: Reader, err: Console) -> Fault | None:
    progress = _Progress(path, path.stat().st_size, err)
    with path.open("rb") as file:
        for line in file:
            fault = reader.read(line)
            if fault is not None:
                return fault
            progress.add(len(line), reader)
    return reader.close()


def _taken_at(path: Path) -> str:
    """When the export was taken, by its own word; files that say nothing come first, to be refused."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(10_000))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}. Name files that puente export decisions wrote") from error
    except (ValueError, RecursionError):
        return ""
    return str(head.get("taken_at", "")) if isinstance(head, dict) else ""
