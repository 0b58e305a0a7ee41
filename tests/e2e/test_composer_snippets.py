"""What the composer's page copies: any text stays text in every language, and the programs publish what they show."""

import json
import os
import shutil
import socket
import subprocess
import sys

import pytest
from broker import ROOT, Kafka, Reader
from programs import run_program
from signing import Ed25519Key, HmacKey, payload, routing_key_of, sign

PAGE = ROOT / "worker/composer/page"
NODE_MODULES = ROOT / "tests/.cache/node/node_modules"
GO = ROOT / "tests/.cache/go"  # its modules, and what it builds
os.environ |= {"GOPATH": str(GO / "path"), "GOCACHE": str(GO / "build"), "GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw"}
NASTY = [
    "'$(id)", "`id`", "${HOME} $HOME $1 %s %n", '"; import os; os.abort() #', "'; exit 1; '", "\\", "\\\\'", "\\u0041 \\x41 \\n",
    "\\\\u0022", "two\nlines\r\nand a tab\t", "{{name}} {x} {{x}}", "</script><!--", "\u2028\u2029", "safe\u202eesrever\u2066",
    "zero\u200bwidth\ufeff", "\u0001\u0007\u001b[31m\u007f\u0085", "é ñ 日本 👩‍🚀", "\U000e0061 tag", "-e -n", "\\N{BULLET}", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page's modules where Node takes them as such; runs a script that sees them, and what it is given as `given`."""
    directory = tmp_path_factory.mktemp("page")
    for name in ("quote.js", "snippets.js"):
        shutil.copy(PAGE / name, directory)
    (directory / "package.json").write_text('{"type": "module"}')

    def run(script, given):
        (directory / "given.json").write_text(json.dumps(given))
        (directory / "script.js").write_text(
            'import { readFileSync } from "node:fs";\nimport * as quote from "./quote.js";\n'
            'import { COPIES, copyOf } from "./snippets.js";\n'
            'const given = JSON.parse(readFileSync("given.json", "utf8"));\n'
            f"console.log(JSON.stringify({script}));\n"
        )
        ended = subprocess.run(["node", "script.js"], cwd=directory, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


def run_file(directory, name, text, *command):
    (directory / name).write_text(text, encoding="utf-8")
    ended = subprocess.run([*command, name], cwd=directory, capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.decode()


# How each language prints the texts that literals stand for: the file's name, its text, and who runs it.
PRINTERS = {
    "python": ("a.py", "import json\nprint(json.dumps([%s]))", ",\n", [sys.executable]),
    "node": ("a.js", "console.log(JSON.stringify([%s]))", ",\n", ["node"]),
    "shell": ("a.sh", "printf '%%s\\0' %s", " ", ["sh"]),
    "java": (
        "A.java",
        "class A { public static void main(String[] a) throws Exception { for (String s : new String[] {%s}) {"
        ' System.out.write(s.getBytes("UTF-8")); System.out.write(0); } System.out.flush(); } }',
        ",\n",
        ["java"],
    ),
    "go": (
        "a.go",
        'package main\nimport "os"\nfunc main() { for _, s := range []string{%s} { os.Stdout.WriteString(s + "\\x00") } }',
        ",",
        ["go", "run"],
    ),
}


@pytest.mark.parametrize("language", PRINTERS)
def test_any_text_is_the_same_text_in_every_language(page, tmp_path, language):
    name, program, between, command = PRINTERS[language]
    literals = page(f"given.map(quote.{language})", NASTY)
    printed = run_file(tmp_path, name, program % between.join(literals), *command)
    read = json.loads(printed) if language in ("python", "node") else printed.split("\0")[:-1]
    assert read == NASTY


@pytest.mark.parametrize("language", ["python", "node", "java", "go"])
def test_what_cannot_be_seen_is_not_hidden_in_code(page, language):
    for literal in page(f"given.map(quote.{language})", NASTY):
        assert all(character.isprintable() for character in literal), ascii(literal)


def test_a_payload_is_the_same_in_python_and_in_javascript(page, tmp_path):
    content = payload("user_42", "\n".join(NASTY), metadata={
        "none": None, "yes": True, "no": False, "n": [1, 2.5, -3, 1e30], "__proto__": {"a": {}}, "": [], "'": {"\"": "\\"},
    })  # fmt: skip
    python, node = page("[quote.pythonValue(given), quote.nodeValue(given)]", content)
    assert json.loads(run_file(tmp_path, "a.py", f"import json\nprint(json.dumps({python}))", sys.executable)) == content
    assert json.loads(run_file(tmp_path, "a.js", f"console.log(JSON.stringify({node}))", "node")) == content


class Shop:
    """A backend's directory, with a topic to publish to and what the page copies for it."""

    def __init__(self, directory, kafka, page):
        self.directory, self.kafka, self.page = directory, kafka, page
        self.topics = kafka.topics()
        self.records = Reader(kafka, self.topics.events, self.topics.partitions)
        (directory / "node_modules").symlink_to(NODE_MODULES)
        for name in ("go.mod", "go.sum"):
            shutil.copy(ROOT / "tests/producers" / name, directory)

    def copied(self, kind, event, content):
        signed = {
            "record": {"key": event.key, "headers": dict(event.headers), "value": event.value.decode()}, "payload": content,
        }  # fmt: skip
        setup = {"topic": self.topics.events, "partitioner": "murmur2_random"}
        return self.page("copyOf(given[0], given[1], given[2]).text", [kind, signed, setup])

    def publish(self, name, text, command, key):
        """Runs a program, and returns the record that it published."""
        (self.directory / name).write_text(text, encoding="utf-8")
        key_file = self.directory / f"{key.id}.key"
        key_file.write_text(key.secret + "\n")
        environment = {**os.environ, "BOOTSTRAP_SERVERS": self.kafka.bootstrap, "KEY_FILE": str(key_file)}
        seen = len(self.records.read())
        ended = subprocess.run(
            [*command, name], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return self.records.find(lambda record: len(self.records.records) > seen, "the record") and self.records.records[-1]

    def verify(self, record, key):
        """What the worker would make of it, had it been published as soon as it was signed: on a busy machine a program takes
        longer to start than a signature lives."""
        keyring = self.directory / "keyring.json"
        keyring.write_text(json.dumps({"keys": [key.entry()]}))
        text = {
            "key": record.key.decode(), "headers": {name: value.decode() for name, value in record.headers},
            "value": record.value.decode(),
        }  # fmt: skip
        (self.directory / "record.json").write_text(json.dumps(text))
        signed_at = int(record.header("webhook-timestamp")) * 1000
        told = run_program("verify", "--keyring", keyring, "--admitted-at", signed_at, self.directory / "record.json")
        assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture(scope="module")
def shop(kafka, page, tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("shop"), kafka, page)
    yield made
    made.records.close()


KEYS = {"v1": HmacKey("backend-1"), "v1a": Ed25519Key("backend-2")}
RUN = {
    "kcat": ("a.sh", lambda: ["sh"]), "shell": ("a.sh", lambda: ["sh"]), "python": ("a.py", lambda: [sys.executable]),
    "node": ("a.cjs", lambda: ["node"]), "java": ("Publish.java", lambda: ["java", "-cp", Kafka.jars()]),
    "go": ("main.go", lambda: ["go", "run"]),
}  # fmt: skip


@pytest.mark.parametrize("version", KEYS)
@pytest.mark.parametrize("kind", RUN)
def test_what_is_copied_publishes_the_message_where_it_belongs(shop, kind, version):
    if kind == "go" and not (GO / "build").is_dir():
        pytest.skip("there is no franz-go: tests/run.sh says why")
    key = KEYS[version]
    seen = [text for text in NASTY if all(character.isprintable() for character in text)]
    content = payload("user '$(id)`id`\"\\ 42", "Hi\n" + "\n".join(NASTY), quick_replies=["'$(id)"], metadata={"'$(id)": seen})
    event = sign(key, content)
    name, command = RUN[kind]
    record = shop.publish(name, shop.copied(kind, event, content), command(), key)
    assert json.loads(record.value) == content and record.key.decode() == routing_key_of(content)
    assert record.partition == shop.kafka.publish(shop.topics.events, [event])[0][0]
    shop.records.find(lambda one: one.value == event.value and one.place != record.place, "the other record")
    shop.verify(record, key)
    if kind == "kcat":
        assert record.header("webhook-id") == event.id and record.value == event.value


@pytest.mark.parametrize("kind", [kind for kind in RUN if kind != "kcat"])
def test_a_program_to_which_kafka_does_not_answer_gives_up_and_says_so(shop, tmp_path, kind):
    """What listens takes the connection and says nothing, as the embedded broker does to clients in Go and Java."""
    if kind == "go" and not (GO / "build").is_dir():
        pytest.skip("there is no franz-go: tests/run.sh says why")
    content = payload("user_42", "Hi", ttl=6)
    name, command = RUN[kind]
    (shop.directory / name).write_text(shop.copied(kind, sign(KEYS["v1"], content), content), encoding="utf-8")
    key_file = tmp_path / "backend-1.key"
    key_file.write_text(KEYS["v1"].secret + "\n")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        environment = {**os.environ, "BOOTSTRAP_SERVERS": f"127.0.0.1:{silent.getsockname()[1]}", "KEY_FILE": str(key_file)}
        ended = subprocess.run(
            [*command(), name], cwd=shop.directory, env=environment, capture_output=True, text=True, timeout=300
        )
    assert ended.returncode != 0 and "offset" not in ended.stdout, ended.stdout + ended.stderr
    assert ("% " if kind == "shell" else "\nnot published: ") in "\n" + ended.stderr, ended.stderr
    assert not any(trace in ended.stderr for trace in ("goroutine", "\tat ", "Traceback", "    at ")), ended.stderr


def test_json_is_the_record_itself(shop):
    content = payload("user_42", "\n".join(NASTY))
    event = sign(KEYS["v1"], content)
    copied = json.loads(shop.copied("json", event, content))
    assert copied == {"key": event.key, "headers": dict(event.headers), "value": event.value.decode()}


@pytest.mark.parametrize("version", KEYS)
def test_the_program_in_go_is_as_gofmt_would_have_it(shop, version):
    content = payload("user '$(id)", "Hi\n" + "\n".join(NASTY))
    text = shop.copied("go", sign(KEYS[version], content), content)
    assert run_file(shop.directory, "main.go", text, "gofmt") == text
