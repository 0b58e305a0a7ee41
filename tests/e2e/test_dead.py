"""`cupbearer dead resend`: what failed is delivered after all, once; and nothing is signed that no sender signed."""

import json
import time
from dataclasses import replace

import pytest
from broker import Reader
from ledger import audit
from programs import run_program
from signing import HmacKey, payload, sign
from world import BACKEND, KEYS, World, bodies

LATER = "not sent: the event was delivered"
NONE = "0 dead letters: 0 sent again"


def key_file(installation, key):
    return installation.secret_write(f"{key.id}.secret", key.secret + "\n")


def resend(installation, *options, key=None):
    signer = ("--key-file", key_file(installation, key), "--key-id", key.id) if key else ()
    return run_program("dead", "resend", "--config", installation.configuration(), *signer, *options)


def lines(ended, status):
    assert (ended.returncode, ended.stderr) == (status, ""), ended.stdout + ended.stderr
    return ended.stdout.splitlines()


# ---- with a worker ----


def none_chosen(ended, event_id):
    assert ended.returncode == 1 and ended.stdout.startswith("0 dead letters: 0 "), ended.stdout + ended.stderr
    assert f"no dead letter of {event_id} was chosen; one that was rejected as expired needs --expired" in ended.stderr


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics())
    yield made
    made.close()


def test_what_was_given_up_is_delivered_once(world, customer):
    assert world.outcome(sign(BACKEND, payload(customer, "in time"))) == ("delivered", None)
    world.standin.stop()
    events = [sign(BACKEND, payload(customer, f"late {n}", deliver_within=1)) for n in range(3)]
    places = world.kafka.publish(world.topics.events, events)
    for place in places:
        assert world.receipt(place)["reason"] == "gave_up"
    world.start_standin()  # it has forgotten everything
    told = [
        f"{place[0]}/{place[1]} gave_up event_id={event.id} sender=backend account=acme: "
        for place, event in zip(places, events, strict=True)
    ]
    published = world.records_published()

    dry = resend(world.installation, "--reason", "gave_up", "--dry-run")
    assert lines(dry, 0) == [*(line + "may be sent again" for line in told), "3 dead letters: 3 to send"]
    assert world.records_published() == published

    other = resend(world.installation, "--reason", "gave_up", key=KEYS["shipping-1"])
    text = "not sent: the key to sign with is another sender's"
    assert lines(other, 1) == [*(line + text for line in told), "3 dead letters: 0 sent again, 3 kept"]
    assert world.records_published() == published

    # Another key of the same sender; the payload says that one second is enough, which it is now.
    sent = lines(resend(world.installation, "--reason", "gave_up", key=KEYS["backend-2"]), 0)
    partition, offset = places[0][0], places[-1][1] + 1
    assert sent == [
        *(line + f"sent: partition {partition}, offset {offset + n}" for n, line in enumerate(told)),
        "3 dead letters: 3 sent again",
    ]  # fmt: skip
    for n, event in enumerate(events):
        receipt = world.receipt((partition, offset + n))
        assert (receipt["outcome"], receipt["event_id"]) == ("delivered", event.id)
    assert bodies(world, customer) == ["late 0", "late 1", "late 2"]

    again = resend(world.installation, "--reason", "gave_up", key=BACKEND)
    assert lines(again, 0) == [*(line + LATER for line in told), "3 dead letters: 0 sent again, 3 delivered"]
    assert world.records_published() == published + 3
    audited = audit(world.installation)
    assert audited.returncode == 0, audited.stdout


# ---- without one ----


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


def failed(ledger, event, outcome="failed", reason="gave_up", **settings):
    """As a worker leaves it behind."""
    [record] = ledger.publish(event, **settings)
    ledger.receipt(record, outcome, reason)
    ledger.letter(record, reason)
    return record


def sent_events(ledger, first):
    """What lies in partition 0 of the events at or beyond that offset."""
    reader = Reader(ledger.kafka, ledger.topics.events, ledger.topics.partitions)
    end = reader.consumer.get_watermark_offsets(reader.consumer.assignment()[0], timeout=10)[1]
    found = [
        reader.find(lambda one, offset=offset: one.place == (0, offset), f"0/{offset}") for offset in range(first, end)
    ]
    reader.close()
    return found


BEN = "ben"  # of two partitions murmur2 puts this one into 0


