# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The first command a newcomer types, as it stands."""

import subprocess

import pytest

from harness.examples import path_without, run_once, staying_up
from harness.gateway import ROOT

pytestmark = pytest.mark.timeout(300)


def test_it_shows_two_requests_to_each_worker_and_leaves_nothing_behind(tmp_path):
    done = run_once("quickstart", tmp_path)
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


def test_it_stays_up_until_ctrl_c_with_a_broker_that_is_already_there(tmp_path, broker):
    with staying_up("quickstart", tmp_path, "AMQP_URL=", AMQP_URL=broker.url) as said:
        commands = [line.strip() for line in said if line.strip().startswith("curl ")]
        assert commands, "".join(said)
        done = subprocess.run(
            ["bash", "-c", commands[0].split("#")[0]], cwd=ROOT, capture_output=True, text=True
        )
        assert "404" in done.stdout.split("\n")[0], done.stdout + done.stderr
    assert "quickstart." not in broker.ctl("list_queues", "name")


def test_without_node_it_says_so_and_goes_on(tmp_path, broker):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    path = path_without(tmp_path, "node", "nodejs", "npm")
    done = run_once("quickstart", temporary, AMQP_URL=broker.url, PATH=path)
    assert "Node is not installed" in done.stdout
    assert "4 requests, 4 answers." in done.stdout
