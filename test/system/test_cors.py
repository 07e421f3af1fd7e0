# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What pages of other origins may use: row 77 of docs/hazards.md, and the part of the Fetch
standard that is a server's."""

import json

import pytest

from harness.client import Connection

pytestmark = pytest.mark.hostile

APP = "https://app.example"
SHOP = "https://a.b.shop.example"
STRANGERS = [
    "https://evil.example",
    "null",
    "https://app.example.evil",
    "https://notapp.example",
    "https://app.exampl",
    "http://app.example",
    "https://app.example:8443",
    "https://app.example/",
    "https://APP.example",
    "https://sub.app.example",
    "https://shop.example",
    "https://.shop.example",
    "https://evil.example/.shop.example",
    "https://a.shop.example.evil",
    "https://a.shop.example:8443",
    "https://app.example, https://evil.example",
    "https://app.example https://evil.example",
    "*",
    "",
]
VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
CORS = {
    "origins": [APP, "https://*.shop.example"],
    "credentials": True,
    "expose": ["ETag", "Retry-After"],
    "max_age": "2m",
}
OWN = {"origins": "https://own.example", "methods": ["GET", "PUT"], "headers": "*"}
EVIL = {
    "access-control-allow-origin": "https://evil.example",
    "access-control-allow-credentials": "true",
    "vary": "Accept",
    "etag": '"1"',
}
PASSED = {"headers": list(EVIL), "timeout": "10s"}


def mapping(name, match, answer=None, cors=None, **send):
    row = {"name": name, "match": {"path": f"/{name}", **match}, "send": send}
    row["answer"] = answer or {"timeout": "10s"}
    if cors is not None:
        row["cors"] = cors
    return row


MAPPINGS = (
    mapping("echo", {"method": ["GET", "POST", "PUT"]}),
    mapping("slow", {"method": "POST"}, delay="50ms"),
    mapping("json", {"method": "POST", "content_types": ["application/json"], "body": "required"}),
    mapping("full", {}, behave="refuse"),
    mapping("mute", {}, {"timeout": "100ms"}, behave="drop"),
    mapping("never", {}, behave="drop"),
    mapping("worker", {}, PASSED, headers=EVIL),
    mapping("tenant", {"method": "DELETE", "header": {"x-tenant": True}}),
    mapping("own", {"method": ["GET", "PUT", "DELETE"]}, cors=OWN),
    mapping("open", {}, cors={"origins": "*", "expose": "*"}),
    mapping("closed", {"method": "GET"}, PASSED, cors=False, headers=EVIL),
    {**mapping("others", {"path": "/echo", "method": "DELETE"}), "cors": OWN},
)


@pytest.fixture
def pages(loopback):
    return loopback(*MAPPINGS, cors=CORS, limits={"body": "1KiB", "body_timeout": "300ms"})


def preflight(gateway, target, method="POST", origin=APP, headers=None, more=()):
    lines = {"Origin": origin, "Access-Control-Request-Method": method, **dict(more)}
    if headers is not None:
        lines["Access-Control-Request-Headers"] = headers
    return gateway.request("OPTIONS", target, headers=lines)


def said(answer):
    """All that an answer says about other origins."""
    return {
        name.lower(): value
        for name, value in answer.headers
        if name.lower().startswith("access-control-") or name.lower() == "vary"
    }


def lets_in(origin):
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag, Retry-After",
        "vary": "Origin",
    }


# ---- who may read ----


@pytest.mark.parametrize("origin", STRANGERS)
def test_row77_a_stranger_is_served_but_no_page_of_his_may_read_it(pages, origin):
    answer = pages.get("/echo", headers={"Origin": origin})
    assert answer.status == 200
    assert said(answer) == {"vary": "Origin"}


@pytest.mark.parametrize("origin", STRANGERS)
def test_row77_the_preflight_of_a_stranger_is_403(pages, origin):
    answer = preflight(pages, "/echo", origin=origin)
    assert (answer.status, answer.problem["type"]) == (403, "forbidden")
    assert said(answer) == {"vary": VARY}
    assert pages.metric("bridgehead_rejected_total", reason="origin") == 1
    assert pages.access(msg="rejected", reason="origin")
    assert pages.metric("bridgehead_calls_total") == 0


