"""The mistakes of the real Papercups that the worker is built around, each shown on the stand-in."""

import re
from itertools import groupby

import pytest
from papercups import ACCOUNT_A, ACCOUNT_B, NO_ID, Client, read_to_end

LONG = {"subject": "s" * 300}


@pytest.fixture
def a(two_accounts):
    return two_accounts.a


@pytest.fixture
def b(two_accounts):
    return two_accounts.b


@pytest.fixture
def ada(a):
    return a.create_customer("ada")


def show(client, conversation):
    return client.get(f"conversations/{conversation['id']}").data


def update(client, conversation, **fields):
    return client.call("PUT", f"/api/v1/conversations/{conversation['id']}", {"conversation": fields})


# What is accepted and should not be


def test_a_message_into_another_accounts_conversation_is_taken_and_assigns_it_there(a, b):
    theirs = b.create_conversation(b.create_customer("bob")["id"])
    answer = a.post_message(theirs["id"], "from a")
    assert (answer.status, answer.data["account_id"]) == (201, ACCOUNT_A[1])
    assert show(b, theirs)["assignee_id"] == a.get("me").data["id"]
    assert [message["body"] for message in show(b, theirs)["messages"]] == ["from a"]
    assert b.get(f"messages?conversation_id={theirs['id']}").data == []
    assert a.get(f"conversations/{theirs['id']}").status == 404


def test_the_same_external_id_twice_makes_two_rows(a):
    rows = [a.create_customer("ada", name=name)["id"] for name in ("one", "two")]
    assert sorted(row["id"] for row in a.get("customers?external_id=ada").data) == sorted(rows)
    assert a.get("customers?external_id=Ada").data == []


def test_the_same_message_twice_is_stored_twice_whatever_id_it_asks_for(a, ada):
    conversation = a.create_conversation(ada["id"])
    for _ in range(2):
        answer = a.call(
            "POST", "/api/v1/messages",
            {"message": {"conversation_id": conversation["id"], "type": "bot", "body": "x", "id": NO_ID}},
            **{"Idempotency-Key": "one"},
        )  # fmt: skip
        assert answer.status == 201 and answer.data["id"] != NO_ID
    assert a.bodies(conversation["id"]) == ["x", "x"]


def test_whoever_knows_a_conversation_may_write_any_message_into_it(a, ada):
    conversation = a.create_conversation(ada["id"], "hello")
    forgery = {"type": "bot", "body": "forged", "metadata": {"cupbearer": "1"}}
    a.control("widget_message", conversation_id=conversation["id"], **forgery)
    listed = a.get(f"messages?conversation_id={conversation['id']}&type=bot").data
    forged = next(message for message in listed if message["body"] == "forged")
    assert (forged["metadata"], forged["customer_id"], forged["user_id"]) == ({"cupbearer": "1"}, ada["id"], None)


def test_whoever_knows_an_external_id_may_plant_a_row_that_is_the_newest(a, ada):
    a.call("PUT", f"/api/v1/customers/{ada['id']}", {"customer": {"name": "just now"}})
    planted = a.control("widget_customer", external_id="ada", host="evil.example", account_id=ACCOUNT_A[1])["id"]
    rows = sorted(a.get("customers?external_id=ada").data, key=lambda row: row["updated_at"])
    assert [row["id"] for row in rows] == [ada["id"], planted]
    assert rows[0]["updated_at"] < rows[1]["updated_at"] and rows[1]["host"] == "evil.example"


def test_a_planted_row_goes_to_the_account_that_it_names(a, b):
    a.control("widget_customer", external_id="eve", account_id=ACCOUNT_B[1])
    assert (len(a.get("customers?external_id=eve").data), len(b.get("customers?external_id=eve").data)) == (0, 1)
    assert a.call("POST", "/_standin/widget_customer", {"external_id": "eve", "account_id": NO_ID}).status == 400


# What is lost or left behind


@pytest.mark.parametrize(
    "fields",
    [{"conversation_id": NO_ID}, {"conversation_id": "abc"}, {"body": "a\0b"}, {"metadata": {"a": "\0"}}, LONG],
)
def test_a_permanent_mistake_is_a_500_and_stores_nothing(a, ada, fields):
    conversation = a.create_conversation(ada["id"])
    content = {"conversation_id": conversation["id"], "type": "bot", "body": "x", **fields}
    assert a.call("POST", "/api/v1/messages", {"message": content}).status == 500
    assert a.bodies(conversation["id"]) == []


def test_a_nested_message_without_a_body_is_dropped_without_a_word(a, ada):
    conversation = a.create_conversation(ada["id"], message={"type": "bot", "metadata": {}})
    assert show(a, conversation)["messages"] == []


