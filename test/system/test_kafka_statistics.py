# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What librdkafka says about itself, in /metrics."""

import shutil
import subprocess

import pytest

from harness.kafka import echo
from harness.waiting import eventually

OFTEN = {"statistics.interval.ms": 100}


def to(topic, name="to", when="replied"):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic},
        "answer": {"when": when, "timeout": "5s"},
    }


@pytest.mark.parametrize("shards", [1, 2])
def test_records_round_trips_and_brokers_are_shown(kafka, kafka_worker, kafka_gateway, shards):
    topic = kafka.topic()
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(
        to(topic), to(topic, "event", "confirmed"), bridge={"options": OFTEN}, shards=shards
    )
    for _ in range(5):
        assert one.post("/to", "twelve bytes").status == 200
    for _ in range(3):
        assert one.post("/event", "x").status == 202
    one.wait_metric("bridgehead_kafka_records_total", 5, handle="quick")
    one.wait_metric("bridgehead_kafka_records_total", 5, handle="replies")
    one.wait_metric("bridgehead_kafka_records_total", 3, handle="events")
    one.wait_metric("bridgehead_kafka_queue_messages", 0)
    one.wait_metric("bridgehead_kafka_reply_lag_records", 0)
    metrics = one.metrics()
    assert metrics.sum("bridgehead_kafka_record_bytes_total", handle="quick") >= 60
    assert metrics.sum("bridgehead_kafka_reply_partitions", bridge="kafka") == 1
    assert metrics.sum("bridgehead_kafka_broker_up", broker="1") == 4
    assert metrics.sum("bridgehead_kafka_statistics_skipped_total") == 0
    with_calls = eventually(lambda: _after_a_call(one), 10, "round trips")
    trip = with_calls.sum("bridgehead_kafka_broker_round_trip_p99_seconds", handle="quick")
    assert 0 < trip < 5


def _after_a_call(one):
    assert one.post("/to", "x").status == 200
    metrics = one.metrics()
    name = "bridgehead_kafka_broker_round_trip_p99_seconds"
    return metrics if metrics.sum(name, handle="quick") > 0 else None


def test_two_bridges_are_what_prometheus_reads(kafka, gateway):
    topic = kafka.topic()
    bridge = {"type": "kafka", "bootstrap": kafka.bootstrap, "options": OFTEN}
    bridges = {
        name: {**bridge, "reply": {"topic": kafka.topic(partitions=40)}} for name in ("one", "two")
    }
    two = gateway(bridges=bridges, mappings=[{**to(topic), "send": {"bridge": "one", "topic": topic}}])
    for name in bridges:
        two.wait_metric("bridgehead_kafka_reply_partitions", 40, bridge=name)
    answer = two.admin("/metrics")
    done = subprocess.run(
        [shutil.which("promtool"), "check", "metrics"],
        input=answer.body,
        capture_output=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    of_kafka = [line for line in answer.body.decode().splitlines() if "_kafka_" in line]
    assert len(of_kafka) < 250, "partitions have no series of their own"
    assert all(sum(line.startswith(f"# TYPE {name} ") for line in of_kafka) == 1
               for name in {line.split("{")[0] for line in of_kafka if line[0] != "#"})


def test_a_broker_that_goes_is_seen(own_kafka, kafka_gateway):
    one = kafka_gateway(to(own_kafka.topic()), on=own_kafka, bridge={"options": OFTEN})
    one.wait_metric("bridgehead_kafka_broker_up", 4, broker="1")
    own_kafka.kill()
    one.wait_metric("bridgehead_kafka_broker_up", 0, broker="1")
    assert one.metric("bridgehead_kafka_disconnects_total") >= 4
    own_kafka.start()
    one.wait_ready()
    one.wait_metric("bridgehead_kafka_broker_up", 1, broker="1", handle="replies")


def test_statistics_can_be_turned_off(kafka, kafka_gateway):
    one = kafka_gateway(
        to(kafka.topic()), bridge={"options": {"statistics.interval.ms": 0}}
    )
    names = {line.split("{")[0] for line in one.metrics().text.splitlines() if "_kafka_" in line}
    assert {name for name in names if name[0] != "#"} == {"bridgehead_kafka_statistics_skipped_total"}
