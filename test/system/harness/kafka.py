# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import queue
import subprocess
import threading
import uuid

import confluent_kafka
import confluent_kafka.admin

from harness.gateway import BINARY
from harness.node import Node
from harness.waiting import eventually


# Built beside the program under test.
HELPERS = BINARY.parent / "test" / "system"


class Kafka(Node):
    """A private Kafka node."""

    script = "kafka"

    @property
    def bootstrap(self):
        return self.address

    def settings(self, **more):
        return {
            "bootstrap.servers": self.bootstrap,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
            **more,
        }

    def consumer_settings(self):
        return self.settings(**{"group.id": "nobody", "enable.auto.commit": False})

    def _admin(self):
        return confluent_kafka.admin.AdminClient(self.settings())

    def topic(self, name=None, partitions=1, **config):
        """Creates a topic; its name."""
        name = name or f"t-{uuid.uuid4()}"
        config = {key.replace("_", "."): str(value) for key, value in config.items()}
        fresh = confluent_kafka.admin.NewTopic(name, partitions, 1, config=config)
        admin = self._admin()  # lives until the result is there
        admin.create_topics([fresh])[name].result(20)
        return name

    def add_partitions(self, name, count):
        """So many it has from now on."""
        admin = self._admin()
        more = confluent_kafka.admin.NewPartitions(name, count)
        admin.create_partitions([more])[name].result(20)

    def delete_topic(self, name):
        admin = self._admin()
        admin.delete_topics([name])[name].result(20)

    def has_topic(self, name):
        return name in self._admin().list_topics(timeout=20).topics

    def send(self, topic, value, headers=None, **more):
        producer = confluent_kafka.Producer(self.settings(**{"message.max.bytes": 2 << 20}))
        producer.produce(topic, value, headers=headers, **more)
        assert producer.flush(20) == 0

    def flood(self, topic, count, rate=0, size=100, **properties):
        """Writes so many records with ids of nobody, `rate` in a second (0: all it can); the process
        that does."""
        more = [f"{name.replace('_', '.')}={value}" for name, value in properties.items()]
        numbers = [str(number) for number in (count, rate, size)]
        command = [HELPERS / "kafka_flood", self.bootstrap, topic, *numbers, *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def lengths(self, topic):
        """How many records were ever written to each partition, markers of transactions too."""
        consumer = confluent_kafka.Consumer(self.consumer_settings())
        try:
            partitions = sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
            places = [confluent_kafka.TopicPartition(topic, number) for number in partitions]
            return [consumer.get_watermark_offsets(at, timeout=20)[1] for at in places]
        finally:
            consumer.close()

    def records(self, topic):
        """All records of a topic, oldest first within a partition."""
        consumer = confluent_kafka.Consumer(self.consumer_settings())
        found = []
        try:
            partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
            for number in partitions:
                at = confluent_kafka.TopicPartition(topic, number, 0)
                first, end = consumer.get_watermark_offsets(at, timeout=20)
                at.offset = first
                consumer.assign([at])
                while first < end:
                    record = consumer.poll(20)
                    assert record is not None and record.error() is None
                    found.append(record)
                    first = record.offset() + 1
        finally:
            consumer.close()
        return found


class KafkaMock(Kafka):
    """Brokers that fail as they are told to; kafka_mock.c has the orders."""

    BROKERS = 3

    def __init__(self):
        self.address = None
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [HELPERS / "kafka_mock", str(self.BROKERS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self._process.stdout.readline().strip()
        return self

    def destroy(self):
        self._process.communicate(timeout=20)

    def consumer_settings(self):
        """It holds an answer back for the whole time that a fetch may wait."""
        return {**super().consumer_settings(), "fetch.wait.max.ms": 5}

    def order(self, *words):
        self._process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n", words

    def each(self, word, *more):
        """The same order for every broker."""
        for broker in range(1, self.BROKERS + 1):
            self.order(word, broker, *more)

    def topic(self, name=None, partitions=1):
        name = name or f"t-{uuid.uuid4()}"
        self.order("topic", name, partitions)
        return name


class Record:
    """A request as the worker sees it."""

    def __init__(self, worker, record):
        self.worker = worker
        self.topic = record.topic()
        self.key = record.key()
        self.body = record.value()
        self.partition = record.partition()
        self.headers = dict(record.headers() or [])
        self.id = self.headers.get("correlation_id")
        self.reply_to = self.headers.get("reply_to", b"").decode()

    def reply(self, body=b"", headers=None, to=None, partition=None, **more):
        own = {"correlation_id": self.id, **(headers or {})}
        if partition is not None:
            more["partition"] = partition
        self.worker.send(to or self.reply_to, body, list(own.items()), **more)


def echo(record):
    if not record.reply_to:
        return
    content_type = record.headers.get("content-type")
    record.reply(record.body, {"content-type": content_type} if content_type else None)


class KafkaWorker:
    """Reads all partitions of a topic from their ends, on a thread of its own, without a group."""

    def __init__(self, kafka, topic, handler=None):
        self.messages = queue.Queue()
        self._handler = handler
        self._producer = confluent_kafka.Producer(kafka.settings(**{"linger.ms": 0}))
        self._consumer = confluent_kafka.Consumer(kafka.consumer_settings())
        found = self._consumer.list_topics(topic, timeout=20).topics[topic].partitions
        assigned = []
        for number in found:
            at = confluent_kafka.TopicPartition(topic, number)
            at.offset = eventually(lambda at=at: self._end(at))[0]
            assigned.append(at)
        self._consumer.assign(assigned)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _end(self, at):
        """The end offset in a list, or None while a new topic has no leader."""
        try:
            return [self._consumer.get_watermark_offsets(at, timeout=20)[1]]
        except confluent_kafka.KafkaException as problem:
            if problem.args[0].code() == confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION:
                return None
            raise

    def _run(self):
        while not self._stopped.is_set():
            record = self._consumer.poll(0.1)
            self._producer.poll(0)
            if record is None or record.error() is not None:
                continue
            request = Record(self, record)
            self.messages.put(request)
            if self._handler:
                self._handler(request)

    def send(self, topic, body, headers, **more):
        self._producer.produce(topic, body, headers=headers, **more)
        self._producer.poll(0)

    def next(self, timeout=10):
        try:
            return self.messages.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no record within {timeout} s") from None

    def stop(self):
        self._stopped.set()
        self._thread.join(10)
        self._consumer.close()
        self._producer.flush(5)
