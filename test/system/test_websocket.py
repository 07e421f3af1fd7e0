# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""RFC 6455 at the byte: handshake, frames, fragments, control frames, close."""

import struct
import time

import pytest

from harness.waiting import eventually
from harness.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, WebSocket, frame

pytestmark = pytest.mark.hostile

RAW = {"path": "/raw", "envelope": "raw"}
ECHO = {"name": "echo", "match": {"path": "/*rest"}, "send": {}}


@pytest.fixture
def raw(loopback):
    """raw(options of the socket, limits): a gateway that says back what it is told, frame by frame."""

    def start(limits=None, **options):
        return loopback(ECHO, websockets=[{**RAW, **options}], limits=limits or {})

    return start


def test_the_handshake_is_answered_with_the_right_key(raw):
    one = raw()
    socket = one.websocket(
        "/raw", headers={"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    )
    answer = socket.handshake
    assert answer.status == 101
    assert answer.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert answer.header("upgrade").lower() == "websocket"
    assert answer.header("connection").lower() == "upgrade"
    assert answer.header("content-length") is None
    socket.close()


def test_other_spellings_of_a_handshake_are_fine(raw):
    one = raw()
    for headers in (
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "upgrade"},
    ):
        with one.websocket("/raw", headers=headers) as socket:
            socket.send("hi")
            assert socket.receive() == "hi"


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Version": None}, 426),
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
        ({"Sec-WebSocket-Key": "not base64 at all!!!!!!!"}, 400),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
def test_a_wrong_handshake_is_refused(raw, headers, status):
    answer = raw().websocket("/raw", headers=headers).handshake
    assert answer.status in ((400, 426) if headers.get("Sec-WebSocket-Version", 1) is None else (status,))
    if status == 426:
        assert answer.header("sec-websocket-version") == "13"


def test_a_handshake_by_post_or_http_1_0_is_refused(raw):
    one = raw()
    head = (
        "{} /raw {}\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    for method, version in (("POST", "HTTP/1.1"), ("GET", "HTTP/1.0")):
        with one.connect() as client:
            client.send(head.format(method, version))
            assert client.response().status == 400


def test_origins(raw):
    one = raw(origins=["https://app.example"])
    for origin, status in (
        ("https://app.example", 101),
        ("https://app.example.evil", 403),
        ("http://app.example", 403),
        ("null", 403),
    ):
        socket = one.websocket("/raw", headers={"Origin": origin})
        assert socket.handshake.status == status, origin
        socket.close()
    one = raw()
    for origin, status in (("http://test", 101), ("https://test", 101), ("http://other", 403)):
        socket = one.websocket("/raw", headers={"Origin": origin})
        assert socket.handshake.status == status, origin
        socket.close()
    one = raw(origins=["*"])
    assert one.websocket("/raw", headers={"Origin": "https://any.example"}).handshake.status == 101


def test_subprotocols(raw):
    one = raw(subprotocols=["v1.orders", "v2.orders"])
    for offer, chosen in (("v2.orders", "v2.orders"), ("x, v1.orders", "v1.orders"), ("x", None)):
        socket = one.websocket("/raw", headers={"Sec-WebSocket-Protocol": offer})
        assert socket.handshake.status == 101
        assert socket.handshake.header("sec-websocket-protocol") == chosen
        socket.close()


def test_an_extension_is_declined(raw):
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    with raw().websocket("/raw", headers=headers) as socket:
        assert socket.handshake.header("sec-websocket-extensions") is None
        socket.send("hi")
        assert socket.receive() == "hi"


def test_no_socket_at_that_path_is_no_upgrade(raw):
    assert raw().websocket("/other").handshake.status in (200, 400, 404)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 300000])
def test_messages_of_any_size_come_back(raw, size):
    with raw().websocket("/raw") as socket:
        socket.send("x" * size)
        assert socket.receive() == "x" * size
        socket.send(b"\xff" * size)
        assert socket.receive() == b"\xff" * size


def test_fragments_are_joined_and_control_frames_may_stand_between(raw):
    with raw().websocket("/raw") as socket:
        text = "grüße".encode()
        socket.send_bytes(
            frame(TEXT, text[:3], fin=False)  # inside a character
            + frame(PING, b"are you there")
            + frame(CONTINUATION, b"", fin=False)
            + frame(CONTINUATION, text[3:], fin=True)
        )
        assert socket.receive_frame() == (PONG, b"are you there")
        assert socket.receive() == "grüße"


def test_bytes_may_come_one_by_one(raw):
    with raw().websocket("/raw") as socket:
        for byte in frame(TEXT, "slow") + frame(BINARY, b"x" * 130):
            socket.send_bytes(bytes([byte]))
        assert socket.receive() == "slow"
        assert socket.receive() == b"x" * 130


