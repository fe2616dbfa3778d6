"""`puente check`: every live invariant of every service, each a number that must be 0."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from services.run import across
from shared.messaging.service import Service


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found: service -> check -> rows that break it."""

    counts: Mapping[str, Mapping[str, int]]

    @property
    def number(self) -> int:
        return sum(len(found) for found in self.counts.values())

    @property
    def broken(self) -> int:
        return sum(1 for found in self.counts.values() for count in found.values() if count)

    @property
    def line(self) -> str:
        return f"invariants: {self.number} checked, {self.broken} broken"


async def check(services: Mapping[str, Service]) -> Checked:
    """Ask every service for its live checks, and make those that need more than one of them."""
    counts = {name: dict(await service.invariants()) for name, service in services.items()}
    return Checked({**counts, "all": await across.check(services)})


def show(checked: Checked, console: Console) -> None:
    """The checks as a table, and the line that sums them up."""
    table = Table(box=None, pad_edge=False)
    table.add_column("service")
    table.add_column("invariant")
    table.add_column("broken", justify="right")
    for service, found in checked.counts.items():
        for name, count in found.items():
            table.add_row(service, name, str(count), style="bold red" if count else None)
    console.print(table)
    console.print(checked.line, highlight=False)
