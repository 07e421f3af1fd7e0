# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""examples/nestjs, celery and spring-kafka as they stand, with the packages that the tests have installed."""

import os
import pathlib
import re
import sys

import pytest

from harness.examples import run_once
from harness.gateway import BINARY, ROOT

NODE_MODULES = ROOT / "test" / "system" / "interop" / "nestjs" / "node_modules"
PINS = {
    ".txt": re.compile(r"^[\w.-]+==\S+$", re.M),
    ".json": re.compile(r'^ +"integrity": .*$', re.M),
    ".xml": re.compile(r"<artifactId>.*</artifactId>\s+<version>[\d.]{3,}</version>"),
}


def said_once(example, directory, broker, **environment):
    environment = {"AMQP_URL": broker.url, "BRIDGEHEAD": str(BINARY), **environment}
    done = run_once(example, directory, timeout=100, **environment)
    return re.sub(r"\x1b\[\d*m", "", done.stdout)


def assert_said(said, *answers):
    for status, body in answers:
        assert re.search(rf"^ +{status}.*\n +{re.escape(body)}", said, re.M), said


def test_nestjs(tmp_path, broker):
    said = said_once("nestjs", tmp_path, broker, NODE_MODULES=str(NODE_MODULES))
    assert_said(
        said,
        ("HTTP/1.1 200", "42"),
        ("HTTP/1.1 404", '{"statusCode":404,"message":"no order 7"}'),
        ("HTTP/1.1 200", '{"id":"1","item":"tea"}'),
        ("HTTP/1.1 200", "3\n    2\n    1"),
        ("HTTP/1.1 202", '{"call":'),
    )
    assert "6 requests, 6 answers." in said


def test_celery(tmp_path, broker):
    said = said_once("celery", tmp_path, broker, PYTHON=sys.executable)
    assert_said(
        said,
        ("HTTP/1.1 200", "42"),
        ("HTTP/1.1 400", '{"exc_type":"ValueError","exc_message":["there is nothing to count"]}'),
        ("HTTP/1.1 404", '{"exc_type":"NotRegistered"'),
        ("HTTP/1.1 200", '{"pages": 3}'),
        ("HTTP/1.1 202", '{"call":'),
    )
    assert "6 requests, 6 answers." in said
    broker.delete_queue("example.celery")


@pytest.mark.interop
def test_spring_kafka(tmp_path, broker, kafka):
    jars = os.environ["INTEROP_JAVA"] + "/spring"
    said = said_once("spring-kafka", tmp_path, broker, KAFKA=kafka.bootstrap, SPRING=jars)
    # Java gives the members of a Map.of another order in each process.
    said = said.replace('{"item":"tea","cents":450}', '{"cents":450,"item":"tea"}')
    assert_said(
        said,
        ("HTTP/1.1 200", '{"cents":450,"item":"tea"}'),
        ("HTTP/1.1 502", '{"type":"dead-letter"'),
    )
    assert "3 requests, 3 answers." in said


@pytest.mark.parametrize(
    "example, tests",
    [
        ("celery/worker/requirements.txt", "test/requirements.txt"),
        ("nestjs/worker/package-lock.json", "test/system/interop/nestjs/package-lock.json"),
        ("spring-kafka/worker/pom.xml", "test/system/interop/spring/pom.xml"),
    ],
)
def test_versions_are_those_of_the_tests(example, tests):
    """So what runs here is what a newcomer gets."""
    pins = PINS[pathlib.Path(example).suffix]
    mine = set(pins.findall((ROOT / "examples" / example).read_text()))
    assert mine and mine <= set(pins.findall((ROOT / tests).read_text()))
