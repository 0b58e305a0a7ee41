"""A broker that gives each user only the rights that it was given: those that deploy/README.md names are enough, and each that is
missing is told, with what fixes it."""

import json
import re
import secrets

import pytest
from broker import Kafka
from confluent_kafka.admin import AclBinding, AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType, ResourceType
from programs import LIBRDKAFKA, Installation, StandIn, free_port, run_program
from signing import HmacKey, payload, sign

TELLS_RIGHTS = tuple(map(int, LIBRDKAFKA.split(".")[:2])) >= (2, 3)
KEY = HmacKey("backend-1")
PASSWORD = "password-" + secrets.token_hex(8)
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
READ, WRITE, CONFIGS = AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS


class StrictKafka:
    """A broker with one more listener, on which users log in who may do nothing; the other listener's may do all."""

    def __init__(self, directory):
        self.kafka = Kafka.start(directory)
        self.address = f"127.0.0.1:{free_port()}"
        file = self.kafka.directory / "server.properties"
        text = file.read_text()
        for name in ("listeners", "advertised.listeners"):
            text = re.sub(rf"(?m)^{name}=(.*)$", rf"{name}=\1,SASL_PLAINTEXT://{self.address}", text)
        text = re.sub(r"(?m)^(listener.security.protocol.map=.*)$", r"\1,SASL_PLAINTEXT:SASL_PLAINTEXT", text)
        file.write_text(text + f"""
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={PLAIN} user_worker="{PASSWORD}" user_gate="{PASSWORD}";
""")
        self.kafka.script("restart", self.kafka.directory)

    def forbid(self, user, kind, name, operation):
        every = AclBindingFilter(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        for done in self.kafka.admin.delete_acls([every]).values():
            assert len(done.result(30)) == 1

    def allow(self, user, kind, name, *operations):
        made = self.kafka.admin.create_acls([
            AclBinding(kind, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
            for operation in operations
        ])  # fmt: skip
        for done in made.values():
            done.result(30)


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    made = StrictKafka(tmp_path_factory.mktemp("strict") / "kafka")
    yield made
    made.kafka.stop()


@pytest.fixture
def installation(strict, tmp_path):
    standin = StandIn(tmp_path)
    made = Installation(tmp_path / "worker", strict.kafka, strict.kafka.topics(2), standin.url, [KEY])
    made.standin, made.topics = standin, made.settings["topics"]
    made.configure("kafka", **{
        "bootstrap_servers": strict.address, "security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", "sasl.username": "worker",
        "sasl.password_file": made.secret_write("kafka-password", PASSWORD + "\n"),
    }).configure("admin", listen="off")  # fmt: skip
    yield made
    made.discard()
    standin.discard()


RIGHTS = {"events": (READ, CONFIGS), "receipts": (READ, WRITE, CONFIGS), "dead": (READ, WRITE, CONFIGS), "group": (READ,)}


def allow(strict, installation, without=None):
    """All that a worker needs but for (of what, which right)."""
    for what, operations in RIGHTS.items():
        kind = ResourceType.GROUP if what == "group" else ResourceType.TOPIC
        name = installation.group if what == "group" else installation.topics[what]
        given = [one for one in operations if (what, one) != without]
        if given:
            strict.allow("worker", kind, name, *given)


def test_what_the_readme_gives_a_worker_is_enough(strict, installation, customer):
    allow(strict, installation)
    worker = installation.worker()
    good, bad = sign(KEY, payload(customer, "allowed")), sign(HmacKey(KEY.id), payload(customer, "forged"))
    strict.kafka.publish(installation.topics["events"], [good, bad])
    worker.await_log(r"event=settled .*outcome=delivered")
    worker.await_log(r"event=settled .*outcome=rejected")
    assert [message["body"] for message in installation.standin.messages(customer)] == ["allowed"]
    worker.stop()
    asked = run_program("audit", "--config", installation.configuration())
    assert asked.returncode == 0, asked.stdout + asked.stderr


@pytest.mark.parametrize(("what", "right", "words"), [
    ("events", READ, r"Topic authorization failed.*kafka-acls\.sh .*User:worker --topic {name} .*--operation Read\b"),
    ("events", CONFIGS, r"topic {name} .*the worker's user needs DESCRIBE_CONFIGS on it"),
    ("receipts", CONFIGS, r"topic {name} .*the worker's user needs DESCRIBE_CONFIGS on it"),
    ("dead", CONFIGS, r"topic {name} .*the worker's user needs DESCRIBE_CONFIGS on it"),
    ("group", READ, r"group {name} .*Group authorization failed.*kafka-acls\.sh .*User:worker --group {name} --operation Read\b"),
], ids=lambda value: getattr(value, "name", None))  # fmt: skip
def test_a_start_without_a_right_ends_and_says_which_and_the_command_that_gives_it(strict, installation, what, right, words):
    allow(strict, installation, (what, right))
    name = installation.group if what == "group" else installation.topics[what]
    ended = installation.run_to_end()
    last = ended.stderr.splitlines()[-1]
    assert ended.returncode == 3 and re.search("event=ended .*" + words.format(name=re.escape(name)), last), ended.stderr


@pytest.mark.parametrize("what", ["receipts", "dead"])
def test_what_may_not_be_written_waits_until_it_may(strict, installation, customer, what):
    allow(strict, installation, (what, WRITE))
    worker = installation.worker()
    strict.kafka.publish(installation.topics["events"], [sign(HmacKey(KEY.id), payload(customer, "forged"))])
    worker.await_log(rf"event=produce_failed topic={re.escape(installation.topics[what])} .*allow it Write there")
    strict.allow("worker", ResourceType.TOPIC, installation.topics[what], WRITE)
    worker.await_log(r"event=settled outcome=rejected")
    worker.stop()


def test_receipts_that_may_not_be_read_are_waited_for_and_nothing_is_shown_twice(strict, installation, customer):
    allow(strict, installation)
    worker, event = installation.worker(), sign(KEY, payload(customer, "once"))
    strict.kafka.publish(installation.topics["events"], [event])
    worker.await_log(r"event=settled outcome=delivered")
    worker.stop()
    strict.forbid("worker", ResourceType.TOPIC, installation.topics["receipts"], READ)
    strict.kafka.publish(installation.topics["events"], [event])
    other = installation.make_worker()
    other.launch()
    other.await_log(rf"event=receipts detail=\"topic {re.escape(installation.topics['receipts'])}: .*allow this worker's user Read on the topic")
    strict.allow("worker", ResourceType.TOPIC, installation.topics["receipts"], READ)
    other.await_log(r"event=settled outcome=duplicate")
    assert [message["body"] for message in installation.standin.messages(customer)] == ["once"]
    other.stop()


def test_a_right_to_read_that_is_taken_away_is_told_and_its_return_needs_no_restart(strict, installation, customer):
    allow(strict, installation)
    worker = installation.worker()
    strict.forbid("worker", ResourceType.TOPIC, installation.topics["events"], READ)
    worker.await_log(r"event=consumer detail=.*Topic authorization failed: allow this worker's user Read on the topic")
    strict.kafka.publish(installation.topics["events"], [sign(KEY, payload(customer, "later", deliver_within=600, ttl=60))])
    strict.allow("worker", ResourceType.TOPIC, installation.topics["events"], READ)
    worker.await_log(r"event=settled outcome=(delivered|rejected reason=expired)")
    worker.stop()


@pytest.mark.skipif(not TELLS_RIGHTS, reason=f"librdkafka {LIBRDKAFKA} cannot ask for rights")
def test_the_doctor_finds_what_is_missing(strict, installation):
    allow(strict, installation, ("receipts", WRITE))
    asked = run_program("doctor", "--config", installation.configuration(), "--json")
    found = [json.loads(line) for line in asked.stdout.splitlines()]
    missing = [one for one in found if "this user has no Write on topic" in one.get("what", "")]
    assert len(missing) == 1 and missing[0]["level"] == "problem", found
    assert missing[0]["command"].endswith(f"--topic {installation.topics['receipts']} --operation Write"), missing
    strict.allow("worker", ResourceType.TOPIC, installation.topics["receipts"], WRITE)
    asked = run_program("doctor", "--config", installation.configuration(), "--json")
    assert not [line for line in asked.stdout.splitlines() if "this user has no" in line], asked.stdout
