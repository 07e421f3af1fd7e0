# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What one WebSocket client can make the gateway do, keep and send."""

import functools
import json
import socket as sockets
import time

import pytest

from harness.waiting import eventually
from harness.websocket import BINARY, CONTINUATION, PING, PONG, TEXT, frame

pytestmark = pytest.mark.hostile

ECHO = {"name": "echo", "match": {"op": "echo"}, "send": {}}
TELL = {"name": "tell", "match": {"op": "tell"}, "send": {}, "answer": {"when": "sent"}}
SLOW = {"name": "slow", "match": {"op": "slow"}, "send": {"delay": "500ms"}}
STUCK = {"name": "stuck", "match": {"op": "stuck"}, "send": {"behave": "drop"}}
RAW = {"name": "raw", "match": {"path": "/raw"}, "send": {}}
# Its first message waits for an answer, and those that are too long for it behind that one.
RAW_SLOW = {
    "name": "raw-slow",
    "match": {"path": "/slow"},
    "limits": {"body": 10},
    "send": {"delay": "500ms"},
}
RAW_STUCK = {
    "name": "raw-stuck",
    "match": {"path": "/stuck"},
    "limits": {"body": 10},
    "send": {"behave": "drop"},
    "answer": {"timeout": "30s"},
}
TOO_LONG = frame(TEXT, "longer than ten")
MIB = 1 << 20


def call(id, op="echo", params=None):
    """A request; without an id a notification."""
    message = {"jsonrpc": "2.0", "method": op, "params": params or {}}
    return message if id is None else {**message, "id": id}


@pytest.fixture
def one(loopback):
    """one(limits, options of all sockets): /ws speaks JSON-RPC, the others are raw. /raw says back
    what it is told."""

    def start(limits=None, **options):
        sockets = [{"path": "/ws"}]
        sockets += [{"path": path, "envelope": "raw"} for path in ("/raw", "/slow", "/stuck")]
        return loopback(
            *(ECHO, TELL, SLOW, STUCK, RAW, RAW_SLOW, RAW_STUCK),
            websockets=[{**socket, **options} for socket in sockets],
            limits=limits or {},
        )

    return start


def frames_until_close(socket):
    """Everything but the close: (opcode, payload) each; and its code."""
    frames = []
    while True:
        opcode, payload = socket.receive_frame()
        if opcode == 8:
            return frames, int.from_bytes(payload[:2], "big")
        frames.append((opcode, payload))


def rejected(gateway, reason):
    return gateway.metric("bridgehead_rejected_total", reason=reason)


def calls(gateway):
    return gateway.metric("bridgehead_calls_total")


# ---- how much one message may ask for ----


def test_a_batch_of_nonsense_is_answered_up_to_the_calls_in_flight_only(one):
    gateway = one({"calls_in_flight": 10})
    with gateway.websocket() as socket:
        socket.send("[" + "1," * 100000 + "1]")
        frames, code = frames_until_close(socket)
        assert code == 1008
        assert json.loads(frames[-1][1])["error"]["code"] == -32003
        assert sum(len(payload) for _, payload in frames) < 10000
    assert rejected(gateway, "calls_in_flight") == 1


def test_a_batch_of_notifications_publishes_no_more_than_may_be_in_flight(one):
    gateway = one({"calls_in_flight": 10})
    with gateway.websocket() as socket:
        socket.send([call(None, "tell")] * 3000)
        assert frames_until_close(socket) == ([], 1008)
    assert calls(gateway) == 10


def test_a_batch_as_long_as_the_limit_is_fine(one):
    with one({"calls_in_flight": 10}).websocket() as socket:
        socket.send([call(number) for number in range(10)])
        assert {answer["id"] for answer in socket.receive_json()} == set(range(10))
        socket.send([1] * 10)
        assert [answer["error"]["code"] for answer in socket.receive_json()] == [-32600] * 10


def test_without_a_limit_a_batch_is_as_long_as_a_message(one):
    with one({"calls_in_flight": 0}).websocket() as socket:
        socket.send([call(number) for number in range(2000)])
        assert {answer["id"] for answer in socket.receive_json()} == set(range(2000))


