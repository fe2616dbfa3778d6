"""The journal: whatever changes the books is an act, written down in the transaction that does it, so that the books can be made again.

There are two ways to change the books: the commands that `use_cases.apply` decides, and the acts on a programme in `store.programmes`.
Both ask for a `Number` here, under their locks, and both write it beside every row; a new command is recorded without anything
being added here. Acts say ids and codes, never a person's words.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, NewType

import asyncpg
import msgspec

from services.quotas.domain.commands import Command
from services.quotas.domain.decide import DECISIONS
from shared.events.catalogue import event
from shared.events.envelope import AnyEvent
from shared.events.quotas import Act, BatchDecided
from shared.kernel.ids import derived_id

SUBJECT: Final = "quotas"
PART_BYTES: Final = 48 * 1024
"""So much of a batch is told in one event, which stays below what an event may have."""

Number = NewType("Number", int)
"""A batch's number, drawn while its locks are held: where two batches touch the same, the later one has the greater number."""

_NEXT: Final = "select nextval('batch_number')"
_encoder: Final = msgspec.json.Encoder()


def act_name(kind: type[Command]) -> str:
    """`RequestPlace` -> `request_place`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")


COMMANDS: Final[Mapping[str, type[Command]]] = {act_name(kind): kind for kind in DECISIONS}
"""Every command that can be decided, by the name under which it is recorded."""


async def draw(connection: "asyncpg.Connection[Any]") -> Number:
    """The next batch's number. Only under all locks of the batch: then the order of numbers is an order in which it happened."""
    return Number(await connection.fetchval(_NEXT))


_NAMES: Final[Mapping[type[Command], str]] = {kind: name for name, kind in COMMANDS.items()}
_ALWAYS: Final = {kind: tuple(one.name for one in fields(kind) if one.default is MISSING) for kind in DECISIONS}
_VALUES: Final = {kind: attrgetter(*names) for kind, names in _ALWAYS.items()}
_USUAL: Final = {kind: tuple((one.name, one.default) for one in fields(kind) if one.default is not MISSING) for kind in DECISIONS}


def act_of(command: Command) -> Act:
    """The command as it is recorded; what is as it would be anyhow is left out. Ids and moments stand in it as they are."""
    kind = type(command)
    given = dict(zip(_ALWAYS[kind], _VALUES[kind](command), strict=True))
    for name, usual in _USUAL[kind]:
        value = getattr(command, name)
        if value is not usual and (type(value) is not type(usual) or value != usual):
            given[name] = value
    return Act(name=_NAMES[kind], given=given)


def command_of(act: Act) -> Command:
    """The command that was recorded. Raises `msgspec.ValidationError` where it does not fit, `KeyError` where there is no such command."""
    return msgspec.convert(act.given, COMMANDS[act.name])


def digest_of(hashes: Iterable[str]) -> str:
    """What says in one line which decisions a batch came to."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def told(number: Number, acts: Sequence[Act], *, at: datetime, hashes: Sequence[str] = ()) -> list[AnyEvent]:
    """The events that record a batch. The same batch always gives the same events, ids and all."""
    parts = list(_parts(acts))
    digest = digest_of(hashes)
    return [
        event(
            BatchDecided(acts=part, part=place, parts=len(parts), decisions=len(hashes), digest=digest),
            subject=SUBJECT,
            version=number,
            key=SUBJECT,
            at=at,
            event_id=derived_id(SUBJECT, str(number), str(place)),
        )
        for place, part in enumerate(parts, 1)
    ]


def _parts(acts: Sequence[Act]) -> Iterator[list[Act]]:
    part: list[Act] = []
    size = 0
    for act in acts:
        bytes_of_act = len(_encoder.encode(act)) + 1
        if part and size + bytes_of_act > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(act)
        size += bytes_of_act
    yield part
