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


def test_a_worker_whose_name_was_taken_from_elsewhere_ends_and_says_why(kafka, topics, standin, key, named, tmp_path):
    """As two machines of one host name would: each has a lock of its own."""
    first = named.worker()
    (tmp_path / "elsewhere").mkdir()
    other = Installation(tmp_path / "other", kafka, topics, standin.url, [key])
    other.settings["kafka"] = named.settings["kafka"]
    other.settings["worker"]["mark_secret_file"] = named.settings["worker"]["mark_secret_file"]
    other.configure("worker", state_dir=tmp_path / "elsewhere")
    other.configure("admin", listen="127.0.0.1:0")
    second = other.worker()
    assert first.process.wait(60) == 5, first.tail()
    assert "another worker has joined the group under this one's group_instance_id" in first.text()
    second.stop()
    other.discard()
