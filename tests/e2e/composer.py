"""A gate with its composer, as a program calls it and as a person sees it."""

import re

from gate import Gate
from signing import HmacKey
from world import KEYS, World

GATE_KEY = HmacKey("gate-1", sender="support", accounts=["acme", "globex", "hooli"])
DASHBOARD = "https://papercups.example"


class ComposerWorld(World):
    """A worker, and a gate with messages and a key of its own, which a third account is not granted to; the pages of a
    fourth give their widget an e-mail."""

    keys = (*KEYS.values(), GATE_KEY)

    def prepare(self):
        self.messages = self.directory / "messages"
        self.messages.mkdir()
        key_file = self.installation.secret_write("gate-1.key", GATE_KEY.secret + "\n")
        self.installation.configure(
            "gate", listen="127.0.0.1:0", address_rate=0, key_rate=0, key_file=key_file, key_id=GATE_KEY.id,
            messages_dir=self.messages, link_hosts="shop.example .help.example",
        )  # fmt: skip
        self.installation.configure("account acme", dashboard_url=DASHBOARD)
        self.installation.add_account("globex")
        self.installation.add_account("initech")
        self.installation.add_account("hooli", widget_email="given")


class Composer(Gate):
    """The gate, called as its own page does unless a test says otherwise."""

    def __init__(self, installation, number=1):
        super().__init__(installation, number)
        self.address = re.search(r"(?m)^composer: (\S+)$", self.text())[1]
        self.token = re.search(r"#token=([\w-]{43})$", self.address)[1]

    def api(self, method, path, content=None, **headers):
        """Names of headers with _ for their -; None leaves one out."""
        own = {"X-Cupbearer-Token": self.token, "Origin": self.url if method != "GET" else None}
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {name: text for name, text in (own | given).items() if text is not None}
        return self.call(method, f"/composer/api/{path}", content, sent)
