"""Pages with a repeated group: the list of its entries, and one page for each entry."""

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.applications import use_cases
from services.applications.accounts.desk import desk_of
from services.applications.domain.answers import Answer, Entries, Fault, Question, as_form, entry_page
from services.applications.domain.eligibility import check
from services.applications.domain.outcomes import PageChanged, WrongAnswers
from services.applications.earlier import Earlier
from services.applications.pages.beside import Beside
from services.applications.pages.desktop import (
    Again,
    Desktop,
    Sent,
    desktop,
    draw_both,
    kept_answer,
    not_instead,
    opened_with,
    refused,
    status_of,
    then,
    typed_in,
    unsaved,
    version_on,
)
from services.applications.pages.fields import condition, entry_name, entry_rows, entry_words, errors_in, fault_words, field, own, said_of
from services.applications.pages.kit import applicant, id_from
from services.applications.pages.refusals import problem
from services.applications.store.answers import of_entry
from services.applications.use_cases import Done
from services.applications.use_cases.unsaved import WrongPage, faults_of_entry
from shared.web.i18n import translate
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
router = APIRouter(include_in_schema=False)


def held(found: Desktop) -> tuple[Mapping[str, Answer], ...]:
    """The entries that the page's group has now."""
    answer = found.sheet.answers.get(group_of(found).key)
    return answer.each if isinstance(answer, Entries) else ()


def group_of(found: Desktop) -> Question:
    if found.page.group is None:
        raise Problem(404, code="not_found")
    return found.page.group


def spoken_against(found: Desktop) -> dict[int, dict[str, str]]:
    """What the programme's rules say of entries as they are saved, by the entry's number and the question of the year that it is about."""
    group, programme, context = group_of(found), found.sheet.programme, found.sheet.call.context(found.sheet.application.country)
    said: dict[int, dict[str, str]] = {}
    for rule in programme.rules:
        for reason in check((rule,), found.sheet.counting, context) if rule.question == group.key else ():
            for number in reason.entries:
                said.setdefault(number, {})[str(rule.parameters["year"])] = own(reason.text)
    return said


def draw_list(request: Request, found: Desktop, *, faults: Mapping[str, Fault] | None = None, before: Earlier | None = None) -> Response:
    """All entries, with what can be done to each; or those of an earlier application (`before`), which are saved by continuing."""
    group, plan = group_of(found), found.sheet.terms.plan
    earlier = before.answers.get(group.key) if before else None
    entries, waiting = earlier.each if isinstance(earlier, Entries) else held(found), typed_into(found, None)
    against = spoken_against(found) if earlier is None else {}
    cards = [
        {
            "wrong": list(against.get(number, {}).values()),
            "title": entry_name(group, number),
            "rows": entry_rows(group, entry, plan),
            "href": f"{found.here}/entries/{number}",
            "typed": typed_into(found, number),
        }
        for number, entry in enumerate(entries, start=1)
    ]
    return render(
        request,
        "entries.html",
        status=422 if faults else 200,
        page=found.page,
        focal=found.focal,
        group=group,
        cards=cards,
        errors=errors_in(group, faults or {}, len(cards))
        + [
            {"error": said_of(entry_name(group, number), words), "target": f"entry-{number}"}
            for number, said in against.items()
            for words in said.values()
        ],
        action=found.here + then(request),
        then=then(request),
        version=found.sheet.version(found.page),
        new=f"{found.here}/entries/new{then(request)}" if (len(entries) < group.most or waiting) and earlier is None else "",
        waiting=waiting,
        before=before if earlier is not None else None,
        taken=as_form(group, earlier) if earlier is not None else {},
        remarks=found.remarks,
        back=f"{found.path}/check" if then(request) else f"{found.path}/tasks",
        number=found.sheet.pages.index(found.page) + 1,
        all=len(found.sheet.pages),
        saved_at=found.saved_at,
        changed=found.sheet.changed_since(found.page),
        stale="stale" in request.query_params,
    )


def typed_into(found: Desktop, number: int | None) -> str:
    """When something was typed into the entry, or a new one, that is not saved; empty where nothing was."""
    kept = found.sheet.typed.get(of_entry(found.page.key, number))
    return _("Typed at {time}, not saved yet", time=found.time(kept.at)) if kept else ""


