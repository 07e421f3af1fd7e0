# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The edges of a drain: what the kernel already has, what never ends, shards that end in turn."""

import signal
import time

import pytest

from harness.processes import freeze
from harness.waiting import eventually

pytestmark = pytest.mark.threads

LOST = {
    "name": "lost",
    "match": {"path": "/lost", "op": "lost"},
    "send": {"behave": "drop"},
    "answer": {"timeout": "20s"},
}


@pytest.mark.hostile
def test_requests_that_the_kernel_already_has_are_answered(loopback):
    one = loopback(shards=2)
    kept = [one.connect() for _ in range(50)]
    for client in kept:
        client.request("POST", "/", "first")
        assert client.response().body == b"first"
    freeze(one)
    fresh = [one.connect() for _ in range(50)]
    for number, client in enumerate(kept + fresh):
        client.request("POST", "/", str(number))
    one.signal(signal.SIGTERM)
    one.signal(signal.SIGCONT)
    for number, client in enumerate(kept + fresh):
        with client:
            answer = client.response()
            assert (answer.status, answer.body) == (200, str(number).encode())
            # Without the word it was answered by a shard that had not heard yet.
            assert answer.header("connection") in (None, "close")
            assert client.is_closed()
    assert one.wait_exit(5) == 0


@pytest.mark.hostile
def test_a_request_that_had_begun_is_read_to_its_end_and_answered(loopback):
    one = loopback(LOST, {"name": "echo", "match": {"path": "/"}, "send": {}})
    with one.connect() as client, one.connect() as other:
        client.request("POST", "/", "12345", {"Content-Length": "10"})
        other.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Le")
        one.wait_metric("bridgehead_connections", 2)
        one.signal(signal.SIGTERM)
        eventually(lambda: one.admin("/readyz").status == 503, 5)
        assert client.is_open() and other.is_open()
        client.socket.settimeout(5)
        client.send("67890")
        other.socket.settimeout(5)
        other.send("ngth: 2\r\n\r\nhi")
        for each, body in ((client, b"1234567890"), (other, b"hi")):
            answer = each.response()
            assert (answer.status, answer.body) == (200, body)
            assert answer.header("connection") == "close"
            assert each.is_closed()
    assert one.wait_exit(5) == 0


@pytest.mark.hostile
def test_calls_that_outlast_the_drain_are_told_so(loopback):
    one = loopback(LOST, websockets=[{"path": "/ws"}], drain_timeout="1s")
    with one.connect() as client, one.websocket() as socket:
        client.request("POST", "/lost", "x")
        socket.send({"jsonrpc": "2.0", "id": 7, "method": "lost"})
        one.wait_metric("bridgehead_calls_in_flight", 2)
        started = time.monotonic()
        one.signal(signal.SIGTERM)
        answer = client.response()
        assert (answer.status, answer.problem["published"]) == (504, "yes")
        assert answer.problem["type"].endswith("timeout")
        assert answer.header("connection") == "close"
        assert client.is_closed()
        message = socket.receive_json()
        assert message["id"] == 7 and message["error"]["data"]["status"] == 504, message
        assert socket.close_code() == 1001
        assert one.wait_exit(5) == 0
        assert 0.9 < time.monotonic() - started < 3


def test_shards_that_ended_before_the_others_do_no_harm_to_livez(loopback):
    """A shard counts as silent after 5 s, so only a longer drain can tell."""
    slow = {
        "name": "slow",
        "match": {"path": "/slow"},
        "send": {"delay": "7s"},
        "answer": {"timeout": "20s"},
    }
    one = loopback(slow, shards=2, drain_timeout="20s")
    with one.connect() as client:
        client.request("POST", "/slow", "x")
        one.wait_metric("bridgehead_calls_in_flight", 1)
        one.signal(signal.SIGTERM)
        started = time.monotonic()
        eventually(lambda: one.admin("/readyz").status == 503, 5)
        client.socket.setblocking(False)
        while time.monotonic() - started < 6.5:
            for path in ("/livez", "/metrics"):
                answer = one.admin(path)
                assert answer.status == 200, f"after {time.monotonic() - started:.1f} s: {answer}"
            assert one.metric("bridgehead_calls_in_flight") == 1
            time.sleep(0.1)
        client.socket.settimeout(5)
        assert client.response().status == 200
    assert one.wait_exit(5) == 0
