"""The main job through the containers of `deploy/docker-compose.yml`: apply, nominate, approve, be offered a place, read the mail, accept.

    .venv/bin/python -m tests.deploy            (needs Docker with compose; some two minutes, more at the first build)
    .venv/bin/python -m tests.deploy --disaster (and a full replay, a lost broker, a backup put back)
    .venv/bin/python -m tests.deploy --keep     (leaves everything running, to look at)

Run by hand and not by `make test`, because it builds and pulls images. It has a compose project, volumes and ports of its own, so
that an installation on the same machine is not touched. Exits with 0 where everything held, with 2 where there is no Docker here.
"""

import argparse
import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2

from services.applications.plan import check_folder
from services.run.acting import Applicant, Staff, Wanted
from services.run.filling import Person, answers_of
from services.run.ports import free_port
from tests.deploy.disaster import SERVICES, sql, worst_days

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = "puente-check"
WAIT_SECONDS: Final = 60.0
PERSON: Final = Person("Lucía Fernández Güell", "lucia.fernandez@example.org", "PE", "es")


class Compose:
    """One compose project of the demonstration, on ports that are free."""

    def __init__(self) -> None:
        self.project = PROJECT
        self.port, self.mail_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mail_url = f"http://127.0.0.1:{self.mail_port}"
        # The shell stands above an env file.
        self._environment = {
            **os.environ,
            "PUENTE_PORT": str(self.port),
            "PUENTE_MAIL_PORT": str(self.mail_port),
            "PUENTE_PUBLIC_URL": self.url,
        }

    def __call__(self, *arguments: str, quiet: bool = False, given: bytes | None = None) -> bytes:
        """Run `docker compose`, with `given` as its input; what it prints."""
        files = ["--env-file", "deploy/demo.env", "--profile", "demo", "-f", "deploy/docker-compose.yml"]
        done = subprocess.run(
            ["docker", "compose", "-p", self.project, *files, *arguments],
            cwd=ROOT,
            env=self._environment,
            input=given if given is not None else b"",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            check=True,
        )
        return done.stdout

    def memory(self) -> list[tuple[str, str]]:
        """Container and its memory, as Docker counts it."""
        containers = self("ps", "-q").decode().split()
        shown = ["docker", "stats", "--no-stream", "--format", "{{.Name}}\t{{.MemUsage}}", *containers]
        lines = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.splitlines()
        return sorted((name, usage.split(" / ")[0]) for name, usage in (line.split("\t") for line in lines))


class Mailpit:
    """The mails of the demonstration. Meets `acting.Letterbox`."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=url, trust_env=False)

    async def to(self, email: str) -> list[dict[str, Any]]:
        """The mails to somebody, newest first."""
        found = await self._client.get("/api/v1/search", params={"query": f'to:"{email}"', "limit": "50"})
        messages: list[dict[str, Any]] = found.raise_for_status().json()["messages"]
        return messages

    async def text(self, message: str) -> str:
        found = await self._client.get(f"/api/v1/message/{message}")
        return str(found.raise_for_status().json()["Text"])

    async def code(self, email: str) -> str:
        """The sign-in code in the newest mail to `email` that was not used before."""

        async def look() -> str | None:
            for mail in await self.to(email):
                if not mail["Read"] and (code := re.search(r"(?m)^\s*(\d{6})\s*$", await self.text(mail["ID"]))):
                    return code.group(1)
            return None

        return str(await until(f"a sign-in code for {email}", look))

    async def letter_link(self, email: str) -> str:
        """The link in the newest mail that asks `email` for a letter."""

        async def look() -> str | None:
            for mail in await self.to(email):
                if link := re.search(r"https?://\S+/letter/\S+", await self.text(mail["ID"])):
                    return link.group(0)
            return None

        return str(await until(f"a link for a letter by {email}", look))


async def until(what: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """Look again and again until there is something; an error that names it after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {WAIT_SECONDS:.0f} s there is still not {what}")
        await asyncio.sleep(0.25)
    return found


