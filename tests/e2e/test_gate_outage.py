"""The gate while its Kafka is killed and comes back: what it answered 202 to is in the topic, and it says what is not."""

import threading
from collections import Counter

import pytest
from broker import Kafka, Reader
from gate import Gate
from programs import Installation, StandIn
from signing import HmacKey, payload, sign

CALLERS = 64


@pytest.fixture
def own_kafka(tmp_path):
    broker = Kafka(tmp_path / "kafka")
    yield broker
    broker.stop()


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


def test_what_kafka_does_not_acknowledge_is_503_and_may_be_sent_again(own_kafka, gate):
    own_kafka.script("kill", own_kafka.directory)
    answer = gate.publish(sign(KEY, payload("user_1")))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "in the topic" in answer.error, "it says whether the event may be there"
    assert gate.call("GET", "/healthz").status == 200, "it goes on by itself when Kafka is back"
    own_kafka.script("restart", own_kafka.directory)
    assert gate.publish(sign(KEY, payload("user_1"))).status == 202
    gate.stop()


def test_nothing_is_lost_of_what_was_answered_202_while_kafka_is_killed_and_restarted(own_kafka, gate):
    ending, acknowledged, statuses, lock = threading.Event(), [], Counter(), threading.Lock()
    enough = threading.Semaphore(0)

    def call(number):
        while not ending.is_set():
            event = sign(KEY, payload(f"user_{number}"))
            status = gate.publish(event).status
            with lock:
                statuses[status] += 1
                if status == 202:
                    acknowledged.append(event.id)
            enough.release()

    def answers(count):
        for _ in range(count):
            enough.acquire()

    callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    answers(500)
    own_kafka.script("kill", own_kafka.directory)
    own_kafka.script("restart", own_kafka.directory)
    answers(500)
    ending.set()
    for caller in callers:
        caller.join()
    assert set(statuses) <= {202, 503}, statuses
    reader = Reader(own_kafka, own_kafka.own_topics.events, own_kafka.own_topics.partitions)
    missing = set(acknowledged)

    def all_are_there(record):
        missing.discard(record.header("webhook-id"))
        return not missing

    reader.find(all_are_there, "every event that was answered 202", explain=lambda: str(len(missing)))
    reader.close()
    gate.stop()
