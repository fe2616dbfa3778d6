"""From a request's identity to the viewer that the use cases and the store know."""

from uuid import UUID

from fastapi import Request

from services.applications.domain.viewers import Viewer
from shared.web.identity import Identity, require


def viewer_of(identity: Identity) -> Viewer:
    return Viewer(UUID(identity.account_id), identity.role, identity.country, UUID(identity.session_id))


def viewer_in(request: Request, *roles: str) -> Viewer:
    """The viewer who asks, in one of `roles` (any, where none is named); see `shared.web.identity.require` for the refusals."""
    return viewer_of(require(request, *roles))
