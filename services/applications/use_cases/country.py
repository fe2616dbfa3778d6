"""A country's coordinator: return for correction, give more time, put on the slate, order the slate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.applications.domain.answers import Answer, as_asked, given, tidy
from services.applications.domain.correction import REMARK_MAX, Mark, unmarked, wrong_marks
from services.applications.domain.lifecycle import Act
from services.applications.domain.outcomes import (
    DateWrong,
    Forbidden,
    Incomplete,
    MarksMissing,
    MarksWrong,
    NotFound,
    ReasonsWrong,
    SlateChanged,
)
from services.applications.domain.papers import CORRECTED
from services.applications.domain.parts import possible_parts
from services.applications.domain.slate import next_rank, reordered
from services.applications.domain.viewers import Viewer
from services.applications.plan.model import Call, Programme
from services.applications.store import applications as store
from services.applications.store import copies
from services.applications.tables import Application
from services.applications.use_cases.steps import (
    Done,
    Refused,
    Standing,
    advance,
    begin,
    cell_of,
    facts_of,
    missing_in,
    note,
    on_own_case,
    wrong_reasons,
)
from shared.events.applications import ApplicationNominated, ApplicationReturned
from shared.kernel.cells import Cell
from shared.persistence.database import Tx


def tidied(marks: Sequence[Mark]) -> list[Mark]:
    """The marks with their remarks as they are kept."""
    return [replace(one, remark=tidy(one.remark)) for one in marks]


def correctable(programme: Programme, answers: Mapping[str, Answer]) -> set[str]:
    """Keys of the papers that an applicant with these answers has a place to add to while the application is being corrected."""
    return {paper.key for stage in CORRECTED for paper in programme.documents_for(stage, answers)}


def wrong_return(
    programme: Programme,
    answers: Mapping[str, Answer],
    call: Call,
    now: datetime,
    *,
    reasons: Sequence[str],
    correct_by: date,
    marks: Sequence[Mark],
) -> ReasonsWrong | DateWrong | MarksWrong | MarksMissing | None:
    """What speaks against the reasons, the day and the marks of a return by themselves.

    What these `answers` are not asked cannot be marked: nobody would find it.
    """
    wrong = wrong_reasons(programme, "return", reasons)
    if wrong:
        return wrong
    outside = _outside(call, call.day(now) + timedelta(days=1), correct_by)
    if outside:
        return outside
    unfit = wrong_marks(marks, as_asked(programme.pages, answers), correctable(programme, answers))
    if unfit:
        return MarksWrong(unfit, REMARK_MAX)
    about = {one.code: one.marked for one in programme.reasons_for("return") if one.code in reasons}
    lacking = unmarked(about, marks)
    return MarksMissing(lacking, frozenset(about[code] for code in lacking)) if lacking else None


def wrong_extension(application: Application, call: Call, now: datetime, *, correct_by: date) -> DateWrong | None:
    """What speaks against that day as a later one for the correction."""
    assert application.correct_by is not None, "a returned application has a day to be corrected by"
    return _outside(call, max(application.correct_by, call.day(now)) + timedelta(days=1), correct_by)


def _outside(call: Call, earliest: date, day: date) -> DateWrong | None:
    """Days are those of the call's zone. Behind the closing of its lists nothing comes of a correction."""
    if day < earliest:
        return DateWrong(earliest)
    latest = max(earliest, call.day(call.list_closes))
    return DateWrong(earliest, latest) if day > latest else None


