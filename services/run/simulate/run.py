"""Starts a stack of its own, plays a call on it, and reports."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from rich.console import Console

from services.applications.plan import check_folder
from services.applications.plan.model import Call, Plan, Programme
from services.run import checks
from services.run.home import PLAN, Home
from services.run.plans import load
from services.run.serving import until_signalled
from services.run.simulate.outcome import Outcome, Row, place, show, write
from services.run.simulate.people import Crowd
from services.run.simulate.phases import Phases
from services.run.simulate.progress import Progress
from services.run.simulate.roster import Member, roster
from services.run.stack import NotStarted, Stack, Wish
from services.run.written import many
from shared.mail.sink import MAILS_MAX
from shared.observability.logging import configure_logging
from shared.persistence.postgres_place import remove_elsewhere

RESTING: Final = frozenset(("rejected", "waiting", "refused", "declined", "lapsed", "withdrawn", "placed"))
"""States in which an application may stand at the end; in any other one an answer is missing."""
MAILS_A_PERSON: Final = 20
"""More than anybody gets in a call, their referees' mails among them."""
MADE_AT_ONCE: Final = 100
MADE_BEFORE_A_WORD: Final = 20_000
UNTHROTTLED: Final = 10_000_000
SETTINGS: Final = {"codes_asked_per_address": UNTHROTTLED, "codes_tried_per_address": UNTHROTTLED}
"""Everybody sits at the same machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to simulate."""

    programme: str
    year: int
    applications: int
    seed: int
    transport: Literal["local", "kafka"] = "local"
    concurrency: int = 16


async def simulate_call(order: Order, *, keep: Path | None, table: Path | None, console: Console, plan: Path = PLAN) -> bool:
    """Simulate a call and print what came of it; whether everybody has an answer and no invariant is broken."""
    if table is not None:
        place(table)
    configure_logging("console", level=40)
    outcome: list[Outcome] = []

    async def work(stop: asyncio.Event) -> None:
        playing = asyncio.create_task(play(order, keep=keep, console=console, plan=plan))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([playing, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not playing.done():
            playing.cancel()
            await asyncio.wait([playing])
            raise NotStarted("the simulation was stopped before its end")
        outcome.append(await playing)

    await until_signalled(work)
    show(outcome[0], console)
    if table is not None:
        write(outcome[0], table)
    return outcome[0].well


async def play(order: Order, *, keep: Path | None, console: Console, plan: Path = PLAN) -> Outcome:
    """The whole run, on a fresh stack in `keep` or a temporary folder."""
    call = _call(order, plan)[2]
    async with AsyncExitStack() as exits:
        if keep is None:
            folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="puente-simulation-", ignore_cleanup_errors=True)))
            exits.callback(remove_elsewhere, Home(folder).postgres)
        else:
            folder = keep.absolute()
            if folder.exists() and not folder.is_dir():
                raise NotStarted(f"{folder} is a file: a simulation needs a folder of its own, which may be one that is not there yet")
            if folder.exists() and any(folder.iterdir()):
                raise NotStarted(f"{folder} is not empty: a simulation needs a folder of its own")
        progress = Progress(console)
        stack = await exits.enter_async_context(Stack(Home(folder), wish_for(order, call.opens), progress.say))
        return await play_on(stack, order, progress, plan=plan)


def wish_for(order: Order, opens: datetime) -> Wish:
    """The stack that this order is played on. Every mail stays: referees read theirs when everybody has applied."""
    mails = MAILS_MAX + MAILS_A_PERSON * order.applications
    return Wish(transport=order.transport, port=0, mail_port=0, mails_most=mails, starts=opens, settings=SETTINGS, database_url="")


