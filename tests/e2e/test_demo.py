"""The demo's own promise: four events, four outcomes, two messages."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from textwrap import dedent

import pytest
from broker import ROOT, wait_until
from documents import snippet
from programs import DEMO_PROGRAM, ENVIRONMENT, Process, run_program

EXPECTED = [("delivered", None), ("duplicate", None), ("rejected", "bad_signature"), ("delivered", None)]


def receipts(text):
    """The receipts among the lines that the demo prints."""
    found = []
    for line in text.splitlines():
        start = line.find("{")
        if start >= 0 and '"outcome"' in line:
            found.append(json.loads(line[start:]))
    return found


def play(*arguments, **settings):
    return run_program("play", *arguments, program=DEMO_PROGRAM, seconds=120, **settings)


def expect_the_scene(ended):
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [(told["outcome"], told.get("reason")) for told in receipts(ended.stdout)] == EXPECTED, ended.stdout


def test_the_demo_shows_a_delivery_a_duplicate_a_forgery_and_a_stored_500(tmp_path):
    expect_the_scene(play("--once", cwd=tmp_path))


def test_the_demo_shows_the_same_on_a_real_kafka(own_kafka, tmp_path):  # its topics have the README's names
    arguments = ["--once", "--bootstrap-servers", own_kafka.bootstrap]
    expect_the_scene(play(*arguments, cwd=tmp_path))


# An event that says it is backend-1's, in words for the second terminal.
FORGE = """kcat -P -b "$BOOTSTRAP_SERVERS" -t cupbearer.events -X partitioner=murmur2_random -k acme/e/user_42 \\
    -H webhook-id=forged-1 -H webhook-timestamp=$(date +%s) -H webhook-signature=v1,$(printf %043d 0)= -H cupbearer-key=backend-1 <<'END'
{"account":"acme","to":{"customer":{"external_id":"user_42"}},"message":{"body":"x"}}
END
"""


def shape(text):
    """What is printed, without what is another each time."""
    return re.sub(r"=(evt_[\w-]+|\d+)", "=…", text)


class Visitor:
    """Whoever looks at a demo: what it printed, and a second terminal that knows nothing of it."""

    def __init__(self, demo, home):
        self.demo, self.home = demo, home
        (home / "node_modules").symlink_to(ROOT / "tests/.cache/node/node_modules")
        text = demo.text()
        self.page = re.search(r"Chat page +(http://[\d.:]+)/", text)[1]
        self.export, *self.commands = re.findall(r"\n\n((?:  .+\n)+)\n", text)

    def type(self, command, expected=0):
        """In a new terminal, behind the one line that the demo says to type there first."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        ended = subprocess.run(
            ["sh", "-c", self.export + command], cwd=self.home, env=environment, capture_output=True, text=True, timeout=90
        )
        assert ended.returncode == expected, command + ended.stdout + ended.stderr
        return ended.stdout

    def run(self, name):
        """A block of a README, as it is printed there."""
        runner, ending = {"python": (sys.executable, "py"), "javascript": ("node", "js")}.get(name, ("sh", "sh"))
        (self.home / f"snippet.{ending}").write_text(snippet(name))
        return self.type(f"{runner} snippet.{ending}")

    def bodies(self):
        with urllib.request.urlopen(f"{self.page}/_standin/messages", timeout=30) as answer:
            return [message["body"] for message in json.load(answer)["messages"]]

    def sees(self, body):
        wait_until(lambda: body in self.bodies(), f"'{body}' in the stand-in", explain=self.demo.tail)


