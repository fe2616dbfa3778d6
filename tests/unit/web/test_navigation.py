"""The links at the top: which one is marked as where the reader is."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.web.identity import Identity
from shared.web.navigation import navigation

NOW = datetime(2016, 3, 20, tzinfo=UTC)


def somebody(role: str) -> Identity | None:
    return Identity("a1", role, "", "en", "s1", issued_at=NOW, expires_at=NOW + timedelta(minutes=5)) if role else None


@pytest.mark.parametrize(
    ("role", "path", "current"),
    [
        ("", "/", ["Programmes"]),
        ("", "/programmes/scholarship", ["Programmes"]),
        ("", "/quotas/cells/scholarship:PE:2016", ["Places"]),
        ("", "/sign-in", []),
        ("applicant", "/applications/a1/pages/studies", ["My applications"]),
        ("applicant", "/messages", ["Messages"]),
        ("applicant", "/account", []),
        ("officer", "/officer/bulk", ["To decide"]),
        ("operator", "/messages/outgoing", ["Emails"]),
    ],
)
def test_the_link_is_marked_that_the_page_belongs_to(role: str, path: str, current: list[str]) -> None:
    assert [item.text for item in navigation(somebody(role), path) if item.current] == current


@pytest.mark.parametrize("role", ["coordinator", "reviewer", "auditor"])
def test_nobody_is_led_to_messages_who_is_told_none(role: str) -> None:
    assert "/messages" not in [item.href for item in navigation(somebody(role), "/")]


@pytest.mark.parametrize("role", ["", "applicant", "coordinator", "reviewer", "officer", "auditor", "operator"])
def test_everybody_finds_the_places_signed_in_or_not(role: str) -> None:
    assert "/quotas" in [item.href for item in navigation(somebody(role), "/")]
