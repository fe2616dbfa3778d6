"""The table of who is told what: complete, and each row does what it says."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notifications.domain.choose import BOTH, EMAIL, FOR_REFEREES, TABLE, Choice, Happening, choose
from services.notifications.wording import FOLDER
from shared.events.catalogue import BY_TYPE, types_for
from shared.events.schemas import EXAMPLES
from shared.kernel.cells import Cell
from shared.kernel.ids import derived_id

NOW = datetime(2016, 2, 10, 14, 30, tzinfo=UTC)
PROGRAMMES = "puente.programme.published.v1"
ERASED = "puente.applicant.erased.v1"


def happening(kind: str, **facts: Any) -> Happening:
    """The catalogue's example of this event, with some facts otherwise."""
    example = json.loads(next((EXAMPLES / kind).glob("*.json")).read_text())
    return Happening(
        event=derived_id("event"),
        type=kind,
        application=derived_id("application"),
        person=derived_id("person"),
        cell=Cell("scholarship", "PE", 2016),
        time=NOW,
        facts={**example["data"], **facts},
    )


def told(kind: str, **facts: Any) -> Choice:
    return choose(happening(kind, **facts))


def test_every_event_for_this_service_has_a_row_and_no_row_is_for_another() -> None:
    """Programmes are learnt, and people who were erased are forgotten; both are told to nobody."""
    assert set(TABLE) == types_for("notifications") - {PROGRAMMES, ERASED}


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_a_row_is_whole(kind: str) -> None:
    """It names a text and channels, or why nobody is told; and its facts are facts of that event."""
    fields = set(BY_TYPE[kind].data.__struct_fields__)
    for row in TABLE[kind]:
        assert bool(row.because) == (row.to == "nobody") == (not row.template) == (not row.channels)
        assert set(row.tells) <= fields
        assert row.when is None or row.when[0] in fields
        assert row.above is None or set(row.above) <= fields
        assert row.remind is None or row.remind.before in row.tells
        assert row.remind is None or row.remind.kind in row.settles, "a newer one replaces it"
    assert (TABLE[kind][-1].when, TABLE[kind][-1].above) == (None, None), "the last row takes what is left"


@pytest.mark.parametrize("kind", sorted(TABLE))
def test_every_example_is_told_or_knowingly_not(kind: str) -> None:
    """The catalogue's own examples choose a text that exists, for the person concerned, on each channel once."""
    for path in sorted((EXAMPLES / kind).glob("*.json")):
        choice = choose(happening(kind, **json.loads(path.read_text())["data"]))
        assert choice.messages
        assert len({(draft.recipient, draft.channel) for draft in choice.messages}) == len(choice.messages)
        for draft in choice.messages:
            assert draft.recipient == derived_id("referee" if draft.template in FOR_REFEREES else "person")
            assert (Path(FOLDER) / "en" / f"{draft.template}.txt").is_file()


def test_nothing_of_an_event_is_kept_beyond_what_its_text_needs() -> None:
    """No person's id stays in the facts, also not inside a limit's key."""
    choice = told("puente.place.waiting.v1", lacking=["cell:scholarship:PE:2016", f"person:{derived_id('person')}"])
    assert choice.messages[0].facts == {"rank": 7, "lacking": ["cell", "person"], "list_closes": "2016-08-31T15:59:59Z"}


def test_of_letters_it_is_told_whether_more_are_needed_and_an_older_event_says_no_number() -> None:
    received, declined = "puente.referee.received.v1", "puente.referee.declined.v1"
    more = told(received, received=1, needed=2, letters_lacking=1)
    assert [one.template for one in more.messages] == ["letter_received_not_all"] * 2 + ["referee_thanked"]
    assert {name: more.messages[0].facts[name] for name in ("received", "needed")} == {"received": 1, "needed": 2}
    assert told(received, received=2, needed=2, letters_lacking=0).messages[0].template == "letters_complete"
    further = told(received, received=3, needed=2, letters_lacking=0)
    assert [one.template for one in further.messages] == ["letter_further"] * 2 + ["referee_thanked"], "that all have come is told once"
    none: dict[str, Any] = {"received": None, "needed": None, "letters_lacking": None}
    for unasked in (none, {"received": 1, "needed": 0, "letters_lacking": 0}):
        assert told(received, **unasked).messages[0].template == "letter_received"
    assert told(declined, referees_lacking=1).messages[0].template == "letter_declined_ask_another"
    for enough in (0, None):
        assert told(declined, referees_lacking=enough).messages[0].template == "letter_declined"


