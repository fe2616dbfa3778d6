"""Which of the courses that somebody lists cannot be had now, and whether one can be approved."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import Answer, given
from services.applications.domain.courses import BEGUN, COUNTRY_AWAY, FINAL, TONGUE, impossible, listed
from services.applications.domain.lifecycle import State
from services.applications.domain.outcomes import ChannelLost, CourseLost, CoursesNotPossible, NotTakingPart
from services.applications.domain.parts import parts_of
from services.applications.store import applications as store
from services.applications.store.plans import InForce
from services.applications.tables import Application
from shared.persistence.database import Tx


def not_possible(
    terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime, *, sent: bool = False
) -> dict[str, str]:
    """Course to why, a code of `domain.courses.WHY`: of the courses in the answers, or of those that were `sent`.

    What is to be sent again is not asked whether the country takes part, as the programme as a whole is not, nor whether a course that
    stood on the list when it was sent has begun since: whether somebody may be let in late is for the officer to say.
    """
    programme, call = terms.programme, terms.call(application.year)
    courses = application.listed if sent else listed(programme.pages, answers)
    if not courses:
        return {}
    asks = sent or application.state == State.DRAFT
    day, named = call.day(now), terms.named_parts(application.country)
    shares = terms.shares(application.country, day)

    def takes_part(course: str) -> bool:
        parts = parts_of(programme.pages, answers, named, course)
        return not asks or any(share.covers(parts, course) for share in shares)

    found = impossible(courses, programme.courses_of(application.year), answers.get(TONGUE), day, takes_part)
    return {course: why for course, why in found.items() if asks or why != BEGUN or course not in application.listed}


def judged(
    terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime
) -> NotTakingPart | CoursesNotPossible | None:
    """Whether what was chosen can be had: the level, and every course that is listed."""
    courses = listed(terms.programme.pages, answers)
    found = not_possible(terms, application, answers, now)
    if courses and all(found.get(course) == COUNTRY_AWAY for course in courses):
        return NotTakingPart(application.country, in_part=True)
    if found:
        return CoursesNotPossible(found)
    if courses or application.state != State.DRAFT:
        return None
    return _away(terms, application, answers, now)


def _away(terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime) -> NotTakingPart | None:
    """Whether the country takes part in what was chosen, where that is no course."""
    parts = parts_of(terms.programme.pages, answers, terms.named_parts(application.country))
    shares = terms.shares(application.country, terms.call(application.year).day(now))
    return None if any(share.covers(parts, None) for share in shares) else NotTakingPart(application.country, in_part=bool(shares))


# ---- approving

Against = ChannelLost | CourseLost | NotTakingPart
"""What quotas would refuse for good."""


def against_approval(
    terms: InForce, application: Application, answers: Mapping[str, Answer], now: datetime, course: str | None
) -> Against | None:
    """Why an approval for `course` would come to nothing now: quotas would refuse it for good. No course helps where the channel is gone.

    Where none is named it is for the first that was listed, and then not for one that has begun either: to send somebody after it is
    for the officer to say.
    """
    opened = tuple(one.key for one in terms.programme.channels)
    if application.channel is not None and opened and application.channel not in opened:
        return ChannelLost(application.channel, opened)
    courses = application.listed
    if not courses:
        return _away(terms, application, answers, now)
    found = not_possible(terms, application, answers, now, sent=True)
    wanted = course or courses[0]
    why = found.get(wanted, "")
    if why not in FINAL and (course is not None or why != BEGUN):
        return None
    begun = tuple(one for one in courses if found.get(one) == BEGUN)
    return CourseLost(wanted, why, tuple(one for one in courses if one not in begun and found.get(one) not in FINAL), begun)


async def answers_of(tx: Tx, asked: Sequence[tuple[Application, InForce]]) -> dict[UUID, Mapping[str, Answer]]:
    """The answers of those of whom it matters what else they chose, as their country names parts, or did; in one statement."""
    chosen = {row.id: terms for row, terms in asked if row.parts or terms.named_parts(row.country)}
    if not chosen:
        return {}
    filled = await store.all_filled_in(tx, [store.Asked(one) for one in chosen])
    return {key: given(terms.programme.pages, one.answers) for (key, terms), one in zip(chosen.items(), filled, strict=True)}


async def against_approvals(tx: Tx, asked: Sequence[tuple[Application, InForce]], now: datetime) -> dict[UUID, Against]:
    """Those whose approval for the first course of each would come to nothing now, and why."""
    answers = await answers_of(tx, asked)
    found = {row.id: against_approval(terms, row, answers.get(row.id, {}), now, None) for row, terms in asked}
    return {key: against for key, against in found.items() if against is not None}
