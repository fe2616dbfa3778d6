"""A server program that lives no longer than the process that started it, also where that one is killed outright.

Between the two stands a guard: this file, run as a script. It starts the server, holds the read end of a pipe whose
write end only the starter has, and stops the server when the pipe closes. A guard that is killed itself takes the server
along by the kernel's parent-death signal (Linux). The guard is in a session of its own, so that Ctrl-C in a terminal
reaches the starter alone, which then stops things in its order.

Standard library only, and no import of ours: the guard must start in a moment and stay small.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
ALIVE_CHECK_SECONDS = 2.0


class Identity(NamedTuple):
    """Whom a program runs as: an account, or (`namespace`) the caller in a user namespace that shows it as that account."""

    uid: int
    gid: int
    namespace: bool = False


def become(identity: Identity) -> None:
    """Turn this process, just forked, into `identity`. `OSError` where the machine does not allow it."""
    if not identity.namespace:
        os.setgroups([])
        os.setgid(identity.gid)
        os.setuid(identity.uid)
        return
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"no user namespace: {os.strerror(error)}")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{identity.uid} {uid} 1"), ("gid_map", f"{identity.gid} {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def run_as(
    identity: Identity | None, command: Sequence[str | Path], *, held: Sequence[int] = (), **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a short program to its end as `identity`; `OSError` or `subprocess.SubprocessError` where that is not possible.

    `held` are descriptors, such as a lock, that the program keeps open: it may outlive this process.
    """
    as_identity: dict[str, Any] = {}
    if identity and identity.namespace:
        as_identity = {"preexec_fn": lambda: become(identity)}
    elif identity:
        as_identity = {"user": identity.uid, "group": identity.gid, "extra_groups": []}
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={**clean_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=tuple(held),
        **as_identity,
    )


def clean_environment() -> dict[str, str]:
    """This process's environment without what would steer PostgreSQL's programs or their messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def process_exists(pid: int) -> bool:
    """Whether any process, ours or not, a zombie too, has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class ServerProcess:
    """A running server. Ends with this process, or earlier by `stop` or `kill`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | str = "/",
        identity: Identity | None = None,
        stop_signal: int = signal.SIGTERM,
        stop_seconds: float = 15.0,
        environment: Mapping[str, str] | None = None,
        held: Sequence[int] = (),
    ) -> None:
        """Start `command`, its output appended to `log`. `held` are descriptors, such as a lock, that the guard keeps open."""
        self.command = [str(part) for part in command]
        self.log = log
        order = {
            "command": self.command,
            "cwd": str(cwd),
            "identity": list(identity) if identity else None,
            "stop_signal": int(stop_signal),
            "stop_seconds": stop_seconds,
            "parent": os.getpid(),
            "held": list(held),
        }
        self._stop_seconds = stop_seconds
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, json.dumps(order)],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(os.environ if environment is None else environment),
                pass_fds=tuple(held),
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        with self._guard.stdout as told:
            self.pid = int(told.readline() or b"0")

    @property
    def guard_pid(self) -> int:
        """The process between this one and the server."""
        return self._guard.pid

    def alive(self) -> bool:
        """Whether the server runs (a paused one does)."""
        return self.pid > 0 and self._guard.poll() is None

    def ended(self) -> str:
        """How the server ended, for a person; empty while it runs."""
        code = self._guard.poll()
        if code is None:
            return ""
        signals = {int(one): f"signal {one.name}" for one in signal.Signals}
        if code < 0:
            return f"{signals.get(-code, -code)} to its guard"
        return signals.get(256 - code, f"exit code {code}")

    def send(self, number: int) -> None:
        """Send a signal to the server, if it runs; never to a stranger that has its number by now, since the guard still waits for it."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def pause(self) -> None:
        """Let the server stand still (SIGSTOP), and wait until its every thread does."""
        self.send(signal.SIGSTOP)
        deadline = time.monotonic() + 5
        while self.alive() and not _stands_still(self.pid) and time.monotonic() < deadline:
            time.sleep(0.001)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL), and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._guard.wait()
        self._close()

    def stop(self) -> int:
        """Ask the server to end, wait for it, and after `stop_seconds` end it by force. Harmless to repeat.

        Returns its exit code where it ended by itself; 137 where it was by force, 256 less the number by a signal; below 0 where
        its guard was killed.
        """
        self.send(signal.SIGCONT)
        self._close()
        try:
            self._guard.wait(self._stop_seconds + 10)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        return self._guard.returncode

    def _close(self) -> None:
        if self._guard.stdin and not self._guard.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()


def _stands_still(pid: int) -> bool:
    """Whether no thread of the process runs (Linux tells by state; elsewhere the signal is believed)."""
    with contextlib.suppress(OSError):
        return all(task.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "T" for task in Path(f"/proc/{pid}/task").iterdir())
    return True


# ----------------------------------------------------------------------------------------------------------- the guard
def guard(order: dict[str, object]) -> int:
    """Start the server, report its pid, and watch: over the server, and over whoever started this."""
    held = order["held"]
    assert isinstance(held, list)
    for descriptor in held:
        os.set_inheritable(descriptor, False)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    pid = os.fork()
    if pid == 0:
        _serve(order)
    os.write(1, b"%d\n" % pid)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    while True:
        ready, _, _ = select.select([0, wake_read], [], [], ALIVE_CHECK_SECONDS)
        asked = bool(ready and wake_read in ready and set(os.read(wake_read, 64)) - {int(signal.SIGCHLD)})
        code = _ended(pid)
        if code is not None:
            return code
        if 0 in ready or asked or os.getppid() != order["parent"]:
            return _stop(pid, int(str(order["stop_signal"])), float(str(order["stop_seconds"])))


def _serve(order: dict[str, object]) -> NoReturn:
    """The forked child: take on the identity, tie its life to the guard's, and become the server."""
    try:
        parent = os.getppid()
        os.chdir(str(order["cwd"]))
        identity = order["identity"]
        if isinstance(identity, list):
            become(Identity(*identity))
        if sys.platform == "linux":  # after the change of user, which clears it
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(str(order["stop_signal"])))
        if os.getppid() != parent:
            os._exit(1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        command = order["command"]
        assert isinstance(command, list)
        os.execv(command[0], command)  # noqa: S606 - an argument list, no shell
    except OSError as error:
        os.write(2, f"the server could not be started: {error}\n".encode())
    finally:
        os._exit(127)


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) % 256 if done else None


def _stop(pid: int, number: int, seconds: float) -> int:
    os.kill(pid, number)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        code = _ended(pid)
        if code is not None:
            return code
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return 137


if __name__ == "__main__":
    sys.exit(guard(json.loads(sys.argv[1])))
