"""How a language is written where no library says it: the spaces at which a line must not break, and the first of a month."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

NO_BREAK: Final = "\u00a0"
UNBROKEN: Final[Mapping[str, re.Pattern[str]]] = {
    "fr": re.compile(r"(?<=\S) (?=[:;!?»%])|(?<=«) |(?<=\d) (?=\d{3}\b)"),
    "es": re.compile(r"(?<=\S) (?=%)"),
}
"""Language -> the spaces that belong to a mark or a figure: before `:`, `;`, `!`, `?` and `%`, inside guillemets, between thousands.

Translators type plain spaces, as their keyboards do; readers are given these.
"""
FIRST: Final[Mapping[str, str]] = {"fr": "1er", "pt": "1º"}
"""Language -> the number of a month's first day, where it is no plain 1."""
_ONE = re.compile(r"(?<![\d/.-])1(?= )")


@lru_cache(maxsize=4096)
def unbroken(text: str, language: str) -> str:
    """`text` with the spaces of its language at which a line must not break."""
    spaces = UNBROKEN.get(language)
    return spaces.sub(NO_BREAK, text) if spaces is not None else text


def dated(text: str, language: str) -> str:
    """A day as a library writes it, `1 juin 2016`, as the language does: `1er juin 2016`."""
    return _ONE.sub(FIRST[language], text, count=1) if language in FIRST else text
