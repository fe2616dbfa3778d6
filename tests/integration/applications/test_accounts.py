"""Signing in and out, on the real application and a real database."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from services.applications.accounts import people
from services.applications.accounts.people import Refused
from shared.kernel.clock import ManualClock
from shared.web.identity import IDENTITY_COOKIE, IdentityVerifier
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, attempt_of, opened, words
from tests.integration.applications.people import with_the_plan


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def test_a_code_lets_in_and_makes_an_account(front: Front) -> None:
    async with front.browser("pt") as browser:
        assert (await browser.get("/account")).headers["location"] == "/sign-in?return=%2Faccount"
        asked = await browser.post("/sign-in", data={"email": " Ana@example.org ", "return": "/account"})
        assert asked.status_code == 303
        page = await browser.get(asked.headers["location"])
        assert "Ana@example.org" in words(page)
        mail = front.mail()
        assert mail.recipients == ("ana@example.org",)
        assert mail.language == "pt"
        assert front.code() not in mail.subject
        entered = await browser.post(
            "/sign-in/code", data={"attempt": attempt_of(asked), "code": f" {front.code()[:3]} {front.code()[3:]} "}
        )
        assert (entered.status_code, entered.headers["location"]) == (303, "/account")
        assert (await browser.get("/account")).status_code == 200
    row = (await front.db.run(lambda tx: tx.execute(text("select email, role, language from account")))).one()
    assert tuple(row) == ("Ana@example.org", "applicant", "pt")


async def test_the_same_account_whatever_the_case_of_its_letters(front: Front) -> None:
    for email in ("ana@example.org", "ANA@example.org"):
        async with front.browser() as browser:
            assert (await front.sign_in(browser, email)).status_code == 303
    assert (await front.db.run(lambda tx: tx.execute(text("select count(*) from account")))).scalar_one() == 1


async def test_a_scanner_that_opens_the_link_does_not_use_it_up(front: Front) -> None:
    async with front.browser() as browser, front.browser() as scanner:
        await browser.post("/sign-in", data={"email": "ana@example.org", "return": "/account?x=1"})
        link = front.link()
        for _ in range(3):
            page = await scanner.get(link)
            assert page.status_code == 200
            assert "ana@example.org" in words(page)
        assert (await scanner.get("/account")).status_code == 303
        used = await browser.post(link)
        assert (used.status_code, used.headers["location"]) == (303, "/account?x=1")
        assert (await browser.get("/account")).status_code == 200
        assert (await scanner.post(link)).status_code == 410
        assert (await scanner.get(link)).status_code == 410
        # The code of the same letter went with the link.
        late = await scanner.post("/sign-in/code", data={"attempt": attempt_of(await _asked(front)), "code": "000000"})
        assert late.status_code == 422


async def _asked(front: Front):  # type: ignore[no-untyped-def]
    async with front.browser() as other:
        return await other.post("/sign-in", data={"email": "other@example.org"})


def hidden_in(page: httpx2.Response) -> dict[str, str]:
    """What the form of a refused code carries along."""
    return dict(re.findall(r'<input type="hidden" name="(attempt|outcome)" value="([^"]*)"', page.text))


async def test_five_wrong_codes_make_the_right_one_worthless(front: Front) -> None:
    async with front.browser() as browser:
        asked = await browser.post("/sign-in", data={"email": "ana@example.org"})
        right = front.code()
        wrong = "111111" if right != "111111" else "222222"
        answers = [await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": wrong}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [422] * 5
        assert "not the code" in words(answers[0])
        other = await browser.post(f"/sign-in/code?attempt={attempt_of(asked)}&switch=es", data={**hidden_in(answers[0]), "code": ""})
        assert other.status_code == 200 and "Ese no es el código" in words(other), "what was wrong, and not that nothing was typed"
        assert "Too many wrong codes" in words(answers[4])
        last = await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": right})
        assert last.status_code == 422
        assert "Abra el enlace del mensaje" in words(last)
        spent = await browser.post(f"/sign-in/code?attempt={attempt_of(asked)}&switch=es", data=hidden_in(last))
        assert spent.status_code == 200 and "Se introdujeron demasiados códigos" in words(spent) and 'name="code"' not in spent.text


async def test_a_code_is_too_old_after_a_quarter_of_an_hour(front: Front) -> None:
    async with front.browser() as browser:
        asked = await browser.post("/sign-in", data={"email": "ana@example.org"})
        front.clock.move(timedelta(minutes=15))
        late = await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": front.code()})
        assert late.status_code == 422
        assert "too old" in words(late)


async def test_a_new_code_is_not_the_end_of_the_old_one_but_a_sign_in_is(front: Front) -> None:
    async with front.browser() as browser:
        first = await browser.post("/sign-in", data={"email": "ana@example.org"})
        first_code = front.code()
        second = await browser.post("/sign-in", data={"email": "ana@example.org"})
        entered = await browser.post("/sign-in/code", data={"attempt": attempt_of(first), "code": first_code})
        assert entered.status_code == 303
        again = await browser.post("/sign-in/code", data={"attempt": attempt_of(second), "code": front.code()})
        assert again.status_code == 422
        assert "already used" in words(again)


async def test_what_is_no_address_is_shown_again_as_typed(front: Front) -> None:
    async with front.browser() as browser:
        page = await browser.post("/sign-in", data={"email": "ana at example.org", "return": "/account"})
        assert page.status_code == 422
        assert 'value="ana at example.org"' in page.text
        assert 'value="/account"' in page.text
        assert "<title>Error:" in page.text
        assert "govuk-error-summary" in page.text
        assert not len(front.sink)


async def test_the_answer_is_the_same_for_known_unknown_and_closed_addresses(front: Front) -> None:
    account = await front.db.run(lambda tx: people.add_staff(tx, email="officer@example.org", role="officer", now=front.clock.now()))
    closed = await front.db.run(lambda tx: people.add_staff(tx, email="closed@example.org", role="auditor", now=front.clock.now()))
    assert isinstance(account, UUID)
    assert isinstance(closed, UUID)
    await front.db.run(lambda tx: people.disable(tx, account=closed, actor="system", now=front.clock.now()))
    async with front.browser() as browser:
        answers = []
        for email in ("officer@example.org", "nobody@example.org", "closed@example.org"):
            asked = await browser.post("/sign-in", data={"email": email})
            page = await browser.get(asked.headers["location"])
            answers.append((asked.status_code, words(page).replace(email, "...")))
        assert answers[0] == answers[1] == answers[2]
    assert "closed" in front.mail("closed@").subject
    assert "/sign-in/link/" not in front.mail("closed@").text


async def test_too_many_requests_for_one_address_wait(front: Front) -> None:
    async with front.browser() as browser:
        for _ in range(5):
            assert (await browser.post("/sign-in", data={"email": "ana@example.org"})).status_code == 303
        refused = await browser.post("/sign-in", data={"email": "ANA@example.org"})
        assert refused.status_code == 429
        assert "Several messages were sent" in words(refused)
        assert len(front.sink) == 5
        assert (await browser.post("/sign-in", data={"email": "ben@example.org"})).status_code == 303
        front.clock.move(timedelta(minutes=15))
        assert (await browser.post("/sign-in", data={"email": "ana@example.org"})).status_code == 303


async def test_too_many_requests_from_one_place_wait(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> None:
    url = await new_database("applications")
    few = opened(url, clock, tmp_path, codes_asked_per_address=3, codes_tried_per_address=2)
    async with few as front, front.browser() as browser:
        statuses = [(await browser.post("/sign-in", data={"email": f"p{n}@example.org"})).status_code for n in range(4)]
        assert statuses == [303, 303, 303, 429]
        clock.move(timedelta(minutes=15))
        asked = await browser.post("/sign-in", data={"email": "ana@example.org"})
        right = front.code()
        wrong = "111111" if right != "111111" else "222222"
        for _ in range(2):
            await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": wrong})
        assert (await browser.post("/sign-in/code", data={"attempt": attempt_of(asked), "code": right})).status_code == 422


async def test_a_mail_server_that_is_away_is_said_and_costs_nothing(front: Front) -> None:
    await front.sink.stop()
    async with front.browser() as browser:
        for _ in range(7):
            page = await browser.post("/sign-in", data={"email": "ana@example.org", "return": "/account"})
            assert page.status_code == 503
            assert "mail server does not answer" in words(page)
            assert 'value="ana@example.org"' in page.text
        await front.sink.start()
        assert (await front.sign_in(browser, "ana@example.org")).headers["location"] == "/account"


async def test_signing_out_ends_the_identity_and_the_session(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        kept = dict(browser.cookies)
        out = await browser.post("/sign-out")
        assert out.status_code == 303
        assert not dict(browser.cookies)
        async with front.browser() as thief:
            thief.cookies.update({"puente_session": kept["puente_session"]})
            assert (await thief.get("/account")).status_code == 303
            for stolen in (kept, {IDENTITY_COOKIE: kept[IDENTITY_COOKIE]}):
                thief.cookies.clear()
                thief.cookies.update(stolen)
                for path in ("/account", "/applications"):
                    assert (await thief.get(path)).headers["location"].startswith("/sign-in"), "at once, with all cookies or the identity"
                thief.cookies.update(stolen)
                wrote = await thief.post("/account", data={"name": "Eva", "language": "en", "timezone": "UTC"})
                assert wrote.headers["location"].startswith("/sign-in")
    verifier = IdentityVerifier.from_folder(front.settings.keys_folder)
    front.clock.move(timedelta(minutes=5))
    with pytest.raises(Exception, match="expired"):
        verifier.verify(kept[IDENTITY_COOKIE], front.clock.now())


async def test_signing_out_everywhere_ends_every_browser(front: Front) -> None:
    async with front.browser() as one, front.browser() as two:
        await front.sign_in(one, "ana@example.org")
        await front.sign_in(two, "ana@example.org")
        await one.post("/sign-out", data={"everywhere": "yes"})
        left = await two.get("/account")
        assert left.headers["location"] == "/sign-in?return=%2Faccount", "at once"
        assert IDENTITY_COOKIE not in two.cookies, "the other services hear of it with the next page"


async def test_a_session_ends_by_idleness_and_at_the_latest_after_half_a_day(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        for _ in range(7):
            front.clock.move(timedelta(minutes=100))
            assert (await browser.get("/account")).status_code == 200
        front.clock.move(timedelta(minutes=21))
        assert (await browser.get("/account")).status_code == 303
        await front.sign_in(browser, "ana@example.org")
        front.clock.move(timedelta(hours=2))
        assert (await browser.get("/account")).status_code == 303


async def test_a_changed_role_bites_within_a_minute(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ben@example.org")
        made = await front.db.run(
            lambda tx: people.add_staff(tx, email="ben@example.org", role="coordinator", country="PE", now=front.clock.now())
        )
        assert isinstance(made, UUID)
        front.clock.move(timedelta(seconds=60))
        page = await browser.get("/account")
        assert "Coordinator · PE" in words(page)
        assert '<option value="America/Lima" selected>' in page.text, "the country's, whatever the language"
        await front.db.run(lambda tx: people.disable(tx, account=made, actor="system", now=front.clock.now()))
        front.clock.move(timedelta(seconds=60))
        assert (await browser.get("/account")).status_code == 303
    done = text("select act from audit_entry where act like 'account.%' order by at, id")
    acts = (await front.db.run(lambda tx: tx.execute(done))).scalars().all()
    assert acts == ["account.made_staff", "account.disabled"]


async def test_another_service_gets_a_fresh_identity_and_the_form_on_its_way(front: Front) -> None:
    async with front.browser() as browser:
        assert (await browser.get("/identity?return=/quotas/x%3Fa%3D1")).headers["location"] == "/sign-in?return=%2Fquotas%2Fx%3Fa%3D1"
        await front.sign_in(browser, "ana@example.org")
        old = browser.cookies[IDENTITY_COOKIE]
        front.clock.move(timedelta(minutes=6))
        renewed = await browser.get("/identity?return=/quotas/x%3Fa%3D1")
        assert (renewed.status_code, renewed.headers["location"]) == (303, "/quotas/x?a=1")
        assert browser.cookies[IDENTITY_COOKIE] != old
        front.clock.move(timedelta(minutes=6))
        posted = await browser.post("/identity?return=/quotas/x", data={"kept": "yes"})
        assert (posted.status_code, posted.headers["location"]) == (307, "/quotas/x")


async def test_cookies_are_locked_to_the_host_where_people_come_by_https(
    new_database: NewDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    url = await new_database("applications")
    async with opened(url, clock, tmp_path, public_url="https://puente.example.org") as front, front.browser() as browser:
        welcome = await front.sign_in(browser, "ana@example.org")
        cookies = welcome.headers.get_list("set-cookie")
        session = next(cookie for cookie in cookies if cookie.startswith("__Host-puente_session="))
        for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
            assert flag in session
        assert "Domain" not in session
        front.clock.move(timedelta(minutes=2))
        renewed = (await browser.get("/account")).headers["set-cookie"]
        assert renewed.startswith(f"{IDENTITY_COOKIE}=")
        assert "Secure" in renewed
        assert "HttpOnly" in renewed


async def test_staff_needs_a_role_that_exists_and_a_coordinator_a_country(front: Front) -> None:
    now = front.clock.now()
    assert await front.db.run(lambda tx: people.add_staff(tx, email="a@example.org", role="king", now=now)) == Refused("unknown_role")
    assert await front.db.run(lambda tx: people.add_staff(tx, email="a@example.org", role="coordinator", now=now)) == Refused(
        "country_needed"
    )
    assert (await front.db.run(people.staff)) == []


async def test_what_is_over_is_cleaned_away_and_nothing_else(front: Front) -> None:
    async with front.browser() as browser:
        await front.sign_in(browser, "ana@example.org")
        now = front.clock.move(timedelta(days=1))
        await front.sign_in(browser, "ana@example.org")
        removed = await front.db.run(lambda tx: people.clean(tx, before=now - timedelta(hours=1), now=now))
        assert removed == 2
        assert await front.db.run(lambda tx: people.clean(tx, before=now - timedelta(hours=1), now=now)) == 0
        assert (await browser.get("/account")).status_code == 200
