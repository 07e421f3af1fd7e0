# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The numbers this project promises, each beside its limit. Costs per call are the difference of
two runs of different length, divided by the difference of their calls: what starting costs, and
what opening connections costs, is not in them. Ratios are of things measured in turns, minutes
apart at most, because a shared machine is never the same twice."""

import contextlib
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import time

import codec
import envelope
import frozen
import idle
import kafka_calls
import lab as laboratory
import match
import proxy
import slow
from lab import ROOT, Lab

MEGABYTE = 1024 * 1024


class Figure:
    def __init__(self, name, value, limit, unit="", at_least=False, digits=0):
        self.name, self.value, self.limit, self.unit = name, value, limit, unit
        self.at_least, self.digits = at_least, digits

    @property
    def good(self):
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def text(self, value):
        return f"{value:,.{self.digits}f}{self.unit}"

    @property
    def limit_text(self):
        if self.limit is None:
            return "-"
        return f"{'at least' if self.at_least else 'at most'} {self.text(self.limit)}"

    def __str__(self):
        verdict = "ok" if self.good else "MISSED"
        return f"{self.name:62} {self.text(self.value):>12}   {self.limit_text:20} {verdict}"


# Instructions


def counted_instructions(lab, calls, options, websocket):
    """Instructions of a whole life of the gateway, with so many calls in it."""
    output = lab.directory / "callgrind.out"
    output.unlink(missing_ok=True)
    prefix = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}")
    with lab.gateway(prefix=prefix, timeout="30s") as gateway:
        lab.load(gateway, "-c", 16, "-n", calls, *options, websocket=websocket)
    summary = re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.M)
    return int(summary[1])


def instructions(lab):
    for name, options, websocket, limit in (
        ("HTTP, minimal headers", (), False, 7000),
        ("HTTP, 480 bytes of browser headers", ("-B",), False, 10000),
        ("WebSocket, jsonrpc", (), True, None),
    ):
        few, many = 2000, 12000
        first = counted_instructions(lab, few, options, websocket)
        second = counted_instructions(lab, many, options, websocket)
        yield Figure(f"instructions per call, {name}", (second - first) / (many - few), limit)


# System calls and heap


def counted_syscalls(lab, gateway, calls):
    """name -> count while so many calls are made, 64 in flight."""
    output = lab.directory / "strace.out"
    trace = subprocess.Popen(
        ["strace", "-f", "-c", "-U", "name,calls", "-o", output, "-p", str(gateway.pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "attached" in trace.stderr.readline()
        lab.load(gateway, "-c", 64, "-n", calls)
    finally:
        trace.send_signal(signal.SIGINT)
        trace.communicate(timeout=20)
    rows = re.findall(r"^(\w+) +(\d+)$", output.read_text(), re.M)
    return {name: int(count) for name, count in rows if name != "total"}


def syscalls(lab):
    few, many = 4000, 24000
    with lab.gateway() as gateway:
        lab.load(gateway, "-c", 64, "-n", few)
        first = counted_syscalls(lab, gateway, few)
        second = counted_syscalls(lab, gateway, many)
    per_call = {
        name: (second.get(name, 0) - first.get(name, 0)) / (many - few)
        for name in sorted(first.keys() | second.keys())
    }
    yield Figure("system calls per call, 64 in flight", sum(per_call.values()), 2.3, digits=2)
    yield Figure("epoll_ctl per call", per_call.get("epoll_ctl", 0), 0.001, digits=4)
    for name, count in sorted(per_call.items(), key=lambda item: -item[1]):
        if count >= 0.005:
            print(f"    {name:20} {count:.3f}")


def heap(lab):
    counter = lab.directory / "malloc.count"
    environment = {
        "LD_PRELOAD": str(laboratory.PROGRAMS / "malloc_count.so"),
        "MALLOC_COUNT_FILE": str(counter),
    }

    def allocations():
        return int.from_bytes(counter.read_bytes(), sys.byteorder)

    with lab.gateway(environment=environment) as gateway:
        for websocket in (False, True):
            counts = []
            few, many = 4000, 44000
            for calls in (few, few, many):
                before = allocations()
                lab.load(gateway, "-c", 64, "-n", calls, websocket=websocket)
                counts.append(allocations() - before)
            yield Figure(
                f"heap allocations per call, {'WebSocket' if websocket else 'HTTP'}",
                (counts[2] - counts[1]) / (many - few),
                0.005,
                digits=4,
            )


# Memory


def memory(lab):
    connections = 5000
    with lab.gateway() as gateway:
        time.sleep(1)  # what start-up freed is given back by a slow timer, if at all
        dirty = laboratory.private_dirty(gateway.pid)
        yield Figure("private dirty at rest, AMQP up", dirty / MEGABYTE, 4, " MB", digits=2)
    for websocket in (False, True):
        with lab.gateway() as gateway:
            lab.load(gateway, "-c", 16, "-n", 5000, websocket=websocket)
            before = gateway.private_bytes()
            with lab.idle_connections(gateway, connections, websocket):
                after = gateway.private_bytes()
            yield Figure(
                f"private bytes per idle {'WebSocket' if websocket else 'keep-alive connection'}",
                (after - before) / connections,
                400,
            )


# Throughput


def throughput(lab):
    calls, rounds = 12000, 7
    with lab.gateway() as gateway:
        for in_flight, limit in ((64, 0.80), (256, 0.75)):
            lab.load(gateway, "-c", in_flight, "-n", calls)
            ratios, rates = [], []
            for _ in range(rounds):
                bare = lab.bare(in_flight, calls)
                result = lab.load(gateway, "-c", in_flight, "-n", calls)
                rate = result["answered"] / result["seconds"]
                ratios.append(rate / bare)
                rates.append(rate)
            print(f"    {in_flight} in flight: {sorted(rates)[rounds // 2]:,.0f} requests/s")
            yield Figure(
                f"requests/s over bare AMQP RPC, {in_flight} in flight",
                sorted(ratios)[rounds // 2],
                limit,
                at_least=True,
                digits=2,
            )


def cpu(lab):
    if not proxy.available():
        print("    nginx is not installed: its comparison is left out")
        return
    calls, rounds = 12000, 5
    with lab.gateway() as gateway, proxy.running(lab.directory, laboratory.BODY) as nginx:

        def cost(pid, run):
            before = laboratory.cpu_nanoseconds(pid)
            run()
            return (laboratory.cpu_nanoseconds(pid) - before) / calls / 1000

        for in_flight, limit in ((64, 0.80), (256, 0.70)):
            options = ("-c", in_flight, "-n", calls)
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(cost(gateway.pid, lambda: lab.load(gateway, *options)))
                theirs.append(cost(nginx.worker_pid, lambda: lab.load(nginx, *options)))
            ratio = sorted(a / b for a, b in zip(ours, theirs, strict=True))[rounds // 2]
            print(f"    {in_flight} in flight: {min(ours):.1f} us, nginx {min(theirs):.1f} us")
            name = f"CPU per request over nginx proxy_pass, {in_flight} in flight"
            yield Figure(name, ratio, limit, digits=2)


# The others stand in files of their own.

FIGURES = {
    "instructions": instructions,
    "syscalls": syscalls,
    "heap": heap,
    "memory": memory,
    "throughput": throughput,
    "cpu": cpu,
    "stopped": lambda lab: frozen.measure(lab, Figure),
    "codec": lambda lab: codec.measure(lab, Figure),
    "envelope": lambda lab: envelope.measure(lab, Figure),
    "match": lambda lab: match.measure(lab, Figure),
    "idle": lambda lab: idle.measure(lab, Figure),
    "slow": lambda lab: slow.measure(lab, Figure),
    "kafka": lambda lab: kafka_calls.measure(lab, Figure),
}


def record(figures, all_of_them):
    """Puts the table into docs/benchmarks.md, between its two marks; of some figures only their
    lines."""
    path = ROOT / "docs" / "benchmarks.md"
    head, rest = path.read_text().split("<!-- figures -->\n", 1)
    table, tail = rest.split("<!-- end -->\n", 1)
    lines = {} if all_of_them else {line.split(" | ")[0]: line for line in table.splitlines()[2:-2]}
    for figure in figures:
        verdict = "ok" if figure.good else "**missed**"
        lines[f"| {figure.name}"] = (
            f"| {figure.name} | {figure.text(figure.value)} | {figure.limit_text} | {verdict} |"
        )
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    machine = processor[1] if processor else platform.machine()
    written = [
        "| figure | measured | limit | |",
        "| --- | --- | --- | --- |",
        *lines.values(),
        "",
        f"{time.strftime('%Y-%m-%d')}, {machine}, {os.cpu_count()} processors, Debian 12.",
    ]
    path.write_text(
        head + "<!-- figures -->\n" + "\n".join(written) + "\n<!-- end -->\n" + tail
    )


def main(words):
    names = [word for word in words if word != "--record"] or list(FIGURES)
    unknown = set(names) - set(FIGURES)
    if unknown:
        sys.exit(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    figures = []
    with contextlib.ExitStack() as stack:
        lab = Lab(stack)
        for name in names:
            for figure in FIGURES[name](lab):
                figures.append(figure)
                print(figure, flush=True)
    if "--record" in words:
        record(figures, set(names) == set(FIGURES))
    missed = [figure for figure in figures if not figure.good]
    print(f"{len(figures) - len(missed)} held, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
