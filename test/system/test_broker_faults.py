# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The broker goes away, comes back, freezes, blocks and forgets. Every call ends with one answer, on
time, and the gateway finds its way back by itself."""

import threading
import time

import pytest

from harness.waiting import eventually
from harness.worker import echo

pytestmark = pytest.mark.timeout(120)


def mappings(queue, timeout="20s"):
    return [
        {
            "name": "ask",
            "match": {"path": "/ask"},
            "send": {"queue": queue},
            "answer": {"timeout": timeout},
        },
        {
            "name": "tell",
            "match": {"path": "/tell"},
            "send": {"queue": queue},
            "answer": {"when": "confirmed", "timeout": timeout},
        },
        {
            "name": "throw",
            "match": {"path": "/throw"},
            "send": {"queue": queue},
            "answer": {"when": "sent"},
        },
    ]


class Calls:
    """Requests on threads of their own, with the time each took."""

    def __init__(self, gateway, target, count):
        self.answers = []
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._ask, args=(gateway, target)) for _ in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self, gateway, target):
        started = time.monotonic()
        answer = gateway.post(target, "x", timeout=60)
        with self._lock:
            self.answers.append((answer, time.monotonic() - started))

    def all(self):
        for thread in self._threads:
            thread.join(70)
            assert not thread.is_alive(), "a call was never answered"
        return self.answers


@pytest.fixture
def own_queue(own_broker):
    name = own_broker.queue(durable=True)
    yield name
    if own_broker.is_running():
        own_broker.delete_queue(name)


def test_no_broker_at_start_is_503_and_it_becomes_ready_by_itself(gateway, worker, own_broker):
    own_broker.kill()
    one = gateway(on=own_broker, ready=False, mappings=mappings("late-queue"))
    ready = one.admin("/readyz")
    assert ready.status == 503
    assert "rabbit" in ready.body.decode(), "it says which bridge, and why"
    assert one.admin("/livez").status == 200
    started = time.monotonic()
    answer = one.post("/ask", "x")
    assert time.monotonic() - started < 1
    assert (answer.status, answer.problem["published"]) == (503, "no")
    assert answer.problem["type"].endswith("bridge-down")
    assert int(answer.header("retry-after")) > 0
    assert one.metric("bridgehead_bridge_up", bridge="rabbit") == 0
    own_broker.start()
    one.wait_ready(30)
    worker("late-queue", echo, on=own_broker)
    assert one.post("/ask", "x").body == b"x"
    assert one.metric("bridgehead_bridge_up", bridge="rabbit") == 1


def test_a_bridge_that_is_not_required_does_not_hold_readiness_up(gateway):
    one = gateway(
        mappings=[],
        bridges={
            "echo": {"type": "loopback"},
            "lost": {"type": "amqp", "url": "amqp://127.0.0.1:1/", "required": False},
        },
    )
    assert one.admin("/readyz").status == 200


def test_a_broker_that_dies_ends_its_calls_at_once_and_is_found_again(
    gateway, own_broker, own_queue
):
    one = gateway(on=own_broker, mappings=mappings(own_queue))
    waiting = Calls(one, "/ask", 20)
    eventually(lambda: one.metric("bridgehead_calls_in_flight") == 20)
    eventually(lambda: own_broker.depth(own_queue) == 20)
    started = time.monotonic()
    own_broker.kill()
    for answer, _ in waiting.all():
        assert answer.status == 504
        assert answer.problem["published"] in ("yes", "unknown")
    assert time.monotonic() - started < 3, "at once, not at the deadline of 20 s"
    answer = one.post("/ask", "x")
    assert (answer.status, answer.problem["published"]) == (503, "no")
    assert one.admin("/readyz").status == 503
    assert one.metric("bridgehead_calls_in_flight") == 0
    own_broker.start()
    one.wait_ready(30)
    assert one.post("/tell", "x").status == 202


def test_a_broker_that_is_restarted_politely_is_found_again(gateway, own_broker, own_queue):
    one = gateway(on=own_broker, mappings=mappings(own_queue))
    assert one.post("/tell", "x").status == 202
    own_broker.stop()
    one.wait_not_ready()
    assert one.post("/tell", "x").status == 503
    own_broker.start()
    one.wait_ready(30)
    assert one.post("/tell", "x").status == 202


def test_a_frozen_broker_costs_nobody_more_than_the_deadline(gateway, own_broker, own_queue):
    one = gateway(
        on=own_broker,
        mappings=mappings(own_queue, timeout="1500ms"),
        bridge={"heartbeat": "2s", "backlog": "64KiB"},
    )
    assert one.post("/tell", "x").status == 202
    memory = one.private_bytes()
    own_broker.freeze()
    try:
        for _ in range(3):
            calls = Calls(one, "/ask", 20)
            assert one.admin("/livez").status == 200
            for answer, took in calls.all():
                assert answer.status in (503, 504)
                assert answer.problem["published"] == ("no" if answer.status == 503 else "unknown")
                assert took < 2.5
        assert one.metric("bridgehead_calls_in_flight") == 0
        one.wait_not_ready(10)
        answer = one.post("/ask", "x")
        assert (answer.status, answer.problem["published"]) == (503, "no")
        assert one.private_bytes() < memory + (2 << 20)
    finally:
        own_broker.thaw()
    one.wait_ready(30)
    assert one.post("/tell", "x").status == 202


def test_a_broker_that_blocks_publishers_is_503_until_it_does_not(
    gateway, own_broker, own_queue, worker
):
    at = worker(own_queue, on=own_broker)
    one = gateway(on=own_broker, mappings=mappings(own_queue))
    with one.connect() as waits:
        waits.request("POST", "/ask", "x")
        message = at.next()
        own_broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            # The broker tells a connection that it is blocked when that connection publishes; what
            # it published then, the broker keeps until later.
            eventually(lambda: one.post("/throw", "x").status == 503, 20)
            started = time.monotonic()
            answer = one.post("/tell", "x")
            assert time.monotonic() - started < 1
            assert (answer.status, answer.problem["published"]) == (503, "no")
            assert int(answer.header("retry-after")) > 0
            assert one.admin("/livez").status == 200
        finally:
            own_broker.ctl("set_vm_memory_high_watermark", "0.4")
        eventually(lambda: one.post("/tell", "x").status == 202, 20)
        message.reply("after all")
        assert waits.response().body == b"after all"


def test_a_reply_queue_that_is_deleted_ends_its_calls_and_is_replaced(
    gateway, own_broker, own_queue, worker
):
    at = worker(own_queue, on=own_broker)
    one = gateway(on=own_broker, mappings=mappings(own_queue), instance="gw-lost")
    with one.connect() as client:
        client.request("POST", "/ask", "x")
        first = at.next().reply_to
        started = time.monotonic()
        own_broker.ctl("delete_queue", first)
        answer = client.response()
        assert time.monotonic() - started < 5, "at once, not at the deadline"
        assert (answer.status, answer.problem["published"]) == (504, "yes")
        one.wait_ready()
        client.request("POST", "/ask", "x")
        message = at.next()
        assert message.reply_to != first
        message.reply("found")
        assert client.response().body == b"found"


def test_a_connection_closed_by_an_operator_is_made_again(gateway, own_broker, own_queue, worker):
    worker(own_queue, echo, on=own_broker)
    one = gateway(on=own_broker, mappings=mappings(own_queue))
    assert one.post("/ask", "x").status == 200
    own_broker.ctl("close_all_connections", "maintenance")
    worker(own_queue, echo, on=own_broker)
    eventually(lambda: one.post("/ask", "x").status == 200, 20)


def test_wrong_credentials_are_told_in_log_and_readyz_but_never_shown(gateway, broker):
    one = gateway(
        ready=False,
        mappings=[],
        bridges={"rabbit": {"type": "amqp", "url": f"amqp://eve:s3cr3t@127.0.0.1:{broker.port}/"}},
    )
    eventually(lambda: one.log(level="warn") or one.log(level="error"), 15)
    ready = one.admin("/readyz")
    assert ready.status == 503
    assert "s3cr3t" not in one.stderr + ready.body.decode()


def test_a_broker_that_speaks_something_else_does_not_hurt(gateway):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        talkers = []

        def talk():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                talkers.append(peer)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(range(256)) * 100)

        threading.Thread(target=talk, daemon=True).start()
        port = server.getsockname()[1]
        one = gateway(
            ready=False,
            mappings=[],
            bridges={"rabbit": {"type": "amqp", "url": f"amqp://127.0.0.1:{port}/"}},
        )
        eventually(lambda: len(talkers) >= 2, 20, "a second attempt")
        assert one.admin("/readyz").status == 503
        assert one.admin("/livez").status == 200
        server.shutdown(socket.SHUT_RDWR)
