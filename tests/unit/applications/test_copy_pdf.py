"""The PDF of a submission: every name can be read in it, or is honestly said not to be; nothing that somebody types breaks it."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2 as pdfium
import pytest
import uharfbuzz as harfbuzz
from hypothesis import given, settings
from hypothesis import strategies as st

from services.applications.copies import pdf
from services.applications.copies.fonts import HAN, LATIN, cut, letters
from services.applications.copies.pdf import UNKNOWN, draw, printable
from services.applications.copies.sheets import Section, Sheet

SHEET = Sheet(
    title="Government scholarships 2016",
    lead="The application as it was sent",
    facts=[("Receipt", "K7QF-2MXW-9D")],
    sections=[Section("About you", [("Name", "Ana")])],
    language="es",
    author="Puente",
    made_at=datetime(2016, 1, 20, 9, tzinfo=UTC),
    unknown="(?) stands for what cannot be printed.",
    footer="K7QF-2MXW-9D · {page}",
)


def with_name(name: str) -> Sheet:
    return replace(SHEET, sections=[Section("About you", [("Name", name)])])


def said(pdf: bytes) -> str:
    with pdfium.PdfDocument(pdf) as read:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in read).split())


def pages(pdf: bytes) -> int:
    with pdfium.PdfDocument(pdf) as read:
        return len(read)


@pytest.mark.parametrize(
    "name",
    [
        "José Ñahui Quispe",
        "Łukasz Řehoř Őry",
        "Trần Đỗ Ánh Tuyết",
        "D’Angelo O'Brien",
        "Å",
        "Lǚ Mǎ Hóngwěi",
        "Gülşah İnce",
        "Ștefan Țurcanu",
    ],
)
def test_latin_names_are_in_it_with_every_accent_and_without_the_large_font(name: str) -> None:
    drawn = draw(with_name(name))
    assert name in said(drawn)
    assert UNKNOWN not in said(drawn)
    assert b"NotoSansSC" not in drawn


@pytest.mark.parametrize("name", ["张伟", "欧阳娜娜", "王小明 Wang Xiaoming", "龘", "馬英傑"])
def test_chinese_names_are_in_it(name: str) -> None:
    drawn = draw(with_name(name))
    assert name in said(drawn)
    assert UNKNOWN not in said(drawn)


def test_what_no_font_has_is_said_and_is_never_an_empty_box() -> None:
    drawn = said(draw(with_name("Ana 👩🏽‍🎓 مرحبا")))
    assert f"Ana {UNKNOWN}" in drawn
    assert SHEET.unknown in drawn
    assert SHEET.unknown not in said(draw(with_name("Ana")))


def test_marks_of_direction_and_control_characters_go_and_lines_stay() -> None:
    assert printable("A\u202ena\u2066 \x00\x07Qui\u200bspe\ufeff") == "Ana Quispe"
    assert printable("a\r\nb\rc\u2028d\te\u3000f\u00a0g") == "a\nb\nc\nd e f g"
    assert printable("e\u0301") == "é"
    assert printable("\ud800") == ""


def test_no_text_is_taken_for_the_number_of_pages() -> None:
    drawn = said(draw(replace(with_name("a {nb} b \ue000\ue000\ue000 c"), facts=[("{nb}", "{page}")])))
    assert "a {nb} b c" in drawn and "{nb} {page}" in drawn and "K7QF-2MXW-9D · 1 / 1" in drawn


def test_a_chinese_foot_stands_on_every_page_whatever_was_written_last() -> None:
    long = replace(with_name("word " * 1_500), footer="第 {page} 页")
    drawn = draw(long)
    assert pages(drawn) > 2
    assert said(drawn).count("页") == pages(drawn)


def test_the_label_and_the_end_of_a_long_answer_are_there() -> None:
    long = " ".join(f"palabra{n}" for n in range(2_000))
    drawn = draw(replace(SHEET, sections=[Section("Plan", [("What will you study? " * 8, long), ("Next", "yes")])]))
    text, number = said(drawn), pages(drawn)
    assert number > 3
    assert all(f"palabra{n}" in text for n in (0, 700, 1_999))
    assert f"{number} / {number}" in text


@pytest.mark.parametrize(("font", "kept"), [(LATIN, "ÑQuispe"), (HAN, "张伟")])
def test_a_font_is_cut_down_to_the_letters_of_the_document(font: Path, kept: str) -> None:
    """In its one usual weight; a letter that it has not is left out."""
    made = harfbuzz.Face(harfbuzz.Blob(cut(font, kept + "\U0001f469")))
    assert set(made.unicodes) == set(map(ord, kept))
    assert not {"fvar", "gvar", "GSUB", "GPOS"} & set(made.table_tags)
    assert not made.axis_infos
    assert len(draw(with_name(kept))) < 16_000


WORDS = st.lists(st.sampled_from(["a", "Wé", "palabra", "a palabra", "", "\n", "MMMMMMMM"]), min_size=12, max_size=40).map(" ".join)


@settings(max_examples=20)
@given(WORDS, WORDS, st.integers(0, 60))
def test_lines_are_broken_as_fpdf2_breaks_them(answer: str, label: str, wide: int) -> None:
    """A word that is longer than a line is left to fpdf2; here, everything is for once: the pages are the same byte for byte."""
    sheet = replace(SHEET, sections=[Section("Plan", [(label, answer), (answer, "W" * wide + " " + label)])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "broken", lambda *_: None)
        theirs = draw(sheet)
    assert draw(sheet) == theirs


def test_it_says_its_title_and_language_and_the_same_sheet_gives_the_same_bytes() -> None:
    one, two = draw(SHEET), draw(SHEET)
    assert one == two
    with pdfium.PdfDocument(one) as read:
        assert read.get_metadata_value("Title") == SHEET.title
    assert b"/Lang (es)" in one


@settings(max_examples=20)
@given(st.text(alphabet=st.characters(), max_size=60), st.text(max_size=300))
def test_whatever_is_typed_makes_a_document_in_letters_that_there_are(name: str, answer: str) -> None:
    drawn = draw(replace(SHEET, facts=[("Name", name)], sections=[Section(name, [(name, answer)])]))
    assert pages(drawn) >= 1
    for text in (printable(name), printable(answer)):
        assert all(letter == "\n" or ord(letter) in letters(LATIN) | letters(HAN) for letter in text)
        assert not any(
            unicodedata.bidirectional(letter) in ("RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI") for letter in text
        )
