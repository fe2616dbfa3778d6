"""What each kind of proposal asks for, as JSON Schema, for the description of the API."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from services.quotas.proposals.kinds import KINDS

_WITHIN: Final = "within:"


def every_kind() -> list[dict[str, Any]]:
    """One schema for each kind's `params`, titled by the kind; each stands by itself, with no reference to another."""
    schemas, named = msgspec.json.schema_components([kind.params for kind in KINDS.values()], ref_template=_WITHIN + "{name}")
    return [_whole(schema, named) | {"title": name} for name, schema in zip(KINDS, schemas, strict=True)]


def _whole(schema: Any, named: Mapping[str, Any]) -> Any:
    """The schema with what it refers to in its place."""
    if isinstance(schema, list):
        return [_whole(one, named) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(named[schema["$ref"].removeprefix(_WITHIN)], named)
    return {key: _whole(value, named) for key, value in schema.items()}
