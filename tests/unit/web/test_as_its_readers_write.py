"""Each language is written as its readers write it: Portuguese as in Brazil, the one country of CELAC that speaks it; Chinese with
full-width marks, without spaces beside Latin letters (pages space them out themselves), and with one word for each thing.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
from babel.messages.pofile import read_po
from markupsafe import Markup

from services.applications import agreements
from services.applications.domain import answers
from services.notifications.wording import wordings
from services.quotas.pages.words import group_label
from services.run.home import ROOT
from shared.kernel.writing import NO_BREAK, unbroken
from shared.web import formats
from shared.web.i18n import LANGUAGES, Texts, speaking
from tests.unit.web.rules_of_languages import RULES, Rule, ways

CATALOGUES: Final = ("shared/web", "services/applications", "services/quotas", "services/notifications")


def test_a_pattern_is_cut_down_to_each_of_its_ways() -> None:
    assert list(ways(r"a(b|c)d|e[|(]f(?!g|h)|\|i")) == ["a(b)d", "a(c)d", "e[|(]f(?!g|h)", r"\|i"]


@cache
def texts(language: str) -> tuple[tuple[str, str], ...]:
    """Every text of a language with the file that it stands in: pages, mails, plans, and what people agree to now."""
    return (*_catalogues(language), *_mails(language), *_plans(language), *_agreed(language))


def _catalogues(language: str) -> Iterator[tuple[str, str]]:
    """English is what the others translate."""
    for folder in CATALOGUES:
        with (ROOT / folder / "locale" / f"{'es' if language == 'en' else language}.po").open("rb") as file:
            for message in read_po(file):
                said = message.id if language == "en" else message.string
                forms = (said,) if isinstance(said, str) else said or ()
                yield from ((f"{folder}/locale/{language}.po", one) for one in forms if message.id)


def _mails(language: str) -> Iterator[tuple[str, str]]:
    folder = ROOT / "services" / "notifications" / "texts" / language
    for path in sorted(folder.glob("*.txt")):
        yield path.name, path.read_text(encoding="utf-8")
    for words in tomllib.loads((folder / "words.toml").read_text(encoding="utf-8")).values():
        yield from (("words.toml", text) for text in words.values())


def _plans(language: str) -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "plans").rglob("*.toml")):
        yield from ((path.name, text) for text in _said(tomllib.loads(path.read_text(encoding="utf-8")), language))


def _said(value: Any, language: str) -> Iterator[str]:
    """The texts of a plan's file: whatever stands under the language's code where other languages stand beside it."""
    if isinstance(value, Mapping):
        if language in value and isinstance(value[language], str) and len(set(value) & set(LANGUAGES)) > 1:
            yield value[language]
        for one in value.values():
            yield from _said(one, language)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one, language)


def _agreed(language: str) -> Iterator[tuple[str, str]]:
    yield from ((kind, agreements.in_force(kind).texts[language]) for kind in agreements.KINDS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.language}: {rule.wrong}")
def test_no_text_breaks_a_rule_of_its_language_and_each_rule_bites(rule: Rule) -> None:
    assert [way for way in ways(rule.pattern) if not re.search(way, rule.wrong, re.IGNORECASE)] == [], "each alternative has its sample"
    assert not rule.finds(rule.right)
    broken = [(where, text) for where, text in texts(rule.language) if rule.finds(text)]
    assert not broken, f"as in {rule.right!r}, not as in {rule.wrong!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_of_every_kind_are_looked_at(language: str) -> None:
    """A rule that looks at nothing is never broken."""
    for found in (_catalogues, _mails, _plans, _agreed):
        assert len(list(found(language))) > 1, found.__name__


def test_no_french_line_breaks_before_a_mark_or_inside_a_figure() -> None:
    """Translators type plain spaces; what readers are given has others: in pages, mails, plans, and in what is agreed to."""
    assert unbroken("« Page » : 50 % de 12 000 ; oui ?", "fr").replace(NO_BREAK, "_") == "«_Page_»_: 50_% de 12_000_; oui_?"
    assert unbroken("50 % : sí", "es").replace(NO_BREAK, "_") == "50_% : sí" and unbroken("a : 5 %", "nl") == "a : 5 %"
    breaks = re.compile(r"\S [:;!?»%]|« ")
    wording, spaced = wordings()["fr"], Texts.load(*(ROOT / folder / "locale" for folder in CATALOGUES))
    mails = [text for template in wording.templates.values() for text in (template.subject, template.body)]
    mails += [text for group in wording.words.values() for text in group.values()]
    pages = [spaced.gettext("fr", english) for _where, english in texts("en") if "{" not in english]
    asked = answers.Texts("Why?", *[f"{one} ?" for one in ("es", "pt", "fr", "zh", "nl")])["fr"]
    agreed = [text for kind in agreements.KINDS for text in agreements.in_force(kind).paragraphs("fr")]
    assert [one for one in (*mails, *pages, asked, *agreed) if breaks.search(one)] == []
    assert sum(NO_BREAK in one for one in mails) > 10 and sum(NO_BREAK in one for one in pages) > 100 and NO_BREAK in asked


JOINED: Final = {
    r"(?:\}\}|%\}|</\w+>)(?:[:,;](?= |$)| \(\{\{)": "{{ name }}: {{ value }}",
    r"> *(?:\(|[:,;] )\{\{": "<span>({{ size }})</span>",
    r"\{\{ _\(\"[^\"]*[.?!:]\"(?:, [^{}]*)?\)+ ?\}\}(?: (?=\{\{|<|\{%)|\n\s+<a )": '{{ _("One thing.") }} {{ _("Another.") }}',
    r'\| join\(", "\)|~ " " ~ _\(': '{{ names | join(", ") }}',
}
"""How a template may not join texts, as Chinese joins them otherwise.

