"""`cupbearer gate` as a process, and HTTP as its callers speak it."""

import http.client
import json
import socket
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass, field

from programs import Process
from prometheus import Metrics


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    json: object = field(init=False, default=None)

    def __post_init__(self):
        if self.headers.get("content-type", "").startswith("application/json") and self.body:
            self.json = json.loads(self.body)

    @property
    def error(self):
        assert self.json and self.json["error"], self
        return self.json["error"]


def record_of(event):
    """An event as `cupbearer sign --json` prints it."""
    return {"key": event.key, "headers": dict(event.headers), "value": event.value.decode()}


class Gate(Process):
    """A gate that runs by an installation's configuration."""

    def __init__(self, installation, number=1):
        log = installation.directory / f"gate-{number}.log"
        super().__init__(log, "gate", "--config", installation.configuration(), "--log-level", "debug")
        self.url = self.start(r"event=serving url=(http://[\d.]+:\d+)")[1]
        place = urllib.parse.urlsplit(self.url)
        self.host, self.port = place.hostname, place.port

    def call(self, method, path, content=None, headers=None, seconds=60):
        """`content`: bytes, or what is sent as JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds)
        headers = dict(headers or {})
        if content is not None and not isinstance(content, bytes):
            content = json.dumps(content).encode()
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            told = {name.lower(): text for name, text in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def publish(self, event, **headers):
        return self.call("POST", "/v1/events", record_of(event), headers)

    def send(self, content, token, **headers):
        return self.call("POST", "/v1/send", content, {"Authorization": f"Bearer {token}", **headers})

    def receipt(self, event_id, token, wait=30):
        return self.call("GET", f"/v1/events/{event_id}/receipt?wait={wait}", None, {"Authorization": f"Bearer {token}"})

    def metrics(self, **headers):
        answer = self.call("GET", "/metrics", None, headers)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8"), answer
        return Metrics(answer.body.decode())

    @contextmanager
    def listen(self, token, last_id=None):
        """A listener to the receipts; what is published from then on reaches it."""
        headers = {"Authorization": f"Bearer {token}", **({"Last-Event-ID": last_id} if last_id else {})}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request("GET", "/v1/receipts", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("content-type") == "text/event-stream"
        try:
            yield Listener(answer)
        finally:
            answer.close()
            connection.close()

    def raw(self, request, seconds=30):
        """The bytes that come back to these bytes, to the connection's end."""
        with socket.create_connection((self.host, self.port), timeout=seconds) as connection:
            connection.sendall(request)
            return read_to_end(connection)


class Listener:
    def __init__(self, answer):
        self.answer = answer

    def next(self):
        """The next event: (its name, its id, its data); None when the stream has ended."""
        event = {}
        while line := self.answer.readline():
            name, _, text = line.decode().rstrip("\n").partition(":")
            if name:
                event[name] = text.removeprefix(" ")
            elif "event" in event:
                return event["event"], event.get("id"), json.loads(event["data"])
            else:
                event = {}
        return None


def read_to_end(connection):
    got = b""
    try:
        while more := connection.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got
