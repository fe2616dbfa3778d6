"""A submission was told: its copy is wanted. Made later and elsewhere, so that a copy that cannot be made holds no cell up."""

from services.applications.store import copies
from shared.events.applications import ApplicationSubmitted
from shared.events.envelope import Event
from shared.persistence.database import Tx


async def submission_told(tx: Tx, event: Event[ApplicationSubmitted]) -> None:
    """Ask for the copy of this submission, once, however often it is told."""
    await copies.want(tx, event.data.application, event.subjectversion, event.time)
