"""A cell's key names a programme, a country and a year, and nothing else does."""

import pytest

from shared.kernel.cells import Cell


def test_a_key_is_read_as_it_was_written() -> None:
    assert (
        Cell.parse("scholarship:PE:2016") == ("scholarship", "PE", 2016) and Cell.parse("scholarship:PE:2016").key == "scholarship:PE:2016"
    )


@pytest.mark.parametrize("year", ["", "16", "02016", "9" * 5_000, "-016", "２０１６"])
def test_a_year_has_four_digits(year: str) -> None:
    with pytest.raises(ValueError, match=r"is no cell: expected programme:country:year, such as .* \(the year in four digits\)"):
        Cell.parse(f"scholarship:PE:{year}")
