# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""limits.calls_in_flight_per_address: over all connections, and each refusal counted once."""

import json

import pytest

pytestmark = [pytest.mark.hostile, pytest.mark.threads]

WAIT = {
    "name": "wait",
    "match": {"path": "/wait", "op": "wait"},
    "send": {"delay": "1s"},
    "answer": {"timeout": "20s"},
}
ECHO = {"name": "echo", "match": {"path": "/echo", "op": "echo"}, "send": {}}


@pytest.fixture
def one(loopback):
    return loopback(
        WAIT,
        ECHO,
        websockets=[{"path": "/ws"}],
        limits={"calls_in_flight_per_address": 2},
        shards=2,
    )


def refused(gateway):
    return gateway.metric("bridgehead_rejected_total", reason="calls_per_address")


@pytest.fixture
def full(one):
    """Two calls wait; the test reads their answers."""
    waiting = [one.connect() for _ in range(2)]
    for client in waiting:
        client.request("POST", "/wait", "x")
    one.wait_metric("bridgehead_calls_in_flight", 2)
    yield waiting
    for client in waiting:
        client.close()


def test_the_third_call_is_overloaded_and_counted_once(one, full):
    for count in (1, 2, 3):
        answer = one.post("/echo", "x")
        assert answer.status == 503
        assert answer.problem["type"].endswith("overloaded")
        assert answer.problem["published"] == "no"
        assert refused(one) == count
    for client in full:
        assert client.response().status == 200
    one.wait_metric("bridgehead_calls_in_flight", 0)
    for _ in range(10):
        assert one.post("/echo", "x").status == 200
    assert refused(one) == 3


def test_the_connection_of_a_refused_call_is_kept(one, full):
    with one.connect() as client:
        client.request("POST", "/echo", "x")
        assert client.response().status == 503
        for waiting in full:
            assert waiting.response().status == 200
        one.wait_metric("bridgehead_calls_in_flight", 0)
        client.request("POST", "/echo", "x")
        assert client.response().status == 200


def test_a_path_that_is_unknown_counts_once_too(one, full):
    assert one.get("/nothing").status == 503
    assert refused(one) == 1


def test_a_call_on_a_websocket_is_told_and_a_notification_is_not(one, full):
    with one.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "method": "echo"})
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "echo"})
        answer = socket.receive_json()
        assert (answer["id"], answer["error"]["data"]["status"]) == (1, 503)
        assert refused(one) == 2
        for client in full:
            assert client.response().status == 200
        one.wait_metric("bridgehead_calls_in_flight", 0)
        socket.send({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": [1]})
        assert socket.receive_json()["id"] == 2


def test_calls_of_clients_that_left_are_not_counted_for_ever(one, full):
    for client in full:
        client.reset()
    one.wait_metric("bridgehead_calls_in_flight", 0)
    for _ in range(5):
        assert one.post("/echo", json.dumps({})).status == 200
    assert refused(one) == 0
