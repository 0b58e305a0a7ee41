"""A real Prometheus with the rules of deploy/monitoring, and the drills: installations that are broken on purpose, each in the way
that one alert is for."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from pathlib import Path

from admin import Admin, outcomes
from broker import ROOT, Kafka, wait_until
from gate import Gate
from programs import ENVIRONMENT, Installation, Process, StandIn, free_port
from signing import Event, HmacKey, payload, sign

MONITORING = ROOT / "deploy/monitoring"
ALERTS = MONITORING / "alerts.yml"
KEY = HmacKey("backend-1")


def program(name):
    """Where `deploy/setup.sh prometheus` has put it, if it was not there before."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return shutil.which(name) or cache / "cupbearer/prometheus/usr/bin" / name


def promtool(*words, text=None):
    return subprocess.run([program("promtool"), *map(str, words)], capture_output=True, text=True, input=text, timeout=120)


def quick(rules):
    """The rules as drills want them: the same, but that nothing has to last for minutes before it is told."""
    rules, pauses = re.subn(r"(?m)^( +for: )\d+m$", r"\g<1>1s", rules)
    rules, waits = re.subn(r"(cupbearer_oldest_unsettled_age_seconds > )300\b", r"\g<1>30", rules)
    assert pauses > 10 and waits == 1
    return rules


class Prometheus(Process):
    """It asks each target, {name: (job, host:port)}, every second."""

    def __init__(self, directory, targets):
        directory.mkdir()
        (directory / "alerts.yml").write_text(quick(ALERTS.read_text()))
        jobs = defaultdict(list)
        for name, (job, address) in targets.items():
            jobs[job].append({"targets": [address], "labels": {"instance": name}})
        (directory / "prometheus.yml").write_text(json.dumps({  # YAML, too
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [{"job_name": job, "static_configs": found} for job, found in jobs.items()],
        }))  # fmt: skip
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(
            directory / "prometheus.log", f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address=127.0.0.1:{port}", program=program("prometheus"),
        )  # fmt: skip
        self.start("Server is ready to receive web requests")

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=60) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def firing(self):
        """{(instance, alert)}"""
        alerts = self.ask("alerts")["alerts"]
        return {(one["labels"]["instance"], one["labels"]["alertname"]) for one in alerts if one["state"] == "firing"}

    def await_scrapes(self, names, count=3):
        """Each of them was asked so often."""

        def asked():
            found = self.query(f"count_over_time(up[1h]) >= {count}")
            return names <= {one["metric"]["instance"] for one in found}

        wait_until(asked, f"{count} scrapes of all", explain=self.tail)


class Drill:
    """An installation that is well, until it is broken; its name is the alert's that is to fire then."""

    settings = {}  # of [worker]
    kafka_settings = {}
    environment = {}
    fires_at_once = False

    def __init__(self, directory, kafka):
        self.kafka = kafka
        self.published = 0
        self.topics = kafka.topics(partitions=1)
        directory.mkdir()
        self.standin = StandIn(directory)
        self.installation = Installation(directory / "worker", kafka, self.topics, self.standin.url, [KEY])
        self.installation.configure("worker", **{"http_timeout": "2s", "settle_time": "1s", **self.settings})
        self.installation.configure("kafka", **self.kafka_settings).configure("admin", listen="127.0.0.1:0")
        self.prepare()
        self.worker = self.installation.make_worker()
        self.worker.environment = {**ENVIRONMENT, **self.environment}
        self.worker.start(r"(?m)\bevent=started\b")
        self.admin = Admin(self.worker)
        self.publish("hello")
        self.admin.wait_for(lambda metrics: outcomes(metrics).get(("acme", "delivered", "")), 1)

    def prepare(self):
        """What else is done before the worker starts."""

    def break_it(self):
        pass

    def keep_on(self):
        """Called again and again while alerts are waited for."""

    def publish(self, body, count=1, key=KEY, signed_at=None, **more):
        """Each to a customer of its own."""
        customers = [f"user_{self.published + number}" for number in range(count)]
        self.published += count
        self.kafka.publish(
            self.topics.events, [sign(key, payload(customer, body, **more), signed_at=signed_at) for customer in customers]
        )

    def targets(self):
        host, port = self.admin.address
        return {type(self).__name__: ("cupbearer", f"{host}:{port}")}

    def expected(self):
        """The alerts that are to fire, and no other: {(instance, alert)}"""
        return {(type(self).__name__, type(self).__name__)}

    def discard(self):
        self.installation.discard()
        self.standin.discard()


