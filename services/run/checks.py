"""`puente check`: every live invariant of every service, each a number that must be 0."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
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
    from services.applications import promises as applications
    from services.notifications import promises as notifications
    from services.quotas import promises as quotas

    own = {"applications": applications, "quotas": quotas, "notifications": notifications}
    return {name: one.PROMISES for name, one in own.items()} | {"all": across.PROMISES}


def show(checked: Checked, console: Console) -> None:
    """The checks, a line each: how many rows break it, what it promises, and its name where a terminal has room for it.

    A broken one says its name in any case, below its line: one looks for it in the code and in the logs. Then the sum of them.
    """
    for service, found in checked.counts.items():
        said = promises().get(service, {})
        console.print(service, style="bold", highlight=False)
        width = max((len(said.get(name, "")) for name in found), default=0)
        for name, count in found.items():
            line, style = f"{count:>4}  {said.get(name, ''):{width}}  ", "bold red" if count else ""
            fits = not console.is_terminal or len(line) + len(name) <= console.width
            shown = Text.assemble((line, style), (name, style or "dim")) if fits else Text(line.rstrip(), style)
            console.print(shown, soft_wrap=True)
            if count and not fits:
                console.print(f"      {name}", style="bold red", highlight=False, soft_wrap=True)
    console.print(checked.line, highlight=False)
