# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Who the client is, behind proxies: whose word counts, and what uses the address that results.
127.0.0.2 and 127.0.0.3 are the proxies here, and any other address is a stranger's."""

import json
import socket
import struct

import pytest

from harness import gateway as gateways
from harness.client import Connection
from harness.ports import free_port
from harness.waiting import eventually
from harness.websocket import WebSocket

pytestmark = pytest.mark.hostile

STRANGER, PROXY, OUTER = "127.0.0.1", "127.0.0.2", "127.0.0.3"
CLIENT = "203.0.113.9"
WHO = {
    "name": "who",
    "match": {"path": "/who", "op": "who"},
    "send": {"body": {"ip": "${client.ip}", "scheme": "${scheme}"}},
}
WAIT = {
    "name": "wait",
    "match": {"path": "/wait", "op": "wait"},
    "send": {"delay": "1s"},
    "answer": {"timeout": "20s"},
}


class Edge:
    """A gateway and whom it trusts."""

    def __init__(self, gateway, host, port):
        self.gateway, self.at = gateway, (host, port)

    def connect(self, source=PROXY, first=b""):
        connection = Connection(self.at, source=source)
        connection.send(first)
        return connection

    def ask(self, headers=(), source=PROXY, first=b""):
        """What a request with these header lines says of its client."""
        with self.connect(source, first) as connection:
            return ask_on(connection, headers)

    def who(self, *headers, **options):
        return self.ask(headers, **options).json["ip"]

    def scheme(self, *headers, **options):
        return self.ask(headers, **options).json["scheme"]

    def websocket(self, *headers, source=PROXY, first=b""):
        connection = self.connect(source, first)
        return WebSocket.open(connection, headers=[line.split(": ", 1) for line in headers])

    def rejected(self, reason):
        return self.gateway.metric("bridgehead_rejected_total", reason=reason)

    def refused(self, reason):
        """The clients that the log names for it; each shard has its own line."""
        return {line["client"] for line in self.gateway.access(msg="rejected", reason=reason)}

    def wait_rejected(self, reason, count=1):
        self.gateway.wait_metric("bridgehead_rejected_total", count, reason=reason)

    def wait_connections(self, count):
        self.gateway.wait_metric("bridgehead_connections", count)


def ask_on(connection, headers=(), target="/who"):
    lines = [f"GET {target} HTTP/1.1", "Host: test", *headers]
    connection.send("\r\n".join(lines) + "\r\n\r\n")
    return connection.response()


def handshake_on(connection, client):
    lines = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
    ]
    return ask_on(connection, [*lines, xff(client)], "/ws")


def xff(value):
    return f"X-Forwarded-For: {value}"


def forwarded(value):
    return f"Forwarded: {value}"


@pytest.fixture
def edge(loopback):
    def start(host="127.0.0.1", trusted=(PROXY, OUTER), **options):
        port = free_port()
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        listener = {"name": "public", "address": address, "websockets": [{"path": "/ws"}], **options}
        if trusted:
            listener["trusted_proxies"] = list(trusted)
        return Edge(loopback(WHO, WAIT, listeners=[listener], shards=2), host, port)

    return start


# Whose headers count


@pytest.mark.parametrize(
    "header",
    [xff(CLIENT), forwarded(f"for={CLIENT}"), f"X-Real-IP: {CLIENT}", "X-Forwarded-Proto: https"],
)
def test_row78_what_a_stranger_says_of_itself_is_ignored(edge, header):
    for one in (edge(), edge(trusted=())):
        answer = one.ask([header], source=STRANGER)
        assert answer.json == {"ip": STRANGER, "scheme": "http"}


