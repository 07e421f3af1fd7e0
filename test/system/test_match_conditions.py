# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Mappings that ask for a host, query parameters and headers, over HTTP and over WebSocket."""

import pytest

NOT_FOUND = -32601


def mapping(name, **match):
    method = {} if "op" in match else {"method": "GET"}
    return {"name": name, "match": {**method, **match}, "send": {"body": name}}


def found(gateway, target, host="test", headers=(), method="GET"):
    """The mapping that took it, or the status."""
    answer = gateway.request(method, target, host=host, headers=headers)
    return answer.body.decode() if answer.status == 200 else answer.status


@pytest.fixture
def hosts(loopback):
    return loopback(
        mapping("api", path="/x", host="API.example"),
        mapping("shops", path="/x", host=["*.shop.example", "shop.example", "[::1]"]),
        mapping("post", method="POST", path="/x", host="post.example"),
        mapping("else", path="/else"),
        mapping("other", path="/else", host="other.example"),
    )


@pytest.mark.parametrize(
    "host, expected",
    [
        ("api.example", "api"),
        ("API.EXAMPLE:8080", "api"),
        ("api.example.", "api"),
        ("shop.example", "shops"),
        ("a.shop.example:81", "shops"),
        ("a.b.shop.example", "shops"),
        ("[::1]:8080", "shops"),
        ("ashop.example", 404),
        (".shop.example", 404),
        ("a..shop.example", 404),
        ("api.example.evil", 404),
        ("evil-api.example", 404),
        ("127.0.0.1", 404),
        ("post.example", 405),
    ],
)
def test_a_host_is_compared_without_port_and_in_any_case(hosts, host, expected):
    assert found(hosts, "/x", host) == expected


def test_labels_of_a_host_are_captured(loopback):
    one = loopback(
        {
            "name": "tenant",
            "match": {"path": "/x", "host": [":tenant.api.example", "*.:tenant.apps.example"]},
            "send": {"body": "${host.tenant} at ${host}"},
        },
        {"name": "else", "match": {"path": "/x"}, "send": {"body": "else"}},
    )
    for host, body in (
        ("acme.api.example", b"acme at acme.api.example"),
        ("ACME.Api.Example.:80", b"acme at ACME.Api.Example."),
        ("a.b.apps.example", b"b at a.b.apps.example"),
        ("apps.example", b"else"),
        ("a.b.api.example", b"else"),
        (".api.example", b"else"),
    ):
        assert one.request("GET", "/x", host=host).body == body


def test_an_absolute_target_names_the_host(hosts):
    assert found(hosts, "http://api.example/x", "shop.example") == "api"
    assert found(hosts, "http://none.example/x", "api.example") == 404


def test_a_request_without_host_finds_no_mapping_with_one(hosts):
    with hosts.connect() as client:
        client.send("GET /x HTTP/1.0\r\n\r\n")
        assert client.response().status == 404
    with hosts.connect() as client:
        client.send("GET /else HTTP/1.0\r\n\r\n")
        assert client.response().status == 200


def test_allow_knows_only_the_methods_of_the_host(loopback):
    one = loopback(
        mapping("a", path="/x", host="a.example"),
        mapping("b", path="/x", host="b.example", method="PUT"),
        mapping("c", path="/x", query={"c": True}, method="DELETE"),
    )
    answer = one.request("PATCH", "/x", host="a.example")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD")
    answer = one.request("PATCH", "/x?c", host="b.example")
    assert (answer.status, answer.header("allow")) == (405, "PUT, DELETE")
    assert one.request("PATCH", "/x", host="c.example").status == 404


@pytest.fixture
def queries(loopback):
    return loopback(
        mapping("v1", path="/x", query={"v": "1"}),
        mapping("v2", path="/x", query={"v": ["2", "two", "zwei ü"], "beta": False}),
        mapping("beta", path="/x", query={"beta": True}),
        mapping("encoded", path="/x", query={"a b": "=&"}),
        mapping("all", path="/all"),
    )


