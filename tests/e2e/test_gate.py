"""The gate: what it lets into the topic and what not, and what it answers to whom. On the real Kafka, with a worker."""

import base64
import copy
import gzip
import http.client
import itertools
import json
import re
import socket
import threading
import time
from contextlib import ExitStack

import pytest
from broker import ROOT, Reader, wait_until
from gate import Gate, read_to_end, record_of
from programs import run_program
from signing import Ed25519Key, Event, HmacKey, payload, sign
from world import BACKEND, KEYS, World, bodies

SHOP, OTHER = "https://shop.example", "https://globex.example"


GATE_KEY = Ed25519Key("gate-1", sender="gate", accounts=["acme", "globex"])
TOKENS = {
    "acme": ["--account", "acme"],
    "both": ["--account", "acme", "--account", "globex"],
    "globex": ["--account", "globex"],
    "unknown": ["--account", "initech", "--account", "acme"],
    "named": ["--account", "acme", "--message", "need-help"],
}


MESSAGES = {
    "need-help": {
        "body": "Hello {{name}}, see [your order]({{link}}).",
        "quick_replies": ["Reset my password", {"text": "Order {{order}}?", "action": "order_status"}],
        "ttl": 30,
        "blanks": {
            "name": {"type": "text", "default": "there"}, "order": {"type": "number"},
            "link": {"type": "url", "default": "https://shop.example/help"},
        },
    },
    "secret": {"body": "For others."},
    "broken": "{",
}  # fmt: skip


def make_token(name, *words):
    """(the token, its entry), as `cupbearer keygen --token` makes them."""
    made = run_program("keygen", "--token", name, *words)
    assert made.returncode == 0, made.stderr
    token, entry = made.stdout.split("\n", 1)
    return token, json.loads(entry)


def write_tokens(path, *tokens):
    path.touch(mode=0o600)
    path.write_text(json.dumps({"tokens": [entry for _, entry in tokens]}))


class GateWorld(World):
    """A worker and a gate by the same configuration, with a second account."""

    keys = (*KEYS.values(), GATE_KEY)

    def token(self, name):
        return self.tokens[name][0]

    def expect_counted(self):
        """Not here: among the receipts is one that no worker wrote."""

    def audit(self):
        path = self.installation.directory / "audit.log"
        return path.read_text().splitlines() if path.exists() else []

    def prepare(self):
        directory = self.installation.directory
        self.installation.configure(
            "gate", listen="127.0.0.1:0", address_rate=0, key_rate=0, tokens_file=directory / "tokens.json",
            key_file=self.installation.secret_write("gate.key", GATE_KEY.secret), key_id=GATE_KEY.id,
            audit_log=directory / "audit.log", messages_dir=directory / "messages", link_hosts="shop.example",
        )  # fmt: skip
        (directory / "messages").mkdir()
        for name, message in MESSAGES.items():
            (directory / "messages" / f"{name}.json").write_text(
                message if isinstance(message, str) else json.dumps(message)
            )
        self.tokens = {name: make_token(name, *words) for name, words in TOKENS.items()}
        write_tokens(directory / "tokens.json", *self.tokens.values())
        self.installation.configure("account acme", origins=f"{SHOP} http://localhost:3000")
        self.installation.add_account("globex", origins=OTHER)


@pytest.fixture(scope="module")
def world(tmp_path_factory, kafka):
    made = GateWorld(tmp_path_factory.mktemp("gate"), kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture(scope="module")
def gate(world):
    made = Gate(world.installation)
    yield made
    made.stop()


@pytest.fixture
def own_gate(installation):
    """Starts a gate of the test's own, with these settings in [gate]."""
    made = []

    def start(**settings):
        installation.configure("gate", **{"listen": "127.0.0.1:0", **settings})
        made.append(Gate(installation, len(made) + 1))
        return made[-1]

    yield start
    for one in made:
        print(one.tail())
        one.discard()


# ---- POST /v1/events ----


def test_what_the_gate_answers_202_to_is_delivered(world, gate, customer):
    event = sign(BACKEND, payload(customer, "through the gate"))
    answer = gate.publish(event)
    assert answer.status == 202
    assert answer.json["event_id"] == event.id and answer.json["topic"] == world.topics.events
    receipt = world.receipt((answer.json["partition"], answer.json["offset"]))
    assert (receipt["event_id"], receipt["outcome"]) == (event.id, "delivered")
    assert bodies(world, customer) == ["through the gate"]


# What is found when a record is opened, and what when it is judged, by the gate's clock. All reasons stand in
# tests/unit/tables/checks.txt.
REFUSED = {
    "bad_signature": lambda who: sign(HmacKey("backend-1"), payload(who)),
    "expired": lambda who: sign(BACKEND, payload(who), signed_at=int(time.time()) - 120),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_a_worker_would_reject_is_refused_with_its_reason_and_not_published(world, gate, customer, reason):
    before = world.records_published()
    answer = gate.publish(REFUSED[reason](customer))
    assert (answer.status, answer.json["reason"]) == (422, reason)
    assert answer.error
    assert world.records_published() == before


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"nul", b'{"key": 1, "headers": {}, "value": ""}', b'{"key": "a", "headers": {}}',
    b'{"key": "a", "key": "a", "headers": {}, "value": ""}', b'{"key": "a", "headers": {"a": 1}, "value": ""}',
    b'{"key": "\\u0000", "headers": {}, "value": ""}', b"\xff", b'{"a":' * 100000,
], ids=str)  # fmt: skip
def test_what_is_no_record_is_400(gate, body):
    answer = gate.call("POST", "/v1/events", body[:200000], {"Content-Type": "application/json"})
    assert answer.status == 400
    assert "record" in answer.error


def test_a_record_of_the_largest_payload_is_taken(world, gate, customer):
    """Near both of its bounds, and with each character written as an escape by the JSON around it."""
    content = payload(customer, "😀" * 10000, metadata={"m": "é" * 8000})
    event = sign(BACKEND, content)
    answer = gate.call("POST", "/v1/events", record_of(event))
    assert answer.status == 202, answer
    assert world.receipt((answer.json["partition"], answer.json["offset"]))["outcome"] == "delivered"


@pytest.mark.parametrize("size", [(1 << 20) + 1, 3 << 20, 16 << 20])
def test_a_body_that_is_too_large_is_413(gate, size):
    try:
        answer = gate.call("POST", "/v1/events", b" " * size, {"Content-Type": "application/json"})
    except (BrokenPipeError, ConnectionResetError):
        assert size > 4 << 20  # nobody reads what cannot be right
        return
    assert answer.status == 413
    assert answer.error


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_what_does_not_say_that_it_is_json_is_415(gate, kind, customer):
    body = json.dumps(record_of(sign(BACKEND, payload(customer)))).encode()
    answer = gate.call("POST", "/v1/events", body, {"Content-Type": kind} if kind else {})
    assert answer.status == 415
    assert "application/json" in answer.error


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "identity, gzip", None])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/send"])
def test_a_packed_body_is_415_and_says_what_to_do(world, gate, customer, path, coding):
    before = world.records_published()
    event = sign(BACKEND, payload(customer))
    body = gzip.compress(json.dumps(record_of(event) if path == "/v1/events" else {"payload": payload(customer)}).encode())
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {world.token('acme')}"}
    answer = gate.call("POST", path, body, headers | ({"Content-Encoding": coding} if coding else {}))
    assert answer.status == 415
    assert "Content-Encoding" in answer.error and answer.headers["accept-encoding"] == "identity"
    assert world.records_published() == before


