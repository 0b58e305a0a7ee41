"""Random damage to records, before and after they are signed. All of it comes out of one random.Random."""

from dataclasses import replace

from format1 import HEADERS

# What a parser of JSON, UTF-8 or numbers could stumble over.
ODD = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b" ", b"\n", b"\x00", b"\x7f", b"\xff", b"\xc3", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\\u0000", b"\\ud800", b"\\ud83d\\ude00",
    b"\\u202e", b"null", b"true", b"-0", b"1e999", b"1.5", b"9223372036854775808", b"NaN", b'"a":1,', b"0",
]  # fmt: skip


def damaged(random, data):
    """The bytes with up to three mistakes in them: flipped, lost, added, cut off, repeated."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 1, 2, 3))):
        at = random.randrange(len(data) + 1)
        piece = random.randint(1, 12)
        match random.randrange(7):
            case 0 if at < len(data):
                data[at] ^= 1 << random.randrange(8)
            case 1 if at < len(data):
                data[at] = random.randrange(256)
            case 2:
                del data[at : at + piece]
            case 3:
                data[at:at] = random.choice(ODD)
            case 4:
                data[at:at] = data[at : at + piece]
            case 5:
                data[at : at + 1] = random.choice(ODD)
            case 6 if random.random() < 0.3:
                del data[at:]
    return bytes(data)


def forged(random, event):
    """The record with one mistake that whoever carries it could make without the key: never as good as it was."""
    index = random.randrange(len(HEADERS))
    name, value = event.headers[index]
    value, key = value.encode(), event.key.encode()  # of a text the client leaves out what is behind a 0

    def header(*pairs):
        return replace(event, headers=[*event.headers[:index], *pairs, *event.headers[index + 1 :]])

    def byte_of(data):
        at = random.randrange(len(data))
        return data[:at] + bytes([data[at] ^ random.randint(1, 255)]) + data[at + 1 :]

    changes = (
        lambda: header(),
        lambda: header((name, value), (name, value)),
        lambda: replace(event, headers=[*event.headers, (name, damaged(random, value))]),
        lambda: header((name, byte_of(value))),
        lambda: header((name, byte_of(value))),
        lambda: header((name, value[: random.randrange(len(value))])),
        lambda: header((name, value + random.choice((b" ", b"\n", b"\0", b"=", b"0", b",", b" v2,x")))),
        lambda: header((name, random.choice((None, b"", b"\0", b"x" * 9000, b"\xff")))),
        lambda: header((random.choice((name.upper(), f"{name} ", f" {name}", "", "\N{SNAKE}", name * 3)), value)),
        lambda: replace(event, headers=[*event.headers, *[(f"x-{number}", None) for number in range(29)]]),
        lambda: replace(event, key=random.choice((None, b"", b"\xff", b"\0", b"acme/e/", b"k" * 1025))),
        lambda: replace(event, key=byte_of(key)),
        lambda: replace(event, key=key + random.choice((b"\0", b" ", b"x", b"/"))),
        lambda: replace(event, value=byte_of(event.value)),
        lambda: replace(event, value=event.value[: random.randrange(len(event.value))]),
        lambda: replace(event, value=event.value + random.choice((b" ", b"\0", b"}", event.value))),
        lambda: replace(event, value=None),
    )
    return random.choice(changes)()
