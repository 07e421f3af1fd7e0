# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors
"""`bridgehead call` against small servers of our own that say exactly what the test wants said."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("BRIDGEHEAD", str(ROOT / "build" / "bridgehead"))
MEGABYTE = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def call(*arguments, stdin=b"", environment=None):
    """Runs `bridgehead call`; returns exit status, stdout and stderr as bytes."""
    done = subprocess.run(
        [BINARY, "call", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout, done.stderr


class Server:
    """Accepts one connection after the other and hands each to `talk(server, connection)`."""

    def __init__(self, talk):
        self.talk = talk
        self.seen = []  # whatever the talk wants to remember
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=8)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(30)
                with contextlib.suppress(OSError):
                    self.talk(self, connection)

    def http(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def ws(self, path="/ws"):
        return f"ws://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)


@contextlib.contextmanager
def serving(talk):
    server = Server(talk)
    try:
        yield server
    finally:
        server.stop()


# ---------------------------------------------------------------- HTTP


def read_request(connection):
    """Head and body of one request, as they came."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or pytest.fail("the request ended early")
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?im)^content-length: (\d+)\r?$", head + b"\r\n")
    while length and len(body) < int(length[1]):
        body += connection.recv(65536) or pytest.fail("the body ended early")
    return head, body


def answering(*pieces):
    """A talk that reads a request and sends these bytes."""

    def talk(server, connection):
        server.seen.append(read_request(connection))
        for piece in pieces:
            connection.sendall(piece)

    return talk


def exchange(answer, *arguments, path="/", **options):
    with serving(answering(answer)) as server:
        result = call(*arguments, server.http(path), **options)
    return result, server.seen[0]


