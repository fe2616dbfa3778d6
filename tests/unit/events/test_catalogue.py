"""The catalogue is complete and its documents are true; each guard is shown to bite."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.events import documents, schemas
from shared.events.catalogue import ENTRIES, TOPICS, Entry, decode
from shared.events.envelope import MAX_BYTES, Refusal, encode

EXAMPLES = [path for entry in ENTRIES for path in documents.examples_of(entry)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: documents.short(entry))
def test_every_event_has_a_producer_a_meaning_and_an_example(entry: Entry) -> None:
    """A stranger can read the table alone."""
    assert entry.type.startswith("puente.")
    assert entry.type.rsplit(".", 1)[-1][1:].isdigit()
    assert entry.topic in TOPICS
    assert entry.meaning.endswith(".")
    assert documents.examples_of(entry), f"no example in {schemas.EXAMPLES / entry.type}"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_example_fits_its_struct_its_schema_and_cloudevents(path: Path) -> None:
    """Our reader, the JSON schema and CloudEvents' own library agree on every published example."""
    raw = path.read_bytes()
    event = decode(raw)
    assert json.loads(encode(event)) == json.loads(raw)
    jsonschema.validate(json.loads(raw), json.loads((schemas.FOLDER / f"{event.type}.json").read_text()))
    referee = JSONFormat().read(CloudEvent, raw)
    assert (referee.get_type(), referee.get_subject(), referee.get_source()) == (event.type, event.subject, event.source)
    assert len(encode(event)) < MAX_BYTES


def test_examples_belong_to_events() -> None:
    """No example of an event that is gone."""
    assert {path.name for path in schemas.EXAMPLES.iterdir()} == {entry.type for entry in ENTRIES}


def test_schemas_and_documents_are_what_the_catalogue_says() -> None:
    """Run `puente events docs` after a change."""
    assert schemas.drift() == []
    assert documents.stale() == []


def test_a_stale_a_missing_and_a_foreign_schema_are_seen(tmp_path: Path) -> None:
    """The drift guard bites."""
    schemas.write(tmp_path)
    assert schemas.drift(tmp_path) == []
    (tmp_path / "puente.place.taken.v1.json").write_text("{}")
    (tmp_path / "puente.place.offered.v1.json").unlink()
    (tmp_path / "puente.place.sold.v1.json").write_text("{}")
    assert schemas.drift(tmp_path) == [
        "puente.place.offered.v1.json is missing",
        "puente.place.taken.v1.json is stale",
        "puente.place.sold.v1.json belongs to no event",
    ]


def _published() -> schemas.Schema:
    return json.loads((schemas.FOLDER / "puente.place.offered.v1.json").read_text())  # type: ignore[no-any-return]


def test_a_new_optional_field_breaks_nobody() -> None:
    """Growing is allowed."""
    grown = copy.deepcopy(_published())
    grown["$defs"]["PlaceOffered"]["properties"]["note"] = {"type": "string", "default": ""}
    assert schemas.breaking_changes(_published(), grown) == []


@pytest.mark.parametrize("change", ["removed", "retyped", "required", "nested"])
def test_a_change_that_breaks_readers_is_refused(change: str, tmp_path: Path) -> None:
    """A removed field, another type, a new duty, or the same deeper down: each needs a new version."""
    old = _published()
    data = old["$defs"]["PlaceOffered"]
    if change == "removed":
        data["properties"]["seat"] = {"type": "string"}
    elif change == "retyped":
        data["properties"]["decision"] = {"type": "string"}
    elif change == "required":
        data["required"].remove("cause")
    else:
        data["properties"]["answer_by"]["format"] = "date"
    (tmp_path / "puente.place.offered.v1.json").write_text(json.dumps(old))
    with pytest.raises(schemas.Breaking, match="new version"):
        schemas.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["puente.place.offered.v1.json"], "nothing is written where something would break"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "puente.place.offered.v2"}, "unknown_type"),
        ({"specversion": "0.3"}, "malformed"),
        ({"source": "/applications"}, "wrong_producer"),
        ({"time": "2016-02-10T14:30:00"}, "malformed"),
        ({"data": {"application": "x"}}, "malformed_data"),
        ({"subject": "x" * MAX_BYTES}, "oversize"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_a_code(change: dict[str, object], code: str) -> None:
    """Each way of being wrong has its own stable code and says what was expected."""
    example = json.loads(documents.examples_of(next(e for e in ENTRIES if e.type == "puente.place.offered.v1"))[0].read_text())
    with pytest.raises(Refusal) as refusal:
        decode(json.dumps(example | change).encode())
    assert refusal.value.code == code


def test_an_event_on_a_topic_of_another_producer_is_refused() -> None:
    """The topic's owner is part of the check."""
    raw = documents.examples_of(next(e for e in ENTRIES if e.type == "puente.place.offered.v1"))[0].read_bytes()
    with pytest.raises(Refusal, match="belongs on"):
        decode(raw, topic="puente.applications.v1")
