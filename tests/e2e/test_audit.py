"""`cupbearer audit`: what a worker leaves behind holds; and each way in which records and outcomes can differ is named."""

import json
import re
import secrets
import subprocess
import time
from dataclasses import replace

import pytest
from broker import Topics, wait_until
from ledger import Ledger, audit
from programs import ENVIRONMENT, PROGRAM, run_program
from signing import payload, sign
from terminal import Terminal
from world import BACKEND, KEYS, World

HOLDS = "records = outcomes"


# ---- what a worker leaves behind ----


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("audit"), kafka, kafka.topics())
    yield made
    made.close()


def many_headers(customer):
    """As many as format 1 allows, and a payload that it does not: the dead letter has more than any record may have."""
    event = sign(BACKEND, {**payload(customer), "boddy": "a typo"})
    return replace(event, headers=[*event.headers, *((f"x-{n}", str(n)) for n in range(28))])


def events_of(customer):
    """(event, outcome, reason) of each kind."""
    once = sign(BACKEND, payload(f"{customer}-0"))
    late = sign(BACKEND, payload(f"{customer}-1"), signed_at=int(time.time()) - 120)
    forged = sign(KEYS["shipping-1"], payload(f"{customer}-2")).with_header("cupbearer-key", "backend-1")
    refused = sign(BACKEND, {
        "account": "acme", "to": {"conversation_id": "cc7c35d1-d348-4978-bb65-e8603e200455"},
        "message": {"body": "for nobody"},
    })  # fmt: skip
    return [
        (once, "delivered", None),
        (once, "duplicate", None),
        (late, "rejected", "expired"),
        (forged, "rejected", "bad_signature"),
        (many_headers(f"{customer}-3"), "rejected", "bad_payload"),
        (replace(once, key=None), "rejected", "wrong_routing_key"),
        (refused, "failed", "conversation_not_found"),
        *((sign(BACKEND, payload(f"{customer}-{n}")), "delivered", None) for n in range(4, 24)),
    ]


def test_what_a_worker_leaves_behind_holds_while_it_runs(world, customer):
    sent = events_of(customer)
    places = world.kafka.publish(world.topics.events, [event for event, _, _ in sent])
    for place, (_, outcome, reason) in zip(places, sent, strict=True):
        told = world.receipt(place)
        assert (told["outcome"], told.get("reason")) == (outcome, reason)
    before = world.kafka.members(world.installation.group)

    ended = audit(world.installation)

    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert [line.split(",")[0] for line in lines[:6]] == [f"partition {n}" for n in range(6)]
    assert lines[6].startswith(
        "all: 27 records: 21 delivered, 1 duplicate, 4 rejected (1 bad_signature, 1 bad_payload, 1 wrong_routing_key, "
        "1 expired), 1 failed (1 conversation_not_found); "
    )
    assert lines[6].endswith(", 0 without an outcome")
    assert lines[7:] == [HOLDS]
    assert world.kafka.members(world.installation.group) == before, "the worker has kept its partitions"
    assert "event=revoked" not in world.worker.text()