def test_a_plain_call_is_a_get_and_prints_the_body_and_nothing_else():
    (status, out, err), (head, body) = exchange(OK, path="/a/b?c=%20d#e")
    assert (status, out, err) == (0, b"ok", b"HTTP/1.1 200 OK\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"GET /a/b?c=%20d HTTP/1.1"
    assert sum(line.lower().startswith(b"host: 127.0.0.1:") for line in lines) == 1
    assert body == b"" and b"content-length" not in head.lower()


def test_quiet_prints_no_status_line():
    (status, out, err), _ = exchange(OK, "-s")
    assert (status, out, err) == (0, b"ok", b"")


def test_include_prints_the_head_as_it_came():
    answer = b"HTTP/1.1 200 Fine\r\nx-Odd:  a  b\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 1\r\n\r\nz"
    (status, out, _), _ = exchange(answer, "-i")
    assert (status, out) == (0, answer)


def test_data_makes_it_a_post_and_json_is_recognised():
    (_, _, _), (head, body) = exchange(OK, "-d", '{"a": 9007199254740993}')
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"\r\nContent-Type: application/json\r\n" in head
    assert body == b'{"a": 9007199254740993}'
    (_, _, _), (head, body) = exchange(OK, "-d", "plain words")
    assert b"\r\nContent-Type: application/octet-stream\r\n" in head
    assert body == b"plain words"


def test_data_given_several_times_are_joined_as_curl_does(tmp_path):
    (tmp_path / "b").write_bytes(b"b=2\n")
    (_, _, _), (_, body) = exchange(OK, "-d", "a=1", "-d", f"@{tmp_path}/b", "--data", "c=%26")
    assert body == b"a=1&b=2\n&c=%26"


def test_json_as_an_argument_is_checked_before_anything_is_sent():
    with serving(answering(OK)) as server:
        status, out, err = call(server.http(), '{"a":1,}')
    assert status == 2 and out == b"" and b"not JSON" in err
    assert server.seen == []


def test_method_and_headers_can_be_set_and_replace_the_defaults():
    (_, _, _), (head, _) = exchange(
        OK, "-X", "PATCH", "-H", "Content-Type: text/x", "-H", "X-A:1", "-H", "x-a: 2",
        "-H", "Host: shop.example", "-H", "user-agent: me", "-d", "{}",
    )  # fmt: skip
    lines = head.split(b"\r\n")
    assert lines[0] == b"PATCH / HTTP/1.1"
    assert b"Host: shop.example" in lines
    assert b"X-A: 1" in lines and b"x-a: 2" in lines
    assert sum(line.lower().startswith(b"host:") for line in lines) == 1
    assert sum(line.lower().startswith(b"content-type:") for line in lines) == 1
    assert sum(line.lower().startswith(b"user-agent:") for line in lines) == 1


@pytest.mark.parametrize(
    "header",
    ["a: b\r\nx: y", "a: b\nx: y", "a: b\rc", "a\r\nb: c", "a b: c", ": c", "novalue", "a: \x7f",
     "Content-Length: 5", "transfer-encoding: chunked", "Connection: close", "Upgrade: x"],
)  # fmt: skip
def test_a_header_can_bring_in_neither_lines_nor_framing(header):
    with serving(answering(OK)) as server:
        status, out, err = call("-H", header, server.http())
    assert status == 2 and out == b"" and err
    assert server.seen == []


@pytest.mark.parametrize("method", ["GET\r\nx: y", "GET /", "", "G@T"])
def test_a_method_can_bring_in_nothing_else(method):
    with serving(answering(OK)) as server:
        assert call("-X", method, server.http())[0] == 2
    assert server.seen == []


@pytest.mark.parametrize(
    "url, words",
    [("https://127.0.0.1/", b"TLS is not available yet"),
     ("wss://127.0.0.1/", b"TLS is not available yet"),
     ("ftp://127.0.0.1/", b"http:// or ws://"),
     ("127.0.0.1:80", b"http:// or ws://"),
     ("http://", b"host name"),
     ("http://127.0.0.1:0/", b"port"),
     ("http://127.0.0.1:65536/", b"port"),
     ("http://127.0.0.1:8o/", b"port"),
     ("http://user:secret@127.0.0.1/", b"not supported"),
     ("http://127.0.0.1/a b", b"percent-encode"),
     ("http://127.0.0.1/a\r\nx: y", b"percent-encode")],
)  # fmt: skip
def test_a_url_that_cannot_be_called_is_refused_with_a_sentence(url, words):
    status, out, err = call(url)
    assert status == 2 and out == b"" and words in err


@pytest.mark.parametrize(
    "arguments",
    [[], ["http://127.0.0.1/", "op", "{}"], ["ws://127.0.0.1/"], ["--raw", "ws://127.0.0.1/"],
     ["--raw", "ws://127.0.0.1/", "op", "{}"], ["-X", "GET", "ws://127.0.0.1/", "op"],
     ["--text", "http://127.0.0.1/"], ["--nonsense", "http://127.0.0.1/"], ["-t", "soon", "http://127.0.0.1/"],
     ["-d", "{}", "http://127.0.0.1/", "{}"], ["ws://127.0.0.1/", "op", "{"],
     ["ws://127.0.0.1/", "op", "{}", "more"], ["--binary", "ws://127.0.0.1/", "op"]],
)  # fmt: skip
def test_wrong_usage_exits_2(arguments):
    status, out, err = call(*arguments)
    assert status == 2 and out == b"" and err


def test_help_goes_to_stdout():
    status, out, err = call("--help")
    assert status == 0 and out.startswith(b"usage: bridgehead call") and err == b""
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    "line, exit_status",
    [(b"200 OK", 0), (b"202 Accepted", 0), (b"301 Moved", 3), (b"404 Not Found", 4), (b"429 x", 4),
     (b"500 x", 5), (b"503 Service Unavailable", 5), (b"200", 0)],
)  # fmt: skip
def test_the_exit_status_tells_the_kind_of_answer(line, exit_status):
    answer = b"HTTP/1.1 " + line + b"\r\nLocation: /there\r\nContent-Length: 4\r\n\r\nbody"
    (status, out, err), _ = exchange(answer)
    assert (status, out) == (exit_status, b"body")
    assert err == b"HTTP/1.1 " + line + b"\n"


def test_nobody_listening_exits_6():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/"):
        status, out, err = call(url, *(["op"] if url.startswith("ws") else []))
        assert (status, out, err) == (6, b"", b"bridgehead call: cannot connect\n")


