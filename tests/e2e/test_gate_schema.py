"""The gate against its own description: schemathesis asks everything that openapi.json allows and much that it does not."""

import subprocess
import sys
from pathlib import Path

from gate import Gate
from programs import ENVIRONMENT
from test_gate import make_token, write_tokens

HERE = Path(__file__).parent
OPTIONS = [
    "--exclude-path", "/v1/receipts",  # a stream has no end; it is tested elsewhere
    # A generator cannot sign: what it sends is well formed, and refused all the same.
    "--exclude-checks", "positive_data_acceptance",
    "--max-examples", "60", "--seed", "7", "--generation-database", "none", "--no-color", "--max-failures", "20",
]  # fmt: skip


def test_the_gate_answers_as_its_description_says(installation, key, tmp_path):
    token, entry = make_token("shop", "--account", "acme")
    write_tokens(installation.directory / "tokens.json", (token, {**entry, "per_minute": 1000000}))
    (installation.directory / "messages").mkdir()
    installation.configure(
        "gate", listen="127.0.0.1:0", address_rate=0, key_rate=0, tokens_file=installation.directory / "tokens.json",
        key_file=installation.secret_write("gate.key", key.secret), key_id=key.id,
        messages_dir=installation.directory / "messages",
    )  # fmt: skip
    gate = Gate(installation)
    program = Path(sys.executable).parent / "schemathesis"
    asked = subprocess.run(
        [program, "run", f"{gate.url}/openapi.json", "-H", f"Authorization: Bearer {token}", *OPTIONS],
        capture_output=True, text=True, timeout=570, cwd=tmp_path,
        env={**ENVIRONMENT, "SCHEMATHESIS_HOOKS": "schema_hooks", "PYTHONPATH": str(HERE)},
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout[-20000:] + asked.stderr
    gate.stop()
