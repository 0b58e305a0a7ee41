"""Signals and pipes that end: what kills, what does not, and that nothing is said about it."""

import errno
import os
import signal
import subprocess

import pytest
from broker import wait_until
from programs import ENVIRONMENT, PROGRAM
from signing import payload, sign

ALONE = ["unshare", "--pid", "--fork", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
CAN_BE_ALONE = subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0


def start(*arguments, before=(), **settings):
    return subprocess.Popen([*before, PROGRAM, *map(str, arguments)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, **settings)


@pytest.fixture
def waiting(tmp_path):
    """The words of a command that waits for ever: nobody writes its keyring."""
    keyring, record = tmp_path / "keyring", tmp_path / "record.json"
    os.mkfifo(keyring)
    record.write_text("{}")
    return "verify", "--keyring", keyring, record


def writer_of(fifo):
    """A descriptor, once somebody has opened it for reading."""
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as nobody:
        assert nobody.errno == errno.ENXIO, nobody
        return None


def only_child(process):
    found = wait_until(lambda: open(f"/proc/{process.pid}/task/{process.pid}/children").read().split(), "the child")
    return int(found[0])


@pytest.mark.skipif(not CAN_BE_ALONE, reason="no process namespaces here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_the_first_process_of_a_container_obeys_signals(waiting, number):
    outside = start(*waiting, before=ALONE)
    command = only_child(outside)
    writer = wait_until(lambda: writer_of(waiting[2]), "it reads its keyring")
    os.kill(command, number)
    assert outside.wait(30) == 128 + number
    os.close(writer)


@pytest.mark.parametrize("words", [["help"], ["run", "--help"]])
def test_a_command_whose_reader_is_gone_ends_without_a_word(words):
    reading, writing = os.pipe()
    os.close(reading)
    ended = start(*words, stdout=writing)
    os.close(writing)
    assert (ended.wait(30), ended.stderr.read()) == (-signal.SIGPIPE, "")


def test_what_cannot_be_written_for_another_reason_is_told():
    with open("/dev/full", "w") as full:
        ended = start("help", stdout=full)
    assert ended.wait(30) == 5
    assert "cannot write to stdout: No space left on device" in ended.stderr.read()


def test_signals_of_others_do_not_kill_a_worker(kafka, topics, key, installation, receipts, customer):
    worker = installation.worker()
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        worker.process.send_signal(number)
    kafka.publish(topics.events, [sign(key, payload(customer, "Hello"))])
    wait_until(lambda: receipts.read(), "its receipt", explain=worker.tail)
    worker.stop()
