# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified Spring AMQP and Spring for Apache Kafka, reached by the name of their convention alone."""

import time
import uuid

import pytest
from test_interop import INTEROP, end, run_until_ready
from test_interop_python import is_problem, mapping

from harness import java
from harness.waiting import eventually

pytestmark = pytest.mark.interop

SPRING = INTEROP / "spring"
# Nobody works on the last one.
NAMES = ("describe", "nothing", "crash", "slow", "idle")


@pytest.fixture(scope="module")
def classpath(tmp_path_factory):
    return java.build(SPRING, tmp_path_factory.mktemp("classes"))


@pytest.fixture(scope="module")
def rabbit_worker(broker, classpath):
    url = broker.url.rstrip("/")  # to Java's client a slash alone is a virtual host without a name
    process = run_until_ready(
        java.command(classpath, "RabbitWorker"), "ready", SPRING, AMQP_URL=url
    )
    # It says so before its queues are declared.
    eventually(lambda: all(broker.has_queue(f"spring.{name}") for name in NAMES[:-1]))
    yield process
    end(process)


def rabbit_gateway(gateway, timeout="10s"):
    to = {"queue": "spring.${path.op}"}
    return gateway(mappings=[mapping("spring", "x", "/:op", timeout, **to)])


def test_spring_amqp_answers(gateway, rabbit_worker):
    one = rabbit_gateway(gateway)
    answer = one.post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"
    assert one.post_json("/text", {}).body == b'"plain"'


def test_spring_amqp_sends_nothing_for_null_or_an_exception(gateway, rabbit_worker):
    one = rabbit_gateway(gateway, "1s")
    assert is_problem(one.post_json("/nothing", {}), 504)
    assert is_problem(one.post_json("/crash", {}), 504)


def test_spring_amqp_that_is_too_slow_or_not_there(gateway, rabbit_worker):
    one = rabbit_gateway(gateway, "500ms")
    assert is_problem(one.post_json("/slow", {"ms": 1000}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    answer = one.post_json("/nosuch", {})
    assert is_problem(answer, 503) and answer.problem["published"] == "no"


@pytest.fixture(scope="module")
def kafka_spring(kafka, classpath):
    prefix = f"{uuid.uuid4()}."
    for name in NAMES:
        kafka.topic(prefix + name, partitions=2)
    kafka.topic(prefix + "crash-dlt", partitions=2)
    process = run_until_ready(
        java.command(classpath, "KafkaWorker"),
        "ready",
        SPRING,
        KAFKA=kafka.bootstrap,
        PREFIX=prefix,
    )
    yield prefix
    end(process)


@pytest.fixture(params=["all", "own"])
def spring_gateway(request, kafka, kafka_gateway, kafka_spring):
    """One that reads all partitions of its reply topic, and one that tells which is its own."""

    def start(timeout="10s"):
        replies = {"topic": kafka.topic(partitions=3)}
        if request.param == "own":
            replies |= {"partitions": "own", "partition": 2}
        mappings = [
            mapping("spring", "x", f"/{name}", timeout, topic=kafka_spring + name) for name in NAMES
        ]
        return kafka_gateway(*mappings, bridge={"reply": replies})

    return start


def test_spring_kafka_answers(spring_gateway):
    answer = spring_gateway().post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"


def test_spring_kafka_sends_nothing_for_null_an_exception_or_from_nobody(spring_gateway):
    one = spring_gateway("1s")
    for name in ("nothing", "crash", "idle"):
        assert is_problem(one.post_json(f"/{name}", {}), 504)


def test_a_dead_letter_topic_makes_an_exception_502_at_once(kafka_gateway, kafka_spring):
    one = kafka_gateway(
        mapping("spring", "x", "/crash", "30s", topic=kafka_spring + "crash"),
        bridge={"dead_letter": {"topic": "${topic}-dlt"}},
    )
    started = time.monotonic()
    answer = one.post_json("/crash", {}, timeout=40)
    assert is_problem(answer, 502) and answer.problem["type"].endswith("dead-letter")
    assert b"hunter2" not in answer.body and time.monotonic() - started < 10


def test_spring_kafka_that_is_too_slow_reaches_nobody(spring_gateway):
    one = spring_gateway("600ms")
    assert is_problem(one.post_json("/slow", {"ms": 1200}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
