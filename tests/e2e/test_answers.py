"""Each answer that Papercups can give to a post: what becomes of the event, what is stored, what the worker counts.

The rows of a table are tried with a new customer, whose message goes out with its conversation, and with one who has a
conversation, whose message is posted into it.
"""

import json
import socket
import time
from contextlib import ExitStack

import pytest
from broker import wait_until
from programs import STANDIN_ACCOUNT, STANDIN_API_KEY
from signing import HmacKey, payload, sign
from world import BACKEND, World, assert_dead, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    timing = {"worker": {"http_timeout": "1s", "settle_time": "300ms"}}
    made = World(tmp_path_factory.mktemp("answers"), kafka, kafka.topics(), timing)
    yield made
    made.close()


@pytest.fixture(params=["a new customer", "a customer with a conversation"])
def someone(request, world, customer):
    """A customer, and what they were shown before."""
    if request.param == "a new customer":
        return customer, []
    assert world.outcome(sign(BACKEND, payload(customer, "before"))) == ("delivered", None)
    return customer, ["before"]


def rises(before, after):
    return {answer: count - before.get(answer, 0) for answer, count in after.items() if count > before.get(answer, 0)}


# What the stand-in does to the first post, what the worker calls it, and how many posts there are in the end: one where
# the message was stored all the same.
DELIVERED = {
    "429": ("status", {"status": 429, "retry_after": 1}, "later", 2),
    "503 with Retry-After": ("status", {"status": 503, "retry_after": 1}, "later", 2),
    "503": ("status", {"status": 503}, "server_error", 2),
    "500 that stored it": ("stored_500", {}, "server_error", 1),
    "500 that did not": ("error_500", {}, "server_error", 2),
    "500 without a body": ("stored_500", {"empty": True}, "server_error", 1),
    "200 with HTML": ("html", {}, "unreadable", 2),
    "201 too large": ("huge", {"size_mb": 9}, "unreadable", 1),
    "201 too deep": ("deep", {}, "unreadable", 1),
    "201 cut off": ("truncated", {}, "lost", 1),
    "no answer": ("lost", {}, "lost", 1),
    "a reset": ("reset", {}, "lost", 2),
    "too slow": ("slow", {"delay_ms": 2000}, "lost", 1),
    "stored after the timeout": ("late", {"delay_ms": 1200}, "lost", 1),
    "404 once": ("status", {"status": 404}, "not_found", 2),
    "404 of something in between": ("html", {"status": 404}, "unreadable", 2),
    "409 of something in between, and stored": ("html", {"status": 409, "stored": True}, "unreadable", 1),
}


@pytest.mark.parametrize("name", DELIVERED)
def test_an_answer_that_is_no_refusal_ends_as_delivered_and_shown_once(world, someone, name):
    fault, settings, answer, attempts = DELIVERED[name]
    customer, before = someone
    body = f"{name} {customer}"
    world.standin.fault(fault, body, **settings)
    counted = world.requests()
    place = world.publish(sign(BACKEND, payload(customer, body)))
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", attempts)
    assert rises(counted, world.requests()) == {answer: 1}
    assert bodies(world, customer) == [*before, body]
    assert not world.has_dead_letter(place)
    assert world.standin.faults_left() == []
    if "retry_after" in settings:
        assert receipt["finished_at"] - receipt["admitted_at"] >= 1000


def test_a_plain_answer_is_no_trouble_at_all(world, someone):
    customer, before = someone
    counted = world.requests()
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, "welcome"))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert rises(counted, world.requests()) == {}
    assert bodies(world, customer) == [*before, "welcome"]


# The status, how often it comes, and what the worker calls it. What is not found is resolved again, until that has been said
# twice with the settle time between.
REFUSED = {400: ((1,), "refused"), 404: ((2, 3), "not_found"), 413: ((1,), "refused"), 422: ((1,), "refused")}


@pytest.mark.parametrize("status", REFUSED)
def test_what_papercups_refuses_has_failed_with_its_words_and_may_be_published_again(world, someone, status):
    times, answer = REFUSED[status]
    customer, before = someone
    body = f"{status} {customer}"
    words = json.dumps({"error": {"message": "not like this"}})
    world.standin.fault("status", body, times=0, status=status, answer=words)
    counted = world.requests()
    event = sign(BACKEND, payload(customer, body), signed_at=int(time.time()) - 1)
    receipt = assert_dead(world, world.publish(event), event, "failed", "refused_by_papercups")
    assert receipt["detail"] == f"Papercups answered: {status} not like this"
    assert receipt["attempts"] in times
    assert rises(counted, world.requests()) == {answer: receipt["attempts"]}
    assert bodies(world, customer) == before
    world.standin.call("DELETE", "/_standin/faults")

    again = sign(BACKEND, payload(customer, body), event.id)
    assert world.outcome(again) == ("delivered", None)
    assert bodies(world, customer) == [*before, body]


def test_what_only_ever_gets_500_is_refused_where_others_are_taken(world, someone):
    """Papercups answers 500 to some mistakes that stay; the event behind it is not held up for ever."""
    customer, before = someone
    body = f"500 {customer}"
    world.standin.fault("error_500", body, times=0)
    counted = world.requests()
    event = sign(BACKEND, payload(customer, body))
    [place, behind] = world.kafka.publish(world.topics.events, [event, sign(BACKEND, payload(customer, "behind"))])
    wait_until(lambda: rises(counted, world.requests()).get("server_error", 0) >= 2, "two of them")
    assert world.outcome(sign(BACKEND, payload(f"{customer}b", "another's"))) == ("delivered", None)
    receipt = assert_dead(world, place, event, "failed", "refused_by_papercups")
    assert receipt["attempts"] >= 5
    assert rises(counted, world.requests()) == {"server_error": receipt["attempts"]}
    assert world.receipt(behind)["outcome"] == "delivered"
    assert bodies(world, customer) == [*before, "behind"]
    world.standin.call("DELETE", "/_standin/faults")


