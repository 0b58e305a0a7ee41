"""What a worker takes of a machine: memory for what is read ahead; and what it does before there is anything to do, so that the
first event need not wait for it."""

import re
from pathlib import Path

import pytest
from admin import Admin
from broker import wait_until
from signing import payload, sign

LIMIT_MB = 45


def memory_mb(worker, name):
    """VmHWM, the most that it held, or VmRSS."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s*(\d+) kB", status)[1]) / 1024


def test_the_topics_that_are_written_to_are_asked_for_before_there_is_anything_to_write(topics, installation):
    """A topic that librdkafka meets with its first record it asks for only with the next of its looks a second."""
    installation.configure("kafka", debug="topic")
    worker = installation.worker()
    # One client asks for it when the start is checked, the producer is another.
    known = f"New local topic: {topics.dead}"
    wait_until(lambda: worker.text().count(known) >= 2, "the producer knows it", explain=worker.tail)
    worker.stop()


@pytest.mark.parametrize("partitions", [1, 12])
def test_a_backlog_of_large_events_stays_in_the_log(kafka, installation, key, partitions):
    """40 MB, of which the worker has little at a time, and which it gets through."""
    topics = kafka.topics(partitions=partitions)
    installation.configure("topics", events=topics.events, receipts=topics.receipts, dead=topics.dead, partitions=partitions)
    installation.configure("kafka", group_id=f"group.{topics.events}").configure("admin", listen="127.0.0.1:0")
    events = [sign(key, payload(f"user_{n % 100}", f"{n} ".ljust(10_000, "x"))) for n in range(4000)]
    kafka.publish(topics.events, events)
    worker = installation.worker()
    admin = Admin(worker)

    def settled():
        return sum(admin.metrics().all("cupbearer_outcomes_total").values()) >= len(events)

    wait_until(settled, "all are settled", seconds=300, explain=worker.tail)
    assert memory_mb(worker, "VmHWM") < LIMIT_MB
    worker.stop()
