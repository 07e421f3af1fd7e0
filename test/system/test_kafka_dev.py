# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A Kafka inside the process: `bridgehead dev` and what workers in other processes see of it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import confluent_kafka
import pytest

from harness.client import Connection
from harness.gateway import BINARY, Gateway, run
from harness.ports import free_port
from harness.waiting import eventually

# A worker as people write it: a group, settings left as they are. It says "ready" once it has
# partitions, answers with what it got and ends with its standard input.
WORKER = """
import json, os, sys, threading, confluent_kafka
bootstrap, topic = sys.argv[1:]
consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "workers",
    "auto.offset.reset": "earliest"})
producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
consumer.subscribe([topic], on_assign=lambda *_: print("ready", flush=True))
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.is_set():
    record = consumer.poll(0.1)
    if record is None or record.error():
        continue
    headers = {name: value.decode() for name, value in record.headers()}
    answer = {"got": (record.value() or b"").decode(), "path": headers.get("path"), "op": headers["op"]}
    producer.produce(headers["reply_to"], json.dumps(answer), headers={
        "correlation_id": headers["correlation_id"], "content-type": "application/json"})
    producer.flush(10)
os._exit(0)
"""


class Dev(Gateway):
    """`bridgehead dev` on free ports."""

    def __init__(self, directory, *arguments):
        listen, admin, kafka = (f"127.0.0.1:{free_port()}" for _ in range(3))
        super().__init__(directory, {"listeners": [{"address": listen}], "admin": {"address": admin}})
        self.bootstrap = kafka
        self.arguments = ["dev", "-l", listen, "-a", admin, "-k", kafka, *arguments]

    def request(self, *arguments, host="localhost", **options):
        return super().request(*arguments, host=host, **options)


@pytest.fixture
def dev(tmp_path):
    """dev(argument, …): a running one."""
    running = []

    def start(*arguments):
        directory = tmp_path / str(len(running))
        directory.mkdir()
        running.append(Dev(directory, *arguments))
        return running[-1].start()

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def dev_worker():
    """dev_worker(dev, topic): WORKER in a process of its own, with its partitions."""
    running = []

    def start(dev, topic="requests"):
        command = [sys.executable, "-c", WORKER, dev.bootstrap, topic]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in running:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()


def is_answered(dev):
    try:
        return dev.post("/", "x", timeout=1).status == 200
    except TimeoutError:
        return False


