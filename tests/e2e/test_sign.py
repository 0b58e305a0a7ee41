"""`cupbearer sign`: exactly the bytes, good for others, and a line for kcat."""

import base64
import hashlib
import hmac
import json
import subprocess
import time

import pytest
from bench import HOSTILE, TO_ADA, Bench, run_with_input
from broker import Reader
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from programs import ENVIRONMENT, run_program
from signing import payload
from standardwebhooks import Webhook


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("bench"))


def test_sign_signs_a_files_bytes_exactly_as_they_are(bench):
    text = json.dumps(payload("käthe", body=HOSTILE), indent=3, ensure_ascii=False) + " \n\n"
    record = bench.sign(bench.file("odd.json", text), "--event-id", "evt_1", "--at", "1767225600", key_id="hmac-1")
    assert record["value"] == text
    assert record["key"] == "acme/e/käthe"
    secret = base64.b64decode(bench.keys["hmac-1"]["key"].removeprefix("whsec_"))
    expected = hmac.new(secret, f"evt_1.1767225600.{text}".encode(), hashlib.sha256).digest()
    assert record["headers"] == {
        "webhook-id": "evt_1", "webhook-timestamp": "1767225600",
        "webhook-signature": "v1," + base64.b64encode(expected).decode(), "cupbearer-key": "hmac-1",
    }  # fmt: skip


def test_signatures_are_good_for_other_implementations(bench):
    record = bench.sign(*TO_ADA, key_id="hmac-1")
    Webhook(bench.keys["hmac-1"]["key"]).verify(record["value"], record["headers"])

    record = bench.sign(*TO_ADA)
    headers = record["headers"]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(bench.keys["pair-1"]["key"].removeprefix("whpk_")))
    public.verify(
        base64.b64decode(headers["webhook-signature"].removeprefix("v1a,")),
        f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{record['value']}".encode(),
    )
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30


def test_options_build_the_payload_that_they_say(bench):
    record = bench.sign(
        "--account", "acme", "--to-external-id", "ada", "--email", "ada@example.com", "--name", "Ada", "--phone", "+1",
        "--host", "shop.example", "--body", HOSTILE, "--quick-reply", "Yes", "--quick-reply", "No, thanks=no=1",
        "--metadata", '{"order": {"id": 7}}', "--ttl", "30", "--deliver-within", "2h", "--webhooks",
    )  # fmt: skip
    assert json.loads(record["value"]) == {
        "account": "acme",
        "to": {"customer": {"external_id": "ada", "email": "ada@example.com", "name": "Ada", "phone": "+1",
                            "host": "shop.example"}},
        "message": {"body": HOSTILE, "quick_replies": ["Yes", {"text": "No, thanks", "action": "no=1"}],
                    "metadata": {"order": {"id": 7}}, "webhooks": True},
        "ttl": 30,
        "deliver_within": 7200,
    }  # fmt: skip


@pytest.mark.parametrize(("option", "name", "form"), [("customer", "customer_id", "c"), ("conversation",
                         "conversation_id", "v")])  # fmt: skip
def test_the_other_two_forms_of_address_have_options_too(bench, option, name, form):
    uuid = "5b1a2c3d-0001-4000-8000-000000000002"
    record = bench.sign("--account", "acme", f"--to-{option}-id", uuid, "--body", "Hi")
    assert json.loads(record["value"])["to"] == {name: uuid}
    assert record["key"] == f"acme/{form}/{uuid}"


def test_a_body_from_stdin_loses_the_line_end_at_its_end(bench):
    signed = run_with_input("one\ntwo\n\n", "sign", *bench.signer("pair-1"), *TO_ADA[:-1], "-")
    assert json.loads(json.loads(signed.stdout)["value"])["message"]["body"] == "one\ntwo\n"


@pytest.mark.parametrize(("key_id", "shell"), [("pair-1", "sh"), ("hmac-1", "bash")])
def test_the_kcat_line_publishes_the_record_byte_for_byte(bench, kafka, topics, key_id, shell):
    text = json.dumps(payload("o'brian \"x\" $y \\n", body=HOSTILE), indent=1, ensure_ascii=False) + "\n"
    signed = run_program(
        "sign", *bench.signer(key_id), "--format", "kcat", "--topic", topics.events, bench.file("odd.json", text)
    )
    assert signed.stdout.startswith("printf '%s' '")
    ended = subprocess.run(
        [shell], input=signed.stdout, env={**ENVIRONMENT, "BOOTSTRAP_SERVERS": kafka.bootstrap}, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    reader = Reader(kafka, topics.events, topics.partitions)
    record = reader.find(lambda record: True, "the record")
    reader.close()
    assert record.value.decode() == text
    assert record.key.decode() == "acme/e/o'brian \"x\" $y \\n"
    status, said = bench.verify_read(record, "--partitions", topics.partitions)
    assert status == 0, said
