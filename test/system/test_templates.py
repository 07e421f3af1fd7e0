# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What a mapping makes of a request: destination, properties, headers and body."""

import json

import pytest

from harness.worker import echo

JSON = {"Content-Type": "application/json"}


def read(**send):
    return {
        "name": "read",
        "match": {"path": "/customers/:customer/orders/:id"},
        "send": send,
    }


def test_headers_and_properties_are_templates(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = read(
        queue=queue,
        headers={
            "customer": "${path.customer}",
            "text": "<${path.id}> costs $${5}",
            "sort": "${query.sort:-name}",
            "page": "${query.page?}",
            "agent": "${header.user-agent}",
            "color": "${cookie.color?}",
            "what": "${method} ${path} ${uri} ${scheme} ${mapping} ${instance}",
            "token": "${header.x-token|base64}",
        },
        properties={"type": "${path.id}", "app_id": "shop", "message_id": "m-${path.id}"},
    )
    one = gateway(mappings=[mapping], instance="gw-7")
    answer = one.post(
        "/customers/b%C3%BC/orders/42?x=1",
        "body",
        headers={"User-Agent": "tests", "Cookie": "a=b; color=red", "X-Token": "secret"},
    )
    assert answer.status == 200
    message = at.next()
    headers = message.headers
    assert headers["customer"] == "bü"
    assert headers["text"] == "<42> costs ${5}"
    assert headers["sort"] == "name"
    assert "page" not in headers
    assert headers["agent"] == "tests"
    assert headers["color"] == "red"
    assert headers["what"] == (
        "POST /customers/bü/orders/42 /customers/b%C3%BC/orders/42?x=1 http read gw-7"
    )
    assert headers["token"] == "c2VjcmV0"
    assert message.properties.type == "42"
    assert message.properties.app_id == "shop"
    assert message.properties.message_id == "m-42"


def test_a_json_template_takes_values_and_escapes_text(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = read(
        queue=queue,
        body={
            "id": "${path.id}",
            "text": "order \"${path.id}\"",
            "whole": "${body}",
            "price": "${body:/price}",
            "none": "${body:/none?}",
            "fallback": "${body:/none:-7}",
            "number": 1.50,
            "list": [1, "${query.q}", True, None],
            "nested": {"a": {"b": "${body:/list/1}"}},
        },
    )
    body = b'{"price": 9007199254740993.10,  "list": [1, {"x":  1e400}]}'
    answer = gateway(mappings=[mapping]).post(
        "/customers/c/orders/a%22b?q=%5C", body, headers=JSON
    )
    assert answer.status == 200, answer
    message = at.next()
    assert message.properties.content_type == "application/json"
    document = json.loads(message.body, parse_float=str)
    assert document["id"] == 'a"b'
    assert document["text"] == 'order "a"b"'
    assert document["price"] == "9007199254740993.10"
    assert document["list"] == [1, "\\", True, None]
    assert "none" not in document
    assert document["fallback"] in (7, "7")
    assert document["number"] in ("1.5", "1.50")
    assert document["nested"] == {"a": {"b": {"x": "1e400"}}}
    assert body in message.body, "the client's JSON is forwarded byte for byte"


def test_an_empty_body_in_a_json_template_is_null(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[read(queue=queue, body={"data": "${body}"})])
    assert one.get("/customers/c/orders/1").status == 200
    assert json.loads(at.next().body) == {"data": None}


def test_text_in_a_json_template_becomes_a_string(gateway, worker, queue):
    at = worker(queue, echo)
    one = gateway(mappings=[read(queue=queue, body={"data": "${body}"})])
    body = 'tab\t "quote" ü'.encode()
    answer = one.post("/customers/c/orders/1", body, headers={"Content-Type": "text/plain"})
    assert answer.status == 200
    assert json.loads(at.next().body) == {"data": body.decode()}


def test_bytes_in_a_json_template_are_415_unless_base64(gateway, worker, queue):
    at = worker(queue, echo)
    plain = read(queue=queue, body={"data": "${body}"})
    coded = read(queue=queue, body={"data": "${body|base64}"})
    coded["match"]["path"], coded["name"], coded["send"]["headers"] = "/coded", "coded", {}
    one = gateway(mappings=[plain, coded])
    assert one.post("/customers/c/orders/1", b"\xff\x00").status == 415
    assert one.post("/coded", b"\xff\x00").status == 200
    assert json.loads(at.next().body) == {"data": "/wA="}


def test_a_character_class_widens_or_narrows(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = read(queue=queue, headers={"hex": "${path.id|[0-9a-f]{2,4}}"})
    one = gateway(mappings=[mapping])
    assert one.get("/customers/c/orders/beef").status == 200
    assert at.next().headers["hex"] == "beef"
    for wrong in ("b", "beefs", "XY"):
        assert one.get(f"/customers/c/orders/{wrong}").status == 400


@pytest.mark.hostile
def test_a_header_takes_no_control_characters_and_no_novel(gateway, queue):
    one = gateway(mappings=[read(queue=queue, headers={"id": "${path.id}"})])
    for wrong in ("a%0Ab", "a%01b", "a%7Fb", "x" * 1025):
        answer = one.get(f"/customers/c/orders/{wrong}")
        assert (answer.status, answer.problem["published"]) == (400, "no"), wrong


def test_headers_are_forwarded_by_name_only(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = read(queue=queue, forward_headers=["x-*", "accept-language", "authorization"])
    one = gateway(mappings=[mapping])
    one.get(
        "/customers/c/orders/1",
        headers={
            "X-Tenant": "acme",
            "X-Forwarded-For": "1.2.3.4",
            "X-User-Id": "root",
            "X-Death": "x",
            "X-Api-Key": "k",
            "Accept-Language": "de",
            "Authorization": "Bearer t",
            "Cookie": "a=b",
            "Connection": "keep-alive",
        },
    )
    headers = at.next().headers
    assert headers["x-tenant"] == "acme"
    assert headers["accept-language"] == "de"
    assert headers["authorization"] == "Bearer t"
    for name in ("x-forwarded-for", "x-user-id", "x-death", "x-api-key", "cookie", "connection"):
        assert name not in headers, name


def test_a_worker_can_be_told_its_deadline(gateway, worker, queue):
    at = worker(queue, echo)
    mapping = read(
        queue=queue,
        headers={"left": "${deadline_ms}", "until": "${deadline_iso}", "reply": "${id}"},
        body={"left": "${deadline_ms}", "now": "${now}"},
    )
    gateway(mappings=[mapping]).get("/customers/c/orders/1")
    message = at.next()
    assert 0 < int(message.headers["left"]) <= 5000
    assert message.headers["until"][:2] == "20" and "T" in message.headers["until"]
    assert message.headers["reply"] == message.id
    body = json.loads(message.body)
    assert 0 < body["left"] <= 5000
    assert isinstance(body["now"], (int, float))
