# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Everything a client can make grow has a limit, and each breach one status."""

import time

import pytest

from harness.waiting import eventually

pytestmark = pytest.mark.hostile


def test_a_body_over_the_limit_is_413_before_it_is_read(loopback):
    one = loopback(limits={"body": 1000})
    assert one.post("/", "x" * 1000).status == 200
    with one.connect() as client:
        client.request("POST", "/", headers={"Content-Length": "1001"})
        answer = client.response()
        assert (answer.status, answer.problem["published"]) == (413, "no")
        assert answer.problem["type"].endswith("too-large")
        assert client.is_closed()


def test_a_chunked_body_over_the_limit_is_413(loopback):
    one = loopback(limits={"body": 1000})
    with one.connect() as client:
        client.request("POST", "/", headers={"Transfer-Encoding": "chunked"})
        client.send("3e8\r\n" + "x" * 1000 + "\r\n1\r\n")
        assert client.response().status == 413
        assert client.is_closed()


def test_the_client_sees_413_though_it_goes_on_sending(loopback):
    """The answer must not be lost in a reset because input was left unread."""
    one = loopback(limits={"body": 1000})
    with one.connect() as client:
        client.request("POST", "/", headers={"Content-Length": "200000"})
        try:
            client.send("x" * 200000)
        except OSError:
            pass
        assert client.response().status == 413


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


def test_a_head_that_never_ends_is_408(loopback):
    one = loopback(limits={"header_timeout": "300ms"})
    with one.connect() as client:
        started = time.monotonic()
        client.send("GET / HTTP/1.1\r\nHost")
        assert client.response().status == 408
        assert 0.2 < time.monotonic() - started < 2
        assert client.is_closed()


def test_a_body_that_never_ends_is_408_and_never_sent(loopback):
    one = loopback(limits={"body_timeout": "300ms"})
    for headers, part in (
        ({"Content-Length": "10"}, "12345"),
        ({"Transfer-Encoding": "chunked"}, "5\r\n12345\r\n"),
    ):
        with one.connect() as client:
            client.request("POST", "/", headers=headers)
            client.send(part)
            assert client.response().status == 408
            assert client.is_closed()
    assert one.metric("bridgehead_rejected_total", reason="body_timeout") == 2


def test_an_idle_connection_is_closed_in_silence(loopback):
    one = loopback(limits={"idle_timeout": "300ms"})
    with one.connect() as client:
        client.request("POST", "/", "x")
        assert client.response().status == 200
        assert client.is_closed(timeout=3)


def test_connections_over_the_limit_are_turned_away(loopback):
    one = loopback(limits={"connections": 5})
    kept = [one.connect() for _ in range(5)]
    for client in kept:
        client.request("POST", "/", "x")
        assert client.response().status == 200
    with one.connect() as client:
        assert client.is_closed()
    assert one.admin("/livez").status == 200
    kept.pop().close()
    eventually(lambda: one.metric("bridgehead_connections") == 4)
    assert one.post("/", "x").status == 200
    for client in kept:
        client.close()


def test_connections_of_one_address_have_a_limit(loopback):
    one = loopback(limits={"connections_per_address": 2})
    kept = [one.connect() for _ in range(2)]
    for client in kept:
        client.request("POST", "/", "x")
        assert client.response().status == 200
    with one.connect() as client:
        assert client.is_closed()
    for client in kept:
        client.close()


def test_a_client_that_does_not_read_is_dropped(gateway, worker, queue):
    worker(queue, lambda message: message.reply(b"x" * (4 << 20)))
    mapping = {"name": "big", "match": {"path": "/big"}, "send": {"queue": queue}}
    one = gateway(mappings=[mapping], limits={"write_timeout": "500ms"})
    client = one.connect()
    client.request("POST", "/big")
    eventually(lambda: one.metric("bridgehead_connections") == 1)
    eventually(lambda: one.metric("bridgehead_connections") == 0, 10)
    assert one.metric("bridgehead_rejected_total", reason="write_timeout") == 1
    client.close()


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
