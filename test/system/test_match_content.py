# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Which bodies a mapping takes: content types, charsets, encodings."""

import gzip

import pytest


def mapping(name, **match):
    return {"name": name, "match": {"method": "POST", **match}, "send": {"headers": {"m": name}}}


@pytest.fixture
def types(loopback):
    return loopback(
        mapping("json", path="/x", content_types=["application/json", "Application/*+JSON"]),
        mapping("text", path="/x", content_types="text/*"),
        mapping("bytes", path="/bytes", content_types="application/octet-stream"),
        mapping("all", path="/all", content_types="*/*"),
        mapping("any", path="/any"),
    )


def post(gateway, target, content_type, body=b"[]"):
    headers = {} if content_type is None else {"Content-Type": content_type}
    return gateway.post(target, body, headers=headers)


@pytest.mark.hostile
@pytest.mark.parametrize(
    "content_type, status",
    [
        ("application/json", 200),
        ("APPLICATION/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json ;a="x;\\"y";charset="UTF-8"', 200),
        ("application/problem+json", 200),
        ("text/plain", 200),
        ("text/plain;charset=UTF8", 200),
        ("text/plain;;", 200),
        ("application/+json", 415),
        ("application/jsonx", 415),
        ("application/xml", 415),
        ("application/json; charset=iso-8859-1", 415),
        ("text/plain; charset=utf-16", 415),
        ('text/plain; charset="latin1"', 415),
        ("text/plain; charset=utf-8; charset=latin1", 415),
        ("text", 415),
        ("text/", 415),
        ("text/plain/x", 415),
        ("text/plain, text/html", 415),
        ("text/plain; charset", 415),
        ('text/plain; a="', 415),
        ("", 415),
        (None, 415),
    ],
)
def test_a_content_type_that_is_not_listed_is_415(types, content_type, status):
    answer = post(types, "/x", content_type)
    assert answer.status == status
    if status == 415:
        assert answer.problem["type"] == "unsupported-media-type"
        assert answer.problem["published"] == "no"
        assert answer.header("accept") == "application/json, Application/*+JSON, text/*"
        assert answer.header("accept-encoding") is None


def test_a_body_without_a_content_type_is_bytes(types):
    assert post(types, "/bytes", None).status == 200
    assert post(types, "/all", None).status == 200
    assert post(types, "/all", "nonsense").status == 415


def test_where_no_types_are_listed_all_pass(types):
    for content_type in (None, "nonsense", "text/plain; charset=latin1"):
        assert post(types, "/any", content_type).status == 200


def test_a_request_without_a_body_has_no_content_type_to_refuse(types):
    for head in ("", "Content-Length: 0\r\n", "Content-Length: 0\r\nContent-Type: image/png\r\n"):
        with types.connect() as client:
            client.send(f"POST /x HTTP/1.1\r\nHost: a\r\n{head}\r\n")
            assert client.response().status == 200, head
    with types.connect() as client:
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert client.response().status == 415, "nobody knows yet that nothing will come"


def test_a_large_body_is_refused_by_its_head(types):
    with types.connect() as client:
        client.send(
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\nContent-Type: a/b\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        assert client.response().status == 415, "and no 100 before it"
        assert client.is_closed()


def test_a_short_body_that_is_refused_keeps_its_connection(types):
    with types.connect() as client:
        client.request("POST", "/x", "hello", headers={"Content-Type": "a/b"})
        assert client.response().status == 415
        client.request("POST", "/x", "hello", headers={"Content-Type": "text/plain"})
        assert client.response().body == b"hello"


@pytest.fixture
def encodings(loopback):
    looking = {"headers": {"a": "${body:/a}"}}
    return loopback(
        mapping("none", path="/none"),
        mapping("some", path="/some", encodings=["gzip", "br"]),
        mapping("either", path="/either", encodings="gzip"),
        mapping("or", path="/either", encodings="zstd"),
        mapping("json", path="/json", encodings="gzip", json=True),
        {**mapping("pointer", path="/pointer", encodings="gzip"), "send": looking},
        {**mapping("inside", path="/inside", encodings="gzip"), "send": {"body": {"b": "${body}"}}},
    )


@pytest.mark.hostile
@pytest.mark.parametrize(
    "target, encoding, accepted",
    [
        ("/none", "gzip", "identity"),
        ("/none", "deflate", "identity"),
        ("/none", "br", "identity"),
        ("/none", "zstd", "identity"),
        ("/none", "nonsense", "identity"),
        ("/none", "gzip, identity", "identity"),
        ("/none", "identity", None),
        ("/none", "", None),
        ("/some", "GZIP", None),
        ("/some", "x-gzip", None),
        ("/some", "gzip, br", None),
        ("/some", "identity", None),
        ("/some", "deflate", "gzip, br, identity"),
        ("/some", "gzip, deflate", "gzip, br, identity"),
        ("/either", "zstd", None),
        ("/either", "br", "gzip, identity, zstd"),
        ("/json", "gzip", "identity"),
        ("/pointer", "gzip", "identity"),
        ("/inside", "gzip", "identity"),
        ("/json", "identity", None),
        ("/pointer", "identity", None),
    ],
)
def test_an_encoding_that_is_not_listed_is_415(encodings, target, encoding, accepted):
    answer = encodings.post_json(target, {"a": "1"}, headers={"Content-Encoding": encoding})
    if accepted is None:
        assert answer.status == 200, answer
    else:
        assert answer.problem["type"] == "unsupported-media-type"
        assert (answer.status, answer.header("accept-encoding")) == (415, accepted)
        assert answer.header("accept") is None


def test_a_second_content_encoding_line_is_415(encodings):
    with encodings.connect() as client:
        client.send(
            "POST /some HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
            "Content-Encoding: gzip\r\nContent-Encoding: br\r\n\r\nx"
        )
        assert client.response().status == 415


def test_an_encoded_body_goes_through_untouched(encodings):
    body = gzip.compress(b"x" * 1000)
    answer = encodings.post("/some", body, headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "content_type, status",
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/json; charset=utf-16", 415),
        ("text/plain; charset=iso-8859-1", 415),
    ],
)
def test_a_body_in_another_charset_is_not_looked_into(encodings, content_type, status):
    for target in ("/json", "/pointer", "/inside"):
        answer = post(encodings, target, content_type, b'{"a":"1"}')
        assert answer.status == status, target
        assert answer.header("accept-encoding") is None


def test_415_is_stronger_than_405_and_405_than_404(loopback):
    one = loopback(
        mapping("a", path="/x/:y", host="a.example", content_types="a/b"),
        mapping("b", path="/x/:y", method="PUT"),
        mapping("c", path="/x/:y", content_types="text/*"),
    )

    def status(method, content_type, host="test"):
        return one.request(method, "/x/1", "z", {"Content-Type": content_type}, host=host).status

    assert status("POST", "text/plain") == 200
    assert status("POST", "a/b", host="a.example") == 200
    assert status("POST", "a/c") == 415
    assert status("PATCH", "a/c") == 405
    assert status("PUT", "a/c") == 200


def test_the_payload_of_an_envelope_is_json_and_that_of_a_raw_socket_bytes(loopback):
    one = loopback(
        mapping("json", op="a", content_types="application/json"),
        mapping("text", op="b", content_types="text/*"),
        mapping("raw", path="/raw", content_types="application/json"),
        mapping("bytes", path="/bytes", content_types="application/octet-stream"),
        websockets=[
            {"path": "/ws"},
            {"path": "/raw", "envelope": "raw"},
            {"path": "/bytes", "envelope": "raw"},
        ],
    )
    with one.websocket() as socket:
        for op, params, expected in (("a", [1], None), ("b", [1], 415), ("b", None, None)):
            message = {"jsonrpc": "2.0", "id": 1, "method": op}
            socket.send({**message, "params": params} if params else message)
            answer = socket.receive_json()
            assert answer.get("error", {"data": {"status": None}})["data"]["status"] == expected
    with one.websocket("/raw") as socket:
        socket.send("[]")
        assert socket.receive_json()["status"] == 415
    with one.websocket("/bytes") as socket:
        socket.send("[]")
        assert socket.receive() == "[]"
