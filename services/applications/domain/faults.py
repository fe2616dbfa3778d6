"""What can be wrong with an answer, in words. Codes are stable."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final


def N_(msgid: str) -> str:
    """Mark a text for the catalogues; the page layer translates it, and fills in the question's label as `question`."""
    return msgid


FAULTS: Final = {
    "required": N_("Enter an answer to “{question}”"),
    "required_choice": N_("Choose an answer to “{question}”"),
    "required_several": N_("Choose at least one answer to “{question}”"),
    "required_date": N_("Enter the day, month and year of “{question}”"),
    "date_without_day": N_("“{question}” must have a day"),
    "date_without_month": N_("“{question}” must have a month"),
    "date_without_year": N_("“{question}” must have a year"),
    "date_without_day_month": N_("“{question}” must have a day and a month"),
    "date_without_day_year": N_("“{question}” must have a day and a year"),
    "date_without_month_year": N_("“{question}” must have a month and a year"),
    "date_year": N_("The year of “{question}” must have four digits"),
    "date_unreal": N_("“{question}” must be a real date: check the year"),
    "date_day_unread": N_("The day of “{question}” must be a number, such as 31"),
    "date_month_unread": N_("The month of “{question}” must be a number from 1 to 12, or the name of a month"),
    "date_no_such_day": N_("“{question}” must be a real date: that month has {days} days"),
    "date_not_past": N_("“{question}” must be in the past"),
    "date_outside_first_last": N_("“{question}” must be from {first} to {last}"),
    "date_outside_first": N_("“{question}” must be {first} or later"),
    "date_outside_last": N_("“{question}” must be {last} or earlier"),
    "date_long_past": N_("The year of “{question}” must be {first} or later"),
    "no_letter": N_("“{question}” cannot be only digits or signs: write the name in letters, in any script"),
    "email": N_("“{question}” must be an email address, such as name@example.org"),
    "phone": N_("“{question}” must be a telephone number, such as +51 1 234 5678"),
    "number": N_("“{question}” must be a whole number, such as 3"),
    "number_minimum": N_("“{question}” must be a whole number in digits, {minimum} or more"),
    "number_maximum": N_("“{question}” must be a whole number in digits, {maximum} or less"),
    "number_minimum_maximum": N_("“{question}” must be a whole number in digits, from {minimum} to {maximum}"),
    "year_unread": N_("“{question}” must be a year from {minimum} to {maximum}, in four digits without any sign"),
    "number_low": N_("“{question}” must be {minimum} or more"),
    "number_between": N_("“{question}” must be from {minimum} to {maximum}"),
    "year_to_come": N_("“{question}” must be from {minimum} to {maximum}: a later year has not come yet"),
    "before_beginning": N_("“{question}” must not be before the beginning, which is {begin}"),
    "between_beginning": N_("“{question}” must be from {begin}, the year of the beginning, to {maximum}"),
    "number_high": N_("“{question}” must be {maximum} or less"),
    "too_long": N_("“{question}” must have {maximum} characters or fewer; it has {length}"),
    "words_between": N_("“{question}” must have from {minimum} to {maximum} words; it has {words}"),
    "too_few_words": N_("“{question}” must have at least {minimum} words; it has {words}"),
    "too_many_words": N_("“{question}” must have {maximum} words or fewer; it has {words}"),
    "not_an_option": N_("Choose one of the answers shown for “{question}”"),
    "too_few_chosen": N_("Choose at least {minimum} answers to “{question}”"),
    "too_many_chosen": N_("Choose at most {maximum} answers to “{question}”"),
    "ranked_twice": N_("“{question}” must name each choice once; one of them is there twice"),
    "rank_left_out": N_("“{question}” must be filled in from the first choice on; one in between is empty"),
    "too_few_ranked": N_("“{question}” must have at least {minimum} choices"),
    "amount": N_("“{question}” must be an amount, such as 1500 or 1500.50"),
    "amount_minimum": N_("“{question}” must be an amount in digits, {minimum} or more"),
    "amount_maximum": N_("“{question}” must be an amount in digits, {maximum} or less"),
    "amount_minimum_maximum": N_("“{question}” must be an amount in digits, from {minimum} to {maximum}"),
    "amount_two_ways": N_("“{question}” can be read in two ways: type it without a mark for thousands, such as 12345 or 12345.50"),
    "money_incomplete": N_("“{question}” must have an amount and a currency"),
    "level_incomplete": N_("“{question}” must have a language and a level"),
    "no_entry": N_("Add at least one entry to “{question}”"),
    "too_few_entries": N_("Add at least {minimum} entries to “{question}”"),
    "too_many_entries": N_("“{question}” can have {maximum} entries at most; there are {entries}"),
}
"""Fault code, or what is `said` for it, to the English text with its parameters."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one answer. `boxes` names the parts at fault of a question with several (day, month, year; amount; 2).

    `said` tells which text says it, where one code has several.
    """

    code: str
    parameters: dict[str, int | date] = field(default_factory=dict)
    boxes: tuple[str, ...] = ()
    said: str = ""

    @property
    def msgid(self) -> str:
        """The English text, to be translated and filled with `parameters` and `question` (the label)."""
        return FAULTS[self.said or self.code]


def outside(code: str, both: str, least: int | None, most: int | None, *boxes: str, **more: int) -> Fault:
    """What is wrong with a number out of its bounds. Where there are two, it is said with both: one that is told alone is met with the
    other at the next try.
    """
    bounds = _bounds(least, most)
    return Fault(code, {**bounds, **more}, boxes, said=both if len(bounds) == 2 else "")


def unread(code: str, least: int | None, most: int | None, *boxes: str, year: bool = False) -> Fault:
    """What is wrong with what is no number: told with the bounds that there are, which are met at the next try otherwise."""
    bounds = _bounds(least, most)
    return Fault(code, bounds, boxes, said="year_unread" if year and len(bounds) == 2 else "_".join((code, *bounds)) if bounds else "")


def _bounds(least: int | None, most: int | None) -> dict[str, int | date]:
    return {name: bound for name, bound in (("minimum", least), ("maximum", most)) if bound is not None}
