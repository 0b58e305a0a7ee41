"""`cupbearer why EVENT_ID`: one event's whole life, out of real topics that a real worker has filled, or that no worker would."""

import json
import re
import secrets
import time
from dataclasses import replace

import pytest
from broker import Kafka, Topics, wait_until
from ledger import Ledger
from programs import Installation, run_program
from signing import HmacKey, payload, sign
from world import BACKEND, KEYS, World

BEN = "ben"  # of two partitions murmur2 puts this one into 0


def why(installation, event_id, *options, seconds=120):
    return run_program("why", event_id, "--config", installation.configuration(), *options, seconds=seconds)


def told(ended, code):
    """What is printed, in lines; as wide as a terminal, but for what has no space to break at."""
    assert (ended.returncode, ended.stderr) == (code, ""), ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines if " " in line.strip()), ended.stdout
    return lines


def text(lines):
    """The same in one line, with one space between words."""
    return " ".join(" ".join(lines).split())


def moments(lines):
    """(what, place) of each moment, in their order."""
    found = (re.match(r"\d{4}-\S+Z  (record|receipt|dead letter) (\d+/\d+)", line) for line in lines)
    return [(match[1], match[2]) for match in found if match]


def verdicts(lines):
    """The lines that begin a verdict, whose sentence may go on in the next one."""
    begin = re.compile(r"(?!read:|ignored:)(\[event \d+\] )?[a-z_]+( \([a-z_]+\))?: ")
    return [line for line in lines if begin.match(line)]


def objects(ended):
    return [json.loads(line) for line in ended.stdout.splitlines()]


def at(place):
    return f"{place[0]}/{place[1]}"


# ---- what a worker leaves behind ----


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("why"), kafka, kafka.topics())
    yield made
    made.close()


def test_a_delivered_event_and_its_repetition(world, customer):
    event = sign(BACKEND, payload(customer))
    first, second = world.publish(event), world.publish(event)
    for place, outcome in ((first, "delivered"), (second, "duplicate")):
        assert world.receipt(place)["outcome"] == outcome
    lines = told(why(world.installation, event.id), 0)
    assert lines[0].startswith(f"event {event.id} of sender backend to") and f"acme/e/{customer}" in text(lines[:2])
    order = moments(lines)
    assert order[0] == ("record", at(first)) and sorted(kind for kind, _ in order) == ["receipt"] * 2 + ["record"] * 2
    assert order.index(("record", at(second))) == 1 or order[1][0] == "receipt"
    words = text(lines)
    assert f"record {at(second)}, a repetition" in words
    assert "signed by key backend-1 of sender backend, HMAC (v1), at " in words
    assert "verification good: a worker admits it, unless it is a duplicate" in words
    assert re.search(r"receipt \S+ of record \S+: delivered admitted at \S+Z finished at \S+Z attempts 1\b", words)
    assert verdicts(lines) == ["delivered: Papercups has taken the message"]


def test_with_papercups_it_is_there_whole_and_seen_once_a_widget_says_so(world, customer, papercups):
    first, event = sign(BACKEND, payload(customer, "one")), sign(BACKEND, payload(customer, "two"))
    for one in (first, event):
        assert world.outcome(one) == ("delivered", None)
    words = text(told(why(world.installation, event.id, "--papercups"), 0))
    assert "in Papercups the message is there, whole; no open widget has said that it was seen" in words
    world.widget(customer).shown()  # it is loaded with the conversation, and says so
    ended = why(world.installation, event.id, "--papercups", "--json")
    [one] = [thing for thing in objects(ended) if thing["kind"] == "event"]
    message = papercups.get(f"messages/{one['papercups']['message_id']}").data
    assert message["body"] == "two" and message["seen_at"] is not None
    assert one["papercups"] == {
        "message": "there", "message_id": message["id"], "whole": True, "seen_at": message["seen_at"],
    }  # fmt: skip
    assert f"whole; seen at {message['seen_at']}" in text(told(why(world.installation, event.id, "--papercups"), 0))

    assert papercups.call("PUT", f"/api/v1/messages/{message['id']}", {"message": {"body": "zwei"}}).status == 200
    lines = told(why(world.installation, event.id, "--papercups"), 1)
    assert verdicts(lines) == ["changed: the message is there, but is not what its sender signed"]
    assert papercups.call("DELETE", f"/api/v1/messages/{message['id']}").status == 204
    lines = told(why(world.installation, event.id, "--papercups"), 1)
    assert verdicts(lines)[0].startswith("not_shown: its receipt says delivered, and the message is in none of")
    assert told(why(world.installation, event.id), 0), "the topics alone say that all is well"


