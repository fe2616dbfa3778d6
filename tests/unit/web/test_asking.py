"""The guard that asks an API everything bites."""

from random import Random

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from schemathesis.core.failures import FailureGroup

from tests.asking import ask_everything, with_known


def api(*, status: int = 200) -> FastAPI:
    """An operation that is fine with all but one value, and one that nobody may ask."""
    app = FastAPI()

    @app.post("/shut")
    async def shut() -> JSONResponse:
        return JSONResponse({}, 403)

    @app.post("/cells/{cell}")
    async def show(cell: str) -> JSONResponse:
        return JSONResponse({}, status if cell == "a:PE:2016" else 200)

    return app


async def test_a_known_value_that_is_answered_by_a_failure_is_found_and_what_is_always_refused_is_told() -> None:
    assert await ask_everything(api(), "", {"cell": ["a:PE:2016"]}) == {"POST /shut"}
    assert await ask_everything(api(status=500), "", {}) == {"POST /shut"}, "nobody guesses that value"
    with pytest.raises(FailureGroup, match="Server error"):
        await ask_everything(api(status=500), "", {"cell": ["a:PE:2016"]})


def test_known_values_come_into_fields_of_their_type_at_any_depth() -> None:
    asked = {"cell": 1, "moves": [{"cell": "x", "places": 3}] * 20}
    made = with_known(asked, {"cell": ["PE"], "places": ["none"]}, Random(1))
    assert made["cell"] == 1
    assert {one["cell"] for one in made["moves"]} == {"x", "PE"}
    assert {one["places"] for one in made["moves"]} == {3}
