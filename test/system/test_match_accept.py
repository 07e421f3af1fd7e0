# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Accept and layers: which of the mappings that fit takes a request, and who answers for all."""

import pytest

TYPES = {
    "json": ["application/json", "application/*+json"],
    "html": "text/html",
    "text": "text/plain",
}


def mapping(name, path, **match):
    return {"name": name, "match": {"path": path, **match}, "send": {"body": name}}


def ask(gateway, target, *accept, method="GET", body=b"", content_type=None):
    """The mapping that took it, or the status; and Vary."""
    lines = [f"{method} {target} HTTP/1.1", "Host: a", *(f"Accept: {line}" for line in accept)]
    if body:
        lines += [f"Content-Length: {len(body)}", f"Content-Type: {content_type}"]
    with gateway.connect() as client:
        client.send("\r\n".join([*lines, "", ""]).encode() + body)
        answer = client.response()
    name = answer.body.decode() if answer.status == 200 else answer.status
    return name, answer.header("vary")


@pytest.fixture
def table(loopback):
    return loopback(
        mapping("page", "/x", accept="html"),
        mapping("data", "/x", accept=["text", "json"]),
        mapping("only-json", "/json", accept="json"),
        mapping("always", "/always"),
        mapping("first", "/both", accept="html"),
        mapping("any", "/both"),
        accept_types=TYPES,
    )


@pytest.mark.parametrize(
    "accept, expected",
    [
        ([], "page"),
        ([""], "page"),
        ([" , "], "page"),
        (["*/*"], "page"),
        (["*; q=.2, */*; q=.2"], "page"),
        (["application/json"], "data"),
        (["application/vnd.order+json"], "data"),
        (["text/html;q=0.8, application/json;q=0.9"], "data"),
        (["text/html;q=0.9, application/json;q=0.8"], "page"),
        (["text/html;q=0.8", "application/json;q=0.9"], "data"),
        (["text/html;q=0, */*;q=0.1"], "data"),
        (["text/*;q=0.5, text/html;q=0.1"], "data"),
        (["text/html;level=1;q=0.5, */*;q=0.4"], "page"),
        (["image/png"], 406),
        (["*/*;q=0"], 406),
    ],
)
def test_what_is_wanted_most_is_chosen(table, accept, expected):
    assert ask(table, "/x", *accept) == (expected, "Accept")


@pytest.mark.hostile
@pytest.mark.parametrize(
    "accept",
    [
        ["*/html"],
        ["text"],
        ["text/html;q=2"],
        ["text/html;q"],
        ["text/html;q=0.1234"],
        ['text/html;a="'],
        ["text/html", "nonsense"],
        [", ".join(["a/b"] * 101)],
        ["a/b;q=0" + "," * 7000],
    ],
)
def test_a_broken_accept_is_400_where_it_is_looked_at(table, accept):
    expected = (406, "Accept") if accept[0].endswith(",,") else (400, "Accept")
    assert ask(table, "/json", *accept) == expected
    assert ask(table, "/always", *accept) == ("always", None)
    assert ask(table, "/none", *accept) == (404, None)


def test_a_mapping_without_accept_fits_whatever_is_wanted(table):
    assert ask(table, "/both", "text/html") == ("first", "Accept")
    assert ask(table, "/both", "text/html;q=0.5, application/json") == ("any", "Accept")
    assert ask(table, "/both", "image/png") == ("any", "Accept")
    assert ask(table, "/always", "image/png") == ("always", None)


def test_406_has_a_problem_and_nothing_was_sent(table):
    answer = table.get("/json", headers={"Accept": "text/html"})
    assert (answer.status, answer.header("content-type")) == (406, "application/problem+json")
    assert answer.problem["type"] == "not-acceptable"
    assert answer.problem["published"] == "no"


def test_templates_know_what_was_chosen(loopback):
    one = loopback(
        {
            "name": "one",
            "match": {"path": "/x", "accept": ["html", "json"]},
            "send": {"body": "as ${accept}"},
        },
        accept_types=TYPES,
    )
    for accept, name in (("*/*", "html"), ("application/json", "json"), ("text/html", "html")):
        assert one.get("/x", headers={"Accept": accept}).body == f"as {name}".encode()


