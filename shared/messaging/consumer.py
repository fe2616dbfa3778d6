"""Applies records to one service's database: effects, offset and outbox in one transaction, or nothing at all.

The offset row is locked and compared before anything else: a worker that was asleep while another took its partition
finds another number there and applies nothing. A record whose handler fails is found by halving the batch, and stops
only its own key (`parking`). What the database did not finish is no fault of a record: it is tried again (`unfinished`).
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from shared.events.catalogue import decode, types_for
from shared.events.envelope import AnyEvent, Refusal
from shared.kernel.crash_points import reach
from shared.messaging import parking
from shared.messaging.behind import given_up, is_among, keep, key_of
from shared.messaging.service import Handle, Service, Waits
from shared.messaging.transport import Partition, Record, TransportAway
from shared.messaging.unfinished import Unfinished
from shared.observability.logging import get_logger
from shared.persistence.database import RETRIED, Database, Tx, Unavailable, is_unfinished, said, sqlstate

log = get_logger(__name__)

_LOCK_OFFSETS = text(
    "select o.topic, o.partition, o.next_offset from consumer_offset o "
    "join unnest(cast(:topics as text[]), cast(:partitions as int[])) as wanted (topic, partition) using (topic, partition) "
    "order by o.topic, o.partition for update of o"
)
_MOVE_OFFSETS = text(
    "update consumer_offset o set next_offset = moved.next_offset, moved_at = now() "
    "from unnest(cast(:topics as text[]), cast(:partitions as int[]), cast(:offsets as bigint[])) as moved (topic, partition, next_offset) "
    "where o.topic = moved.topic and o.partition = moved.partition"
)


class Fenced(Exception):
    """Another worker has moved these offsets: this one's picture is old, and it applied nothing."""


class Consumer:
    """The receiving end of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service.name
        self.db: Database = service.db
        self._handle: Handle = service.handle
        self._types = types_for(service.name)
        self._unfinished = Unfinished()

    async def deliver(self, records: Sequence[Record]) -> None:
        """Apply records that were handed over directly, without offsets; returns after the commit."""
        await self._in_portions(records, None)

    async def apply(self, records: Sequence[Record], positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Apply fetched records; `positions` is where each partition stood before. Returns where they stand after the commit.

        Raises `Fenced` where the database says that they stood elsewhere, `Unavailable` where it is away or could not finish.
        """
        return await self._in_portions(records, positions)

    async def _in_portions(self, records: Sequence[Record], positions: Mapping[Partition, int] | None) -> dict[Partition, int]:
        moved: dict[Partition, int] = {}
        for portion in self._unfinished.portions(records):
            moved |= await self._settle(portion, {**positions, **moved} if positions is not None else None)
            self._unfinished.done(portion)
        return moved

    async def _settle(self, records: Sequence[Record], positions: Mapping[Partition, int] | None) -> dict[Partition, int]:
        try:
            return await self.db.run(lambda tx: self._apply(tx, records, positions), of="batch")
        except Exception as error:
            if is_unfinished(error):
                if self._unfinished.again(records):
                    raise Unavailable(f"the database could not finish {len(records)} events: {said(error)}") from error
                return await self._park(records[0], positions, error)
            if isinstance(error, Fenced | Unavailable | TransportAway):
                raise
            if len(records) == 1:
                if sqlstate(error) in RETRIED:
                    raise Unavailable(f"the database kept refusing the locks: {error}") from error
                return await self._park(records[0], positions, error)
        half = len(records) // 2
        moved = await self._settle(records[:half], positions)
        after = {**positions, **moved} if positions is not None else None
        return {**moved, **await self._settle(records[half:], after)}

    async def _park(self, record: Record, positions: Mapping[Partition, int] | None, error: Exception) -> dict[Partition, int]:
        code, waits_for = parking.cause_of(error)
        if not isinstance(error, Waits):
            log.error("event_parked", service=self.service, key=key_of(record), error=said(error), exc_info=error)

        async def work(tx: Tx) -> dict[Partition, int]:
            moved = await self._move_offsets(tx, [record], positions)
            await parking.park(tx, record, code=code, reason=said(error), waits_for=waits_for)
            return moved

        return await self.db.run(work)

    async def _apply(self, tx: Tx, records: Sequence[Record], positions: Mapping[Partition, int] | None) -> dict[Partition, int]:
        moved = await self._move_offsets(tx, records, positions)
        await reach("batch.begun")
        keys = {key_of(record) for record in records}
        stopped = set(await parking.locked(tx, keys))
        dropped = await given_up(tx, keys)
        events: list[AnyEvent] = []
        behind: list[Record] = []
        for record in records:
            key = key_of(record)
            read = _read(record)
            if not isinstance(read, Refusal) and read.type not in self._types:
                continue  # behind a stopped key too: nothing here would ever handle it
            if dropped and is_among(record, dropped):
                log.info("dropped_event_passed_over", service=self.service, key=key, topic=record.partition.topic, offset=record.offset)
                continue
            if key in stopped:
                behind.append(record)
            elif isinstance(read, Refusal):
                log.error("event_parked", service=self.service, key=key, error=str(read))
                await parking.park(tx, record, code=read.code, reason=str(read))
                stopped.add(key)
            else:
                events.append(read)
        if behind:
            await keep(tx, behind)
        if events:
            await self._handle(tx, events)
        await reach("batch.applied")
        return moved

    async def _move_offsets(self, tx: Tx, records: Sequence[Record], positions: Mapping[Partition, int] | None) -> dict[Partition, int]:
        if positions is None:
            return {}
        after = {record.partition: record.offset + 1 for record in records}
        partitions = sorted(after)
        names = {"topics": [p.topic for p in partitions], "partitions": [p.number for p in partitions]}
        stored = {Partition(topic, number): offset for topic, number, offset in await tx.execute(_LOCK_OFFSETS, names)}
        if any(stored.get(partition) != positions[partition] for partition in partitions):
            raise Fenced(f"stored offsets {stored} are not {dict(positions)}")
        await tx.execute(_MOVE_OFFSETS, {**names, "offsets": [after[p] for p in partitions]})
        return after


def _read(record: Record) -> AnyEvent | Refusal:
    """The event in the record, or why it is none of ours."""
    try:
        return decode(record.value, topic=record.partition.topic)
    except Refusal as refusal:
        return refusal
