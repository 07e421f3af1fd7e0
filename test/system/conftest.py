# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import pathlib
import signal
import sys
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import gateway as gateways  # noqa: E402
from harness import schema  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.kafka import Kafka, KafkaWorker  # noqa: E402
from harness.worker import Worker  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "hostile: input made to break it; runs on the sanitized binary too"
    )
    config.addinivalue_line(
        "markers", "interop: needs frameworks that only test/run interop installs"
    )
    config.addinivalue_line(
        "markers", "threads: of shards and threads beside each other; runs with ThreadSanitizer too"
    )
    config.addinivalue_line("markers", "kafka: needs a Kafka, or is about one")
    # Brokers and gateways end with their fixtures, so a killed run must unwind.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


def pytest_collection_modifyitems(items):
    """What needs a Kafka can run beside what does not: `-m kafka`."""
    for item in items:
        name = item.path.name
        if name.startswith("test_kafka") or {"kafka", "own_kafka"} & set(item.fixturenames):
            item.add_marker("kafka")


@pytest.fixture(scope="session")
def broker():
    """The broker that all tests share. They leave it as they found it but for queues of their own."""
    broker = Broker()
    try:
        yield broker.start()
    finally:
        broker.destroy()


@pytest.fixture(scope="session")
def _fragile_broker():
    broker = Broker()
    try:
        yield broker.start()
    finally:
        broker.destroy()


@pytest.fixture
def own_broker(_fragile_broker):
    """A broker that a test may stop, kill, freeze and starve; up again for the next one."""
    if not _fragile_broker.is_running():
        _fragile_broker.start()
    yield _fragile_broker
    if _fragile_broker.is_running():
        _fragile_broker.thaw()


@pytest.fixture(scope="session")
def kafka():
    """The Kafka that all tests share."""
    node = Kafka()
    try:
        yield node.start()
    finally:
        node.destroy()


@pytest.fixture(scope="session")
def _fragile_kafka():
    node = Kafka()
    try:
        yield node.start()
    finally:
        node.destroy()


@pytest.fixture
def own_kafka(_fragile_kafka):
    """A Kafka that a test may stop, kill and freeze; up again for the next one."""
    if not _fragile_kafka.is_running():
        _fragile_kafka.start()
    yield _fragile_kafka
    if _fragile_kafka.is_running():
        _fragile_kafka.thaw()


@pytest.fixture
def kafka_worker():
    """kafka_worker(kafka, topic, handler): reads a topic until the test ends."""
    workers = []

    def start(kafka, topic, handler=None):
        workers.append(KafkaWorker(kafka, topic, handler))
        return workers[-1]

    yield start
    for each in workers:
        each.stop()


@pytest.fixture
def kafka_gateway(gateway, kafka):
    """kafka_gateway(mapping, …): a gateway on the shared Kafka (or on `on`); `bridge` adds keys."""

    def start(*mappings, on=None, bridge=None, **config):
        node = on or kafka
        keys = {"type": "kafka", "bootstrap": node.bootstrap, **(bridge or {})}
        keys.setdefault("reply", {"topic": f"replies-{uuid.uuid4()}"})
        return gateway(bridges={"kafka": keys}, mappings=list(mappings), **config)

    return start


@pytest.fixture
def queue(broker):
    """A queue of the test's own on the shared broker."""
    name = broker.queue()
    yield name
    broker.delete_queue(name)


@pytest.fixture
def worker(request):
    """worker(queue, handler): consumes a queue of the shared broker (or of `on`) until the test ends."""
    workers = []

    def start(name, handler=None, on=None, **more):
        workers.append(Worker(on or request.getfixturevalue("broker"), name, handler, **more))
        return workers[-1]

    yield start
    for each in workers:
        each.stop()


@pytest.fixture
def gateway(request, tmp_path):
    """gateway(mappings=[…], …): the program with this configuration, on free ports, joined to the
    shared broker (or to `on`). It must end well when the test does."""
    started = []

    def start(on=None, ready=True, environment=None, prefix=(), **config):
        if on is None and "bridges" not in config:
            on = request.getfixturevalue("broker")
        directory = tmp_path / f"gateway{len(started)}"
        directory.mkdir()
        if gateways.WATCHES_THREADS:
            config.setdefault("shards", 2)
        complete = gateways.complete(config, on.url if on else None)
        started.append(gateways.Gateway(directory, complete, environment, prefix))
        one = started[-1].start(ready)
        assert schema.complaints(complete) == [], "what runs fits the schema"
        return one

    yield start
    problems = []
    for each in started:
        try:
            each.stop()
        except AssertionError as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


@pytest.fixture
def loopback(gateway):
    """loopback(mapping, …): a gateway whose back end is itself."""

    def start(*mappings, **config):
        mappings = mappings or ({"name": "echo", "match": {"path": "/*rest"}, "send": {}},)
        return gateway(bridges={"echo": {"type": "loopback"}}, mappings=list(mappings), **config)

    return start
