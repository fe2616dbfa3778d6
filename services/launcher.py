"""The command `puente`: thin commands; what they do is in `services.run`."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from services.run.command_line import commands, ended, on_services, out, run
from services.run.registry import NAMES

ServiceName = Literal["applications", "quotas", "notifications"]
TransportName = Literal["local", "kafka"]
OneProgramme = Annotated[str | None, typer.Option(help="Only this programme.")]
OneCell = Annotated[str | None, typer.Option(help="Only this cell, such as scholarship:PE:2016.")]
Target = Annotated[Path | None, typer.Argument(help="Where to; the standard output where not given.")]

app = commands("Puente: applications, quotas and notifications of a cooperation plan.")
serve = typer.Typer(help="Run one process of one service; settings come from the environment (PUENTE_*).", no_args_is_help=True)
plan = typer.Typer(help="Cooperation plans.", no_args_is_help=True)
events = typer.Typer(help="Events that stopped, and the documents of all.", no_args_is_help=True)
account = typer.Typer(help="Accounts of staff.", no_args_is_help=True)
texts = typer.Typer(help="The texts in six languages.", no_args_is_help=True)
exports = typer.Typer(help="Files for those who check the books, or keep them.", no_args_is_help=True)
erased = typer.Typer(help="People who were erased, before and after a backup is put back.", no_args_is_help=True)
again = typer.Typer(help="Make a lost database again.", no_args_is_help=True)
GROUPS = {"serve": serve, "plan": plan, "events": events, "account": account, "texts": texts, "export": exports, "rebuild": again}
for name, group in {**GROUPS, "erased": erased}.items():
    app.add_typer(group, name=name)


@serve.command("api")
def serve_api(
    service: ServiceName,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at.")] = 8000,
) -> None:
    """The pages and the API of a service."""
    from services.run.serve import api

    run(api(service, host, port))


@serve.command("worker")
def serve_worker(service: ServiceName) -> None:
    """The relay, the consumer and the sweeps of a service."""
    from services.run.serve import worker

    run(worker(service))


@app.command()
def migrate(service: Annotated[str, typer.Argument(help="applications, quotas, notifications or all")] = "all") -> None:
    """Bring the database of a service, or of all, to this version's tables; makes it where it is missing."""
    from services.run.commands import migrate_databases

    if service != "all" and service not in NAMES:
        raise typer.BadParameter(f"{service!r} is no service: expected all, {', '.join(NAMES)}")
    run(migrate_databases(NAMES if service == "all" else (service,), out))


@plan.command("check")
def plan_check(folder: Path) -> None:
    """Say what is wrong with a plan's files, and run its example cases."""
    from services.run.plans import check_plan

    ended(check_plan(folder, out))


@plan.command("load")
def plan_load(folder: Path) -> None:
    """Put a plan in force: one event for each programme. The same version twice changes nothing."""
    from services.run.commands import clock
    from services.run.plans import load

    ended(on_services(lambda services: load(services["applications"], folder, clock(), out), "applications", may_make=True))


@plan.command("confirm")
def plan_confirm(
    code: Annotated[str, typer.Argument(metavar="PLAN", help="Code of the plan, such as china-celac-2015-2019.")],
    officer: Annotated[str, typer.Option(help="Address of the officer who agrees; a code is sent there.")],
) -> None:
    """Put a version in force that breaks promises: shows which, and asks for a code that was mailed to an officer."""
    from asyncio import to_thread

    from services.run.confirming import confirm

    async def ask(text: str) -> str:
        return await to_thread(out.input, text)

    ended(on_services(lambda services: confirm(services["applications"].desk(), code, officer, ask, out), "applications"))


@app.command()
def check() -> None:
    """Count what breaks an invariant, in all three databases; every number must be 0. Says what waits for each service, too."""
    from services.run import checks, commands, waiting

    async def look(services: dict[str, Any]) -> tuple[checks.Checked, list[waiting.Line]]:
        return await checks.check(services), await waiting.look(services, commands.clock())

    checked, waits = on_services(look)
    waiting.show(waits, out)
    checks.show(checked, out)
    ended(checked.broken == 0)