WRONG = [
    ("86 unmasked", frame(TEXT, "x", mask=False), 1002),
    ("87 RSV1", frame(TEXT, "x", rsv=4), 1002),
    ("87 RSV3", frame(TEXT, "x", rsv=1), 1002),
    *[(f"87 opcode {code}", frame(code, "x"), 1002) for code in (3, 7, 11, 15)],
    ("88 long ping", frame(PING, "x" * 126), 1002),
    ("88 fragmented ping", frame(PING, "x", fin=False), 1002),
    ("88 long close", frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124), 1002),
    ("89 continuation of nothing", frame(CONTINUATION, "x"), 1002),
    ("89 message inside a message", frame(TEXT, "x", fin=False) + frame(TEXT, "y"), 1002),
    ("90 no UTF-8", frame(TEXT, b"\xff"), 1007),
    ("90 no UTF-8 over fragments", frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"("), 1007),
    ("90 surrogate", frame(TEXT, b"\xed\xa0\x80"), 1007),
    ("90 overlong", frame(TEXT, b"\xc0\xaf"), 1007),
    ("90 cut off", frame(TEXT, b"\xe2\x82"), 1007),
    ("91 one byte of close", frame(CLOSE, "x"), 1002),
    *[
        (f"91 close code {code}", frame(CLOSE, struct.pack("!H", code)), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
    ],
    ("91 close reason no UTF-8", frame(CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
    ("92 length 5 in two bytes", frame(TEXT, "12345", length_form=126), 1002),
    ("92 length 5 in eight bytes", frame(TEXT, "12345", length_form=127), 1002),
    ("93 2^40 bytes", frame(BINARY, announce=1 << 40), 1009),
    ("93 2^63-1 bytes", frame(BINARY, announce=(1 << 63) - 1), 1009),
    ("93 2^63 bytes", frame(BINARY, announce=1 << 63), (1002, 1009)),
    ("94 too large", frame(BINARY, b"x" * 1001), 1009),
    ("94 too large in fragments", frame(BINARY, b"x" * 600, fin=False) + frame(CONTINUATION, b"x" * 600), 1009),
    ("95 too many fragments", frame(TEXT, "", fin=False) + frame(CONTINUATION, "", fin=False) * 1100, 1008),
]


@pytest.mark.parametrize("data, code", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_broken_rule_closes_with_its_code(raw, data, code):
    one = raw(limits={"message": 1000})
    with one.websocket("/raw") as socket:
        socket.send_bytes(data)
        assert socket.close_code() in (code if isinstance(code, tuple) else (code,))
        assert socket.connection.is_closed()
    assert one.admin("/livez").status == 200


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 3000, 4999])
def test_a_close_is_answered_with_a_close(raw, code):
    with raw().websocket("/raw") as socket:
        socket.send_bytes(frame(CLOSE, struct.pack("!H", code) + "tschüß".encode()))
        assert socket.close_code() == code
        assert socket.connection.is_closed()


def test_a_close_without_a_code(raw):
    with raw().websocket("/raw") as socket:
        socket.send_bytes(frame(CLOSE))
        assert socket.close_code() in (1000, 1005)
        assert socket.connection.is_closed()


def test_every_ping_is_answered_in_order(raw):
    with raw(limits={"pings_per_second": 0}).websocket("/raw") as socket:
        pings = [f"ping {number}".encode() for number in range(500)]
        socket.send_bytes(b"".join(frame(PING, ping) for ping in pings))
        assert [socket.receive_frame() for _ in pings] == [(PONG, ping) for ping in pings]


def test_too_many_pings_are_1008(raw):
    with raw(limits={"pings_per_second": 20}).websocket("/raw") as socket:
        socket.send_bytes(frame(PING) * 200)
        assert socket.close_code() == 1008


def test_a_silent_client_is_pinged_and_dropped(raw):
    one = raw(ping="200ms", pong_timeout="300ms")
    with one.websocket("/raw") as socket:
        opcode, payload = socket.receive_frame()
        assert opcode == PING
        socket.send_bytes(frame(PONG, payload))
        assert socket.receive_frame()[0] == PING
        eventually(lambda: one.metric("bridgehead_connections") == 0, 5)


def test_a_frame_type_that_is_not_allowed_is_1003(raw):
    for allowed, opcode, code in (("text", BINARY, 1003), ("binary", TEXT, 1003)):
        with raw(frames=allowed).websocket("/raw") as socket:
            socket.send_bytes(frame(opcode, "x"))
            assert socket.close_code() == code


def test_a_socket_has_an_age(raw):
    with raw(max_age="400ms").websocket("/raw") as socket:
        started = time.monotonic()
        assert socket.close_code() in (1000, 1001)
        assert time.monotonic() - started < 3


def test_many_small_messages_in_one_segment(raw):
    with raw().websocket("/raw") as socket:
        socket.send_bytes(b"".join(frame(TEXT, str(number)) for number in range(200)))
        assert [socket.receive() for _ in range(200)] == [str(number) for number in range(200)]


def test_a_client_that_does_not_read_its_answers_is_dropped(raw):
    one = raw(limits={"write_timeout": "500ms", "output": 65536})
    before = one.private_bytes()
    socket = WebSocket(one.address(), "/raw")
    socket.connection.socket.settimeout(3)
    try:
        for _ in range(1000):
            socket.send_bytes(frame(BINARY, b"x" * 60000))
    except OSError:
        pass
    eventually(lambda: one.metric("bridgehead_connections") == 0, 15)
    assert one.private_bytes() < before + (8 << 20)
    socket.close()


def test_the_first_message_may_come_with_the_handshake(raw):
    """Clients may not do that, but a proxy may put both into one segment."""
    with raw().connect() as client:
        client.send(
            b"GET /raw HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            + frame(TEXT, "early")
        )
        assert client.response().status == 101
        assert client.take(7) == b"\x81\x05early"


def test_an_ordinary_client_library_gets_along(raw):
    from websockets.sync.client import connect

    host, port = raw().address()
    with connect(f"ws://{host}:{port}/raw") as client:
        client.send("text")
        assert client.recv(timeout=10) == "text"
        client.send(b"bytes" * 10000)
        assert client.recv(timeout=10) == b"bytes" * 10000
        assert client.ping().wait(10)
