"""What the form would refuse by now of answers that it took once: its pages ask otherwise since, or days have passed. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from services.applications.domain.answers import Answer, Entries, Fault, Page, Question, as_asked, as_form, entry_page, parse_page


def refused_now(
    pages: Iterable[Page], answers: Mapping[str, Answer], changed: Collection[str], *, today: date, countries: Collection[str] = ()
) -> dict[str, dict[str, Fault]]:
    """What a form that is filled in with these answers, which count, would be refused for today: page to faults as of `parse_page`.

    Looked at are the pages that were `changed` since they were answered, and days, which may have passed, also those in the entries of a
    group. What is not answered is not.
    """
    found: dict[str, dict[str, Fault]] = {}
    for page in as_asked(pages, answers):
        old = tuple(one for one in page.questions if one.key in answers and (page.key in changed or one.kind == "date"))
        typed = {name: text for one in old for name, text in as_form(one, answers[one.key]).items()}
        known = {key: answer for key, answer in answers.items() if all(one.key != key for one in old)}
        faults = parse_page(replace(page, questions=old), typed, today=today, countries=countries, known=known).faults if old else {}
        for group in page.questions if page.key not in changed else ():
            faults |= _passed(group, answers.get(group.key), today)
        if faults:
            found[page.key] = faults
    return found


def _passed(group: Question, answer: Answer | None, today: date) -> dict[str, Fault]:
    """What is wrong by now with the days in the entries of a group, under `group-2-question`."""
    if not isinstance(answer, Entries) or all(one.kind != "date" for one in group.questions):
        return {}
    page, found = entry_page(group), dict[str, Fault]()
    for number, entry in enumerate(answer.each, start=1):
        faults = refused_now((page,), entry, (), today=today).get(page.key, {})
        found |= {f"{group.key}-{number}-{key}": fault for key, fault in faults.items()}
    return found
