# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Mappings that answer themselves: no worker is asked, and everything else is as with any other."""

import pytest

from harness.gateway import run

METHOD_NOT_FOUND, WORKER_ERROR = -32601, -32000


def mapping(name, match, **respond):
    return {"name": name, "match": match, "respond": respond}


@pytest.fixture
def pages(gateway, tmp_path):
    """A gateway without any bridge."""
    (tmp_path / "sorry.html").write_text("<h1>Sorry</h1>")
    return gateway(
        bridges={},
        mappings=[
            mapping("hello", {"method": "GET", "path": "/hello/:name"}, body="Hello ${path.name}!\n"),
            mapping(
                "page",
                {"path": "/page/:name"},
                headers={"Content-Type": "text/html", "Cache-Control": "no-store", "X-Gone": "${query.x?}"},
                body="<p>${path.name|html}</p>",
            ),
            mapping("json", {"path": "/json"}, status=503, body={"query": "${query}", "n": 1.5}),
            mapping("none", {"path": "/none"}, status=204),
            mapping("empty", {"path": "/empty"}),
            mapping("echo", {"path": "/echo"}, body="${body}"),
            mapping(
                "headers",
                {"path": "/headers"},
                headers={"X-Copy": "${header.x-copy}", "Set-Cookie": ["a=1", "b=${query.b}"]},
            ),
            mapping("sorry", {"path": "/sorry"}, status=503, file=str(tmp_path / "sorry.html")),
            mapping("strict", {"path": "/strict", "json": True, "body": "required"}, body="${body:/a}"),
        ],
        limits={"body": "64KiB"},
    )


def test_a_body_is_text_or_json(pages):
    answer = pages.get("/hello/w%C3%B6rld")
    assert (answer.status, answer.body.decode()) == (200, "Hello wörld!\n")
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    answer = pages.get("/json?b=2&a=1&a=%22")
    assert (answer.status, answer.header("content-type")) == (503, "application/json")
    assert answer.body == b'{"query":{"b":"2","a":["1","\\""]},"n":1.5}'
    assert answer.header("retry-after") is None
    answer = pages.post("/echo", b"\x00\xff")
    assert (answer.status, answer.body) == (200, b"\x00\xff")


def test_headers_say_otherwise(pages):
    answer = pages.get("/page/%3Cb%3E")
    assert (answer.status, answer.body) == (200, b"<p>&lt;b&gt;</p>")
    assert answer.header("content-type") == "text/html"
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-gone") is None
    answer = pages.get("/headers?b=%C3%BC", headers={"X-Copy": "one"})
    assert answer.header("x-copy") == "one"
    assert answer.all("set-cookie") == ["a=1", "b=\xc3\xbc"]
    assert (answer.header("content-length"), answer.header("content-type")) == ("0", None)


def test_no_content_is_framed_as_such(pages):
    with pages.connect() as client:
        for target, status, length in (("/none", 204, None), ("/empty", 200, "0"), ("/none", 204, None)):
            client.request("GET", target)
            answer = client.response()
            assert (answer.status, answer.header("content-length"), answer.body) == (status, length, b"")


def test_head_is_told_the_length(pages):
    with pages.connect() as client:
        for target, length in (("/hello/x", "9"), ("/sorry", "14"), ("/hello/y", "9")):
            client.request("HEAD", target)
            answer = client.response(to="HEAD")
            assert answer.header("content-length") == length
        client.request("GET", "/hello/z")
        assert client.response().body == b"Hello z!\n"


def test_a_file_is_the_content(pages, tmp_path):
    answer = pages.get("/sorry")
    assert (answer.status, answer.body) == (503, b"<h1>Sorry</h1>")
    assert answer.header("content-type") == "text/html; charset=utf-8"
    (tmp_path / "sorry.html").write_text("<h1>Back soon</h1>")
    assert pages.post("/sorry", b"x").body == b"<h1>Back soon</h1>"
    (tmp_path / "sorry.html").unlink()
    answer = pages.get("/sorry")
    assert (answer.status, answer.problem["type"]) == (404, "not-found")


HOSTILE = [
    ("line end", "GET /headers?b=%0d%0aX-Evil:%201 HTTP/1.1\r\nX-Copy: a\r\n", 400),
    ("line feed", "GET /headers?b=%0a HTTP/1.1\r\nX-Copy: a\r\n", 400),
    ("control", "GET /headers?b=%7f HTTP/1.1\r\nX-Copy: a\r\n", 400),
    ("no UTF-8", "GET /headers?b=1 HTTP/1.1\r\nX-Copy: \xff\r\n", 400),
    ("long", f"GET /headers?b={'x' * 1100} HTTP/1.1\r\nX-Copy: a\r\n", 400),
    ("absent", "GET /headers?b=1 HTTP/1.1\r\n", 400),
    ("twice", "GET /headers?b=1&b=2 HTTP/1.1\r\nX-Copy: a\r\n", 400),
    ("no body", "GET /strict HTTP/1.1\r\n", 411),
    ("too much", "POST /echo HTTP/1.1\r\nContent-Length: 65537\r\n", 413),
    ("other method", "POST /hello/x HTTP/1.1\r\nContent-Length: 0\r\n", 405),
]


