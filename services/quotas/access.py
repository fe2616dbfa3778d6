"""What routes reach the service by: its database, its clock, and the boards that are watched; and who may do what."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request

from services.quotas.exports import Exports
from services.quotas.proposals import KINDS
from services.quotas.proposals.kind import Params
from services.quotas.watch import BoardWatch
from shared.kernel.clock import Clock
from shared.persistence.database import Database
from shared.web.identity import Identity

MAY_PROPOSE: Final = ("officer",)
"""The roles that propose, adopt and reject a change of a target; adopting takes another person than proposing."""


MAY_PROPOSE_PARTICIPATION: Final = ("officer", "coordinator")
"""The roles that propose that a country leaves or returns; a coordinator only for the own country."""


def may_file(who: Identity, kind: str, params: Params) -> bool:
    """Whether they may file this proposal."""
    if who.role in MAY_PROPOSE:
        return True
    return KINDS[kind].by_country and who.role == "coordinator" and who.country == getattr(params, "country", None)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a request is worked on."""

    db: Database
    clock: Clock
    exports: Exports
    watch: BoardWatch


def desk_of(request: Request) -> Desk:
    """The desk of the application that serves this request."""
    desk: Desk = request.app.state.desk
    return desk


def address_of(request: Request) -> str:
    """From where somebody asks; the gateway says it where there is one."""
    return request.client.host if request.client else ""
