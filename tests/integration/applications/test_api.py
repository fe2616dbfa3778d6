"""The JSON API of the whole service, as another program meets it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
from structlog.testing import capture_logs

from services.applications import use_cases
from services.applications.accounts.people import add_staff
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from services.applications.main import build
from services.applications.settings import ApplicationsSettings
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from shared.messaging.service import Service
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer
from shared.web.service_tokens import ServiceTokens
from tests.integration.applications.people import (
    ABROAD,
    AUDITOR,
    COORDINATOR,
    OFFICER,
    OPERATOR,
    PROGRAMME,
    REVIEWER,
    SECOND_OFFICER,
    YEAR,
    World,
    good_form,
    new_applicant,
    reason,
    the_plan,
)

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


class Api:
    """The service behind its whole web layer; each client carries one person's identity."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        settings = ApplicationsSettings(
            database_url=world.db.url, keys_folder=folder / "keys", documents_folder=folder / "documents", public_url="http://puente.test"
        )
        self.clock = ManualClock(world.now)
        self.service: Service = build(settings, clock=self.clock)
        self.issuer = IdentityIssuer.from_folder(folder / "keys")

    def client(self, viewer: Viewer | None = None) -> httpx2.AsyncClient:
        cookies = {}
        if viewer is not None:
            cookies[IDENTITY_COOKIE] = self.issuer.issue(
                account_id=str(viewer.account_id),
                role=viewer.role,
                country=viewer.country,
                language="en",
                session_id=str(new_id()),
                now=self.clock.now(),
            )
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.service.api), base_url="http://puente.test", cookies=cookies)

    async def send(self, viewer: Viewer | None, method: str, path: str, **more: Any) -> httpx2.Response:
        async with self.client(viewer) as client:
            return await client.request(method, path, **more)


@pytest.fixture
async def api(world: World, tmp_path: Path) -> AsyncIterator[Api]:
    api = Api(world, tmp_path)
    yield api
    await api.service.db.close()


def code_of(answer: httpx2.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return str(answer.json()["code"])


async def test_from_start_to_receipt(api: Api) -> None:
    ana = new_applicant()
    started = await api.send(ana, "POST", "/api/v1/applications", json={"programme": PROGRAMME, "year": YEAR, "country": "PE"})
    assert started.status_code == 201, started.text
    path = f"/api/v1/applications/{started.json()['id']}"
    for page, fields in good_form().items():
        assert (await api.send(ana, "PUT", f"{path}/pages/{page}", json=fields)).status_code == 204
    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    papers = [paper.key for paper in programme.documents if paper.stage == "submission"]
    for paper in papers:
        answer = await api.send(ana, "PUT", f"{path}/documents/{paper}", files={"file": ("护照.pdf", PDF, "application/pdf")})
        assert answer.status_code == 204, answer.text
    whole = (await api.send(ana, "GET", path)).json()
    assert {one["kind"] for one in whole["documents"]} == set(papers)
    answers = await asyncio.gather(
        *(api.send(ana, "POST", f"{path}/submission", headers={"Idempotency-Key": "key-of-this-form"}) for _ in range(3))
    )
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    mine = (await api.send(ana, "GET", "/api/v1/applications")).json()
    assert [(one["state"], one["receipt"]) for one in mine] == [("submitted", answers[0].json()["receipt"])]


async def test_a_refusal_says_what_and_where(api: Api) -> None:
    ana = new_applicant()
    application = await api.world.draft(ana)
    path = f"/api/v1/applications/{application.id}"
    page, fields = next(iter(good_form().items()))
    wrong = await api.send(ana, "PUT", f"{path}/pages/{page}", json=dict.fromkeys(fields, ""))
    assert code_of(wrong, 422) == "wrong_answers"
    assert wrong.json()["errors"][0]["pointer"].startswith("/answers/")
    early = await api.send(ana, "POST", f"{path}/submission", headers={"Idempotency-Key": "key-of-this-form"})
    assert code_of(early, 422) == "incomplete"
    assert {"pointer": "/documents/passport", "code": "required"} in early.json()["errors"]
    assert code_of(await api.send(ana, "POST", f"{path}/submission"), 422) == "invalid"
    again = await api.send(ana, "POST", "/api/v1/applications", json={"programme": PROGRAMME, "year": YEAR, "country": "PE"})
    assert code_of(again, 409) == "already_applied"
    assert again.json()["errors"][0]["value"] == str(application.id)
    more = {"programme": PROGRAMME, "year": YEAR, "country": "PE", "state": "approved"}
    assert code_of(await api.send(new_applicant(), "POST", "/api/v1/applications", json=more), 422) == "invalid"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "upload_empty"),
        (PDF[:-6], "upload_cut_off"),
        (b"<html></html>", "upload_wrong_type"),
        (PDF + b"x" * 6_000_000, "upload_too_large"),
    ],
)
async def test_an_upload_that_is_not_right_is_refused_and_the_others_stay(api: Api, content: bytes, code: str) -> None:
    ana = new_applicant()
    application = await api.world.draft(ana)
    path = f"/api/v1/applications/{application.id}"
    assert (await api.send(ana, "PUT", f"{path}/documents/diploma", files={"file": ("d.pdf", PDF)})).status_code == 204
    refused = await api.send(ana, "PUT", f"{path}/documents/passport", files={"file": ("p.pdf", content)})
    assert code_of(refused, 422) == code
    assert refused.json()["errors"][0]["filename"] == "p.pdf"
    assert [one["kind"] for one in (await api.send(ana, "GET", path)).json()["documents"]] == ["diploma"]
    assert len([one for one in (api.folder / "documents").rglob("*") if one.is_file()]) == 1


