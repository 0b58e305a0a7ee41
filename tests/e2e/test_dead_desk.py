"""`cupbearer dead list`, `show` and `export`; and that what is sent again, twice, half-way or by two at once, is sent once."""

import base64
import json
import os
import pty
import re
import signal
import stat
import subprocess
import time

import pytest
from broker import wait_until
from programs import ENVIRONMENT, PROGRAM, run_program
from signing import Event, HmacKey, payload, sign, sign_bytes
from test_dead import BEN, failed, key_file, lines, resend, sent_events
from world import BACKEND, World, bodies

HEAD = "REASON                 ACCOUNT          AGE     LETTERS TO SEND DELIVERED OTHER"


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


def dead(installation, action, *options):
    return run_program("dead", action, "--config", installation.configuration(), *options)


def again(ledger, record, outcome=None):
    """The event of that record is published again, and has that outcome."""
    [there] = ledger.publish(Event(record.key, record.headers, record.value))
    if outcome:
        ledger.receipt(there, *outcome)
    return there


# ---- list ----


@pytest.fixture
def desk(ledger, key):
    """One of each state, and a record that is no dead letter."""
    stranger = HmacKey("stranger-1")
    made = {name: sign(key, payload(BEN, name)) for name in ("open", "delivered", "waiting", "superseded")}
    records = {name: failed(ledger, event) for name, event in made.items()}
    records["kept"] = failed(ledger, sign(stranger, payload(BEN)), "rejected", "unknown_key")
    records["expired"] = failed(ledger, sign(key, payload(BEN)), "rejected", "expired")
    ledger.commit(6)
    again(ledger, records["delivered"], ("delivered",))
    again(ledger, records["waiting"])
    later = again(ledger, records["superseded"], ("failed", "flood"))
    ledger.letter(later, "flood")
    ledger.kafka.publish(ledger.topics.dead, [Event("acme/e/ben", [], b"junk")], 0)
    return records


def test_the_sums_tell_what_was_delivered_since_from_what_is_to_send(ledger, desk):
    told = lines(dead(ledger.installation, "list"), 0)
    assert told[:6] == [
        HEAD,
        "unknown_key            acme             < 1 h         1       0         0     1",
        "expired                acme             < 1 h         1       1         0     0",
        "gave_up                acme             < 1 h         4       1         1     2",
        "flood                  acme             < 1 h         1       1         0     0",
        "",
    ]
    assert told[6:8] == [
        "7 dead letters: 3 to send, 1 delivered, 1 waiting, 1 failed again, 1 kept",
        f"1 record of {ledger.topics.dead}: not a dead letter of these workers' events, ignored",
    ]
    assert "gave_up: not delivered within deliver_within" in told
    assert all(len(line) < 80 for line in told[:6] + told[8:])
    only = lines(dead(ledger.installation, "list", "--reason", "gave_up", "--state", "delivered"), 0)
    assert only[:4] == [
        HEAD, "gave_up                acme             < 1 h         1       0         1     0", "",
        "1 dead letter: 0 to send, 1 delivered",
    ]  # fmt: skip


def test_resend_sends_what_the_list_calls_open(ledger, desk, key):
    told = "{}, 1 delivered, 1 waiting, 1 failed again"
    both = ("--reason", "gave_up", "--reason", "flood")
    assert lines(resend(ledger.installation, *both, "--dry-run"), 0)[-1] == told.format("5 dead letters: 2 to send")
    # The one that failed again, for another reason, is not sent by this one.
    sent = lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0)
    assert sent[-1] == told.format("4 dead letters: 1 sent again")
    assert lines(dead(ledger.installation, "list", "--reason", "gave_up"), 0)[3] == (
        "4 dead letters: 0 to send, 1 delivered, 2 waiting, 1 failed again"
    )


def test_resend_tells_programs_what_it_sent(ledger, desk, key):
    told = [json.loads(line) for line in lines(resend(ledger.installation, "--reason", "gave_up", "--json", key=key), 0)]
    assert [(one["sent"], one["state"]) for one in told] == [
        (True, "waiting"), (False, "delivered"), (False, "waiting"), (False, "superseded"),
    ]  # fmt: skip
    assert (told[0]["again_partition"], told[0]["again_offset"]) == (0, 9)


