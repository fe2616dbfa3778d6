"""Programmes as published, read into the terms that decisions need."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

import asyncpg
import msgspec

from services.quotas.domain.terms import Call, Channel, Course, Holders, Period, Terms
from shared.events.applications import ProgrammePublished
from shared.messaging.service import Waits

_decoder: Final = msgspec.json.Decoder(ProgrammePublished)
_encoder: Final = msgspec.json.Encoder()
_known: dict[bytes, Terms] = {}
_KEPT: Final = 64
"""Terms are kept in memory by the hash of what was published; beyond so many all are read again."""


def stored(data: ProgrammePublished) -> bytes:
    """The published terms as they are stored."""
    return _encoder.encode(data)


def published(raw: bytes) -> ProgrammePublished:
    """The published terms as they were stored."""
    return _decoder.decode(raw)


def terms_of(data: ProgrammePublished) -> Terms:
    """What a decision needs of them."""
    participation: defaultdict[str, list[Period]] = defaultdict(list)
    for one in data.participation:
        participation[one.country].append(Period(one.start, one.end, frozenset(one.parts)))
    return Terms(
        programme=data.programme,
        rule=f"{data.plan}:{data.plan_version}",
        calls={call.year: Call(call.grants_from, call.answers_due, call.list_closes) for call in data.calls},
        offer_days=data.offer_days,
        participation={country: tuple(periods) for country, periods in participation.items()},
        list_ratio=data.waiting_list.ratio,
        list_at_least=data.waiting_list.at_least,
        nomination_ratio=data.nomination_ratio,
        nomination_in_route="nomination" in data.route,
        holds_per_person=data.holds_per_person,
        unused=data.unused,
        courses={(one.year, one.key): Course(one.seats, one.per_country) for one in data.courses},
        channels={one.key: Channel(one.places, one.share) for one in data.channels},
        holders=Holders(data.holders.each, data.holders.countries) if data.holders else None,
    )


async def load_terms(connection: "asyncpg.Connection[Any]", codes: Collection[str]) -> dict[str, Terms]:
    """The terms of these programmes; `Waits` for the first that was not published yet."""
    rows = await connection.fetch("select code, sha256(terms) as hash from programme where code = any($1::text[])", sorted(codes))
    found: dict[str, bytes] = {row["code"]: row["hash"] for row in rows}
    for code in sorted(codes):
        if code not in found:
            raise Waits(f"programme:{code}")
        if found[code] not in _known:
            if len(_known) >= _KEPT:
                _known.clear()
            _known[found[code]] = terms_of(published(await connection.fetchval("select terms from programme where code = $1", code)))
    return {code: _known[key] for code, key in found.items()}
