# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Sockets that behave: messages of all sizes, age, and a client that others wrote. What breaks a rule
stands in hazards/test_websocket_rows.py."""

import time

import pytest

from harness.websocket import TEXT, frame

pytestmark = pytest.mark.hostile

RAW = {"path": "/raw", "envelope": "raw"}
ECHO = {"name": "echo", "match": {"path": "/*rest"}, "send": {}}


@pytest.fixture
def raw(loopback):
    """raw(options of the socket, limits): a gateway that says back what it is told, frame by frame."""

    def start(limits=None, **options):
        return loopback(ECHO, websockets=[{**RAW, **options}], limits=limits or {})

    return start


def test_any_origin_where_that_is_said(raw):
    one = raw(origins=["*"])
    assert one.websocket("/raw", headers={"Origin": "https://any.example"}).handshake.status == 101


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 300000])
def test_messages_of_any_size_come_back(raw, size):
    with raw().websocket("/raw") as socket:
        socket.send("x" * size)
        assert socket.receive() == "x" * size
        socket.send(b"\xff" * size)
        assert socket.receive() == b"\xff" * size


def test_a_socket_has_an_age(raw):
    with raw(max_age="400ms").websocket("/raw") as socket:
        started = time.monotonic()
        assert socket.close_code() in (1000, 1001)
        assert time.monotonic() - started < 3


def test_many_small_messages_in_one_segment(raw):
    with raw().websocket("/raw") as socket:
        socket.send_bytes(b"".join(frame(TEXT, str(number)) for number in range(200)))
        assert [socket.receive() for _ in range(200)] == [str(number) for number in range(200)]


def test_an_ordinary_client_library_gets_along(raw):
    from websockets.sync.client import connect

    host, port = raw().address()
    with connect(f"ws://{host}:{port}/raw") as client:
        client.send("text")
        assert client.recv(timeout=10) == "text"
        client.send(b"bytes" * 10000)
        assert client.recv(timeout=10) == b"bytes" * 10000
        assert client.ping().wait(10)