def records(dev, topic, count):
    """The first records of a topic, whatever their partitions."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": dev.bootstrap, "group.id": "nobody"})
    with contextlib.closing(consumer):
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        consumer.assign([confluent_kafka.TopicPartition(topic, n, 0) for n in partitions])
        found = []
        while len(found) < count:
            record = consumer.poll(20)
            assert record is not None and record.error() is None, found
            found.append(record)
        return found


@pytest.mark.hostile
def test_a_worker_in_another_process_answers_any_path_and_any_op(dev, dev_worker):
    one = dev()
    dev_worker(one)
    answer = one.post("/some/path?x=1", "tea")
    assert (answer.status, answer.json["got"], answer.json["path"]) == (200, "tea", "/some/path")
    assert one.get("/").json["path"] == "/"
    called = run("call", "-s", one.url("/ws", "ws"), "orders.create", '{"n":1}')
    assert json.loads(called.stdout) == {"got": '{"n":1}', "path": None, "op": "orders.create"}


def test_a_page_under_a_name_that_was_made_to_point_here_gets_nothing(dev):
    one = dev()
    assert one.post("/events", "x", host="evil.example").status == 404
    assert one.post("/events", "x", host="app.localhost:3000").status == 202


def test_an_event_is_in_its_topic_when_its_202_comes(dev):
    one = dev()
    assert one.post("/events/of/mine?key=k", "first").status == 202
    assert run("call", one.url("/ws", "ws"), "events.some", '{"n":2}').returncode == 0
    found = {record.value(): record for record in records(one, "events", 2)}
    assert set(found) == {b"first", b'{"n":2}'}
    assert found[b"first"].key() == b"k"
    assert dict(found[b"first"].headers())["path"] == b"/events/of/mine"


def test_topics_of_ones_own_are_served_by_path_and_op(dev, dev_worker):
    one = dev("-t", "a", "--topic", "b", "--events", "news")
    dev_worker(one, "b")
    assert one.get("/b/x").json["path"] == "/b/x"
    assert one.get("/b").json["path"] == "/b"
    called = run("call", "-s", one.url("/ws", "ws"), "b.x", "{}")
    assert json.loads(called.stdout)["op"] == "b.x"
    assert one.post("/news", "n").status == 202
    with one.connect() as connection:
        connection.request("GET", "/bx", host="localhost")
        assert dict(records(one, "a", 1)[0].headers())["path"] == b"/bx"


def test_what_it_prints_works_when_it_is_copied(dev, tmp_path):
    one = dev()
    printed = eventually(lambda: "Ctrl-C" in one.stderr and one.stderr, 5)
    worker = re.search(r"^    kcat .*done$", printed, re.M | re.S)[0]
    (tmp_path / "worker").write_text(worker)
    process = subprocess.Popen(["bash", tmp_path / "worker"], start_new_session=True)
    try:
        # kcat says nowhere that it has found the ends of its partitions.
        eventually(lambda: is_answered(one), 30)
        for command, expected in zip(
            re.findall(r"^    (curl .*|bridgehead call .*)$", printed, re.M),
            ("Hello, world", 'Hello, {\\"name\\":\\"world\\"}', '"published":"yes"'),
            strict=True,
        ):
            command = command.replace("bridgehead call", f"'{BINARY}' call")
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
            assert expected in done.stdout, (command, done)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


@pytest.mark.parametrize("which", ["listen", "admin", "kafka"])
def test_a_port_that_is_taken_is_named(dev, which):
    one = dev()
    other = {name: f"127.0.0.1:{free_port()}" for name in ("listen", "admin", "kafka")}
    taken = {"listen": "%s:%d" % one.address(), "admin": "%s:%d" % one.admin_address, "kafka": one.bootstrap}[which]
    other[which] = taken
    done = run("dev", *(word for name, at in other.items() for word in (f"--{name}", at)))
    assert done.returncode == 1
    assert taken in done.stderr and "Address already in use" in done.stderr, done.stderr
    assert "curl" not in done.stdout


def test_the_log_says_loudly_what_runs(dev):
    one = dev()
    [line] = [line for line in one.log(level="warn") if "KAFKA FOR DEVELOPMENT" in line["msg"]]
    assert line["address"] == one.bootstrap


def test_a_worker_outlives_a_restart(dev, dev_worker):
    one = dev()
    dev_worker(one)
    assert one.get("/").status == 200
    one.stop()
    one.start()
    eventually(lambda: is_answered(one), 30, "an answer after the restart")


@pytest.mark.hostile
def test_a_client_that_does_not_speak_kafka_is_let_go(dev):
    one = dev()
    host, port = one.bootstrap.rsplit(":", 1)
    with Connection((host, int(port))) as connection:
        connection.request("GET", "/")
        assert connection.is_closed()
    assert one.post("/events", "x").status == 202


@pytest.mark.hostile
def test_it_ends_with_workers_connected_and_a_call_on_its_way(dev, dev_worker):
    one = dev()
    dev_worker(one)
    assert one.get("/").status == 200
    one.stop()


@pytest.mark.hostile
def test_many_calls_at_once_each_get_their_own_answer(dev, dev_worker):
    one = dev()
    dev_worker(one)
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(one.connect()) for _ in range(20)]
        for turn in range(5):
            for number, connection in enumerate(connections):
                connection.request("POST", "/", f"{turn}.{number}", host="localhost")
            for number, connection in enumerate(connections):
                assert connection.response().json["got"] == f"{turn}.{number}"


def test_the_printed_configuration_is_good(tmp_path):
    for arguments in ((), ("-t", "a", "-t", "b.c", "-e", "x", "-e", "y", "-l", "[::1]:8081")):
        done = run("dev", *arguments, "--print")
        assert done.returncode == 0 and done.stderr == ""
        file = tmp_path / "dev.jsonc"
        file.write_text(done.stdout)
        checked = run("check", file)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--kafka", "0.0.0.0:9092"], "expected 127.0.0.1:PORT or [::1]:PORT"),
        (["--listen", "8080"], "write 127.0.0.1:PORT"),
        (["--listen", "127.0.0.1:0"], "expected a port above 0"),
        (["--admin", "unix:/tmp/a"], "expected IP:PORT"),
        (["--admin", "127.0.0.1:8080"], "the address 127.0.0.1:8080 is given twice"),
        (["--topic", "a b"], "a topic's name is of"),
        (["--topic", "a", "--events", "a"], "the topic a is given twice"),
        (["--topic", "bridgehead.replies"], "another meaning"),
        (["more"], "too many arguments: more"),
        (["--what"], "--what"),
    ],
)
def test_wrong_usage_is_told(arguments, problem):
    done = run("dev", *arguments)
    assert done.returncode == 2
    assert problem in done.stderr and "Try: bridgehead dev --help" in done.stderr


def test_help_names_every_option():
    done = run("dev", "--help")
    assert done.returncode == 0
    for name in ("--topic", "--events", "--listen", "--admin", "--kafka", "--print"):
        assert name in done.stdout
