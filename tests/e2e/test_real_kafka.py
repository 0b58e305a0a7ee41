"""Three backends and three workers on a real Kafka, one worker going and one coming half-way: nothing lost, nothing
twice, everything in order."""

import json
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from backends import CBackend, JavaBackend, PythonBackend
from broker import wait_until
from ledger import audit
from signing import Ed25519Key, HmacKey, payload

KINDS = {"c": CBackend, "python": PythonBackend, "java": JavaBackend}
EACH = 3334
EVENTS = EACH * len(KINDS)
CUSTOMERS = 500
WORKERS = 3
# Each backend writes to each customer, so that their events mix in every partition and every conversation.
SHARES = {
    name: [(f"{name}-{n}", payload(f"customer_{n % CUSTOMERS}", f"{name} {n}")) for n in range(EACH)] for name in KINDS
}


def customer_of(content):
    return content["to"]["customer"]["external_id"]


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=12)


@pytest.fixture
def keys():
    return [Ed25519Key("c", sender="c"), HmacKey("python", sender="python"), HmacKey("java", sender="java")]


@pytest.fixture
def backends(tmp_path, kafka, topics, keys):
    made = {key.id: KINDS[key.id](tmp_path, kafka, topics.events, key) for key in keys}
    yield made
    for backend in made.values():
        backend.discard()


def test_three_backends_and_workers_that_come_and_go_lose_double_and_disorder_nothing(
    kafka, topics, standin, installation, receipts, backends
):
    workers = [installation.worker() for _ in range(WORKERS)]
    wait_until(
        lambda: len(found := kafka.members(installation.group)) == WORKERS and min(found) > 0,
        "all workers have partitions", explain=installation.tails,
    )  # fmt: skip
    # Papercups takes its time, so that much is under way and much waits when a worker goes, and when one comes.
    standin.call("POST", "/_standin/faults", {"fault": "slow", "delay_ms": 40, "times": 0})
    with ThreadPoolExecutor() as pool:

        def publish(part):
            return [pool.submit(backend.publish, SHARES[name][part]) for name, backend in backends.items()]

        begun = publish(slice(EACH // 2))
        wait_until(lambda: len(receipts.read()) >= EVENTS // 10, "the first receipts", explain=installation.tails)
        workers[0].terminate()
        workers.append(installation.worker())
        begun += publish(slice(EACH // 2, None))
        for published in begun:
            published.result()
    places = {event_id: place for backend in backends.values() for event_id, place in backend.finish().items()}
    assert workers[0].wait() == 0, workers[0].tail()
    wait_until(lambda: len(receipts.read()) >= EVENTS, "all receipts", explain=installation.tails)
    for worker in workers[1:]:
        worker.stop()

    assert all("event=settled outcome=delivered" in worker.text() for worker in workers), "one had nothing to do"
    assert_receipts(receipts.read(1), places, topics)
    assert_partitions(places, topics)
    assert_shown(standin, places)
    for committed, end in kafka.committed(installation.group, topics):
        assert committed == end, "an offset was left uncommitted"
    audited = audit(installation, "--json")
    assert audited.returncode == 0, audited.stdout[-2000:] + audited.stderr
    told = json.loads(audited.stdout.splitlines()[-1])
    assert (told["records"], told["outcomes"], told["not_settled"]) == (EVENTS, {"delivered": EVENTS}, 0)


def assert_receipts(records, places, topics):
    """One for each event, in its own partition, which says that it was delivered."""
    outcomes = [json.loads(record.value) for record in records]
    assert Counter((told["outcome"], told.get("reason")) for told in outcomes) == {("delivered", None): EVENTS}
    assert Counter((told["partition"], told["offset"]) for told in outcomes) == Counter(places.values())
    assert {told["event_id"]: (told["partition"], told["offset"]) for told in outcomes} == places
    assert all(told["event_id"].startswith(told["sender"] + "-") for told in outcomes)
    assert all(record.partition == told["partition"] for record, told in zip(records, outcomes, strict=True))


def assert_partitions(places, topics):
    """murmur2 by cupbearer, by librdkafka and by kafka-clients puts a key into the same one."""
    assert {partition for partition, _ in places.values()} == set(range(topics.partitions))
    chosen = defaultdict(lambda: defaultdict(set))
    for name, share in SHARES.items():
        for event_id, content in share:
            chosen[name][customer_of(content)].add(places[event_id][0])
    assert chosen["java"] == chosen["python"] == chosen["c"]
    assert {len(partitions) for partitions in chosen["java"].values()} == {1}


def assert_shown(standin, places):
    """Each customer sees what is theirs, each message once, in the order of the log, which is each backend's too."""
    logged = defaultdict(list)
    for name, share in SHARES.items():
        published = defaultdict(list)
        for event_id, content in share:
            published[customer_of(content)].append((places[event_id], content["message"]["body"]))
        for customer, messages in published.items():
            assert messages == sorted(messages), f"{name} published to {customer} in another order"
            logged[customer] += messages
    shown = defaultdict(list)
    for message in standin.messages():
        assert message["type"] == "bot"
        shown[message["external_id"]].append(message["body"])
    assert shown == {customer: [body for _, body in sorted(messages)] for customer, messages in logged.items()}
    assert standin.counts()["customers"] == CUSTOMERS
