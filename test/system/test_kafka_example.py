# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""examples/kafka as it stands: with the Kafka inside, and with a real one."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from harness.gateway import ROOT
from harness.processes import processes_of
from harness.waiting import eventually

RUN = ROOT / "examples" / "kafka" / "run"
PYTHON = (
    "Bonjour, Ada !",
    "Saluton, Grace!",
    "topic=example.greetings correlation_id=",
    "HTTP/1.1 202 Accepted",
    'body={"item": "tea"} key=7',
)
NODE = (
    "We can only see a short distance ahead",
    "It is often easier to ask for forgiveness",
    "topic=example.quotes correlation_id=",
)
GO = ('{"words": 6, "bytes": 18}', "topic=example.words correlation_id=")

pytestmark = pytest.mark.timeout(400)


def run_once(directory, *arguments, path=os.environ["PATH"]):
    done = subprocess.run(
        [RUN, "--once", *arguments],
        env={**os.environ, "TMPDIR": str(directory), "PATH": path},
        capture_output=True,
        text=True,
        timeout=380,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(directory.iterdir()) == []
    assert processes_of(directory) == []
    return done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [(), ("--real",)], ids=["embedded", "real"])
def test_every_worker_answers_and_nothing_is_left_behind(tmp_path, arguments):
    said = run_once(tmp_path, *arguments)
    expected, requests = PYTHON, 3
    if "without the worker in node" not in said:
        expected, requests = expected + NODE, requests + 2
    if "without the worker in go" not in said:
        expected, requests = expected + GO, requests + 2
    for text in (*expected, f"{requests} requests, {requests} answers."):
        assert text in said, said


def test_without_node_and_go_it_says_so_and_goes_on(tmp_path):
    tools, temporary = tmp_path / "bin", tmp_path / "tmp"
    tools.mkdir()
    temporary.mkdir()
    for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for path in pathlib.Path(folder).iterdir():
            if path.name not in ("node", "nodejs", "npm", "go") and not (tools / path.name).is_symlink():
                (tools / path.name).symlink_to(path)
    assert not shutil.which("node", path=str(tools)) and not shutil.which("go", path=str(tools))
    said = run_once(temporary, path=str(tools))
    assert "Node is not installed" in said and "Go is not installed" in said
    assert "3 requests, 3 answers." in said


def test_it_stays_up_until_ctrl_c(tmp_path):
    process = subprocess.Popen(
        [RUN],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "for a worker of your own" in line:
                break
        commands = [line.strip() for line in said if line.strip().startswith("curl -i")]
        assert len(commands) == 2, "".join(said)
        for command, status in zip(commands, ("404", "202"), strict=True):
            done = subprocess.run(
                ["bash", "-c", command.split("    #")[0]], capture_output=True, text=True, timeout=30
            )
            assert status in done.stdout.split("\n")[0], done.stdout + done.stderr
        # Ctrl-C in a terminal reaches the whole group.
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
    assert list(tmp_path.iterdir()) == []
    eventually(lambda: processes_of(tmp_path) == [], 5)
