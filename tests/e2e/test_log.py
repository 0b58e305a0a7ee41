"""A log that nobody reads: a supervisor that stands still, a terminal that is stopped. It holds nobody up."""

import fcntl
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest
from broker import wait_until
from programs import ENVIRONMENT, PROGRAM, STOP_S, free_port
from prometheus import Metrics
from signing import payload, sign

EVENTS = 3000  # at the level debug more than a pipe and LOG_WRITER_BYTES hold


class Unread:
    """A process whose standard error is a pipe that is full and that nobody reads."""

    filler = b"# "

    def __init__(self, *arguments):
        self.read_end, write_end = os.pipe()
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(write_end, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(write_end, self.filler)
        os.set_blocking(write_end, True)  # for the process has the same open file, with its flags
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write_end,
            env=ENVIRONMENT,
        )  # fmt: skip
        os.close(write_end)

    def stop(self):
        self.process.terminate()
        return self.process.wait(STOP_S)

    def read(self):
        """What comes now, at least a byte."""
        return os.read(self.read_end, 65536)

    def rest(self):
        """All that comes until it has ended."""
        with os.fdopen(self.read_end, "rb") as log:
            return log.read().decode()

    def discard(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def run():
    """run(command, …): one whose log nobody reads."""
    started = []

    def start(*arguments):
        started.append(Unread(*arguments))
        return started[-1]

    yield start
    for process in started:
        process.discard()


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None


@pytest.fixture
def worker(installation, run):
    """It has its partitions; `metrics` asks it."""
    installation.configure("admin", listen=f"127.0.0.1:{free_port()}")
    process = run("run", "--config", installation.configuration(), "--log-level", "debug")
    url = f"http://{installation.settings['admin']['listen']}"
    process.metrics = lambda: Metrics(ask(url + "/metrics"))
    wait_until(lambda: ask(url + "/readyz"), "the worker is ready")
    return process


def published(kafka, topics, key, customer, receipts, count):
    before = len(receipts.read())
    kafka.publish(topics.events, [sign(key, payload(f"{customer}_{n % 40}", f"Hello {n}")) for n in range(count)])
    wait_until(lambda: len(receipts.read()) == before + count, "all receipts", 120)
    assert {json.loads(one.value)["outcome"] for one in receipts.records} == {"delivered"}


def test_a_worker_whose_log_nobody_reads_delivers_and_stops(kafka, topics, key, customer, receipts, worker):
    published(kafka, topics, key, customer, receipts, EVENTS)
    dropped = worker.metrics().value("cupbearer_log_lines_dropped_total")
    assert dropped > 0
    assert worker.stop() == 0
    assert re.fullmatch(r"(# )+", worker.rest())  # whole lines or none


def test_a_gap_in_the_log_is_told_where_it_is_and_lines_go_on_behind_it(kafka, topics, key, customer, receipts, worker):
    published(kafka, topics, key, customer, receipts, EVENTS)
    log = b""
    while b"event=log_dropped" not in log:
        log += worker.read()
    dropped = worker.metrics().value("cupbearer_log_lines_dropped_total")
    published(kafka, topics, key, customer, receipts, 1)
    assert worker.stop() == 0
    before, gap, behind = re.split(r"(?m)^(.* event=log_dropped .*)\n", (log.decode() + worker.rest()).replace("# ", ""))
    assert re.fullmatch(rf'ts=\S+ level=warning event=log_dropped lines={dropped:.0f} detail=".*"', gap)
    assert all(line.startswith("ts=") for line in (before + behind).splitlines())
    assert before.startswith("ts=") and "event=started" in before  # those that are kept are the oldest
    assert before.count("event=settled") < EVENTS and behind.count("event=settled") == 1


def test_a_worker_that_cannot_start_ends_although_nobody_reads_why(installation, run):
    installation.configure("worker", memory="a little")
    worker = run("run", "--config", installation.configuration())
    assert worker.process.wait(STOP_S) == 2


def test_a_gate_whose_log_nobody_reads_answers_and_stops(installation, run):
    installation.configure("gate", listen=f"127.0.0.1:{free_port()}")
    gate = run("gate", "--config", installation.configuration(), "--log-level", "debug")
    wait_until(lambda: ask(f"http://{installation.settings['gate']['listen']}/healthz"), "the gate answers")
    assert gate.stop() == 0