def test_once_all_is_committed_nothing_is_left_to_settle(world, customer):
    assert world.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)

    def settled():
        return all(
            committed in (end, -1001) for committed, end in world.kafka.committed(world.installation.group, world.topics)
        )

    wait_until(settled, "all is committed", explain=world.installation.tails)
    ended = audit(world.installation, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *partitions, total = [json.loads(line) for line in ended.stdout.splitlines()]
    told = [receipt["outcome"] for receipt in world.told()]
    assert [one["partition"] for one in partitions] == list(range(6))
    assert total["holds"] is True and total["deviations"] == total["not_settled"] == total["without_outcome"] == 0
    assert total["records"] == world.records_published() == len(told)
    assert total["outcomes"]["delivered"] == told.count("delivered")
    assert sum(total["outcomes"]["rejected"].values()) == told.count("rejected")
    for name in ("records", "not_settled"):
        assert sum(one[name] for one in partitions) == total[name]
    assert sum(one["outcomes"].get("delivered", 0) for one in partitions) == total["outcomes"]["delivered"]


def test_a_receipt_that_a_worker_wrote_is_as_the_ledger_writes_it(world, customer):
    """So that what follows tries the same as workers leave behind."""
    record = world.receipt_record(world.publish(sign(BACKEND, payload(customer))))
    ledger = Ledger(world.kafka, world.topics, world.installation)
    assert ledger.mac(record.partition, record.key, record.value) == record.header("cupbearer-mac")


# ---- what no worker leaves behind ----


@pytest.fixture
def topics(kafka):
    return kafka.topics(partitions=2)


@pytest.fixture
def key():
    return BACKEND


def events(count, customer="ada", signed_at=None):
    return [sign(BACKEND, payload(customer), signed_at=signed_at) for _ in range(count)]


def expired(count):
    return events(count, signed_at=int(time.time()) - 120)


def all_named(ended):
    """(place, name, sentence) of each that is named; it must be all that is told as differing, with what to do about it."""
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stderr == ""
    found = re.findall(r"(?m)^(\d+/\d+) (\w+): (.*)$", ended.stdout)
    told = re.search(r"(?m)^records and outcomes differ, (\d+) times?:$", ended.stdout)
    assert int(told[1]) == len(found)
    advice = re.findall(r"(?m)^what to do about ([a-z_]+): .{20,}$", ended.stdout)
    assert sorted(advice) == sorted({name for _, name, _ in found})
    return found


def named(ended):
    """The sentences by their place."""
    return {place: sentence for place, _, sentence in all_named(ended)}


def test_a_record_that_was_committed_without_a_receipt_is_named(ledger):
    records = ledger.publish(*events(3), partition=1)
    ledger.receipt(records[0])
    ledger.commit(2, partition=1)
    assert named(ledger.audit()) == {"1/1": "no receipt, and the group's offset is beyond it"}
    assert named(ledger.audit("--partition", "1")).keys() == {"1/1"}
    other = ledger.audit("--partition", "0")
    assert other.returncode == 0 and other.stdout.startswith("partition 0, from offset 0 to before 0, nothing committed")


def test_what_is_not_committed_yet_is_no_deviation(ledger):
    records = ledger.publish(*events(3))
    ledger.receipt(records[1])
    ended = ledger.audit()
    assert ended.returncode == 0
    assert "\nall: 3 records: 1 delivered; 2 not settled yet, 0 without an outcome\n" in ended.stdout
    ledger.commit(0)
    assert ledger.audit().stdout.startswith("partition 0, from offset 0 to before 3, committed 0: 3 records: ")


def test_each_kind_of_deviation_is_named(ledger):
    """Once, or beside this one; what counts as which is tried in tests/unit/audit_test.c and audit_finish_test.c."""
    event = sign(BACKEND, payload("ada"))
    records = ledger.publish(*events(3), *expired(2), *events(1), event, event, *events(1))
    forged, disputed, repeated, without_letter, other_letter, duplicate, first, second, remade = records
    ledger.receipt(forged, mac="A" * 43 + "=")
    ledger.receipt(disputed, "failed", "gave_up")
    ledger.letter(disputed, "gave_up")
    for record in (disputed, repeated, repeated, first, second, remade):
        ledger.receipt(record)
    for record in (without_letter, other_letter):
        ledger.receipt(record, "rejected", "expired")
    ledger.letter(other_letter, "flood")
    ledger.receipt(duplicate, "duplicate")
    ledger.receipt(replace(remade, timestamp=remade.timestamp - 1))
    ledger.receipt(replace(remade, offset=11))
    ledger.commit(9)
    ended = ledger.audit()
    assert named(ended) == {
        "0/0": "no receipt, and the group's offset is beyond it",
        "0/1": "its receipts disagree: delivered and failed (gave_up)",
        "0/3": "rejected (expired), and no dead letter names it",
        "0/4": "rejected (expired), but its dead letter says flood",
        "0/5": "duplicate, and no receipt says that this event was admitted before",
        "0/7": "delivered, and offset 6, the same event, was delivered within the dedup window",
        "0/8": "a receipt says delivered of a record with another time stamp, in whose place this one stands now",
        "0/11": "a receipt says delivered, and the log has no record at this offset",
    }
    assert "\nall: 9 records: 5 delivered, 1 duplicate, 2 rejected (2 expired); " in ended.stdout
    assert "\n2 receipts repeat what another says" in ended.stdout
    assert "\n1 records of the receipts topic have no good cupbearer-mac: ignored." in ended.stdout


def test_what_is_planted_is_found(kafka, ledger):
    """Receipts that contradict their records, an offset that was passed over, one that was used twice."""
    lost, _ = ledger.publish(*events(2))
    ledger.receipt(lost)
    kafka.make_again(ledger.topics)
    reused = ledger.publish(*events(1, "bob"))[0]
    assert reused.offset == lost.offset
    forged = events(1)[0].with_header("webhook-timestamp", "1700000000")
    told_delivered, told_forged, told_expired, _skipped, late = ledger.publish(forged, *events(3), *expired(1))
    ledger.receipt(told_delivered)
    for record, reason in ((told_forged, "bad_signature"), (told_expired, "expired"), (late, "expired")):
        ledger.letter(record, reason)
        ledger.receipt(record, "rejected", reason)
    ledger.receipt(reused)
    ledger.commit(6)
    found = all_named(ledger.audit())
    assert [(place, name) for place, name, _ in found] == [
        ("0/0", "reused_offset"), ("0/1", "untruthful_receipt"), ("0/2", "untruthful_receipt"),
        ("0/3", "untruthful_receipt"), ("0/4", "no_outcome"),
    ]  # fmt: skip
    assert [sentence.split(", but ")[1] for _, name, sentence in found if name == "untruthful_receipt"] == [
        "the record's own outcome is rejected (bad_signature)", "the record passes every check",
        "the record passes every check",
    ]  # fmt: skip
    told = [json.loads(line) for line in ledger.audit("--json").stdout.splitlines()]
    assert [(f"0/{one['offset']}", one["deviation"]) for one in told if "advice" in one] == [one[:2] for one in found]


def test_receipts_under_the_mark_secret_before_count_where_it_is_configured(ledger):
    [record] = ledger.publish(*events(1))
    ledger.receipt(record)
    ledger.commit(1)
    directory = ledger.installation.directory
    (directory / "mark.key").rename(directory / "mark.old")
    assert run_program("keygen", "--mark", directory / "mark.key").returncode == 0
    assert named(ledger.audit()).keys() == {"0/0"}
    ledger.installation.configure("worker", mark_secret_previous_file=directory / "mark.old")
    assert ledger.audit().returncode == 0


def test_receipts_of_a_later_version_are_told_once_and_what_they_speak_of_is_not_called_lost(
    kafka, topics, ledger, installation
):
    for partition in (0, 1):
        for record in ledger.publish(*events(2), partition=partition):
            ledger.receipt(record, mac="v2,made in another way")
        ledger.commit(2, partition=partition)
    ended = ledger.audit()
    assert ended.returncode == 1, ended.stdout + ended.stderr
    *_, total, receipts, records = ended.stdout.splitlines()
    assert total == "all: 4 records; 0 not settled yet, 0 without an outcome"
    assert receipts == "4 receipts are of another version of cupbearer: ignored"
    assert records.startswith("4 records have only such receipts, so this version cannot judge them: ")
    told = json.loads(ledger.audit("--json").stdout.splitlines()[-1])
    assert (told["other_version_receipts"], told["other_version_only"], told["foreign_receipts"]) == (4, 4, 0)
    assert (told["deviations"], told["holds"]) == (0, False)

    worker = installation.worker()
    worker.await_log(r"event=other_version .*: 2 receipts are of another version")
    for partition in (0, 1):
        ledger.publish(*events(1), partition=partition)
    wait_until(
        lambda: kafka.committed(installation.group, topics) == [(3, 3), (3, 3)], "all is settled", explain=worker.tail
    )
    assert worker.text().count("event=other_version") == 1
    assert "event=foreign_receipts" not in worker.text()


def test_records_that_were_deleted_unread_are_named(ledger):
    records = ledger.publish(*events(6))
    ledger.receipt(records[0])
    ledger.receipt(records[3])
    ledger.receipt(records[5])
    ledger.commit(1)
    ledger.delete(ledger.topics.events, before=5)
    assert named(ledger.audit()) == {
        "0/1": "this and what follows to offset 2 was deleted before it was settled",
        "0/4": "was deleted before it was settled",
    }
    ledger.commit(5)
    assert ledger.audit().returncode == 0, "receipts of records that were deleted later are good"


def test_an_offset_beyond_the_log_is_named(ledger):
    ledger.publish(*events(2))
    ledger.commit(5)
    assert named(ledger.audit()) == {
        "0/5": "the group has committed this offset, and the log ends at 2; was the topic made again?"
    }


def test_of_records_whose_receipts_were_deleted_nothing_is_said(ledger):
    records = ledger.publish(*expired(2))
    for record in records:
        ledger.receipt(record, "rejected", "expired")
        ledger.letter(record, "expired")
    ledger.commit(2)
    ledger.delete(ledger.topics.dead, before=2)
    ended = ledger.audit()
    assert ended.returncode == 0, ended.stdout
    assert "\n2 records should have a dead letter, but are older than the dead letters that are left" in ended.stdout
    ledger.delete(ledger.topics.receipts, before=2)
    ended = ledger.audit()
    assert ended.returncode == 0, ended.stdout
    assert "\n2 records have no receipt, but are older than the receipts that are left" in ended.stdout


def test_a_span_is_audited_by_the_records_times(kafka, topics, ledger):
    """Four records without a receipt, two hours apart; only producers' times can be so far apart in a test."""
    created = Topics(f"{topics.events}.created", topics.receipts, topics.dead, 2)
    kafka.create(created.events, 2, message_timestamp_type="CreateTime")
    ledger.topics = created
    ledger.installation.configure("topics", events=created.events)
    now = int(time.time() * 1000)
    for hours in (7, 5, 3, 1):
        ledger.publish(*events(1), at=now - hours * 3600000)
    ledger.commit(4)
    utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 - 4 * 3600))
    assert named(ledger.audit()).keys() == {"0/0", "0/1", "0/2", "0/3"}
    assert named(ledger.audit("--since", "6h")).keys() == {"0/1", "0/2", "0/3"}
    assert named(ledger.audit("--since", "360m", "--until", "2h")).keys() == {"0/1", "0/2"}
    assert named(ledger.audit("--until", utc)).keys() == {"0/0", "0/1"}
    assert named(ledger.audit("--since", utc)).keys() == {"0/2", "0/3"}
    assert ledger.audit("--since", "30m").returncode == 0


