"""What somebody wrote to end the check, or to order the terminal about, is a fault of the file like any other."""

from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services.quotas.domain.export import Writer
from services.run.verifying import verify_files
from tests.unit.quotas.exports import decisions_in, edited, fault_of, with_chain, with_record
from tests.unit.quotas.shelf import BR
from tests.unit.quotas.tampering import ROUND, books


@pytest.mark.parametrize("outcome", [[], {}, None, 1])
def test_an_outcome_that_is_no_word_is_at_fault(outcome: Any) -> None:
    index = next(decisions_in(books()))[0]
    lines = [*books()]
    lines[index] = with_record(lines[index], outcome=outcome)
    fault = fault_of(lines)
    assert fault is not None and fault.detail.startswith(f"outcome is {outcome!r}, expected one of")


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000])
def test_what_stands_deeper_than_can_be_read_is_at_fault(deep: str) -> None:
    """As a line, as a record, and as the record of a line that stands elsewhere."""
    index = next(decisions_in(books()))[0]
    lines = [*books()]
    lines[index] = deep.encode() + b"\n"
    fault = fault_of(lines)
    assert fault is not None and (fault.line, fault.code) == (index + 1, "line") and "is no JSON" in fault.detail
    lines[index] = edited(books()[index], record=deep)
    fault = fault_of(lines)
    assert fault is not None and (fault.line, fault.code) == (index + 1, "record") and "is no JSON" in fault.detail
    lines[index] = edited(books()[index], record=deep, line=index)
    fault = fault_of(lines)
    assert fault is not None and fault.detail == f"the line says that it is number {index}; expected {index + 1}"


def test_sums_that_are_too_large_to_be_said_are_at_fault() -> None:
    lines = [*books()]
    funding = edited(lines[1], places=int("9" * 4300))
    fault = fault_of([lines[0], funding, edited(funding, line=3), edited(lines[-3], line=4)])
    assert fault is not None and "too large" in fault.detail


def test_verify_says_what_no_terminal_can_show_and_what_would_order_it_about(tmp_path: Path) -> None:
    """Half a character and an escape sequence, in a cell; and in what an honest file says that it covers. A first line is too deep."""
    lines = [*books()]
    index = next(decisions_in(lines))[0]
    lines[index] = with_record(lines[index], cell="\ud800\x1b[2J:PE:2016")
    (tmp_path / "forged").write_bytes(b"".join(lines))
    empty = Writer()
    (tmp_path / "empty").write_bytes(empty.head(covers="\ud800\x1b[2J", taken_at="x") + empty.end())
    (tmp_path / "deep").write_bytes(b"[" * 10_000 + b"\n")
    written = BytesIO()
    with TextIOWrapper(written, encoding="utf-8") as out:
        console = Console(file=out, soft_wrap=True)
        assert not verify_files([tmp_path / name for name in ("forged", "empty", "deep")], console, console)
        out.flush()
        said = written.getvalue().decode()
    assert r"decision 1 of \ud800\x1b[2J:PE:2016: hash" in said
    assert r"0 cells of \ud800\x1b[2J: no fault" in said
    assert "deep: line 1, the export: line: the line is no JSON" in said


def test_a_decision_of_one_cell_about_somebody_who_waits_in_another_is_at_fault() -> None:
    """Its list is another one: nobody's place on it is to be taken away by that decision."""
    lines = list(books())
    index, body = next((index, body) for index, body in decisions_in(lines) if (body["cell"], body["outcome"]) == (ROUND, "refused"))
    number = sum(one["cell"] == BR for _, one in decisions_in(lines)) + 1
    lines[index] = with_record(lines[index], cell=BR, number=number)
    fault = fault_of(with_chain(lines))
    assert fault is not None and (fault.code, fault.cell, fault.number) == ("state", BR, number)
    assert fault.detail == f"{body['application']} is waiting in {ROUND}: no decision of {BR} can be about it"
