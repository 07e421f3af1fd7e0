# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""permessage-deflate (RFC 7692): what is agreed on, what is inflated, and where that ends."""

import json
import random
import zlib

import pytest

from harness import gateway as gateways
from harness.gateway import SANITIZED
from harness.waiting import eventually
from harness.websocket import BINARY, CONTINUATION, PING, PONG, TEXT, frame

pytestmark = pytest.mark.hostile

RSV1 = 4
TAIL = b"\x00\x00\xff\xff"
MIB = 1 << 20
ECHO = {"name": "echo", "match": {"path": "/*rest"}, "send": {}}
NONE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Client:
    """A socket that compresses; `keeps` its contexts from message to message, or does not."""

    def __init__(self, socket, keeps=False):
        self.socket = socket
        self.keeps = keeps
        self.forget()

    def forget(self):
        self.packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.reader = zlib.decompressobj(-15)

    def pack(self, data):
        if not self.keeps:
            self.packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH)
        assert packed.endswith(TAIL)
        return packed[: -len(TAIL)]

    def send(self, data):
        opcode = TEXT if isinstance(data, str) else BINARY
        data = data.encode() if isinstance(data, str) else data
        self.socket.send_bytes(frame(opcode, self.pack(data), rsv=RSV1))

    def receive(self):
        """(was it compressed, the message)"""
        first, payload = self.socket.receive_any_frame()
        compressed = first & 0x70 == 0x40
        assert compressed or not first & 0x70
        if compressed:
            if not self.keeps:
                self.reader = zlib.decompressobj(-15)
            payload = self.reader.decompress(payload + TAIL)
        return compressed, payload.decode() if first & 0x0F == TEXT else payload


@pytest.fixture
def one(loopback):
    """one(compress, limits): a gateway that says back what it is told."""

    def start(compress=True, limits=None, **options):
        entrance = {"path": "/raw", "envelope": "raw", "compress": compress, **options}
        return loopback(ECHO, websockets=[entrance, {"path": "/ws"}], limits=limits or {})

    return start


def offer(gateway, extensions="permessage-deflate"):
    return gateway.websocket("/raw", headers={"Sec-WebSocket-Extensions": extensions})


def words(size):
    """Text of this size that can be compressed, but not to nothing."""
    pick = random.Random(size)
    text = ""
    while len(text) < size:
        text += pick.choice(["order", "customer", "grüße", "€", "{}", '"id":']) + str(pick.random())
    return text[:size]


# ---- what is agreed on ----


