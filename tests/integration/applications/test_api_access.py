"""Who may do what through the API, and what it answers to everybody, to officers and to another service."""

from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
from structlog.testing import capture_logs

from services.applications import use_cases
from services.applications.accounts.people import add_staff
from services.applications.domain.lifecycle import State
from shared.kernel.ids import new_id
from shared.web.service_tokens import ServiceTokens
from tests.integration.applications.calling import Api, code_of
from tests.integration.applications.people import (
    ABROAD,
    AUDITOR,
    COORDINATOR,
    OFFICER,
    OPERATOR,
    PROGRAMME,
    SECOND_OFFICER,
    YEAR,
    new_applicant,
    the_plan,
)

ROUTES: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("GET", "/api/v1/applications/{id}", None),
    ("PUT", "/api/v1/applications/{id}/pages/identity", {}),
    ("DELETE", "/api/v1/applications/{id}/documents/passport", None),
    ("POST", "/api/v1/applications/{id}/submission", None),
    ("POST", "/api/v1/applications/{id}/return", {"expected_version": 2, "reasons": ["x"], "correct_by": "2016-02-01"}),
    ("POST", "/api/v1/applications/{id}/extend", {"expected_version": 2, "correct_by": "2016-02-01"}),
    ("POST", "/api/v1/applications/{id}/nominate", {"expected_version": 2}),
    ("POST", "/api/v1/applications/{id}/reject", {"expected_version": 2, "reasons": ["x"]}),
    ("POST", "/api/v1/applications/{id}/score", {"expected_version": 2, "points": {}}),
    ("POST", "/api/v1/applications/{id}/approve", {"expected_version": 2}),
    ("POST", "/api/v1/applications/{id}/end", {"expected_version": 2, "reason": "x"}),
    ("POST", "/api/v1/applications/{id}/withdraw", {"expected_version": 2}),
    ("POST", "/api/v1/applications/{id}/offer", {"answer": "accept", "place_version": 1}),
)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[f"{method} {path.rsplit('/', 1)[-1]}" for method, path, _ in ROUTES])
async def test_who_may_not_know_of_it_gets_404_and_who_may_not_do_it_gets_403(api: Api, method: str, path: str, body: Any) -> None:
    _, application = await api.world.reach(State.SUBMITTED)
    address = path.format(id=application.id)
    more: dict[str, Any] = {"headers": {"Idempotency-Key": "key-of-this-form"}} | ({} if body is None else {"json": body})
    before = await api.world.rows("select state, version from application")
    assert code_of(await api.send(None, method, address, **more), 401) == "sign_in_first"
    for viewer in (new_applicant(), ABROAD, OPERATOR):
        answer = await api.send(viewer, method, address, **more)
        # A route that is no business of the role at all says so, whatever is behind it.
        assert answer.status_code == 404 or (viewer.role != "applicant" and answer.status_code == 403), (viewer, answer.text)
    answer = await api.send(AUDITOR, method, address, **more)
    assert answer.status_code == (200 if method == "GET" else 403), answer.text
    assert await api.world.rows("select state, version from application") == before


async def test_lists_hold_what_each_may_see(api: Api) -> None:
    ana, first = await api.world.reach(State.SUBMITTED)
    _, second = await api.world.reach(State.NOMINATED)
    await api.world.reach(State.DRAFT)
    for viewer, expected in (
        (ana, [first.id]),
        (COORDINATOR, [first.id, second.id]),
        (ABROAD, []),
        (OFFICER, [first.id, second.id]),
        (OPERATOR, []),
    ):
        found = (await api.send(viewer, "GET", "/api/v1/applications")).json()
        assert [UUID(one["id"]) for one in found] == expected, viewer
    found = (await api.send(OFFICER, "GET", f"/api/v1/applications?state=nominated&programme={PROGRAMME}&year={YEAR}&country=PE")).json()
    assert [UUID(one["id"]) for one in found] == [second.id]
    found = (await api.send(OFFICER, "GET", f"/api/v1/applications?limit=1&after={first.id}")).json()
    assert [UUID(one["id"]) for one in found] == [second.id]
    assert code_of(await api.send(ABROAD, "GET", f"/api/v1/applications?after={first.id}"), 404) == "not_found"


