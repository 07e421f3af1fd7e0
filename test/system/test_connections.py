# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Connections: kept, pipelined, closed, and left by their clients."""

import time

import pytest

from harness.worker import echo


@pytest.fixture
def held(gateway, worker, queue):
    """A gateway whose worker replies when the test says so."""
    at = worker(queue)
    mapping = {
        "name": "held",
        "match": {"path": "/held"},
        "send": {"queue": queue},
        "answer": {"timeout": "20s"},
    }
    one = gateway(mappings=[mapping])
    one.worker = at
    return one


def test_a_connection_is_kept_for_the_next_request(loopback):
    one = loopback()
    with one.connect() as client:
        for number in range(100):
            client.request("POST", "/", str(number))
            assert client.response().body == str(number).encode()
    assert one.metric("bridgehead_connections_total") < 10


def test_connection_close_is_obeyed_and_announced(loopback):
    with loopback().connect() as client:
        client.request("POST", "/", "x", {"Connection": "close"})
        answer = client.response()
        assert (answer.status, answer.header("connection")) == (200, "close")
        assert client.is_closed()


def test_http_1_0_closes_unless_asked_to_keep(loopback):
    one = loopback()
    with one.connect() as client:
        client.send("GET /x HTTP/1.0\r\n\r\n")
        assert client.response().status == 200
        assert client.is_closed()
    with one.connect() as client:
        for _ in range(2):
            client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = client.response()
            assert answer.status == 200
            assert answer.header("connection").lower() == "keep-alive"


def test_answers_carry_a_date_and_a_length_but_a_100_does_not(loopback):
    with loopback().connect() as client:
        client.request("POST", "/", headers={"Expect": "100-continue", "Content-Length": "2"})
        interim = client.response()
        assert interim.status == 100
        assert interim.header("date") is None and interim.header("content-length") is None
        client.send("hi")
        answer = client.response()
        assert (answer.status, answer.body) == (200, b"hi")
        assert answer.header("date").endswith("GMT")
        assert answer.header("content-length") == "2"


def test_expect_is_answered_with_the_final_status_when_the_body_will_not_be_read(loopback):
    one = loopback({"name": "a", "match": {"path": "/a"}, "send": {}}, limits={"body": 10})
    for target, length, status in (("/nothing", 2, 404), ("/a", 11, 413)):
        with one.connect() as client:
            headers = {"Expect": "100-continue", "Content-Length": str(length)}
            client.request("POST", target, headers=headers)
            assert client.response().status == status


def test_http_1_0_never_gets_a_100(loopback):
    with loopback().connect() as client:
        client.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
        assert client.response().status == 200


def test_pipelined_requests_are_answered_in_order(gateway, worker, queue):
    worker(queue, echo)
    mapping = {"name": "p", "match": {"path": "/p"}, "send": {"queue": queue}}
    with gateway(mappings=[mapping]).connect() as client:
        for number in range(64):
            client.request("POST", "/p", str(number))
        for number in range(64):
            assert client.response().body == str(number).encode()


def test_pipelined_requests_are_answered_in_order_when_some_are_refused(held):
    with held.connect() as client:
        client.request("POST", "/held", "first")
        client.request("GET", "/nothing")
        client.request("HEAD", "/held")
        held.worker.next().reply("one")
        assert client.response().body == b"one"
        assert client.response().status == 404
        held.worker.next().reply("three")
        assert client.response(to="HEAD").status == 200


@pytest.mark.hostile
def test_a_client_that_pipelines_without_end_is_held_back_by_flow_control(held):
    with held.connect(timeout=3) as client:
        client.request("POST", "/held", "first")
        held.worker.next()
        before = held.private_bytes()
        request = b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
        with pytest.raises(TimeoutError):
            for _ in range(40000):
                client.send(request)
        assert held.private_bytes() < before + (4 << 20)
        assert held.metric("bridgehead_calls_in_flight") == 1
        client.reset()
        held.wait_metric("bridgehead_calls_in_flight", 0, timeout=2)


@pytest.mark.hostile
@pytest.mark.parametrize("way", ["close", "reset", "half_close"])
def test_a_client_that_leaves_frees_its_call_at_once(held, way):
    client = held.connect()
    client.request("POST", "/held", "x")
    message = held.worker.next()
    assert held.metric("bridgehead_calls_in_flight") == 1
    started = time.monotonic()
    getattr(client, way)()
    held.wait_metric("bridgehead_calls_in_flight", 0, timeout=2)
    assert time.monotonic() - started < 2
    message.reply("nobody is there")
    held.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    if way == "half_close":
        assert client.is_closed()
    client.close()


@pytest.mark.hostile
def test_a_client_that_leaves_behind_pipelined_requests_is_noticed(held):
    """What it has sent fills the read-ahead; its end must be seen all the same."""
    client = held.connect(timeout=2)
    client.request("POST", "/held", "x")
    held.worker.next()
    try:
        client.send(b"POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8000000)
    except TimeoutError:
        pass
    client.reset()
    held.wait_metric("bridgehead_calls_in_flight", 0, timeout=2)
    held.wait_metric("bridgehead_connections", 0, timeout=5)


@pytest.mark.hostile
def test_clients_that_left_cost_no_time(held):
    clients = []
    for _ in range(20):
        client = held.connect()
        client.request("POST", "/held", "x")
        held.worker.next()
        clients.append(client)
    for number, client in enumerate(clients):
        client.half_close() if number % 2 else client.reset()
    held.wait_metric("bridgehead_calls_in_flight", 0)
    before = held.cpu_seconds()
    time.sleep(1)  # what is measured is that nothing happens
    assert held.cpu_seconds() - before < 0.1


@pytest.mark.hostile
def test_a_body_that_ends_early_is_never_published(held):
    for headers, body in (
        ({"Content-Length": "10"}, "12345"),
        ({"Transfer-Encoding": "chunked"}, "5\r\n12345\r\n"),
    ):
        with held.connect() as client:
            client.request("POST", "/held", headers=headers)
            client.send(body)
            client.half_close()
            assert client.is_closed() or client.response().status == 400
    assert held.worker.has_none()


def test_idle_connections_cost_little(loopback):
    one = loopback()
    clients = [one.connect() for _ in range(50)]
    for client in clients:
        client.request("POST", "/", "x")
        assert client.response().status == 200
    before = one.private_bytes()
    more = []
    for _ in range(400):
        client = one.connect()
        client.request("POST", "/", "x" * 2000)
        assert client.response().status == 200
        more.append(client)
    each = (one.private_bytes() - before) / len(more)
    for client in clients + more:
        client.close()
    assert each < 1500, f"{each:.0f} bytes for each idle connection"


def test_a_unix_socket_is_an_address_too(gateway, tmp_path):
    import socket

    path = tmp_path / "s"
    gateway(
        bridges={"echo": {"type": "loopback"}},
        mappings=[{"name": "e", "match": {"path": "/e"}, "send": {}}],
        listeners=[{"name": "local", "address": f"unix:{path}"}],
    )
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(b"POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        data = b""
        while piece := client.recv(4096):
            data += piece
    assert data.startswith(b"HTTP/1.1 200") and data.endswith(b"\r\n\r\nhi")
