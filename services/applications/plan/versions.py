"""A plan in its versions: as it is kept, what tells one content from another, and whether one may be loaded beside those that were."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from services.applications.plan.model import Plan

_decoder: Final[msgspec.json.Decoder[Plan]] = msgspec.json.Decoder(Plan)


def encode(plan: Plan) -> bytes:
    """The plan as JSON, to be kept; example cases are left out. The same plan always gives the same bytes."""
    return msgspec.json.encode(msgspec.structs.replace(plan, cases=()))


def decode(raw: bytes) -> Plan:
    """The plan that `encode` gave; `msgspec.MsgspecError` where the bytes are something else."""
    return _decoder.decode(raw)


def content_hash(plan: Plan) -> str:
    """SHA-256 of what the plan says, in hex; example cases and the layout of the files do not count."""
    return hashlib.sha256(encode(plan)).hexdigest()


class LoadRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The plan may not be loaded; `code` is stable, `parameters` say what stands against what."""

    code: str
    parameters: dict[str, Any]


def judge_load(plan: Plan, loaded: Mapping[str, str]) -> Literal["new", "unchanged"] | LoadRefused:
    """Whether the plan may be loaded. `loaded` maps the versions of this plan that were loaded to their content hashes.

    The same version with the same content is `unchanged`; with another content it is refused as `version_changed`.
    """
    if (before := loaded.get(plan.version)) is None:
        return "new"
    if before == (now := content_hash(plan)):
        return "unchanged"
    return LoadRefused(code="version_changed", parameters={"plan": plan.code, "version": plan.version, "loaded": before, "found": now})
