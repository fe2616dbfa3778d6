"""A message in words: the text of its template, with its facts as the reader's language, time zone and programme say them.

Pure: texts, words and names come in as values. No reason, limit or country is ever shown as a code.
"""

import string
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date
from babel.numbers import format_decimal

from services.notifications.domain.choose import FOR_REFEREES, NAMES_COURSE, NAMES_MARKED, NAMES_PAPERS
from shared.kernel.cells import Cell
from shared.kernel.cities import city_of
from shared.kernel.writing import dated

BEIJING: Final = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Template:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Wording:
    """One language: its templates by name, its words by group and code (`reasons`, `limits`, `roles`, `frame`), and its CLDR locale."""

    language: str
    locale: str
    templates: Mapping[str, Template]
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a programme is called, and what its country codes and reason codes mean, each by language."""

    names: Mapping[str, str]
    countries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rounds: Mapping[int, datetime] = field(default_factory=dict)
    """Year -> the moment at which the places of its call are given by rank, where there is such a moment."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the time zone (an IANA name) for deadlines, and the name for the greeting, where they are known."""

    timezone: str = BEIJING
    name: str = ""
    applicant: str = ""
    """Whom the text is about, where the reader is that person's referee."""
    receipt: str = ""
    """The application's receipt number, where the text is about one that was sent."""
    focal_point: tuple[str, ...] = ()
    """How to reach the focal point of the application's country, each way that the plan says."""
    papers: tuple[str, ...] = ()
    """Documents that are asked for now and are not there, by name."""
    marked: tuple[str, ...] = ()
    """What is to be corrected now, by name."""
    course: str = ""
    """The course that the application is for, by name."""
    choice: tuple[int, int] = (0, 0)
    """Which choice the course was, counted from 1, of how many that were listed."""


ABOUT_THE_READER: Final = frozenset({"not_participating", "person_holds_place", "nomination_cap", "unknown_cell"})
"""Reasons of the places service about a person or a country. A plan words them for everybody who reads; a message speaks to its reader."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: template and facts as `choose` made them, the cell, and the page where more is to be seen (none: empty)."""

    template: str
    cell: Cell
    facts: Mapping[str, Any]
    link: str


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Desk:
    """Everything that a fact may need to become words."""

    told: Told
    reader: Reader
    wording: Wording
    terms: Terms

    def word(self, group: str, code: str) -> str:
        words = self.wording.words[group]
        return words.get(code) or words["other"]


def render(told: Told, reader: Reader, wording: Wording, terms: Terms) -> Rendered:
    """Subject and body of the message, as the inbox shows them. `KeyError` where a template needs a fact that is not told."""
    desk = _Desk(told, reader, wording, terms)
    template = wording.templates[told.template]
    values = {name: _PLACES[name](desk) for name in places(template.subject + template.body)}
    return Rendered(template.subject.format_map(values), template.body.format_map(values))


def as_mail(rendered: Rendered, told: Told, reader: Reader, wording: Wording) -> str:
    """The body of the e-mail: greeting, message, where to look, and who writes."""
    frame = wording.words["frame"]
    name = " ".join(reader.name.split())
    greeting = frame["greeting"].format(name=name) if name else frame["greeting_without_name"]
    if told.template in FOR_REFEREES:
        # Who has written, or need not write any more, has no page left: nothing is said of one.
        link, ask = (frame["referee_link"].format(link=told.link), "referee_ask") if told.link else ("", "referee_ask_no_more")
        parts = [link, frame["closing"].format(ask=frame[ask])]
    else:
        receipt = "\n" + frame["receipt"].format(receipt=reader.receipt) if reader.receipt else ""
        ways = frame["between"].join(reader.focal_point)
        ask = frame["ask_at"].format(focal_point=ways) if reader.focal_point else frame["ask"]
        named = [
            _named(told, frame, "papers", reader.papers, NAMES_PAPERS),
            _named(told, frame, "marked", reader.marked, NAMES_MARKED),
        ]
        link, closing = frame["link"].format(link=told.link) + receipt, frame["closing"].format(ask=ask)
        parts = [_course(told, reader, frame), *named, link, closing]
    return "\n\n".join(part for part in (greeting, rendered.body.strip(), *parts) if part) + "\n"


def _named(told: Told, frame: Mapping[str, str], what: str, names: Sequence[str], where: Collection[str]) -> str:
    """A list of names under its own words; nothing in a mail about something else, or where there are none."""
    return frame[what].format(**{what: _items(names)}) if names and told.template in where else ""


