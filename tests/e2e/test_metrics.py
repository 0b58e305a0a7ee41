"""What a worker counts and tells of its surroundings: Papercups, its group, the topics that it writes to; and that the README names
all of it."""

import json
import re
import signal
import time

import pytest
from broker import ROOT, wait_until
from confluent_kafka import KafkaException
from signing import Event, large_events, payload, sign
from world import BACKEND, World

EVENTS = 600  # a third of them fills the memory


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics())
    yield made
    made.close()


def deliver(world, customer, body="hello"):
    assert world.outcome(sign(BACKEND, payload(customer, body))) == ("delivered", None)


def lines(worker, event):
    return re.findall(rf"(?m)^.* event={event}\b.*$", worker.text())


def families(metrics):
    return {name for name in metrics.types if name.startswith("cupbearer_")}


def test_the_readme_names_every_metric_and_no_other(world):
    readme = (ROOT / "deploy/README.md").read_text()
    table = readme.split("## Metrics\n")[1].split("\n#")[0]
    named = re.findall(r"(?m)^\| `(cupbearer_[a-z_]+)", table)
    assert named == sorted(set(named)), "each once, in order"
    assert set(named) == families(world.admin.metrics())
    for name in re.findall(r"cupbearer_[a-z_]*[a-z]", readme):
        assert name in named or name.startswith("cupbearer_gate_"), name


def test_an_account_more_is_thirty_lines_more(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(), accounts={f"tenant-{number}": {} for number in range(3)})
    try:
        deliver(made, customer)
        samples = made.admin.metrics().samples
        for account in ("acme", "tenant-1"):
            assert len([labels for _, labels in samples if ("account", account) in labels]) <= 30, account
        assert not [labels for name, labels in samples if name.endswith("_bucket") and "account" in dict(labels)]
    finally:
        made.close()


def durations(metrics):
    """{(call, class of status): how often}"""
    return metrics.all("cupbearer_request_duration_seconds_count")


def test_requests_are_timed_by_call_and_class_of_status(world, customer):
    deliver(world, customer)
    before = durations(world.admin.metrics())
    assert before["post_conversation", "2xx"] == 1
    world.standin.fault("slow", "slowly", delay_ms=600)
    deliver(world, customer, "slowly")
    world.standin.fault("error_500", "posted twice")
    deliver(world, customer, "posted twice")
    world.standin.fault("lost", "no answer")
    deliver(world, customer, "no answer")
    metrics = world.admin.metrics()
    posts = {status: count for (call, status), count in durations(metrics).items() if call == "post_message"}
    assert posts == {"2xx": 2, "5xx": 1, "none": 1}
    name, labels = "cupbearer_request_duration_seconds", {"call": "post_message", "status": "2xx"}
    assert metrics.value(f"{name}_bucket", le="0.5", **labels) <= 1, "the slow one took longer"
    assert metrics.value(f"{name}_sum", **labels) >= 0.6


def test_a_circuit_is_told_when_it_opens_and_when_it_closes(world, customer):
    deliver(world, customer)
    assert world.admin.metrics().all("cupbearer_circuit_open") == {("acme",): 0}
    world.standin.stop()
    place = world.publish(sign(BACKEND, payload(customer, "when it is back")))
    world.admin.wait_for(lambda metrics: metrics.value("cupbearer_circuit_open", account="acme"), 1)
    metrics = world.admin.wait_for(lambda metrics: metrics.value("cupbearer_oldest_unsettled_age_seconds") >= 2, True)
    assert metrics.value("cupbearer_unsettled_events") == 1
    world.start_standin()
    assert world.receipt(place)["outcome"] == "delivered"
    metrics = world.admin.wait_for(lambda metrics: metrics.value("cupbearer_circuit_open", account="acme"), 0)
    assert metrics.value("cupbearer_oldest_unsettled_age_seconds") == 0
    states = [re.search(r"level=(\S+) .* account=acme state=(\S+)", line).groups() for line in lines(world.worker, "circuit")]
    assert states == [("warning", "open"), ("info", "closed")]


def test_receipts_that_no_worker_wrote_are_counted(world, customer):
    deliver(world, customer)
    assert world.admin.metrics().value("cupbearer_foreign_receipts_total") == 0
    world.worker.stop()
    foreign = [Event(f"acme/e/{number}", [("cupbearer-mac", "A" * 43 + "=")], b"{}") for number in range(25)]
    world.kafka.publish(world.topics.receipts, foreign)
    world.worker = world.installation.worker()
    world.admin = type(world.admin)(world.worker)
    world.admin.wait_for(lambda metrics: metrics.value("cupbearer_foreign_receipts_total"), 25)


def test_a_topic_that_is_gone_is_told_once_with_the_command_that_makes_it_and_so_is_its_end(world, customer):
    deliver(world, customer)
    name = world.topics.receipts
    assert world.admin.metrics().value("cupbearer_produce_failures_total", topic=name) == 0
    world.kafka.delete(name)
    for number in range(30):
        world.publish(sign(BACKEND, payload(f"{customer}_{number}", "hello")))
    # Each is tried again and again.
    world.admin.wait_for(lambda metrics: metrics.value("cupbearer_produce_failures_total", topic=name) >= 60, True)
    # Not of all: the broker takes some on its way to deleting the partitions.
    world.admin.wait_for(lambda metrics: metrics.value("cupbearer_unsettled_events") > 0, True)
    [begun] = lines(world.worker, "produce_failed")
    assert "level=error" in begun and f"topic={name}" in begun and "is gone" in begun
    command = re.search(r"make it.*: (kafka-topics\.sh .*)\"", begun)[1]
    assert f"--create --topic {name} --partitions {world.topics.partitions} " in command
    settings = dict(word.split("=") for word in re.findall(r"--config (\S+)", command))

    def made():
        try:
            world.kafka.create(name, int(re.search(r"--partitions (\d+)", command)[1]), **settings)
        except KafkaException as failure:
            assert "already exists" in str(failure) or "marked for deletion" in str(failure), failure
            return False
        return True

    wait_until(made, "the topic is made again")
    metrics = world.admin.wait_for(lambda metrics: metrics.value("cupbearer_unsettled_events"), 0)
    failures = int(metrics.value("cupbearer_produce_failures_total", topic=name))
    world.worker.await_log(rf"level=info event=produce_recovered topic={name} failures={failures} ")
    assert len(lines(world.worker, "produce_failed")) == len(lines(world.worker, "produce_recovered")) == 1
    assert not lines(world.worker, "produce_refused")