CHAINS = [
    ([], PROXY),
    ([xff(CLIENT)], CLIENT),
    ([xff(f"{CLIENT}, {OUTER}")], CLIENT),
    ([xff(f"192.0.2.1, {CLIENT}, {OUTER}")], CLIENT),
    ([xff(f"{OUTER}, {CLIENT}")], CLIENT),
    ([xff(f"192.0.2.1, {CLIENT}"), xff(OUTER)], CLIENT),
    ([xff(CLIENT), xff(OUTER), xff(PROXY)], CLIENT),
    ([xff(OUTER)], OUTER),
    ([xff(f"{CLIENT}:4711")], CLIENT),
    ([xff("2001:db8::7")], "2001:db8::7"),
    ([xff("[2001:db8::7]:4711")], "2001:db8::7"),
    ([xff(f"::ffff:{CLIENT}, ::ffff:{OUTER}")], CLIENT),
    ([f"x-forwarded-FOR:\t{CLIENT} ,, "], CLIENT),
    ([xff("unknown")], PROXY),
    ([xff(f"{CLIENT}, garbage")], PROXY),
    ([xff(f"{CLIENT}, garbage, {OUTER}")], OUTER),
    ([xff(f"{CLIENT} 192.0.2.1")], PROXY),
    ([xff("")], PROXY),
    ([xff("a" * 8000)], PROXY),
    ([xff(",".join([OUTER] * 700))], OUTER),
    ([forwarded(f"for={CLIENT}")], CLIENT),
    ([forwarded(f"for=192.0.2.1, For={CLIENT};proto=http, for={OUTER}")], CLIENT),
    ([forwarded(f'for="{CLIENT}:4711"'), forwarded(f"by=_x;for={OUTER}")], CLIENT),
    ([forwarded('for="[2001:db8::7]:4711"')], "2001:db8::7"),
    ([forwarded(f'for="192.0.2.1, for={CLIENT};by="{PROXY}"')], CLIENT),
    ([forwarded("for=unknown")], PROXY),
    ([forwarded(f"for={CLIENT}, for=_hidden")], PROXY),
    ([forwarded(f"for={CLIENT};for=192.0.2.1")], PROXY),
    ([forwarded("")], PROXY),
    ([f"X-Real-IP: {CLIENT}"], PROXY),
]


def test_the_client_is_the_nearest_stranger_that_the_proxies_saw(edge):
    one = edge()
    wrong = [(headers, client) for headers, client in CHAINS if one.who(*headers) != client]
    assert not wrong


def test_each_request_of_a_proxys_connection_has_its_own_client(edge):
    one = edge()
    with one.connect() as connection:
        for client in (CLIENT, "192.0.2.1", "2001:db8::7"):
            answer = ask_on(connection, [xff(client), "X-Forwarded-Proto: https"])
            assert answer.json == {"ip": client, "scheme": "https"}
        assert ask_on(connection).json == {"ip": PROXY, "scheme": "http"}


def test_pipelined_requests_keep_their_clients_apart(edge):
    one = edge()
    clients = [f"192.0.2.{n}" for n in range(1, 33)]
    with one.connect() as connection:
        head = "GET /who HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: {}\r\n\r\n"
        connection.send("".join(head.format(client) for client in clients))
        assert [connection.response().json["ip"] for _ in clients] == clients


def test_a_head_that_comes_byte_by_byte_has_its_client_too(edge):
    one = edge()
    with one.connect() as connection:
        for byte in f"POST /who HTTP/1.1\r\nHost: a\r\n{xff(CLIENT)}\r\nContent-Length: 3\r\n\r\nabc":
            connection.send(byte)
        assert connection.response().json["ip"] == CLIENT


def test_ipv6_peers_are_told_apart_too(edge):
    trusting, other = edge("::1", ["::1/128"]), edge("::1", ["::2/128", "0.0.0.0/0"])
    assert trusting.who(xff(CLIENT), source="::1") == CLIENT
    assert other.who(xff(CLIENT), source="::1") == "::1"


def test_whoever_opens_a_unix_socket_is_trusted_where_that_is_said(loopback, tmp_path):
    path = tmp_path / "s"
    listener = {"name": "local", "address": f"unix:{path}", "trusted_proxies": ["unix", OUTER]}
    loopback(WHO, listeners=[listener])
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(str(path))
        connection = Connection.__new__(Connection)
        connection.socket, connection.input = local, b""
        assert ask_on(connection, [xff(f"{CLIENT}, {OUTER}")]).json["ip"] == CLIENT


# Which header counts


def test_headers_that_agree_are_believed(edge):
    one = edge()
    assert one.who(xff(CLIENT), forwarded(f"for={CLIENT}")) == CLIENT
    assert one.scheme(forwarded(f"for={CLIENT};proto=https"), xff(CLIENT)) == "https"