def test_a_line_each(ledger, desk):
    told = lines(dead(ledger.installation, "list", "--each"), 0)
    assert told[0] == "AGE     PLACE     REASON                 STATE      EVENT"
    rows = [line.split() for line in told[1:-1]]
    assert [(row[2], row[3], row[4], row[5]) for row in rows] == [
        ("0/0", "gave_up", "open", desk["open"].header("webhook-id")),
        ("0/1", "gave_up", "delivered", desk["delivered"].header("webhook-id")),
        ("0/2", "gave_up", "waiting", desk["waiting"].header("webhook-id")),
        ("0/3", "gave_up", "superseded", desk["superseded"].header("webhook-id")),
        ("0/4", "unknown_key", "kept", "-"),
        ("0/5", "expired", "open", desk["expired"].header("webhook-id")),
        ("0/8", "flood", "open", desk["superseded"].header("webhook-id")),
    ]
    assert all(len(line) < 80 for line in told[:-1])


def test_an_object_each(ledger, desk):
    told = [json.loads(line) for line in lines(dead(ledger.installation, "list", "--json"), 0)]
    assert [one["state"] for one in told] == ["open", "delivered", "waiting", "superseded", "kept", "open", "open"]
    one = told[2]
    assert (one["again_partition"], one["again_offset"]) == (0, 7)
    now = time.time() * 1000
    assert abs(one.pop("dead_letter_timestamp") - now) < 600000 and one.pop("signed_at")
    assert one == {
        "event_id": desk["waiting"].header("webhook-id"), "sender": "backend", "key_id": "backend-1", "authentic": True,
        "account": "acme", "routing_key": f"acme/e/{BEN}", "outcome": "failed", "reason": "gave_up",
        "partition": 0, "offset": 2, "dead_letter_offset": 2, "state": "waiting",
        "verdict": "not sent: it was published again, and has no outcome yet", "again_partition": 0, "again_offset": 7,
    }  # fmt: skip
    assert (told[4]["authentic"], told[4].get("sender")) == (False, None)


@pytest.mark.parametrize(
    ("options", "places"),
    [
        (("--reason", "flood", "--reason", "unknown_key"), [4, 8]), (("--expired",), [5]),
        (("--state", "open"), [0, 5, 8]), (("--state", "kept"), [4]),
        (("--sender", "backend"), [0, 1, 2, 3, 5, 8]), (("--sender", "shipping"), []),
        (("--account", "acme"), [0, 1, 2, 3, 4, 5, 8]), (("--account", "globex"), []),
        (("--to-external-id", BEN), [0, 1, 2, 3, 4, 5, 8]), (("--to-customer-id", BEN), []),
        (("--since", "1h"), [0, 1, 2, 3, 4, 5, 8]), (("--until", "1h"), []),
    ],
)  # fmt: skip
def test_what_is_chosen(ledger, desk, options, places):
    told = lines(dead(ledger.installation, "list", "--json", *options), 0)
    assert [json.loads(line)["offset"] for line in told] == places


def test_an_empty_desk(ledger):
    assert lines(dead(ledger.installation, "list"), 0) == ["0 dead letters: 0 to send"]
    assert lines(dead(ledger.installation, "list", "--json"), 0) == []


# ---- show ----


def test_all_of_one_event(ledger, desk):
    event_id = desk["superseded"].header("webhook-id")
    shown = lines(dead(ledger.installation, "show", event_id), 0)
    assert len([line for line in shown if line.startswith("record ")]) == 2
    first = shown[: shown.index("")]
    assert first[0] == f"record       0/3 of {ledger.topics.events}, dead letter 0/3"
    assert first[1] == "outcome      failed: gave_up, not delivered within deliver_within"
    assert "state        not sent: the event failed again later; that dead letter counts" in first
    assert any(line.startswith("what to do   ") for line in first)
    assert f"event        {event_id}" in first and "signed by    backend, by key backend-1" in first
    assert "account      acme" in first and f"routing key  acme/e/{BEN}" in first
    at = next(n for n, line in enumerate(first) if line.startswith("receipts "))
    assert re.match(r"receipts     0/3 failed: gave_up, 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ \(\d+ s ago\)$", first[at])
    assert first[at + 1].startswith("             0/8 failed: flood, ")
    assert f"headers      webhook-id: {event_id}" in first
    assert max(map(len, shown)) < 80
    assert "payload      {" in first and '                 "body": "superseded"' in first
    [one, _] = [json.loads(line) for line in lines(dead(ledger.installation, "show", event_id, "--json"), 0)]
    assert [receipt["offset"] for receipt in one["receipts"]] == [3, 8]
    assert one["advice"] and json.loads(one["value"])["message"]["body"] == "superseded"
    assert {"name": "webhook-id", "value": event_id} in one["headers"]