async def play_on(stack: Stack, order: Order, progress: Progress, *, plan: Path = PLAN) -> Outcome:
    """The call on a stack that runs, with nothing in it."""
    whole, programme, call = _call(order, plan)
    async with AsyncExitStack() as exits:
        progress.say(f"{order.applications} people apply for {programme.code} {call.year} at {stack.url}, events by {order.transport}")
        await load(stack.services["applications"], plan, stack.clock, Console(quiet=True))
        settling = await exits.enter_async_context(stack.settling())
        await settling.settled(seconds=60, alive=stack.raise_failures)
        members = await made_up(whole, programme, call, order, progress)
        crowd = await exits.enter_async_context(Crowd(stack, programme.code, call.year, members, order.concurrency))
        await crowd.hire()
        phases = Phases(crowd, programme, call, settling, progress)
        await phases.play()
        await settling.settled(seconds=60, alive=stack.raise_failures)
        return await _report(order, crowd, phases, progress)


async def made_up(plan: Plan, programme: Programme, call: Call, order: Order, progress: Progress) -> list[Member]:
    """Everybody who takes part; between two of them whoever asks the simulation to stop is heard."""
    members: list[Member] = []
    for member in roster(plan, programme, call, size=order.applications, seed=order.seed):
        members.append(member)
        if len(members) % MADE_AT_ONCE == 0:
            await asyncio.sleep(0)
        if len(members) % MADE_BEFORE_A_WORD == 0:
            progress.say(f"{len(members)} of {order.applications} people are made up")
    return members


def _call(order: Order, folder: Path) -> tuple[Plan, Programme, Call]:
    report = check_folder(folder)
    if report.plan is None or not report.ok:
        raise NotStarted("\n".join(report.lines))
    programme = report.plan.programme(order.programme)
    if programme is None:
        raise NotStarted(f"{order.programme!r} is no programme of {report.plan.code}: {', '.join(p.code for p in report.plan.programmes)}")
    call = programme.call(order.year)
    if call is None:
        raise NotStarted(f"{programme.code} has no call of {order.year}: {', '.join(str(c.year) for c in programme.calls)}")
    return report.plan, programme, call


async def _report(order: Order, crowd: Crowd, phases: Phases, progress: Progress) -> Outcome:
    board = {one["country"]: one for one in await phases.board()}
    standing = await crowd.standing()
    rows = _rows(crowd, phases, standing, board)
    checked = await checks.check(crowd.stack.services)
    states = Counter(one["state"] for one in standing)
    return Outcome(
        order={key: value for key, value in asdict(order).items() if key not in ("transport", "concurrency")},
        rows=rows,
        final=dict(states),
        phases=progress.phases,
        lost=_lost(crowd, standing, rows, board),
        invariants=checked.line,
        broken=checked.broken,
        memory_megabytes=progress.memory_megabytes,
        notes=[
            f"{many(phases.refused_by_rules, 'person', 'people')} read on the page that they do not fulfil the conditions; "
            "they are not in the table",
            "sign-ins from one network address were not limited here, as everybody sits at the same machine",
        ],
    )


def _rows(crowd: Crowd, phases: Phases, standing: Sequence[Any], board: dict[str, Any]) -> list[Row]:
    rows = {country: Row(country, places=int(one["target"])) for country, one in sorted(board.items())}
    for one in standing:
        row = rows[one["country"]]
        row.applied += 1
        row.nominated += one["id"] in phases.nominated
        row.approved += one["id"] in phases.approved
        row.offered += one["id"] in phases.offered
        row.waiting += one["state"] == "waiting"
        row.refused += one["state"] == "refused"
        row.taken += one["state"] == "placed"
    return list(rows.values())


def _lost(crowd: Crowd, standing: Sequence[Any], rows: Sequence[Row], board: dict[str, Any]) -> list[str]:
    """What has no answer, or is told differently by two services."""
    found = []
    missing = set(crowd.applications) - {one["id"] for one in standing}
    if missing:
        found.append(f"{len(missing)} applications that were answered with a receipt are nowhere: {sorted(missing)[:3]}")
    for one in standing:
        if one["state"] not in RESTING:
            found.append(f"application {one['id']} still is {one['state']}")
    for row in rows:
        told = (int(board[row.country]["taken"]), int(board[row.country]["waiting"]))
        if told != (row.taken, row.waiting):
            found.append(f"{row.country}: quotas counts {told[0]} taken and {told[1]} waiting, applications {row.taken} and {row.waiting}")
        if row.taken > row.places:
            found.append(f"{row.country}: {row.taken} hold a place, of {row.places}")
    return found
