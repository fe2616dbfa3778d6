"""Leaving a programme, and returning to it (clause XIV.4 of the plan).

A country may leave fully or in part, for a period or for good: an officer adopts it. To return needs the approval of the donor, which
is the officer's, and of the countries of its side that take part on the day of the request; each answer is kept with who gave it and when.
"""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text

from services.quotas.domain.commands import Command, EndParticipation
from services.quotas.domain.model import Verdict
from services.quotas.domain.terms import Terms
from services.quotas.proposals.kind import Filed, Kind, Params, ProposalRefused
from services.quotas.store import programmes
from services.quotas.store.terms import StoredChange, load_terms, published
from services.quotas.use_cases import judge
from shared.events.applications import ProgrammePublished
from shared.kernel.cells import Cell
from shared.persistence import audit
from shared.persistence.database import Tx, driver

_CELLS: Final = text("select key from cell where programme = :programme and country = :country and listed order by key")
_COUNTRIES: Final = text("select terms from programme where code = :programme")
_ASK: Final = text(
    "insert into proposal_consent (proposal, country) select :proposal, country from unnest(cast(:countries as text[])) as country"
)
_ANSWERS: Final = text(
    "select count(*) as asked, count(*) filter (where answer is null) as missing, count(*) filter (where answer = 'no') as against "
    "from proposal_consent where proposal = :proposal"
)
_OPEN: Final = text("select state, programme, params from proposal where id = :proposal for update")
_GIVEN: Final = text("select answer from proposal_consent where proposal = :proposal and country = :country for update")
_ANSWER: Final = text(
    "update proposal_consent set answer = :answer, by = :by, role = :role, at = :at, note = :note "
    "where proposal = :proposal and country = :country"
)


class Leave(Params, frozen=True, kw_only=True):
    """From `start` to `end` (last day inside; for good where absent) the country takes no part, or not in the named parts, if any."""

    programme: str
    country: str
    start: date
    end: date | None = None
    parts: tuple[str, ...] = ()


class Return(Params, frozen=True, kw_only=True):
    """From `start` to `end` (last day inside; open where absent) the country takes part again, in the named parts only, if any."""

    programme: str
    country: str
    start: date
    end: date | None = None
    parts: tuple[str, ...] = ()


C = TypeVar("C", Leave, Return)


class _Participation(Kind[C], Generic[C]):
    act = "participation"
    strict = True
    by_country = True
    of_programme = True
    takes_part: bool

    def programme(self, params: C) -> str:
        return params.programme

    async def cells(self, tx: Tx, params: C) -> tuple[str, ...]:
        rows = await tx.execute(_CELLS, {"programme": params.programme, "country": params.country})
        return tuple(row.key for row in rows)

    def subject(self, params: C, _cells: Sequence[str]) -> str:
        return f"{params.programme}:{params.country}"

    async def objection(self, tx: Tx, filed: Filed[C]) -> ProposalRefused | None:
        params = filed.params
        if filed.terms is None:
            return ProposalRefused("unknown_country")
        if params.start < (today := filed.terms.today(filed.now)):
            return ProposalRefused("in_the_past", {"start": params.start, "today": today})
        if params.end is not None and params.end < params.start:
            return ProposalRefused("bad_period", {"start": params.start, "end": params.end})
        if any(not part.strip() for part in params.parts):
            return ProposalRefused("bad_parts")
        unknown = await _unknown_part(tx, params.programme, params.parts) if params.parts else None
        return unknown or await self._as_it_is(tx, filed, filed.terms)

    @abstractmethod
    async def _as_it_is(self, tx: Tx, filed: Filed[C], terms: Terms) -> ProposalRefused | None:
        """Whether the country takes part already, or not, as is asked for."""

    async def carry_out(self, tx: Tx, filed: Filed[C]) -> Verdict:
        """Note it; what follows for places and waiters happens on its first day, by the sweep."""
        await programmes.change_participation(tx, filed.programme, self._change(filed.params), at=filed.now)
        return Verdict()

    def _change(self, params: C) -> StoredChange:
        return StoredChange(
            country=params.country, takes_part=self.takes_part, start=params.start, end=params.end, parts=tuple(sorted(set(params.parts)))
        )


