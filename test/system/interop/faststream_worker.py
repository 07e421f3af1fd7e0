# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A FastStream application on RabbitMQ or Kafka as its documentation writes one. Knows nothing of Bridgehead."""

import asyncio
import os

from faststream import FastStream

KAFKA, PREFIX = os.environ.get("KAFKA"), os.environ["PREFIX"]
if KAFKA:
    if os.environ.get("CONFLUENT"):
        from faststream.confluent import KafkaBroker, KafkaResponse as Response
    else:
        from faststream.kafka import KafkaBroker, KafkaResponse as Response

    broker = KafkaBroker(KAFKA)

    def subscriber(name):
        return broker.subscriber(PREFIX + name, auto_offset_reset="earliest")
else:
    from faststream.rabbit import RabbitBroker, RabbitResponse as Response

    broker = RabbitBroker(os.environ["AMQP_URL"])

    def subscriber(name):
        return broker.subscriber(PREFIX + name)


app = FastStream(broker)


@subscriber("describe")
async def describe(body: dict) -> dict:
    return {"got": body}


@subscriber("add")
async def add(a: int, b: int) -> int:
    return a + b


@subscriber("text")
async def text(body: dict) -> str:
    return "plain"


@subscriber("nothing")
async def nothing(body: dict) -> None:
    return None


@subscriber("missing")
async def missing(body: dict) -> Response:
    return Response({"message": "no such order"}, headers={"status": "404"})


@subscriber("crash")
async def crash(body: dict) -> dict:
    raise ValueError("the password is hunter2")


@subscriber("slow")
async def slow(body: dict) -> str:
    await asyncio.sleep(body["s"])
    return "late"


@app.after_startup
async def ready():
    print("ready", flush=True)


if __name__ == "__main__":
    asyncio.run(app.run())
