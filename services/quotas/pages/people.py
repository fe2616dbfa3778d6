"""Who proposed, decided or answered: by role, since this service knows nobody's name (decision 32)."""

from typing import Final

from markupsafe import Markup

from services.quotas.pages import kit
from services.quotas.proposals import NEWER_PLAN, SYSTEM
from shared.web.formats import listed
from shared.web.i18n import translate
from shared.web.identity import Identity
from shared.web.navigation import role_name

_ = translate

STAFF: Final = "/staff/"
"""The page of applications that says who a member of staff is, to those who may know."""
_NAMED: Final = Markup('<span data-part="{where}"><a class="govuk-link" href="{where}">{words}</a></span>')


def person(account: str, role: str, who: Identity, country: str = "") -> Markup:
    """`you`, a new version of the plan, or the role that it was done in, with the country of a coordinator.

    Where the reader may know the name, it leads to who it was; a browser with a script puts the name in its place.
    """
    if account == who.account_id:
        return Markup.escape(_("you"))
    if account in (SYSTEM, NEWER_PLAN):
        return Markup.escape(_("a new version of the plan"))
    words = listed((role_name(role), country)) if country and role == "coordinator" else role_name(role)
    return _NAMED.format(where=f"{STAFF}{account}", words=words) if who.role in kit.READERS else Markup.escape(words)
