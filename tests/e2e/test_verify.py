"""`cupbearer verify`: what a worker would make of a record, and what was done differently."""

import base64
import hashlib
import hmac
import json
import re
import time

import pytest
from bench import TO_ADA, Bench, run_with_input
from signing import Ed25519Key, HmacKey, payload
from standardwebhooks import Webhook


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize("key_id", ["pair-1", "hmac-1"])
def test_what_sign_prints_verify_admits(bench, key_id):
    record = bench.sign(*TO_ADA, key_id=key_id)
    status, said = bench.verify(record)
    assert status == 0, said
    assert said["signature"] == "good"
    assert said["key"] == f"{key_id}: sender backend, " + {"pair-1": "ed25519 (v1a)", "hmac-1": "HMAC (v1)"}[key_id]
    assert said["outcome"].startswith("admitted")
    ids, value = record["headers"]["webhook-id"], record["value"]
    assert said["signed bytes"].startswith(f"{len(ids) + 10 + len(value) + 2}: webhook-id ({len(ids)}) . ")


def test_verify_tells_all_that_is_wrong_and_the_outcome_of_the_first(bench):
    record = bench.sign(*TO_ADA, "--at", int(time.time()) - 600)
    record["key"] = "acme/e/bob"
    record["value"] = record["value"].replace("Hi", "Ho").replace("acme", "beta")
    said = bench.expect_rejected(record, "bad_signature", "--partitions", 6, "--partition", 0)
    assert said["signature"] == "bad"
    assert said["what differs"].startswith("not one of the common mistakes")
    assert said["account"] == "beta, not granted to key pair-1"
    assert said["routing key"] == "beta/e/ada belongs to this payload, but the record key is acme/e/bob"
    assert "10 min ago by this machine's clock" in said["signed at"]


def test_verify_judges_the_time_of_admission_that_it_is_told(bench):
    record = bench.sign(*TO_ADA, "--at", 1767225600)
    bench.expect_rejected(record, "expired")
    assert bench.verify(record, "--admitted-at", 1767225645000)[0] == 0
    bench.expect_rejected(record, "expired", "--admitted-at", 1767225645001)
    bench.expect_rejected(record, "expires_too_late", "--admitted-at", 1767225584999)


def test_verify_judges_the_partition_that_it_is_told(bench):
    record = bench.sign(*TO_ADA)
    for partitioner in ("murmur2", "crc32"):
        options = ("--partitioner", partitioner, "--partitions", 6)
        wanted = int(re.fullmatch(r"its key belongs in (\d) of 6", bench.verify(record, *options)[1]["partition"])[1])
        status, said = bench.verify(record, *options, "--partition", wanted)
        assert (status, said["partition"]) == (0, f"{wanted} of 6, where its key belongs")
        bench.expect_rejected(record, "wrong_partition", *options, "--partition", (wanted + 1) % 6)


def test_verify_shows_the_signed_bytes_whole_only_when_asked(bench):
    record = bench.sign(*TO_ADA[:-1], "a" * 300 + "\u202e\x1b", key_id="hmac-1")
    record["value"] += "\n"

    def shown(*options):
        ended = run_with_input(json.dumps(record), "verify", "--keyring", bench.keyring, *options)
        return ended.stdout.splitlines()[1]

    assert " ... " in shown() and "a" * 300 not in shown()
    assert "a" * 300 + "<U+202E>\\u001B" in shown("--show-signed")
    assert shown("--show-signed").endswith('"}}<U+000A>')
    for text in (shown(), shown("--show-signed")):
        assert text.isprintable()


def rewritten(**settings):
    return lambda value: json.dumps(json.loads(value), **settings)


ANEW = "the JSON was written anew between signing and publishing (signed was the same JSON "


@pytest.mark.parametrize(
    ("difference", "signed"),
    [
        ("the value was signed without the white space at its end", lambda value: value.rstrip("\n")),
        ("a line end was signed behind the value", lambda value: value + "\n"),
        (ANEW + "in compact form)", rewritten(separators=(",", ":"), ensure_ascii=False)),
        (ANEW + "with a space behind each comma and colon)", rewritten(ensure_ascii=False)),
        (ANEW + "with a space behind each comma and colon, in ASCII)", rewritten()),
        (ANEW + "indented by 2)", rewritten(indent=2, ensure_ascii=False)),
        (ANEW + "in compact form, its members sorted, in ASCII)", rewritten(separators=(",", ":"), sort_keys=True)),
    ],
)
def test_verify_names_the_slip_when_other_bytes_were_signed(bench, difference, signed):
    key = HmacKey("hmac-1")
    key.key = bench.keys["hmac-1"]["key"]
    key.webhook = Webhook(key.key)
    value = '{"to" : {"customer":{"external_id":"käthe"}},"account":"acme", "message":{"body":"日本 😀"}}\n'
    now = int(time.time())
    headers = {
        "webhook-id": "evt_1", "webhook-timestamp": str(now), "cupbearer-key": "hmac-1",
        "webhook-signature": key.sign("evt_1", now, signed(value)),
    }  # fmt: skip
    said = bench.expect_rejected({"key": "acme/e/käthe", "headers": headers, "value": value}, "bad_signature")
    assert said["what differs"].startswith(difference)


