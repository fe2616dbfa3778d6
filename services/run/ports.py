"""Ports: the wanted one, or the next that is free, and the truth about it."""

import errno
import socket
from collections.abc import Callable
from typing import Final

HOST: Final = "127.0.0.1"
TRIED: Final = 200
HIGHEST: Final = 65_535


class NoPort(Exception):
    """None of the ports that were tried is free, or none may be opened."""

    safe_text = True


def listen(wanted: int, what: str, say: Callable[[str], None]) -> socket.socket:
    """A socket that listens at `wanted` on this machine alone, or at the next free port, which is then said.

    The socket is bound from here on, so nobody can take the port between the look and the use. `wanted` of 0 means any.
    """
    must_be_one(wanted)
    last = min(wanted + TRIED - 1, HIGHEST)
    for port in [wanted] if wanted == 0 else range(wanted, last + 1):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, port))
            found.listen(1024)
        except OSError as error:
            found.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                continue
            raise
        found.setblocking(False)
        taken = found.getsockname()[1]
        if wanted and taken != wanted:
            say(f"Port {wanted} is taken; {what} is at port {taken} instead.")
        return found
    raise NoPort(f"no free port for {what} between {wanted} and {last}: end a program that uses one, or name another port")


def listen_exactly(host: str, port: int) -> socket.socket:
    """A socket that listens at this very address, for a process whose place others know; `NoPort` says why not."""
    must_be_one(port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(1024)
    except OSError as error:
        found.close()
        raise NoPort(
            f"cannot listen at {host} port {port} ({error.strerror}): end the program that uses it, or name another --port"
        ) from error
    found.setblocking(False)
    return found


def must_be_one(port: int) -> None:
    """`NoPort` for a number that no port has."""
    if not 0 <= port <= HIGHEST:
        raise NoPort(f"{port} is no port: name one from 1 to {HIGHEST}, or 0 for any that is free")


def free_port() -> int:
    """A port that was free a moment ago, for a child process that binds it itself and is started again where it was taken meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
