"""Others do what they should not, in Kafka and in Papercups: the worker with sanitizers delivers what it should, once.

One worker serves most of the file, with the account acme; another one has acme and beta. Papercups has both.
"""

import base64
import json
import secrets
import time
from dataclasses import replace

import pytest
from sanitized import ACME, BETA, SanitizedWorld, place_of
from signing import Event, HmacKey, payload, sign
from world import BACKEND, assert_dead, bodies

BETA_BACKEND = HmacKey("beta-1", accounts=["beta"])


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = SanitizedWorld(tmp_path_factory.mktemp("bad-surroundings"), kafka, kafka.topics())
    yield made
    made.close()


class TwoAccountsWorld(SanitizedWorld):
    """Its worker delivers to both accounts."""

    keys = (*SanitizedWorld.keys, BETA_BACKEND)

    def prepare(self):
        super().prepare()
        self.installation.secret_write("beta.key", BETA[0])
        beta = {"api_key_file": self.installation.directory / "beta.key", "papercups_account": BETA[1]}
        self.installation.configure("account beta", **{**self.installation.settings["account acme"], **beta})

    def put_keys(self, acme, beta):
        self.installation.secret_write("acme.key", acme)
        self.installation.secret_write("beta.key", beta)
        self.hang_up()

    def events(self, customer, body):
        """One for each account, both to a customer of this name."""
        return [
            sign(BACKEND, payload(customer, f"{body}, acme")),
            sign(BETA_BACKEND, payload(customer, f"{body}, beta", account="beta")),
        ]

    def shown(self, customer):
        """[(account whose key posted it, account of the conversation, body)]"""
        return sorted(
            (message["account_id"], message["conversation_account_id"], message["body"])
            for message in self.standin.messages(customer)
        )


@pytest.fixture(scope="module")
def both(kafka, tmp_path_factory):
    made = TwoAccountsWorld(tmp_path_factory.mktemp("both"), kafka, kafka.topics())
    yield made
    made.close()


def to(body="hello", **address):
    return {"account": "acme", "to": address, "message": {"body": body}}


def make(world, key, collection, **content):
    return world.standin.api("POST", f"/api/v1/{collection}", content, key)["data"]


# Answers beyond measure


