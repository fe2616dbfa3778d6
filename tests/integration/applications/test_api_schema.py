"""The JSON API against its own description: whatever fits it, and much that does not, is answered, and as the description says."""

import asyncio
import os
import socket
from typing import Any, Final, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.run.serving import serve_app
from shared.web.identity import IDENTITY_COOKIE
from shared.web.service_tokens import ServiceTokens
from tests.integration.applications.calling import Api
from tests.integration.applications.people import COORDINATOR, OFFICER, new_applicant

EXAMPLES: Final = int(os.environ.get("PUENTE_TEST_API_EXAMPLES", "8"))
"""Of each operation and role; `make soak` takes more."""


@pytest.mark.parametrize("role", ["applicant", "coordinator", "officer"])
async def test_whatever_is_asked_is_answered_as_the_description_says(api: Api, role: str) -> None:
    """As an applicant with an application, its coordinator, and an officer: no 5xx, and no answer of another shape."""
    ana, application = await api.world.reach(State.SUBMITTED, new_applicant())
    viewer = {"applicant": ana, "coordinator": COORDINATOR, "officer": OFFICER}[role]
    ServiceTokens.from_folder(api.folder / "keys", "notifications")  # a neighbour that was never started is answered 503, rightly
    listener = socket.create_server(("127.0.0.1", 0))
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_app(api.service.api, stop, sockets=[listener]))
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        called = await asyncio.to_thread(_ask_everything, api, viewer, url, str(application.id))
    finally:
        stop.set()
        await serving
    assert called > EXAMPLES


def _ask_everything(api: Api, viewer: Viewer, url: str, application: str) -> int:
    """Call each operation with generated values, the known application's id among them; how many calls were made."""
    schema = schemathesis.openapi.from_dict(api.service.api.openapi())
    schema.config.update(base_url=url)
    token = api.issuer.issue(
        account_id=str(viewer.account_id), role=viewer.role, country=viewer.country, language="en", session_id="s", now=api.clock.now()
    )
    more: dict[str, Any] = {"cookies": {IDENTITY_COOKIE: token}, "headers": {"Origin": "http://puente.test"}}
    called = 0
    for found in schema.get_all_operations():
        operation: Any = cast(Any, found).ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal called
            called += 1
            if "application_id" in (case.path_parameters or {}) and called % 2:
                case.path_parameters["application_id"] = application
            answer = case.call(**more)
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

        ask()
    return called