def test_a_proxy_in_the_environment_is_not_used():
    with serving(answering(OK)) as server:
        status, out, _ = call(server.http(), environment={"http_proxy": "http://127.0.0.1:9"})
    assert (status, out) == (0, b"ok")


def test_a_name_that_has_two_addresses_is_tried_at_both():
    with serving(answering(OK)) as server:
        status, out, _ = call(f"http://localhost:{server.port}/")
    assert (status, out) == (0, b"ok")


def test_an_ipv6_address_is_called_and_named_in_the_host_header():
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with listener:
        port = listener.getsockname()[1]
        heads = []

        def serve():
            connection, _ = listener.accept()
            with connection:
                heads.append(read_request(connection)[0])
                connection.sendall(OK)

        thread = threading.Thread(target=serve)
        thread.start()
        status, out, _ = call(f"http://[::1]:{port}/")
        thread.join(10)
    assert (status, out) == (0, b"ok")
    assert f"\r\nHost: [::1]:{port}\r\n".encode() in heads[0]


def silent(server, connection):
    read_request(connection)
    connection.recv(1)  # until the client goes


def test_no_answer_in_time_exits_7():
    with serving(silent) as server:
        status, out, err = call("-t", "200ms", server.http())
        assert (status, out) == (7, b"") and b"no answer in time" in err
        status, out, err = call("-t", "200ms", server.ws(), "op")
        assert (status, out) == (7, b"") and b"in time" in err


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
     b"HTTP/1.1 2000 OK\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x16\x03\x01\x00\r\n\r\n\r\n\r\n"],
)  # fmt: skip
def test_an_answer_that_is_cut_or_is_not_http_exits_6(answer):
    (status, _, err), _ = exchange(answer)
    assert status == 6 and b"bridgehead call: " in err


def test_interim_answers_are_passed_over():
    (status, out, err), _ = exchange(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, "-i"
    )
    assert (status, out, err) == (0, OK, b"HTTP/1.1 200 OK\n")


