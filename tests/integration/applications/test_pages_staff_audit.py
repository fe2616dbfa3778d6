"""What auditors read and operators see: every act with who did it, and events that stopped."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text

from services.applications.accounts import people
from services.applications.domain.lifecycle import State
from services.applications.privacy import mail, mailing
from services.applications.staff import audit, operations
from services.applications.staff.audit import ACTS
from shared.events.catalogue import PLACES
from shared.events.envelope import encode
from shared.kernel.ids import new_id
from shared.mail.smtp import Reason
from shared.messaging import parking
from shared.messaging.behind import keep
from shared.messaging.transport import Partition, Record
from shared.persistence import audit as trail
from shared.persistence.database import Tx
from tests.integration.applications.people import CELL, reason
from tests.integration.applications.staff_pages import House, errors, links, main


async def stop(house: House, value: bytes, *, code: str = "handler_failed", waits_for: str | None = None, key: str = CELL.key) -> None:
    """A record that the worker could not handle, kept as the worker keeps it."""
    record = Record(Partition(PLACES.name, 0), 7, key, value)
    await house.front.db.run(lambda tx: parking.park(tx, record, code=code, reason="it did not fit", waits_for=waits_for))


# ---------------------------------------------------------------------------------------------------------------- audit


async def test_every_act_has_words_who_did_it_and_what_to(house: House) -> None:
    officer = await house.browser("officer")
    application = await house.reach(State.NOMINATED)
    await house.world.score(application.id)
    path = f"/officer/applications/{application.id}"
    version = (await house.world.application(application.id)).version
    done = await officer.post(f"{path}/reject", data={"version": str(version), "reject_reasons": reason("rejection")})
    assert done.status_code == 303
    auditor = await house.browser("auditor")
    page = await auditor.get("/audit")
    said = main(page)
    assert f"Officer Officer Not carried forward {application.receipt} · Government scholarships · Peru" in said
    assert "Score 50" in said
    assert "Number 1 on the country’s slate" in said
    assert "Plan put in force" in said
    assert path in links(page, "/officer/applications/")
    kinds = [row.act for row in await house.world.rows("select distinct act from audit_entry")]
    assert set(kinds) <= set(ACTS), "every act that is written has words"


async def test_the_trail_is_filtered_in_the_address_and_read_page_by_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ROWS", 3)
    first, second = await house.reach(State.NOMINATED), await house.reach(State.NOMINATED)
    for one in (first, second):
        await house.world.score(one.id)
    auditor = await house.browser("auditor")
    only = main(await auditor.get(f"/audit?subject={quote((first.receipt or '').lower())}"))
    assert (first.receipt or "") in only
    assert (second.receipt or "") not in only
    scored = main(await auditor.get("/audit?role=reviewer&act=application.score"))
    assert "Officer" not in scored.split("Show")[1]
    pages, address = [], "/audit"
    while address:
        page = await auditor.get(address)
        pages.append(page.text.count('<td data-label="When">'))
        address = next((one for one in links(page, "/audit?after=") if "lang=" not in one), "")
    assert sum(pages) == (await house.world.rows("select count(*) as n from audit_entry"))[0].n
    last = await auditor.get(links(page, "/audit?before=")[0])
    assert last.text.count('<td data-label="When">') == 3
    assert "Nothing matches" in main(await auditor.get("/audit?subject=nothing"))


async def test_an_auditor_reads_applications_and_has_nothing_to_press(house: House) -> None:
    application = await house.reach(State.NOMINATED)
    await house.world.score(application.id)
    auditor = await house.browser("auditor")
    listed = await auditor.get("/officer")
    one = await auditor.get(f"/officer/applications/{application.id}")
    for page in (listed, one):
        assert page.status_code == 200
        body = page.text.split("<main")[1].split("</main>")[0]
        assert 'method="post"' not in body
        assert "checkbox" not in body
    assert "Study plan" in main(one)


# ----------------------------------------------------------------------------------------------------------- operations


async def test_a_member_of_staff_is_called_by_name_role_and_country(house: House) -> None:
    """Other services know ids and roles; a page of theirs that leads here is given the name to put in its place."""
    coordinator, officer = (await house.viewer("peru")).account_id, await house.browser("officer")
    page = await officer.get(f"/staff/{coordinator}")
    assert "Peru Role Coordinator, Peru Email address peru@example.org" in main(page)
    assert "<span data-whole>Peru (Coordinator, Peru)</span>" in page.text
    await house.front.db.run(lambda tx: people.disable(tx, account=coordinator, actor="system", now=house.front.clock.now()))
    assert "Account closed" in main(await officer.get(f"/staff/{coordinator}")), "what they did stays, and who did it"
    await house.front.db.run(lambda tx: people.make_applicant(tx, account=coordinator, actor="system", now=house.front.clock.now()))
    assert (await officer.get(f"/staff/{coordinator}")).status_code == 404, "nobody's but staff's"


async def test_an_operator_sees_that_all_is_well(house: House) -> None:
    operator = await house.browser("operator")
    said = main(await operator.get("/operations"))
    assert "0 broken promises" in said
    assert "Nothing has stopped" in said
    assert "Every timeline ends where its application stands" in said


async def test_an_operator_sees_mails_about_the_end_of_data_that_did_not_go(house: House) -> None:
    now, person = house.front.clock.now(), new_id()
    waits, refused = (mailing.new(kind, person, "a@b.example", "es", now, now=now) for kind in (mailing.ASKED, mailing.DONE))

    async def leave(tx: Tx) -> None:
        await mailing.add(tx, [waits, refused], now=now)
        await mailing.ended(tx, refused, day=now, now=now, lost=Reason.SIGN_IN_REFUSED)

    await house.front.db.run(leave)
    operator = await house.browser("operator")
    said = main(await operator.get("/operations"))
    assert f"An account was deleted The mail server refuses our sign-in: see PUENTE_SMTP_USERNAME and PUENTE_SMTP_PASSWORD {person}" in said
    assert "waits for the mail server" not in said, "it has only just begun"
    house.front.clock.move(timedelta(hours=1, seconds=1))
    said = main(await operator.get("/operations"))
    assert "1 email waits for the mail server" in said
    assert "a@b.example" not in said

    async def refuse_more(tx: Tx) -> None:
        detail = {"kind": mailing.DONE, "reason": Reason.SIGN_IN_REFUSED}
        for _ in range(operations.LOST_LINES + 1):
            await trail.record(tx, at=now, actor="system", role="system", act=mailing.NOT_TOLD, subject=str(person), detail=detail)

    await house.front.db.run(refuse_more)
    said = main(await operator.get("/operations"))
    assert said.count(str(person)) == operations.LOST_LINES and "and 2 more" in said, "the last are shown, the others counted"
    assert str(person) not in main(await operator.get("/operations?part=figures")), "figures are asked for again and again"


def test_every_mail_and_every_reason_has_words() -> None:
    assert set(operations.MAILS) == set(mail.WORDS)
    assert set(operations.MAIL_REASONS) == set(Reason)


async def test_a_stopped_key_is_shown_with_its_reason_and_resumed_in_order(house: House) -> None:
    application = await house.reach(State.APPROVED)
    await stop(house, encode(house.world.waiting(application, 1)))
    record = Record(Partition(PLACES.name, 0), 8, CELL.key, encode(house.world.offered(application, 2)))
    await house.front.db.run(lambda tx: keep(tx, [record]))
    operator = await house.browser("operator")
    page = await operator.get("/operations")
    assert CELL.key in main(page)
    assert "puente.place.waiting.v1" in main(page)
    assert "Handling it failed it did not fit" in main(page)
    assert "Waits behind an earlier event" in main(page)
    done = await operator.post("/operations/resume", data={"key": CELL.key})
    assert done.headers["location"] == "/operations?resumed=2"
    assert "It goes on: 2 events were handled" in main(await operator.get(done.headers["location"]))
    assert await house.state(application) == "offered"
    [row] = await house.audited("events.resume")
    assert (row.actor, row.subject) == (str(house.accounts["operator"]), CELL.key)
    again = await operator.post("/operations/resume", data={"key": CELL.key})
    assert again.status_code == 409
    assert "is not stopped any more" in errors(again)


async def test_what_fails_again_stays_stopped_with_its_reason_and_what_is_before_it_is_done(house: House) -> None:
    fine, wrong = await house.reach(State.APPROVED), await house.reach(State.SUBMITTED)
    await stop(house, encode(house.world.offered(fine, 1)))
    await stop(house, encode(house.world.taken(wrong, 1)))
    operator = await house.browser("operator")
    refused = await operator.post("/operations/resume", data={"key": CELL.key})
    assert refused.status_code == 409
    assert "stays stopped: an event of it failed" in errors(refused) and "1 event before it was handled." in errors(refused)
    again = errors(await operator.post("/operations/resume", data={"key": CELL.key}))
    assert "stays stopped: its first event failed again" in again and "Nothing of it was done." in again
    assert await house.state(fine) == "offered"
    assert await house.state(wrong) == "submitted", "nothing of the one that failed was done"
    [row] = await house.audited("events.resume")
    assert row.detail == {"events": 1}
    [left] = await house.front.db.run(parking.listing)
    assert left.type == "puente.place.taken.v1" and left.reason_code == "handler_failed"


async def test_an_event_is_dropped_only_with_a_reason_that_stays_in_the_audit(house: House) -> None:
    await stop(house, b"no event at all", code="malformed")
    operator = await house.browser("operator")
    [row] = await house.world.rows("select id from parked_event")
    page = await operator.get("/operations")
    assert "It cannot be read" in main(page)
    cannot = await operator.post("/operations/resume", data={"key": CELL.key})
    assert cannot.status_code == 409
    assert "drop it with a reason" in errors(cannot)
    silent = await operator.post("/operations/drop", data={"event": str(row.id), "reason": "  "})
    assert silent.status_code == 422
    assert "Write why event" in errors(silent)
    done = await operator.post("/operations/drop", data={"event": str(row.id), "reason": "sent by a test rig"})
    assert done.headers["location"] == "/operations?dropped=1"
    [entry] = await house.audited("events.drop")
    assert entry.detail["reason"] == "sent by a test rig"
    assert (await operator.post("/operations/drop", data={"event": str(row.id), "reason": "again"})).status_code == 409
    assert (await operator.post("/operations/drop", data={"event": "x", "reason": "again"})).status_code == 422
    assert (await operator.post("/operations/resume", data={"key": CELL.key})).status_code == 303


async def test_a_key_that_waits_says_for_what(house: House) -> None:
    await stop(house, b"{}", code="waits", waits_for="programme:training", key="training:PE:2016")
    operator = await house.browser("operator")
    said = main(await operator.get("/operations"))
    assert "Waits for programme:training, and goes on by itself once that is known" in said


async def test_a_key_that_the_database_did_not_finish_says_that_it_comes_again(house: House) -> None:
    """Resumed by hand it says the same where the database does not finish it then either."""
    application = await house.reach(State.APPROVED)
    await stop(house, encode(house.world.waiting(application, 1)), code="unfinished", waits_for=parking.AGAIN)
    operator = await house.browser("operator")
    said = main(await operator.get("/operations"))
    assert "The database did not finish it" in said and "It is tried again by itself within a few minutes." in said
    for statement in (
        "create function full_disk() returns trigger language plpgsql as $f$ begin raise exception 'full' using errcode = '53100'; end $f$",
        "create trigger full_disk before update on application execute function full_disk()",
    ):
        await house.front.db.run(lambda tx, s=statement: tx.execute(text(s)))  # type: ignore[misc]
    answer = await operator.post("/operations/resume", data={"key": CELL.key})
    assert answer.status_code == 409
    assert "stays stopped: the database did not finish an event of it. It is tried again by itself within a few minutes." in errors(answer)
