"""What a worker takes of a machine: memory for what is read ahead, and for connections; and what it does before there is anything
to do, so that the first event need not wait for it."""

import re
import subprocess
from pathlib import Path

import pytest
from admin import Admin
from between import Authority
from broker import wait_until
from programs import Installation
from signing import HmacKey, payload, sign

LIMIT_MB = 45
ACCOUNTS = [f"account-{n}" for n in range(120)]


def memory_mb(worker, name):
    """VmHWM, the most that it held, or VmRSS."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s*(\d+) kB", status)[1]) / 1024


@pytest.fixture
def tenants(tmp_path, kafka, topics, standin):
    """tenants(count, …): an installation with so many accounts beside acme, and the key that may write to all."""
    made = []

    def make(count, **settings):
        key = HmacKey("backend-1", accounts=["acme", *ACCOUNTS[:count]])
        made.append(Installation(tmp_path / "worker", kafka, topics, standin.url, [key]))
        made[-1].configure("account acme", **settings).configure("admin", listen="127.0.0.1:0")
        for name in ACCOUNTS[:count]:
            made[-1].add_account(name)
        return made[-1], key

    yield make
    for one in made:
        print(one.tails())
        one.discard()


def test_the_topics_that_are_written_to_are_asked_for_before_there_is_anything_to_write(topics, installation):
    """A topic that librdkafka meets with its first record it asks for only with the next of its looks a second."""
    installation.configure("kafka", debug="topic")
    worker = installation.worker()
    # One client asks for it when the start is checked, the producer is another.
    known = f"New local topic: {topics.dead}"
    wait_until(lambda: worker.text().count(known) >= 2, "the producer knows it", explain=worker.tail)
    worker.stop()


@pytest.mark.parametrize("partitions", [1, 12])
def test_a_backlog_of_large_events_stays_in_the_log(kafka, installation, key, partitions):
    """40 MB, of which the worker has little at a time, and which it gets through."""
    topics = kafka.topics(partitions=partitions)
    installation.configure("topics", events=topics.events, receipts=topics.receipts, dead=topics.dead, partitions=partitions)
    installation.configure("kafka", group_id=f"group.{topics.events}").configure("admin", listen="127.0.0.1:0")
    events = [sign(key, payload(f"user_{n % 100}", f"{n} ".ljust(10_000, "x"))) for n in range(4000)]
    kafka.publish(topics.events, events)
    worker = installation.worker()
    admin = Admin(worker)

    def settled():
        return sum(admin.metrics().all("cupbearer_outcomes_total").values()) >= len(events)

    wait_until(settled, "all are settled", seconds=300, explain=worker.tail)
    assert memory_mb(worker, "VmHWM") < LIMIT_MB
    worker.stop()


def established(port):
    """How many connections there are to that port of this machine, by their clients' ends."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_connections_that_many_accounts_needed_at_once_are_not_all_kept(tenants, kafka, topics, standin):
    installation, key = tenants(len(ACCOUNTS))
    worker = installation.worker()
    events = [sign(key, payload(f"user_{n}", account=name)) for n in range(6) for name in ACCOUNTS]
    # Answers that take their time: an account begins with four calls, and so all are connected at once.
    standin.fault("slow", "", times=4 * len(ACCOUNTS), delay_ms=5000)
    kafka.publish(topics.events, events)
    most = 0

    def posted():
        nonlocal most
        most = max(most, established(standin.port))
        return standin.counts()["bot_messages"] == len(events)

    wait_until(posted, "all are posted", explain=worker.tail)
    assert most > 256, "it is never put to the test"
    wait_until(lambda: established(standin.port) <= 256, "the others are closed", seconds=30)
    worker.stop()


OWN_ROOT = ("unshare", "--user", "--map-root-user", "--mount")
SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def test_connections_share_what_was_read_of_the_systems_authorities(tenants, kafka, topics, standin, between, tmp_path):
    """A mebibyte each, and 20 ms, if they do not."""
    if not SYSTEM_AUTHORITIES.exists() or subprocess.run([*OWN_ROOT, "true"], capture_output=True).returncode != 0:
        pytest.skip("no file of the system's authorities, or it cannot be another one for a process")
    authority = Authority(tmp_path)
    authorities = tmp_path / "authorities.crt"
    authorities.write_bytes(SYSTEM_AUTHORITIES.read_bytes() + authority.file.read_bytes())
    server = between(authority=authority)
    count = 40
    installation, key = tenants(count, url=server.url)
    worker = installation.make_worker()
    mount = f'mount --bind "{authorities}" {SYSTEM_AUTHORITIES} && exec "$@"'
    worker.arguments = [*OWN_ROOT, "sh", "-c", mount, "sh", *worker.arguments]
    worker.start(r"(?m)\bevent=started\b")
    before = memory_mb(worker, "VmRSS")
    kafka.publish(topics.events, [sign(key, payload("ada", account=name)) for name in ACCOUNTS[:count]])
    wait_until(lambda: standin.counts()["bot_messages"] == count, "all are posted", explain=worker.tail)
    assert established(server.server_port) >= count / 2
    assert memory_mb(worker, "VmRSS") - before < count / 2
    worker.stop()
