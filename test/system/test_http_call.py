# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""One HTTP request becomes one message, and the worker's reply becomes the answer."""

import json
import re
import threading

from harness.worker import echo

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def orders(queue, **answer):
    return {
        "name": "orders",
        "match": {"method": "POST", "path": "/orders"},
        "send": {"queue": queue},
        **({"answer": answer} if answer else {}),
    }


def test_the_worker_gets_the_body_untouched_and_the_client_the_reply(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[orders(queue)])
    body = b'{"big": 9007199254740993, "huge": 1e400,  "twice": 1, "twice": 2}'
    answer = one.post("/orders", body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert at.next().body == body
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("content-type") == "application/json; charset=utf-8"
    assert int(answer.header("content-length")) == len(body)


def test_a_body_of_any_bytes_passes_both_ways(gateway, worker, queue):
    worker(queue, echo)
    body = bytes(range(256)) * 1000
    answer = gateway(mappings=[orders(queue)]).post("/orders", body)
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("content-type") == "application/octet-stream"


def test_the_message_carries_what_a_worker_needs_to_reply(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = orders(queue, timeout="7s")
    mapping["match"]["encodings"] = "gzip"
    one = gateway(mappings=[mapping], instance="gw-1", shards=1)
    one.post_json("/orders", {"a": 1}, headers={"Content-Encoding": "gzip"})
    message = at.next()
    assert UUID.match(message.id)
    assert message.reply_to.startswith("bridgehead.gw-1.0.")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,249}", message.reply_to)
    assert 5000 < int(message.properties.expiration) <= 7000
    assert message.properties.delivery_mode in (None, 1), "a replied message is transient"
    assert message.properties.content_type == "application/json"
    assert message.properties.content_encoding == "gzip"


def test_every_call_has_an_id_of_its_own(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[orders(queue)])
    with one.connect() as client:
        for _ in range(50):
            client.request("POST", "/orders", "x")
            assert client.response().status == 200
    assert len({at.next().id for _ in range(50)}) == 50


def test_a_reply_without_content_type_is_octet_stream(gateway, worker, queue):
    worker(queue, lambda message: message.reply("plain"))
    answer = gateway(mappings=[orders(queue)]).post("/orders", "x")
    assert answer.header("content-type") == "application/octet-stream"


def test_an_empty_reply_is_an_empty_200(gateway, worker, queue):
    worker(queue, lambda message: message.reply(""))
    answer = gateway(mappings=[orders(queue)]).post("/orders", "x")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "0")


def test_the_content_encoding_of_a_reply_passes(gateway, worker, queue):
    worker(queue, lambda m: m.reply(b"\x1f\x8b", content_type="a/b", content_encoding="gzip"))
    answer = gateway(mappings=[orders(queue)]).post("/orders", "x")
    assert (answer.header("content-encoding"), answer.header("content-type")) == ("gzip", "a/b")


def test_answers_find_their_clients_whatever_the_order_of_the_replies(gateway, worker, queue):
    at = worker(queue)
    one = gateway(mappings=[orders(queue)])
    answers = {}

    def ask(number):
        answers[number] = one.post("/orders", f"request {number}").body

    clients = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for client in clients:
        client.start()
    for message in reversed([at.next() for _ in clients]):
        message.reply(b"reply to " + message.body)
    for client in clients:
        client.join(15)
    assert answers == {number: f"reply to request {number}".encode() for number in range(40)}


def test_a_clients_own_request_id_goes_back_to_it_and_never_becomes_the_correlation_id(
    gateway, worker, queue
):
    at = worker(queue, echo)
    one = gateway(mappings=[orders(queue)])
    answer = one.post("/orders", "x", headers={"X-Request-Id": "abc.DEF-1_2"})
    assert answer.header("x-request-id") == "abc.DEF-1_2"
    message = at.next()
    assert UUID.match(message.id)
    assert "abc.DEF-1_2" not in str(message.properties)


def test_direct_reply_to_is_a_choice(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[orders(queue)], bridge={"reply": {"via": "direct"}})
    with one.connect() as client:
        for number in range(20):
            client.request("POST", "/orders", f"{number}")
            assert client.response().body == f"{number}".encode()
    assert at.next().reply_to.startswith("amq.rabbitmq.reply-to")


def test_an_exchange_and_a_routing_key_are_a_destination_too(gateway, broker, worker, queue):
    exchange = broker.exchange(kind="topic")
    broker.bind(queue, exchange, "orders.*.create")
    at = worker(queue, echo)
    mapping = {
        "name": "create",
        "match": {"method": "POST", "path": "/:tenant/orders"},
        "send": {"exchange": exchange, "routing_key": "orders.${path.tenant}.create"},
    }
    one = gateway(mappings=[mapping])
    assert one.post("/acme/orders", "x").body == b"x"
    message = at.next()
    assert (message.exchange, message.routing_key) == (exchange, "orders.acme.create")
    broker.delete_exchange(exchange)


def test_two_shards_share_the_work(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[orders(queue)], shards=2)
    for number in range(60):
        assert one.post("/orders", str(number)).body == str(number).encode()
    replies = {at.next().reply_to.split(".")[-2] for _ in range(60)}
    assert replies == {"0", "1"}


def test_credentials_come_from_the_environment_or_a_file_and_are_never_printed(
    gateway, worker, queue, broker, tmp_path
):
    worker(queue, echo)
    secret = tmp_path / "password"
    secret.write_text("guest\n")
    one = gateway(
        mappings=[orders(queue)],
        log={"level": "debug"},
        environment={"BROKER_USER": "guest"},
        bridges={
            "rabbit": {
                "type": "amqp",
                "url": f"amqp://nobody:wrong-secret@127.0.0.1:{broker.port}/",
                "user": "${env:BROKER_USER}",
                "password": "${file:%s}" % secret,
            }
        },
    )
    assert one.post("/orders", "x").status == 200
    assert "wrong-secret" not in one.stderr


def test_a_json_body_is_looked_into_only_where_the_mapping_says_so(gateway, worker, queue):
    worker(queue, echo)
    strict = orders(queue)
    strict.update(name="strict", match={"path": "/strict", "json": True})
    one = gateway(mappings=[orders(queue), strict])
    broken = b'{"a": 1,}'
    headers = {"Content-Type": "application/json"}
    assert one.post("/orders", broken, headers=headers).body == broken
    answer = one.post("/strict", broken, headers=headers)
    assert (answer.status, answer.problem["published"]) == (400, "no")
    assert json.loads(one.post("/strict", b'{"a": 1}', headers=headers).body) == {"a": 1}
