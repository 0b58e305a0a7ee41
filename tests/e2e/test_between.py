"""Something stands between the worker and Papercups, and answers in its place: a firewall that dislikes a text, a proxy whose
upstream is away, a login. None of that is Papercups' word: it costs no event, and holds up no more than it must.
"""

import json

import pytest
from signing import payload, sign
from world import BACKEND, World, assert_dead, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    timing = {"worker": {"http_timeout": "1s", "settle_time": "300ms"}}
    made = World(tmp_path_factory.mktemp("between"), kafka, kafka.topics(), timing)
    yield made
    made.close()


@pytest.fixture
def no_faults_left(world):
    yield
    world.standin.call("DELETE", "/_standin/faults")


def is_told(world, place):
    return any((one["partition"], one["offset"]) == place for one in world.told())


def deliver_others_until_told(world, customer, place):
    """Messages to others, one after the other, until the event of that place has its receipt."""
    count = 0
    while not is_told(world, place):
        assert world.outcome(sign(BACKEND, payload(f"{customer}-{count}", "another's"))) == ("delivered", None)
        count += 1
    assert count > 0


# A firewall's page, and Papercups' own words.
FORBIDDEN = {"a page": ("html", {}), "papercups' words": ("status", {})}


@pytest.mark.parametrize("by", FORBIDDEN)
def test_a_text_that_gets_403_holds_up_its_customer_alone_and_is_refused_while_others_are_taken(
    world, customer, by, no_faults_left
):
    fault, more = FORBIDDEN[by]
    body = f"drop table {customer}"
    world.standin.fault(fault, body, times=0, status=403, **more)
    event = sign(BACKEND, payload(customer, body))
    [place, behind] = world.kafka.publish(world.topics.events, [event, sign(BACKEND, payload(customer, "behind"))])
    deliver_others_until_told(world, customer, place)
    receipt = assert_dead(world, place, event, "failed", "refused_by_papercups")
    assert receipt["attempts"] >= 5
    assert receipt["detail"].startswith("answered 5xx or 403 ")
    assert world.receipt(behind)["outcome"] == "delivered"
    assert bodies(world, customer) == ["behind"]
    assert "event=account " not in world.worker.text()


def test_a_customer_whose_row_gets_403_is_refused_likewise(world, customer, no_faults_left):
    """The firewall takes the customer's own id for an attack; nothing was posted."""
    world.standin.fault("html", f"{customer}-select", times=0, status=403)
    event = sign(BACKEND, payload(f"{customer}-select"))
    place = world.publish(event)
    deliver_others_until_told(world, customer, place)
    receipt = assert_dead(world, place, event, "failed", "refused_by_papercups")
    assert receipt["attempts"] == 0


NEVER = {
    "401": ("status", {"status": 401}),
    "401 of something in between": ("html", {"status": 401}),
    "407": ("html", {"status": 407}),
    "302": ("redirect", {"status": 302, "location": "https://login.example/"}),
}


@pytest.mark.parametrize("answer", NEVER)
def test_what_is_about_a_login_ends_no_event_before_its_deadline_and_holds_up_nobody(
    world, customer, answer, no_faults_left
):
    fault, more = NEVER[answer]
    body = f"{answer} {customer}"
    world.standin.fault(fault, body, times=0, **more)
    event = sign(BACKEND, payload(customer, body, deliver_within=5))
    place = world.publish(event)
    deliver_others_until_told(world, customer, place)
    receipt = assert_dead(world, place, event, "failed", "gave_up")
    assert receipt["finished_at"] - receipt["admitted_at"] >= 5000
    assert bodies(world, customer) == []
    assert "event=account " not in world.worker.text()


def test_a_403_for_what_was_stored_is_read_back(world, customer):
    body = f"stored {customer}"
    world.standin.fault("html", body, status=403, stored=True)
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, body))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert bodies(world, customer) == [body]
