"""The best that we know with one event in one transaction: asyncpg, one prepared statement an event, eight workers at once.

Each worker reads the partitions that are its own, so that no two wait for one cell, and keeps its offset in the same statement. It writes
the same rows for a place that is given as the consumer of FastStream and SQLModel does, and no more: no chain, no list, no journal.
Run as `python -m tests.bench.peers.one_statement URL BOOTSTRAP TOPIC`.
"""

import asyncio
import gc
import signal
import sys
from datetime import timedelta
from typing import Final

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events.catalogue import APPLICATIONS, decode
from shared.kernel.ids import new_id
from shared.messaging.kafka import CONSUMER_SETTINGS
from tests.bench.world import plain

_DECIDE: Final = """
with moved as (
    update consumer_offset set next_offset = $11::bigint + 1, moved_at = now() where topic = 'bench' and partition = $10::int
        and next_offset <= $11::bigint
    returning 1
), changed as (
    update cell set free = greatest(0, free - 1), offered = offered + (free > 0)::int, waiting = waiting + (free <= 0)::int,
        last_decision = last_decision + 1
    from moved where key = $1::text and not exists (select from place where application = $2::uuid)
    returning key, programme, last_decision, target >= offered + taken and waiting = 0 as given
), placed as (
    insert into place (application, person, cell, state, application_version, version, decision, score, submitted_at, parts, nominated,
        ended, answer_by, decided_at)
    select $2::uuid, $3::uuid, key, case when given then 'offered' else 'waiting' end, $4::int, 1, last_decision, $5::int,
        $6::timestamptz, '{}', false, false,
        case when given then $7::timestamptz end, $8::timestamptz
    from changed
), counted as (
    insert into limit_counter (key, kind, capacity, used, version) select 'person:' || ($3::uuid)::text, 'person', 1, 1, 1 from changed
), decided as (
    insert into decision (cell, number, application, at, outcome, record, hash, batch, turn)
    select key, last_decision, $2::uuid, $8::timestamptz, 'offered', '{}', '', 1, 0 from changed
), booked as (
    insert into transfer (programme, cell, decision, source, target, count, cause, at, batch, turn)
    select programme, key, last_decision, 'free:' || key, 'offered:' || key, 1, 'approved', $8::timestamptz, 1, 0 from changed where given
)
insert into outbox (topic, key, event_id, type, value, created_at)
select 'puente.places.v1', key, $9::uuid, 'puente.place.offered.v1', $12::bytea, $8::timestamptz from changed
"""


async def work(url: str, bootstrap: str, topic: str, partition: int) -> None:
    """One partition, one connection, one event after the other."""
    connection = await asyncpg.connect(plain(url), server_settings={"enable_seqscan": "off", "jit": "off"})
    await connection.execute("insert into consumer_offset (topic, partition, next_offset) values ('bench', $1, 0)", partition)
    decide = await connection.prepare(_DECIDE)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, **CONSUMER_SETTINGS)
    await consumer.start()
    here = TopicPartition(topic, partition)
    consumer.assign([here])
    consumer.seek(here, 0)
    try:
        while True:
            for records in (await consumer.getmany(here, timeout_ms=250, max_records=1_000)).values():
                for record in records:
                    event = decode(record.value)
                    data = event.data
                    await decide.fetch(
                        event.partitionkey,
                        data.application,
                        data.person,
                        event.subjectversion,
                        data.score,
                        data.submitted_at,
                        event.time + timedelta(days=14),
                        event.time,
                        new_id(),
                        partition,
                        record.offset,
                        record.value,
                    )
    finally:
        await consumer.stop()


async def main(url: str, bootstrap: str, topic: str) -> None:
    """Work until SIGTERM."""
    workers = [asyncio.ensure_future(work(url, bootstrap, topic, number)) for number in range(APPLICATIONS.partitions)]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    stopped = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([stopped, *workers], return_when=asyncio.FIRST_COMPLETED)
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    for one in done:
        one.result()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
