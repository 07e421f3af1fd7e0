# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Rows 1 to 42 of docs/hazards.md: HTTP/1.1 framing, and what a client can do with time. Bytes are
sent whole and then one by one; both must mean the same."""

import contextlib
import random
import time

import pytest

from harness.hazard import (
    CHUNKED,
    ECHO,
    GET,
    POST,
    SOME,
    ByItself,
    Ended,
    Refused,
    Row,
    Served,
    table,
    walk,
)
from harness.waiting import eventually

pytestmark = pytest.mark.hostile

TAKES_GET = {"name": "get", "match": {"method": "GET", "path": "/get"}, "send": {}}
TAKES_ONE = {"name": "one", "match": {"path": "/one/:id"}, "send": {"body": "<${path.id}>"}}
SAYS_HOST = {"name": "host", "match": {"path": "/host"}, "send": {"body": "${host} ${port:-}"}}
SAYS_HEADERS = {"name": "headers", "match": {"path": "/headers"}, "send": {"body": "${headers}"}}
WITH_BODY = {"name": "required", "match": {"path": "/required", "body": "required"}, "send": {}}
NO_BODY = {"name": "none", "match": {"path": "/none", "body": "none"}, "send": {"body": "none"}}
SMALL = {"name": "small", "match": {"path": "/small"}, "limits": {"body": 10}, "send": {}}
SLOW = {"name": "slow", "match": {"path": "/slow"}, "send": {"delay": "100ms"}}
MAPPINGS = [TAKES_GET, TAKES_ONE, SAYS_HOST, SAYS_HEADERS, WITH_BODY, NO_BODY, SMALL, SLOW, ECHO]

GATEWAYS = {
    "plain": {"mappings": MAPPINGS},
    "hurried": {
        "mappings": MAPPINGS,
        "limits": {"header_timeout": "300ms", "body_timeout": "300ms"},
    },
    "unread": {
        "mappings": MAPPINGS,
        "limits": {"write_timeout": "400ms", "body": "8MiB", "reply": "8MiB"},
    },
    "crowded": {"mappings": MAPPINGS, "limits": {"connections": 50, "connections_per_address": 20}},
    "full": {"mappings": MAPPINGS, "limits": {"connections": 50}},
    "crawled": {"mappings": MAPPINGS},
}


def host(value):
    return f"GET /echo HTTP/1.1\r\nHost:{value}\r\n\r\n"


def length(value):
    return POST + f"Content-Length:{value}\r\n\r\n01234"


def coding(value):
    return POST + f"Transfer-Encoding:{value}\r\n\r\n0\r\n\r\n"


def chunk(size):
    return CHUNKED + size + "\r\n01234\r\n0\r\n\r\n"


def trailers(*lines):
    return CHUNKED + "5\r\nhello\r\n0\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"


def get(target, head="Host: a\r\n"):
    return f"GET {target} HTTP/1.1\r\n{head}\r\n"


def request(line, head="Host: a\r\n"):
    return f"{line}\r\n{head}\r\n"


def headers(*lines):
    return GET + "".join(f"{line}\r\n" for line in lines) + "\r\n"


# ---- rows that need a hand ----


def never_ends(*parts):
    """Sends each part, and then nothing; the time it takes is part of the row."""

    def send(client):
        for part in parts:
            client.send(part)

    return send


def early_answer_is_seen(client):
    """Far more than was announced as too much: the answer must not be lost in a reset."""
    client.send(POST + "Content-Length: 2000000\r\n\r\n")
    try:
        client.send("x" * 2000000)
    except OSError:
        pass


def pipeline_in_order(gateway):
    with gateway.connect() as client, gateway.connect() as other:
        data = "".join(
            f"POST {'/slow' if n % 16 == 0 else '/echo'} HTTP/1.1\r\nHost: a\r\n"
            f"Content-Length: {len(str(n))}\r\n\r\n{n}"
            for n in range(64)
        )
        client.send(data)
        other.request("POST", "/echo", "me too")
        assert other.response().body == b"me too"
        assert [client.response().body for _ in range(64)] == [str(n).encode() for n in range(64)]


def pipeline_without_end(gateway):
    """What may be parsed ahead is bounded: the client's sends come to a stop."""
    with gateway.connect(timeout=1) as client:
        client.request("POST", "/slow", "first")
        before = gateway.private_bytes()
        request = b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10000
        with pytest.raises(TimeoutError):
            for _ in range(4000):
                client.send(request)
        assert gateway.private_bytes() < before + (2 << 20)
        assert gateway.metric("bridgehead_calls_in_flight") <= 1
        left = left_and_late(gateway)
        client.reset()
        gateway.wait_metric("bridgehead_calls_in_flight", 0, timeout=2)
        eventually(lambda: left_and_late(gateway) == left, 2, "the late reply, if one was due")


