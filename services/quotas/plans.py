"""A programme's terms come into force: its places are put into the books and split over the countries that take part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.quotas.allotting import allotments
from services.quotas.domain.commands import Recount, ServeLists, SetTarget
from services.quotas.domain.limits import CELL, OF_PLAN, Named, keys_of
from services.quotas.facts import in_order
from services.quotas.proposals import SYSTEM, file_proposal, void
from services.quotas.proposals.kinds import AllotmentChange, TotalChange
from services.quotas.store import locks
from services.quotas.store.programmes import changes, fund, put_in_force
from services.quotas.store.terms import terms_of
from services.quotas.use_cases import apply
from shared.events.applications import ProgrammePublished
from shared.events.envelope import Event
from shared.kernel.cells import Cell
from shared.messaging import parking
from shared.persistence.database import Tx, driver

_BEFORE: Final = "select key, planned from cell where programme = $1"
_NOW: Final = "select key, target, offered + taken as held from cell where programme = $1 and not settled order by key for no key update"
_WAITING: Final = "select key from cell where programme = $1 and waiting > 0 and free > 0 order by key"
_HELD: Final = "select cell, course, channel, ended from place where starts_with(cell, $1) and state in ('offered', 'taken')"
_COUNTED: Final = "select key, used from limit_counter where kind = any($1::text[])"


@dataclass(frozen=True, slots=True)
class Publication:
    """A programme's terms, as the event that published them; `decided_at` as in `Command`."""

    event: Event[ProgrammePublished]
    decided_at: datetime | None = None


async def stand_still(tx: Tx, publications: Sequence[Publication], *, alone: bool) -> None:
    """Lock all that publishing comes to, before anything is done; `alone` where nothing but publications is in the batch."""
    codes = {one.event.data.programme for one in publications}
    await locks.for_publication(await driver(tx), codes, system=SYSTEM, alone=alone)


async def publish(tx: Tx, publication: Publication) -> None:
    """Bring the published terms into force. The same version again changes nothing.

    More places than before come into the pool at once, and a changed allotment of the plan is applied, lower targets first. What
    would go below what is held, or what the pool cannot give, becomes a proposal for two officers. Figures that officers
    have set stay as they are where the plan's own figure did not change. What an older version asked for and nobody has decided is
    closed, for this one says what counts. Cells that waited for the programme go on. Call it under the locks of `stand_still`.
    """
    event, data = publication.event, publication.event.data
    connection = await driver(tx)
    known = await connection.fetchrow("select version from programme where code = $1", data.programme)
    if known is not None and event.subjectversion <= known["version"]:
        return
    planned = allotments(data, await changes(tx, data.programme))
    before = {row["key"]: row["planned"] for row in await connection.fetch(_BEFORE, data.programme)}
    await put_in_force(tx, data, planned, version=event.subjectversion, at=event.time)
    await fund(tx, data.programme, data.places_total, at=event.time, only_more=True)
    await void(tx, data.programme, "allotment_change", note=f"{data.plan_version}", now=event.time)
    await _allot(tx, publication, before, planned)
    await _recount(tx, publication)
    await _serve(tx, publication)
    left = await fund(tx, data.programme, data.places_total, at=event.time)
    if left:
        total = TotalChange(programme=data.programme, places=data.places_total)
        await file_proposal(tx, "total_change", total, by=SYSTEM, reason=f"{data.plan_version}: {left}", at=event.time)
    await parking.release(tx, f"programme:{data.programme}")


async def _allot(tx: Tx, publication: Publication, before: Mapping[str, int], planned: Mapping[str, int]) -> None:
    """Apply the plan's figures where the plan changed them; what would break a promise becomes a proposal."""
    event, data = publication.event, publication.event.data
    connection = await driver(tx)
    rows = await connection.fetch(_NOW, data.programme)
    changed = [row for row in rows if before.get(row["key"], 0) != planned.get(row["key"], 0)]
    lower = [row for row in changed if planned.get(row["key"], 0) < row["target"]]
    below_held = [row for row in lower if planned.get(row["key"], 0) < row["held"]]
    higher = [row for row in changed if row not in lower]
    commands = [
        SetTarget(
            cell=row["key"],
            at=event.time,
            event=event.id,
            decided_at=publication.decided_at,
            target=planned.get(row["key"], 0),
            cause="allotted",
        )
        for row in [*(row for row in lower if row not in below_held), *higher]
    ]
    verdict = await apply(tx, commands, in_order([event]))
    refused = {row["key"] for row in below_held} | {short.command.cell for short in verdict.short}
    for key in sorted(refused):
        change = AllotmentChange(cell=key, target=planned.get(key, 0), allow_over=True)
        await file_proposal(tx, "allotment_change", change, by=SYSTEM, reason=f"{data.plan_version}", at=event.time)


async def _recount(tx: Tx, publication: Publication) -> None:
    """Counters of limits of the plan stand at what is held, also where these terms are the first that count it."""
    event, data = publication.event, publication.event.data
    connection, terms = await driver(tx), terms_of(data)
    used = Counter[str]()
    for row in await connection.fetch(_HELD, f"{data.programme}:"):
        cell = Named(CELL, *Cell.parse(row["cell"]))
        drawn = (kind for kind in OF_PLAN if not (row["ended"] and kind.freed_by_end))
        place = Named(CELL, course=row["course"], channel=row["channel"])
        used.update(keys_of(drawn, terms, cell, place))
    counted = await connection.fetch(_COUNTED, [kind.name for kind in OF_PLAN])
    uses = dict.fromkeys((row["key"] for row in counted if row["key"].split(":")[1] == data.programme), 0) | used
    if uses != {row["key"]: row["used"] for row in counted if row["key"] in uses}:
        home = Named(CELL, data.programme).home(min(data.places_per_year))
        await apply(tx, [Recount(cell=home, at=event.time, event=event.id, uses=tuple(sorted(uses.items())))], in_order([event]))


async def _serve(tx: Tx, publication: Publication) -> None:
    """Whoever has room by the new terms, and had none by those before, is served."""
    event = publication.event
    cells = tuple(row["key"] for row in await (await driver(tx)).fetch(_WAITING, event.data.programme))
    if cells:
        await apply(
            tx,
            [ServeLists(cell=cells[0], at=event.time, event=event.id, decided_at=publication.decided_at, cells=cells)],
            in_order([event]),
        )
