"""What of a programme's file bounds who gets a place besides its cells: courses with seats, channels, and holders at a time."""

from collections.abc import Sequence
from datetime import date

from services.applications.domain.answers import LANGUAGES, Page
from services.applications.domain.courses import COURSE
from services.applications.domain.questions import PREFERENCE
from services.applications.plan.model import Channel, Course, Holders
from services.applications.plan.tables import NO_DAY, Table, listing, near


def read_courses(table: Table, pages: Sequence[Page], years: Sequence[int]) -> tuple[Course, ...]:
    """`[[courses]]`: an option of the question `course`, its seats, a country's norm, its languages, and its dates in each year in which
    it is given. Where the question asks for an order of preference, every option is one of them.
    """
    options, found = _options(pages, COURSE), dict[tuple[str, int], Course]()
    for entry in table.tables("courses"):
        key = _option(entry, COURSE, options)
        seats, per_country = entry.maybe_whole("seats", 1), entry.maybe_whole("per_country", 1)
        if seats is not None and per_country is not None and per_country > seats:
            entry.wrong("per_country", f'"per_country" is {per_country}, more than the {seats} seats', f"{seats} at most")
        languages = entry.maybe_texts("languages", LANGUAGES)
        for year, (starts, ends) in _dates(entry, years).items():
            if (key, year) in found:
                entry.wrong("key", f'the course "{key}" stands twice in {year}', "each course once a year")
            found[key, year] = Course(
                key=key, year=year, seats=seats, per_country=per_country, starts=starts, ends=ends, languages=languages
            )
        entry.done()
    stray = [key for key in _options(pages, COURSE, PREFERENCE) if all(key != course for course, _year in found)]
    if stray:
        expected = "[[courses]] for each option of an order of preference, or a question of kind select"
        table.wrong("courses", f'the question "{COURSE}" offers {listing(stray)}, which is no course', expected)
    return tuple(found.values())


def _dates(entry: Table, years: Sequence[int]) -> dict[int, tuple[date, date]]:
    expected = "a table of year = [first day, last day]"
    dates = entry.table("dates", expected)
    found: dict[int, tuple[date, date]] = {}
    for raw in dates.values if dates else ():
        assert dates is not None
        days = dates._get(raw, list, "[first day, last day]")
        if not raw.isdecimal() or int(raw) not in years:
            dates.wrong(raw, f'"{raw}" is no year of the programme', f"one of {listing(years)}", near(raw, map(str, years)))
        elif days is None or len(days) != 2 or not all(type(day) is date for day in days):
            dates.wrong(raw, f'"{raw}" is not two days', "[first day, last day], such as [2016-05-09, 2016-05-29]")
        elif days[1] < days[0]:
            dates.wrong(raw, f"the course of {raw} ends on {days[1]}, before it starts", f"{days[0]} or later")
        else:
            found[int(raw)] = (days[0], days[1])
    return found or {years[0] if years else 2000: (NO_DAY, NO_DAY)}


def read_channels(table: Table | None, pages: Sequence[Page]) -> tuple[Channel, ...]:
    """`channels` of `[limits]`: an option of the question `channel`, and the places or the share of a cell that are open to it."""
    options, found = _options(pages, "channel"), dict[str, Channel]()
    for entry in table.tables("channels") if table else ():
        key = _option(entry, "channel", options)
        places, share = entry.maybe_whole("places"), entry.maybe_number("share")
        if places is not None and share is not None:
            entry.wrong("share", f'"{key}" has both "places" and "share"', "one of the two, or neither where all places are open to it")
        if share is not None and share > 1:
            entry.wrong("share", f'"share" is {share:g}', "a part of the whole, from 0 to 1")
        if key in found:
            entry.wrong("key", f'the channel "{key}" stands twice', "each channel once")
        found[key] = Channel(key=key, places=places, share=share)
        entry.done()
    if found and len(found) < len(options):
        assert table is not None
        lacking = [option for option in options if option not in found]
        table.wrong("channels", f'"channels" leaves out {listing(lacking)}', 'every option of the question "channel"')
    return tuple(found.values())


def read_holders(table: Table | None, countries: Sequence[str]) -> Holders | None:
    """`holders` of `[limits]`: places that people of one country may hold at a time, for each country and for those named."""
    holders = table.maybe_table("holders") if table else None
    if holders is None:
        return None
    each, own = holders.maybe_whole("each", 1), holders.maybe_table("countries")
    named: dict[str, int] = {}
    for code in own.values if own else ():
        assert own is not None
        named[code] = own.whole(code)
        if code not in countries:
            own.wrong(code, f'"{code}" is no country of the plan', "an alpha-2 code of countries.toml", near(code, countries))
    holders.done()
    return Holders(each=each, countries=named)


def _options(pages: Sequence[Page], key: str, kind: str = "") -> list[str]:
    """The options of the question with that key; with `kind` only where it is of that kind."""
    asked = [question for page in pages for question in page.questions if question.key == key and kind in ("", question.kind)]
    return [option.key for question in asked for option in question.options]


def _option(entry: Table, question: str, options: Sequence[str]) -> str:
    if options:
        return entry.choice("key", options)
    entry.wrong("key", f'the form has no question "{question}" with options', f'a question with the key "{question}" and these options')
    return entry.text("key")