def _course(told: Told, reader: Reader, frame: Mapping[str, str]) -> str:
    """The course that an approval was for; nothing in a mail about something else, or where there is none."""
    if not reader.course or told.template not in NAMES_COURSE:
        return ""
    number, most = reader.choice
    return frame["course_of_several" if most > 1 else "course"].format(course=reader.course, number=number, most=most)


def places(text: str) -> frozenset[str]:
    """The names of the `{places}` in a text; `ValueError` where a brace is not closed."""
    return frozenset(name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None)


def known_places() -> frozenset[str]:
    """Every name that a text may use."""
    return frozenset(_PLACES)


# ------------------------------------------------------------------------------------------------ facts become words


def _call(desk: _Desk) -> str:
    """Programme, country and year, as `Governmental scholarships (Peru, 2016)`."""
    cell = desk.told.cell
    country = desk.terms.countries.get(cell.country, {})
    return desk.wording.words["frame"]["call"].format(
        programme=_said(desk.terms.names, desk.wording.language, cell.programme),
        country=_said(country, desk.wording.language, cell.country),
        year=cell.year,
    )


def _said(names: Mapping[str, str], language: str, otherwise: str) -> str:
    return names.get(language) or names.get("en") or otherwise


def _reason(desk: _Desk, code: str) -> str:
    """The plan's own words for a reason; else ours, or where it is about whoever reads."""
    from_plan = {} if code in ABOUT_THE_READER else desk.terms.reasons.get(code, {})
    return _said(from_plan, desk.wording.language, "") or desk.word("reasons", code)


def _items(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _day(desk: _Desk, day: date) -> str:
    return dated(str(format_date(day, "long", locale=desk.wording.locale)), desk.wording.language)


def _days(desk: _Desk) -> str:
    """`from 1 April 2016 to 31 March 2017`, or open where there is no last day."""
    start, end = desk.told.facts["start"], desk.told.facts["end"]
    said = {"start": _day(desk, date.fromisoformat(start)), "end": _day(desk, date.fromisoformat(end)) if end else ""}
    return desk.wording.words["frame"]["days" if end else "days_open"].format(**said)


def _moment(desk: _Desk, moment: datetime) -> str:
    """In the reader's zone and in Beijing's; once, where both are one."""
    frame = desk.wording.words["frame"]
    zone = _zone(desk.reader.timezone)

    def said(name: str) -> str:
        local = moment.astimezone(ZoneInfo(name))
        return frame["moment"].format(day=_day(desk, local.date()), time=f"{local:%H:%M}")

    if zone == BEIJING:
        return frame["in_beijing"].format(beijing=said(BEIJING))
    return frame["in_two_zones"].format(local=said(zone), place=_city(zone, desk.wording.locale), beijing=said(BEIJING))


def _city(zone: str, locale: str) -> str:
    """What people call a zone: its city in their language, where CLDR has it."""
    if zone.endswith("UTC"):
        return "UTC"
    return city_of(zone, locale)


def _zone(name: str) -> str:
    """A zone that we cannot read is taken for Beijing's: the deadlines are set there."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return BEIJING
    return name


def _round(desk: _Desk) -> str:
    moment = desk.terms.rounds.get(desk.told.cell.year)
    return desk.wording.words["frame"]["day_open"] if moment is None else _moment(desk, moment)


def _instant(name: str) -> Callable[[_Desk], str]:
    return lambda desk: _moment(desk, datetime.fromisoformat(desk.told.facts[name]))


def _number(name: str) -> Callable[[_Desk], str]:
    return lambda desk: str(format_decimal(desk.told.facts[name], locale=desk.wording.locale))


_PLACES: Final[Mapping[str, Callable[[_Desk], str]]] = {
    "call": _call,
    "reasons": lambda desk: _items([_reason(desk, code) for code in desk.told.facts["reasons"]] or [desk.word("reasons", "other")]),
    "reason": lambda desk: _reason(desk, desk.told.facts["reason"]),
    "by_role": lambda desk: desk.word("roles", desk.told.facts["by_role"]),
    "correct_by": lambda desk: _day(desk, date.fromisoformat(desk.told.facts["correct_by"])),
    "answer_by": _instant("answer_by"),
    "due": _instant("due"),
    "applicant": lambda desk: " ".join(desk.reader.applicant.split()),
    "list_closes": _instant("list_closes"),
    "grants_from": _round,
    "days": lambda desk: _days(desk),
    "rank": _number("rank"),
    "received": _number("received"),
    "needed": _number("needed"),
    "lacking": lambda desk: _items(
        [desk.word("limits", kind) for kind in dict.fromkeys(desk.told.facts["lacking"])] or [desk.word("limits", "cell")]
    ),
}