async def return_for_correction(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    *,
    reasons: Sequence[str],
    correct_by: date,
    marks: Sequence[Mark] = (),
    expected_version: int | None,
    now: datetime,
) -> Done | Refused | ReasonsWrong | DateWrong | MarksWrong | MarksMissing:
    """Send the application back with reasons (codes of the programme) and the last day, in the call's zone, to correct it.

    That day is tomorrow or later: one that is today could be over minutes after the person was told. It is in the life of the call's lists.
    `marks` name the pages, questions and documents that are meant, and what is wrong there; that is for the applicant and stays here.
    A reason that says so (`PlanReason.marked`) needs a fitting one: who reads that a document cannot be read is told which.
    """
    standing = await begin(tx, viewer, application_id, Act.RETURN, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application, programme, told = standing.application, standing.programme, tidied(marks)
    answers = given(programme.pages, (await store.filled_in(tx, application.id)).answers)
    call = standing.terms.call(application.year)
    wrong = wrong_return(programme, answers, call, now, reasons=reasons, correct_by=correct_by, marks=told)
    if wrong:
        return wrong
    await copies.keep_answers(tx, application.id, told, now)
    application.correct_by = correct_by
    application.reasons = list(reasons)
    fact = ApplicationReturned(**facts_of(application), reasons=list(reasons), correct_by=correct_by)
    detail = {"reasons": list(reasons), "correct_by": correct_by.isoformat(), "marked": [f"{one.kind}:{one.key}" for one in told]}
    return await advance(tx, standing, viewer, now=now, fact=fact, detail=detail)


async def extend(
    tx: Tx, viewer: Viewer, application_id: UUID, *, correct_by: date, expected_version: int | None, now: datetime
) -> Done | Refused | DateWrong:
    """Give more time for the correction: name a day later than the one named before, in the call's zone, tomorrow at the earliest.

    Nothing else changes. It is told as the return was, so that the applicant hears of the later day and is reminded of that one.
    """
    standing = await begin(tx, viewer, application_id, Act.EXTEND, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    wrong = wrong_extension(application, standing.terms.call(application.year), now, correct_by=correct_by)
    if wrong:
        return wrong
    assert application.correct_by is not None, "a returned application has a day to be corrected by"
    detail = {"before": application.correct_by.isoformat(), "correct_by": correct_by.isoformat()}
    application.correct_by = correct_by
    fact = ApplicationReturned(**facts_of(application), reasons=list(application.reasons), correct_by=correct_by)
    return await advance(tx, standing, viewer, now=now, fact=fact, detail=detail)


async def nominate(
    tx: Tx, viewer: Viewer, application_id: UUID, *, expected_version: int | None, now: datetime
) -> Done | Refused | Incomplete:
    """Put the application last on its country's slate; quotas is asked whether the country may put one more forward.

    Papers and letters that the programme asks for at this stage must be there.
    """
    seen = await store.find(tx, viewer, application_id)
    if seen is None:
        return NotFound()
    await store.lock_slate(tx, cell_of(seen))
    standing = await begin(tx, viewer, application_id, Act.NOMINATE, expected_version=expected_version)
    if not isinstance(standing, Standing):
        return standing
    application = standing.application
    filled = await store.filled_in(tx, application.id)
    papers, letters = missing_in(standing.programme, filled, "nomination")
    if papers or letters:
        return Incomplete((), papers, referees=letters)
    ranks = await store.slate_ranks(tx, cell_of(application))
    rank, number = next_rank([one for one, _there in ranks]), 1 + sum(there for _one, there in ranks)
    application.slate_rank = rank
    application.reasons = []
    application.reason_limit = None
    pages = standing.programme.pages
    parts = possible_parts(pages, given(pages, filled.answers), application.listed)
    fact = ApplicationNominated(**facts_of(application), slate_rank=rank, parts=list(parts))
    return await advance(tx, standing, viewer, now=now, fact=fact, detail={"slate_rank": number})


async def reorder_slate(
    tx: Tx, viewer: Viewer, *, programme: str, year: int, order: Sequence[UUID], now: datetime
) -> Done | SlateChanged | Forbidden:
    """Put the slate of the coordinator's country into `order`, which holds exactly those on it.

    Nothing is published: the order is the country's own. Whoever has an application on it themselves may not put it in order.
    """
    if viewer.role != "coordinator" or not viewer.country:
        return Forbidden()
    cell = Cell(programme, viewer.country, year)
    await store.lock_slate(tx, cell)
    slate = await store.slate(tx, cell, lock=True)
    if any(on_own_case(viewer, one) for one in slate):
        return Forbidden()
    ranks = reordered({one.id: one.slate_rank or 0 for one in slate}, order)
    if ranks is None or not slate:
        return SlateChanged()
    for before, one in enumerate(slate, start=1):
        after = one.slate_rank = ranks.get(one.id, one.slate_rank or 0)
        if after != before:  # ranks of those who left are used no more: told is what moved
            detail = {"from": before, "to": after}
            await note(tx, one, "reorder", role=viewer.role, actor=viewer.account_id, now=now, detail=detail)
    await tx.flush()
    return Done(slate[0])
