# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified NestJS and Celery workers, reached by the name of their convention alone. Those of other
frameworks: test_interop_*.py, by test/run interop."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import uuid

import pytest

from harness.waiting import eventually

INTEROP = pathlib.Path(__file__).parent / "interop"
NO_HANDLER = "There is no matching message handler defined in the remote service."


def run_until_ready(command, line, directory, **environment):
    process = subprocess.Popen(
        command,
        cwd=directory,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for said in process.stdout:
        if line in said:
            return process
    raise AssertionError(f"{command} ended with {process.wait()} before it said {line!r}")


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def nestjs(broker):
    """The queue that a NestJS microservice serves."""
    assert shutil.which("node"), "needs Node (nodejs)"
    process = run_until_ready(
        ["node", "worker.js"], "ready", INTEROP / "nestjs", AMQP_URL=broker.url, QUEUE="nest"
    )
    yield "nest"
    end(process)


@pytest.fixture(scope="module")
def celery(broker):
    """The queue that a Celery worker serves."""
    process = run_until_ready(
        [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--pool=solo", "--loglevel=INFO"]
        + ["--without-gossip", "--without-mingle"],
        " ready.",
        INTEROP / "celery",
        AMQP_URL=broker.url,
        QUEUE="celery-tasks",
    )
    yield "celery-tasks"
    end(process)


def mapping(convention, name, match, send, timeout="10s"):
    return {
        "name": name,
        "match": match,
        "send": {"convention": convention, **send},
        "answer": {"timeout": timeout},
    }


def nestjs_mapping(queue, name, match, op, timeout="10s"):
    return mapping("nestjs", name, match, {"queue": queue, "op": op}, timeout)


@pytest.fixture
def nestjs_gateway(gateway, nestjs):
    return gateway(
        mappings=[
            nestjs_mapping(nestjs, "math", {"method": "POST", "path": "/math/:op"}, "${path.op}"),
            nestjs_mapping(nestjs, "describe", {"path": "/describe"}, {"cmd": "describe"}),
            nestjs_mapping(nestjs, "by-op", {"op": "math.*"}, "${op.rest}"),
        ],
        websockets=[{"path": "/ws"}],
    )


def test_nestjs_answers_a_request_over_http(nestjs_gateway):
    answer = nestjs_gateway.post_json("/math/sum", [1, 2, 39])
    assert (answer.status, answer.body) == (200, b"42")
    assert answer.header("content-type") == "application/json"


def test_nestjs_is_reached_by_a_pattern_that_is_an_object(nestjs_gateway):
    body = b'{"n": 1.50, "text": "\\u00e9"}'
    answer = nestjs_gateway.post("/describe", body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json) == (200, {"got": {"n": 1.5, "text": "é"}})


def test_nestjs_answers_a_call_over_a_websocket(nestjs_gateway):
    with nestjs_gateway.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "id": 7, "method": "math.sum", "params": [20, 22]})
        assert socket.receive_json() == {"jsonrpc": "2.0", "id": 7, "result": 42}


def test_nestjs_rpc_exception_gives_its_status_and_its_body(nestjs_gateway):
    answer = nestjs_gateway.post_json("/math/missing", {})
    assert answer.status == 404
    assert answer.json == {"statusCode": 404, "message": "no such order", "code": "E_NO_ORDER"}


def test_nestjs_other_errors_are_502_and_tell_nothing(nestjs_gateway):
    answer = nestjs_gateway.post_json("/math/crash", {})
    assert answer.status == 502
    assert answer.json == {"status": "error", "message": "Internal server error"}


def test_nestjs_pattern_without_a_handler_is_404(nestjs_gateway):
    answer = nestjs_gateway.post_json("/math/nosuch", {})
    assert (answer.status, answer.json) == (404, NO_HANDLER)


