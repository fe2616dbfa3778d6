"""Who is looking, and what they may know to exist. Pure; the store applies the same rule in its queries."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

EVERYWHERE: Final = frozenset({"reviewer", "officer", "auditor"})
"""Roles that see the submitted applications of all countries. Nobody but the applicant ever sees a draft."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """An account, its role, the country (ISO 3166 alpha-2) of a coordinator, empty where none, and the session that it came by, if any.

    `language` is that of the pages; empty of a program.
    """

    account_id: UUID
    role: str
    country: str = ""
    session_id: UUID | None = None
    language: str = ""


class SessionEnded(Exception):
    """Whoever asks came by a session that was ended: nothing is done, and they are asked to sign in."""

    safe_text = True


def may_know(viewer: Viewer, *, person_id: UUID, country: str, submitted: bool) -> bool:
    """Whether the viewer may know that the application exists."""
    if viewer.role == "applicant":
        return viewer.account_id == person_id
    if viewer.role == "coordinator":
        return submitted and bool(viewer.country) and viewer.country == country
    return submitted and viewer.role in EVERYWHERE
