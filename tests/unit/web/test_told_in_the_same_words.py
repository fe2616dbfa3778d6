"""What more than one service tells is told in the same words: how places are given, and in which order."""

from typing import Final

import pytest
from babel.messages.pofile import read_po

from services.applications.pages import giving as applications
from services.quotas.pages import giving as quotas
from services.run.home import ROOT
from shared.web.i18n import LANGUAGES

SENTENCES: Final = (applications.ROLLING, applications.AHEAD, applications.PAST, applications.CLOSED)
ORDER: Final = (
    "Whoever has the better score is ahead; with the same score, whoever sent the application earlier. "
    "Only two officers together can change the order, and they must write down why."
)
"""On the page of who waits, and on the page about the list."""
TOLD: Final = (*SENTENCES, "Places are given", "Places are given on", "as approvals come in", ORDER)


def told(service: str, language: str) -> dict[str, object]:
    """The service's translations of what both tell."""
    with (ROOT / "services" / service / "locale" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file)
    return {text: message.string for text in TOLD if (message := catalogue.get(text)) is not None}


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_how_places_are_given_and_in_which_order_is_told_in_the_same_words_by_both_services(language: str) -> None:
    assert (quotas.ROLLING, quotas.AHEAD, quotas.PAST, quotas.CLOSED) == SENTENCES
    ours = told("applications", language)
    assert set(ours) == set(TOLD) and ours == told("quotas", language)
