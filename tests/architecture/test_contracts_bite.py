"""Each import contract goes red when it is broken: a guard that checks nothing is worse than none."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

PLANTED = {
    "shared-below-services": [("shared/kernel/clock.py", "import services.quotas")],
    "services-apart": [("services/quotas/main.py", "import services.applications.main")],
    "launcher-above": [("services/quotas/main.py", "import services.launcher")],
    "inwards": [
        ("services/quotas/domain/decide.py", "import services.quotas.use_cases"),
        ("services/quotas/pages/board.py", "import services.quotas.web"),
    ],
    "core-pure": [
        ("services/quotas/domain/decide.py", "import sqlalchemy"),
        ("services/applications/domain/lifecycle.py", "import shared.messaging.outbox"),
        ("services/notifications/domain/choose.py", "import pydantic"),
    ],
    "core-still": [
        ("services/quotas/domain/decide.py", "import asyncio"),
        ("services/applications/domain/lifecycle.py", "from shared.kernel.clock import SystemClock"),
    ],
    "rules-speak-no-language": [
        ("services/applications/domain/writing.py", "import shared.kernel.cities"),
        ("services/quotas/domain/decide.py", "import babel"),
    ],
    "kernel-pure": [("shared/kernel/ids.py", "import sqlalchemy")],
    "one-door-to-kafka": [("shared/messaging/relay.py", "import aiokafka"), ("services/quotas/main.py", "import aiokafka")],
    "events-below-machinery": [("shared/events/catalogue.py", "import shared.persistence.database")],
}


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Run one contract on a copy of the tree."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--contract", contract, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and its contracts, to be broken."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("shared", "services"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "static", "*.po"))
    return folder


def test_every_contract_has_a_planted_violation() -> None:
    """A new contract is not believed before it was seen red."""
    assert {contract["id"] for contract in CONTRACTS} == set(PLANTED)


@pytest.mark.parametrize(("contract", "file", "line"), [(c, *plant) for c, plants in PLANTED.items() for plant in plants])
def test_a_planted_violation_turns_its_contract_red(copy: Path, contract: str, file: str, line: str) -> None:
    """Green as it stands, red with one import too many."""
    target = copy / file
    before = target.read_text()
    target.write_text(f"{before}\n{line}\n")
    try:
        broken = lint(copy, contract)
    finally:
        target.write_text(before)
    assert broken.returncode == 1, f"{line!r} in {file} passed {contract}:\n{broken.stdout}{broken.stderr}"
    assert "BROKEN" in broken.stdout


def test_the_tree_keeps_every_contract(copy: Path) -> None:
    """The copy is whole: what is red above is red for the planted line alone."""
    program = Path(sys.executable).with_name("lint-imports")
    clean = subprocess.run([program, "--no-cache"], cwd=copy, capture_output=True, text=True, check=False)
    assert clean.returncode == 0, clean.stdout
