# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Bytes that are not a request, or could be two, are refused before anything is sent. The numbers are
rows of a table of known attacks on HTTP/1.1 servers."""

import pytest

pytestmark = pytest.mark.hostile

GET = "GET /x HTTP/1.1\r\nHost: a\r\n"
POST = "POST /x HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def module_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def echo(module_directory):
    """One gateway for all: that it survives the one is part of the test of the next."""
    from harness import gateway as gateways

    config = gateways.complete(
        {
            "bridges": {"echo": {"type": "loopback"}},
            "mappings": [{"name": "echo", "match": {"path": "/*rest"}, "send": {}}],
        },
        None,
    )
    one = gateways.Gateway(module_directory, config).start()
    yield one
    one.stop()


BAD = [
    ("1 no Host", "GET /x HTTP/1.1\r\n\r\n", 400),
    ("2 two Hosts", GET + "Host: a\r\n\r\n", 400),
    ("2 two different Hosts", GET + "Host: b\r\n\r\n", 400),
    ("2 a list of Hosts", "GET /x HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
    ("2 userinfo in Host", "GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    ("2 path in Host", "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("2 empty Host", "GET /x HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("3 length and chunked", POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("3 chunked and length", POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ("4 two lengths", POST + "Content-Length: 5\r\nContent-Length: 10\r\n\r\n0123456789", 400),
    ("4 a list of lengths", POST + "Content-Length: 5, 10\r\n\r\n0123456789", 400),
    ("5 the same length twice", POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n01234", 400),
    *[
        (f"6 length {length!r}", POST + f"Content-Length: {length}\r\n\r\n01234", 400)
        for length in ("-1", "-0", "+5", "0x5", "0o5", "1_0", "5 5", "", "9" * 20, "5x", "5;", '"5"', "5,5")
    ],
    ("8 unknown coding", POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 identity", POST + "Transfer-Encoding: identity\r\n\r\n", (400, 501)),
    ("8 gzip, chunked", POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 chunked, gzip", POST + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 chunked twice", POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 chunked, chunked", POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 vertical tab", POST + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", (400, 501)),
    ("8 NUL", POST + "Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n", 400),
    ("9 chunked in 1.0", "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    *[
        (f"11 chunk size {size!r}", CHUNKED + f"{size}\r\n01234\r\n0\r\n\r\n", 400)
        for size in ("-5", "+5", "0x5", "1_0", " 5", "5 ", "f" * 17, "", "g", "5\t", "\x005")
    ],
    ("12 chunk longer than said", CHUNKED + "3\r\n01234\r\n0\r\n\r\n", 400),
    ("12 no line end after a chunk", CHUNKED + "5\r\n012340\r\n\r\n", 400),
    ("13 long extension", CHUNKED + "5;" + "x" * 300 + "\r\n01234\r\n0\r\n\r\n", 400),
    ("13 line feed in an extension", CHUNKED + "5;a\nb\r\n01234\r\n0\r\n\r\n", 400),
    ("13 bare extension", CHUNKED + "5;\r\n01234\r\n0\r\n\r\n", 400),
    ("14 huge trailer", CHUNKED + "0\r\nX: " + "x" * 9000 + "\r\n\r\n", (400, 431)),
    ("16 bare LF", "GET /x HTTP/1.1\nHost: a\n\n", 400),
    ("16 bare LF after a header", "GET /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
    ("16 bare CR", "GET /x HTTP/1.1\rHost: a\r\r", 400),
    ("16 bare LF in chunked", CHUNKED + "5\n01234\n0\n\n", 400),
    ("17 folded header", GET + "X: a\r\n b\r\n\r\n", 400),
    ("17 white space before the first header", "GET /x HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("18 space before the colon", GET + "X : a\r\n\r\n", 400),
    ("18 bracket in a name", GET + "X[1]: a\r\n\r\n", 400),
    ("18 no name", GET + ": a\r\n\r\n", 400),
    ("18 no colon", GET + "Xa\r\n\r\n", 400),
    ("19 NUL in a value", GET + "X: a\0b\r\n\r\n", 400),
    ("19 control in a value", GET + "X: a\x01b\r\n\r\n", 400),
    ("19 DEL in a value", GET + "X: a\x7fb\r\n\r\n", 400),
    ("19 CR in a value", GET + "X: a\rb\r\n\r\n", 400),
    ("19 non-ASCII in a name", GET + "X\xe9: a\r\n\r\n", 400),
    ("20 HTTP/9.9", "GET /x HTTP/9.9\r\nHost: a\r\n\r\n", 505),
    ("20 HTTP/2.0", "GET /x HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    ("20 HTTP/1", "GET /x HTTP/1\r\nHost: a\r\n\r\n", 400),
    ("20 http/1.1", "GET /x http/1.1\r\nHost: a\r\n\r\n", 400),
    ("20 HTTP/01.01", "GET /x HTTP/01.01\r\nHost: a\r\n\r\n", 400),
    ("20 no version", "GET /x\r\nHost: a\r\n\r\n", 400),
    ("21 space in the target", "GET /x y HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("21 tab in the target", "GET /x\ty HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("21 no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("21 two spaces", "GET  /x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("21 relative target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("21 fragment", "GET /x#y HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("22 absolute form without Host", "GET http://a/x HTTP/1.1\r\n\r\n", 400),
    ("27 long target", "GET /" + "x" * 9000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ("28 long header", GET + "X: " + "x" * 9000 + "\r\n\r\n", 431),
    ("28 many headers", GET + "".join(f"X{n}: 1\r\n" for n in range(120)) + "\r\n", 431),
    ("28 many bytes of headers", GET + "".join(f"X{n}: {'y' * 4000}\r\n" for n in range(9)) + "\r\n", 431),
    ("28 long name", GET + "x" * 9000 + ": 1\r\n\r\n", 431),
    ("32 two empty lines and garbage", "\r\n\r\n\r\n\x16\x03\x01\r\n\r\n", 400),
    ("32 TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60, 400),
    ("32 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
]


@pytest.mark.parametrize("data, status", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_refused_and_closed(echo, data, status):
    with echo.connect() as client:
        client.send(data)
        answer = client.response()
        assert answer.status in (status if isinstance(status, tuple) else (status,)), answer
        assert answer.problem["published"] == "no"
        assert answer.header("connection") == "close"
        assert client.is_closed()


GOOD = [
    ("10 chunked", CHUNKED + "5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("10 upper case, many", CHUNKED + "1\r\na\r\n" * 500 + "A\r\n0123456789\r\n0\r\n\r\n", b"a" * 500 + b"0123456789"),
    ("10 leading zeros", CHUNKED + "005\r\nhello\r\n000\r\n\r\n", b"hello"),
    ("10 Chunked in any case", POST + "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ("13 extension", CHUNKED + '5;name=value;q="x y"\r\nhello\r\n0\r\n\r\n', b"hello"),
    ("14 trailers", CHUNKED + "5\r\nhello\r\n0\r\nContent-Length: 99\r\nHost: evil\r\n\r\n", b"hello"),
    ("31 empty body", POST + "Content-Length: 0\r\n\r\n", b""),
    ("32 one empty line first", "\r\n" + POST + "Content-Length: 2\r\n\r\nhi", b"hi"),
    ("39 h2c upgrade", POST + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    ("40 other upgrade", POST + "Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    ("no space after colon", "POST /x HTTP/1.1\r\nHost:a\r\nContent-Length:2\r\n\r\nhi", b"hi"),
    ("spaces around a value", "POST /x HTTP/1.1\r\nHost: \t a \t\r\nContent-Length: 2 \r\n\r\nhi", b"hi"),
    ("bytes above ASCII in a value", POST + "X: \xe9\xff\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    ("Host with port", "POST /x HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    ("question marks in the query", "POST /x?a=?b/c HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
]


@pytest.mark.parametrize("data, body", [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
@pytest.mark.parametrize("slow", [False, True], ids=["whole", "byte by byte"])
def test_accepted(echo, data, body, slow):
    data = data.encode("latin-1")
    with echo.connect() as client:
        for piece in [data[i : i + 1] for i in range(len(data))] if slow else [data]:
            client.send(piece)
        answer = client.response()
        assert (answer.status, answer.body) == (200, body)
        # Nothing is left over that the next request would begin with.
        client.request("POST", "/x", "next")
        assert client.response().body == b"next"


def test_expect_something_else_is_417(echo):
    with echo.connect() as client:
        client.send(POST + "Expect: x\r\nContent-Length: 2\r\n\r\nhi")
        assert client.response().status == 417


def test_every_refusal_is_counted_by_its_reason(echo):
    assert echo.metric("bridgehead_rejected_total", reason="bad_request") > 0
    assert echo.metric("bridgehead_rejected_total", reason="header_too_large") > 0


def test_random_bytes_never_hurt(echo):
    import random

    seed = random.randrange(1 << 32)
    print("seed", seed)
    source = random.Random(seed)
    good = (POST + "Content-Length: 5\r\nX: y\r\n\r\nhello").encode()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(source.randrange(1, 6)):
            data[source.randrange(len(data))] = source.randrange(256)
        with echo.connect() as client:
            client.send(bytes(data))
            client.half_close()
            try:
                client.response()
            except EOFError:
                pass
    assert echo.post("/x", "alive").body == b"alive"
