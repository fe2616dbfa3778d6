"""Two answers that differ are shown with what differs, and not with two pages that are the same."""

from services.applications.pages.beside import AROUND, MORE, Beside, differing

BEFORE = "The first paragraph of a plan, which nobody has touched since it was written down. " * 6
AFTER = " And the last one, which is the same in both windows, however long it may be in the end." * 6


def test_short_answers_are_shown_whole() -> None:
    assert Beside.of("Post", "Nurse in Lima\nsince 2011", "Nurse in Lima") == Beside(
        "Post", ("Nurse in Lima", "since 2011"), ("Nurse in Lima",)
    )
    assert Beside.of("Post", "", "Nurse").saved == ("",)


def test_of_long_ones_what_differs_is_shown_with_some_words_around_it() -> None:
    row = Beside.of("Plan", f"{BEFORE}I will teach.{AFTER}", f"{BEFORE}I will do research,\nand teach.{AFTER}")
    saved, typed = "\n".join(row.saved), "\n".join(row.typed)
    assert "I will teach. And" in saved and len(row.typed) == 2 and "do research,\nand teach. And" in typed
    for text in (saved, typed):
        assert text.startswith(f"{MORE} ") and text.endswith(f" {MORE}") and len(text) < 4 * AROUND
    assert saved.split(" ")[1] in BEFORE.split(" ") and saved.split(" ")[-2] in AFTER.split(" "), "no word is cut"


def test_what_was_added_at_the_end_or_is_missing_altogether_is_whole() -> None:
    """Where one text holds the other, what they share is counted once, whether from the front or from the back."""
    saved, typed = differing(BEFORE, BEFORE * 2)
    assert typed.endswith(BEFORE.strip().rsplit(". ", 1)[-1] + " ") and len(typed) - len(saved) == len(BEFORE)
    assert differing("", BEFORE) == ("", BEFORE)


def test_a_text_without_blanks_is_cut_anywhere() -> None:
    saved, typed = differing("学" * 300 + "甲" + "习" * 300, "学" * 300 + "乙" + "习" * 300)
    assert saved == MORE + "学" * AROUND + "甲" + "习" * AROUND + MORE and typed == saved.replace("甲", "乙")
