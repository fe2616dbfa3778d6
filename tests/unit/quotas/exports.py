"""What a shelf's books look like when they are exported, and how a stranger reads them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from services.quotas.domain.chain import canonical, digest
from services.quotas.domain.export import Fault, Reader, Writer
from tests.unit.quotas.shelf import NOW, Shelf

AT = NOW.isoformat()


def exported_of(shelf: Shelf) -> tuple[Any, ...]:
    """Everything that `lines_of` looks at, programmes in the order in which it writes them: of shelves in which it is the same, the
    exports are.
    """
    return list(shelf.terms), shelf.total, shelf.decisions, shelf.transfers, shelf.cells, shelf.pools, shelf.lapsed


def lines_of(shelf: Shelf, covers: str = "") -> list[bytes]:
    """The export of everything, of a programme, or of a cell."""
    writer = Writer()
    programmes = [code for code in shelf.terms if covers in ("", code)]
    cells = [key for key in sorted(shelf.cells) if not covers or key == covers or key.startswith(f"{covers}:")]
    made = [writer.head(covers=covers, taken_at=AT)]
    made += [writer.line("transfer", **_funding(code, shelf.total[code])) for code in programmes]
    moves = {key: list(found) for key, found in groupby(shelf.transfers, key=lambda one: (one.cell, one.decision))}
    for one in shelf.decisions:
        if one.cell in cells:
            made.append(writer.line("decision", record=one.record, hash=one.hash))
        for move in moves.get((one.cell, one.number), ()):
            if one.cell not in cells and move.target != f"free:{covers}":
                continue
            made.append(writer.line("transfer", **{**move._asdict(), "at": move.at.isoformat()}))
    for cell in (shelf.cells[key] for key in cells):
        figures = {"places": cell.target, "free": cell.free, "offered": cell.offered, "taken": cell.taken, "waiting": cell.waiting}
        made.append(writer.line("cell", cell=cell.key, decisions=cell.last_decision, hash=cell.last_hash, **figures))
    balances = {f"pool:{code}": shelf.pools[code] for code in programmes} | shelf.lapsed
    for account, balance in sorted(balances.items()):
        programme = account.split(":")[1]
        if programme in programmes:
            made.append(writer.line("account", account=account, programme=programme, balance=balance))
    made += [writer.line("programme", programme=code, places=shelf.total[code]) for code in programmes]
    return [*made, writer.end()]


def _funding(programme: str, count: int) -> dict[str, Any]:
    accounts = {"source": f"plan:{programme}", "target": f"pool:{programme}"}
    return {"programme": programme, "cell": None, "decision": None, "places": count, "cause": "funded", "at": AT, **accounts}


def fault_of(lines: Iterable[bytes], earlier: dict[str, tuple[int, str]] | None = None) -> Fault | None:
    """What a stranger finds first."""
    reader = Reader(heads=earlier or {})
    for line in lines:
        fault = reader.read(line)
        if fault is not None:
            return fault
    return reader.close()


def closed_again(lines: Sequence[bytes], *, resealed: bool = True) -> list[bytes]:
    """A forger's file: lines numbered anew and the closing line made anew; where `resealed`, each record's own hash too."""
    writer, made = Writer(), []
    for line in lines[:-1]:
        values = json.loads(line)
        kind = values.pop("is")
        values.pop("line")
        if resealed and kind == "decision":
            values["hash"] = digest(values["record"])
        made.append(writer.line(kind, **values))
    return [*made, writer.end()]


def with_chain(lines: Sequence[bytes]) -> list[bytes]:
    """A forger with patience: every chain linked anew from what its records say now, down to where the cells stand."""
    heads: dict[str, str] = {}
    made: list[bytes] = []
    for line in lines:
        values = json.loads(line)
        if values["is"] == "decision":
            body = json.loads(values["record"])
            body["prev"] = heads.get(body["cell"], "0" * 64)
            values["record"] = canonical(body)
            values["hash"] = heads[body["cell"]] = digest(values["record"])
        elif values["is"] == "cell":
            values["hash"] = heads.get(values["cell"], values["hash"])
        made.append(canonical(values).encode() + b"\n")
    return closed_again(made, resealed=False)


def decisions_in(lines: Sequence[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Index of the line and the record, of each decision."""
    for index, line in enumerate(lines):
        values = json.loads(line)
        if values["is"] == "decision":
            yield index, json.loads(values["record"])


def edited(raw: bytes, /, **changes: Any) -> bytes:
    """The line with other values."""
    return canonical(json.loads(raw) | changes).encode() + b"\n"


def with_record(raw: bytes, /, **changes: Any) -> bytes:
    """A decision's line whose record says something else."""
    return edited(raw, record=canonical(json.loads(json.loads(raw)["record"]) | changes))
