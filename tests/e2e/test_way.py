"""How an account's Papercups is reached: certificates, headers, proxies; and what the worker tells of ways that nobody may mean."""

import os
import re
import signal

import pytest
from between import Authority
from cryptography import x509
from programs import STANDIN_API_KEY, Installation, Process
from signing import payload, sign
from world import BACKEND, KEYS, World, bodies


@pytest.fixture
def world(kafka, tmp_path):
    """world(settings of the account): a worker that has delivered nothing yet."""
    worlds = []

    def start(**settings):
        worlds.append(World(tmp_path / "world", kafka, kafka.topics(), {"account acme": settings}))
        return worlds[-1]

    yield start
    for made in worlds:
        made.close()


def test_a_server_with_an_authority_of_its_own_and_clients_of_another_is_reached(world, between, tmp_path, customer):
    (tmp_path / "servers").mkdir()
    (tmp_path / "clients").mkdir()
    servers, clients = Authority(tmp_path / "servers"), Authority(tmp_path / "clients")
    certificate, key = clients.issue("worker")
    server = between(authority=servers, clients=clients)
    made = world(
        url=server.url, ca_file=servers.file, client_certificate_file=certificate, client_key_file=key
    )  # fmt: skip
    assert made.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    assert made.requests() == {}


@pytest.mark.parametrize("lacks", ["ca_file", "client_certificate_file"])
def test_without_either_nothing_is_sent(world, between, tmp_path, customer, lacks):
    (tmp_path / "servers").mkdir()
    (tmp_path / "clients").mkdir()
    servers, clients = Authority(tmp_path / "servers"), Authority(tmp_path / "clients")
    certificate, key = clients.issue("worker")
    server = between(authority=servers, clients=clients)
    settings = {"ca_file": servers.file, "client_certificate_file": certificate, "client_key_file": key}
    del settings[lacks]
    if lacks == "client_certificate_file":
        del settings["client_key_file"]
    made = world(url=server.url, **settings)
    made.admin.wait_for(lambda metrics: metrics.value("cupbearer_account_held", account="acme", state="unchecked"), 1)
    assert server.seen == []


def test_headers_of_the_file_go_with_every_request_and_into_no_log(world, between, tmp_path, customer):
    server = between()
    headers = tmp_path / "acme.headers"
    headers.write_text("# Cloudflare Access\nCF-Access-Client-Id: an-id\nCF-Access-Client-Secret: hidden-secret\n")
    made = world(url=server.url, headers_file=headers)
    assert made.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    assert {method for method, _, _ in server.seen} == {"GET", "POST"}
    for _, _, seen in server.seen:
        assert (seen["CF-Access-Client-Id"], seen["CF-Access-Client-Secret"]) == ("an-id", "hidden-secret")
        assert seen["Authorization"] == f"Bearer {STANDIN_API_KEY}"
    assert "hidden-secret" not in made.worker.text()


def hang_up(made, wanted):
    """And waits for what the log says of it, which it has not said before."""
    assert not re.search(wanted, made.worker.text())
    made.worker.process.send_signal(signal.SIGHUP)
    made.worker.await_log(wanted)


def is_stale(made):
    return made.admin.metrics().value("cupbearer_api_key_stale", account="acme") == 1