@pytest.mark.parametrize(
    "headers",
    [
        [xff(CLIENT), forwarded("for=192.0.2.1")],
        [xff("192.0.2.1"), forwarded(f"for={CLIENT}")],
        [xff(CLIENT), forwarded("for=_hidden")],
        [xff("garbage"), forwarded(f"for={CLIENT}")],
        ["X-Forwarded-Proto: http", forwarded(f"for={CLIENT};proto=https")],
    ],
)
def test_headers_that_contradict_each_other_are_refused(edge, headers):
    one = edge()
    with one.connect() as connection:
        answer = ask_on(connection, headers)
        assert (answer.status, answer.header("connection")) == (400, "close")
        assert answer.problem["type"].endswith("bad-request")
        assert connection.is_closed()
    assert one.rejected("forwarded") == 1
    assert one.refused("forwarded") == {PROXY}


def test_a_contradiction_under_a_body_is_refused_before_it(edge):
    one = edge()
    with one.connect() as connection:
        lines = ["POST /who HTTP/1.1", "Host: a", xff(CLIENT), forwarded("for=192.0.2.1")]
        connection.send("\r\n".join([*lines, "Content-Length: 100000", "", ""]) + "x" * 100000)
        assert connection.response().status == 400


def test_a_header_that_the_proxies_do_not_set_can_be_left_out_of_account(edge):
    one = edge(forwarded_header="x-forwarded-for")
    assert one.who(xff(CLIENT), forwarded("for=192.0.2.1")) == CLIENT
    assert one.who(forwarded("for=192.0.2.1")) == PROXY
    assert one.scheme("X-Forwarded-Proto: https", forwarded("for=x;proto=http")) == "https"
    other = edge(forwarded_header="forwarded")
    assert other.who(xff("192.0.2.1"), forwarded(f"for={CLIENT}")) == CLIENT
    assert other.who(xff("192.0.2.1")) == PROXY
    assert other.scheme("X-Forwarded-Proto: https") == "http"


SCHEMES = [
    (["X-Forwarded-Proto: https"], "https"),
    (["X-Forwarded-Proto: HTTPS"], "https"),
    (["X-Forwarded-Proto: http"], "http"),
    (["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"], "http"),
    (["X-Forwarded-Proto: https, http"], "http"),
    (["X-Forwarded-Proto: javascript"], "http"),
    ([forwarded(f"for={CLIENT};proto=https")], "https"),
    ([forwarded(f"for=192.0.2.1;proto=https, for={CLIENT};proto=http")], "http"),
    ([forwarded(f"for={CLIENT};proto=https, for={OUTER};proto=http")], "https"),
    (["X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1"], "http"),
]


def test_the_scheme_is_what_the_client_speaks_to_the_proxy(edge):
    one = edge()
    wrong = [(headers, scheme) for headers, scheme in SCHEMES if one.scheme(*headers) != scheme]
    assert not wrong


# What uses it


def test_the_log_has_the_client(edge):
    one = edge()
    for number, client in enumerate((CLIENT, "2001:db8::7")):
        assert one.ask([xff(client), f"X-Request-Id: r{number}"]).status == 200
        (line,) = one.gateway.access(request_id=f"r{number}")
        assert line["client"] == client
    assert one.ask([xff(CLIENT)], source=STRANGER).status == 200
    eventually(lambda: one.gateway.log(msg="call", client=STRANGER), 5)


def test_the_log_of_a_refusal_has_the_client_of_that_request(edge):
    one = edge()
    with one.connect() as connection:
        assert ask_on(connection, [xff(CLIENT)], "/nothing").status == 404
        assert one.refused("not_found") == {CLIENT}
        connection.send("broken\r\n\r\n")
        assert connection.response().status == 400
        assert one.refused("bad_request") == {PROXY}, "not that of the request before"


def test_calls_in_flight_are_counted_for_each_client(edge):
    one = edge(limits={"calls_in_flight_per_address": 1})
    with one.connect() as first, one.connect() as second, one.connect() as third:
        first.send(f"GET /wait HTTP/1.1\r\nHost: a\r\n{xff(CLIENT)}\r\n\r\n")
        one.gateway.wait_metric("bridgehead_calls_in_flight", 1)
        assert ask_on(second, [xff(CLIENT)]).status == 503
        assert ask_on(second, [xff(f"192.0.2.1, {CLIENT}")]).status == 503
        assert ask_on(third, [xff("192.0.2.1")]).status == 200
        assert one.refused("calls_per_address") == {CLIENT}
        assert first.response().status == 200
        assert ask_on(second, [xff(CLIENT)]).status == 200
    assert one.rejected("calls_per_address") == 2


