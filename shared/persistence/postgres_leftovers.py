"""What a crash may have left of an embedded PostgreSQL: a server without an owner, its helpers, a pid file that lies."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from shared.persistence.server_process import process_exists

STOP_SECONDS: Final = 30.0
QUIT_SECONDS: Final = 10.0


def end_leftovers(data: Path) -> list[int]:
    """Before a start, under the folder's lock: end the server of an earlier owner; answers who does not end, normally nobody.

    A pid file may name our server, a process that has its number by now, or none. Only what is PostgreSQL in this very
    data folder is signalled. The pid file of a stranger is removed, since PostgreSQL would believe it; any other stays,
    since PostgreSQL checks by it that nobody holds the old shared memory.
    """
    deadline = time.monotonic() + STOP_SECONDS
    asked = False
    while True:
        noted = pid_line(data, 0)
        server = int(noted) if noted.isdigit() and _serves(int(noted), data) else None
        helpers = _helpers(data)
        if server is None and not helpers:
            break
        late = time.monotonic() - deadline
        if late > QUIT_SECONDS:
            return [*helpers, *([server] if server else [])]
        if server and not asked:
            _send(server, signal.SIGINT)
            asked = True
        if late > 0:  # helpers end by themselves once their server is gone
            for pid in (*helpers, *([server] if server else [])):
                _send(pid, signal.SIGQUIT)
        time.sleep(0.02)
    if noted.isdigit() and process_exists(int(noted)):
        (data / "postmaster.pid").unlink(missing_ok=True)
    return []


def pid_line(data: Path, number: int) -> str:
    """One line of `postmaster.pid`: 0 is the process, 7 its state; empty where there is none."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[number].strip() if number < len(lines) else ""


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is PostgreSQL on this data folder; a zombie has no command line and is not."""
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return False
        told = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return f"postgres -D {data} " in told


def _helpers(data: Path) -> list[int]:
    """PostgreSQL's helper processes in this data folder, which outlive a killed server for a moment (Linux)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(entry / "cwd") == str(data) and (entry / "cmdline").read_bytes().startswith(b"postgres: "):
                found.append(int(entry.name))
    return found