def test_every_request_of_a_batch_counts_as_a_message(one):
    gateway = one({"messages_per_second": 10})
    with gateway.websocket() as socket:
        socket.send([call(None, "tell")] * 10 + [call(7)] + [call(None, "tell")] * 100)
        frames, code = frames_until_close(socket)
        error = json.loads(frames[0][1])
        assert (len(frames), error["id"], error["error"]["code"], code) == (1, 7, -32029, 1008)
    assert calls(gateway) == 10
    assert rejected(gateway, "message_rate") == 1


# ---- the error before 1008 ----


def test_the_error_for_a_flood_does_not_wait_for_its_batch(one):
    with one({"calls_in_flight": 3}).websocket() as socket:
        socket.send([call(1, "stuck"), call(2, "stuck")])
        socket.send([call(3, "stuck"), call(4, "stuck")])
        frames, code = frames_until_close(socket)
        error = json.loads(frames[0][1])
        assert (len(frames), error["id"], error["error"]["code"], code) == (1, 4, -32003, 1008)


def test_the_error_for_a_flood_does_not_wait_for_its_turn(one):
    with one({"calls_in_flight": 2}).websocket("/stuck") as socket:
        for _ in range(3):
            socket.send("x")
        frames, code = frames_until_close(socket)
        opcode, problem = frames[0]
        assert (len(frames), opcode, json.loads(problem)["status"], code) == (1, TEXT, 503, 1008)


# ---- answers that wait ----


def test_answers_that_gather_in_a_batch_count_as_output(one):
    gateway = one({"output": 100000})
    with gateway.websocket() as socket:
        answers = [call(number, params=["x" * 50000]) for number in range(1, 6)]
        socket.send([call(0, "stuck"), *answers])
        gateway.wait_metric("bridgehead_rejected_total", 1, reason="output")
        with pytest.raises((EOFError, ConnectionError)):
            socket.receive_frame()
    gateway.wait_metric("bridgehead_connections", 0)


def test_one_whole_answer_fits_into_a_batch_always(one):
    with one({"output": 1000}).websocket() as socket:
        socket.send([call(0), call(1, "slow", params=["x" * 50000])])
        assert {answer["id"] for answer in socket.receive_json()} == {0, 1}


def test_raw_answers_that_wait_for_an_earlier_one_count_as_output(one):
    gateway = one({"output": 2000})
    with gateway.websocket("/stuck") as socket, gateway.websocket("/raw") as other:
        socket.send("first")
        socket.send_bytes(TOO_LONG * 20)
        gateway.wait_metric("bridgehead_rejected_total", 1, reason="output")
        with pytest.raises((EOFError, ConnectionError)):
            socket.receive_frame()


def test_thousands_of_raw_answers_wait_for_an_earlier_one_and_keep_their_order(one):
    with one().websocket("/slow") as socket:
        socket.send("first")
        socket.send_bytes(TOO_LONG * 2000)
        assert socket.receive() == "first"
        for _ in range(2000):
            assert json.loads(socket.receive())["status"] == 413
        socket.send("last")
        assert socket.receive() == "last"


def test_answers_of_one_turn_are_no_sign_of_a_slow_reader(one):
    with one({"output": 1000}).websocket("/raw") as socket:
        socket.send_bytes(frame(TEXT, "x" * 100) * 100)
        assert [socket.receive() for _ in range(100)] == ["x" * 100] * 100


# ---- pings and slow readers ----

SIZE = 8 * MIB  # no socket buffer takes that
BIG = {"message": SIZE, "body": SIZE, "output": 2 * SIZE, "reply": SIZE}


@functools.cache
def big_frame():
    return frame(BINARY, b"x" * SIZE)


def fill(gateway, socket):
    """Leaves the client with an answer that the gateway cannot write at once."""
    socket.connection.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 65536)
    socket.send_bytes(big_frame())
    eventually(lambda: calls(gateway) == 1, 20, "the answer")


def take_big_frame_slowly(socket, seconds):
    """Reads steadily, but far too slowly for all of it; then the rest."""
    first = socket.connection.take(2)
    while first == bytes([0x80 | PING, 0]):  # one that was sent before there was an answer
        first = socket.connection.take(2)
    assert first == bytes([0x80 | BINARY, 127])
    assert int.from_bytes(socket.connection.take(8), "big") == SIZE
    end = time.monotonic() + seconds
    left = SIZE
    while time.monotonic() < end:
        left -= len(socket.connection.take(10000))
        time.sleep(0.05)
    socket.connection.take(left)


