"""The stand-in's service model: what calls cost once it is switched on. Only what takes at least so long is looked at."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from papercups import Client

EXACT = {"jitter": 0, "per_call": 0, "per_conversation": 0, "read_ms": 0, "message_ms": 0}


@pytest.fixture
def conversation(api):
    return api.create_conversation(api.create_customer("ada")["id"], "hello")["id"]


def post(url, conversation):
    client = Client(url)
    assert client.post_message(conversation, "x").status == 201
    client.close()


def elapsed(function, *arguments):
    began = time.monotonic()
    function(*arguments)
    return time.monotonic() - began


def together(standin, conversation, count):
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(post, [standin.url] * count, [conversation] * count))


def test_it_is_off_until_it_is_asked_for_and_keeps_what_is_left_out(api):
    assert api.control("service", round_trip_ms=80) == {
        "capacity": 4, "round_trip_ms": 80, "message_ms": 45, "read_ms": 3, "per_call": 0.02,
        "per_conversation": 0.0004, "jitter": 0.5, "active": 0,
    }  # fmt: skip
    halved = api.control("service", capacity=2)
    assert (halved["capacity"], halved["round_trip_ms"]) == (2, 80)
    assert api.control("service", capacity=0)["capacity"] == 0
    assert api.control("service")["round_trip_ms"] == 0


@pytest.mark.parametrize("wrong", [{"capacity": -1}, {"message_ms": "45"}, {"jitter": 2}, []])
def test_what_is_no_service_is_refused(api, wrong):
    answer = api.call("POST", "/_standin/service", wrong)
    assert answer.status == 400
    assert answer.json["error"]["message"].startswith("want capacity, round_trip_ms, message_ms")


def test_a_call_takes_its_round_trip_and_a_message_its_cost(api, standin, conversation):
    api.control("service", **EXACT | {"message_ms": 100, "round_trip_ms": 100})
    assert elapsed(api.get, "me") >= 0.1
    assert elapsed(post, standin.url, conversation) >= 0.2


def test_what_is_beyond_the_capacity_waits(api, standin, conversation):
    api.control("service", **EXACT | {"message_ms": 100, "capacity": 1})
    assert elapsed(together, standin, conversation, 4) >= 0.4



def test_a_message_costs_more_the_more_conversations_are_active(api, standin, conversation):
    api.create_conversation(api.create_customer("bob")["id"], "hello")
    api.control("service", **EXACT | {"message_ms": 100, "per_conversation": 1})
    post(standin.url, conversation)
    assert api.control("service")["active"] == 2
    assert elapsed(post, standin.url, conversation) >= 0.3
