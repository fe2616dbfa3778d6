"""Hearing that a mail to a referee could not be delivered: the applicant is shown it and told, who may know a better address."""

from typing import Final

from services.applications.domain.referees import OPEN
from services.applications.referees import store
from services.applications.referees.telling import WITH_LINK, about, tell
from services.applications.store.applications import locked
from shared.events.applications import RefereeUnreached
from shared.events.envelope import Event
from shared.events.notifications import MessageFailed
from shared.mail.smtp import Reason
from shared.persistence.database import Tx

OF_THE_ADDRESS: Final = frozenset({Reason.ADDRESS_REFUSED, Reason.MESSAGE_REFUSED, Reason.REFUSED_FOR_NOW, Reason.CONNECTION_LOST})
"""Why a mail was given up that was offered to the server of that address; anything else is ours to mend, or no mail was needed any more."""


async def mail_failed(tx: Tx, event: Event[MessageFailed]) -> None:
    """Note it, where the mail was the newest that asks for the letter: a failure that is heard late or again says nothing of that one.

    The application is locked before its referee, as everywhere: what follows in the same transaction may be about it.
    """
    failed = event.data
    if failed.template not in WITH_LINK or failed.reason not in OF_THE_ADDRESS:
        return
    application = await locked(tx, failed.application) if failed.application else None
    referee = await store.find(tx, failed.recipient, lock=True) if application else None
    if application is None or referee is None or referee.application_id != application.id:
        return
    if referee.state in OPEN and referee.mailed == failed.about and referee.unreached_at is None:
        referee.unreached_at = event.time
        await tell(tx, application, (referee, RefereeUnreached(**about(application, referee))), now=event.time)
