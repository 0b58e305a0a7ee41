"""A worker whose clock is wrong: how long an event may be tried is counted on the clock of the broker that has stamped it."""

import json
import re
import time

import pytest
from admin import Admin
from broker import Reader, wait_until
from programs import ENVIRONMENT
from signing import payload, sign

MINUTES_MS = 60 * 1000
AHEAD_MS, BEHIND_MS = 120 * MINUTES_MS, -120 * MINUTES_MS  # by more than deliver_within


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


@pytest.fixture
def dead(kafka, topics):
    return Reader(kafka, topics.dead, topics.partitions)


def worker_with_a_clock(installation, ahead_ms):
    installation.configure("admin", listen="127.0.0.1:0")
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    worker = installation.make_worker()
    worker.environment = {**ENVIRONMENT, "FAULT_CLOCK_AHEAD_MS": str(ahead_ms)}
    worker.start(r"(?m)\bevent=started\b")
    return worker


def ended(receipts, count, installation):
    """The outcomes of so many records, and why, in the order in which they ended."""
    wait_until(lambda: len(receipts.read()) >= count, f"{count} receipts", explain=installation.tails)
    told = [json.loads(one.value) for one in receipts.read(1)]
    return [(one["outcome"], one.get("reason")) for one in told]


DELIVERED = ("delivered", None)


@pytest.mark.parametrize("ahead_ms", [AHEAD_MS, BEHIND_MS])
def test_a_wrong_clock_gives_up_nothing_and_is_told(
    kafka, topics, standin, key, installation, receipts, dead, customer, ahead_ms
):
    worker = worker_with_a_clock(installation, ahead_ms)
    kafka.publish(topics.events, [sign(key, payload(f"{customer}_{n}", f"number {n}")) for n in range(3)])
    assert ended(receipts, 3, installation) == [DELIVERED] * 3
    assert len(standin.messages()) == 3
    metrics = Admin(worker).metrics()
    told_s = [
        metrics.value("cupbearer_clock_ahead_of_kafka_seconds"),
        metrics.value("cupbearer_clock_ahead_of_papercups_seconds", account="acme"),
    ]
    assert told_s == pytest.approx([ahead_ms / 1000] * 2, abs=30)
    worker.await_log(r"level=error event=clock .*detail=\"this worker's clock is wrong")
    worker.stop()
    assert dead.read(1) == []


def test_what_was_published_before_a_worker_with_a_clock_ahead_came_is_delivered(
    kafka, topics, standin, key, installation, receipts, dead, customer
):
    """It cannot know whether those are hours old before the broker has said what time it is: it asks once, by a dead letter."""
    kafka.publish(topics.events, [sign(key, payload(f"{customer}_{n}", f"number {n}")) for n in range(5)])
    worker = worker_with_a_clock(installation, AHEAD_MS)
    assert ended(receipts, 5, installation) == [DELIVERED] * 5
    assert len(standin.messages()) == 5
    worker.stop()
    assert len(dead.read(1)) == 1


@pytest.mark.parametrize("ahead_ms", [0, AHEAD_MS])
def test_what_is_older_than_it_may_be_is_given_up(
    kafka, topics, standin, key, installation, receipts, dead, customer, ahead_ms
):
    events = [sign(key, payload(f"{customer}_{n}", f"number {n}", deliver_within=1)) for n in range(3)]
    kafka.publish(topics.events, events)
    published = time.time()
    wait_until(lambda: time.time() > published + 1.2, "that their time is over")
    worker = worker_with_a_clock(installation, ahead_ms)
    assert ended(receipts, 3, installation) == [("failed", "gave_up")] * 3
    worker.stop()
    assert standin.messages() == []
    assert len(dead.read(1)) == 3, "one letter each, also of that which asked"


def test_where_the_broker_does_not_tell_the_time_a_clock_ahead_gives_up_nothing(
    kafka, topics, standin, key, installation, customer
):
    for name in (topics.receipts, topics.dead):
        kafka.delete(name)
        wait_until(lambda name=name: name not in kafka.admin.list_topics(timeout=10).topics, "it is gone")
        kafka.create(name, topics.partitions, message_timestamp_type="CreateTime")
    receipts = Reader(kafka, topics.receipts, topics.partitions)
    kafka.publish(topics.events, [sign(key, payload(customer, "before", deliver_within=60))])
    # A broker refuses stamps that are more than an hour ahead.
    worker = worker_with_a_clock(installation, 30 * MINUTES_MS)
    kafka.publish(topics.events, [sign(key, payload(f"{customer}_2", "after", deliver_within=60))])
    assert ended(receipts, 2, installation) == [DELIVERED] * 2
    assert Admin(worker).metrics().all("cupbearer_clock_ahead_of_kafka_seconds") == {}
    worker.stop()
    assert len(standin.messages()) == 2
