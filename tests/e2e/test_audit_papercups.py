"""`cupbearer audit --papercups`: receipts against what the customers' conversations hold."""

import base64
import hashlib
import hmac
import json
import re
import time

import pytest
from broker import Topics
from ledger import SENDER, audit, prefixed
from signing import as_bytes, payload, sign
from world import BACKEND, World, bodies


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


@pytest.fixture
def world(kafka, topics, tmp_path):
    made = World(tmp_path / "world", kafka, topics)
    yield made
    made.close()


@pytest.fixture
def key():
    return BACKEND


def named(ended):
    return re.findall(r"(?m)^(\d+/\d+) (\w+): (.*)$", ended.stdout)


def mark(installation, record):
    """As a worker marks the message of that record."""
    secret = base64.b64decode((installation.directory / "mark.key").read_text().strip().removeprefix("whmk_"))
    parts = b"".join(prefixed(as_bytes(one)) for one in (record.key, SENDER, record.header("webhook-id")))
    full = hmac.digest(secret, parts, hashlib.sha256)[:16]
    return "v1:" + base64.urlsafe_b64encode(full).decode().rstrip("=")


def plant(installation, api, record, customer):
    """The message of that record, as if a worker had posted it."""
    row = api.create_customer(customer)
    conversation = api.create_conversation(row["id"])
    answer = api.post_message(
        conversation["id"], "planted", metadata={"cupbearer": mark(installation, record)}
    )  # fmt: skip
    assert answer.status == 201, answer


def told_failed(ledger, customer):
    [record] = ledger.publish(sign(BACKEND, payload(customer)))
    ledger.letter(record, "gave_up")
    ledger.receipt(record, "failed", "gave_up")
    ledger.commit(1)
    return record


def test_what_a_worker_has_delivered_is_found_and_only_read(world, customer):
    for event in (sign(BACKEND, payload(customer)), sign(BACKEND, payload(customer))):
        assert world.outcome(event) == ("delivered", None)
    refused = sign(BACKEND, {
        "account": "acme", "to": {"conversation_id": "cc7c35d1-d348-4978-bb65-e8603e200455"},
        "message": {"body": "for nobody"},
    })  # fmt: skip
    assert world.outcome(refused) == ("failed", "conversation_not_found")
    shown = bodies(world, customer)
    ended = audit(world.installation, "--papercups")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-2:] == ["3 messages looked for in Papercups, not read: 0", "records = outcomes"]
    assert bodies(world, customer) == shown
    told = [json.loads(line) for line in audit(world.installation, "--papercups", "--json").stdout.splitlines()]
    assert (told[-1]["read_back"], told[-1]["not_read"], told[-1]["holds"]) == (3, 0, True)


def test_a_delivered_message_that_is_not_in_papercups_any_more_is_named(world, customer):
    place = world.publish(sign(BACKEND, payload(customer)))
    assert world.receipt(place)["outcome"] == "delivered"
    world.standin.stop()
    world.start_standin()  # it remembers nothing
    assert audit(world.installation).returncode == 0, "receipts alone say that all is well"
    ended = audit(world.installation, "--papercups")
    assert (ended.returncode, ended.stderr) == (1, ""), ended.stdout + ended.stderr
    assert [(where, kind) for where, kind, _ in named(ended)] == [(f"{place[0]}/{place[1]}", "not_shown")]
    assert "\nwhat to do about not_shown: look into the customer's chat" in ended.stdout


def test_a_shown_message_whose_only_receipt_says_failed_is_named(ledger, installation, api, customer):
    record = told_failed(ledger, customer)
    absent = ledger.audit("--papercups")
    assert absent.returncode == 0, absent.stdout + absent.stderr
    plant(installation, api, record, customer)
    assert ledger.audit().returncode == 0, "the topics alone say that all is well"
    ended = ledger.audit("--papercups")
    assert (ended.returncode, ended.stderr) == (1, ""), ended.stdout + ended.stderr
    assert named(ended) == [
        ("0/0", "shown", "its receipt says failed (gave_up), and the message is in a conversation of the customer")
    ]


def test_a_message_may_be_of_a_record_from_long_before_the_span(kafka, topics, ledger, installation, api, customer):
    created = Topics(f"{topics.events}.created", f"{topics.receipts}.created", topics.dead, 2)
    for topic in (created.events, created.receipts):
        kafka.create(topic, 2, message_timestamp_type="CreateTime")
    ledger.topics = created
    installation.configure("topics", events=created.events, receipts=created.receipts)
    now = int(time.time() * 1000)
    event = sign(BACKEND, payload(customer))
    [delivered] = ledger.publish(event, at=now - 600 * 60000)
    ledger.receipt(delivered, at=delivered.timestamp, finished_at=delivered.timestamp)
    [failed] = ledger.publish(event, at=now - 30 * 60000)
    ledger.letter(failed, "gave_up")
    ledger.receipt(failed, "failed", "gave_up", at=failed.timestamp, finished_at=failed.timestamp)
    ledger.commit(2)
    plant(installation, api, failed, customer)
    for span in ([], ["--since", "1h"]):
        ended = ledger.audit("--papercups", *span)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_mark_of_the_secret_before_is_known(ledger, installation, api, customer):
    record = told_failed(ledger, customer)
    plant(installation, api, record, customer)
    directory = installation.directory
    (directory / "mark.key").rename(directory / "mark.old")
    (directory / "mark.key").write_text("whmk_" + base64.b64encode(b"another secret of the workers...").decode() + "\n")
    (directory / "mark.key").chmod(0o600)
    installation.configure("worker", mark_secret_previous_file=directory / "mark.old")
    ended = ledger.audit("--papercups")
    assert [kind for _, kind, _ in named(ended)] == ["shown"], ended.stdout + ended.stderr


def test_an_unknown_message_that_is_proven_absent_is_told_as_that(ledger, customer):
    [record] = ledger.publish(sign(BACKEND, payload(customer)))
    ledger.letter(record, "unknown")
    ledger.receipt(record, "failed", "unknown")
    ledger.commit(1)
    ended = ledger.audit("--papercups")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "\n1 receipts say unknown, and their messages are proven not to be in Papercups: " in ended.stdout


def test_a_papercups_that_is_away_is_not_called_right(ledger, installation, standin, customer):
    for record in ledger.publish(*(sign(BACKEND, payload(customer)) for _ in range(2))):
        ledger.receipt(record)
    ledger.commit(2)
    standin.stop()
    ended = ledger.audit("--papercups")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "\n0 messages looked for in Papercups, not read: 2\n" in ended.stdout
    assert "records = outcomes" not in ended.stdout
    assert ended.stderr.count("\n") == 1 and ended.stderr.startswith("cupbearer audit: messages of account acme are not read: ")
    key = (installation.directory / "acme.key").read_text().strip()
    assert key not in ended.stdout + ended.stderr


def test_another_accounts_key_proves_nothing(ledger, installation, customer):
    [record] = ledger.publish(sign(BACKEND, payload(customer)))
    ledger.receipt(record)
    ledger.commit(1)
    installation.configure("account acme", papercups_account="00000000-0000-4000-8000-000000000000")
    ended = ledger.audit("--papercups")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert "not read: 1\n" in ended.stdout and named(ended) == []
    assert "belongs to Papercups account" in ended.stderr
