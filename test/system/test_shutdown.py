# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""SIGTERM: what is under way is finished, nothing new begins, nothing is lost."""

import signal
import threading
import time

import pytest

from harness.waiting import eventually
from harness.worker import echo

pytestmark = pytest.mark.threads


@pytest.fixture
def held(gateway, worker, queue):
    at = worker(queue)
    mapping = {
        "name": "held",
        "match": {"path": "/held", "op": "held"},
        "send": {"queue": queue},
        "answer": {"timeout": "20s"},
    }
    one = gateway(mappings=[mapping], websockets=[{"path": "/ws"}], drain_timeout="10s")
    one.worker = at
    return one


def test_sigterm_without_work_ends_at_once(loopback):
    one = loopback()
    started = time.monotonic()
    one.stop()
    assert time.monotonic() - started < 2


def test_sigint_is_the_same(loopback):
    one = loopback()
    one.signal(signal.SIGINT)
    assert one.wait_exit(5) == 0


def test_sighup_is_not_fatal_and_is_logged(loopback):
    one = loopback()
    before = one.stderr
    one.signal(signal.SIGHUP)
    eventually(lambda: one.stderr != before, 5)
    assert one.post("/", "x").status == 200


def test_a_waiting_call_is_answered_and_its_connection_closed(held):
    with held.connect() as client, held.connect() as kept:
        kept.request("GET", "/nothing")
        assert kept.response().status == 404
        client.request("POST", "/held", "x")
        message = held.worker.next()
        held.signal(signal.SIGTERM)
        eventually(lambda: held.admin("/readyz").status == 503, 5)
        assert held.admin("/livez").status == 200
        message.reply("in time")
        answer = client.response()
        assert (answer.status, answer.body) == (200, b"in time")
        assert answer.header("connection") == "close"
        assert client.is_closed()
        assert kept.is_closed()
    assert held.wait_exit(5) == 0


def test_new_connections_are_refused_while_it_drains(held):
    with held.connect() as client:
        client.request("POST", "/held", "x")
        message = held.worker.next()
        held.signal(signal.SIGTERM)
        eventually(lambda: held.admin("/readyz").status == 503, 5)

        def refused():
            try:
                held.connect().close()
            except ConnectionRefusedError:
                return True
            return False

        eventually(refused, 5)
        message.reply("x")
        assert client.response().status == 200


def test_a_websocket_gets_its_answers_then_1001(held):
    with held.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "held"})
        message = held.worker.next()
        held.signal(signal.SIGTERM)
        eventually(lambda: held.admin("/readyz").status == 503, 5)
        socket.send({"jsonrpc": "2.0", "id": 2, "method": "held"})
        message.reply("1")
        answers = [socket.receive_json()]
        if answers[0]["id"] == 2:
            answers.append(socket.receive_json())
        assert {"jsonrpc": "2.0", "id": 1, "result": 1} in answers
        assert socket.close_code() == 1001
    assert held.wait_exit(5) == 0
    assert held.worker.has_none(), "no new call is sent while it drains"


def test_the_drain_ends_at_its_time(gateway, queue):
    mapping = {
        "name": "held",
        "match": {"path": "/held"},
        "send": {"queue": queue},
        "answer": {"timeout": "60s"},
    }
    one = gateway(mappings=[mapping], drain_timeout="500ms")
    with one.connect() as client:
        client.request("POST", "/held", "x")
        eventually(lambda: one.metric("bridgehead_calls_in_flight") == 1)
        started = time.monotonic()
        one.signal(signal.SIGTERM)
        answer = client.response()
        assert answer.status in (503, 504)
        assert one.wait_exit(5) == 0
        assert 0.4 < time.monotonic() - started < 3


def test_a_confirmed_message_is_not_lost_by_a_shutdown(gateway, broker, queue):
    mapping = {
        "name": "tell",
        "match": {"path": "/tell"},
        "send": {"queue": queue},
        "answer": {"when": "sent"},
    }
    one = gateway(mappings=[mapping])
    with one.connect() as client:
        for number in range(200):
            client.request("POST", "/tell", str(number))
        for _ in range(200):
            assert client.response().status == 202
    one.stop()
    assert broker.depth(queue) == 200


@pytest.mark.hostile
def test_under_load_every_request_that_was_taken_is_answered(gateway, worker, queue):
    worker(queue, echo)
    mapping = {"name": "echo", "match": {"path": "/echo"}, "send": {"queue": queue}}
    one = gateway(mappings=[mapping])
    stop = threading.Event()
    counts = {"answered": 0, "refused": 0, "lost": []}
    lock = threading.Lock()

    def ask():
        while not stop.is_set():
            try:
                client = one.connect()
            except ConnectionRefusedError:
                with lock:
                    counts["refused"] += 1
                return
            with client:
                try:
                    while not stop.is_set():
                        client.request("POST", "/echo", "x")
                        answer = client.response()
                        with lock:
                            counts["answered"] += 1
                        if answer.status != 200:
                            counts["lost"].append(repr(answer))
                        if answer.header("connection") == "close":
                            break
                except (EOFError, OSError) as problem:
                    # A kept connection may be closed under a request that was on its way; one that
                    # had said "close" or had been answered in part may not.
                    if client.input:
                        counts["lost"].append(repr(problem))

    askers = [threading.Thread(target=ask) for _ in range(16)]
    for asker in askers:
        asker.start()
    eventually(lambda: counts["answered"] > 300, 20)
    one.signal(signal.SIGTERM)
    assert one.wait_exit(20) == 0
    stop.set()
    for asker in askers:
        asker.join(20)
    assert not counts["lost"]
