"""A cache or a proxy answers one question with the good answer to another: another customer's row, conversation, list or
post. Nobody is shown what was meant for somebody else, nothing is lost and nothing duplicated."""

import pytest
from broker import wait_until
from signing import payload, sign
from world import BACKEND, World, bodies

FAULTS = 3  # of one kind, one after the other


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    timing = {"worker": {"http_timeout": "1s", "settle_time": "300ms"}}
    made = World(tmp_path_factory.mktemp("swapped"), kafka, kafka.topics(), timing)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_fault_left(world):
    yield
    world.standin.call("DELETE", "/_standin/faults")


class Person:
    """A customer with one open conversation and one message in it, of which the worker knows nothing."""

    def __init__(self, standin, external_id, host="shop.example"):
        row = {"external_id": external_id, "host": host}
        self.external_id = external_id
        self.id = standin.api("POST", "/api/v1/customers", {"customer": row})["data"]["id"]
        self.conversation = standin.api("POST", "/api/v1/conversations", {
            "conversation": {"customer_id": self.id, "source": "chat"},
        })["data"]["id"]  # fmt: skip
        self.message = standin.api("POST", "/api/v1/messages", {
            "message": {"conversation_id": self.conversation, "type": "bot", "body": "before"},
        })["data"]["id"]  # fmt: skip


@pytest.fixture
def one(world, customer):
    return Person(world.standin, customer)


@pytest.fixture
def other(world, customer):
    return Person(world.standin, f"{customer}_other")


def swap(world, method, path, of):
    world.standin.call("POST", "/_standin/faults", {
        "fault": "swapped", "method": method, "path": path, "of": of, "times": FAULTS,
    })  # fmt: skip


def unreadable(world):
    return world.requests().get("unreadable", 0)


def assert_delivered(world, event, one, other):
    before = unreadable(world)
    receipt = world.receipt(world.publish(event))
    assert (receipt["outcome"], bodies(world, one.external_id), bodies(world, other.external_id)) == (
        "delivered", ["before", "for one"], ["before"],
    )  # fmt: skip
    assert unreadable(world) == before + FAULTS
    assert world.standin.faults_left() == []


def addressed(one, by):
    to = {
        "customer": {"external_id": one.external_id},
        "customer_id": one.id,
        "conversation_id": one.conversation,
    }[by]
    return sign(BACKEND, {"account": "acme", "to": {by: to}, "message": {"body": "for one"}})


# What is asked, by an event of which address, and whose answer comes.
READS = {
    "rows": ("customer", "/api/v1/customers", "/api/v1/customers?external_id={0.external_id}&host=shop.example"),
    "a list of conversations": (
        "customer", "/api/v1/conversations",
        "/api/v1/conversations?customer_id={0.id}&status=open&source=chat",
    ),
    "the conversations of a known customer": (
        "customer_id", "/api/v1/conversations",
        "/api/v1/conversations?customer_id={0.id}&status=open&source=chat",
    ),
    "a customer": ("customer_id", "/api/v1/customers", "/api/v1/customers/{0.id}?expand[]=conversations"),
    "a conversation": ("conversation_id", "/api/v1/conversations", "/api/v1/conversations/{0.conversation}"),
}  # fmt: skip


@pytest.mark.parametrize("name", READS)
def test_another_customers_answer_is_not_used(world, one, other, name):
    by, path, of = READS[name]
    swap(world, "GET", path, of.format(other))
    assert_delivered(world, addressed(one, by), one, other)


def test_a_closed_conversation_is_none_of_the_open_ones(world, one, other):
    """A Papercups that does not heed the status."""
    world.standin.call("POST", "/_standin/close", {"conversation_id": one.conversation})
    swap(world, "GET", "/api/v1/conversations", f"/api/v1/conversations?customer_id={one.id}")
    assert_delivered(world, addressed(one, "customer"), one, other)
    assert world.widget(one.external_id).shown() == ["for one"]


def test_another_conversations_messages_do_not_prove_that_nothing_is_there(world, one, other):
    """Else it would be posted again."""
    world.standin.fault("stored_500", "for one")
    swap(world, "GET", "/api/v1/messages", f"/api/v1/messages?conversation_id={other.conversation}&type=bot")
    assert_delivered(world, addressed(one, "customer"), one, other)


def test_a_post_that_is_answered_with_another_was_not_made(world, one, other):
    """The answer is another message's, Papercups has never heard of the post."""
    answer = world.standin.api("GET", f"/api/v1/messages/{other.message}")
    world.standin.fault("status", "for one", FAULTS, status=201, answer=answer)
    assert_delivered(world, addressed(one, "customer"), one, other)


def test_a_conversation_that_is_answered_with_another_was_not_begun(world, customer, other):
    answer = world.standin.api("GET", f"/api/v1/conversations/{other.conversation}")
    world.standin.fault("status", "welcome", FAULTS, path="/api/v1/conversations", status=201, answer=answer)
    before = unreadable(world)
    assert world.outcome(sign(BACKEND, payload(customer, "welcome"))) == ("delivered", None)
    assert (bodies(world, customer), bodies(world, other.external_id)) == (["welcome"], ["before"])
    assert unreadable(world) == before + FAULTS


def test_a_row_that_is_answered_with_that_of_another_page_is_not_the_customers(world, customer):
    """A stranger's: anybody can make one without a key."""
    stranger = Person(world.standin, customer, "evil.example")
    world.standin.call("POST", "/_standin/faults", {
        "fault": "swapped", "method": "POST", "path": "/api/v1/customers", "of": f"/api/v1/customers/{stranger.id}",
    })  # fmt: skip
    assert world.outcome(sign(BACKEND, payload(customer, "for one"))) == ("delivered", None)
    assert world.widget(customer).shown() == ["for one"]
    assert world.widget(customer, "evil.example").shown() == ["before"]


def test_what_a_post_made_is_found_though_its_answer_is_anothers(world, one, other):
    world.standin.call("POST", "/_standin/faults", {
        "fault": "swapped", "method": "POST", "path": "/api/v1/messages", "of": f"/api/v1/messages/{other.message}",
        "body_contains": "for one",
    })  # fmt: skip
    before = unreadable(world)
    receipt = world.receipt(world.publish(addressed(one, "customer")))
    assert (receipt["outcome"], receipt["attempts"]) == ("delivered", 1)
    assert bodies(world, one.external_id) == ["before", "for one"]
    wait_until(lambda: unreadable(world) == before + 1, "it is counted")
