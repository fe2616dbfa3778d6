"""What can be wrong with an answer, in words. Codes are stable."""

from typing import Final


def N_(msgid: str) -> str:
    """Mark a text for the catalogues; the page layer translates it, and fills in the question's label as `question`."""
    return msgid


FAULTS: Final = {
    "required": N_("Enter an answer to “{question}”"),
    "required_choice": N_("Choose an answer to “{question}”"),
    "required_several": N_("Choose at least one answer to “{question}”"),
    "required_date": N_("Enter the day, month and year of “{question}”"),
    "date_incomplete": N_("“{question}” must have a day, a month and a year"),
    "date_year": N_("The year of “{question}” must have four digits"),
    "date_unreal": N_("“{question}” must be a real date: check the day and the month"),
    "date_not_past": N_("“{question}” must be in the past"),
    "email": N_("“{question}” must be an email address, such as name@example.org"),
    "phone": N_("“{question}” must be a telephone number, such as +51 1 234 5678"),
    "number": N_("“{question}” must be a whole number, such as 3"),
    "number_low": N_("“{question}” must be {minimum} or more"),
    "number_high": N_("“{question}” must be {maximum} or less"),
    "too_long": N_("“{question}” must have {maximum} characters or fewer; it has {length}"),
    "too_few_words": N_("“{question}” must have at least {minimum} words; it has {words}"),
    "too_many_words": N_("“{question}” must have {maximum} words or fewer; it has {words}"),
    "not_an_option": N_("Choose one of the answers shown for “{question}”"),
    "too_few_chosen": N_("Choose at least {minimum} answers to “{question}”"),
    "too_many_chosen": N_("Choose at most {maximum} answers to “{question}”"),
    "ranked_twice": N_("“{question}” must name each choice once; the same one stands twice"),
    "rank_left_out": N_("“{question}” must be filled from the first choice on; one in between is empty"),
    "too_few_ranked": N_("“{question}” must have at least {minimum} choices"),
    "amount": N_("“{question}” must be an amount, such as 1500 or 1500.50"),
    "money_incomplete": N_("“{question}” must have an amount and a currency"),
    "level_incomplete": N_("“{question}” must have a language and a level"),
    "too_few_entries": N_("Add at least {minimum} to “{question}”; there are {entries}"),
    "too_many_entries": N_("“{question}” can have {maximum} at most; there are {entries}"),
}
"""Fault code to the English text with its parameters."""
