"""A log is not any more what it was: its topic is deleted and made again while workers own it, or it has lost its tail.
What stands in it now is delivered, each event once, whatever was committed of the log before."""

import signal

import pytest
from broker import wait_until
from programs import LIBRDKAFKA
from signing import payload, sign

OLD, NEW = 20, 60
# Its cache keeps a pointer to what is freed when a topic is made again (its issues 4778 and 4964): now and then the worker dies, and who
# supervises it starts it again.
LIBRDKAFKA_CRASHES = tuple(int(part) for part in LIBRDKAFKA.split(".")[:2]) >= (2, 4)


def has_crashed(worker):
    return LIBRDKAFKA_CRASHES and worker.process.poll() in (-signal.SIGSEGV, -signal.SIGABRT)


def end(worker):
    worker.terminate()
    assert worker.wait() == 0 or has_crashed(worker), worker.tail()


def wait_until_shown(standin, customer, bodies, installation):
    def look():
        if has_crashed(installation.workers[-1]):
            installation.make_worker().launch()
        return shown(standin, customer) == sorted(bodies)

    wait_until(look, f"{len(bodies)} are shown", 120, installation.tails)


@pytest.fixture
def kafka(own_kafka):
    return own_kafka


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=1)


def publish(kafka, topics, key, customer, bodies):
    events = [sign(key, payload(f"{customer}_{n % 7}", body)) for n, body in enumerate(bodies)]
    return kafka.publish(topics.events, events)


def shown(standin, customer):
    return sorted(message["body"] for message in standin.messages() if message["external_id"].startswith(customer))


def worker_that_delivered_old(kafka, topics, key, installation, customer, publisher=publish):
    """And what it has delivered: all that was published."""
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    worker = installation.worker()
    old = [f"old {n}" for n in range(OLD)]
    publisher(kafka, topics, key, customer, old)
    wait_until(lambda: kafka.committed(installation.group, topics)[0][0] == OLD, "the commit", explain=installation.tails)
    return worker, old


def test_a_topic_that_is_made_again_under_its_owner_is_read_from_its_beginning(
    kafka, topics, standin, key, installation, customer
):
    worker, old = worker_that_delivered_old(kafka, topics, key, installation, customer)
    # Its next fetch falls behind the records of the new topic, and its last commit comes after they were published.
    worker.process.send_signal(signal.SIGSTOP)
    kafka.make_again(topics)
    new = [f"new {n}" for n in range(NEW)]
    publish(kafka, topics, key, customer, new)
    worker.process.send_signal(signal.SIGCONT)
    end(worker)
    other = installation.worker()
    wait_until(lambda: kafka.committed(installation.group, topics)[0][0] == NEW, "all is settled", 120, installation.tails)
    other.stop()
    assert shown(standin, customer) == sorted(old + new)


def test_a_worker_whose_topic_is_made_again_again_and_again_lives(kafka, topics, standin, key, installation, customer):
    installation.configure("worker", http_timeout="500ms", settle_time="500ms")
    worker = installation.worker()
    bodies = []
    for turn in range(3):
        now = [f"{turn} {n}" for n in range(OLD)]
        publish(kafka, topics, key, customer, now)
        bodies += now
        wait_until_shown(standin, customer, bodies, installation)
        if turn < 2:
            kafka.make_again(topics)
    assert LIBRDKAFKA_CRASHES or worker.runs(), worker.tail()
    end(installation.workers[-1])


def make_again_unnoticed(kafka, topics, key, customer, worker):
    """The worker looks again only when its topic has as many records as it had read of the one before."""
    worker.process.send_signal(signal.SIGSTOP)
    kafka.make_again(topics)
    new = [f"new {n}" for n in range(OLD)]
    publish(kafka, topics, key, customer, new)
    worker.process.send_signal(signal.SIGCONT)
    return new


