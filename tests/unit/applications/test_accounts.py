"""The rules of signing in: what a code is worth, when a session counts, where one may be sent on to."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.applications.domain.accounts import (
    CODE_LIFE,
    FIRST_PAGES,
    STAFF_ROLES,
    TRIES_MAX,
    Attempt,
    CodeOutcome,
    Count,
    SessionTimes,
    Window,
    first_page,
    judge,
    refused,
    safe_return,
    session_counts,
    staff_fault,
)

NOW = datetime(2016, 1, 20, 9, tzinfo=UTC)
FRESH = Attempt(NOW + CODE_LIFE, 0, None)


@pytest.mark.parametrize(
    ("attempt", "matches", "outcome"),
    [
        (FRESH, True, CodeOutcome.ACCEPTED),
        (FRESH, False, CodeOutcome.WRONG),
        (Attempt(NOW + CODE_LIFE, TRIES_MAX - 1, None), True, CodeOutcome.ACCEPTED),
        (Attempt(NOW + CODE_LIFE, TRIES_MAX - 1, None), False, CodeOutcome.TOO_MANY_TRIES),
        (Attempt(NOW + CODE_LIFE, TRIES_MAX, None), True, CodeOutcome.TOO_MANY_TRIES),
        (Attempt(NOW, 0, None), True, CodeOutcome.EXPIRED),
        (Attempt(NOW + CODE_LIFE, 0, NOW), True, CodeOutcome.USED),
        (Attempt(NOW, TRIES_MAX, NOW), True, CodeOutcome.USED),
    ],
)
def test_a_code_is_worth_what_its_attempt_allows(attempt: Attempt, matches: bool, outcome: CodeOutcome) -> None:
    assert judge(attempt, matches=matches, now=NOW) is outcome


@given(st.integers(0, 10), st.booleans(), st.booleans(), st.integers(-60, 60))
def test_nobody_gets_in_with_a_wrong_code_and_a_spent_one_never_says_whether_it_was_right(
    tries: int, used: bool, matches: bool, minutes: int
) -> None:
    attempt = Attempt(NOW + timedelta(minutes=minutes), tries, NOW if used else None)
    outcome = judge(attempt, matches=matches, now=NOW)
    assert matches or outcome is not CodeOutcome.ACCEPTED
    if used or minutes <= 0 or tries >= TRIES_MAX:
        assert outcome is judge(attempt, matches=not matches, now=NOW)
        assert outcome is not CodeOutcome.ACCEPTED


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        (SessionTimes(NOW - timedelta(minutes=119), NOW + timedelta(hours=1), None), True),
        (SessionTimes(NOW - timedelta(minutes=120), NOW + timedelta(hours=1), None), False),
        (SessionTimes(NOW, NOW, None), False),
        (SessionTimes(NOW, NOW + timedelta(hours=1), NOW), False),
    ],
)
def test_a_session_counts_until_it_is_ended_idle_or_old(times: SessionTimes, counts: bool) -> None:
    assert session_counts(times, idle=timedelta(hours=2), now=NOW) is counts


def test_the_request_after_the_last_allowed_one_is_refused() -> None:
    window = Window(5, timedelta(minutes=15))
    assert [refused(Count(used, NOW), window) for used in (4, 5, 6)] == [False, False, True]


def test_staff_needs_a_role_and_a_coordinator_a_country() -> None:
    assert staff_fault("officer", None, ()) is None
    assert staff_fault("coordinator", "PE", {"PE"}) is None
    assert staff_fault("applicant", None, {"PE"}) == "unknown_role"
    assert staff_fault("coordinator", "", {"PE"}) == "country_needed"
    assert staff_fault("coordinator", "XX", {"PE"}) == "country_unknown"
    assert staff_fault("coordinator", "PE", ()) == "plan_needed"
    assert staff_fault("reviewer", "PE", {"PE"}) == "country_not_needed"


@pytest.mark.parametrize("path", ["/", "/a/b?c=d&e=/f", "/quotas/cells/x:PE:2016#y", "/a//b"])
def test_a_path_of_this_site_is_returned_to(path: str) -> None:
    assert safe_return(path) == path


@pytest.mark.parametrize(
    "path",
    ["", "a", "//evil.example", "///evil.example", "/\\evil.example", "http://evil.example", "/\n/evil.example", "/\x00", "/" + "a" * 600],
)
def test_what_leads_elsewhere_leads_home(path: str) -> None:
    assert safe_return(path) == "/"


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("coordinator", "/country"),
        ("reviewer", "/review"),
        ("officer", "/officer"),
        ("auditor", "/audit"),
        ("operator", "/operations"),
        ("applicant", "/"),
    ],
)
def test_who_asked_for_no_page_begins_where_their_work_is(role: str, page: str) -> None:
    assert first_page("/", role, has_applications=False) == page
    assert first_page("/account", role, has_applications=True) == "/account"
    assert first_page("/", "applicant", has_applications=True) == "/applications"


def test_every_role_has_a_page_to_begin_on() -> None:
    assert set(FIRST_PAGES) == set(STAFF_ROLES)


@given(st.text(st.sampled_from("/\\.:@?#ab\t\n %2fjavscript"), max_size=30))
def test_whatever_is_asked_for_the_browser_stays_on_this_host(path: str) -> None:
    # A browser reads a backslash as a slash and drops tabs and line breaks before it resolves an address.
    read = safe_return(path).replace("\\", "/").replace("\t", "").replace("\n", "")
    assert urlsplit(urljoin("https://puente.example.org/sign-in", read)).netloc == "puente.example.org"
