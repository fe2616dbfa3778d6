"""Work started by time: reminders that have come due, and the mails that are to be sent."""

from datetime import datetime

from services.notifications import use_cases
from services.notifications.delivery import Post, deliver
from shared.messaging.service import Sweep


def sweeps(post: Post) -> tuple[Sweep, ...]:
    """The sweeps of this service."""

    async def reminders(now: datetime) -> int:
        return await post.db.run(lambda tx: use_cases.send_reminders(tx, now=now))

    async def mails(now: datetime) -> int:
        return await deliver(post, now)

    return (Sweep("reminders", 5.0, reminders), Sweep("mails", 0.5, mails))
