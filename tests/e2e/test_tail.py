"""`cupbearer tail`: outcomes as they happen, as a real worker or the ledger has written them into a real Kafka."""

import json
import re
import select
import signal
import subprocess
from datetime import datetime, timezone

import pytest
from broker import wait_until
from ledger import Ledger
from programs import ENVIRONMENT, PROGRAM, STOP_S, Installation, run_program
from signing import HmacKey, payload, sign
from terminal import Terminal
from world import BACKEND, World

ANN, BEN = "ann", "ben"
WHOLE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


class Tail:
    """`cupbearer tail` at work: its notes go to a terminal, where it says when it follows; its lines to a pipe, or there too."""

    def __init__(self, installation, *options, on_terminal=False, **variables):
        self.terminal = Terminal()
        words = [PROGRAM, "tail", "--config", installation.configuration(), *options]
        self.process = subprocess.Popen(
            list(map(str, words)), stdin=subprocess.DEVNULL, stdout=self.terminal.theirs if on_terminal else subprocess.PIPE,
            stderr=self.terminal.theirs, env={**ENVIRONMENT, "TERM": "xterm", **variables},
        )  # fmt: skip
        self.await_note("cupbearer tail: follows ")

    def notes(self):
        return self.terminal.text().splitlines()

    def await_note(self, begin):
        def look():
            found = [line for line in self.notes() if line.startswith(begin)]
            assert found or self.process.poll() is None, self.terminal.text()
            return found

        return wait_until(look, begin, explain=self.terminal.text)[0]

    def line(self):
        """The next one, which has to come while the program goes on."""
        ready, _, _ = select.select([self.process.stdout], [], [], STOP_S)
        assert ready, self.terminal.text()
        return self.process.stdout.readline().decode().rstrip("\n")

    def end(self, number=signal.SIGINT):
        """What it has not told yet, when it has ended in order."""
        self.process.send_signal(number)
        rest = self.process.communicate(timeout=STOP_S)[0]
        self.terminal.close()
        assert self.process.returncode == 0, self.terminal.text()
        return rest

    def discard(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def tail():
    """tail(installation, options…): one that is gone after the test."""
    started = []

    def start(*arguments, **more):
        started.append(Tail(*arguments, **more))
        return started[-1]

    yield start
    for one in started:
        one.discard()


def told(installation, *options):
    """What it prints of what is there already, to its end by --count."""
    ended = run_program("tail", "--config", installation.configuration(), "--since", "1h", *options)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout.splitlines()


def ids(lines):
    return [line.split()[4] for line in lines]


# ---- a worker's ----


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("tail"), kafka, kafka.topics())
    yield made
    made.close()


def test_each_outcome_is_a_line_when_it_happens(world, customer, tail):
    world.outcome(sign(BACKEND, payload(customer)))
    following = tail(world.installation)
    event = sign(BACKEND, payload(customer))
    forged = sign(HmacKey("backend-1"), payload(customer))
    assert world.outcome(event) == ("delivered", None)
    first = following.line()
    assert world.outcome(event) == ("duplicate", None)
    second = following.line()
    assert world.outcome(forged) == ("rejected", "bad_signature")
    third = following.line()
    event_id = event.header("webhook-id")
    assert re.fullmatch(rf"{WHOLE} delivered acme      {customer} {event_id}", first), first
    assert re.fullmatch(rf"{WHOLE} duplicate acme      {customer} {event_id}", second), second
    assert re.fullmatch(rf"{WHOLE} rejected  -         {customer} - +bad_signature: .+", third), third
    assert following.end() == b""
    assert len(following.notes()) == 1, following.notes()


def test_an_object_is_the_receipt_and_whom_it_is_for(world, customer, tail):
    following = tail(world.installation, "--json", "--recipient", customer)
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer))))
    assert json.loads(following.line()) == {**receipt, "routing_key": f"acme/e/{customer}"}
    assert following.end(signal.SIGTERM) == b""


# ---- what nobody but the ledger writes ----


def event(key, recipient=BEN, event_id=None):
    return sign(key, payload(recipient), event_id)


@pytest.fixture
def several(ledger, key):
    """One receipt each, in this order."""
    rows = {
        "delivered": (ANN, ("delivered",), {}), "gave_up": (BEN, ("failed", "gave_up"), {"detail": "for 1 h: 503"}),
        "other_sender": (BEN, ("delivered",), {"sender": "shipping"}), "expired": (ANN, ("rejected", "expired"), {}),
        "other_account": (BEN, ("duplicate",), {"account": "globex"}), "last": (BEN, ("failed", "flood"), {}),
    }  # fmt: skip
    made = {name: event(key, recipient) for name, (recipient, _, _) in rows.items()}
    for name, (_, outcome, more) in rows.items():
        [record] = ledger.publish(made[name])
        ledger.receipt(record, *outcome, **more)
    ledger.installation.add_account("globex")
    return {one.header("webhook-id"): name for name, one in made.items()}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("", ["delivered", "gave_up", "other_sender", "expired", "other_account", "last"]),
        ("--outcome failed", ["gave_up", "last"]),
        ("--outcome rejected,duplicate", ["expired", "other_account"]),
        ("--outcome gave_up,expired", ["gave_up", "expired"]),
        ("--outcome expired --outcome flood", ["expired", "last"]),
        ("--sender shipping", ["other_sender"]),
        ("--recipient ben", ["gave_up", "other_sender", "other_account", "last"]),
        ("--account globex", ["other_account"]),
        ("--account acme --recipient ben --outcome failed,delivered", ["gave_up", "other_sender", "last"]),
    ],
)
def test_what_is_chosen(ledger, several, options, names):
    lines = told(ledger.installation, *options.split(), "--count", len(names))
    assert [several[one] for one in ids(lines)] == names, lines


