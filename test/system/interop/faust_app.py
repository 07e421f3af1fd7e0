# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Faust agents as its documentation writes them. Knows nothing of Bridgehead."""

import asyncio
import os

import faust

PREFIX = os.environ["PREFIX"]
app = faust.App(
    f"{PREFIX}app",
    broker=f"kafka://{os.environ['KAFKA']}",
    datadir=os.environ["DATA"],
    store="memory://",
    topic_disable_leader=True,
    topic_partitions=2,
    consumer_auto_offset_reset="earliest",
)


class Pair(faust.Record):
    a: int
    b: int


def agent(name, **options):
    return app.agent(app.topic(PREFIX + name, **options))


@agent("describe")
async def describe(values):
    async for value in values:
        yield {"got": value}


@agent("add", value_type=Pair)
async def add(pairs):
    async for pair in pairs:
        yield pair.a + pair.b


@agent("text")
async def text(values):
    async for _ in values:
        yield "plain"


@agent("nothing")
async def nothing(values):
    async for _ in values:
        yield None


@agent("twice")
async def twice(values):
    async for value in values:
        yield 1
        yield 2


@agent("crash")
async def crash(values):
    async for value in values:
        if value.get("good"):
            yield "still here"
        else:
            raise ValueError("the password is hunter2")


@agent("slow")
async def slow(values):
    async for value in values:
        await asyncio.sleep(value["s"])
        yield "late"


@agent("silent")
async def silent(values):
    async for _ in values:
        pass


@app.task
async def ready():
    print("ready", flush=True)


if __name__ == "__main__":
    app.main()
