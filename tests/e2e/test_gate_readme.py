"""What worker/gate/README.md says, as it stands there: the calls of a backend, and the button of a page in a browser."""

import json
import os
import secrets
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from broker import ROOT, wait_until
from documents import snippets
from gate import Gate
from programs import ENVIRONMENT, PROGRAM, Installation, Process, free_port, run_program
from signing import HmacKey
from world import World

BACKENDS = {"help-python": (sys.executable, "py"), "help-javascript": ("node", "js")}
README_GATE = "http://127.0.0.1:8787"
WIDGET = (ROOT / "tests/e2e/widget.js").read_text(encoding="utf-8")
SNIPPETS = snippets(ROOT / "worker/gate/README.md")


def help_page(gate, **config):
    """The README's, with a widget that a test loads; `config` is put into its lines."""
    page = SNIPPETS["help-page"].replace(README_GATE, gate.url)
    script = '<script async src="https://papercups.example.com/widget.js"></script>'
    assert script in page and "customer,\n" in page
    for name, value in config.items():
        page = page.replace("customer,\n", f"customer,\n      {name}: {json.dumps(value)},\n")
    return page.replace(script, f"<script>\n{WIDGET}</script>")


class Shop(World):
    """A worker, a gate, and a directory with what the README's backend reads."""

    keys = (HmacKey("backend-1"), HmacKey("gate-1", sender="gate"))

    def prepare(self):
        directory = self.installation.directory
        made = run_program("keygen", "--token", "shop", "--account", "acme")
        self.token, entry = made.stdout.split("\n", 1)
        self.installation.secret_write("tokens.json", f'{{"tokens": [{entry}]}}')
        self.installation.secret_write("backend-1.key", self.keys[0].secret + "\n")
        self.port = free_port()
        self.installation.configure(
            "gate", listen="127.0.0.1:0", tokens_file=directory / "tokens.json", key_id="gate-1",
            key_file=self.installation.secret_write("gate-1.key", self.keys[1].secret),
        ).configure("account acme", origins=f"http://127.0.0.1:{self.port}")  # fmt: skip


@pytest.fixture(scope="module")
def shop(kafka, tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("shop"), kafka, kafka.topics())
    yield made
    made.close()


@pytest.fixture(scope="module")
def gate(shop):
    made = Gate(shop.installation)
    yield made
    made.stop()


