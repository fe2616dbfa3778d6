"""Ports of this machine for a broker: one that is free, and whether a broker answers at one. Needs no client of Kafka."""

import os
import socket
import struct


def answers(bootstrap: str, timeout_seconds: float = 2.0) -> bool:
    """Whether a broker at host:port answers a client's metadata request and names at least one broker; none does at what is no address."""
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    client = b"puente-probe"
    # Metadata, version 1, correlation 1, no topics.
    request = struct.pack(">hhih", 3, 1, 1, len(client)) + client + struct.pack(">i", 0)
    try:
        with socket.create_connection((host, int(port)), timeout_seconds) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as stream:
                length, correlation, brokers = struct.unpack(">iii", stream.read(12))
    except (OSError, ValueError, OverflowError, struct.error):
        return False
    return bool(length > 8 and correlation == 1 and brokers > 0)


def free_port(*, but: int = 0) -> int:
    """A port of 127.0.0.1 that nobody listens on, below those that outgoing connections are given, so that it stays free.

    Not `but`, which is meant for something else that does not listen yet.
    """
    start = 20_000 + int.from_bytes(os.urandom(2)) % 10_000
    for port in range(start, start + 500):
        if port == but:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port of 127.0.0.1 is free")
