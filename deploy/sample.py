"""What the demonstration in containers starts with: the plan of 2015-2019, and a member of staff of each role.

The same as `puente plan load` and `puente account add`, once for each clerk, in one process. Harmless to repeat.
"""

import asyncio
import sys

from rich.console import Console

from services.run.commands import clock
from services.run.home import PLAN
from services.run.opened import opened
from services.run.people import add
from services.run.plans import load
from services.run.stories import STAFF


async def fill(console: Console) -> bool:
    """Whether all of it is in."""
    async with opened(("applications",)) as services:
        applications = services["applications"]
        done = [await load(applications, PLAN, clock(), console)]
        for one in STAFF:
            added = add(applications, clock(), console, email=one.email, role=one.role, country=one.country, language=one.language)
            done.append(await added)
    return all(done)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(fill(Console(soft_wrap=True))) else 1)
