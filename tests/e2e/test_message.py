"""`--message`: templates, filled and signed from the shell."""

import json
import os

import pytest
from bench import Bench
from broker import Reader
from programs import run_program

TO_ADA = ["--account", "acme", "--to-external-id", "ada"]
NEED_HELP = {
    "body": "Hello {{name}}, need a hand? See [your order]({{link}}).",
    "quick_replies": ["Reset my password", {"text": "Order {{order}}?", "action": "order_status"}],
    "metadata": {"order_id": "{{order}}"},
    "ttl": 30,
    "deliver_within": 3600,
    "blanks": {
        "name": {"type": "text", "default": "there"},
        "order": {"type": "text"},
        "link": {"type": "url", "default": "https://shop.example/help"},
    },
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def messages(tmp_path):
    """Messages of the directory `messages`, by name; the commands run beside it."""

    def put(name, message):
        text = message if isinstance(message, str) else json.dumps(message)
        (tmp_path / "messages" / f"{name}.json").write_text(text)

    (tmp_path / "messages").mkdir()
    put("need-help", NEED_HELP)
    return put


def sign(bench, tmp_path, *arguments):
    return run_program("sign", *bench.signer("pair-1"), *TO_ADA, *arguments, cwd=tmp_path)


def signed(bench, tmp_path, *arguments):
    ended = sign(bench, tmp_path, *arguments)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    record = json.loads(ended.stdout)
    assert bench.verify(record)[0] == 0
    return json.loads(record["value"])


def refused(bench, tmp_path, *arguments):
    ended = sign(bench, tmp_path, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr


def test_a_message_is_filled_and_signed(bench, messages, tmp_path):
    value = signed(
        bench, tmp_path, "--message", "need-help", "--set", "name=A*da", "--set", "order=o_99=a",
        "--set", "link=https://shop.example/o?a=1&b=(2)", "--link-host", "shop.example",
    )  # fmt: skip
    assert value == {
        "account": "acme",
        "to": {"customer": {"external_id": "ada"}},
        "message": {
            "body": "Hello A\\*da, need a hand? See [your order](https://shop.example/o?a=1&amp;b=%282%29).",
            "quick_replies": ["Reset my password", {"text": "Order o_99=a?", "action": "order_status"}],
            "metadata": {"order_id": "o_99=a"},
        },
        "ttl": 30,
        "deliver_within": 3600,
    }


def test_what_is_not_set_has_its_default_and_options_go_before_the_file(bench, messages, tmp_path):
    value = signed(
        bench, tmp_path, "--messages-dir", tmp_path / "messages", "--message", "need-help", "--set", "order=7",
        "--link-host", ".example", "--ttl", "5", "--deliver-within", "1m", "--webhooks",
    )  # fmt: skip
    assert value["message"]["body"].startswith("Hello there, ")
    assert value["message"]["webhooks"] is True
    assert (value["ttl"], value["deliver_within"]) == (5, 60)


def test_a_value_cannot_become_markup_or_a_foreign_link(bench, messages, tmp_path):
    needed = ["--message", "need-help", "--set", "order=7", "--link-host", "shop.example"]
    value = signed(bench, tmp_path, *needed, "--set", "name=[x](//evil) https://evil.example")
    assert "Hello \\[x\\]\\(//evil\\) https&#58;//evil.example, " in value["message"]["body"]
    for link in ("https://evil.example/", "https://shop.example@evil.example/", "javascript:alert(1)"):
        said = refused(bench, tmp_path, *needed, "--set", f"link={link}")
        assert said.startswith("cupbearer sign: message 'need-help': placeholder 'link': "), said
    assert "name': has more than one line" in refused(bench, tmp_path, *needed, "--set", "name=a\nb")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--message need-help", "message 'need-help': placeholder 'order': has no value and no default: say what it is"),
        ("--message need-help --set nmae=x",
         "message 'need-help': placeholder 'nmae': the message has no such placeholder; is its name misspelt?"),
        ("--message need-help --set order=7",
         "message 'need-help': placeholder 'link': leads to shop.example, which is not among the allowed link hosts "
         "(--link-host, link_hosts): link to one of them, or let it be added"),
        ("--message need-hlp", "there is no message 'need-hlp': no file messages/need-hlp.json; is the name right, and "
         "--messages-dir?"),
        ("--message ../need-help", "--message: name: a message is called by 1 to 64 of the characters a-z, 0-9 and -"),
        ("--message need-help --messages-dir none", "--message: cannot open the messages' directory none: No such file "
         "or directory; make it, or name another one"),
        ("--message broken", "messages/broken.json: colour: is not a member that format 1 knows; known are body, "
         "quick_replies, metadata, ttl, deliver_within, blanks"),
        ("--message linked", "messages/linked.json: is a symbolic link, which is not followed: put the message itself "
         "there"),
        ("--message need-help --body x", "--message says what the message is: --body has no place beside it"),
        ("--message need-help --quick-reply x",
         "--message says what the message is: --quick-reply has no place beside it"),
        ("--message need-help --metadata {}", "--message says what the message is: --metadata has no place beside it"),
        ("--message need-help --message other", "--message was given twice; which one is meant?"),
        ("--message need-help --set name", "--set: expected NAME=VALUE, such as name=Ada"),
        ("--message need-help --set =x", "--set: expected NAME=VALUE, such as name=Ada"),
        ("--message need-help --link-host https://shop.example", "--link-host: expected a host such as shop.example, "
         ".shop.example for what lies below it, or shop.example:8443"),
        ("--body x --set name=Ada", "--set goes with a template: say which, --message NAME"),
        ("--body x --messages-dir m", "--messages-dir goes with a template: say which, --message NAME"),
        ("--body x --link-host a", "--link-host goes with a template: say which, --message NAME"),
    ],
)  # fmt: skip
def test_each_mistake_says_what_to_do(bench, messages, tmp_path, arguments, said):
    messages("broken", {"body": "x", "colour": 1})
    os.symlink("need-help.json", tmp_path / "messages/linked.json")
    assert refused(bench, tmp_path, *arguments.split()) == f"cupbearer sign: {said}\n"


def test_send_publishes_it(bench, messages, tmp_path, kafka, topics):
    ended = run_program(
        "send", *bench.signer("pair-1"), "-b", kafka.bootstrap, "--topic", topics.events, *TO_ADA,
        "--message", "need-help", "--set", "name=Ada", "--set", "order=7", "--link-host", "shop.example", cwd=tmp_path,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    reader = Reader(kafka, topics.events, topics.partitions)
    record = reader.find(lambda record: True, "the record")
    reader.close()
    assert json.loads(record.value)["message"]["body"].startswith("Hello Ada, ")