def test_a_client_that_leaves_while_its_pong_waits_leaves_nothing_behind(one):
    gateway = one(BIG)
    with gateway.websocket("/raw") as socket:
        fill(gateway, socket)
        socket.send_bytes(frame(PING, b"never answered"))
        socket.connection.reset()
    gateway.wait_metric("bridgehead_connections", 0)


def test_a_slow_reader_is_not_dropped_for_a_pong_that_our_output_holds_up(one):
    big_frame()  # making it takes longer than a client may be silent
    gateway = one(BIG, ping="1s", pong_timeout="1s")
    with gateway.websocket("/raw") as socket:
        fill(gateway, socket)
        take_big_frame_slowly(socket, 4)
        socket.send("still here")
        assert socket.receive() == "still here"
    assert rejected(gateway, "pong_timeout") == 0


def test_a_client_that_reads_nothing_is_dropped_though_it_is_not_pinged(one):
    big_frame()
    gateway = one({**BIG, "write_timeout": "1s"}, ping="1s", pong_timeout="1s")
    with gateway.websocket("/raw") as socket:
        fill(gateway, socket)
        gateway.wait_metric("bridgehead_rejected_total", 1, reason="write_timeout")
    assert rejected(gateway, "pong_timeout") == 0


def test_a_pong_timeout_of_zero_is_none(one):
    gateway = one(ping="200ms", pong_timeout="0s")
    with gateway.websocket("/raw") as socket:
        for _ in range(3):
            assert socket.receive_frame() == (PING, b"")
        socket.send("still here")
        assert socket.receive() == "still here"
    assert rejected(gateway, "pong_timeout") == 0


# ---- memory of all sockets together ----


def hold_part_of_a_message(socket, size):
    """Returns when the gateway has it."""
    socket.send_bytes(frame(BINARY, b"x" * size, fin=False) + frame(PING, b"taken"))
    assert socket.receive_frame() == (PONG, b"taken")


def assert_memory_is_over(other):
    """Seen by somebody who was let in before: until it is back nobody else is."""
    other.send("whole messages need none")
    assert other.receive() == "whole messages need none"
    other.send_bytes(frame(BINARY, b"x" * 1000)[:500])
    assert other.close_code() == 1013


def assert_memory_is_back(gateway):
    def fits():
        with gateway.websocket("/raw") as other:
            other.send_bytes(frame(BINARY, b"x" * 1000, fin=False) + frame(PING))
            return other.receive_frame()[0] == PONG

    eventually(fits, 5, "memory for a message")


def test_incomplete_messages_count_as_memory(one):
    gateway = one({"memory": 100000})
    with gateway.websocket("/raw") as socket, gateway.websocket("/raw") as other:
        hold_part_of_a_message(socket, 200000)
        assert_memory_is_over(other)
        socket.send_bytes(frame(CONTINUATION, b"x" * 1000)[:500])
        assert socket.close_code() == 1013
    assert rejected(gateway, "memory") == 2
    assert_memory_is_back(gateway)


def test_a_message_that_is_done_counts_no_more(one):
    gateway = one({"memory": 100000})
    with gateway.websocket("/raw") as socket:
        hold_part_of_a_message(socket, 200000)
        socket.send_bytes(frame(CONTINUATION, b""))
        assert socket.receive() == b"x" * 200000
        assert_memory_is_back(gateway)


def test_answers_of_a_batch_count_as_memory(one):
    gateway = one({"memory": 100000})
    with gateway.websocket() as socket, gateway.websocket("/raw") as other:
        socket.send([call(0, "stuck"), call(1, params=["x" * 60000])])
        socket.send([call(2, "stuck"), call(3, params=["x" * 60000])])
        eventually(lambda: calls(gateway) >= 2)
        assert_memory_is_over(other)
    assert_memory_is_back(gateway)


def test_answers_that_wait_for_their_turn_count_as_memory(one):
    gateway = one({"memory": 20000})
    with gateway.websocket("/stuck") as socket, gateway.websocket("/raw") as other:
        socket.send("first")
        socket.send_bytes(TOO_LONG * 200)
        eventually(lambda: calls(gateway) == 200)
        assert_memory_is_over(other)
    assert_memory_is_back(gateway)


