"""Moving the clock of a demonstration, so that deadlines, rounds and closings can be watched instead of awaited."""

from datetime import UTC, datetime
from typing import Final

from rich.console import Console

from services.run.commands import clock
from services.run.home import VARIABLE, default_home
from shared.kernel.clock import SteeredClock

SHOWN: Final = "%A %d %B %Y, %H:%M UTC"
LAST_YEAR: Final = 2099


def move(moment: str, console: Console) -> bool:
    """Make `moment` (ISO 8601; a day by itself begins at midnight UTC) the present, or say what time it is where it is empty.

    False where that cannot be, with the reason.
    """
    steered = clock()
    if not isinstance(steered, SteeredClock):
        console.print("This installation goes by the real time (no PUENTE_CLOCK_FILE), which nobody moves.", highlight=False)
        return False
    if not steered.is_set():
        console.print(
            f"No clock was set yet in {default_home().folder}. Start a demonstration first (make demo), or name the folder of one in "
            f"{VARIABLE}.",
            highlight=False,
        )
        return False
    before = steered.now()
    if not moment:
        console.print(f"It is {before:{SHOWN}}. A day behind the command moves it there: puente clock 2016-06-01", highlight=False)
        return True
    try:
        wanted = datetime.fromisoformat(moment)
    except ValueError:
        console.print(f"{moment!r} is no day or moment: write it like 2016-06-01 or 2016-06-01T15:30.", highlight=False, markup=False)
        return False
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    if wanted.year > LAST_YEAR:
        console.print(f"No plan goes as far as {wanted.year}: the clock goes to {LAST_YEAR} at the latest.", highlight=False)
        return False
    if wanted <= before:
        console.print(
            f"It is {before:{SHOWN}} already. Time goes on only: what happened stays; puente demo --fresh begins anew.", highlight=False
        )
        return False
    steered.move_to(wanted)
    console.print(
        f"It was {before:{SHOWN}}; it is {steered.now():{SHOWN}}. What was due by then happens within a minute, in no set order: "
        "go past days that matter one by one.",
        highlight=False,
    )
    return True