def test_a_topic_made_again_that_has_as_many_records_is_found_out_by_its_owner(
    kafka, topics, standin, key, installation, customer
):
    worker, old = worker_that_delivered_old(kafka, topics, key, installation, customer)
    new = make_again_unnoticed(kafka, topics, key, customer, worker)
    wait_until_shown(standin, customer, old + new, installation)
    end(installation.workers[-1])


def test_a_topic_made_again_that_has_as_many_records_is_found_out_by_the_next_owner(
    kafka, topics, standin, key, installation, customer
):
    first, old = worker_that_delivered_old(kafka, topics, key, installation, customer)
    new = make_again_unnoticed(kafka, topics, key, customer, first)
    # What follows is read, settled and committed; the last record below the watermark is of the new topic now.
    more = [f"more {n}" for n in range(5)]
    publish(kafka, topics, key, customer, more)
    wait_until(
        lambda: has_crashed(first) or kafka.committed(installation.group, topics)[0][0] == OLD + 5, "the commit", 120,
        installation.tails,
    )  # fmt: skip
    first.discard()
    installation.worker()
    wait_until_shown(standin, customer, old + new + more, installation)
    end(installation.workers[-1])


def cut(kafka, topics, keep):
    """The log loses its tail, as a broker's does that lost power, or a leader's that was elected uncleanly: its segment ends
    after `keep` batches, which are one record each."""
    kafka.script("kill", kafka.directory)
    (directory,) = kafka.directory.rglob(f"{topics.events}-0")
    segment = directory / f"{0:020}.log"
    data = segment.read_bytes()
    end = 0
    for _ in range(keep):
        end += 12 + int.from_bytes(data[end + 8 : end + 12], "big")
    assert end < len(data), "there is a tail to lose"
    segment.write_bytes(data[:end])
    for other in (*directory.glob("*.index"), *directory.glob("*.timeindex"), *directory.glob("*.snapshot")):
        other.unlink()
    kafka.script("restart", kafka.directory)


def publish_each(kafka, topics, key, customer, bodies):
    """In batches of one record."""
    producer = kafka.producer_with(batch_num_messages=1)
    events = [sign(key, payload(f"{customer}_{n % 7}", body)) for n, body in enumerate(bodies)]
    return kafka.publish(topics.events, events, producer=producer)


def test_what_reuses_the_offsets_of_a_lost_tail_is_delivered(kafka, topics, standin, key, installation, customer):
    worker, old = worker_that_delivered_old(kafka, topics, key, installation, customer, publish_each)
    # It does not look while the broker is away.
    worker.process.send_signal(signal.SIGSTOP)
    cut(kafka, topics, OLD - 5)
    new = [f"new {n}" for n in range(3)]
    places = publish_each(kafka, topics, key, customer, new)
    assert places[0] == (0, OLD - 5), "the offsets are used again"
    worker.process.send_signal(signal.SIGCONT)
    wait_until(lambda: shown(standin, customer) == sorted(old + new), "all is shown", 120, installation.tails)
    assert "event=log_changed" in worker.text() or "event=offset_out_of_range" in worker.text()
    more = [f"more {n}" for n in range(10)]
    publish_each(kafka, topics, key, customer, more)
    wait_until(lambda: shown(standin, customer) == sorted(old + new + more), "all is shown", 120, installation.tails)
    worker.stop()


def test_a_tail_that_was_lost_between_two_workers_is_seen_by_the_second(kafka, topics, standin, key, installation, customer):
    first, old = worker_that_delivered_old(kafka, topics, key, installation, customer, publish_each)
    first.stop()
    cut(kafka, topics, OLD - 5)
    new = [f"new {n}" for n in range(30)]
    publish_each(kafka, topics, key, customer, new)
    second = installation.worker()
    wait_until(lambda: shown(standin, customer) == sorted(old + new), "all is shown", 120, installation.tails)
    assert "event=log_changed" in second.text()
    second.stop()
