"""A plan as values: everything that the files of one plan say, frozen. Moments are in UTC, days are days of the call's zone."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from services.applications.domain.answers import Answer, Page, Question, Texts, When
from services.applications.domain.correction import DOCUMENT, PAGE, Mark
from services.applications.domain.eligibility import Context, Rule
from services.applications.domain.referees import Referees
from shared.events.applications import AllotmentPolicy, ListRule

ROUTE: Final = ("nomination", "review", "approval")
STAGES: Final = ("submission", "nomination", "after_nomination", "after_offer")
UNUSED: Final = ("lapse", "roll_over")
GROUPS: Final = ("LDC", "LLDC", "SIDS")
REASON_USES: Final = ("return", "rejection", "refusal", "withdrawal", "ending")


class GroupFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A country is in a group from `start` to `end` (last day inside)."""

    group: str
    start: date
    end: date | None = None


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """The body that a country sends its candidates through, over a period; its own name, not translated."""

    name: str
    start: date
    end: date | None = None


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """A country of the plan; `tile` is column and row on the map of equal squares. A focal point has an address, perhaps a telephone."""

    code: str
    alpha3: str
    names: Texts
    languages: tuple[str, ...]
    side: str
    groups: tuple[GroupFlag, ...] = ()
    tile: tuple[int, int]
    authorities: tuple[Authority, ...] = ()
    focal_point: str
    focal_phone: str = ""

    def groups_on(self, day: date) -> tuple[str, ...]:
        """The groups that the country is in on that day."""
        return tuple(flag.group for flag in self.groups if _inside(day, flag.start, flag.end))

    def authority_on(self, day: date) -> Authority | None:
        """The dispatching authority on that day, if there is one."""
        return next((a for a in self.authorities if _inside(day, a.start, a.end)), None)


class Participation(msgspec.Struct, frozen=True, kw_only=True):
    """A country takes part in a programme from `start` to `end` (last day inside), fully or in the named parts."""

    country: str
    programme: str
    start: date
    end: date | None = None
    parts: tuple[str, ...] = ()


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One year's call, rolling without `grants_from`. `closes`, `answers_due` and `list_closes` name a last second, which is inside."""

    year: int
    opens: datetime
    closes: datetime
    grants_from: datetime | None = None
    answers_due: datetime
    list_closes: datetime
    returns_on: date
    timezone: str

    def is_open(self, now: datetime) -> bool:
        """Whether one may submit at `now`; the whole last second counts."""
        return self.opens <= now < self.closes + timedelta(seconds=1)

    def day(self, moment: datetime) -> date:
        """The day that `moment` falls on in the call's zone."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def context(self, country: str) -> Context:
        """What eligibility rules may refer to, for an applicant of that country."""
        return Context(country, self.year, {"opens": self.day(self.opens), "closes": self.day(self.closes), "returns_on": self.returns_on})


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that is asked for at one of `STAGES`. `accepted` are media types; `max_bytes` is the largest size of each file."""

    key: str
    names: Texts
    hint: Texts | None = None
    stage: str
    optional: bool = False
    when: When | None = None
    accepted: tuple[str, ...]
    max_bytes: int
    max_files: int = 1


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that reviewers score from 0 to `maximum` points; the weights of a programme sum to 100."""

    key: str
    names: Texts
    weight: int
    maximum: int


class PlanReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason that people choose, or quotas gives: a stable code, what it may be used for (`REASON_USES`), and its words.

    One that is `marked` says that something is wrong in a place of the form: who sends an application back for it names such a place, as
    `MARKED` has it, or where it is true any.
    """

    code: str
    uses: tuple[str, ...]
    names: Texts
    marked: bool | str = False


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A course of one year, from `starts` to `ends` (last day inside); `key` is an option of the question `course`. `languages` are those
    that it is given in, as codes; none where the plan does not say.
    """

    key: str
    year: int
    seats: int | None = None
    per_country: int | None = None
    starts: date
    ends: date
    languages: tuple[str, ...] = ()


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a cell's places that is open to a way of applying; `key` is an option of the question `channel`."""

    key: str
    places: int | None = None
    share: float | None = None


