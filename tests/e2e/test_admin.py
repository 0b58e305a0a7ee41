"""The admin endpoint of a real worker: what it counts, when it is ready, and that nobody who asks holds it up."""

import ctypes
import http.client
import os
import re
import select
import signal
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from admin import Admin, outcomes
from broker import wait_until
from programs import Installation, run_program
from signing import HmacKey, payload, sign


@pytest.fixture
def installation(installation):
    return installation.configure("admin", listen="127.0.0.1:0").configure("worker", settle_time="1s")


@pytest.fixture
def worker(installation):
    return installation.worker()


@pytest.fixture
def admin(worker):
    return Admin(worker)


def test_what_is_counted_is_what_was_sent(kafka, topics, standin, key, installation, admin):
    stranger = HmacKey(key.id)
    events = [sign(key, payload(f"user_{number}", f"message {number}")) for number in range(5)]
    standin.fault("error_500", "message 3")
    kafka.publish(topics.events, events)
    admin.wait_for(outcomes, {("acme", "delivered", ""): 5})
    kafka.publish(topics.events, [
        events[0],
        events[4],
        sign(key, payload("user_5"), signed_at=int(time.time()) - 3600),
        sign(key, {**payload("user_6"), "surprise": 1}),
        sign(stranger, payload("user_7")),
        sign(stranger, payload("user_8")),
        sign(key, payload("user_9")).with_header("cupbearer-key", "nobody"),
        sign(key, payload("user_10")).with_header("webhook-id", None),
    ])  # fmt: skip
    metrics = admin.wait_for(outcomes, {
        ("acme", "delivered", ""): 5, ("acme", "duplicate", ""): 2, ("acme", "rejected", "expired"): 1,
        ("", "rejected", "bad_payload"): 1, ("", "rejected", "bad_signature"): 2, ("", "rejected", "unknown_key"): 1,
        ("", "rejected", "malformed_headers"): 1,
    })  # fmt: skip

    assert metrics.value("cupbearer_requests_total", account="acme", answer="server_error") == 1
    assert metrics.value("cupbearer_requests_total", account="acme", answer="ok") >= standin.counts()["messages"]
    for family in ("cupbearer_admission_to_delivery_seconds", "cupbearer_publish_to_delivery_seconds"):
        assert metrics.types[family] == "histogram"
        assert metrics.value(f"{family}_count") == 5
        # Message 3 waited for its settle time before it was read back.
        assert metrics.value(f"{family}_sum") >= 1
    assert metrics.types["cupbearer_account_delivery_seconds"] == "summary"
    assert metrics.value("cupbearer_account_delivery_seconds_count", account="acme") == 5
    assert metrics.value("cupbearer_account_delivery_seconds_sum", account="acme") >= 1
    assert metrics.value("cupbearer_unsettled_events") == 0
    assert metrics.value("cupbearer_in_flight", account="acme") == 0
    assert 1 <= metrics.value("cupbearer_concurrency_limit", account="acme") <= 16
    assert metrics.value("cupbearer_waiting_bytes", account="acme") == 0
    assert metrics.all("cupbearer_partition_lag") == {(str(number),): 0 for number in range(topics.partitions)}
    assert metrics.value("cupbearer_assigned_partitions") == topics.partitions
    assert metrics.value("cupbearer_keyring_keys") == 1
    assert metrics.value("cupbearer_keyring_stale") == 0
    assert 0 <= metrics.value("cupbearer_keyring_age_seconds") < 600
    assert 4e6 < metrics.value("process_resident_memory_bytes") < 1e9
    assert 0 < metrics.value("process_cpu_seconds_total") < 60
    assert abs(metrics.value("process_start_time_seconds") - time.time()) < 600
    assert set(metrics.all("cupbearer_build_info").values()) == {1}