def test_what_is_not_there_is_told(ledger, desk):
    for what in ("evt_none", "0/17"):
        ended = dead(ledger.installation, "show", what)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr.startswith(f"cupbearer dead: there is no dead letter of {what}: the event was delivered, or ")
    ended = dead(ledger.installation, "show", "2/0")
    assert ended.returncode == 2 and "has 2 partitions, counted from 0: there is no partition 2" in ended.stderr


def test_a_receipt_that_somebody_writes_again_is_told_once(ledger, key):
    record = failed(ledger, sign(key, payload(BEN)))
    at = int(time.time() * 1000)
    for _ in range(20):
        ledger.receipt(record, "failed", "flood", finished_at=at)
    [shown] = [json.loads(line) for line in lines(dead(ledger.installation, "show", record.header("webhook-id"), "--json"), 0)]
    assert [receipt["reason"] for receipt in shown["receipts"]] == ["gave_up", "flood"]


NASTY = "\x1b[2J\x1b]0;mine\x07\x9b31m\u202eevil\u200b\x7f"


def test_nothing_that_a_stranger_wrote_reaches_the_terminal_as_it_is(ledger, key):
    """Headers, keys and values that drive terminals: of what is not signed, and of what a sender signed."""
    stranger = sign_bytes(HmacKey("stranger-1"), NASTY.encode() + b"\xff\r\n", "acme/e/" + NASTY)
    stranger = stranger.with_header("webhook-id", NASTY).with_header("x-" + NASTY, NASTY)
    failed(ledger, stranger, "rejected", "unknown_key")
    event = sign(key, payload(BEN, "Hi \u202e " + NASTY.replace("\x1b", "\\")))
    record = failed(ledger, event)
    for words in (
        ("list",), ("list", "--each"), ("list", "--json"), ("show", "0/0"), ("show", "0/0", "--json"),
        ("show", record.header("webhook-id")), ("show", record.header("webhook-id"), "--json"), ("export",),
    ):  # fmt: skip
        ended = dead(ledger.installation, *words)
        assert ended.returncode == 0, ended.stderr
        bad = re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", ended.stdout)
        assert not bad, (words, bad)
    shown = lines(dead(ledger.installation, "show", "0/0"), 0)
    assert "signed by    nobody that the keyring knows" in shown
    assert any(line.startswith("payload      <U+001B>[2J<U+001B>]0;mine<U+0007><U+009B>31m") for line in shown)
    assert shown[-1].endswith("<FF><U+000D><U+000A>")


# ---- export ----


def test_what_is_exported_can_be_verified_and_signed_again(ledger, desk, key, tmp_path):
    file = tmp_path / "letters.jsonl"
    told = lines(dead(ledger.installation, "export", file, "--state", "open", "--reason", "gave_up"), 0)
    assert told == ["1 dead letter: 1 to send"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.glob("letters*")] == ["letters.jsonl"]
    [record] = [json.loads(line) for line in file.read_text().splitlines()]
    assert record["headers"]["cupbearer-reason"] == "gave_up" and record["key"] == f"acme/e/{BEN}"
    keyring = ledger.installation.directory / "keyring.json"
    verified = run_program("verify", "--keyring", keyring, file)
    assert "signature      good" in verified.stdout, verified.stdout + verified.stderr
    (tmp_path / "payload.json").write_text(record["value"])
    signed = run_program(
        "sign", "--key-file", key_file(ledger.installation, key), "--key-id", key.id, "--event-id",
        record["headers"]["webhook-id"], tmp_path / "payload.json",
    )  # fmt: skip
    assert signed.returncode == 0 and json.loads(signed.stdout)["value"] == record["value"]
    # To stdout the same, and no word beside it.
    assert dead(ledger.installation, "export", "--state", "open", "--reason", "gave_up").stdout == file.read_text()


def test_an_export_writes_over_nothing_and_leaves_nothing_half(ledger, desk, tmp_path):
    file = tmp_path / "letters.jsonl"
    file.write_text("mine")
    ended = dead(ledger.installation, "export", file)
    assert (ended.returncode, ended.stderr) == (
        2, f"cupbearer dead: {file} exists; choose another name or delete it yourself\n",
    )  # fmt: skip
    assert file.read_text() == "mine"
    ended = dead(ledger.installation, "export", tmp_path / "none" / "letters")
    assert ended.returncode == 5 and f"{tmp_path}/none/letters cannot be written: No such file or directory" in ended.stderr
    ledger.installation.configure("topics", receipts="no-such-topic")
    ended = dead(ledger.installation, "export", tmp_path / "half")
    assert ended.returncode == 2 and "there is no topic no-such-topic" in ended.stderr
    assert [one.name for one in tmp_path.glob("half*")] == []


