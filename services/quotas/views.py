"""What is shown, as the rows of `rows.py`. Reads only.

Every function takes a transaction and reads one consistent picture of the database in a constant number of statements.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from services.quotas.rows import (
    Board,
    CellRow,
    DecisionRow,
    LimitRow,
    ParticipationRow,
    ProgrammeRow,
    ProposalRow,
    SkipRow,
    WaiterRow,
)
from services.quotas.store.room import lacking
from services.quotas.store.terms import changes_of, participation_of, terms_of
from shared.events.applications import CountryTerms, Names, ProgrammePublished
from shared.persistence.database import Tx, driver

PAGE: Final = 500
"""The most rows that one call for a list returns."""

_terms = msgspec.json.Decoder(ProgrammePublished)


_PROGRAMMES: Final = text(
    "select p.code, p.terms, p.published_at, "
    "coalesce(sum(a.balance) filter (where a.key = 'pool:' || p.code), 0) as pool, "
    "coalesce(sum(a.balance) filter (where a.key like 'lapsed:%'), 0) as lapsed, "
    "(select jsonb_object_agg(h.year, h.held) from (select c.year, sum(c.offered + c.taken) as held from cell c "
    "where c.programme = p.code and c.offered + c.taken > 0 group by c.year) as h) as held "
    "from programme p left join account a on a.programme = p.code "
    "where cast(:code as text) is null or p.code = :code group by p.code order by p.code"
)
_CELLS: Final = """
    select c.*, coalesce(n.used, 0) as nominated, n.fixed as nomination_fixed, p.changes::text as changes{more}
    from cell c join programme p on p.code = c.programme left join limit_counter n on n.key = 'nomination:' || c.key
"""
_BOARD: Final = text(_CELLS.format(more="") + " where c.programme = :programme and c.year = :year and c.listed order by c.country")
_CELL: Final = text(_CELLS.format(more=", p.terms") + " where c.key = :key")
_FIGURES: Final = text("select key, target, free, offered, taken, waiting from cell where key = any(cast(:keys as text[])) order by key")
_WAITING: Final = text(
    "select row_number() over (order by -p.score, p.submitted_at, p.application) as rank, p.application, p.score, p.submitted_at, "
    "p.decided_at as waiting_since, "
    "exists (select from decision d where d.cell = p.cell and d.application = p.application and d.outcome = 'reordered') as by_hand "
    "from place p "
    "where p.cell = :cell and p.state = 'waiting' order by -p.score, p.submitted_at, p.application limit :most"
)
_OWN_RANKS: Final = text(
    "select distinct on (application) application, record from decision where cell = :cell and application = any(cast(:moved as uuid[])) "
    "and outcome = 'waiting' order by application, number"
)
_BY_HAND: Final = text(
    "select exists (select from decision where cell = :cell and application = :application and outcome = 'reordered' and number <= :number)"
)
_DECISIONS: Final = text(
    "select cell, number, record, hash from decision where cell = :cell "
    "and (cast(:application as uuid) is null or application = :application) "
    "and (cast(:before as int) is null or number < :before) order by number desc limit :most"
)
_CHAIN: Final = text("select record, hash from decision where cell = :cell and number > :after order by number limit :most")
_PROPOSALS: Final = text(
    "select p.*, (select jsonb_object_agg(c.key, jsonb_build_object('target', c.target, 'free', c.free, 'offered', c.offered, "
    "'taken', c.taken, 'waiting', c.waiting, 'last_decision', c.last_decision)) from cell c where c.key = any(p.cells)) as now, "
    "(select balance from account a where a.key = 'pool:' || p.programme) as pool from proposal p "
    "where (cast(:state as text) is null or p.state = :state) and (cast(:id as uuid) is null or p.id = :id) "
    "and (cast(:cell as text) is null or :cell = any(p.cells)) order by p.proposed_at desc, p.id limit :most"
)


async def programmes(tx: Tx) -> tuple[ProgrammeRow, ...]:
    """Every programme, by code."""
    return tuple(_programme(row, _terms.decode(row.terms)) for row in await tx.execute(_PROGRAMMES, {"code": None}))


async def programme(tx: Tx, code: str) -> ProgrammeRow | None:
    """One programme, or none where it was never published."""
    row = (await tx.execute(_PROGRAMMES, {"code": code})).first()
    return _programme(row, _terms.decode(row.terms)) if row is not None else None


async def board(tx: Tx, programme_code: str, year: int, *, now: datetime) -> Board | None:
    """A programme's cells of a year, with participation as of now; none where the programme or the year is unknown."""
    row = (await tx.execute(_PROGRAMMES, {"code": programme_code})).first()
    if row is None:
        return None
    terms = _terms.decode(row.terms)
    if year not in terms.places_per_year:
        return None
    rows = await tx.execute(_BOARD, {"programme": programme_code, "year": year})
    return Board(_programme(row, terms), year, tuple(_cell(one, terms, now) for one in rows))


