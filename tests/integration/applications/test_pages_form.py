"""The form's pages: groups entry by entry, questions for some only, and two windows at once."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from services.applications import use_cases
from services.applications.domain.answers import Page
from services.applications.plan import Plan
from services.applications.use_cases.plans import Loaded
from shared.kernel.clock import ManualClock
from tests.conftest import NewDatabase
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import PROGRAMME, good_form, the_plan, with_the_plan
from tests.integration.applications.test_pages_applicant import begun, filled, hidden
from tests.integration.quotas.statements import statements

SCHOOL = {"institution": "Colegio Nº 3", "subject": "Ciencias", "from_year": "2001", "finished": "yes", "to_year": "2006"}
CONTACT = {"residence": "PE", "city": "Cusco", "phone": ""}


@pytest.fixture
async def front(new_database: NewDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(await new_database("applications", with_the_plan), clock, tmp_path) as front:
        yield front


async def version_of(browser: httpx2.AsyncClient, page: str) -> str:
    return hidden(await browser.get(page), "_version")


async def test_a_choice_that_may_be_left_open_can_be_taken_back_without_a_script(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/study_plan"
        left = '<input class="govuk-radios__input" id="channel-4" name="channel" type="radio" value=""'
        typed = good_form()["study_plan"]
        new = (await browser.get(page)).text
        assert f"{left}>" in new and ">No, not yet<" in " ".join(new.split()).replace("> ", ">").replace(" <", "<"), "nothing is chosen yet"
        assert "checked" not in new
        assert (await browser.post(page, data={**typed, "channel": "province", "_version": "0"})).status_code == 303
        assert re.search(r'value="province" checked', (await browser.get(page)).text)
        wrong = {**typed, "teaching_language": "", "channel": "", "_version": "1"}
        assert f"{left} checked>" in (await browser.post(page, data=wrong)).text, "shown again as it was pressed"
        assert (await browser.post(page, data={**typed, "channel": "", "_version": "1"})).status_code == 303
        saved = (await browser.get(page)).text
        assert f"{left} checked>" in saved and 'value="province" checked' not in saved
        assert "already agreed to take you? No, not yet Change" in words(await browser.get(page.replace("pages/study_plan", "check")))


async def test_a_group_is_filled_entry_by_entry(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        empty = await browser.post(page, data={"_version": "0"})
        assert empty.status_code == 422
        assert "Add at least one entry to “Where you have studied”" in words(empty)
        wrong = await browser.post(f"{page}/entries/new", data={**SCHOOL, "to_year": "20006", "_version": "0"})
        assert wrong.status_code == 422
        assert "20006" in wrong.text and "Colegio Nº 3" in wrong.text, "all that was typed is there"
        turned = await browser.post(
            f"{page}/entries/new", data={**SCHOOL, "to_year": "2000", "_version": "0", "_kept": hidden(wrong, "_kept")}
        )
        assert "“Year of the end” must be from 2001, the year of the beginning, to 2016" in words(turned)
        for name in ("Colegio Nº 3", "Universidad del Sur"):
            entry = {**SCHOOL, "institution": name, "_version": await version_of(browser, page)}
            added = await browser.post(f"{page}/entries/new", data=entry)
            assert added.headers["location"] == page
        listed = await browser.get(page)
        assert "Year of the beginning 2001 " in words(listed)
        assert words(listed).index("Colegio Nº 3") < words(listed).index("Universidad del Sur")
        changed = {**SCHOOL, "institution": "Colegio Nº 4", "finished": "no", "to_year": "", "_version": await version_of(browser, page)}
        assert (await browser.post(f"{page}/entries/1", data=changed)).status_code == 303
        assert "Colegio Nº 4" in (await browser.get(f"{page}/entries/1")).text
        asked = await browser.get(f"{page}/entries/2/remove")
        assert "Universidad del Sur" in words(asked)
        gone = await browser.post(f"{page}/entries/2/remove", data={"_version": hidden(asked, "_version")})
        assert gone.headers["location"] == page
        assert "Universidad del Sur" not in words(await browser.get(page))
        done = await browser.post(page, data={"_version": await version_of(browser, page)})
        assert done.status_code == 303
        assert "/tasks" in done.headers["location"]


@pytest.mark.parametrize("entry", ["0", "2", "99", "x", "-1", "9" * 40])
async def test_an_entry_that_is_not_there_is_404_and_changes_nothing(front: Front, entry: str) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        await browser.post(f"{page}/entries/new", data=SCHOOL)
        assert (await browser.get(f"{page}/entries/{entry}")).status_code == 404
        assert (await browser.post(f"{page}/entries/{entry}", data=SCHOOL)).status_code == 404
        assert (await browser.post(f"{page}/entries/{entry}/remove")).status_code == 404
        assert (await browser.get(f"{page.replace('education', 'contact')}/entries/new")).status_code == 404
        assert words(await browser.get(page)).count("Colegio Nº 3") == 1


async def test_a_group_takes_no_more_than_it_may(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        for number in range(5):
            await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": f"Colegio {number}"})
        assert "/entries/new" not in (await browser.get(page)).text
        more = await browser.post(f"{page}/entries/new", data=SCHOOL)
        assert more.status_code == 422
        assert "can have 5 entries at most" in words(more)


async def test_a_question_that_hangs_on_an_answer_is_asked_and_counted_with_it(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser, programme="masters")
        page = f"{path}/pages/costs"
        assert "The letter that is needed has not come. It must be here by" in words(await browser.get(f"{path}/tasks"))
        drawn = await browser.get(page)
        assert "Only if you answered “Yes” to “Will your employer pay part of your costs?”" in words(drawn), "also without a script"
        lacking = await browser.post(page, data={"employer_pays": "yes"})
        assert lacking.status_code == 422
        money = {"employer_pays": "yes", "contribution-amount": "12.000,50", "contribution-currency": "BRL"}
        again = await browser.post(page, data={**money, "contribution-amount": "12.345"})
        assert again.status_code == 422 and "can be read in two ways" in words(again), "which is 12 345 in some of the languages"
        assert (await browser.post(page, data=money)).status_code == 303
        assert "BRL 12,000.50" in words(await browser.get(f"{path}/check"))
        assert (await browser.post(page, data={**money, "employer_pays": "no"})).status_code == 303
        assert "BRL" not in words(await browser.get(f"{path}/check")), "it does not count"
        assert "12000.50" in (await browser.get(page)).text, "and is not lost"
        for amount in ("", "plenty"):
            unseen = {"employer_pays": "no", "contribution-amount": amount, "contribution-currency": ""}
            assert (await browser.post(page, data=unseen)).status_code == 303
            assert "12000.50" in (await browser.get(page)).text, "nor by its own field, which nobody sees"


async def test_a_no_to_what_must_be_confirmed_is_told_at_once_in_the_list_of_tasks(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        assert "Cannot be sent like this" not in words(await browser.get(f"{path}/tasks"))
        no = {**good_form()["declaration"], "accurate": "no"}
        assert (await browser.post(f"{path}/pages/declaration", data=no)).status_code == 303
        tasks = words(await browser.get(f"{path}/tasks"))
        assert "You must confirm that your application is true and complete. Cannot be sent like this" in tasks


async def test_an_amount_is_shown_in_its_box_as_the_language_writes_it(front: Front) -> None:
    async with front.browser("pt") as browser:
        page = f"{await begun(front, browser, programme='masters')}/pages/costs"
        await browser.post(page, data={"employer_pays": "yes", "contribution-amount": "1500,5", "contribution-currency": "BRL"})
        again = await browser.get(page)
        assert 'value="1500,50"' in again.text
        typed = {"employer_pays": "yes", "contribution-amount": "1500,50", "contribution-currency": "BRL"}
        assert (await browser.post(page, data={**typed, "_version": "0"})).status_code == 303, "the same amount, the same answer"


def pressed(page: str, language: str, form: dict[str, str]) -> dict[str, Any]:
    """What a browser sends where a page's button of a language is pressed: what it carries, and after that the form below it."""
    [tag] = [one for one in re.findall(r'<button class="app-languages__one"[^>]*>', page) if f'switch={language}"' in one]
    button = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
    fields = [*([(button["name"], button["value"])] if "name" in button else []), *form.items()]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return {"url": unescape(button["formaction"]), "content": urlencode(fields), "headers": headers}


