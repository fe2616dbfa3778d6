"""The courses that an application lists, beside its decision: what is free in each, what stands against one, and what approving several
applications comes to.

Counted are the seats that officers have set, or else the plan, and the applications that hold one. The places service decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.applications.domain.courses import BEGUN, COUNTRY_AWAY, FINAL, NOT_GIVEN, OTHER_LANGUAGE
from services.applications.domain.lifecycle import Act, State
from services.applications.pages.giving import before_day, before_round, giving, on_the_day
from services.applications.pages.preferences import course_title
from services.applications.pages.words import country_name
from services.applications.plan.model import Programme
from services.applications.staff.kit import File, known, title_of
from services.applications.staff.room import Before, Room
from services.applications.store.plans import InForce
from services.applications.store.seats import Course, Seats, seats
from services.applications.tables import Application
from services.applications.use_cases.courses import not_possible
from shared.persistence.database import Tx
from shared.web.formats import bracketed, format_number, labelled, listed, sentences
from shared.web.i18n import N_, ngettext, translate

_ = translate

WHY: Final = {
    NOT_GIVEN: N_("it is not offered in {year}"),
    BEGUN: N_("it has begun already"),
    OTHER_LANGUAGE: N_("it is not taught in the language that the person can follow"),
    COUNTRY_AWAY: N_("the country does not take part in it now"),
}
OF_A_COURSE: Final = ("course", "course_country")
"""Kinds of the limits that are a course's."""


@dataclass(frozen=True, slots=True)
class Left:
    """Seats of a course that nobody holds or has asked for, in all and of a country's part of them; none where there is no end.

    `seats_fixed`, `part_fixed`: officers have set how many there are.
    """

    seats: int | None
    free: int | None
    part: int | None
    own: int | None
    seats_fixed: bool = False
    part_fixed: bool = False

    @property
    def most(self) -> int | None:
        """How many newcomers of the country find a seat."""
        ends = [one for one in (self.free, self.own) if one is not None]
        return min(ends) if ends else None

    def words(self, country: str, *, ahead: bool = False) -> str:
        """`Free seats: 12 of 160; Peru: 3 of 10 free`; `Seats: 160; Peru: at most 10` where all are given on one day that is `ahead`, as
        until then nobody holds one and many may be approved. Behind what officers have set stands that they have.
        """
        said = []
        if ahead and self.seats is not None:
            said.append(_by(self.seats_fixed, _("Seats: {seats}", seats=format_number(self.seats))))
        elif self.seats is not None and self.free is not None:
            free, seats = format_number(self.free), format_number(self.seats)
            said.append(_by(self.seats_fixed, _("Free seats: {free} of {seats}", free=free, seats=seats)))
        if ahead and self.part is not None:
            said.append(_by(self.part_fixed, _("{country}: at most {seats}", country=country, seats=format_number(self.part))))
        elif self.part is not None and self.own is not None:
            free, part = format_number(self.own), format_number(self.part)
            said.append(_by(self.part_fixed, _("{country}: {free} of {seats} free", country=country, free=free, seats=part)))
        return sentences(*said) or _("The plan sets no limit to its seats.")


def _by(fixed: bool, said: str) -> str:
    return bracketed(said, _("set by officers")) if fixed else said


def left(programme: Programme, year: int, course: str, country: str, counted: Seats) -> Left | None:
    """What is left of a course; none where the plan does not give it in that year."""
    given = next((one for one in programme.courses_of(year) if one.key == course), None)
    if given is None:
        return None
    used = Counter[str]()
    for one in counted.taken:
        if (one.programme, one.year, one.course) == (programme.code, year, course):
            used[one.country] += one.held + one.asking

    def rest(most: int | None, number: int) -> int | None:
        return None if most is None else max(0, most - number)

    whole, own = Course(programme.code, year, course), Course(programme.code, year, course, country)
    seats, part = counted.fixed.get(whole, given.seats), counted.fixed.get(own, given.per_country)
    return Left(seats, rest(seats, used.total()), part, rest(part, used[country]), whole in counted.fixed, own in counted.fixed)


@dataclass(frozen=True, slots=True)
class Choice:
    """One course that was listed: which choice it is, counted from 1, what is left of it, and in words what stands against it.

    Nobody can be approved for one that is `lost`: quotas would refuse it for good.
    """

    key: str
    title: str
    number: int
    left: Left | None
    against: str
    lost: bool

    @property
    def open(self) -> bool:
        """Whether somebody who is approved for it now finds a seat, as far as the figures tell."""
        return not self.against and (self.left is None or self.left.most != 0)


async def choices_of(tx: Tx, file: File) -> list[Choice]:
    """The courses of an application in the person's order; asks the database only while there is something to decide or to wait for."""
    application, programme = file.application, file.dossier.programme
    if not application.listed or (Act.APPROVE not in file.dossier.acts and application.state != State.WAITING):
        return []
    return choices(file, await seats(tx, [(programme.code, application.year)]))


def choices(file: File, counted: Seats) -> list[Choice]:
    """The same with what is known of the seats."""
    application, programme = file.application, file.dossier.programme
    wrong = not_possible(file.dossier.terms, application, file.dossier.answers, file.now, sent=True)
    return [
        Choice(
            key,
            course_title(programme, key),
            number,
            left(programme, application.year, key, application.country, counted),
            _(WHY[wrong[key]], year=application.year) if key in wrong else "",
            wrong.get(key) in FINAL,
        )
        for number, key in enumerate(application.listed, start=1)
    ]


