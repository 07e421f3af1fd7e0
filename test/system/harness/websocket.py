# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A WebSocket client that can break every rule. The tests also use the `websockets` package."""

import base64
import json
import os
import struct

from harness.client import Connection

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length_form=None, announce=None):
    """A client frame. `length_form` forces 0, 126 or 127; `announce` lies about the length."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload) if announce is None else announce
    if length_form is None:
        length_form = 0 if size < 126 else 126 if size < 65536 else 127
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if mask else 0
    if length_form == 0:
        head += bytes([mask_bit | size])
    elif length_form == 126:
        head += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class WebSocket:
    def __init__(self, address, path="/ws", headers=(), host="test"):
        self._begin(Connection(address), path, headers, host)

    def _begin(self, connection, path, headers, host):
        self.connection = connection
        self.key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key,
            "Sec-WebSocket-Version": "13",
            **dict(headers),
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        self.connection.request("GET", path, headers=fields, host=host)
        self.handshake = self.connection.response("GET")

    @classmethod
    def over(cls, connection):
        """The frames on a connection that is one already."""
        socket = cls.__new__(cls)
        socket.connection = connection
        return socket

    @classmethod
    def open(cls, connection, path="/ws", headers=(), host="test"):
        """On a connection that somebody else closes."""
        socket = cls.over(connection)
        socket._begin(connection, path, headers, host)
        return socket.__enter__()

    def __enter__(self):
        assert self.handshake.status == 101, self.handshake
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, data, opcode=None):
        """One whole message."""
        if isinstance(data, (dict, list)):
            data = json.dumps(data)
        if opcode is None:
            opcode = TEXT if isinstance(data, str) else BINARY
        self.connection.send(frame(opcode, data))

    def send_bytes(self, data):
        self.connection.send(data)

    def receive_frame(self):
        """(opcode, payload) of the next frame, which the server must not mask, fragment or compress."""
        first, payload = self.receive_any_frame()
        assert not first & 0x70, f"unexpected first byte {first:#x}"
        return first & 0x0F, payload

    def receive_any_frame(self):
        """(first byte, payload) of the next frame, which the server must not mask or fragment."""
        first, second = self.connection.take(2)
        assert first & 0x80, f"unexpected first byte {first:#x}"
        assert not second & 0x80, "the server masked a frame"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self.connection.take(2))
            assert size >= 126
        elif size == 127:
            (size,) = struct.unpack("!Q", self.connection.take(8))
            assert size >= 65536
        return first, self.connection.take(size)

    def receive(self):
        """The next message: text or bytes. Pings are answered on the way."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == PING:
                self.connection.send(frame(PONG, payload))
            elif opcode == TEXT:
                return payload.decode()
            elif opcode == BINARY:
                return payload
            else:
                raise AssertionError(f"a frame of type {opcode} instead of a message: {payload!r}")

    def receive_json(self):
        return json.loads(self.receive())

    def close_code(self):
        """Reads on until the server closes: its code; 1005 for a close frame without one."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0] if payload else 1005

    def close(self):
        self.connection.close()