def test_what_was_delivered_shortly_before_the_span_is_read_too(kafka, topics, ledger):
    created = Topics(f"{topics.events}.created", f"{topics.receipts}.created", topics.dead, 2)
    for topic in (created.events, created.receipts):
        kafka.create(topic, 2, message_timestamp_type="CreateTime")
    ledger.topics = created
    ledger.installation.configure("topics", events=created.events, receipts=created.receipts)
    now = int(time.time() * 1000)
    event = sign(BACKEND, payload("ada"))
    for minutes in (400, 300, 270):  # the window is an hour
        at = now - minutes * 60000
        [record] = ledger.publish(event, at=at)
        ledger.receipt(record, at=at, finished_at=at)
    ledger.commit(3)
    twice = {"0/2": "delivered, and offset 1, the same event, was delivered within the dedup window"}
    assert named(ledger.audit()) == twice
    assert named(ledger.audit("--since", "285m")) == twice


def test_of_many_deviations_the_first_thousand_are_told(kafka, ledger):
    kafka.publish(ledger.topics.events, events(600), 0)
    kafka.publish(ledger.topics.events, events(600), 1)
    ledger.commit(600)
    ledger.commit(600, partition=1)
    ended = ledger.audit()
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    start = lines.index("records and outcomes differ, 1200 times:") + 1
    places = [line.split(" ")[0] for line in lines[start:-2]]
    assert places == [f"0/{n}" for n in range(600)] + [f"1/{n}" for n in range(400)]
    assert lines[-2] == "... and 200 more"
    assert lines[-1].startswith("what to do about no_outcome: ")


