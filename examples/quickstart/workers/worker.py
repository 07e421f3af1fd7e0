# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A worker in Python: greets by name. All it knows is a broker, a queue, and that a reply goes to
`reply_to` with the `correlation_id` of the request."""

import json
import os

import pika

QUEUE = "quickstart.greetings"
GREETINGS = {"en": "Hello, {}!", "de": "Guten Tag, {}!", "fr": "Bonjour, {} !", "eo": "Saluton, {}!"}


def greet(language, name):
    if language not in GREETINGS:
        return {"code": 404, "greeting": f"no greeting in {language!r}"}
    return {"code": 200, "greeting": GREETINGS[language].format(name)}


def handle_message(channel, _method, properties, body):
    fields = {
        "queue": QUEUE,
        "correlation_id": properties.correlation_id,
        "reply_to": properties.reply_to,
        "expiration": properties.expiration,
        "content_type": properties.content_type,
        "headers": json.dumps(properties.headers),
        "body": body.decode(),
    }
    print(*(f"{name}={value}" for name, value in fields.items() if value), flush=True)
    if properties.reply_to:
        channel.basic_publish(
            "",
            properties.reply_to,
            json.dumps(greet(properties.headers["language"], json.loads(body)["name"])),
            pika.BasicProperties(
                correlation_id=properties.correlation_id, content_type="application/json"
            ),
        )


def main():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.queue_declare(QUEUE, auto_delete=True)
    channel.basic_consume(QUEUE, handle_message, auto_ack=True)
    print("ready", flush=True)
    channel.start_consuming()


main()