def test_what_the_demo_prints_and_the_readmes_programs_run_in_a_second_terminal(tmp_path):
    demo = Process(tmp_path / "demo.log", "play", program=DEMO_PROGRAM)
    demo.environment = {**ENVIRONMENT, "TMPDIR": "/tmp"}
    try:
        demo.launch()  # the embedded broker may take its time to make a group
        wait_until(lambda: "\nCtrl-C ends it" in demo.text(), "the demo's words", 90, demo.tail)
        visitor = Visitor(demo, tmp_path)
        directory = re.search(r"(?m)^Ctrl-C ends it and deletes (\S+)", demo.text())[1]
        send, own_text, curl, why, kcat = visitor.commands
        assert re.search(r"Kafka +\S+ \(embedded: Go and Java clients get no answer.*\n.*--kafka real", demo.text())
        assert "delivered: Papercups holds the message" in visitor.type(send), "to a customer whom nothing has identified"
        assert '"event_id"' in visitor.type(curl)
        visitor.sees("Hello Ada, what is wrong? Pick one, or just write.")
        assert dedent(own_text) == snippet("first-gate-event")
        visitor.type(own_text)
        visitor.sees("Hello by the gate")
        first = visitor.run("first-event")
        assert shape(first) == shape(snippet("first-event-printed"))
        assert why.strip() == snippet("first-why").strip()
        assert "delivered: Papercups" in visitor.type(why.replace("EVENT_ID", re.search(r"event_id=(\S+)", first)[1]))
        for name, body in (("python", "Hello from *Python*"), ("javascript", "Hello from *Node*"), ("sh", "Hello from the *shell*")):
            visitor.run(name)
            visitor.sees(body)
        visitor.run("gate-send")
        assert '"outcome":"delivered"' in visitor.run("gate-receipt")
        for told in (visitor.run("receipts"), visitor.type(kcat)):
            assert told.count('"outcome":"delivered"') == 8, told
        visitor.type(FORGE)
        wait_until(lambda: "bad_signature" in visitor.type("cupbearer dead list"), "the dead letter", explain=demo.tail)
        assert "bad_signature" in visitor.type("cupbearer why forged-1", expected=1), "not authentic: exit code 1"
        assert "8 delivered, 1 rejected (1 bad_signature)" in visitor.type("cupbearer audit")
        assert "\n0 problems, " in visitor.type("cupbearer doctor")
        logged = "".join((Path(directory) / name).read_text() for name in ("worker.log", "gate.log"))
        assert "AUTOCREATE" not in logged, "librdkafka 2.0.2 says it to the embedded broker several times a second"
        assert "event=clock" not in logged, "its stamps are no time of day"
        visitor.type(re.search(r"\(from another terminal: (kill \d+)\)", demo.text())[1])
        assert demo.wait() == 0 and demo.text().endswith(f"\nstopped; deleted {directory}\n"), demo.tail()
        assert not os.path.exists(directory)
    finally:
        demo.discard()


@pytest.mark.parametrize("option", ["--port", "--gate-port"])
def test_a_port_that_is_taken_is_told_by_the_option_that_named_it(tmp_path, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = play(option, port, cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert ended.stderr.startswith(f"cupbearer-demo play: {option}: ") and str(port) in ended.stderr, ended.stderr
    assert f"leave {option} out" in ended.stderr, ended.stderr


def children_of(pid):
    """Process ids."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:  # it has just ended
            pass
    return found


def runs(pid):
    """Also false for one that has ended and that nobody has asked about yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


@pytest.fixture
def short_directory():
    """The demo takes no TMPDIR with a long path."""
    with tempfile.TemporaryDirectory() as directory:
        yield directory


def test_what_the_demo_started_does_not_outlive_it(tmp_path, short_directory):
    demo = Process(tmp_path / "demo.log", "play", program=DEMO_PROGRAM)
    demo.environment = {**ENVIRONMENT, "TMPDIR": short_directory}  # its files stay
    try:
        demo.launch()
        wait_until(lambda: "\nCtrl-C ends it" in demo.text(), "the demo's words", 90, demo.tail)
        started = children_of(demo.process.pid)
        assert len(started) == 2, "a worker and a gate"
        demo.process.kill()
        wait_until(lambda: not any(runs(pid) for pid in started), "the end of both")
    finally:
        demo.discard()