def test_over_websocket_everything_is_acceptable(loopback):
    one = loopback(
        {
            "name": "one",
            "match": {"op": "x", "accept": ["html", "json"]},
            "send": {"body": "${accept}"},
        },
        accept_types=TYPES,
        websockets=[{"path": "/ws"}],
    )
    for accept in ("application/json", "nonsense"):
        with one.websocket(headers={"Accept": accept}) as socket:
            socket.send({"jsonrpc": "2.0", "id": 1, "method": "x"})
            assert socket.receive_json()["result"] == "html"


@pytest.fixture
def layers(loopback):
    return loopback(
        mapping("sorry-html", "/*rest", accept="html", layer="last_call"),
        mapping("sorry-json", "/*rest", accept="json", layer="last_call", method=["GET", "PUT"]),
        mapping("page", "/a", accept="html", method="GET"),
        mapping("typed", "/typed", method="POST", content_types="a/b"),
        accept_types=TYPES,
    )


@pytest.mark.parametrize(
    "method, target, accept, expected",
    [
        ("GET", "/a", "application/json, text/html;q=0.1", "page"),
        ("GET", "/a", "application/json", "sorry-json"),
        ("PUT", "/a", "*/*", "sorry-html"),
        ("GET", "/b", "application/json;q=0.2, text/html;q=0.1", "sorry-json"),
        ("GET", "/b", "image/png", 406),
        ("POST", "/b", "application/json", 406),
        ("POST", "/a", "image/png", 406),
    ],
)
def test_the_last_layer_answers_for_all(layers, method, target, accept, expected):
    assert ask(layers, target, accept, method=method) == (expected, "Accept")


def test_of_all_refusals_the_nearest_is_given(layers):
    told = ask(layers, "/typed", "image/png", method="POST", body=b"x", content_type="c/d")
    assert told == (415, "Accept")
    told = ask(layers, "/typed", "image/png", method="POST", body=b"x", content_type="a/b")
    assert told == ("typed", None)


def test_layers_have_the_order_of_their_names(loopback):
    one = loopback(
        mapping("c", "/x", layer="third"),
        mapping("b", "/x", layer="second", query={"b": True}),
        mapping("a", "/x", query={"a": True}),
        layers=["first", "second", "third"],
    )
    for target, name in (("/x?a&b", "a"), ("/x?b", "b"), ("/x", "c")):
        assert ask(one, target) == (name, None)


def test_answers_say_which_headers_were_looked_at(loopback):
    one = loopback(
        mapping("beta", "/x", header={"X-Beta": "1", "x-tenant": True}),
        mapping("page", "/x", accept="html"),
        mapping("late", "/x", header={"x-late": True}),
        mapping("other", "/y"),
        accept_types=TYPES,
        cors={"origins": ["https://app.example"]},
    )
    with one.connect() as client:
        for lines, name, vary in (
            ("x-beta: 1\r\nx-tenant: 2\r\n", b"beta", ["X-Beta, x-tenant", "Origin"]),
            ("accept: text/html\r\n", b"page", ["Accept, X-Beta, x-tenant", "Origin"]),
        ):
            client.send(f"GET /x HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
            answer = client.response()
            assert (answer.body, answer.all("vary")) == (name, vary)
        client.send("GET /x HTTP/1.1\r\nHost: a\r\nAccept: image/png\r\n\r\n")
        answer = client.response()
        assert answer.status == 406
        assert answer.all("vary") == ["Accept, X-Beta, x-tenant, x-late", "Origin"]
        client.send("GET /y HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.response().all("vary") == ["Origin"]


def test_a_preflight_cannot_know_what_will_be_accepted(loopback):
    one = loopback(
        mapping("page", "/x", accept="html"),
        accept_types=TYPES,
        cors={"origins": ["https://app.example"]},
    )
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "PUT",
        "Accept": "image/png",
    }
    assert one.request("OPTIONS", "/x", headers=headers).status == 204