`labelled`, `listed`, `bracketed`, `sentences`, `comma` and `gap` do so.
"""


@pytest.mark.parametrize("pattern", JOINED)
def test_no_template_joins_texts_by_marks_of_its_own(pattern: str) -> None:
    assert re.search(pattern, JOINED[pattern])
    drawn = [path for folder in CATALOGUES for path in sorted((ROOT / folder / "templates").rglob("*.html"))]
    sources = [(path.name, re.sub(r"(?s)\{#.*?#\}|<style>.*?</style>", "", path.read_text(encoding="utf-8"))) for path in drawn]
    found = [(name, one[0]) for name, source in sources for one in re.finditer(pattern, source)]
    assert len(drawn) > 50 and found == []


def test_texts_are_joined_as_the_language_joins_them() -> None:
    spaced = Texts.load(ROOT / "shared" / "web" / "locale")
    for language, row, pair, named in (
        ("zh", "已保存。请继续；第3位", "甲、乙", "错误：无"),
        ("fr", f"已保存。 请继续{NO_BREAK}; 第3位", "甲, 乙", f"错误{NO_BREAK}: 无"),
    ):
        with speaking(spaced, language):
            assert formats.sentences("已保存。", "", "请继续", "第3位") == row
            assert formats.listed(("甲", "乙")) == pair == formats.comma().join(("甲", "乙"))
            assert formats.labelled("错误", "无") == named
            for closed in ("（已保存。）", "(Sí.)", "Sí…", "‘No.’", "“No”.) ", Markup("<b>(No.)</b>\n")):
                assert formats.sentences(closed, "请继续") == f"{closed}{formats.gap()}请继续"
            assert formats.sentences("(2016)", "请继续") == f"(2016){formats.semicolon()}请继续"
    marked = formats.sentences("a < b.", Markup("<b>c</b>"))
    assert isinstance(marked, Markup) and marked == "a &lt; b. <b>c</b>" and formats.sentences("", "") == ""


def test_a_group_whose_name_begins_with_its_abbreviation_is_named_once() -> None:
    spaced = Texts.load(*(ROOT / folder / "locale" for folder in CATALOGUES))
    for language, label in (("zh", "最不发达国家"), ("en", "LDC: least developed country")):
        with speaking(spaced, language):
            assert group_label("LDC") == label


def test_each_word_that_translators_are_told_to_use_is_used() -> None:
    """The table of `CONTRIBUTING.md`: a word for each act in each language, and none that no text has."""
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| act or thing |")[2].splitlines()
    languages = [one.strip() for one in lines[0].strip("|").split("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:] if line.startswith("|")]
    assert set(languages) == set(LANGUAGES) and len(rows) > 15 and {len(row) for row in rows} == {len(languages) + 1}
    said = {language: "\n".join(text for _where, text in texts(language)).lower() for language in languages}
    words = [(language, word) for row in rows for language, cell in zip(languages, row[1:], strict=True) for word in cell.split(", ")]
    assert [one for one in words if not one[1] or one[1] not in said[one[0]]] == []
