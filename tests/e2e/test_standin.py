"""The stand-in answers as the real Papercups was recorded to answer: tests/vectors/papercups.jsonl, in order, holds
each recorded exchange of a call that the worker makes, papercups-widget.jsonl those that were recorded later, the
widget's own among them. An exchange is

    case, method, path, headers, body    the request, with $NAMES for keys and ids, ${c N} for N times the character c
    later_s                              so many seconds behind the one before
    before                               what was done to the server before it: path and body of a control call
    gives                                the $NAME of the id that it creates
    status, type, location, answer       what came back; a long answer is cut: "… [N chars in all]"
    gzip                                 the body was sent compressed
    one_of_many                          a page of one, of several that may come first: its nulls are not compared
"""

import gzip
import http.client
import json
import re
import urllib.parse

import pytest
from broker import ROOT
from papercups import ACCOUNT_A, ACCOUNT_B, Client, TwoAccounts

EXCHANGES, WIDGET = (
    [json.loads(line) for line in (ROOT / "tests/vectors" / name).read_text().splitlines()]
    for name in ("papercups.jsonl", "papercups-widget.jsonl")
)
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KINDS = [
    ("an id", rf"{UUID}|\$[A-Z_0-9]+"),
    ("a time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    ("a time in UTC", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    ("a date", r"\d{4}-\d\d-\d\d"),
    ("an address", r"[^@ ]+@[^@ ]+"),
    ("a cursor", r"[\w=-]{60,}"),
]


def kind(value, in_list):
    """What a value is, as far as two servers can agree on it; of a list nothing but types, for its order is open."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return "a number"
    for name, pattern in KINDS:
        if re.fullmatch(pattern, value):
            return name
    return "a text" if in_list else value


def agrees(want, got, cut=False, in_list=False, nulls=True, named=()):
    """Whether both have the same members, nulls and types, and the same ids of those that are `named`. `cut`: what `want`
    ends with may lack something."""
    if not nulls and (want is None or got is None):
        return True
    if isinstance(want, dict) and isinstance(got, dict):
        if (not set(want) <= set(got)) if cut else (set(want) != set(got)):
            return False
        last = list(want)[-1] if want else None
        return all(agrees(want[name], got[name], cut and name == last, in_list, nulls, named) for name in want)
    if isinstance(want, list) and isinstance(got, list):
        left = list(got)
        for index, value in enumerate(want):
            part = cut and index == len(want) - 1
            found = next((one for one in left if agrees(value, one, part, True, nulls, named)), None)
            if found is None:
                return False
            left.remove(found)
        return cut or not left
    if isinstance(want, (dict, list)) or isinstance(got, (dict, list)):
        return False
    return want == got if want in named else kind(want, in_list) == kind(got, in_list)


def fixed(text):
    """JSON that was cut, up to its last whole member."""
    depth, whole, closing, in_string, at = [], 0, "", False, 0
    while at < len(text):
        char = text[at]
        if in_string:
            at += char == "\\"
            in_string = char != '"'
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth.append("}" if char == "{" else "]")
            whole, closing = at + 1, "".join(reversed(depth))
        elif char in "}],":
            if char == ",":
                whole = at
            else:
                depth.pop()
                whole = at + 1
            closing = "".join(reversed(depth))
        at += 1
    return json.loads(text[:whole] + closing)


class Replay:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.control = Client(url)
        self.ahead_s = 0
        self.names = {"$SESSION_A": "a-session", "$KEY_A3": "revoked"}
        self.names["$INBOX_A2"] = ACCOUNT_B[2]  # any inbox will do
        for letter, (key, account, inbox) in (("A", ACCOUNT_A), ("B", ACCOUNT_B)):
            self.names |= {f"$KEY_{letter}": key, f"$ACCOUNT_{letter}": account, f"$INBOX_{letter}": inbox}

    def filled(self, text):
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(name, self.names[name])
        return re.sub(r"\$\{(.) (\d+)\}", lambda found: found[1] * int(found[2]), text)

    def ask(self, exchange):
        self.ahead_s += exchange.get("later_s", 0)
        self.control.control("clock", ahead_s=self.ahead_s)
        if "before" in exchange:
            before = exchange["before"]
            assert self.control.call("POST", before["path"], json.loads(self.filled(before["body"]))).status == 200
        body = self.filled(exchange["body"]).encode(errors="surrogateescape")
        if exchange.get("gzip"):
            body = gzip.compress(body)
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.putrequest(exchange["method"], self.filled(exchange["path"]))
        for name, value in {**exchange["headers"], "content-length": str(len(body))}.items():
            connection.putheader(name, self.filled(value))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if "gives" in exchange:
            identity = json.loads(text)["data"]["id"]
            self.names |= {exchange["gives"]: identity, exchange["gives"] + "_UPPER": identity.upper()}
        return answer, text

    def differences(self, exchange):
        """What differs from the recording, one line each."""
        answer, text = self.ask(exchange)
        places = [exchange.get("location"), answer.headers["location"]]
        told = [
            ("status", exchange["status"], answer.status),
            ("type", exchange.get("type"), answer.headers["content-type"]),
            ("location", *(place and re.sub(UUID, "ID", place) for place in places)),
        ]
        lines = [f"{what}: recorded {want}, here {got}" for what, want, got in told if want != got]
        recorded, cut, _ = exchange["answer"].partition("… [")
        if recorded.startswith("{"):
            want = self.filled(recorded)
            want = fixed(want) if cut else json.loads(want)
            one = exchange.get("one_of_many")
            named = () if one else set(self.names.values())
            if not agrees(want, json.loads(text), bool(cut), nulls=not one, named=named):
                lines.append(f"answer: recorded {recorded[:2000]}\n            here {text[:2000]}")
        elif recorded == "" and exchange["path"].startswith("/api/") and text:
            lines.append(f"answer: recorded nothing, here {text[:200]}")
        return lines


@pytest.fixture
def replay(tmp_path):
    standin = TwoAccounts(tmp_path)
    yield Replay(standin.url)
    standin.stop()


@pytest.mark.parametrize("exchanges", [EXCHANGES, WIDGET], ids=["the worker's", "the widget's"])
def test_every_recorded_exchange_is_answered_with_its_status_and_shape(replay, exchanges):
    lines = []
    for exchange in exchanges:
        lines += [f"{exchange['case']}: {line}" for line in replay.differences(exchange)]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"id": None, "list": [{"a": 1, "b": None}]}},
        {"data": {"id": "$X", "list": [{"a": 1}]}},
        {"data": {"id": "$X", "list": [{"a": 1, "b": 2}]}},
        {"data": {"id": "$X", "list": [{"a": "1", "b": None}]}},
        {"data": {"id": "$X", "list": []}},
        {"data": {"id": "$X", "list": [{"a": 1, "b": None}], "more": 1}},
    ],
)
def test_the_comparison_sees_members_nulls_types_and_lengths(wrong):
    recorded = {"data": {"id": "0b1a2c3d-0001-4000-8000-000000000001", "list": [{"a": 7, "b": None}]}}
    assert agrees(recorded, {"data": {"id": "$X", "list": [{"a": 1, "b": None}]}})
    assert not agrees(recorded, wrong)


def test_a_cut_answer_is_compared_up_to_where_it_was_cut():
    assert fixed('{"data":[{"a":1,"b":{"c":"x,}","d":"y') == {"data": [{"a": 1, "b": {"c": "x,}"}}]}
    assert fixed('{"data":{"a":"') == {"data": {}}
