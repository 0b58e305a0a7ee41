"""The demo's own promise: four events, four outcomes, two messages."""

import json

from programs import run_program

EXPECTED = [("delivered", None), ("duplicate", None), ("rejected", "bad_signature"), ("delivered", None)]


def receipts(text):
    """The receipts among the lines that the demo prints."""
    found = []
    for line in text.splitlines():
        start = line.find("{")
        if start >= 0 and '"outcome"' in line:
            found.append(json.loads(line[start:]))
    return found


def expect_the_scene(ended):
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [(told["outcome"], told.get("reason")) for told in receipts(ended.stdout)] == EXPECTED, ended.stdout


def test_the_demo_shows_a_delivery_a_duplicate_a_forgery_and_a_stored_500(tmp_path):
    expect_the_scene(run_program("demo", "--once", seconds=120, cwd=tmp_path))


def test_the_demo_shows_the_same_on_a_real_kafka(kafka, tmp_path):
    arguments = ["--once", "--bootstrap-servers", kafka.bootstrap]
    try:
        expect_the_scene(run_program("demo", *arguments, seconds=120, cwd=tmp_path))
    finally:  # the README's snippets need topics of these names too
        kafka.delete("cupbearer.events", "cupbearer.receipts", "cupbearer.dead")
