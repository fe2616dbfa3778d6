"""Drawing: headings, facts and texts on A4 pages, in letters that can really be printed. Knows no application.

Two fonts: Noto Sans for everything in Latin, Greek and Cyrillic letters; Noto Sans SC, which is ten times as large, only for a document
that holds Chinese. What neither has is drawn as `(?)`, and the document says so; nothing is ever an empty box.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import fontpkg_noto_sans
import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from services.applications.copies.sheets import Sheet

LATIN: Final = Path(fontpkg_noto_sans.ROOT, "files", "NotoSans[wdth,wght].ttf")
HAN: Final = pylopdf_fonts_zh_cn.sans_path()
UNKNOWN: Final = "(?)"
INK, SOFT, LINE = (20, 24, 28), (92, 100, 108), (190, 196, 202)
MARGIN_MM: Final = 20
LABEL_SHARE: Final = 0.38
"""Of the width, for what was asked; the rest is for what was answered."""
SEPARATORS: Final = ("Zl", "Zp", "Zs")
SILENT: Final = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of what shows nothing by itself: control characters, marks of direction, halves of pairs, what is unassigned."""
VARIANTS: Final = range(0xFE00, 0xFE10)


@cache
def letters(font: Path) -> frozenset[int]:
    """The code points that a font can draw."""
    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())


def printable(text: str) -> str:
    """The text with every sign that can be drawn, composed; line breaks stay, what shows nothing goes, what has no letter is `(?)`."""
    found: list[str] = []
    for letter in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        category = unicodedata.category(letter)
        if letter in "\n\t" or category in SEPARATORS:
            found.append("\n" if letter in "\n\u2028\u2029" else " ")
        elif ord(letter) in letters(LATIN) and category not in SILENT:
            found.append(letter)
        elif category in SILENT or ord(letter) in VARIANTS:
            continue
        elif ord(letter) in letters(HAN):
            found.append(letter)
        elif not found or found[-1] != UNKNOWN:  # a run of them is one
            found.append(UNKNOWN)
    return "".join(found)


def needs_han(text: str) -> bool:
    """Whether a printable text has signs that only the Chinese font can draw."""
    return any(ord(letter) not in letters(LATIN) for letter in text if letter != "\n")


class _Pages(FPDF):
    """The pages, with what stands at the foot of each."""

    def __init__(self, sheet: Sheet, *, han: bool) -> None:
        super().__init__(format="A4", unit="mm")
        self._foot = printable(sheet.footer)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + 4)
        self.set_title(printable(sheet.title))
        self.set_author(printable(sheet.author))
        self.set_lang(sheet.language)
        self.set_creation_date(sheet.made_at)
        self.add_font("text", fname=LATIN)
        if han:
            self.add_font("han", fname=HAN)
            self.set_fallback_fonts(["han"])
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN_MM + 4)
        self.style(8, SOFT)
        self.cell(w=0, h=4, text=self._foot.replace("{page}", f"{self.page_no()} / {{nb}}"), align="C")

    def style(self, points: float, colour: tuple[int, int, int] = INK) -> None:
        self.set_font("text", size=points)
        self.set_text_color(*colour)

    def text_lines(self, text: str, points: float, colour: tuple[int, int, int] = INK, *, after_mm: float = 2) -> None:
        self.style(points, colour)
        self.multi_cell(w=0, h=points * 0.52, text=text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after_mm)

    def row(self, label: str, value: str) -> None:
        """What was asked on the left, what was answered on the right; both may go over several lines, and pages."""
        label_width = self.epw * LABEL_SHARE
        if self.will_page_break(12):
            self.add_page()
        top, first = self.get_y(), self.page_no()
        self.style(9, SOFT)
        self.multi_cell(w=label_width - 4, h=4.8, text=label, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        below, last = self.get_y(), self.page_no()
        self.page, self.y = first, top
        self.set_x(self.l_margin + label_width)
        self.style(9.5)
        self.multi_cell(w=self.epw - label_width, h=4.8, text=value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if (last, below) > (self.page_no(), self.get_y()):
            self.page, self.y = last, below
        self.ln(1.2)
        self.set_draw_color(*LINE)
        self.set_line_width(0.1)
        self.line(self.l_margin, self.get_y(), self.l_margin + self.epw, self.get_y())
        self.ln(1.4)


def draw(sheet: Sheet) -> bytes:
    """The document's bytes. The same sheet gives the same pages; takes about a tenth of a second, and half a one with Chinese in it."""
    rows = [*sheet.facts, *(row for section in sheet.sections for row in section.rows)]
    whole = [sheet.title, sheet.lead, sheet.footer, sheet.author, *sheet.notes, *(section.title for section in sheet.sections)]
    said = "".join(printable(one) for one in (*whole, *(part for row in rows for part in row)))
    lost = UNKNOWN in said.replace(printable(sheet.unknown), "")
    pages = _Pages(sheet, han=needs_han(said + (printable(sheet.unknown) if lost else "")))
    pages.text_lines(printable(sheet.title), 19, after_mm=0.5)
    pages.text_lines(printable(sheet.lead), 12, SOFT, after_mm=4)
    for label, value in sheet.facts:
        pages.row(printable(label), printable(value) or "–")
    for section in sheet.sections:
        if pages.will_page_break(28):
            pages.add_page()
        pages.ln(5)
        pages.text_lines(printable(section.title), 13)
        for label, value in section.rows:
            pages.row(printable(label), printable(value) or "–")
    pages.ln(4)
    for note in (*sheet.notes, *((sheet.unknown,) if lost else ())):
        pages.text_lines(printable(note), 8.5, SOFT, after_mm=1)
    return bytes(pages.output())
