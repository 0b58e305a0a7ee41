"""Kafka as clusters have it: SASL_SSL with PLAIN, SCRAM and OAUTHBEARER, and mutual TLS. A worker delivers through each; one that is
not let in says what the broker, TLS, or who issues tokens said."""

import base64
import ctypes
import datetime
import http.server
import ipaddress
import json
import re
import secrets
import socket
import threading
import time
from pathlib import Path

import confluent_kafka
import programs
import pytest
from broker import Kafka, wait_until
from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from programs import LIBRDKAFKA, Installation, Process, StandIn
from signing import HmacKey, payload, sign

KEY = HmacKey("backend-1")
PASSWORD = "open sesame " + secrets.token_hex(8)
HAS_SCRAM = tuple(map(int, LIBRDKAFKA.split("."))) >= (2, 6, 1)
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
BEARER = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


REAUTHENTICATE_S = 4  # so long a connection of one who has logged in by a token lasts without another


def has_oidc(library):
    rdkafka, size = ctypes.CDLL(str(library)), ctypes.c_size_t(1000)
    rdkafka.rd_kafka_conf_new.restype = ctypes.c_void_p
    conf, words = ctypes.c_void_p(rdkafka.rd_kafka_conf_new()), ctypes.create_string_buffer(size.value)
    rdkafka.rd_kafka_conf_get(conf, b"builtin.features", words, ctypes.byref(size))
    rdkafka.rd_kafka_conf_destroy(conf)
    return b"oidc" in words.value.split(b",")


HAS_OIDC = has_oidc("librdkafka.so.1")
# Where the system's has none (Debian 12), the one that the Python client brings along stands in for it.
WITH_OIDC = [] if HAS_OIDC else [
    library for library in Path(confluent_kafka.__file__).parents[1].glob("confluent_kafka.libs/librdkafka-*.so*") if has_oidc(library)
]  # fmt: skip


class Issuer(http.server.ThreadingHTTPServer):
    """Issues tokens that nobody has signed, which is what a broker takes by default, to who has the secret. `issued`: how many."""

    daemon_threads = True
    client, secret = "worker", "client-secret-" + secrets.token_hex(8)

    def __init__(self, lifetime_s):
        super().__init__(("127.0.0.1", 0), IssuerHandler)
        self.lifetime_s, self.issued, self.refused = lifetime_s, 0, 0
        self.url = f"http://127.0.0.1:{self.server_port}/token"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def token(self):
        now = int(time.time())
        parts = {"alg": "none"}, {"sub": "worker", "iat": now, "exp": now + self.lifetime_s}
        return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."

    def close(self):
        self.shutdown()
        self.server_close()