def test_connections_of_a_proxy_are_not_counted_as_one_clients(edge):
    one = edge(limits={"connections_per_address": 1})
    with one.connect() as first, one.connect() as second, one.connect() as third:
        for connection in (first, second, third):
            assert ask_on(connection, [xff(CLIENT)]).status == 200
        with one.connect(STRANGER) as stranger:
            assert ask_on(stranger).status == 200
            with one.connect(STRANGER) as more:
                assert more.is_closed()
        assert one.refused("connections_per_address") == {STRANGER}
    one.wait_connections(0)
    assert one.who(source=STRANGER) == STRANGER


def test_a_websocket_has_the_client_of_its_handshake(edge):
    one = edge()
    with one.websocket(xff(CLIENT), "X-Forwarded-Proto: https") as socket:
        for number in (1, 2):
            socket.send({"jsonrpc": "2.0", "id": number, "method": "who"})
            assert socket.receive_json()["result"] == {"ip": CLIENT, "scheme": "wss"}
    with one.websocket(xff(CLIENT), source=STRANGER) as socket:
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "who"})
        assert socket.receive_json()["result"] == {"ip": STRANGER, "scheme": "ws"}


def test_websockets_behind_a_proxy_are_counted_for_their_clients(edge):
    one = edge(limits={"connections_per_address": 2})
    with one.websocket(xff(CLIENT)), one.websocket(xff(CLIENT)):
        with one.connect() as connection:
            answer = handshake_on(connection, CLIENT)
            assert (answer.status, answer.header("retry-after")) == (503, "1")
            assert answer.problem["type"].endswith("overloaded")
            assert connection.is_closed()
        assert one.refused("connections_per_address") == {CLIENT}
        with one.websocket(xff("192.0.2.1")):
            pass
        assert one.who(xff(CLIENT)) == CLIENT, "requests are not connections"
    one.wait_connections(0)
    for _ in range(5):
        with one.websocket(xff(CLIENT)) as first, one.websocket(xff(CLIENT)):
            first.send({"jsonrpc": "2.0", "id": 1, "method": "who"})
            assert first.receive_json()["result"]["ip"] == CLIENT
        one.wait_connections(0)
    assert one.rejected("connections_per_address") == 1


def test_a_websocket_of_the_proxy_itself_is_counted_for_nobody(edge):
    one = edge(limits={"connections_per_address": 1})
    with one.websocket(), one.websocket(), one.websocket(xff("garbage")):
        pass


# The PROXY protocol

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(source=CLIENT, family="TCP4", to="198.51.100.1"):
    return f"PROXY {family} {source} {to} 49152 443\r\n".encode()


def v2(source=CLIENT, command=0x21, extras=b"", family=None, addresses=None):
    six = ":" in source
    packed = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, source)
    if addresses is None:
        addresses = packed + packed + struct.pack("!HH", 49152, 443)
    if family is None:
        family = 0x21 if six else 0x11
    rest = addresses + extras
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(rest)) + rest


@pytest.fixture
def proxied(edge):
    return lambda **options: edge(proxy_protocol=True, **options)


