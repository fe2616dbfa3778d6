"""A command and a worker load no web framework; and what a worker cannot load ends its start."""

import subprocess
import sys
from typing import Any

import pytest
from fastapi import FastAPI

from services.run.registry import NAMES
from shared.messaging.consumer import Consumer
from shared.messaging.service import Handle, Service
from shared.persistence.database import Database
from tests.conftest import ROOT

WORKER = """
import sys
from services.run.registry import build, settings_of
from shared.kernel.clock import SystemClock
given = {{"keys_folder": {folder!r}, "database_url": "postgresql://nobody@127.0.0.1:1/none"}}
service = build({name!r}, settings_of({name!r}, given), SystemClock())
service.load_work()
print(*sorted({{one.split(".")[0] for one in sys.modules}} & {{"fastapi", "jinja2", "alembic"}}))
"""
AGREEMENT = """
import sys
from pathlib import Path
from services.run import confirming
from services.run.registry import build, settings_of
from shared.kernel.clock import SystemClock
from shared.web.keys import ensure_key_pair
ensure_key_pair(Path({folder!r}), "identity")
given = {{"keys_folder": {folder!r}, "database_url": "postgresql://nobody@127.0.0.1:1/none"}}
build("applications", settings_of("applications", given), SystemClock()).desk()
print(*sorted({{one.split(".")[0] for one in sys.modules}} & {{"fastapi", "jinja2", "alembic"}}))
"""
HELP = """
import sys
from services.start import main
sys.argv = ["puente", "--help"]
try:
    main()
except SystemExit:
    pass
print(*sorted({one.split(".")[0] for one in sys.modules} & {"fastapi", "jinja2", "alembic", "sqlalchemy", "pydantic", "aiokafka"}))
"""


def last_line(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_loads_no_pages(name: str, tmp_path: Any) -> None:
    assert last_line(WORKER.format(name=name, folder=str(tmp_path))) == ""


def test_what_an_officer_agrees_with_in_a_terminal_loads_no_pages(tmp_path: Any) -> None:
    assert last_line(AGREEMENT.format(folder=str(tmp_path))) == ""


def test_help_loads_no_library_of_a_service() -> None:
    assert last_line(HELP) == ""


async def nothing_broken() -> dict[str, int]:
    return {}


async def test_what_a_worker_cannot_load_ends_its_start() -> None:
    def broken() -> Handle:
        raise ModuleNotFoundError("services.quotas.events")

    db = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    service = Service("quotas", db, FastAPI, broken, tuple, nothing_broken)
    with pytest.raises(ModuleNotFoundError):
        service.load_work()
    with pytest.raises(ModuleNotFoundError):
        Consumer(service)
    await db.close()
