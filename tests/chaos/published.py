"""What the chaos publishes, and what it reads of the receipts."""

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from broker import Reader  # noqa: E402
from signing import HmacKey, payload, sign  # noqa: E402

CUSTOMERS = 60
EVENTS_PER_S = 8
# A worker looks each half minute whether its log is still the one that it has read; what it reads of another one until then
# is shown before what stands in front of it.
UNNOTICED_MS = 90_000


class PatientReader(Reader):
    """The broker goes and comes: what a consumer says about that is no news here. One that has said nothing for a while is
    replaced: a partition whose answer got lost with the broker may never be read again."""

    SILENCE_S = 5

    def __init__(self, kafka, topic, partitions):
        super().__init__(kafka, topic, partitions)
        self.next = [0] * partitions
        self.heard = time.monotonic()

    def read(self, seconds=0.0):
        known = len(self.records)
        for message in self.consumer.consume(1000, seconds):
            if message.error() is None and message.offset() >= self.next[message.partition()]:
                self.next[message.partition()] = message.offset() + 1
                self.records.append((message.partition(), message.offset(), json.loads(message.value())))
        if len(self.records) > known:
            self.heard = time.monotonic()
        elif time.monotonic() - self.heard > self.SILENCE_S:
            self.begin_again()
        return self.records[known:]

    def begin_again(self):
        self.consumer.close()
        self.consumer = self.consumer_from(self.next)
        self.heard = time.monotonic()


class Publisher:
    """Publishes at a steady rate and remembers where everything came to lie."""

    def __init__(self, kafka, topics, replicas, seed):
        self.random = random.Random(seed)
        self.kafka, self.topics, self.replicas = kafka, topics, replicas
        self.producer = kafka.producer_with(message_timeout_ms=300000)
        self.topic = topics.events
        self.key = HmacKey("backend-1")
        self.log, self.began_ms = 0, []  # how often the topic was made again, and when: the wall clock, as the broker stamps
        self.gone, self.unordered = set(), set()  # of the places below
        self.records = []  # (place, event id, customer, whether it is forged); a place: log, partition, offset
        self.ends = [0] * topics.partitions
        self.recent = []
        self.count = 0

    def due(self, seconds):
        while self.count < seconds * EVENTS_PER_S:
            self.publish_some()
        self.producer.poll(0)

    def publish_some(self):
        dice = self.random.random()
        if self.recent and dice < 0.04:
            event, customer = self.random.choice(self.recent)
            self.send(event, customer)  # the same bytes
        elif self.recent and dice < 0.08:
            event, customer = self.random.choice(self.recent)
            self.send(self.event(customer, event.id), customer)
        else:
            customer = f"customer_{self.random.randrange(CUSTOMERS)}"
            event = self.event(customer, f"evt_{self.count}")
            if self.random.random() < 0.03:
                forged = event.with_header("webhook-signature", event.header("webhook-signature")[:-6] + "AAAAA=")
                self.send(forged, customer, True)
            self.send(event, customer)
            self.recent = [*self.recent[-200:], (event, customer)]

    def event(self, customer, event_id):
        return sign(self.key, payload(customer, event_id, deliver_within=86400), event_id)

    def send(self, event, customer, forged=False):
        def note(error, message):
            assert error is None, f"publishing: {error}"
            place = self.log, message.partition(), message.offset()
            self.records.append((place, event.id, customer, forged))
            self.ends[place[1]] = max(self.ends[place[1]], place[2] + 1)
            if self.log > 0 and time.time() * 1000 < self.began_ms[-1] + UNNOTICED_MS:
                self.unordered.add(place)

        self.count += 1
        self.producer.produce(
            self.topic, key=event.key, value=event.value, headers=event.headers, on_delivery=note
        )


    def make_again(self, told):
        """Deletes the topic and makes it anew. What had no receipt by then may have been read or not: it need not be shown, and
        is not published again. `told`: the places that have receipts."""
        assert self.producer.flush(60) == 0, "the broker did not acknowledge all"
        self.gone |= {place for place, _, _, _ in self.records if place not in told}
        settled = {event for place, event, _, _ in self.records if place in told}
        self.recent = [(event, customer) for event, customer in self.recent if event.id in settled]
        self.kafka.make_again(self.topics, self.replicas)
        self.producer = self.kafka.producer_with(message_timeout_ms=300000)  # the other one counts the old log's records
        self.began_ms.append(int(time.time() * 1000))
        self.log, self.ends = self.log + 1, [0] * self.topics.partitions

    def log_at(self, ms):
        """Which of the logs holds a record of that time."""
        return sum(began <= ms for began in self.began_ms)

    def last_log(self):
        """For audits, to the second: receipts of the others have no records any more."""
        if not self.began_ms:
            return ()
        return "--since", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began_ms[-1] / 1000 + 1))
