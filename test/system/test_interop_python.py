# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified FastStream, Nameko and aio-pika workers, reached by the name of their convention alone."""

import json
import os
import time
import uuid

import pytest

from test_interop import INTEROP, end, run_until_ready

from harness.waiting import eventually

pytestmark = pytest.mark.interop

PYTHON = os.environ.get("INTEROP_PYTHON", "")  # FastStream, Faust and aio-pika
NAMEKO = os.environ.get("INTEROP_NAMEKO", "")  # Nameko, which wants a world of its own


def mapping(convention, op, path, timeout="10s", **send):
    return {
        "name": path[1:],
        "match": {"method": "POST", "path": path},
        "send": {"convention": convention, "op": op, **send},
        "answer": {"timeout": timeout},
    }


def is_problem(answer, status):
    return answer.status == status and answer.header("content-type") == "application/problem+json"


# FastStream

# Nobody works on the last one.
TOPICS = ("describe", "add", "text", "nothing", "missing", "crash", "slow", "idle")


@pytest.fixture(scope="module")
def rabbit_app(broker):
    prefix = f"{uuid.uuid4()}-"
    process = run_until_ready(
        [PYTHON, "faststream_worker.py"], "ready", INTEROP, AMQP_URL=broker.url, PREFIX=prefix
    )
    yield prefix
    end(process)


def kafka_application(kafka, **environment):
    """The prefix of the topics that one serves."""
    prefix = f"{uuid.uuid4()}-"
    for name in TOPICS:
        kafka.topic(prefix + name, partitions=2)
    process = run_until_ready(
        [PYTHON, "faststream_worker.py"],
        "ready",
        INTEROP,
        KAFKA=kafka.bootstrap,
        PREFIX=prefix,
        AMQP_URL="",
        **environment,
    )
    yield prefix
    end(process)


@pytest.fixture(scope="module")
def kafka_app(kafka):
    yield from kafka_application(kafka)


@pytest.fixture(scope="module")
def confluent_app(kafka):
    yield from kafka_application(kafka, CONFLUENT="yes")


@pytest.fixture(params=["rabbit", "kafka", "confluent"])
def faststream(request, gateway):
    """A gateway in front of the same application on the one and the other broker."""

    def start(timeout="10s"):
        to = request.getfixturevalue(f"{request.param}_app")
        if request.param == "rabbit":
            send = {"queue": to + "${path.op}"}
            return gateway(mappings=[mapping("faststream", "x", "/:op", timeout, **send)])
        mappings = [
            mapping("faststream", "x", f"/{name}", timeout, topic=to + name) for name in TOPICS
        ]
        return request.getfixturevalue("kafka_gateway")(*mappings)

    start.kafka = request.param != "rabbit"
    return start


def test_faststream_answers(faststream):
    one = faststream()
    answer = one.post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"
    assert one.post_json("/add", {"a": 40, "b": 2}).body == b"42"
    answer = one.post_json("/text", {})
    assert (answer.body, answer.header("content-type")) == (b"plain", "text/plain")
    answer = one.post_json("/nothing", {})
    assert (answer.status, answer.body) == (200, b"")


def test_faststream_gives_an_error_its_status_by_a_header(faststream):
    answer = faststream().post_json("/missing", {})
    assert (answer.status, answer.json) == (404, {"message": "no such order"})


def test_faststream_sends_nothing_for_an_exception_or_wrong_arguments(faststream):
    one = faststream("1s")
    assert is_problem(one.post_json("/crash", {}), 504)
    assert is_problem(one.post_json("/add", {"a": "x"}), 504)


def says_502_at_once(gateway, broker, queue, one_mapping):
    """A policy of the broker gives the queue a dead letter exchange, which the gateway listens to."""
    exchange = broker.exchange(kind="fanout")
    policy = json.dumps({"dead-letter-exchange": exchange})
    broker.ctl("set_policy", "graves", f"^{queue}$", policy, "--apply-to", "queues")
    rabbit = {"type": "amqp", "url": broker.url, "dead_letter": {"exchange": exchange}}
    one = gateway(bridges={"rabbit": rabbit}, mappings=[one_mapping])
    started = time.monotonic()
    answer = one.post_json("/crash", {}, timeout=40)
    assert is_problem(answer, 502) and answer.problem["type"].endswith("dead-letter")
    assert time.monotonic() - started < 10
    broker.ctl("clear_policy", "graves")


def test_a_policy_of_the_broker_makes_an_exception_502_at_once(gateway, broker, rabbit_app):
    queue = rabbit_app + "crash"
    says_502_at_once(
        gateway, broker, queue, mapping("faststream", "x", "/crash", "30s", queue=queue)
    )


