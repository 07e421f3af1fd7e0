# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The real program, a real Kafka and a worker that knows nothing of either."""

import concurrent.futures
import contextlib
import json
import re
import time

import pytest

from harness.gateway import run
from harness.kafka import echo
from harness.waiting import eventually

pytestmark = pytest.mark.threads


def to(topic, name="to", when="replied", timeout="5s", **send):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic, **send},
        "answer": {"when": when, "timeout": timeout},
    }


def test_a_call_comes_back_with_body_and_content_type(kafka, kafka_worker, kafka_gateway):
    topic = kafka.topic(partitions=3)
    worker = kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to(topic, headers={"tenant": "${query.t}"}))
    answer = one.post("/to?t=a", '{"n":9007199254740993}', headers=[("Content-Type", "application/json")])
    assert (answer.status, answer.body) == (200, b'{"n":9007199254740993}')
    assert answer.header("content-type") == "application/json"
    request = worker.next()
    assert re.fullmatch(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}", request.id)
    assert request.headers["tenant"] == b"a"
    assert request.headers["content-type"] == b"application/json"
    assert 4000 < int(request.headers["deadline_ms"]) <= 5000
    assert request.key is None


@pytest.mark.parametrize("shards", [1, 3])
def test_many_calls_at_once_each_get_their_own_answer(kafka, kafka_worker, kafka_gateway, shards):
    topic = kafka.topic(partitions=2)
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to(topic), to(topic, "event", "confirmed"), shards=shards)

    def call(number):
        with one.connect() as connection:
            for i in range(20):
                body = f"{number}.{i}"
                connection.request("POST", "/to", body)
                answer = connection.response()
                assert (answer.status, answer.body) == (200, body.encode())
                connection.request("POST", "/event", body)
                assert connection.response().status == 202
        return number

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(call, range(16))) == list(range(16))
    assert one.metrics().sum("bridgehead_replies_dropped_total") == 0


def test_calls_that_come_alone_beside_many_that_wait_are_sent(kafka, kafka_worker, kafka_gateway):
    """While many wait, calls are held for a moment to be sent together; but for a moment only."""
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic, timeout="30s"), to(topic, "event", "confirmed"))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(one.connect()) for _ in range(40)]
        requests = []
        for number, client in enumerate(clients):
            client.request("POST", "/to", str(number))
            requests.append(worker.next())
            assert requests[-1].body == str(number).encode()
        assert one.post("/event", "x").status == 202
        for request in requests:
            request.reply(request.body)
        for number, client in enumerate(clients):
            assert client.response().body == str(number).encode()


def test_a_confirmed_event_is_in_the_topic_when_its_202_comes(kafka, kafka_gateway):
    topic = kafka.topic()
    one = kafka_gateway(to(topic, "event", "confirmed", key="${query.user?}"))
    answer = one.post("/event?user=u1", "first")
    assert (answer.status, answer.json["published"]) == (202, "yes")
    assert one.post("/event", "second").status == 202
    first, second = kafka.records(topic)
    assert (first.key(), first.value()) == (b"u1", b"first")
    assert (second.key(), second.value()) == (None, b"second")
    names = {name for name, _ in first.headers()}
    assert "reply_to" not in names and "deadline_ms" not in names


def test_a_key_keeps_its_partition_and_a_number_chooses_one(kafka, kafka_gateway):
    topic = kafka.topic(partitions=4)
    one = kafka_gateway(
        to(topic, "keyed", "confirmed", key="${query.k}"),
        to(topic, "numbered", "confirmed", partition="${query.p}"),
    )
    for _ in range(5):
        assert one.post("/keyed?k=same", "k").status == 202
    assert one.post("/numbered?p=3", "n").status == 202
    assert one.post("/numbered?p=4", "n").status == 503
    assert one.post("/numbered?p=x", "n").status == 400
    records = kafka.records(topic)
    assert len({each.partition() for each in records if each.key() == b"same"}) == 1
    assert [each.partition() for each in records if each.value() == b"n"] == [3]


def test_an_event_that_nobody_waits_for_is_answered_at_once(kafka, kafka_gateway):
    topic = kafka.topic()
    one = kafka_gateway(to(topic, "sent", "sent"))
    assert one.post("/sent", "x").status == 202
    eventually(lambda: [each.value() for each in kafka.records(topic)] == [b"x"])


def test_a_tombstone_has_a_key_and_no_value(kafka, kafka_gateway):
    topic = kafka.topic()
    one = kafka_gateway(
        to(topic, "forget", "confirmed", key="${query.k}", tombstone=True),
        to(topic, "empty", "confirmed", key="${query.k}"),
    )
    assert one.post("/forget?k=a", "ignored").status == 202
    assert one.post("/empty?k=a").status == 202
    assert [(each.key(), each.value()) for each in kafka.records(topic)] == [
        (b"a", None),
        (b"a", b""),
    ]


def test_a_worker_that_does_not_answer_is_504(kafka, kafka_gateway):
    one = kafka_gateway(to(kafka.topic(), timeout="400ms"))
    started = time.monotonic()
    answer = one.post("/to", "x")
    assert 0.35 < time.monotonic() - started < 1.4
    assert (answer.status, answer.problem["published"]) == (504, "unknown")


