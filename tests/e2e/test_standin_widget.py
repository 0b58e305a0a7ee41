"""What Papercups' widget asks and hears, without any key, as the stand-in answers it; and what it shows then."""

import http.client
import json
from urllib.parse import urlencode

import pytest
from broker import wait_until
from papercups import ACCOUNT_A, ACCOUNT_B, NO_ID
from widget import Widget


@pytest.fixture
def a(two_accounts):
    return two_accounts.a


@pytest.fixture
def identify(a):
    """The id of the row that the widget takes."""

    def asked(external_id="ada", account=ACCOUNT_A, **more):
        query = urlencode({"account_id": account[1], "external_id": external_id, **more})
        return a.call("GET", f"/api/customers/identify?{query}", Authorization="").data["customer_id"]

    return asked


@pytest.fixture
def listed(a):
    """The ids of the rows that the list of customers has."""
    return lambda **query: {row["id"] for row in a.get(f"customers?{urlencode(query)}").data}


def later(client, seconds):
    client.control("clock", ahead_s=seconds)


def test_the_widget_takes_the_newest_row_of_its_own_host_and_of_no_other(a, identify):
    shop = a.create_customer("ada")["id"]
    later(a, 1)
    blog = a.create_customer("ada", host="blog.example")["id"]
    later(a, 2)
    nowhere = a.create_customer("ada", host=None)["id"]
    assert [identify(host=host) for host in ("shop.example", "blog.example", "other.example")] == [shop, blog, None]
    assert identify() == nowhere
    later(a, 3)
    newer = a.create_customer("ada")["id"]
    assert identify(host="Shop.Example") == newer
    a.call("PUT", f"/api/v1/customers/{shop}", {"customer": {"name": "Ada"}})
    later(a, 4)
    a.call("PUT", f"/api/v1/customers/{shop}", {"customer": {"name": "Ada L."}})
    assert identify(host="shop.example") == shop


def test_where_the_page_gives_an_e_mail_a_row_without_one_is_none(a, identify):
    row = a.create_customer("ada")["id"]
    assert [identify(host="shop.example", email=email) for email in ("", "ada@shop.example")] == [row, None]
    a.call("PUT", f"/api/v1/customers/{row}", {"customer": {"email": "Ada@shop.example"}})
    emails = ["ada@SHOP.example", "eve@shop.example", "%@shop.example", "ad_@shop.example", ""]
    assert [identify(host="shop.example", email=email) for email in emails] == [row, None, row, row, row]


@pytest.mark.parametrize(
    "pattern, fits",
    [
        ("a.b", "a.b"),
        ("a%b", "ab"),
        ("a%b", "axxbxb"),
        ("%%", "x"),
        ("_", "ä"),
        ("__.b", "ää.b"),
        (r"a\_b", "a_b"),
        (r"a\%", "a%"),
        ('a"b', 'a"b'),
    ],
)
def test_a_host_is_asked_for_by_a_pattern(a, identify, listed, pattern, fits):
    row = a.create_customer("ada", host=fits)["id"]
    assert identify(host=pattern) == row and listed(external_id="ada", host=pattern) == {row}


@pytest.mark.parametrize("pattern, other", [("a%b", "abx"), ("_", "ab"), (r"a\_b", "axb"), ("a", "ab"), ("ab", "a")])
def test_what_does_not_fit_the_pattern_is_not_found(a, identify, listed, pattern, other):
    a.create_customer("ada", host=other)
    assert identify(host=pattern) is None and listed(external_id="ada", host=pattern) == set()


def test_customers_are_listed_by_host_and_e_mail_whether_or_not_by_external_id(a, listed):
    shop = a.create_customer("ada", email="ada@shop.example")["id"]
    bob = a.create_customer("bob", host="blog.example", email="bob@blog.example")["id"]
    a.create_customer("eve", host=None)
    assert listed(external_id="ada", host="SHOP.example", email="ADA@shop.example") == {shop}
    assert listed(external_id="ada", host="blog.example") == set()
    assert listed(host="%.example") == {shop, bob}
    assert listed(email="bob@%") == {bob}


def test_an_account_that_is_none_and_a_question_that_is_none_are_told(a, identify):
    a.create_customer("ada")
    assert identify(account=ACCOUNT_B) is None
    told = a.call("GET", f"/api/customers/identify?account_id={NO_ID}&external_id=ada")
    assert (told.status, told.json["error"]["message"][:40]) == (404, f"No account found with ID: {NO_ID}"[:40])
    assert a.call("GET", f"/api/customers/identify?account_id={ACCOUNT_A[1]}").status == 400
    assert a.call("GET", "/api/customers/identify?account_id=x&external_id=ada").status == 400


