"""Outcomes that changed nothing, as pages that say what, why, and what to do next."""

from starlette.requests import Request
from starlette.responses import Response

from services.applications.domain import outcomes as o
from services.applications.pages.words import both, state_name
from services.applications.problems import STATUS
from services.applications.store.plans import CallDropped
from shared.web.formats import format_date
from shared.web.i18n import N_
from shared.web.problems import Problem, problem_response

Outcome = (
    o.NotFound
    | o.Forbidden
    | o.NotAllowed
    | o.Changed
    | o.CallClosed
    | o.CorrectionLate
    | o.NotTakingPart
    | o.OfferPassed
    | o.OfferReplaced
    | o.KeyReused
)


def problem(outcome: Outcome, zone: str, *, back: str = "") -> Problem:
    """The page to answer with; times are in the reader's zone and in Beijing's. `back` is the page that it leads back to."""
    found = _problem(outcome, zone)
    found.back = back
    return found


def _problem(outcome: Outcome, zone: str) -> Problem:
    status = STATUS[type(outcome)]
    match outcome:
        case o.NotFound():
            return Problem(404, code=outcome.code)
        case o.Forbidden():
            return Problem(403, code=outcome.code)
        case o.NotAllowed():
            state = state_name(outcome.state) if outcome.state else ""
            detail = N_("The application is now: {state}. Open it again to see what can be done; nothing was changed.")
            return Problem(status, N_("This cannot be done now"), detail, code=outcome.reason, params={"state": state})
        case o.Changed():
            detail = N_("The application is now: {state}. Open it again to see what is new; nothing was overwritten.")
            return Problem(status, "", detail, code=outcome.code, params={"state": state_name(outcome.state)})
        case o.CallClosed():
            return _closed(outcome, zone)
        case o.CorrectionLate():
            detail = N_("It could be corrected until the end of {day}. What you wrote is kept.")
            return Problem(
                status, N_("The time to correct it has passed"), detail, code=outcome.code, params={"day": format_date(outcome.correct_by)}
            )
        case o.NotTakingPart(in_part=True):
            detail = N_("Your country takes part in this programme now, but not in the course or level that you chose. Nothing was sent.")
            return Problem(status, N_("Your country does not take part in this"), detail, code=outcome.code)
        case o.NotTakingPart():
            detail = N_("The country that you chose does not take part in this programme now. Nothing was sent; what you wrote is kept.")
            return Problem(status, N_("Your country does not take part"), detail, code=outcome.code)
        case o.OfferPassed():
            detail = N_("It could be answered until {time}. The place now goes to the next person on the list.")
            return Problem(
                status, N_("The time to answer has passed"), detail, code=outcome.code, params={"time": both(outcome.answer_by, zone)}
            )
        case o.OfferReplaced():
            detail = N_("Open the application again to see the offer as it is now; nothing was changed.")
            return Problem(status, N_("The offer has changed"), detail, code=outcome.code)
        case o.KeyReused():
            detail = N_("This page was used to send something else. Open the application again and send it from there.")
            return Problem(status, N_("This was already sent"), detail, code=outcome.code)


async def on_call_dropped(request: Request, error: Exception) -> Response:
    """What an application to a year is answered with that a newer version of the plan has no longer: kept, and nothing to be done."""
    assert isinstance(error, CallDropped), "installed for this one"
    detail = N_(
        "The plan was changed, and this programme has no call of {year} any more. What was written and sent is kept, but nothing can be "
        "done with it here. Ask the focal point of your country."
    )
    return problem_response(
        request, Problem(410, N_("The programme has no such year any more"), detail, code="call_dropped", params={"year": error.year})
    )


def _closed(outcome: o.CallClosed, zone: str) -> Problem:
    status = STATUS[type(outcome)]
    params = {"counted": both(outcome.counted, zone), "opens": both(outcome.opens, zone), "closes": both(outcome.closes, zone)}
    if outcome.counted < outcome.opens:
        detail = N_("It opens on {opens}. Nothing was sent; what you wrote is kept.")
        return Problem(status, N_("The call is not open yet"), detail, code=outcome.code, params=params)
    detail = N_("Your application reached us at {counted}; the call closed at {closes}. It was not sent. What you wrote is kept.")
    return Problem(status, N_("The call has closed"), detail, code=outcome.code, params=params)
