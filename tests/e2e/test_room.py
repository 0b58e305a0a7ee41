"""What one partition's customers have waiting leaves room in the memory for those of the others."""

import json

import pytest
from admin import Admin
from broker import wait_until
from signing import payload, sign

WAITING = 800  # of one customer, who gets one a second: more than fit into the memory
OTHERS = 12


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=6)


def test_a_customer_with_more_than_fits_into_the_memory_holds_up_no_other_partition(
    kafka, topics, key, installation, receipts, customer
):
    installation.configure("worker", memory="1MiB", drain_timeout="0s", flood_limit=0, message_spacing="1s")
    installation.configure("admin", listen="127.0.0.1:0")
    worker = installation.worker()
    busy = kafka.publish(topics.events, [sign(key, payload(customer, f"{n} " + "x" * 2000)) for n in range(WAITING)])
    wait_until(lambda: len(receipts.read()) > 0, "it is under way", explain=installation.tails)
    others = [sign(key, payload(f"{customer}_{n}", "hello")) for n in range(OTHERS)]
    places = {place for place in kafka.publish(topics.events, others) if place[0] != busy[0][0]}
    assert len(places) > 1

    def settled():
        receipts.read()
        told = [json.loads(one.value) for one in receipts.records]
        return {(one["partition"], one["offset"]) for one in told if one["outcome"] == "delivered"}

    wait_until(lambda: places <= settled(), "the others' receipts", explain=installation.tails)
    assert sum(place[0] == busy[0][0] for place in settled()) < 25  # one a second; the memory holds 170
    assert Admin(worker).metrics().value("cupbearer_unsettled_events") < WAITING / 2
    worker.stop()
