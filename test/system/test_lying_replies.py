# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Replies whose envelope lies: whatever stands where a convention looks, the client gets one answer by the
rules, nobody else gets it, and the next call is as good as the one before."""

import json
import uuid

import pytest

from harness import gateway as gateways
from harness.worker import Worker

pytestmark = pytest.mark.hostile

DEEP = b"[" * 10_000 + b"]" * 10_000
CONVENTIONS = ("nestjs", "celery", "http", "moleculer")


def truth(convention, asked, call):
    """What an honest worker says."""
    return {
        "nestjs": {"response": asked, "isDisposed": True},
        "celery": {"status": "SUCCESS", "result": asked, "traceback": None, "task_id": call},
        "http": {"status": 200, "headers": {"content-type": "application/json"}, "body": asked},
        "moleculer": {"ver": "4", "sender": "w", "id": call, "success": True, "data": asked, "stream": False},
    }[convention]


class Liar:
    """A worker for each convention, which tells the truth unless the test gave it something else to say."""

    def __init__(self, broker):
        self.queues = {name: f"liar-{name}-{uuid.uuid4()}" for name in CONVENTIONS}
        self.lie = None
        self.workers = [
            Worker(broker, queue, lambda message, name=name: self.handle(name, message))
            for name, queue in self.queues.items()
        ]

    def handle(self, convention, message):
        body = json.loads(message.body)
        asked = {
            "nestjs": lambda: body["data"],
            "celery": lambda: body[1]["said"],
            "http": lambda: body["body"],
            "moleculer": lambda: body["params"],
        }[convention]()
        call = message.id
        if asked == "lie":
            said = self.lie.replace(b"CALL", call.encode())
        else:
            said = json.dumps(truth(convention, asked, call)).encode()
        to = f"MOL.RES.{message.reply_to or body['sender']}" if convention == "moleculer" else None
        message.reply(said, to=to, content_type="application/json")

    def stop(self):
        for each in self.workers:
            each.stop()


@pytest.fixture(scope="module")
def liar(broker):
    one = Liar(broker)
    yield one
    one.stop()
    for queue in one.queues.values():
        broker.delete_queue(queue)


@pytest.fixture(scope="module")
def table(broker, liar, tmp_path_factory):
    mappings = []
    for name, queue in liar.queues.items():
        for suffix, timeout in (("", "10s"), ("-hasty", "250ms")):
            send = {"queue": queue, "convention": name, "op": "math.lie"}
            if name == "celery":
                send["body"] = [[], {"said": "${body}"}, {}]
            mappings.append(
                {
                    "name": name + suffix,
                    "match": {"method": "POST", "path": f"/{name}{suffix}"},
                    "send": send,
                    "answer": {"timeout": timeout},
                }
            )
    directory = tmp_path_factory.mktemp("gateway")
    one = gateways.Gateway(directory, gateways.complete({"mappings": mappings}, broker.url))
    one.start()
    yield one
    one.stop()


HASTY = 504  # what waits for a better reply is asked of mappings that do not wait long


@pytest.fixture
def lie(table, liar):
    """lie(convention, reply, status): the answer, and that everybody else gets the truth before and behind it."""

    def ask(convention, reply, status):
        liar.lie = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        hasty = "-hasty" if status == HASTY else ""
        answer = table.post_json(f"/{convention}{hasty}", "lie")
        assert answer.status == status, (reply, answer.body)
        assert b"secret" not in answer.body
        for name in CONVENTIONS:
            good = table.post_json(f"/{name}", {"fine": name})
            assert (good.status, good.json) == (200, {"fine": name})
        return answer

    return ask


NO_JSON = [b"hello", b"{", b"\xff\xfe", DEEP, b'{"a":1} x', b"\x00{}", b"\xef\xbb\xbf{}", b'{"\\ud800":1}', b"'a'"]


@pytest.mark.parametrize("reply", NO_JSON, ids=lambda reply: repr(reply[:9]))
def test_what_is_no_json_is_a_bad_reply(lie, reply):
    for convention in ("nestjs", "celery", "http"):
        answer = lie(convention, reply, 502)
        assert answer.problem["type"] == "bad-reply"
    # The id of the call would stand in the body.
    lie("moleculer", reply, HASTY)


WRONG_SHAPES = [b"[1,2]", b"null", b'"text"', b"5", b"{}", b"[]", b'{"status":{}}']


@pytest.mark.parametrize("reply", WRONG_SHAPES, ids=bytes.decode)
def test_json_without_the_member_has_no_value(lie, reply):
    assert lie("celery", reply, 200).body == b"null"
    lie("nestjs", reply, HASTY)
    if reply != WRONG_SHAPES[-1]:
        assert lie("http", reply, 200).body == b""


def test_an_empty_reply(lie):
    lie("celery", b"", 502)
    lie("http", b"", 502)
    lie("nestjs", b"", HASTY)


@pytest.mark.parametrize("where", ["response", "result", "body", "data"])
def test_what_is_nested_too_deep_is_a_bad_reply(lie, where):
    convention, rest, status = {
        "response": ("nestjs", b'"isDisposed": true', 502),
        "result": ("celery", b'"status": "SUCCESS"', 502),
        "body": ("http", b'"status": 200', 502),
        "data": ("moleculer", b'"id": "CALL", "success": true', HASTY),
    }[where]
    lie(convention, b'{"%s": %s, %s}' % (where.encode(), DEEP, rest), status)


@pytest.mark.parametrize(
    "convention, reply",
    [
        ("http", b'{"status": 200, "status": 404, "body": "b"}'),
        ("http", b'{"status": 200, "st\\u0061tus": 404, "body": "b"}'),
        ("celery", b'{"status": "SUCCESS", "result": {"a": 1, "a": 2}}'),
        ("nestjs", b'{"response": 1, "response": 2, "isDisposed": true}'),
    ],
)
def test_members_that_come_twice_are_a_bad_reply(lie, convention, reply):
    assert lie(convention, reply, 502).problem["type"] == "bad-reply"


STATUSES = [0, 99, 100, 199, 600, 10**30, -404, 404.5, "200 OK", "", "4\r\n04", True, [404], {"a": 1}]


@pytest.mark.parametrize("status", STATUSES, ids=repr)
def test_a_status_that_is_none(lie, status):
    assert lie("http", {"status": status, "body": "b"}, 502).problem["type"] == "bad-reply"
    error = {"statusCode": status, "message": "no"}
    assert lie("nestjs", {"err": error, "isDisposed": True}, 502).json == error
    error = {"message": "no", "code": status}
    reply = {"id": "CALL", "success": False, "error": error, "stream": False}
    assert lie("moleculer", reply, 502).json == error


@pytest.mark.parametrize("reply", [b'{"status": 1e999}', b'{"status": 4040e-1}', b'{"status": 00404}', b'{"status": 0x194}'])
def test_a_status_that_is_a_number_of_another_kind(lie, reply):
    lie("http", reply, 502)


def test_a_status_in_a_string_counts_and_null_is_none(lie):
    assert lie("http", {"status": "404", "body": "b"}, 404).body == b"b"
    assert lie("http", {"status": None, "body": "b"}, 200).body == b"b"
    lie("moleculer", {"id": "CALL", "success": False, "error": {"code": None, "message": "no"}}, 502)


@pytest.mark.parametrize("err", ["text", 5, [], {}, True, False], ids=repr)
def test_an_error_of_another_type_is_an_error(lie, err):
    assert lie("nestjs", {"err": err, "response": "fine", "isDisposed": True}, 502).json == err


@pytest.mark.parametrize("result", [None, 5, "text", [], {}, [{"exc_type": "ValueError"}]], ids=repr)
def test_a_failure_that_does_not_say_which(lie, result):
    reply = {"status": "FAILURE", "result": result, "traceback": "secret"}
    assert lie("celery", reply, 502).problem["type"] == "worker-error"


def test_a_failure_of_another_type_is_not_in_the_table(lie):
    for kind in (5, ["ValueError"], {"a": "ValueError"}, "valueerror"):
        reply = {"status": "FAILURE", "result": {"exc_type": kind}}
        assert lie("celery", reply, 502).json == {"exc_type": kind}


STACK = {"stack": "secret", "traceback": "secret", "stackTrace": ["secret"], "STACK_TRACE": {"a": "secret"}}


@pytest.mark.parametrize(
    "err",
    [
        {"message": "no", **STACK},
        {"message": "no", "cause": {"message": "why", "cause": {**STACK, "message": "how"}}},
        {"message": "no", "list": [1, STACK, [STACK]]},
        [STACK],
    ],
    ids=["top", "cause", "list", "array"],
)
def test_no_stack_reaches_a_client_however_deep(lie, err):
    answer = lie("nestjs", {"err": err, "isDisposed": True}, 502)
    assert answer.json == without_stacks(err)
    reply = {"status": "FAILURE", "result": {"exc_type": "ValueError", "exc_message": [err]}, "traceback": "secret"}
    assert lie("celery", reply, 400).json == {"exc_type": "ValueError", "exc_message": [without_stacks(err)]}
    error = {"name": "E", "message": err, "code": 404, "data": "secret", **STACK}
    reply = {"id": "CALL", "success": False, "error": error}
    assert lie("moleculer", reply, 404).json == {"name": "E", "message": without_stacks(err), "code": 404}


def test_a_stack_under_an_escaped_name(lie):
    reply = b'{"err": {"message": "no", "st\\u0061ck": "secret"}, "isDisposed": true}'
    assert lie("nestjs", reply, 502).json == {"message": "no"}


def without_stacks(value):
    if isinstance(value, list):
        return [without_stacks(each) for each in value]
    if isinstance(value, dict):
        return {name: without_stacks(each) for name, each in value.items() if name not in STACK}
    return value


@pytest.mark.parametrize("disposed", ["true", 1, 0, None, [], {}, False], ids=repr)
def test_a_stream_that_never_ends_is_cut(table, liar, disposed):
    liar.lie = json.dumps({"response": 1, "isDisposed": disposed}).encode()
    with table.connect() as client:
        client.request("POST", "/nestjs-hasty", b'"lie"', {"Content-Type": "application/json"})
        with pytest.raises(EOFError):
            client.response()
    assert table.post_json("/nestjs", ["fine"]).json == ["fine"]


@pytest.mark.parametrize("status", ["SUCCES", 5, None, [], {"a": 1}], ids=repr)
def test_a_state_that_nobody_knows_is_a_result(lie, status):
    assert lie("celery", {"status": status, "result": 1}, 200).json == 1


def test_a_state_that_never_changes(lie):
    lie("celery", {"status": "STARTED", "result": 1}, HASTY)


def test_success_counts_by_its_type(lie):
    for success in ("false", 0, None, []):
        assert lie("moleculer", {"id": "CALL", "success": success, "data": 1, "stream": "true"}, 200).json == 1


DROPPED = [
    {"x-a": "1\r\nx-b: 2"},
    {"x-a": "1\nx-b: 2"},
    {"x-a": "1\x00"},
    {"x-a\r\nx-b": "2"},
    {"x a": "1"},
    {"": "1"},
    {"x-a": {"b": 1}},
    {"x-a": None},
    {":status": "500"},
    {"content-length": "500"},
    {"Transfer-Encoding": "chunked"},
    {"Connection": "close"},
    {"Keep-Alive": "a"},
    {"Upgrade": "h2c"},
    {"Trailer": "a"},
    {"TE": "a"},
    {"Proxy-Connection": "a"},
    {"Date": "never"},
    {"Server": "other"},
    {"set-cookie": "a=1\r\nb: c"},
    {"content-type": "a\r\nx-b: 2"},
    {"content-type": ["a/b", "c/d"]},
    "text",
    [],
    5,
]


def lines_of(answer):
    """What a worker may have brought: the lines that are not the gateway's own."""
    own = {"content-length", "content-type", "date", "server", "x-request-id", "vary"}
    return [(name, value) for name, value in answer.headers if name.lower() not in own]