def test_headers_that_are_written_into_the_file_go_with_the_next_request_and_no_good_ones_do_not(
    world, between, standin, tmp_path, customer
):
    server = between()
    headers = tmp_path / "acme.headers"
    headers.write_text("X-Login: first\n")
    made = world(url=server.url, headers_file=headers)
    assert made.outcome(sign(BACKEND, payload(customer, "1"))) == ("delivered", None)
    assert server.seen[-1][2]["X-Login"] == "first"
    headers.write_text("X-Login: hidden-secret\n")
    hang_up(made, rf"event=reloaded detail={headers}")
    assert made.outcome(sign(BACKEND, payload(customer, "2"))) == ("delivered", None)
    logins = [seen["X-Login"] for _, _, seen in server.seen]
    changed = logins.index("hidden-secret")
    assert server.seen[changed][1] == "/api/v1/me"  # whose key it is is asked before anything else
    assert set(logins[changed:]) == {"hidden-secret"}
    assert {seen["Authorization"] for _, _, seen in server.seen} == {f"Bearer {STANDIN_API_KEY}"}
    assert not is_stale(made)
    headers.write_text("hidden-secret\n")
    hang_up(made, rf"event=stale detail=\"\[account acme\]: headers_file {headers}: line 1 is not .*stays in use")
    assert made.outcome(sign(BACKEND, payload(customer, "3"))) == ("delivered", None)
    assert server.seen[-1][2]["X-Login"] == "hidden-secret" and is_stale(made)
    headers.unlink()
    hang_up(made, rf"event=stale detail=\"cannot open {headers}: No such file")
    headers.write_text("X-Login: third\n")
    made.admin.wait_for(lambda metrics: metrics.value("cupbearer_api_key_stale", account="acme"), 0)  # without a signal, too
    assert made.outcome(sign(BACKEND, payload(customer, "4"))) == ("delivered", None)
    assert server.seen[-1][2]["X-Login"] == "third"
    assert [message["body"] for message in standin.messages(customer)] == ["1", "2", "3", "4"]
    assert "hidden-secret" not in made.worker.text()


def test_certificates_that_are_replaced_are_shown_from_the_next_request_on_and_a_missing_one_leaves_that_before(
    world, between, standin, tmp_path, customer
):
    for name in ("servers", "clients", "others"):
        (tmp_path / name).mkdir()
    servers, clients = Authority(tmp_path / "servers"), Authority(tmp_path / "clients")
    certificate, key = clients.issue("worker")
    first = x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number
    server = between(authority=servers, clients=clients, keeps=False)
    made = world(url=server.url, ca_file=servers.file, client_certificate_file=certificate, client_key_file=key)
    assert made.outcome(sign(BACKEND, payload(customer, "1"))) == ("delivered", None)
    assert set(server.shown) == {first}
    clients.issue("worker")
    second = x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number
    hang_up(made, rf"event=reloaded detail={key}")
    assert made.outcome(sign(BACKEND, payload(customer, "2"))) == ("delivered", None)
    assert set(server.shown) == {first, second} and server.shown[-1] == second
    servers.file.rename(tmp_path / "elsewhere")
    key.write_text("")
    hang_up(made, rf"event=stale detail=\"cannot open {servers.file}: No such file")
    assert made.outcome(sign(BACKEND, payload(customer, "3"))) == ("delivered", None)
    assert is_stale(made) and f"event=stale detail=\"{key} is empty" in made.worker.text()
    other = Authority(tmp_path / "others").file.read_bytes()
    servers.file.write_bytes(other[:-30])  # as one that is being overwritten is met
    hang_up(made, rf"event=stale detail=\"\[account acme\]: ca_file {servers.file}: the PEM file is cut off.*stays in use")
    assert made.outcome(sign(BACKEND, payload(customer, "half"))) == ("delivered", None)
    servers.file.write_bytes(other)
    clients.issue("worker")
    hang_up(made, rf"event=reloaded detail={servers.file}")
    place = made.publish(sign(BACKEND, payload(customer, "4")))
    held = {"account": "acme", "state": "unchecked"}
    made.admin.wait_for(lambda metrics: metrics.value("cupbearer_account_held", **held), 1)  # another authority's would be good
    (tmp_path / "elsewhere").rename(servers.file)
    assert made.receipt(place)["outcome"] == "delivered"
    assert [message["body"] for message in standin.messages(customer)] == ["1", "2", "3", "half", "4"] and not is_stale(made)


def test_the_proxy_that_is_named_is_used_and_none_goes_by_none_of_the_environment(
    world, between, customer, monkeypatch
):
    named, environments = between(), between()
    monkeypatch.setattr(Process, "environment", {**Process.environment, "http_proxy": environments.url})
    made = world(url="http://papercups.example", proxy=named.url)
    assert made.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    assert made.worker.text().count("event=proxy ") == 0
    assert all(target.startswith("http://papercups.example/api/v1/") for _, target, _ in named.seen)
    assert named.seen and environments.seen == []


