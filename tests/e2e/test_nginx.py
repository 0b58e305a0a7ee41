"""deploy/README.md's gate behind nginx: both blocks as they are printed, but for ports, certificate and files."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl

import pytest
from between import Authority
from broker import ROOT, wait_until
from documents import snippet
from gate import Answer, Gate, Listener, record_of
from programs import Installation, Process, free_port, run_program
from signing import HmacKey, payload, sign
from world import World

# tests/run.sh unpacks Debian's there: its package, installed, would start a server.
NGINX = shutil.which(ROOT / "tests/.cache/nginx/usr/sbin/nginx") or shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx")
NAME = "gate.example.com"
# What Debian's nginx.conf says around it, with nothing outside of a directory, and one process, which is killed at the end.
AROUND = """daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr warn;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    {server}
}}
"""


def put(text, **instead):
    """Each must stand in the text."""
    for old, new in instead.values():
        assert old in text, f"'{old}' is not in the document's block"
        text = text.replace(old, str(new))
    return text


class Shop(World):
    """A worker, and a gate as the document's first block configures it."""

    keys = (HmacKey("backend-1"), HmacKey("gate-1", sender="gate"))

    def prepare(self):
        made = run_program("keygen", "--token", "shop", "--account", "acme")
        self.token, entry = made.stdout.split("\n", 1)
        tokens = self.installation.secret_write("tokens.json", f'{{"tokens": [{entry}]}}')
        block = put(
            snippet("nginx-gate"), port=("127.0.0.1:8787", "127.0.0.1:0"), tokens=("/etc/cupbearer/tokens.json", tokens)
        )
        section, *lines = block.splitlines()
        key_file = self.installation.secret_write("gate-1.key", self.keys[1].secret)
        self.installation.configure(section.strip("[]"), **dict(re.split(r"\s*=\s*", line) for line in lines))
        self.installation.configure("gate", key_id="gate-1", key_file=key_file)


class Nginx:
    """The document's second block at work, and a client that comes to it by its name."""

    def __init__(self, directory, gate):
        directory.mkdir()
        authority = Authority(directory)
        self.port = free_port()
        certificate, key = authority.issue("gate")
        server = put(
            snippet("nginx"), port=("listen 443", f"listen 127.0.0.1:{self.port}"), gate=("127.0.0.1:8787", f"{gate.host}:{gate.port}"),
            certificate=("/etc/nginx/gate.pem", certificate), key=("/etc/nginx/gate.key", key),
        )  # fmt: skip
        user = "user root;" if os.getuid() == 0 else ""  # else its workers are nobody, who may not come in here
        (directory / "nginx.conf").write_text(AROUND.format(directory=directory, user=user, server=server))
        self.context = ssl.create_default_context(cafile=authority.file)
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13's default: these certificates name no issuer's key
        self.process = Process(directory / "nginx.log", "-p", directory, "-c", directory / "nginx.conf", program=NGINX)
        self.process.launch()
        wait_until(self.answers, "nginx", explain=self.process.tail)

    def answers(self):
        assert self.process.runs(), self.process.tail()
        with contextlib.suppress(OSError):
            return self.call("GET", "/healthz").status == 200

    def connect(self):
        connection = http.client.HTTPSConnection(NAME, timeout=90, context=self.context)
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=90)
        connection.sock = self.context.wrap_socket(bare, server_hostname="localhost")  # whose certificate it is
        return connection

    def call(self, method, path, content=None, **headers):
        body = None if content is None else json.dumps(content).encode()
        connection = self.connect()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def shop(kafka, tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("nginx"), kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture(scope="module")
def gate(shop):
    made = Gate(shop.installation)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def nginx(gate, tmp_path_factory):
    made = Nginx(tmp_path_factory.mktemp("proxy") / "nginx", gate)
    yield made
    made.process.discard()


def test_what_a_token_sends_is_delivered_and_its_receipt_comes_back(shop, nginx):
    token = {"Authorization": f"Bearer {shop.token}"}
    answer = nginx.call("POST", "/v1/send", {"payload": payload("user_42", "through nginx"), "event_id": "order-1"}, **token)
    assert answer.status == 202, answer
    told = nginx.call("GET", "/v1/events/order-1/receipt?wait=60", **token)
    assert (told.status, told.json["outcome"]) == (200, "delivered"), told
    assert shop.standin.messages("user_42")[-1]["body"] == "through nginx"


def test_receipts_are_streamed_and_not_kept_back(shop, nginx):
    connection = nginx.connect()
    connection.request("GET", "/v1/receipts", headers={"Authorization": f"Bearer {shop.token}"})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("content-type")) == (200, "text/event-stream")
    place = shop.publish(sign(shop.keys[0], payload("user_43")))
    name, _, told = Listener(answer).next()
    assert (told["partition"], told["offset"], told["outcome"]) == (*place, "delivered"), (name, told)
    connection.close()


def test_the_largest_event_comes_through(shop, nginx):
    event = sign(shop.keys[0], payload("user_44", metadata={"padding": "x" * 16000}))
    assert nginx.call("POST", "/v1/events", record_of(event)).status == 202


def test_who_may_not_come_in(shop, gate, nginx):
    assert nginx.call("GET", "/metrics").status == 404
    assert nginx.call("POST", "/v1/send", {"payload": payload("user_45")}).status == 401
    assert nginx.call("GET", "/openapi.json", Host="other.example").status == 403


def test_the_address_that_is_limited_is_the_clients_whatever_it_says_itself(shop, nginx, gate):
    shop.installation.configure("gate", address_rate=2)
    limited = Gate(shop.installation, 2)
    proxy = Nginx(shop.directory / "nginx-2", limited)
    try:
        stranger = HmacKey("backend-1")
        statuses = [
            proxy.call("POST", "/v1/events", record_of(sign(stranger, payload("user_46"))), **{"X-Forwarded-For": f"192.0.2.{number}"}).status
            for number in range(3)
        ]
        assert statuses == [422, 422, 429]
    finally:
        proxy.process.discard()
        limited.stop()
