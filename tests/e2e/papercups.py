"""A client of the stand-in that sees what a worker sees: status, headers, and what becomes of its connection."""

import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass

from programs import DEMO_PROGRAM, Process, STANDIN_API_KEY

ACCOUNT_A = ("key-of-a", "aaaaaaaa-0000-4000-8000-00000000000a", "aaaaaaaa-0000-4000-8000-0000000000aa")
ACCOUNT_B = ("key-of-b", "bbbbbbbb-0000-4000-8000-00000000000b", "bbbbbbbb-0000-4000-8000-0000000000bb")
NO_ID = "cc7c35d1-d348-4978-bb65-e8603e200455"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.json["data"]


class Client:
    """One kept-alive connection with one API key; `connects` counts how often it had to be made anew."""

    def __init__(self, url, key=STANDIN_API_KEY):
        self.host = urllib.parse.urlsplit(url).netloc
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        self.connection = http.client.HTTPConnection(self.host, timeout=60)
        self.connects = 0

    def send(self, method, path, content=None, **headers):
        if self.connection.sock is None:
            self.connection.connect()
            self.connects += 1
        body = json.dumps(content).encode() if content is not None else None
        self.connection.request(method, path, body, {**self.headers, **headers})

    def receive(self):
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def call(self, method, path, content=None, **headers):
        self.send(method, path, content, **headers)
        return self.receive()

    def close(self):
        self.connection.close()

    def get(self, path):
        return self.call("GET", f"/api/v1/{path}")

    def control(self, name, **content):
        """POST /_standin/NAME, which must be taken."""
        answer = self.call("POST", f"/_standin/{name}", content)
        assert answer.status in (200, 201), answer
        return answer.json

    def fault(self, kind, **more):
        return self.control("faults", fault=kind, **more)

    def create_customer(self, external_id, **fields):
        content = {"external_id": external_id, "host": "shop.example", **fields}
        return self.created("customers", customer=content)

    def create_conversation(self, customer_id, body=None, **fields):
        """With a nested message of a bot, where there is a body."""
        content = {"customer_id": customer_id, "source": "chat", **fields}
        if body is not None:
            content["message"] = {"type": "bot", "body": body}
        return self.created("conversations", conversation=content)

    def post_message(self, conversation_id, body, **fields):
        content = {"conversation_id": conversation_id, "type": "bot", "source": "api", "body": body, **fields}
        return self.call("POST", "/api/v1/messages", {"message": content})

    def created(self, collection, **content):
        answer = self.call("POST", f"/api/v1/{collection}", content)
        assert answer.status == 201, answer
        return answer.data

    def bodies(self, conversation_id):
        """Of all messages of a conversation, in the order of storing, whoever wrote them."""
        stored = self.call("GET", "/_standin/messages").json["messages"]
        return [message["body"] for message in stored if message["conversation_id"] == conversation_id]


class TwoAccounts(Process):
    """A stand-in with the accounts A and B."""

    command = (DEMO_PROGRAM, "standin")

    def __init__(self, directory):
        accounts = [word for account in (ACCOUNT_A, ACCOUNT_B) for word in ("--account", ":".join(account))]
        super().__init__(directory / "standin.log", *accounts)
        self.url = self.start(r"standin url=(http://127\.0\.0\.1:\d+)")[1]
        self.a, self.b = Client(self.url, ACCOUNT_A[0]), Client(self.url, ACCOUNT_B[0])


def read_to_end(url, sent=b""):
    """All that comes on a fresh connection until the other side closes it."""
    address = urllib.parse.urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))
