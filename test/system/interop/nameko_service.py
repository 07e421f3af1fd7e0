# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A Nameko service as its documentation writes one. Knows nothing of Bridgehead."""

import os

import eventlet

eventlet.monkey_patch()

from nameko.rpc import rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402


class Greeter:
    name = "greeter"

    @rpc
    def hello(self, name):
        return {"greeting": f"Hello, {name}!"}

    @rpc
    def nothing(self):
        return None

    @rpc
    def crash(self):
        raise ValueError("no such name")

    @rpc
    def slow(self, s):
        eventlet.sleep(s)
        return "late"


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": os.environ["AMQP_URL"]})
    runner.add_service(Greeter)
    runner.start()
    print("ready", flush=True)
    runner.wait()
