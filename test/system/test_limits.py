# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Everything a client can make grow has a limit, and each breach one status."""

import time

import pytest

from harness.waiting import eventually

pytestmark = pytest.mark.hostile


def test_a_mapping_and_the_defaults_may_lower_the_body(loopback):
    mappings = [
        {"name": "small", "match": {"path": "/small"}, "send": {}, "limits": {"body": 10}},
        {"name": "other", "match": {"path": "/other"}, "send": {}},
    ]
    one = loopback(*mappings, limits={"body": 1000}, defaults={"limits": {"body": 100}})
    for target, limit in (("/small", 10), ("/other", 100)):
        assert one.post(target, "x" * limit).status == 200
        assert one.post(target, "x" * (limit + 1)).status == 413


@pytest.mark.parametrize(
    "limit, request_bytes, status",
    [
        ({"request_line": 64}, "GET /" + "x" * 60 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ({"header": 64}, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * 70 + "\r\n\r\n", 431),
        ({"headers": 200}, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: 12345678\r\n" * 20 + "\r\n", 431),
        ({"header_count": 5}, "GET / HTTP/1.1\r\nHost: a\r\n" + "X: 1\r\n" * 5 + "\r\n", 431),
    ],
)
def test_heads_have_limits(loopback, limit, request_bytes, status):
    one = loopback(limits=limit)
    assert one.get("/").status == 200
    with one.connect() as client:
        client.send(request_bytes)
        assert client.response().status == status
        assert client.is_closed()


def test_an_idle_connection_is_closed_in_silence(loopback):
    one = loopback(limits={"idle_timeout": "300ms"})
    with one.connect() as client:
        client.request("POST", "/", "x")
        assert client.response().status == 200
        assert client.is_closed(timeout=3)


def test_limits_of_one_listener_are_not_those_of_another(gateway):
    from harness.ports import free_port

    one = gateway(
        bridges={"echo": {"type": "loopback"}},
        mappings=[{"name": "e", "match": {"path": "/e"}, "send": {}}],
        listeners=[
            {"name": "a", "address": f"127.0.0.1:{free_port()}", "limits": {"body": 10}},
            {"name": "b", "address": f"127.0.0.1:{free_port()}", "limits": {"body": 20}},
        ],
    )
    for listener, status in ((0, 413), (1, 200)):
        with one.connect(listener) as client:
            client.request("POST", "/e", "x" * 15)
            assert client.response().status == status


def test_a_thousand_connections_that_say_nothing_hurt_nobody(loopback):
    one = loopback()
    silent = [one.connect() for _ in range(1000)]
    for client in silent[:500]:
        client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    started = time.monotonic()
    for number in range(50):
        assert one.post("/", str(number)).body == str(number).encode()
    assert time.monotonic() - started < 5
    for client in silent:
        client.close()
    eventually(lambda: one.metric("bridgehead_connections") == 0)
