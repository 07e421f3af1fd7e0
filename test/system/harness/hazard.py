# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The rows of docs/hazards.md as the tests write them: what is sent, and what must be seen of it, by
the client, in the counters and in the log.

    Row(4, "two lengths", POST + "Content-Length: 5\\r\\nContent-Length: 10\\r\\n\\r\\n", Refused(400))

A table of rows stands in ROWS of its module, the gateways they are sent to in GATEWAYS; a row whose
bytes need a hand has a function instead of them. A number of None is a row that docs/hazards.md lists
without one."""

import contextlib
import datetime
import re

import pytest

from harness.waiting import eventually
from harness.websocket import CLOSE, WebSocket

GET = "GET /echo HTTP/1.1\r\nHost: a\r\n"
POST = "POST /echo HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
ECHO = {"name": "echo", "match": {"path": "/echo/*rest"}, "send": {}}

# Under which reason a refusal is counted and logged.
REASONS = {
    403: "origin",
    404: "not_found",
    405: "method_not_allowed",
    408: "body_timeout",
    411: "length_required",
    413: "body_too_large",
    414: "header_too_large",
    415: "unsupported_media_type",
    417: "expectation_failed",
    426: "handshake",
    431: "header_too_large",
    501: "not_implemented",
    505: "version_not_supported",
    1003: "frame_type",
    1009: "message_too_large",
}
NONE = "none"
SOME = object()  # a count that depends on how bytes meet time
BYTE_BY_BYTE_MAX = 3000


class Row:
    def __init__(self, number, name, send, seen, at="plain"):
        self.number, self.name, self.send, self.seen, self.at = number, name, send, seen, at

    @property
    def id(self):
        words = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        return f"row{self.number:02}-{words}" if self.number else f"beyond-{words}"


def table(rows):
    """For pytest.mark.parametrize: each row with its id."""
    ids = [row.id for row in rows]
    assert len(set(ids)) == len(ids), sorted({id for id in ids if ids.count(id) > 1})
    return [pytest.param(row, id=row.id) for row in rows]


# ---- what is seen ----


class Seen:
    """`codes` are what docs/hazards.md names; `rejected` the counters that grow, each by so much."""

    whole_only = False
    path = None  # of a WebSocket that is to be open first

    def __init__(self, *codes, rejected=None, dropped=None, calls=None):
        self.codes = set(codes)
        self.rejected = rejected or {}
        self.dropped = dropped or {}
        self.calls = calls  # those that a worker may have seen; None: any number

    def see(self, client):
        raise NotImplementedError


class Refused(Seen):
    """A problem document, nothing sent to a worker, and the connection closed (or kept)."""

    def __init__(self, status, reason=None, keeps=False, headers=None, to="GET"):
        reason = reason or REASONS.get(status, "bad_request")
        super().__init__(status, rejected={reason: 1}, calls=1 if keeps else 0)
        self.status, self.keeps, self.headers, self.to = status, keeps, headers or {}, to

    def see(self, client):
        answer = client.response(self.to)
        assert answer.status == self.status, answer
        assert answer.header("date")
        if self.to != "HEAD":
            assert answer.problem["published"] == "no"
        for name, value in self.headers.items():
            assert answer.header(name) == value, answer
        if self.keeps:
            assert "close" not in answer.all("connection")
            client.send(POST + "Content-Length: 4\r\n\r\nnext")
            assert client.response().body == b"next"
        else:
            assert "close" in answer.all("connection"), answer
            assert client.is_closed()


class Served(Seen):
    """200 with this body, and nothing left over that the next request would begin with."""

    def __init__(self, body=b"", status=200, to="GET", calls=2, whole_only=False, headers=None):
        super().__init__(status, calls=calls)
        self.body, self.status, self.to = body, status, to
        self.whole_only, self.headers = whole_only, headers or {}

    def see(self, client):
        answer = client.response(self.to)
        assert (answer.status, answer.body) == (self.status, self.body), answer
        assert answer.header("date")
        for name, value in self.headers.items():
            assert answer.header(name) == value, answer
        client.send(POST + "Content-Length: 4\r\n\r\nnext")
        assert client.response().body == b"next"


class Ended(Seen):
    """The connection ends without a byte."""

    def __init__(self, reason=None):
        super().__init__(rejected={reason: 1} if reason else {}, calls=0)

    def see(self, client):
        assert client.is_closed()


class Closed(Seen):
    """A WebSocket is closed with this code, by an orderly close frame and by us."""

    def __init__(self, code, reason=None, path="/raw"):
        reason = reason or REASONS.get(code, "websocket_protocol")
        super().__init__(code, rejected={} if reason == NONE else {reason: 1})
        self.code, self.path = code, path

    def see(self, client):
        socket = WebSocket.over(client)
        while True:
            opcode, payload = socket.receive_frame()
            if opcode == CLOSE:
                break
        assert int.from_bytes(payload[:2], "big") == self.code, payload
        assert tells_nothing(payload[2:].decode()), payload
        assert client.is_closed()


class ByItself(Seen):
    """The row's function gets the gateway, and looks for itself. Not `counted`: also at that."""

    def __init__(self, *codes, counted=True, **seen):
        super().__init__(*codes, **seen)
        self.counted = counted