def test_for_programs_each_line_is_an_object(ledger):
    [record] = ledger.publish(*events(1))
    ledger.receipt(record, "rejected", "flood \033[1m")  # an outcome that there is not: no receipt
    ledger.commit(1)
    ended = ledger.audit("--json")
    assert ended.returncode == 1
    first, second, deviation, total = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (first["partition"], first["begin"], first["end"], first["committed"]) == (0, 0, 1, 1)
    assert (second["partition"], second["end"], second["committed"]) == (1, 0, None)
    assert "publish it again" in deviation.pop("advice")
    assert deviation == {
        "partition": 0, "offset": 0, "deviation": "no_outcome",
        "detail": "no receipt, and the group's offset is beyond it",
    }  # fmt: skip
    assert (total["records"], total["without_outcome"], total["deviations"], total["holds"]) == (1, 1, 1, False)
    assert total["outcomes"] == {} and total["foreign_receipts"] == 1


# ---- what it cannot do ----


def test_a_kafka_that_does_not_answer_is_told(ledger):
    ledger.installation.configure("kafka", bootstrap_servers="127.0.0.1:1")
    ended = ledger.audit()
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("cupbearer audit: no broker at 127.0.0.1:1 answers: ")


def test_a_missing_topic_and_a_missing_partition_are_told(ledger):
    ended = ledger.audit("--partition", "2")
    assert (ended.returncode, ended.stderr) == (
        2, f"cupbearer audit: {ledger.topics.events} has 2 partitions, counted from 0: there is no partition 2\n",
    )  # fmt: skip
    missing = f"missing-{secrets.token_hex(4)}"
    ledger.installation.configure("topics", receipts=missing)
    ended = ledger.audit()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"cupbearer audit: there is no topic {missing} at ")


