"""Refused proposals in words: what, why, what next. Pages and the API show the same."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from services.quotas.proposals import ProposalRefused
from shared.web.formats import format_date, format_number
from shared.web.i18n import N_, Nn_, ngettext, translate
from shared.web.problems import Problem


class _Words(NamedTuple):
    """`detail` is a text, or its singular and plural by the figure `by`."""

    status: int
    title: str
    detail: str | tuple[str, str]
    by: str = ""


WORDS: Final[Mapping[str, _Words]] = {
    "unknown_cell": _Words(404, N_("There is no such cell"), N_("Choose a cell of the board: a programme, a country and a year.")),
    "unknown_proposal": _Words(404, N_("There is no such proposal"), N_("Open the list of proposals and choose one there.")),
    "unknown_programme": _Words(404, N_("There is no such programme"), N_("Choose one of the programmes on the board.")),
    "not_the_plans": _Words(
        409,
        N_("The plan says another number of places"),
        Nn_(
            "{places} place is asked for and the plan that is in force has {planned}. "
            "Reject this proposal, or publish a plan that says so.",
            "{places} places are asked for and the plan that is in force has {planned}. "
            "Reject this proposal, or publish a plan that says so.",
        ),
        "places",
    ),
    "unchanged": _Words(
        422,
        N_("That is the target already"),
        Nn_("The cell has {target} place now. Enter another number.", "The cell has {target} places now. Enter another number."),
        "target",
    ),
    "bad_target": _Words(422, N_("That target is not possible"), N_("Enter a whole number of places from 0 to 1,000,000.")),
    "unknown_limit": _Words(
        404, N_("The plan has no such limit there"), N_("Choose one of the limits of this country and year: {limits}.")
    ),
    "limit_unchanged": _Words(422, N_("That is the limit already"), N_("There are {capacity} now. Enter another number.")),
    "bad_capacity": _Words(
        422, N_("That limit is not possible"), N_("Enter a whole number from 0 to 1,000,000, or none for the plan’s own.")
    ),
    "limit_below_used": _Words(
        422,
        N_("More is held than there would be"),
        N_(
            "{used} draw on this limit and there would be {capacity}. Propose {used} or more, or say that you want it all the same: "
            "nobody loses a place, and nothing new is given before there is room."
        ),
    ),
    "no_reason": _Words(422, N_("A reason is missing"), N_("Say why this should change, for whoever decides and for the records.")),
    "not_open": _Words(
        409,
        N_("The proposal was decided already"),
        N_("Somebody was first, perhaps you in another window. Its page says what was decided."),
    ),
    "same_person": _Words(
        403, N_("Somebody else has to decide this"), N_("You proposed it yourself. Ask another officer to adopt or reject it.")
    ),
    "stale": _Words(
        409,
        N_("The figures have changed since you opened it"),
        N_("Somebody decided or answered in the meantime. The figures below are those of now. Look at them again, then decide."),
    ),
    "pool_short": _Words(
        409,
        N_("The pool does not have that many places"),
        Nn_(
            "{wanted} place would be needed and the pool has {has}. Lower another cell first.",
            "{wanted} places would be needed and the pool has {has}. Lower another cell first, or propose a smaller number.",
        ),
        "wanted",
    ),
    "free_short": _Words(
        409,
        N_("Not that many places are free"),
        Nn_(
            "{wanted} place should move and none is free. What is offered or taken cannot move.",
            "{wanted} places should move. Free: {has}. What is offered or taken cannot move. Propose a smaller number.",
        ),
        "wanted",
    ),
    "below_held": _Words(
        422,
        N_("More places are held than there would be"),
        Nn_(
            "{held} place is offered or taken and there would be {target}. Propose {held} or more, or say that you want it all the same: "
            "nobody loses a place, and what frees goes to the pool until the number is met.",
            "{held} places are offered or taken and there would be {target}. Propose {held} or more, or say that you want it all the same: "
            "nobody loses a place, and what frees goes to the pool until the number is met.",
        ),
        "held",
    ),
    "holds_too_many": _Words(
        409,
        N_("That country holds more places than it has"),
        N_("It holds {wanted} and has {has}. What moves there would serve nobody. Raise its number of places first."),
    ),
    "year_closed": _Words(
        409,
        N_("That year was closed"),
        N_("Its free places have lapsed or gone to the pool. Choose a later year; what is in the pool can be given to it."),
    ),
    "takes_no_part": _Words(
        409, N_("That country does not take part"), N_("It can get places only while it takes part. Choose another country.")
    ),
    "no_moves": _Words(422, N_("Nothing would move"), N_("Name at least one move: from where, to where, and how many places.")),
    "bad_places": _Words(422, N_("That number of places is not possible"), N_("Enter a whole number of places from 1 to 1,000,000.")),
    "same_ends": _Words(422, N_("The places would stay where they are"), N_("Choose another country, or the pool, for where they go.")),
    "other_programme": _Words(
        422, N_("Places do not change their programme"), N_("Choose two countries within one programme. Each programme has its own places.")
    ),
    "not_waiting": _Words(
        409, N_("They do not both wait here"), N_("Choose two different applications of this waiting list, as it is now.")
    ),
    "own_application": _Words(
        403, N_("One of the two is your own"), N_("Nobody decides on an application of their own. Ask another officer.")
    ),
    "ahead_already": _Words(422, N_("They stand in that order already"), N_("Choose another position on the list.")),
    "no_rank_between": _Words(
        409, N_("There is no rank between these two"), N_("Put it ahead of the one before, or move the other one behind it.")
    ),
    "unknown_year": _Words(404, N_("That programme has no such year"), N_("Choose a programme and one of the years that its plan names.")),
    "minima_exceed": _Words(
        422,
        N_("The minima exceed the places"),
        N_("{countries} countries would get at least {needed} places together; there are only {places}. Lower the base or the minimum."),
    ),
    "bad_policy_number": _Words(422, N_("A number of the policy is not possible"), N_("Enter whole numbers from 0 to 1,000,000.")),
    "bad_bounds": _Words(
        422, N_("The maximum is below the minimum"), N_("Everybody gets at least {least} and at most {most}. Correct one of them.")
    ),
    "bad_weights": _Words(422, N_("A weight is not possible"), N_("Enter weights from 0 to 1,000, such as 0.5.")),
    "unknown_rounding": _Words(422, N_("There is no such way of rounding"), N_("The ways are: {methods}.")),
    "unchanged_policy": _Words(422, N_("That is how the year is allotted already"), N_("Change the policy, or leave the year as it is.")),
    "policy_below_held": _Words(
        422,
        N_("Some countries would get fewer places than they hold"),
        Nn_(
            "{countries} country holds more: {first}. Change the policy, or say that you want it all the same: "
            "nobody loses a place, and what frees goes to the pool until the number is met.",
            "{countries} countries hold more, {first} the first of them. Change the policy, or say that you want it all the same: "
            "nobody loses a place, and what frees goes to the pool until the number is met.",
        ),
        "countries",
    ),
    "unknown_country": _Words(
        404, N_("That country has no places in this programme"), N_("Choose a programme and one of the countries that its plan names.")
    ),
    "in_the_past": _Words(422, N_("That day is past"), N_("It would begin on {start} and today is {today}. Choose today or a later day.")),
    "bad_period": _Words(
        422, N_("The last day is before the first"), N_("It would begin on {start} and end on {end}. Correct one of them.")
    ),
    "unknown_part": _Words(
        422,
        N_("The programme has no such part"),
        N_("“{part}” is none of its courses and levels; the nearest is “{nearest}”. They are: {parts}."),
    ),
    "no_parts": _Words(
        422, N_("The programme has no parts"), N_("“{part}” was named. Leave the parts out: the country leaves or returns as a whole.")
    ),
    "bad_parts": _Words(422, N_("A part has no name"), N_("Name each part by its code, or leave the parts out if everything is meant.")),
    "takes_no_part_then": _Words(
        409, N_("The country does not take part then anyway"), N_("Choose another period, or see what its participation is now.")
    ),
    "takes_part_already": _Words(
        409, N_("The country takes part already"), N_("On that day it takes part in what was asked for. There is nothing to ask.")
    ),
    "consents_missing": _Words(
        409,
        N_("Not every country has answered"),
        N_("{missing} of {asked} countries have not answered yet. It can be adopted once all of them agree."),
    ),
    "consent_refused": _Words(
        409,
        N_("Not every country agrees"),
        N_("{against} of {asked} countries do not agree. It can only be rejected; the country may ask again."),
    ),
    "not_asked": _Words(404, N_("That country is not asked"), N_("Only countries that took part on the day of the request are asked.")),
    "answered_already": _Words(
        409, N_("That country has answered already"), N_("An answer stays as it was given. Open the request to see it.")
    ),
    "no_reference": _Words(
        422, N_("The letter is missing"), N_("Say in which letter or note the country gave this answer, so that it can be found again.")
    ),
    "unknown_kind": _Words(422, N_("There is no such kind of proposal"), N_("The kinds are: {kinds}.")),
    "bad_params": _Words(422, N_("What is asked for cannot be read"), N_("Correct this and send it again: {fault}.")),
    "no_counter": _Words(409, N_("This cannot be countered"), N_("Only what was adopted and moved places has a counter-move.")),
    "key_reused": _Words(
        422,
        N_("This key was used for something else"),
        N_("Send each new proposal with a new Idempotency-Key; keep a key for repeats only."),
    ),
}


def problem_of(refused: ProposalRefused) -> Problem:
    """The refusal as an answer, in the language of whoever asked."""
    words = WORDS[refused.reason]
    figures = {name: _said(value) for name, value in refused.figures.items()}
    if isinstance(words.detail, str):
        return Problem(words.status, words.title, words.detail, code=refused.reason, params=figures)
    # In words already, in the language of this request, as the plural is found by a figure.
    return Problem(words.status, words.title, ngettext(*words.detail, _count(refused, words.by), **figures), code=refused.reason)


def _said(value: int | str | date) -> str:
    if isinstance(value, date):
        return format_date(value)
    return format_number(value) if isinstance(value, int) else value


def _count(refused: ProposalRefused, by: str) -> int:
    number = refused.figures[by]
    assert isinstance(number, int), "a plural is found by a number"
    return number


def in_words(problem: Problem) -> str:
    """The refusal in a line of a page: what, and what to do."""
    title, detail = translate(problem.title, **problem.params), translate(problem.text, **problem.params)
    return translate(N_("{title}. {detail}"), title=title, detail=detail)
