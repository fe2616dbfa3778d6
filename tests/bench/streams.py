"""The pipeline's peer without a database: a Kafka Streams topology in Java, built from its source with artifacts that Maven fetches."""

import asyncio
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from shared.events.catalogue import PLACES
from shared.events.envelope import Event, decode_envelope
from shared.messaging import broker_java
from shared.messaging.broker_java import CACHE, KAFKA_VERSION
from shared.messaging.transport import partitions_of
from tests.bench.cost import cpu_seconds
from tests.bench.decisions import PLACES_A_CELL, Run, filled_topic, process_of
from tests.bench.world import Bench, transport_of

SOURCE: Final = Path(__file__).parent / "peers" / "streams" / "Decisions.java"
LIBRARIES: Final = CACHE / f"kafka-streams-{KAFKA_VERSION}"


class Missing(Exception):
    """The peer cannot be run here; the text says what it lacks."""


def built(folder: Path) -> list[str]:
    """The command that runs the peer, compiled into `folder`."""
    java = broker_java.find_java()
    if isinstance(java, str):
        raise Missing(java)
    told = broker_java.fetch("kafka-streams", LIBRARIES)
    if told is not None:
        raise Missing(told)
    compiler = java.with_name("javac")
    if not compiler.exists():
        raise Missing(f"no compiler beside {java}")
    subprocess.run([compiler, "-cp", f"{LIBRARIES}/*", "-d", folder, SOURCE], check=True, timeout=120)
    (folder / "log4j.properties").write_text("log4j.rootLogger=OFF\n")
    return [str(java), "-Xmx1g", f"-Dlog4j.configuration=file:{folder}/log4j.properties", "-cp", f"{folder}:{LIBRARIES}/*", "Decisions"]


async def measure(bench: Bench, number: int, seed: int) -> Run:
    """Decisions a second from the first ones on, as a reader of committed records sees them; and what one costs in CPU time."""
    with tempfile.TemporaryDirectory(prefix="puente-bench-", dir="/tmp") as folder:
        command = await asyncio.to_thread(built, Path(folder))
        prefix = await filled_topic(bench, number, seed)
        source = await transport_of(bench, prefix).source("bench", None)  # type: ignore[arg-type]
        source.assign(dict.fromkeys(partitions_of([PLACES]), 0))
        values: list[bytes] = []
        quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
        async with process_of(*command, bench.bootstrap, prefix, str(PLACES_A_CELL), f"{folder}/state", **quiet) as peer:
            parts = {peer.pid: "the topology", **bench.broker}
            async with asyncio.timeout(600):
                while not values:
                    values += await _fetched(source)
                before, began, had = {pid: cpu_seconds(pid) or 0.0 for pid in parts}, time.perf_counter(), len(values)
                while len(values) < number:
                    values += await _fetched(source)
            seconds = time.perf_counter() - began
            cost = {part: ((cpu_seconds(pid) or 0.0) - before[pid]) / (number - had) * 1e6 for pid, part in parts.items()}
        await source.close()
    right([decode_envelope(value) for value in values], number)
    return Run((number - had) / seconds, cost)


async def _fetched(source: Any) -> list[bytes]:
    return [record.value for record in await source.fetch(max_records=5_000, timeout_ms=100)]


def right(told: list[Event[Any]], number: int) -> None:
    """Everybody was decided once, and no cell gave more than it has."""
    assert len(told) == len({one.subject for one in told}) == number, "everybody is told of one decision"
    given = Counter(one.partitionkey for one in told if one.type == "puente.place.offered.v1")
    assert max(given.values()) <= PLACES_A_CELL, "no cell gives more than it has"
