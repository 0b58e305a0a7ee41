"""The faults that the stand-in makes on demand, one test each: what the client sees, and what was stored."""

import http.client

import pytest
from broker import wait_until
from papercups import Client
from programs import STANDIN_API_KEY


@pytest.fixture
def conversation(api):
    return api.create_conversation(api.create_customer("ada")["id"], "hello")["id"]


@pytest.fixture
def post(api, conversation):
    """Posts a message of this text, which nothing else has."""
    return lambda body="x": api.post_message(conversation, body)


@pytest.fixture
def stored(api, conversation):
    """What is stored behind "hello"."""

    def look():
        client = Client("http://" + api.host)
        bodies = client.bodies(conversation)[1:]
        client.close()
        return bodies

    return look


def test_stored_500_stores_and_answers_500(api, post, stored):
    api.fault("stored_500", method="POST", path="/api/v1/messages")
    answer = post()
    assert (answer.status, answer.json) == (500, {"errors": {"detail": "Internal Server Error"}})
    assert stored() == ["x"]


def test_error_500_stores_nothing(api, post, stored):
    api.fault("error_500", method="POST")
    assert (post().status, stored()) == (500, [])


@pytest.mark.parametrize("kind, left", [("stored_500", ["x"]), ("error_500", [])])
def test_a_500_may_come_without_a_body(api, post, stored, kind, left):
    api.fault(kind, empty=True)
    answer = post()
    assert (answer.status, answer.body, answer.headers["content-type"]) == (500, b"", None)
    assert stored() == left


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "given, told", [(7, "7"), (10**12, "1000000000000"), ("Wed, 21 Oct 2026 07:28:00 GMT",) * 2, (None, None)]
)
def test_status_answers_what_was_asked_with_and_without_retry_after(api, post, stored, status, given, told):
    more = {} if given is None else {"retry_after": given}
    api.fault("status", method="POST", status=status, answer={"error": "slow down"}, **more)
    answer = post()
    assert (answer.status, answer.json, answer.headers["retry-after"]) == (status, {"error": "slow down"}, told)
    assert (stored(), post().status) == ([], 201)


def test_unauthorized_refuses_one_key_until_it_is_cleared(api, post, stored):
    api.fault("unauthorized", key="another-key", times=0)
    assert post("other key").status == 201
    api.fault("unauthorized", key=STANDIN_API_KEY, times=0)
    answers = [post(), api.get("me"), post()]
    assert {answer.status for answer in answers} == {401}
    assert answers[0].json == {"error": {"code": 401, "message": "Not authenticated"}}
    api.call("DELETE", "/_standin/faults")
    assert (post("after").status, stored()) == (201, ["other key", "after"])


def test_redirect_answers_301_to_https_and_stores_nothing(api, post, stored):
    api.fault("redirect", path="/api/v1/messages")
    answer = post()
    assert (answer.status, answer.headers["location"]) == (301, f"https://{api.host}/api/v1/messages")
    assert stored() == []


def test_redirect_goes_where_and_how_it_is_told(api, post):
    api.fault("redirect", status=307, location="http://127.0.0.1:9/elsewhere")
    answer = post()
    assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1:9/elsewhere")


def test_html_answers_200_with_a_page_and_stores_nothing(api, post, stored):
    api.fault("html", method="POST")
    answer = post()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<html>" in answer.body and stored() == []


