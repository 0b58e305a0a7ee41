"""Each outcome that a record can have: what its receipt says, what the dead letter holds, what Papercups shows.

One worker, one stand-in and one set of topics serve the whole file; each test has customers of its own.
"""

import json
import time
from dataclasses import replace

import pytest
from broker import ROOT
from signing import Ed25519Key, HmacKey, payload, sign
from world import BACKEND, KEYS, World, assert_dead, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("outcomes"), kafka, kafka.topics())
    yield made
    made.close()


# Delivered


def test_a_new_customers_event_is_delivered_with_all_that_it_holds(world, customer):
    event = sign(BACKEND, payload(
        customer, "**Hello** 東京 👋🏽", quick_replies=["Yes", {"text": "No", "action": "decline"}],
        metadata={"order_id": "o_99"},
    ))  # fmt: skip
    place = world.publish(event)
    record = world.receipt_record(place)
    receipt = json.loads(record.value)

    [message] = world.standin.messages(customer)
    assert (message["type"], message["body"]) == ("bot", "**Hello** 東京 👋🏽")
    metadata = message["metadata"]
    assert metadata["order_id"] == "o_99"
    assert metadata["quick_replies"] == [{"text": "Yes", "action": "Yes"}, {"text": "No", "action": "decline"}]
    assert metadata["disable_webhook_events"] is True
    assert metadata["cupbearer"].startswith("v1:") and len(metadata["cupbearer"]) == 25

    assert record.key == event.key.encode()
    assert record.partition == place[0]
    assert record.header("cupbearer-mac")
    expected = {
        "event_id": event.id, "sender": "backend", "account": "acme", "outcome": "delivered",
        "topic": world.topics.events, "partition": place[0], "offset": place[1], "attempts": 1,
    }  # fmt: skip
    assert {name: receipt[name] for name in expected} == expected
    assert receipt.get("reason") is None
    assert receipt["admitted_at"] == receipt["record_timestamp"] <= receipt["finished_at"]
    assert not {"conversation_id", "customer_id", "message_id"} & receipt.keys(), "ids are not told unless asked for"
    assert not world.has_dead_letter(place)


def test_a_second_event_goes_into_the_customers_conversation(world, customer):
    for body in ("first", "second"):
        assert world.outcome(sign(BACKEND, payload(customer, body))) == ("delivered", None)
    first, second = world.standin.messages(customer)
    assert [first["body"], second["body"]] == ["first", "second"]
    assert first["conversation_id"] == second["conversation_id"]
    assert first["metadata"]["cupbearer"] != second["metadata"]["cupbearer"]


def test_an_ed25519_signature_is_as_good(world, customer):
    event = sign(KEYS["backend-2"], payload(customer, "by v1a"))
    assert world.outcome(event) == ("delivered", None)
    assert bodies(world, customer) == ["by v1a"]


# Duplicates


def test_the_same_bytes_again_are_a_duplicate(world, customer):
    event = sign(BACKEND, payload(customer, "once"))
    assert world.outcome(event) == ("delivered", None)
    place = world.publish(event)
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["event_id"]) == ("duplicate", event.id)
    assert bodies(world, customer) == ["once"]
    assert not world.has_dead_letter(place)


def test_an_event_signed_anew_is_a_duplicate_also_by_another_key_of_its_sender(world, customer):
    content = payload(customer, "once")
    now = int(time.time())
    assert world.outcome(sign(BACKEND, content, "order-1", now - 2)) == ("delivered", None)
    assert world.outcome(sign(BACKEND, content, "order-1", now)) == ("duplicate", None)
    assert world.outcome(sign(KEYS["backend-2"], content, "order-1", now)) == ("duplicate", None)
    assert bodies(world, customer) == ["once"]


def test_two_senders_and_two_customers_may_use_the_same_event_id(world, customer):
    assert world.outcome(sign(BACKEND, payload(customer, "backend's"), "1")) == ("delivered", None)
    assert world.outcome(sign(KEYS["shipping-1"], payload(customer, "shipping's"), "1")) == ("delivered", None)
    assert world.outcome(sign(BACKEND, payload(f"{customer}b", "another's"), "1")) == ("delivered", None)
    assert bodies(world, customer) == ["backend's", "shipping's"]


# Rejected: by reason, a function from a customer to an event. What else is rejected for these reasons stands in
# tests/unit/tables/; this is about its outcome.


