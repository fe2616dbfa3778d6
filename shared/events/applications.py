"""Events that the applications service publishes. Ids and codes only: no personal data, ever.

A published struct never changes meaning; a new need is a new optional field (with a default) or a new version.
"""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from shared.events.fact import Fact, Moment


class Names(msgspec.Struct, frozen=True):
    """One text in the six languages of the platform."""

    en: str
    es: str
    pt: str
    fr: str
    zh: str
    nl: str


class CountryTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A country as a programme sees it. `tile` is column and row on the map of equal squares."""

    code: str
    side: str
    names: Names
    groups: dict[int, list[str]] = {}
    """Per year of the programme, the groups (LDC, LLDC, SIDS) that the country is in; a year without groups may be absent."""
    tile: tuple[int, int]


class Participation(msgspec.Struct, frozen=True, kw_only=True):
    """A country takes part from `start` until `end` (last day inside; open where absent), fully or in the named parts."""

    country: str
    start: date
    end: date | None = None
    parts: list[str] = []


class CallTerms(msgspec.Struct, frozen=True, kw_only=True):
    """One year's call, all moments in UTC. Without `grants_from` the call is rolling; with it, a ranked round."""

    year: int
    opens: Moment
    closes: Moment
    grants_from: Moment | None = None
    answers_due: Moment
    list_closes: Moment
    returns_on: date
    timezone: str


class AllotmentPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a year's places are split over the participating countries of a side: everyone's base, then weights, then bounds."""

    base: int
    weights: dict[str, float] = {}
    """Weight by group, added to the 1.0 that every country has."""
    minimum: int
    maximum: int | None = None
    rounding: str = "largest_remainder"
    example: bool = True
    """The figures are an example policy, and are marked so wherever they are shown."""


class ListRule(msgspec.Struct, frozen=True, kw_only=True):
    """How many may wait in a cell: `ratio` times its places, rounded up, at least `at_least`."""

    ratio: float
    at_least: int


class CourseTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A course of one year, from `starts` to `ends` (last day inside): its seats, and the most that one country gets (absent: no end)."""

    key: str
    year: int
    names: Names
    seats: int | None = None
    per_country: int | None = None
    starts: date
    ends: date


class ChannelTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A way of applying, and the part of a cell's places that is open to it: `places`, or a `share` (neither: all of them)."""

    key: str
    names: Names
    places: int | None = None
    share: float | None = None


class HoldersTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How many places people of one country may hold at a time: `each` country, but for those named (absent: counted, without an end)."""

    each: int | None = None
    countries: dict[str, int] = {}


class ProgrammePublished(Fact, frozen=True, kw_only=True):
    """A programme's terms, whole. Everything that quotas and notifications know of a programme, they know from here."""

    plan: str
    plan_version: str
    programme: str
    names: Names
    example_note: Names
    places_total: int
    places_per_year: dict[int, int]
    sides: list[str]
    """The sides whose countries nominate; each one shares in the year's places."""
    side_places: dict[str, float]
    """The share of each year's places for each nominating side; the shares sum to 1."""
    countries: list[CountryTerms]
    participation: list[Participation]
    policy: AllotmentPolicy
    calls: list[CallTerms]
    route: list[str]
    """The steps that an application takes, of `nomination`, `review`, `approval`."""
    offer_days: int
    waiting_list: ListRule
    nomination_ratio: float | None = None
    """Candidates that a country may nominate, as a multiple of its places; no cap where absent."""
    holds_per_person: int = 1
    unused: str = "lapse"
    reasons: dict[str, Names] = {}
    """Words for the reason codes that coordinators and officers choose from."""
    courses: list[CourseTerms] = []
    channels: list[ChannelTerms] = []
    parts: dict[str, Names] = {}
    """The parts of the programme, such as courses and levels, that a country may leave or return to by themselves."""
    holders: HoldersTerms | None = None
    """Absent where the programme does not count who holds a place at a time."""


class ApplicationSubmitted(Fact, frozen=True, kw_only=True):
    """Handed in, or sent again after a correction (`corrected`; false in events from before it was told)."""

    application: UUID
    person: UUID
    corrected: bool = False


