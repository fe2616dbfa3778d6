"""The life of an application, whole, as one table. Pure.

`TABLE` is the only place that says which state follows which; the diagram in the README is drawn from it
(`diagram()`), and a move that is not in it is refused with the state that the application is in.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    NOMINATED = "nominated"
    APPROVED = "approved"
    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PLACED = "placed"
    REJECTED = "rejected"
    REFUSED = "refused"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Act(StrEnum):
    START = "start"
    SUBMIT = "submit"
    RETURN = "return"
    EXTEND = "extend"
    NOMINATE = "nominate"
    REFUSE_NOMINATION = "refuse_nomination"
    REJECT = "reject"
    APPROVE = "approve"
    OFFER = "offer"
    WAIT = "wait"
    REFUSE = "refuse"
    ACCEPT = "accept"
    DECLINE = "decline"
    LAPSE = "lapse"
    TAKE = "take"
    END = "end"
    EXPIRE = "expire"
    CLOSE = "close"
    WITHDRAW = "withdraw"


APPLICANT, COORDINATOR, REVIEWER, OFFICER, QUOTAS, SYSTEM = "applicant", "coordinator", "reviewer", "officer", "quotas", "system"

D, S, R, N = State.DRAFT, State.SUBMITTED, State.RETURNED, State.NOMINATED
P, W, O, A = State.APPROVED, State.WAITING, State.OFFERED, State.ACCEPTED  # noqa: E741 - one letter keeps the table a table


class Row(NamedTuple):
    """From these states (none: from nothing), this act, by one of these roles, leads there and publishes that.

    `route` narrows the row to programmes with (`+step`) or without (`-step`) a step.
    """

    sources: tuple[State, ...]
    act: Act
    who: tuple[str, ...]
    target: State
    event: str | None = None
    route: str = ""


# fmt: off
TABLE: Final = (
    Row((),                     Act.START,             (APPLICANT,),            State.DRAFT),
    Row((D, R),                 Act.SUBMIT,            (APPLICANT,),            State.SUBMITTED, "application.submitted"),
    Row((S,),                   Act.RETURN,            (COORDINATOR,),          State.RETURNED,  "application.returned"),
    # A later day for the correction; told as the return was, with that day.
    Row((R,),                   Act.EXTEND,            (COORDINATOR,),          State.RETURNED,  "application.returned"),
    Row((S,),                   Act.NOMINATE,          (COORDINATOR,),          State.NOMINATED, "application.nominated", "+nomination"),
    Row((N,),                   Act.REFUSE_NOMINATION, (QUOTAS,),               State.SUBMITTED),
    Row((S, N),                 Act.REJECT,            (COORDINATOR, OFFICER),  State.REJECTED,  "application.rejected"),
    Row((N,),                   Act.APPROVE,           (OFFICER,),              State.APPROVED,  "application.approved", "+nomination"),
    Row((S,),                   Act.APPROVE,           (OFFICER,),              State.APPROVED,  "application.approved", "-nomination"),
    Row((P, W),                 Act.OFFER,             (QUOTAS,),               State.OFFERED),
    Row((P,),                   Act.WAIT,              (QUOTAS,),               State.WAITING),
    Row((P, W),                 Act.REFUSE,            (QUOTAS,),               State.REFUSED),
    Row((O,),                   Act.ACCEPT,            (APPLICANT,),            State.ACCEPTED,  "offer.accepted"),
    Row((O,),                   Act.DECLINE,           (APPLICANT,),            State.DECLINED,  "offer.declined"),
    Row((O,),                   Act.LAPSE,             (QUOTAS,),               State.LAPSED),
    # Quotas has given the place away although it was accepted, as after a backup was put back: the person is told, not left waiting.
    Row((A,),                   Act.LAPSE,             (QUOTAS,),               State.LAPSED),
    Row((A,),                   Act.TAKE,              (QUOTAS,),               State.PLACED),
    Row((State.PLACED,),        Act.END,               (OFFICER,),              State.ENDED,     "application.ended"),
    # Nobody corrected it by the day that was named: it counts as withdrawn, so that the person may apply again while the call is open.
    Row((R,),                   Act.EXPIRE,            (SYSTEM,),               State.WITHDRAWN, "application.withdrawn"),
    # Nobody decided on it by the end of the call, after which nobody is served any more.
    Row((S, N),                 Act.CLOSE,             (SYSTEM,),               State.REJECTED,  "application.rejected"),
    # Nobody else ever heard of a draft, so nobody is told that it went.
    Row((D,),                   Act.WITHDRAW,          (APPLICANT,),            State.WITHDRAWN),
    Row((S, R, N, P, W, O, A),  Act.WITHDRAW,          (APPLICANT,),            State.WITHDRAWN, "application.withdrawn"),
    Row((State.PLACED,),        Act.WITHDRAW,          (APPLICANT, OFFICER),    State.WITHDRAWN, "application.withdrawn"),
)
# fmt: on

EDITABLE: Final = frozenset({State.DRAFT, State.RETURNED})
"""The applicant may change answers and documents."""
BEFORE_PLACED: Final = frozenset({D, S, R, N, P, W, O, A})
WITH_COUNTRY: Final = frozenset({S, R, N})
"""The coordinator may still act."""
WITH_DONOR: Final = frozenset({N, P})
WITH_QUOTAS: Final = frozenset({P, W, O, A})
"""An answer of quotas is due, or the applicant's answer to it."""
FINISHED: Final = frozenset({State.REJECTED, State.REFUSED, State.DECLINED, State.LAPSED, State.WITHDRAWN, State.ENDED})
"""Nothing follows: an answer of quotas that comes now was overtaken, and is only noted."""
REASON_NEEDED: Final = frozenset({(State.PLACED, Act.WITHDRAW), (State.PLACED, Act.END)})