GOOD = [
    (v1(), CLIENT),
    (v1("2001:db8::7", "TCP6", "2001:db8::1"), "2001:db8::7"),
    (v1(f"::ffff:{CLIENT}", "TCP6", "::ffff:198.51.100.1"), CLIENT),
    (b"PROXY UNKNOWN\r\n", PROXY),
    (b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", PROXY),
    (v2(), CLIENT),
    (v2("2001:db8::7"), "2001:db8::7"),
    (v2(extras=b"\x01\0\x02h2\xea\0\x04\x01vpc"), CLIENT),
    (v2(extras=b"\x04\x10\x00" + bytes(4096)), CLIENT),
    (v2(command=0x20), PROXY),
    (v2(command=0x20, family=0, addresses=b""), PROXY),
    (v2(family=0, addresses=b""), PROXY),
    (v2(family=0x31, addresses=bytes(216)), PROXY),
]


def test_a_proxy_header_says_who_the_client_is(proxied):
    one = proxied()
    wrong = [(first, client) for first, client in GOOD if one.who(first=first) != client]
    assert not wrong
    assert one.rejected("proxy_header") == 0


@pytest.mark.parametrize("first", [v1(), v2(), v2("2001:db8::7", extras=b"\x04\0\0")])
def test_a_proxy_header_may_come_byte_by_byte_and_with_the_request(proxied, first):
    one = proxied()
    request = b"GET /who HTTP/1.1\r\nHost: test\r\n\r\n"
    client = "2001:db8::7" if len(first) > 50 and first[:1] == b"\r" else CLIENT
    with one.connect() as connection:
        for byte in first + request:
            connection.send(bytes([byte]))
        assert connection.response().json["ip"] == client
    with one.connect(first=first + request + request) as connection:
        assert connection.response().json["ip"] == client
        assert connection.response().json["ip"] == client
        assert ask_on(connection).json["ip"] == client, "the header is of the whole connection"


BAD = [
    b"GET /who HTTP/1.1\r\nHost: test\r\n\r\n",
    b"POST",
    b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"PROXY \r\n",
    b"PROXY TCP4 203.0.113.9 198.51.100.1 49152\r\n",
    b"PROXY TCP4 203.0.113.09 198.51.100.1 49152 443\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 49152 443\r\n",
    b"PROXY TCP4 203.0.113.9 198.51.100.1 49152 65536\r\n",
    b"PROXY TCP4 203.0.113.9 198.51.100.1 49152 443\n\r\n",
    b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    b"PROXY UNKNOWN " + b"x" * 200,
    SIGNATURE + b"\x11\x11\0\0",
    SIGNATURE + b"\x22\x11\0\0",
    v2(family=0x41),
    v2(family=0x11, addresses=bytes(11)),
    v2(family=0x21, addresses=bytes(12)),
    v2(extras=b"\x04\0\x05abc"),
    v2(extras=b"\x03\0\x04abcd"),
    SIGNATURE + b"\x21\x11\xff\xff",
]


@pytest.mark.parametrize("first", BAD, ids=range(len(BAD)))
def test_what_is_no_proxy_header_ends_the_connection_without_a_word(proxied, first):
    one = proxied()
    if first == b"\r\n":
        first += b"G"  # until then it could have been a signature
    with one.connect(first=first) as connection:
        assert connection.is_closed()
    assert one.rejected("proxy_header") == 1
    assert one.refused("proxy_header") == {PROXY}
    one.wait_connections(0)
    assert one.who(first=v1()) == CLIENT


def test_row78_a_connection_from_elsewhere_is_closed_unread(proxied):
    one = proxied()
    for first in (v1(), v2(), b"GET /who HTTP/1.1\r\nHost: test\r\n\r\n", b""):
        with one.connect(STRANGER) as connection:
            try:
                connection.send(first)
            except ConnectionError:
                continue
            assert connection.is_closed()
    one.wait_rejected("proxy_peer", 4)
    assert one.refused("proxy_peer") == {STRANGER}
    assert one.who(first=v1()) == CLIENT


def test_a_proxy_header_that_is_never_whole_has_the_time_of_a_head(proxied):
    one = proxied(limits={"header_timeout": "300ms"})
    connections = [one.connect(first=first) for first in (b"", v1()[:-1], v2()[:-1])]
    for connection in connections:
        assert connection.is_closed()
    assert one.rejected("header_timeout") == 3
    one.wait_connections(0)


def test_a_client_that_leaves_within_the_header_leaves_nothing(proxied):
    one = proxied()
    for first in (b"", b"P", v1()[:-1], v2()[:-1]):
        one.connect(first=first).close()
    one.wait_connections(0)
    assert one.rejected("proxy_header") == 0


def test_row78_where_it_is_off_a_proxy_header_is_a_broken_request(edge):
    one = edge()
    for first in (v1(), v2()):
        with one.connect(first=first) as connection:
            assert connection.response().status == 400


def test_a_websocket_behind_a_proxy_header_has_its_client(proxied):
    one = proxied(limits={"connections_per_address": 1})
    with one.websocket(first=v2()) as socket:
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "who"})
        assert socket.receive_json()["result"] == {"ip": CLIENT, "scheme": "ws"}
        with one.connect(first=v2()) as more:
            assert more.is_closed(), "the second of that client"
        with one.websocket(first=v1("192.0.2.1")):
            pass
        assert one.refused("connections_per_address") == {CLIENT}
    one.wait_connections(0)
    for _ in range(3):
        assert one.who(first=v2()) == CLIENT
        one.wait_connections(0)


