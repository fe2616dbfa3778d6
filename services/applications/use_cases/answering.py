"""Answering pages of the form: each page is saved whole, with the version of it that the person saw.

Somebody who saw an older version is shown both and chooses: nothing is overwritten silently. A second asking with the
same answers, after a lost answer, finds them saved.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.applications.domain.answers import Entries, Fault, entry_page
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.domain.viewers import Viewer
from services.applications.store import answers as store
from services.applications.use_cases.opened import Open, Refused, open_group, open_page, with_kept
from services.applications.use_cases.steps import Done
from services.applications.use_cases.unsaved import Window, fields_of, keep_refused
from shared.persistence.database import Tx


async def save_page(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    form: Mapping[str, str],
    *,
    seen: int | None = None,
    window: Window | None = None,
    now: datetime,
) -> Done | WrongAnswers | PageChanged | Refused:
    """Save one page of the form, all of it or, where an answer is wrong, nothing: the last good answers stay.

    `seen` is the version of the page that the form was made for; without it the last one wins. A group of which no
    field came, and a question that is not asked, keep what they have. Where the form comes from a `window`, what was typed is kept
    beside the answers if it cannot be saved; where it is wrong that is a `WrongPage`.
    """
    open_ = await open_page(tx, viewer, application_id, page_key)
    if not isinstance(open_, Open):
        return open_
    page = open_.page
    parsed = with_kept(open_, form, now)
    changed = open_.changed(parsed.answers) if open_.stale(seen) and not parsed.faults else None
    if changed is not None and changed.saved == changed.typed:
        return Done(open_.sheet.application)
    if parsed.faults or changed is not None:
        wrong: WrongAnswers = WrongAnswers(parsed.faults)
        if window is not None and page.group is None:
            wrong = await keep_refused(tx, open_.sheet, page, page_key, form, window, seen=seen, faults=parsed.faults, now=now)
        return changed or wrong
    let_go = window is None or window.knows(open_.sheet.typed.get(page_key), fields_of(page, form))
    return await open_.save(tx, parsed.answers, now, let_go=let_go)


async def save_entry(
    tx: Tx,
    viewer: Viewer,
    application_id: UUID,
    page_key: str,
    number: int | None,
    form: Mapping[str, str],
    *,
    seen: int | None = None,
    window: Window | None = None,
    now: datetime,
) -> Done | WrongAnswers | PageChanged | Refused:
    """Save one entry of the page's group: the one with that `number`, counted from 1, or a new one at the end.

    The list may have changed since the form was opened. The same entry sent twice is there already; any other is shown beside the list as
    it is now (`PageChanged`), and added where the person wants that still: it may be an entry that was changed, or removed, meanwhile.
    """
    open_ = await open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    asked, kept_as = entry_page(open_.group), store.of_entry(page_key, number)
    parsed = open_.read(asked, form, now)
    entries, most, stale = list(open_.entries), open_.group.most, open_.stale(seen)
    faults = dict(parsed.faults)
    if stale and not faults and parsed.answers in entries:
        # The entry may have another number since: what is kept under this one is then another entry's.
        own = number is None or entries[number - 1 : number] == [parsed.answers]
        return await _entry_done(tx, open_, kept_as, form, window) if own else Done(open_.sheet.application)
    if not faults and number is None and len(entries) >= most:
        faults = {open_.group.key: Fault("too_many_entries", {"maximum": most, "entries": len(entries) + 1})}
    if faults and window is not None:
        # An entry has no number of its own: in a list that has changed, this one may be another's. A new one stands in nobody's place.
        kept_as = store.of_entry(page_key, None) if stale else kept_as
        return await keep_refused(tx, open_.sheet, asked, kept_as, form, window, seen=seen, faults=faults, now=now)
    if faults:
        return WrongAnswers(faults)
    if stale:
        return open_.changed({open_.group.key: Entries((parsed.answers,))})
    entries[slice(len(entries), None) if number is None else slice(number - 1, number)] = [parsed.answers]
    await open_.save(tx, {open_.group.key: Entries(tuple(entries))}, now)
    return await _entry_done(tx, open_, kept_as, form, window)


async def _entry_done(tx: Tx, open_: Open, kept_as: str, form: Mapping[str, str], window: Window | None) -> Done:
    """The entry is there: what was typed beside it is done with, but for what another window has kept. So is what its window kept of
    another entry of the list, in whose place it was typed before it was added.
    """
    kept, fields = open_.sheet.typed.get(kept_as), fields_of(entry_page(open_.group), form)
    done = {kept_as} if kept is not None and (window is None or window.knows(kept, fields)) else set()
    if window is not None:
        done |= {key for key, one in open_.sheet.typed.items() if key.startswith(store.of_page(open_.page.key)) and window.has(one)}
    if done:
        await store.forget(tx, open_.sheet.application.id, sorted(done))
    return Done(open_.sheet.application)


async def remove_entry(
    tx: Tx, viewer: Viewer, application_id: UUID, page_key: str, number: int, *, seen: int | None = None, now: datetime
) -> Done | PageChanged | Refused:
    """Take an entry out of the page's group."""
    open_ = await open_group(tx, viewer, application_id, page_key, number, seen)
    if not isinstance(open_, Open):
        return open_
    if open_.stale(seen):
        return open_.changed({})
    entries = (*open_.entries[: number - 1], *open_.entries[number:])
    await store.entry_removed(tx, open_.sheet.application.id, page_key, number)
    return await open_.save(tx, {open_.group.key: Entries(entries)}, now)
