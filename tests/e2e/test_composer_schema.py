"""The composer's side of the gate against a description: schemathesis asks all that it allows and much that it does not. The
page is the only one to call this, so the description is not the gate's own; that a caller gets only such answers is what counts."""

import json

import pytest
from composer import GATE_KEY, Composer, ComposerWorld
from schema import ask_by

TEXT = {"type": "string"}
TO = {
    "oneOf": [
        {"type": "object", "required": ["customer"], "properties": {"customer": {
            "type": "object", "required": ["external_id"], "properties": {"external_id": {"type": "string", "minLength": 1, "maxLength": 255}}}}},
        {"type": "object", "required": ["customer_id"], "properties": {"customer_id": {"type": "string", "format": "uuid"}}},
        {"type": "object", "required": ["conversation_id"], "properties": {"conversation_id": {"type": "string", "format": "uuid"}}},
    ],
}  # fmt: skip
MESSAGE = {
    "type": "object", "required": ["body"], "properties": {
        "body": {"enum": ["Hi {{name}}", "Hi", "", "{{", "\u202e"]},
        "quick_replies": {"type": "array", "items": TEXT}, "metadata": {"type": "object"},
        "ttl": {"type": "integer"}, "deliver_within": {"type": "integer"},
        "blanks": {"type": "object", "properties": {"name": {"type": "object", "properties": {
            "type": {"enum": ["text", "url", "number", "date"]}, "default": TEXT}}}},
    },
}  # fmt: skip
ACCOUNT = {"enum": ["acme", "initech", "nobody"]}
VERSION = {"type": "string", "pattern": "^([0-9a-f]{32})?$"}
NAME = {"name": "name", "in": "path", "required": True, "schema": {"enum": ["hi", "ho", "No Good"]}}
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string", "minLength": 1}, "field": TEXT, "reason": TEXT}}


def thing(**members):
    return {"type": "object", "required": [*members], "properties": members}


def answers(**schemas):
    """By status; an error's is the same everywhere, and everybody may be told that the request is none."""
    errors = {status: ERROR for status in ("400", "401", "403", "413", "414", "415", "431")}
    told = {status.removeprefix("s"): schema for status, schema in schemas.items()}
    return {
        status: {"description": "", **({} if schema is None else {"content": {"application/json": {"schema": schema}}})}
        for status, schema in (errors | told).items()
    }


def call(body=None, parameters=(), **schemas):
    made = {"parameters": [*parameters], "responses": answers(**schemas)}
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def query(name, schema, required=True):
    return {"name": name, "in": "query", "required": required, "schema": schema}


SAVED = thing(name=TEXT, version=VERSION)
SIGN = {
    "type": "object", "required": ["account", "key_id", "to", "message"], "properties": {
        "account": ACCOUNT, "key_id": {"enum": [GATE_KEY.id, "other"]}, "to": TO, "message": MESSAGE,
        "blanks": {"type": "object", "properties": {"name": TEXT}}, "confirmed": {"type": "boolean"}, "name": TEXT,
    },
}  # fmt: skip
RECORD = {"type": "object", "properties": {"key": TEXT, "headers": {"type": "object"}, "value": TEXT}}
DESCRIPTION = {
    "openapi": "3.1.0", "info": {"title": "composer", "version": "1"}, "paths": {
        "/composer/api/setup": {"get": call(s200=thing(accounts={"type": "array"}, link_hosts={"type": "array"}, topic=TEXT))},
        "/composer/api/messages": {"get": call(s200=thing(messages={"type": "array", "items": SAVED}))},
        "/composer/api/messages/{name}": {
            "put": call(thing(version=VERSION, message=MESSAGE), [NAME], s200=SAVED, s409=ERROR, s422=ERROR),
            "delete": call(None, [NAME, query("version", VERSION)], s200=thing(name=TEXT), s404=ERROR, s409=ERROR, s422=ERROR),
        },
        "/composer/api/messages/{name}/rename": {
            "post": call(thing(version=VERSION, to=TEXT), [NAME], s200=SAVED, s404=ERROR, s409=ERROR, s422=ERROR),
        },
        "/composer/api/lookup": {
            "post": call(thing(account=ACCOUNT, to=TO), s200=thing(found={"type": "boolean"}, creates={"type": "boolean"}), s422=ERROR),
        },
        "/composer/api/sign": {
            "post": call(SIGN, s200=thing(record=RECORD, event_id=TEXT, payload={"type": "object"}), s409=ERROR, s422=ERROR, s429=ERROR),
        },
        "/composer/api/publish": {"post": call(thing(record=RECORD), s202=thing(event_id=TEXT), s422=ERROR, s429=ERROR)},
        "/composer/api/receipt": {
            "get": call(None, [query("event_id", {"type": "string", "pattern": "^[A-Za-z0-9_:~-]{1,20}$"}),
                               query("wait", {"type": "integer", "minimum": 0, "maximum": 60}, False)],
                        s200={"type": "object"}, s204=None),
        },
        "/composer/api/history": {"get": call(s200=thing(entries={"type": "array"}))},
        "/composer/api/seen": {
            "post": call(thing(key=TEXT, event_id=TEXT), s200=thing(state=TEXT), s204=None, s422=ERROR, s502=ERROR, s503=ERROR, s504=ERROR),
        },
    },
}  # fmt: skip

pytestmark = pytest.mark.full


@pytest.fixture
def composer(tmp_path, kafka):
    world = ComposerWorld(tmp_path, kafka, kafka.topics())
    made = Composer(world.installation)
    yield made
    made.stop()
    world.close()


def test_the_composer_answers_as_described(composer, tmp_path):
    (tmp_path / "composer.json").write_text(json.dumps(DESCRIPTION))
    ask_by(
        tmp_path / "composer.json", tmp_path, "--url", composer.url,
        "-H", f"X-Cupbearer-Token: {composer.token}", "-H", f"Origin: {composer.url}",
        # Most of what is generated fits no state; who may ask: test_composer_api.
        "--exclude-checks", "positive_data_acceptance,ignored_auth", examples=40,
    )  # fmt: skip
    assert composer.runs()
