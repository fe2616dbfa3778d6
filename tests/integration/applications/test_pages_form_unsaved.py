"""What is typed on a page of the form and not saved: kept where the page is refused, offered or shown again, and never an answer."""

import re
from datetime import timedelta

from services.applications.use_cases.unsaved import TYPED_MAX
from tests.integration.applications.front import AGREED, Front, words
from tests.integration.applications.people import good_form
from tests.integration.applications.test_pages_applicant import begun, count, filled, form_key, hidden
from tests.integration.applications.test_pages_form import CONTACT, SCHOOL, front, version_of
from tests.integration.quotas.statements import statements

__all__ = ["front"]

OFFERED = "you had typed something here that was not saved"
REFUSED = "and it could not be saved as it was"
KEPT = "What you typed was kept at"
WRONG = {**CONTACT, "city": "Arequipa", "residence": ""}


async def test_a_page_that_was_refused_is_there_with_its_faults_when_one_comes_back(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        page = f"{path}/pages/contact"
        await browser.get(page)  # the plan is fetched once a process
        browser.event_hooks = {}  # no other language is asked for beside it: the statements are counted
        with statements(front.db) as seen:
            wrong = await browser.post(page, data={**WRONG, "_version": "0", "_kept": ""})
        assert (wrong.status_code, len(seen)) == (422, 3), seen
        assert KEPT in words(wrong)
        fault = "Error: Choose an answer to “Country where you live now”"
        assert fault in words(wrong)
        front.clock.move(timedelta(seconds=30))
        with statements(front.db) as seen:
            again = await browser.get(page)
        assert (again.status_code, len(seen)) == (200, len(seen[:3])), seen
        assert 'value="Arequipa"' in again.text and fault in words(again), "as it was sent, with what is wrong with it"
        assert words(again).count(REFUSED) == 1 and KEPT not in words(again) and OFFERED not in words(again), "one note of it"
        tasks = words(await browser.get(f"{path}/tasks"))
        assert tasks.count("Completed") == 0 and "How to reach you Typed at 04:00, not saved yet Not started" in tasks, "it is no answer"
        assert "Arequipa" not in words(await browser.get(f"{path}/check"))
        front.clock.move(timedelta(days=2))
        await front.sign_in(browser, "ana@example.org")
        again = await browser.get(page)
        assert "You sent this page at 04:00 (" in words(again), "another day is told with its date"
        right = {**CONTACT, "city": "Arequipa", "_version": hidden(again, "_version"), "_kept": hidden(again, "_kept")}
        assert (await browser.post(page, data=right)).status_code == 303
        saved = await browser.get(page)
        assert 'value="Arequipa"' in saved.text and REFUSED not in words(saved) and OFFERED not in words(saved)
        assert hidden(saved, "_kept") == ""


async def test_what_was_refused_can_be_let_go_of_and_an_empty_page_is_not_kept(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        assert (await browser.post(page, data={"city": " ", "_version": "0", "_kept": ""})).status_code == 422
        assert REFUSED not in words(await browser.get(page)), "nothing was typed"
        assert (await browser.post(page, data={**CONTACT, "_version": "0"})).status_code == 303
        await browser.post(page, data={**WRONG, "_version": "1", "_kept": ""})
        again = await browser.get(page)
        assert 'value="Arequipa"' in again.text
        gone = await browser.post(f"{page}/typed?forget=1", data={"_kept": hidden(again, "_kept")})
        assert gone.headers["location"] == page
        saved = await browser.get(page)
        assert 'value="Cusco"' in saved.text and "Arequipa" not in saved.text, "the last good answers stayed"


async def test_one_window_never_replaces_what_another_has_kept(front: Front) -> None:
    """Both were opened when nothing was kept. The second is told of the first one's text, and keeps its own once the person chose it."""
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        fresh = {"_version": "0", "_kept": ""}
        await browser.post(page, data={**WRONG, **fresh})
        front.clock.move(timedelta(minutes=5))
        second = await browser.post(page, data={**WRONG, "city": "Puno", **fresh})
        assert second.status_code == 422
        assert 'value="Puno"' in second.text and OFFERED in words(second) and KEPT not in words(second)
        assert 'value="Arequipa"' in (await browser.get(page)).text, "it was not replaced"
        script = await browser.post(f"{page}/typed", data={**WRONG, "city": "Puno", **fresh})
        assert script.status_code == 412, "nor by what a script keeps"
        assert (await browser.post(f"{page}/typed?forget=1", data={"_kept": ""})).status_code == 303
        assert 'value="Arequipa"' in (await browser.get(page)).text, "nor is it let go of by who did not see it"
        [instead] = re.findall(r'form="typed-form" formaction="([^"]+instead=1)"', second.text)
        chosen = {**WRONG, "city": "Puno", **{name: hidden(second, name) for name in ("_version", "_kept", "_offered")}}
        led = await browser.post(instead, data=chosen)
        assert led.headers["location"] == f"{page}?typed=1"
        shown = await browser.get(led.headers["location"])
        assert 'value="Puno"' in shown.text and OFFERED not in words(shown)
        good = {**CONTACT, "city": "Lima", **fresh}
        assert (await browser.post(page, data=good)).status_code == 303, "a window that knows of neither saves"
        offered = await browser.get(page)
        assert 'value="Lima"' in offered.text and OFFERED in words(offered), "and what it did not know of is offered still"
        older = await browser.get(f"{page}?typed=1")
        late = {**CONTACT, "city": "Puno", **{name: hidden(older, name) for name in ("_version", "_kept")}}
        both = await browser.post(page, data=late)
        assert both.status_code == 409 and "Lima" in words(both) and "Puno" in words(both), "typed before that was saved: both are shown"
        [forget] = re.findall(r'formaction="([^"]+forget=1)"', both.text)
        assert (await browser.post(forget, data={"_kept": hidden(both, "_kept")})).headers["location"] == page
        assert OFFERED not in words(await browser.get(page))


async def test_the_text_that_one_chose_instead_of_another_is_never_lost(front: Front) -> None:
    """It cannot be kept where yet another was kept meanwhile, where it is too long, or the page was saved: it stays on the screen."""
    marks = ("_version", "_kept", "_offered", "_window")
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        mine = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(page), "_window")}
        other = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(page), "_window")}
        assert KEPT in words(await browser.post(page, data={**WRONG, **other}))
        front.clock.move(timedelta(minutes=1))
        offered = await browser.post(page, data={**WRONG, "city": "Puno", **mine})
        [instead] = re.findall(r'form="typed-form" formaction="([^"]+instead=1)"', offered.text)
        stale = {"city": "Puno", **{name: hidden(offered, name) for name in marks}}
        assert KEPT in words(await browser.post(page, data={**WRONG, "city": "Ica", **other})), "the other window goes on"
        front.clock.move(timedelta(minutes=1))
        newer = await browser.post(instead, data={**WRONG, **stale})
        assert newer.status_code == 422 and 'value="Puno"' in newer.text and OFFERED in words(newer)
        right = await browser.post(instead, data={**CONTACT, **stale})
        assert right.status_code == 409 and 'value="Puno"' in right.text and OFFERED in words(right), "without a fault as well"
        switched = await browser.post(f"{page}?switch=en", data={**WRONG, **stale})
        assert 'value="Puno"' in switched.text and hidden(switched, "_kept") == hidden(newer, "_kept") != stale["_kept"], (
            "so it can be chosen"
        )
        endless = await browser.post(instead, data={**WRONG, **stale, "city": "Puno" * (TYPED_MAX // 4 + 1)})
        assert endless.status_code == 422 and 'value="PunoPuno' in endless.text
        chosen = await browser.post(instead, data={**WRONG, "city": "Puno", **{name: hidden(switched, name) for name in marks}})
        assert 'value="Puno"' in (await browser.get(chosen.headers["location"])).text
        assert (await browser.post(page, data={**CONTACT, "city": "Lima", **other})).status_code == 303
        late = await browser.post(instead, data={**WRONG, **stale})
        assert (late.status_code, hidden(late, "_version")) == (422, "0") and 'value="Puno"' in late.text
        both = await browser.post(instead, data={**CONTACT, **stale})
        assert both.status_code == 409 and "Lima" in words(both) and "Puno" in words(both)
        saved = {name: hidden(both, name) for name in ("residence", "city", "_version", "_kept", "_window")}
        assert (await browser.post(page, data={**saved, "phone": ""})).status_code == 303
        assert 'value="Puno"' in (await browser.get(page)).text


async def test_nothing_is_kept_of_a_page_that_is_a_list(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        assert (await browser.post(f"{page}/typed", data={"education-1-institution": "x", "_version": "0"})).status_code == 404
        shown = await browser.get(f"{page}?typed=1")
        assert shown.status_code == 200 and "Nothing is added yet" in words(shown)


async def test_a_window_knows_what_it_kept_itself_though_the_answer_was_lost(front: Front) -> None:
    """The mark of what is kept comes with an answer, which a poor line loses and a frozen phone never reads."""
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/study_plan"
        mine = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(page), "_window")}
        other = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(page), "_window")}
        assert mine["_window"] != other["_window"]
        for text in ("Uno", "Uno, dos", "Uno, dos, tres"):
            kept = await browser.post(f"{page}/typed", data={"study_plan": text, **mine})
            assert kept.status_code == 204, "it is its own text that it replaces"
            front.clock.move(timedelta(seconds=20))
        assert (await browser.post(f"{page}/typed", data={"study_plan": "Otro", **other})).status_code == 412, "another window's it is not"
        assert (await browser.post(f"{page}/typed", data={"study_plan": "Otro", **other, "_window": ""})).status_code == 412, "nor nobody's"
        assert "Uno, dos, tres" in (await browser.get(f"{page}?typed=1")).text
        wrong = await browser.post(page, data={"study_plan": "Uno, dos, tres, cuatro", **mine})
        assert wrong.status_code == 422 and KEPT in words(wrong) and OFFERED not in words(wrong)
        assert hidden(wrong, "_window") == mine["_window"], "the page with faults is the same window"
        switched = await browser.post(f"{page}?switch=en", data={"study_plan": "Uno", **mine})
        assert hidden(switched, "_window") == mine["_window"] and "_offered" not in switched.text, "and so it is in any language"
        assert (await browser.post(page, data={**good_form()["study_plan"], **mine})).status_code == 303
        assert OFFERED not in words(await browser.get(page)), "done with, and not offered as somebody else's"
        right = good_form()["study_plan"]
        both = await browser.post(page, data={**right, "study_plan": right["study_plan"].upper(), **other})
        assert both.status_code == 409 and hidden(both, "_window") == other["_window"]


