"""`cupbearer gate` as a process, and HTTP as its callers speak it."""

import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass, field

from programs import Process


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

    def raw(self, request, seconds=30):
        """The bytes that come back to these bytes, to the connection's end."""
        with socket.create_connection((self.host, self.port), timeout=seconds) as connection:
            connection.sendall(request)
            return read_to_end(connection)


def read_to_end(connection):
    got = b""
    try:
        while more := connection.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return got
