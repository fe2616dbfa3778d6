"""The first moment of the command `puente`: Ctrl-C ends it with a line, also while its modules are still being read."""

import os
import signal
from typing import Any


def _stopped(_number: int, _frame: Any) -> None:
    os.write(2, b"\nStopped.\n")
    os._exit(130)


def main() -> None:
    """Read the command, then run it. Where it has more to end than itself, `services.run.command_line.run` takes Ctrl-C over."""
    signal.signal(signal.SIGINT, _stopped)
    from services.run.collector import collect_seldom

    collect_seldom()
    from services.launcher import app

    app(prog_name="puente")


if __name__ == "__main__":
    main()