def test_a_proxy_of_the_environment_is_used_and_told_and_plain_http_beyond_this_machine_is_told(
    world, between, monkeypatch, customer
):
    proxy = between()
    given = proxy.url.replace("http://", "http://user:hidden-password@")
    monkeypatch.setattr(Process, "environment", {**Process.environment, "http_proxy": given})
    made = world(url="http://papercups.example")
    assert made.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    host = proxy.url.removeprefix("http://")
    made.worker.await_log(rf"level=warning event=proxy .*http_proxy is set, so requests go by {host}, .*reads the API key")
    made.worker.await_log(r"level=warning event=plain_http .*http://")
    assert "hidden-password" not in made.worker.text()


def test_none_goes_past_the_proxy_of_the_environment_and_a_loopback_url_is_no_warning(
    world, between, monkeypatch, customer
):
    server, environments = between(), between()
    monkeypatch.setattr(Process, "environment", {**Process.environment, "http_proxy": environments.url})
    made = world(url=server.url, proxy="none")
    assert made.outcome(sign(BACKEND, payload(customer))) == ("delivered", None)
    assert environments.seen == []
    assert "event=proxy" not in made.worker.text() and "event=plain_http" not in made.worker.text()


WRONG = {
    "a file that is no PEM": ({"ca_file": __file__}, f"ca_file {__file__}: it is no PEM file"),
    "a file that is not there": ({"ca_file": "/nowhere/ca.pem"}, "ca_file: cannot open /nowhere/ca.pem: No such file"),
    "a certificate without its key": ({"client_certificate_file": "/dev/null"}, "belong together"),
    "a header of the worker's own": ({"headers": "X-A: b\nauthorization: x"}, "line 2 is a header that the worker sets itself"),
    "no header": ({"headers": "hidden-secret"}, "line 1 is not of the form NAME: VALUE"),
    "a proxy with a password": ({"proxy": "http://a:hidden-secret@b:1"}, "must not hold a user or a password"),
    "no proxy": ({"proxy": "b:1"}, "must be none, or begin with http://"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_a_slip_in_it_ends_the_start_and_is_named(kafka, tmp_path, standin, slip):
    settings, said = dict(WRONG[slip][0]), WRONG[slip][1]
    if "headers" in settings:
        settings["headers_file"] = tmp_path / "acme.headers"
        settings["headers_file"].write_text(settings.pop("headers"))
    installation = Installation(tmp_path / "worker", kafka, kafka.topics(), standin.url, [BACKEND])
    installation.configure("account acme", **settings)
    ended = installation.run_to_end()
    assert ended.returncode == 2 and said in ended.stderr
    assert "hidden-secret" not in ended.stderr


@pytest.mark.parametrize("mistake", ["no authority", "bad header", "a pipe"])
def test_one_accounts_file_that_is_no_good_keeps_no_other_from_starting(kafka, tmp_path, customer, mistake):
    headers, authority = tmp_path / "globex.headers", tmp_path / "authority.pem"
    if mistake == "a pipe":
        os.mkfifo(headers)
    else:
        headers.write_text("hidden-secret\n")
    setting = {"ca_file": authority} if mistake == "no authority" else {"headers_file": headers}
    made = World(tmp_path, kafka, kafka.topics(), accounts={"globex": setting})

    def is_held(metrics):
        return metrics.value("cupbearer_account_held", account="globex", state="unchecked")

    try:
        made.worker.await_log(rf"level=error event=account .*\[account globex\]: {next(iter(setting))}")
        assert is_held(made.admin.metrics()) == 1
        place = made.publish(sign(KEYS["elsewhere-1"], payload(customer, "globex's", account="globex")))
        assert made.outcome(sign(BACKEND, payload(customer, "acme's"))) == ("delivered", None)
        if mistake == "no authority":
            Authority(tmp_path).file.rename(authority)  # of no use to an http:// url
        else:
            headers.unlink()
            headers.write_text("X-Tenant: globex\n")
        assert made.receipt(place)["outcome"] == "delivered"
        assert is_held(made.admin.metrics()) == 0
        assert bodies(made, customer) == ["acme's", "globex's"]
        assert "hidden-secret" not in made.worker.text()
    finally:
        made.close()
