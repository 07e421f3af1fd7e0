# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Clients that are gone by the time they are answered."""

import signal

import pytest

from harness.processes import freeze

pytestmark = pytest.mark.hostile

GATHERED = 65536  # bytes of answers that go out in one write
CONTINUE = len("HTTP/1.1 100 Continue\r\n\r\n")
GET = b"GET /n HTTP/1.1\r\nHost: a\r\n\r\n"
EXPECT = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
ID_MAX = 128


def get_with_id(size):
    return GET[:-2] + b"X-Request-Id: " + b"i" * size + b"\r\n\r\n"


def answer_size(gateway, request):
    with gateway.connect() as client:
        client.send(request[:-2] + b"Connection: close\r\n\r\n")
        size = 0
        while piece := client.socket.recv(65536):
            size += len(piece)
        return size - len("Connection: close\r\n")


def requests_answered_with(size, plain, marked):
    """GETs whose answers have this size together: plain ones, and four with ids that fill up."""
    count = (size - 4 * (marked + 1)) // plain
    fill = size - count * plain - 4 * marked
    assert 4 <= fill <= 4 * ID_MAX, (size, plain, marked)
    return GET * count + b"".join(get_with_id((fill + i) // 4) for i in range(4))


def test_one_that_left_before_it_may_go_on_leaves_no_timer_behind(loopback):
    """The second write fails, and the one that notices is "100 Continue", behind which the time for
    the body begins. All gaps are tried that it may fall into."""
    mapping = {"name": "post", "match": {"method": "POST", "path": "/p"}, "send": {}}
    one = loopback(mapping, shards=1, limits={"body_timeout": "200ms"})
    plain = answer_size(one, GET)
    marked = answer_size(one, get_with_id(1)) - 1
    first_write = GET * -(-GATHERED // plain)
    for _ in range(8):
        freeze(one)
        for gap in range(-4, CONTINUE + 5):
            with one.connect() as client:
                filled = requests_answered_with(GATHERED - gap, plain, marked)
                client.send(first_write + filled + EXPECT)
        one.signal(signal.SIGCONT)
        one.wait_metric("bridgehead_connections", 0)
    with one.connect() as client:
        client.send(EXPECT)
        assert client.response().status == 100
        assert client.response().status == 408, "all timers of that time are over"
    assert one.metric("bridgehead_connections_total") > 8 * CONTINUE
