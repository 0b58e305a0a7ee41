"""A fault proxy before the stand-in: between a worker and Papercups everything that can go wrong does, at random.

    proxy.py UPSTREAM_PORT SEED     prints "proxy port=N"; a line "calm" on its input ends all faults

It forwards a request within what the workers' settle_time allows, or not at all; only answers come later than that. A
request that is stored later than the settle time is one of the three windows in which a message may be shown twice, and
no fault of the worker.
"""

import asyncio
import contextlib
import random
import socket
import struct
import sys

FAULTS_IN_100 = 6
LATE_ANSWER_S = 0.8  # the workers wait 0.5
LATE_REQUEST_S = 0.9  # and let another 3 pass before they read back

ERROR = b'{"error":{"message":"chaos"}}'


class Lost(Exception):
    """The connection ends here."""


class Proxy:
    def __init__(self, upstream_port, seed):
        self.upstream_port = upstream_port
        self.random = random.Random(seed)
        self.calm = False

    async def serve(self):
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0)
        print(f"proxy port={server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, self.listen)
        await asyncio.Event().wait()

    def listen(self):
        for line in sys.stdin:
            if line.strip() == "calm":
                self.calm = True
                print("calm", flush=True)

    async def connection(self, reader, writer):
        upstream = None
        requests = 0
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            while request := await message(reader):
                await self.exchange(request, requests, upstream, writer)
                requests += 1
        except Lost:
            reset(writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        for side in (writer, upstream and upstream[1]):
            if side is not None:
                with contextlib.suppress(OSError):
                    side.close()

    def fault(self):
        if self.calm or self.random.random() * 100 >= FAULTS_IN_100:
            return None
        return self.random.choice(FAULTS)

    async def exchange(self, request, requests, upstream, writer):
        fault = self.fault()
        if fault is None:
            writer.write(await forward(request, upstream))
            await writer.drain()
        else:
            await fault(request, requests, upstream, writer)


# ---- HTTP, as far as these two speak it: a body has a Content-Length ----


async def message(reader):
    """Head and body as they came; nothing where the other side has closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    return head + await reader.readexactly(length_of(head))


def length_of(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def forward(request, upstream):
    upstream[1].write(request)
    await upstream[1].drain()
    answer = await message(upstream[0])
    if not answer:
        raise Lost
    return answer


async def answer_with(writer, status, *headers):
    lines = [f"HTTP/1.1 {status} Chaos", "Content-Type: application/json", f"Content-Length: {len(ERROR)}", *headers]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + ERROR)
    await writer.drain()


def reset(writer):
    """What is on its way is thrown away, as when a machine fails."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


# ---- what can go wrong ----


async def lost_after_storing(request, requests, upstream, writer):
    await forward(request, upstream)
    raise Lost


async def lost_before_storing(request, requests, upstream, writer):
    raise Lost


async def kept_connection_is_closed(request, requests, upstream, writer):
    """Of a first request the connection stays: a client that sends it again by itself would do so here."""
    answer = await forward(request, upstream)
    if requests > 0:
        raise Lost
    writer.write(answer)
    await writer.drain()


async def cut(request, requests, upstream, writer):
    answer = await forward(request, upstream)
    writer.write(answer[: len(answer) - length_of(answer) // 2 - 1])
    await writer.drain()
    raise Lost


async def stored_and_500(request, requests, upstream, writer):
    await forward(request, upstream)
    await answer_with(writer, 500)


async def stored_and_504(request, requests, upstream, writer):
    """The gateway gives up while the request is still inside."""
    await answer_with(writer, 504)
    await asyncio.sleep(LATE_ANSWER_S)
    await forward(request, upstream)


async def only_500(request, requests, upstream, writer):
    await answer_with(writer, 500)


async def late_answer(request, requests, upstream, writer):
    answer = await forward(request, upstream)
    await asyncio.sleep(LATE_ANSWER_S)
    writer.write(answer)


async def late_request(request, requests, upstream, writer):
    await asyncio.sleep(LATE_REQUEST_S)
    writer.write(await forward(request, upstream))


async def busy(request, requests, upstream, writer):
    await answer_with(writer, 429, "Retry-After: 1")


async def unavailable(request, requests, upstream, writer):
    await answer_with(writer, 503, "Retry-After: 1")


FAULTS = [
    lost_after_storing, lost_before_storing, kept_connection_is_closed, cut, stored_and_500, stored_and_504, only_500,
    late_answer, late_request, busy, unavailable,
]  # fmt: skip

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Proxy(int(sys.argv[1]), int(sys.argv[2])).serve())
