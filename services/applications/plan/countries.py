"""`countries.toml` and `participation.toml`: who the plan is for, and who takes part in what."""

import re
from collections.abc import Collection
from datetime import date
from typing import Final

from services.applications.plan.model import GROUPS, Authority, Country, GroupFlag, Participation
from services.applications.plan.tables import ALL, NO_DAY, Table, near

ALPHA2: Final = re.compile("[A-Z]{2}")
ALPHA3: Final = re.compile("[A-Z]{3}")
LANGUAGE: Final = re.compile("[a-z]{2,3}")
ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

PHONE: Final = re.compile(r"\+[0-9]{1,3}( [0-9]+)+")


def read_countries(table: Table, sides: Collection[str]) -> tuple[Country, ...]:
    """Every country of the file; codes and tiles stand once each."""
    countries: list[Country] = []
    for entry in table.tables("countries", least=1):
        country = _country(entry, sides)
        for before in countries:
            if before.code == country.code:
                entry.wrong("code", f'the country "{country.code}" stands twice', "each country once")
            if before.tile == country.tile:
                entry.wrong("tile", f"the tile {list(country.tile)} is taken by {before.code}", "a column and row of its own")
        countries.append(country)
    table.done()
    return tuple(countries)


def _country(entry: Table, sides: Collection[str]) -> Country:
    country = Country(
        code=entry.text("code", ALPHA2, "an ISO 3166 alpha-2 code such as PE"),
        alpha3=entry.text("alpha3", ALPHA3, "an ISO 3166 alpha-3 code such as PER"),
        names=entry.in_languages("names"),
        languages=_languages(entry),
        side=entry.choice("side", sides),
        groups=tuple(_group(flag) for flag in entry.tables("groups")),
        tile=_tile(entry),
        authorities=tuple(_authority(body) for body in entry.tables("authorities")),
        focal_point=entry.text("focal_point", ADDRESS, "an email address such as focal-point@example.org"),
        focal_phone=_phone(entry),
    )
    entry.done()
    return country


def _phone(entry: Table) -> str:
    if not entry.has("focal_phone"):
        return ""
    return entry.text("focal_phone", PHONE, "a telephone number with its country's code, such as +51 1 555 0100")


def _languages(entry: Table) -> tuple[str, ...]:
    found = entry.texts("languages")
    for index, language in enumerate(found):
        if not LANGUAGE.fullmatch(language):
            entry.wrong("languages", f'"languages" holds "{language}"', "ISO 639 codes such as es", index=index)
    return found


def _tile(entry: Table) -> tuple[int, int]:
    expected = "a column and a row of 0 or more, such as [3, 6]"
    value = entry.values.get("tile")
    if not entry.has("tile"):
        entry.wrong(None, '"tile" is missing', expected)
    elif not (isinstance(value, list) and len(value) == 2 and all(type(v) is int and v >= 0 for v in value)):
        entry.wrong("tile", f'"tile" is {value}', expected)
    else:
        return value[0], value[1]
    return -1, -entry.line()


def _group(flag: Table) -> GroupFlag:
    start, end = read_period(flag)
    found = GroupFlag(group=flag.choice("group", GROUPS), start=start, end=end)
    flag.done()
    return found


def _authority(body: Table) -> Authority:
    start, end = read_period(body)
    found = Authority(name=body.text("name"), start=start, end=end)
    body.done()
    return found


def read_period(table: Table) -> tuple[date, date | None]:
    """`from` and the optional `to` (last day inside), in order."""
    start, end = table.day("from"), table.maybe_day("to")
    if end is not None and start != NO_DAY and end < start:
        table.wrong("to", f'"to" is {end}, before "from", {start}', "a day on or after it")
    return start, end


def read_participation(table: Table, countries: Collection[Country], sides_of: dict[str, tuple[str, ...]]) -> tuple[Participation, ...]:
    """Each country's periods in each programme. `sides_of` maps programme codes to their sides."""
    codes = [country.code for country in countries]
    found: list[Participation] = []
    for entry in table.tables("participation", least=1):
        named = _some(entry, "countries", codes)
        left_out = entry.maybe_texts("except", codes)
        programmes = _some(entry, "programmes", list(sides_of))
        parts = entry.maybe_texts("parts")
        start, end = read_period(entry)
        entry.done()
        for country in countries:
            if country.code not in named or country.code in left_out:
                continue
            for code in programmes:
                if country.side not in sides_of.get(code, ()):
                    if entry.values.get("countries") != ALL and entry.values.get("programmes") != ALL:
                        expected = f"a country of one of {', '.join(sides_of.get(code, ()))}"
                        entry.wrong("countries", f'{country.code} is on a side that "{code}" is not for', expected)
                    continue
                period = Participation(country=country.code, programme=code, start=start, end=end, parts=parts)
                _refuse_overlap(entry, period, found)
                found.append(period)
    table.done()
    return tuple(found)


def _some(entry: Table, key: str, options: list[str]) -> tuple[str, ...]:
    """The named ones, or every one where the file says `all`."""
    value = entry.values.get(key)
    if isinstance(value, str) and entry.has(key):
        if value != ALL:
            entry.wrong(key, f'"{key}" is "{value}"', f'"{ALL}", or a list of codes', near(value, [ALL]))
        return tuple(options)
    return entry.texts(key, options)


def _refuse_overlap(entry: Table, period: Participation, found: list[Participation]) -> None:
    for other in found:
        same = other.country == period.country and other.programme == period.programme
        if same and (other.end is None or period.start <= other.end) and (period.end is None or other.start <= period.end):
            since = f"{period.country} takes part in {period.programme} since {other.start} already"
            entry.wrong("from", since, "periods of a country and programme that do not overlap")
