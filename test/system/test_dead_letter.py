# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Requests that come back because their worker gave them up, or because nobody took them."""

import concurrent.futures
import json
import time
import uuid

import pika
import pytest

from harness.gateway import run
from harness.waiting import eventually

SECRET = "Listener failed; db password\n\x1b[31mis hunter2\" level=error forged=1"


def to(topic, name="to", when="replied", timeout="15s", answer=None, **send):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic, **send},
        "answer": {"when": when, "timeout": timeout, **(answer or {})},
    }


def give_up(record, *more):
    """As Spring's DeadLetterPublishingRecoverer does."""
    own = [
        ("kafka_dlt-original-topic", record.topic.encode()),
        ("kafka_dlt-original-partition", record.partition.to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (2**63 - 1).to_bytes(8, "big")),
        ("kafka_dlt-exception-fqcn", b"org.springframework.ListenerExecutionFailedException"),
        ("kafka_dlt-exception-cause-fqcn", b"java.lang.IllegalStateException"),
        ("kafka_dlt-exception-message", SECRET.encode()),
        ("kafka_dlt-exception-stacktrace", b"java.lang.IllegalStateException\n\tat x.Y" * 1000),
    ]
    headers = list(record.headers.items()) + own + list(more)
    record.worker.send(record.topic + "-dlt", record.body, headers)


@pytest.fixture
def watched(kafka):
    """A topic and its dead letter topic, both there."""

    def make(**more):
        topic = kafka.topic(**more)
        kafka.topic(topic + "-dlt", partitions=2)
        return topic

    return make


WATCH = {"dead_letter": {"topic": "${topic}-dlt"}}


def post(gateway, path="/to", body="x", **more):
    """The answer and after how many seconds it came."""
    started = time.monotonic()
    answer = gateway.post(path, body, **more)
    return answer, time.monotonic() - started


def json_lines(one, message):
    lines = [json.loads(line) for line in one.stderr.splitlines() if line.startswith("{")]
    return [line for line in lines if line["msg"] == message]


def dead(one, result):
    return one.metric("bridgehead_dead_letters_total", result=result)


def test_a_request_that_its_worker_gives_up_is_502_at_once(
    kafka, watched, kafka_worker, kafka_gateway
):
    topic = watched()
    kafka_worker(kafka, topic, give_up)
    one = kafka_gateway(to(topic), bridge=WATCH, log={"format": "json"})
    answer, seconds = post(one, body="my order")
    assert seconds < 5
    assert (answer.status, answer.problem["type"]) == (502, "dead-letter")
    assert answer.problem["published"] == "yes"
    for word in ("hunter2", "springframework", "java", "dlt", topic):
        assert word not in answer.body.decode()
    (line,) = eventually(lambda: json_lines(one, "dead letter"))
    assert line["call"] == answer.problem["call"]
    assert (line["mapping"], line["result"]) == ("to", "answered")
    assert (line["from"], line["exception"]) == (topic, "java.lang.IllegalStateException")
    assert line["text"] == SECRET
    assert "forged" not in line
    assert dead(one, "answered") == 1
    print(f"502 after {seconds * 1000:.0f} ms")


@pytest.mark.parametrize("shards", [1, 2])
def test_many_calls_of_all_shards_that_die_and_live(
    kafka, watched, kafka_worker, kafka_gateway, shards
):
    topic = watched(partitions=2)

    def handle(record):
        give_up(record) if record.body.startswith(b"bad") else record.reply(record.body)

    kafka_worker(kafka, topic, handle)
    one = kafka_gateway(to(topic), bridge=WATCH, shards=shards)

    def call(number):
        with one.connect() as connection:
            for i in range(10):
                body = f"{'bad' if (number + i) % 2 else 'good'} {number} {i}"
                connection.request("POST", "/to", body)
                answer = connection.response()
                if body.startswith("bad"):
                    assert (answer.status, answer.problem["type"]) == (502, "dead-letter")
                else:
                    assert (answer.status, answer.body) == (200, body.encode())
        return True

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(16)))
    assert dead(one, "answered") == 80
    assert dead(one, "unknown") == dead(one, "late") == 0


def test_two_gateways_answer_only_their_own_calls(kafka, watched, kafka_worker, kafka_gateway):
    topic = watched()
    kafka_worker(kafka, topic, give_up)
    one, other = (kafka_gateway(to(topic), bridge=WATCH) for _ in range(2))
    for gateway in (one, other, one):
        assert post(gateway)[0].status == 502
    for gateway, own in ((one, 2), (other, 1)):
        gateway.wait_metric("bridgehead_dead_letters_total", 3 - own, result="unknown")
        assert dead(gateway, "answered") == own


