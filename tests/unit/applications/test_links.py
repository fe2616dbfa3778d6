"""A link to a document is for one person, one document, one use, and ten minutes; nothing else of it opens anything."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.applications.documents.links import LIFE, LOOK, SAVE, Expired, Link, Links
from shared.kernel.ids import new_id

NOW = datetime(2016, 2, 1, 12, 0, tzinfo=UTC)
ANA, BEN = new_id(), new_id()
LINK = Link(new_id(), new_id(), ANA, SAVE)
LINKS = Links(b"a key of this installation")


def test_it_says_what_it_is_for_until_its_time_is_over() -> None:
    raw = LINKS.make(LINK, NOW)
    assert raw.replace("-", "").replace("_", "").isalnum()
    assert LINKS.read(raw, ANA, NOW) == LINKS.read(raw, ANA, NOW + LIFE) == LINK
    assert LINKS.read(raw, ANA, NOW + LIFE + timedelta(seconds=1)) == Expired(LINK.application_id)


def test_it_is_nothing_in_anothers_hand_not_even_expired() -> None:
    raw = LINKS.make(LINK, NOW)
    assert LINKS.read(raw, BEN, NOW) is None
    assert LINKS.read(raw, BEN, NOW + 2 * LIFE) is None


def test_each_letter_counts() -> None:
    raw = LINKS.make(LINK, NOW)
    for at in range(len(raw) - 1):  # of the last letter, not every bit is used
        changed = "A" if raw[at] != "A" else "B"
        assert LINKS.read(raw[:at] + changed + raw[at + 1 :], ANA, NOW) is None, at


@pytest.mark.parametrize("raw", ["", "x", "é" * 20, "A" * 97, "A" * 10_000, "../../etc/passwd", "%00", "=" * 40])
def test_nonsense_is_nothing(raw: str) -> None:
    assert LINKS.read(raw, ANA, NOW) is None


def test_another_key_another_use_and_a_shorter_link_are_nothing() -> None:
    raw = LINKS.make(LINK, NOW)
    assert Links(b"another").read(raw, ANA, NOW) is None
    look = LINKS.read(LINKS.make(Link(LINK.application_id, LINK.document_id, ANA, LOOK), NOW), ANA, NOW)
    assert isinstance(look, Link)
    assert look.use == LOOK
    assert LINKS.read(raw[:-4], ANA, NOW) is None


def test_every_process_has_the_same_key(tmp_path: Path) -> None:
    raw = Links.from_folder(tmp_path).make(LINK, NOW)
    assert Links.from_folder(tmp_path).read(raw, ANA, NOW) == LINK
    assert (tmp_path / "documents.key").stat().st_mode & 0o777 == 0o600
