"""What the tests stand on: one real Kafka for the run; topics, a stand-in Papercups and workers for each test.

tests/run.sh runs files side by side, in processes of pytest-xdist, so a test must not mind what others do in the same
broker: it has topics and a group of its own, or a broker of its own (`own_kafka`) where it kills it, or needs names that
others use too.
"""

import os
import re
import secrets
import signal
import subprocess
from pathlib import Path

import browser as chromium
import pytest
from between import Between
from broker import ROOT, Kafka, Reader
from composer import Composer
from ledger import Ledger
from papercups import Client, TwoAccounts
from programs import Installation, Process, StandIn
from signing import HmacKey


BROKER = pytest.StashKey[Kafka]()
# The files that take longest, in that order, go first: what is left at the end then ends at about the same time.
LONG = (
    "crash_matrix", "deploy", "monitoring", "composer", "composer_snippets", "gate_outage", "first_screen", "admin", "gate", "answers", "frozen",
)  # fmt: skip


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="also what is marked `full`, and every cell of the crash matrix")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes long, and is run only with --full")
    # Also when the run itself is terminated: fixtures and hooks then end what they started.
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("terminated", 143))


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        full = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=full)
        items[:] = [item for item in items if item not in full]

    def place(item):
        name = item.path.stem.removeprefix("test_")
        return LONG.index(name) if name in LONG else len(LONG)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """In the one that hands out the tests, for each process that runs some: they share a broker."""
    stash = node.config.stash
    if BROKER not in stash:
        stash[BROKER] = Kafka.start(node.config._tmp_path_factory.mktemp("kafka"))
    node.workerinput["kafka"] = str(stash[BROKER].directory)


@pytest.fixture
def tell(record_property):
    """tell(line): to be printed when all tests have run."""
    return lambda line: record_property("told", line)


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, line in report.user_properties:
                    if name == "told":
                        terminalreporter.write_line(line)


def pytest_unconfigure(config):
    if BROKER in config.stash:
        config.stash[BROKER].stop()


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_run():
    yield
    for process in Process.started:
        process.discard()


@pytest.fixture(scope="session")
def kafka(request, tmp_path_factory):
    shared = getattr(request.config, "workerinput", {}).get("kafka")
    if shared:
        yield Kafka(Path(shared))
        return
    broker = Kafka.start(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.stop()


@pytest.fixture
def own_kafka(tmp_path):
    """A broker for one test."""
    broker = Kafka.start(tmp_path / "kafka")
    yield broker
    broker.stop()


@pytest.fixture
def kafka_commands(tmp_path):
    """A PATH with the two commands of Kafka's distribution that make and correct topics. Maven has the jar of kafka-configs.sh
    only in an older version, which speaks to the broker as any client does."""
    script = ROOT / "deploy/kafka.sh"
    version = re.search(r"(?m)^tools_version=(\S+)", script.read_text())[1]
    cache = subprocess.run([script, "fetch"], capture_output=True, text=True, check=True, timeout=300).stdout.strip()
    here = ROOT / f"tests/.cache/kafka-configs-{version}"
    if not list(here.glob("*.jar")):
        artifact = f"-Dartifact=org.apache.kafka:kafka_2.13:{version}"
        subprocess.run(["mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={here}"], check=True, timeout=300)
    directory = tmp_path / "kafka-bin"
    directory.mkdir()
    for name, main in (("topics", "org.apache.kafka.tools.TopicCommand"), ("configs", "kafka.admin.ConfigCommand")):
        command = directory / f"kafka-{name}.sh"
        java = f"java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '{here}/*:{cache}/tools/*:{cache}/jars/*'"
        command.write_text(f'#!/bin/sh\nexec {java} {main} "$@"\n')
        command.chmod(0o755)
    return f"{directory}:{os.environ['PATH']}"


@pytest.fixture
def topics(kafka):
    return kafka.topics()


@pytest.fixture
def standin(tmp_path):
    papercups = StandIn(tmp_path)
    yield papercups
    papercups.discard()


@pytest.fixture
def between(standin):
    """between(…): a server in front of the stand-in, that is gone after the test."""
    servers = []

    def start(**settings):
        servers.append(Between(standin.url, **settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def key():
    return HmacKey("backend-1")


@pytest.fixture
def keys(key):
    """Those in the keyring."""
    return [key]


@pytest.fixture
def installation(tmp_path, kafka, topics, standin, keys):
    """Files of a deployment that knows `keys` and one account, acme. What is still running at the end is killed."""
    made = Installation(tmp_path / "worker", kafka, topics, standin.url, keys)
    yield made
    print(made.tails())
    made.discard()


@pytest.fixture
def ledger(kafka, topics, installation):
    """For what no worker would leave in Kafka."""
    return Ledger(kafka, topics, installation)


@pytest.fixture
def receipts(kafka, topics):
    reader = Reader(kafka, topics.receipts, topics.partitions)
    yield reader
    reader.close()


@pytest.fixture
def customer():
    """A user id that no other test knows."""
    return f"user_{secrets.token_hex(6)}"


@pytest.fixture
def papercups(world):
    """Its API, as a program of the account calls it."""
    client = Client(world.standin.url)
    yield client
    client.close()


@pytest.fixture
def api(standin):
    """The stand-in's API without a worker, as a program of its first account calls it."""
    client = Client(standin.url)
    yield client
    client.close()


@pytest.fixture
def two_accounts(tmp_path):
    """A stand-in that has two, with a client for each."""
    made = TwoAccounts(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def composer(world):
    """The composer of the file's own world, which is a ComposerWorld."""
    made = Composer(world.installation)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chromium of the test file's own."""
    started = chromium.Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()
