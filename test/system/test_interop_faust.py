# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Unmodified Faust agents, reached by the name of their convention alone."""

import uuid

import pytest
from test_interop import INTEROP, end, run_until_ready
from test_interop_python import PYTHON, is_problem, mapping

pytestmark = pytest.mark.interop

# Nobody works on the last one.
TOPICS = ("describe", "add", "text", "nothing", "twice", "crash", "slow", "silent", "idle")


@pytest.fixture(scope="module")
def faust(kafka, tmp_path_factory):
    prefix = f"{uuid.uuid4()}-"
    for name in TOPICS:
        kafka.topic(prefix + name, partitions=2)
    process = run_until_ready(
        [PYTHON, "faust_app.py", "worker", "--loglevel=warn", "--without-web"],
        "ready",
        INTEROP,
        KAFKA=kafka.bootstrap,
        PREFIX=prefix,
        DATA=str(tmp_path_factory.mktemp("faust")),
    )
    yield prefix
    end(process)


@pytest.fixture
def faust_gateway(kafka_gateway, faust):
    def start(timeout="20s"):
        mappings = [mapping("faust", "x", f"/{name}", timeout, topic=faust + name) for name in TOPICS]
        return kafka_gateway(*mappings)

    return start


def test_faust_answers(faust_gateway):
    one = faust_gateway()
    answer = one.post_json("/describe", {"a": [1, None], "b": "ü"})
    assert (answer.status, answer.json) == (200, {"got": {"a": [1, None], "b": "ü"}})
    assert answer.header("content-type") == "application/json"
    assert one.post_json("/add", {"a": 40, "b": 2}).body == b"42"
    assert one.post_json("/text", {}).body == b'"plain"'
    assert one.post_json("/nothing", {}).body == b"null"


def test_faust_that_yields_twice_answers_once(faust_gateway):
    one = faust_gateway()
    assert one.post_json("/twice", {}).body == b"1"
    one.wait_metric("bridgehead_replies_dropped_total", 1)


def test_faust_sends_nothing_for_an_exception_and_goes_on(faust_gateway):
    assert is_problem(faust_gateway("700ms").post_json("/crash", {}), 504)
    assert faust_gateway().post_json("/crash", {"good": True}).json == "still here"


def test_faust_sends_nothing_for_what_is_no_record_and_goes_on(faust_gateway):
    one = faust_gateway("700ms")
    assert is_problem(one.post_json("/add", {"a": 1}), 504)
    assert is_problem(one.post("/describe", b"{broken"), 504)
    one = faust_gateway()
    assert one.post_json("/add", {"a": 1, "b": 2}).body == b"3"
    assert one.post_json("/describe", 1).json == {"got": 1}


def test_faust_that_is_too_slow_does_not_yield_or_is_not_there(faust_gateway):
    one = faust_gateway("600ms")
    assert is_problem(one.post_json("/slow", {"s": 1.2}), 504)
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    assert is_problem(one.post_json("/silent", {}), 504)
    assert is_problem(one.post_json("/idle", {}), 504)
