# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Calls over Kafka, in turns with a client that does the same without a gateway: the same records,
the same worker, topics of one partition, the same properties. What a call costs on the processor is
that of all threads of the gateway, librdkafka's too."""

import contextlib
import dataclasses
import json
import os
import statistics
import subprocess
import time

import lab as laboratory
from harness.gateway import complete
from harness.kafka import Kafka
from harness.waiting import eventually

TOPIC, BARE_REPLIES = "bench", "bench.bare.replies"
ROUNDS, STARTS = 7, 5
# in flight, calls of a turn, goal of the ratio, goal of the CPU per call in us
TURNS = ((1, 1500, 0.95, None), (64, 24000, 0.78, 24), (256, 40000, 0.60, 20))
# the same in flight over a Unix socket, as from a proxy on the same machine: calls of a turn
UNIX_TURNS = ((64, 24000), (256, 40000))
# the same on fewer WebSockets: in flight, sockets, calls of a turn
SOCKET_TURNS = ((64, 4, 24000), (256, 8, 60000))
BEHIND_BARE_US = 100
START_MS = 500


@dataclasses.dataclass
class Turn:
    bare_rate: float
    bare_p50: float
    bare_cpu: float
    rate: float
    p50: float
    cpu: float


class KafkaLab:
    """One Kafka and one worker. As production runs it: with the JIT compiler that warms up slowly."""

    def __init__(self, lab):
        self.lab = lab
        self.socket = lab.directory / "bench.sock"
        os.environ["KAFKA_HEAP"] = "256m"
        os.environ["KAFKA_JVM"] = "-XX:+UseSerialGC"
        self.kafka = Kafka()
        lab.stack.callback(self.kafka.destroy)
        self.kafka.start()
        self.kafka.topic(TOPIC)
        self.kafka.topic(BARE_REPLIES)
        words = [laboratory.PROGRAMS / "worker_kafka", self.kafka.bootstrap, TOPIC]
        self.worker = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        lab.stack.callback(laboratory.end, self.worker)
        assert self.worker.stdout.readline() == "ready\n"

    def config(self):
        mapping = {
            "name": "bench",
            "match": {"method": "POST", "path": "/bench", "op": "bench"},
            "send": {"topic": TOPIC},
            "answer": {"timeout": "20s"},
        }
        bridge = {"type": "kafka", "bootstrap": self.kafka.bootstrap}
        config = {
            "shards": 1,
            "bridges": {"kafka": bridge},
            "mappings": [mapping],
            "websockets": [{"path": "/ws"}],
        }
        config = complete(config, None)
        config["listeners"].append({"name": "local", "address": f"unix:{self.socket}"})
        return config

    def gateway(self):
        return self.lab.running(self.config())

    def bare(self, in_flight, calls, *properties):
        numbers = [str(number) for number in (in_flight, calls, laboratory.BODY)]
        done = subprocess.run(
            [
                laboratory.PROGRAMS / "bare_kafka",
                self.kafka.bootstrap,
                TOPIC,
                BARE_REPLIES,
                *numbers,
                *properties,
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def turn(self, gateway, in_flight, calls, sockets=None, unix=False):
        """`calls` without and with the gateway: over HTTP, or on so many WebSockets."""
        bare = self.bare(in_flight, calls)
        before = laboratory.cpu_nanoseconds(gateway.pid)
        words = ("-c", sockets, "-m", in_flight // sockets) if sockets else ("-c", in_flight)
        if unix:
            words += ("-u", self.socket)
        result = self.lab.load(gateway, *words, "-n", calls, websocket=sockets is not None)
        cpu = laboratory.cpu_nanoseconds(gateway.pid) - before
        return Turn(
            bare_rate=bare["calls"] / bare["seconds"],
            bare_p50=bare["p50"] * 1e6,
            bare_cpu=bare["cpu_seconds"] * 1e6 / calls,
            rate=result["answered"] / result["seconds"],
            p50=result["p50"] * 1e6,
            cpu=cpu / 1000 / calls,
        )

    def warm(self, gateway, rounds=3):
        for _ in range(rounds):
            self.turn(gateway, 64, TURNS[1][1])


def middle(turns, value):
    return statistics.median(value(turn) for turn in turns)


def starts(bench):
    """Milliseconds from exec to UP, of some starts."""
    for _ in range(STARTS):
        with contextlib.ExitStack() as stack:
            began = time.monotonic()
            gateway = stack.enter_context(bench.gateway())
            eventually(lambda gateway=gateway: gateway.admin("/readyz").status == 200, 20)
            yield (time.monotonic() - began) * 1000


def report(turns, in_flight, entrance):
    print(
        f"    {in_flight} in flight {entrance}: {middle(turns, lambda turn: turn.rate):,.0f} "
        f"requests/s, bare {middle(turns, lambda turn: turn.bare_rate):,.0f}; p50 "
        f"{middle(turns, lambda turn: turn.p50):,.0f} us, bare "
        f"{middle(turns, lambda turn: turn.bare_p50):,.0f}; CPU "
        f"{middle(turns, lambda turn: turn.cpu):.1f} us a call, bare "
        f"{middle(turns, lambda turn: turn.bare_cpu):.1f}"
    )


def beside(bench, gateway, figure):
    """As many in flight through the other entrances."""
    goals = {in_flight: goal for in_flight, _, goal, _ in TURNS}
    entrances = [(f"on {n} WebSockets", i, calls, {"sockets": n}) for i, n, calls in SOCKET_TURNS]
    entrances += [("over a Unix socket", i, calls, {"unix": True}) for i, calls in UNIX_TURNS]
    for name, in_flight, calls, how in entrances:
        turns = [bench.turn(gateway, in_flight, calls, **how) for _ in range(ROUNDS)]
        report(turns, in_flight, name)
        ratio = middle(turns, lambda turn: turn.rate / turn.bare_rate)
        name = f"the same, {in_flight} in flight {name}"
        yield figure(name, ratio, goals[in_flight], at_least=True, digits=2)


def measure(lab, figure):
    bench = KafkaLab(lab)
    took = list(starts(bench))
    print(f"    the first start made the reply topic: {took[0]:,.0f} ms")
    yield figure("Kafka: start to UP, median", statistics.median(took), START_MS, " ms")
    with bench.gateway() as gateway:
        bench.warm(gateway)
        for in_flight, calls, ratio_goal, cpu_goal in TURNS:
            turns = [bench.turn(gateway, in_flight, calls) for _ in range(ROUNDS)]
            report(turns, in_flight, "over HTTP")
            ratio = middle(turns, lambda turn: turn.rate / turn.bare_rate)
            name = f"requests/s over bare Kafka RPC, {in_flight} in flight"
            yield figure(name, ratio, ratio_goal, at_least=True, digits=2)
            if cpu_goal:
                name = f"Kafka: CPU per call, {in_flight} in flight"
                cost = middle(turns, lambda turn: turn.cpu)
                yield figure(name, cost, cpu_goal, " us", digits=1)
            if in_flight == 1:
                behind = middle(turns, lambda turn: turn.p50 - turn.bare_p50)
                yield figure("Kafka: p50 behind bare, 1 in flight", behind, BEHIND_BARE_US, " us")
        yield from beside(bench, gateway, figure)
