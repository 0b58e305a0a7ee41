"""Somebody leaves a transaction open in a topic: what lies behind it is hidden from those who read what is committed."""

import secrets

import pytest
from broker import wait_until
from signing import payload, sign


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


def open_transaction(kafka, topic):
    producer = kafka.producer_with(transactional_id=f"open-{secrets.token_hex(4)}", transaction_timeout_ms=600000)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, key=b"x", value=b"junk", partition=0)
    producer.flush(10)
    return producer


def test_receipts_behind_an_open_transaction_are_known_to_the_next_owner(
    kafka, topics, standin, installation, key, customer
):
    def settled():
        return kafka.committed(installation.group, topics)[0][0]

    first = installation.worker()
    producer = open_transaction(kafka, topics.receipts)
    event = sign(key, payload(customer, "once"))
    kafka.publish(topics.events, [event])
    wait_until(lambda: settled() == 1, "the commit", explain=installation.tails)
    first.stop()
    # Its mark would be found in an open chat.
    conversation = standin.messages(customer)[0]["conversation_id"]
    standin.api("PUT", f"/api/v1/conversations/{conversation}", {"conversation": {"status": "closed"}})
    second = installation.worker()
    kafka.publish(topics.events, [event])
    wait_until(lambda: settled() == 2, "the commit of the repetition", explain=installation.tails)
    assert [message["body"] for message in standin.messages(customer)] == ["once"]
    second.stop()
    producer.abort_transaction(10)