@events.command("parked")
def events_parked(service: Annotated[ServiceName | None, typer.Option(help="Only this service.")] = None) -> None:
    """List the events that stopped their key, and those behind them."""
    from services.run.parked import show_parked

    on_services(lambda services: show_parked(services, out), *([service] if service else NAMES))


@events.command("resume")
def events_resume(key: str, service: Annotated[ServiceName, typer.Option(help="The service in which it is parked.")]) -> None:
    """Go on with a key, in order."""
    from services.run.commands import clock
    from services.run.parked import resume

    ended(on_services(lambda services: resume(services[service], key, clock(), out), service))


@events.command("drop")
def events_drop(
    parked: Annotated[int, typer.Argument(metavar="ID", help="As puente events parked shows it.")],
    service: Annotated[ServiceName, typer.Option(help="The service in which it is parked.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit.")],
) -> None:
    """Give up one event for good."""
    from services.run.commands import clock
    from services.run.parked import drop

    if not reason.strip():
        raise typer.BadParameter("the reason is kept in the audit and must say something", param_hint="--reason")
    ended(on_services(lambda services: drop(services[service], parked, reason.strip(), clock(), out), service))


@events.command("republish")
def events_republish(
    days: Annotated[int, typer.Option(min=1, max=35, help="What was sent in so many days; topics keep 28.")] = 28,
    service: Annotated[ServiceName | None, typer.Option(help="Only this service.")] = None,
) -> None:
    """Send events again, after topics were lost; consumers skip what they applied."""
    from services.run.commands import clock
    from services.run.replay import republish

    on_services(lambda services: republish(services, days, clock(), out), *([service] if service else NAMES))


@events.command("reread")
def events_reread(service: Annotated[ServiceName | None, typer.Option(help="Only this service.")] = None) -> None:
    """Read the topics again from their beginning, after topics were lost or a database was set back."""
    from services.run.commands import clock
    from services.run.replay import reread

    on_services(lambda services: reread(services, clock(), out), *([service] if service else NAMES))


@events.command("docs")
def events_docs() -> None:
    """Draw schemas, AsyncAPI document and event map anew from the catalogue; refused where a published event would break."""
    from services.run.commands import draw_events

    ended(draw_events(out))


@account.command("add")
def account_add(
    email: str,
    role: Annotated[str, typer.Option(help="coordinator, reviewer, officer, auditor or operator")],
    country: Annotated[str | None, typer.Option(help="ISO 3166 alpha-2, for a coordinator.")] = None,
    language: Annotated[str, typer.Option(help="es, pt, en, fr, zh or nl")] = "en",
) -> None:
    """Make a staff account, or bring an account to this role."""
    from services.run.commands import clock
    from services.run.people import add

    ended(
        on_services(
            lambda services: add(services["applications"], clock(), out, email=email, role=role, country=country, language=language),
            "applications",
            may_make=True,
        )
    )


@app.command()
def doctor() -> None:
    """Say what this machine has and lacks, and what to do about it."""
    from services.doctor import print_report

    ended(print_report())


@texts.command("check")
def texts_check() -> None:
    """Say which texts are missing or unused in any language."""
    from services.run.commands import check_texts

    ended(check_texts(out))


@texts.command("update")
def texts_update() -> None:
    """Bring the catalogues up to date: new texts come in empty, those used nowhere go, translations stay."""
    from services.run.commands import update_texts

    update_texts(out)


@exports.command("decisions")
def export_decisions(file: Target = None, programme: OneProgramme = None, cell: OneCell = None) -> None:
    """Write decisions and transfers as a file that anybody can check (puente verify)."""
    from services.run.books import export_decisions as write

    ended(on_services(lambda services: write(services["quotas"], file, programme, cell), "quotas"))