@pytest.mark.parametrize(
    "query, expected",
    [
        ("v=1", "v1"),
        ("v=1&other=2&other=3", "v1"),
        ("%76=%31", "v1"),
        ("v=2", "v2"),
        ("v=two", "v2"),
        ("v=zwei+%C3%BC", "v2"),
        ("v=2&beta", "beta"),
        ("beta=", "beta"),
        ("a%20b=%3D%26", "encoded"),
        ("a+b==%26", "encoded"),
        ("V=1", 404),
        ("v=01", 404),
        ("v=%zz", 404),
        ("v=1%00", 404),
        ("v", 404),
        ("", 404),
    ],
)
def test_a_query_parameter_decides(queries, query, expected):
    assert found(queries, "/x?" + query) == expected


@pytest.mark.hostile
@pytest.mark.parametrize("query", ["v=1&v=2", "v=1&v=1", "v=3&%76=4", "v=2&beta&beta", "v&v"])
def test_a_parameter_that_decides_and_comes_twice_is_400(queries, query):
    answer = queries.get("/x?" + query)
    assert (answer.status, answer.problem["published"]) == (400, "no")
    assert found(queries, "/all?" + query) == "all"


@pytest.fixture
def headers(loopback):
    return loopback(
        mapping("tenant", path="/x", header={"X-Tenant": ["a", "b"]}),
        mapping("joined", path="/x", header={"x-list": "1, 2"}),
        mapping("beta", path="/x", header={"x-beta": True, "x-tenant": False}),
        mapping("plain", path="/x", header={"x-list": False, "x-tenant": False}),
    )


@pytest.mark.parametrize(
    "lines, expected",
    [
        (["x-tenant: a"], "tenant"),
        (["X-TENANT:b  "], "tenant"),
        (["X-Tenant: A"], 404),
        (["X-Tenant: c"], 404),
        (["X-Tenant:"], 404),
        (["X-Tenant: a", "X-Tenant: b"], 404),
        (["X-List: 1", "x-list: 2"], "joined"),
        (["X-List: 1, 2"], "joined"),
        (["X-List: 1"], 404),
        (["X-Beta:"], "beta"),
        (["X-Beta: 1", "X-List: 1, 2"], "joined"),
        ([], "plain"),
    ],
)
def test_a_header_decides(headers, lines, expected):
    with headers.connect() as client:
        client.send("".join(["GET /x HTTP/1.1\r\nHost: a\r\n", *(f"{line}\r\n" for line in lines), "\r\n"]))
        answer = client.response()
    assert (answer.body.decode() if answer.status == 200 else answer.status) == expected


# Over WebSocket host and headers are those of the handshake, and so is the query of a plain op.


def ask(socket, op):
    socket.send({"jsonrpc": "2.0", "id": 1, "method": op})
    message = socket.receive_json()
    return message["result"] if "result" in message else message["error"]["code"]


@pytest.fixture
def entrances(loopback):
    return loopback(
        mapping("inside", op="get", host="app.example"),
        mapping("tenant", op="get", header={"x-tenant": "a"}),
        mapping("token", op="get", query={"token": "t"}),
        mapping("rest", op="rest.*", host="*.example"),
        mapping("by-path", path="/by", query={"q": "1"}, host="app.example"),
        websockets=[
            {"path": "/ws", "origins": ["*"]},
            {"path": "/paths", "origins": ["*"], "paths": True},
        ],
    )


def test_a_mapping_with_a_host_is_not_reached_through_a_socket_of_another(entrances):
    with entrances.websocket(host="APP.example:8080") as socket:
        assert ask(socket, "get") == "inside"
        assert ask(socket, "rest.x") == "rest"
    with entrances.websocket(host="evil.test") as socket:
        assert ask(socket, "get") == NOT_FOUND
        assert ask(socket, "rest.x") == NOT_FOUND


def test_headers_and_query_of_the_handshake_decide_for_its_ops(entrances):
    with entrances.websocket(headers={"X-Tenant": "a"}) as socket:
        assert ask(socket, "get") == "tenant"
    with entrances.websocket("/ws?x=1&token=t") as socket:
        assert ask(socket, "get") == "token"
    with entrances.websocket("/ws?token=t&token=t") as socket:
        assert ask(socket, "get") == -32602, "a parameter that decides, twice"


def test_an_op_that_is_a_path_has_a_query_of_its_own(entrances):
    with entrances.websocket("/paths?q=2", host="app.example") as socket:
        assert ask(socket, "GET /by?q=1") == "by-path"
        assert ask(socket, "GET /by") == NOT_FOUND
    with entrances.websocket("/paths?q=1") as socket:
        assert ask(socket, "GET /by?q=1") == NOT_FOUND
