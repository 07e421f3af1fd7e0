# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""An HTTP client that hides nothing: bytes out, answers in."""

import json
import socket
import struct


class Response:
    def __init__(self, version, status, reason, headers, body):
        self.version = version
        self.status = status
        self.reason = reason
        self.headers = headers  # [(name as sent, value)]
        self.body = body

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The problem document, after checking that it is a whole one that tells nothing private."""
        assert self.header("content-type") == "application/problem+json", self
        document = self.json
        assert set(document) <= {"type", "title", "status", "detail", "call", "published"}, document
        assert {"type", "title", "status", "detail", "published"} <= set(document), document
        assert document["status"] == self.status
        assert document["published"] in ("no", "yes", "unknown")
        for word in ("amqp", "rabbit", "queue", "exchange", "librabbitmq", "127.0.0.1"):
            assert word not in (document["title"] + document["detail"]).lower(), document
        return document


class Connection:
    """One client socket; `source`: the IP address that it comes from."""

    def __init__(self, address, timeout=15, source=None):
        self.socket = socket.create_connection(
            address, timeout=timeout, source_address=(source, 0) if source else None
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        self.socket.sendall(data)

    def request(self, method, target, body=None, headers=(), version="HTTP/1.1", host="test"):
        lines = [f"{method} {target} {version}"]
        if host is not None:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if body is not None:
            body = body.encode() if isinstance(body, str) else body
            if not any(name.lower() in ("content-length", "transfer-encoding") for name in dict(headers)):
                lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def _fill(self):
        data = self.socket.recv(65536)
        self.input += data
        return bool(data)

    def _line(self):
        while b"\r\n" not in self.input:
            if not self._fill():
                raise EOFError(f"the connection ended inside a line: {self.input[:200]!r}")
        line, self.input = self.input.split(b"\r\n", 1)
        return line

    def take(self, size):
        while len(self.input) < size:
            if not self._fill():
                raise EOFError(f"the connection ended {size - len(self.input)} bytes early")
        data, self.input = self.input[:size], self.input[size:]
        return data

    def head(self):
        """The next status line and headers; a body is left in the input."""
        version, status, *reason = self._line().decode("latin-1").split(" ", 2)
        headers = []
        while line := self._line():
            name, value = line.decode("latin-1").split(":", 1)
            headers.append((name, value.strip()))
        return Response(version, int(status), reason[0] if reason else "", headers, b"")

    def response(self, to="GET"):
        """The next whole answer; interim ones (1xx) are answers too."""
        answer = self.head()
        if to == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return answer
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            while size := int(self._line().split(b";")[0], 16):
                answer.body += self.take(size)
                assert self._line() == b""
            while self._line():
                pass
        elif answer.header("content-length") is not None:
            answer.body = self.take(int(answer.header("content-length")))
        else:
            while self._fill():
                pass
            answer.body, self.input = self.input, b""
        return answer

    def is_closed(self, timeout=5):
        """Whether the server ends the connection, with nothing more to read, within the time."""
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(65536)
            assert data == b"" and self.input == b"", f"more came: {(self.input + data)[:300]!r}"
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def is_open(self):
        return not self.is_closed(timeout=0.3)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()
