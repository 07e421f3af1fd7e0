# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What 15,000 clients that do nothing cost: memory each, and what they take from 64 that work. Two
gateways are loaded in turns, one of which holds the idle ones, then the other: no two processes are
quite alike. Back end is the loopback bridge, because a broker would do most of the work and hide what
the gateway loses."""

import contextlib
import statistics

import lab as laboratory

IDLE = 15000
ACTIVE, CALLS, ROUNDS = 64, 8000, 25  # short rounds: what disturbs a machine lasts longer


@contextlib.contextmanager
def crowd(lab, gateway):
    """From addresses of its own: it would else use up the ports that those who work look for."""
    half = IDLE // 2
    with (
        lab.idle_connections(gateway, half, source="127.0.0.2"),
        lab.idle_connections(gateway, half, websocket=True, source="127.0.0.3"),
    ):
        yield


def measure(lab, figure):
    needed = IDLE * 10 // 9 + ACTIVE
    assert laboratory.file_limit() >= needed, f"{IDLE} connections need RLIMIT_NOFILE {needed}"
    ratios = []
    with lab.loopback() as first, lab.loopback() as second:
        for gateway in (first, second):
            lab.load(gateway, "-c", ACTIVE, "-n", IDLE)
            lab.load(gateway, "-c", ACTIVE, "-n", IDLE, websocket=True)
        for lonely, crowded in ((first, second), (second, first)):
            before = crowded.private_bytes()
            with crowd(lab, crowded):
                if crowded is second:
                    each = (crowded.private_bytes() - before) / IDLE
                    yield figure(f"private bytes each of {IDLE:,} idle, half WebSocket", each, 400)
                ratios += compare(lab, lonely, crowded)
    name = f"requests/s of {ACTIVE} with {IDLE:,} idle over without"
    yield figure(name, statistics.median(ratios), 0.95, at_least=True, digits=2)


def compare(lab, lonely, crowded):
    """Of each round, the crowded gateway's rate over the other's."""
    ratios, costs = [], []
    for number in range(ROUNDS):
        # In both orders, so that a machine that gets slower favours neither.
        order = (lonely, crowded) if number % 2 == 0 else (crowded, lonely)
        seconds, cpu = {}, {}
        for gateway in order:
            start = laboratory.cpu_nanoseconds(gateway.pid)
            seconds[gateway] = lab.load(gateway, "-c", ACTIVE, "-n", CALLS)["seconds"]
            cpu[gateway] = laboratory.cpu_nanoseconds(gateway.pid) - start
        ratios.append(seconds[lonely] / seconds[crowded])
        costs.append(cpu[crowded] / cpu[lonely])
    rate, cost = statistics.median(ratios), statistics.median(costs)
    print(f"    one way round: {rate:.2f} of the rate, {cost:.2f} of the CPU per call")
    return ratios