def test_a_body_that_says_that_it_is_not_packed_is_taken(gate, customer):
    assert gate.publish(sign(BACKEND, payload(customer)), **{"Content-Encoding": "identity"}).status == 202


def test_a_key_that_is_taken_out_of_the_keyring_is_unknown_at_once_after_sighup(own_gate, installation, key, customer):
    gate = own_gate()
    assert gate.publish(sign(key, payload(customer))).status == 202
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": [HmacKey("another").entry()]}))
    gate.process.send_signal(1)
    gate.await_log("event=reloaded")
    answer = gate.publish(sign(key, payload(customer)))
    assert (answer.status, answer.json["reason"]) == (422, "unknown_key")
    (installation.directory / "keyring.json").write_text("{")
    gate.process.send_signal(1)
    gate.await_log("event=stale")
    assert gate.publish(sign(key, payload(customer))).json["reason"] == "unknown_key"
    wait_until(lambda: stale_files(gate) == {"keyring"}, "the metric")


def stale_files(gate):
    found = {name: re.fullmatch(r"cupbearer_(?:gate_)?(\w+)_stale", name) for name in gate.metrics().types}
    return {match[1] for name, match in found.items() if match and gate.metrics().value(name) == 1}


def test_a_tokens_file_that_is_gone_is_told_until_it_is_back(own_gate, installation):
    tokens = installation.directory / "tokens.json"
    write_tokens(tokens, make_token("shop", "--account", "acme"))
    gate = own_gate(tokens_file=tokens)
    assert stale_files(gate) == set()
    tokens.unlink()
    gate.process.send_signal(1)
    wait_until(lambda: stale_files(gate) == {"tokens"}, "the metric", explain=gate.tail)
    write_tokens(tokens, make_token("shop", "--account", "acme"))
    gate.process.send_signal(1)
    wait_until(lambda: stale_files(gate) == set(), "it is good again", explain=gate.tail)


def hang_up(gate, installation, wanted):
    """With the configuration as the test has it by now; waits for what the log says of it, which it has not said before."""
    assert not re.search(wanted, gate.text())
    installation.configuration()
    gate.process.send_signal(1)
    gate.await_log(wanted)


def test_an_account_is_added_to_a_running_gate_and_set_otherwise_by_sighup(own_gate, installation, customer):
    key = HmacKey("elsewhere-1", accounts=["globex"])
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": [key.entry()]}))
    gate = own_gate()
    answer = gate.publish(sign(key, payload(customer, account="globex")))
    assert (answer.status, answer.json["reason"]) == (422, "account_not_granted")
    installation.add_account("globex")
    hang_up(gate, installation, r"event=reloaded detail=\S*cupbearer\.conf added=globex accounts=2")
    assert gate.publish(sign(key, payload(customer, account="globex"))).status == 202
    assert gate.publish(sign(key, payload(customer, account="globex")), Origin=OTHER).status == 403
    installation.configure("account globex", origins=OTHER)
    hang_up(gate, installation, r"event=reloaded detail=\S*cupbearer\.conf changed=globex accounts=2")
    answer = gate.publish(sign(key, payload(customer, account="globex")), Origin=OTHER)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (202, OTHER)
    installation.configure("worker", settle_time="2s")  # which a gate does not read
    hang_up(gate, installation, "event=unchanged detail=.configuration, keyring and tokens are")


def test_what_a_gate_cannot_put_into_use_leaves_the_configuration_before_and_is_named(own_gate, installation, customer):
    key = HmacKey("elsewhere-1", accounts=["globex"])
    (installation.directory / "keyring.json").write_text(json.dumps({"keys": [key.entry()]}))
    installation.add_account("globex")
    gate = own_gate()
    before = copy.deepcopy(installation.settings)
    conf = rf"{re.escape(str(installation.directory))}/cupbearer\.conf"
    for section, settings, said in (
        ("gate", {"key_rate": 7}, rf"takes a restart: {conf}:\d+: \[gate\] key_rate; what was read before stays in use"),
        ("topics", {"events": "other"}, rf"takes a restart: {conf}:\d+: \[topics\] events"),
        ("account acme", {"max_in_flight": "many"}, rf"{conf}:\d+: max_in_flight must be from 1 to 64"),
        ("account globex", None, rf"takes a restart: {conf}: \[account globex\] is not there any more"),
    ):
        installation.settings = copy.deepcopy(before)
        installation.add_account("initech")
        if settings is None:
            del installation.settings[section]
        else:
            installation.configure(section, **settings)
        hang_up(gate, installation, f"level=error event=stale detail=.*{said}")
        assert stale_files(gate) == {"configuration"}
        assert gate.publish(sign(key, payload(customer, account="globex"))).status == 202
    assert "event=reloaded" not in gate.text() and gate.runs()


# ---- limits ----


