"""What operators see of applications besides what they see of every service: `shared.web.operations` has the page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from fastapi import Request

from services.applications.access import viewer_in
from services.applications.accounts.desk import desk_of
from services.applications.folder import zone_of
from services.applications.privacy import mailing
from services.applications.store import checks
from shared.mail.smtp import Reason
from shared.persistence.database import Tx
from shared.web.i18n import N_, translate
from shared.web.identity import Identity
from shared.web.operations import FIGURES

_ = translate

LATE_AFTER: Final = timedelta(hours=1)
"""A mail about somebody's data that has waited longer is shown: something is wrong with the mail server, or with the address."""
LOST_SHOWN: Final = timedelta(days=90)
LOST_LINES: Final = 50
"""So many of the mails that were given up are shown at most, the last of them; the others are counted."""
MAILS: Final[Mapping[str, str]] = {
    mailing.ASKED: N_("Deletion of an account was asked for"),
    mailing.KEPT: N_("The account stays after all"),
    mailing.DONE: N_("An account was deleted"),
    mailing.DRAFT: N_("An unsent application will be removed"),
}
MAIL_REASONS: Final[Mapping[str, str]] = {
    Reason.ADDRESS_REFUSED: N_("The mail server knows no such address"),
    Reason.MESSAGE_REFUSED: N_("The mail server refuses the message"),
    Reason.REFUSED_FOR_NOW: N_("The mail server put it off each time"),
    Reason.SENDER_REFUSED: N_("The mail server refuses our sender: see PUENTE_MAIL_FROM"),
    Reason.SIGN_IN_REFUSED: N_("The mail server refuses our sign-in: see PUENTE_SMTP_USERNAME and PUENTE_SMTP_PASSWORD"),
    Reason.SERVER_AWAY: N_("The mail server could not be reached: see PUENTE_SMTP_HOST and PUENTE_SMTP_PORT"),
    Reason.CONNECTION_LOST: N_("The mail server broke off each time"),
}


async def more(request: Request, who: Identity) -> Mapping[str, Any]:
    """What is this service's alone: approvals without an answer, and mails about the end of somebody's data."""
    desk = desk_of(request)
    viewer, now = viewer_in(request, who.role), desk.clock.now()
    figures = request.query_params.get("part") == FIGURES

    async def read(tx: Tx) -> dict[str, Any]:
        # The figures are asked for again and again, by the pages of the other services too.
        lost = [] if figures else await mailing.lost(tx, since=now - LOST_SHOWN, most=LOST_LINES)
        return {
            "awaiting": await checks.awaiting(tx),
            "zone": await zone_of(tx, viewer.account_id),
            "late": await mailing.late(tx, before=now - LATE_AFTER),
            "lost": lost,
            "lost_more": await mailing.lost_number(tx, since=now - LOST_SHOWN) - len(lost) if len(lost) == LOST_LINES else 0,
        }

    return await desk.db.run(read) | {"mail_words": lambda kind: _(MAILS[kind]), "mail_reason": lambda reason: _(MAIL_REASONS[reason])}
