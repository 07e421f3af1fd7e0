# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Connections: kept, pipelined, closed, and left by their clients."""

import time

import pytest


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
