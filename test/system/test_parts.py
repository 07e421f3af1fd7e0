# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Several replies to one call: how they reach the client, and how they end."""

import json
import time

import pytest

from harness.websocket import BINARY, TEXT

STREAM = {
    "body": "body:/item",
    "error": {"at": "body:/err", "exists": True},
    "error_body": "body:/err",
    "status": ["body:/err/code"],
    "stream": {"end": {"at": "body:/last", "equals": True}},
    "timeout": "5s",
}


class Called:
    """One call under way: the client's connection, and the request as its worker has it."""

    def __init__(self, client, message):
        self.client = client
        self.message = message

    def reply(self, **body):
        self.message.reply(json.dumps(body), content_type="application/json")

    def chunk(self):
        size = int(self.client._line(), 16)
        data = self.client.take(size)
        assert self.client.take(2) == b"\r\n"
        return data

    def ends(self):
        """The last chunk, and nothing behind it."""
        assert self.client.take(5) == b"0\r\n\r\n"


@pytest.fixture
def called(gateway, worker, queue):
    """called(answer keys…) → call(): a request that waits for the test's replies."""

    def configure(listener=None, **answer):
        at = worker(queue)
        keys = {**STREAM, **answer}
        mapping = {
            "name": "ask",
            "match": {"path": "/ask", "op": "ask"},
            "send": {"queue": queue},
            "answer": {key: value for key, value in keys.items() if value is not None},
        }
        one = gateway(mappings=[mapping], **(listener or {}))

        def call(method="POST", headers=(), version="HTTP/1.1"):
            client = one.connect()
            client.request(method, "/ask", headers=headers, version=version)
            return Called(client, at.next())

        call.gateway = one
        call.worker = at
        return call

    return configure


def test_parts_come_as_they_are_replied(called):
    call = called(parts="ndjson")()
    call.reply(item=1)
    head = call.client.head()
    assert (head.status, head.header("content-type")) == (200, "application/x-ndjson")
    assert call.chunk() == b"1\n"
    call.reply(item={"a": "b"})
    assert call.chunk() == b'{"a": "b"}\n'
    call.reply(item="last", last=True)
    assert call.chunk() == b'"last"\n'
    call.ends()


@pytest.mark.parametrize(
    "parts, content_type, body",
    [
        ("array", "application/json", b'[1,"two",[3]]'),
        ("ndjson", "application/x-ndjson", b'1\n"two"\n[3]\n'),
        ("sse", "text/event-stream", b'data: 1\n\ndata: "two"\n\ndata: [3]\n\n'),
    ],
)
def test_formats(called, parts, content_type, body):
    call = called(parts=parts)()
    call.reply(item=1)
    call.reply(item="two")
    call.reply(item=[3])
    call.reply(last=True)
    answer = call.client.response()
    assert (answer.status, answer.header("content-type")) == (200, content_type)
    assert answer.body == body
    call.client.request("GET", "/none")
    assert call.client.response().status == 404, "the connection goes on"


def test_line_breaks_in_json_stay_in_their_line(called):
    call = called(parts="sse")()
    call.message.reply('{"item": {"a":\r\n 1}}', content_type="application/json")
    call.reply(last=True)
    assert call.client.response().body == b'data: {"a":   1}\n\n'


@pytest.mark.parametrize(
    "accept, content_type",
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/x-ndjson, text/event-stream;q=0.5", "application/x-ndjson"),
        ("application/json;q=0.4, text/event-stream;q=0.6", "text/event-stream"),
        ("text/event-stream, */*", "text/event-stream"),
        ("application/x-ndjson;q=0, */*", "application/json"),
        ("application/json;q=0, */*", "application/x-ndjson"),
        ("text/html", "application/json"),
    ],
)
def test_the_client_chooses_the_format(called, accept, content_type):
    call = called()(headers={"Accept": accept} if accept else {})
    call.reply(item=1)
    call.reply(last=True)
    answer = call.client.response()
    assert answer.header("content-type") == content_type
    assert "Accept" in answer.all("vary")


def test_a_first_reply_that_ends_it_is_a_plain_answer(called):
    call = called(parts="ndjson")()
    call.reply(item={"sum": 3}, last=True)
    answer = call.client.response()
    assert answer.header("content-type") == "application/json"
    assert answer.header("content-length") == "10"
    assert answer.json == {"sum": 3}


def test_an_end_without_any_part_is_null(called):
    call = called(parts="ndjson")()
    call.reply(last=True)
    answer = call.client.response()
    assert (answer.header("content-type"), answer.body) == ("application/json", b"null")


