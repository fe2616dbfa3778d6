"""A template is compiled once in a process, and again when it reads otherwise."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from jinja2 import Environment

from services.run.home import ROOT
from shared.kernel.clock import ManualClock
from shared.web.i18n import Texts
from shared.web.pages import Pages
from shared.web.static_files import STATIC, Assets

NOW = datetime(2016, 1, 20, tzinfo=UTC)


def pages(folder: Path, **extra: Any) -> Pages:
    return Pages(service="tests", folders=[folder], assets=Assets(STATIC), clock=ManualClock(NOW), extra=extra)


def test_services_of_a_process_share_what_was_compiled_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str | None] = []
    really = Environment.compile

    def counted(self: Environment, source: Any, name: str | None = None, *rest: Any, **more: Any) -> Any:
        compiled.append(name)
        return really(self, source, name, *rest, **more)

    monkeypatch.setattr(Environment, "compile", counted)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a" / "page.html").write_text("{{ who }}: {{ asked }}")
    (tmp_path / "b" / "page.html").write_text("{{ who }} & {{ asked }}")

    def drawn(folder: str, who: str) -> str:
        return pages(tmp_path / folder, who=who).environment.get_template("page.html").render(asked="<i>")

    assert [drawn("a", "first"), drawn("a", "second")] == ["first: &lt;i&gt;", "second: &lt;i&gt;"], "each with its own names"
    assert compiled == ["page.html"]
    assert drawn("b", "third") == "third & &lt;i&gt;", "a template of the same name is another one"
    (tmp_path / "a" / "page.html").write_text("{{ who }}? {{ asked }}")
    assert drawn("a", "fourth") == "fourth? &lt;i&gt;", "one that was changed is compiled anew"
    assert len(compiled) == 3


def test_a_catalogue_that_was_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "fr.po"
    for moment, word in enumerate(("un", "deux", "trois")):
        file.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n\nmsgid "one"\nmsgstr "{word}"\n')
        os.utime(file, ns=(moment, moment))
        assert Texts.load(tmp_path).gettext("fr", "one") == word
        assert Texts.load(tmp_path).catalogues["fr"][0] is Texts.load(tmp_path).catalogues["fr"][0], "it is read once"


@pytest.mark.parametrize(
    ("bounds", "said"), [((800, 0), ["800 words"]), ((0, 400), ["400 characters"]), ((800, 400), ["800 words", "400 characters"])]
)
def test_a_long_text_announces_what_can_bite(tmp_path: Path, bounds: tuple[int, int], said: list[str]) -> None:
    (tmp_path / "page.html").write_text('{% from "macros/form.html" import field %}{{ field(question) }}')
    question = {"key": "plan", "kind": "long_text", "label": "Plan", "max_words": bounds[0], "max_length": bounds[1]}
    drawn = pages(tmp_path).environment.get_template("page.html").render(question=question)
    assert re.findall(r"At most ([^<]+)", drawn) == said
    described = re.search(r'aria-describedby="([^"]+)"', drawn)
    assert described and described[1].split() == re.findall(r'class="app-counter" id="([^"]+)"', drawn)


UNEVEN: Final = {
    r"<td(?![^>]*app-nowrap)(?: [a-z-]+=\"(?:\{\{.*?\}\}|[^\"{])*\")*>\{\{ format_date\(": '<td class="a">{{ format_date(day) }}',
    r'govuk-button-group">.*class="app-link-button"': '<div class="govuk-button-group"><button class="app-link-button">',
}
"""A day in a cell of its own that may break over two lines; an act beside buttons, smaller than the link that stands there otherwise."""


@pytest.mark.parametrize("pattern", UNEVEN)
def test_no_template_draws_the_same_thing_in_two_ways(pattern: str) -> None:
    assert re.search(pattern, UNEVEN[pattern])
    drawn = [path for folder in ("shared/web", "services") for path in sorted((ROOT / folder).rglob("templates/**/*.html"))]
    assert len(drawn) > 50 and [path.name for path in drawn if re.search(pattern, path.read_text(encoding="utf-8"))] == []