async def test_programmes_are_open_to_everybody(api: Api) -> None:
    found = (await api.send(None, "GET", "/api/v1/programmes")).json()
    assert [one["code"] for one in found] == [programme.code for programme in the_plan().programmes]
    assert (await api.send(None, "GET", f"/api/v1/programmes/{PROGRAMME}")).json()["route"] == ["nomination", "review", "approval"]
    assert code_of(await api.send(None, "GET", "/api/v1/programmes/nothing"), 404) == "not_found"


async def test_a_service_asks_where_to_write_to_a_person(api: Api) -> None:
    person = await api.world.db.run(
        lambda tx: add_staff(
            tx, email="rosa@example.org", role="officer", name="Rosa", language="es", timezone="America/Lima", now=api.world.now
        )
    )
    path = f"/api/v1/people/{person}/address"
    assert code_of(await api.send(None, "GET", path), 503) == "key_missing"
    tokens = ServiceTokens.from_folder(api.folder / "keys", "notifications")

    async def ask(path: str, scope: str = "address", audience: str = "applications") -> httpx2.Response:
        token = tokens.issue(audience=audience, scope=scope, now=api.clock.now())
        return await api.send(None, "GET", path, headers={"Authorization": f"Bearer {token}"})

    with capture_logs() as logs:
        answer = await ask(path)
    assert answer.json() == {"email": "rosa@example.org", "language": "es", "name": "Rosa", "timezone": "America/Lima", "applications": {}}
    given = [line for line in logs if line["event"] == "address.given"]
    assert [(line["service"], line["person"], line["known"]) for line in given] == [("notifications", str(person), True)]
    assert "rosa@example.org" not in str(logs)
    assert code_of(await ask(f"/api/v1/people/{new_id()}/address"), 404) == "not_found"
    assert code_of(await ask(path, scope="something"), 401) == "service_token_refused"
    assert code_of(await ask(path, audience="quotas"), 401) == "service_token_refused"
    assert code_of(await api.send(OFFICER, "GET", path), 401) == "service_token_refused"


async def test_a_broken_promise_is_shown_to_the_second_officer_and_confirmed_by_them(api: Api) -> None:
    await api.world.reach(State.SUBMITTED)
    plan = msgspec.structs.replace(the_plan(), version="99", programmes=tuple(p for p in the_plan().programmes if p.code != PROGRAMME))
    assert code_of(await api.send(OFFICER, "GET", f"/api/v1/plan-changes/{plan.code}"), 404) == "not_found"
    await api.world.do(use_cases.load_plan, plan, actor=str(OFFICER.account_id), role="officer")
    path = f"/api/v1/plan-changes/{plan.code}"
    shown = (await api.send(SECOND_OFFICER, "GET", path)).json()
    assert shown["breaks"] == [f"{PROGRAMME}: the programme would be gone, and it has applications"]
    asked = {"json": {"change": shown["id"]}}
    assert code_of(await api.send(COORDINATOR, "GET", path), 403) == "forbidden"
    assert code_of(await api.send(OFFICER, "POST", f"{path}/confirmation", **asked), 403) == "same_person"
    assert code_of(await api.send(AUDITOR, "POST", f"{path}/confirmation", **asked), 403) == "forbidden"
    other = {"json": {"change": str(new_id())}}
    assert code_of(await api.send(SECOND_OFFICER, "POST", f"{path}/confirmation", **other), 409) == "change_replaced"
    confirmed = await api.send(SECOND_OFFICER, "POST", f"{path}/confirmation", **asked)
    assert set(confirmed.json()["programmes"]) == {programme.code for programme in plan.programmes}
    assert (await api.send(None, "GET", f"/api/v1/programmes/{PROGRAMME}")).status_code == 200


async def test_acting_beyond_ones_country_is_noted(api: Api) -> None:
    _, application = await api.world.reach(State.SUBMITTED)
    with capture_logs() as logs:
        answer = await api.send(ABROAD, "POST", f"/api/v1/applications/{application.id}/nominate", json={"expected_version": 2})
    assert code_of(answer, 404) == "not_found"
    noted = [line for line in logs if line["event"] == "access.refused"]
    assert [(line["account_id"], line["role"], line["status"]) for line in noted] == [(str(ABROAD.account_id), "coordinator", 404)]


async def test_the_service_says_how_it_is(api: Api) -> None:
    await api.world.reach(State.PLACED)
    assert (await api.send(None, "GET", "/health/live")).status_code == 200
    assert (await api.send(None, "GET", "/health/ready")).json()["needs"] == {"database": "ok"}
    held = (await api.send(None, "GET", "/health/invariants")).json()
    assert held["status"] == "held"
    assert len(held["checks"]) >= 7
