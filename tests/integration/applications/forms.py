"""What somebody types into the forms of the plan: the answers of its own example cases, and what anybody may answer besides."""

from datetime import date

from services.applications.domain.answers import Answer, Chosen, Entries, Money, Page, Question, Spoken, as_form
from services.applications.plan import Plan


def form_of(plan: Plan, programme: str, other: str) -> dict[str, dict[str, str]]:
    """Page key to the fields of somebody who is eligible, from the plan's own example cases; `other` is a programme to borrow one from."""
    cases = [case for case in plan.cases if not case.reasons and case.programme in (programme, other)]
    case = next((case for case in cases if case.programme == programme), cases[0])
    found = plan.programme(programme)
    assert found is not None
    form: dict[str, dict[str, str]] = {}
    answers: dict[str, Answer] = {}
    for page in found.pages:
        if page.when is None or page.when.holds(answers):
            form[page.key] = _answered(page, case.answers, answers)
    return form


def _answered(page: Page, example: dict[str, Answer], answers: dict[str, Answer]) -> dict[str, str]:
    """The page's fields, as the example or anybody may answer them; adds to `answers`."""
    fields: dict[str, str] = {}
    for question in page.questions:
        asked = question.when is None or question.when.holds(answers)
        given = example.get(question.key, something(question)) if asked else None
        answers |= {question.key: given} if given is not None else {}
        fields |= {name: typed for name, typed in as_form(question, given).items() if typed or question.kind != "several"}
    return fields


def something(question: Question) -> Answer | None:
    """What anybody may answer where the example says nothing."""
    match question.kind:
        case "text":
            return "Rosa Ñahui"
        case "long_text":
            return " ".join(["palabra"] * (question.min_words or 1))
        case "country":
            return "PE"
        case "yes_no":
            return True
        case "number":
            return question.minimum or 0
        case "select" | "radio":
            return question.options[0].key
        case "several" | "ranking":
            return Chosen(tuple(option.key for option in question.options[: max(1, question.least)]))
        case "language":
            return Spoken(question.options[0].key, question.levels[0].key)
        case "money":
            return Money((question.minimum or 1) * 100, question.currencies[0])
        case "group":
            return Entries(tuple(_entry(question) for _ in range(max(1, question.least))))
        case "date":
            return None if question.optional else date(2014, 3, 1)
    return None


def _entry(group: Question) -> dict[str, Answer]:
    entry: dict[str, Answer] = {}
    for question in group.questions:
        given = something(question) if question.when is None or question.when.holds(entry) else None
        entry |= {question.key: given} if given is not None else {}
    return entry
