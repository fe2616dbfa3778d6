"""What one sees and can do without an account: programmes in one's own time, the quick check, whom to ask, and the form's first page."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import PROGRAMME, good_form, with_the_plan
from tests.integration.applications.staff_pages import errors, main

CHECK = f"/programmes/{PROGRAMME}/check"


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def answers_to(browser: httpx2.AsyncClient, **changed: str) -> httpx2.Response:
    """The quick check with the answers of somebody eligible from Peru, but for what is changed."""
    known = {name: value for fields in good_form().values() for name, value in fields.items()}
    page = await browser.get(CHECK)
    asked = set(re.findall(r'name="([^"]+)"', page.text)) & set(known)
    typed = {**{name: known[name] for name in asked}, "country": "PE", **changed}
    answered = await browser.post(CHECK, data=typed)
    assert (answered.status_code, answered.headers["location"]) == (303, f"{CHECK}?answered=1"), "no answer is in the address"
    return await browser.get(f"{CHECK}?answered=1")


async def test_moments_are_in_the_chosen_countrys_time_and_in_beijings(front: Front) -> None:
    async with front.browser() as browser:
        first = await browser.get("/?country=HT")
        assert "(Port-au-Prince)" in words(first)
        assert "(Beijing)" in words(first)
        assert "Haiti Takes part" in words(first)
        # Kept in the browser for the pages that follow.
        assert "(Port-au-Prince)" in words(await browser.get(f"/programmes/{PROGRAMME}"))
        assert "focal-point.ht@example.org" in words(await browser.get("/"))
        assert "(Santiago)" in words(await browser.get("/?country=CL"))
        assert "(Santiago)" in words(await browser.get("/"))
        # What is no country chooses nothing.
        nowhere = words(await browser.get("/?country=%3Cb%3E", headers={"Cookie": "", "Accept-Language": "es"}))
        assert "(UTC)" in nowhere and "(Pekín)" in nowhere and "Elija su país" in nowhere, "a language says no zone"
        in_china = await browser.get("/?country=CN")
        assert "Each moment is shown in Beijing time" in words(in_china)


async def test_a_programme_says_what_one_gets_who_takes_part_how_long_and_in_which_languages(front: Front) -> None:
    async with front.browser() as browser:
        page = words(await browser.get(f"/programmes/{PROGRAMME}?country=PE"))
        courses = words(await browser.get("/programmes/training"))
    assert "The courses of 2016" in courses and "The courses of" not in page
    assert "You can name up to 3 courses, in your order of preference." in courses
    said = "Digital government 2 January 2017 – 14 January 2017 Seats: 160 At most from each country: 10 Taught in: Spanish, English,"
    assert said in courses
    for said in (
        "What you get",
        "A monthly allowance to live on",
        "33 countries take part",
        "Peru Takes part",
        "minutes, with your documents at hand",
        "Español , Português , English , Français , 中文 , Nederlands",
        "You can begin without an account",
        "up to",
    ):
        assert said in page, said
    stages = ["With your application", "After a place is offered to you"]
    assert all(stage in page for stage in stages if stage in page)


async def test_the_check_says_why_not_what_else_and_when_again(front: Front) -> None:
    async with front.browser() as browser:
        fine = await answers_to(browser)
        assert "With these answers you may apply" in main(fine)
        assert f"/programmes/{PROGRAMME}/start" in fine.text
        old = await answers_to(browser, **{"birth_date-year": "1975"})
        assert "With these answers you cannot apply" in main(old)
        reasons = re.search(r'role="status">.*?<ul[^>]*>(.*?)</ul>', old.text, re.DOTALL)
        assert reasons and "<li>" in reasons[1]
        assert "The next call opens" in main(old)
        assert "These programmes may be for you" in main(old)
        assert not re.search(r'(?:href|action)="[^"]*1975', old.text)
        (there,) = [unescape(one) for one in re.findall(r'href="(/programmes/training/check\?[^"]+)"', old.text)]
        prefilled = await browser.get(there)
        assert prefilled.status_code == 200
        assert 'value="1975"' in prefilled.text
        assert errors(prefilled) == "" and "apply" not in main(prefilled).split("or until you sign out")[1], "nothing is judged yet"
        spanish = await browser.get(f"{CHECK}?answered=1&lang=es")
        assert "Con estas respuestas no puede" in main(spanish), "loaded again, and in another language"


async def test_the_check_is_empty_at_its_own_address_and_where_no_answer_is_left(front: Front) -> None:
    async with front.browser() as browser:
        await answers_to(browser, **{"birth_date-year": "1975"})
        plain = await browser.get(CHECK)
        assert 'value="1975"' not in plain.text and "With these answers" not in main(plain)
        old = await browser.get(CHECK, params={"birth_date-year": "1975", "country": "PE", "checked": "yes"})
        assert 'value="1975"' not in old.text and "With these answers" not in main(old), "an address with answers is of before"
        for left in ("", "%%%", "AAAA", "w6k9"):
            async with front.browser() as other:
                gone = await other.get(f"{CHECK}?answered=1", headers={"cookie": f"puente_check={left}"} if left else {})
                assert gone.status_code == 200 and "Your answers are no longer kept here" in main(gone), left
        wrong = await browser.post(CHECK, data={"country": "", "birth_date-year": "75"})
        assert wrong.status_code == 422
        assert "Choose the country of your nationality" in errors(wrong) and 'value="75"' in wrong.text


async def test_answers_too_long_to_be_kept_are_judged_at_once_and_older_ones_are_not_taken_for_them(front: Front) -> None:
    async with front.browser() as browser:
        await answers_to(browser, **{"birth_date-year": "1975"})
        page = await browser.get(CHECK)
        assert "and your country for a year" in main(page), "it is remembered for longer than the answers"
        asked = set(re.findall(r'name="([^"]+)"', page.text))
        known = {name: value for fields in good_form().values() for name, value in fields.items() if name in asked}
        padded = {**known, "country": "PE", "birth_date-day": known["birth_date-day"] + " " * 4000}
        here = await browser.post(CHECK, data=padded)
        assert here.status_code == 200 and "With these answers you may apply" in main(here)
        assert "Your answers are no longer kept here" in main(await browser.get(f"{CHECK}?answered=1"))


async def test_the_check_before_the_call_says_when_it_opens(front: Front) -> None:
    front.clock.move_to(datetime(2015, 10, 1, tzinfo=UTC))
    async with front.browser() as browser:
        page = await answers_to(browser)
        assert "The call is not open yet. It opens:" in main(page)
        assert f"/programmes/{PROGRAMME}/start" not in page.text


async def test_a_check_leaves_nothing_on_the_server(front: Front) -> None:
    async with front.browser() as browser:
        before = await _rows(front)
        await answers_to(browser)
        assert await _rows(front) == before


async def test_help_is_on_every_page_and_names_the_focal_point_of_ones_country(front: Front) -> None:
    async with front.browser() as browser:
        page = await browser.get("/help?country=BB")
        assert main(page).index("focal-point.bb@example.org") < main(page).index("focal-point.ag@example.org")
        assert 'href="tel:+12465550100"' in page.text
        assert page.text.count("mailto:focal-point.") >= 34
        await front.sign_in(browser, "ana@example.org")
        started = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "PE"})
        path = started.headers["location"].removesuffix("/tasks")
        for one in ("tasks", "pages/identity", "pages/education", "pages/education/entries/new", "withdraw"):
            assert "focal-point.pe@example.org · +51 1 555 0100" in words(await browser.get(f"{path}/{one}")), one


async def test_an_error_page_has_a_number_that_is_in_the_logs(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    async with front.browser() as browser:
        page = await browser.get("/programmes/nothing")
        assert page.status_code == 404
        number = re.search(r'<code class="app-code">([^<]+)</code>', page.text)
        assert number, words(page)
    line = next(line for line in capsys.readouterr().err.splitlines() if number[1] in line)
    assert "status=404" in line
    assert "/programmes/{code}" in line


async def test_the_first_page_is_answered_by_a_stranger_and_saved_by_signing_in(front: Front) -> None:
    typed = good_form()["identity"]
    async with front.browser() as browser:
        await answers_to(browser)
        start = await browser.get(f"/programmes/{PROGRAMME}/start")
        assert "You need no account to begin" in words(start)
        sent = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "PE"})
        first = sent.headers["location"]
        assert first == f"/programmes/{PROGRAMME}/begin?country=PE"
        wrong = await browser.post(first, data={**typed, "birth_date-day": "31", "birth_date-month": "2"})
        assert wrong.status_code == 422
        assert errors(wrong)
        assert 'value="31"' in wrong.text
        kept = await browser.post(first, data=typed)
        assert kept.headers["location"] == "/sign-in?return=%2Fkept"
        await front.sign_in(browser, "ana@example.org", back="/kept")
        page = await browser.get("/kept")
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
        saved = await browser.post(first, data={name: unescape(value) for name, value in fields.items()})
        assert saved.headers["location"].endswith("/tasks")
        tasks = await browser.get(saved.headers["location"])
        assert "Completed" in words(tasks)
        page = await browser.get(saved.headers["location"].replace("/tasks", "/pages/identity"))
        assert f'value="{typed["full_name"]}"' in page.text
        studies = await browser.get(saved.headers["location"].replace("/tasks", "/pages/studies"))
        assert CHECKED in words(studies), "the check has stayed over the sign-in that the form itself asked for"
        # Once begun, the same address leads to what was begun.
        again = await browser.get(first)
        assert again.headers["location"] == f"/programmes/{PROGRAMME}/start"
        assert (await browser.get(again.headers["location"])).headers["location"].startswith("/applications/")


CHECKED = "Filled in from the check whether you may apply"


async def test_what_the_check_was_told_begins_the_form_and_counts_once_it_is_saved(front: Front) -> None:
    typed = good_form()["identity"]
    begin = f"/programmes/{PROGRAMME}/begin?country=PE"
    async with front.browser() as browser:
        assert CHECKED not in words(await browser.get(begin))
        await answers_to(browser, **{"birth_date-year": "1989"})
        first = await browser.get(begin)
        assert 'value="1989"' in first.text and CHECKED in words(first)
        wrong = await browser.post(begin, data={**typed, "birth_date-year": "89"})
        assert 'value="89"' in wrong.text and "1989" not in wrong.text and CHECKED not in words(wrong), "what was typed counts more"
        assert CHECKED not in words(await browser.get("/programmes/training/begin?country=PE")), "of the same programme only"

        await front.sign_in(browser, "ana@example.org", back=f"/programmes/{PROGRAMME}/start")
        started = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "PE"})
        assert "puente_check=" in started.headers["set-cookie"] and "Max-Age=3600" in started.headers["set-cookie"]
        path = started.headers["location"].removesuffix("/tasks")
        assert (await _rows(front))["page_answers"] == 0, "offered, and not an answer before one continues"
        identity, studies = await browser.get(f"{path}/pages/identity"), await browser.get(f"{path}/pages/studies")
        assert 'value="1989"' in identity.text and CHECKED in words(identity)
        assert f'value="{good_form()["studies"]["level"]}" checked' in studies.text and CHECKED in words(studies)
        assert CHECKED not in words(await browser.get(f"{path}/pages/contact")), "nothing of it is asked there"
        assert (await browser.post(f"{path}/pages/identity", data={**typed, "_version": "0"})).status_code == 303
        saved = await browser.get(f"{path}/pages/identity")
        assert 'value="1989"' not in saved.text and CHECKED not in words(saved), "what was saved counts"

        await browser.post("/sign-out")
        await front.sign_in(browser, "ana@example.org")
        assert CHECKED not in words(await browser.get(f"{path}/pages/studies")), "gone with whoever signed out"


async def test_what_the_check_was_told_is_not_offered_to_the_next_at_the_same_computer(front: Front) -> None:
    start = f"/programmes/{PROGRAMME}/start"
    async with front.browser() as browser:
        await answers_to(browser, **{"birth_date-year": "1989"})
        await front.sign_in(browser, "ana@example.org", back=start)
        hers = (await browser.post(start, data={"country": "PE"})).headers["location"].removesuffix("/tasks")
        assert CHECKED in words(await browser.get(f"{hers}/pages/identity"))
        await front.sign_in(browser, "bea@example.org", back=start)  # without a sign-out
        begun = await browser.post(start, data={"country": "PE"})
        assert "puente_check=" not in begun.headers.get("set-cookie", ""), "another's check lives no longer for it"
        other = begun.headers["location"].removesuffix("/tasks")
        assert other != hers
        identity = await browser.get(f"{other}/pages/identity")
        assert 'value="1989"' not in identity.text and CHECKED not in words(identity)

        await answers_to(browser, **{"birth_date-year": "1991"})
        await front.sign_in(browser, "carla@example.org")  # to anything but the programme
        assert CHECKED not in words(await browser.get(start)) and "puente_check" not in browser.cookies


async def test_the_check_answers_no_declaration(front: Front) -> None:
    async with front.browser() as browser:
        await answers_to(browser)
        await front.sign_in(browser, "ana@example.org", back=f"/programmes/{PROGRAMME}/start")
        path = (await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "PE"})).headers["location"].removesuffix("/tasks")
        pages = {key: await browser.get(f"{path}/pages/{key}") for key in good_form()}
        asked = {key: re.findall(r'<input[^>]* type="radio"[^>]*value="(?:yes|no)"[^>]*>', page.text) for key, page in pages.items()}
        assert any(asked.values())
        assert not [one for found in asked.values() for one in found if " checked" in one]
        told = "Answer it once more here, where it counts: Do you also hold Chinese nationality?"
        assert [key for key, page in pages.items() if told in words(page)] == ["declaration"]


async def test_an_address_is_asked_for_in_one_language_however_often_one_changes_it(front: Front) -> None:
    begin = f"/programmes/{PROGRAMME}/begin?country=PE"
    async with front.browser() as browser:
        address, typed = begin, {"full_name": "Ana Ñusta"}
        for language in ("es", "fr", "nl"):
            page = await browser.post(f"{address}&switch={language}", data=typed)
            found = re.search(r'<form[^>]* action="([^"]*)" id="typed-form"', page.text)
            assert found, page.text
            address = unescape(found[1])
            assert page.status_code == 200 and "Ana Ñusta" in page.text
            assert address == begin
        opened_so = await browser.get(f"{begin}&lang=es&lang=fr")
        assert f'action="{begin}"' in opened_so.text
        assert all(unescape(one).count("lang=") == 1 for one in re.findall(r'href="([^"]*lang=[^"]*)"', opened_so.text))


async def test_whom_a_country_cannot_put_forward_is_told_why_and_what_there_is_instead(front: Front) -> None:
    said = "This country does not take part in this programme (China)"
    where = [f"/programmes/{PROGRAMME}", f"/programmes/{PROGRAMME}/start", CHECK]
    async with front.browser() as browser:
        for path in where:
            page = await browser.get(f"{path}?country=CN")
            assert said in words(page), path
            assert "It is for people with the nationality of one of these: CELAC countries." in words(page)
            assert "focal-point.cn@example.org" in words(page), "whom to ask"
            instead = page.text.split('id="away"')[1].split("</div>")[0]
            assert 'href="/programmes/bridge"' in instead and "/programmes/training" not in instead, "where China takes part"
            assert said not in words(await browser.get(f"{path}?country=PE")), path
        listed = re.findall(r'app-card__title"><a class="govuk-link" href="/programmes/(\w+)"', (await browser.get("/?country=CN")).text)
        assert listed[0] == "bridge" and len(listed) > 3, "where China takes part comes first"
        offered = await browser.get(f"/programmes/{PROGRAMME}?country=CN")
        assert "Apply now" not in words(offered) and "Apply now" in words(await browser.get(f"/programmes/{PROGRAMME}?country=PE"))
        assert said not in words(await browser.get("/programmes/bridge?country=CN"))
        tried = await browser.post(f"/programmes/{PROGRAMME}/start", data={"country": "CN"})
        assert tried.status_code == 422 and said in words(tried)
        answered = await browser.post(CHECK, data={"country": "CN"})
        assert answered.status_code == 422 and said in words(answered)


async def test_who_is_staff_is_refused_and_a_closed_call_leads_to_its_programme(front: Front) -> None:
    async with front.browser() as browser:
        assert (await browser.get(f"/programmes/{PROGRAMME}/begin?country=XX")).status_code == 303
        assert (await browser.post(f"/programmes/{PROGRAMME}/begin?country=XX", data={"a": "b"})).status_code == 303
        front.clock.move(timedelta(days=60))
        assert (await browser.get(f"/programmes/{PROGRAMME}/begin?country=PE")).headers["location"].endswith("/start")
        assert (await browser.get(f"/programmes/{PROGRAMME}/start")).headers["location"] == f"/programmes/{PROGRAMME}"


async def _rows(front: Front) -> dict[str, int]:
    async def work(tx):  # type: ignore[no-untyped-def]
        names = (await tx.execute(text("select tablename from pg_tables where schemaname = 'public'"))).scalars().all()
        return {name: (await tx.execute(text(f'select count(*) from "{name}"'))).scalar_one() for name in names}

    return await front.db.run(work)
