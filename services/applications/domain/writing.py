"""What people write, made even: white space, words in any script, amounts of any country. Pure."""

import re
import unicodedata
from typing import Final

from services.applications.domain.questions import Money
from shared.kernel.writing import unsteered

DIGITS_MAX: Final = 12
NUMBER_MAX: Final = 10**DIGITS_MAX - 1
"""The largest number, or amount in whole units, that is taken where nothing else bounds it."""

_AMOUNT: Final = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+|\d+)(?:([.,])(\d{1,2}))?")
_ONE_SIGN: Final = re.compile(r"\d{1,3}([.,])\d{3}")
THOUSANDS: Final = {"es": ",", "en": ",", "zh": ",", "pt": ".", "nl": ".", "fr": ""}
"""The sign between thousands, of the two that other languages have before decimals, as pages write numbers (`shared.web.formats`)."""
_APART: Final = re.compile(r"[\s'\u2019]+")
_EACH_COUNTS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SOME: Final = rf"[^\W{_EACH_COUNTS}]+"
_WORD: Final = re.compile(rf"[{_EACH_COUNTS}]|{_SOME}(?:['\u2019\-]{_SOME})*")


def tidy(raw: str, *, lines: bool = False) -> str:
    """Unicode NFC without control characters, signs that turn the order of letters, or needless white space; line breaks stay where
    `lines` is set.
    """
    text = unicodedata.normalize("NFC", unsteered(raw).replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(c for c in text if c == "\n" or c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    if not lines:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def lettered(text: str) -> bool:
    """Whether there is a letter in it, of any script. Names need no more: they are kept as a passport shows them, marks and all."""
    return any(sign.isalpha() for sign in text)


def count_words(text: str) -> int:
    """Words in the text. Each Chinese or Japanese character counts as one word, as word processors count them."""
    return len(_WORD.findall(unicodedata.normalize("NFC", text)))


def read_amount(text: str) -> int | None:
    """Hundredths of what was typed as people of any country do: `1234,5`, `1.234,50`, `1,234.50`, `1 234.50`; none where it is no amount.

    A last sign with one or two digits after it is the decimal one; signs with three digits after them part the thousands. What is more
    than `NUMBER_MAX` comes out as the next one above it.
    """
    found = _AMOUNT.fullmatch(_APART.sub("", text))
    if found is None or (found[2] and found[2] in found[1]):
        return None
    whole = found[1].replace(".", "").replace(",", "")
    return int(whole) * 100 + int((found[3] or "0").ljust(2, "0")) if len(whole) <= DIGITS_MAX else (NUMBER_MAX + 1) * 100


def two_ways(text: str, language: str) -> bool:
    """Whether an amount has one sign with three digits after it, which is not the language's own for thousands: `12.345` in English.

    Nothing can be read in two ways where no language is known.
    """
    found = _ONE_SIGN.fullmatch(_APART.sub("", text))
    return found is not None and language in THOUSANDS and found[1] != THOUSANDS[language]


def amount_text(money: Money) -> str:
    """The amount in digits with two decimals and a point: `1234.50`."""
    return f"{money.hundredths // 100}.{money.hundredths % 100:02}"
