"""Programmes as published, read into the terms that decisions need."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from services.quotas.domain.participation import Change, in_force
from services.quotas.domain.terms import Call, Channel, Course, Holders, Period, Terms
from shared.events.applications import CallTerms, ProgrammePublished
from shared.messaging.service import Waits

_decoder: Final = msgspec.json.Decoder(ProgrammePublished)
_encoder: Final = msgspec.json.Encoder()
_known: dict[bytes, Terms] = {}
_HASHES: Final = "select code, sha256(terms || convert_to(changes::text, 'UTF8')) as hash from programme where code = any($1::text[])"
_KEPT: Final = 64
"""Terms are kept in memory by the hash of what was published; beyond so many all are read again."""


def stored(data: ProgrammePublished) -> bytes:
    """The published terms as they are stored."""
    return _encoder.encode(data)


def published(raw: bytes) -> ProgrammePublished:
    """The published terms as they were stored."""
    return _decoder.decode(raw)


class UnknownZone(Exception):
    """A call's time zone is not known here; the text says which, and what to do."""

    safe_text = True


class StoredChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of participation, as a programme's row keeps it."""

    country: str
    takes_part: bool
    start: date
    end: date | None = None
    parts: tuple[str, ...] = ()


_changes: Final = msgspec.json.Decoder(tuple[StoredChange, ...])


def changes_of(raw: str) -> tuple[Change, ...]:
    """What was adopted since the plan was published, in its order."""
    return tuple(Change(one.country, one.takes_part, one.start, one.end, frozenset(one.parts)) for one in _changes.decode(raw))


def participation_of(data: ProgrammePublished, changes: Sequence[Change] = ()) -> dict[str, tuple[Period, ...]]:
    """By country, when it takes part in what: as the plan says, and as was adopted since."""
    planned: defaultdict[str, list[Period]] = defaultdict(list)
    for one in data.participation:
        planned[one.country].append(Period(one.start, one.end, frozenset(one.parts)))
    countries = dict.fromkeys([*planned, *(change.country for change in changes)])
    return {code: in_force(planned[code], [change for change in changes if change.country == code]) for code in countries}


def _left(changes: Sequence[Change]) -> dict[str, tuple[tuple[date, date | None], ...]]:
    found: defaultdict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for change in changes:
        if change.full_leave:
            found[change.country].append((change.start, change.end))
    return {country: tuple(periods) for country, periods in found.items()}


def terms_of(data: ProgrammePublished, changes: Sequence[Change] = ()) -> Terms:
    """What a decision needs of them."""
    return Terms(
        programme=data.programme,
        rule=f"{data.plan}:{data.plan_version}",
        calls={call.year: Call(call.grants_from, call.answers_due, call.list_closes, _zone(data, call)) for call in data.calls},
        offer_days=data.offer_days,
        participation=participation_of(data, changes),
        left=_left(changes),
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


def _zone(data: ProgrammePublished, call: CallTerms) -> ZoneInfo:
    try:
        return ZoneInfo(call.timezone)
    except (KeyError, ValueError, OSError):
        raise UnknownZone(
            f'{data.programme}: the call of {call.year} is made in the time zone "{call.timezone}", which is not known here. '
            "Install a newer release of tzdata, or correct the zone in the plan, then resume what stopped"
        ) from None


async def load_terms(connection: "asyncpg.Connection[Any]", codes: Collection[str]) -> dict[str, Terms]:
    """The terms of these programmes; `Waits` for the first that was not published yet."""
    found: dict[str, bytes] = {row["code"]: row["hash"] for row in await connection.fetch(_HASHES, sorted(codes))}
    for code in sorted(codes):
        if code not in found:
            raise Waits(f"programme:{code}")
        if found[code] not in _known:
            if len(_known) >= _KEPT:
                _known.clear()
            row = await connection.fetchrow("select terms, changes::text as changes from programme where code = $1", code)
            assert row is not None, "it was there a moment ago, and is never deleted"
            _known[found[code]] = terms_of(published(row["terms"]), changes_of(row["changes"]))
    return {code: _known[key] for code, key in found.items()}
