"""Every address, and every setting of an account about customers and conversations."""

import urllib.parse
import uuid

import pytest
from signing import payload, sign
from world import BACKEND, World, assert_dead, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("addresses"), kafka, kafka.topics())
    yield made
    made.close()


def settings_world(kafka, tmp_path_factory, name, **settings):
    return World(tmp_path_factory.mktemp(name), kafka, kafka.topics(), {"account acme": settings})


@pytest.fixture(scope="module")
def reopening(kafka, tmp_path_factory):
    made = settings_world(kafka, tmp_path_factory, "reopening", conversations="reopen", unassign="true")
    yield made
    made.close()


@pytest.fixture(scope="module")
def refusing(kafka, tmp_path_factory):
    made = settings_world(kafka, tmp_path_factory, "refusing", ambiguous_customer="refuse")
    yield made
    made.close()


def api(world, method, path, content=None):
    return world.standin.api(method, "/api/v1" + path, content)["data"]


def make_customer(world, external_id, **more):
    return api(world, "POST", "/customers", {"customer": {"external_id": external_id, **more}})["id"]


def conversations(world, external_id):
    query = urllib.parse.urlencode({"external_id": external_id})
    return world.standin.call("GET", f"/_standin/conversations?{query}")["conversations"]


def to(account="acme", body="hello", **address):
    return {"account": account, "to": address, "message": {"body": body}}


# Addresses


def test_what_is_delivered_the_widget_of_the_accounts_page_shows_and_one_of_another_page_does_not(world, customer):
    assert world.outcome(sign(BACKEND, payload(customer, "one"))) == ("delivered", None)
    loaded = world.widget(customer)
    assert world.outcome(sign(BACKEND, payload(customer, "two"))) == ("delivered", None)
    assert (loaded.shown(), world.widget(customer, "blog.example").shown()) == (["one", "two"], [])


def test_a_customer_that_papercups_knows_is_reached_by_its_id(world, customer):
    known = make_customer(world, customer, host="shop.example")
    event = sign(BACKEND, to(body=f"by id {customer}", customer_id=known))
    assert world.outcome(event) == ("delivered", None)
    assert bodies(world, customer) == [f"by id {customer}"]


def test_a_customer_id_that_papercups_does_not_know_fails(world):
    event = sign(BACKEND, to(customer_id=str(uuid.uuid4())))
    assert_dead(world, world.publish(event), event, "failed", "customer_not_found")


def test_a_conversation_is_reached_by_its_id_and_no_other(world, customer):
    known = make_customer(world, customer, host="shop.example")
    draft = {"conversation": {"customer_id": known, "source": "chat"}}
    older, newer = (api(world, "POST", "/conversations", draft)["id"] for _ in range(2))
    event = sign(BACKEND, to(body=f"by conversation {customer}", conversation_id=older))
    assert world.outcome(event) == ("delivered", None)
    assert [message["conversation_id"] for message in world.standin.messages(customer)] == [older]
    assert newer != older


def test_a_conversation_id_that_papercups_does_not_know_fails(world):
    event = sign(BACKEND, to(conversation_id=str(uuid.uuid4())))
    assert_dead(world, world.publish(event), event, "failed", "conversation_not_found")


# Existing customers


def test_a_customer_that_is_addressed_by_its_id_gets_the_host_it_lacks_and_nothing_else(world, customer):
    known = make_customer(world, customer, name="As she wrote it")
    assert world.outcome(sign(BACKEND, to(body="hello", customer_id=known))) == ("delivered", None)
    row = api(world, "GET", f"/customers/{known}")
    assert (row["host"], row["name"], row["email"]) == ("shop.example", "As she wrote it", None)


def test_a_host_that_is_there_stays(world, customer):
    known = make_customer(world, customer, host="other.example")
    assert world.outcome(sign(BACKEND, to(body="stays", customer_id=known))) == ("delivered", None)
    assert api(world, "GET", f"/customers/{known}")["host"] == "other.example"


def test_of_several_customers_the_newest_is_taken_and_the_receipt_says_how_many(world, customer):
    make_customer(world, customer, host="shop.example")
    make_customer(world, customer, host="shop.example")
    receipt = world.receipt(world.publish(sign(BACKEND, payload(customer, "which?"))))
    assert (receipt["outcome"], receipt["customer_matches"]) == ("delivered", 2)
    assert world.admin.metrics().value("cupbearer_ambiguous_customers_total", account="acme") == 1


def test_where_ambiguity_is_refused_nothing_is_posted(refusing, customer):
    make_customer(refusing, customer, host="shop.example")
    make_customer(refusing, customer, host="shop.example")
    event = sign(BACKEND, payload(customer, "which?"))
    assert_dead(refusing, refusing.publish(event), event, "failed", "customer_not_found")
    assert bodies(refusing, customer) == []


# Conversations


def close_all(world, customer):
    for conversation in conversations(world, customer):
        world.standin.call("POST", "/_standin/close", {"conversation_id": conversation["id"]})


def by_id(customer, known, number):
    """By customer id: what is remembered of the customer for a while is another queue's."""
    return sign(BACKEND, to(body=f"{number} {customer}", customer_id=known))


def test_a_closed_conversation_is_left_and_a_new_one_begun(world, customer):
    assert world.outcome(sign(BACKEND, payload(customer, f"1 {customer}"))) == ("delivered", None)
    close_all(world, customer)
    known = conversations(world, customer)[0]["customer_id"]
    assert world.outcome(by_id(customer, known, 2)) == ("delivered", None)
    assert sorted(one["status"] for one in conversations(world, customer)) == ["closed", "open"]


def test_a_closed_conversation_is_reopened_where_that_is_wished(reopening, customer):
    assert reopening.outcome(sign(BACKEND, payload(customer, f"1 {customer}"))) == ("delivered", None)
    close_all(reopening, customer)
    known = conversations(reopening, customer)[0]["customer_id"]
    assert reopening.outcome(by_id(customer, known, 2)) == ("delivered", None)
    assert [(one["status"], one["messages"]) for one in conversations(reopening, customer)] == [("open", 2)]


def assignee(world, customer):
    [conversation] = conversations(world, customer)
    return api(world, "GET", f"/conversations/{conversation['id']}")["assignee_id"]


@pytest.mark.parametrize("unassign", [False, True])
def test_a_conversation_that_the_bot_was_given_goes_back_where_that_is_wished(world, reopening, customer, unassign):
    chosen = reopening if unassign else world
    known = make_customer(chosen, customer, host="shop.example")
    api(chosen, "POST", "/conversations", {"conversation": {"customer_id": known, "source": "chat"}})
    assert chosen.outcome(sign(BACKEND, payload(customer, "hello"))) == ("delivered", None)
    assert (assignee(chosen, customer) is None) == unassign
