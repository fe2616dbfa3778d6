"""`programmes/<code>.toml`: one programme's figures, calls, route and form."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from services.applications.domain.answers import Texts
from services.applications.plan.common import Common
from services.applications.plan.forms import Forms
from services.applications.plan.limits import read_channels, read_courses, read_holders
from services.applications.plan.model import GROUPS, ROUTE, UNUSED, Call, Country, Criterion, Participation, Programme
from services.applications.plan.referees import read_referees
from services.applications.plan.tables import CODE, Table, listing, near
from shared.events.applications import AllotmentPolicy, ListRule
from shared.kernel.zones import zones

ROUNDINGS: Final = ("largest_remainder", "sainte_lague")
LAST_SECOND: Final = time(23, 59, 59)


def read_sides(table: Table, sides: Sequence[str]) -> tuple[str, ...]:
    """The sides whose countries nominate; known before the rest, because participation depends on them."""
    return table.texts("sides", sides)


def read_programme(
    table: Table, code: str, common: Common, sides: Sequence[str], countries: Sequence[Country], participation: Sequence[Participation]
) -> Programme:
    """The whole file; `code` is what its name says."""
    if table.text("code", CODE, f'"{code}", as the file is named') != code:
        table.wrong("code", f'"code" is "{table.values.get("code")}"', f'"{code}", as the file is named')
    shared = table.maybe_table("common")
    forms = Forms(common, [country.code for country in countries], shared)
    pages = forms.pages(table)
    own_sides = read_sides(table, sides)
    places_per_year, limits = _places_per_year(table), table.maybe_table("limits")
    programme = Programme(
        code=code,
        names=table.in_languages("names"),
        description=table.in_languages("description"),
        clause=table.text("clause"),
        sides=own_sides,
        side_places=_side_places(table, own_sides),
        places_total=table.whole("places_total", 1),
        places_per_year=places_per_year,
        policy=_policy(table),
        calls=_calls(table),
        route=_route(table),
        offer_days=table.whole("offer_days", 1, 90),
        waiting_list=_waiting_list(table),
        nomination_ratio=table.maybe_number("nomination_ratio"),
        holds_per_person=table.whole("holds_per_person", 1) if table.has("holds_per_person") else 1,
        appeal_days=table.whole("appeal_days", 1, 90) if table.has("appeal_days") else 14,
        unused=table.choice("unused", UNUSED),
        pages=pages,
        documents=forms.documents(table),
        rules=forms.rules(table),
        warnings=forms.warnings(table),
        criteria=_criteria(table),
        reasons=forms.reasons(table),
        courses=read_courses(table, pages, tuple(places_per_year)),
        channels=read_channels(limits, pages),
        holders=read_holders(limits, [country.code for country in countries]),
        gives=_gives(table),
        place=table.maybe_texts("place", [question.key for page in pages for question in page.questions]),
        referees=read_referees(table, forms),
    )
    if limits is not None:
        limits.done()
    if shared is not None:
        shared.done()
    _check_years(table, programme)
    _check_policy(table, programme, countries, participation)
    table.done()
    return programme


def _gives(table: Table) -> tuple[Texts, ...]:
    """What one gets, a line each."""
    found = []
    for entry in table.tables("gives"):
        found.append(entry.in_languages("what"))
        entry.done()
    return tuple(found)


def _side_places(table: Table, sides: tuple[str, ...]) -> dict[str, float]:
    if len(sides) == 1 and not table.has("side_places"):
        return {sides[0]: 1.0}
    shares = table.table("side_places", "each side's share of a year's places, such as { CELAC = 0.5, CN = 0.5 }")
    if shares is None:
        return {}
    found = {side: shares.number(side) for side in sides}
    shares.done()
    if abs(sum(found.values()) - 1) > 1e-9:
        table.wrong("side_places", f"the shares sum to {sum(found.values()):g}", "1")
    return found


def _places_per_year(table: Table) -> dict[int, int]:
    years = table.table("places_per_year", "a table of year = places")
    found: dict[int, int] = {}
    for key in years.values if years else ():
        assert years is not None
        if key.isdecimal() and len(key) == 4:
            found[int(key)] = years.whole(key)
        else:
            years.wrong(key, f'"{key}" is no year', "a year such as 2016")
    if years is not None and not found:
        table.wrong("places_per_year", '"places_per_year" names no year', "at least one year = places")
    return dict(sorted(found.items()))


def _policy(table: Table) -> AllotmentPolicy:
    policy = table.table("policy")
    if policy is None:
        return AllotmentPolicy(base=0, minimum=0)
    weights = policy.maybe_table("weights")
    found = AllotmentPolicy(
        base=policy.whole("base"),
        weights={group: weights.number(group) for group in GROUPS if weights.has(group)} if weights else {},
        minimum=policy.whole("minimum"),
        maximum=policy.maybe_whole("maximum"),
        rounding=policy.choice("rounding", ROUNDINGS),
        example=policy.flag("example"),
    )
    if found.maximum is not None and found.maximum < max(found.minimum, found.base):
        policy.wrong("maximum", f'"maximum" is {found.maximum}', f"{max(found.minimum, found.base)} or more, the base and the minimum")
    if weights:
        weights.done()
    policy.done()
    return found


def _calls(table: Table) -> tuple[Call, ...]:
    calls: list[Call] = []
    for entry in table.tables("calls", least=1):
        call = _call(entry)
        if any(before.year == call.year for before in calls):
            entry.wrong("year", f"the call of {call.year} stands twice", "one call a year")
        calls.append(call)
    return tuple(sorted(calls, key=lambda call: call.year))


def _call(entry: Table) -> Call:
    zone_name = entry.text("timezone")
    zone = ZoneInfo(zone_name) if zone_name in zones() else None
    if zone_name and zone is None:
        names = zones()
        last_part = {name.rsplit("/", 1)[-1]: name for name in sorted(names)}
        nearest = near(zone_name, names) or last_part.get(near(zone_name, last_part), "")
        entry.wrong("timezone", f'"timezone" is "{zone_name}"', "a name of the time zone database such as Asia/Shanghai", nearest)
    steps = ("opens", "closes", "grants_from", "answers_due", "list_closes")
    moments = {
        key: _moment(entry, key, zone or ZoneInfo("UTC"), last=key not in ("opens", "grants_from"))
        for key in steps
        if key != "grants_from" or entry.has(key)
    }
    returns_on = entry.day("returns_on")
    call = Call(
        year=entry.whole("year", 1900, 2999),
        opens=moments["opens"],
        closes=moments["closes"],
        grants_from=moments.get("grants_from"),
        answers_due=moments["answers_due"],
        list_closes=moments["list_closes"],
        returns_on=returns_on,
        timezone=zone_name,
    )
    days = {key: moment.astimezone(zone or UTC).date() for key, moment in moments.items()} | {"returns_on": returns_on}
    order = [*moments, "returns_on"]
    for before, after in pairwise(order):
        too_early = days[after] < days[before] if after == "returns_on" else moments[after] <= moments[before]
        if after == "list_closes":
            too_early = moments[after] < moments[before]
        if too_early and entry.has(before) and entry.has(after):
            entry.wrong(after, f'"{after}" is {days[after]}, not after "{before}", {days[before]}', f"the order {listing(order)}")
    entry.done()
    return call


def _moment(entry: Table, key: str, zone: ZoneInfo, *, last: bool) -> datetime:
    """A moment in UTC: a time as it stands in the call's zone; a bare day means its first second, or its last where `last` is set."""
    expected = "a day or a time such as 2016-02-28 or 2016-02-28T12:00:00, without an offset"
    value = entry._get(key, (date, datetime), expected)
    if value is None:
        return datetime(1, 1, 2, tzinfo=UTC)
    if not isinstance(value, datetime):
        value = datetime.combine(value, LAST_SECOND if last else time(0))
    elif value.tzinfo is not None:
        entry.wrong(key, f'"{key}" has an offset', expected)
        value = value.replace(tzinfo=None)
    return value.replace(tzinfo=zone).astimezone(UTC)


