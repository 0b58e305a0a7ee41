"""Records that are deleted while a worker runs that has not read them: it says so, and goes on with what is there."""

import json
import signal

import pytest
from admin import Admin
from broker import wait_until
from confluent_kafka import TopicPartition
from signing import large_events, payload, sign

EVENTS = 800  # more than fit into the memory


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


def test_records_that_are_deleted_unread_are_an_alarm(kafka, topics, standin, key, installation, receipts, customer):
    installation.configure("worker", memory="1MiB")
    installation.configure("admin", listen="127.0.0.1:0")
    worker = installation.worker()
    admin = Admin(worker)
    standin.process.send_signal(signal.SIGSTOP)
    kafka.publish(topics.events, large_events(key, customer, EVENTS))
    wait_until(lambda: admin.metrics().value("cupbearer_paused_partitions") == 1, "it is paused", explain=installation.tails)
    for done in kafka.admin.delete_records([TopicPartition(topics.events, 0, EVENTS)]).values():
        done.result(10)
    last = kafka.publish(topics.events, [sign(key, payload(customer, "after"))])[0]
    standin.process.send_signal(signal.SIGCONT)
    wait_until(lambda: kafka.committed(installation.group, topics)[0][0] == last[1] + 1, "all that is left", 120, installation.tails)
    assert "event=offset_out_of_range" in worker.text()
    shown = [message["body"] for message in standin.messages()]
    assert "after" in shown and 1 < len(shown) < EVENTS
    assert len({json.loads(one.value)["offset"] for one in receipts.read()}) == len(shown)
    worker.stop()