def test_a_refused_connection_is_tried_until_it_is_taken(world, customer):
    counted = world.requests()
    world.standin.stop()
    place = world.publish(sign(BACKEND, payload(customer, "patience")))
    wait_until(lambda: rises(counted, world.requests()).get("not_sent", 0) >= 2, "two connections are refused")
    world.start_standin()
    receipt = world.receipt(place)
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert rises(counted, world.requests()).keys() == {"not_sent"}
    assert bodies(world, customer) == ["patience"]


# Answers that are about the account, where /api/v1/me gives them too. Each is tried on an account of its own, all at once: a
# held account is looked at again after ten seconds.
HELD = {401: "unauthorized", 403: "unauthorized", 407: "unauthorized", 301: "redirected", 302: "redirected"}
ADVICE = {"unauthorized": "put a good key into api_key_file", "redirected": "set url to where it leads"}
WORDS = {401: "unauthorized", 403: "forbidden", 407: "unauthorized", 301: "redirected", 302: "redirected"}


def account_of(status):
    """(API key, account id, inbox id) at the stand-in."""
    return (f"key-{status}", *(f"5b1a2c3d-000{part}-4000-8000-000000000{status}" for part in (1, 2)))


class HeldWorld(World):
    standin_accounts = (
        (STANDIN_API_KEY, STANDIN_ACCOUNT, account_of(100)[2]),
        *(account_of(status) for status in HELD),
    )

    def prepare(self):
        for status in HELD:
            self.installation.secret_write(f"account-{status}.key", account_of(status)[0])


def test_an_answer_about_the_account_holds_it_says_what_to_do_and_costs_no_event(kafka, tmp_path, customer):
    states = {f"account-{status}": state for status, state in HELD.items()}
    key = HmacKey("backend-1", accounts=["acme", *states])
    with ExitStack() as cleanup:
        elsewhere = cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
        location = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/api/v1/messages"
        accounts = {f"account-{status}": {"papercups_account": account_of(status)[1]} for status in HELD}
        made = HeldWorld(tmp_path, kafka, kafka.topics(), accounts=accounts, keys=[key])
        cleanup.callback(made.close)
        for status, state in HELD.items():
            where = {"location": location} if state == "redirected" else {}
            fault = {"fault": "redirect" if state == "redirected" else "status", "status": status, **where}
            for path in ("/api/v1/conversations", "/api/v1/me"):
                only = {"method": "GET" if path == "/api/v1/me" else "POST", "key": account_of(status)[0]}
                made.standin.call("POST", "/_standin/faults", {**fault, **only, "path": path})
        places = {
            name: made.publish(sign(key, payload(f"{customer}_{name}", f"at {name}", account=name))) for name in states
        }
@pytest.fixture
def deaf():
    """A port that takes no connection and refuses none: its queue is full."""
    with socket.socket() as listener, ExitStack() as callers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_where_nothing_can_be_sent_nothing_is_posted_and_the_metric_says_so(kafka, tmp_path, standin, deaf, customer):
    urls = {
        "nowhere": "http://papercups.invalid",
        "plain": standin.url.replace("http:", "https:"),  # it speaks no TLS
        "deaf": deaf,
    }
    key = HmacKey("backend-1", accounts=["acme", *urls])
    timing = {"worker": {"http_timeout": "1s", "settle_time": "300ms"}}
    accounts = {name: {"url": url} for name, url in urls.items()}
    made = World(tmp_path, kafka, kafka.topics(), timing, accounts, [key])
    try:
        for name in urls:
            wait_until(lambda: made.requests(name), f"a request to {name}")
            assert made.requests(name).keys() == {"not_sent"}, name
            event = sign(key, payload(customer, account=name, deliver_within=1))
            receipt = assert_dead(made, made.publish(event), event, "failed", "gave_up")
            assert receipt["attempts"] == 0
        assert made.outcome(sign(key, payload(customer, "meanwhile"))) == ("delivered", None)
    finally:
        made.close()


@pytest.mark.parametrize("unreadable", ["error_500", "unauthorized"])
def test_what_can_never_be_read_back_is_told_as_unknown_and_not_posted_again(kafka, tmp_path, customer, unreadable):
    """Its message is there, the answer was lost, and from then on Papercups cannot be read, or refuses the key."""
    timing = {"worker": {"http_timeout": "1s", "settle_time": "300ms", "unknown_for": "1s"}}
    made = World(tmp_path, kafka, kafka.topics(), timing)
    try:
        assert made.outcome(sign(BACKEND, payload(customer, "before"))) == ("delivered", None)
        made.standin.fault("lost", "perhaps")
        made.standin.call("POST", "/_standin/faults", {"fault": unreadable, "method": "GET", "times": 0})
        event = sign(BACKEND, payload(customer, "perhaps", deliver_within=1))
        receipt = assert_dead(made, made.publish(event), event, "failed", "unknown")
        assert receipt["attempts"] == 1 and receipt["detail"].startswith("posted 1 times")
        assert "it may have been shown" in receipt["detail"]
        assert bodies(made, customer) == ["before", "perhaps"]
        made.standin.call("DELETE", "/_standin/faults")
        assert made.outcome(sign(BACKEND, payload(customer, "behind"))) == ("delivered", None)
    finally:
        made.close()
