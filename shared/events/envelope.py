"""The envelope of every event: CloudEvents 1.0, structured JSON.

Source: the CloudEvents 1.0 specification; extension attributes are lower-case letters and digits only.
"""

from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec

from shared.events.fact import Moment

CONTENT_TYPE: Final = "application/cloudevents+json"
MAX_BYTES: Final = 64 * 1024
"""The largest event that is accepted, encoded, in bytes."""

D = TypeVar("D")


class Event(msgspec.Struct, Generic[D], frozen=True, kw_only=True, omit_defaults=False):
    """One past fact.

    `subject` is whom the fact is about (an application's id, a cell's key, a programme's code) and `subjectversion`
    counts that subject's facts from 1 in the producing service: a consumer keeps the last version that it applied and
    skips what is not newer. `partitionkey` is the key that keeps the order. `correlationid` is shared by everything
    that follows from one act of a person; `causationid` is the event that led to this one. `time` is in UTC.
    """

    id: UUID
    source: str
    type: str
    subject: str
    subjectversion: int
    time: Moment
    partitionkey: str
    correlationid: UUID
    causationid: UUID | None = None
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    data: D


AnyEvent = Event[Any]


class Refusal(Exception):
    """The bytes are no event that we know; `code` is stable, the message says what was expected."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


_encoder = msgspec.json.Encoder()
_envelope = msgspec.json.Decoder(Event[msgspec.Raw])


def encode(event: AnyEvent) -> bytes:
    """The event as structured-mode JSON."""
    return _encoder.encode(event)


def decode_envelope(raw: bytes) -> Event[msgspec.Raw]:
    """The envelope, its data still raw; `Refusal` with code `oversize` or `malformed`."""
    if len(raw) > MAX_BYTES:
        raise Refusal("oversize", f"the event has {len(raw)} bytes; at most {MAX_BYTES} are accepted")
    try:
        event = _envelope.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refusal("malformed", f"not a CloudEvents 1.0 JSON event: {error}") from error
    if event.specversion != "1.0":
        raise Refusal("malformed", f"specversion is {event.specversion!r}; expected '1.0'")
    return event
