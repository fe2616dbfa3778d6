"""What was answered in the check whether one may apply: it lies in the browser that gave it, and begins the form of the same programme.

Nothing of it is kept on the server, and nothing of it is an answer of an application before its page is saved. Who begins to apply keeps
it for an hour more, for the pages of that one application; signing out takes it away, and so does signing in to anything but the
form that was begun: the next at the same computer may be somebody else.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.applications.accounts.desk import CHECK_COOKIE, desk_of
from services.applications.domain.answers import Answer, Page, Question, parse_page
from services.applications.plan.model import Call, Programme
from services.applications.store.plans import InForce

SECONDS: Final = 600
SECONDS_APPLYING: Final = 3600
BYTES_MAX: Final = 3000
"""Right answers are keys, dates and numbers: a few hundred. A browser drops a cookie above 4,096 bytes."""
QUICK: Final = ("date", "select", "radio", "yes_no", "number", "country")
"""Kinds of questions that take a moment to answer."""


def asked_by_rules(programme: Programme) -> tuple[Question, ...]:
    """The questions that the rules look at and that take a moment to answer, in the order of the form.

    What is to be confirmed on the form's last page is left out: there is nothing to confirm yet.
    """
    last = {question.key for question in programme.pages[-1].questions}
    judged = [rule for rule in programme.rules if rule.kind != "must_be_yes" or rule.question not in last]
    keys = {key for rule in judged for key in (rule.question, rule.when.question if rule.when else None) if key}
    return tuple(question for page in programme.pages for question in page.questions if question.key in keys and question.kind in QUICK)


def as_page(programme: Programme) -> Page:
    """The check as a page of questions."""
    return Page(key="check", title=programme.names, questions=asked_by_rules(programme))


def kept_as(code: str, typed: Mapping[str, str]) -> str | None:
    """What the browser is to keep of the answers to that programme's check; none where that is too much."""
    value = urlsafe_b64encode(urlencode([("", code), *typed.items()]).encode()).decode()
    return value if len(value) <= BYTES_MAX else None


def keeping(request: Request, response: Response, value: str, seconds: int = SECONDS) -> Response:
    """The answer, with which the browser keeps `value`, or nothing where it is empty."""
    secure, age = desk_of(request).secure, seconds if value else 0
    response.set_cookie(CHECK_COOKIE, value, max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
    return response


class Kept(NamedTuple):
    """What lies in the browser: the programme, what was typed in its check, and the application that was begun with it, if one was."""

    programme: str
    typed: dict[str, str]
    application: str = ""


def kept(request: Request) -> Kept:
    """The check that was answered last in this browser; empty where nothing is there any more."""
    try:
        value = urlsafe_b64decode(request.cookies.get(CHECK_COOKIE, "")).decode()
        pairs = dict(parse_qsl(value, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return Kept("", {})
    programme, _space, application = pairs.pop("", "").partition(" ")
    return Kept(programme, pairs, application)


def begun(request: Request, response: Response, programme: str, application: UUID) -> Response:
    """The answer that leads into the form of an application just begun: what its check was told stays for the pages of this one."""
    before = kept(request)
    if before.application or before.programme != programme:
        return response
    value = kept_as(f"{programme} {application}", before.typed)
    return keeping(request, response, value or "", SECONDS_APPLYING)


def told(request: Request, terms: InForce, call: Call, now: datetime, page: Page, application: UUID | None = None) -> dict[str, Answer]:
    """What this browser has told the check of the same programme, of what the page asks: of the application that was begun with it, or
    before one is. What is answered by yes or no is asked anew, as of an earlier application.
    """
    own = {question.key for question in page.questions if question.kind != "yes_no"}
    return {key: answer for key, answer in _answered(request, terms, call, now, application).items() if key in own}


def anew(request: Request, terms: InForce, call: Call, now: datetime, page: Page, application: UUID) -> list[Question]:
    """The questions of the page that the check was answered by yes or no, and that are to be answered once more."""
    answers = _answered(request, terms, call, now, application)
    return [question for question in page.questions if question.kind == "yes_no" and question.key in answers]


def _answered(request: Request, terms: InForce, call: Call, now: datetime, application: UUID | None) -> Mapping[str, Answer]:
    """All that the check of that programme was told in this browser by whoever applies now."""
    before = kept(request)
    if before.programme != terms.programme.code or before.application != str(application or ""):
        return {}
    return parse_page(as_page(terms.programme), before.typed, today=call.day(now), countries=terms.plan.codes).answers
