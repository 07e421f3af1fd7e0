# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What everybody who builds this on Kafka falls into once."""

import os
import pathlib
import time
import uuid

from harness.kafka import echo
from harness.waiting import eventually


def to(topic, name="to", when="replied"):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic},
        "answer": {"when": when, "timeout": "5s"},
    }


def advice(one, *words):
    def look():
        lines = [line["what"] for line in one.log(msg="advice")]
        return [line for line in lines if all(word in line for word in words)]

    return eventually(look, 15, f"advice with {words}")


def test_the_first_message_to_each_topic_does_not_wait_for_metadata(
    kafka, kafka_worker, kafka_gateway
):
    """A producer that does not know the topic yet would hold each of these for a second."""
    names = [f"n{number}" for number in range(4)]
    topics = {name: kafka.topic() for name in names}
    for topic in topics.values():
        kafka_worker(kafka, topic, echo)
    calls = [to(topic, name) for name, topic in topics.items()]
    events = [to(topic, f"{name}-event", "confirmed") for name, topic in topics.items()]
    one = kafka_gateway(*calls, *events)

    def quick(path, status):
        started = time.monotonic()
        assert one.post(path, "x").status == status
        return time.monotonic() - started

    took = [quick(f"/{name}-event", 202) for name in names]
    took += [quick(f"/{name}", 200) for name in names]
    assert max(took) < 0.9, took


def test_a_reply_topic_of_many_partitions_is_read_soon_and_talked_about(kafka, kafka_gateway):
    reply = {"reply": {"topic": kafka.topic(partitions=40)}}
    one = kafka_gateway(to(kafka.topic()), bridge=reply, ready=False)
    started = time.monotonic()
    one.wait_ready(5)
    print(f"40 partitions: ready after {time.monotonic() - started:.2f} s")
    advice(one, reply["reply"]["topic"], "40 partitions")


def test_topics_that_will_hurt_are_talked_about_once(kafka, kafka_gateway):
    replies = kafka.topic(cleanup_policy="compact", max_message_bytes=5000)
    spread, poor, fine = kafka.topic(partitions=33), kafka.topic(min_insync_replicas=2), kafka.topic()
    one = kafka_gateway(
        to(spread, "spread"), to(poor, "poor"), to(fine, "fine"), bridge={"reply": {"topic": replies}}
    )
    advice(one, replies, "cleanup.policy=compact")
    advice(one, replies, "max.message.bytes=5000")
    advice(one, spread, "33 partitions")
    advice(one, poor, "min.insync.replicas=2")
    assert len(one.log(msg="advice")) == 4
    assert not [line for line in one.log(msg="advice") if fine in line["what"]]


def test_sensible_topics_are_not_talked_about(kafka, kafka_gateway):
    one = kafka_gateway(
        to(kafka.topic(partitions=3)), bridge={"options": {"statistics.interval.ms": 100}}
    )
    # Advice comes with the second look, after five seconds; metadata are asked for again then.
    seen = one.metric("bridgehead_kafka_requests_total", handle="quick")
    eventually(lambda: one.metric("bridgehead_kafka_requests_total", handle="quick") >= seen + 2, 15)
    assert one.log(msg="advice") == []


def test_a_reply_topic_that_was_just_created_has_a_leader_soon(kafka, kafka_worker, kafka_gateway):
    """The first questions about its end are answered with "not the leader"."""
    topic = kafka.topic()
    kafka_worker(kafka, topic, echo)
    for _ in range(3):
        one = kafka_gateway(to(topic), bridge={"reply": {"topic": f"fresh-{uuid.uuid4()}"}}, ready=False)
        one.wait_ready(5)
        assert one.post("/to", "x").body == b"x"


def test_the_producer_of_many_calls_waits_until_it_has_them(kafka, kafka_gateway):
    """Its threads wake at the first one and would send that alone."""
    one = kafka_gateway(to(kafka.topic()))
    tasks = list(pathlib.Path(f"/proc/{one.pid}/task").iterdir())
    library = [task for task in tasks if (task / "comm").read_text().startswith("rdk:")]
    batch = [task for task in library if os.sched_getscheduler(int(task.name)) == os.SCHED_BATCH]
    assert 2 <= len(batch) <= len(library) / 2, f"{len(batch)} of {len(library)}"
