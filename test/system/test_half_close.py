# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A client may shut down its side behind a request and still hears the answer, if it comes soon."""

import time

import pytest

from harness.client import Connection

pytestmark = pytest.mark.hostile

GET = "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
POST = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def one(loopback):
    def mapping(name, **send):
        return {"name": name, "match": {"method": "POST", "path": f"/{name}"}, "send": send}

    return loopback(
        mapping("echo"),
        mapping("soon", delay="300ms"),
        mapping("later", delay="3s"),
        websockets=[{"path": "/ws", "envelope": "raw"}],
        limits={"output": "16MiB", "body": "8MiB"},
        shards=1,
    )


@pytest.mark.parametrize("sent, statuses", [
    (GET, [404]),
    (POST, [200]),
    (GET.replace("1.1", "1.0"), [404]),
    (GET + POST + GET, [404, 200, 404]),
    (POST * 100, [200] * 100),
    (POST.replace("echo", "soon") * 2, [200, 200]),
    (POST + "GET / HTTP/1.1\r\nHo", [200]),
    ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", [200]),
    ("GET / HTTP/9.9\r\n\r\n", [505]),
])
def test_what_was_asked_is_answered(one, sent, statuses):
    for _ in range(1 if "soon" in sent else 20):
        with one.connect() as client:
            client.send(sent)
            client.half_close()
            assert [client.response().status for _ in statuses] == statuses
            assert client.is_closed(timeout=1)
    one.wait_metric("bridgehead_connections", 0, timeout=2)


@pytest.mark.parametrize("page", ["/livez", "/readyz", "/metrics"])
def test_what_was_asked_of_the_admin_listener_too(one, page):
    for _ in range(50):
        with Connection(one.admin_address) as client:
            client.send(f"GET {page} HTTP/1.1\r\nHost: a\r\n\r\n")
            client.half_close()
            assert client.response().status == 200
            assert client.is_closed(timeout=1)


def test_the_end_may_come_long_after_the_request(one):
    with one.connect() as client:
        client.send(POST.replace("echo", "soon"))
        one.wait_metric("bridgehead_calls_in_flight", 1, timeout=2)
        client.half_close()
        assert client.response().status == 200
        assert client.is_closed(timeout=1)


def test_a_large_answer_is_written_to_its_end(one):
    body = b"x" * (4 << 20)
    with one.connect() as client:
        client.request("POST", "/echo", body)
        client.half_close()
        time.sleep(1.5)  # longer than the wait for an answer: now it waits to be read
        assert client.response().body == body
        assert client.is_closed(timeout=1)


def test_who_waits_longer_has_left(one):
    started = time.monotonic()
    with one.connect() as client:
        client.send(POST.replace("echo", "later"))
        client.half_close()
        assert client.is_closed(timeout=2)
    assert time.monotonic() - started < 1
    assert one.access(mapping="later")[0]["status"] == "0"
    one.wait_metric("bridgehead_calls_in_flight", 0, timeout=1)
    assert one.metric("bridgehead_rejected_total") == 0


def test_what_is_no_request_ends_at_once(one):
    for sent in ("", "GET / HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"):
        started = time.monotonic()
        with one.connect() as client:
            client.send(sent)
            client.half_close()
            assert client.is_closed(timeout=2)
        assert time.monotonic() - started < 0.5


def test_a_websocket_that_is_half_closed_is_over(one):
    with one.websocket("/ws") as socket:
        socket.connection.half_close()
        assert socket.connection.is_closed(timeout=2)


def test_who_half_closes_costs_no_time(one):
    clients = [one.connect() for _ in range(20)]
    used = one.cpu_seconds()
    for client in clients:
        client.send(POST.replace("echo", "later"))
        client.half_close()
    one.wait_metric("bridgehead_connections", 0, timeout=3)
    assert one.cpu_seconds() - used < 0.3
