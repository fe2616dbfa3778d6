"""What a thing costs in CPU time, part by part: a figure that hardly depends on who else uses the machine."""

import os
from collections import defaultdict
from typing import Any, Final

import asyncpg

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_BACKENDS: Final = (
    "select pid, case when backend_type <> 'client backend' then 'PostgreSQL, other' when application_name = 'puente relay' "
    "then 'PostgreSQL for the relay' else 'PostgreSQL' end as part from pg_stat_activity "
    "where pid <> pg_backend_pid() and (datname is null or datname = current_database())"
)


class Meter:
    """Adds up the CPU seconds of processes by the part that they play, from `start` on."""

    def __init__(self, look: "asyncpg.Connection[Any]", processes: dict[int, str]) -> None:
        self._look = look
        self._parts = dict(processes)
        self._before: dict[int, float] = {}
        self._after: dict[int, float] = {}

    async def start(self) -> None:
        """Count from here."""
        await self.note()
        self._before = dict(self._after)

    async def note(self) -> None:
        """Look at every process once more; those that ended keep their last figure."""
        for pid, part in await self._look.fetch(_BACKENDS):
            self._parts.setdefault(pid, part)
        for pid in self._parts:
            seconds = cpu_seconds(pid)
            if seconds is not None:
                self._after[pid] = seconds

    def spent(self) -> dict[str, float]:
        """Part -> CPU seconds."""
        found: defaultdict[str, float] = defaultdict(float)
        for pid, part in self._parts.items():
            found[part] += self._after.get(pid, 0.0) - self._before.get(pid, 0.0)
        return dict(found)


def cpu_seconds(pid: int) -> float | None:
    """What a process has used of the processor so far; none where it ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS
