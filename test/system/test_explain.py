# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""`bridgehead explain` and `routes`: what would become of a request, without a broker."""

import json

import pytest

from harness import gateway as gateways

CONFIG = {
    "listeners": [
        {
            "name": "public",
            "address": "127.0.0.1:0",
            "websockets": [
                {"path": "/ws", "origins": ["https://app.example"], "paths": True},
                {"path": "/raw", "origins": ["https://app.example"], "envelope": "raw"},
            ],
        }
    ],
    "bridges": {
        "rabbit": {"type": "amqp", "url": "amqp://guest:guest@127.0.0.1:1/"},
        "kafka": {"type": "kafka", "bootstrap": "127.0.0.1:1"},
    },
    "defaults": {"bridge": "rabbit"},
    "accept_types": {"json": "application/json", "html": "text/html"},
    "mappings": [
        {
            "name": "create-order",
            "match": {"method": "POST", "path": "/orders", "op": "orders.create", "header": {"x-test": False}},
            "send": {"queue": "orders"},
        },
        {
            "name": "order",
            "match": {"method": "GET", "path": "/customers/:customer/orders/:id"},
            "send": {"queue": "orders.read", "headers": {"customer": "${path.customer}", "id": "${path.id}"}},
        },
        {
            "name": "sum",
            "match": {"method": "POST", "path": "/math/:op", "content_types": ["application/json"]},
            "send": {"queue": "math", "convention": "nestjs", "op": "${path.op}"},
        },
        {
            "name": "track",
            "match": {"method": "POST", "path": "/events/*rest"},
            "send": {"bridge": "kafka", "topic": "events", "key": "${query.user?}"},
            "answer": {"when": "confirmed"},
        },
        {
            "name": "hello",
            "match": {"path": "/hello", "accept": "json"},
            "respond": {"status": 203, "body": {"hello": "${query.name}"}},
        },
        {"name": "moved", "match": {"path": "/old/:x"}, "redirect": {"to": "/new/${path.x}"}},
        {"name": "raw", "match": {"path": "/raw", "body": "required"}, "send": {"queue": "raw"}},
        {"name": "none", "match": {"path": "/pages/*rest", "layer": "last_call", "accept": "html"}, "respond": {"status": 404, "body": "?"}},
    ],
}


@pytest.fixture
def explain(tmp_path):
    """explain(argument…): what it says, as JSON, and its exit status."""
    path = tmp_path / "bridgehead.json"
    path.write_text(json.dumps(CONFIG))

    def ask(*arguments, status=0):
        done = gateways.run("explain", "-c", path, "--json", *arguments)
        assert done.returncode == status, done.stderr or done.stdout
        return json.loads(done.stdout)

    ask.path = path
    return ask


def test_the_message_is_the_one_that_would_be_sent(explain):
    said = explain("GET", "/customers/7/orders/a%20b")
    assert (said["status"], said["mapping"]) == (200, "order")
    assert said["captures"] == {"path.customer": "7", "path.id": "a b"}
    assert said["considered"] == [
        {"mapping": "create-order", "why": 'the path is another: "/orders"'},
        {"mapping": "order", "why": "it takes the request"},
    ]
    message = said["message"]
    assert (message["bridge"], message["exchange"], message["routing_key"]) == ("rabbit", "", "orders.read")
    assert message["headers"]["id"] == "a b"
    assert message["properties"]["reply_to"] == "REPLY-ADDRESS"
    assert message["properties"]["correlation_id"] == message["properties"]["message_id"]


def test_what_it_says_is_what_a_worker_gets(explain, gateway, broker, worker):
    name = broker.queue()
    mapping = {
        "name": "sum",
        "match": {"method": "POST", "path": "/math/:op"},
        "send": {"queue": name, "convention": "nestjs", "op": "${path.op}", "headers": {"h": "${query}"}},
    }
    one = gateway(mappings=[mapping])
    at = worker(name, lambda message: message.reply('{"response":1,"isDisposed":true}'))
    assert one.post("/math/add?a=1&a=2", b"[1, 2]", headers={"Content-Type": "application/json"}).status == 200
    got = at.next()
    explain.path.write_text(json.dumps(CONFIG | {"mappings": [mapping]}))
    message = explain("-d", "[1, 2]", "POST", "/math/add?a=1&a=2")["message"]
    assert message["routing_key"] == got.routing_key
    sent = json.loads(got.body)
    assert message["body"] | {"id": sent["id"]} == sent
    assert message["headers"]["h"] == got.headers["h"]
    assert message["properties"]["content_type"] == got.properties.content_type
    broker.delete_queue(name)


def test_data_given_several_times_are_joined(explain, tmp_path):
    (tmp_path / "b").write_bytes(b"b=2\n")
    said = explain("-d", "a=1", "-d", f"@{tmp_path}/b", "--data", "", "POST", "/events/a")
    assert said["message"]["body"] == "a=1&b=2\n&"


def test_kafka(explain):
    said = explain("-d", "x", "POST", "http://shop.example/events/a/b?user=9")
    assert (said["status"], said["mapping"], said["captures"]) == (202, "track", {"path.rest": "a/b"})
    assert (said["message"]["topic"], said["message"]["key"], said["message"]["body"]) == ("events", "9", "x")


@pytest.mark.parametrize(
    "arguments, status, name, why",
    [
        (["PUT", "/orders"], 405, "create-order", "the method is none of POST"),
        (["POST", "/orders", "-H", "X-Test: 1"], 404, "create-order", "the header x-test is there"),
        (["POST", "/math/add", "-d", "1", "-H", "Content-Type: text/plain"], 415, "sum",
         "the content type is none of application/json"),
        (["GET", "/hello?name=a", "-H", "Accept: image/png"], 406, "hello", "Accept wants none of json"),
        (["GET", "/a%2fb"], 400, "order", 'the path is another: "/customers/:customer/orders/:id"'),
    ],
)
def test_why_a_mapping_does_not_take_a_request(explain, arguments, status, name, why):
    if not any("Accept" in each for each in arguments):
        arguments = [*arguments, "-H", "Accept: application/json"]
    said = explain(*arguments, status=1)
    assert (said["status"], said["mapping"]) == (status, None)
    assert {"mapping": name, "why": why} in said["considered"]
    assert said["detail"]


def test_what_the_parser_refuses_is_refused(explain):
    assert explain("GET", "/" + "a" * 9000, status=1)["status"] == 414
    assert explain("BREW", "/orders", status=1)["status"] == 501


def test_a_refusal_of_the_mapping_that_takes_it(explain):
    said = explain("GET", "/hello", "-H", "Accept: application/json")
    assert (said["status"], said["mapping"]) == (400, "hello")
    assert "message" not in said and "answer" not in said


def test_answers_without_a_worker(explain):
    said = explain("GET", "/hello?name=Z")
    assert (said["status"], said["answer"]["body"]) == (203, {"hello": "Z"})
    said = explain("GET", "/old/a%2520b")
    assert (said["status"], said["answer"]["headers"]) == (308, {"Location": "/new/a%2520b"})
    said = explain("GET", "/pages/x", "-H", "Accept: text/html")
    assert (said["status"], said["mapping"]) == (404, "none")
    assert len(said["considered"]) == len(CONFIG["mappings"])


def test_every_capture_is_listed_as_templates_name_it(explain):
    explain.path.write_text(json.dumps(CONFIG | {"mappings": [
        {
            "name": "all",
            "match": {
                "path": "/a/:id/*accept",
                "op": {"name": "a.*", "captures": {"id": "body:/id", "accept": "body:/none"}},
                "host": ["other.example", ":tenant.:zone.example"],
                "accept": ["json", "html"],
            },
            "send": {"queue": "a"},
        }
    ]}))
    said = explain("GET", "http://Blue.EU.example:81/a/7/b/c", "-H", "Accept: text/html")
    captures = {"path.id": "7", "path.accept": "b/c", "host.tenant": "blue", "host.zone": "eu"}
    assert said["captures"] == {**captures, "accept": "html"}
    assert explain("GET", "http://other.example/a/7", "-H", "Accept: text/html")["captures"] == {
        "path.id": "7", "path.accept": "", "accept": "html"
    }
    said = explain("--ws", "--op", "a.b.c", "-d", '{"id": 9}', "ws://x.y.example/ws")
    assert said["captures"] == {
        "path.id": "9", "host.tenant": "x", "host.zone": "y", "op.rest": "b.c", "accept": "json"
    }
    done = gateways.run("explain", "-c", explain.path, "GET", "http://a.b.example/a/7/", "-H", "Accept: text/html")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    at = lines.index("captures:")
    assert lines[at + 1 : at + 6] == ["path.id 7", "path.accept", "host.tenant a", "host.zone b", "accept html"]


@pytest.fixture
def site(explain, tmp_path):
    root = tmp_path / "site"
    root.mkdir()
    (root / "app.js").write_text("let a")
    (root / "data.bin").write_bytes(b"\xff\xfe")
    (root / "long.txt").write_text("x" * 1025)
    (root / "page.json").write_text('{"a": 1}')
    (root / "folder").mkdir()
    explain.path.write_text(json.dumps(CONFIG | {"mappings": [
        {"name": "site", "match": {"path": "/*rest"}, "files": {"root": "site", "max_age": "1m"}},
        {"name": "page", "match": {"path": "/page"}, "respond": {"status": 203, "headers": {"x-a": "b"}, "file": "site/page.json"}},
        {"name": "gone", "match": {"path": "/gone"}, "respond": {"file": "site/long.txt"}},
        {"name": "sorry", "match": {"path": "/x/*rest", "layer": "last_call"}, "respond": {"status": 404, "body": "sorry"}},
    ]}))
    return root


