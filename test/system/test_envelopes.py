# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""How a WebSocket message names its call: jsonrpc, pathfinder, raw and objects of one's own."""

import json
import threading
import time

import pytest

from harness.worker import echo
from harness.websocket import frame, TEXT


def by_op(queue, op="*", **more):
    return {"name": "by-op", "match": {"op": op}, "send": {"queue": queue}, **more}


def request(id, method, params=None, **more):
    message = {"jsonrpc": "2.0", "id": id, "method": method, **more}
    if params is not None:
        message["params"] = params
    return message


@pytest.fixture
def rpc(gateway, worker, queue):
    """A JSON-RPC socket in front of a worker that replies when the test says so."""
    at = worker(queue)
    ops = [
        by_op(queue, "orders.create"),
        {"name": "tell", "match": {"op": "tell"}, "send": {"queue": queue}, "answer": {"when": "confirmed"}},
        {"name": "lost", "match": {"op": "lost"}, "send": {"queue": "no-such-queue"}},
        {
            "name": "failing",
            "match": {"op": "failing"},
            "send": {"queue": queue},
            "answer": {"error": {"at": "header:failed", "exists": True}, "error_body": "body:"},
        },
        {"name": "json", "match": {"op": "strict", "json": True}, "send": {"queue": queue}},
        {"name": "by-path", "match": {"method": "POST", "path": "/by/:id"}, "send": {"queue": queue}},
        {
            "name": "captures",
            "match": {"op": {"name": "orders.get", "captures": {"id": "body:/id"}}, "path": "/orders/:id"},
            "send": {"queue": queue, "headers": {"id": "${path.id}", "op": "${op}"}},
        },
        {
            "name": "tail",
            "match": {"op": "tail.*"},
            "send": {"queue": queue, "headers": {"rest": "${op.rest}"}},
        },
        {
            "name": "slow",
            "match": {"op": "slow"},
            "send": {"queue": queue},
            "answer": {"timeout": "200ms"},
        },
    ]
    one = gateway(mappings=ops, websockets=[{"path": "/ws"}, {"path": "/paths", "paths": True}])
    one.worker = at
    return one


def test_a_call_and_its_answer(rpc):
    with rpc.websocket() as socket:
        socket.send('{"jsonrpc":"2.0","id":1,"method":"orders.create","params":{"big": 1e400,  "n":9007199254740993}}')
        message = rpc.worker.next()
        assert message.body == b'{"big": 1e400,  "n":9007199254740993}'
        assert message.properties.content_type == "application/json"
        message.reply('{"a" : 1e400}', content_type="application/json")
        text = socket.receive()
        assert '{"a" : 1e400}' in text, "the payload is spliced in byte for byte"
        assert set(json.loads(text)) == {"jsonrpc", "id", "result"}
        assert json.loads(text)["id"] == 1


@pytest.mark.parametrize("id", ['"text"', "7", "-1.50", "null", '"\\u00e9"', "12345678901234567890123"])
def test_ids_go_back_as_they_came(rpc, id):
    with rpc.websocket() as socket:
        socket.send(f'{{"jsonrpc":"2.0","id":{id},"method":"orders.create"}}')
        rpc.worker.next().reply("1", content_type="application/json")
        assert f'"id":{id}' in socket.receive().replace('"id": ', '"id":')


def test_answers_come_when_they_are_ready_not_in_order(rpc):
    with rpc.websocket() as socket:
        for number in range(50):
            socket.send(request(number, "orders.create", [number]))
        for message in reversed([rpc.worker.next() for _ in range(50)]):
            message.reply(message.body, content_type="application/json")
        answers = [socket.receive_json() for _ in range(50)]
        assert [answer["id"] for answer in answers] == list(range(49, -1, -1))
        assert all(answer["result"] == [answer["id"]] for answer in answers)


def test_calls_of_two_sockets_with_the_same_ids_do_not_mix(rpc):
    with rpc.websocket() as one, rpc.websocket() as two:
        one.send(request(1, "orders.create", ["one"]))
        two.send(request(1, "orders.create", ["two"]))
        for message in reversed([rpc.worker.next(), rpc.worker.next()]):
            message.reply(message.body, content_type="application/json")
        assert one.receive_json()["result"] == ["one"]
        assert two.receive_json()["result"] == ["two"]


