"""A database with a past: as many places given, decided and told as are asked for, written straight into the tables."""

from typing import Final

from tests.bench.decisions import ready_database
from tests.bench.world import Bench, watching

PORTION: Final = 100_000
_INDEXES: Final = (
    "select indexname, indexdef from pg_indexes join pg_index on indexrelid = indexname::regclass "
    "where tablename in ('place', 'limit_counter', 'decision', 'transfer', 'outbox') and not indisunique"
)
"""They are made again when the rows are there, which takes a part of the time; keys stay, for they are constraints."""
_PAST: Final = """
with made as (
    select n, cell.key, cell.programme, (row_number() over (partition by cell.key order by n)) + cell.last_decision as number,
        lpad(to_hex(1400000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || 'a' || substr(md5(n::text), 4, 15) as id
    from generate_series($1::bigint, $2::bigint) as n join (
        select key, programme, last_decision, row_number() over (order by key) - 1 as place from cell
    ) as cell on cell.place = n % (select count(*) from cell)
), placed as (
    insert into place (application, person, cell, state, application_version, version, decision, score, submitted_at, nominated, ended,
        answer_by, decided_at)
    select id::uuid, id::uuid, key, 'offered', 1, 1, number, n % 100000, now(), false, false, now(), now() from made
), counted as (
    insert into limit_counter (key, kind, capacity, used, version) select 'person:' || id::uuid, 'person', 1, 1, 1 from made
), decided as (
    insert into decision (cell, number, application, at, outcome, record, hash, batch, turn)
    select key, number, id::uuid, now(), 'offered', repeat('x', 650), repeat('0', 64), 1, 0 from made
), booked as (
    insert into transfer (programme, cell, decision, source, target, count, cause, at, batch, turn)
    select programme, key, number, 'free:' || key, 'offered:' || key, 1, 'approved', now(), 1, 0 from made
), told as (
    insert into outbox (topic, key, event_id, type, value, created_at, sent_at)
    select 'puente.places.v1', key, id::uuid, 'puente.place.offered.v1', repeat('v', 480)::bytea, now(), now() from made
)
update cell set free = target - offered - taken - by, offered = offered + by, last_decision = last_decision + by
from (select key as of, count(*)::int as by from made group by key) as gained where key = of
"""


async def filled(bench: Bench, rows: int) -> str:
    """The URL of a quotas database with `rows` places given, and room for as many again."""
    url = await ready_database(bench, places=rows // 400)
    async with watching(url) as look:
        await look.execute("set synchronous_commit = off")
        made = {row["indexname"]: row["indexdef"] for row in await look.fetch(_INDEXES)}
        for name in made:
            await look.execute(f"drop index {name}")
        for start in range(0, rows, PORTION):
            await look.execute(_PAST, start, min(start + PORTION, rows) - 1)
        for definition in made.values():
            await look.execute(definition)
        await look.execute("vacuum analyze")
        await look.execute("checkpoint")  # what was decided long ago is on the disk by now
    return url
