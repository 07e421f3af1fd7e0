# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What may lie in a reply topic besides replies: records of any shape, floods of them, and a million
old ones. They are dropped and counted, and the calls that wait get what is theirs."""

import threading
import time
import uuid

import confluent_kafka
import pytest

from harness.gateway import SANITIZED
from harness.kafka import echo
from harness.waiting import eventually

LIMIT = 1 << 20
DROPPED = "bridgehead_replies_dropped_total"
FLOOD_RATE, FLOOD_SECONDS = (20000, 2) if SANITIZED else (100000, 3)


def to(topic, name="to", timeout="20s"):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic},
        "answer": {"timeout": timeout},
    }


@pytest.fixture(scope="module")
def reply_topic(kafka):
    return kafka.topic()


@pytest.fixture
def asked(kafka, kafka_worker, kafka_gateway, reply_topic):
    """A call that waits: (the gateway, the request as its worker has it, the client)."""
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(
        to(topic), bridge={"reply": {"topic": reply_topic}}, limits={"reply": LIMIT}
    )
    with one.connect() as client:
        client.request("POST", "/to", "x")
        yield one, worker.next(), client


def headers(count, *more):
    return [(f"x-{number}", b"v") for number in range(count - len(more))] + list(more)


def many_ids(id):
    return [("correlation_id", b"0" * 36), ("correlation_id", id)]


# name → what lies there, made from the id of the call that waits; under which reason it is counted
STRAYS = {
    "no headers": (lambda id: {"value": b"v"}, "unknown"),
    "a null id": (lambda id: {"headers": [("correlation_id", None)]}, "unknown"),
    "an empty id": (lambda id: {"headers": [("correlation_id", b"")]}, "unknown"),
    "an id that is no text": (lambda id: {"headers": [("correlation_id", b"\xff\xfe")]}, "unknown"),
    "an id with a NUL": (lambda id: {"headers": [("correlation_id", id + b"\0")]}, "unknown"),
    "part of the id": (lambda id: {"headers": [("correlation_id", id[:-1])]}, "unknown"),
    "another name": (lambda id: {"headers": [("Correlation_Id", id)]}, "unknown"),
    "the id behind another one": (lambda id: {"headers": many_ids(id)}, "unknown"),
    "headers that are no text": (lambda id: {"headers": [("x", b"\xc3\x28")] * 9}, "unknown"),
    "a hundred null headers": (lambda id: {"headers": [("x", None)] * 100}, "unknown"),
    "129 headers": (lambda id: {"headers": headers(129, ("correlation_id", id))}, "malformed"),
    "ten thousand headers": (
        lambda id: {"headers": headers(10000, ("correlation_id", id))},
        "malformed",
    ),
    "a header of a megabyte": (
        lambda id: {"headers": [("correlation_id", b"i" * 1000000)]},
        "unknown",
    ),
    "a megabyte": (lambda id: {"value": b"v" * 1000000}, "unknown"),
    "a tombstone": (lambda id: {"key": b"k"}, "unknown"),
    "an empty record": (lambda id: {}, "unknown"),
}


@pytest.mark.hostile
def test_records_that_are_no_replies_are_counted_and_harm_no_call(kafka, asked):
    one, request, client = asked
    expected = {"unknown": 0, "malformed": 0}
    for name, (make, reason) in STRAYS.items():
        record = {"value": None, **make(request.id)}
        kafka.send(request.reply_to, **record)
        expected[reason] += 1
        one.wait_metric(DROPPED, expected[reason], reason=reason)
        assert one.metric("bridgehead_calls_in_flight") == 1, name
    assert one.metric(DROPPED) == len(STRAYS)
    request.reply(b"mine")
    assert client.response().body == b"mine"


# name → a reply; what the client sees of it
REPLIES = {
    "128 headers": (
        lambda id: {"value": b"v", "headers": headers(128, ("correlation_id", id))},
        (200, b"v"),
    ),
    "null and other headers that are no text": (
        lambda id: {
            "value": b"v",
            "headers": [("a", None), ("b", b"\xff"), ("correlation_id", id), ("content-type", None)],
        },
        (200, b"v"),
    ),
    "the id before another one": (
        lambda id: {"value": b"v", "headers": many_ids(id)[::-1]},
        (200, b"v"),
    ),
    "a tombstone": (lambda id: {"headers": [("correlation_id", id)]}, (200, b"")),
    "a megabyte less its headers": (
        lambda id: {"value": b"v" * 1000000, "headers": [("correlation_id", id)]},
        (200, b"v" * 1000000),
    ),
}


@pytest.mark.hostile
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_of_any_shape_is_taken(kafka, asked, name):
    one, request, client = asked
    make, seen = REPLIES[name]
    kafka.send(request.reply_to, **{"value": None, **make(request.id)})
    answer = client.response()
    assert (answer.status, answer.body) == seen
    assert one.metric(DROPPED) == 0


@pytest.mark.hostile
def test_a_reply_above_the_limit_is_502(kafka, kafka_worker, kafka_gateway):
    topic, replies = kafka.topic(), kafka.topic(max_message_bytes=4 << 20)
    large = {"message.max.bytes": 4 << 20}
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(
        to(topic), bridge={"reply": {"topic": replies}}, limits={"reply": LIMIT}
    )
    producer = confluent_kafka.Producer(kafka.settings(**large))
    with one.connect() as client:
        for size, status in ((LIMIT, 200), (LIMIT + 1, 502), (3 << 20, 502), (5, 200)):
            client.request("POST", "/to", "x")
            request = worker.next()
            producer.produce(
                request.reply_to, b"v" * size, headers=[("correlation_id", request.id)]
            )
            producer.flush(20)
            answer = client.response()
            assert answer.status == status
            assert len(answer.body) == size or status == 502
    assert one.metric(DROPPED, reason="oversized") == 2


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_batches_are_read(kafka, asked, codec):
    one, request, client = asked
    flood = kafka.flood(request.reply_to, 2000, size=1000, compression_codec=codec, linger_ms=100)
    assert flood.wait(30) == 0
    one.wait_metric(DROPPED, 2000, reason="unknown")
    producer = confluent_kafka.Producer(
        kafka.settings(**{"compression.codec": codec, "linger.ms": 100})
    )
    for id in [b"0" * 36] * 50 + [request.id] + [b"1" * 36] * 50:
        producer.produce(request.reply_to, b"v" * 1000, headers=[("correlation_id", id)])
    producer.flush(20)
    assert client.response().body == b"v" * 1000
    one.wait_metric(DROPPED, 2100, reason="unknown")


def transaction(kafka):
    producer = confluent_kafka.Producer(
        kafka.settings(**{"transactional.id": f"worker-{uuid.uuid4()}"})
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    return producer


def test_records_of_transactions_and_their_markers_are_read_over(kafka, asked):
    one, request, client = asked
    producer = transaction(kafka)
    for _ in range(50):
        producer.produce(request.reply_to, b"aborted", headers=[("correlation_id", b"0" * 36)])
    producer.flush(20)
    producer.abort_transaction(20)
    producer.begin_transaction()
    producer.produce(request.reply_to, b"committed", headers=[("correlation_id", request.id)])
    producer.commit_transaction(20)
    assert client.response().body == b"committed"
    one.wait_metric(DROPPED, 50, reason="unknown")


def test_replies_of_aborted_transactions_are_skipped_where_that_is_asked_for(
    kafka, kafka_worker, kafka_gateway
):
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge={"options": {"isolation.level": "read_committed"}})
    producer = transaction(kafka)
    with one.connect() as client:
        client.request("POST", "/to", "x")
        request = worker.next()
        for value, end in (
            (b"aborted", producer.abort_transaction),
            (b"committed", producer.commit_transaction),
        ):
            producer.produce(request.reply_to, value, headers=[("correlation_id", request.id)])
            producer.flush(20)
            end(20)
            if value == b"aborted":
                producer.begin_transaction()
        assert client.response().body == b"committed"
    assert one.metric(DROPPED) == 0


class Caller:
    """Calls one after the other on a thread of its own, with the time of each."""

    def __init__(self, gateway, path):
        self.times, self.wrong = [], []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(gateway, path))
        self._thread.start()

    def _run(self, gateway, path):
        with gateway.connect() as client:
            while not self._stopped.is_set():
                body = uuid.uuid4().hex.encode()
                started = time.monotonic()
                client.request("POST", path, body)
                answer = client.response()
                self.times.append(time.monotonic() - started)
                if (answer.status, answer.body) != (200, body):
                    self.wrong.append(answer)

    def stop(self):
        self._stopped.set()
        self._thread.join(30)
        assert not self.wrong, self.wrong[:3]
        return sorted(self.times)


def p99(times):
    return times[len(times) * 99 // 100]


def test_a_flood_of_ids_of_nobody_leaves_the_calls_their_time(kafka, kafka_worker, kafka_gateway):
    topic, replies = kafka.topic(), kafka.topic()
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to(topic), bridge={"reply": {"topic": replies}})
    quiet = Caller(one, "/to")
    eventually(lambda: len(quiet.times) > 200, 20)
    before, memory, files = quiet.stop(), one.private_bytes(), one.open_files()
    total = FLOOD_RATE * FLOOD_SECONDS
    flood, calls = kafka.flood(replies, total, FLOOD_RATE), Caller(one, "/to")
    said = flood.communicate(timeout=60)[0].strip()
    assert flood.returncode == 0
    during = calls.stop()
    one.wait_metric(DROPPED, total, timeout=2, reason="unknown")
    print(
        f"{said}; a call's p99 {1000 * p99(before):.1f} ms before and {1000 * p99(during):.1f} ms "
        f"in the flood, {len(during)} calls"
    )
    assert p99(during) < 0.5 and during[-1] < 2
    eventually(lambda: one.open_files() <= files, 5, "the descriptors")
    eventually(lambda: one.private_bytes() < memory + (24 << 20), 20, "the memory")


def seconds_to_up(gateway):
    began = time.monotonic()
    gateway.start()
    return time.monotonic() - began


def test_a_million_old_records_do_not_delay_the_start(kafka, kafka_worker, kafka_gateway):
    topic, replies = kafka.topic(), kafka.topic()
    assert kafka.flood(replies, 1000000).wait(60) == 0
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to(topic), bridge={"reply": {"topic": replies}})
    times = []
    for _ in range(3):
        one.stop()
        times.append(seconds_to_up(one))
    print("a million old records: up after", ", ".join(f"{each:.2f} s" for each in times))
    assert SANITIZED or min(times) < 0.5
    assert one.post("/to", "mine").body == b"mine"
    assert one.metric(DROPPED) == 0, "none of them is read"
