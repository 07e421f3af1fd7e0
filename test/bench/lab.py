# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What every measurement needs: a private broker, a worker, gateways, and loads on them."""

import contextlib
import functools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("BUILD", ROOT / "build"), "test", "bench").resolve()
QUEUE = "bench"
sys.path.insert(0, str(ROOT / "test" / "system"))

from harness import gateway as gateways  # noqa: E402
from harness.broker import Broker  # noqa: E402

BODY = 100


class Lab:
    """One broker and one worker for all measurements of a run that need them."""

    def __init__(self, stack):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.stack = stack
        self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.count = 0

    @functools.cached_property
    def broker(self):
        os.environ["BROKER_SCHEDULERS"] = "2"
        broker = Broker()
        self.stack.callback(broker.destroy)
        broker.start()
        self.start_worker(broker)
        return broker

    def start_worker(self, broker):
        """The C worker on `broker`; it lives as long as the lab."""
        worker = subprocess.Popen(
            [PROGRAMS / "worker", broker.url, QUEUE], stdout=subprocess.PIPE, text=True
        )
        self.stack.callback(end, worker)
        assert worker.stdout.readline() == "ready\n"
        return worker

    def gateway(self, broker=None, prefix=(), environment=None, timeout="5s"):
        """A gateway of one shard with its access log on, ready for calls."""
        mapping = {
            "name": "bench",
            "match": {"method": "POST", "path": "/bench", "op": "bench"},
            "send": {"queue": QUEUE},
            "answer": {"timeout": timeout},
        }
        config = {
            "shards": 1,
            "websockets": [{"path": "/ws", "envelope": "jsonrpc"}],
            "mappings": [mapping],
        }
        complete = gateways.complete(config, (broker or self.broker).url)
        return self.running(complete, environment, prefix)

    def loopback(self, *mappings):
        """The same without a broker: it is its own back end, and nothing else takes part."""
        mapping = {"name": "bench", "match": {"path": "/bench", "op": "bench"}, "send": {}}
        config = {
            "shards": 1,
            "websockets": [{"path": "/ws", "envelope": "jsonrpc"}],
            "bridges": {"echo": {"type": "loopback"}},
            "mappings": [mapping, *mappings],
        }
        return self.running(gateways.complete(config, None))

    @contextlib.contextmanager
    def running(self, config, environment=None, prefix=()):
        self.count += 1
        directory = self.directory / f"gateway{self.count}"
        directory.mkdir()
        gateway = gateways.Gateway(directory, config, environment, prefix)
        try:
            gateway.start(ready=False)
            gateway.wait_ready(60)
            yield gateway
        finally:
            if gateway.process and gateway.process.poll() is None:
                gateway.process.terminate()
                try:
                    gateway.process.wait(40)
                except subprocess.TimeoutExpired:
                    gateway.process.kill()
                    gateway.process.wait()

    def load(self, gateway, *options, websocket=False, expect=("200",)):
        """Runs a load to its end; its result. Every answer has an expected status."""
        done = subprocess.run(
            load_command(gateway.address(), options, websocket),
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        if expect:
            strange = set(result["status"]) - set(expect)
            assert not strange, f"answers with {strange}: {result}"
        return result

    @contextlib.contextmanager
    def idle_connections(self, gateway, connections, websocket=False, source="127.0.0.1"):
        """So many connections that have done one call each and do nothing more."""
        options = ("-i", "-c", connections, "-f", source)
        load = subprocess.Popen(
            load_command(gateway.address(), options, websocket),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert load.stdout.readline() == "idle\n"
            yield
        finally:
            load.stdin.close()
            result = json.loads(load.stdout.readline())
            assert load.wait(60) == 0
            assert result["status"] == {"200": connections}, result

    def bare(self, in_flight, calls):
        """The same calls without a gateway: calls per second."""
        done = subprocess.run(
            [PROGRAMS / "bare", self.broker.url, QUEUE, str(in_flight), str(calls), str(BODY)],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        return result["calls"] / result["seconds"]


def load_command(address, options, websocket=False):
    path = ("-w", "-p", "/ws") if websocket else ("-p", "/bench")
    host, port = address
    words = (PROGRAMS / "load", "-b", BODY, *path, *options, host, port)
    return [str(word) for word in words]


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def file_limit():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def cpu_nanoseconds(pid):
    """Time on a processor of all threads, from the scheduler's own books."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total


def private_dirty(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.search(r"^Private_Dirty: +(\d+) kB", text, re.M)[1])


class Repeating(threading.Thread):
    """Calls `action` again and again, `pause` seconds apart, until stop(); keeps the results."""

    def __init__(self, action, pause):
        super().__init__(daemon=True)
        self.action = action
        self.pause = pause
        self.results = []
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(self.pause):
            try:
                self.results.append(self.action())
            except (OSError, AssertionError) as problem:
                self.results.append(problem)

    def stop(self):
        self.over.set()
        self.join(30)
        return self.results
