"""What a worker of the crash matrix finds in Papercups and in its log, so that it passes a certain point."""


from signing import HmacKey, payload, sign

KEY = HmacKey("backend-1")
FORGER = HmacKey(KEY.id)


class Scenario:
    """A customer whom Papercups knows, with an open conversation."""

    fresh = False  # a group that has never committed anything
    customers = 1
    deaths = ()  # before the one that the cell is about
    account = {}  # settings
    worker = {}
    outcome = ("delivered", None)
    is_authentic = True

    @property
    def name(self):
        return type(self).__name__.lower()

    @property
    def is_shown(self):
        return self.outcome[0] == "delivered"

    def body(self, name):
        return f"hello {name}"

    def event(self, standin, name):
        """Signed, once Papercups knows of its customer what it is to know."""
        self.make_chat(standin, self.make_customer(standin, name))
        return sign(KEY, payload(name, self.body(name)))

    def make_customer(self, standin, name, **more):
        content = {"customer": {"external_id": name, "host": "shop.example", **more}}
        return standin.api("POST", "/api/v1/customers", content)["data"]["id"]

    def make_chat(self, standin, customer):
        content = {"conversation": {"customer_id": customer, "source": "chat"}}
        return standin.api("POST", "/api/v1/conversations", content)["data"]["id"]

    def set_faults(self, standin, name):
        """Beside what happens to the first post."""

    def on_death(self, standin, name):
        """What people do while no worker is there."""


class Known(Scenario):
    pass


class First(Scenario):
    fresh = True


class New(Scenario):
    """Papercups knows nothing of the customer."""

    def event(self, standin, name):
        return sign(KEY, payload(name, self.body(name)))


class Ended(Scenario):
    """An agent closes the conversation when the worker has died: who takes over finds no open one, and what was posted
    only by reading back."""

    def on_death(self, standin, name):
        for chat in standin.call("GET", f"/_standin/conversations?external_id={name}")["conversations"]:
            standin.call("POST", "/_standin/close", {"conversation_id": chat["id"]})


class NewEnded(New, Ended):
    name = "new_ended"


class Hostless(Scenario):
    """By the customer's id."""

    def event(self, standin, name):
        customer = self.make_customer(standin, name, host=None)
        self.make_chat(standin, customer)
        to = {"customer_id": customer}
        return sign(KEY, {"account": "acme", "to": to, "message": {"body": self.body(name)}})


class Closed(Scenario):
    account = {"conversations": "reopen"}

    def make_chat(self, standin, customer):
        chat = super().make_chat(standin, customer)
        standin.call("POST", "/_standin/close", {"conversation_id": chat})


class Unassigned(Scenario):
    account = {"unassign": "true"}


class Addressed(Scenario):
    """By the conversation's id."""

    def event(self, standin, name):
        chat = self.make_chat(standin, self.make_customer(standin, name))
        to = {"conversation_id": chat}
        return sign(KEY, {"account": "acme", "to": to, "message": {"body": self.body(name)}})


class InDoubt(Scenario):
    """Another worker may have posted it."""

    deaths = ("find_customers.before",)


class Receipted(Scenario):
    """Another worker has written its receipt."""

    deaths = ("receipt.told",)


class Held(Scenario):
    """Papercups does not answer when the worker starts: the account is held until it does."""

    def set_faults(self, standin, name):
        standin.call("POST", "/_standin/faults", {"fault": "status", "status": 503, "path": "/api/v1/me"})


class Troubled(Scenario):
    """A call that only reads is answered 500."""

    def set_faults(self, standin, name):
        standin.call("POST", "/_standin/faults", {"fault": "error_500", "path": "/api/v1/customers"})


class Forged(New):
    outcome = ("rejected", "bad_signature")
    is_authentic = False

    def event(self, standin, name):
        return sign(FORGER, payload(name, self.body(name)))


class Refused(Scenario):
    """Papercups does not take the message."""

    outcome = ("failed", "refused_by_papercups")

    def set_faults(self, standin, name):
        standin.fault("status", self.body(name), 0, status=422)
