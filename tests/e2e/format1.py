"""Format 1 in Python, as include/README.md describes it: which reason, if any, a record has to be rejected for.

It shares nothing with the worker, so that random records can be judged by both. Not in it: partition, time, duplicates.
"""

import json
import math
import re

from signing import HmacKey, as_bytes, routing_key_of

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "cupbearer-key")
FORMS = {
    "webhook-id": rb"[A-Za-z0-9_:~-]{1,128}",
    "webhook-timestamp": rb"[1-9][0-9]{0,10}",
    "webhook-signature": rb"(.* )?v1a?,.*",
    "cupbearer-key": rb"[a-z0-9][a-z0-9_-]{0,62}",
}
NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Control, bidirectional, zero-width, and others that show nothing.
INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
BLANK = re.compile(f"[\\s{INVISIBLE}]*")
TAKEN = re.compile(r"cupbearer|ses_|gmail_|reminder|(quick_replies|disable_webhook_events|is_reminder)\Z")


def reason(event, keys):
    """What the worker must reject this record for; None where it is as good as it was. `keys`: the keyring's, by id."""
    return envelope_reason(event, keys) or payload_reason(event, keys)


# The envelope


def envelope_reason(event, keys):
    found = well_formed_headers(event)
    if found is None:
        return "malformed_headers"
    key = keys.get(found["cupbearer-key"].decode())
    if key is None:
        return "unknown_key"
    if not isinstance(key, HmacKey):
        return "bad_signature"  # for no record here is signed by another kind
    event_id, signed_at = (found[name].decode() for name in ("webhook-id", "webhook-timestamp"))
    right = key.sign_bytes(event_id, signed_at, event.value or b"").encode()
    return None if right in found["webhook-signature"].split(b" ") else "bad_signature"


def well_formed_headers(event):
    """The values of the four headers; None where one of them, or all together, are not in their form."""
    headers = [(name, as_bytes(value)) for name, value in event.headers]
    size = sum(len(name.encode()) + len(value or b"") for name, value in headers)
    if len(as_bytes(event.key) or b"") > 1024 or len(headers) > 32 or size > 8192:
        return None
    found = {}
    for name in HEADERS:
        values = [value for other, value in headers if other == name]
        if len(values) != 1 or values[0] is None or not re.fullmatch(FORMS[name], values[0], re.DOTALL):
            return None
        found[name] = values[0]
    return found


# The payload


class Wrong(Exception):
    """It is not a payload of format 1."""


def require(good):
    if not good:
        raise Wrong


def payload_reason(event, keys):
    try:
        content = read(event.value)
        check(content)
    except Wrong:
        return "bad_payload"
    key = keys[dict(event.headers)["cupbearer-key"]]
    if content["account"] not in key.accounts:
        return "account_not_granted"
    routing_key = routing_key_of({"account": content["account"], "to": given(content["to"])})
    return None if as_bytes(event.key) == routing_key.encode() else "wrong_routing_key"


def read(value):
    require(value is not None and 2 <= len(value) <= 256 * 1024)

    def members(pairs):
        require(len(dict(pairs)) == len(pairs))
        return dict(pairs)

    def whole(text):
        require(len(text) < 30 and -(2**63) <= int(text) < 2**63)
        return int(text)

    def real(text):
        require(math.isfinite(float(text)))
        return float(text)

    def constant(text):
        raise Wrong

    try:
        content = json.loads(
            value.decode(), object_pairs_hook=members, parse_int=whole, parse_float=real, parse_constant=constant
        )  # fmt: skip
    except (ValueError, RecursionError) as wrong:
        raise Wrong from wrong
    require(depth(content) <= 16)
    return content


def depth(content):
    """How deep it is nested; also looks at every string."""
    if isinstance(content, str):
        require(not re.search("[\x00\ud800-\udfff]", content))
    if not isinstance(content, (dict, list)):
        return 0
    parts = [*content, *content.values()] if isinstance(content, dict) else content
    return 1 + max(map(depth, parts), default=0)


def given(members):
    """Those that are not null: null means left out."""
    return {name: value for name, value in members.items() if value is not None}


def known(content, *names):
    require(isinstance(content, dict) and set(content) <= set(names))
    return given(content)


def text(members, name, least, most, required=False, shown=False, visible=False):
    if name not in members:
        return require(not required)
    value = members[name]
    require(isinstance(value, str) and least <= len(value) <= most)
    require(not shown or not BLANK.fullmatch(value))
    require(not visible or not re.search(f"[{INVISIBLE}]", value))


def number(members, name, least, most):
    value = members.get(name, least)
    require(type(value) is int and least <= value <= most)


def check(content):
    members = known(content, "account", "to", "message", "ttl", "deliver_within")
    text(members, "account", 1, 63, required=True)
    require(re.fullmatch(NAME, members["account"]))
    check_to(members.get("to"))
    check_message(members.get("message"))
    number(members, "ttl", 1, 60)
    number(members, "deliver_within", 1, 604800)


def check_to(content):
    to = known(content, "customer", "customer_id", "conversation_id")
    require(len(to) == 1)
    if "customer" not in to:
        [value] = to.values()
        return require(isinstance(value, str) and re.fullmatch(UUID, value))
    customer = known(to["customer"], "external_id", "email", "name", "phone", "host", "metadata")
    text(customer, "external_id", 1, 255, required=True, shown=True, visible=True)
    require(customer["external_id"] not in ("null", "undefined"))
    for name in ("email", "name", "phone"):
        text(customer, name, 0, 255)
    text(customer, "host", 1, 255, visible=True)
    metadata(customer)


def check_message(content):
    message = known(content, "body", "quick_replies", "metadata", "webhooks")
    text(message, "body", 1, 10000, required=True, shown=True)
    replies = message.get("quick_replies", [])
    require(isinstance(replies, list) and len(replies) <= 10)
    actions = []
    for reply in replies:
        reply = {"text": reply} if isinstance(reply, str) else known(reply, "text", "action")
        text(reply, "text", 1, 80, required=True, shown=True)
        text(reply, "action", 1, 255)
        actions.append(reply.get("action", reply["text"]))
    require(len(set(actions)) == len(actions))
    metadata(message)
    require(not any(TAKEN.match(name) for name in message.get("metadata", {})))
    require(type(message.get("webhooks", False)) is bool)


def metadata(members):
    content = members.get("metadata", {})
    require(isinstance(content, dict))
    require(len(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()) <= 16 * 1024)
