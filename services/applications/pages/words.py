"""States, moves, limits and reasons in plain words, for the applicant."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from services.applications.domain.lifecycle import APPLICANT, Act, State
from services.applications.plan.model import Plan, Programme
from services.applications.tables import TimelineEntry
from shared.web.formats import BEIJING, bracketed, format_datetime, format_number, listed
from shared.web.i18n import LANGUAGES, N_, current_language, translate

_ = translate


class Said(NamedTuple):
    """A state's short name, the colour of its tag, and what it means for the applicant."""

    name: str
    colour: str
    meaning: str


# fmt: off
STATES: Final[Mapping[State, Said]] = {
    State.DRAFT: Said(N_("Not sent yet"), "amber", N_("You have not sent this application yet. Nobody but you can see it.")),
    State.SUBMITTED: Said(N_("Sent"), "blue", N_("We have your application. It is being looked at.")),
    State.RETURNED: Said(N_("Sent back to you"), "amber", N_("Something has to be corrected. Change it and send the application again.")),
    State.NOMINATED: Said(N_("Put forward"), "blue", N_("Your country has put you forward. Now the programme looks at your application.")),
    State.APPROVED: Said(N_("Approved"), "teal", N_("Your application is approved. We are looking for a place for you.")),
    State.WAITING: Said(N_("On the waiting list"), "violet", N_("Your application is approved, but no place is free for you now. When one comes free and you are next, it is offered to you at once.")),  # noqa: E501
    State.OFFERED: Said(N_("Place offered"), "green", N_("A place is being held for you. It is yours if you accept it in time.")),
    State.ACCEPTED: Said(N_("Accepted by you"), "green", N_("You accepted the place. It is now being confirmed.")),
    State.PLACED: Said(N_("You have a place"), "solid", N_("The place is yours.")),
    State.REJECTED: Said(N_("Not chosen"), "red", N_("Your application was not chosen.")),
    State.REFUSED: Said(N_("No place"), "red", N_("Your application was approved, but no place could be given to you.")),
    State.DECLINED: Said(N_("Declined by you"), "", N_("You declined the place. It goes to somebody else.")),
    State.LAPSED: Said(N_("Offer expired"), "red", N_("The offer was not answered in time. The place goes to somebody else.")),
    State.WITHDRAWN: Said(N_("Withdrawn"), "", N_("This application was withdrawn.")),
    State.ENDED: Said(N_("Ended"), "", N_("Your time in the programme has ended.")),
}

NOT_CORRECTED: Final = N_("It was not corrected and sent again by the day that was named, so it has ended and counts as withdrawn.")
"""What being withdrawn means where nobody withdrew it."""

NOT_DECIDED: Final = Said(N_("Not decided"), "red", N_("Nobody decided on your application before the call was over, so it has ended. You did nothing wrong. The focal point of your country can tell you why."))  # noqa: E501
"""What not being chosen is where nobody chose."""

MOVES: Final[Mapping[str, str]] = {
    Act.START: N_("You began the application"),
    Act.SUBMIT: N_("You sent the application"),
    Act.RETURN: N_("Your country’s coordinator sent it back to be corrected"),
    Act.EXTEND: N_("You were given more time to correct it"),
    Act.NOMINATE: N_("Your country put you forward"),
    Act.REFUSE_NOMINATION: N_("Your country may not put forward more people now; your application is still with it"),
    Act.REJECT: N_("Your application was not chosen"),
    Act.APPROVE: N_("The programme approved the application"),
    Act.OFFER: N_("A place was offered to you"),
    Act.WAIT: N_("You were put on the waiting list"),
    Act.REFUSE: N_("No place could be given"),
    Act.ACCEPT: N_("You accepted the place"),
    Act.DECLINE: N_("You declined the place"),
    Act.LAPSE: N_("The offer expired"),
    Act.TAKE: N_("Your place was confirmed"),
    Act.END: N_("Your time in the programme ended"),
    Act.EXPIRE: N_("It was not corrected in time"),
    Act.CLOSE: N_("The call was over and nobody had decided on it"),
    Act.WITHDRAW: N_("The application was withdrawn"),
}
BY_YOU: Final = {Act.WITHDRAW: N_("You withdrew the application")}
"""The same of moves that others make too, where the applicant made them."""
SENT_AGAIN: Final = N_("You corrected the application and sent it again")
FOR_THE_DAY: Final = N_("You are approved and wait for the day on which places are given")
"""What waiting is in a call whose places are given on one day, before that day."""