async def test_who_goes_back_without_a_script_and_corrects_the_page_is_done_with_it(front: Front) -> None:
    """The browser's way back shows the form as it was before it was refused, with what it hides."""
    async with front.browser() as browser:
        path = await begun(front, browser)
        page = f"{path}/pages/contact"
        first = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(page), "_window")}
        assert (await browser.post(page, data={**WRONG, **first})).status_code == 422
        front.clock.move(timedelta(minutes=1))
        second = await browser.post(page, data={**WRONG, "city": "Puno", **first})
        assert second.status_code == 422 and KEPT in words(second) and OFFERED not in words(second), "the newer of the two is kept"
        assert 'value="Puno"' in (await browser.get(page)).text
        assert (await browser.post(page, data={**CONTACT, **first})).status_code == 303
        assert OFFERED not in words(await browser.get(page))
        assert "not saved yet" not in words(await browser.get(f"{path}/tasks"))


async def test_an_entry_that_was_refused_is_there_again(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        new, entry = f"{page}/entries/new", {**SCHOOL, "to_year": "20006", "_kept": ""}
        browser.event_hooks = {}
        with statements(front.db) as seen:
            wrong = await browser.post(new, data={**entry, "_version": "0"})
        assert (wrong.status_code, len(seen)) == (422, 3), seen
        assert words(await browser.get(f"{page.rpartition('/pages')[0]}/tasks")).count("not saved yet") == 1
        again = await browser.get(new)
        assert 'value="20006"' in again.text and words(again).count(REFUSED) == 1 and "govuk-error-summary" in again.text
        assert (await browser.post(new, data={**SCHOOL, "_version": "0", "_kept": hidden(again, "_kept")})).status_code == 303
        assert REFUSED not in words(await browser.get(new))
        await browser.post(f"{page}/entries/1", data={**entry, "_version": "1"})
        first = await browser.get(f"{page}/entries/1")
        assert 'value="20006"' in first.text and REFUSED in words(first)
        added = {**SCHOOL, "institution": "Otro", "_version": "1", "_kept": ""}
        assert (await browser.post(new, data=added)).status_code == 303
        moved = await browser.get(f"{page}/entries/1")
        assert OFFERED in words(moved) and 'value="2006"' in moved.text, "the list was saved since: what is there, and the other to choose"


async def test_what_was_typed_and_not_saved_is_offered_again(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/study_plan"
        kept = await browser.post(f"{page}/typed", data={"study_plan": "Quiero\x00 estudiar", "teaching_language": "zh", "forged": "x"})
        assert kept.status_code == 204
        assert f"Typed at {kept.headers['x-kept-at']}, not saved yet" in words(
            await browser.get(page.replace("/pages/study_plan", "/tasks"))
        )
        back = await browser.get(page)
        assert OFFERED in words(back)
        assert "Quiero estudiar" not in back.text
        assert "Quiero estudiar" in (await browser.get(f"{page}?typed=1")).text
        assert words(await browser.get(page.replace("/pages/study_plan", "/tasks"))).count("In progress") == 0, "it is not an answer"
        form = {**good_form()["study_plan"], "_version": "0"}
        assert (await browser.post(page, data=form)).status_code == 303
        assert OFFERED not in words(await browser.get(page))
        await browser.post(f"{page}/typed", data={"study_plan": "Otra vez"})
        assert (await browser.post(f"{page}/typed?forget=1")).headers["location"] == page
        assert OFFERED not in words(await browser.get(page))


async def test_nothing_is_kept_over_the_text_that_is_offered(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/study_plan"
        keeps = f'data-typed="{page}/typed"'
        assert keeps in (await browser.get(page)).text
        await browser.post(f"{page}/typed", data={"study_plan": "Quiero estudiar", "_version": "0"})
        offered = await browser.get(page)
        assert OFFERED in words(offered)
        assert "data-typed" not in offered.text, "the script would put what is here in the place of what is offered"
        assert keeps in (await browser.get(f"{page}?typed=1")).text
        wrong = await browser.post(page, data={"study_plan": "Mal", "_version": "0", "_offered": hidden(offered, "_offered")})
        assert wrong.status_code == 422
        assert "Mal" in wrong.text
        assert OFFERED in words(wrong), "no choice was made: it is offered still"
        assert "data-typed" not in wrong.text
        shown = await browser.get(f"{page}?typed=1")
        assert "_offered" not in shown.text
        assert keeps in (await browser.post(page, data={"study_plan": "Quiero", "_version": "0"})).text, "this one was chosen"
        await browser.post(f"{page}/typed?forget=1")
        assert keeps in (await browser.get(page)).text


async def test_an_older_window_keeps_nothing_beside_what_was_saved_after_it(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/study_plan"
        assert (await browser.post(page, data={**good_form()["study_plan"], "_version": "0"})).status_code == 303
        before = await browser.post(f"{page}/typed", data={"study_plan": "De antes", "_version": "0"})
        assert before.status_code == 409, "the window hears of it"
        assert OFFERED not in words(await browser.get(page))
        assert "De antes" not in (await browser.get(f"{page}?typed=1")).text
        await browser.post(f"{page}/typed", data={"study_plan": "De ahora", "_version": await version_of(browser, page)})
        assert "De ahora" in (await browser.get(f"{page}?typed=1")).text
        endless = {"study_plan": "x" * (TYPED_MAX + 1), "_version": await version_of(browser, page)}
        assert (await browser.post(f"{page}/typed", data=endless)).status_code == 422, "nothing is said to be kept that is not"
        assert "De ahora" in (await browser.get(f"{page}?typed=1")).text


async def test_who_sends_is_told_of_what_is_not_saved_and_then_it_goes(front: Front) -> None:
    async with front.browser() as browser:
        path = await filled(front, browser)
        page, warning = f"{path}/pages/contact", "“How to reach you”: what you typed at 04:00 is not saved, and is not sent"
        assert "is not sent" not in words(await browser.get(f"{path}/check"))
        assert (await browser.post(page, data={**WRONG, "_version": await version_of(browser, page), "_kept": ""})).status_code == 422
        check = await browser.get(f"{path}/check")
        assert warning in words(check) and f'href="{page}?then=check"' in check.text
        sent = await browser.post(f"{path}/send", data={"agree": "yes", "agreed": AGREED, "key": await form_key(browser, path)})
        assert sent.status_code == 303, "it stops nobody"
        assert await count(front, "select count(*) from page_typed") == 0
