"""What operators see of a service: whether it keeps its promises, what waits to be sent, and events that stopped, to be resumed or dropped.

Each service answers for itself, on its own database; the page of each leads to those of the others and shows how they stand.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from shared.kernel.clock import Clock
from shared.kernel.writing import unsteered
from shared.messaging import outbox, parking, stopped
from shared.messaging.backlog import Backlog, Lookout
from shared.messaging.service import Handle, Waits
from shared.observability.logging import get_logger
from shared.persistence.database import Database, Tx
from shared.web.formats import BEIJING, format_number, sentences
from shared.web.i18n import N_, ngettext, translate
from shared.web.identity import Identity, require
from shared.web.pages import render
from shared.web.problems import Problem

_ = translate
log = get_logger(__name__)

REASON_MAX: Final = 500
LATE_S: Final = 60
"""Whatever waits for longer than this is a sign that something stands still."""
KEYS_SHOWN: Final = 100
FIGURES: Final = "figures"
"""`?part=figures`: only how the service stands, without its checks, which read whole tables."""


class Place(NamedTuple):
    """A service's own page, and where it tells how it is."""

    name: str
    path: str
    health: str


SERVICES: Final = (
    Place(N_("Applications"), "/operations", "/health"),
    Place(N_("Places"), "/quotas/operations", "/quotas/health"),
    Place(N_("Messages"), "/messages/operations", "/messages/health"),
)
REASONS: Final[Mapping[str, str]] = {
    "behind": N_("Waits behind an earlier event"),
    "waits": N_("Waits for something that is not known yet"),
    "unfinished": N_("The database did not finish it"),
    "handler_failed": N_("Handling it failed"),
    "unknown_type": N_("Nobody here knows this kind of event"),
    "wrong_producer": N_("It came from a service that may not send it"),
    "malformed": N_("It cannot be read"),
    "malformed_data": N_("It cannot be read"),
    "oversize": N_("It is too large"),
}


async def _nothing_more(_request: Request, _who: Identity) -> Mapping[str, Any]:
    return {"zone": BEIJING}


@dataclass(frozen=True, slots=True)
class Watched:
    """A service as its operators see it. `promises`: the words for each of its live checks, by the names that `puente check` prints.

    `more`: what its own `template` shows besides, at least the `zone` for moments.
    """

    path: str
    db: Database
    clock: Clock
    handle: Handle
    invariants: Callable[[], Awaitable[Mapping[str, int]]]
    promises: Mapping[str, str]
    lookout: Lookout | None = None
    """What looks at the topics that it reads; none where events are handed over directly."""
    template: str = "operations.html"
    more: Callable[[Request, Identity], Awaitable[Mapping[str, Any]]] = _nothing_more


@dataclass(frozen=True, slots=True)
class State:
    """How the service stands: what stopped (`number` keys, of which the first are `keys`), what is not sent yet, how far it has come."""

    keys: tuple[stopped.Stopped, ...]
    number: int
    unsent: outbox.Unsent
    heard: tuple[stopped.Heard, ...]

    @property
    def more(self) -> int:
        return self.number - len(self.keys)


def operations_router(watched: Watched) -> APIRouter:
    """The page at `watched.path`, and what its buttons do; for operators alone."""
    page, router = _Page(watched), APIRouter(include_in_schema=False)
    router.add_api_route(watched.path, page.show, methods=["GET"])
    router.add_api_route(f"{watched.path}/resume", page.resume, methods=["POST"])
    router.add_api_route(f"{watched.path}/drop", page.drop, methods=["POST"])
    return router


