"""Fresh databases under one address, and the command `puente` as people run it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.run.home import Home
from services.run.registry import NAMES
from shared.web.keys import ensure_key_pair
from tests.conftest import ROOT
from tests.postgres import Server

SECONDS = 120


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit code, everything that it printed, and of that what a pipe would carry on."""

    code: int
    text: str
    piped: str


Puente = Callable[..., Awaitable[Done]]


@dataclass(frozen=True)
class Installation:
    """Databases, keys and a clock of a test's own. `url` has {service} where the name goes."""

    home: Home
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PUENTE_HOME": str(self.home.folder),
            "PUENTE_DATABASE_URL": self.url.replace("postgresql+asyncpg://", "postgresql://"),
            "PUENTE_KEYS_FOLDER": str(self.home.keys),
            "PUENTE_DOCUMENTS_FOLDER": str(self.home.documents),
            "PUENTE_CLOCK_FILE": str(self.home.clock),
        }


@pytest.fixture
async def installation(server: Server, tmp_path: Path) -> AsyncIterator[Installation]:
    """Three fresh, migrated databases, with keys."""
    server.made += 1
    pattern = f"cli_{{service}}_{server.run}_{server.made}"
    for service in NAMES:
        await server.execute(f"create database {pattern.format(service=service)} template {await server.template(service)}")
    home = Home(tmp_path / "a home").make()
    for name in ("identity", "notifications"):
        ensure_key_pair(home.keys, name)
    yield Installation(home, server.url_of(pattern))
    for service in NAMES:
        await server.execute(f"drop database if exists {pattern.format(service=service)} with (force)")


def clean_environment() -> dict[str, str]:
    """This process's environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PUENTE_")} | {"COLUMNS": "200"}


async def started(
    *arguments: str, environment: Mapping[str, str], stdin: int | None = None, stderr: int = STDOUT
) -> asyncio.subprocess.Process:
    """`puente` with these arguments, under way. What it says of errors comes with the rest, unless `stderr` says otherwise."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "services.start",
        *arguments,
        cwd=ROOT,
        env={**clean_environment(), **environment},
        stdin=stdin,
        stdout=PIPE,
        stderr=stderr,
    )


async def ended(process: asyncio.subprocess.Process, typed: str = "") -> Done:
    """Wait for its end; `typed` is what it reads."""
    async with asyncio.timeout(SECONDS):
        piped, beside = ((part or b"").decode() for part in await process.communicate(typed.encode() or None))
    assert process.returncode is not None
    return Done(process.returncode, piped + beside, piped)


@pytest.fixture
def puente(installation: Installation) -> Puente:
    """Runs `puente` on the installation to its end."""

    async def run(*arguments: str, **environment: str) -> Done:
        return await ended(await started(*arguments, environment={**installation.environment, **environment}, stderr=PIPE))

    return run
