"""A request that another site makes a browser send is told from one of our own pages."""

import pytest
from starlette.datastructures import Headers

from shared.web.csrf import comes_from_elsewhere

CASES = [
    ("no browser at all", {}, False),
    ("our own page", {"sec-fetch-site": "same-origin"}, False),
    ("typed by hand", {"sec-fetch-site": "none"}, False),
    ("a neighbour under the same domain", {"sec-fetch-site": "same-site"}, True),
    ("another site", {"sec-fetch-site": "cross-site"}, True),
    ("another site, though its Origin says ours", {"sec-fetch-site": "cross-site", "origin": "https://puente.example.org"}, True),
    ("an old browser on our own page", {"origin": "https://puente.example.org"}, False),
    ("an old browser, capital letters", {"origin": "https://PUENTE.example.org"}, False),
    ("an old browser on another site", {"origin": "https://evil.example"}, True),
    ("an old browser, another port", {"origin": "https://puente.example.org:8443"}, True),
    ("an old browser that hides its origin", {"origin": "null"}, True),
    ("an empty origin", {"origin": ""}, True),
]


@pytest.mark.parametrize(("headers", "elsewhere"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_is_let_in_only_from_our_own_pages_or_from_no_browser(headers: dict[str, str], elsewhere: bool) -> None:
    assert comes_from_elsewhere("POST", Headers({"host": "puente.example.org", **headers})) is elsewhere


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_is_free_for_everybody(method: str) -> None:
    assert not comes_from_elsewhere(method, Headers({"host": "puente.example.org", "sec-fetch-site": "cross-site"}))


def test_without_a_host_nothing_can_be_compared_and_nothing_is_let_in() -> None:
    assert comes_from_elsewhere("POST", Headers({"origin": "https://puente.example.org"}))
