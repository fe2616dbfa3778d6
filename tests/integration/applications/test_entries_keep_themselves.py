"""What somebody types into an entry of a group keeps itself beside what is saved, for each entry by itself, and follows it."""

import re
from datetime import timedelta
from html import unescape

from sqlalchemy import text

from tests.integration.applications.front import Front, words
from tests.integration.applications.people import good_form
from tests.integration.applications.test_pages_applicant import begun, hidden
from tests.integration.applications.test_pages_form import SCHOOL, front, version_of
from tests.integration.applications.test_pages_form_unsaved import OFFERED

__all__ = ["front"]


async def test_it_is_offered_again_at_its_own_entry_until_that_is_saved(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        new = f"{page}/entries/new"
        assert f'data-typed="{new}/typed"' in (await browser.get(new)).text
        half = {"institution": "Colegio\x00 Nº 3", "from_year": "20", "forged": "x", "_version": "0"}
        assert (await browser.post(f"{new}/typed", data=half)).status_code == 204
        offered = await browser.get(new)
        assert OFFERED in words(offered)
        assert "Colegio Nº 3" not in offered.text
        assert "data-typed" not in offered.text, "nothing is put in the place of what is offered"
        wrong = await browser.post(new, data={**SCHOOL, "to_year": "x", "_version": "0", "_offered": hidden(offered, "_offered")})
        assert wrong.status_code == 422 and OFFERED in words(wrong), "no choice was made: it is offered still"
        shown = await browser.get(f"{new}?typed=1")
        assert 'value="Colegio Nº 3"' in shown.text and 'value="20"' in shown.text
        assert (await browser.post(new, data={**SCHOOL, "_version": "0"})).status_code == 303
        assert OFFERED not in words(await browser.get(new))

        first = {**SCHOOL, "institution": "Colegio Nº 4", "_version": await version_of(browser, page)}
        assert (await browser.post(f"{page}/entries/1/typed", data=first)).status_code == 204
        assert (await browser.post(f"{page}/entries/1/typed?forget=1")).headers["location"] == f"{page}/entries/1"
        assert OFFERED not in words(await browser.get(f"{page}/entries/1"))
        assert (await browser.post(f"{page}/entries/2/typed", data=first)).status_code == 404
        assert (await browser.post(f"{page}/entries/x/typed", data=first)).status_code == 404


async def test_it_goes_with_its_entry_and_an_older_window_keeps_nothing(front: Front) -> None:
    async with front.browser() as browser, front.browser() as other:
        page = f"{await begun(front, browser)}/pages/education"
        for name in ("Uno", "Dos", "Tres"):
            added = {**SCHOOL, "institution": name, "_version": await version_of(browser, page)}
            assert (await browser.post(f"{page}/entries/new", data=added)).status_code == 303
        seen = await version_of(browser, page)
        for number, name in ((1, "uno"), (3, "tres")):
            typed = {**SCHOOL, "institution": f"de {name}", "_version": seen}
            assert (await browser.post(f"{page}/entries/{number}/typed", data=typed)).status_code == 204
        assert (await browser.post(f"{page}/entries/1/remove", data={"_version": seen})).status_code == 303
        assert OFFERED not in words(await browser.get(f"{page}/entries/1")), "it went with the entry that was removed"
        assert 'value="de tres"' in (await browser.get(f"{page}/entries/2?typed=1")).text, "the third is the second now"
        unchanged = await browser.post(f"{page}/entries/2", data={**SCHOOL, "institution": "Dos", "_version": seen})
        assert unchanged.status_code == 303, "it is there as it was answered, as the first now"
        assert 'value="de tres"' in (await browser.get(f"{page}/entries/2?typed=1")).text, "what is kept is another entry's"
        late = await browser.post(f"{page}/entries/2/typed", data={**SCHOOL, "institution": "de antes", "_version": seen})
        assert late.status_code == 409, "the window hears that the page was saved in another one"
        assert "de antes" not in (await browser.get(f"{page}/entries/2?typed=1")).text
        await begun(front, other, "eva@example.org")
        assert (await other.post(f"{page}/entries/2/typed", data=SCHOOL)).status_code == 404


async def test_what_was_kept_of_an_older_entry_is_not_saved_over_a_newer_one(front: Front) -> None:
    """It carries the version it was typed on: both are shown, and it takes the other's place where that is chosen."""
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        await browser.post(f"{page}/entries/new", data={**SCHOOL, "_version": "0", "_kept": ""})
        first = f"{page}/entries/1"
        assert (await browser.post(first, data={**SCHOOL, "to_year": "20006", "_version": "1", "_kept": ""})).status_code == 422
        front.clock.move(timedelta(minutes=1))
        newer = {**SCHOOL, "institution": "Newer", "_version": "1", "_kept": ""}
        assert (await browser.post(first, data=newer)).status_code == 303, "another window, opened before that"
        shown = await browser.get(f"{first}?typed=1")
        assert hidden(shown, "_version") == "1", "what it was typed on"
        older = {**SCHOOL, "institution": "Older", **{name: hidden(shown, name) for name in ("_version", "_kept")}}
        both = await browser.post(first, data=older)
        assert both.status_code == 409 and "Newer" in words(both) and "Older" in words(both)
        assert "Newer" in words(await browser.get(page)), "nothing was overwritten"
        assert f'formaction="{page}/entries/new"' in both.text and f'formaction="{first}/typed?forget=1&amp;list=1"' in both.text
        chosen = {name: hidden(both, name) for name in (*SCHOOL, "_version", "_kept")}
        assert (await browser.post(first, data=chosen)).status_code == 303
        listed = words(await browser.get(page))
        assert "Older" in listed and "Newer" not in listed, "put in its place, as was chosen"
        assert OFFERED not in words(await browser.get(first)), "and done with"


async def test_a_refused_entry_of_a_list_that_was_saved_elsewhere_is_kept_and_takes_nobodys_place(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        for number, name in enumerate(("Uno", "Dos")):
            await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": name, "_version": str(number), "_kept": ""})
        second = f"{page}/entries/2"
        mine = {"_version": "2", "_kept": "", "_window": hidden(await browser.get(second), "_window")}
        assert (
            await browser.post(f"{page}/entries/1", data={**SCHOOL, "institution": "Un", "_version": "2", "_kept": ""})
        ).status_code == 303
        wrong = await browser.post(second, data={**SCHOOL, "institution": "Dos mil", "to_year": "20006", **mine})
        assert wrong.status_code == 422 and "What you typed was kept at" in words(wrong)
        listed = words(await browser.get(page))
        assert "Dos mil" not in listed and listed.count("not saved yet") == 1, "the list says that there is something"
        left = await browser.get(f"{page}/entries/new?typed=1")
        assert 'value="Dos mil"' in left.text and 'value="20006"' in left.text, "who leaves finds it, with its faults"
        typed = {**SCHOOL, "institution": "Dos mil", **{name: hidden(wrong, name) for name in ("_version", "_kept", "_window")}}
        both = await browser.post(second, data=typed)
        assert both.status_code == 409 and "Dos " in words(both) and "Dos mil" in words(both)
        assert f'formaction="{page}/entries/new"' in both.text and f'formaction="{page}/entries/new/typed?forget=1&amp;list=1"' in both.text
        chosen = {name: hidden(both, name) for name in (*SCHOOL, "_version", "_kept", "_window")}
        assert (await browser.post(second, data=chosen)).status_code == 303
        listed = words(await browser.get(page))
        assert listed.count("Dos mil") >= 1 and "Un " in listed and "not saved yet" not in listed, "put in its place, and done with"


async def test_an_entry_that_one_chose_instead_of_another_is_never_lost(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        new = f"{page}/entries/new"
        mine = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(new), "_window")}
        assert (await browser.post(f"{new}/typed", data={"institution": "Uno", "_version": "0", "_kept": ""})).status_code == 204
        front.clock.move(timedelta(minutes=1))
        wrong = {**SCHOOL, "institution": "Dos", "to_year": "20006"}
        offered = await browser.post(new, data={**wrong, **mine})
        [instead] = re.findall(r'form="typed-form" formaction="([^"]+instead=1)"', offered.text)
        marks = {name: hidden(offered, name) for name in ("_version", "_kept", "_offered", "_window")}
        assert (await browser.post(new, data={**SCHOOL, "institution": "Tres", "_version": "0", "_kept": ""})).status_code == 303
        late = await browser.post(instead, data={**wrong, **marks})
        assert (late.status_code, hidden(late, "_version")) == (422, "0") and 'value="Dos"' in late.text
        both = await browser.post(instead, data={**wrong, "to_year": "2006", **marks})
        assert both.status_code == 409 and "Dos" in words(both) and "Tres" in words(both)
        assert "forget=1" not in both.text, "what is kept is the other text, which nobody chose against"


async def test_who_keeps_the_list_as_it_is_lets_go_of_the_new_entry(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        new = f"{page}/entries/new"
        own = {"_version": "0", "_kept": "", "_window": hidden(await browser.get(new), "_window")}
        assert (await browser.post(f"{new}/typed", data={**SCHOOL, "institution": "Dos", **own})).status_code == 204
        assert (await browser.post(new, data={**SCHOOL, "_version": "0", "_kept": ""})).status_code == 303
        both = await browser.post(new, data={**SCHOOL, "institution": "Dos", **own})
        [forget] = re.findall(r'formaction="([^"]+forget=1[^"]*)"', unescape(both.text))
        marks = {name: hidden(both, name) for name in (*SCHOOL, "_version", "_kept", "_window")}
        assert both.status_code == 409 and (await browser.post(forget, data=marks)).headers["location"] == page
        assert "not saved yet" not in words(await browser.get(page))


async def test_nothing_stays_kept_that_nobody_can_reach(front: Front) -> None:
    async with front.browser() as browser:
        path = await begun(front, browser)
        page = f"{path}/pages/education"
        for number, name in enumerate(("Uno", "Dos")):
            added = {**SCHOOL, "institution": name, "_version": str(number), "_kept": ""}
            assert (await browser.post(f"{page}/entries/new", data=added)).status_code == 303
        assert (
            await browser.post(f"{page}/entries/2", data={**SCHOOL, "to_year": "20006", "_version": "2", "_kept": ""})
        ).status_code == 422
        assert (await browser.post(f"{page}/entries/new/typed", data={"institution": "Tres", "_version": "2"})).status_code == 204
        assert words(await browser.get(page)).count("Typed at 04:00, not saved yet") == 2, "the list says where"
        fewer = {f"education-1-{name}": value for name, value in SCHOOL.items()}
        assert (await browser.post(page, data=fewer)).status_code == 303, "a form of the whole list"
        listed = words(await browser.get(page))
        assert listed.count("Typed at 04:00, not saved yet") == 1, "with the entry goes what was typed into it, and nothing else"
        full = {f"education-{number}-{name}": value for number in range(1, 6) for name, value in SCHOOL.items()}
        assert (await browser.post(page, data=full)).status_code == 303
        assert f'href="{page}/entries/new"' in (await browser.get(page)).text, "no room for it, but a way to it"
        assert (await browser.post(f"{page}/entries/new/typed?forget=1")).status_code == 303
        assert "/entries/new" not in (await browser.get(page)).text


async def test_what_was_typed_in_the_place_of_an_entry_and_added_is_done_with(front: Front) -> None:
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/education"
        await browser.post(f"{page}/entries/new", data={**SCHOOL, "_version": "0", "_kept": ""})
        own = {"institution": "Otro", "_version": "1", "_kept": "", "_window": hidden(await browser.get(f"{page}/entries/1"), "_window")}
        assert (await browser.post(f"{page}/entries/1/typed", data={**SCHOOL, **own})).status_code == 204
        await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": "Dos", "_version": "1", "_kept": ""})
        both = await browser.post(f"{page}/entries/1", data={**SCHOOL, **own})
        [add] = re.findall(r'formaction="([^"]+/entries/new)"', both.text)
        chosen = {name: hidden(both, name) for name in (*SCHOOL, "_version", "_kept", "_window")}
        assert both.status_code == 409 and (await browser.post(add, data=chosen)).status_code == 303
        assert "Otro" in words(await browser.get(page)) and "not saved yet" not in words(await browser.get(page))
        assert OFFERED not in words(await browser.get(f"{page}/entries/1"))


async def test_entries_that_are_kept_are_read_by_the_rules_of_today(front: Front) -> None:
    """A draft may hold what was saved before the form refused it."""
    async with front.browser() as browser:
        path = await begun(front, browser)
        page = f"{path}/pages/education"
        for name in ("Colegio Nº 3", "Universidad del Sur"):
            await browser.post(f"{page}/entries/new", data={**SCHOOL, "institution": name})
        older = "update page_answers set form = 'older', answers = jsonb_set(cast(answers as jsonb), '{education,1,to_year}', '2000')"
        await front.db.run(lambda tx: tx.execute(text(older)))
        again = {**SCHOOL, "institution": "Colegio Nº 4", "_version": await version_of(browser, page)}
        assert (await browser.post(f"{page}/entries/1", data=again)).status_code == 303
        said = "Course of study 2: “Year of the end” must be from 2001, the year of the beginning, to 2016"
        tasks = words(await browser.get(f"{path}/tasks"))
        assert "Cannot be sent like this" in tasks and said in tasks, "another entry was saved, and not looked at"
        check = await browser.get(f"{path}/check")
        assert said in words(check) and f'href="{page}?then=check#entries"' in check.text, "what the form refuses now stops the sending"
        wrong = await browser.post(page, data={"_version": await version_of(browser, page)})
        assert wrong.status_code == 422 and said in words(wrong)
        assert '<a href="#entry-2">' in wrong.text and f'id="entry-2" href="{page}/entries/2"' in wrong.text
        await browser.post(f"{page}/entries/2", data={**SCHOOL, "_version": await version_of(browser, page)})
        assert (await browser.post(page, data={"_version": await version_of(browser, page)})).status_code == 303
        assert "Cannot be sent like this" not in words(await browser.get(f"{path}/tasks"))
        await browser.post(f"{path}/pages/identity", data={**good_form()["identity"], "birth_date-year": "2005"})
        check = await browser.get(f"{path}/check")
        both = f"Course of study 1 (Colegio Nº 4), Course of study 2 ({SCHOOL['institution']}): By your date of birth, one of your courses"
        assert f"{both} of study began before you were born" in words(check) and f'href="{page}?then=check#entry-1"' in check.text
        assert "is not for you" not in words(check) and "small child" not in words(check), "one of the answers is a mistake, and said once"
        listed = await browser.get(page)
        assert '<a href="#entry-1">' in listed.text and "Course of study 1: By your date of birth" in words(listed)
        assert listed.text.count("govuk-error-message") == 2, "and each entry that it is about has it"
        entry = await browser.get(f"{page}/entries/2")
        assert "Error: " in words(entry) and '<a href="#from_year">' in entry.text and "before you were born" in words(entry)
        assert "before you were born" not in words(await browser.get(f"{page}/entries/new"))
        later = {**SCHOOL, "from_year": "2014", "to_year": "2015", "_version": await version_of(browser, page)}
        assert (await browser.post(f"{page}/entries/2", data=later)).status_code == 303
        await browser.post(f"{path}/pages/identity", data={**good_form()["identity"], "birth_date-year": "1995"})
        once_more = words(await browser.get(f"{path}/check"))
        said = "Course of study 1 (Colegio Nº 4): By your date of birth, one of your courses of study began when you were a small child."
        assert said in once_more, "which one is to be looked at once more"
        assert "学习经历1（Colegio Nº 4）：按您的出生日期" in words(await browser.get(f"{path}/check?lang=zh"))