def test_an_expired_one_is_told_with_its_dead_letter_and_what_to_do(world, customer):
    event = sign(BACKEND, payload(customer), signed_at=int(time.time()) - 120)
    place = world.publish(event)
    assert world.receipt(place)["reason"] == "expired"
    lines = told(why(world.installation, event.id), 1)
    assert {kind for kind, _ in moments(lines)} == {"record", "receipt", "dead letter"}
    words = text(lines)
    assert "verification rejected (expired): admitted " in words
    assert "rejected (expired): admitted after it expired" in words
    assert "cupbearer dead resend --expired sends it" in words


def test_a_bad_signature_says_what_differs_and_is_no_event(world, customer):
    event = sign(KEYS["shipping-1"], payload(customer)).with_header("cupbearer-key", "backend-1")
    assert world.outcome(event) == ("rejected", "bad_signature")
    lines = told(why(world.installation, event.id), 1)
    words = text(lines)
    assert ", NOT AUTHENTIC" in words and "says signed by key backend-1, HMAC (v1)" in words
    assert "what differs it was signed with key shipping-1: cupbearer-key must say so" in words
    assert verdicts(lines) == ["rejected (bad_signature): no signature in the list is valid"]
    assert "of sender" not in words


@pytest.mark.parametrize("forged_first", (False, True))
def test_an_attackers_record_of_the_id_of_a_good_event_changes_nothing(world, customer, forged_first):
    good = sign(BACKEND, payload(customer))
    forged = replace(good, value=good.value.replace(b"Need a hand?", b"Pay here, now"))
    order = [forged, good] if forged_first else [good, forged]
    places = {id(event): world.publish(event) for event in order}
    assert world.receipt(places[id(forged)])["reason"] == "bad_signature"
    assert world.receipt(places[id(good)])["outcome"] == "delivered"
    lines = told(why(world.installation, good.id), 0)
    assert verdicts(lines) == ["delivered: Papercups has taken the message"]
    authentic = {line.split("record ")[1] for line in lines if re.match(r"\S+Z  record ", line)}
    assert authentic == {at(places[id(good)]), f"{at(places[id(forged)])}, NOT AUTHENTIC"}
    assert "1 record with this id is not authentic: who wrote it is not known, and nothing of the event was" in text(lines)


def test_a_wrong_partition_is_found_where_it_lies(world, customer):
    event = sign(BACKEND, payload(customer))
    home = world.publish(sign(BACKEND, payload(customer)))[0]
    place = world.publish(event, partition=(home + 1) % 6)
    assert world.receipt(place)["reason"] == "wrong_partition"
    lines = told(why(world.installation, event.id), 1)
    assert moments(lines)[0] == ("record", at(place))
    assert "wrong_partition" in verdicts(lines)[0]
    assert "cupbearer dead resend --wrong-partition sends it to where it belongs" in text(lines)
    lines = told(why(world.installation, event.id, "--recipient", customer), 1)
    [verdict] = verdicts(lines)
    assert verdict.startswith("not_in_this_span: no record of this id is in what was read, and not all")
    assert f"read: partition {home} of 6, from offset 0 to before " in text(lines)