async def test_two_windows_are_shown_to_each_other_and_nothing_is_overwritten(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        first, second = await version_of(browser, page), await version_of(browser, page)
        assert (await browser.post(page, data={**CONTACT, "_version": first})).status_code == 303
        both = await browser.post(page, data={**CONTACT, "city": "Puno", "_version": second})
        assert both.status_code == 409
        assert "Cusco" in words(both) and "Puno" in words(both)
        assert "Cusco" in (await browser.get(page)).text, "nothing was overwritten"
        left = await browser.get(f"{page}?typed=1")
        assert 'value="Puno"' in left.text and hidden(left, "_version") == second, "who leaves without choosing finds it, and both again"
        again = await browser.post(page, data={**CONTACT, "_version": second})
        assert again.status_code == 303, "the same answers sent again, after a lost answer, are saved already"
        chosen = {**CONTACT, "city": hidden(both, "city"), "_version": hidden(both, "_version")}
        switched = await browser.post(**pressed(both.text, "fr", chosen))
        assert switched.status_code == 200 and 'value="Puno"' in switched.text and "Cusco" not in switched.text
        kept = await browser.post(**{**pressed(both.text, "fr", chosen), "url": page})
        assert kept.status_code == 409, "nor is it overwritten where that goes over a sign-in, and is sent as any form after it"
        unseen = await browser.post(page, data={**chosen, "_version": hidden(switched, "_version")})
        assert unseen.status_code == 409 and "Cusco" in words(unseen), "the page in another language did not show what is saved"
        assert (await browser.post(page, data=chosen)).status_code == 303
        assert "Puno" in (await browser.get(page)).text


async def test_two_windows_with_a_list_lose_no_entry(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        await browser.post(f"{page}/entries/new", data={**SCHOOL, "_version": "0"})
        seen = await version_of(browser, page)
        await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": "Universidad del Sur", "_version": seen})
        repeated = await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": "Universidad del Sur", "_version": seen})
        assert repeated.status_code == 303
        assert words(await browser.get(page)).count("Universidad del Sur") == 1, "the same entry, sent twice, is added once"
        better = {**SCHOOL, "institution": "Universidad del Sur, Puno", "_version": seen}
        asked = await browser.post(f"{page}/entries/new", data=better)
        assert asked.status_code == 409 and words(asked).count("Universidad del Sur") == 2, "sent once more, otherwise: one says what it is"
        assert words(await browser.get(page)).count("Universidad del Sur") == 1, "by itself it is not added to a list that has moved on"
        both = await browser.post(f"{page}/entries/1", data={**SCHOOL, "institution": "Otro", "_version": seen})
        assert both.status_code == 409
        assert "Otro" in words(both)
        stale = await browser.post(f"{page}/entries/1/remove", data={"_version": seen})
        assert stale.headers["location"].endswith("stale=1")
        assert words(await browser.get(page)).count("Colegio Nº 3") == 1


async def test_an_entry_that_another_window_removed_is_offered_as_a_new_one(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        for name in ("Colegio Nº 3", "Universidad del Sur"):
            await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": name})
        seen = await version_of(browser, page)
        await browser.post(f"{page}/entries/2/remove", data={"_version": seen})
        entry = {**SCHOOL, "institution": "Universidad del Norte"}
        wrong = await browser.post(f"{page}/entries/2", data={**entry, "to_year": "20006", "_version": seen})
        assert (wrong.status_code, hidden(wrong, "_version")) == (422, seen)
        both = await browser.post(f"{page}/entries/2", data={**entry, "_version": seen})
        assert both.status_code == 409
        assert "Universidad del Norte" in words(both)
        assert f'action="{page}/entries/new"' in both.text
        again = {name: hidden(both, name) for name in (*SCHOOL, "_version")}
        assert (await browser.post(f"{page}/entries/new", data=again)).status_code == 303
        listed = words(await browser.get(page))
        assert [name in listed for name in ("Colegio Nº 3", "Universidad del Sur", "Universidad del Norte")] == [True, False, True]
        late = await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": "Universidad del Sur", "_version": seen})
        assert late.status_code == 409, "what was removed does not come back with an old window"
        gone = await browser.post(f"{page}/entries/3/remove", data={"_version": seen})
        assert gone.headers["location"].endswith("stale=1")
        assert (await browser.post(f"{page}/entries/0", data={**entry, "_version": seen})).status_code == 404


async def test_a_question_page_is_answered_in_three_statements(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        for page, fields in good_form().items():
            url = f"{path}/pages/{page}"
            await browser.get(url)  # the plan is fetched once a process, and the session looked at once a minute
            with statements(front.db) as seen:
                drawn = await browser.get(url)
            assert (drawn.status_code, len(seen)) == (200, len(seen[:3])), seen
            with statements(front.db) as seen:
                saved = await browser.post(url, data={**fields, "_version": hidden(drawn, "_version")})
            assert (saved.status_code, len(seen)) == (303, len(seen[:3])), seen


async def test_nobody_reads_or_keeps_what_somebody_else_types(front: Front) -> None:
    async with front.browser() as ana, front.browser() as eva:
        page = f"{await begun(front, ana)}/pages/study_plan"
        await begun(front, eva, "eva@example.org")
        assert (await eva.post(f"{page}/typed", data={"study_plan": "mine"})).status_code == 404
        assert (await eva.get(page)).status_code == 404
        assert (await eva.post(page, data={"study_plan": "mine"})).status_code == 404
        assert (await eva.get(f"{page.replace('study_plan', 'education')}/entries/new")).status_code == 404


async def test_a_body_of_ten_megabytes_is_refused_with_a_page_that_says_so(front: Front) -> None:
    async with front.browser("es") as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        await browser.post(page, data=CONTACT)
        large = await browser.post(page, data={**CONTACT, "city": "x" * 10_000_000})
        assert large.status_code == 413
        assert 'lang="es"' in large.text
        assert "Cusco" in (await browser.get(page)).text


@pytest.mark.parametrize("city", ["O’Connor", "D'Andre", "Ñ", "王", "\u200f\u05e9\u05dc\u200e", "😀", "<b>x</b>", "{question} %s"])
async def test_what_is_typed_is_stored_and_shown_as_it_was(front: Front, city: str) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        assert (await browser.post(f"{path}/pages/contact", data={**CONTACT, "city": city})).status_code == 303
        assert city in words(await browser.get(f"{path}/check"))


def changed_form(plan: Plan) -> Plan:
    """The plan in a later version, whose scholarships ask for the city in fewer letters."""

    def later(page: Page) -> Page:
        return replace(page, questions=tuple(replace(one, max_length=90) if one.key == "city" else one for one in page.questions))

    programmes = [
        msgspec.structs.replace(one, pages=tuple(map(later, one.pages))) if one.code == PROGRAMME else one for one in plan.programmes
    ]
    return msgspec.structs.replace(plan, version="2", programmes=tuple(programmes))


async def test_a_page_that_a_new_version_changes_is_to_be_looked_at_again(front: Front, clock: ManualClock) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        assert "Look again" not in words(await browser.get(f"{path}/tasks"))
        loaded = await front.db.run(lambda tx: use_cases.load_plan(tx, changed_form(the_plan()), actor="tests", now=clock.now()))
        assert isinstance(loaded, Loaded), loaded
        assert words(await browser.get(f"{path}/tasks")).count("Look again") == 1
        assert "was changed after you answered it" in words(await browser.get(f"{path}/check"))
        page = await browser.get(f"{path}/pages/contact")
        assert "were changed after you answered them" in words(page)
        assert good_form()["contact"]["city"] in page.text, "nothing is dropped"
        await browser.post(f"{path}/pages/contact", data={**good_form()["contact"], "_version": hidden(page, "_version")})
        assert "Look again" not in words(await browser.get(f"{path}/tasks"))


async def test_once_no_letter_is_taken_nobody_more_is_to_be_asked(front: Front, clock: ManualClock) -> None:
    """The letters of this programme come with the application, until the day before its call closes."""
    found = the_plan().programme("masters")
    call = found.call(2016) if found else None
    assert call is not None
    clock.move_to(call.closes - timedelta(hours=6))
    async with front.browser() as browser:
        path = await begun(front, browser, programme="masters")
        tasks = words(await browser.get(f"{path}/tasks"))
    assert "Nobody can be asked any more. Without them your application cannot be sent." in tasks
    assert "more referee" not in tasks
