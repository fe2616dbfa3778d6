"""A plan in its versions: as it is kept, what tells one content from another, and whether one may be loaded beside those that were."""

import hashlib
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


def judge_load(plan: Plan, loaded: bytes | None) -> Literal["new", "unchanged"] | LoadRefused:
    """Whether the plan may be loaded. `loaded` is what `encode` gave when this version of it was; none where it never was.

    The same version with the same content is `unchanged`; with another content it is refused as `version_changed`. What can be said in a
    plan only since then, and is said in neither, makes no other content: files that nobody touched are unchanged after an upgrade too.
    """
    if loaded is None:
        return "new"
    if encode(plan) in (loaded, _as_of_now(loaded)):
        return "unchanged"
    found = {"loaded": hashlib.sha256(loaded).hexdigest(), "found": content_hash(plan)}
    return LoadRefused(code="version_changed", parameters={"plan": plan.code, "version": plan.version, **found})


def _as_of_now(raw: bytes) -> bytes | None:
    """The bytes that a kept plan has in the form of today; none where today's form cannot hold it."""
    try:
        return encode(decode(raw))
    except msgspec.MsgspecError:
        return None