class _Page:
    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    async def show(self, request: Request) -> Response:
        asked, said = request.query_params, ""
        if (resumed := _count(asked.get("resumed", ""))) is not None:
            said = ngettext("It goes on: {n} event was handled.", "It goes on: {n} events were handled.", resumed)
            if left := _count(asked.get("left", "")):
                behind = ngettext("{n} more is handled by itself.", "{n} more are handled by themselves, one after the other.", left)
                said = sentences(said, behind)
        elif asked.get("dropped"):
            said = _("The event is dropped. Resume its key to go on.")
        return await self._draw(request, said=said)

    async def resume(self, request: Request) -> Response:
        """Go on with a key, in order: one portion now, and what is left by the worker."""
        who, watched = _operator(request), self._watched
        key = await _typed(request, "key", 300)
        if not await watched.db.run(lambda tx: parking.locked(tx, [key])):
            return await self._draw(request, 409, others=(_("“{key}” is not stopped any more. Nothing was changed.", key=key),))
        tally = parking.Tally()
        try:
            resumed = await stopped.begin(watched.db, watched.handle, key, now=watched.clock.now(), actor=who.account_id, tally=tally)
        except Waits as waits:
            if waits.what == parking.AGAIN:
                said = _("“{key}” stays stopped: the database did not finish an event of it.", key=key)
                said = sentences(said, _("It is tried again by itself within a few minutes."))
            else:
                said = _("“{key}” stays stopped: it waits for {what}, and goes on by itself once that is known.", key=key, what=waits.what)
            return await self._draw(request, 409, others=(sentences(said, _before(tally.done)),))
        except Exception as error:
            log.warning("events.resume_failed", key=key, done=tally.done, exc_info=error)
            if tally.done:
                said = _("“{key}” stays stopped: an event of it failed ({error}).", key=key, error=_said(error))
            else:
                said = _(
                    "“{key}” stays stopped: its first event failed again ({error}). Nothing of it was done.", key=key, error=_said(error)
                )
            return await self._draw(request, 409, others=(sentences(said, _before(tally.done)),))
        told = {"resumed": resumed.done} | ({"left": resumed.left} if resumed.left else {})
        return RedirectResponse(f"{watched.path}?{urlencode(told)}", 303)

    async def drop(self, request: Request) -> Response:
        """Give up one stopped event for good, for a reason that is written down."""
        who, watched = _operator(request), self._watched
        number, reason = _count(await _typed(request, "event", 12)), await _typed(request, "reason", REASON_MAX)
        if number is None:
            raise Problem(422, code="invalid")
        if not reason:
            said = _("Write why event {number} is dropped: it stays in the audit.", number=number)
            return await self._draw(request, 422, others=(said,))
        now = watched.clock.now()
        dropped = await watched.db.run(lambda tx: parking.drop(tx, number, now=now, actor=who.account_id, reason=reason))
        if not dropped:
            said = _("Event {number} is not stopped any more. Nothing was changed.", number=number)
            return await self._draw(request, 409, others=(said,))
        return RedirectResponse(f"{watched.path}?dropped=1", 303)

    async def _draw(self, request: Request, status: int = 200, *, said: str = "", others: tuple[str, ...] = ()) -> Response:
        who, watched = _operator(request), self._watched
        figures = request.query_params.get("part") == FIGURES
        found = await watched.db.run(_read)
        backlog = await watched.lookout.look() if watched.lookout is not None else None
        checks = {} if figures else dict(await watched.invariants())
        return render(
            request,
            watched.template,
            status=status,
            path=watched.path,
            services=[place._replace(name=_(place.name)) for place in SERVICES],
            found=found,
            checks=checks,
            figures=figures,
            broken=sum(number > 0 for number in checks.values()),
            reason_words=reason_words,
            promise_words=lambda name: _(watched.promises[name]),
            oldest=_age(found.unsent.since, watched.clock.now()),
            waits=waits(backlog),
            behind=backlog.by_partition if backlog is not None else {},
            said=said,
            others=list(others),
            **await watched.more(request, who),
        )


def _operator(request: Request) -> Identity:
    """The operator who asks; nobody else may know what is here."""
    return require(request, "operator", hidden=True)


def _before(done: int) -> str:
    """What of a key was handled before the event that stopped it again."""
    return ngettext("{n} event before it was handled.", "{n} events before it were handled.", done) if done else ""


async def _read(tx: Tx) -> State:
    return State(
        keys=tuple(await stopped.stopped(tx, KEYS_SHOWN)),
        number=await stopped.how_many(tx),
        unsent=await outbox.unsent(tx),
        heard=tuple(await stopped.heard(tx)),
    )


def reason_words(one: parking.Parked) -> str:
    return _(REASONS[one.reason_code]) if one.reason_code in REASONS else one.reason_code


def waits(found: Backlog | None) -> list[dict[str, Any]]:
    """What waits on the topics, as a figure of the page; nothing where there are no topics."""
    if found is None:
        return []
    if found.away:
        return [{"number": "?", "text": _("events waiting here"), "note": _("Kafka cannot be asked"), "alert": True}]
    seconds = found.seconds
    note = "" if seconds is None else ngettext("the oldest for {n} second", "the oldest for {n} seconds", seconds)
    return [{"number": format_number(found.number), "text": _("events waiting here"), "note": note, "alert": (seconds or 0) > LATE_S}]


async def _typed(request: Request, name: str, most: int) -> str:
    value = (await request.form()).get(name, "")
    return unsteered(value).strip()[:most] if isinstance(value, str) else ""


def _count(raw: str) -> int | None:
    return int(raw) if raw.isdecimal() and len(raw) < 10 else None


def _age(since: datetime | None, now: datetime) -> int:
    """Whole seconds since then."""
    return 0 if since is None else max(0, int((now - since).total_seconds()))


def _said(error: Exception) -> str:
    """The error's kind; its text only where it is known to hold nobody's data."""
    known: Any = isinstance(error, parking.ResumeFailed) or getattr(error, "safe_text", False)
    return str(error) if known else type(error).__name__