def tells_nothing(text):
    private = ("amqp", "rabbit", "queue", "exchange", "127.0.0.1", ".c:", "0x", "zlib", "openssl")
    return not any(word in text.lower() for word in private)


# ---- counters and log ----


def counts(gateway):
    """All counters that a row looks at, in one reading."""
    metrics = gateway.metrics()
    found = {"calls": 0}
    for name, labels, value in metrics.samples:
        if name == "bridgehead_rejected_total":
            found["rejected", labels["reason"]] = value
        elif name == "bridgehead_replies_dropped_total":
            found["dropped", labels["reason"]] = value
        elif name == "bridgehead_calls_total" and labels["status"] in ("2xx", "3xx"):
            found["calls"] += value
    return found


def grown(before, after):
    return {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}


@contextlib.contextmanager
def accounts(gateway, seen):
    """What happens inside is counted as `seen` says, under no other reason, and is in the log."""
    before = counts(gateway)
    yield
    expected = {("rejected", reason): n for reason, n in seen.rejected.items()}
    expected |= {("dropped", reason): n for reason, n in seen.dropped.items()}
    if seen.calls:
        expected["calls"] = seen.calls

    some = {key for key, n in expected.items() if n is SOME}
    expected = {key: n for key, n in expected.items() if n is not SOME}

    def change():
        now = grown(before, counts(gateway))
        if seen.calls is None:
            now.pop("calls", None)
        return {key: n for key, n in now.items() if key not in some}

    if change() != expected:  # what nobody is told about may be counted a moment later
        try:
            eventually(lambda: change() == expected, 3)
        except AssertionError:
            raise AssertionError(f"counted {change()} instead of {expected}") from None
    for reason in seen.rejected:
        gateway.access(msg="rejected", reason=reason)
    for reason in (reason for reason, n in seen.dropped.items() if n is not SOME):
        gateway.access(msg="reply dropped", reason=reason)


def logged_seldom(gateway):
    """At most one line a second for each reason, of a gateway with one shard."""
    last = {}
    for line in gateway.log(level="warn"):
        if line["msg"] in ("rejected", "reply dropped"):
            at = datetime.datetime.fromisoformat(line["ts"].replace("Z", "+00:00"))
            reason = line["msg"], line["reason"]
            if reason in last:
                assert (at - last[reason]).total_seconds() > 0.99, f"too soon: {line}"
            last[reason] = at


# ---- the walk ----


def transmit(client, send, slow=False):
    if callable(send):
        send(client)
        return
    data = send.encode("latin-1") if isinstance(send, str) else send
    if not slow:
        client.send(data)
        return
    for at in range(len(data)):
        try:
            client.send(data[at : at + 1])
        except OSError:
            return  # it has been refused by then


def ways(row):
    """Bytes must mean the same whole and one by one."""
    if callable(row.send) or len(row.send) > BYTE_BY_BYTE_MAX or row.seen.whole_only:
        return (False,)
    return (False, True)


def walk(gateway, row):
    """One row, start to end."""
    if isinstance(row.seen, ByItself) and not row.seen.counted:
        row.send(gateway)
        return
    if isinstance(row.seen, ByItself):
        with accounts(gateway, row.seen):
            row.send(gateway)
        return
    for slow in ways(row):
        with accounts(gateway, row.seen), gateway.connect(timeout=10) as client:
            if row.seen.path is not None:
                WebSocket.open(client, row.seen.path)
            transmit(client, row.send, slow)
            row.seen.see(client)
