"""`cupbearer keygen`, which puts what it made where workers and gates read it."""

import json
import subprocess

import pytest
from programs import ENVIRONMENT, PROGRAM, run_program


def keygen(directory, *arguments):
    return run_program("keygen", *arguments, cwd=directory)


def listed(directory, name, member, what):
    return [entry[what] for entry in json.loads((directory / name).read_text())[member]]


def made(directory, *arguments):
    ended = keygen(directory, *arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


ADD = ("--account", "acme", "--keyring", "keyring.json")


def test_a_key_adds_its_entry_and_a_worker_takes_what_it_signs(tmp_path):
    assert made(tmp_path, "backend-1", "--hmac", *ADD) == ""  # its secret is in the keyring too: not on the screen
    made(tmp_path, "gate-1", "--sender", "gate", *ADD)
    assert listed(tmp_path, "keyring.json", "keys", "id") == ["backend-1", "gate-1"]
    for name in ("backend-1", "gate-1"):
        address = ["--account", "acme", "--to-external-id", "user_42", "--body", "Hi"]
        record = run_program("sign", "--key-file", f"{name}.key", "--key-id", name, *address, cwd=tmp_path)
        (tmp_path / "record.json").write_text(record.stdout)
        told = run_program("verify", "--keyring", "keyring.json", "record.json", cwd=tmp_path)
        assert told.returncode == 0, told.stdout + told.stderr


def test_who_reads_the_keyring_meanwhile_reads_the_one_before_whole(tmp_path):
    made(tmp_path, "backend-1", *ADD)
    keyring = tmp_path / "keyring.json"
    keyring.chmod(0o640)
    before = keyring.read_text()
    with keyring.open() as reader:
        made(tmp_path, "backend-2", *ADD)
        assert reader.read() == before
    assert keyring.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"backend-1.key", "backend-2.key", "keyring.json"}


def test_those_that_add_at_once_all_add(tmp_path):
    names = [f"backend-{number}" for number in range(12)]
    running = [subprocess.Popen([PROGRAM, "keygen", name, *ADD], cwd=tmp_path, env=ENVIRONMENT) for name in names]
    assert [one.wait(60) for one in running] == [0] * len(names)
    assert sorted(listed(tmp_path, "keyring.json", "keys", "id")) == sorted(names)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"keys": [{"id": "backend-1", "sender": "s", "key": "whsec_%s", "accounts": ["acme"]}]}' % ("A" * 32), "another entry"),
        ('{"keys": {}}', 'no list "keys"'),
        ("not JSON", "not JSON"),
    ],
)
def test_a_keyring_that_cannot_take_the_entry_stays_as_it_is_and_no_secret_is_left(tmp_path, text, said):
    (tmp_path / "keyring.json").write_text(text)
    ended = keygen(tmp_path, "backend-1", *ADD)
    assert ended.returncode == 2 and "keyring.json: " in ended.stderr and said in ended.stderr, ended.stderr
    assert (tmp_path / "keyring.json").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.json"]


def test_a_token_adds_its_entry(tmp_path):
    for name in ("shop", "crm"):
        told = made(tmp_path, "--token", name, "--account", "acme", "--tokens", "tokens.json")
        assert len(told.split()) == 1 and told.strip() not in (tmp_path / "tokens.json").read_text()
    assert listed(tmp_path, "tokens.json", "tokens", "name") == ["shop", "crm"]