def test_faststream_that_is_too_slow_reaches_nobody(faststream):
    one = faststream("500ms")
    assert is_problem(one.post_json("/slow", {"s": 1}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_faststream_without_a_handler_or_a_destination(faststream):
    one = faststream("1s")
    if faststream.kafka:
        assert is_problem(one.post_json("/idle", {}), 504)
    else:
        answer = one.post_json("/nosuch", {})
        assert is_problem(answer, 503) and answer.problem["published"] == "no"


# Nameko


@pytest.fixture(scope="module")
def nameko(broker):
    process = run_until_ready([NAMEKO, "nameko_service.py"], "ready", INTEROP, AMQP_URL=broker.url)
    # It says so before its queue is bound.
    eventually(lambda: "greeter.*" in broker.ctl("list_bindings"))
    yield process
    end(process)


def nameko_gateway(gateway, timeout="10s"):
    return gateway(
        mappings=[
            mapping("nameko", "greeter.${path.op}", "/greeter/:op", timeout),
            mapping("nameko", "nobody.${path.op}", "/nobody/:op", timeout),
        ]
    )


def test_nameko_answers(gateway, nameko):
    one = nameko_gateway(gateway)
    answer = one.post_json("/greeter/hello", {"name": "Ü"})
    assert (answer.status, answer.json) == (200, {"greeting": "Hello, Ü!"})
    assert one.post_json("/greeter/nothing", {}).body == b"null"
    assert one.post("/greeter/nothing").body == b"null"


def test_nameko_errors_have_a_status(gateway, nameko):
    one = nameko_gateway(gateway)
    answer = one.post_json("/greeter/crash", {})
    assert (answer.status, answer.json) == (
        502,
        {"exc_type": "ValueError", "value": "no such name"},
    )
    assert one.post_json("/greeter/hello", {}).status == 400
    assert one.post_json("/greeter/nosuch", {}).status == 404


def test_nameko_that_is_too_slow_or_not_there(gateway, nameko):
    one = nameko_gateway(gateway, "500ms")
    assert is_problem(one.post_json("/greeter/slow", {"s": 1}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert is_problem(one.post_json("/nobody/hello", {}), 503)


def test_nameko_survives_a_call_that_nobody_waits_for(gateway, nameko):
    one_way = mapping("nameko", "greeter.hello", "/quiet")
    one_way["answer"] = {"when": "confirmed"}
    one = gateway(mappings=[one_way, mapping("nameko", "greeter.hello", "/loud")])
    assert one.post_json("/quiet", {"name": "a"}).status == 202
    assert one.post_json("/loud", {"name": "a"}).status == 200
    assert nameko.poll() is None


# aio-pika


@pytest.fixture(scope="module")
def aio_pika(broker):
    process = run_until_ready([PYTHON, "aio_pika_worker.py"], "ready", INTEROP, AMQP_URL=broker.url)
    yield process
    end(process)


def aio_pika_gateway(gateway, timeout="10s"):
    return gateway(mappings=[mapping("aio-pika", "${path.op}", "/rpc/:op", timeout)])


def test_aio_pika_answers(gateway, aio_pika):
    answer = aio_pika_gateway(gateway).post_json("/rpc/multiply", {"x": 6, "y": 7})
    assert (answer.status, answer.body) == (200, b"42")
    assert answer.header("content-type") == "application/json"


def test_aio_pika_errors_have_a_status(gateway, aio_pika):
    one = aio_pika_gateway(gateway)
    answer = one.post_json("/rpc/crash", {})
    assert (answer.status, answer.json) == (
        502,
        {"type": "ValueError", "message": "ValueError('no such thing')"},
    )
    assert one.post_json("/rpc/multiply", {"x": 1}).status == 400


def test_aio_pika_gives_back_what_expired_and_has_no_unknown_methods(gateway, aio_pika):
    short = {"type": "call", "content_type": "application/json", "expiration": "300"}
    one = gateway(
        mappings=[
            mapping("aio-pika", "idle", "/idle", "20s", properties=short),
            mapping("aio-pika", "${path.op}", "/rpc/:op", "500ms"),
        ]
    )
    started = time.monotonic()
    assert is_problem(one.post_json("/idle", {}), 504)
    assert time.monotonic() - started < 10, "the deadline said it, not the broker"
    assert is_problem(one.post_json("/rpc/slow", {"s": 1}), 504)
    assert is_problem(one.post_json("/rpc/nosuch", {}), 503)