def test_a_topic_that_is_missing_is_told_and_read_once_it_is_there(
    kafka, kafka_worker, kafka_gateway
):
    topic = kafka.topic()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge=WATCH)
    (line,) = one.access(msg="dead letters")
    assert (line["level"], line["source"]) == ("warn", topic + "-dlt")
    assert one.admin("/readyz").status == 200
    assert not kafka.has_topic(topic + "-dlt"), "it is not ours to make"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        # As where brokers create topics by themselves: the letter is its first record.
        kafka.topic(topic + "-dlt")
        give_up(request)
        assert waiting.result(10).status == 502
        one.access(msg="dead letters", why="it is watched")
        waiting = pool.submit(one.post, "/to", "x")
        give_up(worker.next())
        assert waiting.result(10).status == 502


def test_a_topic_that_is_made_anew_is_read_whole(kafka, kafka_worker, kafka_gateway):
    topic = kafka.topic()
    letters = topic + "-dlt"
    kafka.topic(letters)
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge=WATCH)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:

        def fails():
            waiting = pool.submit(one.post, "/to", "x")
            give_up(worker.next())
            return waiting.result(20).status == 502

        def missing():
            return len(one.log(msg="dead letters", why="the topic does not exist"))

        for turn in range(3):
            # Positions that the next topic does not have so soon.
            assert all(fails() for _ in range(8)), turn
            kafka.delete_topic(letters)
            kafka.topic(letters)
            # At once, so while the old positions are found out to be worth nothing.
            assert all(fails() for _ in range(3)), turn
        # With time to see that it is gone.
        before = missing()
        kafka.delete_topic(letters)
        eventually(lambda: missing() > before)
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        kafka.topic(letters, partitions=3)
        give_up(request)
        assert waiting.result(20).status == 502
        assert fails() and fails()


def test_old_letters_are_not_read(kafka, watched, kafka_worker, kafka_gateway):
    topic = watched()
    for i in range(50):
        kafka.send(topic + "-dlt", b"old", [("correlation_id", str(uuid.uuid4()).encode())])
    kafka_worker(kafka, topic, give_up)
    one = kafka_gateway(to(topic), bridge=WATCH)
    assert post(one)[0].status == 502
    assert dead(one, "unknown") == 0


@pytest.mark.hostile
def test_letters_that_are_nobodys_or_broken_do_no_harm(kafka, watched, kafka_worker, kafka_gateway):
    topic = watched()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(to(topic), bridge=WATCH)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        guess = request.id[:-1] + (b"0" if request.id[-1:] != b"0" else b"1")
        broken = (
            [],
            [("correlation_id", None)],
            [("correlation_id", b"")],
            [("correlation_id", b"\xff\xfe")],
            [("correlation_id", b"0" * 36)],
            [("correlation_id", guess)],
            [("correlation_id", request.id + b"x")],
            [("correlation_id", request.id.upper())] if request.id.upper() != request.id else [],
            [("x-death", b'[{"reason":"expired"'), ("x-first-death-reason", None)],
            [("x-death", b"[" * 5000)],
            [("kafka_dlt-exception-message", b"\xff" * 100000)],
        )
        for headers in broken:
            kafka.send(topic + "-dlt", None, headers)
        kafka.send(topic + "-dlt", b"y" * 900000, [("k", b"v")])
        one.wait_metric("bridgehead_dead_letters_total", len(broken) + 1, result="unknown")
        assert not waiting.done()
        kafka.send(topic + "-dlt", None, [("correlation_id", request.id), *[("h", None)] * 300])
        answer = waiting.result(10)
        assert (answer.status, answer.problem["type"]) == (502, "dead-letter")
    assert one.admin("/readyz").status == 200


