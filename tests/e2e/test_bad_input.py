"""Bad records against the worker with sanitizers: each ends as what it is, is shown to nobody, and breaks nothing.

One worker, one stand-in and one set of topics serve the whole file; each test has customers of its own.
"""

import json
import os
import secrets
from collections import Counter
from dataclasses import replace
from random import Random

import format1
import pytest
from mutations import damaged, forged
from sanitized import SanitizedWorld
from signing import HmacKey, payload, sign, sign_bytes
from world import BACKEND, KEYS, assert_dead, assert_letter, assert_letter_headers, bodies

SEED = os.environ.get("CUPBEARER_BAD_INPUT_SEED") or secrets.token_hex(4)


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = SanitizedWorld(tmp_path_factory.mktemp("bad-input"), kafka, kafka.topics())
    yield made
    made.close()


def assert_rejected(world, event, reason, partition=None):
    """Published, it is rejected for this, with its whole self in the dead letters, and Papercups is not even asked."""
    before = world.standin.counts()["requests"]
    receipt = assert_dead(world, world.publish(event, partition), event, "rejected", reason)
    assert world.standin.counts()["requests"] == before
    assert len(receipt.get("detail", "").encode()) <= 200
    return receipt


def assert_delivers(world, customer, partition=None):
    """A good event goes through, whatever came before it."""
    place = world.publish(sign(BACKEND, payload(customer, f"good {customer}")))
    assert partition in (None, place[0])
    assert world.receipt(place)["outcome"] == "delivered"
    assert bodies(world, customer) == [f"good {customer}"]


def signed_value(customer, value):
    return sign_bytes(BACKEND, value, f"acme/e/{customer}")


def signed_body(customer, body):
    """A payload with these bytes between its body's quotes, signed as they are."""
    value = json.dumps(payload(customer, "@")).encode()
    return signed_value(customer, value.replace(b'"@"', b'"' + body + b'"'))


def signed_metadata(customer, content):
    value = json.dumps(payload(customer, metadata={"x": "@"})).encode()
    return signed_value(customer, value.replace(b'"@"', content))


# Random damage


def whole_event(number):
    """Something of everything that a payload can hold."""
    customer = f"damaged_{number}"
    content = payload(
        customer, f"Number **{number}** 東京 👋🏽 \u202f\"quoted\" \\ \t end", name="Ada Ł", email="ada@example.com",
        quick_replies=["Yes", {"text": "No", "action": "decline"}, "東京"], ttl=45, deliver_within=None,
        metadata={"order": [1, -2.5, 1e300, True, None, {"deep": {"er": "\x7f\u2028"}}], "n": 9223372036854775807},
    )  # fmt: skip
    content["to"]["customer"]["metadata"] = {"plan": "pro"}
    content["message"]["webhooks"] = False
    return customer, json.dumps(content, ensure_ascii=number % 2 == 0).encode()


def is_whole(event, signed):
    """Whether only what stands beside the good signature was damaged, which is passed over: no forgery."""
    others = {name: text for name, text in event.headers if name != "webhook-signature"}
    return format1.reason(event, KEYS) is None and (event.key, event.value, others) == (
        signed.key, signed.value, {name: text for name, text in signed.headers if name != "webhook-signature"}
    )  # fmt: skip


def damaged_records(random):
    """(customer, record, what becomes of it): 500 damaged behind their sender's back, 500 before they were signed."""
    made = []
    for number in range(1000):
        customer, value = whole_event(number)
        if number < 500:
            signed = signed_value(customer, value)
            event = forged(random, signed)
            while is_whole(event, signed):
                event = forged(random, signed)
        else:
            event = signed_value(customer, damaged(random, value))
        made.append((customer, event, format1.reason(event, KEYS)))
    return made