async def main_job(url: str, mails: Mailpit, say: Callable[[str], None], person: Person = PERSON) -> None:
    """One person's way from the first page to the accepted place."""
    programme, call = _training()
    applicant = Applicant(person.email, url, mails, language=person.language)
    await applicant.sign_in()
    say("signed in with the code from the mail")
    answers = answers_of(person, programme, call, Random(7))
    application = await applicant.start("training", "PE")
    await applicant.fill(application, programme, answers)
    await applicant.attach(application, programme, answers, person.name)
    sent = await applicant.send(application)
    assert sent.receipt, sent.refused
    say(f"applied through the form; the receipt is {sent.receipt}")

    coordinator = await _clerk("peru@example.org", url, mails)
    (one,) = [one for one in await coordinator.listed(Wanted("training", 2016, "PE", ("submitted",))) if one["id"] == application]
    await coordinator.attach(one, programme)
    await coordinator.nominate(await coordinator.browser.json(f"/api/v1/applications/{application}"))
    say("nominated by the country")
    officer = await _clerk("officer@example.org", url, mails)
    await officer.approve(await officer.browser.json(f"/api/v1/applications/{application}"))
    began = time.monotonic()
    say("approved by the donor")

    async def state() -> str:
        (mine,) = [one for one in await applicant.mine() if one["id"] == application]
        return str(mine["state"])

    async def is_offered() -> bool:
        return await state() == "offered"

    subject = (ROOT / "services/notifications/texts/es/place_offered.txt").read_text().splitlines()[0]

    async def is_told() -> list[str]:
        return [mail["ID"] for mail in await mails.to(person.email) if mail["Subject"] == subject]

    await until("an offer", is_offered)
    say(f"offered a place, {time.monotonic() - began:.1f} s after the approval")
    told = await until("a mail about it", is_told)
    assert len(told) == 1, "nobody is told twice"
    say(f"told by mail, in Spanish: {subject}")
    await applicant.answer_offer(application, "accept")

    async def is_placed() -> bool:
        return await state() == "placed"

    await until("a place", is_placed)
    say("accepted; the place is taken")
    board = await applicant.browser.get("/quotas/")
    assert "training" in board.text, "the board names the programme"
    await applicant.browser.get("/messages/", expect=(200,))
    say("the board and the inbox answer under the same address")


def _training() -> tuple[Any, Any]:
    report = check_folder(ROOT / "plans" / "china-celac-2015-2019")
    programme = report.plan.programme("training") if report.plan else None
    call = programme.call(2016) if programme else None
    assert programme is not None and call is not None, report.lines
    return programme, call


async def _clerk(email: str, url: str, mails: Mailpit) -> Staff:
    clerk = Staff(email, url, mails)
    await clerk.sign_in()
    return clerk


async def closed_doors(url: str) -> None:
    """What is for the inside only is not there from outside."""
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        for path in ("/api/v1/people/x/address", "/health/invariants", "/quotas/health/ready", "/messages/health/invariants"):
            answer = await client.get(path)
            assert answer.status_code == 404, f"{path} answered {answer.status_code} through the gateway"


def settled(compose: Compose) -> None:
    """Wait until every outbox is sent and every service has read every topic to its end as far as others wrote it."""
    deadline = time.monotonic() + WAIT_SECONDS
    last = ""
    while True:
        unsent = "".join(sql(compose, name, "select count(*) from outbox where sent_at is null") for name in SERVICES)
        now = unsent + "".join(sql(compose, name, "select coalesce(sum(next_offset), 0) from consumer_offset") for name in SERVICES)
        if unsent == "0" * len(SERVICES) and now == last:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"events are still under way after {WAIT_SECONDS:.0f} s: {now}")
        last = now
        time.sleep(2)


@contextlib.asynccontextmanager
async def running(compose: Compose, *, keep: bool) -> AsyncIterator[None]:
    """Everything up and healthy, and gone afterwards with its data."""
    try:
        compose("up", "--build", "--wait", "--quiet-pull")
        yield
    except subprocess.CalledProcessError:
        print(compose("ps", "-a").decode(), compose("logs", "--tail", "15", "--no-color").decode(), file=sys.stderr)
        raise
    finally:
        if not keep:
            compose("down", "--volumes", "--remove-orphans", quiet=True)


async def check(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.deploy", description="The main job through the containers.")
    parser.add_argument("--keep", action="store_true", help="leave everything running afterwards")
    parser.add_argument("--disaster", action="store_true", help="and the worst days of docs/operations.md")
    wanted = parser.parse_args(arguments)
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        print("LEFT OUT: the containers were not tried, because no Docker with compose answers here.", file=sys.stderr)
        return 2
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    compose = Compose()
    async with running(compose, keep=wanted.keep):
        say(f"every container is healthy; {compose.url}, mails at {compose.mail_url}")
        await main_job(compose.url, Mailpit(compose.mail_url), say)
        await closed_doors(compose.url)
        if wanted.disaster:
            await asyncio.to_thread(worst_days, compose, lambda: settled(compose), say)
            await main_job(compose.url, Mailpit(compose.mail_url), say, Person("Raúl Martínez", "raul.martinez@example.org", "PE", "es"))
        print(compose("run", "--rm", "--no-deps", "puente", "check", quiet=True).decode().strip().splitlines()[-1])
        for name, used in compose.memory():
            print(f"  {name:<40} {used:>10}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(check(sys.argv[1:])))
