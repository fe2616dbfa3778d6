"""`puente events`: what stopped, and going on with it; every act leaves an audit row."""

import getpass
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from shared.kernel.clock import Clock
from shared.messaging import parking
from shared.messaging.service import Service, Waits

NAMED: Final = 5
"""So many of the events that can only be dropped are named below the list, which has all of them."""


async def show_parked(services: Mapping[str, Service], console: Console) -> int:
    """Print the open parked events of all services; returns how many there are."""
    table = Table(box=None, pad_edge=False)
    for heading in ("service", "id", "key", "event", "parked at", "reason"):
        table.add_column(heading, overflow="fold")
    total, no_events = 0, []
    for name, service in services.items():
        for one in await service.db.run(parking.listing):
            total += 1
            known = one.waits_for and one.waits_for != parking.AGAIN
            reason = f"waits for {one.waits_for}" if known else f"{one.reason_code}: {one.reason}"
            if not one.kept:
                no_events.append(f"{one.id} of {name}")
            table.add_row(name, str(one.id), one.key, one.type or "-", f"{one.parked_at:%Y-%m-%d %H:%M:%S}", reason)
    if total:
        console.print(table)
        console.print("Go on with a key: puente events resume KEY --service SERVICE", highlight=False)
    if no_events:
        which = ", ".join(no_events[:NAMED]) + (f" and {len(no_events) - NAMED} more" if len(no_events) > NAMED else "")
        console.print(
            f'No event of ours, and first to be given up ({which}): puente events drop ID --service SERVICE --reason "..."', highlight=False
        )
    console.print(f"{total} parked", highlight=False)
    return total


async def resume(service: Service, key: str, clock: Clock, console: Console) -> bool:
    """Go on with a key, in order; False where it stays parked, which is said with the reason."""
    if not await service.db.run(lambda tx: parking.locked(tx, [key])):
        console.print(f"{key} is not parked in {service.name}; puente events parked lists what is", highlight=False)
        return False
    tally = parking.Tally()
    try:
        done = await parking.resume(service.db, service.handle, key, now=clock.now(), actor=actor(), tally=tally)
    except Waits as waits:
        stays = f"{key} stays parked: it {waits}"
    except parking.ResumeFailed as failure:
        stays = str(failure)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is the reason to show; nothing of that event was changed
        stays = f"{key} stays parked: {type(error).__name__}: {error}"
    else:
        console.print(f"{key} goes on: {done} events handled", highlight=False)
        return True
    console.print(f"{stays} ({tally.done} events before it were handled)" if tally.done else stays, highlight=False)
    return False


async def drop(service: Service, parked: int, reason: str, clock: Clock, console: Console) -> bool:
    """Give up one parked event for good; False where there is no such open one."""
    dropped = await service.db.run(lambda tx: parking.drop(tx, parked, now=clock.now(), actor=actor(), reason=reason))
    if dropped:
        console.print(
            f"event {parked} is dropped; its key goes on with: puente events resume KEY --service {service.name}", highlight=False
        )
    else:
        console.print(f"there is no open parked event {parked} in {service.name}", highlight=False)
    return dropped


def actor() -> str:
    """Who acts, for the audit: the account on this machine."""
    try:
        return f"puente:{getpass.getuser()}"
    except (OSError, KeyError):
        return "puente"