def shown(message):
    """Of a stored message or a payload's: what the customer gets to see, and the sender's metadata."""
    metadata = message.get("metadata") or {}
    replies = message.get("quick_replies") or metadata.get("quick_replies") or []
    replies = [reply if isinstance(reply, dict) else {"text": reply} for reply in replies]
    own = {name: value for name, value in metadata.items() if not format1.TAKEN.match(name)}
    return message["body"], [(reply["text"], reply.get("action") or reply["text"]) for reply in replies], own


def test_of_a_thousand_damaged_records_each_ends_as_what_it_is(world):
    print(f"CUPBEARER_BAD_INPUT_SEED={SEED}")
    made = damaged_records(Random(SEED))
    reasons = Counter(reason for _, _, reason in made)
    assert [event for _, event, reason in made[:500] if reason is None] == [], "forgeries that are none"
    assert min(reasons[reason] for reason in (None, "malformed_headers", "bad_signature", "bad_payload")) > 20
    before = world.standin.counts()["messages"]

    places = world.kafka.publish(world.topics.events, [event for _, event, _ in made])
    receipts = world.receipts_of(places)
    assert len(world.own_receipts(1)) == len(made)
    expected = [("rejected", reason) if reason else ("delivered", None) for _, _, reason in made]
    different = [
        f"{told['outcome']} {told.get('reason')} {told.get('detail')}, and should be {was}: {event}"
        for told, was, (_, event, _) in zip(receipts, expected, made, strict=True)
        if (told["outcome"], told.get("reason")) != was
    ]  # fmt: skip
    assert not different, "\n".join(different)

    rejected = [index for index, (_, _, reason) in enumerate(made) if reason]
    for index, letter in zip(rejected, world.letters_of([places[index] for index in rejected]), strict=True):
        assert_letter(letter, made[index][1], receipts[index])
    assert len(world.dead.records) == len(rejected)

    delivered = {customer: json.loads(event.value)["message"] for customer, event, reason in made if not reason}
    stored = world.standin.messages()[before:]
    assert len(stored) == len(delivered) == world.standin.counts()["messages"] - before
    assert {message["external_id"]: shown(message) for message in stored} == {
        customer: shown(message) for customer, message in delivered.items()
    }


# Too large


LARGE = {
    "a value of 900 KiB, signed": (
        "bad_payload", lambda customer: signed_body(customer, b"x" * 900 * 1024),
    ),
    "a value of 900 KiB, unsigned": (
        "malformed_headers", lambda customer: replace(signed_value(customer, b"x" * 900 * 1024), headers=[]),
    ),
    "a header of 500 KiB": (
        "malformed_headers",
        lambda customer: sign(BACKEND, payload(customer)).with_header("traceparent", "x" * 500 * 1024),
    ),
    "an event id of 500 KiB": (
        "malformed_headers",
        lambda customer: sign(BACKEND, payload(customer)).with_header("webhook-id", "x" * 500 * 1024),
    ),
    "a key of 500 KiB": (
        "malformed_headers", lambda customer: replace(sign(BACKEND, payload(customer)), key="k" * 500 * 1024),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_rejected_and_kept_whole(world, customer, name):
    reason, make = LARGE[name]
    assert_rejected(world, make(customer), reason)
    assert_delivers(world, customer)


def test_of_two_thousand_headers_the_dead_letter_has_the_first_33(world, customer):
    event = sign(BACKEND, payload(customer))
    event = replace(event, headers=[*event.headers, *[(f"x-{number}", "y") for number in range(2000)]])
    place = world.publish(event)
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["reason"]) == ("rejected", "malformed_headers")
    letter = world.dead_letter(place)
    assert (letter.key, letter.value) == (event.key.encode(), event.value)
    assert_letter_headers(letter, replace(event, headers=event.headers[:33]), receipt)
    assert_delivers(world, customer)


def test_a_record_that_would_be_too_large_as_a_dead_letter_leaves_its_value_out(world, customer):
    """As large as the topic takes it: with the headers that say why it would be larger."""
    event = signed_value(customer, b"x" * (1048588 - 350))
    producer = world.kafka.producer_with(message_max_bytes=2000000)
    [place] = world.kafka.publish(world.topics.events, [event], producer=producer)
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["reason"]) == ("rejected", "bad_payload")
    letter = world.dead_letter(place)
    assert (letter.key, letter.value) == (event.key.encode(), None)
    assert letter.header("cupbearer-value-size") == str(len(event.value))
    assert_letter_headers(letter, event, receipt)
    assert_delivers(world, customer)