@exports.command("journal")
def export_journal(file: Target = None) -> None:
    """Write what the books of quotas can be made again from (puente rebuild quotas --journal FILE)."""
    from services.run.books import export_journal as write

    ended(on_services(lambda services: write(services, file), "applications", "quotas"))


@app.command()
def verify(files: Annotated[list[Path], typer.Argument(help="Exports of decisions.")]) -> None:
    """Check exports of decisions, without a database and without Kafka; several are also held against each other, by their age."""
    from services.run.verifying import verify_files

    ended(verify_files(files, out, Console(stderr=True, soft_wrap=True)))


@again.command("quotas")
def rebuild_quotas(journal: Annotated[Path | None, typer.Option(help="A file of puente export journal, not the topics.")] = None) -> None:
    """Make the books of quotas again, in an empty database, from the topics: the same decisions, hash for hash."""
    from services.run.books import rebuild_quotas as make

    ended(run(make(journal, out)))


@app.command()
def retention() -> None:
    """Say what is kept no longer and would go now; the worker of applications removes it, in portions, every hour."""
    from services.run.commands import clock
    from services.run.erased import show_retention

    ended(on_services(lambda services: show_retention(services["applications"], clock(), out), "applications"))


@erased.command("list")
def erased_list(file: Target = None) -> None:
    """Write the ids of everybody who was erased; keep it beside the backups."""
    from services.run.erased import write_list as write

    ended(on_services(lambda services: write(services["applications"], file), "applications"))


@erased.command("again")
def erased_again(file: Annotated[Path, typer.Argument(help="As puente erased list wrote it.", exists=True, dir_okay=False)]) -> None:
    """Erase those people once more, after an older backup was put back."""
    from services.run.commands import clock
    from services.run.erased import erase_again

    ended(on_services(lambda services: erase_again(services["applications"], file, clock(), out), "applications"))


@app.command()
def demo(
    transport: Annotated[TransportName, typer.Option(help="How events travel.")] = "local",
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew: the data of the last demonstration are removed.")] = False,
    port: Annotated[int, typer.Option(help="The wanted port; the next free one is taken where it is in use.")] = 8080,
    mail_port: Annotated[int, typer.Option(help="The wanted port of the page that shows the mails.")] = 8025,
) -> None:
    """Start everything on this machine, with the plan of 2015-2019 and sample people."""
    from services.run.demo import demonstrate

    run(demonstrate(transport=transport, fresh=fresh, port=port, mail_port=mail_port, console=out))


@app.command("clock")
def move_clock(moment: Annotated[str, typer.Argument(help="A day or a moment (UTC), such as 2016-06-01T15:30.")] = "") -> None:
    """Say what time it is in a demonstration, or move its clock on; what is due by then happens within a minute."""
    from services.run.moving import move

    ended(move(moment, out))


@app.command()
def simulate(
    programme: Annotated[str, typer.Option(help="Code of the programme.")] = "scholarship",
    year: Annotated[int, typer.Option(help="Year of the call.")] = 2016,
    applications: Annotated[int, typer.Option(min=1, max=100_000, help="How many people apply: about four a second.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 7,
    transport: Annotated[TransportName, typer.Option(help="How events travel.")] = "local",
    keep: Annotated[Path | None, typer.Option(help="Run in this folder and keep it; a temporary one otherwise.")] = None,
    table: Annotated[Path | None, typer.Option(help="Write the table there, as .json or .csv.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="How many people are on the pages at a time.")] = 16,
) -> None:
    """Run a whole call with made-up people through the real pages, and check that nothing is lost or given twice."""
    from services.run.simulate import Order, simulate_call

    order = Order(programme=programme, year=year, applications=applications, seed=seed, transport=transport, concurrency=concurrency)
    ended(run(simulate_call(order, keep=keep, table=table, console=out)))