def course_field(file: File, found: Sequence[Choice], error: str = "") -> dict[str, Any] | None:
    """The question for which of several courses it is approved; the first that nothing stands against is chosen, and one that is lost
    cannot be. None where there is none to choose. `error` is what is wrong with the answer that came.
    """
    if len(found) < 2 or all(one.lost for one in found):
        return None
    country = country_name(file.application.country, file.plan)
    first = min(found, key=lambda one: (one.lost, bool(one.against)))
    day = on_the_day(file.dossier.call) if _ahead(file) else ""
    return {
        "key": "course",
        "kind": "radio",
        "label": _("For which course?"),
        "hint": sentences(_("In the person’s order of preference."), day),
        "options": [
            {"key": one.key, "label": f"{one.number}. {one.title}", "hint": _said(one, country, _ahead(file)), "disabled": one.lost}
            for one in found
        ],
        "value": first.key,
        "error": error,
        "small": True,
    }


def _ahead(file: File) -> bool:
    return before_day(file.dossier.call, file.now)


def _said(one: Choice, country: str, ahead: bool) -> str:
    said = sentences(one.left.words(country, ahead=ahead) if one.left else "", one.against)
    return said[:1].upper() + said[1:]


def single_words(file: File, found: Sequence[Choice]) -> str:
    """The one course that was listed, with what is left of it; nothing where there are more, or none."""
    if len(found) != 1:
        return ""
    said = _said(found[0], country_name(file.application.country, file.plan), _ahead(file))
    return sentences(labelled(_("Course"), found[0].title), said) if said else ""


def elsewhere(file: File, found: Sequence[Choice]) -> str:
    """Of somebody who waits for a seat of a course: in which of the others that were listed one is free; nothing where in none."""
    application = file.application
    if application.state != State.WAITING or before_round(application, file.dossier.call):
        return ""
    waits = [entry for entry in file.dossier.timeline if entry.act == Act.WAIT]
    lacking = [str(key).partition(":")[0] for key in waits[-1].detail.get("lacking", ())] if waits else []
    others = [one.title for one in found if one.open and one.key != application.course]
    if not others or not any(kind in OF_A_COURSE for kind in lacking):
        return ""
    waited = course_title(file.dossier.programme, application.course or "")
    return _(
        "It waits for a seat in the course “{course}”. Of the other courses that were listed, these have a free seat: {courses}.",
        course=waited,
        courses=listed(others),
    )


# ---- approving several


def first_of(application: Application) -> str:
    """The course that an approval of many is for; empty where none is listed."""
    return next(iter(application.listed), "")


def served(chosen: Mapping[str, int], found: Mapping[str, Left]) -> int:
    """How many of those who are chosen, by country, find a seat of one course; what is left of it is told for each country."""
    fit = sum(number if found[country].own is None else min(number, found[country].own or 0) for country, number in chosen.items())
    free = next(iter(found.values())).free
    return fit if free is None else min(fit, free)


def _follows(number: int, chosen: int) -> str:
    if number >= chosen:
        return ngettext("A seat is free for this one.", "A seat is free for each of them.", chosen)
    if number == 0:
        return ngettext("No seat is free: this one waits for one.", "No seat is free: they wait for one.", chosen)
    return _(
        "A seat is free for {free} of them. Waiting for one: {others}.", free=format_number(number), others=format_number(chosen - number)
    )


def _lines(rows: Sequence[Application], counted: Seats, terms: Sequence[InForce], now: datetime) -> list[Room]:
    """The first courses of these applications, each with what approving them all comes to; what the plan does not give is left out."""
    chosen: dict[tuple[str, int, str], Counter[str]] = {}
    for row in rows:
        if course := first_of(row):
            chosen.setdefault((row.programme, row.year, course), Counter())[row.country] += 1
    lines = []
    for (code, year, course), countries in sorted(chosen.items()):
        one = known(terms, code)
        found = {country: left(one.programme, year, course, country, counted) for country in countries} if one else {}
        rest = {country: seat for country, seat in found.items() if seat is not None}
        if one is None or len(rest) < len(countries):
            continue
        call, free = one.call(year), next(iter(rest.values())).free
        ahead = giving(call, now) if before_day(call, now) else ""
        lines.append(
            Room(
                title=f"{course_title(one.programme, course)} · {title_of(one.programme)} {year}",
                href="",
                free="–" if free is None else format_number(free),
                chosen=format_number(countries.total()),
                follows=ahead or _follows(served(countries, rest), countries.total()),
            )
        )
    return lines


async def _counted(tx: Tx, rows: Sequence[Application]) -> Seats:
    return await seats(tx, {(row.programme, row.year) for row in rows if row.listed})


async def course_rooms(tx: Tx, rows: Sequence[Application], terms: Sequence[InForce], now: datetime) -> list[Room]:
    """What approving these applications comes to in the first course of each."""
    return _lines(rows, await _counted(tx, rows), terms, now)


async def courses_before(tx: Tx, rows: Sequence[Application], terms: Sequence[InForce], now: datetime) -> Before:
    """The same of those of them who will have been approved, by what is known before that."""
    counted = await _counted(tx, rows)
    return lambda approved: _lines(approved, counted, terms, now)


def first_words(rows: Sequence[Application]) -> str:
    """For which course each is approved, where somebody listed several."""
    if all(len(row.listed) < 2 for row in rows):
        return ""
    return _("Each is approved for the first course on its list. To approve somebody for another one, open the application.")
