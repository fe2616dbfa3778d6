"""What time starts: reminders before a letter is due, and an end to requests whose application needs no letter any more."""

from datetime import datetime

from services.applications.domain.lifecycle import State
from services.applications.domain.referees import Standing, may_write, next_chase, passed
from services.applications.referees import store
from services.applications.referees.telling import about, release, tell
from services.applications.use_cases.steps import terms_of
from shared.events.applications import RefereeReminded
from shared.persistence.database import Tx


async def chase(tx: Tx, *, now: datetime, most: int) -> int:
    """Remind those whose reminder has come due; returns how many rows were looked at.

    A reminder belongs to the request that it was set for: under the row's lock, and gone with it once it is settled. One that comes
    after the due moment, as after a day without power, says nothing any more.
    """
    due = await store.to_chase(tx, now=now, most=most)
    for referee in due:
        application = await store.application_of(tx, referee)
        asked = (await terms_of(tx, application.programme)).programme.referees
        referee.next_chase_at = next_chase(referee.due_at, asked.remind_days, now) if asked else None
        if asked is None or passed(referee.due_at, now) or not may_write(State(application.state)):
            continue
        referee.chased_at = now
        fact = RefereeReminded(**about(application, referee), due=referee.due_at, by_applicant=False)
        await tell(tx, application, (referee, fact), now=now)
    await tx.flush()
    return len(due)


async def let_go(tx: Tx, *, now: datetime, most: int) -> int:
    """Release those whose letter could be of no use any more; returns how many."""
    over = await store.to_release(tx, most=most)
    for referee in over:
        application = await store.application_of(tx, referee)
        await release(tx, application, [referee], Standing.RELEASED, "over", now=now)
    return len(over)
