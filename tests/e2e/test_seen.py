"""Whether a message was seen, as the gate tells it: asked of the stand-in, which has it from a widget or from nobody."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from broker import wait_until
from gate import Gate
from papercups import NO_ID
from programs import STANDIN_ACCOUNT, STANDIN_API_KEY
from signing import payload, sign
from test_gate import GATE_KEY, make_token, write_tokens
from world import BACKEND, KEYS, World

BODY = "hello"
OF_ACCOUNT = 4  # requests that wait for one account's Papercups: worker/gate/seen/asker.h
STRANGER = ("key-of-a-stranger", "aaaaaaaa-0000-4000-8000-00000000000a", "aaaaaaaa-0000-4000-8000-0000000000aa")
TOKENS = {
    "acme": ["--account", "acme"], "globex": ["--account", "globex"], "few": ["--account", "acme"],
    "both": ["--account", "acme", "--account", "globex"],
}  # fmt: skip


class SeenWorld(World):
    """A worker and a gate by the same configuration, with two accounts of one Papercups, and a third account in that."""

    keys = (*KEYS.values(), GATE_KEY)
    standin_accounts = ((STANDIN_API_KEY, STANDIN_ACCOUNT, "5b1a2c3d-0002-4000-8000-000000000002"), STRANGER)

    def prepare(self):
        directory = self.installation.directory
        self.installation.configure(
            "gate", listen="127.0.0.1:0", address_rate=0, key_rate=0, tokens_file=directory / "tokens.json",
            key_file=self.installation.secret_write("gate.key", GATE_KEY.secret), key_id=GATE_KEY.id,
        )  # fmt: skip
        self.installation.add_account("globex")
        made = {name: make_token(name, *words) for name, words in TOKENS.items()}
        rates = {name: 2 if name == "few" else 100000 for name in TOKENS}
        write_tokens(directory / "tokens.json", *((token, {**entry, "per_minute": rates[name]}) for name, (token, entry) in made.items()))
        self.tokens = {name: token for name, (token, _) in made.items()}

    def deliver(self, customer, account="acme"):
        """The event, whose receipt the gate has: the customer's second one, for a conversation's first has no message_id there."""
        key = BACKEND if account == "acme" else KEYS["elsewhere-1"]
        for body in ("first", BODY):
            event = sign(key, payload(customer, body, account))
            assert self.outcome(event) == ("delivered", None)
        assert self.gate.receipt(event.id, self.tokens["both"]).json["outcome"] == "delivered"
        return event

    def ask(self, event_id, token="both", gate=None):
        answer = (gate or self.gate).call("GET", f"/v1/events/{event_id}/seen", None, {"Authorization": f"Bearer {self.tokens[token]}"})
        assert STANDIN_API_KEY not in answer.body.decode()
        return answer

    def state(self, event):
        answer = self.ask(event.id)
        assert answer.status == 200, answer
        return answer.json["state"]

    def requests_asked(self):
        return self.standin.counts()["requests"]


@pytest.fixture(scope="module", params=["false", "true"], ids=["by_mark", "by_id"])
def world(request, tmp_path_factory, kafka):
    """Receipts that do not tell the message's id, and some that do."""
    sections = {"receipts": {"papercups_ids": request.param}}
    made = SeenWorld(tmp_path_factory.mktemp("seen"), kafka, kafka.topics(), sections)
    made.by_id = request.param == "true"
    made.gate = Gate(made.installation)
    yield made
    made.gate.stop()
    made.close()


@pytest.fixture(autouse=True)
def no_faults(world):
    yield
    world.standin.call("DELETE", "/_standin/faults")


def message_of(papercups, customer):
    """Of the event, as the API has it."""
    [row] = papercups.get(f"customers?external_id={customer}").data
    [conversation] = papercups.get(f"conversations?customer_id={row['id']}").data
    [message] = [one for one in conversation["messages"] if one["body"] == BODY]
    return message


def test_it_is_not_known_until_a_widget_says_so_and_stays_seen(world, papercups, customer):
    event = world.deliver(customer)
    told = {"event_id": event.id, "account": "acme", "outcome": "delivered"}
    assert world.ask(event.id).json == {**told, "state": "not_known"}
    world.widget(customer).shown()  # it is loaded with the conversation, and says so
    wait_until(lambda: world.state(event) == "seen", "what was not known is asked for again")
    message = message_of(papercups, customer)
    seen = {**told, "state": "seen", "seen_at": message["seen_at"]}
    assert message["seen_at"] and world.ask(event.id).json == seen
    assert papercups.call("DELETE", f"/api/v1/messages/{message['id']}").status == 204
    before = world.requests_asked()
    assert world.ask(event.id).json == seen
    assert world.requests_asked() == before, "what was seen stays seen, and is not asked for again"


def test_papercups_is_not_asked_again_at_once(world, customer):
    event = world.deliver(customer)
    before = world.requests_asked()
    assert world.state(event) == "not_known"
    asked = world.requests_asked() - before
    assert asked == 1 if world.by_id else asked > 1
    assert world.state(event) == "not_known"
    assert world.requests_asked() == before + asked


def test_a_message_that_is_gone_is_absent(world, papercups, customer):
    event = world.deliver(customer)
    message = message_of(papercups, customer)
    assert papercups.call("DELETE", f"/api/v1/messages/{message['id']}").status == 204
    assert world.ask(event.id).json == {"event_id": event.id, "account": "acme", "outcome": "delivered", "state": "absent"}