@pytest.mark.parametrize(
    "body, properties, result",
    [
        ('"text"', {"content_type": "application/json"}, {"result": "text"}),
        ("[1]", {}, {"result": [1]}),
        ("", {}, {"result": None}),
        ("plain text", {"content_type": "text/plain"}, {"result": "plain text", "encoding": "text"}),
        (b"\xff\x00", {"content_type": "image/png"}, {"result": "/wA=", "encoding": "base64"}),
        ("{broken", {"content_type": "application/json"}, {"result": "{broken", "encoding": "text"}),
    ],
)
def test_a_payload_that_is_no_json_becomes_a_string(rpc, body, properties, result):
    with rpc.websocket() as socket:
        socket.send(request(1, "orders.create"))
        rpc.worker.next().reply(body, **properties)
        assert socket.receive_json() == {"jsonrpc": "2.0", "id": 1, **result}


def test_202_says_what_was_published(rpc):
    with rpc.websocket() as socket:
        socket.send(request(1, "tell", {"a": 1}))
        assert socket.receive_json()["result"] == {"published": "yes"}


def test_a_notification_has_no_reply_address_and_no_answer(rpc):
    with rpc.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "method": "orders.create", "params": [1]})
        message = rpc.worker.next()
        assert message.reply_to is None
        socket.send({"jsonrpc": "2.0", "method": "no.such"})
        socket.send(request(2, "orders.create"))
        rpc.worker.next().reply("2")
        assert socket.receive_json()["id"] == 2, "nothing came before it"


def test_a_batch_is_answered_together(rpc):
    with rpc.websocket() as socket:
        socket.send(
            [
                request(1, "orders.create", [1]),
                {"jsonrpc": "2.0", "method": "orders.create"},
                request(2, "no.such"),
                {"jsonrpc": "2.0", "id": [], "method": "orders.create"},
            ]
        )
        for _ in range(2):
            message = rpc.worker.next()
            if message.reply_to:
                message.reply(message.body)
        answers = socket.receive_json()
        assert {answer["id"]: answer.get("error", {}).get("code") for answer in answers} == {
            1: None,
            2: -32601,
            None: -32600,
        }


@pytest.mark.hostile
@pytest.mark.parametrize(
    "text, code, id",
    [
        ("{", -32700, None),
        ("", -32700, None),
        ('{"a":1,"a":2}', -32700, None),
        ("[]", -32600, None),
        ("7", -32600, None),
        ('"x"', -32600, None),
        ('{"jsonrpc":"2.0","id":1}', -32600, 1),
        ('{"id":1,"method":"orders.create"}', -32600, 1),
        ('{"jsonrpc":"1.0","id":1,"method":"orders.create"}', -32600, 1),
        ('{"jsonrpc":"2.0","id":1,"method":7}', -32600, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"orders.create","params":7}', -32600, 1),
        ('{"jsonrpc":"2.0","id":{},"method":"orders.create"}', -32600, None),
        ('{"jsonrpc":"2.0","id":true,"method":"orders.create"}', -32600, None),
        ('{"jsonrpc":"2.0","id":1,"method":"no.such"}', -32601, 1),
        pytest.param("[" * 100000, -32700, None, id="deep"),
    ],
)
def test_what_is_no_request_gets_its_code(rpc, text, code, id):
    with rpc.websocket() as socket:
        socket.send(text)
        answer = socket.receive_json()
        assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", id, code)
        socket.send(request(9, "orders.create"))
        rpc.worker.next().reply("9")
        assert socket.receive_json() == {"jsonrpc": "2.0", "id": 9, "result": 9}


def test_our_errors_carry_the_problem(rpc):
    with rpc.websocket() as socket:
        for method, code, status, published in (
            ("lost", -32003, 503, "no"),
            ("slow", -32004, 504, "yes"),
        ):
            socket.send(request(1, method))
            error = socket.receive_json()["error"]
            assert error["code"] == code
            assert error["message"]
            assert (error["data"]["status"], error["data"]["published"]) == (status, published)


def test_an_error_of_the_worker_carries_what_it_said(rpc):
    with rpc.websocket() as socket:
        socket.send(request(1, "failing"))
        rpc.worker.next().reply(
            '{"why": "sold out"}', headers={"failed": "1", "status": "409"}, content_type="application/json"
        )
        error = socket.receive_json()["error"]
        assert error["code"] == -32000
        assert error["data"] == {"status": 409, "body": {"why": "sold out"}}


def test_an_op_may_be_a_path_where_that_is_allowed(rpc):
    with rpc.websocket("/paths") as socket:
        for op in ("/by/7", "POST /by/7"):
            socket.send(request(1, op, [1]))
            rpc.worker.next().reply("1")
            assert socket.receive_json()["result"] == 1
        socket.send(request(2, "GET /by/7"))
        assert socket.receive_json()["error"]["code"] == -32601
    with rpc.websocket() as socket:
        socket.send(request(3, "/by/7"))
        assert socket.receive_json()["error"]["code"] == -32601


