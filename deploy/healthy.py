#!/usr/local/bin/python -IS
"""Health of a process, asked from inside its container: `healthy /health/ready` for an API, `healthy` for a worker.

Needs the standard library only and starts in some 30 ms, because it is run every few seconds in six containers.
"""

import os
import sys
import time
from http.client import HTTPConnection, HTTPException

STALE_SECONDS = 15
"""A worker writes its state every two seconds."""


def api(path: str) -> str:
    """Empty where the API says that it is ready; else what it says."""
    connection = HTTPConnection("127.0.0.1", 8000, timeout=4)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read(2000).decode(errors="replace")
    except (OSError, HTTPException) as error:
        return f"{path} does not answer: {error}"
    return "" if answer.status == 200 else said


def worker(file: str) -> str:
    """Empty where the worker wrote `ok` just now; else what it waits for."""
    try:
        with open(file, encoding="utf-8") as handle:
            state = handle.read().strip()
            age = time.time() - os.fstat(handle.fileno()).st_mtime  # noqa: TID251 - a file's age is by the host's clock
    except OSError as error:
        return f"the worker has not said yet how it is: {error}"
    if age > STALE_SECONDS:
        return f"the worker stands still: its last word is {age:.0f} s old"
    return "" if state == "ok" else state


if __name__ == "__main__":
    fault = api(sys.argv[1]) if len(sys.argv) > 1 else worker(os.environ["PUENTE_WORKER_STATE_FILE"])
    sys.exit(fault or 0)
