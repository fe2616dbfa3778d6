"""Headers, refusals, identities and languages, through the whole application."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from shared.kernel.clock import ManualClock
from shared.web.identity import IDENTITY_COOKIE, IdentityIssuer

Tokens = Callable[[str], str]


async def test_every_answer_carries_the_headers_that_protect_it(client: httpx2.AsyncClient) -> None:
    for path in ("/quotas/front", "/quotas/nowhere", "/quotas/broken", "/quotas/health/live"):
        headers = (await client.get(path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert len(headers["x-request-id"]) >= 8


async def test_no_page_has_a_script_or_a_style_of_its_own(client: httpx2.AsyncClient) -> None:
    for path in ("/quotas/front", "/quotas/parts", "/quotas/form", "/quotas/review"):
        text = (await client.get(path)).text
        assert " style=" not in text
        assert "<style" not in text
        assert text.count("<script") == text.count('<script type="module" src="/assets/')
        assert " onclick" not in text


async def test_a_change_made_by_another_site_is_refused_with_words(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/quotas/form", headers={"Sec-Fetch-Site": "cross-site", "Accept-Language": "fr"})
    assert answer.status_code == 403
    assert "Cette demande vient d’un autre site" in answer.text
    wrong = await client.post("/quotas/form", headers={"Origin": "http://puente.example.org"})
    assert wrong.status_code == 422 and "data-comes-back" in wrong.text


async def test_programs_get_problem_json_and_people_get_a_page(client: httpx2.AsyncClient) -> None:
    page = await client.get("/quotas/full", headers={"Accept-Language": "en"})
    assert page.status_code == 409
    assert "<h1" in page.text
    assert "All 36 places are given." in page.text
    answer = await client.get("/quotas/full", headers={"Accept": "application/json", "Accept-Language": "en"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:puente:problem:list_full",
        "title": "The list is full",
        "status": 409,
        "detail": "All 36 places are given.",
        "code": "list_full",
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/quotas/nowhere", 404),
        ("POST", "/quotas/front", 405),
        ("GET", "/quotas/api/v1/nowhere", 404),
        ("GET", "/quotas/api/v1/answers", 405),
    ],
)
async def test_what_is_not_there_is_said_in_the_reader_s_language(client: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, headers={"Accept-Language": "nl"})
    assert answer.status_code == status
    assert ("Pagina niet gevonden" if status == 404 else "Dit adres accepteert dat niet") in answer.text
    assert ("json" in answer.headers["content-type"]) == ("/api/" in path)


async def test_a_body_that_is_wrong_is_answered_with_a_pointer_to_each_fault(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/quotas/api/v1/answers", json={"number": "many"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/body/number"
    assert "many" not in answer.text, "what was sent is not sent back"


async def test_a_failure_of_ours_shows_its_number_and_not_its_text(client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await client.get("/quotas/broken", headers={"Accept-Language": "es"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "Lo que guardó antes está a salvo" in answer.text
    logged = capsys.readouterr().err
    assert answer.headers["x-request-id"] in logged
    assert "maria" not in answer.text + logged


async def test_something_that_is_away_is_answered_503_and_when_to_come_back(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/quotas/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(client: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 1000

    for content in (b"x" * 10_001, pieces()):
        answer = await client.post("/quotas/api/v1/answers", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    page = await client.post("/quotas/officer", content=b"x" * 10_001, headers={"Accept-Language": "pt"})
    assert page.status_code == 413
    assert "Escolha arquivos menores" in page.text


async def test_a_stranger_is_led_to_the_identity_and_back(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/quotas/officer?year=2016")
    assert (answer.status_code, answer.headers["location"]) == (303, "/identity?return=%2Fquotas%2Fofficer%3Fyear%3D2016")


async def test_a_form_sent_after_the_identity_expired_keeps_what_was_typed(
    client: httpx2.AsyncClient, identity: Tokens, clock: ManualClock
) -> None:
    client.cookies.set(IDENTITY_COOKIE, identity("officer"))
    assert (await client.post("/quotas/officer", content=b"typed")).text == "typed"
    clock.move(timedelta(minutes=5))
    answer = await client.post("/quotas/officer", content=b"typed")
    assert (answer.status_code, answer.headers["location"]) == (307, "/identity?return=%2Fquotas%2Fofficer")


async def test_a_wrong_role_is_refused_and_logged_without_saying_more(
    client: httpx2.AsyncClient, identity: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    client.cookies.set(IDENTITY_COOKIE, identity("coordinator"))
    assert (await client.get("/quotas/officer")).status_code == 403
    assert (await client.get("/quotas/officer?hidden=1")).status_code == 404
    assert capsys.readouterr().err.count("access.refused") == 2
    client.cookies.set(IDENTITY_COOKIE, identity("officer"))
    assert (await client.get("/quotas/officer")).status_code == 200


async def test_a_forged_identity_is_nobody(client: httpx2.AsyncClient, tmp_path: Path, clock: ManualClock) -> None:
    forger = IdentityIssuer.from_folder(tmp_path / "elsewhere")
    forged = forger.issue(account_id="a1", role="officer", country="", language="es", session_id="s", now=clock.now())
    client.cookies.set(IDENTITY_COOKIE, forged)
    assert (await client.get("/quotas/officer")).status_code == 303


async def test_the_language_follows_address_cookie_account_browser(client: httpx2.AsyncClient, identity: Tokens) -> None:
    async def language(path: str = "/quotas/front", **headers: str) -> str:
        return (await client.get(path, headers=headers)).headers["content-language"]

    assert await language() == "es"
    assert await language(**{"Accept-Language": "en-GB,en;q=0.9"}) == "en"
    client.cookies.set(IDENTITY_COOKIE, identity("officer"))
    assert await language(**{"Accept-Language": "en"}) == "pt"
    asked = await client.get("/quotas/front?lang=zh")
    assert asked.headers["content-language"] == "zh-Hans"
    assert "puente_language=zh" in asked.headers["set-cookie"]
    assert await language() == "zh-Hans"
    assert await language("/quotas/front?lang=klingon") == "zh-Hans"


async def test_the_language_links_keep_the_page_and_its_filters(client: httpx2.AsyncClient) -> None:
    text = (await client.get("/quotas/front?year=2016&country=PE&lang=en")).text
    assert 'href="/quotas/front?year=2016&amp;country=PE&amp;lang=fr"' in text


async def test_a_page_about_a_person_is_not_kept_by_the_browser(client: httpx2.AsyncClient, identity: Tokens) -> None:
    assert (await client.get("/quotas/front")).headers["cache-control"] == "private, no-cache"
    client.cookies.set(IDENTITY_COOKIE, identity("applicant"))
    assert (await client.get("/quotas/front")).headers["cache-control"] == "no-store"


async def test_assets_have_names_with_a_hash_and_are_kept_for_ever(client: httpx2.AsyncClient) -> None:
    text = (await client.get("/quotas/front")).text
    name = text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert name.startswith("/assets/app.")
    assert len(name) > len("/assets/app..css") + 8
    packed = await client.get(name, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(name, headers={"Accept-Encoding": "identity"})
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert (await client.get("/assets/app.css")).status_code == 404
    assert (await client.get("/assets/manifest.json")).status_code == 404


async def test_health_says_what_is_missing(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/quotas/health/live")).json() == {"status": "live"}
    assert (await client.get("/quotas/health/ready")).json() == {"status": "ready", "needs": {"database": "ok"}}
    assert (await client.get("/quotas/health/invariants")).json() == {"status": "held", "checks": {"oversold": 0}}


async def test_the_description_of_the_api_is_there_and_its_foreign_pages_are_not(client: httpx2.AsyncClient) -> None:
    described = await client.get("/quotas/openapi.json")
    assert "/quotas/api/v1/answers" in json.loads(described.text)["paths"]
    for path in ("/docs", "/redoc", "/quotas/docs"):
        assert (await client.get(path)).status_code == 404


async def test_the_request_id_of_the_gateway_is_kept_when_it_is_a_plain_one(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/quotas/front", headers={"X-Request-Id": "abc-12345678"})).headers["x-request-id"] == "abc-12345678"
    assert (await client.get("/quotas/front", headers={"X-Request-Id": "<script>alert(1)"})).headers["x-request-id"] != "<script>alert(1)"
