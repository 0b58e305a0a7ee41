"""What the tests of the small commands work at: keys of either kind, and the keyring that knows them."""

import json
import re
import subprocess

from programs import ENVIRONMENT, PROGRAM, run_program

TO_ADA = ("--account", "acme", "--to-external-id", "ada", "--body", "Hi")
# What a shell, printf, kcat or JSON could take amiss.
HOSTILE = "It's \"two\"\nlines: $HOME `id` \\n \\x01 %s 100% – 東京 !x #y"


def run_with_input(text, *arguments):
    """As run_program, with a text on stdin."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60, env=ENVIRONMENT
    )


class Bench:
    def __init__(self, directory):
        self.directory = directory
        self.keys = {}
        for name, options in (("pair-1", ()), ("hmac-1", ("--hmac",))):
            made = run_program("keygen", name, *options, "--dir", directory, "--sender", "backend", "--account", "acme")
            assert made.returncode == 0, made.stderr
            self.keys[name] = json.loads(made.stdout)
        self.keyring = self.file("keyring.json", json.dumps({"keys": list(self.keys.values())}))

    def file(self, name, text):
        path = self.directory / name
        path.write_bytes(text.encode())
        return path

    def signer(self, key_id):
        return "--key-file", self.directory / f"{key_id}.key", "--key-id", key_id

    def sign(self, *arguments, key_id="pair-1"):
        signed = run_program("sign", *self.signer(key_id), *arguments)
        assert (signed.returncode, signed.stderr) == (0, "")
        return json.loads(signed.stdout)

    def verify(self, record, *options):
        """The exit code, and what is said: by its label."""
        ended = run_with_input(json.dumps(record), "verify", "--keyring", self.keyring, *options)
        assert ended.stderr == ""
        said = re.findall(r"^(\S.{13}) ?(.*)$", ended.stdout, re.M)
        return ended.returncode, {label.strip(): text for label, text in said}

    def verify_read(self, record, *options):
        """The same for a record that was read from Kafka, at its own time and in its own partition."""
        headers = {name: value.decode() for name, value in record.headers}
        assert len(headers) == len(record.headers)
        return self.verify(
            {"key": record.key.decode(), "headers": headers, "value": record.value.decode()},
            "--partition", record.partition, "--admitted-at", record.timestamp, *options,
        )  # fmt: skip

    def expect_rejected(self, record, reason, *options):
        """What is said of a record that a worker must reject for this reason."""
        status, said = self.verify(record, *options)
        assert status == 1
        assert said["outcome"].startswith(f"rejected ({reason}): "), said
        return said