class Holders(msgspec.Struct, frozen=True, kw_only=True):
    """How many places people of one country may hold at a time: `each` country, but for those named."""

    each: int | None = None
    countries: dict[str, int] = {}


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """One programme, whole. `warnings` refuse nobody: they are said before one sends. `place`: questions that say what a place is for."""

    code: str
    names: Texts
    description: Texts
    clause: str
    sides: tuple[str, ...]
    side_places: dict[str, float]
    places_total: int
    places_per_year: dict[int, int]
    policy: AllotmentPolicy
    calls: tuple[Call, ...]
    route: tuple[str, ...]
    offer_days: int
    waiting_list: ListRule
    nomination_ratio: float | None = None
    holds_per_person: int = 1
    appeal_days: int = 14
    unused: str
    pages: tuple[Page, ...]
    documents: tuple[Document, ...]
    rules: tuple[Rule, ...]
    warnings: tuple[Rule, ...] = ()
    criteria: tuple[Criterion, ...]
    reasons: tuple[PlanReason, ...]
    courses: tuple[Course, ...] = ()
    channels: tuple[Channel, ...] = ()
    holders: Holders | None = None
    gives: tuple[Texts, ...] = ()
    place: tuple[str, ...] = ()
    referees: Referees | None = None

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(self.places_per_year)

    def call(self, year: int) -> Call | None:
        """That year's call."""
        return next((call for call in self.calls if call.year == year), None)

    def open_call(self, now: datetime) -> Call | None:
        """The call in which one may submit at `now`; the latest one where two overlap."""
        return next((call for call in reversed(self.calls) if call.is_open(now)), None)

    def courses_of(self, year: int) -> list[Course]:
        """The courses of that year, in the order of the file."""
        return [course for course in self.courses if course.year == year]

    def option_names(self, question: str, option: str) -> Texts:
        """The words for an option of a question with options."""
        asked = self.question(question)
        chosen = asked.option(option) if asked else None
        assert chosen is not None, f"{option} is an option of {question}, as the plan's files were checked to say"
        return chosen.label

    def page(self, key: str) -> Page | None:
        """The page with that key."""
        return next((page for page in self.pages if page.key == key), None)

    def question(self, key: str) -> Question | None:
        """The question with that key, on whatever page."""
        return next((q for page in self.pages for q in page.questions if q.key == key), None)

    def place_names(self, one: Mark) -> Texts | None:
        """What a place of the form that was marked is called; none where the plan has it no more."""
        if one.kind == DOCUMENT:
            return next((paper.names for paper in self.documents if paper.key == one.key), None)
        if one.kind == PAGE:
            page = self.page(one.key)
            return page.title if page else None
        question = self.question(one.key)
        return question.label if question else None

    def documents_for(self, stage: str, answers: Mapping[str, Answer]) -> list[Document]:
        """The papers that somebody with these answers is asked for at that stage, optional ones too."""
        return [d for d in self.documents if d.stage == stage and (d.when is None or d.when.holds(answers))]

    def reasons_for(self, use: str) -> list[PlanReason]:
        """The reasons that may be given for that use, in the order of the file."""
        return [reason for reason in self.reasons if use in reason.uses]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An example applicant, their typed answers, and the codes of the rules that must speak against them (none: eligible), or warn."""

    programme: str
    name: str
    country: str
    year: int
    answers: dict[str, Any]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] | None = None
    file: str
    line: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One cooperation plan in one version."""

    code: str
    version: str
    names: Texts
    description: Texts
    example_note: Texts
    source: str
    clauses: tuple[str, ...]
    starts: date
    ends: date
    languages: tuple[str, ...]
    sides: dict[str, Texts]
    countries: tuple[Country, ...]
    participation: tuple[Participation, ...]
    programmes: tuple[Programme, ...]
    cases: tuple[Case, ...] = ()

    def programme(self, code: str) -> Programme | None:
        """The programme with that code."""
        return next((p for p in self.programmes if p.code == code), None)

    def country(self, code: str) -> Country | None:
        """The country with that alpha-2 code."""
        return next((c for c in self.countries if c.code == code), None)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the plan's countries."""
        return frozenset(country.code for country in self.countries)

    def takes_part(self, country: str, programme: str, day: date) -> bool:
        """Whether the country takes part in the programme on that day, at least in parts."""
        return any(p.country == country and p.programme == programme and _inside(day, p.start, p.end) for p in self.participation)

    def countries_of(self, programme: Programme) -> list[Country]:
        """The countries of the programme's sides, whether they take part or not."""
        return [country for country in self.countries if country.side in programme.sides]


def _inside(day: date, start: date, end: date | None) -> bool:
    return start <= day and (end is None or day <= end)