class LeaveProgramme(_Participation[Leave]):
    name, params, takes_part = "leave", Leave, False

    async def _as_it_is(self, _tx: Tx, filed: Filed[Leave], terms: Terms) -> ProposalRefused | None:
        periods = terms.participation.get(filed.params.country, ())
        if any(p.end is None or p.end >= filed.params.start for p in periods if filed.params.end is None or p.start <= filed.params.end):
            return None
        return ProposalRefused("takes_no_part_then")

    async def look(self, tx: Tx, filed: Filed[Leave]) -> Verdict:
        """What it would bring on its first day, and to later years when each begins; the places held stay."""
        await programmes.change_participation(tx, filed.programme, self._change(filed.params), at=filed.now)
        verdict, _terms = await judge(tx, self.commands(filed))
        return verdict

    def commands(self, filed: Filed[Leave]) -> Sequence[Command]:
        terms, params = filed.terms, filed.params
        if terms is None:
            return ()
        found = []
        for key in sorted(filed.figures):
            year = Cell.parse(key).year
            day = max(terms.day(year, filed.now), params.start, date(year, 1, 1))
            if params.end is None or day <= params.end:
                found.append(EndParticipation(cell=key, at=max(filed.now, terms.begins(year, day))))
        return found


class ReturnToProgramme(_Participation[Return]):
    name, params, takes_part = "return_to_programme", Return, True

    async def _as_it_is(self, tx: Tx, filed: Filed[Return], terms: Terms) -> ProposalRefused | None:
        params = filed.params
        if terms.takes_part(params.country, max(params.start, terms.today(filed.now)), params.parts):
            return ProposalRefused("takes_part_already")
        return await self._consents(tx, filed.proposal) if filed.proposal is not None else None

    async def _consents(self, tx: Tx, proposal: UUID) -> ProposalRefused | None:
        row = (await tx.execute(_ANSWERS, {"proposal": proposal})).one()
        if row.against:
            return ProposalRefused("consent_refused", {"against": row.against, "asked": row.asked})
        return ProposalRefused("consents_missing", {"missing": row.missing, "asked": row.asked}) if row.missing else None

    async def filed(self, tx: Tx, filed: Filed[Return], proposal: UUID) -> None:
        """Ask the countries of its side that take part on the day of the request."""
        raw = (await tx.execute(_COUNTRIES, {"programme": filed.programme})).one().terms
        sides = {one.code: one.side for one in published(raw).countries}
        terms = (await load_terms(await driver(tx), [filed.programme]))[filed.programme]
        own, today = filed.params.country, terms.today(filed.now)
        asked = [
            code for code, side in sorted(sides.items())
            if code != own and side == sides.get(own) and terms.takes_part_at_all(code, today)
        ]  # fmt: skip
        await tx.execute(_ASK, {"proposal": proposal, "countries": asked})


async def _unknown_part(tx: Tx, programme: str, parts: Sequence[str]) -> ProposalRefused | None:
    """The first part that the plan does not have, with the one that is nearest to it."""
    data: ProgrammePublished = published((await tx.execute(_COUNTRIES, {"programme": programme})).one().terms)
    known = sorted({*data.parts, *(course.key for course in data.courses), *(part for one in data.participation for part in one.parts)})
    for part in parts:
        if part not in known:
            nearest = get_close_matches(part, known, 1, 0)
            where = {"nearest": nearest[0], "parts": ", ".join(known)} if nearest else {}
            return ProposalRefused("unknown_part" if nearest else "no_parts", {"part": part, **where})
    return None


async def consent(
    tx: Tx, proposal: UUID, country: str, answer: Literal["yes", "no"], *, by: str, role: str, note: str, now: datetime
) -> ProposalRefused | None:
    """Keep a country's answer to a request to return. An officer may enter one that came in writing, and says where it stands."""
    found = (await tx.execute(_OPEN, {"proposal": proposal})).first()
    if found is None:
        return ProposalRefused("unknown_proposal")
    if found.state != "open":
        return ProposalRefused("not_open")
    given = (await tx.execute(_GIVEN, {"proposal": proposal, "country": country})).first()
    if given is None:
        return ProposalRefused("not_asked", {"country": country})
    if given.answer is not None:
        return ProposalRefused("answered_already")
    if role != "coordinator" and not note.strip():
        return ProposalRefused("no_reference")
    row = {"proposal": proposal, "country": country, "answer": answer, "by": by, "role": role, "at": now, "note": note.strip()}
    await tx.execute(_ANSWER, row)
    detail = {"proposal": proposal, "country": country, "answer": answer}
    params = msgspec.convert(found.params, Return)
    subject = f"{found.programme}:{params.country}"
    await audit.record(tx, at=now, actor=by, role=role, act="participation.consent", subject=subject, detail=detail)
    return None
