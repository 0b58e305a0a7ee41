"""schemathesis: asks everything that an OpenAPI description allows and much that it does not, and looks at the answers."""

import subprocess
import sys
from pathlib import Path

from programs import ENVIRONMENT

PROGRAM = Path(sys.executable).parent / "schemathesis"


def ask_by(description, directory, *options, examples):
    """`description`: a file or a URL. It writes into `directory`. The test fails where an answer is none of those described."""
    asked = subprocess.run(
        [PROGRAM, "run", description, *options, "--max-examples", str(examples), "--seed", "7",
         "--generation-database", "none", "--no-color", "--max-failures", "20"],
        capture_output=True, text=True, timeout=570, cwd=directory,
        env={**ENVIRONMENT, "SCHEMATHESIS_HOOKS": "schema_hooks", "PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout[-20000:] + asked.stderr