def test_an_event_is_signed_anew_with_nothing_else_changed(ledger, key):
    old = int(time.time()) - 3600
    headers = [(f"x-{n}", "y") for n in range(28)]  # with these it has as many as it may
    event = sign(key, payload(BEN, "Hello 東京"), signed_at=old)
    failed(ledger, replace(event, headers=[*event.headers, *headers]))
    failed(ledger, sign(key, payload(BEN)), reason="flood")
    ended = resend(ledger.installation, "--reason", "gave_up", "--reason", "backlog", key=key)
    told = lines(ended, 0)
    assert told[0].endswith(": sent: partition 0, offset 2") and told[1:] == ["1 dead letter: 1 sent again"]
    [record] = sent_events(ledger, 2)
    signed_at = int(record.header("webhook-timestamp"))
    assert old < signed_at <= time.time()
    assert (record.key, record.value) == (event.key.encode(), event.value)
    assert dict(record.headers) == {
        "webhook-id": event.id.encode(), "webhook-timestamp": str(signed_at).encode(), "cupbearer-key": key.id.encode(),
        "webhook-signature": key.sign(event.id, signed_at, event.value.decode()).encode(),
    }  # fmt: skip


def test_the_time_of_signing_is_later_than_before_whatever_the_clock_says(ledger, key):
    ahead = int(time.time()) + 5
    failed(ledger, sign(key, payload(BEN), signed_at=ahead))
    lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0)
    [record] = sent_events(ledger, 1)
    assert int(record.header("webhook-timestamp")) == ahead + 1


def test_no_forgery_is_signed(ledger, key):
    """What somebody has put into the dead letters' topic, and what a worker has rejected."""
    stranger = sign(HmacKey("stranger-1"), payload(BEN))
    forged = sign(HmacKey("stranger-1"), payload(BEN)).with_header("cupbearer-key", key.id)
    good = sign(key, payload(BEN, "pay 10"))
    changed = replace(good, value=good.value.replace(b"pay 10", b"pay 99"))
    for event in (stranger, forged, changed):
        failed(ledger, event)
    rejected = failed(ledger, sign(key, payload(BEN)), "rejected", "key_not_active")  # authentic, and not chosen
    [unjudged] = ledger.publish(sign(key, payload(BEN)))
    ledger.letter(unjudged, "gave_up")
    told = lines(resend(ledger.installation, "--reason", "gave_up", key=key), 1)
    authentic = f"event_id={unjudged.header('webhook-id')} sender=backend account=acme"
    assert told == [
        '0/0 gave_up: not sent: it is not authentic: no key "stranger-1" in the keyring',
        "0/1 gave_up: not sent: it is not authentic: no v1 signature is valid for this key and these bytes",
        "0/2 gave_up: not sent: it is not authentic: no v1 signature is valid for this key and these bytes",
        f"0/4 gave_up {authentic}: not sent: the receipt that says so is not there, so it is not known what became of "
        "the event since",
        "4 dead letters: 0 sent again, 4 kept",
    ]
    event_id = rejected.header("webhook-id")
    none_chosen(resend(ledger.installation, "--event-id", event_id, key=key), event_id)
    assert sent_events(ledger, 5) == []


def test_expired_ones_are_sent_only_where_that_is_said(ledger, key):
    event = sign(key, payload(BEN), signed_at=int(time.time()) - 120)
    failed(ledger, event, "rejected", "expired")
    assert lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0) == [NONE]
    none_chosen(resend(ledger.installation, "--event-id", event.id, key=key), event.id)
    assert lines(resend(ledger.installation, "--expired", key=key), 0)[-1] == "1 dead letter: 1 sent again"
    assert len(sent_events(ledger, 1)) == 1


def test_a_replay_of_what_was_delivered_long_ago_is_not_sent(ledger, key):
    """The workers have forgotten it and reject it as expired; the receipt that said delivered is deleted."""
    event = sign(key, payload(BEN), signed_at=int(time.time()) - 7200)
    [record] = ledger.publish(event)
    ledger.receipt(record)
    failed(ledger, event, "rejected", "expired")
    [told, _] = lines(resend(ledger.installation, "--expired", key=key), 0)
    assert told.endswith(LATER)
    ledger.delete(ledger.topics.receipts, 1)
    [told, _] = lines(resend(ledger.installation, "--expired", key=key), 1)
    assert told.endswith(
        ": not sent: it was signed before the oldest receipt that is left, so it may have been delivered then: "
        "look into Papercups"
    )
    assert sent_events(ledger, 2) == []


def test_one_event_is_chosen_by_its_id_or_its_account(ledger, key):
    records = [failed(ledger, sign(key, payload(BEN)), reason=reason) for reason in ("flood", "gave_up", "unknown")]
    event_id = records[1].header("webhook-id")
    [told, total] = lines(resend(ledger.installation, "--event-id", event_id, "--dry-run"), 0)
    assert told.startswith(f"0/1 gave_up event_id={event_id} ") and total == "1 dead letter: 1 to send"
    unknown = records[2].header("webhook-id")
    for options, count in (
        (("--event-id", unknown), 1),
        (("--reason", "flood", "--account", "acme"), 1), (("--reason", "flood", "--account", "acm"), 0),
    ):  # fmt: skip
        total = "1 dead letter: 1 to send" if count else "0 dead letters: 0 to send"
        assert lines(resend(ledger.installation, *options, "--dry-run"), 0)[-1] == total
    none_chosen(resend(ledger.installation, "--event-id", unknown, "--reason", "flood", "--dry-run"), unknown)


