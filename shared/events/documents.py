"""The documents that are drawn from the catalogue: an AsyncAPI 3 description and the event map in Markdown."""

import json
from pathlib import Path
from typing import Any, Final

from shared.events.catalogue import ENTRIES, TOPICS, Entry
from shared.events.envelope import CONTENT_TYPE, MAX_BYTES
from shared.events.schemas import EXAMPLES, all_schemas

DOCS: Final = Path(__file__).parents[2] / "docs"


def short(entry: Entry) -> str:
    """`puente.place.offered.v1` -> `place.offered`."""
    return ".".join(entry.type.split(".")[1:-1])


def examples_of(entry: Entry) -> list[Path]:
    """The published examples of an event, sorted by case name."""
    return sorted((EXAMPLES / entry.type).glob("*.json"))


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document: one channel a topic, one message an event, one send operation a producer and channel."""
    schemas = all_schemas()
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in TOPICS:
        carried = [entry for entry in ENTRIES if entry.topic is topic]
        channels[topic.name] = {
            "address": topic.name,
            "messages": {entry.type: {"$ref": f"#/components/messages/{entry.type}"} for entry in carried},
            "bindings": {"kafka": {"topic": topic.name, "partitions": topic.partitions, "bindingVersion": "0.5.0"}},
        }
        for producer in dict.fromkeys(entry.producer for entry in carried):
            operations[f"{producer}.publishes.{topic.name}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "messages": [{"$ref": f"#/channels/{topic.name}/messages/{entry.type}"} for entry in carried if entry.producer == producer],
            }
    for entry in ENTRIES:
        messages[entry.type] = {
            "name": entry.type,
            "title": short(entry),
            "summary": entry.meaning,
            "contentType": CONTENT_TYPE,
            "payload": schemas[entry.type],
            "bindings": {"kafka": {"key": {"type": "string", "description": f"the {entry.key}"}, "bindingVersion": "0.5.0"}},
            "examples": [{"name": path.stem, "payload": json.loads(path.read_text())} for path in examples_of(entry)],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Puente",
            "version": "1",
            "description": (
                "Every decision of a scholarship or training programme as an event. Delivered at least once and in order per key; "
                "a reader keeps the last `subjectversion` of each `subject` and skips what is not newer. "
                f"At most {MAX_BYTES} bytes. No personal data."
            ),
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def event_map() -> str:
    """`docs/events.md`: who tells whom what."""
    lines = [
        "# Events",
        "",
        "Drawn from `shared/events/catalogue.py` by `puente events docs`; do not edit. The same facts for machines:",
        "`asyncapi.json` beside this file, schemas in `shared/events/schemas/`, examples in `shared/events/examples/`.",
        "",
        "```mermaid",
        "flowchart LR",
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for entry in ENTRIES:
        for consumer in entry.consumers:
            arrows.setdefault((entry.producer, consumer), []).append(short(entry))
    for (producer, consumer), names in arrows.items():
        lines.append(f'  {producer} -- "{"<br/>".join(names)}" --> {consumer}')
    lines += ["```", "", "| event | topic | key | from | to | meaning |", "|---|---|---|---|---|---|"]
    for entry in ENTRIES:
        to = ", ".join(entry.consumers) or "whoever reads"
        lines.append(f"| `{entry.type}` | `{entry.topic.name}` | {entry.key} | {entry.producer} | {to} | {entry.meaning} |")
    return "\n".join(lines) + "\n"


def documents() -> dict[Path, str]:
    """Path -> text of every generated document outside of `schemas/`."""
    return {
        DOCS / "asyncapi.json": json.dumps(asyncapi(), indent=1, ensure_ascii=False) + "\n",
        DOCS / "events.md": event_map(),
    }


def stale() -> list[str]:
    """Names of documents that are not what the catalogue says."""
    return [path.name for path, text in documents().items() if not path.exists() or path.read_text() != text]


def write() -> list[str]:
    """Renew the documents; returns the names of those that changed."""
    changed = stale()
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return changed