def test_what_has_no_other_form_is_exported_in_base64(ledger, key):
    event = sign_bytes(key, b"\xff\x00", "acme/e/ben")
    failed(ledger, event, "rejected", "bad_payload")
    [line] = lines(dead(ledger.installation, "export"), 0)
    told = json.loads(line)
    assert (told["key_base64"], told["value_base64"]) == ("YWNtZS9lL2Jlbg==", "/wA=")
    assert ["d2ViaG9vay1pZA==", base64.b64encode(event.id.encode()).decode()] in told["headers_base64"]


# ---- sent once ----


def test_run_twice_it_sends_nothing_twice(ledger, key):
    for _ in range(3):
        failed(ledger, sign(key, payload(BEN)))
    assert lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0)[-1] == "3 dead letters: 3 sent again"
    twice = lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0)
    assert twice[-1] == "3 dead letters: 0 sent again, 3 waiting"
    assert len(sent_events(ledger, 3)) == 3


def test_killed_half_way_it_goes_on_where_it_was(ledger, key):
    events = [sign(key, payload(BEN)) for _ in range(4)]
    for event in events:
        failed(ledger, event)
    words = [
        PROGRAM, "dead", "resend", "--config", ledger.installation.configuration(), "--reason", "gave_up",
        "--key-file", key_file(ledger.installation, key), "--key-id", key.id, "--per-minute", "60",
    ]  # fmt: skip
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as first:
        assert ": sent: partition 0, offset 4" in first.stdout.readline()
        first.send_signal(signal.SIGKILL)
    done = len(sent_events(ledger, 4))
    assert 1 <= done < 4
    left = lines(resend(ledger.installation, "--reason", "gave_up", key=key), 0)[-1]
    assert left == f"4 dead letters: {4 - done} sent again, {done} waiting"
    assert [record.header("webhook-id") for record in sent_events(ledger, 4)] == [event.id for event in events]


def test_on_a_terminal_a_line_tells_how_far_it_is(ledger, key):
    for _ in range(3):
        failed(ledger, sign(key, payload(BEN)))
    ours, theirs = pty.openpty()
    words = [
        PROGRAM, "dead", "resend", "--config", ledger.installation.configuration(), "--reason", "gave_up",
        "--key-file", key_file(ledger.installation, key), "--key-id", key.id, "--per-minute", "120",
    ]  # fmt: skip
    ended = subprocess.run(list(map(str, words)), stdout=theirs, stderr=theirs, env=ENVIRONMENT, timeout=60)
    os.close(theirs)
    drawn = b""
    try:
        while piece := os.read(ours, 4096):
            drawn += piece
    except OSError:
        pass  # the terminal has no other end any more
    os.close(ours)
    assert ended.returncode == 0
    # No line stands behind what is drawn.
    assert len(re.findall(rb"(?:^|\n|\r\x1b\[K)0/[012] gave_up ", drawn)) == 3, drawn
    assert re.search(rb"\r\x1b\[Ksending again \[=+>? *\] +\d+ %  [23] of 3", drawn), drawn
    assert b"\r\x1b[K3 dead letters: 3 sent again" in drawn, drawn


@pytest.fixture
def world(kafka, tmp_path):
    made = World(tmp_path, kafka, kafka.topics())
    yield made
    made.close()


def test_two_at_once_show_nothing_twice(world, customer):
    world.standin.stop()
    events = [sign(BACKEND, payload(customer, f"late {n}", deliver_within=1)) for n in range(3)]
    for place in world.kafka.publish(world.topics.events, events):
        assert world.receipt(place)["reason"] == "gave_up"
    world.start_standin()
    words = [
        PROGRAM, "dead", "resend", "--config", world.installation.configuration(), "--reason", "gave_up",
        "--key-file", key_file(world.installation, BACKEND), "--key-id", BACKEND.id,
    ]  # fmt: skip
    both = [
        subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) for _ in range(2)
    ]
    for one in both:
        told, _ = one.communicate(timeout=60)
        assert one.returncode == 0, told
    wait_until(lambda: len(world.told()) == world.records_published(), "a receipt of each record")
    assert sorted(bodies(world, customer)) == ["late 0", "late 1", "late 2"]
    told = lines(dead(world.installation, "list"), 0)
    assert "3 dead letters: 0 to send, 3 delivered" in told, told