def test_nestjs_that_is_too_slow_is_504_and_its_late_answer_reaches_nobody(gateway, nestjs):
    one = gateway(mappings=[nestjs_mapping(nestjs, "slow", {"path": "/slow"}, "slow", "300ms")])
    answer = one.post_json("/slow", 900)
    assert (answer.status, answer.problem["published"]) == (504, "yes")
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_nestjs_gives_a_stream_as_it_comes(gateway, nestjs, nestjs_gateway):
    lines = nestjs_mapping(nestjs, "lines", {"path": "/:op"}, "${path.op}")
    lines["answer"]["parts"] = "ndjson"
    one = gateway(mappings=[lines])
    answer = one.post_json("/several", {})
    assert (answer.status, answer.body.split()) == (200, [b"1", b"2", b"3"])
    answer = one.post_json("/lingering", {})
    assert [json.loads(line) for line in answer.body.splitlines()] == ["a", "b"]
    assert nestjs_gateway.post_json("/math/several", {}).json == [1, 2, 3]
    assert nestjs_gateway.post_json("/math/nothing", {}).body == b"null"


def test_nestjs_takes_an_event_and_sends_nothing(gateway, nestjs):
    event = nestjs_mapping(nestjs, "event", {"path": "/event"}, "noted")
    event["answer"] = {"when": "confirmed"}
    one = gateway(mappings=[event, nestjs_mapping(nestjs, "seen", {"path": "/seen"}, "seen")])
    assert one.post_json("/event", 7).status == 202
    eventually(lambda: one.post_json("/seen", {}).json == [7])
    assert one.metric("bridgehead_replies_dropped_total", reason="unknown") == 0


def test_nestjs_that_is_not_there_is_503(gateway):
    one = gateway(mappings=[nestjs_mapping("nosuch", "gone", {"path": "/"}, "sum")])
    answer = one.post_json("/", [])
    assert (answer.status, answer.problem["published"]) == (503, "no")


# NestJS on Kafka


# Nobody works on the last one.
PATTERNS = ("sum", "describe", "text", "missing", "crash", "slow", "several", "idle")


@pytest.fixture(scope="module")
def nestjs_kafka(kafka):
    """A prefix of topics that a NestJS microservice serves; each topic is a pattern."""
    assert shutil.which("node"), "needs Node (nodejs)"
    prefix = f"{uuid.uuid4()}."
    for name in PATTERNS:
        kafka.topic(prefix + name, partitions=2)
    process = run_until_ready(
        ["node", "kafka_math.js"],
        "ready",
        INTEROP / "nestjs",
        KAFKA=kafka.bootstrap,
        PREFIX=prefix,
    )
    yield prefix
    end(process)


@pytest.fixture(params=["all", "own"])
def nestjs_kafka_gateway(request, kafka, kafka_gateway, nestjs_kafka):
    """One that reads all partitions of its reply topic, and one that tells which is its own."""

    def start(timeout="10s"):
        replies = {"topic": kafka.topic(partitions=3)}
        if request.param == "own":
            replies |= {"partitions": "own", "partition": 2}
        mappings = [
            mapping("nestjs", name, {"path": f"/{name}"}, {"topic": nestjs_kafka + name}, timeout)
            for name in PATTERNS
        ]
        return kafka_gateway(*mappings, bridge={"reply": replies})

    return start


def test_nestjs_on_kafka_answers(nestjs_kafka_gateway):
    one = nestjs_kafka_gateway()
    answer = one.post_json("/sum", [40, 2])
    assert (answer.status, answer.body) == (200, b"42")
    answer = one.post_json("/describe", {"n": 1.5, "text": "é"})
    assert (answer.status, answer.json) == (200, {"got": {"n": 1.5, "text": "é"}})
    assert answer.header("content-type") == "application/json"
    answer = one.post_json("/text", {})
    assert (answer.body, answer.header("content-type")) == (b"plain", "text/plain; charset=utf-8")


def test_nestjs_on_kafka_errors_have_a_status_and_a_body(nestjs_kafka_gateway):
    one = nestjs_kafka_gateway()
    answer = one.post_json("/missing", {})
    assert (answer.status, answer.header("content-type")) == (404, "application/json")
    assert answer.json == {"statusCode": 404, "message": "no such order", "code": "E_NO_ORDER"}
    answer = one.post_json("/crash", {})
    assert answer.status == 502
    assert answer.json == {"status": "error", "message": "Internal server error"}


def test_nestjs_on_kafka_gives_a_stream(nestjs_kafka_gateway):
    assert nestjs_kafka_gateway().post_json("/several", {}).json == [1, 2, 3]


