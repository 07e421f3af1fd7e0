# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Topics while the gateway runs: the first message to one, and a reply topic that grows, is deleted,
and is made anew."""

import concurrent.futures
import time

import pytest

from harness.kafka import echo
from harness.waiting import eventually

LOOK_S = 5  # the gateway looks at its topics so often


def to(topic, name="to", when="replied", timeout="60s"):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic},
        "answer": {"when": when, "timeout": timeout},
    }


@pytest.fixture
def pool():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        yield pool


def test_the_first_message_to_a_topic_waits_for_nothing(kafka, kafka_worker, kafka_gateway):
    topics = [kafka.topic() for _ in range(4)]
    for topic in topics:
        kafka_worker(kafka, topic, echo)
    asked = [to(topic, f"ask{number}") for number, topic in enumerate(topics)]
    told = [to(topic, f"tell{number}", "confirmed") for number, topic in enumerate(topics)]
    one = kafka_gateway(*asked, *told)
    times = []
    for mapping in asked + told:
        began = time.monotonic()
        assert one.post(mapping["match"]["path"], "first").status in (200, 202)
        times.append(time.monotonic() - began)
    print("first messages:", ", ".join(f"{1000 * each:.0f} ms" for each in times))
    # The library would first ask for the partitions, when its timer of one second is due.
    assert sorted(times)[len(times) // 2] < 0.5


def test_a_partition_that_is_added_to_the_reply_topic_is_read(
    kafka, kafka_worker, kafka_gateway, pool
):
    topic, replies = kafka.topic(), kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge={"reply": {"topic": replies}})
    waiting = [pool.submit(one.post, "/to", "x", timeout=70) for _ in range(3)]
    requests = [worker.next() for _ in waiting]
    kafka.add_partitions(replies, 3)
    eventually(lambda: len(kafka.lengths(replies)) == 3)
    # At once, so before anybody could have noticed: none is missed.
    for number, request in enumerate(requests):
        kafka.send(replies, b"mine", [("correlation_id", request.id)], partition=number)
    answers = [each.result(LOOK_S + 10) for each in waiting]
    assert [(each.status, each.body) for each in answers] == [(200, b"mine")] * 3
    assert one.metric("bridgehead_replies_dropped_total") == 0


@pytest.mark.parametrize("by", ["the gateway", "somebody else"])
def test_a_reply_topic_that_is_made_anew_costs_those_who_wait_and_nobody_after(
    kafka, kafka_worker, kafka_gateway, pool, by
):
    topic, replies = kafka.topic(), kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge={"reply": {"topic": replies}})
    answered = pool.submit(one.post, "/to", "x")
    worker.next().reply(b"before")
    assert answered.result(10).body == b"before"
    waiting = [pool.submit(one.post, "/to", "x", timeout=70) for _ in range(3)]
    requests = [worker.next() for _ in waiting]
    began = time.monotonic()
    kafka.delete_topic(replies)
    if by == "somebody else":
        eventually(lambda: not kafka.has_topic(replies))
        kafka.topic(replies)
    for each in waiting:
        answer = each.result(LOOK_S + 10)
        assert (answer.status, answer.problem["published"]) == (504, "unknown")
    print(f"made anew by {by}: told after {time.monotonic() - began:.1f} s")
    one.wait_ready(LOOK_S + 10)
    again = pool.submit(one.post, "/to", "x")
    request = worker.next()
    requests[0].reply(b"too late")
    request.reply(b"after")
    assert again.result(10).body == b"after"
    assert one.metric("bridgehead_calls_in_flight") == 0


def test_a_topic_that_is_deleted_is_named_as_soon_as_a_message_to_it_fails(kafka, kafka_gateway):
    topics = kafka.topic(), kafka.topic()
    mappings = [to(topic, f"to{i}", "confirmed", "2s") for i, topic in enumerate(topics)]
    one = kafka_gateway(*mappings, shards=2)
    for i in range(len(topics)):
        assert one.post(f"/to{i}", "x").status == 202
    delays = []
    for i, topic in enumerate(topics):
        kafka.delete_topic(topic)
        eventually(lambda i=i: one.post(f"/to{i}", "x").status == 503)
        began = time.monotonic()
        eventually(lambda i=i: f"to{i}" in one.admin("/readyz").json.get("mappings", {}))
        delays.append(time.monotonic() - began)
    print("named after", ", ".join(f"{1000 * each:.0f} ms" for each in delays))
    assert max(delays) < 2, "not at the next survey, which is every five seconds"