@pytest.mark.parametrize("headers", DROPPED, ids=repr)
def test_headers_that_frame_or_split_or_are_none_are_dropped(lie, headers):
    answer = lie("http", {"status": 200, "headers": headers, "body": "b"}, 200)
    assert answer.body == b"b" and lines_of(answer) == []
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert answer.header("date") != "never" and answer.header("server") != "other"


@pytest.mark.parametrize(
    "reply, lines",
    [
        ({"headers": {"x-a": 5}}, [("x-a", "5")]),
        ({"headers": {"x-a": ["1", "2\r\n", "3"]}}, [("x-a", "1"), ("x-a", "3")]),
        ({"headers": {"set-cookie": ["a=1", "b=2"]}}, [("set-cookie", "a=1"), ("set-cookie", "b=2")]),
        ({"cookies": ["a=1", "b=2"]}, [("set-cookie", "a=1"), ("set-cookie", "b=2")]),
        ({"cookies": ["a=1\r\nx-b: 2", "c=3"]}, [("set-cookie", "c=3")]),
        ({"cookies": {"a": "b"}}, []),
        ({"cookies": [["a=1"], None]}, []),
    ],
)
def test_lists_of_headers_and_cookies(lie, reply, lines):
    assert lines_of(lie("http", {**reply, "body": "b"}, 200)) == lines


@pytest.mark.parametrize(
    "encoding, body, status, expected",
    [
        ("base64", "###", 502, None),
        ("base64", 5, 200, b"5"),
        ("base64", None, 200, b""),
        ("gzip", "a", 200, b"a"),
        (5, "a", 200, b"a"),
        ([], "a", 200, b"a"),
    ],
)
def test_an_encoding_that_is_none(lie, encoding, body, status, expected):
    answer = lie("http", {"encoding": encoding, "body": body}, status)
    assert expected is None or answer.body == expected


def test_ids_of_others_in_the_body(lie, table):
    other = "00000000-0000-4000-8000-000000000000"
    before = table.metric("bridgehead_replies_dropped_total", reason="unknown")
    assert lie("nestjs", {"id": other, "response": 1, "isDisposed": True}, 200).json == 1
    assert lie("celery", {"task_id": other, "status": "SUCCESS", "result": 1}, 200).json == 1
    for call in (other, 5, None, [], "", "CALL ", "CALLCALL", "x" * 5000):
        lie("moleculer", {"id": call, "success": True, "data": 1, "stream": False}, HASTY)
    assert table.metric("bridgehead_replies_dropped_total", reason="unknown") > before
