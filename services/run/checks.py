"""`puente check`: every live invariant of every service, each a number that must be 0."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

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


def promises() -> Mapping[str, Mapping[str, str]]:
    """Service -> check -> what it promises, in the sentences that operators read on its page; `all` are those between the services."""
    from services.applications.staff import operations as applications
    from services.notifications import promises as notifications
    from services.quotas.pages import promises as quotas

    own = {"applications": applications, "quotas": quotas, "notifications": notifications}
    return {name: one.PROMISES for name, one in own.items()} | {"all": across.PROMISES}


def show(checked: Checked, console: Console) -> None:
    """The checks as a table, each with its promise and below that its name, and the line that sums them up."""
    table, said = Table(box=None, pad_edge=False), promises()
    table.add_column("service")
    table.add_column("promise, and the name of its check", overflow="fold")
    table.add_column("broken", justify="right")
    for service, found in checked.counts.items():
        for name, count in found.items():
            sentence = said.get(service, {}).get(name, "")
            lines = Text.assemble(sentence, "\n  " if sentence else "", (name, "dim"))
            table.add_row(service, lines, str(count), style="bold red" if count else None)
    console.print(table)
    console.print(checked.line, highlight=False)
