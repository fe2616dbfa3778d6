"""`[referees]` of a programme: how many letters it asks for, from whom, until when, and what a letter answers."""

from typing import Final

from services.applications.domain.answers import KINDS as EVERY_KIND
from services.applications.domain.answers import Question, Texts
from services.applications.domain.referees import KINDS, MOMENTS, NEEDED, READERS, WAYS, Referees
from services.applications.plan.asking import MAX_QUESTIONS
from services.applications.plan.forms import MAX_MEGABYTES, Forms
from services.applications.plan.tables import Table, listing

MOST: Final = 5
"""Referees of one application at most."""
QUESTION_KINDS: Final = ("text", "long_text", "number", "yes_no", "radio", "select")
DAYS_MOST: Final = 120


def read_referees(table: Table, forms: Forms) -> Referees | None:
    """The table, or none where the programme asks for no letters. Call it after the pages, whose questions `when` may name."""
    entry = table.maybe_table("referees")
    if entry is None:
        return None
    minimum, maximum = entry.whole("minimum", 1, MOST), entry.whole("maximum", 1, MOST)
    if maximum < minimum:
        entry.wrong("maximum", f'"maximum" is {maximum}', f'{minimum} or more, the "minimum"')
    ways = entry.texts("ways", WAYS)
    megabytes = entry.whole("max_megabytes", 1, MAX_MEGABYTES) if "upload" in ways or entry.has("max_megabytes") else 0
    due_of, due_days = _due(entry)
    found = Referees(
        minimum=minimum,
        maximum=maximum,
        kinds=entry.texts("kinds", KINDS),
        needed=entry.choice("needed", NEEDED),
        due_of=due_of,
        due_days=due_days,
        late_days=entry.maybe_whole("late_days", 0, DAYS_MOST) or 0,
        remind_days=_remind_days(entry),
        ways=ways,
        max_bytes=megabytes * 1024 * 1024,
        readers=entry.texts("readers", READERS),
        guidance=entry.maybe_in_languages("guidance"),
        guidance_of=_guidance_of(entry),
        questions=_questions(entry, forms, ways),
        when=forms.when(entry),
    )
    _check(table, entry, found)
    entry.done()
    return found


def _guidance_of(entry: Table) -> dict[str, Texts]:
    """`guidance_of.professional.en = "..."`: what referees of one kind are told; `guidance` is for applicants."""
    table = entry.maybe_table("guidance_of")
    if table is None:
        return {}
    found = {kind: table.in_languages(kind) for kind in KINDS if table.has(kind)}
    table.done()
    return found


def _due(entry: Table) -> tuple[str, int]:
    """`due = { of = "closes", after = 14 }`: days after (or before) a moment of the call."""
    rule = entry.table("due", 'a table such as { of = "closes", after = 14 }')
    if rule is None:
        return MOMENTS[0], 0
    of, after, before = rule.choice("of", MOMENTS), rule.maybe_whole("after", 0, DAYS_MOST), rule.maybe_whole("before", 0, DAYS_MOST)
    if (after is None) == (before is None):
        rule.wrong(None, '"due" says both "after" and "before"' if after is not None else '"due" says no days', 'days "after", or "before"')
    rule.done()
    return of, after if after is not None else -(before or 0)


def _remind_days(entry: Table) -> tuple[int, ...]:
    """Days before the due date, such as [7, 2, 0]; each once."""
    expected = f"a list of days before the due date, each once and from 0 to {DAYS_MOST}"
    if not entry.has("remind_days"):
        return ()
    raw = entry._get("remind_days", list, expected)
    days = [one for one in raw or () if isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= DAYS_MOST]
    if raw is not None and (len(days) != len(raw) or len(set(days)) != len(days)):
        entry.wrong("remind_days", f'"remind_days" is {listing(raw)}', expected)
    return tuple(sorted(days, reverse=True))


def _questions(entry: Table, forms: Forms, ways: tuple[str, ...]) -> tuple[Question, ...]:
    """What a written letter answers; needed exactly where letters may be written."""
    found: list[Question] = []
    for raw in entry.tables("questions", least=1 if "write" in ways else 0):
        question = forms.question(forms.common.resolve("questions", raw))
        if question.kind in EVERY_KIND and question.kind not in QUESTION_KINDS:
            raw.wrong("kind", f'"kind" is "{question.kind}"', f"for a letter one of {listing(QUESTION_KINDS)}")
        if any(one.key == question.key for one in found):
            raw.wrong("key", f'the question "{question.key}" stands twice', "each one once")
        found.append(question)
    if len(found) > MAX_QUESTIONS:
        entry.wrong("questions", f"the letter has {len(found)} questions", f"{MAX_QUESTIONS} at most")
    if found and ways and "write" not in ways:
        entry.wrong("ways", '"questions" are asked, and "ways" does not hold "write"', '"write" among the "ways", or no questions')
    return tuple(found)


def _check(table: Table, entry: Table, found: Referees) -> None:
    """What must fit together with the rest of the programme."""
    for kind in [one for one in found.guidance_of if one not in found.kinds]:
        entry.wrong("kinds", f'"kinds" leaves out "{kind}", of which "guidance_of" speaks', f"{kind} among them, or nothing of it there")
    for kind in [one for one in found.kinds if found.guidance_of and one not in found.guidance_of]:
        entry.wrong("guidance_of", f'"guidance_of" says nothing to referees of the kind "{kind}"', f"guidance_of.{kind}, or none of them")
    route, calls = table.values.get("route"), table.values.get("calls")
    if found.needed == "nomination" and isinstance(route, list) and "nomination" not in route:
        entry.wrong("needed", '"needed" is "nomination", and the route has none', '"submission"')
    if found.needed == "submission" and (found.due_of != "closes" or found.due_days > 0):
        entry.wrong("due", '"due" is after the call has closed, and letters are needed for the submission', 'days "before" of "closes"')
    rolling = isinstance(calls, list) and any(isinstance(call, dict) and "grants_from" not in call for call in calls)
    if found.due_of == "grants_from" and rolling:
        entry.wrong("due", '"due" counts from "grants_from", which not every call has', f"one of {listing(MOMENTS)}")
