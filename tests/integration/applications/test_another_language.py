"""A page with faults in another language, without a script. `tests/switched.py` looks at every other form that comes back."""

import re
from base64 import urlsafe_b64encode
from datetime import timedelta

from tests.integration.applications.crawl import asks_for_letters
from tests.integration.applications.front import Front, words
from tests.integration.applications.letters import GOOD_LETTER, a_referee
from tests.integration.applications.staff_pages import House
from tests.integration.applications.test_pages_applicant import begun
from tests.integration.applications.test_pages_form import CONTACT, front
from tests.real_files import PDF

__all__ = ["front"]


async def test_another_language_keeps_what_was_typed_and_does_nothing(front: Front) -> None:
    """Without a script: the languages of a page with faults send its form; nothing is saved, and what is right by then waits."""
    async with front.browser() as browser:
        page = f"{await begun(front, browser)}/pages/contact"
        wrong = await browser.post(page, data={**CONTACT, "city": "", "phone": "+51 1", "_version": "0"})
        assert wrong.status_code == 422
        [to] = [one for one in re.findall(r'formaction="([^"]+)"', wrong.text) if one.endswith("=zh")]
        front.clock.move(timedelta(minutes=2))  # so that the identity is renewed, which speaks the account's language
        assert "puente_language" not in browser.cookies, "it is the first language that is chosen here"
        switched = await browser.post(to, data={**CONTACT, "city": "Puno", "phone": "+51 1", "_version": "0"})
        assert switched.status_code == 200
        assert '<html lang="zh-Hans"' in switched.text
        assert "现已重新填入" in words(switched)
        assert 'value="Puno"' in switched.text and 'value="+51 1"' in switched.text
        assert re.search(r'<option value="PE"[^>]* selected>', switched.text)
        assert f'formaction="{page}?switch=en"' in switched.text, "and on to another one"
        faulty = re.findall(r'<a href="#([a-z]+)"', switched.text)
        assert (faulty, "错误" in words(switched)) == (["phone"], True), "what is wrong, in the new language, and not what is right by now"
        assert 'value="Puno"' not in (await browser.get(page)).text, "nothing was saved"
        async with front.browser() as nobody:
            led = await nobody.post(to, data={"city": "Puno"})
            assert led.headers["location"] == "/sign-in?return=%2Fkept", "kept over the sign-in as any form"


async def test_why_a_file_was_refused_is_said_in_the_other_language_too(front: Front) -> None:
    """Nothing can fill in a form of files again, so its languages are links: what was refused waits in the browser."""
    async with front.browser() as browser:
        link = f"{await begun(front, browser)}/papers/transcripts"
        refused = await browser.post(link, files=[("file", ("good.pdf", PDF, "")), ("file", ("bad.pdf", b"MZ" + b"\0" * 99, ""))])
        assert refused.status_code == 422
        assert "“bad.pdf” is not a file of these types, whatever its name says: PDF, JPEG, PNG." in words(refused)
        for language, quoted in (("es", "«bad.pdf»"), ("zh", "“bad.pdf”"), ("en", "“bad.pdf”")):
            again = await browser.get(f"{link}?lang={language}")
            assert again.status_code == 200 and "app-upload" in again.text and quoted in words(again), language
        assert "bad.pdf" not in words(await browser.get(link)), "who opens the page otherwise has read it"
        assert "bad.pdf" not in words(await browser.get(f"{link}?lang=es"))

        async def by_script(link: str, *files: tuple[str, bytes]) -> str:
            for name, body in files:
                await browser.post(link, files={"file": (name, body, "")}, headers={"Accept": "application/json"})
            return words(await browser.get(f"{link}?lang=en"))

        both = await by_script(link, ("cut.pdf", PDF[:-9]), ("empty.pdf", b""), ("cut.pdf", PDF[:-9]))
        assert both.count("“cut.pdf”") == both.count("“empty.pdf” is empty") == 2, "the latest try of each, above and beside the field"
        left = await by_script(link, ("cut.pdf", PDF))
        assert "“empty.pdf” is empty" in left and "“cut.pdf”" not in left, "what is there by now is refused no more"
        one = await by_script(f"{link.rpartition('/')[0]}/passport", ("cut.pdf", PDF[:-9]), ("empty.pdf", b""))
        assert "“empty.pdf” is empty" in one and "“cut.pdf”" not in one, "of a paper of one file the latest try is the only one"
        assert (await browser.post(link, files={"file": ("fine.pdf", PDF, "")})).status_code == 303
        assert "empty.pdf" not in words(await browser.get(f"{link}?lang=en")), "done with"
        for forged in ("AAAA", "%%", urlsafe_b64encode(b'[["<b>", "x", 1, ""], ["empty", "x", -1, ""]]').decode(), "W10="):
            browser.cookies.set("puente_refused", forged, path=link)
            assert (await browser.get(f"{link}?lang=en")).status_code == 200, forged


async def test_what_is_wrong_about_a_referee_is_said_in_the_other_language_too(front: Front) -> None:
    async with front.browser() as browser:
        form = f"{await begun(front, browser, programme='masters')}/referees/add"
        typed = {**a_referee(), "email": "nobody"}
        assert (await browser.post(form, data=typed)).status_code == 422
        switched = await browser.post(f"{form}?switch=es", data=typed)
        assert switched.status_code == 200 and 'value="nobody"' in switched.text
        assert re.findall(r'<a href="#([a-z]+)"', switched.text) == ["email"] and "Hay un problema" in words(switched)


async def test_what_is_wrong_with_a_letter_is_said_in_the_other_language_too(house: House) -> None:
    """Of each of the referee's forms: `tests/switched.py` holds to it wherever one comes back; here they come back."""
    _draft, letter = await asks_for_letters(house)
    short = {**GOOD_LETTER, "academic_letter": "Too short", "professional_letter": "Too short", "saved": "1"}
    async with house.front.browser() as referee:
        for form, typed in (("send", {"saved": "1"}), ("write", short), ("decline", {"reason": "boredom"})):
            wrong = await referee.post(f"{letter}/{form}", data=typed)
            assert wrong.status_code == 422 and "govuk-error-summary" in wrong.text, form
            switched = await referee.post(f"{letter}/{form}?switch=es", data=typed)
            assert switched.status_code == 200 and "Hay un problema" in words(switched), form
        right = await referee.post(f"{letter}/decline?switch=es", data={"reason": "no_time"})
        assert "Hay un problema" not in words(right), "and what is right by then is not"
