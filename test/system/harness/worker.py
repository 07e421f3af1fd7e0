# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import queue
import threading

import pika


class Message:
    """A request as the worker sees it. reply() may be called from any thread, any number of times."""

    def __init__(self, worker, method, properties, body):
        self.worker = worker
        self.delivery_tag = method.delivery_tag
        self.routing_key = method.routing_key
        self.exchange = method.exchange
        self.properties = properties
        self.headers = properties.headers or {}
        self.body = body
        self.id = properties.correlation_id
        self.reply_to = properties.reply_to

    def reply(
        self, body=b"", headers=None, correlation_id=None, to=None, exchange="", **properties
    ):
        if isinstance(body, str):
            body = body.encode()
        self.worker.publish(
            to or self.reply_to,
            body,
            pika.BasicProperties(
                correlation_id=self.id if correlation_id is None else correlation_id,
                headers=headers,
                **properties,
            ),
            exchange,
        )


    def reject(self):
        """Gives it up; from the handler of a worker that acks by itself."""
        self.worker.reject(self.delivery_tag)


def echo(message):
    message.reply(
        message.body,
        content_type=message.properties.content_type,
        content_encoding=message.properties.content_encoding,
    )


class Worker:
    """Consumes one queue on a thread of its own. Without a handler it only collects: next() gives
    the messages to the test, which replies as it likes."""

    def __init__(self, broker, name, handler=None, auto_ack=True):
        self.messages = queue.Queue()
        self._handler = handler
        self._connection = broker.connect()
        self._channel = self._connection.channel()
        if not broker.has_queue(name):
            self._channel.queue_declare(name)
        self._channel.basic_consume(name, self._handle_message, auto_ack=auto_ack)
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def reject(self, delivery_tag):
        self._channel.basic_reject(delivery_tag, requeue=False)

    def _run(self):
        try:
            while not self._stopped:
                self._connection.process_data_events(time_limit=1)
        except pika.exceptions.AMQPError:
            pass

    def _handle_message(self, _channel, method, properties, body):
        message = Message(self, method, properties, body)
        self.messages.put(message)
        if self._handler:
            self._handler(message)

    def publish(self, routing_key, body, properties, exchange=""):
        if threading.current_thread() is self._thread:
            self._channel.basic_publish(exchange, routing_key, body, properties)
            return
        self._on_thread(
            lambda: self._channel.basic_publish(exchange, routing_key, body, properties)
        )

    def _on_thread(self, publish):
        done = threading.Event()

        def publish_here():
            publish()
            done.set()

        self._connection.add_callback_threadsafe(publish_here)
        assert done.wait(30), "the worker has lost its broker"

    def flood(self, queue_name, correlation_ids, body):
        """The same message under each of these ids, all of one length, as fast as a socket goes."""
        sample = correlation_ids[0]
        properties = pika.BasicProperties(correlation_id=sample)
        publish = pika.spec.Basic.Publish(exchange="", routing_key=queue_name)
        number = self._channel.channel_number
        parts = [
            pika.frame.Method(number, publish).marshal(),
            pika.frame.Header(number, len(body), properties).marshal(),
            pika.frame.Body(number, body).marshal(),
        ]
        before, after = b"".join(parts).split(sample.encode())
        for start in range(0, len(correlation_ids), 5000):
            some = correlation_ids[start : start + 5000]
            data = b"".join(before + each.encode() + after for each in some)
            self._on_thread(lambda data=data: self._connection._impl._adapter_emit_data(data))

    def next(self, timeout=10):
        try:
            return self.messages.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no message within {timeout} s") from None

    def has_none(self, for_seconds=0.3):
        """Nothing comes, which only time can show."""
        try:
            self.messages.get(timeout=for_seconds)
        except queue.Empty:
            return True
        return False

    def stop(self):
        self._stopped = True
        try:
            self._connection.add_callback_threadsafe(lambda: None)
        except pika.exceptions.AMQPError:
            pass
        self._thread.join(10)
        try:
            self._connection.close()
        except pika.exceptions.AMQPError:
            pass
