# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What the client gets for what a worker replied. Replies are as untrusted as requests."""

import json
import struct

import pika
import pytest

from harness.waiting import eventually

LIMIT = 64 * 1024


@pytest.fixture
def asked(gateway, worker, queue):
    """asked(answer) → ask(reply…): the answer to one request with that reply."""

    def configure(**answer):
        at = worker(queue)
        mapping = {
            "name": "ask",
            "match": {"path": "/ask"},
            "send": {"queue": queue},
            "answer": {"timeout": "5s", **answer},
        }
        one = gateway(mappings=[mapping], limits={"reply": LIMIT})

        def ask(body=b"", method="POST", **properties):
            with one.connect() as client:
                client.request(method, "/ask")
                at.next().reply(body, **properties)
                return client.response(to=method)

        ask.gateway = one
        return ask

    return configure


def test_a_status_header_decides(asked):
    ask = asked()
    for value, status in (("201", 201), (404, 404), ("599", 599), ("200", 200)):
        answer = ask("body", headers={"status": value})
        assert (answer.status, answer.body) == (status, b"body")


@pytest.mark.hostile
def test_a_status_that_is_none_is_502(asked):
    ask = asked()
    for value in ("0", "99", "100", "199", "600", "abc", "", "20x", "2000", " 200", -200, "+200"):
        answer = ask("body", headers={"status": value})
        assert (answer.status, answer.problem["published"]) == (502, "yes"), value


def test_the_first_integer_of_the_status_places_wins(asked):
    ask = asked(status=["body:/code", "header:x-status"])
    assert ask('{"code": 418}', headers={"x-status": "201"}).status == 418
    assert ask("{}", headers={"x-status": "201"}).status == 201
    assert ask('{"code": "none"}', headers={"x-status": "201"}).status == 201
    assert ask('{"code": "none"}').status == 502
    assert ask("{}").status == 200


def test_a_status_map_is_asked_first(asked):
    ask = asked(
        status_map={"at": ["body:/kind", "prop:type"], "map": {"NotFound": 404, "7": 409}},
        status=["body:/code"],
    )
    assert ask('{"kind": "NotFound", "code": 201}').status == 404
    assert ask('{"kind": 7}').status == 409
    assert ask("{}", type="NotFound").status == 404
    assert ask('{"kind": "Other", "code": 201}').status == 201


def test_a_pointer_picks_the_payload(asked):
    ask = asked(body="body:/data")
    answer = ask('{"data": {"big": 12345678901234567890.0,  "x" : 1e400 }, "rest": 1}')
    assert answer.body == b'{"big": 12345678901234567890.0,  "x" : 1e400 }'
    assert answer.header("content-type") == "application/json"
    assert ask('{"data": "text"}').body == b'"text"'
    assert ask('{"data": null}').body == b"null"
    assert ask('{"other": 1}').body == b"null", "frameworks leave out what is undefined"


@pytest.mark.hostile
def test_a_reply_in_which_the_payload_cannot_be_found_is_502(asked):
    ask = asked(body="body:/data")
    for body in ("not json", '{"data": 1,}', b'{"data": "\xff"}', "", "[" * 5000):
        answer = ask(body)
        assert (answer.status, answer.problem["published"]) == (502, "yes"), body


def test_a_header_can_hold_the_payload_or_its_type(asked):
    ask = asked(body="header:result#/value", content_type="header:kind")
    answer = ask("ignored", headers={"result": '{"value": [1, 2]}', "kind": "application/x-list"})
    assert (answer.body, answer.header("content-type")) == (b"[1, 2]", "application/x-list")


def test_an_error_without_status_is_502_and_shows_only_what_it_may(asked):
    ask = asked(error={"at": "body:/error", "exists": True}, error_body="body:/error/message")
    answer = ask('{"error": {"message": "sold out", "stack": "secret"}}')
    assert (answer.status, answer.body) == (502, b'"sold out"')
    assert ask('{"fine": 1}').status == 200


