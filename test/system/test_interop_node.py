# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified golevelup and Moleculer workers, reached by the name of their convention alone."""

import pytest
from test_interop import INTEROP, end, run_until_ready
from test_interop_python import is_problem, mapping, says_502_at_once

from harness.waiting import eventually

pytestmark = pytest.mark.interop

NODE = INTEROP / "node"


@pytest.fixture(scope="module")
def golevelup(broker):
    process = run_until_ready(["node", "golevelup.js"], "ready", NODE, AMQP_URL=broker.url)
    yield process
    end(process)


def golevelup_mapping(timeout="10s"):
    to = {"exchange": "golevelup", "routing_key": "${path.op}"}
    return mapping("golevelup", "x", "/:op", timeout, **to)


def golevelup_gateway(gateway, timeout="10s"):
    return gateway(mappings=[golevelup_mapping(timeout)])


def test_golevelup_answers(gateway, golevelup):
    one = golevelup_gateway(gateway)
    answer = one.post_json("/describe", {"a": [1, None]})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None]}})
    assert answer.header("content-type") == "application/json"
    assert one.post_json("/text", {}).body == b'"plain"'
    answer = one.post_json("/nothing", {})
    assert (answer.status, answer.body) == (200, b"")


def test_golevelup_sends_nothing_for_an_exception(gateway, golevelup):
    assert is_problem(golevelup_gateway(gateway, "700ms").post_json("/crash", {}), 504)


def test_a_policy_of_the_broker_makes_a_nack_of_golevelup_502_at_once(gateway, broker, golevelup):
    says_502_at_once(gateway, broker, "golevelup-crash", golevelup_mapping("30s"))


def test_golevelup_that_is_too_slow_or_not_there(gateway, golevelup):
    one = golevelup_gateway(gateway, "500ms")
    assert is_problem(one.post_json("/slow", {"ms": 1000}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    answer = one.post_json("/nosuch", {})
    assert is_problem(answer, 503) and answer.problem["published"] == "no"


@pytest.fixture(scope="module")
def moleculer(broker):
    process = run_until_ready(["node", "moleculer.js"], "ready", NODE, AMQP_URL=broker.url)
    # It says so before all its queues are there.
    eventually(lambda: "MOL.REQB.math.several" in broker.ctl("list_queues", "name"))
    yield process
    end(process)


def moleculer_gateway(gateway, timeout="10s"):
    return gateway(mappings=[mapping("moleculer", "math.${path.op}", "/math/:op", timeout)])


def test_moleculer_answers(gateway, moleculer):
    answer = moleculer_gateway(gateway).post_json("/math/add", {"a": 40, "b": 2})
    assert (answer.status, answer.body) == (200, b"42")
    assert answer.header("content-type") == "application/json"


def test_moleculer_errors_have_a_status_and_no_stack(gateway, moleculer):
    one = moleculer_gateway(gateway)
    answer = one.post_json("/math/missing", {})
    assert answer.status == 404
    assert answer.json["message"] == "no such order" and answer.json["type"] == "NO_ORDER"
    assert one.post_json("/math/add", {"a": "x"}).status == 422
    answer = one.post_json("/math/crash", {})
    assert answer.status >= 500 and b"moleculer.js" not in answer.body


def test_moleculer_gives_a_stream_as_it_comes(gateway, moleculer):
    answer = moleculer_gateway(gateway).post_json("/math/several", {})
    assert (answer.status, len(answer.json)) == (200, 3)


def test_moleculer_that_is_too_slow_or_not_there(gateway, moleculer):
    one = moleculer_gateway(gateway, "500ms")
    assert is_problem(one.post_json("/math/slow", {"ms": 1000}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert is_problem(one.post_json("/math/nosuch", {}), 503)
