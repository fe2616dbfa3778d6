"""Small reads that pages need beside `views`: movements of places, countries' names, a plan's policy. Reads only."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.quotas.domain.limits import named
from services.quotas.rows import ConsentRow
from services.quotas.store.terms import load_terms, published
from shared.events.applications import AllotmentPolicy, Names, ProgrammePublished
from shared.kernel.cells import Cell
from shared.persistence.database import Tx, driver
from shared.web.formats import bracketed

_TRANSFERS: Final = text("""
    with own as (
        select * from transfer where cell = :cell and (cast(:decision as int) is null or decision = :decision)
            and (cast(:before as bigint) is null or id < :before) order by id desc limit :most
    ), came as (
        select * from transfer where starts_with(source, 'free:') and starts_with(target, 'free:') and target = 'free:' || :cell
            and cast(:decision as int) is null and (cast(:before as bigint) is null or id < :before) order by id desc limit :most
    )
    select id, at, source, target, count, cause, decision, cell from (select * from own union all select * from came) as moved
    order by id desc limit :most
""")
_CONSENTS: Final = text("select country, answer, by, role, at, note from proposal_consent where proposal = :proposal order by country")
_HELD: Final = text(
    "select count(*) from place where cell = any(cast(:cells as text[])) and state in ('offered', 'taken') and not ended "
    "and (cast(:parts as text[]) = '{}' or course = any(cast(:parts as text[])) or parts && cast(:parts as text[]))"
)
_PUT_FORWARD: Final = text(
    "select count(*) from place where cell = any(cast(:cells as text[])) and state = 'nominated' "
    # Of whoever was put forward without a word of parts it is not known in which they would be: they count.
    "and (cast(:parts as text[]) = '{}' or parts = '{}' or parts && cast(:parts as text[]))"
)
_TERMS: Final = text("select terms from programme where code = any(cast(:codes as text[]))")


Namer = Callable[[str], Names | None]
"""The key of a limit -> the names of its course or way of applying, where it has one."""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """`count` places went from account `source` to account `target`, such as `pool:scholarship` to `free:scholarship:PE:2016`.

    `decision` is one of `cell`. Where they went from one cell to another, `country` are the names of the other one's.
    """

    id: int
    at: datetime
    source: str
    target: str
    count: int
    cause: str
    decision: int | None
    cell: str
    country: Names | None = None


async def transfers(tx: Tx, cell: str, *, decision: int | None = None, before: int | None = None, most: int) -> tuple[TransferRow, ...]:
    """The cell's movements of places, newest first; of one decision, or those before an id (for the next page), where asked.

    What came from another cell is among them, though it is that one's decision.
    """
    rows = [TransferRow(*row) for row in await tx.execute(_TRANSFERS, {"cell": cell, "decision": decision, "before": before, "most": most})]
    others = {row.id: other for row in rows if (other := other_cell(row, cell))}
    names = await names_of(tx, set(others.values())) if others else {}
    return tuple(replace(row, country=names.get(others.get(row.id, ""))) for row in rows)


def other_cell(row: TransferRow, cell: str) -> str:
    """The key of the other cell that gave or got the places; empty where none did."""
    ends = (account.removeprefix("free:") for account in (row.source, row.target) if account.startswith("free:"))
    return next((key for key in ends if key != cell), "")


async def consents(tx: Tx, proposal: UUID) -> tuple[ConsentRow, ...]:
    """The countries that are asked, by code, with their answers."""
    return tuple(ConsentRow(*row) for row in await tx.execute(_CONSENTS, {"proposal": proposal}))


async def held(tx: Tx, cells: Iterable[str], parts: Iterable[str]) -> int:
    """How many places people hold in these cells: all, or where parts are named, those of them. Whose stay has ended holds none."""
    return int((await tx.execute(_HELD, {"cells": sorted(cells), "parts": list(parts)})).scalar_one())


async def put_forward(tx: Tx, cells: Iterable[str], parts: Iterable[str]) -> int:
    """How many applications were put forward in these cells and have no answer yet: all, or where parts are named, those that may come to
    be in one of them.
    """
    return int((await tx.execute(_PUT_FORWARD, {"cells": sorted(cells), "parts": list(parts)})).scalar_one())


async def countries(tx: Tx, programme: str) -> Mapping[str, Names]:
    """The names of the programme's countries, by code."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).first()
    return {one.code: one.names for one in published(row.terms).countries} if row is not None else {}


async def policy(tx: Tx, programme: str) -> AllotmentPolicy:
    """The allotment policy that the programme's plan publishes."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).one()
    return published(row.terms).policy


async def names_of(tx: Tx, cells: Iterable[str], limits: Iterable[str] = ()) -> Mapping[str, Names]:
    """Cell -> the names of its country, and limit -> those of its course or way of applying, where their programme knows them."""
    wanted = {key: Cell.parse(key) for key in cells}
    rows = await tx.execute(_TERMS, {"codes": sorted({cell.programme for cell in wanted.values()})}) if wanted else ()
    terms = {data.programme: data for data in (published(row.terms) for row in rows)}
    known = {(data.programme, one.code): one.names for data in terms.values() for one in data.countries}
    found = {key: known[cell.programme, cell.country] for key, cell in wanted.items() if (cell.programme, cell.country) in known}
    parts = {key: part_names(data, key) for key in limits for code, data in terms.items() if key.split(":")[1:2] == [code]}
    return found | {key: names for key, names in parts.items() if names is not None}


async def part_namer(tx: Tx, programme: str) -> Namer:
    """What names the programme's courses and ways of applying, by the keys of their limits."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).one()
    return partial(part_names, published(row.terms))


async def today(tx: Tx, programme: str, now: datetime) -> date:
    """The first day from which on something of a programme may be changed: it is not past where its calls are made."""
    return (await load_terms(await driver(tx), [programme]))[programme].today(now)


async def parts(tx: Tx, programme: str) -> Mapping[str, Names]:
    """What the parts are called that countries of the programme may leave or return to, by code; a course as in its last year."""
    row = (await tx.execute(_TERMS, {"codes": [programme]})).one()
    return parts_of(published(row.terms))


def parts_of(terms: ProgrammePublished) -> Mapping[str, Names]:
    courses = {one.key: one.names for one in sorted(terms.courses, key=lambda one: one.year)}
    return {**courses, **terms.parts}


def part_key(programme: str, part: str) -> str:
    """The key by which `names_of` gives the name of a part of a programme."""
    return f"part:{programme}:{part}"


def part_names(terms: ProgrammePublished, key: str) -> Names | None:
    """The names of the course, or of the way of applying, that the limit `key` bounds, or of the part that it stands for (`part_key`).

    With its code where another one of the year has the same name. None where there is no such thing, or it is not known.
    """
    if key.startswith("part:"):
        return parts_of(terms).get(key.split(":", 2)[2])
    limit = named(key)
    if limit is None:
        return None
    if limit.course:
        return told_apart({one.key: one.names for one in terms.courses if one.year == limit.year}, limit.course)
    return told_apart({one.key: one.names for one in terms.channels}, limit.channel or "")


def told_apart(called: Mapping[str, Names], code: str) -> Names | None:
    """The names of `code`; in each language in which another one is called the same, with its code beside it."""
    if code not in called:
        return None

    def said(language: str) -> str:
        name = str(getattr(called[code], language))
        if sum(getattr(one, language) == name for one in called.values()) == 1:
            return name
        return bracketed(name, code, language)

    return Names(**{language: said(language) for language in Names.__struct_fields__})