def test_replies_without_a_part_show_nothing(called):
    stream = {
        "more": {"at": "body:/stream", "equals": True},
        "end": {"at": "body:/stream", "equals": False},
        "empty": {"at": "body:/item", "equals": None},
    }
    ask = called(parts="array", stream=stream)
    call = ask()
    call.reply(stream=True, item=None)
    call.reply(stream=True, item=1)
    call.reply(stream=True)
    call.reply(stream=False, item=None)
    assert call.client.response().body == b"[1]"
    call = ask()
    call.reply(stream=True, item=None)
    call.reply(stream=False, item=None)
    assert call.client.response().body == b"null"
    call = ask()
    call.reply(item=5)
    answer = call.client.response()
    assert (answer.body, answer.header("transfer-encoding")) == (b"5", None)


def test_what_is_no_json_becomes_a_string(called):
    stream = {"end": {"at": "header:last", "exists": True}}
    call = called(parts="ndjson", body="body:", stream=stream, error=None, status=None)
    call = call()
    call.message.reply("text", content_type="text/plain")
    call.message.reply("17", content_type="text/plain")
    call.message.reply(b"\xff\x00")
    call.message.reply("[17]")
    call.message.reply(b"", headers={"last": 1})
    assert call.client.response().body == b'"text"\n"17"\n"/wA="\n[17]\n'


def test_progress_is_no_answer(called):
    call = called(skip={"at": "body:/state", "in": ["STARTED", "PROGRESS"]}, stream=None)()
    call.reply(state="STARTED", item=1)
    call.reply(state="PROGRESS", item=2)
    call.reply(state="SUCCESS", item=3)
    assert call.client.response().body == b"3"


# ---- errors


def test_an_error_of_the_first_reply_is_a_plain_one(called):
    call = called(parts="sse")()
    call.reply(err={"code": 409, "message": "no"})
    answer = call.client.response()
    assert (answer.status, answer.json) == (409, {"code": 409, "message": "no"})


@pytest.mark.parametrize(
    "parts, tail",
    [
        ("ndjson", b'{"error":{"status":409,"body":{"code": 409}}}\n'),
        ("sse", b'event: error\ndata: {"status":409,"body":{"code": 409}}\n\n'),
    ],
)
def test_a_workers_error_behind_parts(called, parts, tail):
    call = called(parts=parts)()
    call.reply(item=1)
    call.reply(err={"code": 409})
    answer = call.client.response()
    assert answer.status == 200 and answer.body.endswith(tail), answer


def test_an_array_that_cannot_go_on_is_cut(called):
    call = called(parts="array")()
    call.reply(item=1)
    call.reply(err={"code": 409})
    call.client.head()
    assert call.chunk() == b"[1"
    assert call.client.is_closed()


def test_a_gap_that_is_too_long_ends_it(called):
    ask = called(parts="ndjson", timeout="700ms")
    call = ask()
    for _ in range(3):
        time.sleep(0.4)  # each part renews the deadline
        call.reply(item=1)
    answer = call.client.response()
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert lines[:3] == [1, 1, 1]
    assert lines[3]["error"]["type"] == "timeout" and lines[3]["error"]["published"] == "yes"
    call.reply(item=2)
    ask.gateway.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_total_bounds_the_whole(called):
    call = called(parts="ndjson", timeout="700ms", total="1s")()
    began = time.monotonic()
    for _ in range(3):
        call.reply(item=1)
        time.sleep(0.3)
    answer = call.client.response()
    assert 0.9 < time.monotonic() - began < 1.6
    assert json.loads(answer.body.splitlines()[-1])["error"]["type"] == "timeout"


# ---- clients


def test_a_client_that_leaves_ends_it(called):
    ask = called(parts="ndjson")
    call = ask()
    call.reply(item=1)
    call.client.head()
    call.client.close()
    ask.gateway.wait_metric("bridgehead_calls_in_flight", 0)
    call.reply(item=2)
    ask.gateway.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert ask.gateway.metric("bridgehead_parts_total") == 1


def test_a_client_that_does_not_read_is_given_up(called):
    ask = called(
        parts="ndjson", body="body:", stream={"end": {"at": "header:last", "exists": True}},
        error=None, listener={"limits": {"output": 65536}},
    )
    call = ask()
    text = json.dumps("x" * 100_000)
    for _ in range(200):  # more than both sockets take
        call.message.reply(text)
    ask.gateway.wait_metric("bridgehead_rejected_total", 1, reason="output")
    ask.gateway.wait_metric("bridgehead_calls_in_flight", 0)


def test_head_gets_the_head(called):
    ask = called(parts="ndjson")
    call = ask(method="HEAD")
    call.reply(item=1)
    answer = call.client.response(to="HEAD")
    assert (answer.status, answer.header("content-type")) == (200, "application/x-ndjson")
    call.client.request("GET", "/none")
    assert call.client.response().status == 404