@router.get("/applications/{application_id}/pages/{key}/entries/{entry}")
async def entry_form(request: Request, application_id: str, key: str, entry: str) -> Response:
    found = await desktop(request, application_id, key)
    number = number_in(found, entry)
    again = opened_with(request, found, of_entry(key, number), lambda fields: faults_of_entry(found.sheet, found.page, fields, found.now))
    if again is not None:
        return draw_entry(request, found, number, again=again)
    return draw_entry(request, found, number, answers=held(found)[number - 1] if number else {})


def number_in(found: Desktop, entry: str) -> int | None:
    """The entry that an address names, counted from 1; none for a new one; 404 where there is no such entry."""
    if entry == "new":
        return None
    number = int(entry) if entry.isdecimal() and len(entry) < 4 else 0
    if not 1 <= number <= len(held(found)):
        raise Problem(404, code="not_found")
    return number


def there(found: Desktop, number: int | None) -> int | None:
    """The number where there is such an entry still; none, which is a new one, where there is not."""
    return number if number is not None and number <= len(held(found)) else None


def draw_entry(
    request: Request,
    found: Desktop,
    number: int | None,
    *,
    answers: Mapping[str, Answer] | None = None,
    again: Again | None = None,
    kept_as: str = "",
) -> Response:
    """One entry, as a page of questions; what was typed into it and not saved is treated as on those (`questions.draw`).

    It is kept under the entry's own key, or under `kept_as`, as a new one, where the list was changed meanwhile.
    """
    group, plan, wrong = group_of(found), found.sheet.terms.plan, again.faults if again else {}
    page, here = entry_page(group), f"{found.here}/entries/{number or 'new'}"
    given, typed, saved = answers or {}, again.sent.fields if again else None, number is not None
    fields = [
        {
            **field(one, plan, answer=given.get(one.key), typed=typed, fault=wrong.get(one.key), saved=saved),
            "when": condition(one, page, plan),
        }
        for one in group.questions
    ]
    against = spoken_against(found).get(number or 0, {}) if again is None else {}
    fields = [{**one, "error": one["error"] or against.get(one["key"], "")} for one in fields]
    return render(
        request,
        "entry.html",
        status=status_of(request, wrong=bool(wrong)),
        page=found.page,
        focal=found.focal,
        title=entry_name(group, number or len(held(found)) + 1),
        fields=fields,
        others=[fault_words(wrong[group.key], group)] if group.key in wrong else [],
        wrong=bool(wrong or against),
        action=here + then(request),
        version=version_on(found, again),
        back=found.here + then(request),
        unsaved=unsaved(found, kept_as or of_entry(found.page.key, number), f"{typed_at(found, kept_as) or here}/typed", again),
    )


def typed_at(found: Desktop, kept_as: str) -> str:
    """The address of the entry of which a text is kept under that key; empty where none is named."""
    return f"{found.here}/entries/{kept_as.rpartition('/')[2]}" if kept_as else ""


@router.post("/applications/{application_id}/pages/{key}/entries/{entry}/typed")
async def keep_typed(request: Request, application_id: str, key: str, entry: str) -> Response:
    """What a script keeps of an entry while somebody types; and the button that lets go of it."""
    viewer, desk, one = applicant(request), desk_of(request), id_from(application_id)
    sent, number, now = await typed_in(request), number_of(entry), desk.clock.now()
    fields = {} if "forget" in request.query_params else sent.fields
    outcome = await desk.db.run(
        lambda tx: use_cases.keep_typed_entry(tx, viewer, one, key, number, fields, window=sent.window, seen=sent.seen, now=now)
    )
    if not_instead(request, outcome):
        found = await desktop(request, application_id, key)
        faults = faults_of_entry(found.sheet, found.page, sent.fields, now)
        if isinstance(outcome, PageChanged) and not faults:
            return draw_both_of_entry(request, found, number, outcome, sent)
        return draw_entry(request, found, there(found, number), again=Again(sent, faults))
    listed = f"/applications/{one}/pages/{quote(key)}"
    return kept_answer(request, outcome, listed if "list" in request.query_params else f"{listed}/entries/{entry}")


def number_of(entry: str) -> int | None:
    """The number that an address names, whether there is such an entry or not; none for a new one; 404 where it is no number."""
    if entry != "new" and not (entry.isdecimal() and len(entry) < 4):
        raise Problem(404, code="not_found")
    return None if entry == "new" else int(entry)


