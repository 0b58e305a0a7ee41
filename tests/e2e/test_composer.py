"""The composer as people use it: its page in Chromium, on a real gate, worker and Kafka, beside the stand-in's chat page."""

import json
import re

import browser as chromium
import pytest
from broker import ROOT, wait_until
from browser import CONTROL
from composer import DASHBOARD, Composer, ComposerWorld

PHOTOGRAPHS = ROOT / "tests/.cache/screenshots"  # to be looked at, also after tests that passed
pytestmark = pytest.mark.skipif(not chromium.there_is_one(), reason="there is no chromium")

NEED_HELP = {
    "body": "Hello {{name}}, need a hand with {{order}}? See [your order]({{link}}).\n\n* pick one\n* or just **write**",
    "quick_replies": ["Reset my password", {"text": "Where is {{order}}?", "action": "order_status"}, "Talk to a person"],
    "metadata": {"order_id": "{{order}}", "from": {"nested": [1, 2]}},
    "ttl": 45,
    "deliver_within": 3600,
    "blanks": {
        "name": {"type": "text", "default": "there"}, "order": {"type": "text"},
        "link": {"type": "url", "default": "https://shop.example/help"},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory, kafka):
    made = ComposerWorld(tmp_path_factory.mktemp("composer"), kafka, kafka.topics())
    yield made
    made.close()


class Files:
    """The directory of messages; empty at each test's beginning."""

    def __init__(self, directory):
        self.directory = directory
        for path in directory.iterdir():
            path.unlink()

    def path(self, name):
        return self.directory / f"{name}.json"

    def put(self, name, message):
        self.path(name).write_text(message if isinstance(message, str) else json.dumps(message, indent=2))

    def get(self, name):
        return json.loads(self.path(name).read_text())

    def names(self):
        return sorted(path.stem for path in self.directory.iterdir())


@pytest.fixture
def files(world):
    return Files(world.messages)


def own_complaints(page):
    """What scripts threw, and what the page's policy forbade; that the gate says no is what tests are about."""
    return [one for one in page.complaints if one.get("entry", {}).get("source") != "network"]


@pytest.fixture
def tab(browser, composer):
    """Opens tabs of the composer's page by the address that the gate printed; nothing may go wrong in them."""
    opened = []

    def open_tab(view="#messages", width=1280):
        page = browser.another()
        opened.append(page)
        page.size(width, 900)
        page.ask("Page.navigate", url=composer.address)
        page.until("location.hash === '#messages'")
        go(page, view)
        return page

    yield open_tab
    for page in opened:
        assert own_complaints(page) == []
        page.close()


@pytest.fixture
def chat(browser, world):
    """The customer's page."""
    opened = []

    def open_chat(customer):
        page = browser.another()
        opened.append(page)
        page.ask("Page.navigate", url=f"{world.standin.url}/chat?external_id={customer}&host=shop.example")
        page.until("document.readyState === 'complete' && document.getElementById('state')?.textContent.includes('·')")
        return page

    yield open_chat
    for page in opened:
        assert page.complaints == []
        page.close()


def go(page, view):
    """Another view, as by its link."""
    page.run(f"location.hash = {json.dumps(view)}")
    name = view[1:].split("/")[0]
    page.until(f"!document.getElementById({json.dumps(name)}).hidden")


def shown(page, element_id):
    return page.run(f"document.getElementById({json.dumps(element_id)}).checkVisibility()")


def text_of(page, element_id):
    return page.run(f"document.getElementById({json.dumps(element_id)}).innerText")


def until_text(page, element_id, words):
    page.until(f"document.getElementById({json.dumps(element_id)}).innerText.includes({json.dumps(words)})")


def error_at(page, field, words):
    """The mistake is told at the field, which has the focus."""
    page.until(f"document.querySelector('[data-field={json.dumps(field)}] .of-field')?.innerText.includes({json.dumps(words)}) === true")
    assert page.run("document.activeElement.getAttribute('aria-invalid')") == "true"


def fill_in(page, **values):
    for name, value in values.items():
        page.until(f"document.querySelector('[data-field=\"blanks.{name}\"] input') !== null && !document.getElementById('sign').hidden")
        element_id = page.run(f"document.querySelector('#fill [data-field=\"blanks.{name}\"] input').id")
        page.fill(element_id, value)


def sign(page, message, to, **values):
    go(page, f"#sign/{message}")
    page.until(f"document.getElementById('sign-message').value === {json.dumps(message)}")
    page.fill("to", to)
    fill_in(page, **values)
    page.click("Sign")


def signed(page):
    """The record that the page shows."""
    page.until("!document.getElementById('record').hidden && document.activeElement.id === 'record-title'")
    page.choose("copy-as", "json")
    return json.loads(text_of(page, "code"))


def event_id_of(record):
    return record["headers"]["webhook-id"]


@pytest.fixture
def known(papercups, customer):
    """A customer whom Papercups has, with an open conversation."""
    row = papercups.create_customer(customer, name="Ada", email="ada@example.com")
    papercups.create_conversation(row["id"], "hello")
    return customer


# ---- the whole story ----


def test_from_writing_a_message_to_the_customers_answer(tab, chat, files, world, customer):
    page = tab()
    page.click("New message")
    page.fill("name", "need-help")
    page.fill("body", "Hello {{name}}, need a **hand**?")
    for number, text in enumerate(("Reset my password", "Talk to a person")):
        page.click("Add a quick reply")
        page.fill(f"reply-{number}", text)
    page.fill("action-0", "reset")
    page.fill("default-0", "there")
    until_text(page, "editor-preview", "Hello there, need a hand?")
    assert page.run("document.querySelector('#editor-preview strong').innerText") == "hand"
    page.click("Save")
    until_text(page, "editor-state", "Saved")
    assert files.get("need-help") == {
        "body": "Hello {{name}}, need a **hand**?",
        "quick_replies": [{"text": "Reset my password", "action": "reset"}, "Talk to a person"],
        "blanks": {"name": {"type": "text", "default": "there"}},
    }  # fmt: skip

    customers = chat(customer)
    customers.click("Identify the customer")
    customers.until("document.body.innerText.includes('in the lobby')")

    page.front()
    sign(page, "need-help", customer, name="Ada")
    record = signed(page)
    assert record["key"] == f"acme/e/{customer}"
    assert re.search(r"Expires in \d+ s", text_of(page, "countdown"))
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    assert text_of(page, "outcome").startswith("Delivered (not a read receipt) ")
    [message] = world.standin.messages(customer)
    page.until("document.querySelector('#outcome a') !== null")
    assert page.run("document.querySelector('#outcome a').href").startswith(f"{DASHBOARD}/conversations/all/{message['conversation_id']}")

    customers.front()
    customers.until("document.body.innerText.includes('Hello Ada, need a hand?')")
    customers.click("Reset my password")
    wait_until(lambda: len(world.standin.messages(customer)) == 2, "the customer's answer")
    assert world.standin.messages(customer)[1]["metadata"] == {"reply_action": "reset"}

    page.front()
    go(page, "#history")
    until_text(page, "entries", customer)
    entry = page.run("document.querySelector('#entries li').innerText")
    assert "Delivered (not a read receipt)" in entry and "need-help" in entry and event_id_of(record) in entry


def delivered(page, papercups, to):
    """To a customer whom Papercups has; none else is written to without being asked."""
    row = papercups.create_customer(to)
    papercups.create_conversation(row["id"], "hello")
    sign(page, "hi", to)
    signed(page)
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")


def rows_of(page, customer):
    """The history's rows that name the customer, as text."""
    rows = page.run("[...document.querySelectorAll('#entries li')].map((one) => one.innerText)")
    return [row for row in rows if customer in row]


def note_what_is_asked(page):
    """From now on the page has the events in `asked` that it asks whether they were seen."""
    page.run("""{
        const call = window.fetch;
        window.asked = [];
        window.fetch = (path, options) => {
            if (path === "api/seen") window.asked.push(JSON.parse(options.body).event_id);
            return call(path, options);
        };
    }""")


def ids_of_rows(page):
    return page.run("[...document.querySelectorAll('#entries li')].map((row) => row.querySelector('code').innerText)")


def test_the_history_says_who_has_seen_a_message_and_of_others_nothing(tab, files, world, papercups, customer):
    files.put("hi", {"body": "Hello"})
    page = tab()
    note_what_is_asked(page)
    for to in (customer, customer + "-away"):
        delivered(page, papercups, to)
    world.widget(customer).shown()  # it is loaded with the conversation, and says so
    go(page, "#history")
    until_text(page, "entries", "Seen ")
    [seen], [away] = rows_of(page, customer + " "), rows_of(page, customer + "-away")
    assert re.search(r"Delivered \(not a read receipt\) hi to \S+ Seen \d\d:\d\d", seen), seen
    assert "Seen" not in away and "Delivered (not a read receipt)" in away
    assert page.run("document.querySelector('#entries .seen time').dateTime").startswith("20")
    seen_id = ids_of_rows(page)[1]
    delivered(page, papercups, customer + "-third")
    go(page, "#history")
    until_text(page, "entries", customer + "-third")
    third_id = ids_of_rows(page)[0]
    page.until(f"asked.includes({json.dumps(third_id)})")
    assert "Seen " in rows_of(page, customer + " ")[0]
    assert page.run("asked").count(seen_id) == 1


def test_only_rows_on_the_screen_are_asked_for(tab, files, papercups, customer):
    files.put("hi", {"body": "Hello"})
    page = tab()
    note_what_is_asked(page)
    for number in range(6):
        delivered(page, papercups, f"{customer}-{number}")
    page.size(1280, 330)
    go(page, "#history")
    until_text(page, "entries", f"{customer}-0")
    first, *between, last = ids_of_rows(page)[:6]
    page.until(f"asked.includes({json.dumps(first)})")
    page.run("document.querySelectorAll('#entries li')[5].scrollIntoView({ block: 'end' })")
    page.until(f"asked.includes({json.dumps(last)})")
    assert between[1] not in page.run("asked")


def tab_to(page, element_id, presses=80):
    """With the Tab key alone; what has the focus can be seen at every step."""
    for _ in range(presses):
        page.press("Tab")
        seen = page.run("(one => [one.id, getComputedStyle(one).outlineStyle, one.checkVisibility()])(document.activeElement)")
        assert seen[1] != "none" and seen[2], seen
        if seen[0] == element_id:
            return
    raise AssertionError(f"{presses} times Tab, and {element_id} was not reached")


def test_all_of_it_can_be_done_with_the_keyboard_alone(tab, files, world, known):
    page = tab()
    page.front()
    tab_to(page, "new")
    page.press("Enter")
    page.until("document.activeElement.id === 'name'")
    page.type("by-keyboard")
    tab_to(page, "body")
    page.type("Typed for {{who}}")
    tab_to(page, "add-reply")
    page.press("Enter")
    page.type("Thanks")
    page.press("s", CONTROL)
    until_text(page, "editor-state", "Saved: by-keyboard.json")
    assert files.get("by-keyboard")["quick_replies"] == ["Thanks"]
    tab_to(page, "to-sign")
    page.press("Enter")
    page.until("!document.getElementById('sign').hidden && document.getElementById('sign-message').value === 'by-keyboard'")
    tab_to(page, "to")
    page.type(known)
    until_text(page, "found", "Ada (ada@example.com)")
    tab_to(page, "fill-0")
    page.type("Ada")
    page.press("Enter")
    signed(page)
    tab_to(page, "send")
    page.press("Enter")
    until_text(page, "outcome", "Papercups holds the message")
    assert world.standin.messages(known)[-1]["body"] == "Typed for Ada"


# ---- messages ----


def test_a_form_shows_all_that_its_file_says_and_saves_it_as_it_was(tab, files):
    files.put("need-help", NEED_HELP)
    page = tab("#messages/need-help")
    page.fill("body", NEED_HELP["body"] + "!")
    page.click("Save")
    until_text(page, "editor-state", "Saved")
    assert files.get("need-help") == {**NEED_HELP, "body": NEED_HELP["body"] + "!"}


def test_a_change_on_disk_shows_up(tab, files):
    page = tab()
    files.put("outage", {"body": "We are down."})
    until_text(page, "list", "outage")
    go(page, "#messages/outage")
    page.until("document.getElementById('body').value === 'We are down.'")
    files.put("outage", {"body": "We are back."})
    page.until("document.getElementById('body').value === 'We are back.'")
    until_text(page, "editor-preview", "We are back.")
    files.path("outage").unlink()
    page.until("document.querySelectorAll('#list a').length === 0")


def test_a_broken_file_is_shown_as_broken_and_never_overwritten(tab, files):
    files.put("half", '{"body": ')
    page = tab("#messages/half")
    until_text(page, "broken-why", "half.json: ")
    assert "broken" in text_of(page, "list") and not shown(page, "editor")
    page.click("New message")
    page.fill("name", "half")
    page.fill("body", "over it")
    page.click("Save")
    error_at(page, "name", "half")
    assert files.path("half").read_text() == '{"body": ' and page.run("document.getElementById('body').value") == "over it"
    go(page, "#messages/half")
    files.put("half", {"body": "fixed"})
    page.until("document.getElementById('body').checkVisibility() && document.getElementById('body').value === 'fixed'")


@pytest.mark.parametrize("choice", ["Save mine instead", "Keep both: save mine as a new one", "Take theirs"])
def test_who_saves_second_is_told_and_nothing_is_lost(tab, files, choice):
    files.put("shared", {"body": "first"})
    one, two = tab("#messages/shared"), tab("#messages/shared")
    for page in (one, two):
        page.until("document.getElementById('body').value === 'first'")
    two.fill("body", "from two")
    one.front()
    one.fill("body", "from one")
    one.click("Save")
    until_text(one, "editor-state", "Saved")
    two.front()
    two.until("document.getElementById('editor-state').innerText.includes('changed elsewhere')")
    two.click("Save")
    until_text(two, "conflict", "from one")
    assert files.get("shared") == {"body": "from one"} and two.run("document.getElementById('body').value") == "from two"
    assert two.run("document.getElementById('conflict').contains(document.activeElement)")
    two.click(choice)
    if choice == "Save mine instead":
        wait_until(lambda: files.get("shared") == {"body": "from two"}, "mine in the file")
    elif choice == "Take theirs":
        two.until("document.getElementById('body').value === 'from one'")
        assert files.get("shared") == {"body": "from one"}
    else:
        two.until("document.getElementById('name').value === 'shared-copy'")
        two.click("Save")
        wait_until(lambda: files.names() == ["shared", "shared-copy"], "both files")
        assert (files.get("shared"), files.get("shared-copy")) == ({"body": "from one"}, {"body": "from two"})


def test_a_message_is_renamed_duplicated_and_deleted(tab, files):
    files.put("old", NEED_HELP)
    files.put("taken", {"body": "there"})
    page = tab("#messages/old")
    page.click("Rename…")
    page.fill("ask-input", "taken")
    page.press("Enter")
    until_text(page, "ask-error", "taken")
    page.fill("ask-input", "No Good")
    page.press("Enter")
    until_text(page, "ask-error", "a-z, 0-9 and -")
    page.fill("ask-input", "new")
    page.press("Enter")
    page.until("location.hash === '#messages/new'")
    assert files.names() == ["new", "taken"] and files.get("new") == NEED_HELP
    page.click("Duplicate")
    page.until("document.getElementById('name').value === 'new-copy'")
    page.click("Save")
    page.until("location.hash === '#messages/new-copy'")
    assert files.get("new-copy") == NEED_HELP
    page.click("Delete…")
    page.press("Escape")
    assert "new-copy" in files.names()
    page.click("Delete…")
    page.click("Delete")
    page.until("location.hash === '#messages'")
    assert files.names() == ["new", "taken"]


@pytest.mark.parametrize(("element_id", "text", "field", "words"), [
    ("body", "", "body", "Nothing is written"), ("body", "`{{name}}`", "body", "backticks"),
    ("ttl", "61", "ttl", "60"), ("within", "200", "deliver_within", "604800"), ("reply-0", "", "quick_replies[0]", "no text"),
])  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_what_was_written_stays(tab, files, element_id, text, field, words):
    files.put("need-help", NEED_HELP)
    page = tab("#messages/need-help")
    if element_id == "within":
        page.choose("within-unit", "3600")
    page.fill(element_id, text)
    page.click("Save")
    error_at(page, field, words)
    assert page.run(f"document.getElementById({json.dumps(element_id)}).value") == text
    assert files.get("need-help") == NEED_HELP


def test_what_is_not_saved_outlives_a_reload_and_another_view(tab, files):
    files.put("need-help", NEED_HELP)
    page = tab("#messages/need-help")
    page.fill("body", "half a sentence")
    go(page, "#history")
    go(page, "#messages/need-help")
    assert page.run("document.getElementById('body').value") == "half a sentence"
    page.run("window.before = true")
    page.ask("Page.reload")
    page.until("!window.before && document.getElementById('body')?.checkVisibility() === true && document.getElementById('body').value === 'half a sentence'")
    assert "not saved" in text_of(page, "list")
    page.click("Discard changes")
    page.until(f"document.getElementById('body').value === {json.dumps(NEED_HELP['body'])}")


def test_the_preview_shows_html_as_text_and_quick_replies_on_the_last_message_only(tab, files):
    evil = "<img src=x onerror=alert(1)> <script>alert(2)</script> [a](javascript:alert(3)) **b**"
    files.put("evil", {"body": evil, "quick_replies": [{"text": "<b>Yes</b>", "action": "yes"}]})
    page = tab("#messages/evil")
    until_text(page, "editor-preview", "<img src=x onerror=alert(1)>")
    assert page.run("document.querySelectorAll('#editor-preview :is(img, script, a, b)').length") == 0
    page.click("<b>Yes</b>")
    until_text(page, "editor-preview", "metadata.reply_action: yes")
    assert page.run("document.querySelectorAll('#editor-preview .replies').length") == 0
    page.click("Show them again")
    assert page.run("document.querySelectorAll('#editor-preview .replies button').length") == 1


WAVE = {
    "body": "Hello 😀 {{name}} :), [write](mailto:office@shop.example) :wave:!\nStatus:open `:D`",
    "blanks": {"name": {"type": "text", "default": "there"}},
}


def test_emoji_are_broken_pictures_as_in_the_widget_and_can_be_taken_out(tab, files):
    files.put("wave", WAVE)
    page = tab("#messages/wave")
    until_text(page, "editor-preview", "broken ones")
    pictures = "[...document.querySelectorAll('#editor-preview .theirs .picture')].map(one => one.textContent)"
    assert page.run(pictures) == ["😀", ":)", ":wave:", ":o"]
    page.click("Take them out")
    assert page.run(pictures) == [] and "broken" not in text_of(page, "editor-preview")
    page.click("Save")
    until_text(page, "editor-state", "Saved")
    assert files.get("wave")["body"] == "Hello {{name}}, [write](mailto:office@shop.example)!\nStatus: open `:D`"


def test_emoji_of_a_value_or_of_nothing_else_are_told_and_nothing_is_offered(tab, files):
    files.put("hi", {"body": "Hi {{name}}", "blanks": {"name": {"type": "text", "default": "Ada 😀"}}})
    files.put("smile", {"body": "🙂"})
    page = tab()
    for name in ("hi", "smile"):
        go(page, f"#messages/{name}")
        until_text(page, "editor-preview", "broken ones")
        assert "Take them out" not in text_of(page, "editor-preview")


# Where a character stands in the customer's chat of the preview.
PLACE = """(character => {
  const walker = document.createTreeWalker(document.querySelector('#editor-preview .theirs .bubble'), NodeFilter.SHOW_TEXT);
  for (let at; walker.nextNode();)
    if ((at = walker.currentNode.data.indexOf(character)) >= 0) {
      const range = document.createRange();
      range.setStart(walker.currentNode, at), range.setEnd(walker.currentNode, at + 1);
      return range.getBoundingClientRect().x;
    }
})"""


def test_right_to_left_lines_are_put_into_isolates(tab, files, world, known):
    body = "שלום {{name}}, מה שלומך (2024)!\n* אחת?\n> https://shop.example\n\nHello שלום"
    files.put("hi", {"body": body, "blanks": {"name": {"type": "text", "default": "Ada"}}})
    page = tab("#messages/hi")
    until_text(page, "editor-preview", "left to right only")
    assert page.run(f"{PLACE}('!') > {PLACE}('ש')"), "as the widget shows it"
    page.click("Put the marks in")
    assert page.run(f"{PLACE}('!') < {PLACE}('ש')"), "right to left"
    assert "left to right only" not in text_of(page, "editor-preview")
    page.click("Save")
    until_text(page, "editor-state", "Saved")
    marked = "\u2067שלום {{name}}, מה שלומך (2024)!\u2069\n* \u2067אחת?\u2069\n> https://shop.example\n\nHello שלום"
    assert files.get("hi")["body"] == marked
    sign(page, "hi", known, name="Grace")
    signed(page)
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    assert world.standin.messages(known)[-1]["body"] == marked.replace("{{name}}", "Grace")


# ---- sign and send ----


def test_nobody_is_made_by_a_slip(tab, files, world, customer):
    files.put("hi", {"body": "Hi"})
    page = tab()
    sign(page, "hi", customer)
    until_text(page, "found", "Confirm")
    assert not shown(page, "sign-error"), "once, where it is"
    page.until("document.activeElement.id === 'confirmed'")
    assert not shown(page, "record") and world.standin.messages(customer) == []
    page.run("document.getElementById('confirmed').click()")
    page.fill("to", customer + "x")  # another one: the confirmation was not for that
    page.click("Sign")
    until_text(page, "found", "Confirm")
    page.until("document.getElementById('confirmed-text').innerText.includes('x\"')")
    page.run("document.getElementById('confirmed').click()")
    page.fill("to-name", "Ada")
    page.click("Sign")
    record = signed(page)
    assert json.loads(record["value"])["to"] == {"customer": {"external_id": customer + "x", "name": "Ada"}}
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")


def test_a_value_cannot_be_a_link(tab, chat, files, known):
    files.put("hi", {"body": "Hi {{name}}", "blanks": {"name": {"type": "text"}}})
    page = tab()
    sign(page, "hi", known, name="[x](//evil) <https://evil> **b**")
    signed(page)
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    assert page.run("document.querySelectorAll('#sign-preview .bubble :is(a, strong)').length") == 0
    until_text(page, "sign-preview", "Hi [x](//evil) <https://evil> **b**")
    customers = chat(known)
    customers.until("document.body.innerText.includes('Hi [x](//evil) <https://evil> **b**')")
    assert customers.run("document.querySelectorAll('#log a').length") == 0


def test_a_link_leads_to_the_known_hosts_only(tab, files, known):
    value = "https://evil.example/"
    files.put("need-help", NEED_HELP)
    page = tab()
    sign(page, "need-help", known, order="o_99", link=value)
    error_at(page, "blanks.link", "link hosts")
    assert not shown(page, "record") and page.run("document.activeElement.value") == value
    fill_in(page, link="https://eu.help.example/a(b)")
    page.click("Sign")
    assert "(https://eu.help.example/a%28b%29)" in json.loads(signed(page)["value"])["message"]["body"]


def test_a_placeholder_that_has_to_be_filled_in_is_asked_for(tab, files, known):
    files.put("need-help", NEED_HELP)
    page = tab()
    sign(page, "need-help", known)
    error_at(page, "blanks.order", "order")


def test_an_expiry_while_one_looks_is_told_and_signed_again(tab, files, world, known):
    files.put("short", {"body": "Quick", "ttl": 1})
    page = tab()
    sign(page, "short", known)
    first = signed(page)
    until_text(page, "countdown", "Expired")
    assert not shown(page, "send") and "expires" in page.run("document.getElementById('said').textContent.toLowerCase()").replace("expired", "expires")
    files.put("short", {"body": "Slow", "ttl": 60})
    page.until("document.getElementById('sign-preview').innerText.includes('Slow')")
    page.click("Sign again")
    page.until("document.getElementById('send').checkVisibility()")
    second = signed(page)
    assert event_id_of(first) != event_id_of(second)
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    assert world.standin.messages(known)[-1]["body"] == "Slow"


def test_what_was_changed_after_signing_is_not_sent_before_it_is_signed_again(tab, files, world, known):
    files.put("hi", {"body": "Hi {{name}}", "blanks": {"name": {"type": "text"}}})
    page = tab()
    sign(page, "hi", known, name="Ada")
    signed(page)
    until_text(page, "sign-shows", "what was signed")
    fill_in(page, name="Grace")
    until_text(page, "sign-preview", "Hi Grace")
    assert shown(page, "changed") and page.run("document.getElementById('send').disabled")
    assert "not what was signed" in text_of(page, "sign-shows")
    page.click("Sign")
    assert json.loads(signed(page)["value"])["message"]["body"] == "Hi Grace"
    assert "not what" not in text_of(page, "sign-shows") and not shown(page, "changed")
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    assert [message["body"] for message in world.standin.messages(known)][-1] == "Hi Grace"


def test_what_became_of_one_message_is_not_shown_beside_the_next_ones_failure(tab, files, known):
    files.put("hi", {"body": "Hi {{name}}", "blanks": {"name": {"type": "text"}}})
    page = tab()
    # Its countdown goes on slowly, and so is under way when the record goes.
    page.run("(window.real = setInterval, window.stopped = [], window.realClear = clearInterval,"
             " window.setInterval = (tick) => real(tick, 1e9),"
             " window.clearInterval = (timer) => (stopped.push(timer), realClear(timer)), true)")  # fmt: skip
    sign(page, "hi", known, name="Ada")
    signed(page)
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    page.run("stopped = []")
    fill_in(page, name="")
    page.click("Sign")
    error_at(page, "blanks.name", "name")
    assert not shown(page, "record")
    assert page.run("stopped.some((timer) => timer > 0)")


def test_what_is_signed_while_kafka_takes_its_time_with_another_is_not_taken_for_sent(tab, files, world, known):
    files.put("hi", {"body": "Hi {{name}}", "blanks": {"name": {"type": "text"}}})
    page = tab()
    page.run("(window.plain = fetch, window.fetch = (path, init) => !path.includes('publish') ? plain(path, init) :"
             " new Promise((resolve) => window.goOn = resolve).then(() => plain(path, init)).then(async (answer) => {"
             " await answer.clone().text(); setTimeout(() => window.answered = true); return answer; }), true)")  # fmt: skip
    sign(page, "hi", known, name="Ada")
    first = event_id_of(signed(page))
    page.click("Send")
    page.until("window.goOn !== undefined")
    fill_in(page, name="Grace")
    page.click("Sign")
    page.until(f"!document.getElementById('facts').innerText.includes({json.dumps(first)})")
    signed(page)
    page.run("(window.fetch = plain, goOn(), true)")
    page.until("window.answered === true")
    assert "Expires in" in text_of(page, "countdown") and shown(page, "send")
    page.click("Send")
    until_text(page, "outcome", "Papercups holds the message")
    wait_until(lambda: [message["body"] for message in world.standin.messages(known)][-2:] == ["Hi Ada", "Hi Grace"], "both")


def test_what_cannot_be_delivered_is_told_with_its_reason(tab, files, known, world):
    files.put("hi", {"body": "Hi there, refuse me"})
    page = tab()
    world.standin.fault("status", "Hi there, refuse me", status=422)
    sign(page, "hi", known)
    signed(page)
    page.click("Send")
    until_text(page, "outcome", "Papercups refused it")
    assert shown(page, "again")


def test_a_papercups_that_does_not_answer_keeps_what_was_written(tab, files, world, customer):
    files.put("hi", {"body": "Hi"})
    world.standin.call("POST", "/_standin/faults", {
        "fault": "status", "status": 500, "method": "GET", "path": "/api/v1/customers", "times": 100,
    })  # fmt: skip
    page = tab()
    sign(page, "hi", customer)
    until_text(page, "sign-error", "Papercups")
    # The lookup, which begins a moment after the last key, ends after the signing: it does not say the same again.
    page.until("performance.getEntriesByType('resource').some(one => one.name.endsWith('/lookup'))")
    page.until("document.getElementById('found').innerText === ''")
    assert page.run("document.getElementById('to').value") == customer
    world.standin.call("DELETE", "/_standin/faults")


def test_what_is_copied_is_quoted(tab, files, papercups, customer):
    to = f"{customer}'$(id)"
    papercups.create_customer(to, name="Ada")
    files.put("hi", {"body": "Hi '$(id)`id`"})
    page = tab()
    sign(page, "hi", to)
    signed(page)
    for kind in ("shell", "kcat"):
        page.choose("copy-as", kind)
        code = text_of(page, "code")
        assert f"-k 'acme/e/{customer}'\\''$(id)'" in code and "Hi '\\''$(id)`id`" in code
    page.choose("copy-as", "python")
    assert f'key="acme/e/{customer}\'$(id)"' in text_of(page, "code")


# ---- the token ----


def test_without_the_token_the_page_asks_for_it_and_keeps_it_out_of_the_address(browser, composer):
    page = browser.another()
    page.ask("Page.navigate", url=composer.url + "/composer/")
    page.until("document.getElementById('ask')?.open === true")
    page.fill("ask-input", "no token in here")
    page.press("Enter")
    until_text(page, "ask-error", "no token")
    page.fill("ask-input", composer.address)
    page.press("Enter")
    page.until("!document.getElementById('ask').open && !document.getElementById('messages').hidden")
    assert composer.token not in page.run("location.href + document.documentElement.outerHTML")
    page.close()


def test_a_gate_that_was_started_again_is_gone_on_with(browser, world, files):
    first = Composer(world.installation, 11)
    port = first.port
    page = browser.another()
    page.ask("Page.navigate", url=first.address)
    page.until("document.getElementById('new')?.checkVisibility() === true")
    page.click("New message")
    page.fill("name", "kept")
    page.fill("body", "Not lost")
    first.stop()
    page.click("Save")
    until_text(page, "editor-error", "does not answer")
    world.installation.configure("gate", listen=f"127.0.0.1:{port}")
    second = Composer(world.installation, 12)
    world.installation.configure("gate", listen="127.0.0.1:0")
    page.click("Save")
    page.until("document.getElementById('ask').open")
    page.fill("ask-input", second.address)
    page.press("Enter")
    wait_until(lambda: files.names() == ["kept"], "the file")
    page.close()
    second.stop()


# ---- for everybody ----


def views(page, files, known):
    """Each view that there is, as it is when it shows the most: (its name, what to look at)."""
    files.put("need-help", NEED_HELP)
    files.put("outage-over", {"body": "We are **back**. Sorry for the wait!"})
    files.put("wave", {**WAVE, "body": WAVE["body"] + "\n\nשלום, מה שלומך?"})
    files.put("half", '{"body": ')
    until_text(page, "list", "wave")
    yield "messages"
    go(page, "#messages/need-help")
    page.until("document.getElementById('editor').checkVisibility()")
    yield "editor"
    page.fill("body", "")
    page.click("Save")
    error_at(page, "body", "Nothing")
    yield "editor-mistake"
    page.click("Discard changes")
    go(page, "#messages/wave")
    until_text(page, "editor-preview", "broken ones")
    until_text(page, "editor-preview", "left to right only")
    yield "advice"
    page.click("Delete…")
    yield "dialog"
    page.press("Escape")
    go(page, "#messages/half")
    until_text(page, "broken-why", "half.json")
    yield "broken"
    sign(page, "need-help", known + "-stranger", order="o_99")
    until_text(page, "found", "Confirm")
    yield "sign-stranger"
    page.fill("to", known)
    until_text(page, "found", "Ada")
    page.click("Sign")
    signed(page)
    yield "signed"
    page.click("Send")
    page.until("document.querySelector('#outcome a') !== null")
    yield "sent"
    go(page, "#history")
    until_text(page, "entries", known)
    yield "history"


def test_no_view_keeps_anybody_out_or_scrolls_sideways(tab, files, known):
    page = tab()
    for view in views(page, files, known):
        for width in (1280, 390, 320):
            for dark in (False, True):
                page.size(width, 900, dark)
                assert page.barriers() == [], (view, width, dark)
                wide = page.run("[document.documentElement.scrollWidth, innerWidth]")
                assert wide[0] <= wide[1], (view, width)
                if width != 320:
                    page.photograph(PHOTOGRAPHS / f"{view}-{'phone' if width == 390 else 'desktop'}{'-dark' if dark else ''}.png")
        page.size(1280, 900)
