# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What clients sent is forgotten with their calls."""

import pytest

from harness.gateway import SANITIZED
from harness.waiting import eventually

pytestmark = pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what was freed")

ID_MAX = 1024  # bytes, as it stands in the message


def identifier(number, size):
    """A JSON string of this size, quotes included."""
    return f'"{number:06d}{"i" * (size - 8)}"'


def call(socket, number, size, method="echo"):
    socket.send(f'{{"jsonrpc":"2.0","id":{identifier(number, size)},"method":"{method}"}}')
    return socket.receive_json()


@pytest.fixture
def one(loopback):
    """A gateway that has served and is at rest again."""
    echo = {"name": "echo", "match": {"op": "echo"}, "send": {}}
    gateway = loopback(echo, websockets=[{"path": "/ws"}], limits={"message": "1MiB"}, shards=1)
    with gateway.websocket() as socket:
        for number in range(300):
            call(socket, number, 20)
        socket.send("x" * 1000000)
        socket.receive_json()
    gateway.wait_metric("bridgehead_connections", 0)
    return gateway


def comes_back_to(gateway, before, spare):
    gateway.wait_metric("bridgehead_connections", 0)
    eventually(
        lambda: gateway.private_bytes() < before + spare,
        5,
        f"memory within {spare} of {before}, and not {gateway.private_bytes()}",
    )


def test_ids_of_clients_leave_with_their_calls(one):
    before = one.private_bytes()
    with one.websocket() as socket:
        for number in range(3000):
            size = 900 if number % 2 else ID_MAX
            answer = call(socket, number, size)
            assert answer["id"] == identifier(number, size)[1:-1] and "error" not in answer
    comes_back_to(one, before, 128 << 10)


def test_an_id_beyond_the_limit_is_refused_and_not_kept(one):
    before = one.private_bytes()
    with one.websocket() as socket:
        for number in range(300):
            assert call(socket, number, ID_MAX + 1)["error"]["code"] == -32600
        for number in range(30):
            assert call(socket, number, 300000, "nothing")["error"]["code"] == -32600
    comes_back_to(one, before, 1 << 20)


def test_ids_of_many_calls_at_once_leave_too(one):
    before = one.private_bytes()
    with one.websocket() as socket:
        for turn in range(20):
            for number in range(50):
                size = ID_MAX - number
                socket.send(
                    f'{{"jsonrpc":"2.0","id":{identifier(number, size)},"method":"echo"}}'
                )
            assert len({socket.receive_json()["id"] for _ in range(50)}) == 50
    comes_back_to(one, before, 256 << 10)
