"""Answering pages of the form: each page is saved whole, with the version of it that the person saw.

Somebody who saw an older version is shown both and chooses: nothing is overwritten silently. A second asking with the
same answers, after a lost answer, finds them saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.applications.domain.answers import (
    Answer,
    Entries,
    Fault,
    Page,
    Parsed,
    Question,
    count_fault,
    entry_page,
    field_names,
    in_form,
    parse_page,
    to_stored,
)
from services.applications.domain.forms import print_of
from services.applications.domain.lifecycle import EDITABLE, NotAllowed, State
from services.applications.domain.outcomes import Forbidden, NotFound, PageChanged, WrongAnswers
from services.applications.domain.viewers import Viewer
from services.applications.store import answers as store
from services.applications.use_cases.sheet import Sheet, sheet
from services.applications.use_cases.steps import Done
from shared.persistence.database import Tx

Refused = NotAllowed | NotFound | Forbidden
TYPED_MAX: Final = 100_000
"""Characters of a page that are kept unsaved at most; more than any page may be answered with."""


@dataclass(frozen=True, slots=True)
class Open:
    """A page that may be answered, its application's row locked."""

    sheet: Sheet
    page: Page

    def read(self, page: Page, form: Mapping[str, str], now: datetime) -> Parsed:
        """The fields, read as the person's day and the other pages have it."""
        known = self.sheet.before(self.page) if page is self.page else {}
        return parse_page(page, form, today=self.sheet.call.day(now), countries=self.sheet.terms.plan.codes, known=known)

    @property
    def entries(self) -> tuple[Mapping[str, Answer], ...]:
        """What the page's group holds."""
        found = self.sheet.answers.get(self.group.key)
        return found.each if isinstance(found, Entries) else ()

    @property
    def group(self) -> Question:
        assert self.page.group is not None, f"{self.page.key} is a page with a group"
        return self.page.group

    def stale(self, seen: int | None) -> bool:
        """Whether the person saw the page before it was saved last."""
        return seen is not None and seen != self.sheet.version(self.page)

    async def save(self, tx: Tx, answers: Mapping[str, Answer], now: datetime) -> Done:
        application = self.sheet.application
        await store.save(tx, application.id, self.page.key, to_stored(answers), form=print_of(self.page), at=now)
        return Done(application)

    def changed(self, answers: Mapping[str, Answer]) -> PageChanged:
        """What is saved now beside what the person answered."""
        own = {question.key for question in self.page.questions}
        saved = self.sheet.saved.get(self.page.key)
        now = {key: answer for key, answer in self.sheet.answers.items() if key in own}
        return PageChanged(now, dict(answers), self.sheet.version(self.page), saved.at if saved else None)


async def open_page(tx: Tx, viewer: Viewer, application_id: UUID, key: str) -> Open | Refused:
    """The page, if this person may answer it now."""
    found = await sheet(tx, viewer, application_id, lock=True)
    if found is None:
        return NotFound()
    if viewer.role != "applicant":
        return Forbidden()
    if found.application.state not in EDITABLE:
        return NotAllowed("not_in_this_state", State(found.application.state))
    page = found.page(key)
    return NotFound() if page is None else Open(found, page)


async def save_page(
    tx: Tx, viewer: Viewer, application_id: UUID, page_key: str, form: Mapping[str, str], *, seen: int | None = None, now: datetime
) -> Done | WrongAnswers | PageChanged | Refused:
    """Save one page of the form, all of it or, where an answer is wrong, nothing: the last good answers stay.

    `seen` is the version of the page that the form was made for; without it the last one wins. A group of which no
    field came, and a question that is not asked, keep what they have.
    """
    open_ = await open_page(tx, viewer, application_id, page_key)
    if not isinstance(open_, Open):
        return open_
    parsed = _with_kept(open_, form, open_.read(open_.page, form, now))
    if parsed.faults:
        return WrongAnswers(parsed.faults)
    if open_.stale(seen):
        changed = open_.changed(parsed.answers)
        return Done(open_.sheet.application) if changed.saved == changed.typed else changed
    return await open_.save(tx, parsed.answers, now)


def _with_kept(open_: Open, form: Mapping[str, str], parsed: Parsed) -> Parsed:
    """The page as read, with what it keeps: a group of which no field came, and what is not asked and came empty, wrong or not at all."""
    answers, faults, counting = dict(parsed.answers), dict(parsed.faults), open_.sheet.before(open_.page)
    for question in open_.page.questions:
        unasked = question.when is not None and not question.when.holds(counting)
        missing = question.kind == "group" and not in_form(question, form)
        if not (missing or (unasked and question.key not in answers)):
            counting |= {question.key: answers[question.key]} if question.key in answers and not unasked else {}
            continue
        before = open_.sheet.answers.get(question.key)
        if missing:
            before = Entries(open_.entries)
            bounds = count_fault(question, len(open_.entries))
            faults |= {question.key: bounds} if bounds else {}
            if bounds is None:
                faults.pop(question.key, None)
        answers |= {question.key: before} if before is not None else {}
    return Parsed(answers, faults)


