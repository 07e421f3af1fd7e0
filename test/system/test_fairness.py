# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""One client that brings a thousand requests at once does not keep the others waiting for them."""

import json
import pathlib
import signal

import pytest

from harness.waiting import eventually
from harness.websocket import TEXT, frame

pytestmark = pytest.mark.hostile

MANY = 1000


@pytest.fixture
def one(loopback):
    echo = {"name": "echo", "match": {"method": "POST", "path": "/echo", "op": "echo"}, "send": {}}
    return loopback(
        echo,
        websockets=[{"path": "/ws"}],
        limits={"calls_in_flight": 0},
        shards=1,
    )


class Stopped:
    """What is sent meanwhile has all arrived when the gateway looks at it."""

    def __init__(self, gateway):
        self.gateway = gateway

    def __enter__(self):
        self.gateway.signal(signal.SIGSTOP)
        eventually(self.is_stopped, 5, "the gateway to stop")

    def __exit__(self, *_):
        self.gateway.signal(signal.SIGCONT)

    def is_stopped(self):
        stat = pathlib.Path(f"/proc/{self.gateway.pid}/stat").read_text()
        return stat.rsplit(")", 1)[1].split()[0] == "T"


def get_with_id(client, name):
    client.send(f"GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: {name}\r\n\r\n")
    return client


def assert_not_behind_all(gateway, others):
    """Whichever socket the loop looks at first: the access lines tell the order."""
    gateway.wait_metric("bridgehead_calls_in_flight", 0)
    for name in others:
        gateway.access(request_id=name)
    lines = [line.get("request_id") for line in gateway.log(msg="call")]
    assert len(lines) == MANY + len(others)
    assert max(lines.index(name) for name in others) <= 4 * 32


def test_pipelined_requests_leave_room_for_others(one):
    with one.connect() as early, one.connect() as greedy, one.connect() as late:
        with Stopped(one):
            greedy.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" * MANY)
            patient = [get_with_id(early, "early"), get_with_id(late, "late")]
        assert [client.response().status for client in patient] == [404, 404]
        assert [greedy.response().status for _ in range(MANY)] == [404] * MANY
    assert_not_behind_all(one, ["early", "late"])


def test_messages_leave_room_for_others(one):
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "none"}).encode()
    with one.connect() as early, one.websocket() as greedy, one.connect() as late:
        with Stopped(one):
            greedy.send_bytes(frame(TEXT, message) * MANY)
            patient = [get_with_id(early, "early"), get_with_id(late, "late")]
        assert [client.response().status for client in patient] == [404, 404]
        assert {greedy.receive_json()["error"]["code"] for _ in range(MANY)} == {-32601}
    assert_not_behind_all(one, ["early", "late"])


def test_many_greedy_clients_all_get_their_answers(one):
    clients = [one.connect() for _ in range(20)]
    with Stopped(one):
        for client in clients:
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok" * 200)
    for client in clients:
        assert [client.response().body for _ in range(200)] == [b"ok"] * 200
        client.close()
    one.wait_metric("bridgehead_connections", 0)


def test_greedy_clients_that_leave_are_forgotten(one):
    clients = [one.connect() for _ in range(20)]
    with Stopped(one):
        for client in clients:
            client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" * MANY)
            client.reset()
    one.wait_metric("bridgehead_connections", 0)
    used = one.cpu_seconds()
    assert one.get("/none").status == 404
    assert one.cpu_seconds() - used < 0.5, "nothing spins"


def test_a_drain_answers_what_had_come(one):
    with one.connect() as greedy:
        with Stopped(one):
            greedy.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n" * MANY)
            one.signal(signal.SIGTERM)
        answers = 0
        last = None
        # the signal may be handled when the last request is: then there is no answer to say it in
        while answers < MANY and (last is None or "close" not in last.all("connection")):
            last = greedy.response()
            answers += 1
        assert last.status == 404
        assert greedy.is_closed()
    assert one.wait_exit() == 0