@pytest.mark.parametrize(
    "compress, extensions, answer",
    [
        (False, "permessage-deflate", None),
        (True, "permessage-deflate", NONE),
        (True, "permessage-deflate; client_max_window_bits", NONE),
        (True, "permessage-deflate; server_max_window_bits=8", None),
        (True, "permessage-deflate; server_max_window_bits=9", f"{NONE}; server_max_window_bits=9"),
        (True, "permessage-deflate; server_max_window_bits=8, permessage-deflate", NONE),
        (True, 'x-other, permessage-deflate; server_max_window_bits="10"', f"{NONE}; server_max_window_bits=10"),
        (True, "permessage-deflate; unknown", None),
        (True, "permessage-deflate; client_max_window_bits=16", None),
        (True, "permessage-deflate; client_no_context_takeover=1", None),
        (True, "", None),
        ({"takeover": True}, "permessage-deflate", "permessage-deflate"),
        ({"takeover": True, "window": 10}, "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=10"),
        ({"takeover": True}, "permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
    ],
)
def test_the_first_offer_that_can_be_met_is_answered(one, compress, extensions, answer):
    with offer(one(compress), extensions) as socket:
        assert socket.handshake.header("sec-websocket-extensions") == answer
        socket.send("as it is")
        assert socket.receive() == "as it is"


def test_offers_on_several_lines_are_one_list(one):
    with one().connect() as client:
        client.send(
            "GET /raw HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n"
            "sec-websocket-extensions: permessage-deflate\r\n\r\n"
        )
        answer = client.response()
        assert (answer.status, answer.header("sec-websocket-extensions")) == (101, NONE)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("extensions", ["permessage-deflate;", "a b", "a; b=", 'a; b="', "a, =", "\x80"])
def test_a_malformed_list_fails_the_handshake(one, compress, extensions):
    assert offer(one(compress), extensions).handshake.status == 400


@pytest.mark.parametrize(
    "compress, at",
    [
        (1, "compress"),
        ("yes", "compress"),
        ([True], "compress"),
        ({"window": 8}, "compress.window"),
        ({"window": 16}, "compress.window"),
        ({"level": 9}, "compress"),
        ({"threshold": "2MiB"}, "compress.threshold"),
    ],
)
def test_what_is_configured_wrongly_is_refused(tmp_path, compress, at):
    listener = {"name": "a", "address": "127.0.0.1:0", "websockets": [{"path": "/", "compress": compress}]}
    (tmp_path / "c.json").write_text(json.dumps({"listeners": [listener]}))
    done = gateways.run("check", tmp_path / "c.json")
    assert done.returncode == 1
    assert f"listeners[0].websockets[0].{at}" in done.stderr


# ---- messages ----


@pytest.mark.parametrize("size", [1024, 16383, 16384, 70000, 400000])
@pytest.mark.parametrize("compress", [True, {"takeover": True}, {"takeover": True, "window": 15}, {"window": 9}])
def test_messages_come_back_compressed(one, compress, size):
    keeps = compress is not True and compress.get("takeover", False)
    with offer(one(compress)) as socket:
        client = Client(socket, keeps)
        for _ in range(3):
            client.send(words(size))
            assert client.receive() == (True, words(size))
            client.send(words(size).encode())
            assert client.receive() == (True, words(size).encode())


def test_small_and_very_large_answers_are_not_compressed(one):
    limits = {"message": 2 * MIB, "body": 2 * MIB}
    with offer(one(limits=limits)) as socket:
        client = Client(socket)
        for size, compressed in ((0, False), (1023, False), (1024, True), (MIB, True), (MIB + 1, False)):
            client.send("x" * size)
            assert client.receive() == (compressed, "x" * size)


def test_what_does_not_get_smaller_is_not_compressed(one):
    with offer(one({"threshold": 0})) as socket:
        noise = random.Random(1).randbytes(3000)
        client = Client(socket)
        for data in (noise, b"", b"x", noise * 20):
            client.send(data)
            assert client.receive() == (len(data) > 3000, data)


def test_with_contexts_even_that_is(one):
    with offer(one({"threshold": 0, "takeover": True})) as socket:
        noise = random.Random(1).randbytes(3000)
        client = Client(socket, keeps=True)
        for _ in range(3):
            client.send(noise)
            assert client.receive() == (True, noise)


def test_a_client_may_compress_what_it_likes(one):
    with offer(one({"takeover": True})) as socket:
        client = Client(socket, keeps=True)
        for _ in range(3):
            socket.send(words(2000))
            assert client.receive() == (True, words(2000))
            client.send(words(2000))
            assert client.receive() == (True, words(2000))


def test_a_compressed_message_may_come_in_fragments(one):
    with offer(one()) as socket:
        client = Client(socket)
        packed = client.pack(words(5000).encode())
        for step in (1, 100, len(packed)):
            parts = [packed[at : at + step] for at in range(0, len(packed), step)][:1000]
            parts[-1] = packed[step * (len(parts) - 1) :]
            data = frame(TEXT, parts[0], fin=False, rsv=RSV1) + frame(PING, b"between")
            data += b"".join(frame(CONTINUATION, part, fin=False) for part in parts[1:])
            socket.send_bytes(data + frame(CONTINUATION))
            assert socket.receive_frame() == (PONG, b"between")
            assert client.receive() == (True, words(5000))


def test_a_message_may_end_with_a_final_block_and_refer_across_it(one):
    with offer(one({"takeover": True})) as socket:
        for payload in (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"\xf2\x00\x11\x00\x00"):
            socket.send_bytes(frame(TEXT, payload, rsv=RSV1))
            assert socket.receive() == "Hello"


def test_calls_go_on_as_ever(loopback):
    entrance = {"path": "/ws", "compress": {"takeover": True}}
    with loopback(
        {"name": "echo", "match": {"op": "echo"}, "send": {}}, websockets=[entrance]
    ).websocket("/ws", headers={"Sec-WebSocket-Extensions": "permessage-deflate"}) as socket:
        client = Client(socket, keeps=True)
        for id in range(20):
            client.send(json.dumps({"jsonrpc": "2.0", "id": id, "method": "echo", "params": [words(3000)]}))
            compressed, answer = client.receive()
            assert compressed
            assert json.loads(answer) == {"jsonrpc": "2.0", "id": id, "result": [words(3000)]}


@pytest.mark.parametrize("compress", [True, {"takeover": True, "threshold": 0}])
def test_an_ordinary_client_library_gets_along(one, compress):
    from websockets.sync.client import connect

    host, port = one(compress).address()
    with connect(f"ws://{host}:{port}/raw", compression="deflate") as client:
        assert [each.name for each in client.protocol.extensions] == ["permessage-deflate"]
        for size in (1, 100, 5000, 5000, 300000):
            client.send(words(size))
            assert client.recv(timeout=10) == words(size)


# ---- what is wrong ----

HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"


WRONG = [
    ("a compressed ping", frame(PING, HELLO, rsv=RSV1), 1002),
    ("RSV1 and RSV2", frame(TEXT, HELLO, rsv=RSV1 | 2), 1002),
    ("RSV3", frame(TEXT, HELLO, rsv=1), 1002),
    ("RSV1 on both frames", frame(TEXT, HELLO[:3], fin=False, rsv=RSV1) + frame(CONTINUATION, HELLO[3:], rsv=RSV1), 1002),
    ("RSV1 on the second frame", frame(BINARY, HELLO[:3], fin=False) + frame(CONTINUATION, HELLO[3:], rsv=RSV1), 1002),
    ("a context that was not kept", frame(TEXT, HELLO, rsv=RSV1) + frame(TEXT, b"\xf2\x00\x11\x00\x00", rsv=RSV1), 1007),
    ("cut off", frame(TEXT, HELLO[:-1], rsv=RSV1), 1007),
    ("nothing at all", frame(TEXT, b"", rsv=RSV1), 1007),
    ("the flush not taken off", frame(TEXT, HELLO + TAIL, rsv=RSV1), 1007),
    ("no blocks", frame(BINARY, b"\xff\xff\xff\xff", rsv=RSV1), 1007),
    ("no UTF-8 inside", frame(TEXT, b"\x00\x02\x00\xfd\xff\xc3\x28\x00", rsv=RSV1), 1007),
    ("too large while compressed", frame(BINARY, announce=2000, rsv=RSV1), 1009),
]


@pytest.mark.parametrize("data, code", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_broken_rule_closes_with_its_code(one, data, code):
    gateway = one(limits={"message": 1000})
    with offer(gateway) as socket:
        socket.send_bytes(data)
        assert socket.close_code() == code
        assert socket.connection.is_closed()
    assert gateway.admin("/livez").status == 200


def test_a_frame_type_that_is_not_allowed_is_not_even_inflated(one):
    with offer(one(frames="text")) as socket:
        socket.send_bytes(frame(BINARY, b"\xff\xff", rsv=RSV1))
        assert socket.close_code() == 1003


@pytest.mark.parametrize("compress", [True, {"takeover": True}])
def test_the_limit_of_a_message_holds_when_it_is_inflated(one, compress):
    gateway = one(compress, limits={"message": 100000})
    with offer(gateway) as socket:
        client = Client(socket)
        noise = random.Random(1).randbytes(100000)
        for data in (b"x" * 100000, noise):
            assert len(client.pack(noise)) > 100000
            client.send(data)
            assert client.receive()[1] == data
        client.send(b"x" * 100001)
        assert socket.close_code() == 1009
    gateway.wait_metric("bridgehead_rejected_total", 1, reason="message_too_large")


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what was freed")
def test_a_bomb_is_not_inflated(one):
    gateway = one()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(bytes(MIB)) for _ in range(512)) + packer.flush()
    assert len(bomb) < 600000
    before = gateway.private_bytes()
    for _ in range(20):
        with offer(gateway) as socket:
            socket.send_bytes(frame(BINARY, bomb, rsv=RSV1))
            assert socket.close_code() == 1009
    gateway.wait_metric("bridgehead_connections", 0)
    assert gateway.private_bytes() < before + 2 * MIB


# ---- memory ----


def test_contexts_that_are_kept_count_as_memory(one):
    gateway = one({"takeover": True}, limits={"memory": 200000})
    sockets = [offer(gateway).__enter__() for _ in range(4)]
    try:
        for socket in sockets[:3]:  # of about 78,000 each
            client = Client(socket, keeps=True)
            client.send(words(2000))
            assert client.receive() == (True, words(2000))
        sockets[3].send("whole messages need none")
        assert sockets[3].receive() == "whole messages need none"
        sockets[3].send_bytes(frame(TEXT, HELLO, rsv=RSV1))
        assert sockets[3].close_code() == 1013
    finally:
        for socket in sockets:
            socket.close()
    gateway.wait_metric("bridgehead_connections", 0)
    with offer(gateway) as socket:
        socket.send_bytes(frame(TEXT, HELLO, rsv=RSV1))
        assert socket.receive() == "Hello"


def test_silent_sockets_with_contexts_make_room_where_memory_is_short(one):
    gateway = one({"takeover": True}, limits={"memory": 200000})
    sockets = [offer(gateway).__enter__() for _ in range(3)]
    try:
        for socket in sockets:
            socket.send_bytes(frame(TEXT, HELLO, rsv=RSV1))
            assert socket.receive() == "Hello"
            Client(socket, keeps=True).send(words(5000))
            socket.receive_any_frame()
        eventually(lambda: gateway.metric("bridgehead_connections") < 3, 10, "room")
        with offer(gateway) as other:
            other.send_bytes(frame(TEXT, HELLO, rsv=RSV1))
            assert other.receive() == "Hello"
    finally:
        for socket in sockets:
            socket.close()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what was freed")
def test_without_contexts_an_idle_socket_keeps_nothing(one):
    gateway = one()
    sockets = []

    def open_some(count):
        for _ in range(count):
            sockets.append(offer(gateway).__enter__())
            client = Client(sockets[-1])
            client.send(words(50000))
            assert client.receive() == (True, words(50000))

    try:
        open_some(10)
        before = gateway.private_bytes()
        open_some(100)
        eventually(lambda: gateway.private_bytes() < before + (100 << 10), 5, "memory at rest")
    finally:
        for socket in sockets:
            socket.close()