def test_row77_two_origins_are_none(pages):
    with pages.connect() as client:
        client.send(f"GET /echo HTTP/1.1\r\nHost: a\r\nOrigin: {APP}\r\nOrigin: {APP}\r\n\r\n")
        assert said(client.response()) == {"vary": "Origin"}


@pytest.mark.parametrize("origin", [APP, SHOP])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_page_that_is_let_in_may_read(pages, origin, method):
    answer = pages.request(method, "/echo", headers={"Origin": origin})
    assert answer.status == 200
    assert said(answer) == lets_in(origin)


def test_a_request_without_origin_gets_an_answer_that_caches_keep_apart(pages):
    assert said(pages.get("/echo")) == {"vary": "Origin"}


ERRORS = [
    ("GET", "/nowhere", None, 404),
    ("PATCH", "/echo", None, 405),
    ("FOO", "/echo", None, 501),
    ("GET", "/echo/../x", None, 400),
    ("POST", "/json", None, 411),
    ("POST", "/json", "text", 415),
    ("POST", "/echo", "x" * 1025, 413),
    ("POST", "/full", "x", 503),
    ("POST", "/mute", "x", 504),
]


@pytest.mark.parametrize("origin", [APP, SHOP])
@pytest.mark.parametrize("method, target, body, status", ERRORS)
def test_our_own_errors_can_be_read_too(pages, origin, method, target, body, status):
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    answer = pages.request(method, target, body, headers=headers)
    assert answer.status == answer.problem["status"] == status
    assert said(answer) == lets_in(origin)


def test_a_body_that_grows_too_large_or_stays_away_is_an_error_that_can_be_read(pages):
    head = f"POST /echo HTTP/1.1\r\nHost: a\r\nOrigin: {SHOP}\r\nTransfer-Encoding: chunked\r\n\r\n"
    for rest, status in (("1000\r\n", 413), ("zz\r\n", 400), ("5\r\nab", 408)):
        with pages.connect() as client:
            client.send(head)
            client.send(rest)
            answer = client.response()
            assert answer.status == status
            assert said(answer) == lets_in(SHOP)


def test_of_a_broken_request_only_caches_hear(pages):
    answer = pages.get("/echo", headers={"Origin": APP, "Bad name": "x"})
    assert answer.status == 400
    assert said(answer) == {"vary": "Origin"}


def test_where_all_are_let_in_a_broken_request_says_so_too(loopback):
    with loopback(cors={"origins": "*"}, limits={"header_timeout": "300ms"}).connect() as client:
        client.send("GET / HTTP/1.1\r\n")
        answer = client.response()
    assert answer.status == 408
    assert said(answer) == {"access-control-allow-origin": "*"}


# ---- preflights ----


def test_a_preflight_is_answered_without_a_call(pages):
    answer = preflight(pages, "/echo", headers="content-type,authorization,x-request-id")
    assert answer.status == 204
    assert (answer.header("content-length"), answer.header("content-type")) == (None, None)
    allowed = said(answer)
    assert "Content-Type" in allowed.pop("access-control-allow-headers").split(", ")
    assert allowed == {
        "access-control-allow-origin": APP,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD, POST, PUT",
        "access-control-max-age": "120",
        "vary": VARY,
    }
    assert pages.metric("bridgehead_preflights_total") == 1
    assert pages.metric("bridgehead_calls_total") == 0
    assert pages.metric("bridgehead_rejected_total") == 0


