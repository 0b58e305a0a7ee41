"""A partition that is paused, because what waits fills the memory, when it goes to another worker, and that comes back."""

import json
import signal

import pytest
from admin import Admin
from broker import wait_until
from ledger import audit
from signing import large_events

EVENTS = 1600  # in both: in each more than fit into the memory


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


def test_a_partition_that_was_paused_when_it_went_is_read_when_it_comes_back(
    kafka, topics, standin, key, installation, receipts, customer
):
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    installation.configure("worker", memory="1MiB", drain_timeout="0s", http_timeout="500ms", settle_time="500ms")
    installation.configure("admin", listen="127.0.0.1:0")
    worker = installation.worker()
    admin = Admin(worker)
    standin.process.send_signal(signal.SIGSTOP)
    kafka.publish(topics.events, large_events(key, customer, EVENTS))
    wait_until(lambda: admin.metrics().value("cupbearer_paused_partitions") == topics.partitions, "both are paused",
               explain=installation.tails)  # fmt: skip

    other = installation.worker()
    wait_until(lambda: admin.metrics().value("cupbearer_assigned_partitions") == 1, "one has gone",
               explain=installation.tails)  # fmt: skip
    other.process.kill()
    standin.process.send_signal(signal.SIGCONT)
    wait_until(lambda: len(receipts.read()) >= EVENTS, "all receipts", 120, installation.tails)
    worker.stop()
    assert {json.loads(one.value)["outcome"] for one in receipts.records} == {"delivered"}
    audited = audit(installation)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert len(standin.messages()) == EVENTS
