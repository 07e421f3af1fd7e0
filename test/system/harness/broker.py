# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import uuid

import pika

from harness.node import Node


class Broker(Node):
    """A private RabbitMQ node."""

    script = "rabbitmq"

    @property
    def url(self):
        return self.address

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1].strip("/"))

    def ctl(self, *arguments):
        return self._script("ctl", *arguments)

    def connect(self):
        return pika.BlockingConnection(pika.URLParameters(self.url))

    def queue(self, name=None, durable=False, **arguments):
        """Declares a queue; its name."""
        name = name or f"q-{uuid.uuid4()}"
        with self.connect() as connection:
            connection.channel().queue_declare(name, durable=durable, arguments=arguments or None)
        return name

    def has_queue(self, name):
        with self.connect() as connection:
            try:
                connection.channel().queue_declare(name, passive=True)
            except pika.exceptions.ChannelClosedByBroker:
                return False
            return True

    def delete_queue(self, name):
        with self.connect() as connection:
            connection.channel().queue_delete(name)

    def exchange(self, name=None, kind="topic"):
        name = name or f"x-{uuid.uuid4()}"
        with self.connect() as connection:
            connection.channel().exchange_declare(name, kind)
        return name

    def delete_exchange(self, name):
        with self.connect() as connection:
            connection.channel().exchange_delete(name)

    def bind(self, queue, exchange, routing_key):
        with self.connect() as connection:
            connection.channel().queue_bind(queue, exchange, routing_key)

    def publish(self, queue, body, **properties):
        with self.connect() as connection:
            connection.channel().basic_publish("", queue, body, pika.BasicProperties(**properties))

    def depth(self, queue):
        with self.connect() as connection:
            return connection.channel().queue_declare(queue, passive=True).method.message_count

    def get(self, queue):
        """Takes one message: (properties, body), or None."""
        with self.connect() as connection:
            method, properties, body = connection.channel().basic_get(queue, auto_ack=True)
            return (properties, body) if method else None

    def reply_queues(self, instance):
        return [
            line.strip()
            for line in self.ctl("list_queues", "name").splitlines()
            if line.startswith(f"bridgehead.{instance}.")
        ]
