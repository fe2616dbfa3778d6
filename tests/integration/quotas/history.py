"""Histories on a real database, in which everything happens that may change the books."""

from datetime import timedelta
from typing import Any

from services.quotas import proposals
from services.quotas.settings import QuotasSettings
from services.quotas.sweeps import sweeps
from shared.events.envelope import AnyEvent
from shared.persistence.database import Database
from tests.integration.quotas.scene import START, Person, apply_events, let_pass, programme, publication, rows, told

BOOKS = {
    "programme": "*",
    "cell": "*",
    "limit_counter": "*",
    "place": "*",
    "decision": "*",
    "transfer": "programme, cell, decision, source, target, count, cause, at, batch, turn",
    "account": "*",
}
PE, BR = "training:PE:2016", "training:BR:2016"
LATER = START + timedelta(days=30)


async def books(db: Database) -> dict[str, list[Any]]:
    return {table: sorted(map(repr, await rows(db, f"select {columns} from {table}"))) for table, columns in BOOKS.items()}


async def adopt(db: Database, kind: str, **params: Any) -> None:
    """Two officers change something."""
    asked = proposals.params_of(kind, params)
    assert not isinstance(asked, proposals.ProposalRefused)
    filed = await db.run(lambda tx: proposals.propose(tx, kind, asked, "asked for", by="one", role="officer", now=START))
    assert isinstance(filed, proposals.Proposed), filed
    seen = (await db.run(lambda tx: proposals.opened(tx, kind, asked, by="two", now=LATER))).state
    done = await db.run(lambda tx: proposals.approve(tx, filed.proposal, by="two", role="officer", seen=seen, now=LATER))
    assert isinstance(done, proposals.Decided), done


async def a_history(db: Database) -> list[AnyEvent]:
    """Publications, people, sweeps and officers; everything that may change the books. Returns the publications."""
    first = publication(programme(places=12))
    await apply_events(db, first)
    ana, ben, cai, dua, eva = [Person(PE, score=1000 * n) for n in range(5)]
    twice = Person(BR, person=ana.person)
    await apply_events(db, *[one.approved() for one in (ana, ben, cai, dua, eva, twice)])
    await apply_events(db, ana.accepts(1), ben.declines(1), eva.withdrawn())
    await apply_events(db, ana.withdrawn(START + timedelta(days=1)))
    await adopt(db, "allotment_change", cell=BR, target=1)
    await adopt(db, "allotment_change", cell=PE, target=5)
    await adopt(db, "transfer", moves=[{"source": "training:CL:2016", "target": PE, "places": 1}])
    assert await let_pass(db, LATER) > 0
    for sweep in sweeps(db, QuotasSettings()):
        if sweep.name in ("rounds", "lists", "participation"):
            while await sweep.run(LATER):
                pass
    second = publication(programme(places=14, version="2", grants_from=LATER), version=2, at=LATER)
    await apply_events(db, second, Person(PE).approved(LATER), Person("training:XX:2016").approved(LATER))
    for sweep in sweeps(db, QuotasSettings()):
        if sweep.name in ("rounds", "lists", "years"):
            while await sweep.run(LATER + timedelta(days=300)):
                pass
    return [first, second]


async def journal_of(db: Database) -> list[AnyEvent]:
    """What the database has recorded."""
    return await told(db, "batch.decided")
