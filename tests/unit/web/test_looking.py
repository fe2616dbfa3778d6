"""The guards that look at every page in a browser bite."""

import re
from itertools import islice

from fastapi import APIRouter, FastAPI

from shared.web.i18n import LANGUAGES
from shared.web.static_files import STATIC
from tests.looks import STYLED, WIDTHS, turns, unseen, weigh


def test_the_sheet_loads_nothing_and_every_host_is_seen() -> None:
    """On a page with a foreign script, one that leads elsewhere, one with a picture, one that needs too much, one that is heavy."""
    sheet = next(STATIC.glob("app.*.css")).read_text(encoding="utf-8")
    assert not STYLED.search(sheet)
    script = next(one.name for one in STATIC.glob("app.*.js"))
    for page, what in (
        ('<script src="https://cdn.example.org/a.js"></script>', "loads"),
        ('<a href="//elsewhere.example.org/">x</a>', "leads to"),
        ('<p style="background: url(/x.png)">', "by a style"),
        ("".join(f'<script src="/assets/{script}"></script><img src="/assets/{n}">' for n in range(4)), "needs 6 requests"),
        (" ".join(map(str, range(40_000))), "weighs"),
    ):
        assert any(what in one for one in weigh("planted", page)), page[:60]
    assert weigh("fine", f'<script src="/assets/{script}"></script><a href="/help">x</a><a href="/a">y</a>') == []


def test_a_page_that_nobody_looks_at_is_named() -> None:
    app, router = FastAPI(), APIRouter()
    for path in ("/a", "/a/{one}", "/b"):
        router.get(path)(lambda: None)
    app.include_router(router)
    assert unseen(app, re.compile("/a"), ["/a?x=1"]) == ["/a/{one}"]
    assert unseen(app, re.compile("/a"), ["/a", "/a/7"]) == []


def test_every_language_takes_its_turn_on_every_screen() -> None:
    seen = {one for turn in islice(turns(), len(LANGUAGES) * len(WIDTHS)) for one in turn}
    assert seen == {(language, width) for language in LANGUAGES for width in WIDTHS}
