"""Spaces at which a line must not break. Translators type plain ones, as their keyboards do; readers are given these."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

NO_BREAK: Final = "\u00a0"
UNBROKEN: Final[Mapping[str, re.Pattern[str]]] = {
    "fr": re.compile(r"(?<=\S) (?=[:;!?»%])|(?<=«) |(?<=\d) (?=\d{3}\b)"),
    "es": re.compile(r"(?<=\S) (?=%)"),
}
"""Language -> the spaces that belong to a mark or a figure: before `:`, `;`, `!`, `?` and `%`, inside guillemets, between thousands."""


@lru_cache(maxsize=4096)
def unbroken(text: str, language: str) -> str:
    """`text` with the spaces of its language at which a line must not break."""
    spaces = UNBROKEN.get(language)
    return spaces.sub(NO_BREAK, text) if spaces is not None else text