def test_truncated_stores_and_sends_half_of_what_it_announces(api, post, stored):
    whole = len(post("w").body)
    api.fault("truncated", method="POST")
    with pytest.raises(http.client.IncompleteRead) as ended:
        post("x")
    assert (len(ended.value.partial), ended.value.expected) == (whole // 2, whole - whole // 2)
    assert ended.value.partial.startswith(b'{"data":{') and stored() == ["w", "x"]


def test_huge_answers_so_many_megabytes_of_json(api, post, stored):
    api.fault("huge", method="POST", size_mb=20)
    answer = post()
    assert (answer.status, len(answer.data), stored()) == (201, 20 << 20, ["x"])


def test_deep_answers_json_of_that_depth(api, post, stored):
    api.fault("deep", method="POST", depth=5000)
    answer = post()
    assert (answer.status, answer.body) == (201, b'{"data":' * 5000 + b"null" + b"}" * 5000)
    assert stored() == ["x"]


def test_lost_stores_and_closes_without_an_answer(api, post, stored):
    api.fault("lost", method="POST")
    with pytest.raises(http.client.RemoteDisconnected):
        post()
    assert stored() == ["x"]


def test_close_idle_waits_for_a_connection_that_was_used_before(api, conversation, stored):
    api.fault("close_idle", method="POST")
    fresh = Client("http://" + api.host)
    assert fresh.post_message(conversation, "first of its connection").status == 201
    with pytest.raises(http.client.RemoteDisconnected):
        fresh.post_message(conversation, "second")
    assert stored() == ["first of its connection", "second"]


def test_reset_stores_nothing_and_resets_the_connection(api, post, stored):
    api.fault("reset", method="POST")
    with pytest.raises(ConnectionResetError) as ended:
        post()
    assert ended.type is ConnectionResetError  # not RemoteDisconnected, which is one too
    assert stored() == []


@pytest.fixture
def send(api, conversation, standin):
    """Sends, on a connection of its own, and does not wait for the answer; returns once a fault has the request."""
    clients = []

    def posted(method="POST", path="/api/v1/messages"):
        left = sum(fault["times"] for fault in standin.faults_left())
        clients.append(Client("http://" + api.host))
        message = {"message": {"conversation_id": conversation, "type": "bot", "body": "x"}}
        clients[-1].send(method, path, message if method == "POST" else None)
        wait_until(lambda: sum(fault["times"] for fault in standin.faults_left()) < left, "the request", 30)
        return clients[-1]

    yield posted
    for client in clients:
        client.close()


def waits(client):
    client.connection.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.connection.sock.recv(1)
    return True


def test_slow_stores_at_once_and_answers_after_the_delay(api, send, stored):
    api.fault("slow", method="POST", delay_ms=600000)
    client = send()
    wait_until(lambda: stored() == ["x"], "the message while its answer waits", 30)
    assert waits(client)


def test_late_stores_nothing_before_the_delay_is_over(api, send, stored):
    api.fault("late", method="POST", delay_ms=600000)
    assert waits(send()) and stored() == []


def test_late_stores_after_the_delay_though_nobody_listens_any_more(api, send, stored):
    api.fault("late", method="POST", delay_ms=200)
    send().close()
    wait_until(lambda: stored() == ["x"], "the message after the delay", 30)


def test_busy_ms_delays_for_each_other_request_under_way(api, send):
    api.fault("slow", method="GET", times=2, busy_ms=600000)
    assert api.get("me").status == 200  # alone
    api.fault("slow", method="POST", delay_ms=600000)
    send()
    assert waits(send("GET", "/api/v1/me"))


def test_swapped_takes_effect_and_gives_the_answer_to_another_question(api, conversation, post, stored):
    posted = post().data
    answer = api.call("GET", f"/api/v1/messages/{posted['id']}").json
    api.fault("swapped", method="POST", of=f"/api/v1/messages/{posted['id']}")
    swapped = post()
    assert (swapped.status, swapped.json) == (201, answer)
    assert len(stored()) == 2
    api.fault("swapped", of=f"/api/v1/messages?conversation_id={conversation}&type=bot")
    assert len(api.get("me").data) == 3
    assert "account_id" in api.get("me").data


def test_a_fault_takes_only_what_fits_it_and_so_often(api, post, stored):
    api.fault("error_500", method="POST", path="/api/v1/messages", body_contains="bad", times=2)
    assert [post(body).status for body in ("good", "bad 1", "bad 2", "bad 3")] == [201, 500, 500, 201]
    assert api.get("me").status == 200 and stored() == ["good", "bad 3"]


def test_the_oldest_fault_that_fits_is_used_up_first(api, post):
    for status in (429, 503):
        api.fault("status", status=status)
    assert [fault["status"] for fault in api.call("GET", "/_standin/faults").json["faults"]] == [429, 503]
    assert [post().status for _ in range(3)] == [429, 503, 201]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"fault": "x"},
        {"fault": "lost", "times": -1},
        {"fault": "lost", "tymes": 1},
        {"fault": "slow", "delay_ms": 600001},
        {"fault": "huge", "size_mb": 201},
        {"fault": "status", "retry_after": [1]},
        {"fault": "status", "status": "500"},
        {"fault": "lost", "key": 5},
        {"fault": "error_500", "empty": 1},
        {"fault": "slow", "agent": "delete"},
        {"fault": "slow", "agent": "close", "agent_first": 1},
        {"fault": "slow", "skip": -1},
        {"fault": "swapped"},
        {"fault": "swapped", "of": 7},
        {"fault": "slow", "of": "/api/v1/me"},
        [1],
    ],
)
def test_a_fault_that_is_none_is_refused(api, wrong):
    answer = api.call("POST", "/_standin/faults", wrong)
    assert answer.status == 400 and "error" in answer.json
    assert api.call("GET", "/_standin/faults").json == {"faults": []}


