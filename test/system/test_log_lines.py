# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The log: what refused a request, and a log that cannot be written."""

import json

import pytest

from harness import gateway as gateways

pytestmark = pytest.mark.threads

ECHO = {"name": "echo", "match": {"method": "POST", "path": "/echo", "op": "echo"}, "send": {}}
NO = {"name": "no", "match": {"path": "/no"}, "send": {"behave": "refuse"}}
LOST = {
    "name": "lost",
    "match": {"path": "/lost"},
    "send": {"behave": "drop"},
    "answer": {"timeout": "100ms"},
}


@pytest.mark.parametrize(
    "method, target, body, status, problem",
    [
        ("GET", "/nothing", None, 404, "not-found"),
        ("GET", "/echo", None, 405, "method-not-allowed"),
        ("POST", "/echo", "x" * 101, 413, "too-large"),
        ("POST", "/no", "x", 503, "refused"),
        ("POST", "/lost", "x", 504, "timeout"),
    ],
)
def test_the_access_line_of_a_refused_request_names_the_problem(
    loopback, method, target, body, status, problem
):
    one = loopback(ECHO, NO, LOST, limits={"body": 100})
    answer = one.request(method, target, body, headers={"X-Request-Id": "r-1"})
    assert answer.status == status
    (line,) = one.access(request_id="r-1")
    assert line["status"] == str(status)
    assert line["problem"] == problem
    assert answer.problem["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1] == problem
    assert line["published"] == answer.problem["published"]


def test_the_access_line_of_a_good_answer_names_none(loopback):
    one = loopback(ECHO)
    assert one.post("/echo", "x", headers={"X-Request-Id": "r-1"}).status == 200
    (line,) = one.access(request_id="r-1")
    assert "problem" not in line


def test_a_chunked_body_that_grows_too_large_has_a_whole_access_line(loopback):
    one = loopback(ECHO, limits={"body": 100})
    with one.connect() as client:
        headers = {"Transfer-Encoding": "chunked", "X-Request-Id": "r-1"}
        client.request("POST", "/echo", headers=headers)
        client.send("40\r\n" + "x" * 64 + "\r\n")
        client.send("40\r\n" + "x" * 64 + "\r\n")
        assert client.response().status == 413
    (line,) = one.access(request_id="r-1")
    assert (line["mapping"], line["status"], line["problem"]) == ("echo", "413", "too-large")


@pytest.mark.parametrize("file", ["missing/log", "."])
def test_a_log_that_cannot_be_opened_ends_the_start(tmp_path, file):
    path = tmp_path / file
    config = gateways.complete(
        {"bridges": {"echo": {"type": "loopback"}}, "mappings": [ECHO], "log": {"file": str(path)}},
        None,
    )
    file = tmp_path / "bridgehead.json"
    file.write_text(json.dumps(config))
    done = gateways.run("run", "-c", file)
    assert done.returncode == 1
    assert str(path) in done.stderr and "log" in done.stderr
    assert done.stderr.strip().endswith(("No such file or directory", "Is a directory"))
