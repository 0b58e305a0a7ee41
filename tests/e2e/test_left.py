"""What a worker leaves to the next owner of its partition is not forgotten, whatever it had come to."""

import json

import pytest
from broker import wait_until
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from signing import payload, sign


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


def set_largest(kafka, topic, largest):
    """Of the topic's records; None: the broker's own limit again."""
    how = AlterConfigOpType.DELETE if largest is None else AlterConfigOpType.SET
    entry = ConfigEntry("max.message.bytes", str(largest or 0), incremental_operation=how)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for done in kafka.admin.incremental_alter_configs([resource]).values():
        done.result(30)


def test_one_that_was_given_up_as_unknown_and_has_no_receipt_is_read_back_by_the_next_owner(
    kafka, topics, standin, key, installation, receipts, customer
):
    """The first posts it and is killed; the second cannot read, and its dead letter is not taken; the third can read."""
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    installation.configure(
        "worker", http_timeout="500ms", settle_time="300ms", unknown_for="1s", drain_timeout="1s"
    )
    first = installation.worker()
    standin.fault("lost", "perhaps")
    kafka.publish(topics.events, [sign(key, payload(customer, "perhaps", deliver_within=10))])
    wait_until(lambda: standin.messages(customer), "the post", explain=installation.tails)
    first.discard()
    standin.call("POST", "/_standin/faults", {
        "fault": "error_500", "method": "GET", "path": "/api/v1/customers", "times": 0,
    })  # fmt: skip
    set_largest(kafka, topics.dead, 1)
    second = installation.worker()
    second.await_log(r"event=produce_failed\b.*too large")
    second.stop()
    assert receipts.read() == []
    standin.call("DELETE", "/_standin/faults")
    set_largest(kafka, topics.dead, None)
    third = installation.worker()
    wait_until(receipts.read, "the receipt", explain=installation.tails)
    third.stop()
    assert [json.loads(one.value)["outcome"] for one in receipts.read()] == ["delivered"]
    assert [message["body"] for message in standin.messages(customer)] == ["perhaps"]


def test_one_whose_key_is_not_granted_its_account_any_more_is_read_back_by_the_next_owner(
    kafka, topics, standin, key, installation, receipts, customer
):
    """The first posts it and is killed; before the second begins, somebody grants the key less. What comes later is refused."""
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    installation.configure("worker", http_timeout="500ms", settle_time="300ms")
    first = installation.worker()
    standin.fault("lost", "granted")
    kafka.publish(topics.events, [sign(key, payload(customer, "granted"))])
    wait_until(lambda: standin.messages(customer), "the post", explain=installation.tails)
    first.discard()
    keys = [{**key.entry(), "accounts": ["globex"]}]
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": keys}))
    kafka.publish(topics.events, [sign(key, payload(customer, "not granted"))])
    second = installation.worker()
    wait_until(lambda: len(receipts.read()) == 2, "the receipts", explain=installation.tails)
    second.stop()
    told = [json.loads(one.value) for one in receipts.read()]
    assert [(one["outcome"], one.get("reason")) for one in told] == [
        ("delivered", None), ("rejected", "account_not_granted"),
    ]  # fmt: skip
    assert [message["body"] for message in standin.messages(customer)] == ["granted"]
