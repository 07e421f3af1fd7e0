# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Three gateways, one Kafka, workers of two kinds. Under load one gateway is killed and one is added.
Every request carries a text of its own, which comes back: a wrong answer would be seen."""

import json
import shutil
import threading
import time
import uuid

import pytest
from test_interop import INTEROP, end, run_until_ready

from harness.waiting import eventually

CLIENTS = 10  # of each gateway, by turns of the one worker and the other
STAGE_S = 0.7  # at least; before the kill, after it, after the addition
STAGE_CALLS = 30  # of each gateway, at least
TIMEOUT_S = 10
PARTITIONS = 4
PYTHON, NESTJS = "/python", "/nestjs"


@pytest.fixture(scope="module")
def nestjs(kafka):
    """The topic that a NestJS microservice serves."""
    assert shutil.which("node"), "needs Node (nodejs)"
    topic = kafka.topic(partitions=2)
    process = run_until_ready(
        ["node", "kafka_worker.js"],
        "ready",
        INTEROP / "nestjs",
        KAFKA=kafka.bootstrap,
        TOPIC=topic,
    )
    yield topic
    end(process)


def echo(record):
    """Obeys a reply partition as Spring's workers do: four bytes."""
    where = record.headers.get("partition")
    partition = int.from_bytes(where, "big") if where else None
    record.reply(record.body, {"content-type": b"application/json"}, partition=partition)


@pytest.fixture
def python(kafka, kafka_worker):
    topic = kafka.topic(partitions=2)
    kafka_worker(kafka, topic, echo)
    return topic


def mappings(python, nestjs, own):
    to_python, to_nestjs = {"topic": python}, {"topic": nestjs}
    to_nestjs["headers"] = {"kafka_correlationId": "${id}", "kafka_replyTopic": "${reply_to}"}
    if own:
        to_python["reply_partition"] = {"header": "partition", "format": "be32"}
        to_nestjs["reply_partition"] = {"header": "kafka_replyPartition", "format": "ascii"}
    answer = {"timeout": f"{TIMEOUT_S}s"}
    by_nest = {**answer, "correlation": "header:kafka_correlationId", "body": "body:/got"}
    return [
        {"name": "python", "match": {"path": PYTHON}, "send": to_python, "answer": answer},
        {"name": "nestjs", "match": {"path": NESTJS}, "send": to_nestjs, "answer": by_nest},
    ]


class Client(threading.Thread):
    """One request after the other until it is stopped or its gateway has gone."""

    def __init__(self, gateway, path):
        super().__init__(daemon=True)
        self.gateway, self.path = gateway, path
        self.right, self.timeouts, self.times, self.wrong = 0, 0, [], []
        self.cut = False
        self.stopped = threading.Event()
        self.start()

    def run(self):
        try:
            with self.gateway.connect(timeout=TIMEOUT_S + 5) as connection:
                while not self.stopped.is_set():
                    self.ask(connection)
        except (EOFError, ConnectionError):
            self.cut = True

    def ask(self, connection):
        body = {"text": str(uuid.uuid4())}
        started = time.monotonic()
        connection.request("POST", self.path, json.dumps(body))
        answer = connection.response()
        self.times.append(time.monotonic() - started)
        if answer.status == 504 and TIMEOUT_S - 0.1 < self.times[-1] < TIMEOUT_S + 1:
            self.timeouts += 1
        elif answer.status == 200 and answer.json == body:
            self.right += 1
        else:
            self.wrong.append((body, answer))