def test_a_missing_topic_is_503_at_once_for_its_own_mappings(kafka, kafka_worker, kafka_gateway):
    topic, later = kafka.topic(), f"later-{time.time_ns()}"
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to(topic), to(later, "lost"), to("not.there", "event", "confirmed"))
    for name in ("lost", "event"):
        started = time.monotonic()
        answer = one.post(f"/{name}", "x")
        assert time.monotonic() - started < 0.5
        assert (answer.status, answer.problem["published"]) == (503, "no")
        assert later not in answer.body.decode() and "not.there" not in answer.body.decode()
    assert one.post("/to", "x").status == 200
    ready = json.loads(one.admin("/readyz").body)
    assert set(ready["mappings"]) == {"lost", "event"}
    assert not kafka.has_topic(later), "nobody's mistake creates a topic"
    kafka.topic(later)
    kafka_worker(kafka, later, echo)
    eventually(lambda: one.post("/lost", "x").status == 200, 10, "the topic to be found")


def test_a_topic_from_a_template_is_one_that_some_mapping_names(kafka, kafka_worker, kafka_gateway):
    topic = kafka.topic("ev-known")
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(to("ev-known", "fixed"), to("ev-${query.kind}", "chosen"))
    assert one.post("/chosen?kind=known", "x").status == 200
    assert one.post("/chosen?kind=unknown", "x").status == 503
    assert one.post("/chosen?kind=a/b", "x").status == 400
    assert not kafka.has_topic("ev-unknown")


def test_what_is_too_large_is_413_and_harms_nobody(kafka, kafka_worker, kafka_gateway):
    topic, small = kafka.topic(), kafka.topic(max_message_bytes=1000)
    kafka_worker(kafka, topic, echo)
    one = kafka_gateway(
        to(topic), to(small, "small"), bridge={"options": {"message.max.bytes": 200000}}
    )
    answer = one.post("/to", "x" * 250000)
    assert (answer.status, answer.problem["published"]) == (413, "no")
    answer = one.post("/small", "x" * 5000)
    assert (answer.status, answer.problem["published"]) == (413, "no")
    assert one.post("/to", "x" * 150000).status == 200


def test_replies_that_are_nobodys_are_dropped_and_counted(kafka, kafka_worker, kafka_gateway):
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        for headers in (
            [],
            [("correlation_id", None)],
            [("correlation_id", b"\xff\xfe")],
            [("correlation_id", b"0" * 36)],
            [("other", b"\x00" * 100)] * 100,
        ):
            kafka.send(request.reply_to, b"stray", headers)
        kafka.send(request.reply_to, b"many", [(f"h{i}", b"v") for i in range(300)])
        request.reply(b"mine")
        assert waiting.result(10).body == b"mine"
        request.reply(b"again")
    one.wait_metric("bridgehead_replies_dropped_total", 1, reason="duplicate")
    assert one.metric("bridgehead_replies_dropped_total", reason="unknown") == 5
    assert one.metric("bridgehead_replies_dropped_total", reason="malformed") == 1


def test_two_gateways_on_one_reply_topic_answer_their_own_clients(
    kafka, kafka_worker, kafka_gateway
):
    topic = kafka.topic(partitions=2)
    kafka_worker(kafka, topic, echo)
    reply = {"reply": {"topic": kafka.topic(partitions=2)}}
    both = [kafka_gateway(to(topic), bridge=reply) for _ in range(2)]

    def call(number):
        body = f"call {number}"
        answer = both[number % 2].post("/to", body)
        return (answer.status, answer.body) == (200, body.encode())

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(200)))


def test_a_partition_of_its_own_is_all_that_is_read(kafka, kafka_worker, kafka_gateway):
    topic, replies = kafka.topic(), kafka.topic(partitions=3)

    def answer(record):
        record.reply(b"right", partition=int(record.headers["where"]))

    kafka_worker(kafka, topic, answer)
    reply = {"topic": replies, "partitions": "own", "partition": 2}
    one = kafka_gateway(
        to(topic, reply_partition={"header": "where", "format": "ascii"}), bridge={"reply": reply}
    )
    for _ in range(5):
        assert one.post("/to", "x").body == b"right"
    assert {each.partition() for each in kafka.records(replies)} == {2}


def test_a_reply_topic_of_its_own_is_created(kafka, kafka_worker, kafka_gateway):
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic, echo)
    one = kafka_gateway(
        to(topic), bridge={"reply": {"topic": "rr.${instance}"}}, instance=f"i{time.time_ns()}"
    )
    assert one.post("/to", "x").status == 200
    assert worker.next().reply_to == f"rr.{one.config['instance']}"


def test_a_partition_of_its_own_that_workers_are_not_told_is_refused(tmp_path):
    file = tmp_path / "bridgehead.json"
    reply = {"partitions": "own", "partition": 1}
    config = {
        "listeners": [{"name": "a", "address": "127.0.0.1:0"}],
        "bridges": {"kafka": {"type": "kafka", "bootstrap": "127.0.0.1:1", "reply": reply}},
        "defaults": {"bridge": "kafka"},
        "mappings": [to("t", "event", "confirmed"), to("t")],
    }
    file.write_text(json.dumps(config))
    done = run("check", file)
    assert done.returncode == 1
    assert 'mapping "to" waits for a reply' in done.stderr, done.stderr
    assert '"event"' not in done.stderr


def test_options_that_break_a_promise_are_refused_by_name(tmp_path):
    for name, value in (
        ("group.id", "g"),
        ("message.timeout.ms", 300000),
        ("acks", 1),
        ("enable.idempotence", False),
        ("allow.auto.create.topics", True),
        ("no.such.property", 1),
        ("compression.codec", "rar"),
    ):
        file = tmp_path / "bridgehead.json"
        bridge = {"type": "kafka", "bootstrap": "127.0.0.1:1", "options": {name: value}}
        file.write_text(
            json.dumps(
                {
                    "listeners": [{"name": "a", "address": "127.0.0.1:0"}],
                    "bridges": {"kafka": bridge},
                }
            )
        )
        done = run("check", file)
        assert done.returncode == 1
        assert "bridges.kafka.options" in done.stderr and name in done.stderr, done.stderr
