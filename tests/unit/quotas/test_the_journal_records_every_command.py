"""A command that can be decided can be recorded and read again as it was, and a large batch is told in parts."""

import dataclasses
import typing
from collections.abc import Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Any
from uuid import UUID

import pytest

from services.quotas.domain.commands import Command, RequestPlace
from services.quotas.domain.decide import DECISIONS
from services.quotas.rebuild import CannotRebuild, log_of
from services.quotas.store import journal
from services.quotas.store.journal import Number
from shared.events.catalogue import decode
from shared.events.envelope import MAX_BYTES, encode
from tests.unit.quotas.shelf import NOW, Person

EXAMPLES: dict[Any, Any] = {str: "peruano", int: 7, bool: True, UUID: UUID(int=1 << 100), datetime: NOW, float: 0.5}


def example_of(annotation: Any) -> Any:
    """A value of that type which is not the usual one."""
    if annotation in EXAMPLES:
        return EXAMPLES[annotation]
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        return example_of(next(one for one in arguments if one is not NoneType))
    assert typing.get_origin(annotation) is tuple, f"add an example of {annotation}"
    return (example_of(arguments[0]),) * 2 if arguments[1:] == (...,) else tuple(map(example_of, arguments))


def commands() -> Iterator[Command]:
    """Every command with every field set, and with as few as there may be."""
    for kind in DECISIONS:
        hints, named = typing.get_type_hints(kind), dataclasses.fields(kind)
        whole: dict[str, Any] = {one.name: example_of(hints[one.name]) for one in named}
        yield kind(**whole)
        needed = [one.name for one in named if one.default is dataclasses.MISSING]
        few: dict[str, Any] = {name: None if NoneType in typing.get_args(hints[name]) else whole[name] for name in needed}
        yield kind(**few)


@pytest.mark.parametrize("command", [*commands()], ids=lambda command: type(command).__name__)
def test_every_command_comes_back_as_it_was(command: Command) -> None:
    """Through the bytes of an event, with every field set and with as few as there may be."""
    (event,) = journal.told(Number(3), [journal.act_of(command)], at=NOW, hashes=["aa"])
    (batch,) = log_of([decode(encode(event))]).batches
    assert [journal.command_of(act) for act in batch.acts] == [command]
    assert (batch.number, batch.decisions, batch.digest) == (3, 1, journal.digest_of(["aa"]))


def test_every_command_has_a_name_of_its_own() -> None:
    assert len(journal.COMMANDS) == len(DECISIONS)
    assert journal.COMMANDS["request_place"] is RequestPlace


def test_a_large_batch_is_told_in_parts_that_fit_and_come_together_again() -> None:
    asked = [Person().asks() for _ in range(1_000)]
    events = journal.told(Number(9), [journal.act_of(one) for one in asked], at=NOW)
    assert len(events) > 1
    assert all(len(encode(event)) <= MAX_BYTES for event in events)
    (batch,) = log_of(reversed(events)).batches
    assert [journal.command_of(act) for act in batch.acts] == asked
    assert len({event.id for event in events}) == len(events)
    assert journal.told(Number(9), [journal.act_of(one) for one in asked], at=NOW) == events, "told again it is the same events"


def test_a_torn_batch_is_refused() -> None:
    events = journal.told(Number(9), [journal.act_of(Person().asks()) for _ in range(1_000)], at=NOW)
    with pytest.raises(CannotRebuild, match=f"part 2 of {len(events)} of batch 9 is not in the log"):
        log_of(events[:1] + events[2:])


def test_a_batch_that_was_told_in_two_ways_is_refused() -> None:
    """The log of a database that was set back and went another way."""
    one, other = [journal.told(Number(9), [journal.act_of(Person().asks())], at=NOW)[0] for _ in range(2)]
    assert log_of([one, one]).batches
    with pytest.raises(CannotRebuild, match="batch 9 is in the log twice, and not alike"):
        log_of([one, other])
