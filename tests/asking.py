"""A JSON API against its own description: whatever fits it, and much that does not, is answered, and as the description says."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final, cast

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from shared.web.identity import IDENTITY_COOKIE
from tests.served import served

Known = Mapping[str, Sequence[Any]]
"""Name of a parameter or field -> values that there are, such as ids of what exists."""
EXAMPLES: Final = int(os.environ.get("PUENTE_TEST_API_EXAMPLES", "8"))
"""Of each operation and role; `make soak` takes more."""
OFTEN: Final = 0.75
"""How often a known value takes the place of one that nobody knows."""


async def ask_everything(app: FastAPI, token: str, known: Known) -> set[str]:
    """Call each operation as whoever the identity `token` names, with generated values and often ones that are known.

    Raises where an answer is a 5xx, or of another shape than the description says. Answers with the operations that were refused to that
    person whatever was asked, such as `GET /quotas/api/v1/proposals`: of those nothing was tried but the refusal.
    """
    async with served(app) as address:
        return await asyncio.to_thread(_ask, app, address, token, known)


def _ask(app: FastAPI, address: str, token: str, known: Known) -> set[str]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.config.update(base_url=address)
    more: dict[str, Any] = {"cookies": {IDENTITY_COOKIE: token}, "headers": {"Origin": address}}
    operations = [cast(Any, found).ok() for found in schema.get_all_operations()]
    answered = {f"{one.method.upper()} {one.path}": _ask_one(one, more, known) for one in operations}
    return {operation for operation, statuses in answered.items() if statuses <= {401, 403}}


def _ask_one(operation: Any, more: Mapping[str, Any], known: Known) -> set[int]:
    """The statuses with which it answered."""
    statuses, chance = set(), Random(operation.path)

    @settings(max_examples=EXAMPLES, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        for part in ("path_parameters", "query", "body"):
            setattr(case, part, with_known(getattr(case, part), known, chance))
        answer = case.call(**more)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    ask()
    return statuses


def with_known(value: Any, known: Known, chance: Random) -> Any:
    """`value` with most of the fields that have known values of that type, at any depth, replaced by one of them."""
    if isinstance(value, list):
        return [with_known(one, known, chance) for one in value]
    if not isinstance(value, Mapping):
        return value
    made = {}
    for name, one in value.items():
        fitting = [other for other in known.get(name, ()) if type(other) is type(one)]
        made[name] = chance.choice(fitting) if fitting and chance.random() < OFTEN else with_known(one, known, chance)
    return made
