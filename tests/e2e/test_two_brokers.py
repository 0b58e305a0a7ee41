"""A Kafka of two brokers, of which one dies, or is away when a worker begins: what the other one has is served, no worker ends,
and none stands still."""

import json
import re
import secrets
import signal
from datetime import datetime

import pytest
from admin import Admin
from broker import Kafka, Topics, wait_until
from controller_link import ControllerLink
from programs import Installation
from signing import payload, sign
from world import BACKEND, World

PARTITIONS = 6
EVENTS_AWAY, RECEIPTS_AWAY = 2, 4


@pytest.fixture
def kafka(own_kafka):
    """The first one, which has the controller and the groups."""
    own_kafka.make_groups()
    return own_kafka


@pytest.fixture
def second(kafka, tmp_path):
    made = Kafka.join(tmp_path / "second", kafka)
    yield made
    made.stop()


def world_of(tmp_path, kafka, *replicas):
    """`replicas`: of events, receipts and dead letters, for each partition the brokers that have it."""
    names = [f"{kind}.{secrets.token_hex(4)}" for kind in ("events", "receipts", "dead")]
    for name, brokers in zip(names, replicas, strict=True):
        kafka.create(name, PARTITIONS, brokers, message_timestamp_type="LogAppendTime")
    made = World(tmp_path, kafka, Topics(*names, PARTITIONS))
    # What is published must not wait for a broker that is gone.
    made.producer = kafka.producer_with(message_timeout_ms=60000)
    return made


