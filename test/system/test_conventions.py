# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Conventions as data: presets of the program and of the user, and what the reply session makes for them."""

import json
import time
import uuid

import pytest

from harness import gateway as gateways

JSON = {"Content-Type": "application/json"}


def mapping(send, answer=None, **match):
    return {
        "name": "m",
        "match": {"path": "/*rest", **match},
        "send": send,
        "answer": {"timeout": "3s", **(answer or {})},
    }


def test_the_command_lists_and_prints_conventions():
    lines = gateways.run("conventions").stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == sorted(names) and {"amqp/nestjs", "kafka/nestjs", "amqp/plain"} <= set(names)
    assert all(len(line.split(maxsplit=1)[1]) > 10 for line in lines)
    one = json.loads(gateways.run("conventions", "amqp/nestjs").stdout)
    assert (one["name"], one["bridge"]) == ("nestjs", "amqp")
    both = json.loads(gateways.run("conventions", "nestjs").stdout)
    assert [each["bridge"] for each in both] == ["amqp", "kafka"] and both[0] == one
    none = gateways.run("conventions", "nest")
    assert none.returncode == 1 and "nest" in none.stderr
    assert gateways.run("conventions", "a", "b").returncode == 2


def test_a_convention_of_the_user_works_like_one_of_the_program(gateway, tmp_path, queue, worker):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "legacy.json").write_text(
        """{ // ours since 2009
          "name": "legacy", "bridge": "amqp",
          "send": { "body": { "cmd": "${op}", "args": "${body}" } },
          "answer": { "body": "body:/result", "error": { "at": "body:/ok", "equals": false },
                      "error_body": "body:/reason" } }"""
    )

    def handle(message):
        asked = json.loads(message.body)
        good = {"ok": True, "result": asked}
        message.reply(json.dumps(good if asked["args"] else {"ok": False, "reason": "nothing"}))

    worker(queue, handle)
    send = {"queue": queue, "convention": "legacy", "op": "go"}
    one = gateway(conventions=[str(folder / "*.json")], mappings=[mapping(send)])
    assert one.post_json("/", [1]).json == {"cmd": "go", "args": [1]}
    answer = one.post_json("/", [])
    assert (answer.status, answer.body) == (502, b'"nothing"')


def test_a_knob_beside_the_convention_replaces_the_presets(gateway, queue, worker):
    worker(queue, lambda message: message.reply(b'{"response": 1, "else": 2, "isDisposed": true}'))
    one = gateway(
        defaults={"bridge": "rabbit", "convention": "nestjs"},
        mappings=[mapping({"queue": queue}, {"body": "body:/else"})],
    )
    assert one.post_json("/", {}).body == b"2"


def serve(message):
    """A small web server behind the convention http."""
    asked = json.loads(message.body)
    answers = {
        "/echo": {"body": asked},
        "/made": {"status": 201, "headers": {"Location": "/made/1"}, "body": {"id": 1}},
        "/page": {
            "headers": {"content-type": "text/html", "connection": "close", "x-a": "1"},
            "cookies": ["a=b; HttpOnly", "c=d"],
            "body": "<p>\u00e9</p>",
        },
        "/bytes": {"body": "/+8=", "encoding": "base64"},
        "/nothing": {"status": 204},
        "/lie": {"status": 700},
        "/missing": {"status": 404, "body": {"message": "no such page"}},
        "/late": {"body": "late"},
        "/split": {"headers": {"x-a": "1\r\nx-b: 2"}, "body": ""},
    }
    if asked["path"] == "/late":
        time.sleep(1)
    if asked["path"] in answers:
        message.reply(json.dumps(answers[asked["path"]]))


@pytest.fixture(params=["rabbit", pytest.param("kafka", marks=pytest.mark.kafka)])
def web(request):
    """web(timeout): a gateway in front of that web server on the one and the other broker."""

    def start(timeout="3s"):
        ask = request.getfixturevalue
        if request.param == "rabbit":
            ask("worker")(ask("queue"), serve)
            to = {"queue": ask("queue")}
            return ask("gateway")(mappings=[mapping({**to, "convention": "http"}, {"timeout": timeout})])
        topic = ask("kafka").topic(partitions=2)
        ask("kafka_worker")(ask("kafka"), topic, serve)
        to = {"topic": topic}
        return ask("kafka_gateway")(mapping({**to, "convention": "http"}, {"timeout": timeout}))

    return start


def test_http_hands_over_the_whole_request_and_takes_a_whole_answer(web):
    one = web()
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "X-One": "1", **JSON}
    asked = one.request("PUT", "/echo?a=1&a=2", b'{"n": 1.0}', headers=headers).json
    assert (asked["method"], asked["uri"], asked["query"]) == (
        "PUT",
        "/echo?a=1&a=2",
        {"a": ["1", "2"]},
    )
    assert asked["body"] == {"n": 1.0} and asked["client"] == {"ip": "127.0.0.1"}
    assert asked["headers"]["x-one"] == "1" and asked["cookies"] == {}
    assert not {"authorization", "cookie"} & set(asked["headers"])
    made = one.post("/made")
    assert (made.status, made.header("location"), made.json) == (201, "/made/1", {"id": 1})
    page = one.get("/page")
    assert (page.header("content-type"), page.header("x-a")) == ("text/html", "1")
    assert page.all("set-cookie") == ["a=b; HttpOnly", "c=d"]
    assert page.body == "<p>\u00e9</p>".encode() and page.header("connection") != "close"
    assert one.get("/bytes").body == b"\xff\xef"
    assert one.get("/nothing").status == 204
    assert one.get("/lie").status == 502
    split = one.get("/split")
    assert split.header("x-a") is None and split.header("x-b") is None
    sent = one.post("/echo", b"\xff\x00", headers={"Content-Type": "image/png"}).json
    assert (sent["body"], sent["encoding"]) == ("/wA=", "base64")


