"""The gate against its own description: schemathesis asks everything that openapi.json allows and much that it does not."""

import pytest
from gate import Gate
from schema import ask_by
from test_gate import make_token, write_tokens

pytestmark = pytest.mark.full


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
    ask_by(
        f"{gate.url}/openapi.json", tmp_path, "-H", f"Authorization: Bearer {token}",
        "--exclude-path", "/v1/receipts",  # a stream has no end; it is tested elsewhere
        # A generator cannot sign: what it sends is well formed, and refused all the same.
        "--exclude-checks", "positive_data_acceptance", examples=60,
    )  # fmt: skip
    gate.stop()
