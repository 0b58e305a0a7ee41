"""Two workers on a real Kafka, one of them stopped half-way: nothing lost, nothing twice, everything in order."""

import json
from collections import Counter

from broker import wait_until
from signing import payload, sign

CUSTOMERS = 100
EVENTS = 2000


def test_a_worker_that_is_stopped_half_way_loses_doubles_and_disorders_nothing(
    kafka, topics, standin, key, installation, receipts
):
    stopped, other = installation.worker(), installation.worker()
    wait_until(
        lambda: len(found := kafka.members(installation.group)) == 2 and min(found) > 0,
        "both workers have partitions", explain=installation.tails,
    )  # fmt: skip

    events = [
        sign(key, payload(f"customer_{number % CUSTOMERS}", f"number {number}"), f"evt_{number}")
        for number in range(EVENTS)
    ]
    places = kafka.publish(topics.events, events)
    assert {partition for partition, _ in places} == set(range(topics.partitions))

    wait_until(lambda: len(receipts.read()) >= EVENTS // 2, "half of the receipts", explain=installation.tails)
    stopped.terminate()
    assert len(receipts.records) < EVENTS, "too late to show anything: all receipts were there before the stop"
    assert stopped.wait() == 0, stopped.tail()
    wait_until(lambda: len(receipts.read()) >= EVENTS, "all receipts", explain=installation.tails)
    other.stop()

    outcomes = [json.loads(receipt.value) for receipt in receipts.read(1)]
    assert Counter((told["outcome"], told.get("reason")) for told in outcomes) == {("delivered", None): EVENTS}
    assert Counter((told["partition"], told["offset"]) for told in outcomes) == Counter(places)
    assert {(told["partition"], told["offset"]): told["event_id"] for told in outcomes} == {
        place: event.id for place, event in zip(places, events, strict=True)
    }
    assert all(receipt.partition == told["partition"] for receipt, told in zip(receipts.records, outcomes, strict=True))

    shown = {}
    for message in standin.messages():
        assert message["type"] == "bot"
        shown.setdefault(message["external_id"], []).append(int(message["body"].removeprefix("number ")))
    assert shown == {f"customer_{number}": list(range(number, EVENTS, CUSTOMERS)) for number in range(CUSTOMERS)}, (
        "each customer's messages, each once and in order"
    )
    assert standin.counts()["customers"] == CUSTOMERS
    for committed, end in kafka.committed(installation.group, topics):
        assert committed == end, "an offset was left uncommitted"
