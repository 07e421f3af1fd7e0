# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Rows 81 to 102 of docs/hazards.md: the handshake of a WebSocket, its frames, and what one client
can make us do and keep. Frames are sent whole and then byte by byte; both must mean the same."""

import contextlib
import functools
import json
import signal
import socket as sockets
import struct

import pytest

from harness.hazard import NONE, SOME, ByItself, Closed, Refused, Row, Seen, Served, table, walk
from harness.waiting import eventually
from harness.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket, frame

pytestmark = pytest.mark.hostile

MIB = 1 << 20
BIG = 8 * MIB  # no socket buffer takes that
ECHO = {"name": "echo", "match": {"path": "/*rest", "op": "echo"}, "send": {}}
WAIT = {"name": "wait", "match": {"op": "wait"}, "send": {"delay": "300ms"}}
STUCK = {"name": "stuck", "match": {"path": "/stuck", "op": "stuck"}, "send": {"behave": "drop"}}
DOWN = {"name": "down", "match": {"path": "/down"}, "send": {"behave": "refuse"}}
LOST = {
    "name": "lost",
    "match": {"path": "/lost"},
    "send": {"behave": "drop"},
    "answer": {"timeout": "100ms"},
}
MAPPINGS = [WAIT, STUCK, DOWN, LOST, ECHO]


def raw(path, **options):
    return {"path": path, "envelope": "raw", **options}


SOCKETS = [
    {"path": "/ws"},
    raw("/raw"),
    raw("/listed", origins=["https://app.example"], subprotocols=["v1.orders", "v2.orders"]),
    raw("/family", origins=["https://*.app.example"]),
    raw("/stuck"),
    raw("/text", frames="text"),
    raw("/binary", frames="binary"),
    raw("/down", errors="close"),
    raw("/lost", errors="close"),
]

GATEWAYS = {
    "plain": {"mappings": MAPPINGS, "websockets": SOCKETS, "limits": {"message": 1000}},
    "pinged": {"mappings": MAPPINGS, "websockets": SOCKETS, "limits": {"pings_per_second": 0}},
    "watched": {
        "mappings": MAPPINGS,
        "websockets": [raw("/raw", ping="1s", pong_timeout="500ms")],
    },
    "few": {
        "mappings": MAPPINGS,
        "websockets": SOCKETS,
        "limits": {"calls_in_flight": 2},
    },
    "slow": {
        "mappings": MAPPINGS,
        "websockets": SOCKETS,
        "limits": {"messages_per_second": 5},
    },
    "large": {
        "mappings": MAPPINGS,
        "websockets": SOCKETS,
        "limits": {"message": BIG, "body": BIG, "reply": BIG, "output": 2 * BIG},
    },
    "unread": {
        "mappings": MAPPINGS,
        "websockets": SOCKETS,
        "limits": {"message": BIG, "body": BIG, "reply": BIG, "write_timeout": "400ms"},
    },
    "ending": {"mappings": MAPPINGS, "websockets": SOCKETS},
}

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Host": "test",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def handshake(*more, line="GET /raw HTTP/1.1", **changed):
    """`changed` replaces headers by their first distinct word; None leaves one out."""
    fields = dict(HANDSHAKE)
    for word, value in changed.items():
        fields[next(name for name in fields if word in name.lower())] = value
    lines = [line, *(f"{n}: {v}" for n, v in fields.items() if v is not None), *more]
    return "".join(f"{each}\r\n" for each in lines) + "\r\n"


class Opened(Seen):
    """101 with these headers, and it echoes."""

    def __init__(self, headers=None, ping=False):
        super().__init__(101)
        self.headers, self.ping = headers or {}, ping

    def see(self, client):
        answer = client.response()
        assert answer.status == 101, answer
        assert answer.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert answer.header("upgrade").lower() == "websocket"
        assert answer.header("connection").lower() == "upgrade"
        assert answer.header("content-length") is None
        for name, value in self.headers.items():
            assert answer.header(name) == value, answer
        socket = WebSocket.over(client)
        if self.ping:
            assert socket.receive_frame() == (PONG, b"")
        socket.send("hi")
        assert socket.receive() == "hi"


NO_VERSION = Refused(
    426,
    keeps=True,
    headers={"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"},
)


def close(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def split(first, second, opcode=TEXT):
    return frame(opcode, first, fin=False) + frame(CONTINUATION, second)


# ---- rows that need a hand ----


def call(id, op="echo", params=()):
    message = {"jsonrpc": "2.0", "method": op, "params": list(params)}
    return message if id is None else {**message, "id": id}


def every_ping(gateway):
    with gateway.websocket("/raw") as socket:
        pings = [f"ping {n}".encode() for n in range(10000)]
        for start in range(0, len(pings), 500):
            part = pings[start : start + 500]
            socket.send_bytes(b"".join(frame(PING, ping) for ping in part))
            assert [socket.receive_frame() for _ in part] == [(PONG, ping) for ping in part]


def newest_ping(gateway):
    """Behind an answer that the client does not take, only the newest ping is kept."""
    with gateway.websocket("/raw") as socket:
        socket.connection.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65536)
        calls = gateway.metric("bridgehead_calls_total")
        socket.send_bytes(big_frame())
        eventually(lambda: gateway.metric("bridgehead_calls_total") > calls, 20, "the answer")
        socket.send_bytes(frame(PING, b"older") + frame(PING, b"newest"))
        assert gateway.get("/").status == 200
        assert socket.receive() == b"x" * BIG
        assert socket.receive_frame() == (PONG, b"newest")


def silent(gateway):
    with gateway.websocket("/raw") as socket:
        opcode, payload = socket.receive_frame()
        assert opcode == PING
        socket.send_bytes(frame(PONG, payload))
        assert socket.receive_frame()[0] == PING
        assert socket.connection.is_closed()


def error_then_1008(path, send, status):
    """The error says what was too much; then nothing else comes."""

    def flood(gateway):
        with gateway.websocket(path) as socket:
            for each in send:
                socket.send(each)
            seen = []
            while True:
                opcode, payload = socket.receive_frame()
                if opcode == CLOSE:
                    break
                seen.append(json.loads(payload))
            problem = seen[-1].get("error", {}).get("data", seen[-1])
            assert problem["status"] == status
            assert struct.unpack("!H", payload[:2])[0] == 1008
            assert socket.connection.is_closed()

    return flood


@functools.cache
def big_frame():
    return frame(BINARY, b"x" * BIG)


def reader_stops(*behind):
    """Sends one message whose answer no socket buffer takes, `behind` it others, and reads nothing."""

    def stop(gateway):
        before = gateway.private_bytes()
        for _ in range(4):
            with gateway.websocket("/raw") as socket, contextlib.suppress(OSError):
                socket.connection.socket.settimeout(2)
                socket.send_bytes(big_frame() + b"".join(behind))
                gateway.wait_metric("bridgehead_connections", 0)
        eventually(lambda: gateway.private_bytes() < before + MIB, 5, "the memory")

    return stop


def one_id_twice(gateway):
    with gateway.websocket() as socket:
        socket.send(call(7, "wait", ["first"]))
        socket.send(call(7, "echo", ["second"]))
        error = socket.receive_json()
        assert (error["id"], error["error"]["code"]) == (7, -32600)
        answer = socket.receive_json()
        assert (answer["id"], answer["result"]) == (7, ["first"])
        socket.send(call(7, "echo", ["free again"]))
        assert socket.receive_json()["result"] == ["free again"]


def drain(gateway):
    with gateway.websocket() as idle, gateway.websocket() as busy:
        busy.send(call(1, "wait", ["last"]))
        gateway.wait_metric("bridgehead_calls_in_flight", 1)
        gateway.signal(signal.SIGTERM)
        assert idle.close_code() == 1001
        assert busy.receive_json()["result"] == ["last"]
        assert busy.close_code() == 1001
    assert gateway.wait_exit() == 0


ROWS = [
    Row(81, "a foreign origin", handshake("Origin: https://evil.example"), Refused(403)),
    Row(81, "the origin null", handshake("Origin: null"), Refused(403)),
    Row(81, "an origin with a listed one in front", handshake("Origin: https://app.example.evil", line="GET /listed HTTP/1.1"), Refused(403)),
    Row(81, "a listed origin by another scheme", handshake("Origin: http://app.example", line="GET /listed HTTP/1.1"), Refused(403)),
    Row(81, "the parent of a listed family", handshake("Origin: https://app.example", line="GET /family HTTP/1.1"), Refused(403)),
    Row(81, "one that only ends like a listed family", handshake("Origin: https://evilapp.example", line="GET /family HTTP/1.1"), Refused(403)),
    Row(81, "no origin where some are listed", handshake(line="GET /listed HTTP/1.1"), Refused(403)),
    Row(81, "our own host where others are listed", handshake("Origin: http://test", line="GET /listed HTTP/1.1"), Refused(403)),
    Row(82, "by POST", handshake(line="POST /raw HTTP/1.1"), Refused(400, "handshake")),
    Row(82, "by HTTP/1.0", handshake(line="GET /raw HTTP/1.0"), Refused(400, "handshake")),
    Row(82, "no key", handshake(key=None), Refused(400, "handshake")),
    Row(82, "an empty key", handshake(key=""), Refused(400, "handshake")),
    Row(82, "a short key", handshake(key="c2hvcnQ="), Refused(400, "handshake")),
    Row(82, "a long key", handshake(key="dGhlIHNhbXBsZSBub25jZWVlZQ=="), Refused(400, "handshake")),
    Row(82, "a key that is not base64", handshake(key="dGhlIHNhb*BsZSBub25jZQ=="), Refused(400, "handshake")),
    Row(82, "a key without its end", handshake(key="dGhlIHNhbXBsZSBub25jZQ"), Refused(400, "handshake")),
    Row(82, "two keys", handshake(f"Sec-WebSocket-Key: {KEY}"), Refused(400, "handshake")),
    Row(82, "a list of keys", handshake(key=f"{KEY}, {KEY}"), Refused(400, "handshake")),
    Row(82, "with a body", handshake("Content-Length: 2") + "hi", Refused(400, "handshake")),
    Row(82, "with a chunked body", handshake("Transfer-Encoding: chunked") + "0\r\n\r\n", Refused(400, "handshake")),
    Row(83, "version 8", handshake(version="8"), NO_VERSION),
    Row(83, "no version", handshake(version=None), NO_VERSION),
    Row(83, "two versions", handshake("Sec-WebSocket-Version: 13"), NO_VERSION),
    Row(83, "a list of versions", handshake(version="13, 8"), NO_VERSION),
    Row(84, "unknown subprotocols", handshake("Sec-WebSocket-Protocol: x, y"), Opened({"Sec-WebSocket-Protocol": None})),
    Row(84, "a known one among others", handshake("Sec-WebSocket-Protocol: x, v1.orders", "Origin: https://app.example", line="GET /listed HTTP/1.1"), Opened({"Sec-WebSocket-Protocol": "v1.orders"})),
    Row(85, "permessage-deflate is offered", handshake("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"), Opened({"Sec-WebSocket-Extensions": None})),
    Row(86, "a frame without mask", frame(TEXT, "x", mask=False), Closed(1002)),
    Row(86, "a ping without mask", frame(PING, "x", mask=False), Closed(1002)),
    *[Row(87, f"RSV {n}", frame(TEXT, "x", rsv=n), Closed(1002)) for n in (1, 2, 4, 7)],
    Row(87, "RSV1 on a ping", frame(PING, "x", rsv=4), Closed(1002)),
    *[Row(87, f"opcode {n}", frame(n, "x"), Closed(1002)) for n in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
    Row(88, "a ping of 126 bytes", frame(PING, "x" * 126), Closed(1002)),
    Row(88, "a ping in fragments", frame(PING, "x", fin=False), Closed(1002)),
    Row(88, "a close of 126 bytes", close(1000, b"x" * 124), Closed(1002)),
    Row(88, "a close in fragments", frame(CLOSE, b"\x03\xe8", fin=False), Closed(1002)),
    Row(89, "a continuation of nothing", frame(CONTINUATION, "x"), Closed(1002)),
    Row(89, "a continuation of a whole message", frame(CONTINUATION, "x", fin=False), Closed(1002)),
    Row(89, "a message inside a message", frame(TEXT, "x", fin=False) + frame(TEXT, "y"), Closed(1002)),
    Row(90, "no UTF-8", frame(TEXT, b"\xff"), Closed(1007, "websocket_protocol")),
    Row(90, "no UTF-8 over fragments", split(b"\xc3", b"("), Closed(1007)),
    Row(90, "no UTF-8 in a fragment that is not the last", frame(TEXT, b"\xce\xba\xff", fin=False), Closed(1007)),
    Row(90, "a surrogate", frame(TEXT, b"\xed\xa0\x80"), Closed(1007)),
    Row(90, "overlong", frame(TEXT, b"\xc0\xaf"), Closed(1007)),
    Row(90, "beyond Unicode", frame(TEXT, b"\xf4\x90\x80\x80"), Closed(1007)),
    Row(90, "cut off", frame(TEXT, b"\xe2\x82"), Closed(1007)),
    Row(90, "cut off over fragments", split(b"a", b"\xe2\x82"), Closed(1007)),
    *[
        Row(91, f"close code {code}", close(code), Closed(1002))
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    ],
    Row(91, "a close of one byte", frame(CLOSE, "x"), Closed(1002)),
    Row(91, "a reason that is no UTF-8", close(1000, b"\xff"), Closed(1007)),
    Row(92, "5 in two bytes", frame(TEXT, "12345", length_form=126), Closed(1002)),
    Row(92, "5 in eight bytes", frame(TEXT, "12345", length_form=127), Closed(1002)),
    Row(92, "300 in eight bytes", frame(TEXT, "x" * 300, length_form=127), Closed(1002)),
    Row(92, "the first bit of eight bytes", frame(BINARY, announce=1 << 63), Closed(1002)),
    Row(93, "2 to the 40th", frame(BINARY, announce=1 << 40), Closed(1009)),
    Row(93, "2 to the 63rd less 1", frame(BINARY, announce=(1 << 63) - 1), Closed(1009)),
    Row(94, "one byte too much", frame(BINARY, b"x" * 1001), Closed(1009)),
    Row(94, "too much in fragments", split(b"x" * 600, b"x" * 401, BINARY), Closed(1009)),
    Row(94, "too much is announced by a fragment", frame(TEXT, "x", fin=False) + frame(CONTINUATION, announce=1000), Closed(1009)),
    Row(95, "100 000 empty fragments", frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 100000, Closed(1008, "fragments")),
    Row(96, "10 000 pings", every_ping, ByItself(), "pinged"),
    Row(96, "pings behind an answer that is not read", newest_ping, ByItself(), "large"),
    Row(96, "200 pings at once", frame(PING) * 200, Closed(1008, "ping_rate")),
    Row(97, "no pong", silent, ByItself(rejected={"pong_timeout": 1}), "watched"),
    Row(98, "too many calls, jsonrpc", error_then_1008("/ws", [call(n, "stuck") for n in range(3)], 503), ByItself(1008, rejected={"calls_in_flight": 1}), "few"),
    Row(98, "too many messages, jsonrpc", error_then_1008("/ws", [call(None)] * 5 + [call(1)], 429), ByItself(1008, rejected={"message_rate": 1}), "slow"),
    Row(98, "too many messages, raw", error_then_1008("/stuck", ["x"] * 6, 429), ByItself(1008, rejected={"message_rate": 1}), "slow"),
    Row(98, "a batch of too many", error_then_1008("/ws", [[call(n, "stuck") for n in range(4)]], 503), ByItself(1008, rejected={"calls_in_flight": 1}), "few"),
    Row(99, "a reader that stops", reader_stops(), ByItself(rejected={"write_timeout": 4}), "unread"),
    Row(99, "a reader that stops and goes on asking", reader_stops(*[frame(TEXT, "more")] * 100), ByItself(rejected={"output": 4}, dropped={"late": SOME}), "unread"),
    Row(100, "one id twice", one_id_twice, ByItself(rejected={"bad_request": 1}, calls=2)),
    Row(101, "binary where text is taken", frame(BINARY, "x"), Closed(1003, path="/text")),
    Row(101, "text where binary is taken", frame(TEXT, "x"), Closed(1003, path="/binary")),
    Row(102, "drain", drain, ByItself(1001, counted=False), "ending"),
    Row(102, "the service is down", frame(TEXT, "x"), Closed(1013, NONE, "/down")),
    Row(102, "no answer", frame(TEXT, "x"), Closed(1011, NONE, "/lost")),
]




# ---- beyond the rows: what RFC 6455 asks for besides ----


class Echoed(Seen):
    """These frames come back, and the socket goes on."""

    def __init__(self, *frames):
        super().__init__(101)
        self.frames = frames
        self.path = "/raw"

    def see(self, client):
        socket = WebSocket.over(client)
        for each in (*self.frames, (TEXT, b"next")):
            if each == (TEXT, b"next"):
                socket.send("next")
            assert socket.receive_frame() == each


class Answered(Closed):
    """Our close is the answer to the client's, with the same code (1005: none)."""

    def __init__(self, code):
        super().__init__(code, NONE)

    def see(self, client):
        assert WebSocket.over(client).close_code() == self.code
        assert client.is_closed()


