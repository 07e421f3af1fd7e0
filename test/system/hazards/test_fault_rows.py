# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The faults of a Kafka that docs/hazards.md lists, while clients call, tell and ask for what has nothing to
do with Kafka. After each of them the same is looked at, the invariants I1 to I7 there. Brokers
that fail at a word are librdkafka's mock ones; what a real one can do is done with a real one."""

import concurrent.futures
import dataclasses
import re
import threading
import time
import uuid

import confluent_kafka.admin
import pytest

from harness import gateway as gateways
from harness.gateway import SANITIZED
from harness.hazard import tells_nothing
from harness.kafka import KafkaMock, KafkaWorker, echo
from harness.waiting import eventually

pytestmark = [pytest.mark.timeout(120), pytest.mark.kafka]

DEADLINE_S = 2.0
CALLERS = 2  # of each mapping
SHARED_PROCESSOR_S = 0.25  # broker, worker, clients and gateway may all have to share one
# What Kafka's protocol calls them.
PRODUCE, FORBIDDEN, TOO_FEW_REPLICAS, OUT_OF_ORDER = 0, 29, 19, 45
NOBODY = -1


class Row:
    """`ask` and `tell`: the statuses that may be seen while the fault lasts, besides 200 and 202;
    one of `seen` must have been. A fault may return when it was over, if what was confirmed
    before is lost with it."""

    def __init__(self, number, name, fault, ask=(), tell=(), seen=(), also=(), at="mock"):
        self.number, self.name, self.fault, self.at = number, name, fault, at
        self.allowed = {"/ask": {200, *ask}, "/tell": {202, *tell}, "/echo": {200}}
        self.needed = set(seen)
        self.codes = {200, 202, *ask, *tell, *also}  # `also`: seen by the fault itself

    @property
    def id(self):
        return f"fault{self.number}-{re.sub(r'[^a-z0-9]+', '-', self.name)}"


@dataclasses.dataclass
class Asked:
    path: str
    body: bytes
    began: float
    seconds: float
    answer: object


class Callers:
    """Clients of all mappings, one request after the other, with all that was said."""

    def __init__(self, one):
        self.asked, self._one = [], one
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(path,), daemon=True)
            for path in ("/ask", "/tell") * CALLERS + ("/echo",)
        ]
        for each in self._threads:
            each.start()

    def _run(self, path):
        with self._one.connect(timeout=DEADLINE_S + 20) as client:
            while not self._stopped.wait(0.01):
                body = uuid.uuid4().hex.encode()
                began = time.monotonic()
                client.request("POST", path, body)
                answer = client.response()
                self.asked.append(Asked(path, body, began, time.monotonic() - began, answer))

    def seen(self, path, statuses, since=0):
        """Whether one of them has been answered to this path."""
        return any(e.path == path and e.answer.status in statuses for e in self.asked[since:])

    def stop(self):
        self._stopped.set()
        for each in self._threads:
            each.join(DEADLINE_S + 25)
            assert not each.is_alive(), "I2: a request was never answered"
        return self.asked


class Site:
    """A gateway between its clients and a Kafka with a worker."""

    def __init__(self, kafka, directory, options):
        self.kafka = kafka
        self.calls, self.events, self.replies = (kafka.topic() for _ in range(3))
        self.topics = (self.calls, self.events, self.replies)
        self.worker = KafkaWorker(kafka, self.calls, echo)
        self.directory, self.options = directory, options
        self.one = self.gateway("one")

    def gateway(self, name, **options):
        def mapping(path, when, **send):
            answer = {"when": when, "timeout": f"{int(1000 * DEADLINE_S)}ms"}
            return {"name": path, "match": {"path": f"/{path}"}, "send": send, "answer": answer}

        kafka = {
            "type": "kafka",
            "bootstrap": self.kafka.bootstrap,
            "reply": {"topic": self.replies},
            "options": {**self.options, **options},
        }
        config = {
            "log": {"access": False},
            "shards": 2,
            "bridges": {"kafka": kafka, "echo": {"type": "loopback"}},
            "defaults": {"bridge": "kafka"},
            "mappings": [
                mapping("ask", "replied", topic=self.calls),
                mapping("tell", "confirmed", topic=self.events),
                mapping("echo", "replied", bridge="echo"),
            ],
        }
        directory = self.directory / name
        directory.mkdir()
        return gateways.Gateway(directory, gateways.complete(config, None)).start()

    def well(self):
        with self.one.connect() as client:
            for path, status in (("/ask", 200), ("/tell", 202), ("/echo", 200)):
                client.request("POST", path, "well?")
                if client.response().status != status:
                    return False
        return self.one.admin("/readyz").status == 200

    def stop(self):
        self.one.stop()
        self.worker.stop()


# The mock cluster lets a fetch wait in spite of what is there, and takes any sequence number: where a
# request fails and the one behind it does not, librdkafka takes the first for persisted, as with a
# real broker it would be.
OF_THE_MOCK = {"fetch.wait.max.ms": 5, "max.in.flight": 1}


