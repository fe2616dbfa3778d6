"""Answers that a made-up person gives to a programme's form: eligible, or not, as is asked; as their life has been, by kind elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from services.applications.domain.answers import Answer, Chosen, Entries, Money, Page, Question, Spoken, as_form, asked_pages
from services.applications.domain.eligibility import Rule, applies, check
from services.applications.domain.kinds import MAX_LENGTH
from services.applications.plan.model import Call, Programme
from services.run.lives import CERTIFICATES, Life, life_of
from services.run.names import DIALS, full_name
from services.run.prose import prose

TRIES: Final = 200


class NobodyFits(Exception):
    """No answers were found that come out as asked; the rules of the programme leave no room, or every kind of answer fits."""

    safe_text = True


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person: who they are, and whether they mean to fulfil the conditions."""

    name: str
    email: str
    country: str
    language: str


def person(random: Random, *, email: str, country: str, language: str) -> Person:
    """Somebody of that country, named as is usual there."""
    return Person(full_name(random, language, country), email, country, language)


def answers_of(one: Person, programme: Programme, call: Call, random: Random, *, fit: bool = True) -> dict[str, Answer]:
    """A whole form's answers, in the order of its questions; with `fit` the rules let them pass, without it they do not."""
    context = call.context(one.country)
    for attempt in range(TRIES):
        life = life_of(one.email, one.country, one.language, call.year, attempt)
        answers: dict[str, Answer] = {}
        for question in (question for page in programme.pages if _asked(page, answers) for question in page.questions):
            if _asked(question, answers):
                rules = [
                    rule
                    for rule in programme.rules
                    if rule.question == question.key and applies(rule, {**answers, question.key: ""}, context)
                ]
                given = _answer(one, life, question, rules, call, random)
                if given is not None:
                    answers[question.key] = given
        if not fit:
            _spoil(answers, programme, call, random)
        if bool(check(programme.rules, answers, context)) is not fit:
            return answers
    raise NobodyFits(f"no answers for {programme.code} of {call.year} came out as {'eligible' if fit else 'ineligible'} in {TRIES} tries")


def fields(programme: Programme, page_key: str, answers: Mapping[str, Answer]) -> dict[str, str]:
    """The form fields of one page that carry these answers."""
    page = programme.page(page_key)
    assert page is not None, f"{programme.code} has the page {page_key}"
    found: dict[str, str] = {}
    for question in page.questions:
        found |= _ticked(question, as_form(question, answers.get(question.key)), answered=question.key in answers)
    return found


def _ticked(question: Question, form: dict[str, str], *, answered: bool) -> dict[str, str]:
    """What a browser sends: nothing of a choice that was not made, nor of a box that was not ticked."""
    if question.kind in ("radio", "yes_no", "several") and not answered:
        return {}
    return {name: typed for name, typed in form.items() if typed or question.kind != "several"}


def _asked(what: Page | Question, answers: Mapping[str, Answer]) -> bool:
    return what.when is None or what.when.holds(answers)


def asked_of(programme: Programme, answers: Mapping[str, Answer]) -> list[Page]:
    """The pages that somebody with these answers is asked."""
    return asked_pages(programme.pages, answers)


def _answer(one: Person, life: Life, question: Question, rules: list[Rule], call: Call, random: Random) -> Answer | None:
    if question.optional and random.random() < 0.4:
        return Entries(()) if question.kind == "group" else None
    if (told := life.said.get(question.key)) is not None and _fits(question, told):
        return told
    match question.kind:
        case "several":
            return _some(question, random, in_order=True)
        case "ranking":
            return _in_order(question, life, random)
        case "language":
            return Spoken(random.choice(question.options).key, random.choice(question.levels).key)
        case "money":
            least, most = question.minimum or 0, question.maximum if question.maximum is not None else 20_000
            return Money(random.randint(least, max(least, most)) * 100, random.choice(question.currencies))
        case "group":
            return Entries(_entries(one, life, question, call, random))
        case "date":
            return life.born if question.past else call.day(call.closes) + timedelta(days=random.randrange(400, 3000))
        case "number":
            return _number(question, rules, random)
        case "yes_no":
            wanted = {rule.kind for rule in rules}
            return True if "must_be_yes" in wanted else False if "must_be_no" in wanted else random.random() < 0.7
        case "select" | "radio":
            keys = [option.key for option in question.options]
            return random.choice([key for key in keys if key in life.calling.goes_with] or keys)
        case "country":
            return one.country
        case "email":
            return one.email
        case "phone":
            return f"{DIALS.get(one.country, '+1')} {random.randrange(200, 999)} {random.randrange(1000, 9999)}"
        case "long_text":
            words = max([question.min_words or 30, *(_whole(rule, "words") for rule in rules)]) + 5
            return prose(random, one.language, words, question.max_length or MAX_LENGTH[question.kind])
    return one.name if question.key == "full_name" else life.calling.employer.format(city=life.said["city"])