def test_captures_that_an_op_cannot_give_come_from_the_payload(rpc):
    with rpc.websocket() as socket:
        socket.send(request(1, "orders.get", {"id": "o-7"}))
        message = rpc.worker.next()
        assert message.headers["id"] == "o-7"
        assert message.headers["op"] == "orders.get"
        message.reply("1")
        socket.receive_json()
        socket.send(request(2, "orders.get", {}))
        assert socket.receive_json()["error"]["code"] == -32602
        socket.send(request(3, "tail.a.b"))
        message = rpc.worker.next()
        assert message.headers["rest"] == "a.b"
        message.reply("3")


def test_a_socket_that_closes_frees_its_calls(rpc):
    with rpc.websocket() as socket:
        for number in range(10):
            socket.send(request(number, "orders.create"))
        for _ in range(10):
            rpc.worker.next()
        assert rpc.metric("bridgehead_calls_in_flight") == 10
    rpc.wait_metric("bridgehead_calls_in_flight", 0, timeout=2)


@pytest.mark.hostile
def test_message_members_that_are_hard_to_scan(rpc):
    with rpc.websocket() as socket:
        big = "x" * 500000
        socket.send_bytes(
            frame(TEXT, '{ "params" : ["%s"], "extra": {"id": 9, "method": "no"}, "method" : "orders.create",\n "id" : "a" , "jsonrpc":"2.0" }' % big)
        )
        message = rpc.worker.next()
        assert message.body == b'["%s"]' % big.encode()
        message.reply("1")
        assert socket.receive_json() == {"jsonrpc": "2.0", "id": "a", "result": 1}


@pytest.fixture
def pathfinder(gateway, worker, queue):
    at = worker(queue)
    mappings = [
        {
            "name": "orders",
            "match": {"method": "POST", "path": "/orders/:id"},
            "send": {"queue": queue, "headers": {"id": "${path.id}", "token": "${token?}", "event": "${request_id?}"}},
            "answer": {"timeout": "300ms"},
        },
        {"name": "by-op", "match": {"op": "plain"}, "send": {"queue": queue}},
    ]
    one = gateway(mappings=mappings, websockets=[{"path": "/pf", "envelope": "pathfinder"}])
    one.worker = at
    return one


def test_pathfinder_names_a_path(pathfinder):
    with pathfinder.websocket("/pf") as socket:
        socket.send({"url": "/orders/7", "content": {"n": 1}, "token": "t0", "event-name": "e 1"})
        message = pathfinder.worker.next()
        assert json.loads(message.body) == {"n": 1}
        assert (message.headers["id"], message.headers["token"]) == ("7", "t0")
        message.reply('{"done": true}', content_type="application/json")
        assert socket.receive_json() == {"content": {"done": True}, "event-name": "e 1"}


def test_pathfinder_event_names_may_repeat_or_be_absent(pathfinder):
    with pathfinder.websocket("/pf") as socket:
        for _ in range(2):
            socket.send({"url": "/orders/7", "content": 1, "event-name": "same"})
        socket.send({"url": "/orders/7", "content": 2})
        for _ in range(3):
            message = pathfinder.worker.next()
            message.reply(message.body, content_type="application/json")
        answers = [socket.receive_json() for _ in range(3)]
        assert [answer.get("event-name") for answer in answers] == ["same", "same", None]
        assert "event-name" not in answers[2]


def test_pathfinder_errors_have_a_type(pathfinder):
    with pathfinder.websocket("/pf") as socket:
        socket.send({"url": "/nothing", "content": 1, "event-name": "e"})
        answer = socket.receive_json()
        assert answer["event-name"] == "e"
        assert set(answer["error"]) == {"type", "details"}
        socket.send({"url": "/orders/7", "content": 1, "event-name": "slow"})
        assert socket.receive_json()["event-name"] == "slow"


@pytest.fixture
def raw(gateway, worker, queue):
    at = worker(queue)
    mapping = {
        "name": "raw",
        "match": {"method": "POST", "path": "/raw/:what"},
        "send": {"queue": queue},
        "answer": {"timeout": "500ms"},
    }
    one = gateway(
        mappings=[mapping],
        websockets=[
            {"path": "/raw/a", "envelope": "raw"},
            {"path": "/raw/text", "envelope": "raw", "frames": "text"},
            {"path": "/raw/close", "envelope": "raw", "errors": "close"},
            {"path": "/nowhere", "envelope": "raw"},
        ],
    )
    one.worker = at
    return one


