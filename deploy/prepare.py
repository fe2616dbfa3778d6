"""Before the services of an installation start: each service's folder gets the keys that it needs, and no other.

    python deploy/prepare.py /state          (folders of the three services, and `operator` for commands)

A private key stays in the folder of the service that signs with it; the others get the public half. In the
demonstration, and only there, PUENTE_DEMO_STARTS sets the clock of PUENTE_CLOCK_FILE, once. Harmless to repeat.
"""

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

from shared.kernel.clock import SteeredClock
from shared.web.keys import ensure_key_pair

KEYS = {
    "identity": ("applications", ("quotas", "notifications", "operator")),
    "notifications": ("notifications", ("applications",)),
}
"""Key pair -> the service that signs, and those that verify."""


def give_keys(state: Path) -> None:
    """Make the pairs that are missing, and copy the public halves."""
    for pair, (signs, verify) in KEYS.items():
        own = state / signs / "keys"
        ensure_key_pair(own, pair)
        for service in verify:
            folder = state / service / "keys"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(own / f"{pair}.pub", folder / f"{pair}.pub")


def set_clock(file: Path, starts: str) -> None:
    """Let the demonstration begin at `starts` (ISO 8601), unless its clock was set before."""
    if not file.exists():
        SteeredClock(file).move_to(datetime.fromisoformat(starts))


if __name__ == "__main__":
    give_keys(Path(sys.argv[1]))
    if os.environ.get("PUENTE_CLOCK_FILE") and os.environ.get("PUENTE_DEMO_STARTS"):
        set_clock(Path(os.environ["PUENTE_CLOCK_FILE"]), os.environ["PUENTE_DEMO_STARTS"])
