# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified workers of two frameworks, spoken to in their own dialects by configuration alone."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

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


def nestjs_mapping(queue, name, match, op, timeout="10s"):
    return {
        "name": name,
        "match": match,
        "send": {
            "queue": queue,
            "op": op,
            "body": {"pattern": "${op}", "data": "${body}", "id": "${id}"},
        },
        "answer": {
            "timeout": timeout,
            "body": "body:/response",
            "status": ["body:/err/statusCode", "body:/err/status"],
            "error": {"at": "body:/err", "exists": True},
            "error_body": "body:/err",
            "status_map": {"at": ["body:/err"], "map": {NO_HANDLER: 404}},
        },
    }


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


def celery_mapping(queue):
    return {
        "name": "task",
        "match": {"method": "POST", "path": "/tasks/:name"},
        "send": {
            "queue": queue,
            "op": "${path.name}",
            "properties": {"content_type": "application/json", "content_encoding": "utf-8"},
            "headers": {
                "lang": "py",
                "task": "tasks.${path.name}",
                "id": "${id}",
                "root_id": "${id}",
                "expires": "${deadline_iso}",
            },
            "body": [[], "${body}", {}],
        },
        "answer": {
            "timeout": "10s",
            "body": "body:/result",
            "error": {"at": "body:/status", "in": ["FAILURE", "REVOKED"]},
            "error_body": "body:/result",
            "status_map": {
                "at": ["body:/result/exc_type"],
                "map": {"NotRegistered": 404, "TaskRevokedError": 504, "ValueError": 400},
            },
        },
    }


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


def test_celery_gets_a_message_of_its_protocol(gateway, broker, queue):
    mapping = celery_mapping(queue)
    mapping["answer"]["timeout"] = "2s"
    one = gateway(mappings=[mapping])
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
