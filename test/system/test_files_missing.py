# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""`files` without the file that is asked for: the request goes on to the mappings behind it."""

import pytest

from harness.waiting import eventually

pytestmark = pytest.mark.hostile

ACCEPT_TYPES = {"json": "application/json", "html": "text/html"}


@pytest.fixture
def root(tmp_path):
    for name in ("site/index.html", "site/app.js", "site/folder/index.html", "site/bare/x", "more/only.txt", "more/app.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def files(name, folder, **match):
    return {"name": name, "match": {"path": "/*rest", **match}, "files": {"root": str(folder)}}


def answer(name, status=200, **match):
    return {"name": name, "match": {"path": "/*rest", **match}, "respond": {"status": status, "body": name}}


def test_the_next_mapping_of_the_layer_takes_what_is_missing(gateway, root):
    one = gateway(
        bridges={},
        mappings=[files("site", root / "site"), files("more", root / "more"), answer("page", method="GET")],
    )
    for target, body in {
        "/app.js": b"site/app.js",
        "/only.txt": b"more/only.txt",
        "/folder/": b"site/folder/index.html",
        "/nope": b"page",
        "/bare/": b"page",
        "/.hidden": b"page",
    }.items():
        found = one.get(target)
        assert (found.status, found.body) == (200, body), target
    assert one.get("/bare").status == 308
    assert one.request("HEAD", "/nope").status == 200
    assert one.metric("bridgehead_calls_total", mapping="page", status="2xx") == 4
    assert one.metric("bridgehead_calls_total", mapping="more", status="2xx") == 1
    assert one.post("/nope", b"").status == 405


def test_a_page_of_the_last_layer_is_the_404(gateway, root):
    one = gateway(
        bridges={},
        accept_types=ACCEPT_TYPES,
        mappings=[
            answer("sorry-page", 404, layer="last_call", accept="html"),
            answer("sorry", 404, layer="last_call", accept="json"),
            files("site", root / "site"),
        ],
    )
    assert one.get("/app.js").status == 200
    page = one.get("/nope", headers={"Accept": "text/html"})
    assert (page.status, page.body, page.header("vary")) == (404, b"sorry-page", "Accept")
    assert one.get("/nope", headers={"Accept": "application/json"}).body == b"sorry"
    assert one.get("/nope", headers={"Accept": "image/png"}).status == 406
    assert one.get("/nope", headers={"Accept": "*/html"}).status == 400
    assert one.get("/app.js", headers={"Accept": "*/html"}).status == 200


def test_without_anybody_behind_it_is_404(gateway, root):
    one = gateway(
        bridges={},
        mappings=[
            files("site", root / "site"),
            {"name": "order", "match": {"method": "POST", "path": "/orders"}, "respond": {"body": "x"}},
        ],
    )
    found = one.get("/nope")
    assert (found.status, found.json["detail"]) == (404, "No such file is here.")
    (line,) = one.access(msg="call", mapping="site", status="404")
    found = one.get("/orders")
    assert (found.status, found.header("allow")) == (405, "POST")
    found = one.request("PUT", "/orders")
    assert (found.status, found.header("allow")) == (405, "GET, HEAD, POST")


def test_groups_of_accept_go_on_in_their_order(gateway, root):
    one = gateway(
        bridges={},
        accept_types=ACCEPT_TYPES,
        mappings=[
            answer("json", accept="json"),
            files("pages", root / "site", accept="html"),
            answer("html", accept="html"),
        ],
    )
    wants = {"Accept": "text/html, application/json;q=0.5"}
    assert one.get("/app.js", headers=wants).body == b"site/app.js"
    assert one.get("/nope", headers=wants).body == b"html"
    one = gateway(
        bridges={}, accept_types=ACCEPT_TYPES, mappings=[answer("json", accept="json"), files("any", root / "more")]
    )
    assert one.get("/app.js", headers=wants).body == b"more/app.js"
    assert one.get("/nope", headers=wants).body == b"json"


def test_limits_and_cors_are_those_of_the_mapping_that_takes_it(gateway, root):
    origin = {"Origin": "https://app.example"}
    one = gateway(
        bridges={},
        mappings=[
            files("site", root / "site"),
            {
                "name": "small",
                "match": {"path": "/small"},
                "respond": {"body": "small"},
                "limits": {"body": 10},
                "cors": {"origins": ["https://app.example"]},
            },
        ],
    )
    found = one.get("/small", headers=origin)
    assert (found.status, found.header("access-control-allow-origin")) == (200, "https://app.example")
    assert one.get("/app.js", headers=origin).header("access-control-allow-origin") is None
    assert one.request("GET", "/small", b"x" * 10).status == 200
    assert one.request("GET", "/small", b"x" * 11).status == 413
    asks = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-a"}
    assert one.request("OPTIONS", "/small", headers=asks).header("access-control-allow-origin") == "https://app.example"


def test_a_body_that_comes_late_changes_nothing(gateway, root):
    one = gateway(bridges={}, mappings=[files("site", root / "site"), answer("page")])
    for target, body in {"/app.js": b"site/app.js", "/nope": b"page"}.items():
        with one.connect() as client:
            client.send(f"GET {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na".encode())
            assert one.get("/app.js").status == 200
            client.send(b"b")
            found = client.response()
            assert (found.status, found.body) == (200, body)


def test_over_websocket_files_are_passed_over(gateway, root):
    one = gateway(
        bridges={},
        mappings=[files("site", root / "site"), {"name": "js", "match": {"path": "/app.js"}, "respond": {"body": "js"}}],
        websockets=[{"path": "/ws", "origins": ["*"], "paths": True}],
    )
    with one.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "GET /app.js"})
        assert socket.receive_json()["result"] == "js"
        socket.send({"jsonrpc": "2.0", "id": 2, "method": "GET /nope"})
        assert socket.receive_json()["error"]["data"]["detail"] == "This is there over HTTP only."


def test_descriptors_do_not_leak(gateway, root):
    one = gateway(
        bridges={}, mappings=[files("site", root / "site"), {**answer("page"), "match": {"path": "/*rest", "body": "none"}}]
    )
    one.get("/app.js")
    before = one.open_files()
    for target in ("/app.js", "/nope", "/bare", "/folder/"):
        for _ in range(20):
            one.get(target)
            one.request("GET", target, b"x" * 10)
            one.request("HEAD", target)
    eventually(lambda: one.open_files() <= before, 5, "files and connections to be closed")