@pytest.fixture
def both(second, kafka, tmp_path):
    """Each partition is on both brokers."""
    either = [[1, second.number], [second.number, 1]] * (PARTITIONS // 2)
    made = world_of(tmp_path, kafka, either, either, either)
    yield made
    made.close()


@pytest.fixture
def either(second, kafka, tmp_path):
    """Each partition is on one of the brokers."""
    first = [[1]] * PARTITIONS
    made = world_of(
        tmp_path, kafka, [*first[:EVENTS_AWAY], [second.number], *first[EVENTS_AWAY + 1 :]],
        [*first[:RECEIPTS_AWAY], [second.number], *first[RECEIPTS_AWAY + 1 :]], first,
    )  # fmt: skip
    yield made
    made.close()


def publish(world, customer, partitions):
    """One event for each of the partitions; customers who belong there are found."""
    places, number = [], 0
    for partition in partitions:
        while True:
            number += 1
            event = sign(BACKEND, payload(f"{customer}-{number}", f"for {partition}"))
            if home(event) == partition:
                places += world.kafka.publish(world.topics.events, [event], partition, world.producer)
                break
    return places


def home(event):
    """murmur2, as Java has it."""
    key, size = event.key.encode(), len(event.key.encode())
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ size
    for at in range(0, size - size % 4, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & mask
        h = (h * m ^ (k ^ k >> 24) * m) & mask
    if size % 4:
        h = (h ^ int.from_bytes(key[size - size % 4 :], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % PARTITIONS


def delivered(world, places):
    for place in places:
        assert json.loads(world.receipt_record(place).value)["outcome"] == "delivered"


def test_who_joins_while_a_dead_broker_is_still_taken_for_alive_serves_all_when_others_lead(both, second, customer):
    assert re.search("event=topic_settings .*min.insync.replicas=1", both.worker.text())
    delivered(both, publish(both, customer, range(PARTITIONS)))
    assert len(set(both.kafka.leaders(both.topics.events))) == 2, "both lead some"
    second.script("kill", second.directory)
    joined = both.installation.make_worker()
    joined.launch()
    joined.await_log("event=assigned")
    # The other broker does not come back.
    wait_until(lambda: both.kafka.leaders(both.topics.events) == [1] * PARTITIONS, "all leaders have moved")
    assert both.admin.ask("/healthz")[0] == 200
    delivered(both, publish(both, f"{customer} too", range(PARTITIONS)))
    assert both.admin.ask("/healthz")[0] == 200
    joined.stop()
    both.worker.stop()
    both.worker = both.installation.worker()  # for the end


def test_a_worker_that_asks_a_dead_broker_answers_and_obeys(both, second):
    """Before anybody else leads: the loop turns, and SIGTERM ends it."""
    second.script("kill", second.directory)
    joined = both.installation.make_worker()
    joined.launch()
    joined.await_log("event=assigned")
    assert both.admin.ask("/healthz")[0] == 200
    joined.stop()


def test_a_partition_without_a_leader_waits_and_is_told_and_the_others_are_served(either, second, customer):
    world, topics = either, either.topics
    assert re.search("event=topic_settings .*replication factor 1 in a cluster of 2 brokers", world.worker.text())
    serves = [number for number in range(PARTITIONS) if number not in (EVENTS_AWAY, RECEIPTS_AWAY)]
    world.worker.stop()
    second.stop()
    for topic, away in ((topics.events, EVENTS_AWAY), (topics.receipts, RECEIPTS_AWAY)):
        wait_until(lambda topic=topic, away=away: world.kafka.leaders(topic)[away] == -1, f"{away} has no leader")

    world.worker = world.installation.make_worker()
    world.worker.start(rf'event=starting detail="{len(serves)} of {PARTITIONS} partitions are read"')
    admin = Admin(world.worker)
    wanted = rf"ok: {PARTITIONS} partitions, 2 of them not read yet; partition {EVENTS_AWAY}: .*no leader.*\n"
    wait_until(lambda: re.fullmatch(wanted, admin.ask("/readyz")[1]), wanted, explain=lambda: admin.ask("/readyz")[1])
    delivered(world, publish(world, customer, serves))
    for topic, away in ((topics.events, EVENTS_AWAY), (topics.receipts, RECEIPTS_AWAY)):
        world.worker.await_log(rf"event=stalled partition={away} .*because=.*no leader.*{topic}")
    second.script("restart", second.directory)
    delivered(world, publish(world, f"{customer} too", range(PARTITIONS)))
    assert admin.ask("/readyz")[1] == f"ok: {PARTITIONS} partitions\n"
    assert world.worker.runs()


def test_a_start_waits_for_a_broker_that_has_not_heard_of_the_topics_yet(second, kafka, tmp_path, standin):
    """Whom a worker asks for their settings is one of the brokers, by chance."""
    second.stop()
    link = ControllerLink(second)
    link.passes.clear()
    names = [f"{kind}.{secrets.token_hex(4)}" for kind in ("events", "receipts", "dead")]
    for name in names:
        kafka.create(name, PARTITIONS, [[1]] * PARTITIONS, message_timestamp_type="LogAppendTime")
    installation = Installation(tmp_path, kafka, Topics(*names, PARTITIONS), standin.url, [BACKEND])
    for _ in range(40):
        worker = installation.make_worker()
        worker.start(r"event=(waiting|started)\b")
        if "event=waiting" in worker.text():
            break
        worker.stop()
    assert "a broker has not heard of it yet" in worker.text()
    link.passes.set()
    worker.await_log(r"event=started\b")
    worker.stop()
    link.close()


def moment(line):
    return datetime.fromisoformat(re.match(r"ts=(\S+)Z ", line)[1])


def test_what_a_partition_waited_for_before_it_began_is_not_told_of_it_afterwards(either, second, customer):
    """Its receipts come after some seconds, and its account is held: it has stood still since it began, and no longer."""
    world, topic = either, either.topics.receipts
    world.worker.stop()
    second.stop()
    wait_until(lambda: world.kafka.leaders(topic)[RECEIPTS_AWAY] == -1, f"{RECEIPTS_AWAY} has no leader")
    world.standin.process.send_signal(signal.SIGSTOP)
    world.worker = world.installation.make_worker()
    world.worker.start("event=starting ")
    publish(world, customer, [RECEIPTS_AWAY])
    second.script("restart", second.directory)
    world.worker.await_log(r"event=started\b")
    wanted = rf"(?ms)^[^\n]*event=started\b.*?^([^\n]*event=stalled partition={RECEIPTS_AWAY} for_s=(\d+)[^\n]*)$"
    told = world.worker.await_log(wanted)
    started = re.search(r"(?m)^.*event=started\b.*$", world.worker.text())[0]
    assert int(told[2]) <= (moment(told[1]) - moment(started)).total_seconds() + 1, told[0]
    assert "its account is held" in told[1]
    world.standin.process.send_signal(signal.SIGCONT)
