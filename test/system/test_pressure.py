# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""When memory or connections run short, those who only hold them go first."""

import select
import socket
import time

import pytest

from harness.waiting import eventually
from harness.websocket import BINARY, CONTINUATION, PING, frame

pytestmark = pytest.mark.hostile

BODY = 40000


def half_a_request(client, size=BODY):
    client.send(f"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {size}\r\n\r\n" + "x" * (size // 2))


def is_served(client, body="x"):
    client.request("POST", "/", body)
    return client.response().status == 200


def is_closed_now(client):
    client.socket.setblocking(False)
    try:
        return client.socket.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def is_gone_after_reading(client):
    client.socket.settimeout(10)
    try:
        while client.socket.recv(1 << 20):
            pass
        return True
    except ConnectionResetError:
        return True


@pytest.fixture
def one(loopback):
    return loopback(
        limits={"memory": 200000}, websockets=[{"path": "/ws", "envelope": "raw"}], shards=1
    )


def rejected(gateway, reason):
    return gateway.metric("bridgehead_rejected_total", reason=reason)


def hold_it_all(gateway):
    """Clients that stopped in the middle of their bodies; together they hold more than there is."""
    stuck = [gateway.connect() for _ in range(12)]
    for client in stuck:
        half_a_request(client)
    return stuck


def test_clients_that_stall_make_room_for_the_others(one):
    served = one.connect()
    assert is_served(served)
    stuck = hold_it_all(one)
    eventually(lambda: rejected(one, "memory") > 0, 10, "a client that is given up")
    eventually(lambda: is_served(one.connect(), "y" * 1000), 10, "a body that is taken again")
    assert is_served(served, "z" * 1000)
    lost = [client for client in stuck if is_closed_now(client)]
    assert 0 < len(lost) < len(stuck), "some, and no more than needed"


def test_a_message_that_stalls_makes_room_too(one):
    socket = one.websocket("/ws")
    socket.send_bytes(frame(BINARY, b"x" * 300000)[:250000])
    eventually(lambda: rejected(one, "memory") > 0, 10, "the socket that is given up")
    eventually(lambda: one.metric("bridgehead_websockets") == 0, 5, "no socket")
    assert one.post("/", "y" * 1000).status == 200


def test_one_that_does_not_read_its_answer_makes_room(loopback):
    gateway = loopback(limits={"memory": 200000, "output": "8MiB"}, shards=1)
    with gateway.connect() as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.request("POST", "/", b"x" * 1000000)
        eventually(lambda: rejected(gateway, "memory") > 0, 10, "the reader that is given up")
        assert is_gone_after_reading(slow)
        assert gateway.post("/", "y" * 1000).status == 200


def test_accepting_waits_while_memory_is_short_and_goes_on(one):
    stuck = hold_it_all(one)
    eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
    with one.connect() as newcomer:
        newcomer.request("POST", "/", "x" * 1000)
        assert one.admin("/livez").status == 200
        assert newcomer.response().status == 200, "late, and not refused"
    assert len(stuck) == 12


def test_a_request_that_is_all_there_needs_no_memory(one):
    served = one.connect()
    assert is_served(served)
    stuck = hold_it_all(one)
    with one.connect():
        eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
        assert is_served(served, "z" * 1000)
        served.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert served.response().status == 503, "the rest of it would"
    assert len(stuck) == 12


def test_who_is_refused_for_memory_is_not_told_to_go_on(one):
    served = one.connect()
    assert is_served(served)
    stuck = hold_it_all(one)
    with one.connect():
        eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
        served.send(
            "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\n"
            "Transfer-Encoding: chunked\r\n\r\n"
        )
        assert served.response().status == 503
    assert len(stuck) == 12


def test_what_is_read_ahead_makes_room_and_the_calls_go_on(loopback):
    slow = {"name": "slow", "match": {"path": "/slow"}, "send": {"delay": "3s"}}
    echo = {"name": "echo", "match": {"path": "/"}, "send": {}}
    gateway = loopback(slow, echo, limits={"memory": 200000}, shards=1)
    busy = [gateway.connect() for _ in range(12)]
    for client in busy:
        client.send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n")
        client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n" * 1000)
    eventually(lambda: rejected(gateway, "memory") > 0, 10, "what is read ahead and given up")
    assert gateway.get("/").status == 200
    assert gateway.metric("bridgehead_calls_in_flight") == 12, "before any of them is answered"
    answers = [client.response() for client in busy]
    assert [answer.status for answer in answers] == [200] * 12
    cut = [client for client, answer in zip(busy, answers) if answer.header("connection") == "close"]
    assert 0 < len(cut) < 12, "some, and no more than needed"
    assert all(client.is_closed() for client in cut)


def test_who_stalls_later_makes_room_too_until_it_is_enough(one):
    early = [one.connect() for _ in range(2)]
    for client in early:
        half_a_request(client)
    time.sleep(0.5)  # they will have stalled for long enough half a second before the others
    late = [one.connect() for _ in range(9)]
    for client in late:
        half_a_request(client)
    eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
    with one.connect() as newcomer:
        assert is_served(newcomer), "before body_timeout ends them all"
    assert all(is_closed_now(client) for client in early)


def is_answered_while(newcomer, clients, more):
    """Each of the clients sends a little more from time to time, unless it has been refused."""

    def is_answered():
        for client in clients:
            try:
                client.send(more)
            except OSError:
                pass
        return select.select([newcomer.socket], [], [], 0.3)[0]

    eventually(is_answered, 8, "an answer long before body_timeout")
    return newcomer.response().status == 200


def test_who_sends_a_byte_now_and_then_does_not_keep_others_out(one):
    stuck = hold_it_all(one)
    eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
    with one.connect() as newcomer:
        newcomer.request("POST", "/", "x")
        assert is_answered_while(newcomer, stuck, "x")


@pytest.mark.parametrize(
    "more",
    [b"x", frame(PING), frame(CONTINUATION, fin=False)],
    ids=["a byte", "a ping", "an empty fragment"],
)
def test_nor_does_who_is_in_the_middle_of_a_message(one, more):
    inside = more == b"x"
    part = frame(BINARY, b"x" * 60000, fin=False)[: 50000 if inside else None]
    sockets = [one.websocket("/ws") for _ in range(3)]  # three quarters of the memory and more
    for socket in sockets:
        socket.send_bytes(part)
    stuck = hold_it_all(one)
    eventually(lambda: rejected(one, "memory") > 0, 10, "memory that is short")
    with one.connect() as newcomer:
        newcomer.request("POST", "/", "x")
        assert is_answered_while(newcomer, [socket.connection for socket in sockets], more)
    assert len(stuck) == 12


def test_idle_connections_make_room_for_new_ones(loopback):
    gateway = loopback(limits={"connections": 8}, shards=1)
    idle = [gateway.connect() for _ in range(8)]
    for client in idle:
        assert is_served(client)

    def is_let_in():
        try:
            with gateway.connect() as client:
                return is_served(client)
        except (EOFError, OSError):
            return False

    assert not is_let_in(), "nobody is idle for long yet"
    busy = idle[0]
    started = time.monotonic()

    def is_let_in_while_busy():
        assert is_served(busy)
        return is_let_in()

    eventually(is_let_in_while_busy, 30, "room for another")
    assert time.monotonic() - started > 8, "idle for ten seconds, not less"
    assert is_served(busy), "who is served is served on"
    assert rejected(gateway, "idle") >= 1
