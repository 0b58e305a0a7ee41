"""The gate while its Kafka is killed and comes back: what it answered 202 to is in the topic, and it says what is not."""

import json
import os
import signal
import subprocess

import pytest
from broker import ROOT, Reader, wait_until
from gate import Gate, record_of
from programs import Installation, StandIn
from signing import HmacKey, payload, sign

CONNECTIONS, THREADS = 64, 2
EVENTS = 20000
SCRIPT = ROOT / "tests/e2e/gate_load.lua"


@pytest.fixture
def gate(tmp_path, own_kafka):
    own_kafka.own_topics = own_kafka.topics()
    standin = StandIn(tmp_path)
    installation = Installation(tmp_path / "gate", own_kafka, own_kafka.own_topics, standin.url, [KEY])
    installation.configure("gate", listen="127.0.0.1:0", address_rate=0, key_rate=0)
    made = Gate(installation)
    yield made
    print(made.tail())
    made.discard()
    standin.discard()


KEY = HmacKey("backend-1")


def test_readiness_says_whether_kafka_is_there(own_kafka, gate):
    def becomes(status):
        wait_until(lambda: gate.call("GET", "/readyz").status == status, f"/readyz {status}", explain=gate.tail)

    assert gate.call("GET", "/readyz").status == 200
    own_kafka.script("kill", own_kafka.directory)
    becomes(503)
    answer = gate.call("GET", "/readyz", None, {"Host": "10.1.2.3"})
    assert "Kafka does not answer" in answer.error
    assert own_kafka.bootstrap not in answer.error, "anybody may ask"
    assert gate.call("GET", "/healthz").status == 200, "it goes on by itself when Kafka is back"
    gate.await_log("event=not_ready")
    own_kafka.script("restart", own_kafka.directory)
    becomes(200)
    gate.stop()


def test_what_kafka_does_not_acknowledge_is_503_and_may_be_sent_again(own_kafka, gate):
    own_kafka.script("kill", own_kafka.directory)
    answer = gate.publish(sign(KEY, payload("user_1")))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "in the topic" in answer.error, "it says whether the event may be there"
    metrics = gate.metrics()
    assert sum(metrics.all("cupbearer_gate_publish_errors_total").values()) == 1
    assert metrics.value("cupbearer_gate_events_published_total") == 0
    own_kafka.script("restart", own_kafka.directory)
    assert gate.publish(sign(KEY, payload("user_1"))).status == 202
    gate.stop()


class Load:
    """wrk with many connections."""

    def __init__(self, gate, directory, count):
        self.events = [sign(KEY, payload(f"user_{number % 500}")) for number in range(count)]
        lines = directory / "events"
        lines.write_text("".join(json.dumps(record_of(event)) + "\n" for event in self.events))
        self.logs = [directory / f"answers.{number}" for number in range(THREADS)]
        self.process = subprocess.Popen(
            ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", "-d600s", "--timeout", "60s", "-s", SCRIPT, gate.url, "--",
             lines, directory / "answers", str(THREADS)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def answers(self):
        """What each was answered so far, in lines of a status and an event id."""
        return [line.split() for log in self.logs if log.exists() for line in log.read_text().splitlines(True) if line.endswith("\n")]

    def await_more(self, count):
        """Until so many more are answered 202."""
        enough = len(self.accepted()) + count
        wait_until(lambda: len(self.accepted()) >= enough, "answers")

    def accepted(self):
        return [event_id for status, event_id in self.answers() if status == "202"]

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        told, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, told
        return told


def test_nothing_is_lost_of_what_was_answered_202_while_kafka_is_killed_and_restarted(own_kafka, gate, tmp_path):
    load = Load(gate, tmp_path, EVENTS)
    load.await_more(500)
    os.kill(int((own_kafka.directory / "pid").read_text()), signal.SIGKILL)  # at once: a script's start is thousands of events
    own_kafka.script("kill", own_kafka.directory)
    own_kafka.script("restart", own_kafka.directory)
    (tmp_path / "behind").mkdir()
    behind = Load(gate, tmp_path / "behind", EVENTS // 4)  # the first ones expire within a minute, which the restart may take
    behind.await_more(500)
    print(load.finish(), behind.finish())
    assert {status for status, _ in load.answers()} <= {"202", "503", "200", "422"}
    assert {status for status, _ in behind.answers()} <= {"202", "503", "200"}
    missing = set(load.accepted()) | set(behind.accepted())
    assert missing <= {event.id for event in load.events + behind.events}
    reader = Reader(own_kafka, own_kafka.own_topics.events, own_kafka.own_topics.partitions)

    def all_are_there(record):
        missing.discard(record.header("webhook-id"))
        return not missing

    reader.find(all_are_there, "every event that was answered 202", explain=lambda: str(len(missing)))
    reader.close()
    gate.stop()
