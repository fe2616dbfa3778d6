"""What a form asks: questions and pages as values, and the conditions under which they are asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from shared.kernel.writing import unbroken

KINDS: Final = (
    *("text", "long_text", "date", "email", "phone", "select", "radio", "yes_no", "country", "number"),
    *("several", "ranking", "money", "language", "group"),
)
CHOICES: Final = ("select", "radio")
ROUND: Final = ("radio", "yes_no")
"""Kinds whose answer, once chosen, a browser cannot take back by itself."""
OFFERING: Final = (*CHOICES, "several", "ranking", "language")
"""Kinds whose question names the options to choose from."""
DECIDING: Final = (*CHOICES, "several", "yes_no")
"""Kinds that a condition may look at."""
PREFERENCE: Final = "ranking"
"""An order of preference: several options, the one that is wanted most first."""
GIVES: Final = {"course": (*CHOICES, PREFERENCE), "level": CHOICES, "channel": CHOICES}
"""Questions with options by whose answer places are given, by key: the kinds that they may be of."""
YES_NO: Final = ("yes", "no")
RANKS_MAX: Final = 6
ENTRIES_MAX: Final = 20
FIRST_YEAR: Final = 1900
"""A number that may not be less than this is a year, and is written without a sign between its digits."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in the six languages; `texts["fr"]` is the French one, and the English one stands in for any other language."""

    en: str
    es: str
    pt: str
    fr: str
    zh: str
    nl: str

    def __getitem__(self, language: str) -> str:
        return unbroken(str(getattr(self, language)), language) if language in LANGUAGES else self.en


LANGUAGES: Final = tuple(field.name for field in fields(Texts))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in hundredths of a currency's unit; `currency` is an ISO 4217 code."""

    hundredths: int
    currency: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """How well somebody has a language: the keys of the language and of the level."""

    language: str
    level: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Keys of options: all that were ticked, in the form's order, or the choices in their order of preference."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """What a repeated group holds: for each entry the answers to the group's questions, by key."""

    each: "tuple[Mapping[str, Answer], ...]"


Answer = str | int | bool | date | Money | Spoken | Chosen | Entries
Stored = str | int | bool | list[Any] | dict[str, Any]
"""An answer as JSON keeps it: a date is its ISO text, money its amount as text and its currency, a group a list of objects."""


def keys_of(answer: Answer | None) -> frozenset[str]:
    """The options that an answer chooses; `yes` or `no` for one of yes and no; none for any other answer."""
    if isinstance(answer, bool):
        return frozenset({YES_NO[0] if answer else YES_NO[1]})
    if isinstance(answer, str):
        return frozenset({answer})
    return frozenset(answer.keys) if isinstance(answer, Chosen) else frozenset()


@dataclass(frozen=True, slots=True)
class When:
    """Something holds only for those who chose one of `options` in `question`."""

    question: str
    options: tuple[str, ...]

    def holds(self, answers: Mapping[str, Answer]) -> bool:
        return not keys_of(answers.get(self.question)).isdisjoint(self.options)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen."""

    key: str
    label: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `kind` is one of `KINDS`.

    Word bounds are for long texts, `past` for dates and for years, which may be this one. `not_before` names a year, asked
    earlier on the same page or in the same entry, that this one, a year as well, may not come before.
    `earliest` and `latest` bound a date: whole years from the applicant's day on, both days inside.
    `minimum` and `maximum` bound a number, an amount in whole units, how many
    options are ticked, how many choices are ranked (and offered), and how many entries a group has. `levels` go with a
    language, `currencies` with money, `questions` and the name of one `entry` with a group. `when` makes it a question for some only.
    An `optional` radio or yes_no has one more choice, so that an answer can be taken back: `none` is its name, where the plan names it.
    """

    key: str
    kind: str
    label: Texts
    hint: Texts | None = None
    help: Texts | None = None
    optional: bool = False
    none: Texts | None = None
    when: When | None = None
    options: tuple[Option, ...] = ()
    levels: tuple[Option, ...] = ()
    currencies: tuple[str, ...] = ()
    questions: "tuple[Question, ...]" = ()
    entry: Texts | None = None
    min_words: int | None = None
    max_words: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    past: bool = False
    earliest: int | None = None
    latest: int | None = None
    not_before: str | None = None
    autocomplete: str | None = None
    inputmode: str | None = None

    def option(self, key: str) -> Option | None:
        """The option with that key, or none."""
        return next((option for option in self.options if option.key == key), None)

    def level(self, key: str) -> Option | None:
        """The level with that key, or none."""
        return next((level for level in self.levels if level.key == key), None)

    @property
    def naming(self) -> bool:
        """Whether it asks what the person is called, as the plan marks it for browsers too."""
        return self.autocomplete == "name"

    @property
    def year(self) -> bool:
        """Whether the number that is asked for is a year."""
        return self.kind == "number" and self.minimum is not None and self.minimum >= FIRST_YEAR

    @property
    def least(self) -> int:
        """How many entries, ticks or ranks there must be at least, once the question is answered."""
        if self.minimum is not None:
            return self.minimum
        return 0 if self.optional else 1

    @property
    def most(self) -> int:
        """How many entries, ticks or ranks there may be."""
        if self.maximum is not None:
            return self.maximum
        return ENTRIES_MAX if self.kind == "group" else len(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Questions that are asked and saved together; `when` makes it a page for some only."""

    key: str
    title: Texts
    intro: Texts | None = None
    when: When | None = None
    questions: tuple[Question, ...]

    @property
    def group(self) -> Question | None:
        """The repeated group that the page is for; such a page asks nothing else."""
        return next((question for question in self.questions if question.kind == "group"), None)
