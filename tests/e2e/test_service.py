"""Under a service manager, as systemd is one: it is told what happens (sd_notify(3)), and waits for signs of life."""

import os
import re
import secrets
import signal
import socket
import time

import pytest
from broker import wait_until
from gate import Gate
from programs import ENVIRONMENT, Process
from signing import payload, sign

WATCHDOG_S = 0.4


class Manager:
    """What systemd is to a service of Type=notify; its socket is abstract, for a path may be too long for one."""

    def __init__(self):
        name = f"cupbearer-test-{secrets.token_hex(8)}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{name}")
        self.environment = {**ENVIRONMENT, "NOTIFY_SOCKET": f"@{name}"}
        self.told = []

    def expects_life(self):
        self.environment["WATCHDOG_USEC"] = str(int(WATCHDOG_S * 1e6))
        return self

    def take(self, seconds=0.0):
        """What comes within that time, at most one message; None: nothing."""
        self.socket.settimeout(seconds)
        try:
            self.told.append(self.socket.recv(4096).decode())
        except (BlockingIOError, TimeoutError):
            return None
        return self.told[-1]

    def read(self):
        """All that was told until now."""
        while self.take() is not None:
            pass
        return self.told

    def await_told(self, wanted, from_=0):
        """Waits until a message behind the first `from_` of them matches whole."""
        return wait_until(
            lambda: next((one for one in self.read()[from_:] if re.fullmatch(wanted, one)), None), wanted,
            explain=lambda: str(self.told),
        )  # fmt: skip

    def states(self):
        """In their order, without STATUS and signs of life."""
        return [one.split("\n")[0] for one in self.read() if not one.startswith(("STATUS=", "WATCHDOG="))]


@pytest.fixture
def manager():
    made = Manager()
    yield made
    made.socket.close()


@pytest.fixture
def start(installation, manager, monkeypatch):
    """start("run" | "gate"): one that the manager has started and that says that it is ready."""

    def started(command, **variables):
        environment = {**manager.environment, **variables}
        if command == "gate":
            installation.configure("gate", listen="127.0.0.1:0")
            monkeypatch.setattr(Process, "environment", environment)
            process = Gate(installation)
        else:
            process = installation.make_worker()
            process.environment = environment
            process.start(r"(?m)\bevent=started\b")
        manager.await_told("READY=1")
        return process

    return started


@pytest.mark.parametrize("command", ["run", "gate"])
def test_start_reload_and_stop_are_told_in_their_order(installation, manager, start, command):
    process = start(command)
    assert manager.states() == ["READY=1"]
    process.process.send_signal(signal.SIGHUP)
    reloading = manager.await_told(r"RELOADING=1\nMONOTONIC_USEC=\d+")
    began = int(reloading.split("=")[-1])
    assert 0 < began <= manager_now_us()
    process.await_log(r"event=unchanged")
    wait_until(lambda: manager.states() == ["READY=1", "RELOADING=1", "READY=1"], "reloaded", explain=lambda: str(manager.told))
    process.stop()
    assert manager.states() == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


def manager_now_us():
    """As systemd reads it: CLOCK_MONOTONIC."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def test_a_start_that_fails_is_never_called_ready(installation, manager):
    installation.configure("topics", events="nowhere")
    worker = installation.make_worker()
    worker.environment = manager.environment
    worker.launch()
    assert worker.wait() != 0
    assert manager.read() == []


def test_a_check_of_the_configuration_tells_nothing(installation, manager):
    """The unit's own process is another."""
    check = Process(installation.directory / "check.log", "run", "--check", "--config", installation.configuration())
    check.environment = manager.environment
    check.launch()
    assert check.wait() == 0, check.tail()
    assert manager.read() == []


def test_the_status_says_how_the_worker_is(manager, start, topics):
    worker = start("run")
    manager.await_told(rf"STATUS=ok: {topics.partitions} partitions")
    worker.stop()
    assert manager.read()[-1] == "STATUS=stopping: 0 events are not settled"


def test_the_status_says_whether_the_gate_finds_kafka(manager, start):
    start("gate")
    manager.await_told("STATUS=ok: Kafka answers")


@pytest.mark.parametrize("command", ["run", "gate"])
def test_signs_of_life_come_again_and_again(manager, start, command):
    manager.expects_life()
    start(command)
    for _ in range(5):
        manager.await_told("WATCHDOG=1", from_=len(manager.told))


def test_none_come_where_nobody_waits_for_them_or_another_is_meant(manager, start):
    manager.expects_life().environment["WATCHDOG_PID"] = str(os.getpid())
    worker = start("run")
    worker.stop()
    assert "WATCHDOG=1" not in manager.read()


def test_a_loop_that_stands_still_gives_no_sign_of_life(kafka, topics, key, customer, manager, start):
    """So that systemd ends it, and starts it again: what it held is another's then."""
    manager.expects_life()
    worker = start("run", FAILPOINT="settled.before!")  # of a build for tests: the loop stands still there
    manager.await_told("WATCHDOG=1")
    kafka.publish(topics.events, [sign(key, payload(customer))])
    worker.await_log(r"event=failpoint detail=settled\.before\n")
    manager.read()
    assert manager.take(3 * WATCHDOG_S) is None
    assert worker.runs()  # its other threads go on, and the group hears of it


def journal(process):
    """What the process logs to is the journal, as far as it can tell."""
    process.log.touch()
    at = process.log.stat()
    return {**ENVIRONMENT, "JOURNAL_STREAM": f"{at.st_dev}:{at.st_ino}"}


def test_what_is_logged_to_the_journal_has_its_priority(installation):
    installation.secret_write("acme.key", "not-the-key\n")
    installation.add_account("globex")
    worker = installation.make_worker()
    worker.environment = journal(worker)
    worker.start(r"\bevent=started\b")
    worker.stop()
    priorities = {"error": "3", "warning": "4", "info": "6", "debug": "7"}
    found = [re.match(r"<(\d)>ts=\S+ level=(\w+) ", line) for line in worker.text().splitlines()]
    assert found and all(line and priorities[line[2]] == line[1] for line in found), worker.tail()
    assert {line[2] for line in found} >= {"error", "info"}  # that key is refused


@pytest.mark.parametrize("command", ["run", "gate"])
def test_why_a_process_ends_is_an_error_in_the_journal(installation, command):
    installation.configure("worker", memory="a little")
    process = Process(installation.directory / "ended.log", command, "--config", installation.configuration())
    process.environment = journal(process)
    process.launch()
    assert process.wait() == 2
    assert re.fullmatch(rf"<3>cupbearer {command}: .*memory.*\n", process.text()), process.text()
