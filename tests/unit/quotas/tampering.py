"""Books in which nearly everything happened, and every way to change a field of their export."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from services.quotas.domain.commands import CloseList, Reorder, ServeRound, SetTarget
from services.quotas.domain.shapes import SAYS
from tests.unit.quotas.exports import decisions_in, lines_of
from tests.unit.quotas.shelf import BR, NOW, PE, Person, Shelf, terms

ROUND = "scholarship:PE:2016"
LATER = NOW + timedelta(days=40)


@cache
def books() -> tuple[bytes, ...]:
    """Two programmes: a rolling one with skips, promotions and an expiry, and a round with nominations. Nearly every outcome is in it."""
    ranked = terms(
        "scholarship", grants_from=NOW + timedelta(days=30), nomination_ratio=3.0, nomination_in_route=True, list_ratio=0.0, list_at_least=2
    )
    shelf = Shelf(terms(), ranked, pool=10)
    for key, places in ((PE, 3), (BR, 1), (ROUND, 2)):
        shelf.cell(key, places)
    people = [Person(PE, score=n) for n in range(6)]
    first, twice, next_one = Person(BR), Person(BR, score=90_000, who=people[0]), Person(BR)
    shelf.run(first.asks(), twice.asks())
    shelf.run(*[one.asks() for one in people])
    shelf.run(SetTarget(cell=BR, at=NOW, target=2), next_one.asks())
    shelf.run(SetTarget(cell=BR, at=NOW, target=3), people[0].declines(), first.accepts())
    shelf.run(people[1].accepts(), people[2].expires(at=NOW + timedelta(days=15)), people[1].ends("finished"))
    ranks = [Person(ROUND, score=n) for n in range(7)]
    shelf.run(*[one.nominated() for one in ranks])
    shelf.run(ranks[5].withdraws(), *[one.asks() for one in ranks[:5]])
    shelf.run(Reorder(cell=ROUND, at=NOW, application=ranks[0].application, ahead_of=ranks[1].application))
    shelf.run(ServeRound(cell=ROUND, at=LATER), SetTarget(cell=ROUND, at=LATER, target=1), ranks[4].declines(at=LATER))
    shelf.run(ranks[3].withdraws(at=LATER), SetTarget(cell=PE, at=LATER, target=4), CloseList(cell=ROUND, at=LATER))
    return tuple(lines_of(shelf))


def other(value: Any) -> Any:
    """Something else of the same kind."""
    match value:
        case bool() | None:
            return "2016-05-05T00:00:00+00:00"
        case int():
            return value + 1
        case []:
            return ["cell:training:PE:2016"]
        case list():
            return value[:-1]
        case str() if len(value) == 36 and value.count("-") == 4:
            return "0" * 8 + value[8:] if value[:8] != "0" * 8 else "1" * 8 + value[8:]
        case str() if value[4:5] == "-" and "T" in value:
            return "2016-01-01T00:00:00+00:00"
        case str() if value in SAYS:
            return "ended" if value != "ended" else "taken"
        case _:
            return f"{value}x"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a record, lists and objects themselves too."""
    if path:
        yield path
    if isinstance(value, dict):
        for name in value:
            yield from leaves(value[name], (*path, name))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from leaves(value[index], (*path, index))


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(value))
    spot = copy
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = {} if isinstance(spot[path[-1]], dict) else other(spot[path[-1]])
    return copy


def tampered() -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Every field of a record, once for each outcome that has it."""
    seen: set[tuple[Any, ...]] = set()
    for index, body in decisions_in(books()):
        for path in leaves(body):
            kind = (body["outcome"], *path)
            if kind not in seen:
                seen.add(kind)
                yield index, path