def test_another_accounts_key_proves_nothing(world, customer):
    """It finds no message of this account, and that is not said to be gone."""
    event = world.deliver(customer, account="globex")
    path = world.installation.secret_write("globex.key", STRANGER[0] + "\n")
    try:
        answer = world.ask(event.id)
    finally:
        path.write_text(STANDIN_API_KEY + "\n")
    assert answer.status == 502 and "belongs to Papercups account" in answer.error
    assert STRANGER[0] not in answer.error
    assert world.state(event) == "not_known"


def test_a_mark_that_is_not_the_events_is_not_read(world, papercups, customer):
    """Somebody has changed it: it is not this event's message any more, as far as can be told."""
    event = world.deliver(customer)
    message = message_of(papercups, customer)
    assert papercups.call("PUT", f"/api/v1/messages/{message['id']}", {"message": {"metadata": {"cupbearer": "v1:other"}}}).status == 200
    answer = world.ask(event.id)
    if world.by_id:
        assert (answer.status, "for message" in answer.error) == (502, True)
    else:
        assert answer.json["state"] == "absent"


def test_of_what_was_not_delivered_papercups_is_not_asked(world):
    event = sign(BACKEND, {"account": "acme", "to": {"customer_id": NO_ID}, "message": {"body": "hello"}})
    assert world.outcome(event) == ("failed", "customer_not_found")
    assert world.gate.receipt(event.id, world.tokens["both"]).status == 200
    before = world.requests_asked()
    assert world.ask(event.id).json == {
        "event_id": event.id, "account": "acme", "outcome": "failed", "reason": "customer_not_found", "state": "not_delivered",
    }  # fmt: skip
    assert world.requests_asked() == before


def test_who_may_not_see_the_receipt_is_told_nothing(world, customer):
    event = world.deliver(customer)
    assert world.ask(event.id, "acme").status == 200
    answer = world.ask(event.id, "globex")
    assert (answer.status, answer.body) == (204, b"")
    assert world.ask("evt_nobody").status == 204
    assert world.ask("no.id").status == 404
    assert world.gate.call("GET", f"/v1/events/{event.id}/seen").status == 401


@pytest.mark.parametrize(("fault", "status", "words"), [
    ({"fault": "status", "status": 500}, 502, "500"),
    ({"fault": "unauthorized"}, 502, "401"),
    ({"fault": "html"}, 502, ""),
    ({"fault": "reset"}, 502, ""),
    ({"fault": "slow", "delay_ms": 60000}, 504, "in time"),
], ids=lambda value: value.get("fault") if isinstance(value, dict) else "")  # fmt: skip
def test_what_papercups_did_not_say_is_an_error_with_what_it_said(world, customer, fault, status, words):
    event = world.deliver(customer)
    world.standin.call("POST", "/_standin/faults", {"method": "GET", "times": 0, **fault})
    answer = world.ask(event.id)
    assert answer.status == status and words in answer.error and "acme" in answer.error, answer
    world.standin.call("DELETE", "/_standin/faults")
    assert world.state(event) == "not_known", "a failure is not remembered"


def test_a_key_that_cannot_be_read_says_so(world, customer):
    event = world.deliver(customer, account="globex")
    path = world.installation.directory / "globex.key"
    path.rename(path.with_suffix(".away"))
    answer = world.ask(event.id)
    path.with_suffix(".away").rename(path)
    assert answer.status == 502 and "globex.key" in answer.error


def test_who_asks_too_much_is_told_to_wait_and_may_send_all_the_same(world, customer):
    events = [world.deliver(f"{customer}_{number}") for number in range(3)]
    answers = [world.ask(event.id, "few") for event in (events[0], events[0], events[1], events[2])]
    assert [answer.status for answer in answers] == [200, 200, 200, 429], "what is remembered costs nothing"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert world.gate.send({"payload": payload(customer)}, world.tokens["few"]).status == 202


def waiting(gate):
    return gate.metrics().value("cupbearer_gate_waiting_requests", waits_for="papercups")


def test_a_papercups_that_hangs_leaves_room_for_all_else(world, customer):
    events = [world.deliver(f"{customer}_{number}") for number in range(OF_ACCOUNT + 1)]
    other = world.deliver(customer, account="globex")
    world.installation.configure("worker", http_timeout="15s")
    gate = Gate(world.installation, 2)
    world.installation.configure("worker", http_timeout="2s")
    for event in (*events, other):
        assert gate.receipt(event.id, world.tokens["both"]).status == 200
    path = "/api/v1/messages/" if world.by_id else "/api/v1/customers"
    world.standin.call("POST", "/_standin/faults", {"fault": "slow", "method": "GET", "path": path, "times": OF_ACCOUNT, "delay_ms": 600000})
    with ThreadPoolExecutor(OF_ACCOUNT) as pool:
        hanging = [pool.submit(world.ask, event.id, "both", gate) for event in events[:OF_ACCOUNT]]
        wait_until(lambda: world.standin.faults_left() == [], "Papercups has their questions, and does not answer")
        answer = world.ask(events[-1].id, "both", gate)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1") and "acme" in answer.error
        assert world.ask(other.id, "both", gate).json["state"] == "not_known"
        assert gate.publish(sign(BACKEND, payload(customer))).status == 202
        assert {one.result().status for one in hanging} == {504}
    wait_until(lambda: waiting(gate) == 0, "their places are free")
    assert world.ask(events[-1].id, "both", gate).json["state"] == "not_known"
    gate.stop()