@dataclass(frozen=True, slots=True)
class Moved:
    """The move may be made: where it leads, and the event (without prefix and version) that tells of it, if any."""

    source: State | None
    target: State
    event: str | None


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The move is not in the table. `reason`: `not_in_this_state`, `not_in_this_role`, `not_in_this_route`."""

    reason: str
    state: State | None


def move(state: State | None, act: Act, role: str, *, route: tuple[str, ...] = ("nomination", "review", "approval")) -> Moved | NotAllowed:
    """What `act` by `role` does to an application in `state` (none: it does not exist yet) of a programme with this `route`."""
    from_here = [row for row in TABLE if row.act is act and (state in row.sources or (state is None and not row.sources))]
    if not from_here:
        return NotAllowed("not_in_this_state", state)
    on_route = [row for row in from_here if _on(row.route, route)]
    if not on_route:
        return NotAllowed("not_in_this_route", state)
    for row in on_route:
        if role in row.who:
            return Moved(state, row.target, row.event)
    return NotAllowed("not_in_this_role", state)


def acts(state: State, role: str, *, route: tuple[str, ...]) -> tuple[Act, ...]:
    """The acts that `role` may do now, in the table's order; pages show a button for each."""
    return tuple(dict.fromkeys(row.act for row in TABLE if state in row.sources and role in row.who and _on(row.route, route)))


def scored_in(route: tuple[str, ...]) -> State | None:
    """The state in which reviewers score, or none where the route has no review."""
    if "review" not in route:
        return None
    return State.NOMINATED if "nomination" in route else State.SUBMITTED


def _on(condition: str, route: tuple[str, ...]) -> bool:
    return not condition or (condition[1:] in route) == (condition[0] == "+")


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for row in TABLE:
        condition = {"+": ", with ", "-": ", without "}[row.route[0]] + row.route[1:] if row.route else ""
        label = f"{row.act.replace('_', ' ')} by {' or '.join(row.who)}{condition}"
        lines += [f"    {source} --> {row.target}: {label}" for source in row.sources or ("[*]",)]
    lines += [f"    {state} --> [*]" for state in State if state in FINISHED]
    return "\n".join(lines) + "\n"
