"""A W3C Trace Context header on the record, whose form nothing but itself vouches for: in receipt, log, dead letter and requests to
Papercups, as it was; and from a gate's callers. With a real Kafka, and a server in front of the stand-in that sees headers."""

import json
import re
import secrets
from dataclasses import replace

import pytest
from broker import Reader
from gate import Gate
from programs import run_program
from signing import payload, sign


def traceparent(flags="01"):
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{flags}"


def traced(event, *values):
    return replace(event, headers=[*event.headers, *(("traceparent", value) for value in values)])


@pytest.fixture
def way(installation, between):
    """What stands in front of the stand-in."""
    server = between()
    installation.configure("account acme", url=server.url).configure("worker", http_timeout="2s", settle_time="1s")
    return server


@pytest.fixture
def publish(kafka, topics, receipts):
    """publish(event): its receipt."""

    def publish_one(event):
        [place] = kafka.publish(topics.events, [event])
        record = receipts.find(
            lambda one: ((told := json.loads(one.value))["partition"], told["offset"]) == place, f"a receipt of {place}"
        )
        return json.loads(record.value)

    return publish_one


def start(installation, way):
    """A worker, of whose requests those of its start are not kept."""
    worker = installation.worker()
    way.seen.clear()
    return worker


def requests(way):
    """(path, traceparent) of each request."""
    return [
        (target.split("?")[0], {name.lower(): text for name, text in headers.items()}.get("traceparent"))
        for _, target, headers in way.seen
    ]  # fmt: skip


def line_of(worker, event):
    """The log's fields of the event's end."""
    line = worker.await_log(rf"(?m)^.*\bevent=settled\b.*\bevent_id={re.escape(event.id)}\b.*$")[0]
    return dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))


def test_all_that_is_told_of_an_event_names_its_trace(installation, way, publish, key, customer):
    worker, trace = start(installation, way), traceparent()
    event = traced(sign(key, payload(customer)), trace)
    receipt = publish(event)
    assert (receipt["outcome"], receipt["traceparent"]) == ("delivered", trace)
    assert line_of(worker, event)["traceparent"] == trace
    assert {told for _, told in requests(way)} == {trace}
    assert {path for path, _ in requests(way)} >= {"/api/v1/customers", "/api/v1/conversations"}
    # Another one of the customer, and none: nothing stays from request to request.
    other, without = traceparent("00"), sign(key, payload(customer, "and more"))
    way.seen.clear()
    assert publish(traced(sign(key, payload(customer, "more")), other))["traceparent"] == other
    assert {told for _, told in requests(way)} == {other}
    way.seen.clear()
    assert "traceparent" not in publish(without)
    assert {told for _, told in requests(way)} == {None}
    assert "traceparent" not in line_of(worker, without)
    # The same event in another trace is the same event.
    again = publish(event.with_header("traceparent", other))
    assert (again["outcome"], again["traceparent"]) == ("duplicate", other)


def test_what_fails_names_it_in_its_dead_letter_too(kafka, topics, installation, standin, way, publish, key, customer):
    worker, trace = start(installation, way), traceparent()
    standin.fault("status", "no such thing", status=422, times=0)
    event = traced(sign(key, payload(customer, "no such thing")), trace)
    receipt = publish(event)
    assert (receipt["outcome"], receipt["reason"], receipt["traceparent"]) == ("failed", "refused_by_papercups", trace)
    assert line_of(worker, event)["traceparent"] == trace
    assert re.search(rf"(?m)^.*\bevent=trouble\b.*\btraceparent={trace}\b", worker.text())
    dead = Reader(kafka, topics.dead, topics.partitions)
    letter = dead.find(lambda record: record.header("webhook-id") == event.id, "its dead letter")
    dead.close()
    assert letter.header("traceparent") == trace
    # Where the signature is not good it is told, too: whoever is to find the sender of that has nothing else.
    forged = traced(sign(key, payload(customer)).with_header("webhook-signature", "v1,AAAA"), trace)
    told = publish(forged)
    assert (told["reason"], told["traceparent"], "event_id" in told) == ("bad_signature", trace, False)


GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
IGNORED = {
    "capitals": [GOOD.upper()],
    "a later version": ["01" + GOOD[2:]],
    "no version": ["ff" + GOOD[2:]],
    "more of it": [GOOD + "-00"],
    "a trace of zeros": ["00-" + 32 * "0" + GOOD[35:]],
    "a parent of zeros": [GOOD[:36] + 16 * "0" + "-01"],
    "two of them": [GOOD, GOOD],
    "one, and null": [GOOD, None],
    "null": [None],
    "nothing": [b""],
    "another header": [GOOD + "\r\nX-Evil: 1"],
    "a line's end in its place": [GOOD[:-2] + "\r\n"],
    "no UTF-8": [b"\xff" * 55],
    "7,000 bytes": [GOOD[:3] + "4" * 7000],
}  # fmt: skip


