# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""How a WebSocket ends while answers are still to come."""

import struct
import time

import pytest

from harness.websocket import CLOSE, PING, TEXT, frame

pytestmark = pytest.mark.hostile

RAW = {"path": "/raw", "envelope": "raw"}
SLOW = {"name": "slow", "match": {"path": "/*rest"}, "send": {"delay": "200ms"}}
STUCK = {"name": "stuck", "match": {"path": "/*rest"}, "send": {"behave": "drop"}}
WRONG = frame(TEXT, "x", rsv=2)


def test_what_came_before_an_error_is_answered_before_the_close(loopback):
    with loopback(SLOW, websockets=[RAW]).websocket("/raw") as socket:
        socket.send_bytes(frame(TEXT, "first") + frame(TEXT, "second") + WRONG)
        socket.send_bytes(frame(PING, "dropped") + frame(TEXT, "dropped") + frame(CLOSE))
        assert [socket.receive(), socket.receive()] == ["first", "second"]
        assert socket.close_code() == 1002
        assert socket.connection.is_closed()


def test_a_batch_is_answered_whole_before_the_close(loopback):
    one = loopback(
        {"name": "slow", "match": {"op": "slow"}, "send": {"delay": "200ms"}},
        {"name": "echo", "match": {"op": "echo"}, "send": {}},
        websockets=[{"path": "/ws"}],
    )
    with one.websocket() as socket:
        socket.send([{"jsonrpc": "2.0", "id": id, "method": id} for id in ("slow", "echo")])
        socket.send_bytes(frame(TEXT, b"\xff"))
        assert {answer["id"] for answer in socket.receive_json()} == {"slow", "echo"}
        assert socket.close_code() == 1007


def test_an_error_waits_a_second_for_answers_and_no_longer(loopback):
    one = loopback(STUCK, websockets=[{**RAW, "ping": "100ms"}])
    with one.websocket("/raw") as socket:
        socket.send_bytes(frame(TEXT, "never answered") + WRONG)
        started = time.monotonic()
        time.sleep(0.3)
        socket.send_bytes(frame(TEXT, "dropped"))
        frames = []
        while not frames or frames[-1][0] != CLOSE:
            frames.append(socket.receive_frame())
        assert frames == [(CLOSE, struct.pack("!H", 1002) + b"A reserved bit is set.")]
        assert 0.5 < time.monotonic() - started < 3
        assert socket.connection.is_closed()
    one.wait_metric("bridgehead_calls_in_flight", 0)


def test_an_error_without_answers_to_come_closes_at_once(loopback):
    with loopback(SLOW, websockets=[RAW]).websocket("/raw") as socket:
        socket.send("first")
        assert socket.receive() == "first"
        started = time.monotonic()
        socket.send_bytes(WRONG)
        assert socket.close_code() == 1002
        assert time.monotonic() - started < 0.5


def test_a_client_that_leaves_after_its_error_leaves_nothing_behind(loopback):
    one = loopback(STUCK, websockets=[RAW])
    with one.websocket("/raw") as socket:
        socket.send_bytes(frame(TEXT, "never answered") + WRONG)
        one.wait_metric("bridgehead_rejected_total", 1, reason="websocket_protocol")
        socket.connection.reset()
    one.wait_metric("bridgehead_connections", 0)


def test_a_clean_close_of_the_client_waits_for_nobody(loopback):
    with loopback(STUCK, websockets=[RAW]).websocket("/raw") as socket:
        started = time.monotonic()
        socket.send_bytes(frame(TEXT, "never answered") + frame(CLOSE, struct.pack("!H", 1001)))
        assert socket.close_code() == 1001
        assert time.monotonic() - started < 0.5
