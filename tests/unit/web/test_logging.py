"""A log line carries what the list allows and nothing of what people wrote."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from shared.observability.logging import configure_logging, get_logger


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logging("json", service="applications", stream=stream)
    yield stream
    configure_logging()
    logging.getLogger().handlers[:] = [one for one in logging.getLogger().handlers if type(one).__name__ != "_Handler"]


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_fields_that_are_not_on_the_list_are_dropped_and_named(written: io.StringIO) -> None:
    get_logger("m").info("offer.expired", cell="scholarship:PE:2016", email="maria@example.org", full_name="María")
    (line,) = lines(written)
    assert (line["event"], line["cell"], line["service"], line["dropped"]) == (
        "offer.expired",
        "scholarship:PE:2016",
        "applications",
        ["email", "full_name"],
    )
    assert "maria" not in written.getvalue().lower()


def test_an_error_s_text_is_left_out_where_it_could_hold_what_somebody_typed(written: io.StringIO) -> None:
    try:
        raise ValueError("maria@example.org is no number")
    except ValueError as error:
        get_logger("m").error("request.failed", exc_info=error)
    (line,) = lines(written)
    assert line["error_type"] == "builtins.ValueError"
    assert "error" not in line
    assert "test_logging.py" in str(line["frames"])
    assert "maria" not in written.getvalue()


def test_an_error_of_the_machine_keeps_its_text(written: io.StringIO) -> None:
    try:
        raise ConnectionRefusedError("127.0.0.1:5432 refused")
    except ConnectionRefusedError:
        get_logger("m").error("database.away", exc_info=True)
    assert lines(written)[0]["error"] == "127.0.0.1:5432 refused"


def test_libraries_that_log_in_the_standard_way_come_out_alike(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("address in use")
    (line,) = lines(written)
    assert (line["event"], line["level"]) == ("address in use", "warning")


def test_the_terminal_s_form_shows_no_variables() -> None:
    stream = io.StringIO()
    configure_logging("console", stream=stream)
    secret = "maria@example.org"
    try:
        raise KeyError(secret)
    except KeyError as error:
        get_logger("m").error("request.failed", exc_info=error)
    configure_logging()
    logging.getLogger().handlers[:] = [one for one in logging.getLogger().handlers if type(one).__name__ != "_Handler"]
    assert "request.failed" in stream.getvalue()
    assert "maria" not in stream.getvalue()
