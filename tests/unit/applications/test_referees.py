"""What a programme may ask of referees, and what time and state allow: pure."""

from datetime import UTC, datetime, timedelta

import pytest

from services.applications.domain.answers import Fault, Texts, When
from services.applications.domain.lifecycle import State
from services.applications.domain.referees import (
    REMIND_EVERY,
    REMIND_MOST,
    Invitee,
    Referees,
    Tally,
    lacking,
    may_ask,
    may_write,
    next_chase,
    passed,
    remind_again_at,
    same_address,
    shifted,
    tally,
)
from services.applications.referees.form import read_invitee

NOW = datetime(2016, 1, 20, 9, tzinfo=UTC)
DUE = datetime(2016, 3, 13, 15, 59, 59, tzinfo=UTC)


def asks(**otherwise: object) -> Referees:
    usual = {"minimum": 2, "maximum": 3, "kinds": ("academic",), "needed": "nomination", "due_of": "closes", "due_days": 14}
    return Referees(**{**usual, "max_bytes": 1, "readers": ("officer",), **otherwise})  # type: ignore[arg-type]


def test_a_referee_is_called_by_letters() -> None:
    form = {"name": "Dr. Ñuflo Çelik", "email": "nuflo@example.org", "relation": "2014", "kind": "academic", "language": "es"}
    assert isinstance(read_invitee(asks(), form), Invitee)
    assert read_invitee(asks(), form | {"name": "12345"}) == {"name": Fault("no_letter")}


def test_days_are_counted_in_the_calls_zone_also_over_a_change_of_the_clocks() -> None:
    closes = datetime(2016, 3, 6, 4, 59, 59, tzinfo=UTC)  # 23:59:59 of 5 March in New York
    assert shifted(closes, 14, "America/New_York") == datetime(2016, 3, 20, 3, 59, 59, tzinfo=UTC)
    assert shifted(closes, -1, "America/New_York") == closes - timedelta(days=1)


def test_the_whole_last_second_is_inside() -> None:
    assert not passed(DUE, DUE + timedelta(microseconds=999_999))
    assert passed(DUE, DUE + timedelta(seconds=1))


def test_the_next_reminder_is_the_first_that_lies_ahead_and_none_follows_the_due_moment() -> None:
    days = (7, 2, 0)
    assert next_chase(DUE, days, NOW) == DUE - timedelta(days=7)
    assert next_chase(DUE, days, DUE - timedelta(days=7)) == DUE - timedelta(days=2)
    assert next_chase(DUE, days, DUE - timedelta(days=2)) == DUE - timedelta(hours=12)
    assert next_chase(DUE, days, DUE - timedelta(hours=12)) is None
    assert next_chase(DUE, (), NOW) is None


def test_an_applicant_reminds_not_too_often_and_not_for_ever() -> None:
    assert remind_again_at(NOW, 0) == NOW + REMIND_EVERY
    assert remind_again_at(NOW, REMIND_MOST) is None


@pytest.mark.parametrize(
    ("needed", "standings", "for_submission", "for_nomination"),
    [
        ("nomination", [], 2, 2),
        ("nomination", ["invited", "opened"], 0, 2),
        ("nomination", ["invited", "declined", "replaced", "released"], 1, 2),
        ("nomination", ["received", "invited"], 0, 1),
        ("nomination", ["received", "received", "declined"], 0, 0),
        ("submission", ["invited", "opened"], 2, 0),
        ("submission", ["received", "received"], 0, 0),
        ("submission", ["received", "received", "received"], 0, 0),
    ],
)
def test_what_is_lacking_for_a_stage(needed: str, standings: list[str], for_submission: int, for_nomination: int) -> None:
    """Where letters are needed later, the people are needed first."""
    rule = asks(needed=needed)
    assert lacking(rule, standings, {}, "submission") == for_submission
    assert lacking(rule, standings, {}, "nomination") == for_nomination


def test_what_a_referee_is_told_goes_by_the_kind_of_letter_and_is_never_what_the_applicant_is_told() -> None:
    to_the_applicant, professional = Texts(*["applicant"] * 6), Texts(*["professional"] * 6)
    rule = asks(guidance=to_the_applicant, guidance_of={"professional": professional})
    assert [rule.guidance_for(kind) for kind in ("academic", "professional")] == [None, professional]


def test_a_tally_says_what_has_come_what_is_to_come_and_whom_to_ask() -> None:
    found = tally(asks(), ["received", "declined", "replaced"], {})
    assert found == Tally(received=1, needed=2, expected=0)
    assert (found.letters, found.referees) == (1, 1)
    more = tally(asks(), ["received", "received", "received", "invited"], {})
    assert more is not None and (more.letters, more.referees) == (0, 0)
    assert tally(asks(when=When("level", ("master",))), [], {}) is None and tally(None, [], {}) is None


def test_nothing_is_lacking_of_those_of_whom_no_letters_are_asked() -> None:
    rule = asks(when=When("level", ("master",)))
    assert lacking(rule, [], {"level": "undergraduate"}, "submission") == 0
    assert lacking(rule, [], {"level": "master"}, "submission") == 2
    assert lacking(None, [], {}, "submission") == 0


def test_letters_are_asked_for_as_long_as_what_they_are_needed_for_lies_ahead() -> None:
    assert {state for state in State if may_ask("submission", state)} == {State.DRAFT, State.RETURNED}
    assert {state for state in State if may_ask("nomination", state)} == {State.DRAFT, State.RETURNED, State.SUBMITTED}
    assert {state for state in State if may_write(state)} == {State.DRAFT, State.RETURNED, State.SUBMITTED, State.NOMINATED}


def test_an_address_is_the_same_whatever_its_capitals() -> None:
    assert same_address(" Ana@Example.org", "ana@example.ORG ")
    assert not same_address("ana@example.org", "ana.b@example.org")