# Values that are no payload: those that could hurt it. All others stand in tests/unit/tables/json.txt and payload.txt.


DIGITS = b"7" * 70000
PAYLOADS = {
    "brackets that open": lambda customer: signed_metadata(customer, b"[" * 100000 + b"1"),
    "objects that open and close": lambda customer: signed_metadata(
        customer, b'{"":' * 40000 + b"1" + b"}" * 40000
    ),
    "a byte that is no UTF-8": lambda customer: signed_body(customer, b"hello \xff"),
    "a byte 0": lambda customer: signed_body(customer, b"hello \x00 world"),
    "a number of 70,000 digits": lambda customer: signed_metadata(customer, DIGITS),
}  # fmt: skip


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_signed_value_that_is_no_payload_is_rejected_without_its_words(world, customer, name):
    event = PAYLOADS[name](customer)
    assert format1.reason(event, KEYS) == "bad_payload"
    receipt = assert_rejected(world, event, "bad_payload")
    assert "hello" not in receipt["detail"] and "777" not in receipt["detail"]


ODD_BUT_GOOD = {
    "a surrogate pair": lambda customer: signed_body(customer, b"\\ud83d\\ude00"),
    "as deep as allowed": lambda customer: signed_metadata(customer, b"[" * 13 + b"]" * 13),
    "a long fraction": lambda customer: signed_metadata(customer, b"0." + DIGITS[:16000]),
    "escapes everywhere": lambda customer: signed_body(
        customer, "".join(f"\\u{ord(char):04x}" for char in "hello 東京\x01\x7f").encode()
    ),
}


@pytest.mark.parametrize("name", ODD_BUT_GOOD)
def test_what_is_odd_and_still_a_payload_is_shown_as_python_reads_it(world, customer, name):
    event = ODD_BUT_GOOD[name](customer)
    assert format1.reason(event, KEYS) is None
    assert world.outcome(event) == ("delivered", None)
    [message] = world.standin.messages(customer)
    assert shown(message) == shown(json.loads(event.value)["message"])


# Nothing at all


def empty(**parts):
    return lambda customer: replace(sign(BACKEND, payload(customer)), **parts)


def with_id(value):
    return lambda customer: replace(
        event := sign(BACKEND, payload(customer)), headers=[("webhook-id", value), *event.headers[1:]]
    )