def test_a_nested_message_that_is_refused_leaves_an_empty_conversation(a, ada):
    content = {"customer_id": ada["id"], "message": {"type": "robot", "body": "x"}}
    assert a.call("POST", "/api/v1/conversations", {"conversation": content}).status == 422
    [left] = a.get(f"conversations?customer_id={ada['id']}").data
    assert left["messages"] == []


# Conversations


def test_the_first_message_assigns_a_conversation_and_a_nested_one_does_not(a, ada):
    plain, nested = a.create_conversation(ada["id"]), a.create_conversation(ada["id"], "hello")
    for conversation in (plain, nested):
        a.post_message(conversation["id"], "more")
    assert show(a, plain)["assignee_id"] == a.get("me").data["id"]
    assert show(a, nested)["assignee_id"] is None


def test_an_assignment_can_be_given_back(a, ada):
    conversation = a.create_conversation(ada["id"])
    a.post_message(conversation["id"], "x")
    assert update(a, conversation, assignee_id=None).data["assignee_id"] is None
    a.post_message(conversation["id"], "later ones do not assign")
    assert show(a, conversation)["assignee_id"] is None
    assert update(a, conversation, assignee_id=a.get("me").data["id"]).data["assignee_id"] is not None
    assert update(a, conversation, assignee_id=4711).status == 500


def test_a_closed_conversation_stays_closed_when_a_bot_writes_and_opens_when_the_customer_does(a, ada):
    conversation = a.create_conversation(ada["id"], "hello")
    a.control("close", conversation_id=conversation["id"])
    assert a.post_message(conversation["id"], "x").status == 201
    assert show(a, conversation)["status"] == "closed"
    a.control("widget_message", conversation_id=conversation["id"], body="hi")
    assert show(a, conversation)["status"] == "open"


def test_an_archived_conversation_is_in_no_list_and_takes_messages(a, ada):
    conversation = a.create_conversation(ada["id"], "hello")
    a.control("archive", conversation_id=conversation["id"])
    assert a.get(f"conversations?customer_id={ada['id']}").data == []
    assert a.post_message(conversation["id"], "x").status == 201
    assert a.bodies(conversation["id"]) == ["hello", "x"]


# Lists