def test_it_stops_at_once_while_requests_wait(api, standin, send):
    api.fault("slow", delay_ms=600000)
    send()
    standin.stop()


# Agents in the middle


@pytest.fixture
def status(api, conversation):
    return lambda: api.get(f"conversations/{conversation}").data["status"]


def test_skip_lets_so_many_that_fit_pass_and_what_passed_may_meet_another_fault(api, post, stored):
    api.fault("error_500", method="POST", skip=2)
    api.fault("status", method="POST", status=503, body_contains="second")
    assert [post(body).status for body in ("first", "second", "third", "fourth")] == [201, 503, 500, 201]
    assert stored() == ["first", "fourth"]


def test_an_agent_closes_what_was_just_posted_into(api, post, stored, status):
    api.fault("slow", method="POST", path="/api/v1/messages", agent="close")
    assert (post("x").status, status(), stored()) == (201, "closed", ["x"])
    assert (post("y").status, status()) == (201, "closed")


def test_an_agent_closes_before_the_post_arrives_or_while_its_answer_waits(api, send, status):
    api.fault("error_500", method="POST", agent="close", agent_first=True)
    assert send().receive().status == 500
    assert status() == "closed"
    api.fault("slow", method="POST", agent="reopen", delay_ms=600000)
    assert waits(send())
    wait_until(lambda: status() == "open", "the agent", 30)


def test_an_agent_acts_on_the_conversation_of_the_path_and_query_and_on_the_customers_newest(api, conversation, status):
    customer = api.get(f"conversations/{conversation}").data["customer_id"]
    listing = f"conversations?customer_id={customer}&status=open"
    for path, left in ((f"conversations/{conversation}", None), (listing, 1), ("messages?conversation_id=" + conversation, 1)):
        api.fault("slow", method="GET", agent="close")
        answer = api.get(path)
        assert answer.data["status"] == "open" if left is None else len(answer.data) == left
        assert status() == "closed"
        api.control("reopen", conversation_id=conversation)
        assert status() == "open"
    api.fault("slow", method="POST", agent="archive")
    made = api.create_conversation(customer, "newest")["id"]
    assert [one["id"] for one in api.get(listing).data] == [conversation]
    api.fault("slow", method="GET", path="/api/v1/me", agent="close", conversation_id=conversation)
    assert (api.get("me").status, status(), api.get(f"conversations/{made}").data["status"]) == (200, "closed", "open")