async def save_entry(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    number: int | None,
    form: Mapping[str, str],
    *,
    seen: int | None = None,
    now: datetime,
) -> Done | WrongAnswers | PageChanged | Refused:
    """Save one entry of the page's group: the one with that `number`, counted from 1, or a new one at the end.

    A new entry takes nothing away, so it is added whatever happened meanwhile, but for the same one sent twice. One that was removed
    meanwhile is shown again as it was answered (`PageChanged`).
    """
    open_ = await _open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    parsed = open_.read(entry_page(open_.group), form, now)
    if parsed.faults:
        return WrongAnswers(parsed.faults)
    entries = list(open_.entries)
    if open_.stale(seen) and parsed.answers in entries:
        # The entry may have another number since: what is kept under this one is then another entry's.
        own = number is None or entries[number - 1 : number] == [parsed.answers]
        return await _entry_done(tx, open_, number) if own else Done(open_.sheet.application)
    if number is None:
        entries.append(parsed.answers)
        if len(entries) > open_.group.most:
            return WrongAnswers({open_.group.key: Fault("too_many_entries", {"maximum": open_.group.most, "entries": len(entries)})})
    else:
        if open_.stale(seen):
            return open_.changed({open_.group.key: Entries((parsed.answers,))})
        entries[number - 1] = parsed.answers
    await open_.save(tx, {open_.group.key: Entries(tuple(entries))}, now)
    return await _entry_done(tx, open_, number)


async def _entry_done(tx: Tx, open_: Open, number: int | None) -> Done:
    """The entry is there: what was typed beside it is done with."""
    await store.keep_typed(tx, open_.sheet.application.id, store.of_entry(open_.page.key, number), {}, open_.sheet.application.changed_at)
    return Done(open_.sheet.application)


async def remove_entry(
    tx: Tx, viewer: Viewer, application_id: UUID, page_key: str, number: int, *, seen: int | None = None, now: datetime
) -> Done | PageChanged | Refused:
    """Take an entry out of the page's group."""
    open_ = await _open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    if open_.stale(seen):
        return open_.changed({})
    entries = (*open_.entries[: number - 1], *open_.entries[number:])
    await store.entry_removed(tx, open_.sheet.application.id, page_key, number)
    return await open_.save(tx, {open_.group.key: Entries(entries)}, now)


async def _open_group(tx: Tx, viewer: Viewer, application_id: UUID, key: str, number: int | None, seen: int | None) -> Open | Refused:
    """The page and its group; an entry that is not there any more is for the caller, who finds the page stale."""
    open_ = await open_page(tx, viewer, application_id, key)
    if not isinstance(open_, Open):
        return open_
    if open_.page.group is None:
        return NotFound()
    if number is not None and (number < 1 or (number > len(open_.entries) and not open_.stale(seen))):
        return NotFound()
    return open_


async def keep_typed(
    tx: Tx, viewer: Viewer, application_id: UUID, page_key: str, form: Mapping[str, str], *, seen: int | None = None, now: datetime
) -> Done | WrongAnswers | PageChanged | Refused:
    """Keep what was typed on a page beside its answers, right or wrong, to be offered again; without fields, forget it.

    What was typed on an older version of the page than the present one is not kept (`PageChanged`): offered on the page as it is now, it
    would be saved over answers that the person did not see.
    """
    open_ = await open_page(tx, viewer, application_id, page_key)
    return await _keep(tx, open_, open_.page, page_key, form, seen, now) if isinstance(open_, Open) else open_


async def keep_typed_entry(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    number: int | None,
    form: Mapping[str, str],
    *,
    seen: int | None = None,
    now: datetime,
) -> Done | WrongAnswers | PageChanged | Refused:
    """As `keep_typed`, of one entry of the page's group, or of a new one."""
    open_ = await _open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    return await _keep(tx, open_, entry_page(open_.group), store.of_entry(page_key, number), form, seen, now)


async def _keep(
    tx: Tx, open_: Open, asked: Page, kept_as: str, form: Mapping[str, str], seen: int | None, now: datetime
) -> Done | WrongAnswers | PageChanged:
    if open_.stale(seen):
        return open_.changed({})
    names = {name for question in asked.questions for name in field_names(question)}
    fields = {name: typed.replace("\x00", "") for name, typed in form.items() if name in names}
    if sum(map(len, fields.values())) > TYPED_MAX:
        return WrongAnswers({open_.page.key: Fault("too_long", {"maximum": TYPED_MAX})})
    await store.keep_typed(tx, open_.sheet.application.id, kept_as, fields, now)
    return Done(open_.sheet.application)
