# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""An unmodified worker of the package nestjs-rmq, reached by the name of its convention alone."""

import pytest
from test_interop import INTEROP, end, run_until_ready
from test_interop_python import is_problem, mapping

from harness.waiting import eventually

pytestmark = pytest.mark.interop

EXCHANGE = "nestjs-rmq"
NO_ROUTE = "Requested service doesn't have RMQRoute with this path"


@pytest.fixture(scope="module")
def orders(broker):
    process = run_until_ready(
        ["node", "worker.js"],
        "ready",
        INTEROP / "nestjs-rmq",
        AMQP_URL=broker.url,
        EXCHANGE=EXCHANGE,
    )
    # It says so before its queue is bound.
    eventually(lambda: "orders.seen" in broker.ctl("list_bindings"))
    yield process
    end(process)


def orders_mapping(path="/:op", timeout="10s"):
    to = {"exchange": EXCHANGE, "routing_key": "orders.${path.op}"}
    return mapping("nestjs-rmq", "x", path, timeout, **to)


@pytest.fixture
def one(gateway, orders):
    return gateway(mappings=[orders_mapping()])


def test_nestjs_rmq_answers(one):
    answer = one.post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"
    assert one.post_json("/add", {"a": 40, "b": 2}).body == b"42"
    assert one.post_json("/text", {}).body == b'"plain"'
    assert one.post_json("/nothing", {}).body == b"null"


def test_nestjs_rmq_errors_have_their_status_and_data(one):
    answer = one.post_json("/missing", {})
    assert answer.status == 404
    assert answer.header("content-type") == "application/json"
    assert answer.json == {
        "-x-error": "no such order",
        "-x-type": "RMQ",
        "-x-data": {"order": 7, "code": "E_NO_ORDER"},
    }


def test_nestjs_rmq_other_errors_are_502(one):
    answer = one.post_json("/unmapped", {})
    assert (answer.status, answer.json) == (502, {"-x-error": "not in stock", "-x-type": "RMQ"})
    answer = one.post_json("/crash", {})
    assert (answer.status, answer.json) == (502, {"-x-error": "the shelf fell over"})
    answer = one.post_json("/add", {"a": "x", "b": 2})
    assert answer.status == 502 and "must be a number" in answer.json["-x-error"]
    answer = one.post_json("/forgets", {})
    assert (answer.status, answer.json) == (502, {"-x-error": "RPC method returned undefined"})


def test_nestjs_rmq_throws_what_is_no_error_and_it_is_502_too(one):
    assert one.post_json("/throws", {}).status == 502


def test_nestjs_rmq_without_a_route_is_404(gateway, broker, one):
    broker.bind(f"{EXCHANGE}-orders", EXCHANGE, "orders.removed")
    answer = one.post_json("/removed", {})
    assert (answer.status, answer.json) == (404, {"-x-error": NO_ROUTE})


def test_nestjs_rmq_that_is_too_slow_or_not_there(gateway, orders):
    one = gateway(mappings=[orders_mapping(timeout="500ms")])
    assert is_problem(one.post_json("/slow", {"ms": 1000}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    answer = one.post_json("/nosuch", {})
    assert is_problem(answer, 503) and answer.problem["published"] == "no"


def test_nestjs_rmq_takes_what_nobody_waits_for(gateway, broker, orders):
    event = orders_mapping("/event/:op")
    event["answer"] = {"when": "confirmed"}
    one = gateway(mappings=[event, orders_mapping()])
    assert one.post_json("/event/note", 7).status == 202
    eventually(lambda: one.post_json("/seen", {}).json == [7])
    broker.bind(f"{EXCHANGE}-orders", EXCHANGE, "orders.removed")
    assert one.post_json("/event/removed", {}).status == 202
    assert one.post_json("/event/add", {"a": "x"}).status == 202
    assert one.post_json("/seen", {}).json == [7]
    assert orders.poll() is None