def test_an_old_client_reads_to_the_end_of_the_connection(called):
    call = called(parts="ndjson")(version="HTTP/1.0", headers={"Connection": "keep-alive"})
    call.reply(item=1)
    call.reply(item=2, last=True)
    answer = call.client.response()
    assert answer.header("transfer-encoding") is None and answer.header("connection") == "close"
    assert answer.body == b"1\n2\n"


def test_requests_behind_it_wait(called):
    call = called(parts="ndjson")()
    call.client.request("GET", "/none")
    call.reply(item=1)
    call.reply(item=2, last=True)
    assert call.client.response().body == b"1\n2\n"
    assert call.client.response().status == 404


def test_an_access_line_counts_the_parts(called):
    ask = called(parts="ndjson")
    call = ask()
    call.reply(item=1)
    call.reply(item=2, last=True)
    call.client.response()
    lines = ask.gateway.access(parts=2)
    assert [line["status"] for line in lines] == ["200"]


# ---- WebSocket


@pytest.fixture
def socket(called):
    """socket(envelope, answer keys…): an open WebSocket, and its worker."""
    opened = []

    def start(envelope, listener=None, **answer):
        entrance = {"path": "/ask", "envelope": envelope, **(listener or {})}
        ask = called(listener={"websockets": [entrance]}, **answer)
        opened.append(ask.gateway.websocket("/ask").__enter__())
        return opened[-1], ask.worker

    yield start
    for each in opened:
        each.close()


def test_json_rpc_tells_parts_by_notifications(socket):
    client, at = socket("jsonrpc")
    client.send({"jsonrpc": "2.0", "id": "a", "method": "ask"})
    call = Called(None, at.next())
    call.reply(item=1)
    assert client.receive_json() == {
        "jsonrpc": "2.0", "method": "$/part", "params": {"id": "a", "result": 1},
    }
    call.reply(item=2, last=True)
    assert client.receive_json()["params"] == {"id": "a", "result": 2}
    assert client.receive_json() == {"jsonrpc": "2.0", "id": "a", "result": None, "parts": 2}


def test_json_rpc_one_reply_is_a_plain_response(socket):
    client, at = socket("jsonrpc")
    client.send({"jsonrpc": "2.0", "id": 7, "method": "ask"})
    Called(None, at.next()).reply(item=1, last=True)
    assert client.receive_json() == {"jsonrpc": "2.0", "id": 7, "result": 1}


def test_json_rpc_error_behind_parts(socket):
    client, at = socket("jsonrpc", timeout="500ms")
    client.send({"jsonrpc": "2.0", "id": 7, "method": "ask"})
    Called(None, at.next()).reply(item=1)
    assert client.receive_json()["method"] == "$/part"
    assert client.receive_json()["error"]["code"] == -32004


def test_json_rpc_parts_do_not_wait_for_their_batch(socket):
    client, at = socket("jsonrpc")
    client.send([{"jsonrpc": "2.0", "id": n, "method": "ask"} for n in (1, 2)])
    first, second = Called(None, at.next()), Called(None, at.next())
    second.reply(item="b")
    assert client.receive_json()["params"] == {"id": 2, "result": "b"}
    second.reply(last=True)
    first.reply(item="a", last=True)
    assert client.receive_json() == [
        {"jsonrpc": "2.0", "id": 2, "result": None, "parts": 1},
        {"jsonrpc": "2.0", "id": 1, "result": "a"},
    ]


def test_pathfinder_gives_each_part_as_an_answer(socket):
    client, at = socket("pathfinder")
    client.send({"url": "/ask", "content": 1, "event-name": "e"})
    call = Called(None, at.next())
    call.reply(item=1)
    call.reply(item=2, last=True)
    assert client.receive_json() == {"content": 1, "event-name": "e"}
    assert client.receive_json() == {"content": 2, "event-name": "e"}
    client.send({"url": "/none", "content": 1, "event-name": "next"})
    assert client.receive_json()["event-name"] == "next"


def test_raw_keeps_the_order_of_requests_part_by_part(socket):
    client, at = socket("raw")
    client.send("1")
    client.send(b"2")
    first, second = Called(None, at.next()), Called(None, at.next())
    second.reply(item="b1")
    second.reply(item="b2")
    first.reply(item="a1")
    assert client.receive_frame() == (TEXT, b'"a1"')
    second.reply(item="b3", last=True)
    first.reply(item="a2", last=True)
    assert client.receive_frame() == (TEXT, b'"a2"')
    assert [client.receive_frame() for _ in range(3)] == [
        (BINARY, b'"b1"'), (BINARY, b'"b2"'), (BINARY, b'"b3"'),
    ]


def test_a_socket_that_closes_ends_its_streams(socket, called):
    client, at = socket("jsonrpc")
    client.send({"jsonrpc": "2.0", "id": 1, "method": "ask"})
    call = Called(None, at.next())
    call.reply(item=1)
    client.receive_json()
    client.close()
    call.reply(item=2)