LIMITS: Final[Mapping[str, str]] = {
    "cell": N_("every place of the country ({country}) for {year} has been given"),
    "nomination": N_("the country ({country}) has put forward as many people as it may for {year}"),
    "person": N_("you already hold a place in a programme"),
    "holders": N_("the country ({country}) already has as many people holding a place as it may have at one time"),
    "course": N_("the course is full"),
    "course_country": N_("every seat of the country ({country}) in the course has been given"),
    "channel": N_("every place for your way of applying has been given"),
}
SAID_BY_LIMIT: Final[Mapping[str, str]] = {"person_holds_place": "person", "nomination_cap": "nomination"}
"""Reasons that say the same as a limit of this kind."""
# fmt: on


def state_name(state: str) -> str:
    return _(STATES[State(state)].name)


def move_name(entry: TimelineEntry) -> str:
    """What a move is called, not translated yet; before places are given nobody has a rank, and so nobody is on a list."""
    if entry.act == Act.SUBMIT and entry.source == State.RETURNED:
        return SENT_AGAIN
    if entry.actor_role == APPLICANT and entry.act in BY_YOU:
        return BY_YOU[Act(entry.act)]
    return FOR_THE_DAY if entry.act == Act.WAIT and entry.detail.get("rank") == 0 else MOVES[entry.act]


def limit_words(key: str, plan: Plan) -> str:
    """What a limit that lacks room means, such as `cell:scholarship:PE:2016`; empty for a kind that has no words."""
    kind, *parts = key.split(":")
    country = plan.country(parts[1]) if len(parts) > 1 else None
    name = country.names[current_language()] if country else ""
    return _(LIMITS[kind], country=name, year=parts[2] if len(parts) > 2 else "") if kind in LIMITS else ""


def reason_words(codes: Sequence[str], programme: Programme) -> list[str]:
    """The programme's words for reason codes; a code that its files no longer have is left out."""
    known = {reason.code: reason.names for reason in programme.reasons}
    return [known[code][current_language()] for code in codes if code in known]


def without_said(codes: Iterable[str], limit: str) -> list[str]:
    """Reason codes without the one that the words of the `limit` say better: both stand on one page."""
    kind = limit.partition(":")[0]
    return [code for code in codes if kind not in LIMITS or SAID_BY_LIMIT.get(code) != kind]


def country_name(code: str, plan: Plan) -> str:
    """The country's name; its code where the plan does not name it."""
    country = plan.country(code)
    return country.names[current_language()] if country else code


def size_words(size_bytes: int) -> str:
    """A size as people read it: `340 kB`, `2.4 MB`; in steps of 1,024, as plan files and file managers count."""
    if size_bytes < MEBIBYTE:
        return _("{n} kB", n=format_number(-(-size_bytes // 1024)))
    return _("{n} MB", n=format_number(round(size_bytes / MEBIBYTE, 1)))


def file_words(filename: str, size_bytes: int) -> str:
    """A file's name and size: `diploma.pdf (340 kB)`, in Chinese in brackets of full width."""
    return bracketed(filename, size_words(size_bytes))


MEBIBYTE: Final = 1024 * 1024
TYPES: Final = {
    "image/webp": "WebP",
    "image/x-ms-bmp": "BMP",
    "application/x-rar-compressed": "RAR",
    "application/x-7z-compressed": "7z",
}
"""Those that are not called by the last part of their names in capitals."""


def type_words(media_types: Sequence[str]) -> str:
    """Media types as people call them: `PDF, JPEG, PNG`."""
    return listed(TYPES.get(one, one.rsplit("/", 1)[-1].upper()) for one in media_types)


def agreed_words(detail: Mapping[str, Any]) -> list[str]:
    """What somebody agreed to as they sent it, with the versions and in which language; nothing where the move says nothing of it."""
    agreed = detail.get("agreed")
    if not isinstance(agreed, Mapping):
        return []
    language = LANGUAGES.get(str(detail.get("language", "")), "")
    versions = {"declaration": agreed.get("declaration", 0), "notice": agreed.get("privacy", 0)}
    return [_("Agreed to declaration {declaration} and privacy notice {notice} ({tongue})", tongue=language, **versions)]


def both(moment: datetime, zone: str) -> str:
    """A moment in the reader's zone and in Beijing's."""
    here = format_datetime(moment, zone)
    return here if zone == BEIJING else f"{here} · {format_datetime(moment, BEIJING)}"
