"""A refusal of a use case as an answer for programs: status, stable code, and what was expected."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from fastapi import Request

from services.applications.domain import outcomes
from services.applications.domain.answers import to_stored
from services.applications.domain.lifecycle import NotAllowed
from shared.web.context import context_of
from shared.web.identity import refuse
from shared.web.problems import Problem

STATUS: Final[Mapping[type, int]] = {
    outcomes.NotFound: 404,
    outcomes.Forbidden: 403,
    NotAllowed: 409,
    outcomes.Changed: 409,
    outcomes.AlreadyApplied: 409,
    outcomes.SlateChanged: 409,
    outcomes.OfferReplaced: 409,
    outcomes.PageChanged: 409,
    outcomes.CallClosed: 422,
    outcomes.CorrectionLate: 422,
    outcomes.OfferPassed: 422,
    outcomes.NotTakingPart: 422,
    outcomes.CoursesNotPossible: 422,
    outcomes.CourseNotListed: 422,
    outcomes.CourseLost: 409,
    outcomes.ChannelLost: 409,
    outcomes.Incomplete: 422,
    outcomes.PaperFull: 409,
    outcomes.Ineligible: 422,
    outcomes.WrongAnswers: 422,
    outcomes.KeyReused: 422,
    outcomes.ReasonsWrong: 422,
    outcomes.DateWrong: 422,
    outcomes.MarksWrong: 422,
    outcomes.MarksMissing: 422,
    outcomes.NotScored: 422,
    outcomes.PointsWrong: 422,
}
"""Every outcome that is a refusal; 409 where the state of things stands against it, 422 where the request does."""


def problem_of(request: Request, outcome: object) -> Problem:
    """The problem to raise for a refusal. Acting beyond one's role or country is noted in the log."""
    if isinstance(outcome, outcomes.NotFound | outcomes.Forbidden) and context_of(request).identity is not None:
        return refuse(request, hidden=isinstance(outcome, outcomes.NotFound))
    code = outcome.reason if isinstance(outcome, NotAllowed) else getattr(outcome, "code", "")
    return Problem(STATUS[type(outcome)], code=str(code), errors=_errors(outcome))


def _errors(outcome: object) -> list[Mapping[str, Any]]:
    match outcome:
        case NotAllowed(state=state):
            return [{"pointer": "/state", "code": "state", "value": state}]
        case outcomes.Changed(state=state, version=version):
            return [{"pointer": "/state", "code": "state", "value": state}, {"pointer": "/version", "code": "version", "value": version}]
        case outcomes.WrongAnswers(faults=faults):
            return [{"pointer": f"/answers/{key}", "code": fault.code, **to_stored(fault.parameters)} for key, fault in faults.items()]
        case outcomes.PageChanged(version=version, saved=saved):
            return [{"pointer": "/answers", "code": "page_changed", "version": version, "value": to_stored(saved)}]
        case outcomes.Incomplete(questions=questions, documents=documents, checking=checking, referees=referees, refused=refused):
            asked = [{"pointer": f"/answers/{key}", "code": "required"} for key in questions]
            asked += [{"pointer": f"/answers/{key}", "code": "refused_now"} for key in refused]
            papers = [(key, "required") for key in documents] + [(key, "not_checked_yet") for key in checking]
            letters = [{"pointer": "/referees", "code": "required", "missing": referees}] if referees else []
            return [*asked, *({"pointer": f"/documents/{key}", "code": code} for key, code in papers), *letters]
        case outcomes.CoursesNotPossible(courses=courses):
            return [{"pointer": "/answers/course", "code": why, "value": course} for course, why in courses.items()]
        case outcomes.CourseNotListed(course=course, listed=listed):
            return [{"pointer": "/course", "code": "not_an_option", "value": course, "allowed": list(listed)}]
        case outcomes.CourseLost(course=course, why=why, others=others, begun=begun):
            return [{"pointer": "/course", "code": why, "value": course, "allowed": [*others, *begun]}]
        case outcomes.ChannelLost(channel=channel, open=opened):
            return [{"pointer": "/channel", "code": "not_an_option", "value": channel, "allowed": list(opened)}]
        case outcomes.MarksWrong(marks=marks):
            return [{"pointer": "/marks", "code": "marks_wrong", "value": one} for one in marks]
        case outcomes.MarksMissing(reasons=reasons, about=about):
            kinds = sorted(str(one) for one in about if one is not True)
            return [{"pointer": "/marks", "code": "required", "reasons": list(reasons), "about": kinds}]
        case outcomes.Ineligible(reasons=reasons):
            return [
                {
                    "pointer": "/answers",
                    "code": reason.code,
                    "detail": asdict(reason.text),
                    **({"options": list(reason.options)} if reason.options else {}),
                }
                for reason in reasons
            ]
        case outcomes.CallClosed(counted=counted, opens=opens, closes=closes):
            times = {"counted": counted.isoformat(), "opens": opens.isoformat(), "closes": closes.isoformat()}
            return [{"pointer": "/call", "code": "call_closed", **times}]
        case outcomes.ReasonsWrong(allowed=allowed):
            return [{"pointer": "/reasons", "code": "not_an_option", "allowed": list(allowed)}]
        case outcomes.PointsWrong(criteria=criteria, sent=sent):
            return [
                {
                    "pointer": f"/points/{key}",
                    "code": "out_of_range" if key in sent else "required",
                    "criterion": key,
                    "minimum": 0,
                    "maximum": most,
                    **({"value": sent[key]} if key in sent else {}),
                }
                for key, most in criteria.items()
            ]
        case outcomes.AlreadyApplied(application_id=application_id):
            return [{"pointer": "/application", "code": "already_applied", "value": str(application_id)}]
        case outcomes.OfferPassed(answer_by=answer_by):
            return [{"pointer": "/place_version", "code": "offer_passed", "answer_by": answer_by.isoformat()}]
        case outcomes.DateWrong(latest=date() as latest):
            return [{"pointer": "/correct_by", "code": "too_late", "latest": latest.isoformat()}]
        case outcomes.DateWrong(earliest=earliest):
            return [{"pointer": "/correct_by", "code": "too_early", "earliest": earliest.isoformat()}]
        case _:
            return []
