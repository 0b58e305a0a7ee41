"""What the tests stand on: one real Kafka for the run; topics, a stand-in Papercups and workers for each test."""

import secrets
import signal

import browser as chromium
import pytest
from broker import Kafka, Reader
from ledger import Ledger
from papercups import Client
from programs import Installation, Process, StandIn
from signing import HmacKey


REPORT = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def report(request):
    """Lines to be printed when all tests have run."""
    return request.config.stash.setdefault(REPORT, [])


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(REPORT, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_run():
    """Also when the run itself is terminated: the fixtures then end what they started."""
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("terminated", 143))
    yield
    for process in Process.started:
        process.discard()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory):
    broker = Kafka(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.stop()


@pytest.fixture
def topics(kafka):
    return kafka.topics()


@pytest.fixture
def standin(tmp_path):
    papercups = StandIn(tmp_path)
    yield papercups
    papercups.discard()


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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A Chromium of the test file's own."""
    started = chromium.Browser(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()