def test_an_answer_of_100_mb_costs_no_memory_and_no_second_message(world, customer):
    """Stands first: later on, the worker's peak is other tests' doing."""
    assert world.outcome(sign(BACKEND, payload(customer, "first"))) == ("delivered", None)
    before = world.peak_kib()
    # To a customer that is known, so that the first thing to be read afterwards is whether the message is there.
    world.standin.fault("huge", f"second {customer}")
    world.standin.call("POST", "/_standin/faults", {"fault": "huge", "method": "GET", "path": "/api/v1/"})
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, f"second {customer}"))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    # To a new one, whose conversation comes with it.
    other = f"{customer} too"
    world.standin.fault("huge", f"third {customer}")
    receipt = world.receipt(world.publish(sign(BACKEND, payload(other, f"third {customer}"))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)

    assert world.standin.faults_left() == []
    assert bodies(world, customer) == ["first", f"second {customer}"]
    assert bodies(world, other) == [f"third {customer}"]
    assert len(world.worker.text().split("answer=unreadable")) - 1 >= 3
    assert world.peak_kib() - before < 64 * 1024


# Another account's ids


def test_a_customer_of_another_account_is_nobody(world, customer):
    theirs = make(world, BETA[0], "customers", customer={"external_id": customer, "host": "shop.example"})
    event = sign(BACKEND, to(f"by id {customer}", customer_id=theirs["id"]))
    assert_dead(world, world.publish(event), event, "failed", "customer_not_found")
    assert bodies(world, customer) == []


def test_a_conversation_of_another_account_is_none_though_papercups_would_take_it(world, customer):
    theirs = make(world, BETA[0], "customers", customer={"external_id": customer, "host": "shop.example"})
    draft = {"customer_id": theirs["id"], "source": "chat"}
    conversation = make(world, BETA[0], "conversations", conversation=draft)["id"]
    event = sign(BACKEND, to(f"by conversation {customer}", conversation_id=conversation))
    assert_dead(world, world.publish(event), event, "failed", "conversation_not_found")
    assert bodies(world, customer) == []
    # Nothing of the worker's hindered it.
    draft = {"conversation_id": conversation, "type": "bot", "body": "by acme's key"}
    make(world, ACME[0], "messages", message=draft)
    assert bodies(world, customer) == ["by acme's key"]


def test_an_external_id_of_another_account_is_another_customer(world, customer):
    make(world, BETA[0], "customers", customer={"external_id": customer, "host": "shop.example"})
    assert world.outcome(sign(BACKEND, payload(customer, "ours"))) == ("delivered", None)
    [message] = world.standin.messages(customer)
    assert (message["account_id"], message["conversation_account_id"]) == (ACME[1], ACME[1])


# Rows and messages that somebody planted


def planted_row(world, customer, **more):
    made = world.standin.call("POST", "/_standin/widget_customer", {
        "external_id": customer, "account_id": ACME[1], "host": "shop.example", **more,
    })  # fmt: skip
    return made["id"]


def row(world, identity):
    return world.standin.api("GET", f"/api/v1/customers/{identity}")["data"]


def deep(levels):
    return json.loads('{"x":' * levels + "1" + "}" * levels)


@pytest.mark.parametrize("mark", ["copied", "forged"])
def test_a_planted_row_gets_the_message_and_keeps_what_it_holds(world, customer, mark):
    assert world.outcome(sign(BACKEND, payload(f"{customer} before", "seen by its owner"))) == ("delivered", None)
    copied = world.standin.messages(f"{customer} before")[0]["metadata"]["cupbearer"]
    metadata = {
        "cupbearer": copied if mark == "copied" else "v1:" + "A" * 22, "quick_replies": [{"text": "x"}],
        "number": 2**70, "nothing": None, "odd \N{SNAKE} \u202e name": ["\x01", "'; DROP TABLE customers; --"],
        "deep": deep(20),
    }  # fmt: skip
    name = "\u202eecila <script>alert(1)</script> \x00 %s%n".replace("\x00", "\x01") + "x" * 200
    planted = planted_row(world, customer, name=name, email="'\"><b>@x", metadata=metadata)
    before = row(world, planted)
    event = sign(BACKEND, payload(customer, "hello", name="Ada", email="ada@example.com"))
    assert world.outcome(event) == ("delivered", None)
    [message] = world.standin.messages(customer)
    assert (message["customer_id"], message["body"]) == (planted, "hello")
    after = row(world, planted)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert after["name"] == name


def test_a_copied_mark_on_a_planted_message_hides_nothing(world, customer):
    """Marks can be seen by whoever has the chat: put on another message, they are of their own event still."""
    assert world.outcome(sign(BACKEND, payload(customer, "first"))) == ("delivered", None)
    [first] = world.standin.messages(customer)
    world.standin.call("POST", "/_standin/widget_message", {
        "conversation_id": first["conversation_id"], "type": "bot", "body": "planted",
        "metadata": {"cupbearer": first["metadata"]["cupbearer"]},
    })  # fmt: skip
    world.standin.fault("error_500", f"second {customer}")
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, f"second {customer}"))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 2)
    assert bodies(world, customer) == ["first", "planted", f"second {customer}"]


# Receipts that no worker wrote


