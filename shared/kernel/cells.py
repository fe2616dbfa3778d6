"""A cell's key: `programme:country:year`, the unit that a quota is set for and the key of most events."""

from typing import NamedTuple, Self


class Cell(NamedTuple):
    """Programme code, country (ISO 3166 alpha-2) and year."""

    programme: str
    country: str
    year: int

    @property
    def key(self) -> str:
        return f"{self.programme}:{self.country}:{self.year}"

    @classmethod
    def parse(cls, key: str) -> Self:
        """The cell that `key` names; `ValueError` where it is not of the form `programme:country:year`."""
        programme, country, year = parts if len(parts := key.split(":")) == 3 else ("", "", "")
        if not programme or len(country) != 2 or len(year) != 4 or not (year.isascii() and year.isdigit()):
            expected = "expected programme:country:year, such as scholarship:PE:2016 (the year in four digits)"
            raise ValueError(f"{key!r} is no cell: {expected}")
        return cls(programme, country, int(year))
