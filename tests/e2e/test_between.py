"""Something stands between the worker and Papercups, and answers in its place: a firewall that dislikes a text, a proxy whose
upstream is away, a login. None of that is Papercups' word: it costs no event, and holds up no more than it must.
"""

import json

import pytest
from broker import wait_until
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


# The deadline is waited for on the monotonic clock and told on the other; a process may have to wait between reading the two.
BETWEEN_CLOCKS_MS = 100
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
    assert receipt["finished_at"] - receipt["admitted_at"] >= 5000 - BETWEEN_CLOCKS_MS
    assert bodies(world, customer) == []
    assert "event=account " not in world.worker.text()


def test_a_403_for_what_was_stored_is_read_back(world, customer):
    body = f"stored {customer}"
    world.standin.fault("html", body, status=403, stored=True)
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, body))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert bodies(world, customer) == [body]


# What is not Papercups' own: (status, content type, body). Its errors are JSON whose `error` or `errors` is an object.
STRAYS = [
    (404, "text/html", "<html><head><title>404 Not Found</title></head></html>"),  # nginx
    (404, "text/plain; charset=utf-8", "404 page not found\n"),  # Traefik
    (404, "application/json", '{"error":"Not Found"}'),
    (404, "application/json", '{"message":"no Route matched with those values"}'),  # Kong
    (404, "application/json", '{"errors":["not here"]}'),
    (422, "text/plain", '{"error":{"message":"no JSON by its type"}}'),
    (404, "application/json", ""),
    *((status, "text/html", "<html></html>") for status in (400, 402, 405, 407, 409, 410, 413, 421, 423, 425, 451)),
]


@pytest.mark.parametrize("stored", [False, True], ids=["not stored", "stored"])
def test_what_is_not_papercups_own_word_fails_no_event_and_shows_none_twice(world, customer, stored, no_faults_left):
    events = {}
    for number, (status, content_type, answer) in enumerate(STRAYS):
        body = f"stray {number} {customer} {stored}"
        more = {"stored": True} if stored else {"times": 2}
        world.standin.fault("status", body, status=status, type=content_type, answer=answer, **more)
        events[f"{customer}-{number}"] = sign(BACKEND, payload(f"{customer}-{number}", body))
    places = world.kafka.publish(world.topics.events, list(events.values()))
    for (name, event), place in zip(events.items(), places, strict=True):
        receipt = world.receipt(place)
        assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1 if stored else 3)
        assert bodies(world, name) == [json.loads(event.value)["message"]["body"]]


def test_a_proxys_default_site_during_a_deployment_costs_no_event(world, customer, no_faults_left):
    page = "<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>"
    fault = {"fault": "html", "status": 404, "answer": page, "times": 0}
    world.standin.call("POST", "/_standin/faults", fault)
    counted = world.requests().get("unreadable", 0)
    events = [sign(BACKEND, payload(f"{customer}-{number}", "during it")) for number in range(8)]
    places = world.kafka.publish(world.topics.events, events)
    wait_until(lambda: world.requests().get("unreadable", 0) >= counted + 12, "twelve such answers")
    world.standin.call("DELETE", "/_standin/faults")
    assert [world.receipt(place)["outcome"] for place in places] == ["delivered"] * 8


@pytest.mark.parametrize("form", ["customer_id", "conversation_id"])
def test_one_404_for_what_an_event_names_ends_nothing_and_one_that_stays_does(world, customer, form, no_faults_left):
    assert world.outcome(sign(BACKEND, payload(customer, "before"))) == ("delivered", None)
    [stored] = world.standin.messages(customer)
    kind = form.removesuffix("_id")
    fault = {"fault": "status", "status": 404, "method": "GET", "path": f"/api/v1/{kind}s/{stored[form]}"}

    def event(body):
        return sign(BACKEND, {**payload("", body), "to": {form: stored[form]}})

    world.standin.call("POST", "/_standin/faults", {**fault, "times": 0})
    assert world.outcome(event("never")) == ("failed", f"{kind}_not_found")
    world.standin.call("DELETE", "/_standin/faults")
    world.standin.call("POST", "/_standin/faults", {**fault, "times": 1})
    assert world.outcome(event("behind")) == ("delivered", None)
    assert world.standin.faults_left() == []
    assert bodies(world, customer) == ["before", "behind"]


TYPES = ["Application/JSON", "application/json", "application/json ; charset=utf-8", "APPLICATION/JSON;charset=UTF-8;q=1"]


@pytest.mark.parametrize("content_type", TYPES)
def test_json_is_json_however_its_type_is_written(world, customer, content_type, no_faults_left):
    world.standin.call("POST", "/_standin/faults", {"fault": "slow", "type": content_type, "times": 0})
    counted = world.requests()
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer))))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert world.requests() == counted


def test_a_byte_order_mark_is_named_as_one(world, customer):
    body = f"marked {customer}"
    world.standin.fault("slow", body, bom=True)
    event = sign(BACKEND, payload(customer, body))
    receipt = world.receipt(world.publish(event))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    world.worker.await_log(rf"event=trouble .*event_id={event.id} .*it begins with a byte order mark")


def test_an_answer_in_pieces_with_headers_behind_them_is_an_answer(kafka, tmp_path, standin, between, customer):
    server = between(trailers=True)
    made = World(tmp_path / "world", kafka, kafka.topics(), {"account acme": {"url": server.url}})
    try:
        receipt = made.receipt(made.publish(sign(BACKEND, payload(customer))))
        assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
        assert made.requests() == {}
        assert [message["body"] for message in standin.messages(customer)] == ["Need a hand?"]
    finally:
        made.close()
