"""What a broker hears of the cluster's changes from its controller, held back while it goes on to answer clients."""

import re
import socket
import threading

FETCH = b"\0\1"  # the API key of the requests by which a broker follows the controller's log


class ControllerLink:
    """Between a broker, which must have stopped and is started again, and its controller."""

    def __init__(self, broker):
        self.passes = threading.Event()
        self.passes.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        file = broker.directory / "server.properties"
        words = re.fullmatch(r"(?s)(.*\bcontroller\.quorum\.voters=1@127\.0\.0\.1:)(\d+)(\n.*)", file.read_text())
        file.write_text(f"{words[1]}{self.listener.getsockname()[1]}{words[3]}")
        self.upstream = ("127.0.0.1", int(words[2]))
        threading.Thread(target=self.serve, daemon=True).start()
        broker.script("restart", broker.directory)

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server, follows = socket.create_connection(self.upstream), threading.Event()
            threading.Thread(target=self.requests, args=(client, server, follows), daemon=True).start()
            threading.Thread(target=self.answers, args=(server, client, follows), daemon=True).start()

    def requests(self, client, server, follows):
        for data in pieces(client):
            if data[4:6] == FETCH:
                follows.set()
            server.sendall(data)
        shut(client, server)

    def answers(self, server, client, follows):
        for data in pieces(server):
            if follows.is_set():
                self.passes.wait()
            client.sendall(data)
        shut(client, server)

    def close(self):
        self.passes.set()
        self.listener.close()


def pieces(end):
    try:
        while data := end.recv(65536):
            yield data
    except OSError:
        pass


def shut(*ends):
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