# ---- single messages ----


def test_a_notification_that_finds_no_call_is_not_answered(one):
    gateway = one({"calls_in_flight_per_address": 1})
    with gateway.websocket() as socket:
        socket.send(call(1, "stuck"))
        socket.send(call(None, "tell"))
        socket.send_bytes(frame(PING, b"after it"))
        assert socket.receive_frame() == (PONG, b"after it")
        socket.send(call(2))
        assert socket.receive_json()["error"]["code"] == -32003
    assert rejected(gateway, "calls_per_address") == 2


def test_an_id_longer_than_a_kibibyte_is_refused(one):
    gateway = one()
    with gateway.websocket() as socket:
        for id in ("x" * 1023, int("9" * 1025)):
            socket.send(call(id))
            answer = socket.receive_json()
            assert (answer["id"], answer["error"]["code"]) == (id, -32600)
        assert calls(gateway) == 0
        for id in ("x" * 1022, int("9" * 1024)):
            socket.send(call(id))
            assert socket.receive_json()["id"] == id


def test_an_event_name_longer_than_a_kibibyte_is_refused(loopback):
    gateway = loopback(
        {"name": "get", "match": {"path": "/get"}, "send": {}},
        websockets=[{"path": "/ws", "envelope": "pathfinder"}],
    )
    with gateway.websocket() as socket:
        socket.send({"url": "/get", "content": 1, "event-name": "x" * 1023})
        assert socket.receive_json()["error"]["type"].endswith("bad-request")
        assert calls(gateway) == 0
        socket.send({"url": "/get", "content": 1, "event-name": "x" * 1022})
        assert socket.receive_json() == {"content": 1, "event-name": "x" * 1022}


def test_the_host_is_right_behind_a_target_of_any_length(loopback):
    gateway = loopback(
        {"name": "raw", "match": {"path": "/raw"}, "send": {"body": "${host} ${uri}"}},
        websockets=[{"path": "/raw", "envelope": "raw"}],
        limits={"request_line": "1MiB"},
    )
    for size in (10, 65530, 70000, 200000):
        target = "/raw?" + "x" * size
        with gateway.websocket(target, host="gateway.example:8080") as socket:
            socket.send("")
            assert socket.receive() == "gateway.example " + target


# ---- what the handshake said ----


READS = {
    "agent": "${header.user-agent?}",
    "session": "${cookie.session?}",
    "upgrade": "${header.upgrade?}",
    "key": "${header.sec-websocket-key?}",
}
SAID = {"User-Agent": "tester/1", "Cookie": "session=abc; theme=dark", "X-Tenant": "blue"}


def test_requests_of_a_socket_have_the_headers_of_its_handshake(gateway, worker, queue):
    at = worker(queue)
    send = {"queue": queue, "headers": READS, "forward_headers": ["cookie", "x-*"]}
    one = gateway(
        mappings=[{"name": "any", "match": {"op": "*"}, "send": send}],
        websockets=[{"path": "/ws"}],
    )
    with one.websocket(headers=SAID) as first, one.websocket() as second:
        for id in (1, 2):
            first.send(call(id))
            message = at.next()
            assert message.headers["agent"] == "tester/1"
            assert message.headers["session"] == "abc"
            assert message.headers["cookie"] == SAID["Cookie"]
            assert message.headers["x-tenant"] == "blue"
            assert not {"upgrade", "key", "sec-websocket-key"} & set(message.headers)
            message.reply("1")
            assert first.receive_json()["id"] == id
        second.send(call(3))
        message = at.next()
        assert not {"agent", "session", "cookie", "x-tenant"} & set(message.headers)


def test_a_template_sees_all_headers_of_a_handshake_but_those_of_the_protocol(loopback):
    one = loopback(
        {
            "name": "all",
            "match": {"path": "/raw"},
            "send": {"body": {"all": "${headers}"}, "forward_headers": ["cookie"]},
        },
        websockets=[{"path": "/raw", "envelope": "raw"}],
    )
    with one.websocket("/raw", headers={**SAID, "Sec-WebSocket-Protocol": "x"}) as socket:
        socket.send("")
        seen = json.loads(socket.receive())["all"]
        assert seen == {"host": "test", **{name.lower(): value for name, value in SAID.items()}}
