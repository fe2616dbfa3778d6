"""What stands against an approval for good, in words: on the page of one application, and for those who were chosen among many."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from services.applications.domain.courses import COUNTRY_AWAY
from services.applications.domain.outcomes import ChannelLost, CourseLost, NotTakingPart
from services.applications.pages.preferences import course_title
from services.applications.staff.courses import WHY
from services.applications.staff.kit import File, known
from services.applications.store.plans import InForce
from services.applications.tables import Application
from services.applications.use_cases.courses import Against, against_approval, against_approvals, not_possible
from shared.persistence.database import Tx
from shared.web.formats import bracketed, listed, sentences
from shared.web.i18n import N_, translate

_ = translate

AWAY: Final = N_("The country does not take part in this programme now, so the application cannot be approved.")
AWAY_IN_PART: Final = N_("The country takes part in this programme now, but not in what was chosen, so the application cannot be approved.")
UNTIL_BACK: Final = N_(
    "It stays as it is, and can be approved once the country takes part again. Otherwise choose “Do not carry forward”, with the reason."
)
UNTIL_WHOLE: Final = N_(
    "It stays as it is, and can be approved once the country takes part in that too. Otherwise choose “Do not carry forward”, with the "
    "reason."
)
UNTIL_GIVEN: Final = N_(
    "It can be approved only if a newer version of the plan gives such a course again. Otherwise choose “Do not carry forward”, with the "
    "reason."
)
NO_CHANNEL: Final = N_("The way of applying that was chosen is no longer in the plan, so the application cannot be approved.")
UNTIL_OPENED: Final = N_(
    "It can be approved only if a newer version of the plan has that way of applying again. Otherwise choose “Do not carry forward”, with "
    "the reason."
)


def stopped(file: File) -> str:
    """Why nobody can be approved on this application whatever is chosen, and what to do; nothing where something can."""
    terms, application, call = file.dossier.terms, file.application, file.dossier.call
    against = against_approval(terms, application, file.dossier.answers, file.now, None)
    if against is None or (isinstance(against, CourseLost) and (against.others or against.begun)):
        return ""
    if isinstance(against, ChannelLost):
        return sentences(_(NO_CHANNEL), _(UNTIL_OPENED))
    if not terms.shares(application.country, call.day(file.now)):
        return sentences(_(AWAY), _(UNTIL_BACK))
    if isinstance(against, NotTakingPart):
        return sentences(_(AWAY_IN_PART), _(UNTIL_WHOLE))
    wrong = not_possible(terms, application, file.dossier.answers, file.now, sent=True)
    title = partial(course_title, file.dossier.programme)
    said = listed(bracketed(title(key), _(WHY[why], year=application.year)) for key, why in wrong.items())
    return sentences(
        _("No course that was listed can be had now, so the application cannot be approved: {courses}.", courses=said),
        _(UNTIL_BACK if COUNTRY_AWAY in wrong.values() else UNTIL_GIVEN),
    )


async def lost_of(tx: Tx, rows: Sequence[Application], terms: Sequence[InForce], now: datetime) -> dict[UUID, str]:
    """Those whose approval among many, which is for the first course of each, would come to nothing now, and why, in words."""
    asked = [(row, one) for row in rows if (one := known(terms, row.programme)) is not None and one.programme.call(row.year) is not None]
    return {key: lost_words(against) for key, against in (await against_approvals(tx, asked, now)).items()}


def lost_words(outcome: Against) -> str:
    """Why it is not approved among many, and what the officer can do about it."""
    if isinstance(outcome, ChannelLost):
        return _("the way of applying that was chosen is no longer in the plan")
    if isinstance(outcome, NotTakingPart):
        return _(WHY[COUNTRY_AWAY])
    if outcome.others:
        return _("the first course on its list cannot be had now; open it to approve for another one")
    if outcome.begun:
        return _("what is left of its list has begun already; open it to approve all the same")
    return _("no course on its list can be had now")
