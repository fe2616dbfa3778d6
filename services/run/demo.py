"""`puente demo`: the whole platform on this machine, with the plan of 2015-2019 and sample people, until Ctrl-C."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from services.applications.plan import Plan, check_folder
from services.run import databases, memory
from services.run.home import PLAN, Home, default_home
from services.run.moving import a_day_on
from services.run.parked import actor
from services.run.people import add
from services.run.plans import load
from services.run.registry import NAMES
from services.run.sample import Sample
from services.run.serving import until_signalled
from services.run.stack import NotStarted, Say, Stack, Wish
from services.run.stories import PRESENT, STAFF, STARTS, STORIES
from shared.observability.logging import configure_logging
from shared.persistence.database import Tx
from shared.persistence.file_lock import trying
from shared.persistence.postgres_place import remove_elsewhere
from shared.settings import CommonSettings

SETTLE_SECONDS: Final = 60.0


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {text}", highlight=False)


async def demonstrate(*, transport: Literal["local", "kafka"], fresh: bool, port: int, mail_port: int, console: Console) -> None:
    """Start everything, fill it with the sample where that is not in yet, say where it is, and run until asked to stop."""
    configure_logging("console", level=30)
    home = default_home()
    say = Progress(console)
    wish = Wish(transport=transport, port=port, mail_port=mail_port, starts=STARTS)
    if fresh or home.being_filled():
        await begin_anew(home, say, fresh=fresh)
    await until_signalled(lambda stop: _run(home, wish, console, say, stop))


async def _run(home: Home, wish: Wish, console: Console, say: Progress, stop: asyncio.Event) -> None:
    say(f"starting PostgreSQL, the services and the mail sink in {home.folder}")
    async with Stack(home, wish, say) as stack:
        say("the pages answer")
        if not stop.is_set() and not home.seeded.exists():
            filling = asyncio.create_task(fill(stack, say))
            running = asyncio.create_task(stack.wait(stop))
            await asyncio.wait([filling, running], return_when=asyncio.FIRST_COMPLETED)
            if not filling.done():
                filling.cancel()
                say("stopping before the sample was complete; the next start begins anew")
                await asyncio.gather(filling, return_exceptions=True)
                await running  # says what failed by itself
                return
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await filling
        elif not stop.is_set() and not await _anybody(stack):
            raise NotStarted(_emptied(home))
        if not stop.is_set():
            show(stack, console, await _states(stack))
            used = memory.megabytes()
            say(f"ready{f', {used} MB of memory in all' if used else ''}; Ctrl-C stops it")
            await stack.wait(stop)
        say("stopping")
    own = databases.elsewhere(home)
    say(f"stopped; the data stay in {home.folder}{f' and in {own}' if own else ''}")


async def begin_anew(home: Home, say: Say, *, fresh: bool = False) -> None:
    """Forget the last demonstration, and say what went with it; `fresh`: as somebody asked.

    A server of one's own is emptied by nobody but its owner: while applications are in it, the keys and documents that belong to
    them stay as well. So do those of a folder that belongs to a server which is not the one that is named.
    """
    cut_off, given = home.being_filled(), CommonSettings().database_url
    if (wrong := databases.moved(home, given)) and (databases.elsewhere(home) or not fresh):
        raise NotStarted(wrong)
    if given and not home.runs() and await databases.holds(given, "applications", "application"):
        why = "the last start was cut off before the sample was complete, and " if cut_off else ""
        raise NotStarted(f"{why}{_kept(given)} Nothing was removed from {home.folder} either.")
    stays = forget(home)
    also = ": the last start was cut off before the sample was complete. Whatever was typed in there meanwhile is removed too"
    say(f"began anew in {home.folder}{also if cut_off else ''}")
    if stays:
        say(f"other data stay as they were: {stays}")


def forget(home: Home) -> str:
    """Remove the data of the last demonstration; refused while it runs, and while a command works on its database.

    Answers what stays since it is not this folder's, empty where nothing does. Cut off in the middle, the next start does it again.
    """
    if not home.folder.exists():
        return ""
    with contextlib.ExitStack() as held:
        if held.enter_context(trying(home.folder / "lock")) is None:
            raise NotStarted(f"Puente runs in {home.folder}: end it first, then begin anew.")
        if not held.enter_context(_database_at_rest(home)):
            raise NotStarted(f"A command works on the database of {home.folder}: let it end first, then begin anew.")
        # From here on it is a start that was cut off, until the last of it is gone.
        _mark(home.begun)
        home.seeded.unlink(missing_ok=True)
        stays = remove_elsewhere(home.postgres)
        for inside in home.folder.iterdir():
            if inside.name != "lock" and inside != home.begun:
                shutil.rmtree(inside) if inside.is_dir() and not inside.is_symlink() else inside.unlink()
        home.begun.unlink()
        return stays


@contextlib.contextmanager
def _database_at_rest(home: Home) -> Iterator[bool]:
    """Whether no server runs on the folder's own database, nor begins to. One that is about to end is waited for."""
    if not home.postgres.is_dir():
        yield True
        return
    deadline = time.monotonic() + databases.COMMAND_SECONDS
    while True:
        with trying(home.postgres / "lock") as lock:
            if lock is not None or time.monotonic() > deadline:
                yield lock is not None
                return
        time.sleep(databases.LOOK_SECONDS)


