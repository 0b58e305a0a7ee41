"""The "I need help" page of the README beside Papercups' widget, at each moment of that one's loading (widget.js imitates it)."""

from contextlib import ExitStack

import browser as chromium
import pytest
from broker import wait_until
from test_gate_readme import backend, gate, help_page, shop  # noqa: F401

pytestmark = pytest.mark.skipif(not chromium.there_is_one(), reason="there is no chromium")
STEPS = ("run", "frame", "load")
REFRESHES = "window.refreshes = 0; addEventListener('papercups:customer:set', () => { window.refreshes++; }); 1"
CLOCK = "window.clock = 0, performance.now = () => clock, 1"  # by which the module waits for the chat


class Help:
    """The page in a tab, before its widget's script ran."""

    def __init__(self, browser, url, module, standin):
        self.module, self.standin = module, standin
        self.run, self.until = browser.run, browser.until
        self.before = len(standin.messages("user_42"))
        browser.complaints.clear()
        browser.open(url)
        self.run("localStorage.clear()")
        self.run(CLOCK)
        self.run(f"import('{module}').then((module) => {{ window.help = module; }})")
        self.run("addEventListener('message', ({ data }) => { window.heard = data.event; }); 1")

    def steps(self, names):
        for name in names:
            self.run(f"widget.{name}()")

    def chat_loads(self):
        """All that the widget does until its chat has loaded, for a customer with one message."""
        self.run("widget.store.rows.user_42 = 'row', widget.store.messages.row = ['hello']")
        self.steps(STEPS)
        self.until("window.heard === 'chat:loaded'")

    def press(self, times=1):
        """What the button does; what the module's promise tells stands in `told`."""
        self.run(
            "for (let i = 0; i < %d; i++) fetch('/help', { method: 'POST' }).then((answer) => answer.json())"
            ".then(({ value, headers }) => help.sendSignedMessageAsBot(value, headers)).then((told) => window.told = told); 1" % times
        )

    def sent(self, count=1):
        wait_until(lambda: len(self.standin.messages("user_42")) == self.before + count, "what was sent")


@pytest.fixture
def opened(shop, gate, browser, tmp_path):  # noqa: F811
    """Opens the page, with these settings of its widget."""
    with ExitStack() as stack:

        def open_page(identifies=True, **config):
            page = help_page(gate, **config)
            if not identifies:
                page = page.replace("onChatLoaded: ({ identify }) => identify(customer),", "")
            url = stack.enter_context(backend(shop, tmp_path, page))
            return Help(browser, url, f"{gate.url}/cupbearer.js", shop.standin)

        yield open_page
    assert [one for one in browser.complaints if one.get("entry", {}).get("source") != "network"] == []


@pytest.mark.parametrize("hidden", [False, True], ids=["button", "hideToggleButton"])
@pytest.mark.parametrize("taken", range(4), ids=["not run", "running", "half loaded", "loaded"])
def test_the_chat_is_opened_once_it_has_loaded_and_the_message_is_sent_at_once(opened, taken, hidden):
    page = opened(hideToggleButton=hidden)
    page.steps(STEPS[:taken])
    if taken == len(STEPS):
        page.until("window.heard !== undefined")
    page.press()
    page.sent()
    assert taken == len(STEPS) or not page.run("widget.isOpen()"), "told too early"
    page.steps(STEPS[taken:])
    page.until("widget.shows().startsWith('Chat:')")
    page.until("window.told?.opened === true")
    assert page.run("Object.keys(told).sort()") == ["event_id", "offset", "opened", "partition", "topic"]


def test_a_module_that_comes_late_goes_by_the_toggle_button(opened):
    page = opened()
    page.chat_loads()
    page.run(f"import('{page.module}#late').then((module) => {{ window.help = module; }})")
    page.press()
    page.until("window.told?.opened === true && widget.shows() === 'Chat: hello'")


def test_the_waiting_has_an_end_and_the_promise_tells(opened):
    page = opened()
    page.steps(STEPS[:2])
    page.press()
    page.sent()
    page.run("window.clock = 21_000")
    page.until("window.told?.opened === false")
    assert page.run("told.event_id") and not page.run("widget.isOpen()")
    page.steps(STEPS[2:])
    page.until("window.heard !== undefined")
    page.press()
    page.until("window.told?.opened === true")


def test_what_the_gate_refuses_is_told_without_waiting_for_the_chat(opened):
    page = opened()
    script = "help.sendSignedMessageAsBot(JSON.stringify({ account: 'acme', to: { customer_id: 'x' } }), {}).catch((error) => error.reason)"
    assert page.run(script) == "malformed_headers"


def test_what_the_widget_missed_appears_once_after_what_was_sent(opened):
    page = opened()
    page.chat_loads()
    page.run(REFRESHES)
    page.press(times=2)
    page.until("widget.shows() === 'Chat: hello'")
    page.run("widget.store.messages.row.push('missed')")
    page.sent(2)
    assert page.run("widget.shows()") == "Chat: hello"
    page.until("widget.shows() === 'Chat: hello, missed'")
    # A second one would have been set off before this.
    page.run("new Promise((passed) => setTimeout(passed, 4000))")
    assert page.run("refreshes") == 1


def test_a_page_whose_backend_sends_refreshes_when_it_likes(opened):
    page = opened()
    page.run("help.refreshChat()")
    page.chat_loads()
    page.run("dispatchEvent(new Event('papercups:open')), widget.store.messages.row.push('missed')")
    page.until("widget.shows() === 'Chat: hello'")
    page.run("help.refreshChat()")
    page.until("widget.shows() === 'Chat: hello, missed'")


def test_nobody_is_shown_the_chat_of_who_used_the_browser_before(opened):
    page = opened(identifies=False)
    page.run("widget.store.messages.other = ['a secret'], widget.cache('other')")
    page.steps(STEPS)
    page.until("window.heard === 'chat:loaded'")
    page.press()
    page.until("window.told?.opened === true")
    page.run("new Promise((passed) => setTimeout(passed, 4500))")
    page.run("help.refreshChat()")
    assert page.run("widget.shows()") == "Chat: "