def test_letters_are_chosen_by_when_they_were_written(kafka, topics, ledger, key):
    topics.dead += ".created"
    kafka.create(topics.dead, 2, message_timestamp_type="CreateTime")
    ledger.installation.configure("topics", dead=topics.dead)
    now = int(time.time() * 1000)
    for hours in (5, 3, 1):
        [record] = ledger.publish(sign(key, payload(BEN)))
        ledger.receipt(record, "failed", "gave_up")
        ledger.letter(record, "gave_up", at=now - hours * 3600000)

    def chosen(*options):
        *told, _ = lines(resend(ledger.installation, "--reason", "gave_up", "--dry-run", *options), 0)
        return [line.split()[0] for line in told]

    assert chosen() == ["0/0", "0/1", "0/2"]
    assert chosen("--since", "4h") == ["0/1", "0/2"]
    assert chosen("--since", "4h", "--until", "2h") == ["0/1"]


def test_no_more_go_out_in_a_minute_than_is_said(ledger, key):
    for _ in range(3):
        failed(ledger, sign(key, payload(BEN)))
    lines(resend(ledger.installation, "--reason", "gave_up", "--per-minute", 300, key=key), 0)
    first, second, third = (record.timestamp for record in sent_events(ledger, 3))
    assert second - first >= 200 and third - second >= 200


def test_what_may_have_been_shown_is_left_when_the_workers_have_forgotten_it(ledger, key):
    [record] = ledger.publish(sign(key, payload(BEN)))
    at = int(time.time() * 1000) - 3600000  # the window is an hour
    ledger.receipt(record, "failed", "unknown", admitted_at=at, finished_at=at)
    ledger.letter(record, "unknown")
    [told, _] = lines(resend(ledger.installation, "--reason", "unknown", key=key), 1)
    assert told.endswith(
        ": not sent: it may have been shown, and the workers do not remember it any more: look into Papercups"
    )
    ledger.installation.configure("dedup", window="2h")
    assert lines(resend(ledger.installation, "--reason", "unknown", key=key), 0)[-1] == "1 dead letter: 1 sent again"


def test_what_the_workers_forget_while_others_are_sent_is_left(ledger, key):
    failed(ledger, sign(key, payload(BEN)))
    [record] = ledger.publish(sign(key, payload(BEN)))
    at = int(time.time() * 1000) - 3600000 + 60000 + 4000  # remembered when it begins, not six seconds later
    ledger.receipt(record, "failed", "unknown", admitted_at=at, finished_at=at)
    ledger.letter(record, "unknown")
    which = ("--reason", "unknown", "--reason", "gave_up")
    told = lines(resend(ledger.installation, *which, "--per-minute", 10, key=key), 1)
    assert told[-1] == "2 dead letters: 1 sent again, 1 kept"
    assert "it may have been shown" in told[1]


def test_a_key_that_a_worker_would_not_take_is_told(ledger, key):
    failed(ledger, sign(key, payload(BEN)))
    wrong = HmacKey(key.id)  # under the same name
    ended = resend(ledger.installation, "--reason", "gave_up", key=wrong)
    file = ledger.installation.directory / f"{key.id}.secret"
    assert (ended.returncode, ended.stderr) == (
        2, f"cupbearer dead: {file} does not hold the key that the keyring has as {key.id}\n",
    )  # fmt: skip
    ended = resend(ledger.installation, "--reason", "gave_up", key=HmacKey("stranger-1"))
    assert (ended.returncode, ended.stderr) == (2, "cupbearer dead: --key-id: the keyring has no key 'stranger-1'\n")
    retired = HmacKey("retired-1", not_after="2020-01-01T00:00:00Z")
    keyring = ledger.installation.directory / "keyring.json"
    keyring.write_text(json.dumps({"keys": [key.entry(), retired.entry()]}))
    [told, total] = lines(resend(ledger.installation, "--reason", "gave_up", key=retired), 1)
    assert ": not sent: a worker would refuse it: admitted after key retired-1 was valid" in told
    assert total == "1 dead letter: 0 sent again, 1 kept"
    assert sent_events(ledger, 1) == []


def test_a_missing_topic_is_told(ledger, key):
    """As is a Kafka that does not answer, in the same way: for that `cupbearer audit` waits in test_audit.py."""
    ledger.installation.configure("topics", receipts="no-such-topic")
    ended = resend(ledger.installation, "--reason", "gave_up", key=key)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("cupbearer dead: there is no topic no-such-topic at ")
