"""Topics that cannot keep the promise are refused, with the command that fixes them; a named deviation is accepted, and told."""

import re

import pytest
from admin import Admin
from broker import wait_until
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

DAY_MS = 86400000
PARTITIONS = 1
# Which topic, what it has, and what it is called.
DEVIATIONS = [
    ("events", {"cleanup_policy": "compact"}, "cleanup_policy"),
    ("receipts", {"cleanup_policy": "compact,delete"}, "cleanup_policy"),
    ("dead", {"cleanup_policy": "compact"}, "cleanup_policy"),
    ("receipts", {"retention_ms": 60000}, "receipts_retention"),
    ("receipts", {"retention_ms": 7 * DAY_MS}, "receipts_retention"),
    ("events", {"unclean_leader_election_enable": "true"}, "unclean_leader_election"),
    ("receipts", {"unclean_leader_election_enable": "true"}, "unclean_leader_election"),
]


@pytest.fixture
def topics(kafka):
    return kafka.topics(PARTITIONS)


@pytest.fixture
def with_settings(kafka, topics, installation):
    """with_settings(kind, settings): makes one of the topics anew, so."""

    def make(kind, settings):
        name = f"{getattr(topics, kind)}.other"
        kafka.create(name, PARTITIONS, message_timestamp_type="LogAppendTime", **{k: str(v) for k, v in settings.items()})
        installation.configure("topics", **{kind: name})
        installation.configure("admin", listen="127.0.0.1:0")
        return name

    return make


def obey(kafka, told, topic):
    """Does what the command says that was told."""
    command = re.search(r"kafka-configs\.sh --bootstrap-server (\S+) --alter --entity-type topics --entity-name (\S+) "
                        r"--add-config ([a-z.]+)=(\w+)", told)  # fmt: skip
    assert command and (command[1], command[2]) == (kafka.bootstrap, topic), told
    entry = ConfigEntry(command[3], command[4], incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    for done in kafka.admin.incremental_alter_configs([resource]).values():
        done.result(30)

    def told_by_the_broker():
        asked = kafka.admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)])
        return next(iter(asked.values())).result(30)[command[3]].value == command[4]

    wait_until(told_by_the_broker, f"{command[3]}={command[4]} from the broker")


@pytest.mark.parametrize(("kind", "settings", "word"), DEVIATIONS)
def test_a_topic_that_cannot_keep_the_promise_is_refused_with_the_command_that_mends_it(
    kafka, installation, with_settings, kind, settings, word
):
    topic = with_settings(kind, settings)
    ended = installation.run_to_end()
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2 and topic in told and f"[topics] accept = {word}" in told, told
    obey(kafka, told, topic)
    installation.worker().stop()


def test_a_deviation_that_is_accepted_is_told_at_the_start_and_by_a_metric(kafka, installation, with_settings):
    topic = with_settings("receipts", {"retention_ms": 60000})
    installation.configure("topics", accept="cleanup_policy")
    assert installation.run_to_end().returncode == 2, "another one than is there"
    installation.configure("topics", accept="cleanup_policy receipts_retention")
    worker = installation.worker()
    assert re.search(rf"level=warning event=topic_deviation .*{topic}.*receipts_retention.*kafka-configs", worker.text())
    deviations = Admin(worker).metrics().all("cupbearer_topic_deviation")
    assert {word for (word,), is_there in deviations.items() if is_there} == {"receipts_retention"}
    worker.stop()


def test_what_is_only_unwise_is_told(installation, with_settings):
    topic = with_settings("events", {"retention_bytes": 1 << 30, "max_message_bytes": 100000})
    worker = installation.worker()
    for what in ("retention.bytes=1073741824", "max.message.bytes=100000"):
        assert re.search(rf"level=warning event=topic_settings .*{topic} has {what}", worker.text()), what
    worker.stop()


def test_an_unknown_word_is_refused(installation):
    installation.configure("topics", accept="everything")
    ended = installation.run_to_end()
    assert ended.returncode == 2 and "receipts_retention" in ended.stderr


@pytest.mark.parametrize("kind", ["events", "receipts", "dead"])
def test_the_command_that_makes_a_topic_makes_one_that_is_taken(kafka, topics, installation, kind):
    missing = f"{getattr(topics, kind)}.missing"
    installation.configure("topics", **{kind: missing})
    told = installation.run_to_end().stderr
    settings = dict(re.findall(r"--config ([a-z.]+)=(\w+)", told))
    assert f"--topic {missing} --partitions {PARTITIONS}" in told, told
    kafka.create(missing, PARTITIONS, **{name.replace(".", "_"): value for name, value in settings.items()})
    worker = installation.worker()
    assert "event=topic_settings" not in worker.text() and "event=topic_deviation" not in worker.text()
    worker.stop()
