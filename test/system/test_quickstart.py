# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The first command a newcomer types, as it stands."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from harness.gateway import ROOT
from harness.processes import processes_of
from harness.waiting import eventually

RUN = ROOT / "examples" / "quickstart" / "run"

pytestmark = pytest.mark.timeout(300)


def environment(directory, **more):
    kept = {name: value for name, value in os.environ.items() if name != "AMQP_URL"}
    return {**kept, "TMPDIR": str(directory), **more}


def test_it_shows_two_requests_to_each_worker_and_leaves_nothing_behind(tmp_path):
    done = subprocess.run(
        [RUN, "--once"], env=environment(tmp_path), capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        '{"words": 6, "bytes": 18}',
        "Bonjour, Ada !",
        "Saluton, Grace!",
        "queue=quickstart.words correlation_id=",
        "queue=quickstart.greetings correlation_id=",
        "queue=quickstart.quotes correlation_id=",
        "We can only see a short distance ahead",
        "It is often easier to ask for forgiveness",
        "6 requests, 6 answers.",
    ):
        assert said in done.stdout, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def test_it_stays_up_until_ctrl_c_with_a_broker_that_is_already_there(tmp_path, broker):
    process = subprocess.Popen(
        [RUN],
        env=environment(tmp_path, AMQP_URL=broker.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "AMQP_URL=" in line:
                break
        commands = [line.strip() for line in said if line.strip().startswith("curl ")]
        assert commands, "".join(said)
        done = subprocess.run(
            ["bash", "-c", commands[0].split("#")[0]], cwd=ROOT, capture_output=True, text=True
        )
        assert "404" in done.stdout.split("\n")[0], done.stdout + done.stderr
        # Ctrl-C in a terminal reaches the whole group.
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
    assert list(tmp_path.iterdir()) == []
    eventually(lambda: processes_of(tmp_path) == [], 5)
    assert "quickstart." not in broker.ctl("list_queues", "name")


def test_without_node_it_says_so_and_goes_on(tmp_path, broker):
    tools = tmp_path / "bin"
    temporary = tmp_path / "tmp"
    tools.mkdir()
    temporary.mkdir()
    for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for path in pathlib.Path(folder).iterdir():
            if path.name not in ("node", "nodejs", "npm") and not (tools / path.name).is_symlink():
                (tools / path.name).symlink_to(path)
    assert not shutil.which("node", path=str(tools))
    done = subprocess.run(
        [RUN, "--once"],
        env=environment(temporary, AMQP_URL=broker.url, PATH=str(tools)),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Node is not installed" in done.stdout
    assert "4 requests, 4 answers." in done.stdout
