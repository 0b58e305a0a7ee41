"""What workers leave in Kafka, written by hand: receipts under the mark secret, dead letters, commits. For audits of
what no worker would leave."""

import base64
import hashlib
import hmac
import json
import time

from broker import Reader
from confluent_kafka import Consumer, TopicPartition
from programs import run_program
from signing import Event, as_bytes

SENDER = "backend"


def prefixed(data):
    return len(data).to_bytes(4, "big") + data


class Ledger:
    """The topics of an installation that has no worker. All events lie in partition 0 unless said otherwise."""

    def __init__(self, kafka, topics, installation):
        self.kafka, self.topics, self.installation = kafka, topics, installation
        secret = base64.b64decode((installation.directory / "mark.key").read_text().strip().removeprefix("whmk_"))
        self.mac_key = hmac.digest(secret, b"cupbearer receipts 1", hashlib.sha256)

    def publish(self, *events, partition=0, at=0):
        """Publishes; returns the records as they lie there. `at`: the producer's time, for topics that keep it."""
        places = self.kafka.publish(self.topics.events, events, partition, timestamp=at)
        reader = Reader(self.kafka, self.topics.events, self.topics.partitions)
        records = {place: reader.find(lambda one, place=place: one.place == place, f"{place}") for place in places}
        reader.close()
        return [records[place] for place in places]

    def mac(self, partition, key, value):
        signed = [as_bytes(self.topics.receipts), partition.to_bytes(4, "big"), key or b"", value]
        mac = hashlib.blake2b(b"".join(map(prefixed, signed)), key=self.mac_key, digest_size=32)
        return base64.b64encode(mac.digest()).decode()

    def receipt(self, record, outcome="delivered", reason=None, mac=None, at=0, **other):
        """What a worker writes of a record; `other` members instead of its own. `at` as above."""
        told = {
            "event_id": record.header("webhook-id"), "sender": SENDER, "account": "acme", "outcome": outcome,
            "topic": self.topics.events, "partition": record.partition, "offset": record.offset,
            "record_timestamp": record.timestamp, "admitted_at": record.timestamp,
            "finished_at": int(time.time() * 1000), "attempts": 1, **({"reason": reason} if reason else {}), **other,
        }  # fmt: skip
        value = json.dumps(told).encode()
        mac = mac or self.mac(record.partition, record.key, value)
        written = Event(record.key, [("cupbearer-mac", mac)], value)
        self.kafka.publish(self.topics.receipts, [written], record.partition, timestamp=at)

    def letter(self, record, reason, source=None, at=0):
        source = source or f"{self.topics.events}/{record.partition}/{record.offset}"
        headers = [*record.headers, ("cupbearer-reason", reason), ("cupbearer-source", source)]
        written = Event(record.key, headers, record.value)
        self.kafka.publish(self.topics.dead, [written], record.partition, timestamp=at)

    def commit(self, offset, partition=0):
        """As the group: everything before the offset is settled."""
        consumer = Consumer({
            **self.kafka.client, "group.id": self.installation.group, "enable.auto.commit": False,
        })  # fmt: skip
        consumer.commit(offsets=[TopicPartition(self.topics.events, partition, offset)], asynchronous=False)
        consumer.close()

    def delete(self, topic, before, partition=0):
        """As retention does: everything before the offset."""
        where = TopicPartition(topic, partition, before)
        for gone in self.kafka.admin.delete_records([where]).values():
            gone.result(30)

    def audit(self, *options):
        return audit(self.installation, *options)


def audit(installation, *options):
    return run_program("audit", "--config", installation.configuration(), *options)


def deviations(installation, *options):
    """What an audit names, but for two receipts of one record that disagree: who was frozen or killed may have had one
    under way."""
    ended = audit(installation, "--json", *options)
    assert ended.returncode in (0, 1) and ended.stderr == "", ended.stdout + ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return [one for one in told if one.get("deviation", "receipts_disagree") != "receipts_disagree"]