@pytest.mark.parametrize(
    "arguments, answer",
    [(["-X", "HEAD"], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
     ([], b"HTTP/1.1 204 No Content\r\n\r\n"), ([], b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")],
)  # fmt: skip
def test_an_answer_without_a_body_is_not_waited_for(arguments, answer):
    def talk(server, connection):
        read_request(connection)
        connection.sendall(answer)
        connection.recv(1)  # stay open: only the head says that it is complete

    with serving(talk) as server:
        status, out, _ = call(*arguments, "-t", "10s", server.http())
    assert (status, out) == (0, b"")


def test_a_body_that_ends_with_the_connection_is_read_to_its_end():
    (status, out, _), _ = exchange(b"HTTP/1.0 200 OK\r\n\r\n" + b"\x00\xffx" * 50000)
    assert status == 0 and out == b"\x00\xffx" * 50000


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_chunked_body_is_decoded_whatever_its_pieces(size):
    body = os.urandom(20000)
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for at in range(0, len(body), 997):
        piece = body[at : at + 997]
        wire += b"%X;ext=1\r\n%b\r\n" % (len(piece), piece)
    wire += b"0\r\nTrailer: x\r\n\r\n"
    pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
    with serving(answering(*pieces)) as server:
        status, out, _ = call(server.http())
    assert status == 0 and out == body


def test_large_binary_bodies_pass_both_ways_byte_for_byte(tmp_path):
    body = os.urandom(8 * MEGABYTE) + b"\x00\r\n\x00"
    source = tmp_path / "body"
    source.write_bytes(body)

    def echo(server, connection):
        _, received = read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(received))
        connection.sendall(received)

    with serving(echo) as server:
        status, out, _ = call("-d", f"@{source}", server.http())
        assert status == 0 and out == body
        status, out, _ = call("-d", "@-", server.http(), stdin=body)
        assert status == 0 and out == body


def test_a_file_that_cannot_be_read_exits_1_and_sends_nothing(tmp_path):
    with serving(answering(OK)) as server:
        for path in (tmp_path / "absent", tmp_path):
            status, out, err = call("-d", f"@{path}", server.http())
            assert status == 1 and out == b"" and str(path).encode() in err
    assert server.seen == []


def test_an_answer_that_comes_before_the_body_is_sent_is_not_lost(tmp_path):
    source = tmp_path / "body"
    source.write_bytes(bytes(64 * MEGABYTE))

    def refuse(server, connection):
        head = connection.recv(65536)
        assert b"\r\n\r\n" in head
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)

    with serving(refuse) as server:
        status, out, err = call("-d", f"@{source}", server.http())
    assert (status, out, err) == (4, b"big", b"HTTP/1.1 413 Too Large\n")


def test_a_long_url_and_a_large_header_are_sent_whole():
    path = "/" + "p" * 7000
    (status, _, _), (head, _) = exchange(OK, "-H", "X-Large: " + "v" * 30000, path=path)
    assert status == 0
    assert head.split(b"\r\n")[0] == f"GET {path} HTTP/1.1".encode()
    assert b"X-Large: " + b"v" * 30000 in head.split(b"\r\n")


def test_output_that_cannot_be_written_exits_1():
    with serving(answering(OK)) as server, open("/dev/full", "wb") as full:
        done = subprocess.run(
            [BINARY, "call", "-s", server.http()], stdout=full, stderr=subprocess.PIPE, timeout=30
        )
    assert done.returncode == 1 and b"written" in done.stderr


# ---------------------------------------------------------------- WebSocket


class Socket:
    """The server's end of one WebSocket."""

    def __init__(self, connection, refuse=None):
        self.connection = connection
        self.buffer = b""
        head, self.buffer = self.read_head()
        self.head = head
        if refuse:
            connection.sendall(refuse)
            return
        key = re.search(rb"(?im)^sec-websocket-key: *(\S+)", head)[1]
        accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        )

    def read_head(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.connection.recv(65536) or pytest.fail("the handshake ended early")
        return data.split(b"\r\n\r\n", 1)

    def take(self, count):
        while len(self.buffer) < count:
            more = self.connection.recv(1 << 20)
            if not more:
                raise ConnectionError
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_frame(self):
        """Opcode (with FIN) and payload; the frame must be masked."""
        first, second = self.take(2)
        assert second & 0x80
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        mask = self.take(4)
        payload = self.take(length)
        key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
        return first, (int.from_bytes(payload, "big") ^ key).to_bytes(length, "big")

    def send(self, payload, first=0x81):
        length = len(payload)
        if length < 126:
            head = bytes([first, length])
        elif length < 65536:
            head = bytes([first, 126]) + struct.pack(">H", length)
        else:
            head = bytes([first, 127]) + struct.pack(">Q", length)
        self.connection.sendall(head + payload)


def speaking(*answers, first=0x81):
    """A talk that reads one message, sends these, and remembers message and close frame."""

    def talk(server, connection):
        end = Socket(connection)
        server.seen.append(end.head)
        server.seen.append(end.read_frame())
        for answer in answers:
            end.send(answer, first)
        opcode, payload = end.read_frame()
        server.seen.append((opcode, payload))
        end.send(payload, 0x88)

    return talk


def speak(answer, *arguments, options=(), stdin=b"", first=0x81):
    answers = answer if isinstance(answer, list) else [answer]
    with serving(speaking(*answers, first=first)) as server:
        result = call(*options, server.ws(), *arguments, stdin=stdin)
    return result, server.seen


CLOSED_WITH_1000 = (0x88, struct.pack(">H", 1000))


def test_an_operation_goes_as_json_rpc_and_its_result_comes_back_as_written():
    result = b'{"n": 9007199254740993,  "f":1e400 ,"s":"\\u00e9"}'
    (status, out, err), seen = speak(
        b' {"jsonrpc": "2.0", "result" : ' + result + b' , "id": 1 }', 'a"b', '{"big": 1e999}'
    )
    assert (status, out, err) == (0, result, b"result\n")
    first, message = seen[1]
    assert first == 0x81
    assert message.endswith(b'"params":{"big": 1e999}}')
    parsed = json.loads(message)
    assert (parsed["jsonrpc"], parsed["method"]) == ("2.0", 'a"b') and "id" in parsed
    assert seen[2] == CLOSED_WITH_1000


def test_an_operation_without_json_has_no_params():
    _, seen = speak(b'{"jsonrpc":"2.0","id":1,"result":null}', "op")
    assert "params" not in json.loads(seen[1][1])


def test_headers_go_into_the_handshake():
    (status, _, _), seen = speak(
        b'{"jsonrpc":"2.0","id":1,"result":null}', "op",
        options=["-H", "Origin: https://app.example", "-H", "X-A: b", "-H", "Host: ws.example"],
    )  # fmt: skip
    assert status == 0
    lines = seen[0].split(b"\r\n")
    assert lines[0] == b"GET /ws HTTP/1.1"
    assert b"Origin: https://app.example" in lines and b"X-A: b" in lines and b"Host: ws.example" in lines


def test_messages_that_are_not_our_answer_are_passed_over():
    (status, out, _), _ = speak(
        [b'{"jsonrpc":"2.0","method":"tick","params":[]}', b'{"jsonrpc":"2.0","id":7,"result":0}',
         b'{"jsonrpc":"2.0","id":1,"result":[1]}'], "op",
    )  # fmt: skip
    assert (status, out) == (0, b"[1]")


@pytest.mark.parametrize(
    "error, exit_status",
    [('{"code":-32601,"message":"no"}', 4), ('{"code":-32602,"message":"no"}', 4),
     ('{"code":-32029,"message":"no"}', 4), ('{"code":-32603,"message":"no"}', 5),
     ('{"code":-32003,"message":"no"}', 5), ('{"code":-32004,"message":"no","data":{"status":504}}', 5),
     ('{"code":-32000,"message":"no","data":{"status":422,"body":{"x" : 1}}}', 4),
     ('{"code":-32000,"message":"no","data":{"status":502}}', 5), ('{}', 5), ('null', 5)],
)  # fmt: skip
def test_an_error_is_printed_and_its_kind_is_the_exit_status(error, exit_status):
    (status, out, err), seen = speak(f'{{"jsonrpc":"2.0","id":1,"error":{error}}}'.encode(), "op")
    assert (status, out) == (exit_status, error.encode())
    assert err.startswith(b"error")
    assert seen[2] == CLOSED_WITH_1000


def test_an_error_without_an_id_answers_what_could_not_be_read():
    (status, out, _), _ = speak(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600}}', "op")
    assert (status, out) == (4, b'{"code":-32600}')


