"""What a document holds, before anybody draws it: the libraries that draw are asked for by whoever does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows: what was asked, and what was answered (lines may be separated by line breaks)."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document. `language` is a BCP 47 tag; `unknown` is said where something could not be printed; `footer` may hold `{page}`."""

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    language: str
    author: str
    made_at: datetime
    unknown: str
    footer: str = ""
    notes: Sequence[str] = field(default=())
