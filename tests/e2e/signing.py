"""Signs events as a backend would: with `standardwebhooks` (v1) and `cryptography` (v1a), nothing of cupbearer's."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from standardwebhooks import Webhook


@dataclass
class Event:
    """A signed record, before it is published. Headers are a list: a test may repeat one."""

    key: str | bytes | None
    headers: list
    value: bytes | None

    def header(self, name):
        return dict(self.headers)[name]

    def with_header(self, name, text):
        """The same record with another header, or without it (None)."""
        others = [pair for pair in self.headers if pair[0] != name]
        return replace(self, headers=others if text is None else [*others, (name, text)])

    @property
    def id(self):
        return self.header("webhook-id")


class Key:
    """A sender's key with its entry in the keyring; `limits` are the entry's not_before, not_after, revoked."""

    def __init__(self, key_id, sender="backend", accounts=("acme",), **limits):
        self.id = key_id
        self.sender = sender
        self.accounts = list(accounts)
        self.limits = limits

    def entry(self):
        return {"id": self.id, "sender": self.sender, "key": self.key, "accounts": self.accounts, **self.limits}


class HmacKey(Key):
    def __init__(self, key_id, **settings):
        super().__init__(key_id, **settings)
        self.key = self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.webhook = Webhook(self.key)

    def sign(self, event_id, signed_at, value):
        return self.webhook.sign(event_id, datetime.fromtimestamp(signed_at, timezone.utc), value)

    def sign_bytes(self, event_id, signed_at, value):
        """The same for a value that is no text, for which the library has no way."""
        secret = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = hmac.digest(secret, f"{event_id}.{signed_at}.".encode() + value, hashlib.sha256)
        return "v1," + base64.b64encode(signed).decode()


class Ed25519Key(Key):
    def __init__(self, key_id, **settings):
        super().__init__(key_id, **settings)
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        seed = self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.key = "whpk_" + base64.b64encode(public).decode()
        self.secret = "whsk_" + base64.b64encode(seed).decode()

    def sign(self, event_id, signed_at, value):
        return "v1a," + base64.b64encode(self.private.sign(f"{event_id}.{signed_at}.{value}".encode())).decode()


def payload(external_id, body="Need a hand?", account="acme", **more):
    """A payload of format 1; `name` and `email` go to the customer, `quick_replies` and `metadata` into the message, the
    rest beside it."""
    message, customer = {"body": body}, {"external_id": external_id}
    for member in ("name", "email"):
        if member in more:
            customer[member] = more.pop(member)
    for member in ("quick_replies", "metadata"):
        if member in more:
            message[member] = more.pop(member)
    return {"account": account, "to": {"customer": customer}, "message": message, **more}


def routing_key_of(content):
    to = content["to"]
    if "customer" in to:
        address = f"e/{to['customer']['external_id']}"
    else:
        address = f"c/{to['customer_id']}" if "customer_id" in to else f"v/{to['conversation_id']}"
    return f"{content['account']}/{address}"


def sign(key, content, event_id=None, signed_at=None, routing_key=None):
    """The record of a payload; signed now, under a fresh id and the payload's routing key unless said otherwise."""
    event_id = event_id or f"evt_{secrets.token_hex(8)}"
    signed_at = signed_at or int(time.time())
    value = json.dumps(content, ensure_ascii=False)
    if routing_key is None:
        routing_key = routing_key_of(content)
    headers = [
        ("webhook-id", event_id),
        ("webhook-timestamp", str(signed_at)),
        ("webhook-signature", key.sign(event_id, signed_at, value)),
        ("cupbearer-key", key.id),
    ]
    return Event(routing_key, headers, value.encode())


def large_events(key, customer, count):
    """Signed, 2 kB each, to 40 customers in turn."""
    return [sign(key, payload(f"{customer}_{n % 40}", f"{n} " + "x" * 2000)) for n in range(count)]


def sign_bytes(key, value, routing_key, event_id=None, signed_at=None):
    """The record of a value that need not be a payload, nor text; None is signed as an empty one."""
    event_id = event_id or f"evt_{secrets.token_hex(8)}"
    signed_at = signed_at or int(time.time())
    headers = [
        ("webhook-id", event_id),
        ("webhook-timestamp", str(signed_at)),
        ("webhook-signature", key.sign_bytes(event_id, signed_at, value or b"")),
        ("cupbearer-key", key.id),
    ]
    return Event(routing_key, headers, value)


def as_bytes(text):
    """As Kafka has it: of a key, a value or a header."""
    return text.encode() if isinstance(text, str) else text