class IssuerHandler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_POST(self):  # noqa: N802
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        basic = base64.b64encode(f"{self.server.client}:{self.server.secret}".encode()).decode()
        good = self.headers["authorization"] == f"Basic {basic}" and "grant_type=client_credentials" in asked
        self.server.issued += good
        self.server.refused += not good
        answer = {"access_token": self.server.token(), "token_type": "Bearer", "expires_in": self.server.lifetime_s}
        content = json.dumps(answer if good else {"error": "invalid_client"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Authority:
    """Signs certificates."""

    def __init__(self, directory, name):
        self.directory, self.key = directory, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.file = directory / f"{name}.pem"
        self.certificate = self.sign(self.name, self.key.public_key(), True)
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, public, is_authority):
        now = datetime.datetime.now(datetime.timezone.utc)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public)
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, False)
            .add_extension(x509.BasicConstraints(is_authority, None), True).sign(self.key, hashes.SHA256())
        )  # fmt: skip

    def issue(self, name):
        """(certificate's file, key's file)"""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), key.public_key(), False)
        files = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].touch(mode=0o600)
        files[1].write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        return files


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class SecureKafka:
    """A broker with two more listeners: SASL_SSL, and SSL that wants a certificate."""

    def __init__(self, directory):
        directory.mkdir()
        self.authority, self.stranger = Authority(directory, "authority"), Authority(directory, "stranger")
        self.kafka = Kafka.start(directory / "kafka")
        self.sasl, self.mtls = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        certificate, key = self.authority.issue("broker")
        store = directory / "broker.store"
        store.write_bytes(key.read_bytes() + certificate.read_bytes())
        file = self.kafka.directory / "server.properties"
        text = file.read_text()
        for name in ("listeners", "advertised.listeners"):
            text = re.sub(rf"(?m)^{name}=(.*)$", rf"{name}=\1,SASL_SSL://{self.sasl},SSL://{self.mtls}", text)
        text = re.sub(r"(?m)^(listener.security.protocol.map=.*)$", r"\1,SASL_SSL:SASL_SSL,SSL:SSL", text)
        file.write_text(text + f"""
ssl.keystore.type=PEM
ssl.keystore.location={store}
ssl.truststore.type=PEM
ssl.truststore.location={self.authority.file}
listener.name.ssl.ssl.client.auth=required
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={BEARER} unsecuredLoginStringClaim_sub="broker";
listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms={REAUTHENTICATE_S * 1000}
listener.name.sasl_ssl.plain.sasl.jaas.config={PLAIN} user_worker="{PASSWORD}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={SCRAM}
""")
        self.kafka.script("restart", self.kafka.directory)
        self.topics = self.kafka.topics(2)
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        made = self.kafka.admin.alter_user_scram_credentials([UserScramCredentialUpsertion("worker", info, PASSWORD.encode())])
        for done in made.values():
            done.result(30)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    made = SecureKafka(tmp_path_factory.mktemp("secure") / "broker")
    yield made
    made.kafka.stop()


@pytest.fixture
def installation(secure, tmp_path):
    standin = StandIn(tmp_path)
    made = Installation(tmp_path / "worker", secure.kafka, secure.topics, standin.url, [KEY])
    made.standin = standin
    made.settings["kafka"] = {"group_id": f"group-{secrets.token_hex(4)}"}
    made.configure("admin", listen="off")
    yield made
    made.discard()
    standin.discard()


def over_sasl(secure, installation, mechanism="PLAIN", password=PASSWORD, authority=None):
    return installation.configure("kafka", **{
        "bootstrap_servers": f"SASL_SSL://{secure.sasl}", "sasl.mechanisms": mechanism, "sasl.username": "worker",
        "sasl.password_file": installation.secret_write("kafka-password", password + "\n"),
        "ssl.ca.location": (authority or secure.authority).file,
    })  # fmt: skip


def over_mtls(secure, installation, files):
    names = zip(("ssl.certificate.location", "ssl.key.location"), files, strict=False)
    return installation.configure("kafka", **{
        "bootstrap_servers": secure.mtls, "security.protocol": "ssl", "ssl.ca.location": secure.authority.file, **dict(names),
    })  # fmt: skip


def delivers(secure, installation, customer):
    worker = installation.worker()
    secure.kafka.publish(secure.topics.events, [sign(KEY, payload(customer, "through TLS"))])
    wait_until(lambda: installation.standin.messages(customer), "the message", explain=installation.tails)
    worker.stop()


def refused(installation, *said):
    """It ends, and the last line of its log says that."""
    ended = installation.run_to_end()
    assert ended.returncode == 3, ended.stdout + ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert re.search(r"level=error event=ended detail=", last), ended.stderr
    for words in said:
        assert re.search(words, last, re.I), f"{words} not in {last}"
    assert PASSWORD not in ended.stdout + ended.stderr


def test_a_worker_logs_in_by_plain(secure, installation, customer):
    delivers(secure, over_sasl(secure, installation), customer)


def test_a_worker_shows_its_certificate(secure, installation, customer):
    delivers(secure, over_mtls(secure, installation, secure.authority.issue("worker")), customer)


@pytest.mark.skipif(not HAS_SCRAM, reason=f"librdkafka {LIBRDKAFKA} has no SCRAM for Kafka 4")
def test_a_worker_logs_in_by_scram(secure, installation, customer):
    delivers(secure, over_sasl(secure, installation, "SCRAM-SHA-512"), customer)