def left_and_late(gateway):
    """How many more calls were abandoned than replies came late."""
    return gateway.metric("bridgehead_calls_total", status="abandoned") - gateway.metric(
        "bridgehead_replies_dropped_total", reason="late"
    )


def body_is_cut_short(gateway):
    calls = gateway.metric("bridgehead_calls_total")
    for framing, body in (
        ("Content-Length: 10", "12345"),
        ("Transfer-Encoding: chunked", "5\r\n12345\r\n"),
        ("Transfer-Encoding: chunked", "5\r\n12345\r\n0\r\n"),
    ):
        with gateway.connect() as client:
            client.send(POST + framing + "\r\n\r\n" + body)
            client.half_close()
            assert client.is_closed()
    assert gateway.metric("bridgehead_calls_total") == calls


def reader_sleeps(gateway):
    """Answers that no socket buffer takes, and nobody who reads them. Each is forgotten whole."""
    size = 8 << 20
    before = gateway.private_bytes()
    for _ in range(4):
        with gateway.connect() as client:
            client.request("POST", "/echo", b"x" * size)
            eventually(lambda: gateway.metric("bridgehead_calls_in_flight") == 0)
            gateway.wait_metric("bridgehead_connections", 0, timeout=5)
            got = 0
            with contextlib.suppress(ConnectionResetError):
                while piece := client.socket.recv(1 << 20):
                    got += len(piece)
            assert got < size
    assert gateway.private_bytes() < before + (1 << 20)


def crowd(gateway, limit, more):
    """Those within the limit are served; each one above it is accepted and closed."""
    kept = [gateway.connect() for _ in range(limit)]
    for client in kept:
        client.request("POST", "/echo", "x")
        assert client.response().status == 200
    for _ in range(more):
        with gateway.connect() as client:
            assert client.is_closed()
    assert gateway.admin("/livez").status == 200
    for client in kept:
        client.request("POST", "/echo", "still here")
        assert client.response().body == b"still here"
        client.close()
    gateway.wait_metric("bridgehead_connections", 0)
    assert gateway.post("/echo", "room again").status == 200


def crowd_of_one_address(gateway):
    crowd(gateway, 20, 30)


def crowd_in_all(gateway):
    crowd(gateway, 50, 30)


@pytest.fixture(scope="module")
def crawler(at):
    """A body below 500 bytes a second. It is given ten seconds, while other rows go on."""
    gateway = at("crawled")
    with gateway.connect() as client:
        client.send(POST + "Content-Length: 100000\r\n\r\n" + "x" * 4000)
        gateway.crawler, gateway.crawls_since = client, time.monotonic()
        yield


def body_below_the_rate(gateway):
    answer = gateway.crawler.response()
    assert answer.status == 408
    assert time.monotonic() - gateway.crawls_since > 9.9
    assert answer.problem["published"] == "no"
    assert gateway.crawler.is_closed()
    assert gateway.metric("bridgehead_rejected_total", reason="body_rate") == 1
    assert gateway.access(msg="rejected", reason="body_rate")


def interim(body, headers="Content-Length: 2\r\n"):
    def send(gateway):
        with gateway.connect() as client:
            client.send(POST + "Expect: 100-continue\r\n" + headers + "\r\n")
            answer = client.response()
            assert (answer.status, answer.headers) == (100, [])
            client.send(body)
            answer = client.response()
            assert (answer.status, answer.body) == (200, b"hi")

    return send


