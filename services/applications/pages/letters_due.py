"""How the letters of referees stand, in words: how many have come, by when the others must, and whom to ask where one declined."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.applications.domain.lifecycle import State
from services.applications.domain.referees import Referees, Tally, may_ask, passed
from services.applications.folder import Folder
from services.applications.pages.words import both
from services.applications.referees.telling import due_of, taken_until
from services.applications.store.plans import InForce
from services.applications.tables import Application
from shared.web.formats import sentences
from shared.web.i18n import Nn_, ngettext, translate

_ = translate
_COME: Final = Nn_("The letter that is needed has not come.", "{received} of {n} letters that are needed have come.")
_LEFT: Final = Nn_("{n} is still to come; it must be here by {day}.", "{n} are still to come; they must be here by {day}.")


@dataclass(frozen=True, slots=True)
class LettersSaid:
    """`text` is how they stand; `more` how many people have to be asked still, empty where it is nobody; `href` the page to do it on.

    `over`: none is taken any more.
    """

    text: str
    more: str
    over: bool
    href: str


def letters_said(tally: Tally | None, application: Application, terms: InForce, zone: str, now: datetime) -> LettersSaid | None:
    """What is said of them wherever the state is told; nothing where no letter is asked for, or of use any more."""
    asked = terms.programme.referees
    if asked is None or tally is None:
        return None
    until = taken_until(due_of(terms, application.year, asked), application, terms, asked, now)
    over = passed(until, now)
    more = "" if over or not may_ask(asked.needed, State(application.state)) else _more(tally)
    return LettersSaid(_text(asked, tally, both(until, zone), over=over), more, over, f"/applications/{application.id}/referees")


def letters_of(folder: Folder) -> LettersSaid | None:
    """The same of an application that is looked at."""
    return letters_said(folder.dossier.letters_tally, folder.application, folder.dossier.terms, folder.zone, folder.now)


def _more(tally: Tally) -> str:
    """How many people have to be asked still."""
    return ngettext("{n} more referee is needed.", "{n} more referees are needed.", tally.referees) if tally.referees else ""


def _text(asked: Referees, tally: Tally, until: str, *, over: bool) -> str:
    if not tally.letters:
        return ngettext("The letter that is needed has come.", "All {n} letters that are needed have come.", tally.needed)
    come = ngettext(*_COME, tally.needed, received=tally.received)
    if not over:
        left = _("It must be here by {day}.", day=until) if tally.needed == 1 else ngettext(*_LEFT, tally.letters, day=until)
        return sentences(come, left)
    lost = _("Letters were taken until {due}. Nobody can be asked any more.", due=until)
    so = (
        _("Without them your country cannot put you forward.")
        if asked.needed == "nomination"
        else _("Without them your application cannot be sent.")
    )
    return sentences(come, lost, so)
