"""What most teams write: FastStream and SQLModel, one event in one transaction, the offset acknowledged after it.

It writes the same rows for a place that is given: place, decision, transfer, the person's counter, the cell's figures and
an event in the outbox; it keeps no chain and no waiting list, so it does less.
Run as `python -m tests.bench.peers.faststream_sqlmodel URL BOOTSTRAP TOPIC GROUP WORKERS`.
"""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, col, select

from services.quotas.tables import Cell, Decision, LimitCounter, Place, Transfer
from shared.kernel.ids import new_id


class Approved(BaseModel):
    """The event's data."""

    application: UUID
    person: UUID
    score: int
    submitted_at: datetime


class Envelope(BaseModel):
    """The event."""

    id: UUID
    time: datetime
    partitionkey: str
    subjectversion: int
    data: Approved


class PeerTable(SQLModel, registry=registry()):
    """Base of the peer's own table."""


class Outbox(PeerTable, table=True):
    """The outbox as a table of SQLModel's."""

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    topic: str
    key: str
    event_id: UUID
    type: str
    value: bytes = Field(sa_column=Column(LargeBinary))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))


async def decide(session: AsyncSession, event: Envelope) -> None:
    """Lock the cell, give a place, write it down."""
    cell = (await session.execute(select(Cell).where(col(Cell.key) == event.partitionkey).with_for_update())).scalar_one()
    if await session.get(Place, event.data.application) is not None:
        return
    person = LimitCounter(key=f"person:{event.data.person}", kind="person", capacity=1, used=1, version=1)
    given = cell.free > 0
    cell.free -= given
    cell.offered += given
    cell.waiting += not given
    cell.last_decision += 1
    place = Place(
        application=event.data.application,
        person=event.data.person,
        cell=cell.key,
        state="offered" if given else "waiting",
        application_version=event.subjectversion,
        version=1,
        decision=cell.last_decision,
        score=event.data.score,
        submitted_at=event.data.submitted_at,
        answer_by=event.time + timedelta(days=14) if given else None,
        decided_at=event.time,
    )
    decision = Decision(
        cell=cell.key, number=cell.last_decision, application=place.application, at=event.time, outcome=place.state, record="{}", hash="",
        batch=1, turn=0,
    )  # fmt: skip
    session.add_all([person, place, decision])
    if given:
        source, target = f"free:{cell.key}", f"offered:{cell.key}"
        session.add(
            Transfer(
                programme=cell.programme,
                cell=cell.key,
                decision=cell.last_decision,
                source=source,
                target=target,
                count=1,
                cause="approved",
                at=event.time,
                batch=1,
                turn=0,
            )
        )
    value = event.model_dump_json().encode()
    session.add(
        Outbox(
            topic="puente.places.v1", key=cell.key, event_id=new_id(), type="puente.place.offered.v1", value=value, created_at=event.time
        )
    )


def main(url: str, bootstrap: str, topic: str, group: str, workers: str) -> None:
    """Consume until SIGTERM."""
    engine = create_async_engine(url, pool_size=16)
    broker = KafkaBroker(bootstrap, logger=None)

    async def decoded(message: StreamMessage[Any]) -> Any:
        """FastStream knows `application/json` by itself, not CloudEvents' content type."""
        return json.loads(message.body)

    @broker.subscriber(
        topic, decoder=decoded, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK, max_workers=int(workers)
    )
    async def consume(event: Envelope) -> None:
        async with AsyncSession(engine) as session, session.begin():
            await decide(session, event)

    app = FastStream(broker)

    async def run() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
        await app.run()

    asyncio.run(run())


if __name__ == "__main__":
    os.environ.setdefault("FASTSTREAM_LOG", "0")
    main(*sys.argv[1:])