def test_a_preflight_leaves_the_connection_open_unless_it_has_a_body(pages):
    lines = f"Origin: {SHOP}\r\nAccess-Control-Request-Method: PUT\r\n"
    with pages.connect() as client:
        for _ in range(2):
            client.send(f"OPTIONS /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
            assert client.response().header("access-control-allow-origin") == SHOP
        client.send(f"OPTIONS /echo HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: 9\r\n\r\n")
        client.send("GET / HTT")
        answer = client.response()
        assert (answer.status, answer.header("connection")) == (204, "close")
        assert client.is_closed()


@pytest.mark.parametrize(
    "target, method, headers, status, reason",
    [
        ("/echo", "POST", "x-other", 403, "preflight"),
        ("/echo", "POST", "content-type,x y", 403, "preflight"),
        ("/echo", "post", None, 405, "method_not_allowed"),
        ("/echo", "PATCH", None, 405, "method_not_allowed"),
        ("/full", "TRACE", None, 403, "preflight"),
        ("/full", "FOO", None, 403, "preflight"),
        ("/full", "", None, 403, "preflight"),
        ("/nowhere", "POST", None, 404, "not_found"),
        ("/echo/%2e%2e/x", "POST", None, 400, "bad_request"),
    ],
)
def test_a_preflight_for_what_is_not_there_is_refused_and_can_be_read(
    pages, target, method, headers, status, reason
):
    answer = preflight(pages, target, method, headers=headers)
    assert answer.status == answer.problem["status"] == status
    assert answer.header("access-control-allow-origin") == APP
    assert answer.header("vary") == VARY
    assert (answer.header("allow") is not None) == (status == 405)
    assert pages.metric("bridgehead_rejected_total", reason=reason) == 1
    assert pages.metric("bridgehead_calls_total") == 0


def test_a_preflight_that_asks_twice_is_refused(pages):
    with pages.connect() as client:
        ask = "Access-Control-Request-Method: POST\r\n" * 2
        client.send(f"OPTIONS /full HTTP/1.1\r\nHost: a\r\nOrigin: {APP}\r\n{ask}\r\n")
        assert client.response().status == 403


def test_what_only_the_request_itself_can_tell_is_taken_as_given(pages):
    assert preflight(pages, "/tenant", "DELETE").status == 204
    assert preflight(pages, "/json", headers="content-type").status == 204
    answer = pages.request("DELETE", "/tenant", headers={"Origin": APP})
    assert (answer.status, said(answer)) == (404, lets_in(APP))


@pytest.mark.parametrize("missing", ["Origin", "Access-Control-Request-Method"])
def test_options_that_is_no_preflight_goes_to_the_mappings(pages, missing):
    headers = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    del headers[missing]
    assert pages.request("OPTIONS", "/echo", headers=headers).status == 405
    assert pages.request("OPTIONS", "/open", headers=headers).status == 200


# ---- blocks of mappings ----


def test_the_block_of_a_mapping_replaces_the_other_whole(pages):
    assert said(pages.get("/own", headers={"Origin": APP})) == {"vary": "Origin"}
    assert said(pages.get("/own", headers={"Origin": "https://own.example"})) == {
        "access-control-allow-origin": "https://own.example",
        "vary": "Origin",
    }
    assert preflight(pages, "/own", "PUT").status == 403
    answer = preflight(pages, "/own", "PUT", "https://own.example", "x-b,X-A")
    assert answer.status == 204
    assert said(answer) == {
        "access-control-allow-origin": "https://own.example",
        "access-control-allow-methods": "GET, HEAD, PUT",
        "access-control-allow-headers": "x-b, x-a",
        "access-control-max-age": "600",
        "vary": VARY,
    }
    assert preflight(pages, "/own", "DELETE", "https://own.example").status == 403
    assert preflight(pages, "/own", "PUT", "https://own.example", "x-b,x a").status == 403


def test_the_method_that_is_asked_for_chooses_the_block(pages):
    assert preflight(pages, "/echo", "PUT").status == 204
    assert preflight(pages, "/echo", "PUT", "https://own.example").status == 403
    assert preflight(pages, "/echo", "DELETE").status == 403
    assert pages.request("DELETE", "/echo", headers={"Origin": APP}).header(
        "access-control-allow-origin"
    ) is None


def test_a_star_says_the_same_to_everybody_and_knows_no_credentials(pages):
    for headers in ({}, {"Origin": "https://any.example"}, {"Origin": "null"}):
        assert said(pages.get("/open", headers=headers)) == {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "*",
        }
    answer = preflight(pages, "/open", origin="null")
    assert answer.status == 204
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-credentials") is None


def test_a_mapping_can_be_without(pages):
    answer = pages.get("/closed", headers={"Origin": APP})
    assert said(answer) == {**{k: EVIL[k] for k in EVIL if k != "etag"}}
    answer = preflight(pages, "/closed", "GET")
    assert (answer.status, said(answer)) == (405, {})


def test_without_a_block_nothing_is_said(loopback):
    one = loopback(mapping("a", {"method": ["GET", "OPTIONS"]}, PASSED, headers=EVIL))
    assert said(one.get("/a", headers={"Origin": APP}))["vary"] == "Accept"
    assert preflight(one, "/a", "GET").status == 200, "a worker may answer preflights itself"
    assert said(one.get("/nowhere", headers={"Origin": APP})) == {}
    assert one.metric("bridgehead_preflights_total") == 0


def test_row57_a_reply_neither_doubles_nor_replaces_what_the_block_says(pages):
    answer = pages.get("/worker", headers={"Origin": APP})
    assert answer.all("access-control-allow-origin") == [APP]
    assert answer.all("access-control-allow-credentials") == ["true"]
    assert sorted(answer.all("vary")) == ["Accept", "Origin"]
    assert answer.header("etag") == '"1"'
    answer = pages.get("/worker", headers={"Origin": "https://evil.example"})
    assert answer.all("access-control-allow-origin") == []
    assert sorted(answer.all("vary")) == ["Accept", "Origin"]


# ---- connections ----


def test_answers_of_one_connection_do_not_mix_their_origins(pages):
    origins = [SHOP, None, APP, "https://evil.example", "https://b.shop.example", "null", SHOP] * 5
    with pages.connect() as client:
        for at, origin in enumerate(origins):
            lines = f"Origin: {origin}\r\n" if origin else ""
            target = ("/echo", "/slow", "/nowhere", "/open")[at % 4]
            client.send(f"POST {target} HTTP/1.1\r\nHost: a\r\n{lines}Content-Length: 1\r\n\r\nx")
        for at, origin in enumerate(origins):
            answer = client.response()
            if at % 4 == 3:
                assert said(answer)["access-control-allow-origin"] == "*"
            elif origin in (APP, SHOP, "https://b.shop.example"):
                assert said(answer) == lets_in(origin)
            else:
                assert said(answer) == {"vary": "Origin"}


def test_nothing_is_left_of_the_request_before(pages):
    ask = {"Origin": APP, "Access-Control-Request-Method": "PUT"}
    with pages.connect() as client:
        for method, target, headers, origins, vary in (
            ("OPTIONS", "*", {}, [], []),
            ("OPTIONS", "/echo", ask, [APP], [VARY]),
            ("GET", "/closed", {}, ["https://evil.example"], ["Accept"]),
            ("GET", "/echo", {}, [], ["Origin"]),
        ):
            client.request("GET", "/echo", headers={"Origin": SHOP})
            assert said(client.response()) == lets_in(SHOP)
            client.request(method, target, headers=headers)
            answer = client.response()
            assert answer.all("access-control-allow-origin") == origins
            assert answer.all("vary") == vary


def test_the_origin_is_known_when_its_bytes_are_long_gone(pages):
    other = "https://other.shop.example"
    with pages.connect() as client, pages.connect() as noise:
        client.request("POST", "/slow", headers={"Origin": SHOP, "Content-Length": "2"})
        for _ in range(3):
            noise.request("POST", "/slow", "x" * 500, headers={"Origin": other})
            assert said(noise.response()) == lets_in(other)
        client.send("ab")
        assert said(client.response()) == lets_in(SHOP)


def test_a_client_that_leaves_takes_its_origin_along(pages):
    for target in ("/never", "/echo"):
        with pages.connect() as client:
            client.request("POST", target, headers={"Origin": SHOP, "Content-Length": "2"})
            client.send("ab" if target == "/never" else "a")
            pages.wait_metric("bridgehead_connections", 1)
            client.reset()
        pages.wait_metric("bridgehead_connections", 0)


def test_a_websocket_has_its_own_rule(loopback):
    one = loopback(
        cors={"origins": APP}, websockets=[{"path": "/ws", "origins": ["https://ws.example"]}]
    )
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for origin, status in (("https://ws.example", 101), (APP, 403)):
        answer = one.get("/ws", headers={**upgrade, "Origin": origin})
        assert (answer.status, said(answer)) == (status, {})


def test_the_admin_listener_knows_nothing_of_it(pages):
    assert said(pages.admin("/metrics")) == {}
    assert said(pages.admin("/nowhere")) == {}
    with Connection(pages.admin_address) as client:
        client.send("GET / HTTP/1.1\r\n\r\n")
        answer = client.response()
    assert (answer.status, said(answer)) == (400, {})


def test_json_bodies_of_errors_stay_what_they_were(pages):
    plain = pages.get("/nowhere").json
    other = pages.get("/nowhere", headers={"Origin": APP}).json
    assert {**plain, "call": None} == {**other, "call": None}, json.dumps([plain, other])
