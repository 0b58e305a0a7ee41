"""The Kafka side of the tests: a real broker started by deploy/kafka.sh, topics, publishing, reading."""

import re
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 90  # only a failure waits for so long; a busy machine takes its time
COORDINATOR_IS_COMING = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)


def wait_until(condition, what, seconds=DEADLINE_S, explain=lambda: ""):
    """Returns the condition's first true value; fails when there is none in time. The condition may wait a little."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}\n{explain()}"
        time.sleep(0.01)
    return value


@dataclass
class Topics:
    events: str
    receipts: str
    dead: str
    partitions: int


@dataclass
class Record:
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: list

    @property
    def place(self):
        return self.partition, self.offset

    def header(self, name):
        """The value of the one header of this name; None where it has none."""
        found = [value for header, value in self.headers if header == name]
        assert len(found) <= 1, f"header {name} is repeated: {found}"
        return found[0].decode() if found else None


class Kafka:
    """A broker that runs in a directory, and clients of it."""

    def __init__(self, directory):
        self.directory = directory
        properties = (directory / "server.properties").read_text()
        self.number = int(re.search(r"(?m)^node\.id=(\d+)$", properties)[1])
        self.bootstrap = re.search(r"(?m)^advertised\.listeners=PLAINTEXT://(\S+)$", properties)[1]
        # librdkafka's own words tell of connections that end with the broker; what fails is asserted.
        self.client = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        self.admin = AdminClient(self.client)
        self.producer = self.producer_with()

    @classmethod
    def start(cls, directory):
        """A new one; whoever starts it stops it."""
        cls.script("start", directory)
        return cls(directory)

    def producer_with(self, **settings):
        """A producer as any other, but for settings of librdkafka's, with _ for its dots."""
        return Producer({
            **self.client, "partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 1,
            **{name.replace("_", "."): value for name, value in settings.items()},
        })  # fmt: skip

    @staticmethod
    def script(command, *arguments):
        done = subprocess.run(
            [ROOT / "deploy/kafka.sh", command, *arguments], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"kafka.sh {command}: {done.stdout}{done.stderr}"
        return done.stdout

    def stop(self):
        self.script("stop", self.directory)

    @classmethod
    def jars(cls):
        """The class path of Kafka's own Java clients."""
        return f"{cls.script('fetch').strip()}/jars/*"

    @classmethod
    def join(cls, directory, other):
        """One more broker in the cluster of `other`; whoever starts it stops it."""
        cls.script("join", directory, other.directory)
        return cls(directory)

    def make_groups(self):
        """Has the groups' own topic made now: on the brokers that there are, so not on one that joins."""
        asker = Consumer({**self.client, "group.id": "first"})

        def made():
            try:
                return asker.committed([TopicPartition("none", 0)], timeout=30)
            except KafkaException as failure:
                assert failure.args[0].code() in COORDINATOR_IS_COMING, failure

        wait_until(made, "the groups' topic")
        asker.close()

    def create(self, name, partitions, replicas=1, **config):
        """`replicas`: how many, or for each partition the brokers that have it."""
        where = {"replication_factor": replicas} if isinstance(replicas, int) else {"replica_assignment": replicas}
        futures = self.admin.create_topics(
            [NewTopic(name, partitions, config={key.replace("_", "."): value for key, value in config.items()}, **where)]
        )
        futures[name].result(30)
        # The controller has made it; the broker tells clients of it a moment later.
        wait_until(lambda: self.has(name, partitions), f"topic {name} in the broker's metadata")

    def has(self, name, partitions):
        found = self.admin.list_topics(timeout=10).topics.get(name)
        return found is not None and sum(part.leader >= 0 for part in found.partitions.values()) == partitions

    def add_partitions(self, topic, count):
        """Until there are so many."""
        self.admin.create_partitions([NewPartitions(topic, count)])[topic].result(30)
        wait_until(lambda: self.has(topic, count), f"{topic} with {count} partitions")

    def delete(self, *names):
        for gone in self.admin.delete_topics(list(names)).values():
            gone.result(30)

    def make_again(self, topics, replicas=1):
        """Deletes the events and makes their topic anew."""
        self.make_topic_again(topics.events, topics.partitions, replicas, message_timestamp_type="LogAppendTime")

    def make_topic_again(self, name, partitions, replicas=1, **config):
        self.delete(name)
        wait_until(lambda: name not in self.admin.list_topics(timeout=10).topics, "the topic is gone")

        def made():
            try:
                self.create(name, partitions, replicas, **config)
            except KafkaException as failure:
                assert "already exists" in str(failure) or "marked for deletion" in str(failure), failure
                return False
            return True

        wait_until(made, "the topic is made again")

    def leaders(self, name):
        """The leader of each partition of a topic, -1: none."""
        found = self.admin.list_topics(name, timeout=10).topics[name].partitions
        return [found[number].leader for number in sorted(found)]

    def topics(self, partitions=6, names=None, replicas=1):
        """A fresh set of the three topics, with the time stamps that the worker asks for."""
        names = names or [f"{kind}.{secrets.token_hex(4)}" for kind in ("events", "receipts", "dead")]
        topics = Topics(*names, partitions)
        self.create(topics.events, partitions, replicas, message_timestamp_type="LogAppendTime")
        self.create(topics.receipts, partitions, replicas)
        self.create(topics.dead, partitions, replicas)
        return topics

    def publish(self, topic, events, partition=None, producer=None, timestamp=0):
        """Publishes in order; returns the (partition, offset) of each."""
        producer = producer or self.producer
        places = [None] * len(events)

        def acknowledged(index):
            def note(error, message):
                assert error is None, f"publishing: {error}"
                places[index] = message.partition(), message.offset()

            return note

        where = {} if partition is None else {"partition": partition}
        for index, event in enumerate(events):
            producer.produce(
                topic, key=event.key, value=event.value, headers=event.headers, timestamp=timestamp,
                on_delivery=acknowledged(index), **where,
            )  # fmt: skip
            producer.poll(0)
        assert producer.flush(30) == 0, "the broker did not acknowledge all"
        return places

    def committed(self, group, topics):
        """Each partition's (committed offset, end offset)."""
        consumer = Consumer({**self.client, "group.id": group, "enable.auto.commit": False})
        wanted = [TopicPartition(topics.events, partition) for partition in range(topics.partitions)]
        offsets = [
            (where.offset, consumer.get_watermark_offsets(where, timeout=10)[1])
            for where in consumer.committed(wanted, timeout=10)
        ]
        consumer.close()
        return offsets

    def commit_metadata(self, group, topics):
        """What the group has committed beside each partition's offset, as text."""
        consumer = Consumer({**self.client, "group.id": group, "enable.auto.commit": False})
        wanted = [TopicPartition(topics.events, partition) for partition in range(topics.partitions)]
        found = [where.metadata for where in consumer.committed(wanted, timeout=10)]
        consumer.close()
        return found

    def members(self, group):
        """How many partitions each member of a group has; none while the broker is still loading its groups."""
        try:
            described = self.admin.describe_consumer_groups([group])[group].result(10)
        except KafkaException as failure:
            assert failure.args[0].code() in COORDINATOR_IS_COMING, failure
            return []
        return [len(member.assignment.topic_partitions) for member in described.members]


class Reader:
    """Reads a topic from its beginning, without a group, and keeps all."""

    def __init__(self, kafka, topic, partitions):
        self.kafka, self.topic = kafka, topic
        self.records = []
        self.consumer = self.consumer_from([OFFSET_BEGINNING] * partitions)

    def consumer_from(self, offsets):
        consumer = Consumer({
            **self.kafka.client, "group.id": f"reader-{secrets.token_hex(4)}", "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        })  # fmt: skip
        consumer.assign([TopicPartition(self.topic, number, offset) for number, offset in enumerate(offsets)])
        return consumer

    def read(self, seconds=0.05):
        for message in self.consumer.consume(1000, seconds):
            assert message.error() is None, f"reading {self.topic}: {message.error()}"
            self.records.append(
                Record(
                    message.partition(),
                    message.offset(),
                    message.timestamp()[1],
                    message.key(),
                    message.value(),
                    message.headers() or [],
                )  # fmt: skip
            )
        return self.records

    def find(self, wanted, what, seconds=DEADLINE_S, explain=lambda: ""):
        """The first record for which wanted(record) holds, waited for."""

        def look():
            return next((record for record in self.read() if wanted(record)), None)

        return wait_until(look, what, seconds, explain)

    def close(self):
        self.consumer.close()
