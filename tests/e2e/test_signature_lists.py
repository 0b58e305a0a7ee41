"""Lists of signatures in one header, as the table says: of the worker, and of the standard's own library."""

from pathlib import Path

import pytest
from signing import payload, sign
from standardwebhooks.webhooks import WebhookVerificationError
from world import BACKEND, World

TABLE = Path(__file__).parents[1] / "unit" / "tables" / "signature_lists.txt"
REASONS = {"valid": None, "invalid": "bad_signature", "malformed": "malformed_headers"}


def rows():
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return [line.split(" | ") for line in lines]


def filled(text, good):
    return text.replace("%", good.split(",")[1]).replace("&", good[:-1]).replace("$", good).replace("~", " ")


def by_library(event):
    """What the library of the key says to it."""
    try:
        BACKEND.webhook.verify(event.value, dict(event.headers))
    except WebhookVerificationError:
        return "invalid"
    except ValueError:
        return "raises"
    return "valid"


def test_the_worker_reads_them_as_the_table_says(kafka, tmp_path, customer):
    made = World(tmp_path, kafka, kafka.topics())
    try:
        events = []
        for number, (text, _, _) in enumerate(rows()):
            event = sign(BACKEND, payload(f"{customer}-{number}"))
            events.append(event.with_header("webhook-signature", filled(text, event.header("webhook-signature"))))
        places = made.kafka.publish(made.topics.events, events)
        told = {text: made.receipt(place).get("reason") for (text, _, _), place in zip(rows(), places, strict=True)}
        assert told == {text: REASONS[ours] for text, ours, _ in rows()}
    finally:
        made.close()


@pytest.mark.parametrize("text, ours, others", rows())
def test_the_standards_library_says_what_the_table_says_of_it(text, ours, others):
    event = sign(BACKEND, payload("user_42"))
    event = event.with_header("webhook-signature", filled(text, event.header("webhook-signature")))
    assert by_library(event) in others.split()[0].split("/")