def test_topics_that_do_not_belong_together_are_told(kafka, ledger):
    narrow = f"{ledger.topics.dead}.narrow"
    kafka.create(narrow, 1)
    ledger.installation.configure("topics", dead=narrow)
    ended = ledger.audit()
    assert (ended.returncode, ended.stderr) == (
        2, f"cupbearer audit: {ledger.topics.events} has 2 partitions and {narrow} 1: they do not belong together; is one of the names wrong?\n",
    )  # fmt: skip


def test_a_configuration_without_a_good_mark_secret_is_told(ledger):
    path = ledger.installation.directory / "mark.key"
    path.write_text("whsec_" + "A" * 32 + "\n")
    ended = ledger.audit()
    assert ended.returncode == 2
    assert ended.stderr == (
        f"cupbearer audit: {path}: holds a key of another kind. Make one: cupbearer keygen --mark FILE\n"
    )


def test_on_a_terminal_a_line_tells_how_far_it_is(ledger, key):
    ledger.kafka.publish(ledger.topics.events, [sign(key, payload("ann"))] * 20000, 0)
    terminal = Terminal()
    words = [PROGRAM, "audit", "--config", ledger.installation.configuration()]
    ended = subprocess.run(
        list(map(str, words)), stdout=terminal.theirs, stderr=terminal.theirs, env=ENVIRONMENT, timeout=120
    )
    terminal.close()
    drawn = terminal.text()
    assert ended.returncode == 0, drawn
    assert re.search(r"\r\x1b\[Kreading \[=*>? *\] +\d+ %  \d+ of 20000\r\x1b\[K", drawn), drawn
    assert "\r\x1b[Kpartition 0, from offset 0 to before 20000" in drawn, "no line stands behind what is drawn"