def repeated_header(customer):
    event = sign(BACKEND, payload(customer))
    return replace(event, headers=[*event.headers, ("webhook-id", "again")])


def changed_value(customer):
    event = sign(BACKEND, payload(customer, "pay 10"))
    return replace(event, value=event.value.replace(b"pay 10", b"pay 99"))


def unknown_member(customer):
    return sign(BACKEND, {**payload(customer), "boddy": "a typo"})


REJECTED = {
    "malformed_headers": repeated_header,
    "unknown_key": lambda customer: sign(HmacKey("stranger-1"), payload(customer)),
    "bad_signature": changed_value,
    "bad_payload": unknown_member,
    "account_not_granted": lambda customer: sign(KEYS["elsewhere-1"], payload(customer, account="globex")),
    "wrong_routing_key": lambda customer: sign(BACKEND, payload(customer), routing_key=f"acme/e/{customer}x"),
    "key_not_active": lambda customer: sign(KEYS["retired-1"], payload(customer)),
    "expired": lambda customer: sign(BACKEND, payload(customer), signed_at=int(time.time()) - 120),
    "expires_too_late": lambda customer: sign(BACKEND, payload(customer), signed_at=int(time.time()) + 120),
}
def test_a_signature_of_another_kind_than_the_keys_is_told_as_such(world, customer):
    event = sign(Ed25519Key("backend-1"), payload(customer))
    receipt = assert_dead(world, world.publish(event), event, "rejected", "bad_signature")
    assert receipt["detail"] == "the record has no v1 signature, and a whsec_ key verifies no other"


UNAUTHENTIC = ("malformed_headers", "unknown_key", "bad_signature")


@pytest.mark.parametrize("reason", REJECTED)
def test_a_record_that_fails_a_check_is_rejected_and_shown_to_nobody(world, customer, reason):
    event = REJECTED[reason](customer)
    place = world.publish(event)
    receipt = assert_dead(world, place, event, "rejected", reason)
    assert bodies(world, customer) == []
    if reason in UNAUTHENTIC:
        assert not {"sender", "account"} & receipt.keys(), "nothing is claimed of a record that is not authentic"
    else:
        assert (receipt["event_id"], receipt["sender"]) == (event.id, KEYS[event.header("cupbearer-key")].sender)
    assert receipt.get("detail", "") == "" or event.value.decode() not in receipt["detail"]


def test_a_record_in_another_partition_than_its_keys_is_rejected(world):
    lines = (ROOT / "tests/vectors/partitions.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, lines) if row["partitions"] == 6 and row["key"].startswith("acme/e/"))
    event = sign(BACKEND, payload(row["key"].removeprefix("acme/e/")))
    elsewhere = (row["murmur2"] + 1) % 6
    receipt = assert_dead(world, world.publish(event, elsewhere), event, "rejected", "wrong_partition")
    assert str(row["murmur2"]) in receipt["detail"] and str(elsewhere) in receipt["detail"]


def test_the_detail_of_a_bad_payload_names_the_member(world, customer):
    assert "boddy" in world.receipt(world.publish(unknown_member(customer)))["detail"]


# Failed; what Papercups answers is in test_answers.py


def test_events_behind_a_stuck_one_of_the_same_customer_keep_their_order(world, customer):
    world.standin.fault("error_500", f"one {customer}")
    events = [sign(BACKEND, payload(customer, f"{number} {customer}")) for number in ("one", "two", "three")]
    for place in world.kafka.publish(world.topics.events, events):
        assert world.receipt(place)["outcome"] == "delivered"
    assert bodies(world, customer) == [f"{number} {customer}" for number in ("one", "two", "three")]


def test_an_event_that_papercups_cannot_take_in_time_is_given_up(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics())
    try:
        # What lies in a partition when it is first assigned may have been tried and is never given up unread: so first
        # an event of the same customer has to be through.
        assert made.outcome(sign(BACKEND, payload(customer, "in time"))) == ("delivered", None)
        made.standin.stop()
        event = sign(BACKEND, payload(customer, "too late", deliver_within=1))
        assert_dead(made, made.publish(event), event, "failed", "gave_up")
    finally:
        made.close()


def test_every_record_of_this_file_has_exactly_one_receipt(world):
    """Receipts = records. Stands last: by now each test has waited for its own."""
    told = [json.loads(record.value) for record in world.receipts.read(1)]
    places = [(receipt["partition"], receipt["offset"]) for receipt in told]
    assert len(places) == len(set(places)) == world.records_published()
