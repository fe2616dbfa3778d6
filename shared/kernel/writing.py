"""How a language is written where no library says it: the spaces at which a line must not break, and the first of a month.

And what no text of a person's needs: signs that turn the order of what is written beside them.
"""

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
STEERING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates: unseen signs that make `exe.fdp` of `pdf.exe`, and reach beyond the text that they stand in.

They come with what is pasted from a telephone's contacts or a chat, and whoever pastes them sees none, so that they are taken out as
control characters are, and not refused. The marks U+200E, U+200F and U+061C stay: they turn nothing but the points beside them, and
belong to Hebrew and Arabic; so do joiners, which belong to Persian, to Indian scripts and to emoji.
"""
_ONE = re.compile(r"(?<![\d/.-])1(?= )")


@lru_cache(maxsize=4096)
def unbroken(text: str, language: str) -> str:
    """`text` with the spaces of its language at which a line must not break."""
    spaces = UNBROKEN.get(language)
    return spaces.sub(NO_BREAK, text) if spaces is not None else text


def unsteered(text: str) -> str:
    """`text` without the unseen signs that turn the order of letters."""
    return STEERING.sub("", text)


def unsteered_value(value: object) -> object:
    """The same for a value that may be none of text, which is somebody else's to refuse."""
    return unsteered(value) if isinstance(value, str) else value


def dated(text: str, language: str) -> str:
    """A day as a library writes it, `1 juin 2016`, as the language does: `1er juin 2016`."""
    return _ONE.sub(FIRST[language], text, count=1) if language in FIRST else text
