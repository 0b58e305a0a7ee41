"""The demo's own promise: four events, four outcomes, two messages."""

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import pytest
from broker import wait_until
from programs import ENVIRONMENT, Process, run_program

EXPECTED = [("delivered", None), ("duplicate", None), ("rejected", "bad_signature"), ("delivered", None)]


def receipts(text):
    """The receipts among the lines that the demo prints."""
    found = []
    for line in text.splitlines():
        start = line.find("{")
        if start >= 0 and '"outcome"' in line:
            found.append(json.loads(line[start:]))
    return found


def expect_the_scene(ended):
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [(told["outcome"], told.get("reason")) for told in receipts(ended.stdout)] == EXPECTED, ended.stdout


def test_the_demo_shows_a_delivery_a_duplicate_a_forgery_and_a_stored_500(tmp_path):
    expect_the_scene(run_program("demo", "--once", seconds=120, cwd=tmp_path))


def test_the_demo_shows_the_same_on_a_real_kafka(own_kafka, tmp_path):  # its topics have the README's names
    arguments = ["--once", "--bootstrap-servers", own_kafka.bootstrap]
    expect_the_scene(run_program("demo", *arguments, seconds=120, cwd=tmp_path))


def test_the_demos_own_words_send_through_its_gate(tmp_path):
    demo = Process(tmp_path / "demo.log", "demo")
    demo.environment = {**ENVIRONMENT, "TMPDIR": "/tmp"}
    try:
        demo.launch()  # the embedded broker may take its time to make a group
        wait_until(lambda: "\nCtrl-C ends it" in demo.text(), "the demo's words", 90, demo.tail)
        text = demo.text()
        page = re.search(r"Chat page +(http://[\d.:]+)/", text)[1]
        directory = re.search(r"(?m)^Ctrl-C ends it and deletes (\S+)", text)[1]
        command = re.search(r"(?s)by the gate, .*?\n\n(  curl .*?)\n\n", text)[1]
        sent = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
        assert '"event_id"' in sent.stdout, sent.stdout + sent.stderr

        def bodies():
            with urllib.request.urlopen(f"{page}/_standin/messages", timeout=30) as answer:
                return [message["body"] for message in json.load(answer)["messages"]]

        wait_until(bodies, "a message in the stand-in", explain=demo.tail)
        assert bodies() == ["Hello Ada, what is wrong? Pick one, or just write."]
        demo.stop()
        assert not os.path.exists(directory)
    finally:
        demo.discard()


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
    demo = Process(tmp_path / "demo.log", "demo")
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
