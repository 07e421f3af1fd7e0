# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified SmallRye Reactive Messaging, Micronaut Kafka and Spring Cloud Stream, reached by the name
of their convention alone."""

import gzip
import time
import uuid

import pytest
from test_interop import INTEROP, end, run_until_ready
from test_interop_python import is_problem, mapping

from harness import java

pytestmark = pytest.mark.interop

# Nobody works on the last one.
SMALLRYE = ("describe", "missing", "nothing", "crash", "stop", "slow", "idle")
FIXED = ("describe", "text", "missing", "nothing", "crash", "slow", "idle")


def mappings(convention, prefix, names, timeout):
    return [mapping(convention, "x", f"/{name}", timeout, topic=prefix + name) for name in names]


def start(kafka, tmp_path_factory, framework, worker, names):
    """A worker on topics of its own: their prefix, and its process."""
    prefix = f"{uuid.uuid4()}."
    for name in names:
        kafka.topic(prefix + name, partitions=2)
    path = java.build(INTEROP / framework, tmp_path_factory.mktemp("classes"))
    command = java.command(path, worker)
    where = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "PREFIX": prefix}
    process = run_until_ready(command, "ready", INTEROP, **where)
    return prefix, process


def assert_dead_letter(kafka_gateway, convention, prefix):
    """An exception is 502 at once, and tells nothing."""
    one = kafka_gateway(
        *mappings(convention, prefix, ["crash"], "30s"),
        bridge={"dead_letter": {"topic": "${topic}-dead"}},
    )
    started = time.monotonic()
    answer = one.post_json("/crash", {}, timeout=40)
    assert is_problem(answer, 502) and answer.problem["type"].endswith("dead-letter")
    assert b"hunter2" not in answer.body and time.monotonic() - started < 10


# SmallRye


@pytest.fixture(scope="module")
def smallrye(kafka, tmp_path_factory):
    """A prefix of topics that SmallRye's processors serve."""
    names = (*SMALLRYE, "crash-dead")
    prefix, process = start(kafka, tmp_path_factory, "smallrye", "KafkaWorker", names)
    yield prefix
    end(process)


@pytest.fixture(params=["all", "own"])
def smallrye_gateway(request, kafka, kafka_gateway, smallrye):
    """One that reads all partitions of its reply topic, and one that tells which is its own."""

    def start(timeout="10s"):
        replies = {"topic": kafka.topic(partitions=3)}
        if request.param == "own":
            replies |= {"partitions": "own", "partition": 2}
        every = mappings("smallrye", smallrye, SMALLRYE, timeout)
        return kafka_gateway(*every, bridge={"reply": replies})

    return start


def test_smallrye_answers(smallrye_gateway):
    answer = smallrye_gateway().post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"


def test_smallrye_gives_an_error_its_status_by_a_header(smallrye_gateway):
    answer = smallrye_gateway().post_json("/missing", {})
    assert (answer.status, answer.json) == (404, {"message": "no such order"})


def test_smallrye_sends_nothing_for_null_an_exception_or_from_nobody(smallrye_gateway):
    one = smallrye_gateway("1s")
    for name in ("nothing", "crash", "idle"):
        assert is_problem(one.post_json(f"/{name}", {}), 504)


def test_smallrye_that_is_too_slow_reaches_nobody(smallrye_gateway):
    one = smallrye_gateway("600ms")
    assert is_problem(one.post_json("/slow", {}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_a_dead_letter_queue_of_smallrye_makes_an_exception_502_at_once(kafka_gateway, smallrye):
    assert_dead_letter(kafka_gateway, "smallrye", smallrye)


def test_the_default_of_smallrye_ends_its_channel_with_an_exception(kafka_gateway, smallrye):
    one = kafka_gateway(*mappings("smallrye", smallrye, ["stop", "describe"], "2s"))
    assert one.post_json("/stop", [1]).json == [1]
    assert is_problem(one.post_json("/stop", {}), 504)
    assert is_problem(one.post_json("/stop", [1]), 504)
    assert one.post_json("/describe", 1).json == {"got": 1}


# Micronaut and Spring Cloud Stream, whose reply topic is fixed


@pytest.fixture(scope="module")
def micronaut(kafka, tmp_path_factory):
    """A prefix of topics that Micronaut's listener serves; it replies to one of them."""
    names = (*FIXED, "replies")
    prefix, process = start(kafka, tmp_path_factory, "micronaut", "interop.KafkaWorker", names)
    yield prefix
    end(process)


@pytest.fixture(scope="module")
def cloud_stream(kafka, tmp_path_factory):
    """A prefix of topics that functions of Spring Cloud Stream serve; they reply to one of them."""
    names = (*FIXED, "replies", "crash-dead")
    prefix, process = start(kafka, tmp_path_factory, "cloud-stream", "KafkaWorker", names)
    yield prefix
    end(process)


@pytest.fixture(params=["micronaut", "cloud_stream"])
def fixed(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def fixed_gateway(kafka_gateway, fixed):
    def start(timeout="10s"):
        every = mappings("micronaut", fixed, FIXED, timeout)
        return kafka_gateway(*every, bridge={"reply": {"topic": fixed + "replies"}})

    return start


def test_a_worker_with_a_fixed_reply_topic_answers(fixed_gateway):
    answer = fixed_gateway().post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"


def test_its_reply_is_not_called_what_the_request_was(fixed_gateway):
    one = fixed_gateway()
    answer = one.post("/describe", b'{"a": 1}', headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json) == (200, {"got": {"a": 1}})
    assert answer.header("content-type") == "application/json"
    answer = one.post_json("/text", {})
    assert (answer.body, answer.header("content-type")) == (b"plain", "text/plain; charset=utf-8")


def test_its_reply_is_not_encoded_as_the_request_was(kafka_gateway, fixed):
    packed = mappings("micronaut", fixed, ["text"], "10s")
    packed[0]["match"]["encodings"] = ["gzip"]
    one = kafka_gateway(*packed, bridge={"reply": {"topic": fixed + "replies"}})
    answer = one.post("/text", gzip.compress(b"x"), headers={"Content-Encoding": "gzip"})
    assert (answer.body, answer.header("content-encoding")) == (b"plain", None)


def test_it_gives_an_error_its_status_by_a_header(fixed_gateway):
    answer = fixed_gateway().post_json("/missing", {})
    assert (answer.status, answer.json) == (404, {"message": "no such order"})


def test_it_sends_nothing_for_null_an_exception_or_from_nobody(fixed_gateway):
    one = fixed_gateway("1s")
    for name in ("nothing", "crash", "idle"):
        assert is_problem(one.post_json(f"/{name}", {}), 504)
    assert one.post_json("/crash", {"a": 1}).json == {"a": 1}  # the next record is served


def test_when_it_is_too_slow_its_reply_reaches_nobody(fixed_gateway):
    one = fixed_gateway("600ms")
    assert is_problem(one.post_json("/slow", {"ms": 1200}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_a_dead_letter_queue_of_cloud_stream_makes_an_exception_502_at_once(
    kafka_gateway, cloud_stream
):
    assert_dead_letter(kafka_gateway, "micronaut", cloud_stream)
