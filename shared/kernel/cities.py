"""What cities are called in each language, by their time zones, as CLDR has it. Apart from `writing`, as rules need that and no Babel."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import get_timezone_location

RENAMED: Final[Mapping[str, str]] = {
    "America/Atikokan": "America/Coral_Harbour",
    "America/Nuuk": "America/Godthab",
    "Europe/Kyiv": "Europe/Kiev",
}
"""Zone -> the name under which CLDR keeps its city, where that is an earlier one."""


@lru_cache(maxsize=4096)
def city_of(zone: str, locale: str) -> str:
    """The city that people call a zone by, in the language of `locale`; as the zone is spelt where CLDR has no other name.

    babel looks for `America/Argentina/Buenos_Aires`, and CLDR has the city of `America/Buenos_Aires`.
    """
    names = Locale.parse(locale).time_zones
    city = zone.rpartition("/")[2]
    for name in (zone, RENAMED.get(zone, f"{zone.partition('/')[0]}/{city}")):
        if "city" in names.get(name, ()):
            return str(names[name]["city"])
    # Where CLDR tells zones of one name apart it has `Argentina/Buenos Aires`.
    return str(get_timezone_location(zone, locale=locale, return_city=True)).rpartition("/")[2]