@pytest.mark.skipif(HAS_SCRAM, reason="it works")
def test_scram_that_cannot_work_is_told_with_the_version_before_anything_else_is_asked(secure, installation):
    over_sasl(secure, installation, "SCRAM-SHA-512")
    refused(installation, rf"librdkafka {re.escape(LIBRDKAFKA)} cannot log in by SCRAM-SHA-512.*4895.*Is it up")


def test_a_wrong_password_is_told(secure, installation):
    over_sasl(secure, installation, password="wrong")
    refused(installation, "authentication", "invalid username or password")


def test_an_unknown_authority_is_told(secure, installation):
    over_sasl(secure, installation, authority=secure.stranger)
    refused(installation, "certificate verify failed")


def test_a_certificate_that_is_missing_is_told(secure, installation):
    over_mtls(secure, installation, ())
    refused(installation, "certificate.required|bad.certificate|ssl.*alert")


@pytest.fixture
def issuer():
    made = Issuer(lifetime_s=2 * REAUTHENTICATE_S)
    yield made
    made.close()


def over_tokens(secure, installation, issuer, secret=Issuer.secret):
    return installation.configure("kafka", **{
        "bootstrap_servers": f"SASL_SSL://{secure.sasl}", "sasl.mechanisms": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": issuer.url, "sasl.oauthbearer.client.id": issuer.client,
        "sasl.oauthbearer.client.secret_file": installation.secret_write("client-secret", secret + "\n"),
        "ssl.ca.location": secure.authority.file,
    })  # fmt: skip


@pytest.fixture
def oidc(monkeypatch):
    """Workers have a librdkafka that can ask for tokens."""
    if not HAS_OIDC and not WITH_OIDC:
        pytest.skip(f"librdkafka {LIBRDKAFKA} was built without OIDC, and so was the Python client's")
    if not HAS_OIDC:
        for where, name in ((Process, "environment"), (programs, "ENVIRONMENT")):
            monkeypatch.setattr(where, name, {**getattr(where, name), "LD_PRELOAD": str(WITH_OIDC[0])})


def test_a_worker_logs_in_by_a_token_and_goes_on_with_the_next_one(secure, installation, issuer, customer, oidc):
    worker = over_tokens(secure, installation, issuer).worker()
    secure.kafka.publish(secure.topics.events, [sign(KEY, payload(customer, "by the first token"))])
    wait_until(lambda: installation.standin.messages(customer), "the message", explain=installation.tails)
    issued = issuer.issued
    # By then each connection has had to show a new one, more than once.
    wait_until(lambda: issuer.issued >= 3 * issued, "tokens that are asked for anew", explain=installation.tails)
    secure.kafka.publish(secure.topics.events, [sign(KEY, payload(customer, "by another"))])
    wait_until(lambda: len(installation.standin.messages(customer)) == 2, "the second message", explain=installation.tails)
    told = worker.text()
    assert re.findall(r"\bevent=(assigned|revoked|lost)\b", told) == ["assigned"], told
    worker.stop()
    assert issuer.secret not in told and "eyJ" not in told  # nor any token


def test_a_wrong_client_secret_is_told_and_does_not_stand_in_the_log(secure, installation, issuer, oidc):
    wrong = "wrong-secret-" + secrets.token_hex(8)
    over_tokens(secure, installation, issuer, secret=wrong)
    ended = installation.run_to_end()
    assert ended.returncode == 3, ended.stderr
    assert issuer.refused > 0 and issuer.issued == 0
    assert re.search(r"OIDC|token|401", ended.stderr.splitlines()[-1]), ended.stderr
    assert wrong not in ended.stdout + ended.stderr


@pytest.mark.skipif(HAS_OIDC, reason="it works")
def test_a_librdkafka_that_cannot_ask_for_tokens_is_told(secure, installation, issuer):
    ended = over_tokens(secure, installation, issuer).run_to_end()
    assert ended.returncode == 2, ended.stderr
    assert f"librdkafka {LIBRDKAFKA}" in ended.stderr and issuer.issued == 0
