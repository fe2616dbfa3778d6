"""`puente plan`: check a plan's folder, and put it in force."""

from pathlib import Path

from rich.console import Console

from services.applications.plan import check_folder
from services.applications.plan.versions import LoadRefused
from services.applications.use_cases.plans import Loaded, NeedsConfirmation, ProgrammeTaken, Stranded, Unchanged, load_plan
from services.run.parked import actor
from shared.kernel.clock import Clock
from shared.messaging.service import Service


def check_plan(folder: Path, console: Console) -> bool:
    """Print what is wrong with the folder, or what is in it; whether all is well."""
    report = check_folder(folder)
    for line in report.lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return report.ok


async def load(applications: Service, folder: Path, clock: Clock, console: Console) -> bool:
    """Check the folder and put its plan in force; whether it is, now or already."""
    report = check_folder(folder)
    if not report.ok or report.plan is None:
        for line in report.lines:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        return False
    plan = report.plan
    outcome = await applications.db.run(lambda tx: load_plan(tx, plan, actor=actor(), now=clock.now()))
    match outcome:
        case Loaded(programmes):
            text = f"{plan.code} version {plan.version} is in force: {', '.join(programmes)}"
        case Unchanged():
            text = f"{plan.code} version {plan.version} was loaded before; nothing was changed"
        case NeedsConfirmation(change, breaks):
            text = f"{plan.code} version {plan.version} breaks promises already made: {'; '.join(breaks)}. "
            text += f"Nothing was changed; an officer can agree: puente plan confirm {plan.code} --officer ADDRESS (change {change})"
        case Stranded(lines):
            text = f"{plan.code} version {plan.version} was refused: {'; '.join(lines)}. "
            text += "Nothing was changed, and no officer can agree to it: keep the year in the plan until they have ended."
        case ProgrammeTaken(programme, other):
            text = f"the programme {programme} belongs to the plan {other} already; nothing was changed"
        case LoadRefused():
            text = f"{plan.code} version {plan.version} was loaded before and said something else then; nothing was changed. "
            text += "Give the changed plan a new version in plan.toml, and load it again."
    console.print(text, highlight=False, markup=False, soft_wrap=True)
    return isinstance(outcome, Loaded | Unchanged)