def test_an_events_topic_that_is_gone_is_told_once_with_the_command_that_makes_it(world, customer):
    deliver(world, customer)
    world.kafka.delete(world.topics.events)
    wait_until(lambda: world.admin.ask("/readyz")[1].startswith("gone: "), "it is told", explain=world.worker.tail)
    assert world.admin.ask("/readyz")[0] == 503
    # Until the drain's end the last commit is sent again and again.
    world.admin.wait_for(lambda metrics: metrics.value("cupbearer_assigned_partitions"), 0)
    [told] = lines(world.worker, "topic_gone")
    assert "level=error" in told and f"topic={world.topics.events} " in told
    assert f"--create --topic {world.topics.events} --partitions {world.topics.partitions} " in told
    world.worker.stop()
    assert len(lines(world.worker, "commit")) <= 2, lines(world.worker, "commit")


def test_what_is_not_read_is_counted_anew_while_nothing_is_read(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics(partitions=2), {"worker": {"memory": "1MiB"}})
    try:
        made.standin.process.send_signal(signal.SIGSTOP)

        def publish(count):
            events = large_events(BACKEND, customer, count)
            kafka.publish(made.topics.events, events)

        def known(metrics):
            return metrics.value("cupbearer_unsettled_events") + sum(metrics.all("cupbearer_partition_lag").values())

        publish(EVENTS)
        made.admin.wait_for(lambda metrics: metrics.value("cupbearer_paused_partitions"), 2)
        made.admin.wait_for(known, EVENTS)
        publish(4 * EVENTS)  # far more than librdkafka fetches ahead
        made.admin.wait_for(known, 5 * EVENTS)
        assert made.admin.metrics().value("cupbearer_paused_partitions") == 2
    finally:
        made.standin.process.send_signal(signal.SIGCONT)
        made.worker.discard()
        made.installation.discard()
        made.standin.discard()


@pytest.fixture
def lone(own_kafka, tmp_path):
    """A worker whose session ends soon, on a broker of its own."""
    own_kafka.make_groups()
    kafka = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
    worker = {"http_timeout": "500ms", "settle_time": "500ms"}
    made = World(tmp_path / "lone", own_kafka, own_kafka.topics(), {"kafka": kafka, "worker": worker})
    yield made
    made.close()


def rebalances(metrics):
    return {event: count for (event,), count in metrics.all("cupbearer_rebalances_total").items()}


def test_a_group_that_is_lost_or_divided_anew_is_told_as_such(lone, customer):
    assert lone.admin.metrics().all("cupbearer_last_commit_timestamp_seconds") == {}, "there was none"
    deliver(lone, customer)
    before = lone.admin.wait_for(lambda metrics: len(metrics.all("cupbearer_last_commit_timestamp_seconds")), 1)
    assert rebalances(before) == {"assigned": 1, "revoked": 0, "lost": 0}
    committed = before.value("cupbearer_last_commit_timestamp_seconds")
    assert abs(committed - time.time()) < 600
    lone.kafka.script("kill", lone.kafka.directory)
    lone.worker.await_log("event=lost")
    status, text, _ = lone.admin.ask("/readyz")
    assert (status, text.split(":")[0]) == (503, "lost")
    lone.kafka.script("restart", lone.kafka.directory)
    wait_until(lambda: lone.admin.ask("/readyz")[0] == 200, "it is ready again", explain=lone.worker.tail)
    place = lone.publish(sign(BACKEND, payload(customer, "after")))
    assert json.loads(lone.receipt_record(place).value)["outcome"] == "delivered"
    after = lone.admin.wait_for(
        lambda metrics: metrics.value("cupbearer_last_commit_timestamp_seconds") > committed, True
    )
    assert rebalances(after) == {"assigned": 2, "revoked": 0, "lost": 1}
    # What is under way holds the division up.
    lone.standin.process.send_signal(signal.SIGSTOP)
    place = lone.publish(sign(BACKEND, payload(customer, "under way")))
    lone.admin.wait_for(lambda metrics: metrics.value("cupbearer_unsettled_events"), 1)
    other = lone.installation.make_worker()
    other.launch()
    lone.worker.await_log("event=revoked")
    status, text, _ = lone.admin.ask("/readyz")
    assert (status, text.split(":")[0]) == (503, "rebalancing")
    lone.standin.process.send_signal(signal.SIGCONT)
    shared = lone.admin.wait_for(lambda metrics: rebalances(metrics)["assigned"] >= 3, True)
    assert rebalances(shared) == {"assigned": 3, "revoked": 1, "lost": 1}
    other.await_log("event=started")
    assert json.loads(lone.receipt_record(place).value)["outcome"] == "delivered"
    other.stop()
