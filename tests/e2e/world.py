"""A worker at work on topics of its own, with keys of every kind: what the outcome tests ask and look at."""

import json

from broker import Reader
from programs import Installation, StandIn
from signing import Ed25519Key, HmacKey

KEYS = {
    key.id: key
    for key in (
        HmacKey("backend-1"),
        Ed25519Key("backend-2"),
        HmacKey("shipping-1", sender="shipping"),
        HmacKey("elsewhere-1", accounts=["globex"]),
        HmacKey("retired-1", not_after="2026-01-01T00:00:00Z"),
        HmacKey("coming-1", not_before="2100-01-01T00:00:00Z"),
        HmacKey("revoked-1", revoked=True),
    )
}
BACKEND = KEYS["backend-1"]


class World:
    """A worker at work, and what a test asks of it."""

    def __init__(self, directory, kafka, topics, account=None, standin_is_up=True):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.kafka = kafka
        self.topics = topics
        self.standin = StandIn(directory)
        self.installation = Installation(directory / "worker", kafka, topics, self.standin.url, KEYS.values())
        self.installation.configure("worker", http_timeout="2s", settle_time="1s")
        self.installation.configure("account acme", **(account or {}))
        if not standin_is_up:
            self.standin.stop()
        self.receipts = Reader(kafka, topics.receipts, topics.partitions)
        self.dead = Reader(kafka, topics.dead, topics.partitions)
        self.worker = self.installation.worker()

    def start_standin(self):
        """Again, where it was before."""
        self.standin = StandIn(self.directory, self.standin.port)

    def publish(self, event, partition=None):
        return self.kafka.publish(self.topics.events, [event], partition)[0]

    def receipt_record(self, place):
        return self.receipts.find(
            lambda record: ((told := json.loads(record.value))["partition"], told["offset"]) == place,
            f"a receipt of {place}", explain=self.installation.tails,
        )  # fmt: skip

    def receipt(self, place):
        return json.loads(self.receipt_record(place).value)

    def outcome(self, event, partition=None):
        """Publishes and waits: (outcome, reason) of the receipt."""
        told = self.receipt(self.publish(event, partition))
        return told["outcome"], told.get("reason")

    def dead_letter(self, place):
        source = f"{self.topics.events}/{place[0]}/{place[1]}"
        return self.dead.find(
            lambda record: record.header("cupbearer-source") == source,
            f"a dead letter of {source}", explain=self.installation.tails,
        )  # fmt: skip

    def has_dead_letter(self, place):
        source = f"{self.topics.events}/{place[0]}/{place[1]}"
        return any(record.header("cupbearer-source") == source for record in self.dead.read())

    def close(self):
        self.receipts.close()
        self.dead.close()
        try:
            self.worker.stop()
        finally:
            self.installation.discard()
            self.standin.discard()


def bodies(world, customer):
    return [message["body"] for message in world.standin.messages(customer)]


def assert_dead(world, place, event, outcome, reason):
    """The dead letter is the record as it was, plus headers that say why; its receipt names the same reason."""
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["reason"]) == (outcome, reason)
    letter = world.dead_letter(place)
    assert letter.key == event.key.encode()
    assert letter.value == event.value
    assert letter.header("cupbearer-reason") == reason
    assert letter.header("cupbearer-failed-at")
    assert (letter.header("cupbearer-detail") or "") == receipt.get("detail", "")
    assert letter.header("cupbearer-attempts") == str(receipt.get("attempts", 0))
    own = [(name, value.decode()) for name, value in letter.headers if not name.startswith("cupbearer-")]
    assert own == [(name, text) for name, text in event.headers if not name.startswith("cupbearer-")]
    keys = [value.decode() for name, value in letter.headers if name == "cupbearer-key"]
    assert keys == [text for name, text in event.headers if name == "cupbearer-key"]
    return receipt