def test_a_corrected_application_is_thanked_for_as_such() -> None:
    submitted = "puente.application.submitted.v1"
    assert [one.template for one in told(submitted).messages] == ["application_submitted"] * 2, "also of an event from before it was told"
    corrected = told(submitted, corrected=True)
    assert [one.template for one in corrected.messages] == ["application_corrected"] * 2 and corrected.settles == ("correction",)


def test_before_the_round_nobody_is_told_a_rank() -> None:
    assert told("puente.place.waiting.v1", rank=0).messages[0].template == "place_waiting_round"
    assert told("puente.place.waiting.v1", rank=1).messages[0].template == "place_waiting"


def test_an_approval_is_shown_in_the_inbox_and_the_answer_about_the_place_is_mailed() -> None:
    assert [draft.channel for draft in told("puente.application.approved.v1").messages] == ["inbox"]
    assert [draft.channel for draft in told("puente.place.refused.v1").messages] == list(BOTH)


@pytest.mark.parametrize(("cause", "template"), [("expired", "offer_lapsed"), ("withdrawn", None), ("declined", None), ("ended", None)])
def test_a_release_is_told_only_where_no_other_event_tells_of_it(cause: str, template: str | None) -> None:
    choice = told("puente.place.released.v1", cause=cause)
    assert {draft.template for draft in choice.messages} == ({template} if template else set())
    assert choice.settles == ("offer",)


def test_a_withdrawal_by_staff_says_who() -> None:
    assert told("puente.application.withdrawn.v1").messages[0].template == "application_withdrawn"
    by_staff = told("puente.application.withdrawn.v1", by_role="officer").messages[0]
    assert (by_staff.template, by_staff.facts) == ("application_withdrawn_by_staff", {"by_role": "officer"})


def test_where_nobody_decided_nobody_is_said_to_have_chosen() -> None:
    assert told("puente.application.rejected.v1").messages[0].template == "application_rejected"
    undecided = told("puente.application.rejected.v1", by_role="system", reasons=[])
    assert {draft.template for draft in undecided.messages} == {"application_undecided"}
    assert undecided.settles == ("correction",)


def test_an_offer_is_recalled_three_days_before_its_deadline() -> None:
    alarm = told("puente.place.offered.v1").alarm
    assert alarm is not None
    assert (alarm.kind, alarm.due, alarm.until) == (
        "offer",
        datetime(2016, 2, 21, 14, 30, tzinfo=UTC),
        datetime(2016, 2, 24, 14, 30, tzinfo=UTC),
    )


def test_a_correction_is_recalled_two_days_before_its_day_which_lasts_until_it_is_over_everywhere() -> None:
    alarm = told("puente.application.returned.v1").alarm
    assert alarm is not None
    assert (alarm.due, alarm.until) == (datetime(2016, 2, 18, 13, tzinfo=UTC), datetime(2016, 2, 21, 12, tzinfo=UTC))


def test_a_deadline_that_is_near_already_needs_no_reminder() -> None:
    near = (NOW + timedelta(days=3)).isoformat()
    assert told("puente.place.offered.v1", answer_by=near).alarm is None
    assert told("puente.application.returned.v1", correct_by="2016-02-12").alarm is None


def test_an_event_that_the_table_does_not_have_leads_to_nothing() -> None:
    assert told("puente.cell.changed.v1") == Choice()


def test_a_letter_is_told_to_the_applicant_and_thanked_for_by_mail_only() -> None:
    told_of = [
        (draft.recipient, draft.channel, draft.template, draft.facts)
        for draft in told("puente.referee.received.v1", received=2, needed=2, letters_lacking=0).messages
    ]
    person, referee = derived_id("person"), derived_id("referee")
    assert told_of == [
        (person, "email", "letters_complete", {}),
        (person, "inbox", "letters_complete", {}),
        (referee, "email", "referee_thanked", {}),
    ]


def test_a_referee_has_no_inbox_and_the_text_says_whose_address_is_asked_for() -> None:
    """One text is for referees or for applicants, never for both: by it the address is asked for."""
    for rows in TABLE.values():
        for row in [one for first in rows for one in (first, first.also) if one]:
            assert (row.template in FOR_REFEREES) == (row.to == "referee")
            assert row.to != "referee" or row.channels == (EMAIL,)