def test_nestjs_on_kafka_that_is_too_slow_or_not_there(nestjs_kafka_gateway):
    one = nestjs_kafka_gateway("600ms")
    assert one.post_json("/slow", 1200).status == 504
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert one.post_json("/idle", {}).status == 504


# Celery


def celery_mapping(queue, timeout="10s"):
    match = {"method": "POST", "path": "/tasks/:name"}
    return mapping("celery", "task", match, {"queue": queue, "op": "tasks.${path.name}"}, timeout)


@pytest.fixture
def celery_gateway(gateway, celery):
    return gateway(mappings=[celery_mapping(celery)])


def test_celery_answers_a_task(celery_gateway):
    answer = celery_gateway.post_json("/tasks/add", {"x": 40, "y": 2})
    assert (answer.status, answer.body) == (200, b"42")
    assert answer.header("content-type") == "application/json"


def test_celery_gets_the_arguments_that_the_client_sent(celery_gateway):
    answer = celery_gateway.post_json("/tasks/describe", {"a": [1, None], "b": {"c": "ü"}})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": {"c": "ü"}}})


def test_celery_task_without_arguments_needs_no_body(celery_gateway):
    answer = celery_gateway.post("/tasks/describe")
    assert (answer.status, answer.json) == (200, {"got": {}})


def test_celery_failure_that_is_mapped_has_that_status(celery_gateway):
    answer = celery_gateway.post_json("/tasks/fail", {"why": "too few"})
    assert answer.status == 400
    assert answer.json["exc_type"] == "ValueError"
    assert answer.json["exc_message"] == ["too few"]


def test_celery_failure_that_is_not_mapped_is_502_without_a_traceback(celery_gateway):
    answer = celery_gateway.post_json("/tasks/crash", {})
    assert answer.status == 502
    assert "Traceback" not in answer.body.decode() and "tasks.py" not in answer.body.decode()


def test_celery_task_that_is_not_registered_is_404(celery_gateway):
    answer = celery_gateway.post_json("/tasks/nosuch", {})
    assert (answer.status, answer.json["exc_type"]) == (404, "NotRegistered")


def test_celery_reports_of_progress_are_no_answer(celery_gateway):
    answer = celery_gateway.post_json("/tasks/progress", {})
    assert (answer.status, answer.body) == (200, b'"done"')


def test_celery_progress_as_server_sent_events(gateway, celery):
    report = celery_mapping(celery)
    report["send"]["body"] = [[], {}, {}]
    report["match"] = {"method": "GET", "path": "/tasks/:name"}
    report["answer"] |= {
        "skip": {"at": "body:/status", "in": ["PENDING", "RECEIVED", "STARTED", "RETRY"]},
        "stream": {"end": {"at": "body:/status", "equals": "SUCCESS"}},
        "parts": "sse",
    }
    answer = gateway(mappings=[report]).get("/tasks/progress")
    assert (answer.status, answer.header("content-type")) == (200, "text/event-stream")
    events = [line for line in answer.body.decode().splitlines() if line.startswith("data: ")]
    assert len(events) > 1 and events[-1] == 'data: "done"', events


def test_celery_that_is_too_slow_is_504_and_its_late_answer_reaches_nobody(gateway, celery):
    one = gateway(mappings=[celery_mapping(celery, "400ms")])
    assert one.post_json("/tasks/slow", {"s": 1}).status == 504
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")


def test_celery_that_is_not_there_is_503(gateway):
    one = gateway(mappings=[celery_mapping("nosuch")])
    answer = one.post_json("/tasks/add", {})
    assert (answer.status, answer.problem["published"]) == (503, "no")


def test_celery_gets_a_message_of_its_protocol(gateway, broker, queue):
    one = gateway(mappings=[celery_mapping(queue, "2s")])
    # Nobody works here, and the message must outlive its expiration to be looked at: take it first.
    with one.connect() as client:
        client.request("POST", "/tasks/add", '{"x":1, "y":2}', {"Content-Type": "application/json"})
        properties, body = eventually(lambda: broker.get(queue))
        assert client.response().status == 504
    assert b'{"x":1, "y":2}' in body
    assert json.loads(body) == [[], {"x": 1, "y": 2}, {}]
    assert properties.headers["task"] == "tasks.add"
    assert properties.headers["id"] == properties.correlation_id
    assert (properties.content_type, properties.content_encoding) == ("application/json", "utf-8")
