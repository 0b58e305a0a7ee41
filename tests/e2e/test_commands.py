"""The commands' help, the words with which they refuse mistakes, and keygen."""

import base64
import json
import os
import re
import stat

import pytest
from bench import TO_ADA, Bench
from programs import DEMO_PROGRAM, PROGRAM, run_program
from signing import payload

COMMANDS = ("run", "keygen", "send", "sign", "verify", "audit", "why", "tail", "dead", "gate", "doctor", "health")
DEMO_COMMANDS = ("play", "standin")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(tmp_path_factory.mktemp("bench"))
    made.file("payload.json", json.dumps(payload("ada")))
    made.file("blank.json", json.dumps(payload("ada", body=" ")))
    made.file("empty.json", '{"keys": []}')
    made.file("long.txt", "x" * 257)
    return made


def names(bench, text):
    """`text` with the words that stand for files filled in."""
    return text.replace("KEY", str(bench.directory / "pair-1.key")).replace("DIR", str(bench.directory))


PROGRAMS = [(PROGRAM, COMMANDS), (DEMO_PROGRAM, DEMO_COMMANDS)]


@pytest.mark.parametrize(("program", "command"), [(program, one) for program, commands in PROGRAMS for one in commands])
def test_every_command_has_help_on_stdout(program, command):
    asked = run_program(command, "--help", program=program)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert f"{program.name} {command}" in asked.stdout
    assert run_program("help", command, program=program).stdout == asked.stdout
    assert max(map(len, asked.stdout.splitlines())) < 80


@pytest.mark.parametrize(("program", "commands"), PROGRAMS)
def test_a_program_alone_lists_its_commands(program, commands):
    alone = run_program(program=program)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert tuple(re.findall(rf"(?m)^  {program.name} (\w+) ", alone.stdout)) == commands
    for word in ("help", "--help"):
        assert run_program(word, program=program).stdout == alone.stdout
    assert max(map(len, alone.stdout.splitlines())) <= 80


@pytest.mark.parametrize(("program", "commands"), PROGRAMS)
def test_the_version_names_the_source_and_the_libraries(program, commands):
    told = run_program("--version", program=program).stdout
    names = ("librdkafka", "libcurl", "libmicrohttpd", "libsodium", "jansson")
    libraries = ", ".join(rf"{name} \d+\.\d+(\.\d+)*" for name in names)
    assert re.fullmatch(rf"{program.name} \d+\.\d+\.\d+( \([0-9a-f]{{12}}(-dirty)?\))? {libraries}\n", told), told
    for word in ("-V", "version"):
        assert run_program(word, program=program).stdout == told