ZERO_MASK = bytes([0x81, 0x82, 0, 0, 0, 0]) + b"hi"
BEYOND = [
    *[Row(None, f"close {code} is answered", close(code, "tschüß".encode()), Answered(code)) for code in (1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999)],
    Row(None, "a close without a code is answered", frame(CLOSE), Answered(1005)),
    Row(None, "nothing behind a close is read", close(1000) + frame(TEXT, "call", mask=False), Answered(1000)),
    Row(None, "nothing behind a broken frame is read", frame(TEXT, "x", rsv=1) + frame(TEXT, "y", rsv=1), Closed(1002)),
    Row(None, "a mask of zeros", ZERO_MASK, Echoed((TEXT, b"hi"))),
    Row(None, "a pong that nobody asked for", frame(PONG, "x") + frame(TEXT, "hi"), Echoed((TEXT, b"hi"))),
    Row(None, "an empty ping", frame(PING), Echoed((PONG, b""))),
    Row(None, "a ping of 125 bytes", frame(PING, "x" * 125), Echoed((PONG, b"x" * 125))),
    Row(None, "a ping between fragments inside a character", frame(TEXT, b"gr\xc3", fin=False) + frame(PING, "?") + frame(CONTINUATION, b"", fin=False) + frame(CONTINUATION, b"\xbc"), Echoed((PONG, b"?"), (TEXT, "grü".encode()))),
    Row(None, "binary that is no UTF-8", split(b"\xff", b"\xc3", BINARY), Echoed((BINARY, b"\xff\xc3"))),
    Row(None, "a message as long as it may be", split(b"x" * 999, b"x"), Echoed((TEXT, b"x" * 1000))),
    Row(None, "other spellings of a handshake", handshake(upgrade="h2c, WebSocket", connection="keep-alive, uPGRADE"), Opened()),
    Row(None, "Upgrade without Connection", handshake(connection="keep-alive"), NO_VERSION),
    Row(None, "the first frame stands behind the handshake", handshake() + frame(PING).decode("latin-1"), Opened(ping=True)),
    Row(None, "our own host is an origin", handshake("Origin: http://test"), Opened()),
    Row(None, "an origin of a listed family", handshake("Origin: https://a.b.app.example", line="GET /family HTTP/1.1"), Opened()),
    Row(None, "a listed origin", handshake("Origin: https://app.example", line="GET /listed HTTP/1.1"), Opened()),
    Row(None, "a handshake where no socket is", handshake(line="GET /nowhere HTTP/1.1"), Served()),
]


@pytest.mark.parametrize("row", table(ROWS))
def test_row(at, row):
    walk(at(row.at), row)


@pytest.mark.parametrize("row", table(BEYOND))
def test_beyond(at, row):
    walk(at(row.at), row)
