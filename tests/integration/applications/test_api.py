"""The JSON API of the whole service, as another program meets it."""

import asyncio
from typing import Any

import pytest

from services.applications.agreements import versions_in_force
from services.applications.domain.lifecycle import State
from services.applications.domain.viewers import Viewer
from tests.integration.applications.calling import Api, code_of
from tests.integration.applications.letters import a_referee
from tests.integration.applications.people import (
    ABROAD,
    AUDITOR,
    COORDINATOR,
    OFFICER,
    OPERATOR,
    PROGRAMME,
    REVIEWER,
    YEAR,
    good_form,
    new_applicant,
    reason,
    the_plan,
)
from tests.real_files import PDF


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
    for number in range(2):
        named = await api.send(ana, "POST", f"{path}/referees", json=a_referee(number))
        assert (named.status_code, named.json()["state"]) == (200, "invited"), named.text
    assert [one["email"] for one in (await api.send(ana, "GET", f"{path}/referees")).json()] == [a_referee(n)["email"] for n in range(2)]
    whole = (await api.send(ana, "GET", path)).json()
    assert {one["kind"] for one in whole["documents"]} == set(papers)
    head = {"Idempotency-Key": "key-of-this-form"}
    agreed = {one["kind"]: one["version"] for one in (await api.send(None, "GET", "/api/v1/agreements")).json()}
    assert set(agreed) == {"declaration", "privacy"}
    body = {"agreed": agreed, "language": "fr"}
    for lacking in ({}, {"json": {**body, "agreed": {**agreed, "privacy": 99}}}):
        refused = await api.send(ana, "POST", f"{path}/submission", headers=head, **lacking)
        assert code_of(refused, 422) == "agreement_required", refused.text
        assert {"pointer": "/agreed/privacy", "code": "agreement_required", "version": agreed["privacy"]} in refused.json()["errors"]
    rehearsed = await api.send(ana, "POST", f"{path}/rehearsal", **lacking)
    assert (rehearsed.status_code, rehearsed.json()["errors"]) == (422, refused.json()["errors"]), "it says what a submission would be told"
    for content in ({}, {"json": body}):
        assert (await api.send(ana, "POST", f"{path}/rehearsal", **content)).status_code == 204
    answers = await asyncio.gather(*(api.send(ana, "POST", f"{path}/submission", headers=head, json=body) for _ in range(3)))
    assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}
    repeated = await api.send(ana, "POST", f"{path}/submission", headers=head)
    assert (repeated.status_code, repeated.text) == (200, answers[0].text), "what was sent is answered as it was, whatever is in force now"
    rehearsed = await api.send(ana, "POST", f"{path}/rehearsal", json={**body, "agreed": {}})
    assert rehearsed.status_code == 409, "nor does a rehearsal ask again for what was agreed to"
    mine = (await api.send(ana, "GET", "/api/v1/applications")).json()
    assert [(one["state"], one["receipt"]) for one in mine] == [("submitted", answers[0].json()["receipt"])]
    [sent] = [one for one in (await api.send(ana, "GET", path)).json()["timeline"] if one["act"] == "submit"]
    assert (sent["detail"]["agreed"], sent["detail"]["language"]) == (agreed, "fr"), "kept as the form keeps it"


async def test_a_refusal_says_what_and_where(api: Api) -> None:
    ana = new_applicant()
    application = await api.world.draft(ana)
    path = f"/api/v1/applications/{application.id}"
    page, fields = next(iter(good_form().items()))
    wrong = await api.send(ana, "PUT", f"{path}/pages/{page}", json=dict.fromkeys(fields, ""))
    assert code_of(wrong, 422) == "wrong_answers"
    assert wrong.json()["errors"][0]["pointer"].startswith("/answers/")
    agreed = {"agreed": versions_in_force(), "language": "es"}
    early = await api.send(ana, "POST", f"{path}/submission", headers={"Idempotency-Key": "key-of-this-form"}, json=agreed)
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
        (PDF + b"x" * 11_000_000, "upload_too_large"),
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
        onward = await api.send(viewer, "GET", link)
        assert onward.status_code == 303
        answer = await api.send(viewer, "GET", onward.headers["location"])
        assert (answer.status_code, answer.content) == (200, PDF)
        assert (await api.send(new_applicant(), "GET", onward.headers["location"])).status_code in (404, 410)
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
    first, *rest = programme.criteria
    over = {"points": {first.key: first.maximum + 1}, "expected_version": (await api.world.application(application.id)).version}
    wrong = await api.send(REVIEWER, "POST", f"{path}/score", json=over)
    assert code_of(wrong, 422) == "points_wrong"
    named = [{"pointer": f"/points/{c.key}", "criterion": c.key, "minimum": 0, "maximum": c.maximum} for c in (first, *rest)]
    assert wrong.json()["errors"] == [
        {**named[0], "code": "out_of_range", "value": first.maximum + 1},
        *({**one, "code": "required"} for one in named[1:]),
    ]
    await act(REVIEWER, "score", points={criterion.key: criterion.maximum for criterion in programme.criteria})
    assert (await act(OFFICER, "approve"))["score"] == 100_000
    await api.world.hears(api.world.offered(application))
    seen = (await api.send(ana, "GET", path)).json()
    assert (seen["state"], seen["score"], seen["acts"]) == ("offered", None, ["accept", "decline", "withdraw"])
    assert (await act(ana, "offer", answer="accept", place_version=seen["place_version"]))["state"] == "accepted"
    await api.world.hears(api.world.taken(application))
    assert (await act(OFFICER, "end", reason=reason("ending")))["state"] == "ended"


async def test_a_program_reads_the_number_on_the_slate_that_the_pages_show(api: Api) -> None:
    (_, first), (ben, second) = await api.world.reach(State.NOMINATED), await api.world.reach(State.NOMINATED)
    path = f"/api/v1/applications/{second.id}"

    async def numbers() -> list[Any]:
        listed = await api.send(OFFICER, "GET", "/api/v1/applications", params={"programme": PROGRAMME})
        by_id = {one["id"]: one["slate_rank"] for one in listed.json()}
        return [by_id[str(first.id)], by_id[str(second.id)], (await api.send(COORDINATOR, "GET", path)).json()["slate_rank"]]

    assert await numbers() == [1, 2, 2]
    assert "wait for a decision: number 2 of 2" in (await api.send(OFFICER, "GET", f"/officer/applications/{second.id}")).text
    body = {"expected_version": first.version, "reasons": [reason("rejection")]}
    gone = await api.send(OFFICER, "POST", f"/api/v1/applications/{first.id}/reject", json=body)
    assert gone.json()["slate_rank"] is None
    assert await numbers() == [None, 1, 1], "and no gap where somebody has left"
    assert "wait for a decision: number 1 of 1" in (await api.send(OFFICER, "GET", f"/officer/applications/{second.id}")).text
    assert (await api.send(ben, "GET", path)).json()["slate_rank"] is None, "the order is the country's own"


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
