"""Somebody leaves a transaction open in a topic: what lies behind it is hidden from those who read what is committed."""

import secrets

import pytest
from broker import wait_until
from ledger import audit
from programs import run_program
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


def test_an_audit_knows_the_receipts_and_dead_letters_behind_open_transactions(
    kafka, topics, key, ledger, installation, customer
):
    producers = [open_transaction(kafka, topic) for topic in (topics.receipts, topics.dead)]
    aborted = open_transaction(kafka, topics.events)
    aborted.abort_transaction(10)
    delivered, failed = ledger.publish(*(sign(key, payload(customer)) for _ in range(2)))
    ledger.receipt(delivered)
    ledger.letter(failed, "gave_up")
    ledger.receipt(failed, "failed", "gave_up")
    ledger.commit(failed.offset + 1)
    audited = audit(installation)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert "all: 2 records: 1 delivered, 1 failed (1 gave_up); 0 not" in audited.stdout, audited.stdout
    for producer in producers:
        producer.abort_transaction(10)


def test_what_was_delivered_behind_an_open_transaction_is_not_sent_again(
    kafka, topics, key, ledger, installation, customer
):
    event = sign(key, payload(customer))
    failed, again = ledger.publish(event, sign(key, payload(customer), event_id=event.id))
    ledger.letter(failed, "gave_up")
    ledger.receipt(failed, "failed", "gave_up")
    producer = open_transaction(kafka, topics.receipts)
    ledger.receipt(again)
    told = run_program("dead", "resend", "--config", installation.configuration(), "--reason", "gave_up", "--dry-run")
    assert told.returncode == 0 and "not sent: the event was delivered" in told.stdout, told.stdout + told.stderr
    producer.abort_transaction(10)
