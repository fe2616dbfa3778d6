"""Events that the notifications service publishes. No address and no text, ever."""

from uuid import UUID

from shared.events.fact import Fact


class MessageSent(Fact, frozen=True, kw_only=True):
    message: UUID
    about: UUID
    """The event that the message tells of."""
    application: UUID | None
    recipient: UUID
    channel: str
    template: str
    language: str


class MessageFailed(Fact, frozen=True, kw_only=True):
    message: UUID
    about: UUID
    application: UUID | None
    recipient: UUID
    channel: str
    template: str
    reason: str
    attempts: int