def test_the_reason_and_what_it_means_stand_behind(ledger, several):
    lines = told(ledger.installation, "--outcome", "failed,rejected", "--count", 3)
    assert lines[0].endswith(" gave_up: for 1 h: 503")
    assert lines[1].endswith(" expired: admitted after it expired")


def test_only_receipts_under_the_mark_secret_are_told(ledger, key, tail):
    records = ledger.publish(*(event(key) for _ in range(5)))
    following = tail(ledger.installation)
    for record in records[:2]:
        ledger.receipt(record, mac="A" * 43 + "=")
    ledger.receipt(records[2], mac="v2,AAAA")
    ledger.receipt(records[3], topic="others.events")
    ledger.receipt(records[4])
    assert ids([following.line()]) == [records[4].header("webhook-id")]
    assert following.end() == b""
    where = f"cupbearer tail: {ledger.topics.receipts}/0/"
    assert [note[: len(where) + 23] for note in following.notes()[1:3]] == [
        f"{where}0 has no good code: the", f"{where}2 is a receipt of anoth",
    ]  # fmt: skip
    assert following.notes()[3:] == [
        "cupbearer tail: left out: 2 without a good code", "cupbearer tail: left out: 1 of another version",
    ]


def test_it_goes_on_behind_an_outage_of_kafka(own_kafka, tmp_path, standin, key, tail):
    topics = own_kafka.topics(partitions=2)
    ledger = Ledger(own_kafka, topics, Installation(tmp_path / "worker", own_kafka, topics, standin.url, [key]))
    records = ledger.publish(*(event(key) for _ in range(2)))
    following = tail(ledger.installation)
    ledger.receipt(records[0])
    assert ids([following.line()]) == [records[0].header("webhook-id")]
    own_kafka.script("kill", own_kafka.directory)
    note = following.await_note("cupbearer tail: no broker at ")
    assert re.search(r" answers: .+; it goes on by itself when one does$", note), note
    own_kafka.script("restart", own_kafka.directory)
    following.await_note("cupbearer tail: Kafka answers again")
    ledger.receipt(records[1])
    assert ids([following.line()]) == [records[1].header("webhook-id")]
    assert following.end() == b""
    assert len(following.notes()) == 3, following.notes()


def test_on_a_terminal_a_line_fits_and_drives_nothing(ledger, key, tail):
    long = "x" * 60
    finished = int(datetime(2026, 1, 31, 12, tzinfo=timezone.utc).timestamp() * 1000)
    [one, two, three] = ledger.publish(event(key, long, "i" * 36), event(key), event(key))
    following = tail(ledger.installation, on_terminal=True, NO_COLOR="1")
    ledger.receipt(one, "failed", "gave_up", detail=long)
    ledger.receipt(two, "failed", "gave_up", event_id="evt_1", detail="\u001b\u202e" + "\u6f22" * 40)
    ledger.receipt(three, finished_at=finished)
    last = following.await_note("2026-01-31T12:00:00Z delivered acme ")
    following.end()
    lines = following.notes()[1:]
    assert re.fullmatch(r"\d\d:\d\d:\d\d failed    acme      x{12}… i{36}", lines[0]), lines
    assert re.fullmatch(r"\d\d:\d\d:\d\d failed    acme      ben           evt_1 {16}gave_up: \?\?\u6f22…", lines[1]), lines
    assert lines[2] == last and len(last) < 80
    assert len(lines[1]) + lines[1].count("\u6f22") == 78, "wide characters take two columns"


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, False)])
def test_on_a_terminal_an_outcome_has_its_colour(ledger, key, tail, variables, coloured):
    one, two = ledger.publish(event(key, event_id="evt_1"), event(key, event_id="evt_2"))
    following = tail(ledger.installation, "--count", "2", on_terminal=True, **variables)
    ledger.receipt(one)
    ledger.receipt(two, "failed", "gave_up")
    assert following.process.wait(STOP_S) == 0
    following.terminal.close()
    written = following.terminal.text()
    assert ("\x1b[32mdelivered\x1b[0m acme" in written and "\x1b[31mfailed\x1b[0m    acme" in written) == coloured, written
    assert ("\x1b" in written) == coloured, written


def test_it_ends_when_nobody_reads_it(ledger, several):
    configuration = ledger.installation.configuration()
    words = [PROGRAM, "tail", "--config", configuration, "--since", "1h"]
    following = subprocess.Popen(
        list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    assert following.stdout.readline()
    following.stdout.close()  # and nothing need be written any more
    assert following.wait(STOP_S) in (0, -signal.SIGPIPE)  # whether or not something still was
    assert following.stderr.read() == b""


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ("--account acm", "--account: the configuration has no account 'acm'; did you mean acme?"),
        ("--outcome failed,deliverd", "--outcome: there is no 'deliverd'; did you mean delivered?"),
        ("--outcome xyzzy",
         "--outcome: there is no 'xyzzy': delivered, duplicate, rejected, failed, or a reason such as gave_up"),
        ("--count 0", "--count needs a whole number from 1 to 2147483647, not '0'"),
        ("--since 60", "--since needs a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 24h or 7d, not '60'"),
        ("now", "'now' is not expected here; see cupbearer tail --help"),
    ],
)  # fmt: skip
def test_a_mistake_says_what_to_do(installation, options, mistake):
    ended = run_program("tail", "--config", installation.configuration(), *options.split())
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"cupbearer tail: {mistake}\n")


def test_without_kafka_it_ends_and_says_so(installation):
    installation.configure("kafka", bootstrap_servers="127.0.0.1:1")
    ended = run_program("tail", "--config", installation.configuration())
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("cupbearer tail: no broker at ") and ended.stderr.count("\n") == 1