def test_a_file_of_respond(explain, site):
    said = explain("GET", "/page")
    assert (said["status"], said["mapping"]) == (203, "page")
    assert said["answer"] == {
        "status": 203,
        "content_type": "application/json",
        "headers": {"x-a": "b"},
        "file": str(site / "page.json"),
        "length": 8,
        "body": {"a": 1},
    }


def test_files(explain, site):
    said = explain("GET", "/app.js")
    answer = said["answer"]
    assert (answer["status"], answer["content_type"], answer["body"]) == (200, "text/javascript; charset=utf-8", "let a")
    assert (answer["file"], answer["length"]) == (str(site / "app.js"), 5)
    assert answer["headers"]["Cache-Control"] == "max-age=60" and answer["headers"]["ETag"]
    part = explain("GET", "/app.js", "-H", "Range: bytes=1-2")
    assert (part["status"], part["answer"]["length"], part["answer"]["body"]) == (206, 2, "et")
    same = explain("GET", "/app.js", "-H", "If-None-Match: " + answer["headers"]["ETag"])
    assert same["status"] == 304 and "length" not in same["answer"] and "body" not in same["answer"]
    assert explain("GET", "/app.js", "-H", "Range: bytes=9-")["status"] == 416
    assert "body" not in explain("GET", "/data.bin")["answer"] and "body" not in explain("GET", "/long.txt")["answer"]
    assert explain("GET", "/folder?a=1")["answer"]["headers"] == {"Location": "/folder/?a=1"}


def test_files_that_are_missing_are_passed_over(explain, site):
    said = explain("GET", "/x/y")
    assert (said["status"], said["mapping"], said["answer"]["body"]) == (404, "sorry", "sorry")
    assert said["considered"][0] == {"mapping": "site", "why": "it has no such file"}
    said = explain("GET", "/y", status=1)
    assert (said["status"], said["mapping"], said["detail"]) == (404, None, "No such file is here.")
    said = explain("--ws", "--op", "GET /x/y", "/ws")
    assert (said["mapping"], said["considered"][0]["why"]) == ("sorry", "files are there over HTTP only")


def test_the_answer_for_people(explain, site):
    done = gateways.run("explain", "-c", explain.path, "GET", "/page")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[lines.index("answer:") + 1 :] == [
        "status 203",
        "content_type application/json",
        "header x-a b",
        f"file {site}/page.json",
        "length 8",
        'body {"a": 1}',
    ]


def test_messages_on_a_websocket(explain):
    said = explain("--ws", "--op", "orders.create", "-d", '{"a": 1}', "/ws")
    assert (said["mapping"], said["message"]["body"]) == ("create-order", {"a": 1})
    said = explain("--ws", "--op", "GET /customers/1/orders/2", "/ws")
    assert (said["mapping"], said["captures"]["path.id"]) == ("order", "2")
    assert explain("--ws", "-d", "bytes", "/raw")["message"]["body"] == "bytes"
    assert explain("--ws", "--op", "none", "/ws", status=1)["status"] == 404
    assert explain("--ws", "--op", "/old/1", "/ws")["status"] == 404


def test_for_people(explain):
    done = gateways.run("explain", "-c", explain.path, "GET", "/customers/7/orders/8")
    assert done.returncode == 0
    assert "> order " in done.stdout and "header customer" in done.stdout
    assert gateways.run("explain", "-c", explain.path, "GET", "/orders").returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["GET", "/"],
        ["-c", "CONFIG", "GET"],
        ["-c", "CONFIG", "--op", "a", "GET", "/"],
        ["-c", "CONFIG", "GET", "ftp://a/"],
        ["-c", "CONFIG", "G ET", "/"],
        ["-c", "CONFIG", "--ws", "--op", "a", "/no-entrance"],
        ["-c", "CONFIG", "--ws", "/ws"],
        ["-c", "CONFIG", "--ws", "--op", "a", "/raw"],
        ["-c", "CONFIG", "-H", "broken", "GET", "/"],
        ["-c", "CONFIG", "-H", "A: b\r\nC: d", "GET", "/"],
        ["-c", "CONFIG", "-d", "@/nowhere", "GET", "/"],
        ["--what"],
    ],
)
def test_wrong_usage(explain, arguments):
    done = gateways.run("explain", *[explain.path if each == "CONFIG" else each for each in arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_routes(explain):
    done = gateways.run("routes", "-c", explain.path)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert lines[0] == "LAYER NAME MATCH ACTION"
    assert lines[2] == "- order GET, HEAD /customers/:customer/orders/:id send queue=orders.read"
    assert lines[4] == "- track POST /events/*rest send bridge=kafka topic=events when=confirmed"
    assert lines[-1] == "last_call none * /pages/*rest accept=html respond status=404"
    assert gateways.run("routes").returncode == 2
    assert gateways.run("routes", "-c", "/nowhere").returncode == 1
