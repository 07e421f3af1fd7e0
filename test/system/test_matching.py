# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Which mapping a request finds, and what it is told when there is none."""

import pytest


def mapping(name, match, **send):
    return {"name": name, "match": match, "send": {"body": name, **send}}


@pytest.fixture
def table(loopback):
    return loopback(
        mapping("root", {"method": "GET", "path": "/"}),
        mapping("list", {"method": ["GET", "PUT"], "path": "/orders"}),
        mapping("new", {"method": "POST", "path": "/orders"}),
        mapping("one", {"method": "GET", "path": "/orders/:id"}, body="one ${path.id}"),
        mapping("shadow", {"method": "GET", "path": "/orders/latest"}),
        mapping("slash", {"method": "GET", "path": "/both/?"}),
        mapping("files", {"path": "/files/*rest"}, body="files ${path.rest}"),
        mapping("query", {"method": "GET", "path": "/query"}, body="${query.a} ${query.b:-none}"),
    )


@pytest.mark.parametrize(
    "method, target, body",
    [
        ("GET", "/", b"root"),
        ("GET", "/orders", b"list"),
        ("PUT", "/orders", b"list"),
        ("POST", "/orders", b"new"),
        ("GET", "/orders/7", b"one 7"),
        ("GET", "/orders/latest", b"one latest"),  # a literal has no priority, only order counts
        ("GET", "/orders/a%20b%C3%BC", "one a bü".encode()),
        ("GET", "/both", b"slash"),
        ("GET", "/both/", b"slash"),
        ("DELETE", "/files", b"files "),
        ("PATCH", "/files/a/b", b"files a/b"),
        ("GET", "/query?a=1&b=2", b"1 2"),
        ("GET", "/query?b=%C3%BC&a=x+y", "x y ü".encode()),
        ("GET", "/query?a=", b" none"),
    ],
)
def test_a_request_finds_the_first_mapping_that_fits(table, method, target, body):
    answer = table.request(method, target)
    assert (answer.status, answer.body) == (200, body)


def test_head_finds_get_mappings_and_has_no_body(table):
    answer = table.request("HEAD", "/orders/7")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == str(len("one 7"))


def test_no_path_is_404(table):
    for target in ("/nothing", "/orders/", "/orders/1/2", "/Orders", "/ordersx"):
        answer = table.get(target)
        assert (answer.status, answer.problem["published"]) == (404, "no"), target


def test_a_path_without_that_method_is_405_and_says_which(table):
    answer = table.request("DELETE", "/orders")
    assert answer.status == 405
    assert answer.problem["published"] == "no"
    assert {method.strip() for method in answer.header("allow").split(",")} == {
        "GET",
        "HEAD",
        "PUT",
        "POST",
    }


def test_a_variable_without_value_is_400(table):
    answer = table.get("/query?b=1")
    assert (answer.status, answer.problem["published"]) == (400, "no")


def test_ten_thousand_mappings_load_and_keep_their_order(loopback):
    many = [mapping(f"m{i}", {"path": f"/:tenant/service{i}/:id"}) for i in range(5000)]
    many += [mapping(f"late{i}", {"path": f"/acme/service{i}/:id"}) for i in range(2500)]
    many += [mapping(f"host{i}", {"path": "/hosts", "host": f"t{i}.example"}) for i in range(2499)]
    table = loopback(*many, mapping("last", {"path": "/*rest"}))
    for target, body in (
        ("/acme/service4999/7", b"m4999"),
        ("/acme/service0/7", b"m0"),  # not late0, which stands behind
        ("/acme/service5000/7", b"last"),
        ("/hosts", b"last"),
    ):
        assert table.get(target).body == body
    for i in (0, 1234, 2498):
        assert table.request("GET", "/hosts", host=f"t{i}.example").body == f"host{i}".encode()
