"""Small commands that fit nowhere else."""

from collections.abc import Sequence

from rich.console import Console

from services.run import databases
from services.run.home import ROOT, default_home
from services.run.opened import clock_of, values_for
from services.run.registry import NAMES
from shared.kernel.clock import Clock
from shared.persistence import migrate
from shared.settings import CommonSettings


def clock() -> Clock:
    """The clock that a command acts by: the environment's, or that of the home folder's demonstration, where its databases are meant."""
    common = CommonSettings()
    return clock_of(CommonSettings(**values_for(default_home(), common, common.database_url)))


async def migrate_databases(services: Sequence[str], console: Console) -> None:
    """Make and migrate the databases of `services`, saying what stands afterwards."""
    home = default_home()
    async with databases.server(home, CommonSettings().database_url) as url:
        await databases.prepare(url, services)
        for name in services:
            console.print(f"{name}: {migrate.head(name)}", highlight=False)


def check_texts(console: Console) -> bool:
    """Print what the check of the texts finds; whether it found nothing."""
    from shared.web.catalogues import check_catalogues

    found = check_catalogues([ROOT / "shared" / "web", *(ROOT / "services" / name for name in NAMES)])
    for line in found:
        console.print(line, highlight=False, markup=False)
    console.print(f"texts: {len(found)} faults", highlight=False)
    return not found


def update_texts(console: Console) -> None:
    """Write the catalogues of every language anew, and say what is to be translated."""
    from shared.web.catalogues import update

    for folder in (ROOT / "shared" / "web", *(ROOT / "services" / name for name in NAMES)):
        for path in update(folder):
            console.print(f"written: {path}", highlight=False, markup=False)
    check_texts(console)


def draw_events(console: Console) -> bool:
    """Write what is drawn from the event catalogue; whether no published event would break."""
    from shared.events import documents, schemas

    try:
        changed = schemas.write() + documents.write()
    except schemas.Breaking as breaking:
        console.print(
            f"nothing was written: {breaking}; a change that breaks readers is a new type, such as .v2", highlight=False, markup=False
        )
        return False
    console.print(f"drawn anew: {', '.join(changed) or 'nothing, all is current'}", highlight=False)
    return True
