# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""RabbitMQ stopped by SIGSTOP under load: it neither reads nor answers nor closes."""

import json
import pathlib
import re
import subprocess
import time

import lab as laboratory
from harness.broker import Broker
from harness.waiting import eventually

TIMEOUT_S = 1
FULL_AFTER_S = 13  # by then what the kernel and the backlog hold is full
FROZEN_S = 17
MEGABYTE = 1024 * 1024
# A line of strace -f -T: thread, call, and how long it took.
LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed).* <(\d+\.\d+)>$", re.M)
WAITING = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}
BLOCKING = {"poll", "ppoll", "select", "pselect6", "nanosleep", "clock_nanosleep", "fsync"}


def shard_threads(pid):
    """The threads that wait in a loop for sockets: those named after a shard, else the first."""
    tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
    named = [int(task.name) for task in tasks if "shard" in (task / "comm").read_text()]
    return named or [pid]


def measure(lab, figure):
    broker = Broker()
    lab.stack.callback(broker.destroy)
    broker.start()
    lab.start_worker(broker)
    with lab.gateway(broker=broker, timeout=f"{TIMEOUT_S}s") as gateway:
        yield from freeze(lab, gateway, broker, figure)


def least_memory(gateway, seconds):
    """What it holds at least within the time. More than that are bodies on their way in, which 64
    clients send all the time and which stand whole in memory one moment and not at all the next."""
    samples = laboratory.Repeating(gateway.private_bytes, 0.02)
    time.sleep(seconds)
    return min(samples.stop())


def freeze(lab, gateway, broker, figure):
    shards = shard_threads(gateway.pid)
    trace_file = lab.directory / "frozen.strace"
    # Bodies large enough to fill what the kernel buffers: then a write could block.
    options = ("-c", 64, "-b", 65536, "-s", FROZEN_S + 4)
    load = subprocess.Popen(
        laboratory.load_command(gateway.address(), options), stdout=subprocess.PIPE, text=True
    )
    before = least_memory(gateway, 2)
    broker.freeze()
    try:
        trace = subprocess.Popen(
            ["strace", "-f", "-T", "-o", trace_file, "-p", str(gateway.pid)],
            stderr=subprocess.DEVNULL,
        )
        live = laboratory.Repeating(lambda: gateway.admin("/livez").status, 0.2)
        time.sleep(FULL_AFTER_S - 2)
        full = least_memory(gateway, 2)
        growth = least_memory(gateway, FROZEN_S - FULL_AFTER_S) - full
        alive = live.stop()
        laboratory.end(trace)
    finally:
        broker.thaw()
    result = json.loads(load.communicate(timeout=60)[0])
    eventually(lambda: gateway.admin("/readyz").status == 200, 40, "ready again")
    lab.load(gateway, "-c", 16, "-n", 200)

    print(f"    answers: {result['status']}, checks of /livez: {len(alive)}")
    strange = set(result["status"]) - {"200", "503", "504"}
    yield figure("frozen broker: answers other than 200, 503, 504", len(strange), 0)
    yield figure("frozen broker: connections that broke", result["broken"], 0)
    yield figure("frozen broker: longest answer", result["longest"], TIMEOUT_S + 1, " s", digits=2)
    missed = sum(answer != 200 for answer in alive)
    yield figure("frozen broker: failed checks of /livez", missed if alive else 1, 0)
    name = "frozen broker: growth of memory"
    yield figure(f"{name}, backlog of 4 MiB", (full - before) / MEGABYTE, 5, " MB", digits=2)
    yield figure(f"{name} once that is full", growth / MEGABYTE, 0.5, " MB", digits=2)
    calls = [
        (name, float(seconds))
        for thread, name, seconds in LINE.findall(trace_file.read_text(errors="replace"))
        if int(thread) in shards and name not in WAITING
    ]
    assert calls, "strace saw nothing of the shard"
    blocking = sum(name in BLOCKING for name, _ in calls)
    yield figure("frozen broker: system calls on the shard that could block", blocking, 0)
    longest = max(seconds for _, seconds in calls)
    yield figure("frozen broker: longest system call on the shard", longest, 0.1, " s", digits=4)
