"""The programs under test as processes: the worker and the stand-in Papercups. Each ends only what it started."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

from broker import ROOT, wait_until

PROGRAM = ROOT / os.environ.get("BUILD_DIRECTORY", "build-tests") / "cupbearer"
DEMO_PROGRAM = PROGRAM.with_name("cupbearer-demo")
SANITIZED_PROGRAM = ROOT / os.environ.get("SANITIZED_BUILD_DIRECTORY", "build-asan") / "cupbearer"
# The programs read settings from variables of this name too; a developer's own must not reach them.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("CUPBEARER_") and not name.startswith("FAULT_")
}
# For the sanitized build; the worker makes itself undumpable, which LeakSanitizer cannot stand.
ENVIRONMENT |= {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
# Its counters of lines run are of the unit tests alone (tests/coverage.sh).
ENVIRONMENT |= {"GCOV_PREFIX": str(SANITIZED_PROGRAM.parent / "counters-of-others")}
# What worker/demo/standin/standin.h gives `cupbearer-demo standin`.
STANDIN_API_KEY = "standin-api-key"
STANDIN_ACCOUNT = "5b1a2c3d-0001-4000-8000-000000000001"
# Its version, as text: what it can do, and what it does wrong, depends on it. Debian 12 has 2.0.2, Debian 13 2.8.0.
LIBRDKAFKA = subprocess.run(["pkg-config", "--modversion", "rdkafka"], capture_output=True, text=True, check=True).stdout.strip()
START_S = 90
STOP_S = 90


def run_program(*arguments, seconds=60, program=PROGRAM, **settings):
    """Runs a command of cupbearer to its end; stdout and stderr come back as text."""
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=seconds,
        stdin=subprocess.DEVNULL, env=ENVIRONMENT, **settings,
    )  # fmt: skip


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Process:
    """A process whose words go to a file, which tells when it is ready."""

    started = []  # all of this run, so that none outlives it, whatever a fixture fails at
    command = (PROGRAM,)
    environment = ENVIRONMENT
    stdin = subprocess.DEVNULL

    def __init__(self, log, *arguments, program=None):
        self.log = Path(log)
        self.arguments = [*([program] if program else self.command), *map(str, arguments)]
        self.process = None

    def launch(self):
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                self.arguments, stdin=self.stdin, stdout=out, stderr=subprocess.STDOUT, env=self.environment
            )
        Process.started.append(self)

    def start(self, ready):
        """Starts and waits until the log holds a match of `ready`, which is returned."""
        self.launch()

        def look():
            found = re.search(ready, self.text())
            assert found or self.process.poll() is None, f"ended with {self.process.returncode}\n{self.tail()}"
            return found

        return wait_until(look, f"'{ready}' from {self.log.stem}", START_S, self.tail)

    def await_log(self, wanted):
        """Waits until the log holds a match."""
        return wait_until(lambda: re.search(wanted, self.text()), f"'{wanted}' in the log", explain=self.tail)

    def text(self):
        return self.log.read_text(errors="replace")

    def tail(self, lines=40):
        return f"the end of {self.log}:\n" + "\n".join(self.text().splitlines()[-lines:])

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end within {STOP_S} s of SIGTERM\n{self.tail()}") from None

    def stop(self):
        """Ends in order, as Kubernetes would, and must succeed at it."""
        self.terminate()
        status = self.wait()
        assert status == 0, f"exit code {status} after SIGTERM\n{self.tail()}"

    def discard(self):
        if self.runs():
            self.process.kill()
            self.process.wait()


class StandIn(Process):
    """`accounts`: (API key, account id, inbox id) of each, where it is not to be the one of worker/demo/standin/standin.h."""

    command = (DEMO_PROGRAM, "standin")

    def __init__(self, directory, port=0, accounts=()):
        words = [word for account in accounts for word in ("--account", ":".join(account))]
        super().__init__(directory / "standin.log", "--port", port, *words)
        self.url = self.start(r"standin url=(http://127\.0\.0\.1:\d+)")[1]

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    def call(self, method, path, content=None, headers=None):
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def api(self, method, path, content=None, key=STANDIN_API_KEY):
        """A call of Papercups' own API, with an account's key."""
        return self.call(method, path, content, {"Authorization": f"Bearer {key}"})

    def fault(self, kind, body, times=1, **more):
        """What happens to the next POST of the API that carries this body, by whichever call it comes."""
        self.call("POST", "/_standin/faults", {
            "fault": kind, "method": "POST", "path": "/api/v1/", "body_contains": body, "times": times, **more,
        })  # fmt: skip

    def faults_left(self):
        return self.call("GET", "/_standin/faults")["faults"]

    def counts(self):
        return self.call("GET", "/_standin/counts")

    def messages(self, external_id=None):
        """What is stored, in storing order; of one customer only, where it is named."""
        stored = self.call("GET", "/_standin/messages")["messages"]
        return [message for message in stored if external_id in (None, message["external_id"])]


class Installation:
    """The files of one deployment in a directory: keyring, secrets, configuration; and workers that run by it."""

    def __init__(self, directory, kafka, topics, standin_url, keys, program=PROGRAM):
        self.program = program
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.workers = []
        self.settings = {
            # A worker polls its consumer four times in max.poll.interval.ms, told to or not: seldom, or that would heal what it
            # sleeps through.
            "kafka": {
                "bootstrap_servers": kafka.bootstrap, "group_id": f"group.{topics.events}", "max.poll.interval.ms": 86400000,
            },
            "topics": {
                "events": topics.events, "receipts": topics.receipts, "dead": topics.dead,
                "partitions": topics.partitions,
            },
            "worker": {
                "keyring_file": directory / "keyring.json", "mark_secret_file": directory / "mark.key",
                "message_spacing": "0ms", "new_conversation_spacing": "0ms", "closed_look": "0ms", "flood_limit": 0,
            },
            "account acme": {
                "url": standin_url, "api_key_file": directory / "acme.key", "papercups_account": STANDIN_ACCOUNT,
                "widget_host": "shop.example",
            },
        }  # fmt: skip
        self.secret_write("keyring.json", json.dumps({"keys": [key.entry() for key in keys]}))
        self.secret_write("acme.key", STANDIN_API_KEY + "\n")
        made = run_program("keygen", "--mark", directory / "mark.key")
        assert made.returncode == 0, made.stderr

    @property
    def group(self):
        return self.settings["kafka"]["group_id"]

    def secret_write(self, name, text):
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def configure(self, section, **settings):
        self.settings.setdefault(section, {}).update(settings)
        return self

    def add_account(self, name, **settings):
        """One like acme but for these settings, with a key file of its own."""
        key_file = self.secret_write(f"{name}.key", STANDIN_API_KEY + "\n")
        section = {**self.settings["account acme"], "api_key_file": key_file, **settings}
        return self.configure(f"account {name}", **section)

    def configuration(self):
        lines = []
        for section, settings in self.settings.items():
            lines += [f"[{section}]", *(f"{name} = {value}" for name, value in settings.items()), ""]
        path = self.directory / "cupbearer.conf"
        path.write_text("\n".join(lines))
        return path

    def make_worker(self):
        """A worker that is not started yet."""
        log = self.directory / f"worker-{len(self.workers) + 1}.log"
        worker = Process(log, "run", "--config", self.configuration(), "--log-level", "debug", program=self.program)
        self.workers.append(worker)
        return worker

    def worker(self):
        """Starts a worker and waits until it has its partitions: what is published before that may be older than it."""
        worker = self.make_worker()
        worker.start(r"(?m)\bevent=started\b")
        return worker

    def run_to_end(self):
        """For configurations that the worker must refuse."""
        return run_program("run", "--config", self.configuration())

    def tails(self):
        return "\n".join(worker.tail() for worker in self.workers)

    def discard(self):
        for worker in self.workers:
            worker.discard()
