# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Rows 43 to 53, 78 and 80 of docs/hazards.md: what bodies, parameters and headers hold, where it may
go, and what of it reaches a worker."""

import gzip
import json
import re
import time
import uuid

import pytest

from harness.hazard import ECHO, ByItself, Refused, Row, Seen, Served, accounts, table, walk
from harness.worker import Worker, echo

pytestmark = pytest.mark.hostile

MIB = 1 << 20
QUEUE = f"hazards-{uuid.uuid4()}"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def mapping(name, send, **match):
    return {"name": name, "match": {"path": f"/{name}", **match}, "send": send}


LOOKING = [
    mapping("typed", {}, content_types=[JSON, "text/*"]),
    mapping("packed", {}, encodings=["gzip"]),
    mapping("strict", {}, json=True),
    mapping("strictly-packed", {}, json=True, encodings=["gzip"]),
    mapping("inside", {"body": {"a": "${body:/a}"}}),
    mapping("form", {"body": "${body.form}"}),
    mapping("whole", {"body": {"data": "${body}"}}),
    mapping("text", {"headers": {"a": "${body:/a}"}, "body": "<${body:/a}>"}),
    mapping("query", {"body": "${query.a}"}, method="GET"),
]
TO_BROKER = [
    {
        "name": "key",
        "match": {"path": "/key/:op"},
        "send": {"exchange": "amq.topic", "routing_key": "orders.${path.op}"},
    },
    {
        "name": "wide",
        "match": {"path": "/wide/:op"},
        "send": {"exchange": "amq.topic", "routing_key": "orders.${path.op|[a-z]{1,300}}"},
    },
    {
        "name": "by-query",
        "match": {"path": "/by-query"},
        "send": {"exchange": "amq.topic", "routing_key": "${query.a}"},
    },
    {
        "name": "by-header",
        "match": {"path": "/by-header"},
        "send": {"exchange": "amq.topic", "routing_key": "${header.x-key}"},
    },
    {
        "name": "by-body",
        "match": {"path": "/by-body"},
        "send": {"exchange": "amq.topic", "routing_key": "${body:/a}"},
    },
    {
        "name": "told",
        "match": {"path": "/told"},
        "send": {
            "queue": QUEUE,
            "forward_headers": ["x-*", "traceparent", "reply-to"],
            "headers": {"id": "${request_id?}"},
        },
    },
]

GATEWAYS = {
    "plain": {"mappings": [*LOOKING, ECHO], "limits": {"body": 8 * MIB, "reply": 16 * MIB}},
    "usual": {"mappings": [*LOOKING, ECHO]},
    "broker": {
        "broker": True,
        "mappings": [*TO_BROKER, {**ECHO, "send": {"bridge": "echo"}}],
        "limits": {"headers": "1MiB", "header_count": 128, "body": 8 * MIB, "reply": 16 * MIB},
        "bridge": {"max_message": 4 * MIB},
    },
}


def post(path, body, content_type=JSON, *lines):
    body = body.encode() if isinstance(body, str) else body
    head = [f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}"]
    head += [f"Content-Type: {content_type}"] if content_type else []
    return "".join(f"{line}\r\n" for line in [*head, *lines]).encode() + b"\r\n" + body


def get(target, *lines):
    return "".join(f"{line}\r\n" for line in [f"GET {target} HTTP/1.1", "Host: a", *lines]) + "\r\n"


REFUSED = Refused(400, keeps=True)
MEDIA = Refused(415, keeps=True)

# ---- JSON ----

WRONG = {
    "a name twice": b'{"a":1,"a":2}',
    "a name twice, one escaped": b'{"a":1,"\\u0061":2}',
    "a name twice, deep inside": b'{"a":[{"b":1,"b":1}]}',
    "no UTF-8": b'{"a":"\xff"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "half a surrogate": b'{"a":"\\ud800"}',
    "a surrogate in front of a letter": b'{"a":"\\ud800x"}',
    "surrogates the wrong way round": b'{"a":"\\udc00\\ud800"}',
    "a leading zero": b'{"a":01}',
    "2.": b'{"a":2.}',
    ".5": b'{"a":.5}',
    "plus 1": b'{"a":+1}',
    "hexadecimal": b'{"a":0x1}',
    "1e": b'{"a":1e}',
    "NaN": b'{"a":NaN}',
    "minus Infinity": b'{"a":-Infinity}',
    "a raw control character": b'{"a":"\x01"}',
    "a raw line feed": b'{"a":"\n"}',
    "a raw NUL": b'{"a":"\x00"}',
    "a BOM": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "bytes behind it": b'{"a":1} x',
    "a NUL behind it": b'{"a":1}\0',
    "a second value": b'{"a":1}{"a":1}',
    "a comma too many": b'{"a":1,}',
    "a comma too few": b'{"a":1 "b":2}',
    "single quotes": b"{'a':1}",
    "a comment": b'{"a":1/**/}',
    "an unknown escape": b'{"a":"\\x"}',
    "half an escape": b'{"a":"\\u12"}',
    "True": b'{"a":True}',
    "no quotes": b"{a:1}",
    "a string that never ends": b'{"a":"',
    "nothing": b"",
    "blanks": b"  ",
    "no-break space": b"\xc2\xa0{}",
}
DEEP = {"65": 65, "1001": 1001, "500 000": 500000}
NUMBERS = ["9007199254740993", "1e400", "-0", "1.0", "1E+2", "9" * 100, "0." + "1" * 100, "1e-400"]


def nested(depth, opening="["):
    return opening * depth + ("]" if opening == "[" else "0" + "}") * depth


def in_linear_time(body, refused):
    """A megabyte must not take long, whatever is in it: others wait meanwhile."""

    def look(gateway):
        with gateway.connect() as client:
            started = time.monotonic()
            client.send(post("/strict", body))
            answer = client.response()
            seconds = time.monotonic() - started
        assert answer.status == (400 if refused else 200)
        print(f"{len(body) / 1e6:.1f} MB in {seconds * 1000:.0f} ms")
        assert seconds < 2

    return look


def keys(count):
    return "{" + ",".join(f'"{n}":{n}' for n in range(count)) + "}"


# ---- what a worker is told ----


@pytest.fixture(scope="module")
def worker(broker):
    one = Worker(broker, QUEUE, echo)
    yield one
    one.stop()
    broker.delete_queue(QUEUE)


class Told(Seen):
    """The worker got a message about which `look` finds nothing wrong."""

    def __init__(self, look, sent_back=None):
        super().__init__(200, calls=1)
        self.look, self.sent_back = look, sent_back

    def see_message(self, client, message):
        answer = client.response()
        assert (answer.status, answer.header("x-request-id")) == (200, self.sent_back)
        assert message.id and message.reply_to
        self.look(message)


FORGED = "0f8fad5b-d9cb-469f-a165-70867728950e"
TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def internal_names_are_ours(message):
    assert FORGED not in (message.id, message.properties.message_id)
    assert message.reply_to.startswith("bridgehead.")
    assert "evil" not in str(message.headers) + str(message.properties)


def trace_is_new(message):
    assert TRACE.fullmatch(message.headers["traceparent"])
    assert "4bf92f3577b34da6a3ce929d0e0e4736" not in message.headers["traceparent"]
    assert "tracestate" not in message.headers


def trace_is_kept(message):
    assert message.headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")


def id_is(value):
    def look(message):
        assert message.headers.get("id") == value

    return look


def body_is_whole(message):
    assert len(message.body) == 2 * MIB


ROWS = [
    Row(43, "another type", post("/typed", "{}", "application/xml"), Refused(415, keeps=True, headers={"Accept": "application/json, text/*"})),
    Row(43, "no type", post("/typed", "{}", None), MEDIA),
    Row(43, "no charset but UTF-8", post("/typed", "{}", "text/plain; charset=iso-8859-1"), MEDIA),
    Row(43, "UTF-8", post("/typed", "{}", 'text/plain; charset="UTF-8"'), Served(b"{}")),
    Row(43, "a charset where JSON is read", post("/strict", "{}", "application/json; charset=utf-16"), MEDIA),
    *[Row(44, coding, post("/typed", "{}", JSON, f"Content-Encoding: {coding}"), MEDIA) for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip")],
    Row(44, "gzip where it is listed", post("/packed", gzip.compress(b"x" * 999, mtime=0), "text/plain", "Content-Encoding: gzip"), Served(gzip.compress(b"x" * 999, mtime=0))),
    Row(44, "br where gzip is listed", post("/packed", "x", "text/plain", "Content-Encoding: br"), Refused(415, keeps=True, headers={"Accept-Encoding": "gzip, identity"})),
    Row(44, "gzip where it is listed and the body is read", post("/strictly-packed", gzip.compress(b"{}", mtime=0), JSON, "Content-Encoding: gzip"), MEDIA),
    Row(45, "64 deep", post("/strict", nested(64)), Served(nested(64).encode())),
    *[Row(45, f"{name} deep", post("/strict", nested(depth)), REFUSED) for name, depth in DEEP.items()],
    Row(45, "65 objects deep", post("/strict", nested(65, '{"a":')), REFUSED),
    Row(45, "a million brackets", in_linear_time("[" * 1000000, True), ByItself(400, rejected={"bad_request": 1})),
    *[Row(46, name, post("/strict", body), REFUSED) for name, body in WRONG.items()],
    *[Row(46, f"{name}, where a template looks", post("/inside", body), REFUSED) for name, body in WRONG.items()],
    Row(46, "an escaped NUL in a value that is read", post("/inside", '{"a":"\\u0000"}'), REFUSED),
    Row(46, "an escaped NUL in a header", post("/text", '{"a":"x\\u0000"}'), REFUSED),
    *[Row(47, number[:20], post("/strict", f'{{"a":{number}}}'), Served(f'{{"a":{number}}}'.encode())) for number in NUMBERS],
    *[Row(47, f"{number[:20]}, where a template looks", post("/inside", f'{{"a":{number}}}'), Served(f'{{"a":{number}}}'.encode())) for number in NUMBERS],
    Row(48, "64 MB in a string", post("/strict", "").replace(b"h: 0", b"h: 67108866"), Refused(413), "usual"),
    Row(48, "200 000 names", in_linear_time(keys(200000), False), ByItself(200, calls=1)),
    Row(48, "a million elements", in_linear_time("[" + "1," * 999999 + "1]", False), ByItself(200, calls=1)),
    Row(48, "a string of 7 MB", in_linear_time('"' + "x" * 7000000 + '"', False), ByItself(200, calls=1)),
    Row(49, "a form", post("/form", "a=1&b=x+y&a=%C3%BC", FORM), Served('{"a":["1","ü"],"b":"x y"}'.encode())),
    Row(49, "a thousand fields", post("/form", "&".join(f"f{n}" for n in range(1000)), FORM), Served(json.dumps({f"f{n}": "" for n in range(1000)}, separators=(",", ":")).encode())),
    Row(49, "a field more", post("/form", "&".join(f"f{n}" for n in range(1001)), FORM), REFUSED),
    Row(49, "a broken escape", post("/form", "a=%zz", FORM), REFUSED),
    Row(49, "an escaped NUL", post("/form", "a=%00", FORM), REFUSED),
    Row(49, "multipart where a form is read", post("/form", "--x--\r\n", "multipart/form-data; boundary=x"), MEDIA),
    Row(49, "multipart elsewhere", post("/echo", "--x--\r\n", "multipart/form-data; boundary=x"), Served(b"--x--\r\n")),
    Row(49, "a bomb of fields elsewhere", post("/echo", "a&" * 100000, FORM), Served(b"a&" * 100000)),
    *[
        Row(50, f"{name} in a routing key", get(f"/key/{text}"), REFUSED, "broker")
        for name, text in {
            "a dot": "a.b", "a star": "a*", "a hash": "a%23", "an escaped slash": "a%2fb", "CR LF": "a%0d%0ab",
            "NUL": "a%00", "129 bytes": "x" * 129, "a letter above ASCII": "%C3%BC", "a blank": "a%20b",
        }.items()
    ],
    Row(50, "307 bytes of a class of one's own", get("/wide/" + "x" * 300), REFUSED, "broker"),
    Row(50, "from the query", get("/by-query?a=a.b"), REFUSED, "broker"),
    Row(50, "from a header", get("/by-header", "X-Key: a.#"), REFUSED, "broker"),
    Row(50, "from the body", post("/by-body", '{"a":"a.*"}'), REFUSED, "broker"),
    Row(50, "a number from the body", post("/by-body", '{"a":1.5}'), REFUSED, "broker"),
    Row(51, "a parameter twice", get("/query?a=1&a=2"), REFUSED),
    Row(51, "one of them escaped", get("/query?a=1&%61=2"), REFUSED),
    Row(51, "another parameter twice", get("/query?b=1&a=1&b=2"), Served(b"1")),
    Row(52, "names of ours", get("/told", f"correlation-id: {FORGED}", f"correlation_id: {FORGED}", "reply_to: evil", "x-death: evil", "x-delay: evil", "CC: evil", "X-Forwarded-For: evil", "X-User-Id: evil", "X-Api-Key: evil", "Authorization: Basic evil", "Cookie: evil"), Told(internal_names_are_ours), "broker"),
    Row(52, "a trace", get("/told", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), Told(trace_is_kept), "broker"),
    *[
        Row(52, f"a trace {name}", get("/told", "tracestate: a=1", *[f"traceparent: {value}" for value in values]), Told(trace_is_new), "broker")
        for name, values in {
            "of zeros": ["00-" + "0" * 32 + "-00f067aa0ba902b7-01"],
            "with a parent of zeros": ["00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"],
            "in capitals": ["00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"],
            "of version ff": ["ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
            "that is too long": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"],
            "that is too short": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"],
            "twice": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"] * 2,
        }.items()
    ],
    Row(52, "an id of the client", get("/told", "X-Request-Id: a.B_1-2"), Told(id_is("a.B_1-2"), "a.B_1-2"), "broker"),
    *[Row(52, f"an id of the client with {name}", get("/told", f"X-Request-Id: {id}"), Told(id_is(None)), "broker") for name, id in {"a blank": "a b", "a slash": "a/b", "a quote": 'a"b'}.items()],
    Row(52, "an id of the client of 129 bytes", get("/told", "X-Request-Id: " + "x" * 129), Told(id_is(None)), "broker"),
    Row(53, "a body larger than a frame", post("/told", b"x" * (2 * MIB)), Told(body_is_whole), "broker"),
    Row(53, "a body larger than the broker takes", post("/told", b"x" * (4 * MIB + 1)), Refused(413, keeps=True), "broker"),
    Row(53, "headers larger than a frame", get("/told", *[f"x-{n:060}: {'y' * 1020}" for n in range(125)]), Refused(413, keeps=True), "broker"),
    *[Row(80, path, get(path), Refused(404, keeps=True)) for path in ("/metrics", "/livez", "/readyz", "/admin")],
]


@pytest.mark.parametrize("row", table(ROWS))
def test_row(at, worker, row):
    gateway = at(row.at)
    if not isinstance(row.seen, Told):
        walk(gateway, row)
        return
    with accounts(gateway, row.seen), gateway.connect() as client:
        client.send(row.send)
        row.seen.see_message(client, worker.next())
