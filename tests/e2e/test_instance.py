"""Workers with a name of their own in the group (group_instance_id): who comes back has its partitions at once, and no
two have one name."""

import json

import pytest
from broker import wait_until
from programs import Installation
from signing import payload, sign


@pytest.fixture
def named(installation, tmp_path):
    (tmp_path / "state").mkdir()
    installation.configure("kafka", group_instance_id="%h")
    installation.configure("worker", state_dir=tmp_path / "state")
    return installation


def test_a_killed_worker_that_comes_back_has_its_partitions_within_its_session(
    kafka, topics, standin, key, named, receipts, customer
):
    """The broker's session timeout for this group is longer than this test may take: without a name the group would wait
    for the dead member until then."""
    named.configure("kafka", **{"session.timeout.ms": 600000})
    named.configure("worker", http_timeout="1s", settle_time="500ms")
    killed = named.worker()
    kafka.publish(topics.events, [sign(key, payload(customer, "one"))])
    wait_until(lambda: len(receipts.read()) == 1, "the first receipt", explain=named.tails)
    killed.process.kill()
    killed.process.wait()
    again = named.worker()
    kafka.publish(topics.events, [sign(key, payload(customer, "two"))])
    wait_until(lambda: len(receipts.read()) == 2, "the second receipt", explain=named.tails)
    again.stop()
    assert {json.loads(one.value)["outcome"] for one in receipts.records} == {"delivered"}
    assert [message["body"] for message in standin.messages(customer)] == ["one", "two"]


def test_a_second_worker_of_one_name_is_refused_before_it_joins(named):
    first = named.worker()
    ended = named.run_to_end()
    assert ended.returncode == 2, ended.stderr
    assert "another worker runs as group_instance_id" in ended.stderr
    assert "%h-2" in ended.stderr
    assert first.runs()
    first.stop()


@pytest.fixture
def elsewhere(kafka, topics, standin, key, named, tmp_path):
    """Another machine of the same host name: it has a lock of its own."""
    (tmp_path / "elsewhere").mkdir()
    other = Installation(tmp_path / "other", kafka, topics, standin.url, [key])
    other.settings["kafka"] = named.settings["kafka"]
    other.settings["worker"]["mark_secret_file"] = named.settings["worker"]["mark_secret_file"]
    other.configure("worker", state_dir=tmp_path / "elsewhere")
    other.configure("admin", listen="127.0.0.1:0")
    yield other
    other.discard()


def test_a_worker_whose_name_was_taken_from_elsewhere_ends_and_says_why(named, elsewhere):
    first = named.worker()
    second = elsewhere.worker()
    assert first.process.wait(60) == 5, first.tail()
    assert "another worker has joined the group under this one's group_instance_id" in first.text()
    second.stop()


def test_what_comes_while_two_workers_have_one_name_is_shown_once(
    kafka, topics, standin, key, named, elsewhere, receipts, customer
):
    """The first hears of the second by its next heartbeat or commit. Until then it reads and posts what comes, which is
    nothing that the second finds in the log when it is given the partitions."""
    for one in (named, elsewhere):
        one.configure("worker", http_timeout="1s", settle_time="500ms")
    named.configure("kafka", **{"session.timeout.ms": 12000})  # less heartbeat and http_timeout: a lease of 8 s
    first, second = named.worker(), elsewhere.make_worker()
    customers = []

    def publish():
        more = [f"{customer}-{number}" for number in range(len(customers), len(customers) + 20)]
        kafka.publish(topics.events, [sign(key, payload(one, "meanwhile")) for one in more])
        customers.extend(more)
        return more

    def told():
        receipts.read()
        return {json.loads(one.value)["event_id"] for one in receipts.records}

    publish()
    wait_until(lambda: len(told()) == 20, "the first receipts", explain=named.tails)
    second.launch()
    wait_until(lambda: publish() and not first.runs(), "the end of the first", explain=named.tails)
    assert first.process.wait() == 5, first.tail()
    wait_until(lambda: len(told()) == len(customers), "every receipt", explain=elsewhere.tails)
    second.stop()
    assert {json.loads(one.value)["outcome"] for one in receipts.records} == {"delivered"}
    shown = [len(standin.messages(one)) for one in customers]
    assert shown == [1] * len(customers), f"{sum(shown) - len(shown)} of {len(shown)} duplicated"
    assert "event=namesake" in second.text()
    # Nobody waits for who has ended in order, nor for oneself.
    again = named.worker()
    assert "event=namesake" not in again.text()
    again.process.kill()
    again.process.wait()
    itself = named.worker()
    assert "event=namesake" not in itself.text()
    itself.stop()