@pytest.mark.parametrize("words", ["demo --once", "standin", "help demo"])
def test_a_command_that_moved_says_where_to(words):
    asked = run_program(*words.split())
    name = words.split()[-1] if words.startswith("help") else words.split()[0]
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == (
        f"cupbearer {name}: this is `cupbearer-demo {'play' if name == 'demo' else name}` now, which ./deploy/demo.sh builds\n"
    )


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ("snd", "cupbearer: there is no command 'snd'; did you mean 'send'?"),
        ("help verfy", "cupbearer: there is no command 'verfy'; did you mean 'verify'?"),
        ("halp", "cupbearer: there is no command 'halp'; did you mean 'help'?"),
        ("--verson", "cupbearer: there is no option '--verson'; did you mean '--version'?"),
        ("--audi", "cupbearer: there is no option '--audi'; did you mean 'audit'?"),
        ("-v", "cupbearer: there is no option '-v'; `cupbearer help` lists what there is"),
        ("health --redy", "cupbearer health: there is no option --redy; did you mean --ready?"),
        ("tail --outcome failed,deliverd", "cupbearer tail: --outcome: there is no 'deliverd'; did you mean delivered?"),
        ("xyzzy", "cupbearer: there is no command 'xyzzy'; `cupbearer help` lists what there is"),
        ("run now", "cupbearer run: 'now' is not expected here; see cupbearer run --help"),
        ("run --log-level loud", "cupbearer run: --log-level is error, warning, info or debug, not 'loud'"),
        ("run --confg x", "cupbearer run: there is no option --confg; did you mean --config?"),
        ("keygen", "cupbearer keygen: what shall the key be called? cupbearer keygen NAME, or keygen --mark FILE"),
        ("keygen Backend", "cupbearer keygen: NAME: 'Backend' is not of the form [a-z0-9][a-z0-9_-]{0,62}"),
        ("keygen a b", "cupbearer keygen: one NAME at a time; 'b' is one too many"),
        ("keygen a --hmak", "cupbearer keygen: there is no option --hmak; did you mean --hmac?"),
        ("keygen a --hmac=1", "cupbearer keygen: --hmac takes no value"),
        ("keygen a --dir", "cupbearer keygen: --dir needs a value behind it"),
        ("keygen a -x", "cupbearer keygen: there is no option -x; see cupbearer keygen --help"),
        ("keygen --mark m --hmac",
         "cupbearer keygen: --mark FILE stands alone: a mark secret has no name, sender or account"),
        ("keygen a --account Acme", "cupbearer keygen: --account: 'Acme' is not of the form [a-z0-9][a-z0-9_-]{0,62}"),
        ("sign --key-id a p",
         "cupbearer sign: say what to sign with: --key-file FILE (`cupbearer keygen` makes one)"),
        ("sign --key-file KEY p",
         "cupbearer sign: say what the key is called in the workers' keyring: --key-id ID"),
        ("sign --key-file KEY --key-id a",
         "cupbearer sign: no payload: name a file (- is stdin), or give --account, --to-external-id and --body"),
        ("sign --key-file KEY --key-id a DIR/none", "cupbearer sign: cannot open DIR/none: No such file or directory"),
        ("sign --key-file KEY --key-id a DIR", "cupbearer sign: cannot read DIR: Is a directory"),
        ("sign --key-file KEY --key-id a p q", "cupbearer sign: one payload at a time; 'q' is one too many"),
        ("sign --key-file KEY --key-id a --ttl 5 p",
         "cupbearer sign: the payload is in a file: --ttl has no place; change the file, or leave it out"),
        ("sign --key-file DIR/long.txt --key-id a DIR/payload.json",
         "cupbearer sign: DIR/long.txt has more than 256 bytes; is it the right file?"),
        ("sign --key-file DIR/empty.json --key-id a DIR/payload.json",
         "cupbearer sign: DIR/empty.json: not a key: expected one that begins with whsk_, whpk_, whsec_ or "
         "whmk_"),
        ("sign --key-file KEY --key-id A DIR/payload.json",
         "cupbearer sign: the key id is not of the form [a-z0-9][a-z0-9_-]{0,62}"),
        ("sign --key-file KEY --key-id a --event-id a.b DIR/payload.json",
         "cupbearer sign: the event id is not 1 to 128 characters of A-Z a-z 0-9 _ - : ~"),
        ("sign --key-file KEY --key-id a --at 1767225600000 DIR/payload.json",
         "cupbearer sign: --at needs a whole number from 1 to 99999999999, not '1767225600000'"),
        ("sign --key-file KEY --key-id a --format xml DIR/payload.json",
         "cupbearer sign: --format is json or kcat, not 'xml'"),
        ("sign --key-file KEY --key-id a DIR/blank.json", "cupbearer sign: message.body: is blank"),
        ("sign --key-file KEY --key-id a --account acme", "cupbearer sign: say what the message is: --body TEXT, "
         "--body - to read it from stdin, or --message NAME"),
        ("sign --key-file KEY --key-id a --body x", "cupbearer sign: say for which account: --account ACCOUNT"),
        ("sign --key-file KEY --key-id a --account acme --body x",
         "cupbearer sign: name the recipient: one of --to-external-id, --to-customer-id, --to-conversation-id"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-external-id a --to-customer-id b",
         "cupbearer sign: name the recipient: one of --to-external-id, --to-customer-id, --to-conversation-id, not several"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-customer-id b --email c",
         "cupbearer sign: --email describes a new customer: it goes with --to-external-id only"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-customer-id b",
         "cupbearer sign: to.customer_id: is not a UUID of 36 lower-case characters"),
        ("sign --key-file KEY --key-id a --account acme --account b",
         "cupbearer sign: --account was given twice; which one is meant?"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-external-id a --ttl 61",
         "cupbearer sign: --ttl needs whole seconds from 1 to 60, such as 60s, not '61'"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-external-id a --deliver-within 8d",
         "cupbearer sign: --deliver-within needs whole seconds from 1 to 604800, such as 60s, not '8d'"),
        ("sign --key-file KEY --key-id a --account acme --body x --to-external-id a --quick-reply a --quick-reply a",
         "cupbearer sign: message.quick_replies[1]: has the same action as another"),
        ("send --key-file KEY --key-id a --partitioner x DIR/payload.json",
         "cupbearer send: --partitioner is murmur2 or crc32, as in the worker's configuration, not 'x'"),
        ("send --key-file KEY --key-id a --timeout 0 DIR/payload.json",
         "cupbearer send: --timeout needs whole seconds from 1 to 86400, such as 60s, not '0'"),
        ("send --key-file KEY --key-id a DIR/blank.json", "cupbearer send: message.body: is blank"),
        ("verify", "cupbearer verify: say which keys are known: --keyring FILE"),
        ("verify --keyring DIR/none", "cupbearer verify: cannot open DIR/none: No such file or directory"),
        ("verify --keyring DIR/keyring.json --partition 1",
         "cupbearer verify: --partition means something only with --partitions N, the topic's number"),
        ("verify --keyring DIR/keyring.json --partition 6 --partitions 6",
         "cupbearer verify: partitions are counted from 0: of 6 the last is 5"),
        ("verify --keyring DIR/keyring.json DIR/payload.json",
         'cupbearer verify: not a record: expected {"key": "...", "headers": {...}, "value": "..."}, as `cupbearer '
         "sign` prints it"),
        ("audit DIR", "cupbearer audit: 'DIR' is not expected here; see cupbearer audit --help"),
        ("audit --since 60",
         "cupbearer audit: --since needs a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 24h or 7d, "
         "not '60'"),
        ("audit --until 2026-02-30T12:00:00Z",
         "cupbearer audit: --until needs a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 24h or 7d, "
         "not '2026-02-30T12:00:00Z'"),
        ("audit --since 1h --until 2h", "cupbearer audit: --since has to lie before --until"),
        ("audit --partition -1",
         "cupbearer audit: --partition needs a whole number from 0 to 2147483647, not '-1'"),
        ("audit --config DIR/none",
         "cupbearer audit: DIR/none does not exist; copy the example (deploy/cupbearer.conf; installed: "
         "/usr/share/doc/cupbearer/cupbearer.conf) there and fill it in, or name another file by --config or "
         "CUPBEARER_CONFIG"),
        ("why", "cupbearer why: say which event: its id, which is its webhook-id header; see cupbearer why --help"),
        ("why evt_1 evt_2", "cupbearer why: one event id at a time; 'evt_2' is one too many"),
        ("why evt_1 --recipent ada", "cupbearer why: there is no option --recipent; did you mean --recipient?"),
        ("why evt_1 --since 1h --until 2h", "cupbearer why: --since has to lie before --until"),
        ("dead", "cupbearer dead: what shall be done? dead list, show, resend or export; see cupbearer dead --help"),
        ("dead rise", "cupbearer dead: there is no dead rise: dead list, show, resend or export; see cupbearer dead --help"),
        ("dead lst", "cupbearer dead: there is no dead lst; did you mean dead list?"),
        ("dead resend x", "cupbearer dead: 'x' is not expected here; see cupbearer dead --help"),
        ("dead list x", "cupbearer dead: 'x' is not expected here; see cupbearer dead --help"),
        ("dead export x y", "cupbearer dead: 'y' is not expected here; see cupbearer dead --help"),
        ("dead show",
         "cupbearer dead: which one shall be shown? cupbearer dead show EVENT_ID, or PARTITION/OFFSET of its record"),
        ("dead show 3/x",
         "cupbearer dead: '3/x' is neither an event id nor a place such as 3/1047, PARTITION/OFFSET of a record"),
        ("dead show --event-id x",
         "cupbearer dead: --event-id goes with dead list, dead resend and dead export; dead show EVENT_ID"),
        ("dead list --key-file KEY", "cupbearer dead: --key-file goes with dead resend"),
        ("dead export --json",
         "cupbearer dead: --json goes with dead list, dead show and dead resend; dead export is JSON by itself"),
        ("dead list --state opened",
         "cupbearer dead: --state is open, delivered, waiting, superseded or kept, not 'opened'"),
        ("dead list --to-external-id a --to-customer-id b",
         "cupbearer dead: name one recipient: --to-external-id, --to-customer-id or --to-conversation-id, not several"),
        ("dead list --reason xyzzy", "cupbearer dead: --reason: there is no reason 'xyzzy'; see cupbearer dead --help"),
        ("dead resend", "cupbearer dead: say which: --reason REASON (repeatable), --expired, --wrong-partition, or --event-id ID"),
        ("dead resend --account acme",
         "cupbearer dead: say which: --reason REASON (repeatable), --expired, --wrong-partition, or --event-id ID"),
        ("dead resend --reason gaveup", "cupbearer dead: --reason: there is no reason 'gaveup'; did you mean gave_up?"),
        ("dead resend --reason bad_signature",
         "cupbearer dead: --reason: bad_signature is why a record was rejected; such a one is never signed"),
        ("dead resend --reason expired",
         "cupbearer dead: --reason: expired events were rejected; if you mean them: --expired"),
        ("dead resend --reason flood --per-minute 0",
         "cupbearer dead: --per-minute needs a whole number from 1 to 60000, not '0'"),
        ("dead resend --reason flood --since 1h --until 1h", "cupbearer dead: --since has to lie before --until"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_what_to_do(bench, words, mistake):
    ended = run_program(*names(bench, words).split())
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", names(bench, mistake) + "\n")


@pytest.mark.parametrize(
    ("value", "word"),
    [("secrity.protocol=ssl", '"security.protocol"'), ("bootstrap.servers=x", "bootstrap"), ("debug", "NAME=VALUE")],
)
def test_send_takes_only_the_properties_of_librdkafka_that_the_worker_takes(bench, value, word):
    ended = run_program("send", *bench.signer("pair-1"), *TO_ADA, "--kafka", value)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("cupbearer send: --kafka: ")
    assert word in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_text_that_is_not_utf8_is_named_by_its_option(bench):
    ended = run_program("sign", *bench.signer("pair-1"), *TO_ADA[:-1], os.fsdecode(b"\xff"))
    assert (ended.returncode, ended.stderr) == (2, "cupbearer sign: --body is not UTF-8\n")


def test_keygen_writes_the_secret_for_its_owner_alone_and_prints_the_entry(tmp_path):
    made = run_program(
        "keygen", "backend-1", "--sender", "backend", "--account", "acme", "--account", "beta", cwd=tmp_path
    )
    file = tmp_path / "backend-1.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = file.read_text()
    assert re.fullmatch(r"whsk_[A-Za-z0-9+/]{86}==\n", secret)
    entry = json.loads(made.stdout)
    assert entry == {"id": "backend-1", "sender": "backend", "key": entry["key"], "accounts": ["acme", "beta"]}
    halves = base64.b64decode(secret.removeprefix("whsk_"))
    assert entry["key"] == "whpk_" + base64.b64encode(halves[32:]).decode()
    assert made.stderr == "the secret is in ./backend-1.key: keep it where events are signed\n"


def test_keygen_never_writes_over_a_file(tmp_path):
    for arguments, file in ((("backend-1", "--dir", tmp_path), "backend-1.key"), (("--mark", tmp_path / "m"), "m")):
        assert run_program("keygen", *arguments).returncode == 0
        before = (tmp_path / file).read_bytes()
        again = run_program("keygen", *arguments)
        assert (again.returncode, again.stdout) == (2, "")
        mistake = f"{tmp_path / file} exists; choose another name or delete it yourself"
        assert again.stderr == f"cupbearer keygen: {mistake}\n"
        assert (tmp_path / file).read_bytes() == before


def test_keygen_says_that_an_hmac_entry_holds_the_secret(tmp_path):
    made = run_program("keygen", "backend-1", "--hmac", "--dir", tmp_path)
    entry = json.loads(made.stdout)
    assert entry["key"] + "\n" == (tmp_path / "backend-1.key").read_text()
    assert len(base64.b64decode(entry["key"].removeprefix("whsec_"))) == 32
    assert entry["sender"] == "backend-1" and entry["accounts"] == []
    assert "the entry holds it too: keep the keyring as secret as the key" in made.stderr
    assert "name accounts in the entry before a worker reads it" in made.stderr


def test_keygen_mark_writes_a_mark_secret_and_prints_none(tmp_path):
    made = run_program("keygen", "--mark", tmp_path / "mark.key")
    assert (made.returncode, made.stdout) == (0, "")
    assert stat.S_IMODE((tmp_path / "mark.key").stat().st_mode) == 0o600
    assert re.fullmatch(r"whmk_[A-Za-z0-9+/]{43}=\n", (tmp_path / "mark.key").read_text())
