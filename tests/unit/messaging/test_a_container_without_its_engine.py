"""What becomes of a broker in Docker when Docker's engine ends: it is told, and what else is to be stopped is stopped."""

import pytest
from docker import DockerClient
from docker.models.containers import Container

from shared.messaging import broker_docker
from shared.messaging.broker import DockerBroker


@pytest.fixture
def broker() -> DockerBroker:
    """One that was started, by an engine that nobody reaches any more."""
    made, left = DockerBroker(), broker_docker.Container.__new__(broker_docker.Container)
    nowhere = DockerClient(base_url="tcp://127.0.0.1:1", version="1.44")
    left._container, left._guard = Container({"Id": "0" * 64, "Name": "/of-a-test"}, nowhere, nowhere.containers), None
    made._container = left
    return made


def test_it_is_told_and_a_new_start_fails_as_what_is_watched_expects(broker: DockerBroker) -> None:
    assert broker.ended().startswith("Docker does not tell how: ")
    with pytest.raises(OSError, match="Connection refused"):
        broker.restart()


def test_a_stop_does_not_fail_in_front_of_what_is_stopped_after_it(broker: DockerBroker) -> None:
    broker.stop()
    broker.stop()
    assert broker.ended() == ""