def test_a_keyring_that_is_away_for_a_moment_is_stale_for_that_moment(installation, worker, admin):
    def is_stale():
        return admin.metrics().value("cupbearer_keyring_stale")

    keyring = installation.directory / "keyring.json"
    away = keyring.rename(installation.directory / "away.json")
    worker.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_stale() == 1, "it is stale")
    away.rename(keyring)
    worker.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_stale() == 0, "it is not any more")


def test_no_word_of_an_event_becomes_a_label(kafka, topics, key, admin):
    words = ["wordofaccount", "wordofcustomer", "wordofid", "wordofkey"]
    kafka.publish(topics.events, [
        sign(key, payload("wordofcustomer", account="wordofaccount"), event_id="wordofid"),
        sign(key, payload("wordofcustomer"), event_id="wordofid").with_header("cupbearer-key", "wordofkey"),
        sign(key, payload("wordofcustomer"), event_id="wordofid"),
    ])  # fmt: skip
    admin.wait_for(lambda metrics: sum(outcomes(metrics).values()), 3)
    text = admin.ask("/metrics")[1]
    assert not [word for word in words if word in text]


def test_events_that_wait_are_told_with_their_memory_and_the_held_account(kafka, topics, standin, key, admin):
    standin.call("POST", "/_standin/faults", {"fault": "unauthorized", "times": 0})
    kafka.publish(topics.events, [sign(key, payload(f"user_{number}")) for number in range(3)])
    admin.wait_for(lambda metrics: metrics.value("cupbearer_account_held", account="acme", state="unauthorized"), 1)
    metrics = admin.wait_for(lambda metrics: metrics.value("cupbearer_unsettled_events"), 3)
    assert metrics.value("cupbearer_account_held", account="acme", state="redirected") == 0
    assert metrics.value("cupbearer_waiting_bytes", account="acme") > 300
    assert outcomes(metrics) == {}
    status, text, _ = admin.ask("/readyz")
    assert (status, text) == (503, "every account is held; acme is unauthorized\n")
    assert admin.ask("/healthz")[0] == 200


def test_records_that_were_not_read_yet_are_the_lag(kafka, topics, standin, key, installation):
    """A full memory pauses the partitions, so what comes then stays in the log."""
    installation.configure("worker", memory="4MiB")
    admin = Admin(installation.worker())
    standin.call("POST", "/_standin/faults", {"fault": "unauthorized", "times": 0})
    pages = [sign(key, payload(f"user_{number}", metadata={"page": "x" * 16000})) for number in range(600)]
    kafka.publish(topics.events, pages)

    def read_or_not(metrics):
        return metrics.value("cupbearer_unsettled_events") + sum(metrics.all("cupbearer_partition_lag").values())

    def full(metrics):
        return metrics.value("cupbearer_waiting_bytes", account="acme") > 3e6

    metrics = admin.wait_for(full, True)
    assert 0 < metrics.value("cupbearer_unsettled_events") < 600
    assert sum(metrics.all("cupbearer_partition_lag").values()) > 0
    assert read_or_not(metrics) <= 600


def test_a_partition_that_gets_nowhere_is_told_with_its_reason_and_so_is_its_end(
    kafka, topics, standin, key, installation, customer
):
    worker = installation.worker()
    admin = Admin(worker)
    standin.call("POST", "/_standin/faults", {"fault": "unauthorized", "times": 0})
    [(partition, offset)] = kafka.publish(topics.events, [sign(key, payload(customer))])

    def stalled(metrics):
        return metrics.value("cupbearer_partition_stalled_seconds", partition=str(partition)) >= 20

    assert not stalled(admin.metrics())
    wait_until(lambda: stalled(admin.metrics()), "the metric", 40, worker.tail)
    worker.await_log(
        rf"level=warning event=stalled partition={partition} for_s=2\d offset={offset} unsettled=1 lag=0 "
        r'because="its account is held: see event=account"'
    )
    others = {number for number in range(topics.partitions) if number != partition}
    assert all(admin.metrics().value("cupbearer_partition_stalled_seconds", partition=str(other)) == 0 for other in others)
    standin.call("DELETE", "/_standin/faults")
    worker.await_log(rf'event=moving detail="partition {partition} is settled to {offset + 1}"')
    assert not stalled(admin.metrics())