def drained_then_served(client):
    """The body that nobody wants is read away, so the next request is found behind it."""
    client.send("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + "x" * 65536)


EXPECT = "Expect: 100-continue\r\n"
NO_METHOD = Refused(405, keeps=True, headers={"Allow": "GET, HEAD"})
SERVER_OPTIONS = Served(status=204, calls=1, headers={"Content-Length": None})

ROWS = [
    Row(1, "no Host", get("/echo", head=""), Refused(400)),
    Row(2, "the same Host twice", headers("Host: a"), Refused(400)),
    Row(2, "two different Hosts", headers("Host: b"), Refused(400)),
    Row(2, "a list of Hosts", host(" a,b"), Refused(400)),
    Row(2, "userinfo in Host", host(" user@host"), Refused(400)),
    Row(2, "a path in Host", host(" a/b"), Refused(400)),
    Row(2, "an empty Host", host(""), Refused(400)),
    Row(2, "a Host of blanks", host(" \t "), Refused(400)),
    Row(2, "a port that is none", host(" a:x"), Refused(400)),
    Row(2, "a bad Host in HTTP/1.0", request("GET /echo HTTP/1.0", "Host: a b\r\n"), Refused(400)),
    Row(3, "length, then chunked", POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    Row(3, "chunked, then length", POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", Refused(400)),
    Row(4, "two lengths", POST + "Content-Length: 5\r\nContent-Length: 10\r\n\r\n0123456789", Refused(400)),
    Row(4, "a list of lengths", length(" 5, 10"), Refused(400)),
    Row(5, "the same length twice", POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n01234", Refused(400)),
    Row(5, "a list of the same", length(" 5, 5"), Refused(400)),
    *[
        Row(6, f"length {name}", length(f" {value}"), Refused(400))
        for name, value in {
            "minus 1": "-1", "minus 0": "-0", "plus 5": "+5", "0x5": "0x5", "0o5": "0o5", "05": "05", "00": "00", "1_0": "1_0",
            "5 blank 5": "5 5", "of nothing": "", "of 20 digits": "9" * 20, "with junk behind": "5x",
            "with a semicolon": "5;", "in quotes": '"5"', "beyond 63 bits": str(1 << 63), "5.0": "5.0",
        }.items()
    ],
    Row(7, "a length above the limit", POST + "Content-Length: 1048577\r\n\r\n", Refused(413)),
    Row(7, "above the limit of the mapping", "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", Refused(413)),
    Row(7, "chunks above the limit", "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", Refused(413)),
    Row(7, "the body is sent all the same", early_answer_is_seen, Refused(413)),
    *[
        Row(8, name, coding(" " + value), Refused(status))
        for name, value, status in [
            ("xchunked", "xchunked", 400), ("identity", "identity", 400), ("nothing", "", 400),
            ("gzip then chunked", "gzip, chunked", 501), ("chunked then gzip", "chunked, gzip", 400),
            ("chunked, chunked", "chunked, chunked", 400), ("chunked;q=1", "chunked;q=1", 400),
            ("a vertical tab before it", "\vchunked", 400), ("a form feed behind it", "chunked\f", 400),
            ("a NUL behind it", "chunked\0", 400), ("quoted", '"chunked"', 400),
        ]
    ],
    Row(8, "two headers", POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    Row(8, "two headers, gzip first", POST + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Refused(400)),
    Row(9, "chunked in HTTP/1.0", request("POST /echo HTTP/1.0", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", Refused(400)),
    Row(10, "chunked", chunk("5"), Served(b"01234")),
    Row(10, "500 chunks of one byte, and upper case", CHUNKED + "1\r\na\r\n" * 500 + "A\r\n0123456789\r\n0\r\n\r\n", Served(b"a" * 500 + b"0123456789")),
    Row(10, "leading zeros", CHUNKED + "005\r\nhello\r\n000\r\n\r\n", Served(b"hello")),
    Row(10, "CHUNKED in any case", coding(" CHUNKED"), Served(b"")),
    *[
        Row(11, f"size {name}", chunk(size), Refused(400))
        for name, size in {
            "minus 5": "-5", "plus 5": "+5", "0x5": "0x5", "1_0": "1_0", "blank before": " 5",
            "blank behind": "5 ", "tab behind": "5\t", "17 digits": "f" * 17, "of nothing": "",
            "g": "g", "NUL before": "\x005", "just beyond 63 bits": "8" + "0" * 15,
        }.items()
    ],
    Row(12, "data longer than its size", CHUNKED + "3\r\n01234\r\n0\r\n\r\n", Refused(400)),
    Row(12, "data shorter than its size", CHUNKED + "8\r\n01234\r\n0\r\n\r\n", Refused(400)),
    Row(12, "no line end behind the data", CHUNKED + "5\r\n012340\r\n\r\n", Refused(400)),
    Row(12, "LF alone behind the data", CHUNKED + "5\r\n01234\n0\r\n\r\n", Refused(400)),
    Row(13, "an extension", chunk('5;name=value;q="x y"'), Served(b"01234")),
    Row(13, "an extension of 300 bytes", chunk("5;" + "x" * 300), Refused(400)),
    Row(13, "many small ones of 300 bytes", chunk("5" + ";a" * 150), Refused(400)),
    Row(13, "a semicolon alone", chunk("5;"), Refused(400)),
    Row(13, "LF in an extension", chunk("5;a\nb"), Refused(400)),
    Row(13, "NUL in an extension", chunk("5;a\0b"), Refused(400)),
    Row(13, "a quote that never ends", chunk('5;a="b'), Refused(400)),
    Row(14, "trailers of framing", trailers("Content-Length: 99", "Transfer-Encoding: gzip", "Host: evil"), Served(b"hello")),
    Row(14, "trailers of identity", trailers("Authorization: evil", "X-Forwarded-For: 1.2.3.4"), Served(b"hello")),
    Row(14, "trailers are merged with nothing", "POST /headers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Evil: 1\r\n\r\n", Served(b'{"host":"a","transfer-encoding":"chunked"}')),
    Row(14, "trailers of 9000 bytes", trailers("X: " + "x" * 9000), Refused(431)),
    Row(14, "a trailer that is no header", trailers("no colon"), Refused(400)),
    Row(14, "a blank before a trailer", trailers(" X: 1"), Refused(400)),
    Row(15, "the last chunk never comes", never_ends(CHUNKED + "5\r\nhello\r\n"), Refused(408, "body_timeout"), "hurried"),
    Row(16, "LF ends all lines", "GET /echo HTTP/1.1\nHost: a\n\n", Refused(400)),
    Row(16, "LF ends one header", GET + "X: y\n\r\n", Refused(400)),
    Row(16, "LF ends the head", GET + "\n", Refused(400)),
    Row(16, "CR ends all lines", "GET /echo HTTP/1.1\rHost: a\r\r", Refused(400)),
    Row(16, "LF ends lines of a chunked body", CHUNKED + "5\n01234\n0\n\n", Refused(400)),
    Row(17, "a folded header", headers("X: a", " b"), Refused(400)),
    Row(17, "a blank before the first header", get("/echo", " Host: a\r\n"), Refused(400)),
    Row(17, "a tab before the first header", get("/echo", "\tX: a\r\nHost: a\r\n"), Refused(400)),
    Row(18, "a blank before the colon", headers("Name : v"), Refused(400)),
    Row(18, "a bracket in a name", headers("Na[me: v"), Refused(400)),
    Row(18, "no name", headers(": v"), Refused(400)),
    Row(18, "no colon", headers("Name v"), Refused(400)),
    Row(19, "NUL in a value", headers("X: a\0b"), Refused(400)),
    Row(19, "a control character in a value", headers("X: a\x01b"), Refused(400)),
    Row(19, "DEL in a value", headers("X: a\x7fb"), Refused(400)),
    Row(19, "CR in a value", headers("X: a\rb"), Refused(400)),
    Row(19, "a byte above ASCII in a name", headers("X\xe9: a"), Refused(400)),
    Row(19, "NUL in a name", headers("X\0: a"), Refused(400)),
    Row(20, "HTTP/9.9", request("GET /echo HTTP/9.9"), Refused(505)),
    Row(20, "HTTP/2.0", request("GET /echo HTTP/2.0"), Refused(505)),
    Row(20, "HTTP/0.9 in three words", request("GET /echo HTTP/0.9"), Refused(505)),
    Row(20, "HTTP/1", request("GET /echo HTTP/1"), Refused(400)),
    Row(20, "http in lower case", request("GET /echo http/1.1"), Refused(400)),
    Row(20, "HTTP/01.01", request("GET /echo HTTP/01.01"), Refused(400)),
    Row(20, "HTTP/1.10", request("GET /echo HTTP/1.10"), Refused(400)),
    Row(20, "no version", request("GET /echo"), Refused(400)),
    Row(21, "a blank in the target", get("/echo x"), Refused(400)),
    Row(21, "a tab in the target", get("/echo\tx"), Refused(400)),
    Row(21, "a tab instead of a blank", request("GET\t/echo HTTP/1.1"), Refused(400)),
    Row(21, "no target", request("GET HTTP/1.1"), Refused(400)),
    Row(21, "two blanks", get(" /echo"), Refused(400)),
    Row(21, "a target that is no path", get("echo"), Refused(400)),
    Row(21, "a fragment", get("/echo#x"), Refused(400)),
    Row(21, "NUL in the target", get("/echo\0"), Refused(400)),
    Row(21, "a byte above ASCII in the target", get("/echo/\xe9"), Refused(400)),
    Row(22, "absolute form with another Host", get("http://shop.example:81/host", "Host: other\r\n"), Served(b"shop.example 81")),
    Row(22, "absolute form in any case", get("HTTP://shop.example/host"), Served(b"shop.example ")),
    Row(22, "absolute form without Host", get("http://a/host", ""), Refused(400)),
    Row(22, "absolute form with a bad Host", get("http://a/host", "Host: a b\r\n"), Refused(400)),
    Row(22, "absolute form with userinfo", get("http://user@a/host"), Refused(400)),
    Row(22, "absolute form without authority", get("http:///host"), Refused(400)),
    Row(22, "absolute form of another scheme", get("ftp://a/host"), Refused(400)),
    Row(23, "OPTIONS *", request("OPTIONS * HTTP/1.1"), SERVER_OPTIONS),
    Row(23, "OPTIONS * in absolute form", request("OPTIONS http://a HTTP/1.1"), SERVER_OPTIONS),
    Row(23, "GET *", get("*"), Refused(400)),
    Row(24, "CONNECT", request("CONNECT a:80 HTTP/1.1", "Host: a:80\r\n"), Refused(501)),
    Row(24, "CONNECT to a path", request("CONNECT /echo HTTP/1.1"), Refused(501)),
    Row(25, "TRACE", request("TRACE /get HTTP/1.1"), NO_METHOD),
    Row(26, "a method that is mapped elsewhere", request("DELETE /get HTTP/1.1"), NO_METHOD),
    Row(26, "an unknown method", request("BREW /get HTTP/1.1"), Refused(501, keeps=True)),
    Row(26, "a method in lower case", request("get /get HTTP/1.1"), Refused(501, keeps=True)),
    Row(26, "a method that is no token", request("G@T /get HTTP/1.1"), Refused(400)),
    Row(27, "a target of 9000 bytes", get("/" + "x" * 9000), Refused(414)),
    Row(27, "a query of 9000 bytes", get("/echo?" + "x" * 9000), Refused(414)),
    Row(28, "a value of 9000 bytes", headers("X: " + "x" * 9000), Refused(431)),
    Row(28, "40 KiB of headers", headers(*[f"X{n}: {'y' * 4000}" for n in range(10)]), Refused(431)),
    Row(28, "120 headers", headers(*[f"X{n}: 1" for n in range(120)]), Refused(431)),
    Row(28, "a name of 100 KB", headers("x" * 100000 + ": 1"), Refused(431)),
    *[
        Row(29, name, get(target), Refused(400, keeps=True))
        for name, target in [
            ("an escaped NUL", "/one/%00"), ("no escape", "/one/%zz"), ("half an escape", "/one/%2"),
            ("overlong UTF-8", "/one/%c0%af"), ("a surrogate", "/one/%ed%a0%80"), ("no UTF-8", "/one/%ff"),
            ("dots", "/one/.."), ("escaped dots", "/one/%2e%2e"), ("escaped dots and slash", "/one/%2e%2e%2f"),
            ("an escaped slash", "/one/a%2Fb"), ("an escaped slash below a rest", "/echo/a%2fb"),
            ("one dot", "/one/."), ("two slashes", "/echo//a"), ("two slashes first", "//echo"),
            ("a sign alone", "/one/%"), ("dots in the middle", "/echo/../one/7"),
        ]
    ],
    Row(29, "an escape is decoded once", get("/one/%2541%2532F"), Served(b"<%41%32F>")),
    Row(30, "the body will be read", interim("hi"), ByItself(100, 200, calls=1)),
    Row(30, "a chunked body will be read", interim("2\r\nhi\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), ByItself(100, 200, calls=1)),
    Row(30, "nobody is there for the body", request("POST /nothing HTTP/1.1", "Host: a\r\nContent-Length: 2\r\n" + EXPECT), Refused(404)),
    Row(30, "the body is too large", POST + "Content-Length: 1048577\r\n" + EXPECT + "\r\n", Refused(413)),
    Row(30, "the body is there already", POST + "Content-Length: 2\r\n" + EXPECT + "\r\nhi", Served(b"hi", whole_only=True)),
    Row(30, "there is no body", GET + EXPECT + "\r\n", Served(b"")),
    Row(30, "HTTP/1.0", request("POST /echo HTTP/1.0", "Connection: keep-alive\r\nContent-Length: 2\r\n" + EXPECT) + "hi", Served(b"hi")),
    Row(31, "another expectation", POST + "Expect: x\r\nContent-Length: 2\r\n\r\nhi", Refused(417)),
    Row(31, "another one beside it", POST + "Expect: 100-continue, x\r\nContent-Length: 2\r\n\r\nhi", Refused(417)),
    Row(32, "one empty line first", "\r\n" + GET + "\r\n", Served(b"")),
    Row(32, "two empty lines first", "\r\n\r\n" + GET + "\r\n", Refused(400)),
    Row(32, "LF first", "\n" + GET + "\r\n", Refused(400)),
    Row(32, "binary garbage", bytes(range(128, 256)) * 4, Refused(400)),
    Row(32, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refused(400)),
    Row(32, "the hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60, Refused(400)),
    Row(33, "64 pipelined requests", pipeline_in_order, ByItself(200, calls=65)),
    Row(33, "pipelined without end", pipeline_without_end, ByItself(dropped={"late": SOME})),
    Row(34, "the end comes before the body's", body_is_cut_short, ByItself(calls=0)),
    Row(35, "a head that never ends", never_ends("GET /echo HTTP/1.1\r\nHost"), Refused(408, "header_timeout"), "hurried"),
    Row(35, "a request line that never ends", never_ends("GE", "T"), Refused(408, "header_timeout"), "hurried"),
    Row(36, "a body that never ends", never_ends(POST + "Content-Length: 10\r\n\r\n", "12345"), Refused(408, "body_timeout"), "hurried"),
    Row(36, "a body below the rate", body_below_the_rate, ByItself(408, counted=False), "crawled"),
    Row(37, "a reader that sleeps", reader_sleeps, ByItself(rejected={"write_timeout": 4}), "unread"),
    Row(38, "one address", crowd_of_one_address, ByItself(rejected={"connections_per_address": 30}), "crowded"),
    Row(38, "all together", crowd_in_all, ByItself(rejected={"connections": 30}), "full"),
    Row(39, "Upgrade to h2c", POST + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\nhi", Served(b"hi")),
    Row(40, "Upgrade to foo", POST + "Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 2\r\n\r\nhi", Served(b"hi")),
    Row(41, "no length where a body is required", request("POST /required HTTP/1.1"), Refused(411, keeps=True)),
    Row(42, "no body", request("POST /none HTTP/1.1"), Served(b"none")),
    Row(42, "a body of 64 KiB where there is none", drained_then_served, Refused(400, keeps=True)),
    Row(42, "a body beyond that", request("POST /none HTTP/1.1", "Host: a\r\nContent-Length: 65537\r\n"), Refused(400)),
    Row(42, "a chunked body", request("POST /none HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n"), Refused(400)),
]




# ---- beyond the rows: what RFC 9110 and RFC 9112 ask for besides ----


def closes_after(send, *statuses):
    """These answers, the last one announcing the end, and then the end."""

    def look(gateway):
        with gateway.connect() as client:
            client.send(send)
            answers = [client.response() for _ in statuses]
            assert [answer.status for answer in answers] == list(statuses)
            assert [answer.header("connection") for answer in answers][-1] == "close"
            assert client.is_closed()

    return look


def head_is_get_without_body(gateway):
    with gateway.connect() as client:
        for target in ("/one/7", "/nothing", "/one/%zz"):
            client.request("GET", target)
            get_answer = client.response()
            client.request("HEAD", target)
            answer = client.response(to="HEAD")
            assert answer.status == get_answer.status
            for name in ("content-length", "content-type", "allow"):
                assert answer.header(name) == get_answer.header(name) or "call" in str(get_answer)
        client.request("POST", "/echo", "in step")
        assert client.response().body == b"in step"


def kept_1_0(gateway):
    with gateway.connect() as client:
        for _ in range(2):
            client.send("GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
            answer = client.response()
            assert (answer.status, answer.header("connection")) == (200, "keep-alive")


def linger_is_bounded(gateway):
    """It neither reads the answer's end nor stops sending: in the end it is dropped."""
    with gateway.connect(timeout=1) as client:
        client.send(POST + "Content-Length: 5, 5\r\n\r\n")
        assert client.response().status == 400
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() < started + 10:
                client.send(b"x" * 1000)
                time.sleep(0.01)
        assert 1 < time.monotonic() - started < 4


def unread_body(client):
    client.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    try:
        client.send("x" * 1000000)
    except OSError:
        pass


BAD = GET + "Bad : 1\r\n\r\n"
BEYOND = [
    Row(None, "HEAD is GET without a body", head_is_get_without_body, ByItself(rejected={"not_found": 2, "bad_request": 2})),
    Row(None, "a broken HEAD has no body either", request("HEAD /echo HTTP/1.1", "Host: a\r\nBad : 1\r\n"), Refused(400, to="HEAD")),
    Row(None, "nothing behind a bad request is read", BAD + GET + "\r\n", Refused(400)),
    Row(None, "what stands before it is answered", closes_after(GET + "\r\n" + BAD, 200, 400), ByItself(rejected={"bad_request": 1}, calls=1)),
    Row(None, "close is obeyed and announced", closes_after(headers("Connection: close"), 200), ByItself(calls=1)),
    Row(None, "close is stronger than keep-alive", closes_after(headers("Connection: keep-alive, close"), 200), ByItself(calls=1)),
    Row(None, "close in a second line, in any case", closes_after(headers("Connection: x", "Connection: CLOSE"), 200), ByItself(calls=1)),
    Row(None, "HTTP/1.0 needs no Host and closes", closes_after("GET /echo HTTP/1.0\r\n\r\n", 200), ByItself(calls=1)),
    Row(None, "HTTP/1.0 is kept when it asks", kept_1_0, ByItself(calls=2)),
    Row(None, "HTTP/1.9 is read as 1.1", request("GET /echo HTTP/1.9"), Served(b"")),
    Row(None, "the end of a refusal does not wait for ever", linger_is_bounded, ByItself(rejected={"bad_request": 1})),
    Row(None, "404 is seen though the body still comes", unread_body, Refused(404)),
    Row(None, "OPTIONS * with a body ends the connection", closes_after("OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\n" + GET, 204), ByItself(calls=0)),
    Row(None, "two Content-Types", POST + "Content-Type: a/b\r\nContent-Type: a/c\r\nContent-Length: 0\r\n\r\n", Refused(400)),
    Row(None, "GET may have a body", headers("Content-Length: 2") + "hi", Served(b"hi")),
    Row(None, "an empty body", POST + "Content-Length: 0\r\n\r\n", Served(b"")),
    Row(None, "no space behind the colon", "POST /echo HTTP/1.1\r\nHost:a\r\nContent-Length:2\r\n\r\nhi", Served(b"hi")),
    Row(None, "blanks around a value", "POST /echo HTTP/1.1\r\nHost: \t a \t\r\nContent-Length: 2 \r\n\r\nhi", Served(b"hi")),
    Row(None, "bytes above ASCII in a value", POST + "X: \xe9\xff\r\nContent-Length: 2\r\n\r\nhi", Served(b"hi")),
    Row(None, "a Host with a port", "POST /echo HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 2\r\n\r\nhi", Served(b"hi")),
    Row(None, "empty elements of a list", coding(" , chunked ,"), Served(b"")),
    Row(None, "question marks in the query", get("/echo?a=?b/c"), Served(b"")),
    Row(None, "a target as long as it may be", get("/echo/" + "x" * (8192 - 20)), Served(b"")),
    Row(None, "a chunk of no bytes is the end", CHUNKED + "0\r\n\r\n", Served(b"")),
]


@pytest.mark.parametrize("row", table(ROWS))
def test_row(at, crawler, row):
    walk(at(row.at), row)


@pytest.mark.parametrize("row", table(BEYOND))
def test_beyond(at, row):
    walk(at(row.at), row)


def test_random_changes_of_a_good_request_never_hurt(at):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    source = random.Random(seed)
    good = (POST + "Content-Length: 5\r\nX: y\r\n\r\nhello").encode()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(source.randrange(1, 6)):
            data[source.randrange(len(data))] = source.randrange(256)
        with at("plain").connect() as client:
            client.send(bytes(data))
            client.half_close()
            try:
                client.response()
            except EOFError:
                pass
    assert at("plain").post("/echo", "alive").body == b"alive"
