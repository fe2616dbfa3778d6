"""Answers of an earlier application, for a form that is being filled in anew: shown to be checked, never saved by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.applications.domain.answers import Answer, Fault, Question, Texts, as_form, from_stored, parse
from services.applications.domain.viewers import Viewer
from services.applications.store import applications as store
from services.applications.store import plans
from services.applications.tables import Application
from services.applications.use_cases.steps import terms_of
from shared.persistence.database import Tx


@dataclass(frozen=True, slots=True)
class Earlier:
    """What can be taken over from the person's application of `year`, by question; what cannot, as it was asked then; and what is asked
    `anew` each time, though it was answered then.
    """

    year: int
    answers: Mapping[str, Answer]
    left: Mapping[str, Texts]
    anew: Mapping[str, Texts]


async def earlier(tx: Tx, viewer: Viewer, application: Application, now: datetime) -> Earlier | None:
    """The newest application that the person has sent, one to the same programme before any other; none where there is none.

    What was confirmed is confirmed anew: an answer of yes or no is not taken over. Nor is one whose question has changed or is gone,
    or that the form would refuse now. A long text is, to be shortened where it stands.
    """
    before = await store.sent_before(tx, viewer.account_id, application)
    if before is None:
        return None
    terms = await terms_of(tx, application.programme)
    day = terms.call(application.year).day(now)

    def refused(question: Question, answer: Answer) -> bool:
        return isinstance(parse(question, as_form(question, answer), today=day, countries=terms.plan.codes), Fault)

    asked = {question.key: question for page in terms.programme.pages for question in page.questions}
    said = await store.stored_answers(tx, before.id)
    stored = {key: value for key, value in said.items() if not isinstance(value, bool)}
    answers = {
        key: one
        for key, one in from_stored(terms.programme.pages, stored).items()
        if asked[key].kind == "long_text" or (asked[key].kind != "yes_no" and not refused(asked[key], one))
    }
    left: dict[str, Texts] = {}
    if before.programme == application.programme:
        then = await plans.at(tx, before.programme, before.submitted_at or before.started_at)
        for key in stored.keys() - answers.keys():
            question = then.question(key) if then else None
            if question is not None:
                left[key] = question.label
    anew = {key: question.label for key, question in asked.items() if question.kind == "yes_no" and key in said}
    return Earlier(before.year, answers, left, anew)