def test_other_paths_and_methods_are_refused_and_head_is_answered(admin):
    for path in ("/", "/metrics/", "/metricsx", "/healthz/x", "/favicon.ico"):
        assert admin.ask(path)[0] == 404, path
        assert admin.ask(path, "POST", b"x")[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        for path in ("/metrics", "/healthz", "/readyz"):
            status, _, headers = admin.ask(path, method, b"x" * 100000 if method in ("POST", "PUT") else None)
            assert (status, headers["Allow"]) == (405, "GET, HEAD"), (method, path)
    for path in ("/metrics", "/healthz", "/readyz"):
        status, text, headers = admin.ask(path, "HEAD")
        assert (status, text) == (200, "") and int(headers["Content-Length"]) > 0
        assert admin.ask(path + "?x=1")[0] == 200
        assert "Access-Control-Allow-Origin" not in headers


def test_a_worker_is_ready_once_it_reads_and_no_more_when_it_stops(kafka, topics, standin, key, worker, admin):
    assert admin.ask("/healthz")[:2] == (200, "ok\n")
    assert admin.ask("/readyz")[:2] == (200, "ok: 6 partitions\n")
    asked = run_program("health", "--ready", "--url", admin.url)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "ok: 6 partitions\n", "")
    standin.fault("slow", "slowly", delay_ms=6000)
    kafka.publish(topics.events, [sign(key, payload("user_1", "slowly"))])
    wait_until(lambda: admin.metrics().value("cupbearer_in_flight", account="acme") == 1, "the request is under way")
    worker.terminate()
    wait_until(lambda: admin.ask("/readyz")[0] == 503, "it is not ready any more")
    assert admin.ask("/readyz")[1].startswith("stopping: ")
    assert admin.ask("/healthz")[0] == 200
    asked = run_program("health", "--ready", "--url", admin.url)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.startswith(f"cupbearer health: {admin.url}: status 503: stopping: "), asked.stderr
    assert worker.wait() == 0


def test_a_worker_for_which_no_partition_is_left_is_ready(kafka, standin, key, tmp_path):
    installation = Installation(tmp_path / "two", kafka, kafka.topics(partitions=1), standin.url, [key])
    installation.configure("admin", listen="127.0.0.1:0")
    try:
        admins = [Admin(installation.worker()) for _ in range(2)]

        def shared():
            return sorted(admin.ask("/readyz")[1] for admin in admins)

        expected = ["ok: 1 partitions\n", "ok: standby, other workers have all partitions\n"]
        wait_until(lambda: shared() == expected, f"{expected}", explain=lambda: f"{shared()}\n{installation.tails()}")
        assert [admin.ask("/readyz")[0] for admin in admins] == [200, 200]
    finally:
        installation.discard()


def test_readers_who_do_not_read_hold_up_neither_the_loop_nor_others(kafka, topics, key, worker, admin):
    asked = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
    sockets = []
    for _ in range(8):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(admin.address)
        reader.setblocking(False)
        reader.send(asked)
        sockets.append(reader)
    kafka.publish(topics.events, [sign(key, payload(f"user_{number}")) for number in range(50)])
    admin.wait_for(outcomes, {("acme", "delivered", ""): 50})
    assert admin.ask("/healthz")[0] == 200
    one_answer = len(admin.ask("/metrics")[1])
    for reader in sockets:
        reader.settimeout(20)
        got = 0
        while got < 3 * one_answer:
            got += len(data := reader.recv(65536))
            assert data, f"closed after {got} bytes"
        reader.close()
    worker.stop()


