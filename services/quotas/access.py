"""What routes reach the service by: its database and its clock; and who may do what."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from shared.kernel.clock import Clock
from shared.persistence.database import Database

MAY_PROPOSE: Final = ("officer",)
"""The roles that propose, adopt and reject a change of a target; adopting takes another person than proposing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a request is worked on."""

    db: Database
    clock: Clock


def desk_of(request: Request) -> Desk:
    """The desk of the application that serves this request."""
    desk: Desk = request.app.state.desk
    return desk
