"""A page of the form that may be answered now: its application's row locked, its fields read as the person's day has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import (
    Answer,
    Entries,
    Fault,
    Page,
    Parsed,
    Question,
    count_fault,
    entry_form,
    entry_page,
    in_form,
    parse_page,
    to_stored,
)
from services.applications.domain.eligibility import words_wanted
from services.applications.domain.forms import print_of
from services.applications.domain.lifecycle import EDITABLE, NotAllowed, State
from services.applications.domain.outcomes import Forbidden, NotFound, PageChanged
from services.applications.domain.viewers import Viewer
from services.applications.store import answers as store
from services.applications.use_cases.sheet import Sheet, sheet
from services.applications.use_cases.steps import Done
from shared.persistence.database import Tx

Refused = NotAllowed | NotFound | Forbidden


@dataclass(frozen=True, slots=True)
class Open:
    """A page that may be answered, its application's row locked."""

    sheet: Sheet
    page: Page

    def read(self, page: Page, form: Mapping[str, str], now: datetime) -> Parsed:
        """The fields, read as the person's day and the other pages have it."""
        known = self.sheet.before(self.page) if page is self.page else {}
        today, codes, language = self.sheet.call.day(now), self.sheet.terms.plan.codes, self.sheet.language
        parsed = parse_page(page, form, today=today, countries=codes, known=known, language=language)
        return Parsed(parsed.answers, self._as_ruled(parsed, known)) if page is self.page else parsed

    def _as_ruled(self, parsed: Parsed, known: Mapping[str, Answer]) -> dict[str, Fault]:
        """The faults; one of too few words names as many as the rules will want of this person, and not fewer first."""
        context = self.sheet.call.context(self.sheet.application.country)
        wanted = words_wanted(self.sheet.programme.rules, {**known, **parsed.answers}, context)
        return {
            key: replace(fault, parameters={**fault.parameters, "minimum": max(int(str(fault.parameters["minimum"])), wanted.get(key, 0))})
            if fault.code == "too_few_words"
            else fault
            for key, fault in parsed.faults.items()
        }

    @property
    def entries(self) -> tuple[Mapping[str, Answer], ...]:
        """What the page's group holds."""
        found = self.sheet.answers.get(self.group.key)
        return found.each if isinstance(found, Entries) else ()

    @property
    def group(self) -> Question:
        assert self.page.group is not None, f"{self.page.key} is a page with a group"
        return self.page.group

    def faults_in(self, entries: Iterable[Mapping[str, Answer]], now: datetime) -> dict[str, Fault]:
        """What the form as it is now finds wrong in entries of the page's group, under `group-2-question`: they may be older than it."""
        group = self.group
        read = [self.read(entry_page(group), entry_form(group, entry), now) for entry in entries]
        return {f"{group.key}-{n}-{key}": fault for n, parsed in enumerate(read, start=1) for key, fault in parsed.faults.items()}

    def stale(self, seen: int | None) -> bool:
        """Whether the person saw the page before it was saved last."""
        return seen is not None and seen != self.sheet.version(self.page)

    async def save(self, tx: Tx, answers: Mapping[str, Answer], now: datetime, *, let_go: bool = True) -> Done:
        """Save the page; `let_go` of what was typed on it and not saved. While an entry is wrong by what the page asks now, the page is one
        that was answered before, and is to be looked at again.
        """
        application, group = self.sheet.application, self.page.group and answers.get(self.page.group.key)
        each, before = group.each if isinstance(group, Entries) else (), self.sheet.saved.get(self.page.key)
        form = before.form if before is not None and each and self.faults_in(each, now) else print_of(self.page)
        stored = to_stored(answers)
        await store.save(tx, application.id, self.page.key, stored, entries=len(each), form=form, at=now, let_go=let_go)
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


async def open_group(tx: Tx, viewer: Viewer, application_id: UUID, key: str, number: int | None, seen: int | None) -> Open | Refused:
    """The page and its group; an entry that is not there any more is for the caller, who finds the page stale."""
    open_ = await open_page(tx, viewer, application_id, key)
    if not isinstance(open_, Open):
        return open_
    if open_.page.group is None:
        return NotFound()
    if number is not None and (number < 1 or (number > len(open_.entries) and not open_.stale(seen))):
        return NotFound()
    return open_


def with_kept(open_: Open, form: Mapping[str, str], now: datetime) -> Parsed:
    """The page as read, with what it keeps: a group of which no field came, and what is not asked and came empty, wrong or not at all.

    The entries of a group that is kept are read again.
    """
    parsed = open_.read(open_.page, form, now)
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
            faults.pop(question.key, None)
            faults |= {question.key: bounds} if bounds else open_.faults_in(open_.entries, now)
        answers |= {question.key: before} if before is not None else {}
    return Parsed(answers, faults)
