"""What the audit trail says of acts that are about no application: in words and in the reader's time, nothing as it is stored."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.applications.staff.audit import detail_words
from services.applications.staff.words import notes
from services.applications.store.trail import Entry
from shared.kernel.ids import new_id
from shared.web.i18n import SHARED_LOCALE, Texts, speaking
from tests.conftest import ROOT
from tests.integration.applications.people import the_plan

TEXTS = Texts.load(ROOT / "services" / "applications" / "locale", SHARED_LOCALE)
NOW = datetime(2016, 3, 1, tzinfo=UTC)
DETAILS = [
    (
        "erasure.asked",
        {"due_at": "2016-03-02T14:27:44.752669+00:00"},
        "Deleted after 2 Mar 2016, 09:27 (Lima), unless it is taken back before.",
    ),
    ("applicant.erased", {"cause": "asked", "rows": {"application": 2}}, "The person had asked for it."),
    ("applicant.erased", {"cause": "again", "rows": {}}, "Done once more, as a backup had brought it back."),
    (
        "privacy.not_told",
        {"kind": "draft", "reason": "address_refused"},
        "An unsent application will be removed; The mail server knows no such address",
    ),
    ("plan.load", {"version": "2", "hash": "0f" * 32, "confirmed_by": None}, "Version 2"),
    ("plan.propose", {"version": "2", "breaks": ["places"]}, "Version 2"),
    ("events.resume", {"events": 1200}, "Events: 1,200."),
    ("events.drop", {"parked": 7, "reason": "Sent by a test."}, "Number of the event: 7. Sent by a test."),
    ("events.republish", {"events": 3, "days": 30}, "Events: 3. Days: 30."),
    ("events.reread", {"partitions": 12}, "Partitions: 12."),
    ("retention.drafts", {"rows": 4}, "How many: 4."),
    ("account.made_staff", {"before": "applicant", "after": "officer", "country": None}, "Applicant → Officer"),
]


@pytest.mark.parametrize(
    ("language", "score", "rank"),
    [("es", "76.5", "1,204"), ("pt", "76,5", "1.204"), ("fr", "76,5", "1\u202f204"), ("nl", "76,5", "1.204"), ("zh", "76.5", "1,204")],
)
def test_numbers_in_a_detail_stand_as_the_language_writes_them(language: str, score: str, rank: str) -> None:
    """The Spanish of Latin America has a point where that of Spain has a comma."""
    plan = the_plan()
    reviewed = next(one for one in plan.programmes if "review" in one.route)
    with speaking(TEXTS, language):
        said = notes({"score": 76_500, "rank": 1204, "slate_rank": 1204, "from": 1204, "to": 1}, plan, reviewed)
    assert [score in said[-1], *(rank in one for one in said[:-1])] == [True] * 4, said


@pytest.mark.parametrize(("act", "detail", "words"), DETAILS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_detail_is_words_and_the_readers_time(act: str, detail: dict[str, Any], words: str) -> None:
    entry = Entry(new_id(), NOW, "system", "system", act, "somebody", detail)
    with speaking(Texts(), "en"):
        assert detail_words(entry, None, [], "America/Lima").replace("\u00a0", " ") == words
