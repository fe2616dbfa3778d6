"""Every setting of the Kafka client that could lose, repeat, reorder or stop is set by hand; this is the list."""

import inspect

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.events.envelope import MAX_BYTES
from shared.messaging.kafka import CONSUMER_SETTINGS, PRODUCER_SETTINGS, TOPIC_SETTINGS, connection_settings
from shared.settings import CommonSettings


def test_the_consumer_never_skips_never_commits_by_itself_and_never_waits_for_a_group() -> None:
    """Offsets live in the database: a missing one is an error, not a jump to the newest record."""
    assert CONSUMER_SETTINGS["auto_offset_reset"] == "none"
    assert CONSUMER_SETTINGS["enable_auto_commit"] is False
    assert CONSUMER_SETTINGS["group_id"] is None
    assert CONSUMER_SETTINGS["isolation_level"] == "read_committed"
    assert CONSUMER_SETTINGS["check_crcs"] is True


def test_a_fetch_holds_any_record_that_the_broker_takes() -> None:
    """A record larger than a fetch would be passed over in silence."""
    assert CONSUMER_SETTINGS["max_partition_fetch_bytes"] >= 2 * int(TOPIC_SETTINGS["max.message.bytes"])
    assert CONSUMER_SETTINGS["fetch_max_bytes"] >= CONSUMER_SETTINGS["max_partition_fetch_bytes"]


def test_the_producer_waits_for_all_replicas_and_keeps_the_order() -> None:
    """Idempotence keeps retries of the client in order; a batch holds an event of the largest size."""
    assert PRODUCER_SETTINGS["enable_idempotence"] is True
    assert PRODUCER_SETTINGS["acks"] == "all"
    assert PRODUCER_SETTINGS["max_batch_size"] > 2 * MAX_BYTES
    assert PRODUCER_SETTINGS["max_batch_size"] <= PRODUCER_SETTINGS["max_request_size"] <= int(TOPIC_SETTINGS["max.message.bytes"])


def test_no_topic_elects_an_unclean_leader() -> None:
    """Availability is not bought with acknowledged events."""
    assert TOPIC_SETTINGS["unclean.leader.election.enable"] == "false"


@pytest.mark.parametrize(("client", "settings"), [(AIOKafkaConsumer, CONSUMER_SETTINGS), (AIOKafkaProducer, PRODUCER_SETTINGS)])
def test_the_client_knows_every_setting(client: type, settings: dict[str, object]) -> None:
    """A setting that a later release renamed fails here and not in silence."""
    assert set(settings) <= set(inspect.signature(client).parameters)


def test_a_password_is_only_ever_sent_over_tls() -> None:
    """SASL without TLS cannot be asked for."""
    with pytest.raises(ValueError, match="kafka_security"):
        CommonSettings(kafka_security="SASL_PLAINTEXT")  # type: ignore[arg-type]
    settings = connection_settings(CommonSettings(kafka_security="SASL_SSL", kafka_username="quotas", kafka_bootstrap="broker:9093"))
    assert settings["ssl_context"].check_hostname is True
    assert settings["sasl_mechanism"] == "SCRAM-SHA-512"
