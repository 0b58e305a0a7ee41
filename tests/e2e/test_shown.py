"""Delivered means that the customer's widget shows it: when an agent closes the conversation while a message comes, and
while a widget joins a conversation that has just begun. The widget is asked (widget.py), not only the store."""

import pytest
from broker import wait_until
from signing import payload, sign
from widget import Widget
from world import BACKEND, World, bodies

HOST = "shop.example"
CLOSES = {"fault": "slow", "method": "POST", "path": "/api/v1/messages", "agent": "close", "agent_first": True}


def made(kafka, tmp_path_factory, name, worker, **account):
    return World(tmp_path_factory.mktemp(name), kafka, kafka.topics(), {"worker": worker, "account acme": account})


@pytest.fixture(scope="module", params=["new", "reopen"])
def world(request, kafka, tmp_path_factory):
    """Looks at conversations after posts, and does not wait between two messages."""
    made_one = made(kafka, tmp_path_factory, f"shown-{request.param}", {"closed_look": "3s"}, conversations=request.param)
    yield made_one
    made_one.close()


def spaced(kafka, tmp_path_factory, name, seconds):
    return made(kafka, tmp_path_factory, name, {"new_conversation_spacing": f"{seconds}s"})


def conversations(world, customer):
    return world.standin.call("GET", f"/_standin/conversations?external_id={customer}")["conversations"]


def asked(world):
    return world.standin.counts()["requests"]


def deliver(world, customer, *texts):
    """Publishes them at once, and waits for their receipts."""
    events = [sign(BACKEND, payload(customer, text)) for text in texts]
    places = world.kafka.publish(world.topics.events, events)
    assert [world.receipt(place)["outcome"] for place in places] == ["delivered"] * len(texts)


def shows_after_a_reload(world, customer, *texts):
    """At last: the look comes behind the receipt."""
    widget = Widget(world.standin, customer, HOST)

    def shown():
        widget.reload()
        return widget.shown() == list(texts)

    wait_until(shown, f"{texts} in the widget", explain=lambda: f"{widget.shown()} {conversations(world, customer)}")


def agent(world, fault, customer, **more):
    """What an agent does while a message to that customer comes."""
    world.standin.call("POST", "/_standin/faults", {**fault, "body_contains": customer, **more})


# Closed meanwhile


def test_a_message_before_which_the_conversation_was_closed_is_shown_by_a_page_that_is_loaded_later(world, customer):
    deliver(world, customer, f"1 {customer}")
    agent(world, CLOSES, customer)
    deliver(world, customer, f"2 {customer}")
    shows_after_a_reload(world, customer, f"1 {customer}", f"2 {customer}")
    assert [one["status"] for one in conversations(world, customer)] == ["open"]


def test_a_burst_in_whose_middle_the_conversation_is_closed_is_shown_whole(world, customer):
    deliver(world, customer, f"0 {customer}")
    agent(world, CLOSES, customer, skip=3)
    texts = [f"{i} {customer}" for i in range(1, 7)]
    deliver(world, customer, *texts)
    shows_after_a_reload(world, customer, f"0 {customer}", *texts)
    assert [(one["status"], one["messages"]) for one in conversations(world, customer)] == [("open", 7)]


def test_a_burst_costs_one_look_and_an_event_without_it_one_request(world, customer):
    deliver(world, customer, f"0 {customer}")
    before = asked(world)
    texts = [f"{i} {customer}" for i in range(1, 7)]
    deliver(world, customer, *texts)
    world.standin.api("GET", f"/api/v1/conversations/{conversations(world, customer)[0]['id']}")
    # One look behind the first event, made or to come, where it was read before the others.
    assert asked(world) - before - 1 in (len(texts), len(texts) + 1)


def test_a_look_that_fails_changes_no_outcome_holds_up_no_receipt_and_is_made_again(world, customer):
    deliver(world, customer, f"1 {customer}")
    [conversation] = conversations(world, customer)
    look = {"method": "GET", "path": f"/api/v1/conversations/{conversation['id']}"}
    world.standin.call("POST", "/_standin/faults", {**look, "fault": "slow", "delay_ms": 60000})
    world.standin.call("POST", "/_standin/faults", {**look, "fault": "error_500"})
    agent(world, CLOSES, customer)
    deliver(world, customer, f"2 {customer}")
    deliver(world, customer, f"3 {customer}")
    shows_after_a_reload(world, customer, *(f"{i} {customer}" for i in (1, 2, 3)))


def test_an_event_for_a_closed_conversation_opens_it_again(world, customer):
    deliver(world, customer, f"1 {customer}")
    [conversation] = conversations(world, customer)
    world.standin.call("POST", "/_standin/close", {"conversation_id": conversation["id"]})
    event = {"account": "acme", "to": {"conversation_id": conversation["id"]}, "message": {"body": f"2 {customer}"}}
    assert world.outcome(sign(BACKEND, event)) == ("delivered", None)
    shows_after_a_reload(world, customer, f"1 {customer}", f"2 {customer}")


def test_a_message_that_is_found_by_reading_back_is_looked_behind_too(world, customer):
    deliver(world, customer, f"1 {customer}")
    agent(world, {"fault": "stored_500", "method": "POST", "path": "/api/v1/messages", "agent": "close"}, customer)
    deliver(world, customer, f"2 {customer}")
    shows_after_a_reload(world, customer, f"1 {customer}", f"2 {customer}")


# The blind second


def stored_at(world, customer):
    """When its messages were stored, in Papercups' whole seconds."""
    [conversation] = conversations(world, customer)
    messages = world.standin.api("GET", f"/api/v1/conversations/{conversation['id']}")["data"]["messages"]
    return sorted(message["created_at"] for message in messages)


def seconds_between(earlier, later):
    minutes = [int(text[14:16]) * 60 + int(text[17:19]) for text in (earlier, later)]
    return (minutes[1] - minutes[0]) % 3600


def test_an_open_widget_shows_every_message_of_a_conversation_that_has_just_begun(kafka, tmp_path_factory, customer):
    world = spaced(kafka, tmp_path_factory, "new", 4)
    widget = Widget(world.standin, customer, HOST, live=True)
    try:
        widget.make_row()
        texts = [f"{i} {customer}" for i in range(3)]
        deliver(world, customer, *texts)
        wait_until(lambda: widget.shown() == texts, "all in the open widget", explain=lambda: f"{widget.shown()}")
        first, second, _ = stored_at(world, customer)
        assert seconds_between(first, second) >= 4 - 1
    finally:
        widget.close()
        world.close()


@pytest.mark.parametrize("form", ["external_id", "customer_id", "conversation_id"])
def test_the_next_worker_reads_in_papercups_that_it_has_just_begun_whatever_the_clocks_say(kafka, tmp_path_factory, customer, form):
    world = spaced(kafka, tmp_path_factory, "handed-over", 4)
    try:
        world.standin.call("POST", "/_standin/clock", {"ahead_s": 5000})
        deliver(world, customer, f"1 {customer}")
        [conversation] = conversations(world, customer)
        world.worker.stop()
        world.installation.worker()
        to = {
            "external_id": {"customer": {"external_id": customer}},
            "customer_id": {"customer_id": conversation["customer_id"]},
            "conversation_id": {"conversation_id": conversation["id"]},
        }[form]
        event = sign(BACKEND, {"account": "acme", "to": to, "message": {"body": f"2 {customer}"}})
        world.publish(event)
        wait_until(lambda: len(bodies(world, customer)) == 2, "the second message", explain=world.installation.tails)
        first, second = stored_at(world, customer)
        assert seconds_between(first, second) >= 4 - 1
    finally:
        world.close()