NOTHING = {
    "a null key": ("wrong_routing_key", empty(key=None)),
    "an empty key": ("wrong_routing_key", empty(key=b"")),
    "a null value, signed": ("bad_payload", lambda customer: signed_value(customer, None)),
    "an empty value, signed": ("bad_payload", lambda customer: signed_value(customer, b"")),
    "a tombstone": ("malformed_headers", empty(value=None, headers=[])),
    "a record of nothing": ("malformed_headers", empty(key=None, value=None, headers=[])),
    "an empty record": ("malformed_headers", empty(key=b"", value=b"", headers=[("", b"")])),
    "a null header": ("malformed_headers", with_id(None)),
    "an empty header": ("malformed_headers", with_id(b"")),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_null_or_empty_is_rejected_and_stays_what_it_was(world, customer, name):
    reason, make = NOTHING[name]
    assert_rejected(world, make(customer), reason)


def test_a_null_header_that_nobody_asked_for_means_nothing(world, customer):
    event = sign(BACKEND, payload(customer, "traced"))
    event = replace(event, headers=[("traceparent", None), ("", b"\xff"), *event.headers])
    assert world.outcome(event) == ("delivered", None)
    assert bodies(world, customer) == ["traced"]


# Signatures


def test_a_signature_in_other_bytes_is_none_though_libsodium_would_take_it(world, customer):
    """It takes every byte from 0x80 on for a slash."""
    signed = (sign(BACKEND, payload(customer, str(number))) for number in range(1000))
    event = next(event for event in signed if "/" in event.header("webhook-signature"))
    signature = event.header("webhook-signature").encode()
    assert_rejected(world, event.with_header("webhook-signature", signature.replace(b"/", b"\xff")), "bad_signature")
    assert world.outcome(event) == ("delivered", None)


def with_wrong_ones_before(event, count):
    signed_at, value = int(event.header("webhook-timestamp")), event.value.decode()
    wrong = [HmacKey("stranger").sign(event.id, signed_at, value)] * count
    return event.with_header("webhook-signature", " ".join([*wrong, event.header("webhook-signature")]))


def test_more_signatures_than_the_headers_may_hold_are_not_even_tried(world, customer):
    event = with_wrong_ones_before(sign(BACKEND, payload(customer)), 11000)
    receipt = assert_rejected(world, event, "malformed_headers")
    assert "event_id" not in receipt and "sender" not in receipt


def test_the_good_one_of_a_hundred_signatures_is_found(world, customer):
    assert world.outcome(with_wrong_ones_before(sign(BACKEND, payload(customer)), 99)) == ("delivered", None)


# Copies


def test_of_a_record_in_every_partition_one_is_delivered(world, customer):
    event = sign(BACKEND, payload(customer, "everywhere"))
    places = [world.publish(event, partition) for partition in range(world.topics.partitions)]
    outcomes = [(told["outcome"], told.get("reason")) for told in world.receipts_of(places)]
    right = world.publish(event)[0]  # where the partitioner puts it
    assert outcomes.pop(right) == ("delivered", None)
    assert outcomes == [("rejected", "wrong_partition")] * (world.topics.partitions - 1)
    assert bodies(world, customer) == ["everywhere"]
    for place in places[:right] + places[right + 1 :]:
        assert_dead(world, place, event, "rejected", "wrong_partition")


# A batch that is larger than it looks


def log_bytes(world, partition):
    """What the broker keeps of a partition."""
    [directory] = world.kafka.directory.glob(f"**/{world.topics.events}-{partition}")
    return sum(segment.stat().st_size for segment in directory.glob("*.log"))


def test_a_batch_of_100_kb_that_unpacks_to_100_mb_is_rejected_record_by_record(world, customer):
    # Of equal keys, so of one partition; a customer's good event goes there first and tells which it is.
    assert_delivers(world, customer)
    partition = world.publish(sign(BACKEND, payload(customer, "second")))[0]
    before = log_bytes(world, partition)
    value = json.dumps(payload(customer, "x" * 1000000)).encode()
    events = [signed_value(customer, value) for _ in range(99)]
    producer = world.kafka.producer_with(
        compression_type="gzip", message_max_bytes=200000000, batch_size=200000000, linger_ms=5000
    )
    places = world.kafka.publish(world.topics.events, events, producer=producer)
    assert {place[0] for place in places} == {partition}
    assert log_bytes(world, partition) - before < 1000000 < 99000000 < sum(len(event.value) for event in events)

    behind = f"{customer} behind it"
    after = world.publish(sign(BACKEND, payload(customer, behind)))
    assert after[0] == partition
    assert world.receipt(after)["outcome"] == "delivered"
    assert bodies(world, customer) == [f"good {customer}", "second", behind]
    receipts = world.receipts_of(places)
    assert Counter((told["outcome"], told["reason"]) for told in receipts) == {("rejected", "bad_payload"): 99}
    for event, receipt, letter in zip(events, receipts, world.letters_of(places), strict=True):
        assert_letter(letter, event, receipt)


def test_after_all_that_the_worker_ends_in_order_and_has_told_no_secret(world):
    """Stands last: exit 0, no word of a sanitizer, one receipt of each record, and nobody's key anywhere."""
    world.assert_ended_well()