def test_a_key_that_sends_too_much_is_told_to_wait(own_gate, key, customer):
    gate = own_gate(key_rate=3, address_rate=0)
    answers = [gate.publish(sign(key, payload(customer))) for _ in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert "key_rate" in answers[-1].error
    stranger = gate.publish(sign(HmacKey(key.id), payload(customer)))
    assert stranger.status == 422, "who has not the key cannot use up its limit, nor see it"


def test_an_address_that_asks_too_often_is_told_to_wait(own_gate, customer):
    gate = own_gate(address_rate=3)
    stranger = HmacKey("backend-1")
    statuses = [gate.publish(sign(stranger, payload(customer))).status for _ in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    assert gate.call("GET", "/healthz").status == 200


def test_behind_a_proxy_the_address_is_what_the_proxy_adds(own_gate, installation, customer):
    gate = own_gate(address_rate=2, public_url="https://gate.example")
    stranger = HmacKey("backend-1")

    def status(chain):
        return gate.publish(sign(stranger, payload(customer)), **{"X-Forwarded-For": chain}).status

    assert [status(f"10.0.0.{number}, 192.0.2.1") for number in range(3)] == [422, 422, 429]
    assert status("192.0.2.1, 192.0.2.2") == 422
    assert [status(f"2001:db8:1:2::{number:x}") for number in range(3)] == [422, 422, 429]
    assert status("2001:db8:1:3::1") == 422


# ---- POST /v1/send ----


def test_what_a_token_sends_is_signed_by_the_gate_and_delivered(world, gate, customer):
    answer = gate.send({"payload": payload(customer, "signed for you", metadata={"n": 1.5})}, world.token("acme"))
    assert answer.status == 202
    receipt = world.receipt((answer.json["partition"], answer.json["offset"]))
    assert (receipt["event_id"], receipt["outcome"]) == (answer.json["event_id"], "delivered")
    assert receipt["sender"] == "gate"
    assert bodies(world, customer) == ["signed for you"]


def test_an_id_of_ones_own_makes_a_repetition_a_duplicate(world, gate, customer):
    wanted = {"payload": payload(customer), "event_id": f"order-{customer}"}
    places = []
    for _ in range(2):
        answer = gate.send(wanted, world.token("acme"))
        assert (answer.status, answer.json["event_id"]) == (202, wanted["event_id"])
        places.append((answer.json["partition"], answer.json["offset"]))
    assert [world.receipt(place)["outcome"] for place in places] == ["delivered", "duplicate"]


def test_an_idempotency_key_is_the_events_id_and_makes_a_repetition_a_duplicate(world, gate, customer):
    """In quotes, as the IETF's draft wants it, or without, as many clients send it."""
    key, places = f"order-{customer}", []
    for text in (f'"{key}"', key):
        answer = gate.send({"payload": payload(customer)}, world.token("acme"), **{"Idempotency-Key": text})
        assert (answer.status, answer.json["event_id"]) == (202, key)
        places.append((answer.json["partition"], answer.json["offset"]))
    assert [world.receipt(place)["outcome"] for place in places] == ["delivered", "duplicate"]
    given = gate.send({"payload": payload(customer), "event_id": f"own-{customer}"}, world.token("acme"), **{"Idempotency-Key": "a.b"})
    assert (given.status, given.json["event_id"]) == (202, f"own-{customer}"), "it counts only where none is given"
    answer = gate.send(named(customer), world.token("named"), **{"Idempotency-Key": f"named-{customer}"})
    assert (answer.status, answer.json["event_id"]) == (202, f"named-{customer}")


@pytest.mark.parametrize("key", ["", '""', "a.b", '"a b"', '"a', "x" * 129, '"a\\"b"', "a, b", '"a";x=1'])
def test_an_idempotency_key_that_can_be_no_id_is_refused(world, gate, customer, key):
    before = world.records_published()
    answer = gate.send({"payload": payload(customer)}, world.token("acme"), **{"Idempotency-Key": key})
    assert (answer.status, answer.json["field"]) == (422, "Idempotency-Key")
    assert "A-Z a-z 0-9" in answer.error
    assert world.records_published() == before


def test_two_idempotency_keys_are_none(world, gate, customer):
    body = json.dumps({"payload": payload(customer)}).encode()
    lines = {"Authorization": f"Bearer {world.token('acme')}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    request = head("POST", "/v1/send", **lines, Idempotency_Key="a\r\nIdempotency-Key: b", Connection="close")
    assert status_of(gate.raw(request + body)) == 422


@pytest.mark.parametrize("authorization", [
    None, "", "Bearer", "Bearer ", "Bearer x", "Basic {token}", "{token}", "Bearer {token}x", "Bearer {token} {token}",
    "Bearer {hash}",
])  # fmt: skip
def test_without_a_good_token_nothing_is_signed(world, gate, customer, authorization):
    token, entry = world.tokens["acme"]
    before = world.records_published()
    headers = {}
    if authorization is not None:
        headers["Authorization"] = authorization.format(token=token, hash=entry["hash"])
    answer = gate.call("POST", "/v1/send", {"payload": payload(customer)}, headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert token not in answer.error
    assert world.records_published() == before


@pytest.mark.parametrize("token, account, status", [
    ("globex", "acme", 403), ("acme", "globex", 403), ("acme", "initech", 403), ("unknown", "initech", 422), ("named", "acme", 403),
])  # fmt: skip
def test_a_token_sends_only_what_it_is_granted(world, gate, customer, token, account, status):
    before = world.records_published()
    answer = gate.send({"payload": payload(customer, account=account)}, world.token(token))
    assert answer.status == status, answer
    assert answer.error
    assert world.records_published() == before


@pytest.mark.parametrize("content, field", [
    ({}, "message"), ({"payload": "x"}, "payload"), ({"message": "need-help"}, "account"),
    ({"message": "need-help", "account": "acme"}, "to"), ({"message": "need-help", "account": "acme", "to": 1}, "to"),
    ({"payload": {}, "message": "need-help"}, "message"), ({"payload": {}, "to": {}}, "to"), ({"payload": None}, "payload"), ({"payload": {}, "surprise": 1}, "surprise"),
    ({"payload": {}, "event_id": "a.b"}, "event_id"), ({"payload": {}, "event_id": 1}, "event_id"),
    ({"payload": {}, "event_id": None}, "event_id"),
])  # fmt: skip
def test_what_is_no_order_to_send_names_the_member(world, gate, content, field):
    answer = gate.send(content, world.token("acme"))
    assert (answer.status, answer.json["field"]) == (422, field)


def test_a_payload_that_a_worker_would_refuse_is_not_signed(world, gate, customer):
    lines = len(world.audit())
    answer = gate.send({"payload": {**payload(customer), "surprise": 1}}, world.token("acme"))
    assert (answer.status, answer.json["reason"]) == (422, "bad_payload")
    assert "surprise" in answer.error
    assert len(world.audit()) == lines


@pytest.mark.parametrize("body, status", [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"payload":{},"payload":{}}', 400)])
def test_a_body_that_is_no_json_object_is_400(world, gate, body, status):
    headers = {"Authorization": f"Bearer {world.token('acme')}", "Content-Type": "application/json"}
    assert gate.call("POST", "/v1/send", body, headers).status == status


def test_each_signature_is_a_line_of_the_audit_log_without_the_message(world, gate, customer):
    answer = gate.send({"payload": payload(customer, "between us")}, world.token("both"))
    line = world.audit()[-1]
    for word in ("event=signed", "who=both", f"key={GATE_KEY.id}", "account=acme", f"event_id={answer.json['event_id']}"):
        assert word in line.split()
    assert "between us" not in line and customer not in line
    assert (world.installation.directory / "audit.log").stat().st_mode & 0o777 == 0o600


def test_nothing_is_signed_that_the_audit_log_cannot_hold(own_gate, installation, key, customer, topics, kafka):
    token = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", token)
    gate = own_gate(
        tokens_file=installation.directory / "tokens.json", audit_log="/dev/full",
        key_file=installation.secret_write("gate.key", key.secret), key_id=key.id,
    )  # fmt: skip
    answer = gate.send({"payload": payload(customer)}, token[0])
    assert answer.status == 503
    assert "audit_log" in answer.error


def named(customer, message="need-help", blanks=None, **more):
    blanks = {"order": 7} if blanks is None else blanks
    return {"account": "acme", "to": {"customer": {"external_id": customer}}, "message": message, "blanks": blanks, **more}


def test_a_template_is_sent_by_its_name(world, gate, customer):
    answer = gate.send(named(customer, blanks={"order": 7, "name": "*Ada*"}), world.token("named"))
    assert answer.status == 202, answer
    world.receipt((answer.json["partition"], answer.json["offset"]))
    (message,) = world.standin.messages(customer)
    assert message["body"] == r"Hello \*Ada\*, see [your order](https://shop.example/help)."
    assert message["metadata"]["quick_replies"][1] == {"text": "Order 7?", "action": "order_status"}
    assert "message=need-help" in world.audit()[-1].split()


@pytest.mark.parametrize("content, status, field", [
    ({"message": "secret"}, 403, "message"), ({"message": "broken"}, 403, "message"), ({"message": "../x"}, 403, "message"),
    ({"account": "globex"}, 403, "account"), ({"blanks": {}}, 422, "blanks.order"), ({"blanks": []}, 422, "blanks"),
    ({"blanks": {"order": [1]}}, 422, "blanks.order"), ({"surprise": 1}, 422, "surprise"),
    ({"blanks": {"order": 1, "link": "https://evil.example/"}}, 422, "blanks.link"),
])  # fmt: skip
def test_what_is_wrong_with_a_named_message_is_named(world, gate, customer, content, status, field):
    answer = gate.send({**named(customer), **content}, world.token("named"))
    assert (answer.status, answer.json["field"]) == (status, field), answer


@pytest.mark.parametrize("message, words", [("broken", "is broken"), ("nothing", "nothing"), ("../keyring", ""), ("A", ""), ("", "")])
def test_a_message_that_is_not_there_is_not_sent(world, gate, customer, message, words):
    answer = gate.send(named(customer, message), world.token("acme"))
    assert (answer.status, answer.json["field"]) == (422, "message")
    assert words in answer.error


def test_a_token_that_sends_too_much_is_told_to_wait(own_gate, installation, key, customer):
    token, entry = make_token("shop", "--account", "acme")
    path = installation.directory / "tokens.json"
    write_tokens(path, (token, {**entry, "per_minute": 2}))
    gate = own_gate(
        tokens_file=path, key_file=installation.secret_write("gate.key", key.secret), key_id=key.id, key_rate=1
    )
    answers = [gate.send({"payload": payload(customer)}, token) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    gate.await_log("event=signed who=shop")  # without a file the log has the line
    write_tokens(path)
    gate.process.send_signal(1)
    gate.await_log("event=reloaded")
    assert gate.send({"payload": payload(customer)}, token).status == 401


def test_a_gate_without_a_key_signs_nothing(own_gate, installation, customer):
    token = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", token)
    gate = own_gate(tokens_file=installation.directory / "tokens.json")
    answer = gate.send({"payload": payload(customer)}, token[0])
    assert answer.status == 501
    assert "key_file" in answer.error
    answer = gate.send(named(customer), token[0])
    assert answer.status == 501
    assert "messages_dir" in answer.error


# ---- receipts ----


def test_the_receipt_of_what_was_sent_is_waited_for(world, gate, customer):
    answer = gate.publish(sign(BACKEND, payload(customer)))
    receipt = gate.receipt(answer.json["event_id"], world.token("acme"))
    assert receipt.status == 200
    assert receipt.json == world.receipt((answer.json["partition"], answer.json["offset"]))
    assert receipt.json["outcome"] == "delivered"
    at_once = gate.receipt(answer.json["event_id"], world.token("acme"), wait=0)
    assert at_once.json == receipt.json


def test_no_receipt_yet_is_204(world, gate):
    for wait in (0, 1):
        answer = gate.receipt("evt_nobody", world.token("acme"), wait=wait)
        assert (answer.status, answer.body) == (204, b"")


def test_a_receipt_of_an_account_that_the_token_is_not_granted_is_not_there(world, gate, customer):
    event = sign(BACKEND, payload(customer))
    gate.publish(event)
    assert gate.receipt(event.id, world.token("acme")).status == 200
    assert gate.receipt(event.id, world.token("globex"), wait=1).status == 204
    assert gate.receipt(event.id, world.token("both"), wait=0).status == 200


def test_the_event_counts_and_not_its_repetition_unless_that_is_asked_for(world, gate, customer):
    event = sign(BACKEND, payload(customer))
    places = [gate.publish(event).json for _ in range(2)]
    for place in places:
        world.receipt((place["partition"], place["offset"]))

    def outcome(where=""):
        path = f"/v1/events/{event.id}/receipt?wait=30{where}"
        return gate.call("GET", path, None, {"Authorization": f"Bearer {world.token('acme')}"}).json["outcome"]

    repetition = places[1]
    assert outcome(f"&partition={repetition['partition']}&offset={repetition['offset']}") == "duplicate"
    assert outcome() == "delivered"


@pytest.mark.parametrize("query, field", [
    ("wait=61", "wait"), ("wait=x", "wait"), ("wait=", "wait"), ("wait=-1", "wait"), ("wait=1&wait=2", "wait"),
    ("partition=1", "offset"), ("offset=1", "partition"), ("partition=x&offset=1", "partition"),
])  # fmt: skip
def test_a_query_that_is_no_good_is_400(world, gate, query, field):
    answer = gate.call("GET", f"/v1/events/e/receipt?{query}", None, {"Authorization": f"Bearer {world.token('acme')}"})
    assert answer.status == 400
    assert answer.json["field"] == field


@pytest.mark.parametrize("path", ["/v1/events/e/receipt", "/v1/events/e/seen", "/v1/receipts"])
def test_receipts_want_a_token(gate, path):
    assert gate.call("GET", path).status == 401
    assert gate.call("GET", path, None, {"Authorization": "Bearer x"}).status == 401


def test_a_forged_receipt_is_not_told(world, gate, customer):
    event = sign(BACKEND, payload(customer))
    forged = {
        "event_id": event.id, "sender": "backend", "account": "acme", "outcome": "delivered", "topic": world.topics.events,
        "partition": 0, "offset": 0, "record_timestamp": 1, "admitted_at": 1, "finished_at": 1, "attempts": 1,
    }  # fmt: skip
    headers = [("cupbearer-mac", base64.b64encode(b"x" * 32).decode())]
    forgery = Event(event.key, headers, json.dumps(forged).encode())
    later = Event(event.key, [("cupbearer-mac", "v2,made in another way")], forgery.value)
    *_, place = world.kafka.publish(world.topics.receipts, [later, later, forgery], 0)
    gate.await_log(f"event=receipt_ignored detail=.*/{place[0]}/{place[1]} ")
    assert gate.receipt(event.id, world.token("acme"), wait=0).status == 204
    assert gate.text().count("event=other_version") == 1


def test_receipts_of_another_mark_secret_are_counted_and_told_once(own_gate, installation, kafka, topics, key, customer):
    worker = installation.worker()
    for number in range(20):
        kafka.publish(topics.events, [sign(key, payload(customer, f"message {number}"))])
    worker.await_log(r"(?s)(event=settled.*){20}")
    other = installation.directory / "other.key"
    assert run_program("keygen", "--mark", other).returncode == 0
    installation.configure("worker", mark_secret_file=other)
    gate = own_gate()
    wait_until(lambda: gate.metrics().value("cupbearer_foreign_receipts_total") == 20, "all are counted", explain=gate.tail)
    assert gate.text().count("event=receipt_ignored") == 1
    assert "another mark secret" in gate.text()


def test_receipts_are_streamed_to_whom_they_concern(world, gate, customer):
    with gate.listen(world.token("acme")) as acme, gate.listen(world.token("globex")) as globex:
        event = sign(BACKEND, payload(customer))
        gate.publish(event)
        kind, place, told = acme.next()
        assert (kind, told["event_id"], told["outcome"]) == ("receipt", event.id, "delivered")
        assert told["account"] == "acme"
        partition, offset = map(int, place.split("/")[1:])
        assert (partition, offset) in [record.place for record in world.receipts.read()]
        other = sign(KEYS["elsewhere-1"], payload(customer, account="globex"))
        gate.publish(other)
        assert globex.next()[2]["event_id"] == other.id, "the first that globex hears is its own"


def test_who_comes_back_with_the_last_id_misses_nothing(world, gate, customer):
    with gate.listen(world.token("acme")) as listener:
        gate.publish(sign(BACKEND, payload(customer)))
        _, last, _ = listener.next()
    missed = [sign(BACKEND, payload(customer)) for _ in range(3)]
    for event in missed:
        gate.publish(event)
        gate.receipt(event.id, world.token("acme"))
    with gate.listen(world.token("acme"), last) as listener:
        assert [listener.next()[2]["event_id"] for _ in missed] == [event.id for event in missed]
    start = last.split("/")[0]
    before = last.replace(start, f"{int(start, 16) ^ 1:08x}")  # another start's
    for unknown in (f"{start}/0/99999999", "x", f"{start}/999999999/1", before, last.removeprefix(f"{start}/")):
        with gate.listen(world.token("acme"), unknown) as listener:
            assert listener.next()[0] == "gap", "what may be missing is said"
            assert listener.next()[0] == "receipt"


def test_a_gate_that_was_started_later_knows_the_receipts_before_it(world, customer):
    event = sign(BACKEND, payload(customer))
    world.receipt(world.publish(event))
    late = Gate(world.installation, "late")
    assert late.receipt(event.id, world.token("acme")).json["outcome"] == "delivered"
    late.stop()


def test_a_stream_ends_when_its_token_is_taken_back(own_gate, installation, key, customer):
    token = make_token("shop", "--account", "acme")
    path = installation.directory / "tokens.json"
    write_tokens(path, token)
    installation.worker()
    gate = own_gate(tokens_file=path)
    with gate.listen(token[0]) as listener:
        write_tokens(path)
        gate.process.send_signal(1)
        gate.await_log("event=reloaded")
        gate.publish(sign(key, payload(customer)))
        assert listener.next() is None


def test_a_gate_that_stops_answers_first_and_ends_its_streams(own_gate, installation):
    token = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", token)
    gate = own_gate(tokens_file=installation.directory / "tokens.json")
    answers = []
    with gate.listen(token[0]) as listener:
        waiting = threading.Thread(target=lambda: answers.append(gate.receipt("evt_nobody", token[0], wait=60)))
        waiting.start()
        gate.await_log("event=request .*path=/v1/events/evt_nobody/receipt")
        gate.stop()
        assert listener.next() is None
    waiting.join()
    assert [answer.status for answer in answers] == [204]


def test_a_gate_that_stops_under_load_answers_for_all_that_it_published(own_gate, kafka, topics, key, customer):
    gate = own_gate(address_rate=0, key_rate=0)
    taken, under_way = set(), threading.Barrier(17)

    def publish_on_one_connection(number):
        connection = http.client.HTTPConnection(gate.host, gate.port, timeout=60)
        for n in itertools.count():
            event = sign(key, payload(f"{customer}_{number}"))
            try:
                connection.request("POST", "/v1/events", json.dumps(record_of(event)), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
            except (ConnectionError, http.client.HTTPException):
                return
            if answer.status != 202:
                return
            taken.add(event.id)
            if n == 5:
                under_way.wait()

    callers = [threading.Thread(target=publish_on_one_connection, args=[number]) for number in range(16)]
    for caller in callers:
        caller.start()
    under_way.wait()
    gate.stop()
    for caller in callers:
        caller.join()
    reader = Reader(kafka, topics.events, topics.partitions)
    ends = [reader.consumer.get_watermark_offsets(where, timeout=10)[1] for where in reader.consumer.assignment()]
    reader.close()
    assert sum(ends) == len(taken)


def test_a_receipts_topic_that_is_made_again_is_read_from_its_beginning(kafka, topics, ledger, own_gate, installation, key, customer):
    token, entry = make_token("acme", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", (token, entry))
    [before, after] = ledger.publish(*(sign(key, payload(customer)) for _ in range(2)))
    filler = Event(b"x", [], b"no receipt")
    kafka.publish(topics.receipts, [filler] * 600, before.partition)
    gate = own_gate(tokens_file=installation.directory / "tokens.json")
    ledger.receipt(before)
    assert gate.receipt(before.header("webhook-id"), token).status == 200
    kafka.make_topic_again(topics.receipts, topics.partitions)
    ledger.receipt(after)
    answer = gate.receipt(after.header("webhook-id"), token)
    assert answer.status == 200 and answer.json["offset"] == after.offset, answer
    gate.stop()


# ---- starting ----


def gate_told(installation, **settings):
    """What a gate says that must not start."""
    installation.configure("gate", **{"listen": "127.0.0.1:0", **settings})
    ended = run_program("gate", "--config", installation.configuration())
    assert ended.returncode == 2, ended.stderr
    return ended.stderr


@pytest.mark.parametrize("settings, words", [
    ({"listen": "off"}, "[gate] listen is off"),
    ({"listen": "0.0.0.0:0"}, "needs tokens_file, and public_url"),
    ({"tokens_file": "/nothing/here"}, "/nothing/here"),
    ({"hosts": "http://gate:8787"}, "hosts must be hosts as Host has them"),
])  # fmt: skip
def test_a_configuration_that_is_no_good_says_what_to_do(installation, settings, words):
    assert words in gate_told(installation, **settings)


def test_the_gates_key_must_be_the_keyrings(installation, key):
    told = gate_told(installation, key_file=installation.secret_write("gate.key", key.secret), key_id="gate-1")
    assert 'has no key "gate-1"' in told
    other = installation.secret_write("other.key", HmacKey("x").secret)
    told = gate_told(installation, key_file=other, key_id=key.id)
    assert "is not the key that" in told
    assert key.secret not in told


def test_a_token_entry_that_is_no_good_is_named(installation):
    token, good = make_token("shop", "--account", "acme")
    path = installation.directory / "tokens.json"
    write_tokens(path, (token, {**good, "hash": "x"}))
    told = gate_told(installation, tokens_file=path)
    assert "entry 1" in told and "64 hex digits" in told


# ---- /metrics ----


def test_what_is_counted_is_what_was_asked(own_gate, installation, key, customer):
    token = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", token)
    gate = own_gate(tokens_file=installation.directory / "tokens.json")
    before = gate.metrics()
    assert before.value("cupbearer_gate_requests_total", method="POST", route="/v1/events", code="5xx") == 0
    for _ in range(2):
        assert gate.publish(sign(key, payload(customer))).status == 202
    assert gate.publish(sign(HmacKey(key.id), payload(customer))).status == 422
    assert gate.call("GET", f"/{customer}").status == 404
    assert gate.call("POST", "/v1/events", b" " * ((1 << 20) + 1), {"Content-Type": "application/json"}).status == 413
    assert gate.call("GET", "/openapi.json", None, {"Host": "evil.example"}).status == 403
    with gate.listen(token[0]):
        metrics = gate.metrics()
    requests = {labels: count for labels, count in metrics.all("cupbearer_gate_requests_total").items() if count}
    assert requests == {  # code, method, route
        ("2xx", "POST", "/v1/events"): 2, ("4xx", "POST", "/v1/events"): 1, ("4xx", "other", "other"): 2,
        ("4xx", "GET", "/openapi.json"): 1, ("2xx", "GET", "/v1/receipts"): 1, ("2xx", "GET", "/metrics"): 1,
    }  # fmt: skip
    assert metrics.value("cupbearer_gate_events_published_total") == 2
    assert sum(metrics.all("cupbearer_gate_publish_errors_total").values()) == 0
    assert metrics.all("cupbearer_gate_waiting_requests") == {("kafka",): 0, ("receipt",): 1, ("papercups",): 0}
    assert metrics.value("cupbearer_gate_connections") >= 2
    assert metrics.value("cupbearer_gate_ready") == 1
    assert 4e6 < metrics.value("process_resident_memory_bytes") < 1e9
    assert set(metrics.all("cupbearer_build_info").values()) == {1}
    assert customer not in gate.call("GET", "/metrics").body.decode(), "nothing of a request is a label"
    readme = (ROOT / "worker/gate/README.md").read_text()
    assert not [name for name in metrics.types if f"`{name}`" not in readme and not name.startswith("process_")]


def test_the_metrics_of_a_gate_that_others_reach_are_for_a_token_that_may_read_them(own_gate, installation):
    shop, prometheus = make_token("shop", "--account", "acme"), make_token("prometheus", "--metrics")
    write_tokens(installation.directory / "tokens.json", shop, prometheus)
    gate = own_gate(tokens_file=installation.directory / "tokens.json", public_url="https://gate.example")

    def status(host, token=None):
        headers = {"Host": host, **({"Authorization": f"Bearer {token}"} if token else {})}
        return gate.call("GET", "/metrics", None, headers).status

    for host in ("localhost", "127.0.0.1", "gate.example", "10.1.2.3:8787"):
        assert status(host) == 401, "a proxy on this machine asks by such a name, for whoever asked it"
        assert status(host, "x" * 43) == 401
        assert status(host, shop[0]) == 403
        assert status(host, prometheus[0]) == 200, "Prometheus asks by addresses"
    assert gate.send({"payload": payload("user_1")}, prometheus[0]).status == 403, "it may nothing else"


@pytest.mark.parametrize("host, status", [("localhost", 200), ("evil.example", 403), ("10.1.2.3", 403)])
def test_the_metrics_of_a_gate_of_this_machine_alone_are_for_whoever_asks_by_its_name(gate, host, status):
    """A page that makes its own name point here is told nothing."""
    assert gate.call("GET", "/metrics", None, {"Host": host}).status == status


# ---- Host, Origin, CORS ----


@pytest.mark.parametrize("path", ["/v1/events", "/openapi.json", "/composer/", "/nothing"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8787", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_403_on_every_route(gate, path, host):
    for method in ("GET", "POST", "OPTIONS"):
        answer = gate.call(method, path, None, {"Host": host})
        assert answer.status in (403, 400), (method, answer)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status == 403 or host == ""


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787"])
def test_this_machines_own_names_are_taken(gate, host):
    assert gate.call("GET", "/openapi.json", None, {"Host": host}).status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_what_checks_its_health_may_call_it_by_whatever_name(gate, path):
    """Load balancers cannot set Host, or send none."""
    for name in ("10.1.2.3:8787", "evil.example", "localhost"):
        answer = gate.call("GET", path, None, {"Host": name})
        assert (answer.status, answer.json) == (200, {"status": "ok"})
    for request in (f"GET {path} HTTP/1.0\r\n\r\n", f"HEAD {path} HTTP/1.0\r\n\r\n"):  # HTTP/1.1 wants a Host
        assert status_of(gate.raw(request.encode())) == 200


def test_the_public_name_is_taken_and_no_other(own_gate):
    gate = own_gate(public_url="https://gate.example")
    assert gate.call("GET", "/openapi.json", None, {"Host": "gate.example"}).status == 200
    assert gate.call("GET", "/openapi.json", None, {"Host": "gate.example:444"}).status == 403


@pytest.mark.parametrize("public_url", ["https://gate.example", "https://gate.example:443"])
def test_the_public_names_port_may_be_the_usual_one(own_gate, public_url):
    gate = own_gate(public_url=public_url)
    for host in ("gate.example", "gate.example:443"):
        assert gate.call("GET", "/openapi.json", None, {"Host": host}).status == 200
        answer = gate.call("GET", "/cupbearer.js", None, {"Host": host, "Origin": "https://gate.example"})
        assert answer.status == 200, "its own page"
    assert gate.call("GET", "/openapi.json", None, {"Host": "gate.example:80"}).status == 403


def test_it_may_have_several_names_of_a_network(own_gate, installation, key, customer):
    token = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", token)
    gate = own_gate(
        listen="0.0.0.0:0", tokens_file=installation.directory / "tokens.json", hosts="gate gate.internal:8787",
        key_file=installation.secret_write("gate.key", key.secret), key_id=key.id,
    )  # fmt: skip
    for host, status in {"gate:8787": 202, "GATE": 202, "gate.internal:8787": 202, "gate.internal": 403, "evil.gate": 403}.items():
        assert gate.send({"payload": payload(customer)}, token[0], Host=host).status == status, host
    assert gate.call("GET", "/cupbearer.js", None, {"Host": "gate:8787", "Origin": "http://gate:8787"}).status == 200
    assert gate.call("GET", "/cupbearer.js", None, {"Host": "gate:8787", "Origin": "http://gate:3000"}).status == 403
    assert gate.call("GET", "/metrics").status == 401, "it is not this machine's alone"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{SHOP}.evil.example", f"{SHOP}:8443", "http://shop.example", f"{SHOP} http://localhost:3000"])
def test_a_foreign_origin_is_403(world, gate, customer, origin):
    before = world.records_published()
    for method in ("POST", "OPTIONS"):
        answer = gate.call(method, "/v1/events", record_of(sign(BACKEND, payload(customer))), {"Origin": origin})
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers
    assert world.records_published() == before


def test_an_accounts_page_may_publish_for_that_account_only(world, gate, customer):
    answer = gate.publish(sign(BACKEND, payload(customer)), Origin=SHOP)
    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "origin" in answer.headers["vary"].lower()
    before = world.records_published()
    answer = gate.publish(sign(BACKEND, payload(customer)), Origin=OTHER)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert world.records_published() == before


def test_a_page_can_read_why_it_was_refused(gate, customer):
    answer = gate.publish(sign(HmacKey("backend-1"), payload(customer)), Origin=SHOP)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (422, SHOP)


def test_the_preflight_of_an_accounts_page_is_answered(gate):
    answer = gate.call("OPTIONS", "/v1/events", None, {
        "Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
    })  # fmt: skip
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"].lower() == "content-type, traceparent"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/v1/send"])
def test_other_routes_are_for_no_foreign_page(gate, path):
    answer = gate.call("POST" if path == "/v1/send" else "GET", path, None, {"Origin": SHOP})
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


# ---- paths and methods ----


def test_what_is_not_there_is_404_and_a_wrong_method_405(gate):
    assert gate.call("GET", "/nothing").status == 404
    answer = gate.call("GET", "/v1/events")
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert gate.call("DELETE", "/healthz").headers["allow"] == "GET, HEAD"
    assert gate.call("BREW", "/healthz").status in (400, 405, 501)


@pytest.mark.parametrize("path", [
    "//healthz", "/v1//events", "/./healthz", "/v1/../healthz", "/%2e/healthz", "/v1/%2e%2e/healthz", "/v1%2fevents",
    "/healthz%00", "/%00", "/healthz%", "/healthz%2", "/healthz%zz", "/v1\\events", "/healthz%0d%0aX:y", "http://127.0.0.1/healthz",
    "*", "healthz", "/" + "a/" * 20, "/" + "a" * 3000, "/healthz?" + "&".join("abcdefghijkl"), "/healthz#x",
])  # fmt: skip
def test_a_path_has_one_reading_or_none(gate, path):
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    status = gate.raw(request).split(b" ", 2)[1]
    assert status in (b"400", b"404", b"414"), status


def test_every_answer_forbids_to_be_kept_or_framed(gate):
    for path in ("/healthz", "/nothing"):
        headers = gate.call("GET", path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


# ---- the network ----


def head(method="POST", path="/v1/events", **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer else None


def test_a_chunked_body_is_taken_like_any_other(gate, customer):
    body = json.dumps(record_of(sign(BACKEND, payload(customer)))).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:100], body[100:])) + b"0\r\n\r\n"
    request = head(Content_Type="application/json", Transfer_Encoding="chunked", Connection="close") + chunks
    assert status_of(gate.raw(request)) == 202


def test_a_request_of_two_lengths_is_refused_and_what_follows_is_none(gate):
    body = b"2\r\n{}\r\n0\r\n\r\n" + head("GET", "/healthz")
    answer = gate.raw(head(Content_Type="application/json", Transfer_Encoding="chunked", Content_Length=str(len(body))) + body)
    assert status_of(answer) == 400 and answer.count(b"HTTP/1.1 ") == 1, answer


SMUGGLED = head("GET", "/openapi.json")


@pytest.mark.parametrize("lines", [
    "Content-Length: 0\r\nContent-Length: {}", "Content-Length: {}\r\nContent-Length: 0", "Content-Length: {0}\r\nContent-Length: {0}",
    "Content-Length : {}", "Content-Length\t: {}", "Content-Length:\r\n {}", "Transfer-Encoding : chunked", "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding: xchunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "X: x\rContent-Length: {}",
], ids=repr)  # fmt: skip
def test_a_request_whose_end_a_proxy_may_see_elsewhere_is_refused_and_what_follows_is_none(gate, lines):
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
    body = chunk if "chunked" in lines else SMUGGLED
    start = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    answer = gate.raw(start + lines.format(len(body)).encode() + b"\r\n\r\n" + body)
    assert status_of(answer) == 400 and answer.count(b"HTTP/1.1 ") == 1, answer[:2000]


def test_chunks_of_http_1_0_are_refused(gate):
    request = b"POST /v1/events HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
    answer = gate.raw(request)
    assert status_of(answer) == 400 and answer.count(b"Content-Type:") == 1, answer[:2000]


def test_chunks_without_end_are_cut_off(gate):
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with socket.create_connection((gate.host, gate.port), timeout=30) as connection:
        connection.sendall(head(Content_Type="application/json", Transfer_Encoding="chunked"))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(4096):  # 256 MiB, of which it reads 5
                connection.sendall(chunk)
    assert gate.call("GET", "/healthz").status == 200


@pytest.mark.parametrize("request_bytes", [
    head("GET", "/healthz", X="a" * 40000), head("GET", "/healthz", **{f"X{n}": "a" for n in range(100)}),
    head("GET", "/" + "a" * 100000), b"\x00" * 100000, b"GET /healthz HTTP/1.1\r\n" + b"a: b\r\n" * 20000 + b"\r\n",
    head(Content_Length="99999999999999999999"), head(Content_Length="-1"), head(Content_Length="x"),
    head(Content_Type="application/json", Content_Length="5", Transfer_Encoding="chunked") + b"zz\r\n\r\n",
    b"GET /openapi.json HTTP/1.1\r\n\r\n", b"GET /openapi.json HTTP/1.0\r\n\r\n", b"GET /healthz\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n Folded: x\r\n\r\n", b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET /openapi.json HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n\r\n",
], ids=lambda text: text[:30])  # fmt: skip
def test_a_request_that_is_no_good_is_refused_and_hurts_nobody(gate, request_bytes):
    with socket.create_connection((gate.host, gate.port), timeout=30) as connection:
        try:
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
        except OSError:  # it was closed before all was sent
            pass
        answer = read_to_end(connection)
    assert answer == b"" or 400 <= status_of(answer) < 600, answer[:200]
    assert gate.call("GET", "/healthz").status == 200


def test_no_header_of_the_answer_comes_from_the_request(gate):
    for origin in (f"{SHOP}\r\nX-Evil: 1", f"{SHOP}%0d%0aX-Evil: 1", f"{SHOP}\nX-Evil: 1"):
        answer = gate.raw(head("POST", "/v1/events", Origin=origin, Content_Length="0", Connection="close"))
        assert b"\r\nx-evil" not in answer.lower()


def test_who_never_ends_a_request_is_shown_out_and_the_others_are_served(own_gate, key, customer):
    gate = own_gate(address_rate=0)
    slow = [socket.create_connection((gate.host, gate.port), timeout=60) for _ in range(100)]
    for number, connection in enumerate(slow):
        connection.sendall((head(Content_Type="application/json", Content_Length="1000") + b"{" if number % 2 else b"GET / HT"))
    assert gate.publish(sign(key, payload(customer))).status == 202
    for connection in slow:
        try:
            for _ in range(20):  # a byte now and then does not buy time
                connection.send(b"x")
        except (BrokenPipeError, ConnectionResetError):
            pass
        read_to_end(connection)  # ends: the test's own time does not count it
        connection.close()


def test_more_connections_than_it_has_room_for_are_closed_and_leave_no_trace(own_gate, key, customer):
    gate = own_gate(address_rate=0)
    many = [socket.create_connection((gate.host, gate.port), timeout=60) for _ in range(400)]
    for connection in many:
        connection.close()
    wait_until(lambda: gate.publish(sign(key, payload(customer))).status == 202, "it answers again")


def is_closed(connection):
    """Whether the gate has closed it; one that says nothing is not."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def dropped(gate, reason):
    return gate.metrics().value("cupbearer_gate_connections_dropped_total", reason=reason)


def test_connections_that_say_nothing_shut_nobody_out(own_gate, key, customer):
    gate = own_gate(address_rate=0)
    with ExitStack() as stack:
        many = [stack.enter_context(socket.create_connection((gate.host, gate.port), timeout=60)) for _ in range(600)]
        assert gate.publish(sign(key, payload(customer))).status == 202
        assert dropped(gate, "connections") >= 600 - 256
        assert all(is_closed(connection) for connection in many[:300]), "those that waited longest"
        many[-1].setblocking(True)
        many[-1].sendall(head("GET", "/healthz", Connection="close"))
        assert status_of(read_to_end(many[-1])) == 200
        assert gate.metrics().value("cupbearer_gate_unfinished_requests") <= 256
    gate.await_log("event=connections_dropped")
    assert gate.text().count("event=connections_dropped") == 1


def test_replies_that_nobody_takes_shut_nobody_out(own_gate, key, customer):
    gate = own_gate(address_rate=0)
    with ExitStack() as stack:
        for _ in range(600):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.settimeout(60)
            connection.connect((gate.host, gate.port))
            try:
                connection.sendall(head("GET", "/openapi.json") * 100)
            except (BrokenPipeError, ConnectionResetError):
                pass
        assert gate.publish(sign(key, payload(customer))).status == 202


def peak_bytes(process):
    words = open(f"/proc/{process.pid}/status").read().split("VmHWM:")[1].split()
    return int(words[0]) * 1024


def test_bodies_without_an_end_take_little_memory_and_shut_nobody_out(own_gate, key, customer):
    gate = own_gate(address_rate=0)
    gate.publish(sign(key, payload(customer)))
    before = peak_bytes(gate.process)
    with ExitStack() as stack:
        for _ in range(255):
            connection = stack.enter_context(socket.create_connection((gate.host, gate.port), timeout=60))
            try:
                connection.sendall(head(Content_Type="application/json", Content_Length=str(1 << 20)) + b" " * 1000000)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was dropped meanwhile
        content = payload(customer, "x" * 10000, metadata={"m": "y" * 16000})
        assert gate.publish(sign(key, content)).status == 202
        assert gate.metrics().value("cupbearer_gate_body_bytes") <= 16 << 20
        wait_until(lambda: dropped(gate, "body_bytes") >= 200, "most are dropped")
        grown = peak_bytes(gate.process) - before
        assert grown < 64 << 20, grown


def test_an_address_has_as_many_connections_as_it_likes_unless_that_is_set(own_gate):
    gate = own_gate(address_rate=0, address_connections=3)
    with ExitStack() as stack:
        first, *others = [stack.enter_context(socket.create_connection((gate.host, gate.port), timeout=60)) for _ in range(4)]
        assert read_to_end(first) == b""
        assert gate.call("GET", "/healthz").status == 200
        assert read_to_end(others[0]) == b""
        assert dropped(gate, "address") >= 2


def test_too_many_who_wait_leave_room_for_those_who_publish(own_gate, installation, key, customer):
    tokens = [make_token(name, "--account", "acme") for name in ("shop", "desk", "late")]
    write_tokens(installation.directory / "tokens.json", *tokens)
    gate = own_gate(tokens_file=installation.directory / "tokens.json")
    shop, desk, late = (token for token, _ in tokens)
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(gate.listen(shop))
        answer = gate.receipt("evt_nobody", shop, wait=60)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        for _ in range(64):
            stack.enter_context(gate.listen(desk))
        assert gate.receipt("evt_nobody", late, wait=60).status == 503
        assert gate.receipt("evt_nobody", late, wait=0).status == 204
        assert gate.publish(sign(key, payload(customer))).status == 202

    def served():
        return gate.receipt("evt_nobody", late, wait=1).status == 204

    gate.publish(sign(key, payload(customer)))
    wait_until(served, "those who left make room", seconds=60)


def test_nothing_secret_is_in_the_logs(world, gate, customer):
    event = sign(BACKEND, payload(customer, "between the two of us"))
    gate.publish(event)
    gate.send({"payload": payload(customer, "between the two of us")}, world.token("acme"))
    gate.receipt(event.id, world.token("acme"))
    gate.call("GET", f"/v1/receipts?token={world.token('acme')}")
    words = gate.text() + "\n".join(world.audit())
    assert "event=request" in words
    secrets = [token for token, _ in world.tokens.values()] + [key.secret for key in world.keys]
    secrets += [entry["hash"] for _, entry in world.tokens.values()] + [event.header("webhook-signature")]
    for secret in [*secrets, "between the two of us", (world.installation.directory / "mark.key").read_text().strip()]:
        assert secret not in words


# ---- what it describes, and what pages load ----


def test_the_description_is_openapi_and_names_what_is_there(gate):
    answer = gate.call("GET", "/openapi.json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["openapi"].startswith("3.1")
    for path, methods in answer.json["paths"].items():
        for method in methods:
            told = gate.call(method.upper(), path.replace("{id}", "e"), b"{}" if method == "post" else None)
            assert told.status not in (404, 405), path
            assert str(told.status) in methods[method]["responses"], (path, told.status)


def test_the_module_is_small_and_for_the_accounts_pages(gate):
    answer = gate.call("GET", "/cupbearer.js", None, {"Origin": SHOP})
    assert answer.status == 200 and len(answer.body) < 3072
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert gate.call("GET", "/cupbearer.js", None, {"Origin": "https://evil.example"}).status == 403