class ApplicationReturned(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    reasons: list[str]
    correct_by: date


class ApplicationNominated(Fact, frozen=True, kw_only=True):
    """On the country's slate; quotas counts it against the cap. `parts`: those its place may be in, each listed course among them."""

    application: UUID
    person: UUID
    slate_rank: int
    parts: list[str] = []


class ApplicationRejected(Fact, frozen=True, kw_only=True):
    """Not carried forward. Without reasons and by `system`, nobody decided on it by the end of the call."""

    application: UUID
    person: UUID
    reasons: list[str]
    by_role: str


class ApplicationApproved(Fact, frozen=True, kw_only=True):
    """An officer approved: quotas is asked for a place. `score` is in thousandths of a point, so that ranks compare exactly."""

    application: UUID
    person: UUID
    score: int
    submitted_at: Moment
    course: str | None = None
    channel: str | None = None
    parts: list[str] = []


class ApplicationWithdrawn(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    by_role: str
    from_state: str


class ApplicationEnded(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    reason: str


class OfferAccepted(Fact, frozen=True, kw_only=True):
    """`place_version` is the offer that was answered, so that an answer never reaches another offer."""

    application: UUID
    person: UUID
    place_version: int


class ApplicationConcerned(Fact, frozen=True, kw_only=True):
    """A change of who takes part concerns an application that may come to a place yet, or a form that is still being written.

    From `start` to `end` (last day inside; open where absent) its country takes no part (`left`), or not in what was chosen
    (`left_in_part`), or takes part again (`returned`). Its subject is the participation, whose version is the change's number.
    """

    application: UUID
    person: UUID
    change: Literal["left", "left_in_part", "returned"]
    start: date
    end: date | None = None


class OfferUnanswered(Fact, frozen=True, kw_only=True):
    """No answer was given in time, and none will be taken. Its subject is the offer, whose version is `place_version`."""

    application: UUID
    person: UUID
    place_version: int
    answer_by: Moment


class LetterWritten(Fact, frozen=True, kw_only=True):
    """A letter about an application; what is in it stays with the applications service. Its subject is the exchange.

    `exchange` is `question` (to the country) or `appeal` (to the programme); `closes` ends the exchange.
    """

    application: UUID
    person: UUID
    exchange: str
    by_role: str
    closes: bool = False


class OfferDeclined(Fact, frozen=True, kw_only=True):
    application: UUID
    person: UUID
    place_version: int


class ApplicantErased(Fact, frozen=True, kw_only=True):
    """Everything personal of this person is gone from applications, for good: whoever keeps more than ids removes it too."""

    person: UUID


class RefereeInvited(Fact, frozen=True, kw_only=True):
    """An applicant asks a referee for a letter. Like every event about one, its subject is the referee; `due` is the last second."""

    application: UUID
    person: UUID
    referee: UUID
    due: Moment


class RefereeReminded(Fact, frozen=True, kw_only=True):
    """A referee who has not answered is to be reminded, by the calendar or by the applicant."""

    application: UUID
    person: UUID
    referee: UUID
    due: Moment
    by_applicant: bool


class RefereeReceived(Fact, frozen=True, kw_only=True):
    """A referee has sent the letter. `received` letters of those `needed` have come; `letters_lacking` are still to come, by `due`.

    All four are absent where no letter is needed, and in events from before they were told.
    """

    application: UUID
    person: UUID
    referee: UUID
    received: int | None = None
    needed: int | None = None
    letters_lacking: int | None = None
    due: Moment | None = None


class RefereeDeclined(Fact, frozen=True, kw_only=True):
    """A referee will not write a letter. So many other people have to be asked (`referees_lacking`) for letters that are due by `due`.

    Both are absent where no letter is needed, and in events from before they were told.
    """

    application: UUID
    person: UUID
    referee: UUID
    reason: str
    referees_lacking: int | None = None
    due: Moment | None = None


class RefereeUnreached(Fact, frozen=True, kw_only=True):
    """The newest mail that asks a referee for a letter could not be delivered: the applicant may know a better address."""

    application: UUID
    person: UUID
    referee: UUID


class RefereeReleased(Fact, frozen=True, kw_only=True):
    """No letter is needed from this referee any more: `cause` is `replaced` or `over`."""

    application: UUID
    person: UUID
    referee: UUID
    cause: str
