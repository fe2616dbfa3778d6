"""Texts that one agrees to have versions: what was agreed to stays with the submission, and a new version is asked for again."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from services.applications import agreements
from services.applications.agreements import Agreement
from services.applications.domain.referees import READERS
from services.applications.domain.viewers import EVERYWHERE
from shared.kernel.clock import ManualClock
from shared.web.i18n import LANGUAGES
from tests.integration.applications.front import Front, opened, words
from tests.integration.applications.people import World
from tests.integration.applications.test_privacy import ANA, person_of

PUBLISHED = {
    "declaration-1": "71c03997ddce522c4fcd9e2fff4e85f179f495b4a9a0acb264df4b68d65da7b0",
    "privacy-1": "543a0ae35eaa84f64dd087472354369b9bdeb2c0bb3423b1a170dae62405caef",
    "privacy-2": "0ed78c828672d1e2cc558fce0c6cdfb0e77cd7833e03b7c4dead0fae45f601cd",
    "privacy-3": "d41c608fd307467f58e35856b7f088a07d0a2053ad39c75f54dbe896fae28d1e",
    "privacy-4": "e3e879fcf6965f5c6e70ca19f92b8cf4466cb7add09a9580f61831fd7c68b572",
}
"""SHA-256 of each published file. One that changes was agreed to by somebody as it was: write the next version instead."""


@pytest.fixture
async def front(world: World, tmp_path: Path) -> AsyncIterator[Front]:
    async with opened(world.db.url, ManualClock(world.now), tmp_path) as front:
        yield front


def test_a_published_text_never_changes() -> None:
    files = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in agreements.FOLDER.glob("*.toml")}
    assert files == PUBLISHED


def test_every_version_speaks_every_language() -> None:
    assert {kind for kind, _version in agreements.every()} == set(agreements.KINDS)
    for one in agreements.every().values():
        assert set(one.texts) == set(LANGUAGES)
        assert len({len(one.paragraphs(language)) for language in LANGUAGES}) == 1, f"{one.kind} {one.version} says more in one language"


WHO_READS: Final = {
    "en": {"coordinator": "coordinator", "reviewer": "reviewers", "officer": "officers", "auditor": "auditors"},
    "es": {"coordinator": "coordinación", "reviewer": "quienes evalúan", "officer": "quienes deciden", "auditor": "auditoría"},
    "pt": {"coordinator": "coordenação", "reviewer": "quem avalia", "officer": "quem decide", "auditor": "auditoria"},
    "fr": {"coordinator": "coordination", "reviewer": "qui évaluent", "officer": "qui décident", "auditor": "l’audit"},
    "zh": {"coordinator": "协调员", "reviewer": "评审员", "officer": "官员", "auditor": "审计员"},
    "nl": {"coordinator": "coördinator", "reviewer": "beoordelaars", "officer": "medewerkers", "auditor": "auditors"},
}
"""What the notice calls each role that reads applications, by language."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_names_everybody_who_reads_applications(language: str) -> None:
    """By the rule that the queries are narrowed by: a role that comes to see applications is to be told of."""
    assert set(WHO_READS[language]) == EVERYWHERE | {"coordinator"}
    told = agreements.in_force("privacy").paragraphs(language)[1]
    assert [role for role, called in WHO_READS[language].items() if called not in told] == []
    assert "auditor" not in READERS, "the notice, and the referee's page, say that no auditor reads a letter"


async def test_what_was_agreed_to_stays_with_the_submission(front: Front, world: World) -> None:
    """Versions and language are in the timeline: the person reads it, and the auditor does."""
    async with front.browser("es") as browser:
        await front.sign_in(browser, ANA)
        person = await person_of(world)
        application = await world.draft(person)
        await world.fill(person, application)
        path = f"/applications/{application.id}"
        page = await browser.get(f"{path}/send")
        assert "Declaro que lo que digo" in words(page)
        assert 'href="/privacy"' in page.text
        # A key that no form of ours has is replaced: it goes into one statement with other people's.
        sent = await browser.post(f"{path}/send", data={"agree": "yes", "key": "k\0", "agreed": "declaration-1 privacy-4"})
        assert sent.headers["location"] == f"{path}/receipt"
        assert [UUID(row.key) for row in await world.rows("select key from idempotency_key")]
        (row,) = await world.rows("select detail from timeline_entry where act = 'submit'")
        assert row.detail["agreed"] == {"declaration": 1, "privacy": 4}
        assert row.detail["language"] == "es"
        assert "Aceptó la declaración 1 y el aviso de privacidad 4 (Español)" in words(await browser.get(path))


async def test_a_new_version_is_asked_for_again(front: Front, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever had the page open when the text changed reads the new one before anything is sent."""
    async with front.browser() as browser:
        await front.sign_in(browser, ANA)
        person = await person_of(world)
        application = await world.draft(person)
        await world.fill(person, application)
        path = f"/applications/{application.id}"
        before = dict(agreements.every())
        newer = Agreement("privacy", 5, {language: f"Another text ({language})." for language in LANGUAGES})
        monkeypatch.setattr(agreements, "every", lambda: before | {("privacy", 5): newer})
        asked = await browser.post(f"{path}/send", data={"agree": "yes", "key": "k1", "agreed": "declaration-1 privacy-4"})
        assert asked.status_code == 422
        assert "has changed" in words(asked)
        assert await world.rows("select 1 from outbox where type like '%submitted%'") == []
        sent = await browser.post(f"{path}/send", data={"agree": "yes", "key": "k1", "agreed": "declaration-1 privacy-5"})
        assert sent.headers["location"] == f"{path}/receipt"
        assert "Another text (en)." in words(await browser.get("/privacy"))
        assert "This is an earlier version" in words(await browser.get("/privacy/4"))


@pytest.mark.parametrize("version", ["0", "77", "x", "-1", "99999999999999999999"])
async def test_a_version_that_never_was_is_not_found(front: Front, version: str) -> None:
    async with front.browser() as browser:
        assert (await browser.get(f"/privacy/{version}")).status_code == 404
        assert (await browser.get("/privacy")).status_code == 200
