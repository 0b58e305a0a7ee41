"""The gate: what it lets into the topic and what not, and what it answers to whom. On the real Kafka, with a worker."""

import json
import time

import pytest
from gate import Gate, record_of
from signing import HmacKey, payload, sign, sign_bytes
from world import BACKEND, KEYS, World, bodies

SHOP, OTHER = "https://shop.example", "https://globex.example"


class GateWorld(World):
    """A worker and a gate by the same configuration, with a second account."""

    def prepare(self):
        self.installation.configure("gate", listen="127.0.0.1:0", address_rate=0, key_rate=0)
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


REFUSED = {
    "malformed_headers": lambda who: sign(BACKEND, payload(who)).with_header("webhook-id", None),
    "unknown_key": lambda who: sign(BACKEND, payload(who)).with_header("cupbearer-key", "nobody"),
    "bad_signature": lambda who: sign(HmacKey("backend-1"), payload(who)),
    "bad_payload": lambda who: sign(BACKEND, {**payload(who), "surprise": 1}),
    "account_not_granted": lambda who: sign(KEYS["elsewhere-1"], payload(who)),
    "wrong_routing_key": lambda who: sign(BACKEND, payload(who), routing_key="acme/e/somebody"),
    "key_not_active": lambda who: sign(KEYS["revoked-1"], payload(who)),
    "expired": lambda who: sign(BACKEND, payload(who), signed_at=int(time.time()) - 120),
    "expires_too_late": lambda who: sign(BACKEND, payload(who), signed_at=int(time.time()) + 120),
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


# ---- Host, Origin, CORS ----


@pytest.mark.parametrize("path", ["/healthz", "/v1/events", "/openapi.json", "/composer/", "/nothing"])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8787", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_is_403_on_every_route(gate, path, host):
    for method in ("GET", "POST", "OPTIONS"):
        answer = gate.call(method, path, None, {"Host": host})
        assert answer.status in (403, 400), (method, answer)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.status == 403 or host == ""


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787"])
def test_this_machines_own_names_are_taken(gate, host):
    assert gate.call("GET", "/healthz", None, {"Host": host}).status == 200


def test_the_public_name_is_taken_and_no_other(own_gate):
    gate = own_gate(public_url="https://gate.example")
    assert gate.call("GET", "/healthz", None, {"Host": "gate.example"}).status == 200
    assert gate.call("GET", "/healthz", None, {"Host": "gate.example:444"}).status == 403


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
    assert answer.headers["access-control-allow-headers"].lower() == "content-type"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz"])
def test_other_routes_are_for_no_foreign_page(gate, path):
    answer = gate.call("GET", path, None, {"Origin": SHOP})
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
