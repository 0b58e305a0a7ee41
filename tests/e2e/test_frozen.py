"""A worker that is stopped for longer than its session (SIGSTOP, a suspended machine) and goes on without knowing it."""

import json
import signal

import pytest
from broker import wait_until
from ledger import audit
from programs import ENVIRONMENT
from signing import payload, sign

EVENTS = 200


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


def test_a_frozen_worker_that_goes_on_shows_nothing_that_another_has_shown(
    kafka, topics, standin, key, installation, receipts, customer
):
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    installation.configure("account acme", max_in_flight=2)
    frozen = installation.worker()
    # Many customers whose conversations are known: most have a post to make as soon as there is a place for it.
    events = [sign(key, payload(f"{customer}_{n % 20}", f"number {n}")) for n in range(EVENTS)]
    standin.call("POST", "/_standin/faults", {"fault": "slow", "delay_ms": 20, "times": 0})
    kafka.publish(topics.events, events)
    wait_until(lambda: len(receipts.read()) >= EVENTS // 4, "the first receipts", explain=installation.tails)
    frozen.process.send_signal(signal.SIGSTOP)
    other = installation.worker()  # it has the partition once the session of the frozen one is over
    wait_until(lambda: len(receipts.read()) >= EVENTS // 2, "half of the receipts", explain=installation.tails)
    frozen.process.send_signal(signal.SIGCONT)
    wait_until(lambda: len({place(one) for one in receipts.read()}) == EVENTS, "all receipts", 60, installation.tails)
    frozen.stop()
    other.stop()

    assert {json.loads(one.value)["outcome"] for one in receipts.records} == {"delivered"}
    audited = audit(installation)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    shown = [message["body"] for message in standin.messages()]
    assert sorted(shown) == sorted(f"number {n}" for n in range(EVENTS)), "each once"
    for n in range(20):
        assert [message["body"] for message in standin.messages(f"{customer}_{n}")] == [
            f"number {m}" for m in range(n, EVENTS, 20)
        ]


# It has decided to write, and libcurl has the request already, but no byte of it has left.
@pytest.mark.parametrize("point", ["create_customer.after", "post_conversation.after"])
def test_what_a_worker_had_not_written_yet_when_it_was_frozen_it_does_not_write_later(
    kafka, topics, standin, key, installation, receipts, customer, point
):
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    frozen = installation.make_worker()
    frozen.environment = {**ENVIRONMENT, "FAILPOINT": f"{point}~"}
    frozen.start(r"(?m)\bevent=started\b")
    kafka.publish(topics.events, [sign(key, payload(customer, "once"))])
    wait_until(lambda: f"event=failpoint detail={point}\n" in frozen.text(), "the point", explain=installation.tails)
    other = installation.worker()
    wait_until(lambda: receipts.read(), "the other's receipt", 60, installation.tails)
    frozen.process.send_signal(signal.SIGCONT)
    kafka.publish(topics.events, [sign(key, payload(customer, "twice"))])
    wait_until(lambda: len(receipts.read()) >= 2, "the second receipt", explain=installation.tails)
    frozen.stop()  # what it had to write it has written by now, or never will
    other.stop()
    assert [message["body"] for message in standin.messages()] == ["once", "twice"]
    assert standin.counts()["customers"] == 1


def test_a_failed_receipt_that_comes_late_does_not_decide_of_an_event_that_another_has_posted_meanwhile(
    kafka, topics, standin, key, installation, receipts, customer
):
    """The first is refused, and frozen with the receipt that says so still in its producer; the second posts the event and
    dies; then the first goes on, and its receipt is the only one."""

    def outcomes():
        return [json.loads(one.value)["outcome"] for one in receipts.read()]

    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500, "linger.ms": 1000})
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    first = installation.make_worker()
    first.environment = {**ENVIRONMENT, "FAILPOINT": "receipt.after~"}
    first.start(r"(?m)\bevent=started\b")
    standin.fault("status", "perhaps", status=422)
    kafka.publish(topics.events, [sign(key, payload(customer, "perhaps"))])
    first.await_log(r"event=failpoint detail=receipt\.after\b")
    second = installation.make_worker()
    second.environment = {**ENVIRONMENT, "FAILPOINT": "post_conversation.told"}
    second.launch()
    assert second.wait() == -signal.SIGKILL, installation.tails()
    assert [message["body"] for message in standin.messages(customer)] == ["perhaps"] and outcomes() == []
    first.process.send_signal(signal.SIGCONT)
    wait_until(lambda: "delivered" in outcomes(), "that it is there", 60, installation.tails)
    first.stop()
    assert outcomes() == ["failed", "delivered"]
    assert len(standin.messages(customer)) == 1
    audited = audit(installation, "--json")
    assert "no_outcome" not in audited.stdout and '"delivered":1' in audited.stdout.replace(" ", ""), audited.stdout


def place(receipt):
    told = json.loads(receipt.value)
    return told["partition"], told["offset"]
