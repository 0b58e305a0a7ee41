"""The composer's side of the gate, as its page calls it: who may, and what it is told. On the real Kafka, with a worker."""

import itertools
import json
import re
import time
import uuid

import pytest
from broker import ROOT, wait_until
from composer import DASHBOARD, GATE_KEY, Composer, ComposerWorld
from gate import record_of
from programs import run_program
from signing import payload
from signing import sign as sign_as
from world import BACKEND

PAGE = ROOT / "worker/composer/page"
# Each with a body that would do.
TO = {"customer": {"external_id": "user_42"}}
HI = {"body": "Hi {{name}}", "blanks": {"name": {"type": "text", "default": "there"}}}
SIGN = {"account": "acme", "key_id": GATE_KEY.id, "to": TO, "message": HI, "blanks": {}, "confirmed": True}
CALLS = {
    "GET setup": None,
    "GET messages": None,
    "PUT messages/hi": {"version": "", "message": HI},
    "POST messages/hi/rename": {"version": "", "to": "ho"},
    "DELETE messages/hi?version=": None,
    "POST lookup": {"account": "acme", "to": TO},
    "POST sign": SIGN,
    "POST publish": {"record": {"key": "acme/e/user_42", "headers": {}, "value": "{}"}},
    "GET receipt?event_id=x": None,
    "GET history": None,
    "POST seen": {"key": "acme/e/user_42", "event_id": "x"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory, kafka):
    made = ComposerWorld(tmp_path_factory.mktemp("composer"), kafka, kafka.topics())
    yield made
    made.close()


# ---- the page ----


def test_every_part_of_the_page_is_built_in(composer):
    parts = [path for path in PAGE.iterdir() if path.name != "index.html"]
    answers = {path: composer.call("GET", f"/composer/assets/{path.name}") for path in parts}
    answers[PAGE / "index.html"] = composer.call("GET", "/composer/")
    types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for path, answer in answers.items():
        assert (answer.status, answer.body) == (200, path.read_bytes()), path
        assert answer.headers["content-type"].startswith(types[path.suffix]), path


def test_the_page_with_all_its_parts_is_less_than_60_kb(composer):
    sizes = {}
    for path in ("/composer/", *(f"/composer/assets/{path.name}" for path in PAGE.iterdir())):
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
    old = papercups.create_customer(customer, name="Old")
    newest = papercups.create_customer(customer, name="New")

    names = (f"New {number}" for number in itertools.count())

    def renamed():  # Papercups' times are whole seconds, and stay where nothing is changed
        row = papercups.call("PUT", f"/api/v1/customers/{newest['id']}", {"customer": {"name": next(names)}}).data
        return row["updated_at"] > old["updated_at"] and row["name"]

    name = wait_until(renamed, "a later second")
    found = look(composer, customer={"external_id": customer}).json
    assert (found["matches"], found["name"]) == (2, name)


def test_who_is_not_there_is_told_apart_from_who_would_be_made(composer, customer):
    assert look(composer, customer={"external_id": customer}).json | {"matches": 0} == {
        "found": False, "creates": True, "matches": 0, "name": None, "email": None, "conversation_id": None,
    }  # fmt: skip
    for member in ("customer_id", "conversation_id"):
        found = look(composer, **{member: str(uuid.uuid4())}).json
        assert (found["found"], found["creates"]) == (False, False)


def test_a_row_that_the_pages_widget_does_not_find_is_not_found(composer, papercups, customer):
    papercups.create_customer(customer, host="evil.example")
    assert look(composer, customer={"external_id": customer}).json["creates"] is True
    found = look(composer, customer={"external_id": customer, "host": "Evil.example"}).json
    assert (found["found"], found["matches"]) == (True, 1)


@pytest.mark.parametrize("emails", [[], ["ada@shop.example", "eve@shop.example"]])
def test_where_the_e_mail_is_missing_nothing_is_signed(composer, papercups, customer, emails):
    """Whose row it is cannot be known without, and nobody is made."""
    for email in (None, *emails):
        papercups.create_customer(customer, email=email)
    to = {"customer": {"external_id": customer}}
    found = composer.api("POST", "lookup", {"account": "hooli", "to": to}).json
    assert (found["found"], found["creates"], found["matches"]) == (False, False, len(emails))
    answer = composer.api("POST", "sign", {**SIGN, "account": "hooli", "to": to, "confirmed": False})
    assert (answer.status, answer.json["field"]) == (422, "to") and "to.customer.email" in answer.error, answer
    with_email = {"customer": {"external_id": customer, "email": "EVE@shop.example"}}
    found = composer.api("POST", "lookup", {"account": "hooli", "to": with_email}).json
    assert (found["found"], found["creates"]) == ((True, False) if emails else (False, True))


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


# ---- messages ----


@pytest.fixture
def directory(world):
    for path in world.messages.iterdir():
        path.unlink()
    return world.messages


def save(composer, name, message, version=""):
    return composer.api("PUT", f"messages/{name}", {"version": version, "message": message})


def listed(composer):
    return {one["name"]: one for one in composer.api("GET", "messages").json["messages"]}


def test_a_message_is_saved_as_a_file_that_git_can_show(composer, directory):
    saved = save(composer, "need-help", HI)
    assert saved.status == 200 and saved.json["name"] == "need-help"
    text = (directory / "need-help.json").read_text()
    assert json.loads(text) == HI and text.endswith("}\n") and text.count("\n") > 3
    assert listed(composer) == {"need-help": {"name": "need-help", "version": saved.json["version"], "message": HI}}


def test_renaming_and_deleting(composer, directory):
    version = save(composer, "hi", HI).json["version"]
    save(composer, "taken", HI)
    assert composer.api("POST", "messages/hi/rename", {"to": "taken", "version": version}).status == 409
    assert composer.api("POST", "messages/hi/rename", {"to": "No Good", "version": version}).json["field"] == "name"
    assert composer.api("POST", "messages/hi/rename", {"to": "ho", "version": version}).json == {"name": "ho", "version": version}
    assert composer.api("DELETE", f"messages/ho?version={version}").status == 200
    assert [*listed(composer)] == ["taken"]
    assert composer.api("DELETE", f"messages/ho?version={version}").status == 409


@pytest.mark.parametrize("name", ["Hi", "a" * 65, "a.b", "%2e%2e", "..%2fetc", "hi%00", "hi_there", "%20", "ä"])
def test_a_name_that_is_none_is_refused(composer, directory, name):
    assert save(composer, name.replace("ä", "%c3%a4"), HI).status in (400, 404, 422)
    assert [*directory.iterdir()] == []


@pytest.mark.parametrize(("message", "field"), [
    ({"body": ""}, "body"), ({"body": "x", "quick_replies": ["a" * 81]}, "quick_replies[0]"),
    ({"body": "x", "blanks": {"n": {"type": "text"}}}, "blanks.n"),
])  # fmt: skip
def test_a_message_that_is_no_good_is_refused_at_its_field(composer, directory, message, field):
    answer = save(composer, "hi", message)
    assert (answer.status, answer.json.get("field")) == (422, field), answer
    assert [*directory.iterdir()] == []


# ---- sign, publish, receipt, history ----


def ask_to_sign(composer, **more):
    return composer.api("POST", "sign", {**SIGN, **more})


def test_what_is_signed_is_valid_and_not_sent(composer, world, customer):
    before = world.records_published()
    answer = ask_to_sign(composer, to={"customer": {"external_id": customer}}, blanks={"name": "*Ada*"}, name="hi")
    assert answer.status == 200, answer
    assert answer.json["payload"] == json.loads(answer.json["record"]["value"])
    assert answer.json["payload"] == {
        "account": "acme", "to": {"customer": {"external_id": customer}}, "message": {"body": "Hi \\*Ada\\*"},
    }  # fmt: skip
    headers = answer.json["record"]["headers"]
    assert headers["webhook-id"] == answer.json["event_id"] and headers["cupbearer-key"] == GATE_KEY.id
    assert answer.json["expires_at_ms"] == (int(headers["webhook-timestamp"]) + 45) * 1000
    assert abs(answer.json["now_ms"] - time.time() * 1000) < 60000
    (world.directory / "record.json").write_text(json.dumps(answer.json["record"]))
    keyring = world.installation.directory / "keyring.json"
    assert run_program("verify", "--keyring", keyring, world.directory / "record.json").returncode == 0
    assert world.records_published() == before


def the_entry(composer, event_id, settled=False):
    """Of the history, or None; `settled`: also where its receipt is not there yet."""
    entries = [one for one in composer.api("GET", "history").json["entries"] if one["event_id"] == event_id]
    assert len(entries) <= 1
    return next((one for one in entries if one["receipt"] or not settled), None)


def test_what_is_sent_has_its_receipt_and_stands_in_the_history(composer, customer):
    to = {"customer": {"external_id": customer}}
    signed = ask_to_sign(composer, to=to, name="hi").json
    entry = the_entry(composer, signed["event_id"])
    assert (entry["published"], entry["receipt"], entry["message"], entry["to"]) == (False, None, "hi", to)
    sent = composer.api("POST", "publish", {"record": signed["record"], "name": "hi"})
    assert sent.status == 202 and sent.json["event_id"] == signed["event_id"]
    told = composer.api("GET", f"receipt?event_id={signed['event_id']}&wait=30")
    assert told.status == 200 and told.json["outcome"] == "delivered"
    entry = wait_until(lambda: the_entry(composer, signed["event_id"], settled=True), "the history")
    assert entry == {
        "key": f"acme/e/{customer}", "event_id": signed["event_id"], "account": "acme", "to": to, "message": "hi", "who": "composer",
        "signed_at_ms": entry["signed_at_ms"], "published": True, "receipt": told.json,
    }  # fmt: skip


def test_whether_an_event_of_the_history_was_seen_is_told_and_of_no_other(composer, world, customer):
    to = {"customer": {"external_id": customer}}
    signed = ask_to_sign(composer, to=to).json
    event = {"key": f"acme/e/{customer}", "event_id": signed["event_id"]}
    assert composer.api("POST", "seen", event).status == 204, "it has no receipt"
    composer.api("POST", "publish", {"record": signed["record"]})
    wait_until(lambda: the_entry(composer, signed["event_id"], settled=True), "the history")
    assert composer.api("POST", "seen", event).json == {
        "state": "not_known", "event_id": signed["event_id"], "account": "acme", "outcome": "delivered",
    }  # fmt: skip
    assert composer.api("POST", "seen", {**event, "key": event["key"] + "x"}).status == 204
    world.widget(customer).shown()
    told = wait_until(lambda: (one := composer.api("POST", "seen", event).json)["state"] == "seen" and one, "it was seen")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z?", told["seen_at"])


@pytest.mark.parametrize(("content", "field"), [({}, "key"), ({"key": "acme/e/x"}, "event_id"), ({"key": 1, "event_id": "x"}, "key")])
def test_what_is_asked_for_is_named_by_key_and_id(composer, content, field):
    answer = composer.api("POST", "seen", content)
    assert (answer.status, answer.json["field"]) == (422, field)


def test_the_history_outlives_the_gate(composer, world, customer):
    signed = ask_to_sign(composer, to={"customer": {"external_id": customer}}, name="hi").json
    composer.api("POST", "publish", {"record": signed["record"]})
    receipt = composer.api("GET", f"receipt?event_id={signed['event_id']}&wait=30").json
    others = sign_as(BACKEND, payload(customer))
    others_id = composer.publish(others).json["event_id"]
    assert composer.api("GET", f"receipt?event_id={others_id}&wait=30").json["outcome"] == "delivered"
    next_one = Composer(world.installation, 3)
    entry = wait_until(lambda: the_entry(next_one, signed["event_id"], settled=True), "what was before")
    assert entry == {
        "key": f"acme/e/{customer}", "event_id": signed["event_id"], "account": "acme", "to": {"customer": {"external_id": customer}},
        "message": None, "who": None, "published": True, "receipt": receipt,
        "signed_at_ms": int(signed["record"]["headers"]["webhook-timestamp"]) * 1000,
    }  # fmt: skip
    wait_until(lambda: next_one.api("GET", f"receipt?event_id={others_id}").status == 200, "the other's receipt")
    assert the_entry(next_one, others_id) is None  # not signed by the gate
    next_one.stop()


def test_a_receipt_that_is_not_there_yet_is_204(composer):
    assert composer.api("GET", "receipt?event_id=nothing").status == 204
    assert composer.api("GET", "receipt?event_id=nothing&wait=1").status == 204
    assert composer.api("GET", "receipt?event_id=nothing&wait=61").status == 400
    assert composer.api("GET", "receipt?event_id=no.id").status == 400


def test_a_forged_record_is_not_published(composer, world, customer):
    before = world.records_published()
    record = record_of(sign_as(BACKEND, payload(customer)))
    record["value"] = record["value"].replace("Need", "Nead")
    answer = composer.api("POST", "publish", {"record": record})
    assert (answer.status, answer.json["reason"]) == (422, "bad_signature")
    assert composer.api("POST", "publish", {"record": 7}).status == 422
    assert world.records_published() == before


def test_a_stranger_needs_a_confirmation(composer, papercups, customer):
    to = {"customer": {"external_id": customer}}
    answer = ask_to_sign(composer, to=to, confirmed=False)
    assert (answer.status, answer.json["unknown_customer"]) == (409, True) and answer.error
    assert "record" not in answer.json
    papercups.create_customer(customer)
    assert ask_to_sign(composer, to=to, confirmed=False).status == 200
    answer = ask_to_sign(composer, to={"customer_id": str(uuid.uuid4())})
    assert (answer.status, answer.json["field"]) == (422, "to")


@pytest.mark.parametrize(("more", "field"), [
    ({"key_id": "backend-1"}, "key_id"), ({"account": "initech"}, "key_id"), ({"account": "nobody"}, "account"),
    ({"blanks": {"name": "two\nlines"}}, "blanks.name"), ({"blanks": {"name": "a" * 201}}, "blanks.name"),
    ({"blanks": {"other": "x"}}, "blanks.other"), ({"message": {"body": ""}}, "body"), ({"message": 7}, None),
    ({"to": {"customer": {"external_id": "null"}}}, "to.customer.external_id"),
    ({"message": {"body": "{{l}}", "blanks": {"l": {"type": "url"}}}, "blanks": {"l": "https://evil.example"}}, "blanks.l"),
])  # fmt: skip
def test_what_cannot_be_signed_is_refused_at_its_field(composer, more, field):
    answer = ask_to_sign(composer, **more)
    assert (answer.status, answer.json.get("field")) == (422, field), answer
    assert "record" not in answer.json


def test_every_signature_is_in_the_audit_log_without_its_words(composer, customer):
    signed = ask_to_sign(composer, to={"customer": {"external_id": customer}}, blanks={"name": "Zaphod"}, name="hi").json
    line = composer.await_log(rf".*event=signed.*{signed['event_id']}.*")[0]  # a thread of its own writes the log
    for words in ("who=composer", f"key={GATE_KEY.id}", "account=acme", "message=hi"):
        assert words in line
    assert "Zaphod" not in composer.text() and GATE_KEY.secret not in composer.text()
