"""Workers with nothing to do stay in their group for days: librdkafka leaves it when nobody has asked it for events for
max.poll.interval.ms."""

import re
import signal
import time

from admin import Admin
from broker import wait_until
from programs import Installation
from signing import large_events

INTERVAL_S = 21  # the least that a session of 6 s allows
EVENTS = 1600  # more than fit into the memory


def test_workers_with_nothing_to_do_stay_in_their_group(kafka, standin, key, tmp_path):
    """One that has no name in the group, one that has, and one whose partitions are all paused."""
    made = {}
    try:
        for name in ("nameless", "named", "paused"):
            made[name] = one = Installation(tmp_path / name, kafka, kafka.topics(partitions=2), standin.url, [key])
            one.configure("kafka", **{
                "session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "max.poll.interval.ms": INTERVAL_S * 1000,
            })  # fmt: skip
            one.configure("worker", drain_timeout="0s", http_timeout="500ms", settle_time="500ms", memory="1MiB")
            one.configure("admin", listen="127.0.0.1:0")
        (tmp_path / "state").mkdir()
        made["named"].configure("kafka", group_instance_id="%h").configure("worker", state_dir=tmp_path / "state")
        workers = {name: one.worker() for name, one in made.items()}
        standin.process.send_signal(signal.SIGSTOP)
        events = large_events(key, "user", EVENTS)
        kafka.publish(f"{made['paused'].settings['topics']['events']}", events)
        admin = Admin(workers["paused"])
        wait_until(lambda: admin.metrics().value("cupbearer_paused_partitions") == 2, "both are paused")
        until = time.monotonic() + 1.5 * INTERVAL_S  # nothing tells that nothing will happen
        wait_until(lambda: time.monotonic() > until or any("event=lost" in one.text() for one in workers.values()), "time")
        for name, worker in workers.items():
            told = re.findall(r"\bevent=(assigned|revoked|lost)\b", worker.text())
            assert told == ["assigned"], f"{name}\n{worker.tail()}"
            assert Admin(worker).metrics().value("cupbearer_assigned_partitions") == 2, name
        standin.process.send_signal(signal.SIGCONT)
    finally:
        for one in made.values():
            one.discard()
