# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A process that may open no more files serves on, says so, and recovers."""

import time

import pytest

from harness.waiting import eventually

pytestmark = pytest.mark.hostile

FILES = 64


def is_served(client):
    client.request("POST", "/", "x")
    try:
        return client.response().status == 200
    except (EOFError, OSError):
        return False


def is_served_now(gateway):
    with gateway.connect(timeout=1) as client:
        return is_served(client)


@pytest.fixture
def starved(loopback):
    """A gateway with few descriptors, and the clients that use them all up."""
    one = loopback(
        limits={"connections": 1000},
        shards=1,
        prefix=["prlimit", f"--nofile={FILES}:{FILES}"],
    )
    served = []
    while len(served) < FILES:
        client = one.connect(timeout=1)
        if not is_served(client):
            client.close()
            break
        served.append(client)
    waiting = [one.connect() for _ in range(FILES)]
    one.served, one.waiting = served, waiting
    yield one
    for client in served + waiting:
        client.close()


def test_those_who_are_served_are_served_on(starved):
    assert 20 < len(starved.served) < FILES
    for client in starved.served:
        client.socket.settimeout(5)
        assert is_served(client)


def test_the_admin_listener_answers_and_counts(starved):
    for _ in range(3):
        assert starved.admin("/livez").status == 200
        assert starved.admin("/readyz").status == 200
        assert starved.metric("bridgehead_rejected_total", reason="descriptors") >= 1
    assert starved.metric("bridgehead_connections") >= len(starved.served)


def test_the_log_says_it_about_once_a_second(starved):
    def refusals():
        return starved.log(reason="descriptors")

    eventually(lambda: len(refusals()) >= 1, 5, "a line about descriptors")
    before, started = len(refusals()), time.monotonic()
    counted = starved.metric("bridgehead_rejected_total", reason="descriptors")
    eventually(
        lambda: starved.metric("bridgehead_rejected_total", reason="descriptors") > counted + 10,
        10,
        "more refusals",
    )
    seconds = time.monotonic() - started
    assert len(refusals()) - before <= 2 * seconds + 2


def test_accepting_goes_on_when_clients_leave(starved):
    for client in starved.served + starved.waiting:
        client.close()
    eventually(lambda: is_served_now(starved), 5, "a client that is served again")
    for _ in range(20):
        assert starved.post("/", "x").status == 200
    refused = starved.metric("bridgehead_rejected_total", reason="descriptors")
    assert starved.post("/", "x").status == 200
    assert starved.metric("bridgehead_rejected_total", reason="descriptors") == refused