def test_http_gives_an_error_of_the_worker_as_it_is(web):
    answer = web().get("/missing")
    assert (answer.status, answer.json) == (404, {"message": "no such page"})
    assert answer.header("content-type") == "application/json"


def test_http_without_an_answer_is_504_and_a_late_one_reaches_nobody(web):
    one = web("500ms")
    answer = one.get("/silence")
    assert (answer.status, answer.problem["published"]) in ((504, "yes"), (504, "unknown"))
    assert one.get("/late").status == 504
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert one.post("/made").status == 201


def test_http_on_kafka_without_its_topic_is_503(kafka_gateway):
    one = kafka_gateway(mapping({"topic": "no.such", "convention": "http"}))
    answer = one.get("/")
    assert (answer.status, answer.problem["published"]) == (503, "no")


def test_replies_come_through_an_exchange_that_the_reply_queue_is_bound_to(
    gateway, broker, queue, worker
):
    exchange = broker.exchange(kind="direct")
    worker(queue, lambda message: message.reply(b"back", exchange=exchange))
    bind = {"bind": [{"exchange": exchange, "key": "${reply_to}"}]}
    one = gateway(mappings=[mapping({"queue": queue}, bind)])
    assert one.post("/").body == b"back"
    broker.delete_exchange(exchange)


def test_a_binding_may_have_arguments(gateway, broker, queue, worker):
    exchange = broker.exchange(kind="headers")

    def handle(message):
        message.reply(b"back", exchange=exchange, headers={"to": message.reply_to, "n": 5})

    worker(queue, handle)
    arguments = {"to": "${reply_to}", "n": 5, "x-match": "all"}
    bind = {"bind": {"exchange": exchange, "arguments": arguments}}
    one = gateway(mappings=[mapping({"queue": queue}, bind)])
    assert one.post("/").body == b"back"
    broker.delete_exchange(exchange)


def test_an_exchange_that_comes_later_is_bound_then(gateway, broker, queue, worker):
    late, name = f"x-{uuid.uuid4()}", queue

    def handle(message):
        message.reply(b"back", exchange=late)

    bind = {"bind": [{"exchange": late, "key": "${reply_to}"}]}
    plain = {**mapping({"queue": name}), "name": "plain", "match": {"path": "/plain"}}
    through = mapping({"exchange": late, "routing_key": "q"}, bind)
    one = gateway(mappings=[plain, through], ready=True)
    worker(name, lambda message: message.reply(b"plain") if message.exchange == "" else handle(message))
    assert one.post("/plain").body == b"plain"
    answer = one.post("/")
    assert (answer.status, answer.problem["published"]) == (503, "no")
    assert one.log(msg="destination", mapping="m", exchange=late)
    broker.exchange(late, kind="direct")
    broker.bind(name, late, "q")
    gateways.eventually(lambda: one.post("/").body == b"back", 15)
    broker.delete_exchange(late)


def test_workers_may_reply_to_a_queue_of_another_name(gateway, broker, queue, worker):
    worker(queue, lambda message: message.reply(b"back", to=f"RES.{message.reply_to}"))
    one = gateway(mappings=[mapping({"queue": queue}, {"reply_queue": "RES.${reply_to}"})])
    assert one.post("/").body == b"back"
    assert one.post("/").body == b"back"


@pytest.mark.parametrize("answer", [{"reply_queue": "R.${reply_to}"}, {"bind": {"exchange": "x"}}])
def test_a_direct_reply_address_cannot_be_bound(tmp_path, answer):
    config = gateways.complete({"mappings": [mapping({"queue": "q"}, answer)]}, "amqp://127.0.0.1")
    config["bridges"]["rabbit"]["reply"] = {"via": "direct"}
    file = tmp_path / "c.json"
    file.write_text(json.dumps(config))
    done = gateways.run("check", file)
    assert done.returncode == 1 and "can be bound" in done.stderr


def test_a_request_that_comes_back_ends_its_call(gateway, queue, worker):
    answers = {"a": "expired", "b": "rejected"}

    def handle(message):
        reason = {"x-first-death-reason": answers[message.body.decode()]}
        message.reply(message.body, headers=reason, type="call")

    worker(queue, handle)
    dead = {"dead": {"at": "prop:type", "equals": "call"}}
    one = gateway(mappings=[mapping({"queue": queue}, dead)])
    assert (one.post("/", b"a").status, one.post("/", b"b").status) == (504, 502)
