"""`puente plan confirm` as it is typed: what would break is shown, and only a code from an officer's own mail puts it in force."""

import asyncio
import dataclasses
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from services.applications import use_cases
from services.applications.accounts.desk import Desk
from services.applications.accounts.people import add_staff
from services.applications.domain.lifecycle import State
from services.applications.main import Applications
from services.applications.plan import Plan, read
from services.run.confirming import confirm
from services.run.mail import MailDesk
from services.run.opened import opened
from shared.mail.sink import MailSink
from shared.mail.smtp import Mailer
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.conftest import PLAN
from tests.integration.applications.people import World
from tests.integration.launcher.conftest import Installation, Puente, ended, started

CODE = "china-celac-2015-2019"


def plan_in(folder: Path) -> Plan:
    found = read(folder)
    assert isinstance(found, Plan), found
    return found


@pytest.fixture
async def world(installation: Installation) -> AsyncIterator[World]:
    """The plan in force, and somebody who applied for a scholarship."""
    db = Database(installation.url.replace("{service}", "applications"))
    world = World(db, datetime(2016, 1, 20, 9, tzinfo=UTC))
    await world.do(use_cases.load_plan, plan_in(PLAN), actor="puente:tests")
    await world.reach(State.SUBMITTED)
    yield world
    await db.close()


@pytest.fixture
async def sink(tmp_path: Path) -> AsyncIterator[MailSink]:
    async with MailSink(tmp_path / "mails") as running:
        yield running


@pytest.fixture
def without_scholarships(tmp_path: Path) -> Path:
    """The next version of the plan, as files, in which the scholarships are gone."""
    folder = Path(shutil.copytree(PLAN, tmp_path / "next"))
    (folder / "programmes/scholarship.toml").unlink()
    (folder / "programmes/cases/scholarship.toml").unlink()
    text = (folder / "plan.toml").read_text()
    assert 'version = "1"' in text
    (folder / "plan.toml").write_text(text.replace('version = "1"', 'version = "2"'))
    return folder


class Command:
    """The command in this process: what it printed, and what is typed where it asks."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.printed = Console(file=StringIO(), width=200)

    async def confirm(self, officer: str, code: str = "") -> tuple[bool, str]:
        async def typed(_question: str) -> str:
            return code

        self.printed.file = StringIO()
        well = await confirm(self.desk, CODE, officer, typed, self.printed)
        return well, self.printed.file.getvalue()


@pytest.fixture
async def command(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Command]:
    for name, value in {**installation.environment, "PUENTE_SMTP_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    async with opened(["applications"]) as services:
        applications = services["applications"]
        assert isinstance(applications, Applications)
        yield Command(applications.desk())


async def staff(world: World, email: str, role: str) -> None:
    await world.do(add_staff, email=email, role=role, country=None, language="en", actor="tests")


async def test_nobody_but_an_officer_with_their_mail_agrees(command: Command, world: World, without_scholarships: Path) -> None:
    assert await command.confirm("eva@example.org") == (False, f"no version of {CODE} waits for a confirmation\n")
    await world.do(use_cases.load_plan, plan_in(without_scholarships), actor="puente:root")
    await staff(world, "rui@example.org", "reviewer")
    for email in ("eva@example.org", "rui@example.org"):
        well, text = await command.confirm(email)
        assert not well and f"{email} is no officer's account" in text
    await staff(world, "eva@example.org", "officer")
    well, text = await command.confirm("eva@example.org")
    assert not well and "did not take the code (server_away): set PUENTE_SMTP_HOST" in text
    assert [row.version for row in await world.rows("select version from plan_version")] == ["1"]


async def test_an_officer_who_proposed_does_not_agree_with_themselves(
    command: Command, world: World, without_scholarships: Path, sink: MailSink
) -> None:
    await staff(world, "eva@example.org", "officer")
    ((eva,),) = await world.rows("select id from account where email = 'eva@example.org'")
    await world.do(use_cases.load_plan, plan_in(without_scholarships), actor=str(eva), role="officer")
    desk = dataclasses.replace(command.desk, mailer=Mailer(CommonSettings(smtp_port=sink.port)))

    async def from_the_mail(_question: str) -> str:
        return str(MailDesk.code_in(await sink.wait_for("eva@example.org")))

    said = Console(file=StringIO(), width=200)
    assert not await confirm(desk, CODE, "eva@example.org", from_the_mail, said)
    assert "who proposed a version may not confirm it" in said.file.getvalue()  # type: ignore[attr-defined]


async def test_a_second_officer_agrees_with_the_code_of_their_mail(
    puente: Puente, installation: Installation, world: World, sink: MailSink, without_scholarships: Path
) -> None:
    proposed = await puente("plan", "load", str(without_scholarships))
    assert proposed.code == 1
    assert "scholarship: the programme would be gone, and it has applications" in proposed.text
    assert f"puente plan confirm {CODE} --officer ADDRESS" in proposed.text
    await staff(world, "eva@example.org", "officer")

    environment = {**installation.environment, "PUENTE_SMTP_PORT": str(sink.port)}
    command = ("plan", "confirm", CODE, "--officer", "eva@example.org")
    wrong = await started(*command, environment=environment, stdin=asyncio.subprocess.PIPE)
    first = await sink.wait_for("eva@example.org", timeout_seconds=60)
    refused = await ended(wrong, typed=f"{(int(str(MailDesk.code_in(first))) + 1) % 1_000_000:06}\n")
    assert (refused.code, "that is not the code of the mail; nothing was confirmed" in refused.text) == (1, True), refused.text
    assert [row.version for row in await world.rows("select version from plan_version")] == ["1"]

    right = await started(*command, environment=environment, stdin=asyncio.subprocess.PIPE)
    second = await sink.wait_for("eva@example.org", lambda mail: mail.id != first.id, timeout_seconds=60)
    agreed = await ended(right, typed=f"{MailDesk.code_in(second)}\n")
    assert agreed.code == 0, agreed.text
    assert "breaks:\n  scholarship: the programme would be gone" in agreed.text
    assert "version 2 is in force" in agreed.text
    ((confirmed_by, loaded_by),) = await world.rows("select confirmed_by, loaded_by from plan_version where version = '2'")
    ((officer,),) = await world.rows("select id from account where email = 'eva@example.org'")
    assert (confirmed_by, loaded_by.split(":")[0]) == (str(officer), "puente")
    assert await world.rows("select 1 from session where ended_at is null") == [], "no sign-in stays open behind the command"
