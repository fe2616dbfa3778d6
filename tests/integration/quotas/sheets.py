"""Reads a workbook without the library that wrote it, and computes its formulas anew: `SUM`, `SUMIFS`, and a share."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Value = str | float


@dataclass
class Sheet:
    """Cells by their address (`B7`): what stands there, and the formula behind it where there is one."""

    values: dict[str, Value] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    frozen: str = ""
    filtered: str = ""
    footer: str = ""

    def column(self, letter: str) -> list[Value]:
        """The column from the top, without holes."""
        found = {int(address[len(letter) :]): value for address, value in self.values.items() if re.fullmatch(rf"{letter}\d+", address)}
        return [found[row] for row in sorted(found)]

    def rows(self) -> list[list[Value]]:
        found: dict[int, dict[int, Value]] = {}
        for address, value in self.values.items():
            column, row = split(address)
            found.setdefault(row, {})[column] = value
        return [[of_row.get(column, "") for column in range(max(of_row) + 1)] for _row, of_row in sorted(found.items())]


def split(address: str) -> tuple[int, int]:
    """`C7` as column 2 and row 7."""
    letters, row = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", address).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(row)


def read(content: bytes) -> dict[str, Sheet]:
    """The sheets of a workbook by their names, in order."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        texts = ["".join(t.text or "" for t in one.iter(f"{MAIN}t")) for one in parse(file, "xl/sharedStrings.xml").iter(f"{MAIN}si")]
        targets = {one.get("Id"): one.get("Target") for one in parse(file, "xl/_rels/workbook.xml.rels")}
        return {
            str(one.get("name")): _sheet(parse(file, f"xl/{targets[one.get(RELATION)]}"), texts)
            for one in parse(file, "xl/workbook.xml").iter(f"{MAIN}sheet")
        }


def parse(file: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(file.read(name))


def _sheet(root: ElementTree.Element, texts: list[str]) -> Sheet:
    sheet = Sheet()
    for cell in root.iter(f"{MAIN}c"):
        address, formula, value = str(cell.get("r")), cell.find(f"{MAIN}f"), cell.find(f"{MAIN}v")
        if formula is not None:
            sheet.formulas[address] = formula.text or ""
        if value is not None and value.text is not None:
            sheet.values[address] = texts[int(value.text)] if cell.get("t") == "s" else float(value.text)
    for pane in root.iter(f"{MAIN}pane"):
        assert pane.get("state") == "frozen"
        sheet.frozen = str(pane.get("topLeftCell"))
    for found in root.iter(f"{MAIN}autoFilter"):
        sheet.filtered = str(found.get("ref"))
    for found in root.iter(f"{MAIN}oddFooter"):
        sheet.footer = str(found.text)
    return sheet


def compute(sheets: dict[str, Sheet], sheet: str, formula: str) -> float:
    """A formula's result, computed from the cells that it names (their values, which are computed too where they are formulas)."""
    if found := re.fullmatch(r"SUM\(([A-Z]+\d+:[A-Z]+\d+)\)", formula):
        return sum(float(value) for value in _range(sheets, sheet, found[1]))
    if found := re.fullmatch(r"SUMIFS\((.*)\)", formula):
        what, *conditions = found[1].split(",")
        numbers = _range(sheets, sheet, what)
        fits = [True] * len(numbers)
        for place, wanted in zip(conditions[::2], conditions[1::2], strict=True):
            value = _value(sheets, sheet, wanted)
            fits = [fit and one == value for fit, one in zip(fits, _range(sheets, sheet, place), strict=True)]
        return sum(float(number) for number, fit in zip(numbers, fits, strict=True) if fit)
    if found := re.fullmatch(r"IF\((\w+)=0,0,\((\w+)\+(\w+)\)/(\w+)\)", formula):
        whole, one, two, again = (float(_value(sheets, sheet, found[n])) for n in (1, 2, 3, 4))
        return (one + two) / again if whole else 0.0
    raise AssertionError(f"a formula of another kind: {formula}")


def _value(sheets: dict[str, Sheet], sheet: str, word: str) -> Value:
    if word.startswith('"'):
        return word.strip('"')
    return float(word) if word.isdigit() else sheets[sheet].values[word]


def _range(sheets: dict[str, Sheet], sheet: str, words: str) -> list[Value]:
    if "!" in words:
        name, words = words.rsplit("!", 1)
        sheet = name.strip("'")
    return [sheets[sheet].values[address] for address in _addresses(words)]


def _addresses(words: str) -> Iterator[str]:
    start, end = words.replace("$", "").split(":")
    (first, top), (last, bottom) = split(start), split(end)
    assert first == last, "a range of one column"
    letters = re.sub(r"\d", "", start)
    for row in range(top, bottom + 1):
        yield f"{letters}{row}"
