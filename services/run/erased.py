"""`puente erased`: the ids of people who were erased, and erasing them once more where a backup brought them back."""

from pathlib import Path
from shlex import quote
from typing import Final
from uuid import UUID

from rich.console import Console
from sqlalchemy import text

from services.applications.settings import ApplicationsSettings
from services.run.written import many, tell, whole
from shared.kernel.clock import Clock
from shared.messaging.service import Service
from shared.persistence.database import Tx

_IDS: Final = text("select person_id::text from erasure where erased_at is not null order by erased_at, person_id")


async def write_list(applications: Service, file: Path | None) -> bool:
    """One id a line, the earliest first; to the standard output where no file is named."""

    async def ids(tx: Tx) -> list[str]:
        return list((await tx.execute(_IDS)).scalars())

    people = await applications.db.run(ids)
    with whole(file) as target:
        target.writelines(f"{one}\n".encode() for one in people)
    holds = many(len(people), "id of somebody who was erased", "ids of people who were erased")
    tell(file, holds, f"After an older backup is put back: puente erased again {quote(str(file))}")
    return True


async def show_retention(applications: Service, clock: Clock, console: Console) -> bool:
    """Print what would go now, by kind; nothing is changed."""
    from services.applications.privacy import retention
    from services.applications.privacy.sweeps import periods_of

    periods = periods_of(ApplicationsSettings())
    found = await applications.db.run(lambda tx: retention.preview(tx, periods, now=clock.now()))
    for kind, count in found.items():
        console.print(f"{kind}: {count}", highlight=False)
    return True


async def erase_again(applications: Service, file: Path, clock: Clock, console: Console) -> bool:
    """Erase everybody in the file who is there; False, before anything is done, where the file is not as `write_list` wrote it."""
    from services.applications.privacy import erasing

    people: list[UUID] = []
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
        try:
            people.append(UUID(line.strip()))
        except ValueError:
            console.print(f"{file}, line {number}: expected the id of a person, as puente erased list writes it", highlight=False)
            return False
    done = 0
    for person in people:

        async def work(tx: Tx, person: UUID = person) -> bool:
            return await erasing.erase_again(tx, person, now=clock.now()) is not None

        done += await applications.db.run(work)
    console.print(f"{len(people)} people in the file, {done} erased again", highlight=False)
    return True
