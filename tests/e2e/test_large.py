"""Customers whose conversations hold more than a worker would keep in memory, or read at all: they can make them so by
themselves, through the widget's socket. It is nobody else's trouble."""

import pytest
from broker import wait_until
from signing import payload, sign
from world import BACKEND, World, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    timing = {"worker": {"http_timeout": "5s", "settle_time": "300ms"}}
    made = World(tmp_path_factory.mktemp("large"), kafka, kafka.topics(), timing)
    yield made
    made.close()


@pytest.fixture
def conversation(papercups, customer):
    """The customer's open one, which the worker does not know yet."""
    return papercups.create_conversation(papercups.create_customer(customer)["id"], "hello")["id"]


def rises(before, after):
    return {answer: count - before.get(answer, 0) for answer, count in after.items() if count > before.get(answer, 0)}


def conversations(papercups, customer):
    listed = papercups.call("GET", f"/_standin/conversations?external_id={customer}").json["conversations"]
    return [one["id"] for one in listed]


def test_five_messages_of_2_mb_are_read_over(world, papercups, customer, conversation):
    for _ in range(5):
        papercups.control("widget_message", conversation_id=conversation, body="x" * 2_000_000, type="bot")
    counted = world.requests()
    assert world.outcome(sign(BACKEND, payload(customer, "welcome"))) == ("delivered", None)
    assert rises(counted, world.requests()) == {}
    assert conversations(papercups, customer) == [conversation]
    assert bodies(world, customer)[-1] == "welcome"


def test_they_are_read_over_in_a_read_back_too(world, papercups, customer, conversation):
    for _ in range(5):
        papercups.control("widget_message", conversation_id=conversation, body="x" * 2_000_000, type="bot")
    papercups.fault("stored_500", method="POST", path="/api/v1/messages", body_contains=customer)
    counted = world.requests()
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, f"hello {customer}"))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert rises(counted, world.requests()) == {"server_error": 1}
    assert bodies(world, customer).count(f"hello {customer}") == 1


def test_where_there_is_more_than_is_read_a_new_conversation_is_made(world, papercups, customer, conversation):
    papercups.fault("huge", method="GET", path="/api/v1/conversations", size_mb=70)
    counted = world.requests()
    assert world.outcome(sign(BACKEND, payload(customer, "welcome"))) == ("delivered", None)
    assert rises(counted, world.requests()) == {"too_large": 1}
    newest = conversations(papercups, customer)[0]
    assert newest != conversation
    assert papercups.bodies(newest) == ["welcome"]
    assert "call=list_conversations answer=too_large" in world.worker.text()
    assert 'detail="too large: the messages are more than 64 MiB' in world.worker.text()


def test_what_cannot_be_read_back_waits_and_nobody_else(world, papercups, customer, conversation):
    papercups.fault("stored_500", method="POST", path="/api/v1/messages", body_contains=customer)
    papercups.fault("huge", method="GET", path="/api/v1/messages", size_mb=70, times=3)
    counted = world.requests()
    place = world.publish(sign(BACKEND, payload(customer, f"hello {customer}")))
    wait_until(lambda: rises(counted, world.requests()).get("too_large"), "it cannot be read")
    assert world.outcome(sign(BACKEND, payload(f"{customer}b", "another's"))) == ("delivered", None)
    assert world.receipt(place)["attempts"] == 1
    assert rises(counted, world.requests()) == {"server_error": 1, "too_large": 3}
    assert bodies(world, customer).count(f"hello {customer}") == 1


def test_a_list_slower_than_the_timeout_opens_no_circuit_where_others_are_answered(
    world, papercups, customer, conversation
):
    papercups.fault("slow", method="GET", path="/api/v1/conversations", delay_ms=8000)
    counted = world.requests()
    place = world.publish(sign(BACKEND, payload(customer, "welcome")))
    wait_until(lambda: world.standin.faults_left() == [], "its list is asked for")
    assert world.outcome(sign(BACKEND, payload(f"{customer}b", "another's"))) == ("delivered", None)
    assert world.receipt(place)["outcome"] == "delivered"
    print(world.worker.tail())
    assert rises(counted, world.requests()) == {"too_large": 1}
    assert papercups.bodies(conversations(papercups, customer)[0]) == ["welcome"]