def test_of_a_recipient_one_partition_is_read_and_others_events_are_left_out(world, customer):
    mine = sign(BACKEND, payload(customer), event_id=f"evt-{customer}")
    theirs = sign(KEYS["shipping-1"], payload(f"{customer}-2"), event_id=mine.id)
    assert world.outcome(mine) == world.outcome(theirs) == ("delivered", None)
    lines = told(why(world.installation, mine.id), 0)
    assert lines[0].startswith("2 events have this id")
    assert [line.split(":")[0] for line in verdicts(lines)] == ["[event 1] delivered", "[event 2] delivered"]
    for options in (("--recipient", customer), ("--recipient", customer, "--account", "acme")):
        ended = why(world.installation, mine.id, "--json", *options)
        [one] = [thing for thing in objects(ended) if thing["kind"] == "event"]
        assert (ended.returncode, one["routing_key"], one["verdict"]) == (0, f"acme/e/{customer}", "delivered")
    row = world.standin.messages(customer)[0]["conversation_id"]
    direct = sign(BACKEND, {"account": "acme", "to": {"conversation_id": row}, "message": {"body": "there"}})
    assert world.outcome(direct) == ("delivered", None)
    assert verdicts(told(why(world.installation, direct.id, "--recipient", row), 0))[0].startswith("delivered: ")


def test_what_never_was_there_and_an_id_that_none_can_have(world):
    lines = told(why(world.installation, "evt-never"), 1)
    [verdict] = verdicts(lines)
    assert verdict.startswith("not_found: no record of this id is in the topic, which was read from")
    assert re.search(r"read: 6 of 6 partitions, \d+ offsets$", text(lines))
    assert "no event can have this id: ids are 1 to 128 characters" in text(told(why(world.installation, "evt.never"), 1))


def test_headers_out_of_form_are_found_by_what_they_claim(world, customer):
    event = sign(BACKEND, payload(customer))
    slip = replace(event, headers=[("Webhook-Id" if name == "webhook-id" else name, value) for name, value in event.headers])
    assert world.outcome(slip) == ("rejected", "malformed_headers")
    words = text(told(why(world.installation, event.id), 1))
    assert "what differs headers are told apart by case: write webhook-id, not Webhook-Id" in words


def test_mistakes_are_told(world):
    for options, mistake in (
        (("--account", "acm"), "--account: the configuration has no account 'acm'; did you mean acme?"),
        (("--recipient", "acme/e/ada"),
         "--recipient: 'acme/e/ada' is a routing key; the recipient is what stands behind its second '/'"),
    ):  # fmt: skip
        ended = why(world.installation, "evt-1", *options)
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"cupbearer why: {mistake}\n")


# ---- what a worker is behind with, or gone from ----


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


@pytest.fixture
def key():
    return BACKEND


def test_one_that_waits_says_how_far_the_group_is(ledger, key):
    records = ledger.publish(*(sign(key, payload(BEN)) for _ in range(3)))
    event_id = records[2].header("webhook-id")
    lines = told(why(ledger.installation, event_id), 0)
    assert verdicts(lines) == ["waiting: no worker has settled it yet"]
    assert "the group has not committed anything of partition 0" in text(lines)
    ledger.receipt(records[0])
    ledger.commit(1)
    words = text(told(why(ledger.installation, event_id), 0))
    assert "the group has come to offset 1 of partition 0; the record is at 2, the log ends at 3" in words
    ledger.commit(3)
    lines = told(why(ledger.installation, event_id), 1)
    assert verdicts(lines) == ["no_outcome: it has no receipt, and the group's offset is beyond it"]