@pytest.fixture(scope="module")
def site(request, tmp_path_factory):
    """site("mock") or site("real"): each serves all rows that are at it."""
    started, mock = {}, KafkaMock()

    def start(at):
        if at not in started:
            node = mock.start() if at == "mock" else request.getfixturevalue("kafka")
            options = OF_THE_MOCK if at == "mock" else {}
            started[at] = Site(node, tmp_path_factory.mktemp(at), options)
        return started[at]

    yield start
    for each in started.values():
        each.stop()
    if "mock" in started:
        mock.destroy()


# ---- faults: each ends with everything as it was ----


def wait_seen(callers, path, *statuses, since=0):
    eventually(lambda: callers.seen(path, statuses, since), 10, f"{statuses} to {path}")


def leaders_move(site, callers):
    for broker in (1, 2, 3):
        for topic in site.topics:
            site.kafka.order("leader", topic, 0, broker)
        time.sleep(0.3)


def leaders_go_with_their_broker(site, callers):
    for topic in site.topics:
        site.kafka.order("leader", topic, 0, 2)
    time.sleep(0.3)
    site.kafka.order("down", 2)
    for topic in site.topics:
        site.kafka.order("leader", topic, 0, 3)
    time.sleep(0.7)
    site.kafka.order("up", 2)


def nobody_leads(site, callers):
    for topic in (site.calls, site.events):
        site.kafka.order("leader", topic, 0, NOBODY)
    for path in ("/ask", "/tell"):
        wait_seen(callers, path, 503, 504)
    for topic in (site.calls, site.events):
        site.kafka.order("leader", topic, 0, 1)


def all_brokers_go(site, callers):
    site.kafka.each("down")
    for path in ("/ask", "/tell"):
        wait_seen(callers, path, 503)
    assert site.one.admin("/readyz").status == 503, "I6"
    assert site.one.admin("/livez").status == 200, "I6"
    site.kafka.each("up")


def queue_is_full(site, callers):
    """The brokers take their time, and no more than 50 messages may wait for them."""
    small = site.gateway(f"small{time.monotonic_ns()}", **{"queue.buffering.max.messages": 50})

    def post(path):
        began = time.monotonic()
        answer = small.post(path, b"x")
        return time.monotonic() - began, answer

    site.kafka.each("slow", 1000)
    try:
        with concurrent.futures.ThreadPoolExecutor(80) as pool:
            answers = list(pool.map(post, ["/ask", "/tell"] * 40))
        at_once = [answer for seconds, answer in answers if seconds < DEADLINE_S / 2]
        assert 30 <= len(at_once) < 80
        for answer in at_once:
            assert (answer.status, answer.problem["published"]) == (503, "no")
            assert answer.problem["type"].endswith("overloaded")
        assert max(seconds for seconds, _ in answers) < DEADLINE_S + 1, "I2"
    finally:
        site.kafka.each("slow", 0)
        small.stop()


def is_named(site, mapping):
    ready = site.one.admin("/readyz").json
    return set(ready.get("mappings", {})) == {mapping}


def topic_is_forbidden(site, callers):
    site.kafka.order("wrong", site.events, FORBIDDEN)
    wait_seen(callers, "/tell", 503)
    eventually(lambda: is_named(site, "tell"), 5, "I6: /readyz names the mapping")
    before, began = site.one.cpu_seconds(), time.monotonic()
    time.sleep(0.5)
    assert SANITIZED or site.one.cpu_seconds() - before < 0.7 * (time.monotonic() - began)
    site.kafka.order("wrong", site.events, 0)


def topic_is_deleted(site, callers):
    site.kafka.delete_topic(site.events)
    wait_seen(callers, "/tell", 503)
    eventually(lambda: is_named(site, "tell"), 10, "I6: /readyz names the mapping")
    assert not site.kafka.has_topic(site.events), "nobody's message creates it"
    site.kafka.topic(site.events)
    eventually(site.well, 10, "the topic to be found")
    return time.monotonic()


def too_large(site, callers):
    for path in ("/ask", "/tell"):
        answer = site.one.post(path, b"x" * (1 << 20))
        assert (answer.status, answer.problem["published"]) == (413, "no")


def groups(site):
    admin = confluent_kafka.admin.AdminClient(site.kafka.settings())
    return {each.group_id for each in admin.list_consumer_groups().result(20).valid}


def another_one_joins_and_goes(site, callers):
    before = groups(site)
    other = site.gateway(f"other{time.monotonic_ns()}")
    try:
        for _ in range(50):
            body = uuid.uuid4().hex.encode()
            assert other.post("/ask", body).body == body, "I3"
    finally:
        other.stop()
    assert groups(site) == before


def too_few_replicas_for_a_moment(site, callers):
    site.kafka.order("fail", PRODUCE, 20, TOO_FEW_REPLICAS)
    time.sleep(0.7)
    site.kafka.order("heal", PRODUCE)


