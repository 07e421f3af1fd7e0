# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""examples/kafka as it stands: with the Kafka inside, and with a real one."""

import subprocess

import pytest

from harness.examples import path_without, run_once, staying_up

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


def said_once(directory, *arguments, **environment):
    done = run_once("kafka", directory, *arguments, timeout=380, **environment)
    return done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [(), ("--real",)], ids=["embedded", "real"])
def test_every_worker_answers_and_nothing_is_left_behind(tmp_path, arguments):
    said = said_once(tmp_path, *arguments)
    expected, requests = PYTHON, 3
    if "without the worker in node" not in said:
        expected, requests = expected + NODE, requests + 2
    if "without the worker in go" not in said:
        expected, requests = expected + GO, requests + 2
    for text in (*expected, f"{requests} requests, {requests} answers."):
        assert text in said, said


def test_without_node_and_go_it_says_so_and_goes_on(tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = path_without(tmp_path, "node", "nodejs", "npm", "go")
    said = said_once(temporary, PATH=path)
    assert "Node is not installed" in said and "Go is not installed" in said
    assert "3 requests, 3 answers." in said


def test_it_stays_up_until_ctrl_c(tmp_path):
    with staying_up("kafka", tmp_path, "for a worker of your own") as said:
        commands = [line.strip() for line in said if line.strip().startswith("curl -i")]
        assert len(commands) == 2, "".join(said)
        for command, status in zip(commands, ("404", "202"), strict=True):
            done = subprocess.run(
                ["bash", "-c", command.split("    #")[0]], capture_output=True, text=True, timeout=30
            )
            assert status in done.stdout.split("\n")[0], done.stdout + done.stderr
