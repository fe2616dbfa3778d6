"""Who may open what: every role on every page of staff, with somebody's data behind it that must not come through."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.applications.domain.lifecycle import State
from services.applications.tables import Application
from shared.kernel.clock import ManualClock
from shared.kernel.ids import new_id
from tests.conftest import NewDatabase
from tests.integration.applications.people import reason
from tests.integration.applications.staff_pages import House, main, open_house, shown_version
from tests.real_files import PDF

NOTE: Final = "Between reviewers and officers only"
EVERYBODY: Final = ("ana", "berta", "peru", "chile", "reviewer", "officer", "auditor", "operator")


class Scene:
    """Ana's application from Peru, nominated, scored with a note; her draft to another call; one from Chile."""

    house: House
    hers: Application
    draft: Application
    abroad: Application
    document: UUID
    name: str


@pytest.fixture
async def scene(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_house(new_database, clock, tmp_path) as house:
        scene = Scene()
        scene.house = house
        scene.hers = await house.reach(State.NOMINATED, "ana")
        scene.draft = await house.reach(State.DRAFT, "ana", "short")
        scene.abroad = await house.submitted("CL")
        reviewer = await house.browser("reviewer.two")
        page = await reviewer.get(f"/review/applications/{scene.hers.id}")
        given = {"points-academic_record": "9", "points-study_plan": "9", "points-use_at_home": "9", "note": NOTE}
        saved = await reviewer.post(f"/review/applications/{scene.hers.id}", data={"version": shown_version(page), **given})
        assert saved.status_code == 303
        [row] = await house.world.rows(
            "select answers->>'full_name' as name from page_answers where application_id = :id and answers ? 'full_name'", id=scene.hers.id
        )
        scene.name = row.name
        [file] = await house.world.rows(
            "select id, storage_key from document where application_id = :id order by kind limit 1", id=scene.hers.id
        )
        scene.document = file.id
        await _keep(house, file.id, scene.hers.id)
        yield scene


async def _keep(house: House, document: UUID, application: UUID) -> None:
    """The bytes of a document that the quick way through the use cases left out."""
    key = await house.front.app.state.documents.put(application, PDF)
    await house.world.rows("update document set storage_key = :key where id = :id returning id", key=key, id=document)


def pages(scene: Scene) -> Mapping[str, Mapping[str, int]]:
    """Address to who may open it; for everybody else the number stands under `""`."""
    hers, draft, abroad, unknown = scene.hers.id, scene.draft.id, scene.abroad.id, new_id()
    coordinators = {"peru": 200, "chile": 200, "": 403}
    return {
        "/country": coordinators,
        "/country/slate?programme=scholarship&year=2016": coordinators,
        f"/country/applications/{hers}": {"peru": 200, "chile": 404, "": 403},
        f"/country/applications/{abroad}": {"peru": 404, "chile": 200, "": 403},
        f"/country/applications/{draft}": {"peru": 404, "chile": 404, "": 403},
        f"/country/applications/{unknown}": {"peru": 404, "chile": 404, "": 403},
        f"/country/applications/{hers}/read": {"peru": 200, "chile": 404, "": 403},
        f"/review/applications/{hers}/read?document={scene.document}": {"reviewer": 200, "": 403},
        f"/review/applications/{draft}/read": {"reviewer": 404, "": 403},
        f"/officer/applications/{hers}/read": {"officer": 200, "auditor": 200, "": 403},
        f"/officer/applications/{hers}/read?document={unknown}": {"officer": 404, "auditor": 404, "": 403},
        "/review": {"reviewer": 200, "": 403},
        f"/review/applications/{hers}": {"reviewer": 200, "": 403},
        f"/review/applications/{draft}": {"reviewer": 404, "": 403},
        "/officer": {"officer": 200, "auditor": 200, "": 403},
        f"/officer?search={scene.hers.receipt}": {"officer": 200, "auditor": 200, "": 403},
        "/officer/bulk?all=1": {"officer": 200, "": 403},
        f"/officer/applications/{hers}": {"officer": 200, "auditor": 200, "": 403},
        f"/officer/applications/{draft}": {"officer": 404, "auditor": 404, "": 403},
        "/officer/applications/nonsense": {"officer": 404, "auditor": 404, "": 403},
        "/audit": {"auditor": 200, "": 403},
        "/operations": {"operator": 200, "": 404},
        f"/staff/{scene.house.accounts['reviewer.two']}": {"officer": 200, "auditor": 200, "operator": 200, "": 404},
        f"/staff/{scene.house.accounts['ana']}": {"": 404},
        "/staff/nobody": {"": 404},
        f"/applications/{hers}/documents/{scene.document}": {
            "ana": 303, "peru": 303, "reviewer": 303, "officer": 303, "auditor": 303, "": 404,
        },
    }  # fmt: skip


async def test_every_role_on_every_page(scene: Scene) -> None:
    for path, allowed in pages(scene).items():
        for who in EVERYBODY:
            browser = await scene.house.browser(who)
            page = await browser.get(path)
            assert page.status_code == allowed.get(who, allowed[""]), (path, who)
            if page.status_code not in (200, 303):
                for secret in (scene.name, scene.hers.receipt or "", NOTE):
                    assert secret not in main(page), (path, who)


async def test_nobody_signed_in_is_led_to_the_sign_in_and_back(scene: Scene) -> None:
    browser = await scene.house.stranger()
    for path in pages(scene):
        page = await browser.get(path)
        assert page.status_code == 303, path
        assert page.headers["location"].startswith("/sign-in?return=%2F"), path


async def test_what_each_role_reads_holds_nothing_beyond_it(scene: Scene) -> None:
    house, hers = scene.house, scene.hers
    read: dict[str, str] = {}
    for path, allowed in pages(scene).items():
        for who in EVERYBODY:
            if allowed.get(who) == 200 and "/documents/" not in path:
                read[who] = read.get(who, "") + (await (await house.browser(who)).get(path)).text
    assert scene.name in read["peru"]
    assert NOTE in read["officer"]
    assert NOTE in read["auditor"]
    assert NOTE not in read["peru"] + read["chile"] + read["reviewer"] + read["operator"]
    assert "90 score of 100" not in read["peru"]
    assert (hers.receipt or "") not in read["chile"] + read["operator"]
    assert scene.name not in read["operator"]
    assert str(scene.draft.id) not in "".join(read.values()), "a draft is its applicant's alone"
    assert "Reviewer.Two" not in read["peru"] + read["reviewer"], "who reviewed is for the officers"


def acts(scene: Scene) -> Mapping[str, tuple[dict[str, str], Mapping[str, int]]]:
    """Address to what is sent, and who may be answered other than by a refusal."""
    hers = scene.hers.id
    version = {"version": str(scene.hers.version)}
    day = {"correct_by-day": "1", "correct_by-month": "2", "correct_by-year": "2016"}
    country = {"chile": 404, "": 403}
    return {
        f"/country/applications/{hers}/return": ({**version, **day, "return_reasons": reason("return")}, country),
        f"/country/applications/{hers}/nominate": (version, country),
        f"/country/applications/{hers}/reject": ({**version, "reject_reasons": reason("rejection")}, country),
        f"/country/applications/{hers}/papers/passport": ({"x": "y"}, country),
        f"/country/applications/{hers}/papers/passport/remove": ({}, country),
        f"/review/applications/{hers}": ({**version, "points-study_plan": "1"}, {"": 403}),
        f"/officer/applications/{hers}/approve": (version, {"": 403}),
        f"/officer/applications/{hers}/reject": ({**version, "reject_reasons": reason("rejection")}, {"": 403}),
        f"/officer/applications/{hers}/end": ({**version, "end_reason": reason("ending")}, {"": 403}),
        f"/officer/applications/{hers}/withdraw": ({**version, "withdraw_reason": reason("withdrawal")}, {"": 403}),
        "/officer/bulk": ({"pick": f"{hers}:{scene.hers.version}"}, {"": 403}),
        "/operations/resume": ({"key": "scholarship:PE:2016"}, {"": 404}),
        "/operations/drop": ({"event": "1", "reason": "x"}, {"": 404}),
    }


RIGHTFUL: Final = {"/country": ("peru",), "/review": ("reviewer",), "/officer": ("officer",), "/operations": ("operator",)}


async def test_nobody_acts_beyond_their_role_or_country_and_every_try_is_logged(scene: Scene) -> None:
    house = scene.house
    for who in EVERYBODY:
        await house.browser(who)
    before = await house.world.rows("select count(*) as n from audit_entry")
    for path, (data, refusals) in acts(scene).items():
        for who in EVERYBODY:
            if who in RIGHTFUL["/" + path.split("/")[1]]:
                continue
            with capture_logs() as logged:
                answer = await (await house.browser(who)).post(path, data=data)
            assert answer.status_code == refusals.get(who, refusals[""]), (path, who)
            assert any(one["event"] == "access.refused" for one in logged), (path, who)
            assert (scene.hers.receipt or "") not in answer.text
    assert (await house.world.application(scene.hers.id)).version == scene.hers.version
    assert await house.world.rows("select count(*) as n from audit_entry") == before


async def test_a_page_of_another_site_cannot_act(scene: Scene) -> None:
    browser = await scene.house.browser("officer")
    path = f"/officer/applications/{scene.hers.id}/approve"
    answer = await browser.post(path, data={"version": str(scene.hers.version)}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await scene.house.state(scene.hers) == "nominated"


async def test_a_slate_is_reordered_by_its_own_country_only(scene: Scene) -> None:
    browser = await scene.house.browser("chile")
    data = {"programme": "scholarship", "year": "2016", "line": str(scene.hers.id)}
    answer = await browser.post("/country/slate", data=data)
    assert answer.status_code == 409
    assert (scene.hers.receipt or "") not in answer.text


async def test_who_works_for_the_donor_reads_beijings_time_where_the_account_names_none(house: House) -> None:
    for who in ("officer", "operator"):
        assert "Each moment is shown in Beijing time" in main(await (await house.browser(who)).get("/")), who