class Well(Drill):
    def expected(self):
        return set()


class CupbearerDown(Drill):
    def break_it(self):
        self.worker.process.kill()


class CupbearerEventWaits(Drill):
    """One call is refused, and the account's key is good; the partition moves on."""

    def break_it(self):
        self.standin.fault("unauthorized", "not this one", times=0)
        self.publish("not this one")
        self.next = time.monotonic()

    def keep_on(self):
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + 2
            self.publish("hello")


class CupbearerPartitionStalled(Drill):
    """Papercups asks for a pause."""

    def break_it(self):
        self.standin.fault("status", "later", times=0, status=429, retry_after=300)
        self.publish("later")


class CupbearerCircuitOpen(Drill):
    def break_it(self):
        self.standin.stop()
        self.publish("hello", 8)


class CupbearerAccountHeld(Drill):
    def break_it(self):
        self.standin.call("POST", "/_standin/faults", {"fault": "unauthorized", "times": 0})
        self.publish("hello")


class CupbearerPartitionsAdded(Drill):
    def break_it(self):
        self.kafka.add_partitions(self.topics.events, 3)


class CupbearerProduceErrors(Drill):
    def break_it(self):
        self.kafka.delete(self.topics.receipts)
        wait_until(lambda: self.topics.receipts not in self.kafka.admin.list_topics(timeout=10).topics, "the topic is gone")
        self.publish("hello")


class CupbearerClock(Drill):
    fires_at_once = True
    environment = {"FAULT_CLOCK_AHEAD_MS": "60000"}


class CupbearerSenderClock(Drill):
    def break_it(self):
        self.publish("hello", ttl=30, signed_at=int(time.time()) + 20)


class CupbearerRejects(Drill):
    def break_it(self):
        self.publish("hello", 5, key=HmacKey(KEY.id))


class CupbearerFails(Drill):
    def break_it(self):
        self.standin.fault("status", "not this one", 0, status=422)
        self.publish("not this one", 5)


class CupbearerStaleFile(Drill):
    def break_it(self):
        (self.installation.directory / "keyring.json").unlink()
        self.worker.process.send_signal(signal.SIGHUP)


class CupbearerForeignReceipts(Drill):
    fires_at_once = True

    def prepare(self):
        self.kafka.publish(self.topics.receipts, [Event("acme/e/1", [("cupbearer-mac", "A" * 43 + "=")], b"{}")])


class CupbearerGroupLost(Drill):
    """A broker of its own is killed; a gate stands beside it."""

    settings = {"http_timeout": "500ms", "settle_time": "500ms"}
    kafka_settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}

    def __init__(self, directory, kafka):
        own = Kafka.start(directory.with_name("kafka"))
        own.make_groups()
        super().__init__(directory, own)
        self.installation.configure("gate", listen="127.0.0.1:0")
        self.gate = Gate(self.installation)

    def break_it(self):
        self.kafka.script("kill", self.kafka.directory)

    def targets(self):
        return {**super().targets(), "gate": ("cupbearer-gate", f"{self.gate.host}:{self.gate.port}")}

    def expected(self):
        return {*super().expected(), ("gate", "CupbearerGateNotReady")}

    def discard(self):
        self.gate.discard()
        super().discard()
        self.kafka.stop()


DRILLS = (
    CupbearerGroupLost, Well, CupbearerDown, CupbearerEventWaits, CupbearerPartitionStalled, CupbearerCircuitOpen, CupbearerAccountHeld,
    CupbearerPartitionsAdded, CupbearerProduceErrors, CupbearerClock, CupbearerSenderClock, CupbearerRejects, CupbearerFails, CupbearerStaleFile,
    CupbearerForeignReceipts,
)  # fmt: skip
