"""What is asked about a referee, read from a page's form or a program's body. The words for it are the page's."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from services.applications.accounts.emails import email_of
from services.applications.domain.answers import LANGUAGES, Fault, Option, Question, Texts, parse
from services.applications.domain.referees import Invitee, Referees
from services.applications.domain.writing import lettered

NAME_MAX: Final = 100
_NO_LABEL: Final = Texts("", "", "", "", "", "")


def questions(asked: Referees) -> tuple[Question, ...]:
    """Name, address, relation, kind of letter and language, as questions of a form without words."""
    return (
        Question(key="name", kind="text", label=_NO_LABEL, max_length=NAME_MAX),
        Question(key="email", kind="email", label=_NO_LABEL),
        Question(key="relation", kind="text", label=_NO_LABEL, max_length=NAME_MAX),
        Question(key="kind", kind="radio", label=_NO_LABEL, options=tuple(Option(one, _NO_LABEL) for one in asked.kinds)),
        Question(key="language", kind="select", label=_NO_LABEL, options=tuple(Option(one, _NO_LABEL) for one in LANGUAGES)),
    )


def read_invitee(asked: Referees, form: Mapping[str, str]) -> Invitee | dict[str, Fault]:
    """Whom the form names, or what is wrong with it, by field."""
    found: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for question in questions(asked):
        given: object = parse(question, form, today=date.min)
        if question.key == "email" and isinstance(given, str):
            given = _address(given)
        if question.key == "name" and isinstance(given, str) and not lettered(given):
            given = Fault("no_letter")
        if isinstance(given, Fault):
            faults[question.key] = given
        else:
            found[question.key] = str(given)
    return faults or Invitee(**found)


def _address(typed: str) -> str | Fault:
    return email_of(typed) or Fault("email")