def test_a_stranger_makes_a_row_without_a_key_and_it_is_the_widgets(a, identify):
    ada = a.create_customer("ada")["id"]
    later(a, 1)
    row = {"account_id": ACCOUNT_A[1], "external_id": "ada", "host": "shop.example", "email": "e_e@shop.example"}
    made = a.call("POST", "/api/customers", {"customer": row}, Authorization="")
    assert made.status == 201
    assert identify(host="shop.example") == made.data["id"] != ada
    assert a.call("POST", "/api/customers", {"customer": {"external_id": "ada"}}).status == 422


def test_an_answers_date_is_its_clocks(a):
    later(a, 400_000_000)
    assert int(a.get("me").headers["date"].split()[3]) >= 2038


@pytest.mark.parametrize("wrong", [{"ahead_s": -1}, {"ahead_s": "1"}, {"ahead_s": 1.5}])
def test_a_clock_that_is_none_is_refused(a, wrong):
    assert a.call("POST", "/_standin/clock", wrong).status == 400


# Which conversation it shows


@pytest.fixture
def widget(two_accounts):
    """A customer's widget on a page of shop.example."""

    def opened(external_id="ada", host="shop.example", email=None, **more):
        return Widget(two_accounts, external_id, host, email, account=ACCOUNT_A[1], **more)

    return opened


@pytest.fixture
def ada(a):
    return a.create_customer("ada")["id"]


def test_the_newest_open_chat_of_its_own_inbox_is_shown(a, ada, widget):
    a.create_conversation(ada, "older")
    newest = a.create_conversation(ada, "newest")["id"]
    a.create_conversation(ada, "of source api", source="api")
    elsewhere = a.create_conversation(ada, "in another inbox", inbox_id=ACCOUNT_B[2])["id"]
    assert widget(inbox=ACCOUNT_A[2]).shown() == ["newest"]
    assert widget().shown() == ["in another inbox"]
    a.control("archive", conversation_id=elsewhere)
    assert widget().shown() == ["newest"]
    a.control("close", conversation_id=newest)
    assert widget().shown() == ["older"]


def test_a_row_of_another_host_or_without_the_e_mail_shows_nothing(a, ada, widget):
    a.create_conversation(ada, "hello")
    assert widget(host="SHOP.example").shown() == ["hello"]
    assert widget(host="blog.example").shown() == []
    assert widget(email="ada@shop.example").shown() == []


def test_an_empty_conversation_is_shown_when_it_is_the_newest(a, ada, widget):
    a.create_conversation(ada, "hello")
    assert a.call("POST", "/api/v1/conversations", {"conversation": {
        "customer_id": ada, "source": "chat", "message": {"type": "robot", "body": "x"},
    }}).status == 422  # fmt: skip
    assert widget().shown() == []


# What it shows live


def test_a_message_to_the_open_conversation_is_shown_at_once(a, ada, widget):
    conversation = a.create_conversation(ada, "hello")["id"]
    shown = widget()
    a.post_message(conversation, "one")
    assert shown.shown() == ["hello", "one"]
    a.post_message(conversation, "a note", private=True)
    assert shown.shown() == ["hello", "one"]


def test_the_lobby_tells_of_a_new_conversation(a, ada, widget):
    shown = widget()
    assert (shown.place, shown.shown()) == ("lobby", [])
    conversation = a.create_conversation(ada, "hello")["id"]
    assert (shown.shown(), shown.place) == (["hello"], "joined")
    a.post_message(conversation, "one")
    assert shown.shown() == ["hello", "one"]


def test_what_is_posted_between_fetch_and_join_is_shown_by_a_reload_only(a, ada, widget):
    shown = widget()
    conversation = a.create_conversation(ada, "hello")["id"]
    a.post_message(conversation, "before the fetch")
    shown.fetch()
    a.post_message(conversation, "in the blind second")
    assert shown.shown() == ["hello", "before the fetch"]
    shown.join()
    a.post_message(conversation, "after the join")
    assert shown.shown() == ["hello", "before the fetch", "after the join"]
    shown.reload()
    assert shown.shown() == ["hello", "before the fetch", "in the blind second", "after the join"]


def test_a_refresh_shows_what_was_missed_and_goes_on_live(a, ada, widget):
    shown = widget()
    conversation = a.create_conversation(ada, "hello")["id"]
    shown.fetch()
    a.post_message(conversation, "missed")
    shown.join()
    shown.refresh()
    a.post_message(conversation, "live")
    assert shown.shown() == ["hello", "missed", "live"]