@pytest.mark.hostile
@pytest.mark.parametrize("head, status", [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_request_that_does_not_fit_gets_no_answer_of_the_mapping(pages, head, status):
    with pages.connect() as client:
        client.send(head.encode("latin-1") + b"Host: a\r\n\r\n")
        answer = client.response()
        assert (answer.status, answer.problem["published"]) == (status, "no")
        assert "evil" not in str(answer.headers).lower()
        if answer.header("connection") != "close":
            client.request("GET", "/hello/x")
            assert client.response().body == b"Hello x!\n"


@pytest.mark.hostile
def test_json_is_as_strict_as_before_a_worker(pages):
    assert pages.post("/strict", '{"a": 12}').body == b"12"
    assert pages.post("/strict", '{"a": 1,}').status == 400
    assert pages.post("/strict", b'{"a": "\xff"}').status == 400


def test_calls_are_counted_and_logged_like_others(pages):
    pages.get("/hello/x", headers={"X-Request-Id": "mine"})
    (line,) = pages.access(msg="call", mapping="hello")
    assert (line["status"], line["published"], line["request_id"]) == ("200", "no", "mine")
    assert "bridge" not in line
    pages.get("/json")
    assert pages.metric("bridgehead_calls_total", mapping="hello", status="2xx") == 1
    assert pages.metric("bridgehead_calls_total", mapping="json", status="5xx") == 1
    assert pages.metric("bridgehead_call_duration_seconds_count", mapping="json") == 1
    assert pages.metric("bridgehead_calls_in_flight") == 0


def test_many_on_one_connection_keep_their_order(pages):
    with pages.connect() as client:
        client.send("".join(f"GET /hello/{i} HTTP/1.1\r\nHost: a\r\n\r\n" for i in range(200)))
        for i in range(200):
            assert client.response().body == f"Hello {i}!\n".encode()


def test_other_origins_may_read_what_cors_says(gateway):
    one = gateway(
        bridges={},
        cors={"origins": "https://app.example"},
        mappings=[mapping("a", {"method": "PUT", "path": "/a"}, body="a")],
    )
    answer = one.request("PUT", "/a", headers={"Origin": "https://app.example"})
    assert answer.header("access-control-allow-origin") == "https://app.example"
    preflight = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    assert one.request("OPTIONS", "/a", headers=preflight).status == 204


@pytest.fixture
def entrances(gateway, tmp_path):
    (tmp_path / "page.txt").write_text("page")
    return gateway(
        bridges={},
        mappings=[
            mapping("version", {"op": "version"}, body={"version": 7, "you": "${body:/name?}"}),
            mapping("gone", {"op": "old.*"}, status=410, body={"gone": "${op.rest}"}),
            mapping("silent", {"op": "silent"}, status=204),
            mapping("text", {"method": "GET", "path": "/text"}, body="text"),
            mapping("file", {"path": "/file"}, file=str(tmp_path / "page.txt")),
            {"name": "away", "match": {"path": "/away"}, "redirect": {"to": "/text"}},
            mapping("raw", {"method": "POST", "path": "/raw"}, body="you said ${body}"),
        ],
        websockets=[
            {"path": "/ws", "origins": ["*"], "paths": True},
            {"path": "/raw", "origins": ["*"], "envelope": "raw"},
        ],
    )


def ask(socket, op, params=None, number=1):
    socket.send({"jsonrpc": "2.0", "id": number, "method": op, "params": params or {}})
    message = socket.receive_json()
    assert message["id"] == number
    return message.get("result", message.get("error"))


def test_an_op_gets_the_body_as_its_result(entrances):
    with entrances.websocket() as socket:
        assert ask(socket, "version", {"name": "ü"}) == {"version": 7, "you": "ü"}
        assert ask(socket, "version") == {"version": 7}
        assert ask(socket, "GET /text") == "text"
        error = ask(socket, "old.thing")
        assert (error["code"], error["data"]) == (WORKER_ERROR, {"status": 410, "body": {"gone": "thing"}})
        assert ask(socket, "silent") is None
        socket.send({"jsonrpc": "2.0", "method": "version"})
        assert ask(socket, "silent", number=2) is None, "a notification has no answer"
    with entrances.websocket("/raw") as socket:
        socket.send("hi")
        assert socket.receive() == "you said hi"


@pytest.mark.hostile
def test_what_needs_http_is_not_there_over_websocket(entrances):
    with entrances.websocket() as socket:
        for op in ("GET /file", "/away"):
            error = ask(socket, op)
            assert (error["code"], error["data"]["status"]) == (METHOD_NOT_FOUND, 404)
        assert ask(socket, "GET /text") == "text"


def test_headers_of_the_handshake_can_be_answered_with(gateway):
    one = gateway(
        bridges={},
        mappings=[mapping("me", {"op": "me"}, body="${header.x-me}")],
        websockets=[{"path": "/ws", "origins": ["*"]}],
    )
    with one.websocket(headers={"X-Me": "it is me"}) as socket:
        assert ask(socket, "me") == "it is me"


def test_check_warns_where_a_client_could_write_into_a_page(tmp_path):
    page = '{{"name": "p", "match": {{"path": "/:x"}}, "respond": {{"headers": {{"content-type": "text/html"}}, "body": "{}"}}}}'
    for body, warns in (("<p>${path.x}", True), ("<p>${path.x|html}", False)):
        file = tmp_path / "bridgehead.json"
        file.write_text(
            '{"listeners": [{"name": "a", "address": "127.0.0.1:8080"}], "mappings": ['
            + page.format(body)
            + "]}"
        )
        done = run("check", file)
        assert done.returncode == 0
        assert ("|html" in done.stderr) == warns, done.stderr