def test_verify_names_the_slip_when_something_else_was_done_differently(bench):
    secret_text = bench.keys["hmac-1"]["key"]
    secret = base64.b64decode(secret_text.removeprefix("whsec_"))
    value = json.dumps(payload("ada"))
    now = int(time.time())
    good = f"evt_1.{now}.{value}"
    public_key = Ed25519Key("pair-1")

    def mac(message, key=secret):
        return hmac.new(key, message.encode(), hashlib.sha256).digest()

    def encoded(signature):
        return "v1," + base64.b64encode(signature).decode()

    def urlsafe(signature):
        return "v1," + base64.urlsafe_b64encode(signature).decode()

    mistakes = [
        (encoded(mac(f"{now}.{value}")), "hmac-1", "the event id was left out"),
        (encoded(mac(f"evt_1.{value}")), "hmac-1", "the timestamp was left out"),
        (encoded(mac(value)), "hmac-1", "only the value was signed"),
        (encoded(mac(f"evt_1.{now}007.{value}")), "hmac-1", "signed was a timestamp in milliseconds"),
        (encoded(mac(good, secret_text.encode())), "hmac-1", "the secret was used as text, whsec_ and all"),
        (encoded(mac(good, secret_text[6:].encode())), "hmac-1", "the secret was used as text: decode"),
        ("v1," + mac(good).hex(), "hmac-1", "the signature is written in hex"),
        (encoded(mac(good)).rstrip("="), "hmac-1", "the signature's base64 must be padded"),
        ("v1a," + base64.b64encode(mac(good)).decode(), "hmac-1", "an HMAC-SHA256 signature begins with v1"),
        (encoded(mac(good)), "pair-1", "it was signed with key hmac-1: cupbearer-key must say so"),
        (encoded(mac("else")), "pair-1", "the record has no v1a signature, and a whpk_ key verifies no other"),
        (public_key.sign("evt_1", now, value), "pair-1", "not one of the common mistakes"),
        (encoded(mac(value, secret_text.encode())), "hmac-1", "only the value was signed: sign "
         "webhook-id.webhook-timestamp.value; and the secret was used as text, whsec_ and all"),
    ]  # fmt: skip
    while not set("-_") & set(urlsafe(mac(good))):
        good += " "
    for signature, key_id, difference in mistakes:
        headers = {
            "webhook-id": "evt_1", "webhook-timestamp": str(now), "cupbearer-key": key_id,
            "webhook-signature": signature,
        }  # fmt: skip
        said = bench.expect_rejected({"key": "acme/e/ada", "headers": headers, "value": value}, "bad_signature")
        assert said["what differs"].startswith(difference)
    headers |= {"webhook-signature": urlsafe(mac(good)), "cupbearer-key": "hmac-1"}
    value += good[good.rindex("}") + 1 :]
    said = bench.expect_rejected({"key": "acme/e/ada", "headers": headers, "value": value}, "bad_signature")
    assert said["what differs"].startswith("the signature is URL-safe base64;")


def test_verify_names_slips_in_the_headers(bench):
    record = bench.sign(*TO_ADA)
    record["headers"]["webhook-timestamp"] += "123"
    said = bench.expect_rejected(record, "malformed_headers")
    assert said["what differs"].startswith("webhook-timestamp is in milliseconds; write ")
    record["headers"] = {name.title(): value for name, value in record["headers"].items()}
    said = bench.expect_rejected(record, "malformed_headers")
    assert said["what differs"] == "headers are told apart by case: write webhook-id, not Webhook-Id"


def test_verify_finds_the_key_of_a_record_that_names_none_it_knows(bench):
    record = bench.sign(*TO_ADA)
    record["headers"]["cupbearer-key"] = "old-1"
    said = bench.expect_rejected(record, "unknown_key")
    assert said["signature"] == "cannot be told without the key"
    assert said["what differs"] == "it was signed with key pair-1: cupbearer-key must say so"
