# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Mappings that send the client elsewhere, and clients that would like to choose where."""

import pytest


def mapping(name, path, to, **options):
    return {"name": name, "match": {"path": path}, "redirect": {"to": to, **options}}


@pytest.fixture
def moved(gateway):
    return gateway(
        bridges={},
        mappings=[
            mapping("docs", "/docs/*rest", "https://docs.example/v2/${path.rest}"),
            mapping("one", "/one/:id", "/new/${path.id}?from=${query.from:-}", status=303),
            mapping("secure", "/secure/*rest", "https://${host}${uri}", status=301),
            mapping("tenant", "/t/:tenant/:page", "https://${path.tenant}.shop.example/${path.page}"),
            mapping("listed", "/l/:x", "/lang/${path.x|[a-z]{2}}", status=302),
            mapping("next", "/next", "/${query.to}", status=307),
        ],
    )


def location(gateway, target, **options):
    answer = gateway.get(target, **options)
    assert 301 <= answer.status <= 308, answer
    assert (answer.body, answer.header("content-length")) == (b"", "0")
    return answer.header("location")


def test_captures_go_along_segment_by_segment(moved):
    assert location(moved, "/docs/a%20b/%C3%BC/c.html") == "https://docs.example/v2/a%20b/%C3%BC/c.html"
    assert location(moved, "/docs/a/") == "https://docs.example/v2/a/"
    assert location(moved, "/docs") == "https://docs.example/v2/"
    assert location(moved, "/docs/a?x=1") == "https://docs.example/v2/a"
    assert location(moved, "/one/7?from=a/b%26c") == "/new/7?from=a%2Fb%26c"
    assert location(moved, "/one/7") == "/new/7?from="


def test_the_uri_goes_along_as_it_came(moved):
    assert location(moved, "/secure/a%20b/?x=%26&y", host="shop.example:8080") == (
        "https://shop.example/secure/a%20b/?x=%26&y"
    )


def test_the_status_is_the_mappings(moved):
    statuses = [moved.get(target).status for target in ("/docs", "/one/1", "/secure", "/l/de", "/next?to=a")]
    assert statuses == [308, 303, 301, 302, 307]
    for method in ("HEAD", "POST", "DELETE"):
        answer = moved.request(method, "/docs/x", "" if method == "POST" else None)
        assert (answer.status, answer.header("location")) == (308, "https://docs.example/v2/x")


AIMED = [
    ("/next?to=//evil.example/", 307, "/%2F%2Fevil.example%2F"),
    ("/next?to=https://evil.example", 307, "/https%3A%2F%2Fevil.example"),
    ("/next?to=%5cevil.example", 307, "/%5Cevil.example"),
    ("/next?to=a%0d%0aSet-Cookie:%20b", 307, "/a%0D%0ASet-Cookie%3A%20b"),
    ("/next?to=%ff", 400, None),
    ("/next?to=a&to=b", 400, None),
    ("/next", 400, None),
    ("/docs/%0d%0aX-Evil:1", 308, "https://docs.example/v2/%0D%0AX-Evil%3A1"),
    ("/docs//evil.example", 400, None),
    ("/docs/..%2f", 400, None),
    ("/docs/%2e%2e/x", 400, None),
    ("/t/evil.example%3f/x", 308, "https://evil.example%3F.shop.example/x"),
    ("/t/evil.example%23@a/x", 308, "https://evil.example%23%40a.shop.example/x"),
    ("/t/a%5cb/x", 308, "https://a%5Cb.shop.example/x"),
    ("/l/..", 400, None),
    ("/l/xyz", 400, None),
    ("/one/" + "%C3%BC" * 1300, 303, "/new/" + "%C3%BC" * 1300 + "?from="),
    ("/one/" + "~~~'''" * 1300, 400, None),
]


@pytest.mark.hostile
@pytest.mark.parametrize("target, status, expected", AIMED, ids=[row[0][:30] for row in AIMED])
def test_a_client_cannot_aim_it(moved, target, status, expected):
    answer = moved.get(target)
    assert (answer.status, answer.header("location")) == (status, expected)
    assert answer.header("x-evil") is None and answer.header("set-cookie") is None


def test_it_is_a_call_like_others(moved):
    location(moved, "/docs/a", headers={"X-Request-Id": "r"})
    (line,) = moved.access(msg="call", mapping="docs")
    assert (line["status"], line["published"], line["request_id"]) == ("308", "no", "r")
    assert moved.metric("bridgehead_calls_total", mapping="docs", status="3xx") == 1