def test_a_dead_letter_that_is_sent_again_and_delivered(ledger, installation, key, receipts):
    event = sign(key, payload(BEN), signed_at=int(time.time()) - 3600)
    [record] = ledger.publish(event)
    ledger.letter(record, "gave_up")
    ledger.receipt(record, "failed", "gave_up", signed_at=int(event.header("webhook-timestamp")))
    ledger.commit(1)
    lines = told(why(installation, event.id), 1)
    assert verdicts(lines) == ["failed (gave_up): not delivered within deliver_within"]
    secret = installation.secret_write("key.secret", key.secret + "\n")
    sent = run_program("dead", "resend", "--config", installation.configuration(), "--event-id", event.id,
                       "--key-file", secret, "--key-id", key.id)  # fmt: skip
    assert sent.returncode == 0, sent.stdout + sent.stderr
    lines = told(why(installation, event.id), 0)
    assert verdicts(lines) == ["waiting: no worker has settled it yet"]
    assert "record 0/1, sent again" in text(lines)
    installation.worker()
    receipts.find(lambda one: json.loads(one.value)["offset"] == 1, "its receipt", explain=installation.tails)
    lines = told(why(installation, event.id), 0)
    assert [kind for kind, _ in moments(lines)] == ["record", "dead letter", "receipt", "record", "receipt"]
    assert verdicts(lines) == ["delivered: Papercups has taken the message"]


def test_what_retention_has_deleted_is_told_apart(ledger, key):
    records = ledger.publish(*(sign(key, payload(BEN)) for _ in range(3)))
    ids = [record.header("webhook-id") for record in records]
    ledger.receipt(records[0])
    ledger.commit(1)
    ledger.delete(ledger.topics.events, 2)
    by_receipt = told(why(ledger.installation, ids[0]), 0)
    assert moments(by_receipt) == [("receipt", "0/0")]
    assert verdicts(by_receipt) == ["delivered: Papercups has taken the message"]
    unread = text(told(why(ledger.installation, ids[1]), 1))
    assert "maybe_deleted_unread: " in unread and "older records were deleted: all that was published since " in unread
    ledger.commit(3)
    lines = told(why(ledger.installation, ids[1]), 1)
    assert verdicts(lines)[0].startswith("deleted_or_never_published: ")


def test_since_says_that_it_left_something_out(ledger, key):
    [first] = ledger.publish(sign(key, payload(BEN)))
    wait_until(lambda: time.time() * 1000 > first.timestamp + 1500, "another second")
    [second] = ledger.publish(sign(key, payload(BEN)))
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second.timestamp // 1000))
    assert first.timestamp < second.timestamp // 1000 * 1000
    lines = told(why(ledger.installation, first.header("webhook-id"), "--since", since), 1)
    assert verdicts(lines)[0].startswith("not_in_this_span: ")
    assert moments(told(why(ledger.installation, second.header("webhook-id"), "--since", since), 0)) == [("record", "0/1")]
    assert moments(told(why(ledger.installation, first.header("webhook-id"), "--until", since), 0)) == [("record", "0/0")]
    lines = told(why(ledger.installation, second.header("webhook-id"), "--until", since), 1)
    assert verdicts(lines)[0].startswith("not_in_this_span: ")


def test_a_receipt_that_no_worker_wrote_is_not_believed(ledger, key):
    [record] = ledger.publish(sign(key, payload(BEN)))
    ledger.receipt(record, mac="A" * 43 + "=")
    lines = told(why(ledger.installation, record.header("webhook-id")), 0)
    assert verdicts(lines)[0] == "waiting: no worker has settled it yet"
    assert "ignored: 1 record of the receipts topic that names this id, without a good cupbearer-mac" in text(lines)


def test_with_another_mark_secret_nothing_is_called_lost(world, customer):
    event = sign(BACKEND, payload(customer))
    place = world.publish(event)
    assert world.receipt(place)["outcome"] == "delivered"

    def settled():
        return world.kafka.committed(world.installation.group, world.topics)[place[0]][0] > place[1]

    wait_until(settled, "its offset is committed", explain=world.installation.tails)
    ours, other = world.installation.directory / "mark.key", world.installation.directory / "other.key"
    if not other.exists():
        assert run_program("keygen", "--mark", other).returncode == 0
    world.installation.configure("worker", mark_secret_file=other)
    ended = why(world.installation, event.id, "--papercups")
    world.installation.configure("worker", mark_secret_file=ours)
    lines = told(ended, 3)
    assert verdicts(lines)[0].startswith("foreign_receipt: ")
    assert "in Papercups not read: with another mark secret than the workers' it is not found" in text(lines)