def test_an_error_keeps_its_status(asked):
    ask = asked(
        error={"at": "header:ok", "equals": "no"},
        error_body="body:",
        status=["header:status"],
    )
    answer = ask("sold out", headers={"ok": "no", "status": "409"}, content_type="text/plain")
    assert (answer.status, answer.body) == (409, b"sold out")
    answer = ask("sold out", headers={"ok": "no", "status": "wrong"}, content_type="text/plain")
    assert (answer.status, answer.body) == (502, b"sold out")


def test_without_error_body_the_client_sees_a_problem_only(asked):
    ask = asked(error={"at": "prop:type", "in": ["error", "fatal"]})
    answer = ask("password hunter2", type="fatal")
    assert answer.status == 502
    assert answer.problem["published"] == "yes"
    assert b"hunter2" not in answer.body


def test_a_condition_may_be_a_prefix_or_a_list(asked):
    ask = asked(
        error=[{"at": "prop:type", "prefix": "err."}, {"at": "header:failed", "exists": True}]
    )
    assert ask("x", type="err.io").status == 502
    assert ask("x", headers={"failed": "1"}).status == 502
    assert ask("x", type="xerr.io").status == 200


def test_only_named_headers_of_a_reply_pass(asked):
    ask = asked(headers=["x-total", "location", "set-cookie"])
    answer = ask(
        "x",
        headers={
            "x-total": "7",
            "location": "/orders/7",
            "x-other": "no",
            "server": "worker",
        },
    )
    assert answer.header("x-total") == "7"
    assert answer.header("location") == "/orders/7"
    assert answer.header("x-other") is None
    assert answer.header("server") != "worker"


@pytest.mark.hostile
def test_a_reply_cannot_set_the_framing(asked):
    names = ["content-length", "transfer-encoding", "connection", "upgrade", "trailer", "x-ok"]
    ask = asked(headers=["x-ok"])
    answer = ask("four", headers={name: "1" for name in names})
    assert answer.body == b"four"
    assert answer.header("content-length") == "4"
    assert answer.header("transfer-encoding") is None
    assert answer.header("x-ok") == "1"


@pytest.mark.hostile
def test_a_reply_header_that_would_end_its_line_is_dropped_and_counted(asked):
    ask = asked(headers=["x-bad", "x-good"])
    for value in ("a\r\nSet-Cookie: evil=1", "a\nb", "a\rb", "a\0b"):
        answer = ask("x", headers={"x-bad": value, "x-good": "1"})
        assert answer.header("x-bad") is None
        assert answer.header("set-cookie") is None
        assert answer.header("x-good") == "1"
    ask.gateway.wait_metric("bridgehead_replies_dropped_total", 4, reason="header")


@pytest.mark.hostile
def test_a_content_type_that_would_end_its_line_does_not(asked):
    answer = asked()("x", content_type="text/plain\r\nX-Evil: 1")
    assert answer.header("x-evil") is None


def test_204_and_304_and_head_have_no_body(asked):
    ask = asked()
    for status in ("204", "304"):
        answer = ask("must not appear", headers={"status": status})
        assert (answer.status, answer.body) == (int(status), b"")
        if status == "204":
            assert answer.header("content-length") is None
    answer = ask("four", method="HEAD")
    assert (answer.status, answer.header("content-length")) == (200, "4")


@pytest.mark.hostile
def test_a_reply_over_the_limit_is_502_and_the_gateway_lives(asked):
    ask = asked()
    answer = ask(b"x" * (LIMIT + 1))
    assert (answer.status, answer.problem["published"]) == (502, "yes")
    assert ask(b"x" * LIMIT).body == b"x" * LIMIT
    ask.gateway.wait_metric("bridgehead_replies_dropped_total", 1, reason="oversized")


@pytest.mark.hostile
def test_a_reply_far_over_the_limit_is_not_kept(asked):
    ask = asked()
    ask("warm")
    before = ask.gateway.private_bytes()
    for _ in range(5):
        assert ask(b"x" * (8 << 20)).status == 502
    eventually(
        lambda: ask.gateway.private_bytes() < before + (4 << 20), 10, "the memory to come back"
    )