async def test_a_document_goes_to_those_who_may_see_the_application_and_as_a_download_only(api: Api) -> None:
    ana, application = await api.world.reach(State.RETURNED)
    path = f"/api/v1/applications/{application.id}"
    assert (await api.send(ana, "PUT", f"{path}/documents/passport", files={"file": ("p.pdf", PDF)})).status_code == 204
    files = (await api.send(ana, "GET", path)).json()["documents"]
    link = f"/applications/{application.id}/documents/{next(one['id'] for one in files if one['kind'] == 'passport')}"
    for viewer in (ana, COORDINATOR, REVIEWER, OFFICER, AUDITOR):
        answer = await api.send(viewer, "GET", link)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
    for viewer in (new_applicant(), ABROAD, OPERATOR):
        assert (await api.send(viewer, "GET", link)).status_code == 404


async def test_the_whole_way_of_an_application_through_the_api(api: Api) -> None:
    ana, application = await api.world.reach(State.SUBMITTED)
    path = f"/api/v1/applications/{application.id}"

    async def act(viewer: Viewer, name: str, **body: Any) -> dict[str, Any]:
        if name != "offer":
            body["expected_version"] = (await api.world.application(application.id)).version
        answer = await api.send(viewer, "POST", f"{path}/{name}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    programme = the_plan().programme(PROGRAMME)
    assert programme is not None
    assert (await act(COORDINATOR, "nominate"))["slate_rank"] == 1
    order = {"programme": PROGRAMME, "year": YEAR, "order": [str(application.id)]}
    assert (await api.send(COORDINATOR, "PUT", "/api/v1/slate", json=order)).status_code == 200
    await act(REVIEWER, "score", points={criterion.key: criterion.maximum for criterion in programme.criteria})
    assert (await act(OFFICER, "approve"))["score"] == 100_000
    await api.world.hears(api.world.offered(application))
    seen = (await api.send(ana, "GET", path)).json()
    assert (seen["state"], seen["score"], seen["acts"]) == ("offered", None, ["accept", "decline", "withdraw"])
    assert (await act(ana, "offer", answer="accept", place_version=seen["place_version"]))["state"] == "accepted"
    await api.world.hears(api.world.taken(application))
    assert (await act(OFFICER, "end", reason=reason("ending")))["state"] == "ended"


async def test_of_two_programs_at_once_the_second_is_told_what_is_there_now(api: Api) -> None:
    _, application = await api.world.reach(State.NOMINATED)
    body = {"expected_version": application.version - 1, "reasons": [reason("rejection")]}
    answer = await api.send(OFFICER, "POST", f"/api/v1/applications/{application.id}/reject", json=body)
    assert code_of(answer, 409) == "changed"
    assert [one["value"] for one in answer.json()["errors"]] == ["nominated", application.version]
    early = await api.send(
        OFFICER, "POST", f"/api/v1/applications/{application.id}/end", json={"expected_version": application.version, "reason": "x"}
    )
    assert code_of(early, 409) == "not_in_this_state"


ROUTES: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("GET", "/api/v1/applications/{id}", None),
    ("PUT", "/api/v1/applications/{id}/pages/identity", {}),
    ("DELETE", "/api/v1/applications/{id}/documents/passport", None),
    ("POST", "/api/v1/applications/{id}/submission", None),
    ("POST", "/api/v1/applications/{id}/return", {"expected_version": 2, "reasons": ["x"], "correct_by": "2016-02-01"}),
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
    assert answer.json() == {"email": "rosa@example.org", "language": "es", "name": "Rosa", "timezone": "America/Lima"}
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
    assert (await api.send(SECOND_OFFICER, "GET", path)).json()["breaks"] == [
        f"{PROGRAMME}: the programme would be gone, and it has applications"
    ]
    assert code_of(await api.send(COORDINATOR, "GET", path), 403) == "forbidden"
    assert code_of(await api.send(OFFICER, "POST", f"{path}/confirmation"), 403) == "same_person"
    assert code_of(await api.send(AUDITOR, "POST", f"{path}/confirmation"), 403) == "forbidden"
    confirmed = await api.send(SECOND_OFFICER, "POST", f"{path}/confirmation")
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
