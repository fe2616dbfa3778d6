"""Every named crash point times every fault, on the real broker and database: nothing is lost, double or oversold, and all goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.kernel.crash_points import POINTS
from shared.messaging.broker import Broker
from shared.persistence.database import Database
from tests.contract.counter import counter
from tests.contract.harm import FAULTS
from tests.contract.hurting import REQUEST_POINTS, WORKER_POINTS, hurt_api, hurt_worker
from tests.contract.places import field, undisturbed

pytestmark = [pytest.mark.kafka, pytest.mark.crash]
NewDb = Callable[[str], Awaitable[Database]]


@pytest.mark.parametrize("point", WORKER_POINTS)
async def test_a_worker_hurt_at_this_point_goes_on(point: str, kafka: Broker, new_db: NewDb) -> None:
    """The four faults side by side, each on a database and topics of its own."""
    expected = await undisturbed(new_db)
    databases = {fault: await new_db("quotas") for fault in FAULTS}

    async def one(fault: str) -> None:
        async with field(databases[fault], kafka.bootstrap) as ground:
            await hurt_worker([(point, fault)], ground)
            await ground.check(expected)

    await side_by_side(point, one)


@pytest.mark.parametrize("point", REQUEST_POINTS)
async def test_an_api_hurt_at_this_point_has_each_submission_once(point: str, new_db: NewDb, tmp_path: Path) -> None:
    """The four faults side by side; whoever got no answer asks again with the same key."""
    databases = {fault: await new_db("applications") for fault in FAULTS}

    async def one(fault: str) -> None:
        async with counter(databases[fault], tmp_path / fault) as desk:
            await hurt_api([(point, fault)], desk)

    await side_by_side(point, one)


async def side_by_side(point: str, one: Callable[[str], Awaitable[None]]) -> None:
    """Every fault at once; all that went wrong is raised together."""
    results = await asyncio.gather(*(one(fault) for fault in FAULTS), return_exceptions=True)
    wrong = {fault: result for fault, result in zip(FAULTS, results, strict=True) if result is not None}
    if wrong:
        raise ExceptionGroup(f"{point}: {', '.join(wrong)}", [error for error in wrong.values() if isinstance(error, Exception)])


def test_every_point_has_its_faults() -> None:
    """Twelve points and four faults: what the research asks for."""
    assert (len(WORKER_POINTS) + len(REQUEST_POINTS)) * len(FAULTS) == len(POINTS) * 4 == 48