class NestedHeaders(pika.BasicProperties):
    """Properties whose header table is nested deeper than the client library can write."""

    def __init__(self, correlation_id, depth):
        super().__init__(correlation_id=correlation_id)
        self.depth = depth

    def encode(self):
        table = b""
        for _ in range(self.depth):
            table = b"\1tF" + struct.pack(">I", len(table)) + table
        text = self.correlation_id.encode()
        flags = struct.pack(">H", 1 << 13 | 1 << 10)
        return [flags, struct.pack(">I", len(table)), table, bytes([len(text)]), text]


@pytest.mark.hostile
def test_reply_headers_nested_deep_are_survived(gateway, worker, queue):
    at = worker(queue)
    one = gateway(mappings=[{"name": "a", "match": {"path": "/a"}, "send": {"queue": queue}}])
    with one.connect() as client:
        client.request("POST", "/a")
        message = at.next()
        for depth in (15000, 100):
            at.publish(message.reply_to, b"deep", NestedHeaders(message.id, depth))
        message.reply("flat", headers={"a": {"b": {"c": 1}}})
        assert client.response().body == b"flat"
        client.request("POST", "/a")
        at.next().reply("second")
        assert client.response().body == b"second"


@pytest.mark.hostile
def test_the_second_reply_is_a_duplicate_and_the_third_too(gateway, worker, queue):
    at = worker(queue)
    one = gateway(mappings=[{"name": "a", "match": {"path": "/a"}, "send": {"queue": queue}}])
    with one.connect() as client:
        client.request("POST", "/a")
        message = at.next()
        for _ in range(3):
            message.reply("reply")
        assert client.response().body == b"reply"
        one.wait_metric("bridgehead_replies_dropped_total", 2, reason="duplicate")
        # The next call on the same connection is not answered by them.
        client.request("POST", "/a")
        at.next().reply("second")
        assert client.response().body == b"second"


@pytest.mark.hostile
def test_replies_that_belong_to_no_call_are_unknown_and_reach_nobody(gateway, worker, queue):
    at = worker(queue)
    one = gateway(mappings=[{"name": "a", "match": {"path": "/a"}, "send": {"queue": queue}}])
    with one.connect() as client:
        client.request("POST", "/a")
        message = at.next()
        last = message.id[-1]
        wrong = [
            "",
            "x",
            "x" * 255,
            message.id.upper() if message.id.upper() != message.id else message.id + "A",
            message.id + " ",
            message.id[:-1],
            message.id[:-1] + ("0" if last != "0" else "1"),
            "00000000-0000-4000-8000-000000000000",
            "ffffffff-ffff-4fff-bfff-ffffffffffff",
            "zzzzzzzz-zzzz-4zzz-zzzz-zzzzzzzzzzzz",
        ]
        for correlation_id in wrong:
            message.reply("forged", correlation_id=correlation_id)
        one.wait_metric("bridgehead_replies_dropped_total", len(wrong), reason="unknown")
        message.reply("real")
        assert client.response().body == b"real"


def test_a_late_reply_is_counted_and_reaches_nobody(gateway, worker, queue):
    at = worker(queue)
    mapping = {
        "name": "a",
        "match": {"path": "/a"},
        "send": {"queue": queue},
        "answer": {"timeout": "200ms"},
    }
    one = gateway(mappings=[mapping])
    with one.connect() as client:
        client.request("POST", "/a")
        message = at.next()
        answer = client.response()
        assert (answer.status, answer.problem["published"]) == (504, "yes")
        message.reply("late")
        one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
        client.request("POST", "/a")
        at.next().reply("second")
        assert client.response().body == b"second"


def test_correlation_may_stand_elsewhere(gateway, worker, queue):
    at = worker(queue)
    mapping = {
        "name": "a",
        "match": {"path": "/a"},
        "send": {"queue": queue, "body": {"id": "${id}", "data": "${body}"}},
        "answer": {"correlation": "body:/id", "body": "body:/data"},
    }
    one = gateway(mappings=[mapping])
    with one.connect() as client:
        client.request("POST", "/a", "[1]", {"Content-Type": "application/json"})
        message = at.next()
        assert json.loads(message.body)["id"] == message.id
        message.reply(message.body, correlation_id="")
        assert client.response().body == b"[1]"
