# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Bytes of one request are never taken for another request."""

import pytest

pytestmark = pytest.mark.hostile

INNER = "POST /inner HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nSMUGGLED"

FRAMINGS = {
    "length": f"Content-Length: {len(INNER)}\r\n\r\n{INNER}",
    "chunked": f"Transfer-Encoding: chunked\r\n\r\n{len(INNER):x}\r\n{INNER}\r\n0\r\n\r\n",
    "what looks like a chunked end": f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{INNER}",
    "a length of nothing read yet": f"Content-Length: {len(INNER) + 1}\r\n\r\n{INNER}",
}


@pytest.fixture
def entrance(loopback):
    return loopback(websockets=[{"path": "/ws"}])


def rest_of(client):
    """All bytes until the server closes."""
    data = client.input
    try:
        while piece := client.socket.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_body_at_the_entrance_of_a_websocket_is_no_request(entrance, framing):
    with entrance.connect(timeout=5) as client:
        client.send("GET /ws HTTP/1.1\r\nHost: a\r\n" + FRAMINGS[framing])
        answer = client.response()
        assert answer.status == 426
        assert answer.header("connection") == "Upgrade, close"
        assert rest_of(client) == b""
    assert entrance.metric("bridgehead_calls_total", status="2xx") == 0


@pytest.mark.parametrize("framing", FRAMINGS)
def test_nor_is_one_that_comes_after_the_answer(entrance, framing):
    head, body = FRAMINGS[framing].split("\r\n\r\n", 1)
    with entrance.connect(timeout=5) as client:
        client.send("GET /ws HTTP/1.1\r\nHost: a\r\n" + head + "\r\n\r\n")
        assert client.response().status == 426
        client.send(body)
        assert rest_of(client) == b""
    assert entrance.metric("bridgehead_calls_total", status="2xx") == 0


def test_a_handshake_that_lacks_a_key_does_not_hide_a_request_in_its_body(entrance):
    fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    with entrance.connect(timeout=5) as client:
        client.send("GET /ws HTTP/1.1\r\nHost: a\r\n" + fields + FRAMINGS["length"])
        assert client.response().status == 400
        assert rest_of(client) == b""
    assert entrance.metric("bridgehead_calls_total", status="2xx") == 0


def test_without_a_body_the_connection_goes_on_after_426(entrance):
    with entrance.connect(timeout=5) as client:
        client.send("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n" + INNER)
        assert client.response().status == 426
        answer = client.response()
        assert (answer.status, answer.body) == (200, b"SMUGGLED")
