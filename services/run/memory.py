"""How much memory a stack uses: this process and all that descend from it, as the kernel shares it out between them."""

import os
from pathlib import Path

PROC = Path("/proc")


def megabytes() -> int | None:
    """The sum of this process and its descendants (proportional set size); None where the machine does not tell."""
    parents = _parents()
    if not parents:
        return None
    family, grown = {os.getpid()}, True
    while grown:
        found = {pid for pid, parent in parents.items() if parent in family}
        grown = not found <= family
        family |= found
    return sum(_bytes(pid) for pid in family) // 1_000_000


def _parents() -> dict[int, int]:
    found: dict[int, int] = {}
    try:
        pids = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]
    except OSError:
        return found
    for pid in pids:
        try:
            # The name in brackets may hold anything; what follows the last bracket is state and parent.
            found[pid] = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return found


def _bytes(pid: int) -> int:
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return 0
    return 0
