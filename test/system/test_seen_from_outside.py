# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What an operator sees: health, readiness, metrics, logs and traces."""

import json
import re
import shutil
import signal
import subprocess
import time

import pytest

from harness.waiting import eventually
from harness.worker import echo

TRACE = re.compile(r"^00-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}$")


@pytest.fixture
def busy(gateway, worker, queue):
    """A gateway that has seen some of everything."""
    at = worker(queue)
    mappings = [
        {"name": "ask", "match": {"path": "/ask"}, "send": {"queue": queue}},
        {"name": "lost", "match": {"path": "/lost"}, "send": {"queue": "no-such-queue"}},
        {"name": 'od"d\\name', "match": {"path": "/odd"}, "send": {"queue": queue}},
    ]
    one = gateway(mappings=mappings, websockets=[{"path": "/ws"}])
    for body in ("1", "2"):
        with one.connect() as client:
            client.request("POST", "/ask", body, {"X-Request-Id": f"client-{body}"})
            at.next().reply("x")
            assert client.response().status == 200
    assert one.post("/lost", "x").status == 503
    assert one.get("/nothing").status == 404
    one.worker = at
    return one


def test_the_metrics_are_what_prometheus_reads(busy):
    answer = busy.admin("/metrics")
    assert answer.header("content-type").startswith("text/plain; version=0.0.4")
    promtool = shutil.which("promtool")
    assert promtool, "needs promtool (prometheus)"
    done = subprocess.run(
        [promtool, "check", "metrics"], input=answer.body, capture_output=True, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_metrics_count_what_happened(busy):
    metrics = busy.metrics()
    calls = "bridgehead_calls_total"
    assert metrics.sum(calls, mapping="ask", bridge="rabbit", status="2xx") == 2
    assert metrics.sum(calls, mapping="lost", bridge="rabbit", status="5xx") == 1
    assert metrics.sum(calls, status="4xx") == 1
    assert metrics.sum("bridgehead_calls_in_flight") == 0
    assert metrics.sum("bridgehead_bridge_up", bridge="rabbit") == 1


def test_the_metrics_have_no_label_that_a_client_could_fill(busy):
    for number in range(20):
        busy.get(f"/random-{number}")
    metrics = busy.metrics()
    ours = {"mapping", "bridge", "status", "reason", "result", "le", "version", "shard"}
    assert metrics.label_names() <= ours | {"handle", "broker"}
    assert "random-" not in metrics.text


def test_the_admin_listener_answers_nothing_else_and_the_public_one_not_that(busy):
    assert busy.admin("/").status == 404
    assert busy.admin("/metrics/").status == 404
    assert busy.admin("/livez", method="HEAD").status == 200
    assert busy.admin("/livez", method="POST").status == 405
    for path in ("/metrics", "/livez", "/readyz"):
        assert busy.get(path).status == 404


def test_health_is_200(busy):
    assert busy.admin("/livez").status == 200
    assert busy.admin("/readyz").status == 200


def test_metrics_add_up_over_shards(gateway, worker, queue):
    worker(queue, echo)
    one = gateway(
        shards=3, mappings=[{"name": "ask", "match": {"path": "/ask"}, "send": {"queue": queue}}]
    )
    for _ in range(30):
        assert one.post("/ask", "x").status == 200
    one.wait_metric("bridgehead_calls_total", 30, mapping="ask", status="2xx")


def test_a_process_that_is_stopped_is_not_live_for_long_and_recovers(busy):
    """The whole process sleeps here; what must not happen is that it never says so afterwards."""
    busy.signal(signal.SIGSTOP)
    time.sleep(0.5)
    busy.signal(signal.SIGCONT)
    eventually(lambda: busy.admin("/livez").status == 200, 10)


def test_every_call_has_an_access_line(busy):
    (line,) = busy.access(request_id="client-1")
    assert re.fullmatch(r"[0-9a-f-]{36}", line["call"])
    assert (line["mapping"], line["bridge"]) == ("ask", "rabbit")
    assert (line["status"], line["published"]) == ("200", "yes")
    assert line["level"] == "info"
    assert re.match(r"20\d\d-\d\d-\d\dT", line.get("time", line.get("ts", "")))
    times = {name: float(value) for name, value in line.items() if name.endswith("_ms")}
    assert len(times) >= 3, line
    assert all(0 <= value < 10000 for value in times.values())
    (line,) = busy.access(mapping="lost")
    assert (line["status"], line["published"]) == ("503", "no")


def test_a_client_cannot_forge_a_log_line(busy):
    busy.get("/nothing%0Alevel=error", headers={"X-Request-Id": "a"})
    busy.get('/x"%22status=200')
    busy.access(status=404)
    assert not busy.log(level="error")
    for line in busy.stderr.splitlines():
        assert line.startswith("ts=") or ": warning: " in line, line


def test_logs_may_be_json(loopback):
    one = loopback(log={"format": "json"})
    one.post("/", "x", headers={"X-Request-Id": "r-1"})
    eventually(lambda: '"r-1"' in one.stderr, 5)
    lines = [json.loads(line) for line in one.stderr.splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == "r-1"]
    assert line["status"] == 200


def test_access_lines_can_be_left_out_and_levels_chosen(loopback):
    one = loopback(log={"access": False})
    one.post("/", "x", headers={"X-Request-Id": "r-1"})
    one.stop()
    assert "r-1" not in one.stderr
    one = loopback(log={"level": "error"})
    one.post("/", "x")
    one.stop()
    assert one.stderr == ""


def test_a_log_file(loopback, tmp_path):
    path = tmp_path / "log"
    one = loopback(log={"file": str(path)})
    one.post("/", "x", headers={"X-Request-Id": "r-1"})
    eventually(lambda: path.exists() and "r-1" in path.read_text(), 5)
    one.stop()
    assert "r-1" not in one.stderr


def test_a_log_that_nobody_reads_stops_nothing(loopback, tmp_path):
    import os
    import threading

    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    one = loopback(log={"file": str(path)})
    for _ in range(2000):
        with one.connect() as client:
            client.request("POST", "/", "x", {"X-Request-Id": "r" * 100})
            assert client.response().status == 200
        if one.metric("bridgehead_log_dropped_total") > 0:
            break
    assert one.metric("bridgehead_log_dropped_total") > 0
    drain = threading.Thread(target=lambda: all(iter(lambda: os.read(reader, 65536), b"")))
    os.set_blocking(reader, True)
    drain.start()
    one.stop()
    drain.join(10)
    os.close(reader)


def trace_of(gateway, worker, queue, **headers):
    at = worker(queue, echo)
    one = gateway(mappings=[{"name": "a", "match": {"path": "/a"}, "send": {"queue": queue}}])
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    assert one.post("/a", "x", headers=names).status == 200
    return at.next().headers


def test_a_trace_goes_on(gateway, worker, queue):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = trace_of(gateway, worker, queue, traceparent=parent, tracestate="a=1,b=2")
    assert TRACE.match(headers["traceparent"])["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert headers["traceparent"].endswith("-01")
    assert headers["tracestate"] == "a=1,b=2"


def test_without_a_trace_one_begins(gateway, worker, queue):
    headers = trace_of(gateway, worker, queue)
    assert TRACE.match(headers["traceparent"])
    assert "tracestate" not in headers
