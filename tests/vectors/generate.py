#!/usr/bin/env python3
"""Makes signed.jsonl and partitions.jsonl with implementations that share no line with cupbearer.

signed.jsonl: signed events, one JSON object a line. v1 signatures are made by `standardwebhooks`, v1a ones by
`cryptography`; every base vector is followed by copies of it with one byte changed, which must be refused.
partitions.jsonl: where a topic's partitioner puts a routing key; murmur2 from `kafka-python`, crc32 from zlib.

Keys and times are fixed, so a second run writes the same bytes. Needs no broker:
    pip install standardwebhooks==1.1.0 cryptography==50.0.2 kafka-python==3.0.12 && python3 generate.py
"""

import base64
import hashlib
import hmac
import json
import zlib
from datetime import datetime, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kafka.partitioner.default import murmur2
from standardwebhooks import Webhook

HERE = Path(__file__).parent
SIGNED_AT = 1767225600  # 2026-01-01T00:00:00Z
ED25519_PRIME = 2**255 - 19
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

PAYLOAD = (
    '{"account":"acme","to":{"customer":{"external_id":"user_42"}},'
    '"message":{"body":"Need a hand?","quick_replies":["Reset my password","Talk to a person"]}}'
)
VALUES = {
    "plain": PAYLOAD,
    "the smallest value": "{}",
    "unicode": '{"account":"acme","to":{"customer":{"external_id":"käthe-東京"}},'
    '"message":{"body":"Grüße 👋🏽 — 你好, שלום"}}',
    "white space counts": '\n{ "account" :\t"acme",\r\n  "message": {"body": "a  b"} }\n\n',
    "dots in the value": '{"v":"1.2.3","w":"..."}',
    "not JSON at all": "signed.bytes are bytes",
    "an escaped NUL and quotes": '{"body":"\\u0000 \\"quoted\\" \\\\"}',
    "4 KiB of body": '{"body":"' + "ä0123456" * 455 + '"}',
}


def encode(data):
    return base64.b64encode(data).decode()


def decode(text):
    return base64.b64decode(text, validate=True)


def fixed_bytes(label, size):
    """Fixed bytes that look random: SHAKE of a label."""
    return hashlib.shake_256(b"cupbearer vectors " + label.encode()).digest(size)


class Hmac:
    def __init__(self, key_id, size):
        self.id = key_id
        self.key = "whsec_" + encode(fixed_bytes(key_id, size))
        self.secret = self.key

    def sign(self, event_id, timestamp, value):
        return Webhook(self.key).sign(event_id, datetime.fromtimestamp(timestamp, timezone.utc), value)


class Ed25519:
    def __init__(self, key_id, long_secret=False):
        self.id = key_id
        self.seed = fixed_bytes(key_id, 32)
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = "whpk_" + encode(public)
        self.secret = "whsk_" + encode(self.seed + public if long_secret else self.seed)

    def sign(self, event_id, timestamp, value):
        return "v1a," + encode(self.private.sign(f"{event_id}.{timestamp}.{value}".encode()))


def row(name, key, value, event_id="evt_0001", timestamp=SIGNED_AT, signature=None, valid=True):
    return {
        "name": name,
        "key_id": key.id,
        "key": key.key,
        "secret": key.secret,
        "headers": {
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature or key.sign(event_id, timestamp, value),
            "cupbearer-key": key.id,
        },
        "value": value,
        "valid": valid,
    }


