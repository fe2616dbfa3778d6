"""The texts that people agree to as they send an application; open to everybody."""

from typing import Any

from fastapi import APIRouter

from services.applications import agreements

router = APIRouter(prefix="/api/v1/agreements", tags=["agreements"])


@router.get("")
async def in_force() -> list[dict[str, Any]]:
    """Of each text the version that somebody who sends now agrees to, in every language."""
    found = [agreements.in_force(kind) for kind in agreements.KINDS]
    return [{"kind": one.kind, "version": one.version, "texts": one.texts} for one in found]