def test_who_sends_a_request_byte_by_byte_does_not_keep_its_connection(admin):
    with socket.create_connection(admin.address, timeout=20) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(80):  # four times as long as it takes; its bytes come faster than any pause ends
            if select.select([slow], [], [], 0.5)[0]:
                assert slow.recv(1000) == b""
                break
            slow.sendall(b"x")
        else:
            pytest.fail("it is still there")


def test_a_connection_is_good_for_many_scrapes(admin):
    connection = http.client.HTTPConnection(*admin.address, timeout=20)
    for path in ("/metrics", "/healthz", "/metrics"):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (200, None) and answer.read()
    connection.close()


@contextmanager
def loop_held(worker):
    """The loop's thread, which is the first, stands still; the others go on."""
    seize, interrupt, detach = 0x4206, 0x4207, 17  # ptrace(2)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(seize, worker.process.pid, None, None) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    assert libc.ptrace(interrupt, worker.process.pid, None, None) == 0
    os.waitpid(worker.process.pid, 0)
    yield
    assert libc.ptrace(detach, worker.process.pid, None, None) == 0


def test_a_loop_that_stands_still_is_not_healthy(worker, admin):
    with loop_held(worker):
        assert admin.ask("/healthz")[:2] == (503, "the event loop is stuck\n")
        sick = run_program("health", "--url", admin.url)
    assert (sick.returncode, sick.stdout) == (1, "")
    assert "503: the event loop is stuck" in sick.stderr
    assert admin.ask("/healthz")[:2] == (200, "ok\n")
    assert admin.metrics().value("cupbearer_assigned_partitions") == 6
    worker.stop()


def test_the_health_command_says_it_by_its_exit_code(worker, admin):
    for url in (admin.url, admin.url + "/"):
        well = run_program("health", "--url", url)
        assert (well.returncode, well.stdout, well.stderr) == (0, "ok\n", "")
    worker.stop()
    gone = run_program("health", "--url", admin.url)
    assert (gone.returncode, gone.stdout) == (3, "")
    assert admin.url in gone.stderr
    for wrong in (["--url"], ["--ulr", "x"], ["x"], ["--url", "ftp://127.0.0.1"]):
        assert run_program("health", *wrong).returncode == 2, wrong


def test_the_health_command_follows_nobody_elsewhere_and_prints_no_control_characters():
    class Redirects(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "/healthz2")
            self.end_headers()
            self.wfile.write(b"\x1b[2J" + b"x" * 5000)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Redirects)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        told = run_program("health", "--url", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told.returncode == 1
    assert "302" in told.stderr and "\x1b" not in told.stderr and len(told.stderr) < 600


def test_a_port_that_is_taken_ends_the_start_with_what_to_do(installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        installation.configure("admin", listen=f"127.0.0.1:{taken.getsockname()[1]}")
        ended = installation.run_to_end()
    assert ended.returncode == 5
    assert "[admin] listen" in ended.stderr and "in use" in ended.stderr


def test_a_second_worker_of_a_machine_is_reachable_too(installation):
    del installation.settings["admin"]  # the default address, as with those of an operator who leaves it
    try:
        taken = socket.create_server(("127.0.0.1", 9464))
    except OSError:  # somebody else's worker has it, which is as good
        taken = socket.socket()
    with taken:
        worker = installation.worker()
    assert re.search(r'event=admin detail="[^"]*127\.0\.0\.1:9464 cannot be had; name another address', worker.text()), worker.tail()
    admin = Admin(worker)
    assert admin.ask("/readyz")[0] == 200
    assert not admin.url.endswith(":9464")
    worker.stop()


def test_it_can_be_off_or_at_an_ipv6_address(installation):
    installation.configure("admin", listen="off")
    worker = installation.worker()
    assert "event=admin" not in worker.text()
    worker.stop()
    installation.configure("admin", listen="[::1]:0")
    worker = installation.worker()
    assert Admin(worker).url.startswith("http://[::1]:")
    assert Admin(worker).ask("/readyz")[0] == 200
    worker.stop()
