"""The follow-up report as values: per programme what was pledged, and by year, group and country what became of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.quotas.rows import ProgrammeRow
from services.quotas.summaries import Books, Figures, Line, by, by_group, total
from shared.events.applications import Names
from shared.web.formats import sort_key
from shared.web.i18n import current_language


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a programme: the places that the plan has for it, and what became of them."""

    year: int
    pledged: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Country:
    """A country over all years of a programme; `years` has its figures of each."""

    code: str
    names: Names
    figures: Figures
    years: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Of:
    """One programme. `groups` are the sums over all years, `groups_by_year` those of each; a country of two groups counts in both."""

    programme: ProgrammeRow
    years: tuple[Year, ...]
    figures: Figures
    groups: tuple[tuple[str, Figures], ...]
    groups_by_year: tuple[tuple[str, tuple[Figures, ...]], ...]
    countries: tuple[Country, ...]
    lines: tuple[Line, ...]

    @property
    def pledged(self) -> int:
        return self.programme.places_total

    @property
    def over(self) -> int:
        """How many places more are held than are allotted, where a country's were cut below what it holds."""
        return sum(max(0, line.figures.held - line.figures.allotted) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, as of `at`. `fingerprint` is of the heads of all chains of decisions: an export of that moment has the same."""

    plans: tuple[tuple[str, str], ...]
    """Code and version of each plan."""
    at: datetime
    programmes: tuple[Of, ...]
    last: Line | None
    fingerprint: str

    @property
    def example(self) -> bool:
        return any(one.programme.example for one in self.programmes)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for one in self.programmes for line in one.lines)


def report_of(books: Books, at: datetime) -> Report:
    """The report on these books, of one programme at least. The largest comes first; countries are in the order of their names."""
    programmes = sorted(books.programmes, key=lambda one: (-one.places_total, one.code))
    return Report(
        plans=tuple(dict.fromkeys((one.plan, one.plan_version) for one in programmes)),
        at=at,
        programmes=tuple(of_programme(one, books.of(one.code)) for one in programmes),
        last=books.last,
        fingerprint=fingerprint(books.lines),
    )


def of_programme(programme: ProgrammeRow, lines: Sequence[Line]) -> Of:
    ordered = sorted(lines, key=lambda line: (name_key(line.names), line.country, line.year))
    years = by(sorted(lines, key=lambda line: line.year), lambda line: line.year)
    groups = by_group(ordered)
    return Of(
        programme=programme,
        years=tuple(Year(year, programme.places_per_year.get(year, 0), total(of_it)) for year, of_it in years.items()),
        figures=total(ordered),
        groups=tuple((group, total(of_it)) for group, of_it in groups.items()),
        groups_by_year=tuple(
            (group, tuple(total(line for line in of_it if line.year == year) for year in years)) for group, of_it in groups.items()
        ),
        countries=tuple(
            Country(code, of_it[0].names, total(of_it), tuple(total(line for line in of_it if line.year == year) for year in years))
            for code, of_it in by(ordered, lambda line: line.country).items()
        ),
        lines=tuple(ordered),
    )


def name_key(names: Names) -> str:
    """By which a country is put in order in the reader's language."""
    return sort_key(str(getattr(names, current_language())))


def fingerprint(lines: Sequence[Line]) -> str:
    """SHA-256 over `<cell> <number> <hash>` of every chain's last decision, a line each, in the order of the cells' keys."""
    heads = "".join(f"{line.key} {line.last_decision} {line.last_hash}\n" for line in sorted(lines, key=lambda line: line.key))
    return hashlib.sha256(heads.encode()).hexdigest()