def test_a_letter_after_the_answer_reaches_nobody(kafka, watched, kafka_worker, kafka_gateway):
    topic = watched()
    worker = kafka_worker(kafka, topic)
    one = kafka_gateway(
        to(topic), to(topic, "soon", timeout="300ms"), to(topic, "event", "confirmed"), bridge=WATCH
    )
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        request.reply(b"well")
        assert waiting.result(10).status == 200
        give_up(request)
        one.wait_metric("bridgehead_dead_letters_total", 1, result="late")
        assert one.post("/soon", "x").status == 504
        give_up(worker.next())
        one.wait_metric("bridgehead_dead_letters_total", 2, result="late")
        assert one.post("/event", "x").status == 202
        give_up(worker.next())
        one.wait_metric("bridgehead_dead_letters_total", 3, result="late")
        waiting = pool.submit(one.post, "/to", "x")
        request = worker.next()
        give_up(request)
        assert waiting.result(10).status == 502
        give_up(request)
        one.wait_metric("bridgehead_dead_letters_total", 4, result="late")
        request.reply(b"too late")
        one.wait_metric("bridgehead_replies_dropped_total", 1, reason="duplicate")
    assert dead(one, "answered") == 1


def test_a_letter_with_only_the_header_of_the_convention_is_known(
    kafka, watched, kafka_worker, kafka_gateway
):
    topic = watched()

    def handle(record):
        own = record.headers["kafka_correlationId"]
        record.worker.send(topic + "-dlt", record.body, [("kafka_correlationId", own)])

    kafka_worker(kafka, topic, handle)
    spring = {"headers": {"kafka_correlationId": "${id}", "kafka_replyTopic": "${reply_to}"}}
    answer = {"correlation": "header:kafka_correlationId"}
    one = kafka_gateway(to(topic, answer=answer, **spring), bridge=WATCH, shards=2)
    for _ in range(4):
        assert post(one)[0].status == 502


def test_a_client_cannot_end_a_call_by_what_it_sends(kafka, watched, kafka_worker, kafka_gateway):
    topic = watched()
    worker = kafka_worker(kafka, topic)
    own = to(topic, "own", headers={"x-id": "${id}"}, answer={"correlation": "header:x-id"})
    one = kafka_gateway(own, to(topic, forward_headers=["x-*"]), bridge=WATCH)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        victim = pool.submit(one.post, "/own", "x")
        request = worker.next()
        liar = pool.submit(one.post, "/to", request.id, headers=[("X-Id", request.id.decode())])
        give_up(worker.next())
        assert liar.result(10).status == 502
        request.reply(b"unharmed", {"x-id": request.id})
        assert victim.result(10).body == b"unharmed"


def test_names_that_cannot_be_are_refused(tmp_path):
    for topic, why in (
        ("a/b", "expected a topic's name"),
        ("${topic}", "the requests themselves"),
        ("${topic}-${topic}", "expected a topic's name"),
        (["fine", ""], "expected a topic's name"),
        ([], "expected a"),
        ("bridgehead.replies", "this is the reply topic"),
        (7, "expected a string"),
    ):
        file = tmp_path / "bridgehead.json"
        bridge = {"type": "kafka", "bootstrap": "h:1", "dead_letter": {"topic": topic}}
        listeners = [{"name": "a", "address": "127.0.0.1:0"}]
        file.write_text(json.dumps({"listeners": listeners, "bridges": {"kafka": bridge}}))
        done = run("check", file)
        assert done.returncode == 1
        assert "bridges.kafka.dead_letter" in done.stderr and why in done.stderr, done.stderr


def test_over_a_websocket_it_is_an_error_with_its_problem(loopback):
    one = loopback(
        {"name": "dies", "match": {"op": "dies"}, "send": {"behave": "dead"}},
        {"name": "http", "match": {"path": "/dies"}, "send": {"behave": "dead"}},
        websockets=[{"path": "/ws"}],
    )
    answer = one.post("/dies", "x")
    assert (answer.status, answer.problem["type"]) == (502, "dead-letter")
    with one.websocket() as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "dies"}))
        error = json.loads(socket.receive())["error"]
    assert error["data"]["type"] == "dead-letter" and error["data"]["status"] == 502
    eventually(lambda: dead(one, "answered") == 2)


# RabbitMQ: a policy of the broker, and no worker knows of it.


@pytest.fixture
def graves(broker):
    """graves(queue): a dead letter exchange, and a policy that sends there what dies in the queue."""
    made = []

    def make(queue, kind="fanout", exchange=None, **policy):
        exchange = exchange or broker.exchange(kind=kind)
        policy = {"dead-letter-exchange": exchange, **policy}
        name = f"p-{uuid.uuid4()}"
        broker.ctl("set_policy", name, f"^{queue}$", json.dumps(policy), "--apply-to", "queues")
        made.append(name)
        return exchange

    yield make
    for name in made:
        broker.ctl("clear_policy", name)


