"""Partitions are added to the events' topic while it is in use: the old ones are served as before, the new ones are not, and
that is told; what was put elsewhere by that is sent again once all three topics have as many."""

import json
import re

import pytest
from broker import wait_until
from ledger import Ledger, audit
from signing import payload, sign
from test_dead import BEN, NONE, failed, lines, resend, sent_events
from world import BACKEND, World, bodies

OLD, NEW = 6, 8


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics(OLD))
    yield made
    made.close()


def unserved(metrics):
    return metrics.all("cupbearer_unserved_partitions").get((), 0)


def test_the_old_partitions_go_on_and_the_new_ones_are_told_and_served_when_all_three_topics_have_them(world, customer):
    place = world.publish(sign(BACKEND, payload(customer, "before")))
    assert world.receipt(place)["outcome"] == "delivered"
    homes = {name: world.publish(sign(BACKEND, payload(name, "where")))[0] for name in (f"{customer}-{n}" for n in range(20))}

    world.kafka.add_partitions(world.topics.events, NEW)
    world.worker.await_log(rf"level=error event=partitions_added .*{NEW - OLD} partitions.*")
    world.admin.wait_for(unserved, NEW - OLD)
    place = world.publish(sign(BACKEND, payload(customer, "after")), place[0])
    assert world.receipt(place)["outcome"] == "delivered"

    informed = world.kafka.producer_with()  # goes by all partitions
    events = {name: sign(BACKEND, payload(name, "moved")) for name in homes}
    moved = dict(zip(events, world.kafka.publish(world.topics.events, list(events.values()), producer=informed), strict=True))
    waits = {name: there for name, there in moved.items() if there[0] >= OLD}
    wrong = {name: there for name, there in moved.items() if OLD > there[0] != homes[name]}
    assert waits and wrong, "twenty customers go everywhere"
    for there in wrong.values():
        assert world.receipt(there)["reason"] == "wrong_partition"

    # One that is started anew goes on where it is told to, and says so.
    world.worker.stop()
    world.worker = world.installation.worker()
    world.worker.await_log(rf"event=partitions_added .*\[topics\] partitions = {OLD}")
    place = world.publish(sign(BACKEND, payload(customer, "again")), place[0])
    assert json.loads(world.receipt_record(place).value)["outcome"] == "delivered"
    world.worker.stop()
    audited = audit(world.installation)
    assert audited.returncode == 0, audited.stdout
    for number in {there[0] for there in waits.values()}:
        assert re.search(rf"(?m)^partition {number}, .*nothing committed.* [1-9]\d* not settled yet", audited.stdout), audited.stdout

    # Where it is not told it says what to do, and nothing that would move what lies in the topic.
    world.installation.configure("topics", partitions=0)
    ended = world.installation.run_to_end()
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2, told
    assert f"[topics] partitions = {OLD}" in told and "dead resend --wrong-partition" in told and "--alter" not in told

    # As deploy/README.md says.
    for topic in (world.topics.receipts, world.topics.dead):
        world.kafka.add_partitions(topic, NEW)
    world.worker = world.installation.worker()
    for name, there in waits.items():
        wait_until(lambda name=name: "moved" in bodies(world, name), f"{there}, which waited in a new partition")
    sent = lines(resend(world.installation, "--wrong-partition", key=BACKEND), 0)
    assert re.fullmatch(rf"{len(wrong)} dead letters?: {len(wrong)} sent again", sent[-1]), sent
    for name in wrong:
        wait_until(lambda name=name: "moved" in bodies(world, name), f"{name}'s, which was sent again")
    for name in moved:
        assert bodies(world, name).count("moved") == 1
    # Their receipts lie elsewhere than their letters.
    again = lines(resend(world.installation, "--wrong-partition", key=BACKEND), 0)
    assert re.fullmatch(rf"{len(wrong)} dead letters?: 0 sent again, {len(wrong)} delivered", again[-1]), again


# ---- without a worker ----


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


@pytest.fixture
def wrong(kafka, topics, installation, key):
    """An event of BEN's, which belongs in 0, was put into 1 and rejected."""
    ledger = Ledger(kafka, topics, installation)
    event = sign(key, payload(BEN))
    return ledger, event, failed(ledger, event, "rejected", "wrong_partition", partition=1)


def test_what_was_put_elsewhere_is_sent_where_it_belongs_only_where_that_is_said(wrong, key):
    ledger, event, _ = wrong
    refused = resend(ledger.installation, "--reason", "wrong_partition", key=key)
    assert refused.returncode == 2 and "--wrong-partition" in refused.stderr
    assert lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0) == [NONE]
    [told, total] = lines(resend(ledger.installation, "--wrong-partition", key=key), 0)
    assert told.endswith(": sent: partition 0, offset 0") and total == "1 dead letter: 1 sent again"
    [record] = sent_events(ledger, 0)
    assert (record.key, record.value, record.header("webhook-id")) == (event.key.encode(), event.value, event.id)


def test_what_was_delivered_from_where_it_belongs_is_not_sent_again(wrong, key):
    ledger, event, _ = wrong
    [there] = ledger.publish(event, partition=0)
    ledger.receipt(there, "delivered")
    told = lines(resend(ledger.installation, "--wrong-partition", key=key), 0)
    assert told[0].endswith(": not sent: the event was delivered") and told[1] == "1 dead letter: 0 sent again, 1 delivered"
