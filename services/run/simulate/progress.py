"""Shows how far a simulation is, and measures its phases."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from services.run import memory
from services.run.simulate.outcome import Phase

SAY_SECONDS: Final = 20.0


class Step:
    """One phase under way."""

    def __init__(self, bars: Bars, name: str, total: int, say: Callable[[str], None]) -> None:
        self._bars = bars
        self._task = bars.add_task(name, total=total or None)
        self._name, self._total, self._say = name, total, say
        self._said = time.monotonic()
        self.count = 0

    def step(self) -> None:
        """One more is done."""
        self.count += 1
        self._bars.advance(self._task)
        if self._bars.disable and time.monotonic() - self._said > SAY_SECONDS:
            self._said = time.monotonic()
            self._say(f"{self._name:<10} {self.count:>6}" + (f" of {self._total}" if self._total else ""))

    def more(self) -> None:
        """One more is done, of a number that nobody knows beforehand."""
        self.step()


class Progress:
    """The phases so far. On a terminal a bar each; elsewhere a line now and then, and one when a phase ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.phases: list[Phase] = []
        self.memory_megabytes: int | None = None

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False)

    @contextmanager
    def phase(self, name: str, what: str, total: int, *, since: float | None = None) -> Iterator[Step]:
        """Measure and show one phase; what it counts is `what`. `since`: count the seconds from this reading of the monotonic clock on."""
        began = time.monotonic() if since is None else since
        columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bars(*columns, console=self._console, transient=True, disable=not self._console.is_terminal) as bars:
            step = Step(bars, name, total, self.say)
            yield step
        made = Phase(name, what, step.count or total, time.monotonic() - began)
        self.phases.append(made)
        self.say(f"{name:<10} {made.count:>6} {what}, {made.seconds:.1f} s")
        used = memory.megabytes()
        if used is not None:
            self.memory_megabytes = max(used, self.memory_megabytes or 0)
