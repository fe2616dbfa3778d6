"""Answers as people read them."""

from dataclasses import replace

from services.applications.domain.answers import Question, When
from services.applications.domain.answers import Texts as PlanTexts
from services.applications.pages.fields import entry_rows, entry_words, field
from shared.web.i18n import SHARED_LOCALE, Texts, speaking
from tests.conftest import ROOT
from tests.integration.applications.people import the_plan

TEXTS = Texts.load(ROOT / "services" / "applications" / "locale", SHARED_LOCALE)
NAME = Question(key="name", kind="text", label=PlanTexts("Name", "Nombre", "Nome", "Nom", "姓名", "Naam"))
OVER = Question(key="over", kind="yes_no", label=PlanTexts("Over?", "¿Fin?", "Fim?", "Fini ?", "结束了吗？", "Klaar?"))


def test_an_entry_has_a_colon_behind_a_name_and_none_behind_a_question_mark() -> None:
    group = Question(key="studies", kind="group", label=NAME.label, questions=(NAME, OVER))
    for language, expected in (("en", "Name: Ana\nOver? Yes"), ("fr", "Nom : Ana\nFini ? Oui"), ("zh", "姓名：Ana\n结束了吗？是")):
        with speaking(TEXTS, language):
            assert entry_words(group, {"name": "Ana", "over": True}, the_plan()).replace("\u00a0", " ") == expected


def test_what_is_not_asked_of_who_answers_so_is_not_shown_among_their_answers() -> None:
    """Without a script it stands on the page with a note for whom it is, and may be answered by somebody else too."""
    ended = replace(NAME, key="ended", when=When("over", ("yes",)))
    group = Question(key="studies", kind="group", label=NAME.label, questions=(OVER, ended))
    with speaking(TEXTS, "en"):
        assert entry_words(group, {"over": False, "ended": "2006"}, the_plan()) == "Over? No"
        assert entry_rows(group, {"over": True, "ended": "2006"}, the_plan()) == [("Over?", ["Yes"]), ("Name", ["2006"])]


def test_a_long_text_is_drawn_with_the_bounds_that_can_bite() -> None:
    def bounds(**more: int) -> tuple[int | None, int | None]:
        with speaking(TEXTS, "en"):
            drawn = field(Question(key="why", kind="long_text", label=NAME.label, **more), the_plan())  # type: ignore[arg-type]
        return drawn["max_words"], drawn["max_length"]

    assert bounds() == (None, 20_000), "nobody had said so"
    assert bounds(max_words=2000) == (2000, None)
    assert bounds(max_words=2000, max_length=9000) == (2000, 9000)