def _mark(path: Path) -> None:
    path.write_text(f"by {actor()}\n")


def _kept(given: str) -> str:
    """Why a demonstration cannot begin in a server of one's own, and what its owner can do."""
    names = ", ".join(databases.name(given, name) for name in NAMES)
    return (
        f"there are applications in {databases.address(given)}, and Puente removes nothing from a server of your own: "
        f"drop these databases there and start again ({names}), or name others in PUENTE_DATABASE_URL."
    )


def _emptied(home: Home) -> str:
    """What is to be said where the sample was put in, and is in the databases no more."""
    where = databases.elsewhere(home) or home.folder
    return f"the sample people were put into {where}, and nobody's application is there any more: puente demo --fresh begins anew"


async def fill(stack: Stack, say: Progress) -> None:
    """The plan, the staff, and the stories of the sample people; marked as done at the very end."""
    given = CommonSettings().database_url
    if await _anybody(stack):
        fresh = "that are not the sample's: puente demo --fresh removes them and begins anew"
        raise NotStarted(_kept(given) if given else f"there are applications in {stack.home.folder} {fresh}")
    if stack.clock.now() > PRESENT:
        raise NotStarted(f"the clock in {stack.home.folder} is past the days of the sample: puente demo --fresh begins anew")
    _mark(stack.home.begun)
    plan = await load_plan(stack, say)
    await add_staff(stack)
    async with stack.settling() as known:
        await known.settled(seconds=SETTLE_SECONDS)
        sample = Sample(url=stack.url, letterbox=stack.mail, clock=stack.clock, settling=known, plan=plan, say=say)
        await sample.play()
    _mark(stack.home.seeded)


async def load_plan(stack: Stack, say: Progress) -> Plan:
    """Put the shipped plan in force."""
    report = check_folder(PLAN)
    if report.plan is None or not report.ok:
        raise NotStarted("\n".join(report.lines))
    quiet = Console(quiet=True)
    await load(stack.services["applications"], PLAN, stack.clock, quiet)
    say(f"loaded the plan {report.plan.code}: {len(report.plan.programmes)} programmes, {len(report.plan.countries)} countries")
    return report.plan


async def add_staff(stack: Stack) -> None:
    quiet = Console(quiet=True)
    for clerk in STAFF:
        await add(
            stack.services["applications"],
            stack.clock,
            quiet,
            email=clerk.email,
            role=clerk.role,
            country=clerk.country,
            language=clerk.language,
        )


async def _anybody(stack: Stack) -> bool:
    """Whether anybody has applied already."""
    applications = stack.services["applications"]
    return bool(await applications.db.run(_applied))


async def _applied(tx: Tx) -> int:
    return int((await tx.execute(text("select count(*) from application"))).scalar_one())


_STATES: Final = text(
    "select p.email, a.programme, a.year, case when a.state = 'waiting' and a.waiting_rank = 0 then 'approved' else a.state end as state "
    "from application a join account p on p.id = a.person_id where a.state <> 'withdrawn'"
)


async def _states(stack: Stack) -> dict[tuple[str, str, int], str]:
    """E-mail, programme and year -> the state that the application is in by now; who waits for the day of the places is approved."""

    async def read(tx: Tx) -> dict[tuple[str, str, int], str]:
        return {(row.email, row.programme, row.year): row.state for row in await tx.execute(_STATES)}

    return await stack.services["applications"].db.run(read)


def show(stack: Stack, console: Console, states: Mapping[tuple[str, str, int], str]) -> None:
    """The addresses and the sign-ins."""
    console.print()
    places = Table(box=None, show_header=False, pad_edge=False)
    for what, where in (
        ("Puente", stack.url),
        ("The places, on a map", f"{stack.url}/quotas/"),
        ("The mails (sign-in codes come there)", stack.mail.url),
        *([("The broker", stack.broker.bootstrap)] if stack.broker is not None else []),
    ):
        places.add_row(what, f"[bold]{where}[/]")
    console.print(places)
    console.print()
    people = Table(title="Sign in with one of these; the code is in the mails", title_justify="left", box=None, pad_edge=False)
    for heading in ("email", "who", "language"):
        people.add_column(heading)
    for clerk in STAFF:
        people.add_row(clerk.email, f"{clerk.role}{f' of {clerk.country}' if clerk.country else ''}", clerk.language)
    for story in SHOWN:
        state = states.get((story.person.email, story.programme, story.year), "withdrawn")
        people.add_row(story.person.email, f"{story.name}: {story.programme} {story.year}, {state}", story.language)
    people.add_row("any other address", "a new applicant", "")
    console.print(people)
    console.print()
    now = stack.clock.now()
    console.print(f"On its clock it is {now:%A %d %B %Y, %H:%M} UTC; puente clock {a_day_on(now)} moves it on.", highlight=False)


SHOWN = [
    story for story in STORIES if story.year == 2016 and story.ends in ("draft", "returned", "waiting", "offered", "placed", "refused")
]
