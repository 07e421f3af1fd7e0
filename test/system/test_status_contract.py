# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""design.md section 5, row by row, where the broker itself is well."""

import time

import pytest

from harness.worker import echo


def to(queue, **answer):
    return {
        "name": "to",
        "match": {"path": "/to"},
        "send": {"queue": queue},
        "answer": {"timeout": "400ms", **answer},
    }


def test_a_queue_that_is_not_there_is_503_and_nothing_was_published(gateway):
    one = gateway(mappings=[to("no-such-queue")])
    started = time.monotonic()
    answer = one.post("/to", "x")
    assert time.monotonic() - started < 0.4, "the return tells it at once, not the deadline"
    assert answer.status == 503
    assert int(answer.header("retry-after")) > 0
    problem = answer.problem
    assert problem["published"] == "no"
    assert problem["type"].endswith("unroutable")
    assert len(problem["call"]) == 36


def test_a_confirmed_message_that_is_returned_is_never_202(gateway):
    answer = gateway(mappings=[to("no-such-queue", when="confirmed")]).post("/to", "x")
    assert (answer.status, answer.problem["published"]) == (503, "no")


def test_a_worker_that_does_not_answer_is_504_at_the_deadline(gateway, queue):
    one = gateway(mappings=[to(queue)])
    started = time.monotonic()
    answer = one.post("/to", "x")
    assert 0.35 < time.monotonic() - started < 1.4
    assert (answer.status, answer.problem["published"]) == (504, "yes")
    assert answer.problem["type"].endswith("timeout")


def test_a_message_that_nobody_took_expires_with_its_call(gateway, broker, queue):
    gateway(mappings=[to(queue)]).post("/to", "x")
    assert broker.get(queue) is None


def test_an_exchange_that_is_not_there_is_503_for_its_own_mappings_only(gateway, worker, queue):
    worker(queue, echo)
    lost = to(queue)
    lost.update(name="lost", match={"path": "/lost"})
    lost["send"] = {"exchange": "no-such-exchange", "routing_key": "x"}
    one = gateway(mappings=[lost, to(queue)])
    for _ in range(3):
        answer = one.post("/lost", "x")
        assert (answer.status, answer.problem["published"]) == (503, "no")
        assert one.post("/to", "x").status == 200


def test_an_exchange_that_appears_later_is_found(gateway, broker, worker, queue):
    exchange = f"later-{queue}"
    worker(queue, echo)
    mapping = to(queue)
    mapping["send"] = {"exchange": exchange, "routing_key": "x"}
    one = gateway(mappings=[mapping])
    assert one.post("/to", "x").status == 503
    broker.exchange(exchange, kind="direct")
    broker.bind(queue, exchange, "x")
    try:
        end = time.monotonic() + 20
        while one.post("/to", "x").status != 200:
            assert time.monotonic() < end, "the exchange was never found"
            time.sleep(0.1)
    finally:
        broker.delete_exchange(exchange)


def test_an_exchange_that_is_deleted_while_running_is_503(gateway, broker, worker, queue):
    exchange = broker.exchange(kind="direct")
    broker.bind(queue, exchange, "x")
    worker(queue, echo)
    mapping, other = to(queue), to(queue)
    mapping["send"] = {"exchange": exchange, "routing_key": "x"}
    other.update(name="other", match={"path": "/other"})
    one = gateway(mappings=[mapping, other])
    assert one.post("/to", "x").status == 200
    broker.delete_exchange(exchange)
    answer = one.post("/to", "x")
    assert (answer.status, answer.problem["published"]) in ((503, "no"), (504, "unknown"))
    answer = one.post("/to", "x")
    assert (answer.status, answer.problem["published"]) == (503, "no")
    assert one.post("/other", "x").status == 200


def test_a_full_queue_that_refuses_is_503(gateway, broker):
    arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
    full = broker.queue(**arguments)
    broker.publish(full, b"fills it")
    try:
        one = gateway(mappings=[to(full, timeout="5s")])
        started = time.monotonic()
        answer = one.post("/to", "x")
        assert time.monotonic() - started < 2
        assert (answer.status, answer.problem["published"]) == (503, "no")
    finally:
        broker.delete_queue(full)


