"""Drawing: headings, facts and texts on A4 pages, in letters that can really be printed. Knows no application.

Two fonts: Noto Sans for everything in Latin, Greek and Cyrillic letters; Noto Sans SC, which is ten times as large, only for a document
that holds Chinese. What neither has is drawn as `(?)`, and the document says so; nothing is ever an empty box.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from services.applications.copies.fonts import HAN, LATIN, cut, letters
from services.applications.copies.sheets import Section, Sheet

UNKNOWN: Final = "(?)"
DASH: Final = "–"
OURS: Final = "0123456789 /"
"""Letters of the pages' numbers."""
IN_ALL: Final = "\ue000" * 3
"""Stands for the number of pages until it is known. No text has it: what shows nothing is not drawn, but fpdf2's own `{nb}` is."""
INK, SOFT, LINE = (20, 24, 28), (92, 100, 108), (190, 196, 202)
MARGIN_MM: Final = 20
TOLERANCE_MM: Final = 1e-6
"""What sums of the same widths may differ by."""
LABEL_SHARE: Final = 0.38
"""Of the width, for what was asked; the rest is for what was answered."""
SEPARATORS: Final = ("Zl", "Zp", "Zs")
SILENT: Final = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of what shows nothing by itself: control characters, marks of direction, halves of pairs, what is unassigned."""
VARIANTS: Final = range(0xFE00, 0xFE10)


@lru_cache(maxsize=10_000)
def _shown(letter: str) -> str:
    """What stands for a letter of a composed text: itself, a space or the end of a line, nothing, or `(?)`."""
    category = unicodedata.category(letter)
    if letter in "\n\t" or category in SEPARATORS:
        return "\n" if letter in "\n\u2028\u2029" else " "
    if category in SILENT or (ord(letter) in VARIANTS and ord(letter) not in letters(LATIN)):
        return ""
    return letter if ord(letter) in letters(LATIN) or ord(letter) in letters(HAN) else UNKNOWN


def printable(text: str) -> str:
    """The text with every sign that can be drawn, composed; line breaks stay, what shows nothing goes, what has no letter is `(?)`."""
    if text.isascii() and text.isprintable():
        return text
    shown = map(_shown, unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    return "".join(chain.from_iterable([key] if key == UNKNOWN else run for key, run in groupby(filter(None, shown))))


def as_printed(sheet: Sheet) -> Sheet:
    """The sheet in signs that can be drawn. A dash is where nothing was answered; what `(?)` means is the last note, where it occurs."""

    def rows(of: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(printable(label), printable(value) or DASH) for label, value in of]

    made = replace(
        sheet,
        title=printable(sheet.title),
        lead=printable(sheet.lead),
        facts=rows(sheet.facts),
        sections=[Section(printable(one.title), rows(one.rows)) for one in sheet.sections],
        author=printable(sheet.author),
        footer=printable(sheet.footer),
        notes=[printable(one) for one in sheet.notes],
    )
    unknown = printable(sheet.unknown)
    return replace(made, notes=[*made.notes, unknown]) if UNKNOWN in "".join(texts(made)).replace(unknown, "") else made


def texts(sheet: Sheet) -> Iterator[str]:
    """Every text that a sheet has, in any order."""
    yield from (sheet.title, sheet.lead, sheet.author, sheet.footer, *sheet.notes)
    yield from (one.title for one in sheet.sections)
    for row in chain(sheet.facts, *(one.rows for one in sheet.sections)):
        yield from row


def broken(text: str, width_mm: float, width_of: Callable[[str], float]) -> list[str] | None:
    """The text in lines of at most that width, broken where it has a space; none where a word alone is wider."""
    found, space = list[str](), width_of(" ")
    for paragraph in text.split("\n"):
        line, taken = list[str](), 0.0
        for word in paragraph.split(" "):
            long = width_of(word)
            if long > width_mm:
                return None
            if line and taken + space + long > width_mm + TOLERANCE_MM:
                found.append(" ".join(line))
                line, taken = [word], long
            else:
                taken += long + (space if line else 0)
                line.append(word)
        found.append(" ".join(line))
    return found[:-1] if paragraph and not found[-1] else found  # a space that the last line had no room for begins no other


class _Pages(FPDF):
    """The pages, with what stands at the foot of each. Its fonts are files in `folder`, which has to stay as long as these pages."""

    def __init__(self, sheet: Sheet, folder: Path) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot = sheet.footer
        self._widths: dict[tuple[str, float], float] = {}
        self.alias_nb_pages(IN_ALL)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + 4)
        self.set_title(sheet.title)
        self.set_author(sheet.author)
        self.set_lang(sheet.language)
        self.set_creation_date(sheet.made_at)
        drawn = {*chain.from_iterable(texts(sheet)), *OURS}
        self._han = {letter for letter in drawn if ord(letter) not in letters(LATIN)} - {"\n"}
        self._text = self._add("text", LATIN, drawn - self._han, folder)
        if self._han:
            self._add("han", HAN, self._han, folder)
        self.add_page()

    def _add(self, name: str, font: Path, drawn: Iterable[str], folder: Path) -> TTFFont:
        file = folder / f"{name}{font.suffix}"
        file.write_bytes(cut(font, drawn))
        self.add_font(name, fname=file)
        added = self.fonts[name]
        assert isinstance(added, TTFFont)
        added.ttfont.recalcBBoxes = False  # HarfBuzz has kept them; fpdf2 would draw every letter of the font to measure it
        return added

    def footer(self) -> None:
        self.set_y(-MARGIN_MM + 4)
        self.style(8, SOFT)
        if self._han.intersection(self._foot):
            self.set_fallback_fonts(["han"])  # whichever the last line of the page had
        self.cell(w=0, h=4, text=self._foot.replace("{page}", f"{self.page_no()} / {IN_ALL}"), align="C")

    def style(self, points: float, colour: tuple[int, int, int] = INK) -> None:
        self.set_font("text", size=points)
        self.set_text_color(*colour)

    def lines(self, text: str, width_mm: float, height_mm: float) -> None:
        """The text from here on, as many lines as it needs, in a cell of that width.

        fpdf2 measures the whole line at each of its letters, so it gets the lines as they are; only one that holds Chinese, or a word that
        is longer than a line, it has to break.
        """
        han = bool(self._han.intersection(text))
        self.set_fallback_fonts(["han"] if han else [])
        lines = None if han else broken(text, (width_mm or self.epw) - 2 * self.c_margin, self._width)
        if lines is None:
            self.multi_cell(w=width_mm, h=height_mm, text=text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            return
        for line in lines:
            self.cell(w=width_mm, h=height_mm, text=line, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.set_x(self.l_margin)

    def _width(self, word: str) -> float:
        """As `get_string_width`, which copies all that is known of how to draw, for each word."""
        known = self._widths.get((word, self.font_size_pt))
        if known is None:
            _, points = self._text.get_text_width(word, self.font_size_pt, None)
            known = self._widths[word, self.font_size_pt] = points / self.k
        return known

    def text_lines(self, text: str, points: float, colour: tuple[int, int, int] = INK, *, after_mm: float = 2) -> None:
        self.style(points, colour)
        self.lines(text, 0, points * 0.52)
        self.ln(after_mm)

    def row(self, label: str, value: str) -> None:
        """What was asked on the left, what was answered on the right; both may go over several lines, and pages."""
        label_width = self.epw * LABEL_SHARE
        if self.will_page_break(12):
            self.add_page()
        top, first = self.get_y(), self.page_no()
        self.style(9, SOFT)
        self.lines(label, label_width - 4, 4.8)
        below, last = self.get_y(), self.page_no()
        self.page, self.y = first, top
        self.set_x(self.l_margin + label_width)
        self.style(9.5)
        self.lines(value, self.epw - label_width, 4.8)
        if (last, below) > (self.page_no(), self.get_y()):
            self.page, self.y = last, below
        self.ln(1.2)
        self.set_draw_color(*LINE)
        self.set_line_width(0.1)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())
        self.ln(1.4)


def draw(sheet: Sheet) -> bytes:
    """The document's bytes. The same sheet gives the same pages."""
    printed = as_printed(sheet)
    with TemporaryDirectory(prefix="puente-copy-") as folder:
        pages = _Pages(printed, Path(folder))
        pages.text_lines(printed.title, 19, after_mm=0.5)
        pages.text_lines(printed.lead, 12, SOFT, after_mm=4)
        for label, value in printed.facts:
            pages.row(label, value)
        for section in printed.sections:
            if pages.will_page_break(28):
                pages.add_page()
            pages.ln(5)
            pages.text_lines(section.title, 13)
            for label, value in section.rows:
                pages.row(label, value)
        pages.ln(4)
        for note in printed.notes:
            pages.text_lines(note, 8.5, SOFT, after_mm=1)
        return bytes(pages.output())