def test_times_have_whole_seconds_and_lists_are_scrambled_within_one(a, ada):
    conversation = a.create_conversation(ada["id"])
    for number in range(60):
        a.post_message(conversation["id"], str(number))
    listed = a.get(f"messages?conversation_id={conversation['id']}&limit=2").data
    times = [message["created_at"] for message in listed]
    assert len(listed) == 60 and times == sorted(times, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", time) for time in times)
    scrambled = False
    for _, same in groupby(listed, lambda message: message["created_at"]):
        numbers = [int(message["body"]) for message in same]
        scrambled = scrambled or numbers != sorted(numbers, reverse=True)
    assert scrambled


def test_customers_come_in_pages(a):
    made = {a.create_customer("many")["id"] for _ in range(7)}
    pages = [a.get(f"customers?external_id=many&page_size=3&page={page}").json for page in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [3, 3, 1, 0]
    assert {row["id"] for page in pages for row in page["data"]} == made
    assert {(page["total_entries"], page["total_pages"], page["page_size"]) for page in pages} == {(7, 3, 3)}
    assert [page["page_number"] for page in pages] == [1, 2, 3, 4]


def test_conversations_come_in_pages_of_at_most_50_by_a_cursor(a, ada):
    made = {a.create_conversation(ada["id"], str(number))["id"] for number in range(120)}
    seen, sizes, after = [], [], ""
    while after is not None:
        page = a.get(f"conversations?customer_id={ada['id']}&limit=500{after}").json
        seen += [conversation["id"] for conversation in page["data"]]
        sizes.append((len(page["data"]), page["limit"], page["total"]))
        after = page["next"] and f"&after={page['next']}"
    assert (sizes, len(seen), set(seen)) == ([(50, 50, 120), (50, 50, 120), (20, 50, 120)], 120, made)
    assert len(a.get(f"conversations?customer_id={ada['id']}&limit=3").data) == 3


def test_the_filters_of_conversations_work(a, ada):
    chat, api = a.create_conversation(ada["id"], "x"), a.create_conversation(ada["id"], "x", source="api")
    other = a.create_conversation(ada["id"], "x", inbox_id=ACCOUNT_B[2])
    a.control("close", conversation_id=api["id"])

    def found(filters):
        return {one["id"] for one in a.get(f"conversations?customer_id={ada['id']}&{filters}").data}

    assert found("") == {chat["id"], api["id"], other["id"]}
    assert found("status=open") == found("source=chat") == {chat["id"], other["id"]}
    assert found(f"status=open&source=chat&inbox_id={ACCOUNT_A[2]}") == {chat["id"]}
    assert found("status=closed") == {api["id"]}


def test_activity_orders_conversations_and_none_at_all_comes_first(a, ada):
    idle, busy = a.create_conversation(ada["id"]), a.create_conversation(ada["id"], "x")
    assert [one["id"] for one in a.get(f"conversations?customer_id={ada['id']}").data] == [idle["id"], busy["id"]]


# Routes, limits and connections


def test_a_route_that_is_none_answers_200_with_html(a):
    answer = a.get("nope")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!doctype html>")


def test_a_request_over_the_limit_is_413(a, ada):
    conversation = a.create_conversation(ada["id"])
    assert a.post_message(conversation["id"], "b" * 8_010_000).status == 413
    assert a.bodies(conversation["id"]) == []


def test_a_connection_answers_1000_requests_and_closes_after_the_last(two_accounts):
    client = Client(two_accounts.url, ACCOUNT_A[0])
    words = [client.get("me").headers["connection"] for _ in range(1000)]
    assert [number for number, word in enumerate(words, 1) if word == "close"] == [1000]
    client.get("me")
    assert client.connects == 2


def test_the_bounds_of_a_connection_are_those_of_papercups_unless_told_otherwise(a):
    assert a.control("connections") == {"requests": 1000, "idle_s": 60, "fresh_s": 5}
    assert a.control("connections", requests=3) == {"requests": 3, "idle_s": 60, "fresh_s": 5}
    assert a.call("POST", "/_standin/connections", {"idle_s": 0}).status == 400


def test_an_idle_connection_is_closed(two_accounts, a):
    a.control("connections", idle_s=1, fresh_s=1000000)
    assert read_to_end(two_accounts.url, b"GET /_standin/healthz HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_connection_whose_request_takes_long_is_not_idle(two_accounts, a):
    a.control("connections", idle_s=1, fresh_s=1)
    a.fault("slow", delay_ms=2000)
    assert Client(two_accounts.url, ACCOUNT_A[0]).get("me").status == 200


def test_a_fresh_silent_connection_is_closed(two_accounts, a):
    a.control("connections", idle_s=1000000, fresh_s=1)
    assert read_to_end(two_accounts.url) == b""


def test_half_a_header_is_closed_as_a_fresh_silent_connection_is(two_accounts, a):
    a.control("connections", idle_s=1000000, fresh_s=1)
    assert b"200" not in read_to_end(two_accounts.url, b"GET /api/v1/me HTTP/1.1\r\nHo")


# The unique index


def test_with_the_index_a_second_message_of_the_same_mark_is_a_500_and_stores_nothing(a, b, ada):
    conversation = a.create_conversation(ada["id"])
    assert a.control("index", on=True) == {"on": True}
    marked = {"metadata": {"cupbearer": "v1:m"}}
    assert a.post_message(conversation["id"], "first", **marked).status == 201
    assert a.post_message(conversation["id"], "second", **marked).status == 500
    content = {"conversation_id": conversation["id"], "type": "bot", "body": "forged", **marked}
    assert a.call("POST", "/_standin/widget_message", content).status == 500
    assert a.post_message(conversation["id"], "another", metadata={"cupbearer": "v1:n"}).status == 201
    assert a.post_message(conversation["id"], "unmarked").status == 201
    assert b.post_message(conversation["id"], "of b", **marked).status == 201
    assert a.bodies(conversation["id"]) == ["first", "another", "unmarked", "of b"]
    a.control("index", on=False)
    a.control("index", on=True)
    a.control("index", on=False)
    assert a.post_message(conversation["id"], "third", **marked).status == 201


def test_with_the_index_a_nested_second_message_leaves_its_conversation_behind(a, ada):
    a.control("index", on=True)
    message = {"type": "bot", "body": "x", "metadata": {"cupbearer": "v1:m"}}
    first = a.create_conversation(ada["id"], message=message)
    content = {"conversation": {"customer_id": ada["id"], "source": "chat", "message": message}}
    assert a.call("POST", "/api/v1/conversations", content).status == 500
    left = {one["id"]: len(one["messages"]) for one in a.get(f"conversations?customer_id={ada['id']}").data}
    assert sorted(left.values()) == [0, 1] and left[first["id"]] == 1


def test_the_index_cannot_be_made_over_two_messages_of_one_mark(a, ada):
    conversation = a.create_conversation(ada["id"])
    for _ in range(2):
        a.post_message(conversation["id"], "x", metadata={"cupbearer": "v1:m"})
    assert a.call("POST", "/_standin/index", {"on": True}).status == 409
    assert a.post_message(conversation["id"], "x", metadata={"cupbearer": "v1:m"}).status == 201
