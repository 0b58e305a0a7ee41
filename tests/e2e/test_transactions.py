"""Somebody leaves a transaction open in a topic: what lies behind it is hidden from those who read what is committed. Or it was
aborted: then the log ends with a marker, which nobody is handed, so that its last offset never comes."""

import secrets

import pytest
from broker import wait_until
from gate import Gate
from ledger import audit
from programs import run_program
from signing import payload, sign
from test_gate import make_token, write_tokens


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


def abort_at_the_ends(kafka, topics):
    for topic in (topics.events, topics.receipts, topics.dead):
        open_transaction(kafka, topic).abort_transaction(10)


def test_what_was_aborted_at_the_ends_of_the_logs_holds_up_neither_worker_nor_gate_nor_who_waits(
    kafka, topics, standin, installation, key, customer
):
    def sent(*options):
        return run_program(
            "send", "--key-file", installation.secret_write("sender.key", key.secret), "--key-id", key.id,
            "-b", kafka.bootstrap, "--topic", topics.events, "--receipts-topic", topics.receipts, "--account", "acme",
            "--to-external-id", customer, "--wait", *options,
        )  # fmt: skip

    first = installation.worker()
    assert sent("--event-id", "evt_1", "--body", "once").returncode == 0
    first.stop()
    abort_at_the_ends(kafka, topics)
    token, entry = make_token("acme", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", (token, entry))
    installation.configure("gate", listen="127.0.0.1:0", tokens_file=installation.directory / "tokens.json")
    gate = Gate(installation)
    second = installation.worker()
    again = sent("--event-id", "evt_1", "--body", "once")
    assert again.returncode == 1 and "duplicate" in again.stdout, again.stdout + again.stderr
    abort_at_the_ends(kafka, topics)
    other = sent("--event-id", "evt_2", "--body", "twice")
    assert other.returncode == 0 and "delivered" in other.stdout, other.stdout + other.stderr
    assert [gate.receipt(event, token).json["outcome"] for event in ("evt_1", "evt_2")] == ["delivered", "delivered"]
    assert [message["body"] for message in standin.messages(customer)] == ["once", "twice"]
    second.stop()
    gate.stop()
    abort_at_the_ends(kafka, topics)
    audited = audit(installation)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert "all: 3 records: 2 delivered, 1 duplicate; 0 not settled yet, 0 without" in audited.stdout, audited.stdout


def test_nor_does_it_keep_dead_letters_from_being_sent_again(kafka, topics, key, ledger, installation, customer):
    [failed] = ledger.publish(sign(key, payload(customer)))
    ledger.letter(failed, "gave_up")
    ledger.receipt(failed, "failed", "gave_up")
    abort_at_the_ends(kafka, topics)
    told = run_program("dead", "resend", "--config", installation.configuration(), "--reason", "gave_up", "--dry-run")
    assert told.returncode == 0 and "1 dead letter: 1 to send" in told.stdout, told.stdout + told.stderr