def too_few_replicas_for_too_long(site, callers):
    site.kafka.order("fail", PRODUCE, 2000, TOO_FEW_REPLICAS)
    for path in ("/ask", "/tell"):
        wait_seen(callers, path, 503, 504)
    site.kafka.order("heal", PRODUCE)


def producer_beyond_repair(site, callers):
    for _ in range(3):
        before = len(callers.asked)
        site.kafka.order("fail", PRODUCE, 3, OUT_OF_ORDER)
        wait_seen(callers, "/tell", 503, 504, since=before)
        site.kafka.order("heal", PRODUCE)
        eventually(site.well, 10, "another producer")


UNAVAILABLE, UNSURE = (503,), (503, 504)
ROWS = [
    Row(15, "leaders move", leaders_move, UNSURE, UNSURE),
    Row(15, "leaders go with their broker", leaders_go_with_their_broker, UNSURE, UNSURE),
    Row(15, "nobody leads", nobody_leads, UNSURE, UNSURE, seen=UNSURE),
    Row(16, "all brokers go", all_brokers_go, UNSURE, UNSURE, seen=UNAVAILABLE),
    Row(16, "queue is full", queue_is_full, UNSURE, UNSURE),
    Row(17, "topic is forbidden", topic_is_forbidden, tell=UNAVAILABLE, seen=UNAVAILABLE),
    Row(17, "topic is deleted", topic_is_deleted, tell=UNSURE, seen=UNAVAILABLE, at="real"),
    Row(18, "too large", too_large, also=(413,), at="real"),
    Row(19, "another one joins and goes", another_one_joins_and_goes, at="real"),
    Row(20, "too few replicas for a moment", too_few_replicas_for_a_moment),
    Row(20, "too few replicas", too_few_replicas_for_too_long, UNSURE, UNSURE, UNSURE),
    Row(21, "producer beyond repair", producer_beyond_repair, UNSURE, UNSURE, UNSURE),
]


# ---- what holds after every one of them ----


def answered_once_and_in_time(asked):
    """I2, and that an error says what it may."""
    for each in asked:
        assert each.seconds < DEADLINE_S + 1, each
        if each.answer.status >= 400:
            problem = each.answer.problem
            assert tells_nothing(problem["title"] + problem["detail"]), problem
            assert "kafka" not in each.answer.body.decode().lower()
        elif each.path != "/tell":
            assert each.answer.body == each.body, "I1, I3: the reply to somebody else"


def told_as_it_is(site, asked, began):
    """I1 and I4: what was confirmed lies there, once; what was not published does not."""
    found = [record.value() for record in site.kafka.records(site.events)]
    for each in asked:
        if each.path != "/tell" or each.began < began:
            continue
        published = each.answer.json["published"]
        count = found.count(each.body)
        assert each.answer.status == 202 or each.answer.status >= 400
        assert count == 1 if published == "yes" else True, f"{each}: {count} times in the topic"
        assert count == 0 if published == "no" else True, f"{each}: it is in the topic"
        assert count <= 1


def memory_and_descriptors_are_back(site, resources):
    """I5. librdkafka keeps a connection from each of its handles to each broker that it has seen."""
    memory, files = resources
    connections = 5 * (site.kafka.BROKERS if site.kafka.__class__ is KafkaMock else 1)
    one = site.one
    one.wait_metric("bridgehead_calls_in_flight", 0)
    eventually(lambda: one.private_bytes() <= memory + (8 << 20), 60, "I5: the memory")
    eventually(lambda: one.open_files() <= files + connections, 60, "I5: the descriptors")


def others_kept_their_time(asked, began, quiet):
    """I7, of what has nothing to do with Kafka."""
    times = sorted(e.seconds for e in asked if e.path == "/echo" and e.began >= began)
    before = sorted(e.seconds for e in quiet if e.path == "/echo")
    p99 = [each[len(each) * 99 // 100] for each in (before, times)]
    assert p99[1] < 2 * p99[0] + SHARED_PROCESSOR_S, p99


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_a_fault(site, row):
    here = site(row.at)
    eventually(here.well, 15, "all to be well")
    resources = here.one.private_bytes(), here.one.open_files()
    callers = Callers(here.one)
    try:
        eventually(lambda: len([e for e in callers.asked if e.path == "/echo"]) > 20, 10)
        quiet, began = list(callers.asked), time.monotonic()
        over = row.fault(here, callers)
        eventually(here.well, 15, "all to be well again")
    finally:
        asked = callers.stop()
    for each in asked:
        assert each.answer.status in row.allowed[each.path], each
    assert not row.needed or row.needed & {each.answer.status for each in asked}
    answered_once_and_in_time(asked)
    told_as_it_is(here, asked, over or began)
    memory_and_descriptors_are_back(here, resources)
    others_kept_their_time(asked, began, quiet)