def test_without_a_row_there_is_no_lobby_until_the_page_identifies_its_user(a, widget):
    nowhere, elsewhere = widget("eve"), widget("eve", host="blog.example")
    eve = a.create_customer("eve")["id"]
    a.create_conversation(eve, "hello")
    assert (nowhere.place, nowhere.shown()) == ("nowhere", [])
    nowhere.make_row()
    assert nowhere.shown() == ["hello"]
    elsewhere.make_row()
    assert elsewhere.place == "lobby" and elsewhere.customer != eve


def test_a_new_conversation_beside_an_open_one_is_shown_by_a_reload_only(a, ada, widget):
    a.create_conversation(ada, "hello")
    shown = widget()
    a.create_conversation(ada, "another")
    assert shown.shown() == ["hello"]
    shown.reload()
    assert shown.shown() == ["another"]


def test_a_closed_conversation_is_shown_live_by_who_holds_it_and_by_no_reload(a, ada, widget):
    conversation = a.create_conversation(ada, "hello")["id"]
    holds, reloads = widget(), widget()
    a.control("close", conversation_id=conversation)
    a.post_message(conversation, "behind closed doors")
    reloads.reload()
    assert (holds.shown(), reloads.shown()) == (["hello", "behind closed doors"], [])
    a.call("PUT", f"/api/v1/conversations/{conversation}", {"conversation": {"status": "open"}})
    assert reloads.shown() == []
    reloads.reload()
    assert reloads.shown() == ["hello", "behind closed doors"]


def test_a_conversation_whose_nested_message_is_refused_is_told_to_nobody(a, ada, widget):
    shown = widget()
    a.control("index", on=True)
    message = {"type": "bot", "body": "x", "metadata": {"cupbearer": "v1:m"}}
    conversation = a.create_conversation(a.create_customer("bob")["id"], message=message)["id"]
    refused = {"conversation": {"customer_id": ada, "source": "chat", "message": message}}
    assert a.call("POST", "/api/v1/conversations", refused).status == 500
    shown.shown()
    assert shown.place == "lobby" and a.bodies(conversation) == ["x"]
    a.create_conversation(ada, "hello")
    assert shown.shown() == ["hello"]


@pytest.mark.parametrize(
    "replies", [[None], [{"text": "Yes", "action": "yes"}, None], {"text": "Yes"}, ["Yes"], [{"action": "yes"}], "Yes"]
)
def test_quick_replies_that_are_none_empty_the_chat_while_they_are_the_last(a, ada, widget, replies):
    conversation = a.create_conversation(ada, "hello")["id"]
    shown = widget()
    a.post_message(conversation, "Well?", metadata={"quick_replies": replies})
    assert (shown.shown(), shown.broken) == ([], True)
    shown.reload()
    assert shown.shown() == []
    a.post_message(conversation, "behind it")
    assert shown.shown() == []
    shown.reload()
    assert shown.shown() == ["hello", "Well?", "behind it"]


def test_a_live_widget_fetches_and_joins_by_itself(a, ada, widget):
    with widget(live=True) as shown:
        conversation = a.create_conversation(ada, "hello")["id"]
        wait_until(lambda: shown.shown() == ["hello"], "the first one")
        wait_until(lambda: shown.place == "joined", "the join")
        a.post_message(conversation, "one")
        wait_until(lambda: shown.shown() == ["hello", "one"], "the second one")


# What the customer and strangers write


def test_what_the_customer_writes_makes_what_there_is_not_yet(a, widget):
    shown = widget("eve")
    shown.say("Hello?")
    assert shown.shown() == ["Hello?"]
    [row] = a.get("customers?external_id=eve").data
    assert (row["host"], row["id"]) == ("shop.example", shown.customer)
    a.post_message(shown.conversation, "Yes?")
    assert shown.shown() == ["Hello?", "Yes?"]


def test_a_stranger_shouts_any_payload_into_a_conversation_whose_id_is_known(a, ada, widget):
    conversation = a.create_conversation(ada, "hello")["id"]
    shown = widget()
    forged = {"body": "Pay here", "type": "bot", "metadata": {"cupbearer": "v1:x"}, "user_id": 1}
    a.control("widget_message", conversation_id=conversation, **forged)
    assert shown.shown() == ["hello", "Pay here"]
    [message] = [one for one in shown.messages if one["body"] == "Pay here"]
    assert (message["type"], message["metadata"], message["customer_id"]) == ("bot", {"cupbearer": "v1:x"}, None)


def test_nobody_joins_a_conversation_that_is_none(a):
    assert a.call("GET", f"/_standin/socket?topic=conversation:{NO_ID}").status == 404
    assert a.call("GET", "/_standin/socket?topic=conversation:lobby:x").status == 404
    assert a.call("GET", "/_standin/socket").status == 404


