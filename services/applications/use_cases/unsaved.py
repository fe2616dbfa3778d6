"""What was typed on a page of the form and is not saved: kept beside the answers, offered again, and never counted.

A script keeps it as one types, and a page that is refused is kept as it was sent. Two windows may have the page open: what one of them
has kept is never replaced, nor let go of, by the other, which does not know of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.applications.domain.answers import Entries, Fault, Page, entry_page, field_names
from services.applications.domain.outcomes import NotFound, PageChanged, WrongAnswers
from services.applications.domain.viewers import Viewer
from services.applications.store import answers as store
from services.applications.store.answers import Typed
from services.applications.use_cases.opened import Open, Refused, open_group, open_page, with_kept
from services.applications.use_cases.sheet import Sheet
from shared.persistence.database import Tx

TYPED_MAX: Final = 100_000
"""Characters of a page that are kept unsaved at most; more than any page of a shipped plan may be answered with."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the window that a form was sent from knew of the text that is kept: the mark of what it was filled in with or, where `offered`,
    of what was offered beside it and not chosen yet. The mark is empty where nothing was kept; none where the form does not say: it is
    taken to know.

    `key` is the window's own, from its opening through all that is answered to its form; empty where the form does not say. What it kept
    itself it knows, though the answer that named the mark was lost, or came when the next text was on its way.
    """

    mark: str | None = None
    offered: bool = False
    key: str = ""

    def knows(self, kept: Typed | None, fields: Mapping[str, str]) -> bool:
        """Whether it may put `fields` in the place of what is kept."""
        return kept is None or self.mark is None or self.has(kept) or kept.fields == fields

    def has(self, kept: Typed) -> bool:
        """Whether it was filled in with what is kept, was offered it, or kept it itself."""
        return self.mark == kept.mark or (self.key != "" and self.key == kept.window)


@dataclass(frozen=True, slots=True)
class WrongPage(WrongAnswers):
    """Answers with faults on a page that stands on somebody's screen, and the form as it is now; whether what was typed is `kept` in it,
    and under which key.
    """

    sheet: Sheet
    kept: bool
    kept_as: str


@dataclass(frozen=True, slots=True)
class KeptElsewhere:
    """What another window has kept of the page is another text, which this one does not know: it stays."""


@dataclass(frozen=True, slots=True)
class Kept:
    """It is kept; `mark` tells this text from any other. Empty where there is nothing any more."""

    mark: str
    sheet: Sheet


def fields_of(asked: Page, form: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form that the page asks for."""
    names = {name for question in asked.questions for name in field_names(question)}
    return {name: typed.replace("\x00", "") for name, typed in form.items() if name in names}


def faults_of(sheet: Sheet, page: Page, form: Mapping[str, str], now: datetime) -> dict[str, Fault]:
    """What is wrong with a page as it was typed."""
    return dict(with_kept(Open(sheet, page), form, now).faults)


def faults_of_entry(sheet: Sheet, page: Page, form: Mapping[str, str], now: datetime) -> dict[str, Fault]:
    """The same of one entry of the page's group."""
    open_ = Open(sheet, page)
    return dict(open_.read(entry_page(open_.group), form, now).faults)


async def keep_refused(
    tx: Tx,
    sheet: Sheet,
    asked: Page,
    kept_as: str,
    form: Mapping[str, str],
    window: Window,
    *,
    seen: int | None,
    faults: Mapping[str, Fault],
    now: datetime,
) -> WrongPage:
    """Keep a page that was sent and not saved, unless another window has kept another text: that one is offered first. Without faults it
    is right, and was not saved as the page had been saved since.

    A page on which nothing was typed is not kept, and more than any page may hold neither: the answer says what is wrong with it.
    """
    fields, kept = fields_of(asked, form), sheet.typed.get(kept_as)
    typed = any(value.strip() for value in fields.values())
    if window.offered or not window.knows(kept, fields) or sum(map(len, fields.values())) > TYPED_MAX or (kept is None and not typed):
        return WrongPage(faults, sheet, False, kept_as)
    others = {key: one for key, one in sheet.typed.items() if key != kept_as}
    new = Typed(fields, now, seen, bool(faults), window.key)
    await store.keep_typed(tx, sheet.application.id, kept_as, new if typed else None)
    return WrongPage(faults, replace(sheet, typed={**others, kept_as: new} if typed else others), typed, kept_as)


async def keep_typed(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    form: Mapping[str, str],
    *,
    window: Window = Window(),
    seen: int | None = None,
    now: datetime,
) -> Kept | KeptElsewhere | WrongAnswers | PageChanged | Refused:
    """Keep what was typed on a page beside its answers, right or wrong, to be offered again; without fields, forget it.

    What was typed on an older version of the page than the present one is not kept (`PageChanged`): offered on the page as it is now, it
    would be saved over answers that the person did not see.
    """
    open_ = await open_page(tx, viewer, application_id, page_key)
    if isinstance(open_, Open) and open_.page.group is not None:
        return NotFound()  # what is typed there is typed into its entries
    return await _keep(tx, open_, open_.page, page_key, form, window, seen, now) if isinstance(open_, Open) else open_


async def keep_typed_entry(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    number: int | None,
    form: Mapping[str, str],
    *,
    window: Window = Window(),
    seen: int | None = None,
    now: datetime,
) -> Kept | KeptElsewhere | WrongAnswers | PageChanged | Refused:
    """As `keep_typed`, of one entry of the page's group, or of a new one."""
    open_ = await open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    return await _keep(tx, open_, entry_page(open_.group), store.of_entry(page_key, number), form, window, seen, now)


async def _keep(
    tx: Tx, open_: Open, asked: Page, kept_as: str, form: Mapping[str, str], window: Window, seen: int | None, now: datetime
) -> Kept | KeptElsewhere | WrongAnswers | PageChanged:
    fields = fields_of(asked, form)
    if fields and open_.stale(seen):
        if asked is open_.page:
            return open_.changed(with_kept(open_, form, now).answers)
        return open_.changed({open_.group.key: Entries((open_.read(asked, form, now).answers,))})
    if sum(map(len, fields.values())) > TYPED_MAX:
        return WrongAnswers({open_.page.key: Fault("too_long", {"maximum": TYPED_MAX})})
    if not window.knows(open_.sheet.typed.get(kept_as), fields):
        return KeptElsewhere()
    new = Typed(fields, now, seen, window=window.key)
    await store.keep_typed(tx, open_.sheet.application.id, kept_as, new if fields else None)
    return Kept(new.mark if fields else "", open_.sheet)
