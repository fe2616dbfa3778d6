"""Moving the clock of a demonstration, so that deadlines, rounds and closings can be watched instead of awaited."""

from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console

from services.run.commands import clock
from services.run.home import VARIABLE, Home, default_home
from shared.kernel.clock import SteeredClock
from shared.settings import CommonSettings

SHOWN: Final = "%A %d %B %Y, %H:%M UTC"
END: Final = datetime(2100, 1, 1, tzinfo=UTC)
OF_THE_SAMPLE: Final = datetime(2016, 6, 1, tzinfo=UTC)


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
        console.print(f"It is {before:{SHOWN}}. To move it on, add a day: puente clock {a_day_on(before)}", highlight=False)
        return True
    home = Home(steered.path.parent)
    if home.being_filled():
        console.print(
            f"The demonstration in {home.folder} is still being filled: its people apply in 2015, and would come too late. Wait until "
            "puente demo says that it is ready; where it does not run any more, start it again.",
            highlight=False,
        )
        return False
    try:
        wanted = datetime.fromisoformat(moment)
    except ValueError:
        console.print(f"{moment!r} is no day or moment: write it like 2016-06-01 or 2016-06-01T15:30.", highlight=False, markup=False)
        return False
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    if wanted >= END:
        far = max(wanted.year, END.year)
        console.print(f"No plan goes as far as {far}: the clock goes to {END.year - 1} at the latest.", highlight=False)
        return False
    if wanted <= before:
        console.print(
            f"It is {before:{SHOWN}} already. Time goes on only: what happened stays; puente demo --fresh begins anew.", highlight=False
        )
        return False
    steered.move_to(wanted)
    console.print(
        f"It was {before:{SHOWN}}; it is {steered.now():{SHOWN}}. What was due by then happens {_when(home)}, in no set order: "
        "go past days that matter one by one.",
        highlight=False,
    )
    return True


def a_day_on(now: datetime) -> str:
    """A day to which the clock can be moved, as an example: that of the sample's places where it is still to come, else in a week."""
    return f"{OF_THE_SAMPLE if now < OF_THE_SAMPLE else now + timedelta(days=7):%Y-%m-%d}"


def _when(home: Home) -> str:
    """When what is due happens: whether the processes of an installation with a server of its own run is not to be seen from here."""
    if home.runs():
        return "within a minute"
    if CommonSettings().database_url:
        return "within a minute where the services run"
    return "within a minute of the next start (nothing runs now)"