def test_an_answer_that_is_not_json_rpc_exits_5_and_is_shown():
    (status, out, _), _ = speak(b"hello", "op")
    assert (status, out) == (5, b"hello")


def test_include_prints_the_whole_answer():
    answer = b'{"jsonrpc":"2.0", "id":1,"result":5,"encoding":"text"}'
    (status, out, _), _ = speak(answer, "op", options=["-i"])
    assert (status, out) == (0, answer)


@pytest.mark.parametrize(
    "answer, out",
    [(b'"a\\nb\\u00e9\\u0000"', b"a\nb\xc3\xa9\x00"), (b'{"a":1}', b'{"a":1}'), (b'""', b""),
     (b'"' + base64.b64encode(bytes(range(256))) + b'","encoding":"base64"', bytes(range(256))),
     (b'"aGk=","encoding":"text"', b"aGk=")],
)  # fmt: skip
def test_text_prints_what_a_string_stands_for(answer, out):
    (status, printed, _), _ = speak(
        b'{"jsonrpc":"2.0","id":1,"result":' + answer + b"}", "op", options=["--text"]
    )
    assert (status, printed) == (0, out)


def test_raw_sends_the_data_as_it_is_and_prints_the_next_message():
    (status, out, err), seen = speak(b"not { json", "{ this", options=["--raw"])
    assert (status, out, err) == (0, b"not { json", b"")
    assert seen[1] == (0x81, b"{ this") and seen[2] == CLOSED_WITH_1000


