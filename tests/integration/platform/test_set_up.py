"""`make setup` on a copy of the checkout: from nothing, again, moved, broken, twice at once; and what the locks may hold."""

import json
import os
import re
import shutil
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from deploy import bootstrap

ROOT = Path(__file__).resolve().parents[3]
TAKEN = (
    *("Makefile", ".npmrc", "package.json", "package-lock.json", "pyproject.toml"),
    *("requirements.in", "requirements-dev.in", "requirements.lock", "requirements-run.lock"),
)
ADDRESS = re.compile(r"https?://|\bindex-url\b|\bfind-links\b")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without anything that a set-up makes, in a folder with a space and an accent in its name."""
    folder = tmp_path_factory.mktemp("a new") / "a chéck out"
    folder.mkdir()
    for name in TAKEN:
        shutil.copy(ROOT / name, folder)
    leave = shutil.ignore_patterns("__pycache__", "static")
    for name in ("deploy", "shared", "services"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    return folder


def make(folder: Path, *targets: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "VIRTUAL_ENV"))}
    return subprocess.run(
        ["make", "--no-print-directory", *targets], cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def first(bare: Path) -> "subprocess.CompletedProcess[str]":
    """The set-up of the bare copy, for every test that needs a whole one: any of them may be the first in its process."""
    return make(bare, "setup")


@pytest.fixture(scope="module")
def checkout(bare: Path, first: "subprocess.CompletedProcess[str]") -> Path:
    """The copy, set up."""
    assert first.returncode == 0, first.stdout + first.stderr
    return bare


@pytest.fixture
def uv_at_hand(checkout: Path) -> dict[str, str]:
    """The environment of a machine that has uv on its PATH, and so needs no pip to fetch it."""
    folder = checkout.parent / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "uv").unlink(missing_ok=True)
    (folder / "uv").symlink_to(ROOT / ".venv" / "bin" / "uv")
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_a_bare_copy_becomes_one_that_runs_and_then_stays_as_it_is(checkout: Path, first: "subprocess.CompletedProcess[str]") -> None:
    assert "ready" in first.stdout
    shown = subprocess.run([checkout / ".venv" / "bin" / "puente", "--help"], cwd="/", capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "demo" in shown.stdout
    assert json.loads((checkout / "shared" / "web" / "static" / "manifest.json").read_text())
    again = make(checkout, "setup")
    assert again.stdout.strip().startswith("set-up is current")


def test_two_at_once_take_turns(checkout: Path) -> None:
    shutil.rmtree(checkout / "node_modules")
    command = ["make", "--no-print-directory", "setup"]
    both = [subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    told = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("npm packages" in text for text in told) == 1
    assert sum("set-up is current" in text for text in told) == 1


def test_a_broken_environment_is_made_anew_by_the_uv_of_the_machine(checkout: Path, uv_at_hand: dict[str, str]) -> None:
    for name in ("python", "python3"):
        (checkout / ".venv" / "bin" / name).unlink()
    done = make(checkout, "setup", **uv_at_hand)
    assert done.returncode == 0, done.stderr
    assert "environment" in done.stdout and "npm" not in done.stdout, "what is not in the environment stays"
    assert "ensurepip" not in (checkout / ".cache" / "setup.log").read_text()
    assert not list((checkout / ".venv").glob("lib/*/site-packages/pip-*")), "no pip was needed"


def test_an_environment_that_another_put_there_is_not_taken_for_ours(checkout: Path, uv_at_hand: dict[str, str]) -> None:
    """What vouches for the packages lies with them: nothing says of this one that it has any."""
    ours, away = checkout / ".venv", checkout / "away"
    ours.rename(away)
    try:
        subprocess.run([away / "bin" / "python", "-m", "venv", "--without-pip", ours], check=True)
        for name in ("ruff", "puente"):
            shutil.copy(away / "bin" / name, ours / "bin")
        done = make(checkout, "setup", **uv_at_hand)
        assert "Python packages" in done.stdout and "command" in done.stdout, done.stdout + done.stderr
        assert "environment" not in done.stdout and "npm" not in done.stdout
        shown = subprocess.run([ours / "bin" / "puente", "--help"], cwd="/", capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stderr
    finally:
        shutil.rmtree(ours)
        away.rename(ours)
    assert make(checkout, "setup").stdout.strip().startswith("set-up is current"), "ours brings its own along"


def test_a_moved_checkout_repairs_itself(checkout: Path) -> None:
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    try:
        repaired = make(moved, "setup")
        assert repaired.returncode == 0
        assert "Python packages" in repaired.stdout and "npm" not in repaired.stdout, "what knows no place stays"
        shown = subprocess.run([moved / ".venv" / "bin" / "puente", "--help"], cwd="/", capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stderr
    finally:
        moved.rename(checkout)
    assert make(checkout, "setup").returncode == 0, "the next test finds the copy as whole as this one did"


def test_a_failure_says_what_why_and_what_next(checkout: Path) -> None:
    source = checkout / "shared" / "web" / "assets" / "app.scss"
    before = source.read_text()
    source.write_text(before + "\n.broken {\n")
    done = make(checkout, "setup")
    source.write_text(before)
    assert done.returncode != 0
    assert "cannot be built" in done.stderr and "Why:" in done.stderr and "Next:" in done.stderr
    assert make(checkout, "setup").returncode == 0


def test_another_machine_gets_npm_packages_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hold programs; a checkout on a shared disk is set up by more than one kind of machine."""
    asked: list[tuple[str, str]] = []

    def noted(label: str, inputs: str, *_rest: object) -> bool:
        asked.append((label, inputs))
        return False

    monkeypatch.setattr(bootstrap, "step", noted)
    for system, machine in (("linux", "x86_64"), ("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "aarch64")):
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        bootstrap.set_up()
    for label, different in (("Python packages", 1), ("npm packages", 3), ("assets", 3)):
        assert len({inputs for one, inputs in asked if one == label}) == different, label


def test_who_stops_it_is_told_to_run_what_they_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`make demo` sets up too."""

    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "turn", nullcontext)
    monkeypatch.setattr(bootstrap, "set_up", stopped)
    assert bootstrap.main() == 1
    assert capsys.readouterr().err == "\nStopped. Run the same command again to go on from here.\n"


def test_without_python_it_says_what_to_install(bare: Path) -> None:
    done = make(bare, "setup", "PYTHON=python9")
    assert done.returncode != 0
    assert "There is no python9 here" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-run.lock", ".npmrc"])
def test_the_locks_of_python_name_no_host(name: str) -> None:
    assert not ADDRESS.search((ROOT / name).read_text())


def test_the_lock_of_npm_holds_hashes_and_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_every_direct_dependency_has_a_lower_bound_and_a_place_in_its_lock() -> None:
    for source, lock in (("requirements.in", "requirements-run.lock"), ("requirements-dev.in", "requirements.lock")):
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
        for line in (ROOT / source).read_text().splitlines():
            wanted = line.partition("#")[0].strip()
            if wanted and not wanted.startswith("-r"):
                assert ">=" in wanted, wanted
                assert re.split(r"[\[><;]", wanted)[0].strip() in locked, wanted


def test_the_image_runs_the_very_versions_that_were_tested() -> None:
    run, tested = (dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in TAKEN[-1:-3:-1])
    assert {name: version for name, version in run.items() if tested.get(name) != version} == {}