def test_what_papercups_does_not_say_is_not_read(ledger, installation, standin, key):
    [record] = ledger.publish(sign(key, payload(BEN)))
    ledger.receipt(record)
    event_id = record.header("webhook-id")
    lines = told(why(installation, event_id, "--papercups"), 1)
    assert verdicts(lines)[0].startswith("not_shown: "), "it is asked, and says that it is not there"
    standin.stop()
    lines = told(why(installation, event_id, "--papercups"), 3)
    assert verdicts(lines) == ["delivered: Papercups has taken the message"]
    assert "in Papercups not read: " in text(lines)
    api_key = (installation.directory / "acme.key").read_text().strip()
    assert api_key not in text(lines)


def test_a_key_that_is_gone_from_the_keyring_does_not_make_its_event_a_forgery(ledger, installation, key):
    [record] = ledger.publish(sign(key, payload(BEN)))
    ledger.receipt(record)
    ledger.commit(1)
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": [HmacKey("other-1").entry()]}))
    lines = told(why(installation, record.header("webhook-id")), 0)
    assert 'verification rejected (unknown_key): no key "backend-1" in the keyring' in text(lines)
    assert "NOT AUTHENTIC" not in text(lines) and verdicts(lines)[0].startswith("delivered: ")


def alone(tmp_path, kafka, topics, standin, key):
    """An installation without a worker, for a broker of the test's own."""
    made = Installation(tmp_path / "alone", kafka, topics, standin.url, [key])
    return Ledger(kafka, topics, made)


def test_a_kafka_that_does_not_answer_is_told(own_kafka, tmp_path, standin, key):
    ledger = alone(tmp_path, own_kafka, own_kafka.topics(partitions=2), standin, key)
    [record] = ledger.publish(sign(key, payload(BEN)))
    own_kafka.stop()
    ended = why(ledger.installation, record.header("webhook-id"))
    assert (ended.returncode, ended.stdout) == (3, ""), ended.stdout + ended.stderr
    assert ended.stderr.startswith("cupbearer why: no broker at ") and ended.stderr.count("\n") == 1


def test_a_partition_whose_broker_is_away_is_not_read_and_the_others_are(own_kafka, tmp_path, standin, key):
    own_kafka.make_groups()
    second = Kafka.join(tmp_path / "second", own_kafka)
    topics = Topics(*(f"{kind}.{secrets.token_hex(4)}" for kind in ("events", "receipts", "dead")), 2)
    for name in (topics.events, topics.receipts, topics.dead):
        own_kafka.create(name, 2, [[1], [second.number]], message_timestamp_type="LogAppendTime")
    ledger = alone(tmp_path, own_kafka, topics, standin, key)
    [record] = ledger.publish(sign(key, payload(BEN)))
    ledger.receipt(record)
    second.stop()
    ended = why(ledger.installation, record.header("webhook-id"), seconds=300)
    assert (ended.returncode, ended.stderr) == (3, ""), ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert verdicts(lines)[0] == "delivered: Papercups has taken the message"
    for what in ("records", "receipts", "dead letters"):
        assert f"not read: {what} of partition 1: " in text(lines)
    ended = why(ledger.installation, "evt-nowhere", seconds=300)
    assert ended.returncode == 3 and verdicts(ended.stdout.splitlines())[0].startswith("not_read: ")
    ended = why(ledger.installation, record.header("webhook-id"), "--recipient", BEN)
    assert ended.returncode == 0, "of its partition all is there"
