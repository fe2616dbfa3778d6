"""Who signs in, and when that is let through. Pure: values and `now` in, an outcome out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

APPLICANT: Final = "applicant"
STAFF_ROLES: Final = ("coordinator", "reviewer", "officer", "auditor", "operator")
ROLES: Final = (APPLICANT, *STAFF_ROLES)
ROLES_OF_A_COUNTRY: Final = ("coordinator",)

FRONT_PAGE: Final = "/"
MY_APPLICATIONS: Final = "/applications"
FIRST_PAGES: Final[Mapping[str, str]] = {
    "coordinator": "/country",
    "reviewer": "/review",
    "officer": "/officer",
    "auditor": "/audit",
    "operator": "/operations",
}
"""Where the work of a role begins, and so where those who sign in without having asked for a page are led."""

CODE_DIGITS: Final = 6
CODE_LIFE: Final = timedelta(minutes=15)
TRIES_MAX: Final = 5
"""Wrong codes after which a code is worthless, also when the right one follows. Its link, which nobody guesses, is not."""


class CodeOutcome(StrEnum):
    """What became of a code or link; the value is the stable reason code."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    TOO_MANY_TRIES = "too_many_tries"
    BARRED = "barred"
    """Too many wrong codes were given for this e-mail of late: no code counts for it, until a link was used or the window is over."""
    CROWDED = "crowded"
    """Too many codes were tried from this network."""
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way: until when its code counts, how often a wrong one was given, and when it was used."""

    expires_at: datetime
    tries: int
    used_at: datetime | None


def judge(attempt: Attempt, *, matches: bool, now: datetime) -> CodeOutcome:
    """Whether a code lets the person in. The order matters: a spent code never says whether it was right."""
    over = judge_link(attempt, now=now)
    if over is not CodeOutcome.ACCEPTED:
        return over
    if attempt.tries >= TRIES_MAX:
        return CodeOutcome.TOO_MANY_TRIES
    if matches:
        return CodeOutcome.ACCEPTED
    return CodeOutcome.WRONG if attempt.tries + 1 < TRIES_MAX else CodeOutcome.TOO_MANY_TRIES


def judge_link(attempt: Attempt, *, now: datetime) -> CodeOutcome:
    """Whether the link of that sign-in lets the person in. Wrong codes do not count: else a stranger's guesses would shut the owner out."""
    if attempt.used_at is not None:
        return CodeOutcome.USED
    return CodeOutcome.EXPIRED if now >= attempt.expires_at else CodeOutcome.ACCEPTED


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """The moments that decide whether a session still counts."""

    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def session_counts(times: SessionTimes, *, idle: timedelta, now: datetime) -> bool:
    """Whether the session lets its holder in: not ended, not older than its absolute end, not idle for `idle` or more."""
    return times.ended_at is None and now < session_end(times, idle=idle)


def session_end(times: SessionTimes, *, idle: timedelta) -> datetime:
    """When the session ends if nobody opens a page until then."""
    return min(times.expires_at, times.last_seen_at + idle)


@dataclass(frozen=True, slots=True)
class Window:
    """A throttle: at most `most` requests within `span`, counted from the first one."""

    most: int
    span: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """Requests counted so far in the present window, and when the window ends."""

    used: int
    ends_at: datetime


def refused(count: Count, window: Window) -> bool:
    """Whether the request that made `count` was one too many."""
    return count.used > window.most


@dataclass(frozen=True, slots=True)
class Rules:
    """How long sessions last and how much is let through; the defaults are the ones in force where nothing is set.

    A whole school may sit behind one network, so the window of a network is wide, and that of an e-mail narrow. An e-mail has two: what
    one network may ask for it is far less than what all may, so that a stranger uses up their own part and not the owner's. The window of
    all is no longer than a link lives, so that whoever is refused has a link in the mailbox that works.
    """

    idle: timedelta = timedelta(hours=2)
    absolute: timedelta = timedelta(hours=12)
    requests_per_email: Window = Window(20, CODE_LIFE)
    requests_per_email_here: Window = Window(5, CODE_LIFE)
    requests_per_ip: Window = Window(60, timedelta(minutes=15))
    codes_per_ip: Window = Window(120, timedelta(minutes=15))
    wrong_codes_per_email: Window = Window(20, timedelta(hours=24))
    kept_forms_per_ip: Window = Window(60, timedelta(minutes=15))
    kept_life: timedelta = timedelta(hours=2)
    erasure_grace: timedelta = timedelta(days=7)
    """How long a person's request to be erased can be taken back."""


def network_of(ip: str) -> str:
    """What requests are counted by: the address, and of IPv6 the network that one subscriber has (/64)."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


def staff_fault(role: str, country: str | None, countries: Collection[str]) -> str | None:
    """Why there can be no staff account of this kind, as a stable reason, or None. `countries` are those of the plans in force."""
    if role not in STAFF_ROLES:
        return "unknown_role"
    if role not in ROLES_OF_A_COUNTRY:
        return "country_not_needed" if country else None
    if not country:
        return "country_needed"
    if not countries:
        return "plan_needed"
    return None if country in countries else "country_unknown"


def safe_return(raw: str | None, default: str = "/") -> str:
    """`raw` where it is a path on this same site, otherwise `default`.

    Browsers read a backslash as a slash and drop tabs and line breaks, so a path that has any of these is no path of ours;
    two slashes at the start name another host.
    """
    if not raw or not raw.startswith("/") or raw.startswith("//") or len(raw) > 512:
        return default
    if "\\" in raw or any(ord(c) < 0x20 or ord(c) == 0x7F for c in raw):
        return default
    try:
        parts = urlsplit(raw)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else raw


def first_page(asked: str, role: str, *, has_applications: bool) -> str:
    """Where a person goes who has signed in: where they had `asked` to go, else where their work begins.

    The front page is what every sign-in asks for that asks for nothing; an applicant who has no application does begin there.
    """
    if asked != FRONT_PAGE:
        return asked
    if role == APPLICANT:
        return MY_APPLICATIONS if has_applications else FRONT_PAGE
    return FIRST_PAGES.get(role, FRONT_PAGE)
