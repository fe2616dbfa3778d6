"""A refused proposal says its figures as the reader's language counts: one place, two places."""

from pathlib import Path

import pytest

from services.quotas.problems import WORDS, problem_of
from services.quotas.proposals import ProposalRefused
from shared.web.i18n import LANGUAGES, Texts, speaking

LOCALE = Path(__file__).parents[3] / "services/quotas/locale"
COUNTED = [reason for reason, words in WORDS.items() if not isinstance(words.detail, str)]
FIGURES: dict[str, int | str] = {"has": 0, "planned": 5, "target": 3, "first": "Peru"}


def said(language: str, reason: str, number: int) -> str:
    with speaking(Texts.load(LOCALE), language):
        problem = problem_of(ProposalRefused(reason, {**FIGURES, WORDS[reason].by: number}))
    assert problem.code == reason and not problem.params, "it is in words already"
    return problem.text


def test_the_pool_that_is_short_of_one_place() -> None:
    assert said("en", "pool_short", 1) == "1 place would be needed and the pool has 0. Lower another cell first."
    assert said("en", "pool_short", 2).startswith("2 places would be needed and the pool has 0.")
    assert said("es", "pool_short", 1).startswith("Haría falta 1 plaza ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", COUNTED)
def test_each_language_has_its_own_forms(language: str, reason: str) -> None:
    one, two = said(language, reason, 1), said(language, reason, 2)
    assert not set(one + two) & {"{", "}"}
    assert (one.replace("1", "2") == two) is (language == "zh"), "Chinese has one form for every number"