class Gateway:
    """A gateway and the clients that it has."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.clients = [Client(gateway, (PYTHON, NESTJS)[i % 2]) for i in range(CLIENTS)]

    def sum(self, field):
        return sum(getattr(client, field) for client in self.clients)

    def end(self):
        for client in self.clients:
            client.stopped.set()
        for client in self.clients:
            client.join(TIMEOUT_S + 10)
            assert not client.is_alive(), "a call was never answered"

    def dropped(self):
        return self.gateway.metric("bridgehead_replies_dropped_total")


def stage(*gateways):
    """Calls go on for a while."""
    before = [each.sum("right") for each in gateways]
    time.sleep(STAGE_S)
    for each, right in zip(gateways, before):
        eventually(lambda: each.sum("right") >= right + STAGE_CALLS, 20, "a load")


def under_load(start):
    """Three gateways with clients, the second is killed, then a fourth is added."""
    started = [start(number) for number in range(3)]
    gateways = [Gateway(each) for each in started]
    stage(*gateways)
    gateways[1].gateway.kill()
    stage(gateways[0], gateways[2])
    gateways.append(Gateway(start(3)))
    stage(gateways[0], gateways[2], gateways[3])
    for each in gateways:
        each.end()
    return gateways


def check(gateways, story):
    """What holds however replies are kept apart."""
    for number, each in enumerate(gateways):
        assert not [client.wrong for client in each.clients if client.wrong]
        if number == 1:
            assert all(client.cut for client in each.clients)
            continue
        assert not any(client.cut for client in each.clients)
        metrics = each.gateway.metrics()
        answered = metrics.sum("bridgehead_calls_total")
        assert answered == each.sum("right") + each.sum("timeouts")
        assert metrics.sum("bridgehead_calls_total", status="2xx") == each.sum("right")
        assert metrics.sum("bridgehead_calls_in_flight") == 0
    times = sorted(time for each in gateways for client in each.clients for time in client.times)
    dropped = [int(each.dropped()) for each in gateways if each is not gateways[1]]
    print(
        f"{story}: {sum(each.sum('right') for each in gateways)} calls with their own answers, "
        f"{sum(each.sum('timeouts') for each in gateways)} time-outs, "
        f"p50 {1000 * times[len(times) // 2]:.0f} ms, p99 {1000 * times[len(times) * 99 // 100]:.0f} "
        f"ms; replies to others that the three read and dropped: {dropped}"
    )


@pytest.mark.timeout(60)
def test_gateways_that_read_one_topic_answer_their_own_clients(
    kafka, python, nestjs, kafka_gateway
):
    replies = kafka.topic(partitions=PARTITIONS)

    def start(number):
        bridge = {"reply": {"topic": replies, "partitions": "all"}}
        return kafka_gateway(*mappings(python, nestjs, own=False), bridge=bridge)

    gateways = under_load(start)
    check(gateways, "all")
    # Each of the first two has seen every reply there ever was: its own, and what it dropped.
    for each in (gateways[0], gateways[2]):
        eventually(
            lambda each=each: each.sum("right") + each.dropped() == sum(kafka.lengths(replies)),
            what="every reply to be accounted for",
        )
    assert gateways[3].dropped() > 0


@pytest.mark.timeout(60)
def test_gateways_with_a_partition_each_see_nothing_of_each_other(
    kafka, python, nestjs, kafka_gateway
):
    replies = kafka.topic(partitions=PARTITIONS)

    def start(number):
        bridge = {"reply": {"topic": replies, "partitions": "own", "partition": number}}
        return kafka_gateway(*mappings(python, nestjs, own=True), bridge=bridge)

    gateways = under_load(start)
    check(gateways, "own")
    lengths = kafka.lengths(replies)
    for number in (0, 2, 3):
        assert gateways[number].dropped() == 0
        assert lengths[number] == gateways[number].sum("right")


@pytest.mark.timeout(60)
def test_gateways_with_a_topic_each_see_nothing_of_each_other(
    kafka, python, nestjs, kafka_gateway
):
    name = f"own-{uuid.uuid4()}"

    def start(number):
        bridge = {"reply": {"topic": f"{name}.${{instance}}"}}
        named = {"bridge": bridge, "instance": f"i{number}"}
        return kafka_gateway(*mappings(python, nestjs, own=False), **named)

    gateways = under_load(start)
    check(gateways, "a topic each")
    for number in (0, 2, 3):
        assert gateways[number].dropped() == 0
        assert kafka.lengths(f"{name}.i{number}") == [gateways[number].sum("right")]
