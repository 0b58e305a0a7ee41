"""A worker at work on topics of its own, with keys of every kind: what the outcome tests ask and look at."""

import json
from collections import Counter

from admin import Admin, outcomes, requests
from broker import Reader, wait_until
from programs import PROGRAM, Installation, StandIn
from signing import Ed25519Key, HmacKey, as_bytes
from widget import Widget

KEYS = {
    key.id: key
    for key in (
        HmacKey("backend-1"),
        Ed25519Key("backend-2"),
        HmacKey("shipping-1", sender="shipping"),
        HmacKey("elsewhere-1", accounts=["globex"]),
        HmacKey("retired-1", not_after="2026-01-01T00:00:00Z"),
        HmacKey("revoked-1", revoked=True),
    )
}
BACKEND = KEYS["backend-1"]


class World:
    """A worker at work, and what a test asks of it."""

    program = PROGRAM  # of the workers
    standin_accounts = ()  # as the stand-in takes them
    keys = tuple(KEYS.values())

    def __init__(self, directory, kafka, topics, sections=None, accounts=None, keys=None, standin_is_up=True):
        """`sections` of the configuration, by name, on top of what all have; `accounts` beside acme, by name, as far as
        they differ from it; other `keys` than the class's."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.kafka = kafka
        self.topics = topics
        self.standin = StandIn(directory, accounts=self.standin_accounts)
        self.installation = Installation(
            directory / "worker", kafka, topics, self.standin.url, keys or self.keys, self.program
        )  # fmt: skip
        self.installation.configure("worker", http_timeout="2s", settle_time="1s")
        self.installation.configure("admin", listen="127.0.0.1:0")
        for section, settings in (sections or {}).items():
            self.installation.configure(section, **settings)
        for name, settings in (accounts or {}).items():
            self.installation.add_account(name, **settings)
        self.prepare()
        if not standin_is_up:
            self.standin.stop()
        self.receipts = Reader(kafka, topics.receipts, topics.partitions)
        self.dead = Reader(kafka, topics.dead, topics.partitions)
        self.worker = self.installation.worker()
        self.admin = Admin(self.worker)

    def prepare(self):
        """What else is configured before the worker starts."""

    def start_standin(self):
        """Again, where it was before."""
        self.standin = StandIn(self.directory, self.standin.port, self.standin_accounts)

    def publish(self, event, partition=None):
        return self.kafka.publish(self.topics.events, [event], partition)[0]

    def receipt_record(self, place):
        return self.receipts.find(
            lambda record: ((told := json.loads(record.value))["partition"], told["offset"]) == place,
            f"a receipt of {place}", explain=self.installation.tails,
        )  # fmt: skip

    def receipt(self, place):
        told = json.loads(self.receipt_record(place).value)
        self.expect_counted()
        return told

    def expect_counted(self):
        """The worker counts what stands in the receipts: each made its own number rise by one, and no other."""

        def expected():
            return Counter((one.get("account", ""), one["outcome"], one.get("reason") or "") for one in self.told())

        wait_until(
            lambda: outcomes(self.admin.metrics()) == expected(), "cupbearer_outcomes_total says what the receipts say",
            explain=lambda: f"{outcomes(self.admin.metrics())}\n{expected()}",
        )  # fmt: skip

    def told(self):
        """All receipts that there are."""
        return [json.loads(record.value) for record in self.receipts.read(0)]

    def requests(self, account="acme"):
        return requests(self.admin.metrics(), account)

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

    def records_published(self):
        """How many records the events topic holds."""
        reader = Reader(self.kafka, self.topics.events, self.topics.partitions)
        ends = [reader.consumer.get_watermark_offsets(where, timeout=10)[1] for where in reader.consumer.assignment()]
        reader.close()
        return sum(ends)

    def widget(self, customer, host="shop.example", **more):
        """The customer's widget, on a page of the account's widget_host unless told otherwise."""
        return Widget(self.standin, customer, host, **more)

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
    assert (receipt["outcome"], receipt.get("reason")) == (outcome, reason)
    assert_letter(world.dead_letter(place), event, receipt)
    return receipt


def assert_letter(letter, event, receipt):
    assert letter.key == as_bytes(event.key)
    assert letter.value == event.value
    assert_letter_headers(letter, event, receipt)


def assert_letter_headers(letter, event, receipt):
    reason = receipt["reason"]
    assert letter.header("cupbearer-reason") == reason
    assert letter.header("cupbearer-failed-at")
    assert (letter.header("cupbearer-detail") or "") == receipt.get("detail", "")
    assert letter.header("cupbearer-attempts") == str(receipt.get("attempts", 0))
    own = [pair for pair in letter.headers if not pair[0].startswith("cupbearer-") or pair[0] == "cupbearer-key"]
    assert own == [
        (name, as_bytes(text))
        for name, text in event.headers
        if not name.startswith("cupbearer-") or name == "cupbearer-key"
    ]
