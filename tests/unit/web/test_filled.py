"""A form in a finished page is filled in again, sign for sign, and nothing else of the page changes."""

import re

import pytest

from shared.web.filled import filled, with_switch
from tests.conftest import ROOT

LANGUAGES = (
    '<nav class="app-languages" aria-label="Language"><ul><li><span class="app-languages__one" lang="en">English</span></li>'
    '<li><a class="app-languages__one" href="/a?lang=es" lang="es" hreflang="es" rel="alternate">Español</a></li></ul></nav>'
)
SWITCHING = (
    '<button class="app-languages__one" lang="es" form="typed-form" formaction="/a?then=check&amp;switch=es" '
    'formenctype="application/x-www-form-urlencoded" formnovalidate>Español</button>'
)


BEGINS = '<!DOCTYPE html><html lang="en"><head><title>A &amp; B</title></head><body>'
DRAWN = '<!-- one --><svg viewBox="0 0 1 1"><path d="M0"/></svg>'
ENDS = "</body></html>"
OTHERS = ("", '<form method="post" action="/b"><input name="y"></form>', '<form action="/a"><input name="x"></form>')


def page(*forms: str) -> str:
    return "".join((BEGINS, LANGUAGES, DRAWN, *forms, ENDS))


def test_every_kind_of_field_holds_what_was_typed() -> None:
    form = (
        '<form method="post" action="/a?then=check"><input name="name" value="old"><input type="hidden" name="version" value="7">'
        '<input type="radio" name="sex" value="f" checked><input type="radio" name="sex" value="m">'
        '<input type="radio" name="way" value="a" checked><input type="radio" name="way" value="">'
        '<input type="checkbox" name="agree" value="yes" checked><input type="checkbox" name="more" value="1">'
        '<textarea name="why" rows="3">old &lt; words</textarea><select name="country"><option value="PE" selected>Peru</option>'
        '<option value="CL">Chile</option></select><input type="file" name="paper"><button name="go" value="on">Save</button></form>'
    )
    typed = [
        ("name", '"O\'Neill" & <b>'),
        ("version", "6"),
        ("sex", "m"),
        ("way", ""),
        ("more", "1"),
        ("why", "one\r\ntwo </textarea><script>"),
        ("country", "CL"),
    ]
    text = filled(page(form), "/a", "", typed, "<p>note</p>")
    assert text is not None
    assert text.startswith('<!DOCTYPE html><html lang="en"><head><title>A &amp; B</title></head><body><nav class="app-languages"')
    assert (
        '<!-- one --><svg viewBox="0 0 1 1"><path d="M0"/></svg><p>note</p><form method="post" action="/a?then=check" id="typed-form">'
        in text
    )
    assert '<input name="name" value="&quot;O&#x27;Neill&quot; &amp; &lt;b&gt;">' in text
    assert '<input type="hidden" name="version" value="6">' in text, "the version that it was typed on"
    assert '<input type="radio" name="sex" value="f"><input type="radio" name="sex" value="m" checked>' in text
    assert '<input type="radio" name="way" value="a"><input type="radio" name="way" value="" checked>' in text, "what was left open"
    assert '<input type="checkbox" name="agree" value="yes"><input type="checkbox" name="more" value="1" checked>' in text
    assert '<textarea name="why" rows="3">\none\r\ntwo &lt;/textarea&gt;&lt;script&gt;</textarea>' in text
    assert '<option value="PE">Peru</option><option value="CL" selected>Chile</option>' in text
    assert '<input type="file" name="paper"><button name="go" value="on">Save</button></form></body></html>' in text
    assert SWITCHING in text


def test_enter_in_a_field_presses_the_forms_own_button() -> None:
    """The first button of a form in its page is the one that Enter presses, and the languages stand above the form."""
    text = with_switch(
        page('<form method="post" action="/a"><input name="x"><button name="go" value="on">Save</button></form>'), "/a", "", []
    )
    assert text.index('<button form="typed-form" name="go" value="on"') < text.index("switch=es")


def test_the_version_that_was_seen_goes_along_from_a_page_that_would_overwrite_another() -> None:
    """The page that shows both has the newest version, which is for its own button; its languages lead to a page that shows one."""
    both = page('<form method="post" action="/a"><input type="hidden" name="_version" value="7"><input type="hidden" name="x"></form>')
    text = with_switch(both, "/a", "", [("_version", "6"), ("x", "mine")])
    assert '<button class="app-languages__one" lang="es" name="_version" value="6" form="typed-form"' in text
    plain = page('<form method="post" action="/a"><input type="hidden" name="_version" value="7"><input name="x"></form>')
    again = filled(plain, "/a", "", [("_version", "6"), ("_version", "7"), ("x", "mine")], "")
    assert again is not None and '<input type="hidden" name="_version" value="6">' in again
    assert 'name="_version"' not in with_switch(page('<form method="post"></form>'), "/a", "", [("x", "")])
    same = with_switch(plain, "/a", "", [("_version", "7"), ("x", "mine")])
    assert same.count('name="_version"') == 1, "nothing to put back"


def test_the_form_that_was_sent_is_told_from_others() -> None:
    forms = [
        f'<details><summary>{n}</summary><form method="post" action="/drop"><input type="hidden" name="event" value="{n}">'
        '<input name="why"></form></details>'
        for n in (1, 2)
    ]
    out = '<form method="post" action="/sign-out"><button>Out</button></form>'
    text = filled(page(out, *forms), "/drop", "", [("event", "2"), ("why", "so")], "")
    assert text is not None
    assert text.count('value="so"') == 1
    first, second = text.split("<summary>2</summary>")
    assert 'value="so"' in second
    assert "<details open>" in first and first.count("open") == 1, "it is not folded away"


@pytest.mark.parametrize("form", OTHERS)
def test_a_page_without_the_form_stays_as_it_is(form: str) -> None:
    assert filled(page(form), "/a", "", [("x", "1")], "note") is None
    assert with_switch(page(form), "/a", "", [("x", "1")]) == page(form)


def test_a_form_that_goes_elsewhere_by_now_is_known_by_what_it_asks() -> None:
    text = with_switch(page('<form method="post" action="/a/new"><input name="x"></form>'), "/a/2", "", [("x", "1")])
    assert 'formaction="/a/new?switch=es"' in text


def test_a_form_that_goes_to_its_own_page_is_given_that_address() -> None:
    """Otherwise its button would go to the address that switches, for ever."""
    text = filled(page('<form method="post"><input name="x"></form>'), "/a", "y=1", [("x", "1")], "")
    assert text is not None
    assert '<form method="post" action="/a?y=1" id="typed-form">' in text


def test_nothing_is_typed_beside_a_file() -> None:
    """Languages of a form of files are links, which carry nothing along: whoever adds a field to one has to think of that."""
    forms = [
        (path.name, form)
        for path in (ROOT / "services").rglob("templates/**/*.html")
        for form in re.findall(r"<form [^>]*multipart/form-data.*?</form>", path.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert len(forms) == 3, [name for name, _form in forms]
    for name, form in forms:
        assert len(re.findall(r"\{\{\s*field\(", form)) == 1, name
        inputs = re.findall(r"<(?:input|textarea|select)[^>]*>", form)
        assert all('type="hidden"' in one for one in inputs), (name, inputs)
