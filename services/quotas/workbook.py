"""The follow-up report as a workbook: one sheet of data, a line for each cell, and sheets of sums over it, all of them formulas.

Every formula is written with its result, so that the numbers stand there also where nothing recalculates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from services.quotas.pages import words
from services.quotas.pages.kit import local
from services.quotas.pages.words import group_label, group_name
from services.quotas.report import Of, Report, name_key
from services.quotas.summaries import FIGURES, GROUPS, NO_GROUP, Figures, Line, total
from shared.web.formats import BEIJING, format_datetime
from shared.web.i18n import translate

_ = translate

HEADS: Final = {**words.FIGURES, **words.UNUSED}
SHOWN: Final = ("allotted", "offered", "taken", "ended", "lapsed", "rolled_over")
"""What the sheet of countries has for each programme."""
DATA_HEADS: Final = 1
KEYS: Final = 4 + len(GROUPS)
"""Columns of the data before its figures: programme, year, code, country, then one for each group."""
DARK: Final = "#0b3b40"
PALE: Final = "#e6f1ef"


@dataclass(frozen=True, slots=True)
class Formats:
    title: Format
    meta: Format
    head: Format
    text: Format
    number: Format
    sum_text: Format
    sum_number: Format
    percent: Format
    sum_percent: Format
    code: Format


@dataclass(slots=True)
class Book:
    """The workbook under way."""

    file: xlsxwriter.Workbook
    formats: Formats
    report: Report
    lines: tuple[Line, ...]

    def sheet(self, name: str, widths: Sequence[float], *, frozen: tuple[int, int]) -> Worksheet:
        sheet: Worksheet = self.file.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(*frozen)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(frozen[0] - 1)
        sheet.set_footer(f"&L&8{_('Checksum of all decisions: {hash}', hash=self.report.fingerprint)}&R&8&P / &N")
        return sheet

    def sums(self, figure: str, where: Sequence[tuple[int, str]]) -> str:
        """The formula that adds a figure of the data over the rows in which each column equals what a cell says, or a number."""
        last = DATA_HEADS + len(self.lines)

        def column(place: int) -> str:
            name = xl_col_to_name(place)
            return f"'{_('Data')}'!${name}${DATA_HEADS + 1}:${name}${last}"

        conditions = ",".join(f"{column(place)},{value}" for place, value in where)
        return f"=SUMIFS({column(KEYS + FIGURES.index(figure))},{conditions})"


def workbook(report: Report) -> bytes:
    """The file, in the current language."""
    out = BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    file.set_properties(
        {"title": _("Follow-up report"), "subject": report.plans[0][0], "comments": report.fingerprint, "created": report.at}
    )
    book = Book(file, formats(file), report, report.lines)
    _summary(book)
    _groups(book)
    _countries(book)
    _data(book)
    file.close()
    return out.getvalue()


def formats(file: xlsxwriter.Workbook) -> Formats:
    def made(**properties: object) -> Format:
        return file.add_format({"font_name": "Calibri", "font_size": 11, "valign": "top", **properties})

    bold = {"bold": True, "bg_color": PALE, "top": 1}
    return Formats(
        title=made(bold=True, font_size=16, font_color=DARK),
        meta=made(font_color="#4a5c5f"),
        head=made(bold=True, font_color="#ffffff", bg_color=DARK, text_wrap=True, valign="vcenter", border=1, border_color="#ffffff"),
        text=made(),
        number=made(num_format="#,##0"),
        sum_text=made(**bold),
        sum_number=made(num_format="#,##0", **bold),
        percent=made(num_format="0.0%"),
        sum_percent=made(num_format="0.0%", **bold),
        code=made(font_name="Consolas", font_size=9),
    )


def meta(report: Report) -> list[str]:
    """What the report is of, and by what it can be checked."""
    lines = [_("Plan {plan}, version {version}", plan=plan, version=version) for plan, version in report.plans]
    lines.append(_("As of {when}", when=format_datetime(report.at, BEIJING)))
    if report.last is not None and report.last.last_at is not None:
        lines.append(
            _(
                "Last decision: {cell}, number {number}, {when}, checksum {hash}",
                number=report.last.last_decision, cell=report.last.key, when=format_datetime(report.last.last_at, BEIJING),
                hash=report.last.last_hash,
            )
        )  # fmt: skip
    lines.append(_("Checksum of all decisions: {hash}", hash=report.fingerprint))
    notes = dict.fromkeys(local(one.programme.example_note) for one in report.programmes if one.programme.example)
    return [*lines, *notes]


def _summary(book: Book) -> None:
    """Programme by programme and year by year: pledged and delivered."""
    heads = [_("Programme"), _("Code"), _("Year"), _("Pledged"), *(_(HEADS[name]) for name in FIGURES), _("Held of pledged")]
    top = 2 + len(meta(book.report))
    sheet = book.sheet(_("Summary"), [34, 13, 8, *([12] * (len(heads) - 3))], frozen=(top + 1, 3))
    sheet.write_string(0, 0, _("Follow-up report: places pledged and delivered"), book.formats.title)
    for row, text in enumerate(meta(book.report), start=1):
        sheet.write_string(row, 0, text, book.formats.meta)
    _heads(book, sheet, top, heads)
    row, sums = top + 1, []
    for one in book.report.programmes:
        first = row
        for year in one.years:
            _names(book, sheet, row, one, year.year)
            sheet.write_number(row, 3, year.pledged, book.formats.number)
            where = [(0, _cell(row, 1)), (1, _cell(row, 2))]
            _figures(book, sheet, row, 4, where, year.figures)
            _share(sheet, row, year.pledged, year.figures, book.formats.percent)
            row += 1
        _total(book, sheet, row, (first, row - 1), one)
        sums.append(row)
        row += 2
    sheet.set_row(top, 32)


def _total(book: Book, sheet: Worksheet, row: int, rows: tuple[int, int], one: Of) -> None:
    pledged = sum(year.pledged for year in one.years)
    for column, text in enumerate((_("{programme}, in all", programme=local(one.programme.names)), one.programme.code, "")):
        sheet.write_string(row, column, text, book.formats.sum_text)
    sheet.write_formula(row, 3, _sum(rows, 3), book.formats.sum_number, pledged)
    for offset, name in enumerate(FIGURES):
        sheet.write_formula(row, 4 + offset, _sum(rows, 4 + offset), book.formats.sum_number, getattr(one.figures, name))
    _share(sheet, row, pledged, one.figures, book.formats.sum_percent)


def _groups(book: Book) -> None:
    """Each group of countries, programme by programme and year by year."""
    heads = [_("Programme"), _("Code"), _("Year"), _("Group"), *(_(HEADS[name]) for name in FIGURES)]
    sheet = book.sheet(_("Groups"), [34, 13, 8, 30, *([12] * len(FIGURES))], frozen=(2, 4))
    sheet.write_string(0, 0, _("A country may be in two groups and counts in both, so the groups do not add up to all."), book.formats.meta)
    _heads(book, sheet, 1, heads)
    row = 2
    for one in book.report.programmes:
        for group, years in one.groups_by_year:
            for year, figures in zip(one.years, years, strict=True):
                _names(book, sheet, row, one, year.year)
                sheet.write_string(row, 3, group_label(group), book.formats.text)
                marks = [(4 + n, "0" if group == NO_GROUP else "1") for n, known in enumerate(GROUPS) if group in (known, NO_GROUP)]
                where = [(0, _cell(row, 1)), (1, _cell(row, 2)), *marks]
                _figures(book, sheet, row, 4, where, figures)
                row += 1
    sheet.autofilter(1, 0, row - 1, len(heads) - 1)


def _countries(book: Book) -> None:
    """Every country over all years, zeros too, a block of columns for each programme."""
    programmes = book.report.programmes
    sheet = book.sheet(_("Countries"), [34, 8, *([11] * (len(SHOWN) * len(programmes)))], frozen=(2, 2))
    known = {country.code: country.names for one in programmes for country in one.countries}
    countries = dict(sorted(known.items(), key=lambda pair: name_key(pair[1])))
    for block, one in enumerate(programmes):
        first = 2 + block * len(SHOWN)
        sheet.merge_range(0, first, 0, first + len(SHOWN) - 1, local(one.programme.names), book.formats.head)
        _heads(book, sheet, 1, [_(HEADS[name]) for name in SHOWN], first)
    _heads(book, sheet, 1, [_("Country"), _("Code")])
    for row, (code, names) in enumerate(countries.items(), start=2):
        sheet.write_string(row, 0, local(names), book.formats.text)
        sheet.write_string(row, 1, code, book.formats.text)
        for block, one in enumerate(programmes):
            figures = next((country.figures for country in one.countries if country.code == code), Figures())
            where = [(0, f'"{one.programme.code}"'), (2, _cell(row, 1))]
            _figures(book, sheet, row, 2 + block * len(SHOWN), where, figures, SHOWN)
    last = 2 + len(countries)
    sheet.write_string(last, 0, _("In all"), book.formats.sum_text)
    sheet.write_string(last, 1, "", book.formats.sum_text)
    for block, one in enumerate(programmes):
        for offset, name in enumerate(SHOWN):
            column = 2 + block * len(SHOWN) + offset
            sheet.write_formula(last, column, _sum((2, last - 1), column), book.formats.sum_number, getattr(one.figures, name))


def _data(book: Book) -> None:
    """A line for each cell with the head of its chain of decisions, so that every number can be checked against an export."""
    names = {one.programme.code: one.programme.example for one in book.report.programmes}
    keys = [_("Programme"), _("Year"), _("Code"), _("Country"), *(group_name(group)[0] for group in GROUPS)]
    ends = [_("Allotted by an example policy"), _("Last decision"), _("Checksum of the last decision")]
    heads = [*keys, *(_(HEADS[name]) for name in FIGURES), *ends]
    sheet = book.sheet(_("Data"), [14, 8, 8, 34, *([7] * len(GROUPS)), *([11] * len(FIGURES)), 16, 10, 68], frozen=(DATA_HEADS, 4))
    _heads(book, sheet, 0, heads)
    for row, line in enumerate(book.lines, start=DATA_HEADS):
        sheet.write_string(row, 0, line.programme, book.formats.text)
        sheet.write_number(row, 1, line.year, book.formats.text)
        sheet.write_string(row, 2, line.country, book.formats.text)
        sheet.write_string(row, 3, local(line.names), book.formats.text)
        for column, group in enumerate(GROUPS, start=4):
            sheet.write_number(row, column, int(group in line.groups), book.formats.text)
        for column, name in enumerate(FIGURES, start=KEYS):
            sheet.write_number(row, column, getattr(line.figures, name), book.formats.number)
        sheet.write_string(row, KEYS + len(FIGURES), _("yes") if names[line.programme] else _("no"), book.formats.text)
        sheet.write_number(row, KEYS + len(FIGURES) + 1, line.last_decision, book.formats.number)
        sheet.write_string(row, KEYS + len(FIGURES) + 2, line.last_hash, book.formats.code)
    end = DATA_HEADS + len(book.lines)
    everything = total(book.lines)
    sheet.write_string(end, 3, _("In all"), book.formats.sum_text)
    for column, name in enumerate(FIGURES, start=KEYS):
        sheet.write_formula(end, column, _sum((DATA_HEADS, end - 1), column), book.formats.sum_number, getattr(everything, name))
    # Without the last line: whatever is filtered, it stays the sum of everything.
    sheet.autofilter(0, 0, end - 1, len(heads) - 1)


def _heads(book: Book, sheet: Worksheet, row: int, heads: Iterable[str], first: int = 0) -> None:
    for column, text in enumerate(heads, start=first):
        sheet.write_string(row, column, text, book.formats.head)


def _names(book: Book, sheet: Worksheet, row: int, one: Of, year: int) -> None:
    sheet.write_string(row, 0, local(one.programme.names), book.formats.text)
    sheet.write_string(row, 1, one.programme.code, book.formats.text)
    sheet.write_number(row, 2, year, book.formats.text)


def _figures(
    book: Book, sheet: Worksheet, row: int, first: int, where: Sequence[tuple[int, str]], figures: Figures, names: Sequence[str] = FIGURES
) -> None:
    for column, name in enumerate(names, start=first):
        sheet.write_formula(row, column, book.sums(name, where), book.formats.number, getattr(figures, name))


def _share(sheet: Worksheet, row: int, pledged: int, figures: Figures, form: Format) -> None:
    column = 4 + len(FIGURES)
    offered, taken = _cell(row, 4 + FIGURES.index("offered")), _cell(row, 4 + FIGURES.index("taken"))
    pledge = _cell(row, 3)
    sheet.write_formula(row, column, f"=IF({pledge}=0,0,({offered}+{taken})/{pledge})", form, figures.held / pledged if pledged else 0)


def _sum(rows: tuple[int, int], column: int) -> str:
    return f"=SUM({_cell(rows[0], column)}:{_cell(rows[1], column)})"


def _cell(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column))
