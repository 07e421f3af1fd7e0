# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Kafka is not there, comes, goes and comes again; the gateway is the same process all along. That a
broker is back means here: it tells a fresh client who leads the partitions of the topics."""

import threading
import time

import confluent_kafka
import confluent_kafka.admin
import pytest

from harness.waiting import eventually

pytestmark = pytest.mark.timeout(120)
BOTH_WAYS_S = 1.0
PATIENCE_S = 60


def mappings(topic):
    def mapping(name, when, timeout):
        return {
            "name": name,
            "match": {"path": f"/{name}"},
            "send": {"topic": topic},
            "answer": {"when": when, "timeout": timeout},
        }

    return [
        mapping("ask", "replied", f"{PATIENCE_S}s"),
        mapping("hurried", "replied", "500ms"),
        mapping("tell", "confirmed", "5s"),
        mapping("throw", "sent", "5s"),
    ]


def is_back(kafka, *topics):
    """Whether it answers a client that has never seen it."""
    admin = confluent_kafka.admin.AdminClient(kafka.settings(log_level=0))
    try:
        found = admin.list_topics(timeout=0.25).topics
    except confluent_kafka.KafkaException:
        return False
    return all(
        topic in found and all(each.leader >= 0 for each in found[topic].partitions.values())
        for topic in topics
    )


class Call(threading.Thread):
    """A request that waits; when its answer came."""

    def __init__(self, gateway, target):
        super().__init__(daemon=True)
        self.gateway, self.target = gateway, target
        self.answer, self.at = None, None
        self.began = time.monotonic()
        self.start()

    def run(self):
        self.answer = self.gateway.post(self.target, "x", timeout=PATIENCE_S + 10)
        self.at = time.monotonic()

    def end(self):
        self.join(PATIENCE_S + 20)
        assert self.answer is not None, "a call was never answered"
        return self.answer


def is_told_to_be_down(one):
    for target in ("/ask", "/hurried", "/tell", "/throw"):
        call = Call(one, target)
        answer = call.end()
        assert (answer.status, answer.problem["published"]) == (503, "no")
        assert answer.problem["type"].endswith("bridge-down")
        assert int(answer.header("retry-after")) > 0
        assert call.at - call.began < 0.5
    ready = one.admin("/readyz")
    assert ready.status == 503 and "kafka" in ready.body.decode()
    assert one.admin("/livez").status == 200
    assert one.metric("bridgehead_bridge_up", bridge="kafka") == 0


def start(kafka, *topics):
    """When it was back."""
    starting = threading.Thread(target=kafka.start)
    starting.start()
    eventually(lambda: is_back(kafka, *topics), PATIENCE_S, "the broker")
    back = time.monotonic()
    return back, starting


def test_a_broker_that_is_down_at_start_and_goes_and_returns(
    own_kafka, kafka_worker, kafka_gateway
):
    topic, replies = own_kafka.topic(), own_kafka.topic()
    own_kafka.kill()
    one = kafka_gateway(
        *mappings(topic), bridge={"reply": {"topic": replies}}, on=own_kafka, ready=False
    )
    is_told_to_be_down(one)

    back, starting = start(own_kafka, topic, replies)
    eventually(lambda: one.post("/tell", "first").status == 202, 10)
    published = [time.monotonic() - back]
    starting.join()
    assert one.admin("/readyz").status == 200
    assert one.metric("bridgehead_bridge_up", bridge="kafka") == 1

    worker = kafka_worker(own_kafka, topic)
    patient, hurried = Call(one, "/ask"), Call(one, "/hurried")
    requests = [worker.next(), worker.next()]
    worker.stop()
    own_kafka.kill()
    answer = hurried.end()
    assert (answer.status, answer.problem["published"]) == (504, "unknown")
    assert 0.45 < hurried.at - hurried.began < 1.5
    one.wait_not_ready(5)
    is_told_to_be_down(one)
    assert patient.answer is None

    back, starting = start(own_kafka, topic, replies)
    for request in requests:
        own_kafka.send(replies, request.id, [("correlation_id", request.id)])
    answer = patient.end()
    assert answer.status == 200 and answer.body in [request.id for request in requests]
    eventually(lambda: one.post("/tell", "last").status == 202, 10)
    published.append(time.monotonic() - back)
    starting.join()
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="late")
    print(
        f"after the broker was back: published {published[0]:.2f} and {published[1]:.2f} s, "
        f"replies {patient.at - back:.2f} s"
    )
    assert min(published) < BOTH_WAYS_S and patient.at - back < BOTH_WAYS_S
    bodies = [each.value() for each in own_kafka.records(topic)]
    assert bodies.count(b"first") == 1 and bodies.count(b"last") == 1
