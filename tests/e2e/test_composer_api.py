"""The composer's side of the gate, as its page calls it: who may, and what it is told. On the real Kafka, with a worker."""

import re
import uuid

import pytest
from broker import ROOT
from composer import DASHBOARD, GATE_KEY, Composer, ComposerWorld
from papercups import Client

PAGE = ROOT / "worker/gate/page"
# Each with a body that would do.
CALLS = {
    "GET setup": None,
    "POST lookup": {"account": "acme", "to": {"customer": {"external_id": "user_42"}}},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory, kafka):
    made = ComposerWorld(tmp_path_factory.mktemp("composer"), kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture(scope="module")
def composer(world):
    made = Composer(world.installation)
    yield made
    made.stop()


@pytest.fixture
def papercups(world):
    client = Client(world.standin.url)
    yield client
    client.close()


# ---- the page ----


def test_every_part_of_the_page_is_built_in(composer):
    parts = [path for path in PAGE.iterdir() if path.name != "index.html"] + [ROOT / "worker/demo/chat_markdown.js"]
    answers = {path: composer.call("GET", f"/composer/assets/{path.name}") for path in parts}
    answers[PAGE / "index.html"] = composer.call("GET", "/composer/")
    types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for path, answer in answers.items():
        assert (answer.status, answer.body) == (200, path.read_bytes()), path
        assert answer.headers["content-type"].startswith(types[path.suffix]), path


def test_the_page_with_all_its_parts_is_less_than_60_kb(composer):
    sizes = {}
    for path in ("/composer/", *(f"/composer/assets/{path.name}" for path in PAGE.iterdir()), "/composer/assets/chat_markdown.js"):
        answer = composer.call("GET", path, None, {"Accept-Encoding": "gzip, deflate, br"})
        assert answer.headers["content-encoding"] == "gzip"
        sizes[path] = len(answer.body)
    assert sum(sizes.values()) < 60000, sizes


def test_the_page_holds_no_script_style_or_address_of_others():
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), path
        assert path.suffix != ".html" or not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", text), path


def test_the_pages_policy_allows_only_its_own_files(composer):
    policy = composer.call("GET", "/composer/").headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'", "frame-ancestors 'none'"} <= {*policy}


# ---- who may ----


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("headers", "status"), [
    ({"X_Cupbearer_Token": None}, 401), ({"X_Cupbearer_Token": ""}, 401), ({"X_Cupbearer_Token": "a" * 43}, 401),
    ({"Host": "evil.example"}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
])  # fmt: skip
def test_who_is_not_the_page_is_refused(composer, call, headers, status):
    method, path = call.split()
    answer = composer.api(method, path, CALLS[call], **headers)
    assert (answer.status, "access-control-allow-origin" in answer.headers) == (status, False), answer
    assert answer.error


@pytest.mark.parametrize("call", [call for call in CALLS if not call.startswith("GET")])
def test_a_change_needs_an_origin_and_json(composer, call):
    method, path = call.split()
    assert composer.api(method, path, CALLS[call], Origin=None).status == 403
    if CALLS[call] is not None:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert composer.api(method, path, b"account=acme", **form).status == 415
        assert composer.api(method, path, b'{"account": "acme"}', **{"Content-Type": "text/plain"}).status == 415


def test_the_token_is_in_no_log_and_another_one_after_each_start(composer, world):
    assert composer.text().count(composer.token) == 1  # standard output and the log are one file here
    assert not re.search(rf"(?m)^ts=.*{composer.token}", composer.text())
    other = Composer(world.installation, 2)
    assert other.token != composer.token
    assert other.api("GET", "setup", X_Cupbearer_Token=composer.token).status == 401
    other.stop()


# ---- what it is told ----


def test_the_page_is_told_the_accounts_and_which_key_may_write_to_them(composer, world):
    setup = composer.api("GET", "setup").json
    key = {"id": GATE_KEY.id, "sender": "support"}
    accounts = {account["name"]: account for account in setup["accounts"]}
    assert accounts["acme"] == {"name": "acme", "keys": [key], "dashboard_url": DASHBOARD}
    assert accounts["globex"]["keys"] == [key] and accounts["initech"]["keys"] == []
    assert setup["link_hosts"] == ["shop.example", ".help.example"]
    assert (setup["topic"], setup["partitioner"]) == (world.topics.events, "murmur2_random")
    assert GATE_KEY.secret not in str(setup)


def look(composer, **to):
    return composer.api("POST", "lookup", {"account": "acme", "to": to})


def test_a_customer_is_found_with_name_and_open_conversation(composer, papercups, customer):
    papercups.create_customer(customer, name="Ada", email="ada@example.com")
    found = look(composer, customer={"external_id": customer}).json
    assert found == {
        "found": True, "creates": False, "matches": 1, "name": "Ada", "email": "ada@example.com", "conversation_id": None,
    }  # fmt: skip
    row = papercups.get(f"customers?external_id={customer}").data[0]["id"]
    conversation = papercups.create_conversation(row, "hello")["id"]
    assert look(composer, customer={"external_id": customer}).json["conversation_id"] == conversation
    assert look(composer, customer_id=row).json == {**found, "conversation_id": conversation}
    assert look(composer, conversation_id=conversation).json["conversation_id"] == conversation


def test_of_several_customers_the_one_that_gets_it_is_told(composer, papercups, customer):
    papercups.create_customer(customer, name="Old")
    newest = papercups.create_customer(customer, name="New")
    papercups.call("PUT", f"/api/v1/customers/{newest['id']}", {"customer": {"name": "Newest"}})
    found = look(composer, customer={"external_id": customer}).json
    assert (found["matches"], found["name"]) == (2, "Newest")


def test_who_is_not_there_is_told_apart_from_who_would_be_made(composer, customer):
    assert look(composer, customer={"external_id": customer}).json | {"matches": 0} == {
        "found": False, "creates": True, "matches": 0, "name": None, "email": None, "conversation_id": None,
    }  # fmt: skip
    for member in ("customer_id", "conversation_id"):
        found = look(composer, **{member: str(uuid.uuid4())}).json
        assert (found["found"], found["creates"]) == (False, False)


@pytest.mark.parametrize(("to", "field"), [
    ({"customer": {"external_id": "undefined"}}, "to.customer.external_id"), ({"customer_id": "user_42"}, "to.customer_id"),
    ({"customer": {"external_id": ""}}, "to.customer.external_id"), ({}, "to"), (7, "to"),
])  # fmt: skip
def test_an_address_that_is_none_is_refused_at_its_field(composer, to, field):
    answer = composer.api("POST", "lookup", {"account": "acme", "to": to})
    assert (answer.status, answer.json["field"]) == (422, field), answer


def test_an_unknown_account_is_refused_at_its_field(composer):
    answer = composer.api("POST", "lookup", {"account": "nobody", "to": {"customer": {"external_id": "user_42"}}})
    assert (answer.status, answer.json["field"]) == (422, "account")


def test_a_papercups_that_does_not_answer_is_told(composer, world, customer):
    world.standin.call("POST", "/_standin/faults", {
        "fault": "status", "status": 500, "method": "GET", "path": "/api/v1/customers", "times": 1,
    })  # fmt: skip
    answer = look(composer, customer={"external_id": customer})
    assert answer.status == 502 and "[account acme]" in answer.error
