"""Papercups' widget 1.3.1 as a client of the stand-in: what a customer's page shows, and what only a reload would show.

It asks nothing but what the widget asks, without any key: which row is its own (external_id, the page's host, an e-mail
where the page gives one), that row's conversations, and what its socket hears. Without a row it waits nowhere. With a
row and no open conversation it waits in the lobby; when that tells of a new conversation, it fetches a second later and
joins up to 0.6 s after that, and what is posted between the two it does not show until it is reloaded.

    widget = Widget(standin, "user_42", "shop.example")
    widget.shown()                      the bodies on the screen, as soon as it has heard all that there is to hear
    widget.fetch(), widget.join()       the two halves of it, one by one: a test decides what comes in between
    widget.reload()                     the page is loaded anew
    with Widget(…, live=True):          fetches and joins by the clock, as in a browser; `shown()` is then what it has
Where it is: "nowhere", in the "lobby", "called" from there, having "fetched", "joined" to its conversation.
"""

import json
import threading
import urllib.error
import urllib.parse
import urllib.request

from programs import STANDIN_ACCOUNT

FETCH_AFTER_S, JOIN_AFTER_S = 1.0, 0.6
LISTEN_MS = 1000  # of a live one, at a time: so it ends soon


class Refused(AssertionError):
    """The stand-in answered another status than 2xx."""


def breaks(message):
    """Whether the widget fails at drawing this one as its last message: quick replies that are none."""
    replies = (message["metadata"] or {}).get("quick_replies")
    if replies is None or message["type"] != "bot":
        return False
    return not isinstance(replies, list) or not all(
        isinstance(reply, dict) and isinstance(reply.get("text"), str) for reply in replies
    )


class Widget:
    def __init__(self, standin, external_id, host, email=None, *, account=STANDIN_ACCOUNT, inbox=None, live=False):
        self.url, self.account, self.inbox = standin.url, account, inbox
        self.external_id, self.host, self.email = external_id, host, email
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.thread = None
        self.reload()
        if live:
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Only a live one needs it."""
        self.ended.set()
        if self.thread:
            self.thread.join()

    # What a test asks, and what a person does

    def shown(self):
        """The bodies that the customer sees, oldest first; none where the chat broke. It waits for nothing: who waits for
        a message asks again and again."""
        with self.lock:
            self.hear(0)
            if self.place == "called" and not self.thread:
                self.refresh()
            return [] if self.broken else [message["body"] for message in self.messages]

    def reload(self):
        with self.lock:
            self.customer = self.identify()
            self.conversation = None  # the one that it fetched
            self.topic, self.at = None, None
            self.broken = False  # "An unexpected error has occurred", until the page is loaded anew
            self.messages = []
            self.place = "nowhere"
            if self.customer is not None:
                self.refresh()
                if self.conversation:
                    self.see()

    def refresh(self):
        """It fetches and joins, as upon `papercups:customer:set` without a detail."""
        with self.lock:
            self.fetch()
            self.join()

    def fetch(self):
        """Reads the newest open conversation; what is posted from now on it does not have."""
        with self.lock:
            self.hear(0)
            query = {"account_id": self.account, "customer_id": self.customer}
            if self.inbox:
                query["inbox_id"] = self.inbox
            found = self.ask("GET", f"/api/conversations/customer?{urllib.parse.urlencode(query)}")["data"]
            self.conversation = found[0]["id"] if found else None
            self.draw([message for message in found[0]["messages"] if not message["private"]] if found else [])
            self.place = "fetched"

    def join(self):
        """From now on it hears the conversation that it fetched, or else the lobby."""
        with self.lock:
            self.topic = f"conversation:{self.conversation or 'lobby:' + self.customer}"
            self.at = self.ask("GET", f"/_standin/socket?topic={self.topic}")["at"]
            self.place = "joined" if self.conversation else "lobby"

    def see(self):
        """As it says when it is opened, when a message comes while it is open, and when it is loaded with one."""
        self.ask("POST", "/_standin/seen", {"conversation_id": self.conversation})

    def identify(self):
        """The id of its row; None where Papercups has none for it."""
        query = {"account_id": self.account, "external_id": self.external_id, "host": self.host}
        if self.email is not None:
            query["email"] = self.email
        return self.ask("GET", f"/api/customers/identify?{urllib.parse.urlencode(query)}")["data"]["customer_id"]

    def make_row(self):
        """As the page's `identify(customer)` does, where there is no row yet: then it waits in that row's lobby."""
        if self.identify() is None:
            row = {"account_id": self.account, "external_id": self.external_id, "host": self.host}
            self.ask("POST", "/api/customers", {"customer": row | ({"email": self.email} if self.email else {})})
        self.reload()

    def say(self, body, **more):
        """The customer writes; what there is not yet is made."""
        with self.lock:
            if self.customer is None:
                self.make_row()
            if self.conversation is None:
                content = {"account_id": self.account, "customer_id": self.customer, "source": "chat"}
                self.conversation = self.ask("POST", "/api/conversations", {"conversation": content})["data"]["id"]
                self.join()
            self.ask("POST", "/_standin/widget_message", {"conversation_id": self.conversation, "body": body, **more})

    # What it does by itself

    def draw(self, messages):
        self.messages = messages
        self.broken = self.broken or (bool(messages) and breaks(messages[-1]))

    def hear(self, wait_ms):
        """What the socket has for it, where it listens."""
        topic, at = self.topic, self.at
        if self.place not in ("lobby", "joined"):
            return
        heard = self.ask("GET", f"/_standin/socket?topic={topic}&after={at}&wait_ms={wait_ms}")
        with self.lock:
            if (topic, at) != (self.topic, self.at) or self.place not in ("lobby", "joined"):
                return  # it has gone on meanwhile
            self.at = heard["at"]
            for event in heard["events"]:
                if event["event"] == "conversation:created":
                    self.place = "called"
                else:
                    self.draw([*self.messages, event["payload"]])
            if heard["events"] and self.place == "joined":
                self.see()

    def run(self):
        while not self.ended.is_set():
            if self.place == "called":
                self.ended.wait(FETCH_AFTER_S)
                self.fetch()
                self.ended.wait(JOIN_AFTER_S)
                self.join()
            elif self.place == "nowhere":
                self.ended.wait(0.1)
            else:
                self.hear(LISTEN_MS)

    def ask(self, method, path, content=None):
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read()[:200]}") from None
