# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The file of a Unix socket belongs to whoever listens behind it, from one process to the next."""

import json
import signal
import socket

import pytest

from harness import gateway as gateways
from harness.client import Connection
from harness.waiting import eventually


class LocalConnection(Connection):
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.input = b""


@pytest.fixture
def config(tmp_path):
    """config(name): of a gateway at the one path, which says what its name is."""

    def make(name):
        return {
            "bridges": {"echo": {"type": "loopback"}},
            "mappings": [
                {"name": "who", "match": {"path": "/who"}, "send": {"body": name}},
                {
                    "name": "slow",
                    "match": {"path": "/slow"},
                    "send": {"body": name, "delay": "1s"},
                    "answer": {"timeout": "20s"},
                },
            ],
            "listeners": [{"name": "local", "address": f"unix:{tmp_path / 's'}"}],
            "shards": 2,
        }

    return make


@pytest.fixture
def serve(gateway, config):
    return lambda name: gateway(**config(name))


def ask(path, target="/who"):
    with LocalConnection(path) as client:
        client.request("GET", target)
        return client.response().body.decode()


def test_a_successor_takes_the_name_while_the_old_process_drains(serve, tmp_path):
    path = tmp_path / "s"
    old = serve("old")
    with LocalConnection(path) as client:
        client.request("GET", "/slow")
        old.wait_metric("bridgehead_calls_in_flight", 1)
        old.signal(signal.SIGTERM)
        eventually(lambda: old.admin("/readyz").status == 503, 5)
        new = serve("new")
        assert old.metric("bridgehead_calls_in_flight") == 1, "it still drains"
        assert ask(path) == "new"
        assert client.response().body == b"old"
    assert old.wait_exit(5) == 0
    for _ in range(4):
        assert ask(path) == "new"
    new.stop()
    assert not path.exists()


def test_the_name_is_free_as_soon_as_the_drain_begins(serve, tmp_path):
    path = tmp_path / "s"
    old = serve("old")
    with LocalConnection(path) as client:
        client.request("GET", "/slow")
        old.wait_metric("bridgehead_calls_in_flight", 1)
        old.signal(signal.SIGTERM)
        eventually(lambda: not path.exists(), 5, "no file")
        assert client.response().body == b"old"
    assert old.wait_exit(5) == 0


def test_the_file_of_a_killed_process_is_replaced(serve, tmp_path):
    path = tmp_path / "s"
    serve("old").kill()
    assert path.exists()
    with pytest.raises(ConnectionRefusedError):
        LocalConnection(path)
    new = serve("new")
    assert ask(path) == "new"
    new.stop()
    assert not path.exists()


def is_refused(config, tmp_path):
    file = tmp_path / "bridgehead.json"
    file.write_text(json.dumps(gateways.complete(config, None)))
    done = gateways.run("run", "-c", file)
    return done.returncode == 1 and "cannot listen" in done.stderr


def test_a_file_that_somebody_serves_is_left_alone(serve, config, tmp_path):
    serve("first")
    assert is_refused(config("second"), tmp_path)
    assert ask(tmp_path / "s") == "first"


def test_a_file_that_is_no_socket_is_left_alone(config, tmp_path):
    path = tmp_path / "s"
    path.write_text("precious")
    assert is_refused(config("one"), tmp_path)
    assert path.read_text() == "precious"