def _fits(question: Question, told: str | int) -> bool:
    """Whether the question can be answered by that: an option where it offers some, a number where it asks for one."""
    return question.option(str(told)) is not None if question.options else (type(told) is int) is (question.kind == "number")


def _in_order(question: Question, life: Life, random: Random) -> Chosen:
    """As many options as are asked for, in any order; what goes with the person's calling comes first."""
    chosen = _some(question, random, in_order=False).keys
    fitting = [option.key for option in question.options if option.key in life.calling.goes_with]
    if not fitting:
        return Chosen(chosen)
    first = random.choice(fitting)
    return Chosen((first, *(key for key in chosen if key != first))[: max(len(chosen), 1)])


def _some(question: Question, random: Random, *, in_order: bool) -> Chosen:
    """Some of the options, as many as are asked for."""
    keys = [option.key for option in question.options]
    chosen = random.sample(keys, random.randint(max(question.least, 1), question.most))
    return Chosen(tuple(sorted(chosen, key=keys.index) if in_order else chosen))


def _entries(one: Person, life: Life, group: Question, call: Call, random: Random) -> tuple[dict[str, Answer], ...]:
    """As many entries as the life has of that kind, or as the group asks for."""
    if (lived := life.entries.get(group.key)) is not None:
        return tuple({q.key: entry[q.key] for q in group.questions if q.key in entry} for entry in lived[-group.most :])
    if any(question.kind == "language" for question in group.questions):
        return tuple(_tongue(group, language, level) for language, level in life.tongues[: group.most])
    number = random.randint(max(group.least, 1), max(group.least, min(group.most, 3)))
    return tuple(_entry(one, life, group, call, random) for _ in range(number))


def _tongue(group: Question, language: str, level: str) -> dict[str, Answer]:
    """A language and its level; who learnt it has a certificate, as far as it is asked for."""
    certificate = CERTIFICATES.get(language) if level != "native" else None
    entry: dict[str, Answer] = {}
    for question in group.questions:
        if question.kind == "language":
            entry[question.key] = Spoken(language, level)
        elif question.kind == "yes_no":
            entry[question.key] = certificate is not None
        elif certificate is not None and _asked(question, entry):
            entry[question.key] = certificate
    return entry


def _entry(one: Person, life: Life, group: Question, call: Call, random: Random) -> dict[str, Answer]:
    """One entry of a group that no life has."""
    entry: dict[str, Answer] = {}
    for question in group.questions:
        if not _asked(question, entry):
            continue
        if question.year:
            # Years within an entry go forward.
            since = max((one for one in entry.values() if type(one) is int), default=call.year - random.randrange(7, 13))
            entry[question.key] = random.randint(since, min(since + 5, call.year))
        elif (given := _answer(one, life, question, [], call, random)) is not None:
            entry[question.key] = given
    return entry


def _number(question: Question, rules: list[Rule], random: Random) -> int:
    least = max([question.minimum or 0, *(_whole(rule, "number") for rule in rules if rule.kind == "number_at_least")])
    most = min([question.maximum if question.maximum is not None else least + 12, least + 12])
    return random.randint(least, max(least, most))


def _whole(rule: Rule, name: str) -> int:
    value = rule.parameters.get(name, 0)
    return value if isinstance(value, int) else 0


def _spoil(answers: dict[str, Answer], programme: Programme, call: Call, random: Random) -> None:
    """Break one condition that is about a date, a number or a yes."""
    context_day = call.day(call.closes)
    breakable = [rule for rule in programme.rules if rule.question in answers and rule.kind in _SPOILED]
    if not breakable:
        return
    rule = random.choice(breakable)
    assert rule.question is not None
    broken: dict[str, Answer] = {
        "date_not_before": context_day - timedelta(days=30),
        "age_under": date(context_day.year - 70, 6, 1),
        "age_at_least": date(context_day.year - 10, 6, 1),
        "number_at_least": _whole(rule, "number") - 1,
        "must_be_yes": False,
        "must_be_no": True,
    }
    answers[rule.question] = broken[rule.kind]


_SPOILED: Final = ("date_not_before", "age_under", "age_at_least", "number_at_least", "must_be_yes", "must_be_no")


def small_pdf(title: str) -> bytes:
    """A real PDF of one page with a line of text; letters that its plain font lacks are left out."""
    shown = title.encode("latin-1", "ignore").decode("latin-1").translate({ord("("): None, ord(")"): None, ord("\\"): None})
    stream = f"BT /F1 18 Tf 72 760 Td ({shown}) Tj ET".encode("latin-1")
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    written, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(written)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return written + b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + table + trailer