def test_a_nack_behind_an_exchange_leaves_it_unknown(gateway, broker):
    """Other queues of the exchange may have taken it: the call keeps waiting for a reply."""
    full = broker.queue(**{"x-max-length": 1, "x-overflow": "reject-publish"})
    exchange = broker.exchange(kind="fanout")
    broker.bind(full, exchange, "")
    broker.publish(full, b"fills it")
    waits, confirmed = to(full), to(full, when="confirmed")
    waits["send"] = confirmed["send"] = {"exchange": exchange, "routing_key": "x"}
    confirmed.update(name="confirmed", match={"path": "/confirmed"})
    try:
        one = gateway(mappings=[waits, confirmed])
        answer = one.post("/to", "x")
        assert (answer.status, answer.problem["published"]) == (504, "unknown")
        answer = one.post("/confirmed", "x")
        assert (answer.status, answer.problem["published"]) == (504, "unknown")
    finally:
        broker.delete_exchange(exchange)
        broker.delete_queue(full)


def test_confirmed_is_202_although_a_reply_came_first(gateway, broker, worker):
    """Before the broker has written it down, a worker of a durable queue has it."""
    queue = broker.queue(durable=True)
    worker(queue, lambda message: message.reply("unasked"), auto_ack=False)
    eager = to(queue, when="confirmed", timeout="5s")
    eager["send"]["properties"] = {"correlation_id": "${id}", "reply_to": "${reply_to}"}
    one = gateway(mappings=[eager])
    for _ in range(20):
        answer = one.post("/to", "x")
        assert (answer.status, answer.json["published"]) == (202, "yes")
    one.wait_metric("bridgehead_replies_dropped_total", 20, reason="duplicate")
    broker.delete_queue(queue)


def test_confirmed_is_202_when_the_broker_has_it(gateway, broker, queue):
    one = gateway(mappings=[to(queue, when="confirmed")])
    answer = one.post("/to", b"event", headers={"Content-Type": "text/plain"})
    assert answer.status == 202
    assert answer.json == {"call": answer.json["call"], "published": "yes"}
    properties, body = broker.get(queue)
    assert body == b"event"
    assert properties.delivery_mode == 2, "persistent"
    assert properties.reply_to is None
    assert properties.expiration is None
    assert properties.correlation_id == answer.json["call"]


def test_sent_is_202_at_once(gateway, broker, queue):
    one = gateway(mappings=[to(queue, when="sent")])
    answer = one.post("/to", b"event")
    assert answer.status == 202
    assert answer.json["published"] in ("unknown", "yes")
    end = time.monotonic() + 5
    while (got := broker.get(queue)) is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert got[1] == b"event"


def test_an_event_that_nobody_has_subscribed_to_may_be_fine(gateway, broker):
    exchange = broker.exchange(kind="topic")
    strict, lax = to(None, when="confirmed"), to(None, when="confirmed")
    strict["send"] = {"exchange": exchange, "routing_key": "x"}
    lax["send"] = {"exchange": exchange, "routing_key": "x", "mandatory": False}
    lax.update(name="lax", match={"path": "/lax"})
    one = gateway(mappings=[strict, lax])
    assert one.post("/to", "x").status == 503
    assert one.post("/lax", "x").status == 202
    broker.delete_exchange(exchange)


def test_without_confirms_a_reply_is_still_proof(gateway, worker, queue):
    worker(queue, echo)
    one = gateway(mappings=[to(queue)], bridge={"confirms": False})
    assert one.post("/to", "x").body == b"x"


def test_an_unknown_deadline_is_unknown_without_confirms(gateway, queue):
    one = gateway(mappings=[to(queue)], bridge={"confirms": False})
    answer = one.post("/to", "x")
    assert (answer.status, answer.problem["published"]) == (504, "unknown")


def test_loopback_behaves_as_told(loopback):
    mappings = [
        {
            "name": behave,
            "match": {"path": f"/{behave}"},
            "send": {"behave": behave},
            "answer": {"timeout": "300ms"},
        }
        for behave in ("echo", "refuse", "drop", "close")
    ]
    mappings.append(
        {"name": "slow", "match": {"path": "/slow"}, "send": {"delay": "150ms"}},
    )
    one = loopback(*mappings)
    assert one.post("/echo", "x").body == b"x"
    answer = one.post("/refuse", "x")
    assert (answer.status, answer.problem["published"]) == (503, "no")
    assert one.post("/drop", "x").status == 504
    started = time.monotonic()
    assert one.post("/slow", "x").status == 200
    assert time.monotonic() - started >= 0.15


@pytest.mark.hostile
def test_a_message_larger_than_the_mapping_allows_is_413_before_it_is_sent(gateway, broker, queue):
    mapping = to(queue)
    mapping["limits"] = {"body": 10}
    one = gateway(mappings=[mapping])
    answer = one.post("/to", b"x" * 11)
    assert (answer.status, answer.problem["published"]) == (413, "no")
    assert broker.depth(queue) == 0