def test_raw_binary_frames_are_byte_exact():
    data = bytes(range(256)) * 3
    (status, out, _), seen = speak(
        data[::-1], options=["--raw", "--binary", "-d", "@-"], stdin=data, first=0x82
    )
    assert (status, out) == (0, data[::-1]) and seen[1] == (0x82, data)


def test_a_notification_is_sent_without_an_id_and_nothing_is_waited_for():
    def talk(server, connection):
        end = Socket(connection)
        server.seen += [end.read_frame(), end.read_frame()]
        end.send(server.seen[-1][1], 0x88)

    with serving(talk) as server:
        status, out, _ = call("--notify", server.ws(), "op", "[1]")
    assert (status, out) == (0, b"")
    assert json.loads(server.seen[0][1]) == {"jsonrpc": "2.0", "method": "op", "params": [1]}
    assert server.seen[1] == CLOSED_WITH_1000


def test_large_messages_pass_both_ways(tmp_path):
    params = tmp_path / "params"
    params.write_bytes(b'{"a":"' + b"x" * (4 * MEGABYTE) + b'"}')
    result = b'["' + b"y" * (6 * MEGABYTE) + b'"]'
    (status, out, _), seen = speak(
        b'{"jsonrpc":"2.0","id":1,"result":' + result + b"}", "op", f"@{params}"
    )
    assert status == 0 and out == result
    assert len(seen[1][1]) > 4 * MEGABYTE and seen[1][1].endswith(b"xxx\"}}")


def test_an_answer_in_fragments_with_a_ping_between_is_put_together():
    def talk(server, connection):
        end = Socket(connection)
        end.read_frame()
        end.send(b'{"jsonrpc":"2.0","id":1,', 0x01)
        end.send(b"are you there", 0x89)
        end.send(b'"result":"a', 0x00)
        server.seen.append(end.read_frame())
        end.send(b'b"}', 0x80)
        server.seen.append(end.read_frame())
        end.send(server.seen[-1][1], 0x88)

    with serving(talk) as server:
        status, out, _ = call(server.ws(), "op")
    assert (status, out) == (0, b'"ab"')
    assert server.seen[0] == (0x8A, b"are you there")


@pytest.mark.parametrize(
    "line, exit_status", [(b"403 Forbidden", 4), (b"503 Later", 5), (b"200 OK", 6), (b"302 Found", 3)]
)
def test_a_refused_handshake_tells_its_status(line, exit_status):
    def talk(server, connection):
        Socket(connection, b"HTTP/1.1 " + line + b"\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")
        connection.recv(1)

    with serving(talk) as server:
        status, out, err = call(server.ws(), "op")
    assert (status, out) == (exit_status, b"")
    assert line[:3] in err


@pytest.mark.parametrize(
    "code, shown, exit_status",
    [(1013, 1002, 5), (1011, 1011, 5), (1008, 1008, 4), (1009, 1009, 4), (1000, 1000, 6)],
)
def test_a_close_before_the_answer_tells_its_kind(code, shown, exit_status):
    def talk(server, connection):
        end = Socket(connection)
        end.read_frame()
        end.send(struct.pack(">H", code) + b"because", 0x88)
        end.read_frame()

    with serving(talk) as server:
        status, out, err = call(server.ws(), "op")
    assert (status, out) == (exit_status, b"")
    assert str(shown).encode() in err


def test_a_connection_that_is_cut_before_the_answer_exits_6():
    def talk(server, connection):
        Socket(connection).read_frame()

    with serving(talk) as server:
        assert call(server.ws(), "op")[0] == 6


def test_a_server_that_never_answers_the_close_is_not_waited_for_long():
    def talk(server, connection):
        end = Socket(connection)
        end.read_frame()
        end.send(b'{"jsonrpc":"2.0","id":1,"result":1}')
        server.seen.append(end.read_frame())
        connection.recv(1)

    with serving(talk) as server:
        status, out, _ = call("-t", "40s", server.ws(), "op")
    assert (status, out) == (0, b"1") and server.seen == [CLOSED_WITH_1000]