# Messages by themselves


def test_seen_is_said_at_load_and_at_a_shout_but_not_out_of_the_lobby(a, ada, widget):
    shown = widget()
    conversation = a.create_conversation(ada, "hello")["id"]
    assert shown.shown() == ["hello"]

    def seen():
        listed = a.get(f"messages?conversation_id={conversation}").data
        return {message["body"]: message["seen_at"] is not None for message in listed}

    assert seen() == {"hello": False}
    one = a.post_message(conversation, "one").data["id"]
    assert a.get(f"messages/{one}").data["seen_at"] is None
    assert shown.shown() == ["hello", "one"]
    assert seen() == {"hello": True, "one": True}
    assert a.get(f"messages/{one}").data["seen_at"] is not None
    other = a.create_conversation(a.create_customer("bob")["id"], "hi")["id"]
    widget("bob")
    assert a.get(f"conversations/{other}").data["messages"][0]["seen_at"] is not None


def test_an_open_widget_hears_of_no_change_and_a_reloaded_one_shows_it(a, ada, widget):
    conversation = a.create_conversation(ada, "hello")["id"]
    shown = widget()
    changed, deleted = (a.post_message(conversation, body).data["id"] for body in ("one", "two"))
    path = f"/api/v1/messages/{changed}"
    assert a.call("PUT", path, {"message": {"body": "ONE"}}).data["body"] == "ONE"
    assert (a.call("DELETE", f"/api/v1/messages/{deleted}").status, a.get(f"messages/{deleted}").status) == (204, 404)
    assert shown.shown() == ["hello", "one", "two"]
    shown.reload()
    assert shown.shown() == ["hello", "ONE"]
    assert a.bodies(conversation) == ["hello", "ONE"]
    a.post_message(conversation, "three")
    assert shown.shown() == ["hello", "ONE", "three"]


def test_a_message_of_another_account_is_neither_shown_nor_changed(two_accounts, a, ada):
    message = a.post_message(a.create_conversation(ada)["id"], "x").data["id"]
    path = f"/api/v1/messages/{message}"
    for method, content in (("GET", None), ("PUT", {"message": {"body": "y"}}), ("DELETE", None)):
        assert two_accounts.b.call(method, path, content).status == 404
        assert a.call(method, "/api/v1/messages/x", content).status == 400
    assert a.call("PUT", path, {"message": {"type": "robot"}}).status == 422
    assert a.call("PUT", path, {"message": None}).status == 400
    assert a.get(f"messages/{message}").data["body"] == "x"


def test_with_the_index_a_mark_goes_with_its_message_and_moves_with_its_metadata(a, ada):
    a.control("index", on=True)
    conversation = a.create_conversation(ada)["id"]

    def post(mark):
        return a.post_message(conversation, mark, metadata={"cupbearer": mark})

    def put(message, mark):
        return a.call("PUT", f"/api/v1/messages/{message}", {"message": {"metadata": {"cupbearer": mark}}}).status

    one, two = post("m").data["id"], post("n").data["id"]
    assert (put(one, "n"), put(one, "o"), put(one, "o"), post("o").status) == (500, 200, 200, 500)
    assert (put(two, "m"), post("n").status) == (200, 201)
    assert a.call("DELETE", f"/api/v1/messages/{one}").status == 204
    assert post("o").status == 201


def test_a_nested_message_has_the_source_chat_and_later_ones_what_was_posted(a, ada):
    conversation = a.create_conversation(ada, "nested")["id"]
    a.post_message(conversation, "later")
    a.post_message(conversation, "latest", source="sms")
    sources = {message["body"]: message["source"] for message in a.get(f"conversations/{conversation}").data["messages"]}
    assert sources == {"nested": "chat", "later": "api", "latest": "sms"}


def test_of_a_repeated_member_the_first_one_counts(a, ada):
    conversation = a.create_conversation(ada)["id"]
    body = f"""{{"message": {{"conversation_id": "{conversation}", "type": "bot", "body": "a \\"}}{{", "bod\\u0079": "b",
      "metadata": {{"x": [1, {{"y": 1, "y": 2}}, -2.5e3], "big": 123456789012345678901, "x": null}}, "body": "c"}},
      "message": 5}}"""
    connection = http.client.HTTPConnection(a.host, timeout=60)
    connection.request("POST", "/api/v1/messages", body, a.headers)
    message = json.load(connection.getresponse())["data"]
    connection.close()
    assert message["body"] == 'a "}{'
    assert message["metadata"] == {"x": [1, {"y": 1}, -2500.0], "big": 1.2345678901234568e20}