def verifies(vector):
    """What the vector's own key says of it: any one signature of the list is enough."""
    headers = vector["headers"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{vector['value']}".encode()
    kind, key = vector["key"].split("_", 1)
    for entry in headers["webhook-signature"].split(" "):
        scheme, _, signature = entry.partition(",")
        try:
            signature = decode(signature)
            if kind == "whsec" and scheme == "v1":
                if hmac.compare_digest(signature, hmac.digest(decode(key), signed, "sha256")):
                    return True
            if kind == "whpk" and scheme == "v1a":
                Ed25519PublicKey.from_public_bytes(decode(key)).verify(signature, signed)
                return True
        except (ValueError, InvalidSignature):
            pass
    return False


def is_point(public):
    """Whether 32 bytes are an ed25519 public key (RFC 8032, 5.1.3): a changed key must still be loadable."""
    p = ED25519_PRIME
    y = int.from_bytes(public, "little") & (2**255 - 1)
    d = -121665 * pow(121666, -1, p) % p
    square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    return y < p and square != 0 and pow(square, (p - 1) // 2, p) == 1


def other_character(character):
    """Another character of the same class, so that the header keeps its form and the value stays UTF-8."""
    if character.isascii() and character.isdigit():
        return str((int(character) + 1) % 9 + 1)
    if character.isascii():
        return "b" if character == "a" else "a"
    return chr(ord(character) ^ 1)


def change_text(text, place):
    return text[:place] + other_character(text[place]) + text[place + 1 :]


def change_base64(text, place):
    data = bytearray(decode(text))
    data[place] ^= 1
    return encode(bytes(data))


def change_key(key):
    prefix, _, text = key.partition("_")
    for place in range(7, 32):
        changed = change_base64(text, place % len(decode(text)))
        if prefix == "whsec" or is_point(decode(changed)):
            return f"{prefix}_{changed}"
    raise AssertionError("no changed byte leaves a point")


def changed_copies(base):
    """The base vector with one byte changed, in each thing that the signature covers or is made of."""
    copies = []

    def copy(what, **change):
        vector = {**base, **change, "name": f"{base['name']}: one byte of the {what} changed", "valid": False}
        copies.append(vector)

    def header(name, text):
        return {"headers": {**base["headers"], name: text}}

    value, event_id = base["value"], base["headers"]["webhook-id"]
    timestamp, signature = base["headers"]["webhook-timestamp"], base["headers"]["webhook-signature"]
    scheme, _, text = signature.partition(",")
    size = len(decode(text))
    copy("value (first)", value=change_text(value, 0))
    copy("value (middle)", value=change_text(value, len(value) // 2))
    copy("value (last)", value=change_text(value, len(value) - 1))
    copy("id (first)", **header("webhook-id", change_text(event_id, 0)))
    copy("id (last)", **header("webhook-id", change_text(event_id, len(event_id) - 1)))
    copy("timestamp", **header("webhook-timestamp", change_text(timestamp, len(timestamp) - 1)))
    for what, place in (("first", 0), ("middle", size // 2), ("last", size - 1)):
        copy(f"signature ({what})", **header("webhook-signature", f"{scheme},{change_base64(text, place)}"))
    copy("key", key=change_key(base["key"]))
    return copies


def list_vectors(hmac_key, ed25519_key):
    """Several signatures in one header: one valid is enough, wherever it stands."""
    value, event_id = VALUES["plain"], "evt_list"
    vectors = []
    for key, other in ((hmac_key, ed25519_key), (ed25519_key, hmac_key)):
        scheme = "v1" if key is hmac_key else "v1a"
        good = key.sign(event_id, SIGNED_AT, value)
        stranger = type(key)(f"{key.id}-stranger", 32) if key is hmac_key else type(key)(f"{key.id}-stranger")
        bad = stranger.sign(event_id, SIGNED_AT, value)
        stale = key.sign(event_id, SIGNED_AT - 1, value)
        foreign = other.sign(event_id, SIGNED_AT, value)

        def add(name, signatures, valid, key=key, scheme=scheme):
            signature = " ".join(signatures)
            vectors.append(row(f"{scheme} list: {name}", key, value, event_id, signature=signature, valid=valid))

        add("bad, good", [bad, good], True)
        add("good, bad", [good, bad], True)
        add("four, the last good", [bad, stale, foreign, good], True)
        add("four, the first good", [good, bad, stale, foreign], True)
        add("the good one twice", [good, good], True)
        add("both schemes", [foreign, good], True)
        add("four, none good", [bad, stale, foreign, bad], False)
        add("one that does not decode, good", [f"{scheme},!!!!", good], True)
        add("an empty one, good", [f"{scheme},", good], True)
        add("one that does not decode", [f"{scheme},!!!!"], False)
        add("an empty one", [f"{scheme},"], False)
        add("the other scheme only", [foreign], False)
        add("padding left out", [good.rstrip("=")], False)
        add("one byte short", [f"{scheme},{encode(decode(good.split(',')[1])[:-1])}"], False)
        add("one byte long", [f"{scheme},{encode(decode(good.split(',')[1]) + b'x')}"], False)
    return vectors


def confusion_vectors(hmac_key, ed25519_key):
    """Signatures that a careless verifier takes."""
    value, event_id = VALUES["plain"], "evt_confused"
    signed = f"{event_id}.{SIGNED_AT}.{value}".encode()
    public = decode(ed25519_key.key.partition("_")[2])
    by_public_key = encode(hmac.digest(public, signed, "sha256"))
    good_hmac = hmac_key.sign(event_id, SIGNED_AT, value).partition(",")[2]
    good = ed25519_key.sign(event_id, SIGNED_AT, value).partition(",")[2]
    raw = decode(good)
    larger = int.from_bytes(raw[32:], "little") + ED25519_ORDER
    unreduced = encode(raw[:32] + larger.to_bytes(32, "little"))
    url_safe = good.replace("+", "-").replace("/", "_")
    assert url_safe != good
    # The body ends where the signature's own separator would: the id must not swallow the dot.
    shifted = hmac_key.sign("evt", SIGNED_AT, f"{SIGNED_AT}.{value}")

    def ed(name, signature):
        return row(f"v1a: {name}", ed25519_key, value, event_id, signature=signature, valid=False)

    return [
        ed("an HMAC under the public key, as v1", f"v1,{by_public_key}"),
        ed("an HMAC under the public key, as v1a", f"v1a,{by_public_key}"),
        ed("the good signature, as v1", f"v1,{good}"),
        ed("the scheme in capitals", f"V1A,{good}"),
        ed("s not reduced", f"v1a,{unreduced}"),
        ed("the alphabet of URLs", f"v1a,{url_safe}"),
        ed("zeros", f"v1a,{encode(bytes(64))}"),
        row("v1: the good signature, as v1a", hmac_key, value, event_id, signature=f"v1a,{good_hmac}", valid=False),
        row("v1: the scheme in capitals", hmac_key, value, event_id, signature=f"V1,{good_hmac}", valid=False),
        row("v1: zeros", hmac_key, value, event_id, signature=f"v1,{encode(bytes(32))}", valid=False),
        row("v1: the timestamp moved into the value", hmac_key, value, "evt", signature=shifted, valid=False),
    ]


def signed_vectors():
    hmac_key, ed25519_key = Hmac("backend-1", 32), Ed25519("backend-2")
    bases = []
    for scheme, key in (("v1", hmac_key), ("v1a", ed25519_key)):
        for name, value in VALUES.items():
            bases.append(row(f"{scheme} {name}", key, value))
        bases += [
            row(f"{scheme} an id of one character", key, PAYLOAD, event_id="0"),
            row(f"{scheme} an id of 128 characters", key, PAYLOAD, event_id=("Az09_-:~" * 16)),
            row(f"{scheme} the first second", key, PAYLOAD, timestamp=1),
            row(f"{scheme} a timestamp of eleven digits", key, PAYLOAD, timestamp=99999999999),
        ]
    bases += [
        row("v1 a key of 24 bytes", Hmac("short-key", 24), PAYLOAD),
        row("v1 a key of 64 bytes", Hmac("long-key", 64), PAYLOAD),
        row("v1a a secret of 64 bytes", Ed25519("long-secret", long_secret=True), PAYLOAD),
    ]
    vectors = []
    for base in bases:
        vectors += [base, *changed_copies(base)]
    vectors += list_vectors(hmac_key, ed25519_key) + confusion_vectors(hmac_key, ed25519_key)
    names = [vector["name"] for vector in vectors]
    assert len(set(names)) == len(names)
    for vector in vectors:
        assert verifies(vector) == vector["valid"], vector["name"]
    return vectors


def partition_vectors():
    customers = [
        "user_42", "0", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "user/with/slashes", "käthe", "東京",
        "שלום", "👋🏽", "ÿ", "user 42", "~", "ada@example.com", "x" * 255, "9007199254740993",
    ]  # fmt: skip
    uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    keys = [f"acme/e/{customer}" for customer in customers]
    keys += [f"acme/c/{uuid}", f"acme/v/{uuid}", "a/e/1", "long-account-name_0123456789/e/user_42"]
    counts = [1, 2, 3, 4, 6, 12, 50, 128, 1000]
    vectors = []
    for index, key in enumerate(keys):
        for count in {6, counts[index % len(counts)], counts[(index * 5 + 3) % len(counts)]}:
            data = key.encode()
            vectors.append({
                "key": key,
                "partitions": count,
                "murmur2": (murmur2(data) & 0x7FFFFFFF) % count,
                "crc32": (zlib.crc32(data) & 0xFFFFFFFF) % count,
            })  # fmt: skip
    return vectors


def write(name, vectors):
    lines = [json.dumps(vector, ensure_ascii=False, separators=(",", ":")) for vector in vectors]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(vectors)} vectors")


if __name__ == "__main__":
    write("signed.jsonl", signed_vectors())
    write("partitions.jsonl", partition_vectors())