@router.post("/applications/{application_id}/pages/{key}/entries/{entry}")
async def save_entry(request: Request, application_id: str, key: str, entry: str) -> Response:
    viewer, desk, one = applicant(request), desk_of(request), id_from(application_id)
    sent, number, now = await typed_in(request), number_of(entry), desk.clock.now()
    outcome = await desk.db.run(
        lambda tx: use_cases.save_entry(tx, viewer, one, key, number, sent.fields, seen=sent.seen, window=sent.window, now=now)
    )
    if isinstance(outcome, Done):
        return RedirectResponse(f"/applications/{one}/pages/{key}{then(request)}", 303)
    if isinstance(outcome, WrongPage):
        found = await refused(request, outcome, key)
        again = Again(sent, outcome.faults, mine=outcome.kept)
        return draw_entry(request, found, there(found, number), again=again, kept_as=outcome.kept_as)
    found = await desktop(request, application_id, key)
    if isinstance(outcome, WrongAnswers):
        return draw_entry(request, found, there(found, number), again=Again(sent, outcome.faults))
    if isinstance(outcome, PageChanged):
        return draw_both_of_entry(request, found, number, outcome, sent)
    raise problem(outcome, found.zone)


def draw_both_of_entry(request: Request, found: Desktop, number: int | None, outcome: PageChanged, sent: Sent) -> Response:
    """What was typed beside the entry that has its number now, to be put in its place or added; beside the whole list where none has."""
    group, entries, onward = group_of(found), held(found), then(request)
    new, number = f"{found.here}/entries/new{onward}", there(found, number)
    here, keys = f"{found.here}/entries/{number or 'new'}", (of_entry(found.page.key, number), of_entry(found.page.key, None))
    kept_as = next((key for key in keys if sent.grew_from(found.sheet.typed.get(key))), keys[0])
    kept, forget = found.sheet.typed.get(kept_as), f"{typed_at(found, kept_as)}/typed?forget=1&list=1{onward.replace('?', '&')}"
    if number is None:
        return draw_both(request, found, outcome, sent, kept=kept, action=new, forget=forget)
    title, plan = entry_name(group, number), found.sheet.terms.plan
    typed = outcome.typed[group.key]
    assert isinstance(typed, Entries), "an entry was typed"
    row = Beside.of(title, entry_words(group, entries[number - 1], plan), entry_words(group, typed.each[0], plan))
    return draw_both(
        request,
        found,
        outcome,
        sent,
        rows=[row],
        kept=kept,
        action=here + onward,
        forget=forget,
        entry=title,
        add=new if len(entries) < group.most else "",
    )


@router.get("/applications/{application_id}/pages/{key}/entries/{entry}/remove")
async def ask_to_remove(request: Request, application_id: str, key: str, entry: str) -> Response:
    """Asks once more before an entry goes."""
    found = await desktop(request, application_id, key)
    number = number_in(found, entry)
    if number is None:
        raise Problem(404, code="not_found")
    group, plan = group_of(found), found.sheet.terms.plan
    return render(
        request,
        "entry_remove.html",
        page=found.page,
        focal=found.focal,
        title=entry_name(group, number),
        rows=entry_rows(group, held(found)[number - 1], plan),
        action=f"{found.here}/entries/{number}/remove{then(request)}",
        version=found.sheet.version(found.page),
        back=found.here + then(request),
    )


@router.post("/applications/{application_id}/pages/{key}/entries/{entry}/remove")
async def remove_entry(request: Request, application_id: str, key: str, entry: str) -> Response:
    viewer, desk, one = applicant(request), desk_of(request), id_from(application_id)
    seen = (await typed_in(request)).seen
    number = int(entry) if entry.isdecimal() and len(entry) < 4 else 0
    outcome = await desk.db.run(lambda tx: use_cases.remove_entry(tx, viewer, one, key, number, seen=seen, now=desk.clock.now()))
    here = f"/applications/{one}/pages/{key}{then(request)}"
    if isinstance(outcome, Done):
        return RedirectResponse(here, 303)
    if isinstance(outcome, PageChanged):
        return RedirectResponse(f"{here}{'&' if '?' in here else '?'}stale=1", 303)
    raise problem(outcome, "UTC")
