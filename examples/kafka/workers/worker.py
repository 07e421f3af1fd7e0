# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A worker in Python with confluent-kafka: greets by name, and takes note of orders. All it knows is
Kafka, two topics, and that a reply goes to the topic in `reply_to` with the `correlation_id` of the
request."""

import json
import os

from confluent_kafka import Consumer, Producer

GREETINGS = {"en": "Hello, {}!", "de": "Guten Tag, {}!", "fr": "Bonjour, {} !", "eo": "Saluton, {}!"}


def greet(language, name):
    if language not in GREETINGS:
        return {"code": 404, "greeting": f"no greeting in {language!r}"}
    return {"code": 200, "greeting": GREETINGS[language].format(name)}


def show(record, headers):
    fields = {"topic": record.topic(), **headers, "body": record.value().decode()}
    if record.key() is not None:
        fields["key"] = record.key().decode()
    print(*(f"{name}={value}" for name, value in fields.items()), flush=True)


def handle_record(record, producer):
    headers = {name: value.decode() for name, value in record.headers() or ()}
    show(record, headers)
    if "reply_to" not in headers:
        return  # an event
    answer = greet(headers["language"], json.loads(record.value())["name"])
    producer.produce(
        headers["reply_to"],
        json.dumps(answer),
        headers={
            "correlation_id": headers["correlation_id"],
            "content-type": "application/json",
        },
    )
    producer.poll(0)


def main():
    brokers = {"bootstrap.servers": os.environ["KAFKA"]}
    # Without linger.ms each reply would wait 5 ms for company.
    producer = Producer({**brokers, "linger.ms": 0})
    consumer = Consumer(
        {**brokers, "group.id": "example.python", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe(
        ["example.greetings", "example.orders"],
        on_assign=lambda _consumer, _partitions: print("ready", flush=True),
    )
    while True:
        record = consumer.poll(1)
        if record is not None and record.error() is None:
            handle_record(record, producer)


main()
