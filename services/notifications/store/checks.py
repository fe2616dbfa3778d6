"""Live checks: each a number of rows that break a promise; the normal value is 0.

They go by the database's own time, because the clock of a demonstration jumps.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from shared.persistence.database import Tx

CHECKS: Final[Mapping[str, str]] = {
    "nobody is told twice": (
        "select count(*) from (select 1 from message group by event_id, recipient, channel having count(*) > 1) broken"
    ),
    "what was sent has its moment": "select count(*) from message where (state = 'sent') <> (sent_at is not null)",
    "what failed says why": "select count(*) from message where state = 'failed' and last_reason is null",
    "nothing waits for an hour without a try": (
        "select count(*) from message where state = 'created' and tried_at is null and stored_at < now() - interval '1 hour'"
    ),
    "nothing is being sent for an hour": "select count(*) from message where state = 'sending' and tried_at < now() - interval '1 hour'",
    "every mail that ended was published": (
        "select count(*) from (select s.application from application_state s left join message m on m.application = s.application "
        "and m.channel = 'email' and m.state in ('sent', 'failed') group by s.application, s.published "
        "having count(m.id) > s.published) broken"
    ),
    "a settled reminder was not sent": (
        "select count(*) from reminder r join message m on m.event_id = r.id where r.state in ('settled', 'late', 'set')"
    ),
}


async def broken(tx: Tx) -> dict[str, int]:
    """Name of each check to the number of rows that break it."""
    return {name: int((await tx.execute(text(statement))).scalar_one()) for name, statement in CHECKS.items()}
