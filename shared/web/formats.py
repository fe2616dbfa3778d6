"""Dates, times and numbers as the reader's language writes them."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal, get_decimal_symbol
from babel.numbers import format_percent as babel_percent
from markupsafe import Markup

from shared.kernel.cities import city_of
from shared.kernel.writing import NO_BREAK, dated
from shared.web.i18n import LOCALES, N_, current_language, fill, ngettext, translate

BEIJING: Final = "Asia/Shanghai"
_CLOSED: Final = re.compile(r"[.:;!?…。：；！？”»](?:[)）’\"”»…\s]|</\w+>)*$")
_JOINT: Final = re.compile(r"(?=[@.])")
DateForm = Literal["short", "medium", "long", "full"]


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name; `ZoneInfoNotFoundError` where there is none."""
    return ZoneInfo(name)


def format_datetime(value: datetime, timezone: str = "UTC", form: DateForm = "medium") -> str:
    """`value` (aware) as date and time in `timezone`, with the zone named: `3 mar 2016, 17:00 (Lima)`.

    The time and where its zone's name begins stay on one line: a name of three words would be broken inside a word in a narrow column.
    """
    local, place = value.astimezone(zone(timezone)), zone_name(timezone)
    day = format_date(local.date(), form)
    if current_language() == "zh":
        return f"{day} {local:%H:%M}（{place}）"
    return f"{day}, {local:%H:%M}\u00a0({place})"


def zone_name(timezone: str) -> str:
    """The city that people call a zone by, in their language: `Lima`, `Pékin`; `UTC` as it is."""
    if timezone == BEIJING:
        return translate(N_("Beijing"))
    if timezone in ("UTC", "Etc/UTC"):
        return "UTC"
    return city_of(timezone, LOCALES[current_language()])


def language_name(code: str) -> str:
    """What a language is called in the reader's: `español`, `Spaans`; its code where that is not known."""
    return str(Locale.parse(LOCALES[current_language()]).languages.get(code, code))


def format_date(value: date | datetime, form: DateForm = "long") -> str:
    """A day: `3 de marzo de 2016`. A moment is taken in its own zone."""
    day = value.date() if isinstance(value, datetime) else value
    return dated(str(babel_date(day, form, locale=LOCALES[current_language()])), current_language())


def format_day_in(value: date | datetime, timezone: str) -> str:
    """The day that `value` falls on in `timezone`, whose it is: `3 de marzo de 2016 (hora de Pekín)`. Elsewhere it may be another.

    A day that is one already is that zone's own.
    """
    day = value.astimezone(zone(timezone)) if isinstance(value, datetime) else value
    return translate(N_("{day} ({place} time)"), day=format_date(day), place=zone_name(timezone))


def format_day(value: date) -> str:
    """A day without its year, as short as can be read: `3 mar`."""
    return dated(str(format_skeleton("MMMd", value, locale=LOCALES[current_language()])), current_language())


def format_number(value: float) -> str:
    """`6000` as `6.000` or `6,000`."""
    return str(format_decimal(value, locale=LOCALES[current_language()]))


def format_money(hundredths: int, currency: str) -> str:
    """An amount in a currency by its code, which no two share: `BRL 1.234,50`."""
    amount = Decimal(hundredths) / 100
    return str(format_currency(amount, currency, format="¤¤\u00a0#,##0.00", locale=LOCALES[current_language()], currency_digits=False))


def in_boxes(amount: str) -> str:
    """Digits with a decimal point, as people write them into a box: `1234,50`."""
    return amount.replace(".", str(get_decimal_symbol(LOCALES[current_language()])))


def format_percent(value: float) -> str:
    """`0.5` as `50 %`, without decimals, but where what is something would read as nothing, or what is less than all as all."""
    whole = round(value * 100)
    digits = "#,##0.##" if (whole == 0 and value > 0) or (whole == 100 and value < 1) else "#,##0"
    sign = " %" if current_language() in ("es", "fr") else "%"
    return str(babel_percent(value, format=digits + sign, locale=LOCALES[current_language()]))


def listed(words: Iterable[str], *, apart: bool = False) -> str:
    """Words in a row, as the language separates them; `apart` where the words hold commas themselves."""
    return (semicolon() if apart else comma()).join(words)


def semicolon() -> str:
    """What stands between two groups of words, or phrases, in a row."""
    return {"zh": "；", "fr": f"{NO_BREAK}; "}.get(current_language(), "; ")


def comma() -> str:
    """What stands between two words in a row, for those that are links and cannot be given to `listed`."""
    return "、" if current_language() == "zh" else ", "


def sentences(*said: str) -> str:
    """Sentences one after the other, those that there are: with a space between them, in Chinese without. Markup stays markup.

    What is no sentence, and so has no mark at its end, is parted from the next by a semicolon.
    """
    whole = Markup if any(hasattr(one, "__html__") for one in said) else str
    row = [one for one in said if one]
    ends = [gap() if _CLOSED.search(one) else semicolon() for one in row[:-1]] + [""] * (len(row) > 0)
    return whole("").join(part for pair in zip(row, ends, strict=True) for part in pair)


def gap() -> str:
    """What stands between a sentence and the next, or a link after it."""
    return "" if current_language() == "zh" else " "


def labelled(label: str, text: object) -> str:
    """What something is called with what it is, a colon between them as the language writes it."""
    return translate(N_("{label}: {text}"), label=label, text=text)


def bracketed(text: str, inside: str, language: str = "") -> str:
    """A text with what is said of it in brackets, as wide as the reader's language writes them, or another one that is named."""
    brackets = "{text}（{inside}）" if (language or current_language()) == "zh" else "{text} ({inside})"
    return fill(brackets, {"text": text, "inside": inside})


def with_joints(address: str) -> Markup:
    """A mail address that goes on in the next line, where a line is too short for it, before its @ or one of its dots."""
    return Markup("<wbr>").join(_JOINT.split(address))


def sort_key(name: str) -> str:
    """Names in the order in which the language's readers look for them: without minding accents and capitals, in Chinese by sound.

    The common Chinese characters stand in GB 18030 in the order of their pinyin.
    """
    if current_language() == "zh":
        return name.encode("gb18030").hex()
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))


def time_left(until: datetime, now: datetime) -> str:
    """How long is left, in days, or in hours on the last day; empty once it has passed."""
    left = until - now
    if left <= timedelta():
        return ""
    if left >= timedelta(days=1):
        return ngettext("{n} day left", "{n} days left", left.days)
    hours = max(1, int(left.total_seconds() // 3600))
    return ngettext("{n} hour left", "{n} hours left", hours)


def countdown(until: datetime, now: datetime) -> str:
    """How long is left, to the two units that matter: `3 days and 4 hours`, `4 hours and 10 minutes`; empty once it has passed.

    Rounded down, so that nobody is promised more than there is; the deadline itself is inside.
    """
    seconds = int((until - now).total_seconds())
    if until < now:
        return ""
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    in_days = ngettext("{n} day", "{n} days", days) if days else ""
    in_hours = ngettext("{n} hour", "{n} hours", hours) if hours else ""
    in_minutes = ngettext("{n} minute", "{n} minutes", minutes) if minutes else ""
    said = [one.replace(" ", "\u00a0") for one in ((in_days, in_hours) if days else (in_hours, in_minutes)) if one]
    if not said:
        return translate(N_("less than a minute"))
    return said[0] if len(said) == 1 else translate(N_("{days} and {hours}"), days=said[0], hours=said[1])
