"""The README's own programs, as they stand there: each publishes an event, and each event is delivered."""

import json
import os
import re
import subprocess
import sys

import pytest
from broker import ROOT, Reader
from documents import snippets
from programs import Installation, StandIn, run_program
from signing import payload, sign

SECTION = "Publish the first event"
NODE_MODULES = ROOT / "tests/.cache/node/node_modules"
# The topics that the README's programs write to.
TOPICS = ("cupbearer.events", "cupbearer.receipts", "cupbearer.dead")
# How a block is run, by the name in the comment before it.
RUN = {
    "python": ([sys.executable], "py"),
    "javascript": (["node"], "js"),
    "sh": (["sh"], "sh"),
    "receipts": (["sh"], "sh"),
}


def published():
    document = ROOT / "include/README.md"
    section = re.search(rf"^## {SECTION}$(.*?)(?=^## |\Z)", document.read_text(encoding="utf-8"), re.M | re.S)[1]
    blocks = {name: text for name, text in snippets(document).items() if f"<!-- snippet: {name} -->" in section}
    assert len(blocks) == len(re.findall(r"^```\w", section, re.M)), "a block of this section has no name before it"
    return blocks


SNIPPETS = published()


class GeneratedKey:
    """A key that `cupbearer keygen` made, with the keyring entry that it printed."""

    def __init__(self, directory, key_id, *options):
        made = run_program("keygen", key_id, *options, "--dir", directory, "--sender", "backend", "--account", "acme")
        assert made.returncode == 0, made.stderr
        self.id = key_id
        self.file = directory / f"{key_id}.key"
        self.printed = json.loads(made.stdout)

    def entry(self):
        return self.printed


class Desk:
    """A backend developer's directory, and a worker at the other end."""

    def __init__(self, directory, kafka):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.kafka = kafka
        self.topics = kafka.topics(names=TOPICS)
        self.key = GeneratedKey(directory, "backend-1", "--hmac")
        self.ed25519_key = GeneratedKey(directory, "backend-2")
        self.standin = StandIn(directory)
        keys = [self.key, self.ed25519_key]
        self.installation = Installation(directory / "worker", kafka, self.topics, self.standin.url, keys)
        self.worker = self.installation.worker()
        self.receipts = Reader(kafka, self.topics.receipts, self.topics.partitions)
        (directory / "node_modules").symlink_to(NODE_MODULES)

    def run(self, name):
        """Runs a block from a file of its own, with what the README says it reads; returns what it printed."""
        command, ending = RUN[name]
        program = self.directory / f"snippet.{ending}"
        program.write_text(SNIPPETS[name], encoding="utf-8")
        environment = {**os.environ, "BOOTSTRAP_SERVERS": self.kafka.bootstrap, "KEY_FILE": str(self.key.file)}
        ended = subprocess.run(
            [*command, program], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=60
        )
        assert ended.returncode == 0, f"{name}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def delivered(self, seen):
        """The one receipt that was not among the `seen` first ones."""
        self.receipts.find(lambda record: len(self.receipts.records) > seen, "a receipt", explain=self.worker.tail)
        [record] = self.receipts.records[seen:]
        told = json.loads(record.value)
        assert told["outcome"] == "delivered", told
        return told

    def close(self):
        self.receipts.close()
        try:
            self.worker.stop()
        finally:
            self.installation.discard()
            self.standin.discard()


@pytest.fixture(scope="module")
def desk(kafka, tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("readme"), kafka)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "body"),
    [("python", "Hello from *Python*"), ("javascript", "Hello from *Node*"), ("sh", "Hello from the *shell*")],
)
def test_the_readmes_program_gets_its_event_delivered(desk, name, body):
    assert SNIPPETS[name].count("user_42") == 1, "whoever sends to another customer changes one place"
    seen = len(desk.receipts.read())
    printed = desk.run(name)
    told = desk.delivered(seen)
    if name != "sh":  # kcat prints nothing
        assert printed.strip() == f"partition {told['partition']}, offset {told['offset']}"
    assert desk.standin.messages("user_42")[-1]["body"] == body


def test_the_readmes_ed25519_signature_is_good(desk):
    seen = len(desk.receipts.read())
    names = {}
    exec(SNIPPETS["python-ed25519"], names)

    class Signer:
        id = desk.ed25519_key.id

        @staticmethod
        def sign(event_id, signed_at, value):
            return names["sign"](desk.ed25519_key.file.read_text(), event_id, signed_at, value)

    desk.kafka.publish(desk.topics.events, [sign(Signer, payload("user_43", "by ed25519"))])
    desk.delivered(seen)


def test_the_readmes_command_shows_the_receipts(desk):
    seen = len(desk.receipts.read())
    desk.run("sh")
    told = desk.delivered(seen)
    shown = [line.split(" ", 1) for line in desk.run("receipts").splitlines()]
    assert ("acme/e/user_42", told) in [(key, json.loads(value)) for key, value in shown]


def test_a_producer_gives_up_while_its_signature_is_good(own_kafka, desk, tmp_path):
    """Its Kafka is away: at the latest when a signature's life is over it has said so, and nothing of it is in the topic later."""
    topics = own_kafka.topics(names=TOPICS)
    own_kafka.script("kill", own_kafka.directory)
    began = {}
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    for name in ("python", "javascript", "sh"):
        command, ending = RUN[name]
        program = tmp_path / f"snippet.{ending}"
        program.write_text(SNIPPETS[name], encoding="utf-8")
        environment = {**os.environ, "BOOTSTRAP_SERVERS": own_kafka.bootstrap, "KEY_FILE": str(desk.key.file)}
        began[name] = subprocess.Popen(
            [*command, program], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    for name, program in began.items():
        told, _ = program.communicate(timeout=240)  # 300 s is librdkafka's own delivery timeout
        assert "offset" not in told and program.returncode != 0, f"{name}: {told}"
        assert name == "sh" or "\nnot published: " in "\n" + told, f"{name}: {told}"
    own_kafka.script("restart", own_kafka.directory)
    reader = Reader(own_kafka, topics.events, topics.partitions)
    assert [reader.consumer.get_watermark_offsets(where, timeout=30)[1] for where in reader.consumer.assignment()] == [0] * 6
    reader.close()


def test_every_block_of_the_section_is_tried():
    assert SNIPPETS.keys() == {*RUN, "python-ed25519", "python-environment"}  # test_setup.py has the last
