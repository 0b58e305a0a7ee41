"""What the worker refuses to start with: exit code 2, and words that say how to fix it."""

import json
import os

import pytest
from broker import Topics, wait_until
from programs import STANDIN_ACCOUNT
from signing import HmacKey, payload, sign


@pytest.fixture
def refused(installation):
    """Runs the worker, which must refuse; returns its words."""

    def run():
        ended = installation.run_to_end()
        assert ended.returncode == 2, f"exit code {ended.returncode}: {ended.stdout}{ended.stderr}"
        return ended.stdout + ended.stderr

    return run


def holds(text, *words):
    missing = [word for word in words if word not in text]
    assert not missing, f"{missing} not in: {text}"


@pytest.mark.parametrize("kind", ["events", "receipts", "dead"])
def test_a_missing_topic_is_named_with_the_command_that_makes_it(installation, refused, kind):
    installation.configure("topics", **{kind: f"missing.{kind}"})
    told = refused()
    holds(told, f"missing.{kind}", "kafka-topics", "--create", f"--topic missing.{kind}", "--partitions 6")
    holds(told, "message.timestamp.type=LogAppendTime")


def test_receipts_must_have_as_many_partitions_as_events(kafka, topics, installation, refused):
    kafka.create(f"{topics.receipts}.three", 3)
    installation.configure("topics", receipts=f"{topics.receipts}.three")
    holds(refused(), f"{topics.receipts}.three", "3", "6")


def test_the_events_topic_must_have_the_configured_partitions(topics, installation, refused):
    installation.configure("topics", partitions=12)
    holds(refused(), topics.events, "6", "12")


@pytest.fixture
def create_time(kafka, topics, installation):
    """An events topic whose times are the producers'."""
    name = f"{topics.events}.created"
    kafka.create(name, topics.partitions, message_timestamp_type="CreateTime")
    installation.configure("topics", events=name)
    return Topics(name, topics.receipts, topics.dead, topics.partitions)


def test_a_topic_with_the_producers_times_is_refused_with_the_command_that_mends_it(create_time, refused):
    holds(refused(), create_time.events, "kafka-configs", "--alter", "message.timestamp.type=LogAppendTime")


def test_a_topic_with_the_producers_times_is_taken_when_allowed(create_time, installation):
    installation.configure("topics", allow_create_time="true")
    installation.worker().stop()


def test_an_api_key_of_another_papercups_account_is_refused(installation, refused):
    other = "5b1a2c3d-0001-4000-8000-0000000000ff"
    installation.configure("account acme", papercups_account=other)
    holds(refused(), "acme", "papercups_account", STANDIN_ACCOUNT)


def test_an_api_key_that_papercups_does_not_know_is_refused(installation, refused):
    installation.secret_write("acme.key", "not-the-key\n")
    holds(refused(), "[account acme]", "API key", "acme.key")


def test_an_unknown_setting_is_told_with_the_nearest_known_one(installation, refused):
    installation.configure("worker", http_timeut="2s")
    holds(refused(), "http_timeut", "http_timeout")


def test_no_secret_is_ever_in_the_log(installation, key):
    worker = installation.worker()
    worker.stop()
    for secret in (key.secret, "standin-api-key", (installation.directory / "mark.key").read_text().strip()):
        assert secret not in worker.text()


@pytest.mark.parametrize("name", ["keyring.json", "mark.key", "acme.key"])
def test_a_pipe_in_place_of_a_secret_is_refused_instead_of_waited_for(installation, refused, name):
    path = installation.directory / name
    path.unlink()
    os.mkfifo(path)
    holds(refused(), str(path), "not a regular file")


def test_a_secret_that_every_user_may_read_is_told_and_refused_where_that_is_wanted(installation, refused):
    path = installation.directory / "acme.key"
    path.chmod(0o644)
    worker = installation.worker()
    worker.await_log(rf"level=warning event=permissions .*{path}: chmod o-rwx it")
    assert worker.text().count("event=permissions") == 1
    worker.stop()
    installation.configure("worker", strict_permissions="true")
    holds(refused(), str(path), "chmod o-rwx")
    path.chmod(0o640)
    installation.worker().stop()


@pytest.mark.parametrize("mistake", ["no file", "unknown key", "another account's key"])
def test_one_tenants_mistake_keeps_none_of_the_others_down(kafka, topics, standin, installation, receipts, customer, mistake):
    keys = [HmacKey("backend-1"), HmacKey("backend-2", accounts=["globex"])]
    installation.secret_write("keyring.json", json.dumps({"keys": [key.entry() for key in keys]}))
    installation.add_account("globex")
    path = installation.directory / "globex.key"
    good = path.read_text()
    if mistake == "no file":
        path.unlink()
    elif mistake == "unknown key":
        path.write_text("not-the-key\n")
    else:
        installation.configure("account globex", papercups_account="5b1a2c3d-0001-4000-8000-0000000000ff")
    worker = installation.worker()
    worker.await_log(r'level=error event=account detail="\[account globex\]: ')
    events = [sign(key, payload(customer, "Hello", account=name)) for key, name in zip(keys, ("acme", "globex"))]
    kafka.publish(topics.events, events)
    wait_until(lambda: receipts.read(), "acme's receipt", explain=worker.tail)
    assert [message["body"] for message in standin.messages()] == ["Hello"]
    if mistake != "another account's key":  # which takes a restart, with the right configuration
        installation.secret_write("globex.key", good)
        wait_until(lambda: len(receipts.read()) == 2, "globex's receipt", explain=worker.tail)
        assert len(standin.messages()) == 2
    worker.stop()


def test_a_keyring_without_keys_is_no_keyring_to_start_with(installation, refused):
    installation.secret_write("keyring.json", '{"keys": []}')
    holds(refused(), "keyring.json has no keys", "cupbearer keygen NAME")


def test_all_secrets_that_are_missing_are_told_at_once_with_what_makes_them(installation, refused):
    for name in ("keyring.json", "mark.key"):
        (installation.directory / name).unlink()
    holds(refused(), "[worker] keyring_file: ", "--keyring ", "[worker] mark_secret_file: ", "cupbearer keygen --mark ")


def test_a_worker_none_of_whose_accounts_can_work_says_what_is_wrong_and_ends(installation, refused):
    installation.add_account("globex")
    (installation.directory / "globex.key").unlink()
    installation.secret_write("acme.key", "not-the-key\n")
    holds(refused(), "[account acme]", "API key", "acme.key", "[account globex]", "globex.key", "No such file")