def by_queue(queue, name="to", when="replied", timeout="15s", **send):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"queue": queue, **send},
        "answer": {"when": when, "timeout": timeout},
    }


def reject(message):
    message.reject()


@pytest.mark.parametrize("kind", ["fanout", "topic", "headers"])
@pytest.mark.parametrize("via", ["queue", "direct"])
def test_a_message_that_its_worker_rejects_is_502_at_once(
    queue, graves, worker, gateway, kind, via
):
    exchange = graves(queue, kind)
    worker(queue, reject, auto_ack=False)
    bridge = {"dead_letter": {"exchange": exchange}, "reply": {"via": via}}
    one = gateway(mappings=[by_queue(queue)], bridge=bridge)
    for body in ("x", "y" * 300000):
        answer, seconds = post(one, body=body)
        assert seconds < 5
        assert (answer.status, answer.problem["type"]) == (502, "dead-letter")
        assert answer.problem["published"] == "yes"
        assert queue not in answer.body.decode() and "rejected" not in answer.body.decode()
    line = one.access(msg="dead letter", call=answer.problem["call"])[0]
    assert (line["reason"], line["from"]) == ("rejected", queue)
    assert dead(one, "answered") == 2


def test_a_message_that_expires_in_its_queue_is_504(queue, graves, gateway):
    exchange = graves(queue, **{"message-ttl": 200})
    bridge = {"dead_letter": {"exchange": exchange}}
    one = gateway(mappings=[by_queue(queue), by_queue(queue, "soon", timeout="100ms")], bridge=bridge)
    answer, seconds = post(one)
    assert seconds < 5
    assert (answer.status, answer.problem["type"]) == (504, "dead-letter")
    assert one.access(msg="dead letter")[0]["reason"] == "expired"
    # Our own expiration and the deadline are one moment: either may win, and it is 504.
    answer = post(one, "/soon")[0]
    assert answer.status == 504 and answer.problem["type"] in ("timeout", "dead-letter")


def test_a_message_that_a_full_queue_pushes_out_is_502(queue, graves, worker, gateway):
    exchange = graves(queue, **{"max-length": 1})
    one = gateway(mappings=[by_queue(queue)], bridge={"dead_letter": {"exchange": exchange}})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(one.post, "/to", "first")
        eventually(lambda: one.metric("bridgehead_calls_in_flight") == 1)
        second = pool.submit(one.post, "/to", "second")
        done = next(concurrent.futures.as_completed([first, second], 10)).result()
        assert (done.status, done.problem["type"]) == (502, "dead-letter")
        assert one.access(msg="dead letter")[0]["reason"] == "maxlen"
        worker(queue, lambda message: message.reply(b"served"))
        assert sorted(each.result(10).status for each in (first, second)) == [200, 502]


def test_an_exchange_that_is_missing_is_told_and_watched_once_it_is_there(
    broker, queue, graves, worker, gateway
):
    exchange = f"x-{uuid.uuid4()}"
    graves(queue, exchange=exchange)
    worker(queue, reject, auto_ack=False)
    bridge = {"dead_letter": {"exchange": exchange}}
    one = gateway(mappings=[by_queue(queue, timeout="5s")], bridge=bridge)
    line = one.access(msg="dead letters")[0]
    assert (line["level"], line["source"]) == ("warn", exchange)
    assert one.admin("/readyz").status == 200
    broker.exchange(exchange, "fanout")
    one.access(msg="dead letters", why="it is watched")
    assert post(one)[0].status == 502
    broker.delete_exchange(exchange)


@pytest.mark.hostile
def test_messages_in_the_exchange_that_are_nobodys_do_no_harm(
    broker, queue, graves, worker, gateway
):
    exchange = graves(queue)
    one = gateway(mappings=[by_queue(queue)], bridge={"dead_letter": {"exchange": exchange}})
    odd = (
        {},
        {"correlation_id": ""},
        {"correlation_id": "0" * 36},
        {"correlation_id": "\xff" * 100},
        {"headers": {"x-death": "text", "x-first-death-reason": 7}},
        {"headers": {"x-death": [{"reason": "expired"}, 1, None, []]}},
    )
    with broker.connect() as connection:
        channel = connection.channel()
        for properties in odd:
            for body in (b"", b"y" * 300000):
                channel.basic_publish(exchange, "any.key", body, pika.BasicProperties(**properties))
    one.wait_metric("bridgehead_dead_letters_total", 2 * len(odd), result="unknown")
    worker(queue, reject, auto_ack=False)
    assert post(one)[0].status == 502
