"""The stand-in's chat page does as Papercups' widget does: no row, no lobby; closed, nothing is shown or seen."""

import json

import browser as chromium
import pytest
from broker import wait_until

pytestmark = pytest.mark.skipif(not chromium.there_is_one(), reason="there is no chromium")
MESSAGES = "[...document.querySelectorAll('.message .bubble')].map(one => one.textContent).join('|')"


@pytest.fixture
def page(browser, standin):
    """Opens the page of a customer and waits until it has joined what it can; at the end, nothing may have gone wrong."""
    browser.complaints.clear()

    def opened(customer):
        browser.open(f"{standin.url}/chat?external_id={customer}&host=shop.example")
        browser.until("/·.*(live|lobby|broken)/.test(document.getElementById('state').textContent)")

    yield opened
    assert browser.complaints == []
    browser.ask("Page.navigate", url="about:blank")


@pytest.fixture
def conversation(api):
    return api.create_conversation(api.create_customer("ada")["id"], "hello")["id"]


@pytest.fixture
def seen(standin):
    return lambda: [message["seen"] for message in standin.messages("ada")]


def shows(browser, *bodies):
    browser.until(f"{MESSAGES} === {json.dumps('|'.join(bodies))}")


def hold_joins(browser):
    """Joins of conversations wait in the page's `joins` until they are called; none does once that is null."""
    browser.run(
        "window.joins = [], window.asked = fetch, window.fetch = (path, ...more) => "
        "/topic=conversation%3A[^l].*/.test(path) && !path.includes('after=') && window.joins "
        "? new Promise((go) => joins.push(go)).then(() => asked(path, ...more)) : asked(path, ...more), 0"
    )


def test_messages_appear_live_and_are_seen(browser, page, api, conversation, seen):
    page("ada")
    shows(browser, "hello")
    api.post_message(conversation, "and **more**")
    shows(browser, "hello", "and more")
    wait_until(lambda: seen() == [True, True], "both to be seen")


def test_without_a_row_there_is_no_lobby_and_a_new_conversation_does_not_appear(browser, page, api):
    page("ada")
    browser.until("document.body.innerText.includes('no lobby')")
    assert "no row of this customer" in browser.text()
    api.create_conversation(api.create_customer("ada")["id"], "hello")
    # It asks nothing any more; what it had asked before is answered before what is asked now.
    assert browser.run("fetch('/chat/account').then(answer => answer.ok)")
    assert browser.run(MESSAGES) == "" and "no lobby" in browser.text()
    browser.click("Show")
    shows(browser, "hello")


def test_once_the_page_identifies_the_customer_a_conversation_appears_live(browser, page, api):
    page("ada")
    browser.until("document.body.innerText.includes('no lobby')")
    browser.click("Identify the customer")
    browser.until("document.body.innerText.includes('in the lobby')")
    [row] = api.get("customers?external_id=ada").data
    assert (row["host"], row["email"]) == ("shop.example", None)
    api.create_conversation(row["id"], "hello")
    shows(browser, "hello")


def test_rows_without_a_host_or_of_another_one_are_not_found(browser, page, api):
    row = api.create_customer("ada", host=None)
    api.create_conversation(row["id"], "hello")
    other = api.create_customer("ada", host="blog.example", email="ada@blog.example")
    api.create_conversation(other["id"], "of the blog")
    page("ada")
    browser.until("document.body.innerText.includes('no lobby')")
    assert browser.run(MESSAGES) == ""
    api.call("PUT", f"/api/v1/customers/{row['id']}", {"customer": {"host": "shop.example"}})
    browser.click("Show")
    shows(browser, "hello")
    browser.fill("host", "Blog.example")
    browser.fill("email", "ada@blog.example")
    browser.click("Show")
    shows(browser, "of the blog")
    browser.fill("email", "eve@blog.example")
    browser.click("Show")
    browser.until("document.body.innerText.includes('no lobby')")


def test_what_is_posted_between_fetch_and_join_appears_when_the_page_is_shown_anew(browser, page, api):
    row = api.create_customer("ada")
    page("ada")
    browser.until("document.body.innerText.includes('in the lobby')")
    hold_joins(browser)
    conversation = api.create_conversation(row["id"], "hello")["id"]
    browser.until("joins.length === 1")
    shows(browser, "hello")
    api.post_message(conversation, "in the blind second")
    browser.run("joins.pop()(), joins = null")
    browser.until("performance.getEntriesByType('resource').filter(one => one.name.includes('_standin/socket')).length >= 3")
    api.post_message(conversation, "behind it")
    shows(browser, "hello", "behind it")
    browser.click("Show")
    shows(browser, "hello", "in the blind second", "behind it")