def shell(name, shop, gate):
    ended = subprocess.run(
        ["sh", "-c", SNIPPETS[name]], capture_output=True, text=True, timeout=90,
        env={**os.environ, "GATE": gate.url, "TOKEN": shop.token},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_backend_sends_with_one_call_and_asks_what_became_of_it(shop, gate):
    assert shell("gate-send", shop, gate)["event_id"] == "order-99-shipped"
    told = shell("gate-receipt", shop, gate)
    assert (told["event_id"], told["outcome"]) == ("order-99-shipped", "delivered")
    seen = shell("gate-seen", shop, gate)
    assert (seen["event_id"], seen["state"]) == ("order-99-shipped", "not_known")
    assert shop.standin.messages("user_42")[-1]["body"] == "Your order has left the house."


def test_the_composers_block_runs_as_it_is_printed(kafka, topics, standin, tmp_path):
    """Where the README's worker is: its configuration names no gate, its keyring has the backend's key."""
    installation = Installation(tmp_path / "etc", kafka, topics, standin.url, [HmacKey("backend-1")])
    directory = installation.configuration().parent
    block = SNIPPETS["composer"].replace("127.0.0.1:8787", "127.0.0.1:0").replace("cupbearer gate", "exec cupbearer gate")
    process = Process(tmp_path / "gate.log", "-c", f"cd {directory}\n{block}", program="sh")
    process.environment = {**ENVIRONMENT, "PATH": f"{PROGRAM.parent}:{ENVIRONMENT['PATH']}"}
    url, token = process.start(r"composer: (http\S+)/composer/#token=(\S+)").groups()
    try:
        request = urllib.request.Request(f"{url}/composer/api/setup", headers={"X-Cupbearer-Token": token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            [account] = json.load(answer)["accounts"]
        assert [key["id"] for key in account["keys"]] == ["gate-1"]
    finally:
        process.discard()


@contextmanager
def backend(shop, directory, page, name="help-python"):
    """The README's backend with this page, at work."""
    program, ending = BACKENDS[name]
    (directory / "help.html").write_text(page)
    (directory / f"shop.{ending}").write_text(SNIPPETS[name])
    process = Process(directory / "shop.log", f"shop.{ending}", program=program)
    process.arguments = [
        "env", "-C", directory, f"KEY_FILE={shop.installation.directory / 'backend-1.key'}", f"PORT={shop.port}",
        program, f"shop.{ending}",
    ]  # fmt: skip
    process.launch()
    try:
        wait_until(lambda: answers(shop.port), "the backend", explain=process.tail)
        yield f"http://127.0.0.1:{shop.port}/"
    finally:
        process.discard()


@pytest.mark.parametrize("name", BACKENDS)
def test_the_button_brings_the_bots_message_into_the_chat(shop, gate, browser, tmp_path, name):
    with backend(shop, tmp_path, help_page(gate), name) as url:
        before = len(shop.standin.messages("user_42"))
        browser.complaints.clear()
        browser.open(url)
        browser.run("widget.run(), widget.frame(), widget.load()")
        browser.click("I need help")
        wait_until(lambda: len(shop.standin.messages("user_42")) > before, "the message", explain=shop.installation.tails)
        message = shop.standin.messages("user_42")[-1]
        assert message["body"] == "What can we do for you?"
        assert [reply["text"] for reply in message["metadata"]["quick_replies"]] == ["Where is my order?", "Talk to a person"]
        browser.until("widget.shows().startsWith('Chat:')")
        assert not [one for one in browser.complaints if "favicon" not in json.dumps(one)]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_module_says_why_the_gate_refused(shop, gate, browser, tmp_path):
    """In a page of an account, and in one of nobody's."""
    (tmp_path / "index.html").write_text("<!doctype html><title>x</title>")
    script = (
        f"import('{gate.url}/cupbearer.js').then(({{ sendSignedMessageAsBot }}) => sendSignedMessageAsBot("
        "JSON.stringify({ account: 'acme', to: { customer: { external_id: 'u' } } }), { 'webhook-id': '"
        + secrets.token_hex(4)
        + "' })).then(() => 'taken', (error) => error.status + ' ' + error.reason)"
    )
    for port, expected in ((shop.port, "422 malformed_headers"), (free_port(), "undefined undefined")):
        site = Process(tmp_path / "site.log", "-m", "http.server", "--bind", "127.0.0.1", "-d", tmp_path, port, program=sys.executable)
        site.launch()
        try:
            wait_until(lambda where=port: answers(where), "the page's server", explain=site.tail)
            browser.open(f"http://127.0.0.1:{port}/")
            assert browser.run(script) == expected
        finally:
            site.discard()


def test_the_composer_is_started_by_the_lines_of_the_readme(installation, tmp_path):
    directory, port = installation.configuration().parent, free_port()
    made, started = SNIPPETS["composer"].replace("8787", str(port)).split("\n", 1)
    environment = {**ENVIRONMENT, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}"}
    ended = subprocess.run(["sh", "-c", made], cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    gate = Process(tmp_path / "gate.log", "-c", started.replace("cupbearer gate", "exec cupbearer gate"), program="sh")
    gate.arguments = ["env", "-C", directory, *gate.arguments]
    gate.environment = environment
    try:
        token = gate.start(rf"(?m)^composer: http://127\.0\.0\.1:{port}/composer/#token=([\w-]+)$")[1]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/composer/api/setup", headers={"X-Cupbearer-Token": token}
        )  # fmt: skip
        with urllib.request.urlopen(asked, timeout=30) as answer:
            told = json.load(answer)
        assert told["accounts"][0]["keys"] == [{"id": "gate-1", "sender": "gate"}]
        assert told["link_hosts"] == ["shop.example", ".shop.example"]
        gate.stop()
    finally:
        gate.discard()


def test_every_block_with_a_name_is_tried():
    assert SNIPPETS.keys() == {"gate-send", "gate-receipt", "gate-seen", "help-page", "composer", *BACKENDS}