def test_connections_are_counted_for_whom_the_header_tells(proxied):
    one = proxied(limits={"connections_per_address": 1})
    clients = [f"192.0.2.{n}" for n in range(1, 5)]
    connections = [one.connect(first=v1(client)) for client in clients]
    for client, connection in zip(clients, connections):
        assert ask_on(connection).json["ip"] == client
    with one.connect(first=v1("192.0.2.1")) as more:
        assert more.is_closed()
    with one.connect(first=v2(command=0x20)) as a, one.connect(first=v2(command=0x20)) as b:
        assert ask_on(a).status == ask_on(b).status == 200, "health checks are nobody's"
    for connection in connections:
        connection.reset()
    one.wait_connections(0)
    for client in clients:
        assert one.who(first=v1(client)) == client


def test_forwarded_headers_behind_a_proxy_header_count_from_trusted_sources_only(proxied):
    one = proxied()
    assert one.who(xff("192.0.2.1"), first=v1()) == CLIENT
    assert one.who(xff("192.0.2.1"), first=v1(OUTER)) == "192.0.2.1"
    assert one.who(xff("192.0.2.1"), first=b"PROXY UNKNOWN\r\n") == PROXY
    assert one.who(xff("192.0.2.1"), first=v2(command=0x20)) == PROXY


def test_a_drain_waits_for_nobody_who_has_not_said_who_it_is(proxied):
    one = proxied()
    with one.connect(first=v1()[:10]) as connection, one.connect(first=v1()) as idle:
        one.wait_connections(2)
        one.gateway.stop(timeout=5)
        assert connection.is_closed() and idle.is_closed()


# The configuration


@pytest.mark.parametrize(
    "listener, says",
    [
        ({"trusted_proxies": ["10.0.0.1/8"]}, 'write "10.0.0.0/8"'),
        ({"trusted_proxies": ["10.0.0.0/8", "2001:db8::1/64"]}, 'trusted_proxies[1]: '),
        ({"trusted_proxies": "10.0.0.0/33"}, "expected a range"),
        ({"trusted_proxies": ["localhost"]}, "expected a range"),
        ({"trusted_proxies": ["10.0.0.0/8 "]}, "expected a range"),
        ({"trusted_proxies": [10]}, "expected a string"),
        ({"trusted_proxies": ["unix"]}, "a listener on a Unix socket"),
        ({"proxy_protocol": True}, 'needs "trusted_proxies"'),
        ({"proxy_protocol": True, "trusted_proxies": []}, 'needs "trusted_proxies"'),
        ({"proxy_protocol": "yes", "trusted_proxies": "::1"}, "proxy_protocol: expected"),
        ({"forwarded_header": "forwarded"}, 'needs "trusted_proxies"'),
        ({"forwarded_header": "x-real-ip", "trusted_proxies": "::1"}, "forwarded_header: "),
        ({"address": "unix:/tmp/s", "trusted_proxies": "::1"}, "trusts nobody"),
    ],
)
def test_what_would_not_protect_is_refused(tmp_path, listener, says):
    done = check(tmp_path, listener)
    assert done.returncode == 1
    assert says in done.stdout + done.stderr


def test_trust_in_everybody_is_warned_of(tmp_path):
    done = check(tmp_path, {"trusted_proxies": ["10.0.0.0/8", "::/0"]})
    assert done.returncode == 0
    assert "trusts everybody" in done.stdout + done.stderr


def check(directory, listener):
    config = gateways.complete({"bridges": {"echo": {"type": "loopback"}}, "mappings": [WHO]}, None)
    config["listeners"] = [{"name": "public", "address": "127.0.0.1:18080", **listener}]
    file = directory / "bridgehead.json"
    file.write_text(json.dumps(config))
    return gateways.run("check", file)
