# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Functions behind aio-pika's JsonRPC as its documentation writes them. Knows nothing of Bridgehead."""

import asyncio
import os

import aio_pika
from aio_pika.patterns import JsonRPC


async def multiply(*, x, y):
    return x * y


async def crash():
    raise ValueError("no such thing")


async def slow(*, s):
    await asyncio.sleep(s)
    return "late"


async def main():
    connection = await aio_pika.connect_robust(os.environ["AMQP_URL"])
    channel = await connection.channel()
    rpc = await JsonRPC.create(channel)
    for function in (multiply, crash, slow):
        await rpc.register(function.__name__, function, auto_delete=True)
    # A queue that nobody works on, as when all its workers have just gone.
    await channel.declare_queue(
        "idle", auto_delete=False, arguments={"x-dead-letter-exchange": JsonRPC.DLX_NAME}
    )
    print("ready", flush=True)
    await asyncio.Future()


asyncio.run(main())
