"""Which of a customer's rows an event goes to: the one that the widget of its page takes. The widget is asked."""

import json

import pytest
from broker import Reader, wait_until
from papercups import ACCOUNT_A, ACCOUNT_B
from programs import ENVIRONMENT, STANDIN_ACCOUNT, STANDIN_API_KEY, StandIn
from signing import payload, sign
from widget import Widget
from world import BACKEND, World, assert_dead, bodies


@pytest.fixture(scope="module")
def world(kafka, tmp_path_factory):
    made = World(tmp_path_factory.mktemp("rows"), kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture(scope="module")
def given(kafka, tmp_path_factory):
    """Its pages give their widget the customer's e-mail."""
    settings = {"account acme": {"widget_email": "given"}}
    made = World(tmp_path_factory.mktemp("given"), kafka, kafka.topics(), settings)
    yield made
    made.close()


def event(customer, body, key=BACKEND, **more):
    """`host` and `email` are of the customer."""
    content = payload(customer, body)
    content["to"]["customer"] |= more
    return sign(key, content)


def deliver(world, *arguments, **more):
    assert world.outcome(event(*arguments, **more)) == ("delivered", None)


def pass_time(standin):
    """Rows lie seconds apart, for times have whole seconds."""
    ahead_s = standin.call("POST", "/_standin/clock", {})["ahead_s"]
    standin.call("POST", "/_standin/clock", {"ahead_s": ahead_s + 5})


def plant(world, customer, host="shop.example", **more):
    """As anybody can, without a key; it is the newest from then on."""
    pass_time(world.standin)
    row = {"account_id": STANDIN_ACCOUNT, "external_id": customer, **({"host": host} if host else {}), **more}
    return world.standin.call("POST", "/api/customers", {"customer": row})["data"]["id"]


def row(world, known):
    return world.standin.api("GET", f"/api/v1/customers/{known}")["data"]


def shown(world, customer, host="shop.example", email=None):
    return Widget(world.standin, customer, host, email).shown()


def calls(world):
    return sum(count for (account, _), count in world.admin.metrics().all("cupbearer_requests_total").items())


# Hosts


def test_each_page_shows_its_own(world, customer):
    """In turn, within the time for which a customer is remembered."""
    for number in range(2):
        deliver(world, customer, f"shop {number}")
        deliver(world, customer, f"blog {number}", host="blog.example")
    assert shown(world, customer) == ["shop 0", "shop 1"]
    assert shown(world, customer, "Blog.example") == ["blog 0", "blog 1"]


@pytest.mark.parametrize("host", ["evil.example", None, "shop.example.evil.example"])
def test_a_strangers_row_of_another_host_diverts_nothing(world, customer, host):
    deliver(world, customer, "before")
    planted = plant(world, customer, host)
    deliver(world, customer, "remembered")
    wait_until(lambda: known_anew(world, customer), "an event that is resolved anew")
    assert shown(world, customer)[:2] == ["before", "remembered"]
    assert conversations_of(world, planted) == []


def known_anew(world, customer):
    """The worker forgets what it knows of a customer upon a bad answer."""
    world.standin.fault("reset", "again")
    deliver(world, customer, "again")
    return True


def conversations_of(world, known):
    return world.standin.api("GET", f"/api/v1/conversations?customer_id={known}")["data"]


def test_a_strangers_row_that_is_there_first_diverts_nothing(world, customer):
    planted = plant(world, customer, "evil.example")
    deliver(world, customer, "hello")
    assert shown(world, customer) == ["hello"]
    assert shown(world, customer, "evil.example") == []
    assert conversations_of(world, planted) == []


def test_a_strangers_row_of_the_same_host_is_the_widgets_row_too(world, customer):
    known = plant(world, customer)
    newest = plant(world, customer)
    receipt = world.receipt(world.publish(event(customer, "which?")))
    assert (receipt["outcome"], receipt["customer_matches"]) == ("delivered", 2)
    assert shown(world, customer) == ["which?"]
    assert (len(conversations_of(world, newest)), conversations_of(world, known)) == (1, [])


def test_rows_of_other_hosts_are_no_ambiguity(world, customer):
    plant(world, customer, "evil.example")
    plant(world, customer)
    assert "customer_matches" not in world.receipt(world.publish(event(customer, "hello")))
    assert shown(world, customer) == ["hello"]


def test_the_newest_of_several_pages_is_taken(world, customer):
    rows = [plant(world, customer) for _ in range(60)]
    # Papercups lists by last_seen_at: what the oldest was changed for puts it on no earlier page.
    pass_time(world.standin)
    world.standin.api("PUT", f"/api/v1/customers/{rows[0]}", {"customer": {"name": "Ada"}})
    receipt = world.receipt(world.publish(event(customer, "which?")))
    assert (receipt["outcome"], receipt["customer_matches"]) == ("delivered", 60)
    assert shown(world, customer) == ["which?"]
    assert len(conversations_of(world, rows[0])) == 1


def test_a_row_that_exists_is_not_written_to(world, customer):
    hostless = plant(world, customer, None)
    before = row(world, hostless)
    deliver(world, customer, "hello", email="ada@shop.example", name="Ada")
    assert shown(world, customer) == ["hello"]
    assert row(world, hostless) == before


# What it costs


def test_a_known_customer_costs_one_request_and_another_three(world, customer):
    counts = []
    for body in ("new", "again", "and again"):
        before = calls(world)
        deliver(world, customer, body)
        counts.append(calls(world) - before)
    assert counts == [3, 1, 1]
    plant(world, customer + "_planted")
    before = calls(world)
    deliver(world, customer + "_planted", "hello")
    assert calls(world) - before == 3


# E-mails


def test_a_page_that_gives_an_e_mail_shows_what_is_sent_with_it(given, customer):
    planted = plant(given, customer)
    before = row(given, planted)
    deliver(given, customer, "hello", email="Ada@shop.example")
    assert shown(given, customer, email="ada@SHOP.example") == ["hello"]
    assert row(given, planted) == before  # its e-mail is told to whoever knows its id
    assert conversations_of(given, planted) == []


def test_two_e_mails_are_two_rows(given, customer):
    for email in ("ada@shop.example", "eve@shop.example"):
        deliver(given, customer, f"to {email}", email=email)
    for email in ("ada@shop.example", "eve@shop.example"):
        assert shown(given, customer, email=email) == [f"to {email}"]


def test_an_underscore_is_no_wildcard(given, customer):
    """The server takes it for one: who knows the e-mail could plant a row that answers, and read along."""
    planted = plant(given, customer, email="axl@shop.example")
    pass_time(given.standin)
    deliver(given, customer, "hello", email="a_l@shop.example")
    assert conversations_of(given, planted) == []
    assert shown(given, customer, email="a_l@shop.example") == ["hello"]


def test_without_an_e_mail_the_one_row_that_has_one_is_it(given, customer):
    plant(given, customer, "evil.example", email="ada@shop.example")
    deliver(given, customer, "with", email="ada@shop.example")
    plant(given, customer)
    deliver(given, customer, "without")
    assert shown(given, customer, email="ada@shop.example") == ["with", "without"]


@pytest.mark.parametrize("emails", [[], ["ada@shop.example", "eve@shop.example"]])
def test_without_an_e_mail_none_and_several_fail_and_say_what_to_do(given, customer, emails):
    for email in [None, *emails]:
        plant(given, customer, **({"email": email} if email else {}))
    sent = event(customer, "whose?")
    receipt = assert_dead(given, given.publish(sent), sent, "failed", "customer_not_found")
    assert f" {len(emails)} customers " in receipt["detail"]
    assert "send the e-mail that the page gives" in receipt["detail"]
    assert receipt["attempts"] == 0
    assert bodies(given, customer) == []


# What was posted before


@pytest.mark.parametrize("setting", [{"widget_host": "new.example"}, {"widget_email": "given"}])
def test_what_was_posted_before_a_change_of_the_pages_is_shown_once(
    installation, kafka, topics, standin, customer, key, setting
):
    """The worker is killed when its message is stored, and the one that comes after it would take another row."""
    row = {"account_id": STANDIN_ACCOUNT, "external_id": customer, "host": "shop.example"}
    standin.call("POST", "/api/customers", {"customer": row})
    installation.configure("kafka", group_instance_id="%h")
    installation.configure("worker", state_dir=installation.directory, http_timeout="500ms", settle_time="500ms")
    installation.configure("admin", listen="off")
    receipts = Reader(kafka, topics.receipts, topics.partitions)
    kafka.publish(topics.events, [event(customer, "once", key, email="ada@shop.example")])
    killed = installation.make_worker()
    killed.environment = {**ENVIRONMENT, "FAILPOINT": "receipt.before"}
    killed.launch()
    wait_until(lambda: not killed.runs(), "the death before the receipt", explain=killed.tail)
    assert [message["body"] for message in standin.messages(customer)] == ["once"]
    installation.configure("account acme", **setting)
    worker = installation.worker()
    found = json.loads(receipts.find(lambda record: True, "the receipt", explain=worker.tail).value)
    assert (found["outcome"], found["attempts"]) == ("delivered", 0)
    assert [message["body"] for message in standin.messages(customer)] == ["once"]
    worker.stop()
    receipts.close()


# The index of deploy/papercups-once.sql


def test_the_empty_conversation_that_the_index_leaves_is_where_the_next_message_goes(world, customer):
    """It is the newest, so it is the one that the widget shows, and whose it is cannot be known."""
    world.standin.call("POST", "/_standin/index", {"on": True})
    world.standin.fault("stored_500", "twice")
    deliver(world, customer, "twice")
    [message] = [one for one in world.standin.messages(customer)]
    known = message["customer_id"]
    again = {"conversation": {"customer_id": known, "source": "chat", "message": {
        "type": "bot", "body": "twice", "metadata": message["metadata"],
    }}}  # fmt: skip
    with pytest.raises(Exception, match="500"):
        world.standin.api("POST", "/api/v1/conversations", again)
    assert shown(world, customer) == []
    before = {one["id"] for one in conversations_of(world, known)}
    assert known_anew(world, customer)
    assert shown(world, customer) == ["again"]
    assert {one["id"] for one in conversations_of(world, known)} == before
    assert {one["status"] for one in conversations_of(world, known)} == {"open"}
    world.standin.call("POST", "/_standin/index", {"on": False})


# Inboxes


OF_NO_PAGE = ACCOUNT_B[2]


@pytest.fixture
def two_inboxes(tmp_path, installation):
    """A stand-in on which there is another inbox, too."""
    standin = StandIn(tmp_path, accounts=[(STANDIN_API_KEY, STANDIN_ACCOUNT, ACCOUNT_A[2]), ACCOUNT_B])
    installation.configure("account acme", url=standin.url)
    yield standin
    standin.discard()


@pytest.mark.parametrize("inbox", [None, ACCOUNT_A[2]])
def test_a_message_goes_into_the_inbox_that_the_page_gives(
    installation, kafka, topics, two_inboxes, customer, key, inbox
):
    """Left out, it is the newest chat of any inbox, as the widget of a page shows it that gives none; and the start
    says so where there are several."""
    row = {"external_id": customer, "host": "shop.example"}
    known = two_inboxes.api("POST", "/api/v1/customers", {"customer": row})["data"]["id"]
    for where in (ACCOUNT_A[2], OF_NO_PAGE):
        pass_time(two_inboxes)
        chat = {"customer_id": known, "source": "chat", "inbox_id": where}
        two_inboxes.api("POST", "/api/v1/conversations", {"conversation": chat})
    if inbox:
        installation.configure("account acme", inbox=inbox)
    worker = installation.worker()
    kafka.publish(topics.events, [event(customer, "hello", key)])
    wait_until(lambda: two_inboxes.messages(customer), "the message", explain=worker.tail)
    assert Widget(two_inboxes, customer, "shop.example", inbox=inbox).shown() == ["hello"]
    assert Widget(two_inboxes, customer, "shop.example", inbox=None if inbox else ACCOUNT_A[2]).shown() == []
    assert ("event=inboxes" in worker.text()) == (inbox is None)
    worker.stop()


def test_one_inbox_is_nothing_to_say(world):
    assert "event=inboxes" not in world.worker.text()