def _route(table: Table) -> tuple[str, ...]:
    found = table.texts("route", ROUTE)
    if found and not set(found) - set(ROUTE) and (found[-1] != "approval" or list(found) != [step for step in ROUTE if step in found]):
        table.wrong("route", f'"route" is {listing(found)}', f"some of {listing(ROUTE)}, in this order, with approval")
    return found


def _waiting_list(table: Table) -> ListRule:
    rule = table.table("waiting_list", "a table such as { ratio = 0.5, at_least = 3 }")
    if rule is None:
        return ListRule(ratio=0.0, at_least=0)
    found = ListRule(ratio=rule.number("ratio"), at_least=rule.whole("at_least"))
    rule.done()
    return found


def _criteria(table: Table) -> tuple[Criterion, ...]:
    found: list[Criterion] = []
    entries = table.tables("criteria", least=1)
    for entry in entries:
        criterion = Criterion(
            key=entry.text("key", CODE, "small letters, digits, - and _"),
            names=entry.in_languages("names"),
            weight=entry.whole("weight", 1, 100),
            maximum=entry.whole("maximum", 1, 100),
        )
        if any(before.key == criterion.key for before in found):
            entry.wrong("key", f'"{criterion.key}" stands twice in "criteria"', "each one once")
        found.append(criterion)
        entry.done()
    total = sum(criterion.weight for criterion in found)
    if found and total != 100:
        table.wrong("criteria", f"the weights of the criteria sum to {total}", "100")
    return tuple(found)


def _check_years(table: Table, programme: Programme) -> None:
    total = sum(programme.places_per_year.values())
    if programme.places_per_year and total != programme.places_total:
        table.wrong("places_per_year", f"the places per year sum to {total}", f'{programme.places_total}, which "places_total" says')
    called = {call.year for call in programme.calls}
    for year in programme.places_per_year:
        if year not in called:
            table.wrong("calls", f"{year} has places but no call", "a call for each year that has places")
    for year in called - set(programme.places_per_year):
        table.wrong("places_per_year", f"{year} has a call but no places", "places for each year that has a call")


def _check_policy(table: Table, programme: Programme, countries: Sequence[Country], participation: Sequence[Participation]) -> None:
    """Each year's places of a side must reach for everybody's base and minimum."""
    side_of = {country.code: country.side for country in countries}
    least = max(programme.policy.base, programme.policy.minimum)
    for year, places in programme.places_per_year.items():
        for side, share in programme.side_places.items():
            taking_part = {
                p.country
                for p in participation
                if p.programme == programme.code
                and side_of[p.country] == side
                and p.start.year <= year
                and (p.end is None or p.end.year >= year)
            }
            if len(taking_part) * least > _share(places, share):
                problem = f"{len(taking_part)} countries of {side} with {least} places each need {len(taking_part) * least} in {year}"
                table.wrong("policy", problem, f"{_share(places, share)} at most, that year's places")


def _share(places: int, share: float) -> int:
    """Whole places in a share; a hair above, so that 0.7 of 80 is 56."""
    return int(places * share + 1e-9)