def test_what_is_none_is_ignored_and_costs_no_event(installation, way, publish, key, customer):
    worker = start(installation, way)
    for name, values in IGNORED.items():
        event = traced(sign(key, payload(customer, name)), *values)
        receipt = publish(event)
        assert (name, receipt["outcome"], "traceparent" in receipt) == (name, "delivered", False)
        assert "traceparent" not in line_of(worker, event)
    assert {told for _, told in requests(way)} == {None}
    assert not any(name.lower() == "x-evil" for _, _, headers in way.seen for name in headers)


def test_commands_tell_it_and_take_such_receipts(installation, way, publish, key, customer):
    worker, trace = start(installation, way), traceparent()
    event = traced(sign(key, payload(customer)), trace)
    assert publish(event)["outcome"] == "delivered"
    worker.stop()
    config = ("--config", installation.configuration())
    audit = run_program("audit", *config)
    assert audit.returncode == 0, audit.stdout + audit.stderr
    told = run_program("why", event.id, *config)
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(rf"(?m)^  trace id +{trace.split('-')[1]}\b", told.stdout), told.stdout
    assert re.search(rf"(?m)^  traceparent +{trace}$", told.stdout), told.stdout
    objects = [json.loads(line) for line in run_program("why", event.id, "--json", *config).stdout.splitlines()]
    assert [one["traceparent"] for one in objects if one["kind"] == "record"] == [trace]
    assert [one["receipt"]["traceparent"] for one in objects if one["kind"] == "receipt"] == [trace]
    # And a worker: what has its receipt is settled by it.
    installation.configure("kafka", group_id=f"other.{customer}")
    other = installation.worker()
    assert publish(event)["outcome"] == "duplicate"
    assert "event=foreign_receipts" not in other.text()


# ---- the gate ----


@pytest.fixture
def gate(installation, key):
    made = run_program("keygen", "--token", "shop", "--account", "acme")
    token, entry = made.stdout.split("\n", 1)
    installation.secret_write("tokens.json", json.dumps({"tokens": [json.loads(entry)]}))
    installation.configure(
        "gate", listen="127.0.0.1:0", tokens_file=installation.directory / "tokens.json", key_id=key.id,
        key_file=installation.secret_write("gate.key", key.secret),
    )  # fmt: skip
    started = Gate(installation)
    started.token = token
    yield started
    started.stop()


def record_at(kafka, topics, answer):
    assert answer.status == 202, answer
    reader = Reader(kafka, topics.events, topics.partitions)
    record = reader.find(
        lambda one: one.place == (answer.json["partition"], answer.json["offset"]), "the record that the gate has published"
    )
    reader.close()
    return record


def test_a_gate_puts_its_callers_on_the_record(kafka, topics, installation, way, gate, key, customer):
    start(installation, way)
    sent, signed = traceparent(), traceparent("00")
    answer = gate.send({"payload": payload(customer, "one")}, gate.token, Traceparent=sent)
    assert record_at(kafka, topics, answer).header("traceparent") == sent
    receipt = gate.receipt(answer.json["event_id"], gate.token)
    assert (receipt.json["outcome"], receipt.json["traceparent"]) == ("delivered", sent)
    answer = gate.publish(sign(key, payload(customer, "two")), traceparent=signed)
    assert record_at(kafka, topics, answer).header("traceparent") == signed
    receipt = gate.receipt(answer.json["event_id"], gate.token)
    assert (receipt.json["outcome"], receipt.json["traceparent"]) == ("delivered", signed)
    assert {told for _, told in requests(way)} == {sent, signed}


def test_a_gate_leaves_a_records_own_and_takes_nothing_else(kafka, topics, gate, key, customer):
    own, callers = traceparent(), traceparent()
    answer = gate.publish(traced(sign(key, payload(customer)), own), traceparent=callers)
    assert record_at(kafka, topics, answer).header("traceparent") == own
    answer = gate.publish(sign(key, payload(customer)), traceparent=callers.upper())
    assert record_at(kafka, topics, answer).header("traceparent") is None
    full = sign(key, payload(customer))
    full = replace(full, headers=[*full.headers, *((f"x-{number}", "y") for number in range(28))])
    answer = gate.publish(full, traceparent=callers)
    assert record_at(kafka, topics, answer).header("traceparent") is None
    twice = json.dumps({"payload": payload(customer)}).encode()
    lines = [
        "POST /v1/send HTTP/1.1", f"Host: {gate.host}:{gate.port}", f"Authorization: Bearer {gate.token}",
        "Content-Type: application/json", f"Content-Length: {len(twice)}", f"traceparent: {callers}", f"traceparent: {own}",
        "Connection: close", "", "",
    ]  # fmt: skip
    told = gate.raw("\r\n".join(lines).encode() + twice)
    assert told.startswith(b"HTTP/1.1 202 "), told
    place = json.loads(told.split(b"\r\n\r\n", 1)[1])
    reader = Reader(kafka, topics.events, topics.partitions)
    record = reader.find(lambda one: one.place == (place["partition"], place["offset"]), "the record of two traces")
    reader.close()
    assert record.header("traceparent") is None