def test_forged_receipts_make_nobody_believe_that_an_event_was_delivered(world, customer):
    real = world.receipt_record(place := world.publish(sign(BACKEND, payload(customer, "before"))))
    event = sign(BACKEND, payload(customer, "after"))
    now = int(time.time() * 1000)
    # The place of the event that comes next, and its id: as if it were delivered already.
    told = {
        **json.loads(real.value), "event_id": event.id, "offset": place[1] + 1, "signed_at": now // 1000,
        "record_timestamp": now, "admitted_at": now, "finished_at": now,
    }  # fmt: skip
    value = json.dumps(told, separators=(",", ":")).encode()
    mac = real.header("cupbearer-mac")
    other_mac = base64.b64encode(secrets.token_bytes(32)).decode()
    forged = [
        Event(event.key, [], value),
        Event(event.key, [("cupbearer-mac", None)], value),
        Event(event.key, [("cupbearer-mac", b"")], value),
        Event(event.key, [("cupbearer-mac", other_mac)], value),
        Event(event.key, [("cupbearer-mac", mac)], value),
        Event(event.key, [("cupbearer-mac", mac + "x")], real.value),
        Event(event.key, [("cupbearer-mac", mac[:-1])], real.value),
        Event(event.key, [("cupbearer-mac", other_mac), ("cupbearer-mac", mac)], value),
        Event(event.key, [("cupbearer-mac", mac)], real.value.replace(b"delivered", b"DELIVERED")),
        Event(f"{event.key}x", [("cupbearer-mac", mac)], real.value),
        Event(None, [("cupbearer-mac", mac)], None),
        Event(event.key, [("cupbearer-mac", mac)], b"[" * 100000),
    ]
    world.worker.stop()
    places = world.kafka.publish(world.topics.receipts, forged, partition=place[0])
    # The real one again, where it is not of this partition, and where it is: this one proves what is known already.
    copy = replace(forged[0], headers=[("cupbearer-mac", mac)], value=real.value)
    elsewhere = (place[0] + 1) % world.topics.partitions
    places += world.kafka.publish(world.topics.receipts, [copy], partition=elsewhere)
    places += world.kafka.publish(world.topics.receipts, [copy], partition=place[0])
    world.planted.update(places)

    world.worker = world.installation.worker()
    for partition, count in ((place[0], len(forged)), (elsewhere, 1)):
        world.worker.await_log(rf"event=foreign_receipts .*partition {partition}: {count} receipts without a good MAC")
    published = world.publish(event)
    assert published == (place[0], told["offset"]), "the forgeries are of another record"
    receipt = world.receipt(published)
    assert (receipt["outcome"], receipt["event_id"]) == ("delivered", event.id)
    assert bodies(world, customer) == ["before", "after"]
    assert world.outcome(event) == ("duplicate", None)


# Keys that were swapped


def test_swapped_api_keys_hold_both_accounts_and_post_nothing_until_they_are_right_again(both, customer):
    for place in both.kafka.publish(both.topics.events, both.events(customer, "before")):
        assert both.receipt(place)["outcome"] == "delivered"
    both.put_keys(acme=BETA[0], beta=ACME[0])
    for account in ("acme", "beta"):
        both.worker.await_log(rf"event=account account={account} state=stranger")
    messages = both.standin.counts()["messages"]
    # To a customer that is known, and to a new one.
    names = (customer, f"{customer} new")
    waiting = [both.publish(event) for name in names for event in both.events(name, "waits")]
    # Behind each a record that is rejected at once: when these have their receipts, the others have been read.
    for place, name in zip(waiting, [name for name in names for _ in range(2)], strict=True):
        stranger = sign(HmacKey("stranger-1"), payload(name))
        assert both.outcome(stranger, place[0]) == ("rejected", "unknown_key")
    assert both.standin.counts()["messages"] == messages
    assert not set(waiting) & {place_of(record) for record in both.own_receipts()}

    both.put_keys(acme=ACME[0], beta=BETA[0])
    assert [told["outcome"] for told in both.receipts_of(waiting)] == ["delivered"] * 4
    for name, words in ((customer, ("before", "waits")), (names[1], ("waits",))):
        assert both.shown(name) == sorted(
            (account, account, f"{word}, {short}") for account, short in ((ACME[1], "acme"), (BETA[1], "beta"))
            for word in words
        )  # fmt: skip


# Pauses beyond measure


def test_a_pause_of_thirty_thousand_years_is_not_waited_for(both, customer):
    """It leaves the account paused for some minutes: behind it nothing of it can be delivered. (After a 503 the message may be
    there: it is read back when the pause, cut to five minutes, is over. tests/unit/engine_delivery_test.c)"""
    # What lies in a partition when it is first assigned is never given up unread: so first one has to be through.
    [place] = both.kafka.publish(both.topics.events, [both.events(customer, "in time")[0]])
    assert both.receipt(place)["outcome"] == "delivered"
    body = f"too long {customer}"
    both.standin.fault("status", body, status=429, answer="{}", retry_after=10**12)
    event = sign(BACKEND, payload(customer, body, deliver_within=2))
    receipt = assert_dead(both, both.publish(event), event, "failed", "gave_up")
    assert receipt["finished_at"] - receipt["admitted_at"] >= 1990  # two clocks, each cut to milliseconds
    assert both.standin.faults_left() == []
    assert [words for _, _, words in both.shown(customer)] == ["in time, acme"]


@pytest.mark.parametrize("name", ["world", "both"])
def test_after_all_that_the_workers_end_in_order_and_have_told_no_secret(request, name):
    """Stands last: exit 0, no word of a sanitizer, one receipt of each record, and nobody's key anywhere."""
    request.getfixturevalue(name).assert_ended_well()