async def programmes_with_countries(tx: Tx, code: str | None = None) -> tuple[tuple[ProgrammeRow, tuple[CountryTerms, ...]], ...]:
    """Every programme (or the one asked for), by code, with the countries of the sides that it is for."""
    found = []
    for row in await tx.execute(_PROGRAMMES, {"code": code}):
        terms = _terms.decode(row.terms)
        found.append((_programme(row, terms), tuple(one for one in terms.countries if one.side in terms.sides)))
    return tuple(found)


async def cell(tx: Tx, key: str, *, now: datetime) -> CellRow | None:
    """One cell by its key, with participation as of now; none where there is no such cell."""
    row = (await tx.execute(_CELL, {"key": key})).first()
    return _cell(row, _terms.decode(row.terms), now) if row is not None else None


async def figures(tx: Tx, keys: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
    """The places by account and the people who wait, of these cells by key."""
    rows = await tx.execute(_FIGURES, {"keys": sorted(keys)})
    return {row.key: {name: getattr(row, name) for name in ("target", "free", "offered", "taken", "waiting")} for row in rows}


async def waiting_list(tx: Tx, key: str, *, now: datetime, most: int = PAGE) -> tuple[WaiterRow, ...]:
    """The cell's waiting list in the order in which it is served, each with what is lacking now."""
    rows = (await tx.execute(_WAITING, {"cell": key, "most": most})).all()
    lacks = await lacking(await driver(tx), [row.application for row in rows], now)
    own = {row.application: (row.score, row.submitted_at) for row in rows}
    own |= await _own_ranks(tx, key, [row.application for row in rows if row.by_hand])
    return tuple(
        WaiterRow(row.rank, row.application, score, sent, row.waiting_since, lacks.get(row.application, ()), row.by_hand)
        for row in rows
        for score, sent in [own[row.application]]
    )


async def _own_ranks(tx: Tx, key: str, moved: Sequence[UUID]) -> Mapping[UUID, tuple[int, datetime]]:
    """Score and moment of submission of those who were put elsewhere by hand, as they came to the list with."""
    rows = (await tx.execute(_OWN_RANKS, {"cell": key, "moved": moved})).all() if moved else ()
    ranks = {row.application: json.loads(row.record)["rank"] for row in rows}
    return {application: (score, datetime.fromisoformat(moment)) for application, (score, moment) in ranks.items()}


async def decisions(
    tx: Tx, key: str, *, application: UUID | None = None, before: int | None = None, most: int = PAGE
) -> tuple[DecisionRow, ...]:
    """The cell's decisions, newest first; of one application, or those before a number (for the next page), where asked."""
    rows = await tx.execute(_DECISIONS, {"cell": key, "application": application, "before": before, "most": most})
    return tuple(_decision(row.record, row.hash) for row in rows)


async def ranked_by_hand(tx: Tx, decision: DecisionRow) -> bool:
    """Whether what the decision ranks by was given by hand, in it or before it."""
    row = {"cell": decision.cell, "application": decision.application, "number": decision.number}
    return bool((await tx.execute(_BY_HAND, row)).scalar_one())


async def chain(tx: Tx, key: str, *, after: int = 0, most: int = PAGE) -> tuple[tuple[str, str], ...]:
    """Canonical record and hash of the cell's decisions, oldest first, for an export that a stranger verifies."""
    return tuple((row.record, row.hash) for row in await tx.execute(_CHAIN, {"cell": key, "after": after, "most": most}))


async def proposals(
    tx: Tx, *, state: str | None = None, cell_key: str | None = None, proposal: UUID | None = None, most: int = PAGE
) -> tuple[ProposalRow, ...]:
    """Proposals, newest first; those in a state, of a cell, or the one with an id, where asked."""
    rows = await tx.execute(_PROPOSALS, {"state": state, "cell": cell_key, "id": proposal, "most": most})
    return tuple(_proposal(row) for row in rows)


async def participation(tx: Tx, programme_code: str) -> tuple[ParticipationRow, ...]:
    """Who takes part in a programme, from when to when; empty where the programme is unknown."""
    statement = text("select terms, changes::text as changes from programme where code = :code")
    row = (await tx.execute(statement, {"code": programme_code})).first()
    known = participation_of(_terms.decode(row.terms), changes_of(row.changes)) if row is not None else {}
    return tuple(
        ParticipationRow(country, one.start, one.end, tuple(sorted(one.parts)), tuple(sorted(one.without)))
        for country, periods in sorted(known.items())
        for one in periods
    )


def _programme(row: Row[Any], terms: ProgrammePublished) -> ProgrammeRow:
    return ProgrammeRow(
        code=row.code,
        plan=terms.plan,
        plan_version=terms.plan_version,
        names=terms.names,
        example=terms.policy.example,
        example_note=terms.example_note,
        sides=tuple(terms.sides),
        years=tuple(sorted(terms.places_per_year)),
        places_per_year=terms.places_per_year,
        places_total=terms.places_total,
        pool=int(row.pool),
        lapsed=int(row.lapsed),
        unused=terms.unused,
        scored="review" in terms.route,
        published_at=row.published_at,
        held={int(year): int(held) for year, held in (row.held or {}).items()},
    )


def day_in(year: int, today: date) -> date:
    """Today, or the nearest day to it of that year: on which day to ask who takes part."""
    return min(max(today, date(year, 1, 1)), date(year, 12, 31))


def _cell(row: Row[Any], published: ProgrammePublished, now: datetime) -> CellRow:
    country = next((one for one in published.countries if one.code == row.country), None) or _unknown(row.country)
    terms = terms_of(published, changes_of(row.changes))
    return CellRow(
        key=row.key,
        programme=row.programme,
        country=row.country,
        year=row.year,
        names=country.names,
        side=country.side,
        groups=tuple(country.groups.get(row.year, ())),
        tile=country.tile,
        planned=row.planned,
        target=row.target,
        free=row.free,
        offered=row.offered,
        taken=row.taken,
        waiting=row.waiting,
        nominated=row.nominated,
        nomination_cap=terms.nomination_cap(row.target) if row.nomination_fixed is None else row.nomination_fixed,
        last_decision=row.last_decision,
        last_hash=row.last_hash,
        grants_from=row.grants_from,
        list_closes=row.list_closes,
        round="rolling" if row.grants_from is None else "after" if row.served else "before",
        list_closed=row.closed,
        settled=row.settled,
        participates=terms.takes_part_at_all(row.country, day_in(row.year, terms.day(row.year, now))),
    )


def _unknown(code: str) -> CountryTerms:
    return CountryTerms(code=code, side="", names=Names(code, code, code, code, code, code), tile=(0, 0))


def _decision(record: str, digest: str) -> DecisionRow:
    body = json.loads(record)
    rank = body["rank"]
    return DecisionRow(
        cell=body["cell"],
        number=body["number"],
        at=datetime.fromisoformat(body["at"]),
        cause=body["cause"],
        outcome=body["outcome"],
        application=UUID(body["application"]) if body["application"] else None,
        reason=body["reason"],
        limit=body["limit"],
        limits=tuple(LimitRow(**one) for one in body["limits"]),
        skips=tuple(SkipRow(UUID(application), limit) for application, limit in body["skips"]),
        score=rank[0] if rank else None,
        submitted_at=datetime.fromisoformat(rank[1]) if rank else None,
        position=body["position"],
        until=datetime.fromisoformat(body["until"]) if body["until"] else None,
        rule=body["rule"],
        previous=body["prev"],
        hash=digest,
        record=record,
    )


def _proposal(row: Row[Any]) -> ProposalRow:
    return ProposalRow(
        id=row.id,
        kind=row.kind,
        programme=row.programme,
        cell=row.cell,
        cells=tuple(row.cells),
        params=row.params,
        seen=row.seen.get("cells", {}),
        now=row.now or {},
        pool_seen=row.seen.get("pool"),
        pool=int(row.pool or 0),
        outcome=row.outcome,
        counters=row.counters,
        reason=row.reason,
        proposed_by=row.proposed_by,
        proposed_role=row.proposed_role,
        proposed_at=row.proposed_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )
