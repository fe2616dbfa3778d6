"""The transports that the contract suite is held against."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from shared.kernel.ids import new_id
from shared.messaging.broker import Broker, Missing, find_broker
from shared.messaging.kafka import KafkaTransport
from shared.messaging.local import LocalTransport
from shared.messaging.transport import Transport
from shared.persistence.database import Database
from shared.settings import CommonSettings
from tests.contract.rig import Rig, add_tables


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.kafka)])
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport in turn; Kafka's topics are this test's own."""
    if request.param == "local":
        return LocalTransport()
    broker: Broker = request.getfixturevalue("kafka")
    return KafkaTransport(CommonSettings(kafka_bootstrap=broker.bootstrap, kafka_prefix=f"t{new_id().hex[-10:]}."))


@pytest.fixture
async def rig(transport: Transport, new_db: Callable[[str], Awaitable[Database]]) -> AsyncIterator[Rig]:
    """A producer and a consumer on fresh databases."""
    producer, consumer = await new_db("applications"), await new_db("quotas")
    await add_tables(consumer)
    yield Rig(producer, consumer, transport)


@pytest.fixture
def own_broker(tmp_path: Path, kafka: Broker) -> Iterator[Broker]:
    """A broker that this test alone may kill; asked for after the common one, so that a machine without any says so once."""
    found = find_broker(tmp_path)
    assert not isinstance(found, Missing), found
    if not found.ours:
        pytest.skip("the broker that the environment names is not ours to kill")
    with found as broker:
        yield broker
