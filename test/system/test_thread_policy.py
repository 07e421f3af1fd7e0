# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""While many calls are in flight the program lets others finish sending before it looks."""

import collections
import os
import pathlib

from harness.waiting import eventually

MANY = 20
WAIT = {
    "name": "wait",
    "match": {"path": "/wait"},
    "send": {"delay": "3s"},
    "answer": {"timeout": "20s"},
}


def policies(one):
    tasks = pathlib.Path(f"/proc/{one.pid}/task").iterdir()
    return collections.Counter(os.sched_getscheduler(int(task.name)) for task in tasks)


def some_are_batch(one):
    return policies(one)[os.SCHED_BATCH] > 0


def none_is_batch(one):
    return not some_are_batch(one)


def ask_many(one):
    """So many clients that wait for an answer."""
    clients = [one.connect() for _ in range(MANY)]
    for client in clients:
        client.request("POST", "/wait", "x")
    return clients


def test_a_shard_is_a_batch_as_long_as_many_calls_are_in_flight(loopback):
    one = loopback(WAIT, shards=1)
    eventually(lambda: none_is_batch(one), 5, "the usual policy after the start")
    clients = ask_many(one)
    eventually(lambda: policies(one)[os.SCHED_BATCH] == 1, 3, "one shard as a batch")
    for client in clients:
        assert client.response().status == 200
        client.close()
    eventually(lambda: none_is_batch(one), 5, "the usual policy again")


def test_a_lone_call_changes_nothing(loopback):
    one = loopback(WAIT, shards=1)
    eventually(lambda: none_is_batch(one), 5, "the usual policy after the start")
    with one.connect() as client:
        client.request("POST", "/wait", "x")
        one.wait_metric("bridgehead_calls_in_flight", 1)
        seen = []

        def is_over():
            seen.append(some_are_batch(one))
            return one.metric("bridgehead_calls_in_flight") == 0

        eventually(is_over, 10, "the answer")
        assert client.response().status == 200
    assert not any(seen)


def test_a_policy_that_somebody_has_chosen_stays(loopback):
    one = loopback(WAIT, shards=1, prefix=("chrt", "--idle", "0"))
    clients = ask_many(one)
    one.wait_metric("bridgehead_calls_in_flight", MANY)
    assert set(policies(one)) == {os.SCHED_IDLE}
    for client in clients:
        assert client.response().status == 200
        client.close()
    assert set(policies(one)) == {os.SCHED_IDLE}
