# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess

from harness.client import Connection
from harness.metrics import Metrics
from harness.ports import free_port
from harness.waiting import eventually
from harness.websocket import WebSocket

ROOT = pathlib.Path(__file__).parents[3]
BINARY = pathlib.Path(os.environ.get("BRIDGEHEAD", ROOT / "build" / "bridgehead")).resolve()
_PROGRAM = BINARY.read_bytes() if BINARY.exists() else b""
WATCHES_THREADS = b"__tsan_init" in _PROGRAM
SANITIZED = WATCHES_THREADS or b"__asan_init" in _PROGRAM
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer")


def run(*arguments, **options):
    """One of the short commands: bridgehead check, call, version."""
    done = subprocess.run(
        [BINARY, *arguments], capture_output=True, text=True, timeout=60, **options
    )
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


class Gateway:
    """The program under test: started by start(), which returns when its listeners are open."""

    def __init__(self, directory, config, environment=None, prefix=()):
        self.directory = pathlib.Path(directory)
        self.config = config
        self.file = self.directory / "bridgehead.json"
        self.arguments = ["run", "-c", self.file]
        self.stderr_path = self.directory / "stderr"
        self.environment = environment or {}
        self.prefix = list(prefix)
        self.process = None
        self.exit_expected = 0

    # Starting and stopping

    def start(self, ready=True):
        self.file.write_text(
            self.config if isinstance(self.config, str) else json.dumps(self.config, indent=2)
        )
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = str(self.directory / "notify")
            notify.bind(path)
            notify.settimeout(0.2)
            with open(self.stderr_path, "ab") as stderr:
                self.process = subprocess.Popen(
                    [*self.prefix, BINARY, *self.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=stderr,
                    stderr=stderr,
                    env={**os.environ, **self.environment, "NOTIFY_SOCKET": path},
                )
            try:
                eventually(lambda: self._is_announced(notify), 30, "READY=1 from the gateway")
            finally:
                os.unlink(path)
        if ready:
            self.wait_ready()
        return self

    def _is_announced(self, notify):
        assert self.process.poll() is None, f"it ended: {self.process.returncode}\n{self.stderr}"
        try:
            return "READY=1" in notify.recv(4096).decode().splitlines()
        except TimeoutError:
            return False

    def wait_ready(self, timeout=20):
        eventually(lambda: self.admin("/readyz").status == 200, timeout, "/readyz 200")

    def wait_not_ready(self, timeout=20):
        eventually(lambda: self.admin("/readyz").status == 503, timeout, "/readyz 503")

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, timeout=40):
        """The exit status; the process must not have said anything that a sanitizer says."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still there {timeout} s later:\n{self.stderr[-3000:]}") from None
        assert not SANITIZER.search(self.stderr), self.stderr[-20000:]
        return status

    def stop(self, timeout=40):
        """SIGTERM: it must end by itself, with status 0."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        status = self.wait_exit(timeout)
        self.process = None
        assert status == self.exit_expected, f"exit status {status}\n{self.stderr[-5000:]}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    # What it is

    @property
    def pid(self):
        return self.process.pid

    def address(self, listener=0):
        host, port = self.config["listeners"][listener]["address"].rsplit(":", 1)
        return host, int(port)

    @property
    def admin_address(self):
        host, port = self.config["admin"]["address"].rsplit(":", 1)
        return host, int(port)

    def url(self, path="/", scheme="http"):
        host, port = self.address()
        return f"{scheme}://{host}:{port}{path}"

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace") if self.stderr_path.exists() else ""

    def log(self, **fields):
        """The logfmt lines that have these fields, as dicts."""
        lines = []
        for line in self.stderr.splitlines():
            try:
                pairs = dict(part.split("=", 1) for part in shlex.split(line))
            except ValueError:
                continue
            if all(pairs.get(name) == str(value) for name, value in fields.items()):
                lines.append(pairs)
        return lines

    def access(self, **fields):
        """Access lines, once there is one: the log is written when the loop has a moment."""
        return eventually(lambda: self.log(**fields), 5, f"a log line with {fields}")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def private_bytes(self):
        """What only it has written to. 0 of a sanitized binary, which keeps what was freed to find
        who still uses it. Clean pages are left out: those of the program itself turn private when
        the gateway of another test ends."""
        if SANITIZED:
            return 0
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Private_Dirty: +(\d+) kB", text, re.M)[1])

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # Talking to it

    def connect(self, listener=0, timeout=15):
        return Connection(self.address(listener), timeout)

    def request(self, method, target, body=None, headers=(), timeout=15, **options):
        """One request on a connection of its own."""
        with self.connect(timeout=timeout) as connection:
            connection.request(method, target, body, headers, **options)
            return connection.response(to=method)

    def get(self, target, **options):
        return self.request("GET", target, **options)

    def post(self, target, body=b"", **options):
        return self.request("POST", target, body, **options)

    def post_json(self, target, value, headers=(), **options):
        return self.post(
            target,
            json.dumps(value),
            headers={"Content-Type": "application/json", **dict(headers)},
            **options,
        )

    def websocket(self, path="/ws", **options):
        return WebSocket(self.address(), path, **options)

    def admin(self, target, method="GET"):
        with Connection(self.admin_address) as connection:
            connection.request(method, target)
            return connection.response(to=method)

    def metrics(self):
        answer = self.admin("/metrics")
        assert answer.status == 200, answer
        return Metrics(answer.body.decode())

    def metric(self, name, **labels):
        return self.metrics().sum(name, **labels)

    def wait_metric(self, name, value, timeout=10, **labels):
        eventually(
            lambda: self.metric(name, **labels) == value, timeout, f"{name}{labels} = {value}"
        )


def complete(config, broker_url):
    """A test writes down what it is about; the rest of a configuration is always the same."""
    config = dict(config)
    websockets = config.pop("websockets", None)
    limits = config.pop("limits", None)
    bridge = config.pop("bridge", {})
    if "listeners" not in config:
        listener = {"name": "public", "address": f"127.0.0.1:{free_port()}"}
        if websockets:
            listener["websockets"] = websockets
        if limits:
            listener["limits"] = limits
        config["listeners"] = [listener]
    config.setdefault("admin", {"address": f"127.0.0.1:{free_port()}"})
    if "bridges" not in config:
        config["bridges"] = {"rabbit": {"type": "amqp", "url": broker_url, **bridge}}
    if len(config["bridges"]) == 1:
        config["defaults"] = {"bridge": next(iter(config["bridges"])), **config.get("defaults", {})}
    return config
