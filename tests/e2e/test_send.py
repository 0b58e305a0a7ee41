"""`cupbearer send`: what it publishes, and the outcome that it reports."""

import json
import re
import subprocess

import pytest
from bench import TO_ADA, Bench
from broker import Reader
from programs import ENVIRONMENT, PROGRAM, run_program
from signing import Event, payload


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("bench"))


def sent(bench, kafka, topics, *arguments, key_id="pair-1"):
    return run_program(
        "send", *bench.signer(key_id), "-b", kafka.bootstrap, "--topic", topics.events,
        "--receipts-topic", topics.receipts, *arguments,
    )  # fmt: skip


@pytest.mark.parametrize("partitioner", ["murmur2", "crc32"])
def test_send_publishes_what_a_worker_would_admit_and_says_where(bench, kafka, topics, partitioner):
    file = bench.file("payload.json", json.dumps(payload("käthe")))  # whom the two put into partitions 4 and 0 of 6
    ended = sent(bench, kafka, topics, "--partitioner", partitioner, file)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = re.fullmatch(r"event_id=(evt_\S{22}) topic=(\S+) partition=(\d) offset=0\n", ended.stdout)
    assert told and told[2] == topics.events
    reader = Reader(kafka, topics.events, topics.partitions)
    record = reader.find(lambda record: True, "the record")
    reader.close()
    assert (record.partition, record.header("webhook-id")) == (int(told[3]), told[1])
    status, said = bench.verify_read(record, "--partitioner", partitioner, "--partitions", topics.partitions)
    assert status == 0, said


def test_send_makes_no_topic(bench, kafka, topics):
    topics.events = "no-such-topic"
    ended = sent(bench, kafka, topics, *TO_ADA)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"cupbearer send: there is no topic no-such-topic at {kafka.bootstrap}; is it the name that the worker reads?\n"
    )


def test_send_waits_only_where_topic_and_receipts_belong_together(bench, kafka, topics):
    topics.receipts += ".narrow"
    kafka.create(topics.receipts, 1)
    ended = sent(bench, kafka, topics, *TO_ADA, "--wait")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"cupbearer send: {topics.events} has 6 partitions and {topics.receipts} 1: they do not belong together; is one of the names wrong?\n"
    )


def test_send_says_what_to_look_at_when_no_receipt_comes(bench, kafka, topics):
    ended = sent(bench, kafka, topics, *TO_ADA, "--wait", "--timeout", "1")
    assert ended.returncode == 3
    assert ended.stdout.startswith("event_id=")
    assert "the event is published, but no receipt came within 1 s in partition " in ended.stderr
    assert f"is a worker running for {topics.events}? Look at its log and its lag\n" in ended.stderr


def test_send_takes_no_other_receipt_for_its_own(bench, kafka, topics):
    arguments = [
        "send", *bench.signer("pair-1"), "-b", kafka.bootstrap, "--topic", topics.events,
        "--receipts-topic", topics.receipts, "--wait", *TO_ADA,
    ]  # fmt: skip
    program = [PROGRAM, *map(str, arguments)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as waiting:
        told = re.search(r"partition=(\d) offset=(\d+)$", waiting.stdout.readline())
        partition, offset = int(told[1]), int(told[2])
        own = {
            "outcome": "rejected", "reason": "expired", "detail": "late \u001b[1m", "topic": topics.events,
            "partition": partition, "offset": offset, "record_timestamp": 1, "admitted_at": 1, "finished_at": 1,
            "attempts": 0,
        }  # fmt: skip
        places = {"topic": topics.dead}, {"partition": partition + 1}, {"offset": offset + 1}
        others = [{**own, "outcome": "failed", "reason": "flood", **place} for place in places]
        values = [b"no receipt", *(json.dumps(receipt).encode() for receipt in [*others, own])]
        kafka.publish(topics.receipts, [Event("acme/e/ada", [], value) for value in values], partition)
        assert waiting.stdout.read() == "rejected (expired): late ?[1m\n"
    assert waiting.returncode == 1


def test_send_follows_its_own_event_to_what_became_of_it(bench, kafka, topics, standin, installation):
    (installation.directory / "keyring.json").write_text(bench.keyring.read_text())
    # What is published before the worker knows its partitions' ends may have been tried: it waits this long to be sure.
    installation.configure("worker", http_timeout="2s", settle_time="100ms").worker()

    def outcome(*arguments, **settings):
        ended = sent(bench, kafka, topics, "--wait", *arguments, **settings)
        lines = ended.stdout.splitlines()
        assert len(lines) == 2 and ended.stderr == "", ended.stdout + ended.stderr
        return ended.returncode, lines[1]

    assert outcome(*TO_ADA, "--event-id", "evt_1") == (0, "delivered: Papercups holds the message")
    assert outcome(*TO_ADA, "--event-id", "evt_1") == (1, "duplicate: this event was admitted before")
    status, said = outcome("--account", "beta", *TO_ADA[2:], "--event-id", "evt_2", key_id="hmac-1")
    assert (status, said.split(": ")[0]) == (1, "rejected (account_not_granted)")
    assert [message["body"] for message in standin.messages("ada")] == ["Hi"]
