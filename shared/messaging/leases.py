"""Which worker reads which partition: leases in the consumer's own database.

A worker renews its leases every second; one that stops renewing, however it stopped, loses them after `HOLD_SECONDS`
and another takes over. A lease only shares out the work: what keeps a late worker from writing is the offset
(`consumer.Fenced`). Members share evenly, `ceil(partitions / members)` each. The database's clock alone counts.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from shared.messaging.transport import Partition
from shared.persistence.database import Database, Tx

HOLD_SECONDS: Final = 5.0
RENEW_SECONDS: Final = 1.0


class Leases:
    """The leases of one worker, `owner`, on the partitions that its service reads."""

    def __init__(self, db: Database, owner: UUID, partitions: Sequence[Partition], *, hold_seconds: float = HOLD_SECONDS) -> None:
        self._db = db
        self._owner = owner
        self._partitions = sorted(partitions)
        self._hold = hold_seconds

    async def refresh(self) -> dict[Partition, int | None]:
        """Renew, give away what is beyond the fair share, take what is free up to it; returns what is held now, and where each stands.

        Where one stands that was never read, or that is to be read from its beginning, is None. Call it between batches only, so that
        nothing is given away in mid-work.
        """
        return await self._db.run(self._refresh)

    async def leave(self) -> None:
        """Give everything away at once; for an orderly stop."""

        async def work(tx: Tx) -> None:
            await tx.execute(
                text("update partition_lease set owner = null, held_until = '-infinity' where owner = :owner"), {"owner": self._owner}
            )
            await tx.execute(text("delete from worker_member where owner = :owner"), {"owner": self._owner})

        await self._db.run(work)

    async def _refresh(self, tx: Tx) -> dict[Partition, int | None]:
        topics, numbers = [p.topic for p in self._partitions], [p.number for p in self._partitions]
        await tx.execute(text("select pg_advisory_xact_lock(hashtext('puente.leases'))"))
        await tx.execute(
            text(
                "insert into partition_lease (topic, partition) select * from unnest(cast(:topics as text[]), cast(:numbers as int[])) "
                "on conflict do nothing"
            ),
            {"topics": topics, "numbers": numbers},
        )
        await tx.execute(text("delete from worker_member where seen_until < now() - interval '1 minute'"))
        await tx.execute(
            text(
                # `state` says nothing: what a worker waits for is in its own health. The column is there, and wants a value.
                "insert into worker_member (owner, seen_until, state) values (:owner, now() + make_interval(secs => :hold), 'ok') "
                "on conflict (owner) do update set seen_until = excluded.seen_until"
            ),
            {"owner": self._owner, "hold": self._hold},
        )
        members = int((await tx.execute(text("select count(*) from worker_member where seen_until > now()"))).scalar_one())
        share = -(-len(self._partitions) // members)
        await tx.execute(
            text(
                "update partition_lease l set owner = case when mine.place <= :share then l.owner end, "
                "held_until = case when mine.place <= :share then now() + make_interval(secs => :hold) else '-infinity' end "
                "from (select topic, partition, row_number() over (order by topic, partition) as place from partition_lease "
                "      where owner = :owner and held_until > now()) as mine "
                "where (l.topic, l.partition) = (mine.topic, mine.partition)"
            ),
            {"owner": self._owner, "hold": self._hold, "share": share},
        )
        await tx.execute(
            text(
                "update partition_lease l set owner = :owner, held_until = now() + make_interval(secs => :hold) "
                "from (select topic, partition from partition_lease where held_until <= now() order by topic, partition "
                "      limit greatest(0, :share - "
                "        (select count(*) from partition_lease where owner = :owner and held_until > now()))) as free "
                "where (l.topic, l.partition) = (free.topic, free.partition)"
            ),
            {"owner": self._owner, "hold": self._hold, "share": share},
        )
        held = await tx.execute(
            text(
                "select topic, partition, o.next_offset from partition_lease l left join consumer_offset o using (topic, partition) "
                "where l.owner = :owner and l.held_until > now()"
            ),
            {"owner": self._owner},
        )
        return {Partition(topic, number): offset for topic, number, offset in held}


async def stored_offsets(tx: Tx, partitions: Sequence[Partition]) -> dict[Partition, int]:
    """Where each partition stands in this service's database; partitions never read before are absent."""
    rows = await tx.execute(text("select topic, partition, next_offset from consumer_offset"))
    wanted = set(partitions)
    return {p: offset for p, offset in ((Partition(topic, number), offset) for topic, number, offset in rows) if p in wanted}


async def start_offsets(tx: Tx, beginnings: dict[Partition, int]) -> None:
    """Note where partitions begin that are read for the first time; an offset that is there already stays."""
    await tx.execute(
        text(
            "insert into consumer_offset (topic, partition, next_offset) "
            "select * from unnest(cast(:topics as text[]), cast(:numbers as int[]), cast(:offsets as bigint[])) order by 1, 2 "
            "on conflict do nothing"
        ),
        {"topics": [p.topic for p in beginnings], "numbers": [p.number for p in beginnings], "offsets": list(beginnings.values())},
    )