def test_raw_keeps_the_order_of_requests_whatever_that_of_the_replies(raw):
    with raw.websocket("/raw/a") as socket:
        for number in range(20):
            socket.send(str(number))
        for message in reversed([raw.worker.next() for _ in range(20)]):
            message.reply(message.body)
        assert [socket.receive() for _ in range(20)] == [str(number) for number in range(20)]


def test_raw_keeps_the_frame_type_and_makes_binary_of_what_is_no_text(raw):
    with raw.websocket("/raw/a") as socket:
        socket.send(b"bytes")
        raw.worker.next().reply("reply")
        assert socket.receive() == b"reply"
        socket.send("text")
        raw.worker.next().reply(b"\xff")
        assert socket.receive() == b"\xff"
    with raw.websocket("/raw/text") as socket:
        socket.send("text")
        raw.worker.next().reply(b"\xff")
        assert socket.receive_json()["status"] == 502


def test_raw_errors_are_text_frames_with_the_problem_or_a_close(raw):
    with raw.websocket("/raw/a") as socket:
        socket.send("slow")
        problem = socket.receive_json()
        assert (problem["status"], problem["published"]) == (504, "yes")
    with raw.websocket("/raw/close") as socket:
        socket.send("slow")
        assert socket.close_code() == 1011
    with raw.websocket("/nowhere") as socket:
        socket.send("x")
        assert socket.receive_json()["status"] == 404


def test_an_envelope_of_ones_own(gateway, worker, queue):
    worker(queue, echo)
    envelope = {
        "id": "body:/ref",
        "op": "body:/do",
        "body": "body:/with",
        "answer": {"ref": "${request_id}", "ok": True, "status": "${answer.status}", "with": "${answer.body}"},
        "error": {"ref": "${request_id}", "ok": False, "why": "${problem}"},
    }
    one = gateway(
        mappings=[by_op(queue, "make")], websockets=[{"path": "/own", "envelope": envelope}]
    )
    with one.websocket("/own") as socket:
        socket.send('{"ref": "r1", "do": "make", "with": {"n":  1e400}}')
        text = socket.receive()
        assert '{"n":  1e400}' in text
        answer = json.loads(text)
        assert (answer["ref"], answer["ok"], answer["status"]) == ("r1", True, 200)
        socket.send({"ref": "r2", "do": "unknown", "with": 1})
        answer = socket.receive_json()
        assert (answer["ref"], answer["ok"], answer["why"]["status"]) == ("r2", False, 404)


def test_an_envelope_of_ones_own_may_name_method_and_path(gateway, worker, queue):
    worker(queue, echo)
    envelope = {
        "id": "body:/id",
        "path": "body:/path",
        "method": "body:/method",
        "body": "body:/data",
        "answer": {"id": "${request_id}", "data": "${answer.body}"},
        "error": {"id": "${request_id}", "error": "${problem}"},
    }
    mapping = {"name": "put", "match": {"method": "PUT", "path": "/a/:b"}, "send": {"queue": queue}}
    one = gateway(mappings=[mapping], websockets=[{"path": "/own", "envelope": envelope}])
    with one.websocket("/own") as socket:
        socket.send({"id": 1, "path": "/a/b", "method": "PUT", "data": [1]})
        assert socket.receive_json() == {"id": 1, "data": [1]}
        socket.send({"id": 2, "path": "/a/b", "data": [1]})
        assert socket.receive_json()["error"]["status"] == 405


def test_many_sockets_many_calls(gateway, worker, queue):
    worker(queue, lambda m: m.reply(m.body, content_type="application/json"))
    one = gateway(mappings=[by_op(queue, "orders.create")], websockets=[{"path": "/ws"}])
    wrong = []

    def talk(name):
        with one.websocket() as socket:
            for number in range(100):
                socket.send(request(number, "orders.create", [name, number]))
            got = {a["id"]: a.get("result") for a in (socket.receive_json() for _ in range(100))}
            if got != {number: [name, number] for number in range(100)}:
                wrong.append((name, got))

    talkers = [threading.Thread(target=talk, args=(name,)) for name in range(10)]
    started = time.monotonic()
    for talker in talkers:
        talker.start()
    for talker in talkers:
        talker.join(60)
    assert not wrong
    assert time.monotonic() - started < 30
