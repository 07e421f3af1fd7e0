# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What the client gets for what a worker replied. Replies are as untrusted as requests."""

import json

import pytest


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
        one = gateway(mappings=[mapping])

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
