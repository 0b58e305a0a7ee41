"""The mark secret, by which workers know what others have shown: who has another one does not join, and it can be changed
while they run."""

import re

import pytest
from broker import wait_until
from programs import run_program
from signing import payload, sign


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


@pytest.fixture
def quick(installation):
    installation.configure("kafka", **{"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
    return installation.configure("worker", http_timeout="500ms", settle_time="500ms").configure("admin", listen="off")


def secret(installation, name):
    path = installation.directory / name
    made = run_program("keygen", "--mark", path)
    assert made.returncode == 0, made.stderr
    return path


def settle(kafka, topics, key, installation, customer, body, end):
    """Publishes and waits until that is settled; what was published."""
    event = sign(key, payload(customer, body))
    kafka.publish(topics.events, [event])
    wait_until(lambda: kafka.committed(installation.group, topics)[0][0] == end, body, explain=installation.tails)
    return event


def test_a_worker_with_another_mark_secret_does_not_join(kafka, topics, standin, key, quick, customer):
    first = quick.worker()
    event = settle(kafka, topics, key, quick, customer, "once", 1)
    own = quick.settings["worker"]["mark_secret_file"]
    quick.configure("worker", mark_secret_file=secret(quick, "other.key"))
    refused = quick.run_to_end()
    assert refused.returncode == 2, refused.stderr
    named = re.search(
        r"partition 0 was committed under mark secret ([0-9a-f]{16}), and mark_secret_file is ([0-9a-f]{16})", refused.stderr
    )
    assert named and named[1] != named[2], refused.stderr
    assert f"mark_secret_lost = {named[1]} goes on" in refused.stderr
    assert "shown a second time" in refused.stderr
    assert kafka.members(quick.group) == [1], "it has not come between the first and its partition"
    # With the other workers' secret as the one before it works beside them, and knows what they have shown.
    quick.configure("worker", mark_secret_previous_file=own)
    second = quick.make_worker()
    second.start(r"(?m)\bevent=ready\b")
    first.stop()
    second.await_log(r"(?m)\bevent=started\b")
    kafka.publish(topics.events, [event])
    wait_until(lambda: kafka.committed(quick.group, topics)[0][0] == 2, "the repetition", explain=quick.tails)
    second.stop()
    assert [message["body"] for message in standin.messages(customer)] == ["once"]


def test_a_mark_secret_that_is_lost_for_good_can_be_given_up(kafka, topics, standin, key, quick, customer):
    first = quick.worker()
    settle(kafka, topics, key, quick, customer, "one", 1)
    first.stop()
    quick.configure("worker", mark_secret_file=secret(quick, "other.key"))
    lost = re.search(r"mark_secret_lost = ([0-9a-f]{16})", quick.run_to_end().stderr)[1]
    quick.configure("worker", mark_secret_lost="no fingerprint")
    assert quick.run_to_end().returncode == 2
    quick.configure("worker", mark_secret_lost=lost)
    second = quick.worker()
    settle(kafka, topics, key, quick, customer, "two", 2)
    second.stop()
    del quick.settings["worker"]["mark_secret_lost"]
    third = quick.worker()
    third.stop()
    assert [message["body"] for message in standin.messages(customer)] == ["one", "two"]


def test_a_worker_that_finds_another_mark_secret_later_leaves_the_group(kafka, topics, standin, key, quick, customer):
    """Nothing was committed yet when both have joined."""
    first = quick.worker()
    quick.configure("worker", mark_secret_file=secret(quick, "other.key"))
    second = quick.make_worker()
    second.start(r"(?m)\bevent=ready\b")
    wait_until(lambda: len(kafka.members(quick.group)) == 2, "both are members", explain=quick.tails)
    settle(kafka, topics, key, quick, customer, "once", 1)
    workers = [first, second]
    owner = next(worker for worker in workers if "offset=0" in worker.text())
    (other,) = [worker for worker in workers if worker is not owner]
    owner.stop()
    assert other.wait() == 2, other.tail()
    assert "event=mark_secret" in other.text()
    wait_until(lambda: not kafka.members(quick.group), "it has left the group", 5, quick.tails)
    assert [message["body"] for message in standin.messages(customer)] == ["once"]


def named_secret(kafka, quick, topics):
    return re.search(r" secret=([0-9a-f]{16})", kafka.commit_metadata(quick.group, topics)[0])[1]


@pytest.mark.parametrize("killed", [False, True])
def test_the_mark_secret_is_changed_in_three_steps_over_an_idle_partition(
    kafka, topics, standin, key, quick, customer, killed
):
    def roll():
        for place in range(len(workers)):
            if killed:
                workers[place].process.kill()
                workers[place].process.wait()
            else:
                workers[place].stop()
            workers[place] = quick.make_worker()
            workers[place].start(r"(?m)\bevent=ready\b")
            wait_until(lambda: sorted(kafka.members(quick.group)) == [0, 1], "both are members", 60, quick.tails)
            wait_until(lambda: any(re.search(r"detail=.records are read", one.text()) for one in workers), "it is read")

    workers = []
    for _ in range(2):
        workers.append(quick.make_worker())
        workers[-1].start(r"(?m)\bevent=ready\b")
    event = settle(kafka, topics, key, quick, customer, "once", 1)
    old, new = quick.settings["worker"]["mark_secret_file"], secret(quick, "new.key")
    quick.configure("worker", mark_secret_previous_file=new)
    roll()
    quick.configure("worker", mark_secret_file=new, mark_secret_previous_file=old)
    before = named_secret(kafka, quick, topics)
    roll()
    wait_until(lambda: named_secret(kafka, quick, topics) != before, "the other secret is committed", explain=quick.tails)
    if not killed:  # else nothing is committed but because of the change
        kafka.publish(topics.events, [event])  # it is known under the secret before
        wait_until(lambda: kafka.committed(quick.group, topics)[0][0] == 2, "the repetition", explain=quick.tails)
    del quick.settings["worker"]["mark_secret_previous_file"]
    roll()
    settle(kafka, topics, key, quick, customer, "twice", 2 if killed else 3)
    for worker in workers:
        worker.stop()
    assert [message["body"] for message in standin.messages(customer)] == ["once", "twice"]
