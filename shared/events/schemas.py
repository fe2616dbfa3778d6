"""JSON schemas of all events, drawn from the structs, and the judgement whether a change would break a reader.

`schemas/<type>.json` are checked in. `write` renews them, but refuses a change that a consumer of the published
version could stumble over: such a change needs a new version of the event.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.events.catalogue import ENTRIES, Entry
from shared.events.envelope import Event

FOLDER: Final = Path(__file__).parent / "schemas"
EXAMPLES: Final = Path(__file__).parent / "examples"
Schema = dict[str, Any]


class Breaking(Exception):
    """A published event would change meaning; each line says where and how."""

    def __init__(self, changes: list[str]) -> None:
        super().__init__("; ".join(changes) + " - give the event a new version instead")
        self.changes = changes


def schema_of(entry: Entry) -> Schema:
    """The JSON schema (draft 2020-12) of the whole event, envelope and data."""
    made = msgspec.json.schema(Event[entry.data])  # type: ignore[name-defined]
    definitions: dict[str, Schema] = made.pop("$defs")
    envelope = definitions.pop(made.pop("$ref").rsplit("/", 1)[-1])
    envelope["properties"]["type"] = {"const": entry.type}
    envelope["properties"]["source"] = {"const": f"/{entry.producer}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:puente:{entry.type}",
        "title": entry.type,
        "description": entry.meaning,
        **{key: value for key, value in envelope.items() if key not in ("title", "description")},
        "$defs": definitions,
    }


def all_schemas() -> dict[str, Schema]:
    """Event type -> schema, in the catalogue's order."""
    return {entry.type: schema_of(entry) for entry in ENTRIES}


def text_of(schema: Schema) -> str:
    """The schema as it is checked in."""
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=False) + "\n"


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What of `new` could break somebody who reads or wrote `old`; a new field with a default breaks nobody."""
    return list(_differences(old, new, old.get("$defs", {}), new.get("$defs", {}), "", frozenset()))


def _differences(old: Any, new: Any, olds: Schema, news: Schema, at: str, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict) and "$ref" in old and "$ref" in new:
        pair = (old["$ref"], new["$ref"])
        if pair not in seen:
            found = (olds[pair[0].rsplit("/", 1)[-1]], news[pair[1].rsplit("/", 1)[-1]])
            yield from _differences(*found, olds, news, at, seen | {pair})
        return
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{at or 'the event'}: {old!r} became {new!r}"
        return
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name not in after:
            yield f"{at}/{name} was removed"
        else:
            yield from _differences(before[name], after[name], olds, news, f"{at}/{name}", seen)
    for name in sorted(set(new.get("required", [])) ^ set(old.get("required", []))):
        yield f"{at}/{name} {'became required' if name in new.get('required', []) else 'is no longer always there'}"
    told = {"properties", "required", "title", "description", "$defs", "$schema", "$id", "default"}
    for key in sorted((set(old) | set(new)) - told):
        if isinstance(old.get(key), list) and isinstance(new.get(key), list) and len(old[key]) == len(new[key]):
            for one, other in zip(old[key], new[key], strict=True):
                yield from _differences(one, other, olds, news, f"{at}/{key}", seen)
        elif key not in old or key not in new:
            yield f"{at}: {key} was {'added' if key in new else 'removed'}"
        else:
            yield from _differences(old[key], new[key], olds, news, at if key in ("items", "additionalProperties") else f"{at}/{key}", seen)


def drift(folder: Path = FOLDER) -> list[str]:
    """Files of `folder` that are not what the structs say: missing, stale or left over."""
    expected = {f"{kind}.json": text_of(schema) for kind, schema in all_schemas().items()}
    found = {path.name: path.read_text() for path in folder.glob("*.json")}
    return [
        *(f"{name} is missing" for name in expected if name not in found),
        *(f"{name} is stale" for name in expected if name in found and found[name] != expected[name]),
        *(f"{name} belongs to no event" for name in sorted(found) if name not in expected),
    ]


def write(folder: Path = FOLDER) -> list[str]:
    """Renew the schemas; returns the files that changed. Raises `Breaking`, and changes nothing, where a published event would break."""
    folder.mkdir(parents=True, exist_ok=True)
    schemas = all_schemas()
    broken = [
        f"{kind}{change}"
        for kind, schema in schemas.items()
        if (folder / f"{kind}.json").exists()
        for change in breaking_changes(json.loads((folder / f"{kind}.json").read_text()), schema)
    ]
    broken += [f"{path.stem} was removed" for path in sorted(folder.glob("*.json")) if path.stem not in schemas]
    if broken:
        raise Breaking(broken)
    changed = []
    for kind, schema in schemas.items():
        path, text = folder / f"{kind}.json", text_of(schema)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path.name)
    return changed