def test_what_the_customer_says_before_the_join_is_said_upon_it(browser, page, api):
    row = api.create_customer("ada")
    page("ada")
    browser.until("document.body.innerText.includes('in the lobby')")
    hold_joins(browser)
    api.create_conversation(row["id"], "hello")
    browser.until("joins.length === 1")
    browser.fill("text", "Yes?")
    browser.press("Enter")
    browser.until("document.getElementById('text').value === ''")
    browser.run("joins.pop()(), joins = null")
    shows(browser, "hello", "Yes?")


def test_what_the_customer_writes_makes_the_row_and_the_conversation(browser, page, api):
    page("ada")
    browser.until("document.body.innerText.includes('no lobby')")
    browser.fill("text", "Hello?")
    browser.press("Enter")
    shows(browser, "Hello?")
    [row] = api.get("customers?external_id=ada").data
    [conversation] = api.get(f"conversations?customer_id={row['id']}").data
    assert (row["host"], conversation["messages"][0]["customer_id"]) == ("shop.example", row["id"])
    api.post_message(conversation["id"], "Yes?")
    shows(browser, "Hello?", "Yes?")


def test_quick_replies_that_are_none_take_the_chat_away_until_they_are_not_the_last(browser, page, api, conversation):
    page("ada")
    shows(browser, "hello")
    api.post_message(conversation, "Well?", metadata={"quick_replies": [{"text": "Yes"}, None]})
    browser.until("document.body.innerText.includes('An unexpected error has occurred')")
    assert browser.run(MESSAGES) == ""
    api.post_message(conversation, "behind it")
    browser.click("Show")
    shows(browser, "hello", "Well?", "behind it")


def test_a_conversation_of_source_api_is_invisible(browser, page, api):
    api.create_conversation(api.create_customer("ada")["id"], "hello", source="api")
    page("ada")
    browser.until("document.body.innerText.includes('no open conversation')")


def test_a_closed_widget_shows_nothing_and_nothing_is_seen_until_it_is_opened(browser, page, api, conversation, seen):
    page("ada")
    shows(browser, "hello")
    wait_until(lambda: seen() == [True], "hello to be seen")
    browser.click("Close chat")
    api.post_message(conversation, "while closed")
    # The page listens on only once it has the message: then it has come, and is still not drawn.
    browser.until("performance.getEntriesByType('resource').filter(one => one.name.includes('_standin/socket')).length >= 2")
    assert "while closed" not in browser.text() and "hello" not in browser.text()
    assert seen() == [True, False]
    browser.click("Open chat")
    shows(browser, "hello", "while closed")
    wait_until(lambda: seen() == [True, True], "the other one to be seen")


def test_a_quick_reply_is_sent_with_its_action_and_its_buttons_go(browser, page, api, conversation, standin):
    metadata = {"quick_replies": [{"text": "Reset my password", "action": "reset"}]}
    api.post_message(conversation, "Need a hand?", metadata=metadata)
    page("ada")
    shows(browser, "hello", "Need a hand?")
    browser.click("Reset my password")
    shows(browser, "hello", "Need a hand?", "Reset my password")
    assert standin.messages("ada")[-1]["metadata"] == {"reply_action": "reset"}
    assert browser.run("document.getElementById('replies').hidden")


def test_emoji_are_broken_pictures_and_nothing_has_a_direction_of_its_own(browser, page, api, conversation):
    api.post_message(conversation, "Hi 😀 :) :wave: 🥰 `:)` https://shop.example/:P\n\nשלום!")
    page("ada")
    browser.until("document.querySelectorAll('.message').length === 2")
    assert browser.run("[...document.querySelectorAll('.picture')].map(one => one.textContent)") == ["😀", ":)", ":wave:"]
    letter, sign = browser.run("""[...'ש!'].map((character) => {
      const text = [...document.querySelector('.message:last-child p:last-child').childNodes].at(-1), range = document.createRange();
      range.setStart(text, text.data.indexOf(character)), range.setEnd(text, text.data.indexOf(character) + 1);
      return range.getBoundingClientRect().x;
    })""")
    assert letter < sign
